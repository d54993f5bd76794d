//! Stories of the demonstration as a user starts it: `dondoc demo --days 5`, and what its mails say.

use std::collections::{BTreeMap, BTreeSet};

use dondoc::clock::Clock;
use dondoc::demo::figures;
use dondoc::domain::dossier::Dossier;

use crate::app::instant;
use crate::database::{Database, stories};
use crate::letters_sent::Sent;
use crate::program::{on_site, run};

stories! {
    async fn five_days_of_the_demonstration_tell_everybody_once(database: &mut Database) {
        let folder = tempfile::tempdir().unwrap();
        let site = folder.path().join("site");
        let ended = run(
            database,
            &["demo", "--dir", site.to_str().unwrap(), "--days", "5"],
        );
        assert_eq!(ended.code, Some(0), "{ended:?}");
        for said in ["Targets", "Wards", "Mails", "00139", "00148", ".eml"] {
            assert!(ended.out.contains(said), "{said} in {}", ended.out);
        }
        let clock = Clock::fixed(instant("2020-06-06 12:00"));
        let app = dondoc::daemon::open_with(&site, clock, database.variables())
            .await
            .unwrap();
        let mails = app.store.mails(None).await.unwrap();
        let sent = Sent::read_all(&app.store, mails).await;
        assert!(sent.iter().all(|mail| mail.status.as_str() == "accepted"));
        let stored = app
            .store
            .dossiers_between(instant("1990-01-01 00:00"), instant("2030-01-01 00:00"))
            .await
            .unwrap();
        nobody_is_told_twice(&sent, &stored);
        a_head_s_mail_names_its_own_dossiers_only(&stored, &sent);
        days_off_are_quiet_and_leaders_have_one_digest(&sent);
        no_applicant_is_named(&sent);
        every_mail_lies_in_the_folder(&site, &sent);
        again_it_goes_on_and_repeats_nothing(database, &site, sent.len());
        the_board_still_speaks_of_the_first_morning(database, &site);
    }
}

/// The parts of an overdue mail: what is late, and what soon will be.
fn late_and_soon(mail: &Sent) -> (BTreeSet<String>, BTreeSet<String>) {
    // What is over comes after both.
    let open = mail.text.split("== Không còn quá hạn").next();
    let open = open.unwrap_or_default();
    let parts = open.split_once("== Hồ sơ sắp đến hạn");
    let (late, soon) = parts.unwrap_or((open, ""));
    (
        crate::letters_sent::codes(late),
        crate::letters_sent::codes(soon),
    )
}

fn overdue(sent: &[Sent]) -> impl Iterator<Item = &Sent> {
    sent.iter().filter(|mail| {
        mail.post.starts_with("head@") && mail.subject.contains("đến hạn")
            || mail.subject.contains("hồ sơ quá hạn -")
    })
}

fn nobody_is_told_twice(sent: &[Sent], stored: &[Dossier]) {
    let ids: BTreeSet<&str> = sent.iter().map(|mail| mail.message_id.as_str()).collect();
    assert_eq!(ids.len(), sent.len());
    let mut told: BTreeMap<(String, String, &str), usize> = BTreeMap::new();
    for mail in overdue(sent) {
        let (late, soon) = late_and_soon(mail);
        for (codes, as_what) in [(late, "late"), (soon, "soon")] {
            for code in codes {
                *told
                    .entry((mail.recipient.clone(), code, as_what))
                    .or_default() += 1;
            }
        }
    }
    let rescheduled = |code: &str| {
        let found = stored.iter().find(|dossier| dossier.code == code);
        found.is_some_and(|dossier| dossier.original_due_at.is_some())
    };
    // A moved due day is a new one to be warned of.
    let twice: Vec<_> = told
        .iter()
        .filter(|((_, code, _), times)| **times > 1 && !rescheduled(code))
        .collect();
    assert!(twice.is_empty(), "{twice:?}");
    let late = told
        .keys()
        .filter(|(_, _, as_what)| *as_what == "late")
        .count();
    assert!(
        late > 167,
        "the 167 of the first morning, and those that fell due since: {late}"
    );
    let first = told.keys().filter(|(who, code, what)| {
        *what == "late" && told.contains_key(&(who.clone(), code.clone(), "soon"))
    });
    assert!(
        first.count() > 0,
        "some were warned of before they were late"
    );
}

fn a_head_s_mail_names_its_own_dossiers_only(stored: &[Dossier], sent: &[Sent]) {
    let units: BTreeMap<&str, &str> = stored
        .iter()
        .map(|dossier| (dossier.code.as_str(), dossier.unit.as_str()))
        .collect();
    let mut named = 0;
    for mail in sent.iter().filter(|mail| mail.post.starts_with("head@")) {
        let unit = mail.post.trim_start_matches("head@");
        for code in mail
            .codes()
            .iter()
            .chain(&crate::letters_sent::codes(&mail.html))
        {
            assert_eq!(
                units.get(code.as_str()),
                Some(&unit),
                "{code} in a mail to {}",
                mail.post
            );
            named += 1;
        }
    }
    assert!(named > 500, "{named}");
}

fn days_off_are_quiet_and_leaders_have_one_digest(sent: &[Sent]) {
    let saturday = instant("2020-06-06 00:00").timestamp();
    assert!(
        sent.iter().all(|mail| mail.date < saturday),
        "no mail is dated on a day off"
    );
    let first = sent.iter().map(|mail| mail.date).min().unwrap();
    assert_eq!(first, instant("2020-06-01 07:30").timestamp());
    for post in ["chair@004", "vice-chair@004"] {
        let digests = sent
            .iter()
            .filter(|mail| mail.post == post && mail.subject.contains("Báo cáo tuần"));
        assert_eq!(digests.count(), 1, "the week's digest, once to {post}");
    }
    let days: BTreeSet<i64> = sent.iter().map(|mail| mail.date / 86_400).collect();
    assert_eq!(days.len(), 5, "something to tell on every working day");
}

fn no_applicant_is_named(sent: &[Sent]) {
    for mail in sent {
        for personal in ["Công dân số", "Doanh nghiệp số", "@example.invalid", "0900"] {
            let found = [&mail.subject, &mail.text, &mail.html]
                .into_iter()
                .any(|text| text.contains(personal));
            assert!(!found, "{personal} in a mail to {}", mail.post);
        }
        assert!(
            mail.html.len() < 80 * 1024,
            "{} bytes to {}",
            mail.html.len(),
            mail.post
        );
    }
}

fn every_mail_lies_in_the_folder(site: &std::path::Path, sent: &[Sent]) {
    for mail in sent {
        let file = site.join(format!("data/mails/{}.eml", mail.message_id));
        assert_eq!(std::fs::read(&file).unwrap(), mail.bytes);
    }
    assert_eq!(
        std::fs::read_dir(site.join("data/mails")).unwrap().count(),
        sent.len()
    );
}

fn again_it_goes_on_and_repeats_nothing(database: &Database, site: &std::path::Path, mails: usize) {
    let again = run(database, &["demo", "--dir", site.to_str().unwrap()]);
    assert_eq!(again.code, Some(0), "{again:?}");
    let listed = on_site(database, site, &["mail", "list", "--json"]).json();
    assert_eq!(listed.as_array().unwrap().len(), mails);
}

fn the_board_still_speaks_of_the_first_morning(database: &Database, site: &std::path::Path) {
    let board = on_site(database, site, &["board", "--json"]).json();
    assert_eq!(board["as_of"], "2020-06-01T07:30:00+07:00");
    let published = figures().dossiers;
    for (level, published) in [("district", published.district), ("ward", published.ward)] {
        let counts = &board["dossiers"][level];
        for (key, figure) in [
            ("received", published.received),
            ("resolved", published.resolved),
            ("in_time", published.in_time),
            ("late", published.late),
            ("overdue", published.unaccounted),
        ] {
            assert_eq!(counts[key], figure, "{key} of {level}, five days later");
        }
    }
}
