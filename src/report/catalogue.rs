//! Every word of the mails and of the pages they lead to: its section, its name and its placeholders.
//!
//! Owns: the list against which `templates/words/*.toml` is checked; a call with a missing placeholder does not compile.
//! Never: the words themselves.
//! Reads next: `templates/words/vi.toml`.

use std::collections::BTreeMap;

use super::words::{Filling, Word};
use crate::config::document::Document;
use crate::config::problem::Problem;
use crate::config::reader::{self, Table};
use crate::domain::format::Language;

macro_rules! sections {
    ($($(#[$about:meta])* $section:ident: $kind:ident { $($word:ident($($slot:ident),*);)* })*) => {
        /// The words of one language; a section of the file is a field.
        #[derive(Clone, Debug)]
        pub struct Words {
            pub language: Language,
            $($(#[$about])* pub $section: $kind,)*
        }

        impl Words {
            /// # Errors
            /// With every missing or unknown word and every wrong placeholder, each with its place.
            pub fn read(document: &Document, language: Language) -> Result<Self, Vec<Problem>> {
                reader::read(document, |root| {
                    $(let $section = root.required(stringify!($section), |item| $kind::read(&item.table()?));)*
                    Some(Self { language, $($section: $section?),* })
                })
            }
        }

        $(
            $(#[$about])*
            #[derive(Clone, Debug)]
            pub struct $kind {
                $($word: Word,)*
            }

            impl $kind {
                fn read(table: &Table<'_>) -> Option<Self> {
                    $(let $word = table.required(stringify!($word), |item| Word::read(item, &[$(stringify!($slot)),*]));)*
                    Some(Self { $($word: $word?),* })
                }

                $(
                    #[must_use]
                    pub fn $word(&self $(, $slot: impl Into<Filling>)*) -> String {
                        self.$word.fill(&[$((stringify!($slot), $slot.into())),*])
                    }
                )*

                /// Every word as it stands in the file.
                #[must_use]
                pub fn all(&self) -> BTreeMap<&'static str, &str> {
                    BTreeMap::from([$((stringify!($word), self.$word.plain())),*])
                }
            }
        )*
    };
}

sections! {
    /// Headings and captions, used by the templates as `{{labels.…}}`.
    labels: Labels {
        overdue(); soon(); by_unit(); soon_by_unit(); changes(); reception(); place(); wards_behind(); ended(); lagging();
        overdue_section(); targets(); quality(); freshness();
        received(); resolved(); on_time(); open(); overdue_count(); target(); rate(); interval();
    }
    /// Counted things and small phrases.
    phrase: Phrase {
        dossiers(n); working_days(n); wards(n); targets(n); sources(n);
        and(first, last); and_more(first, more); tentative(days); ward(name); at_least(percent);
        greeting(title); as_of(moment); automatic(site); read_at(moment); tentative_note();
        district(); ward_level(); all_levels(); district_ward(); whole();
    }
    /// The words of a status, never shown by colour alone.
    status: StatusWords {
        met(); missed(); not_verifiable(); unknown(); watch(); lagging();
        not_verifiable_note(); unknown_note(); simulated(); simulated_note();
    }
    /// One dossier in a list.
    dossier: DossierWords {
        late(days); late_today(); left(days); left_today(); dates(received, due); rescheduled(due);
        first_time(); worse(); broken(); reminder(); more(dossiers); rest(dossiers, codes); none_late(); none_soon();
        resolved(codes); stopped(codes); moved(codes); gone(codes); recovered(codes);
    }
    /// The letter about overdue dossiers.
    overdue: OverdueWords {
        title(); title_soon(); late_and_soon(late, soon); late_only(late); soon_only(soon); nothing(); of_all(result, total); told_before(dossiers);
        result(result, unit); intro(moment, unit, result); ask(); ask_soon(); already_told(dossiers);
        escalated(days); rule(time); for_post(title); units(n); with_lags(result, lags); blind(source, moment); blind_ever(source); slips(n);
    }
    /// What a reader can answer.
    answers: AnswerWords {
        ask(day); seen(); promised(); not_mine(); silenced();
    }
    /// The pages on which letters are answered.
    page: PageWords {
        title(); safe(); for_post(title); things(n); which(); what(); mark_all(); mark_none();
        seen(); seen_means(); promised(); promised_means(); not_mine(); not_mine_means(); silenced(); silenced_means();
        withdrawn(); withdrawn_means(); promised_day(); silenced_day(); pick(); day(weekday, day); unconfirmed(day); confirm();
        is_seen(); is_promised(day); is_not_mine(); is_silenced(day); open_until(day);
        no_thing(); no_answer(); no_day(); bad_day();
        noted(); noted_seen(things); noted_promised(things, day); noted_not_mine(things); noted_silenced(things, day);
        noted_withdrawn(things); next(); next_seen(); next_promised(day); next_not_mine(); next_silenced(day);
        next_withdrawn(); again();
        forged(); forged_help(); expired(day); expired_help(); unknown(); unknown_help(); nothing(); nothing_help();
        elsewhere(); elsewhere_help(); unreadable(); unreadable_help(); busy(); busy_help();
    }
    /// A site that is tried out.
    trial: TrialWords {
        banner(title);
    }
    /// The letter about lagging wards.
    ward_lag: WardLagWords {
        title(); one_target(wards, target); several(wards, targets); intro_chair(moment, ward, targets);
        intro_leaders(moment, wards); none(); meaning(); below(rate, target); even_so(high); no_chance(); perhaps();
        short(n); comparison(level, fraction, rate); gap(points); trend(day, fraction, rate); range(low, high); rule();
    }
    /// The weekly digest.
    digest: DigestWords {
        title(day); period(from, to); targets_met(met, all); targets_open(n);
        overdue_some(dossiers); overdue_none(); wards_lagging(wards); wards_none();
        lagging_named(n, names); watch_named(n, names); watched(ward, target, fraction, rate, at_least); no_lagging(); wards_open();
        sources_stale(sources); stale_named(sources, names); missed_named(names);
        online(n); of_received(percent); late_resolved(n); on_time_of(fraction); soon_within(days, dossiers);
        first(); no_change(since); since(moment); target_change(target, from, to);
        ward_lags(ward, target); ward_recovers(ward, target); ward_changes(ward, target, from, to);
        overdue_change(difference, before, now);
        fresh(moment); stale(moment); never();
        share_note(); late_note(time); lag_note(); stopped_note(stopped); no_findings();
    }
    /// The letter to the operator.
    notice: NoticeWords {
        title(); once(); written(moment); problems(n); jobs(n);
        refused(problems); refused_intro(moment, problems); more(n); goes_on(configuration, jobs); mend(); no_restart();
        accepted(); accepted_intro(moment, configuration, jobs);
        silent(job, moment); never(job); silent_intro(job, title, occurrence, within);
        given_up(job); given_up_intro(job, title, occurrence, times); times(n);
        outage(length); outage_intro(from, until, length); outage_cause(); look_at_all();
        undelivered(post); came_back(post, address); not_taken(post, address); which_mail(); server_said();
        instead(); deputy_gets(deputy); nobody_gets(); mend_address(); send_again(mail);
        unconfirmed(post); unconfirmed_intro(post, address); ask_and_send_again(mail);
        blind(source); blind_intro(source); sees(source); sees_intro(source, moment); try_source(source);
        vacant(post); vacant_intro(post, unit, instead); unheard_intro(post, unit); fill();
        disowned(post, n); disowned_intro(title, post, n); disowned_thing(); disowned_more(n); reassign(); hand_back(post);
        last_success(); no_success(); last_run(); no_run(); run(moment, outcome); run_because(moment, outcome, reason);
        look(job); doctor(); again(job); days(n); hours(n); minutes(n);
        waiting(); running(); succeeded(); partial(); failed(); missed(); skipped(); abandoned();
    }
    /// Findings about the data, by their code.
    quality: QualityWords {
        unknown_meanwhile(finding);
        residual(level, dossiers); quarantined(source, n); unknown_status(source, dossiers);
        published_not_verifiable(n); published_mismatch(n); same_pair(n); same_stated(source, n); incomplete_document(n);
        stated_total(source, level, n); stated_units(source, n); stale_source(source);
        rows_missing(source, n); rows_changed(source, n); not_seen(source, dossiers); duplicate(source, dossiers); legal_due(dossiers);
        code_date_differs(dossiers); rescheduled(dossiers); finish_not_dated(dossiers); finished_but_open(dossiers);
        finished_before_received(dossiers); unknown_unit(source, dossiers);
    }
}
