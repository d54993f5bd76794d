//! The letter to the operator: what is wrong with this program itself, what goes on meanwhile, what to do.
//!
//! Owns: refused files, files accepted after that, a job that fell silent, a run given up, a database that was away,
//! blind sources, vacant posts, what a post says is not its own, a mail that did not arrive.
//! Never: lines of files (a line of the settings may hold a secret): places, messages and help only; the clock.
//! Reads next: `page.rs`.

use std::time::Duration;

use chrono::{DateTime, FixedOffset};
use serde::Serialize;

use super::page::{Body, Parts};
use super::words::{Filling, Words};
use crate::config::problem::Problem;
use crate::domain::format::capitalised;

/// Problems shown; the rest is counted. `dondoc check` shows all of them.
const MOST: usize = 25;
/// Characters of a message or a reason; what quotes a whole file would make the mail one.
const LONGEST: usize = 400;
/// Jobs named; the rest is counted.
const NAMED: usize = 8;

#[derive(Clone, Debug)]
pub struct Notice {
    pub site: String,
    pub recipient: String,
    pub as_of: DateTime<FixedOffset>,
    pub what: What,
}

#[derive(Clone, Debug)]
pub enum What {
    /// Changed files are not valid: what ran before goes on.
    Refused {
        problems: Vec<Problem>,
        running: Running,
    },
    /// Files are valid and applied after they had been refused.
    Accepted(Running),
    Silent(Silent),
    GivenUp(GivenUp),
    Outage(Outage),
    Undelivered(Undelivered),
    /// A source is not as fresh as expected: nothing is known of what it feeds.
    Blind(Blindness),
    /// It is read again.
    Sees(Blindness),
    Vacant(Vacancy),
    /// A post says that what it was told of is not its own.
    Disowned(Disowned),
}

/// What the daemon runs with.
#[derive(Clone, Debug)]
pub struct Running {
    /// Hash of the files.
    pub configuration: String,
    pub jobs: Vec<String>,
}

/// A job that has not succeeded for its expected time.
#[derive(Clone, Debug)]
pub struct Silent {
    pub job: String,
    pub title: String,
    /// The earliest occurrence that no success followed.
    pub occurrence: DateTime<FixedOffset>,
    /// How soon after an occurrence a success was expected.
    pub within: Duration,
    pub last_success: Option<DateTime<FixedOffset>>,
    pub last_run: Option<LastRun>,
}

/// A run during which the process died again and again.
#[derive(Clone, Debug)]
pub struct GivenUp {
    pub job: String,
    pub title: String,
    pub occurrence: DateTime<FixedOffset>,
    pub deaths: u32,
}

/// A time without a database, and over.
#[derive(Clone, Debug)]
pub struct Outage {
    pub from: DateTime<FixedOffset>,
    pub until: DateTime<FixedOffset>,
    /// As the log says it.
    pub cause: String,
}

/// A mail that its addressee did not get, or perhaps did not.
#[derive(Clone, Debug)]
pub struct Undelivered {
    pub mail: i64,
    /// `head@00118`
    pub post: String,
    /// Masked.
    pub address: String,
    pub subject: String,
    pub trouble: Trouble,
    pub reply: String,
    /// Who gets it instead.
    pub deputy: Option<String>,
}

/// Why a mail is not known to have arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The relay did not take it.
    Refused,
    /// The relay had taken it.
    CameBack,
    /// The conversation broke after the end of data: it may have arrived, and is not sent again by itself.
    Unknown,
}

/// A source that cannot be read, or could not.
#[derive(Clone, Debug)]
pub struct Blindness {
    pub source: String,
    /// When it was last read completely.
    pub fresh_at: Option<DateTime<FixedOffset>>,
    /// As the log says it.
    pub cause: Option<String>,
}

/// A post that nobody holds, while somebody was to hear.
#[derive(Clone, Debug)]
pub struct Vacancy {
    /// `head@00118`
    pub post: String,
    /// As it stands in a sentence.
    pub unit: String,
    /// Title of whoever hears instead.
    pub instead: Option<String>,
}

/// What a post was told of and says is not its own.
#[derive(Clone, Debug)]
pub struct Disowned {
    /// `head@00118`
    pub post: String,
    /// As letters address it.
    pub title: String,
    /// Codes of dossiers, wards with their targets.
    pub things: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct LastRun {
    pub scheduled_for: DateTime<FixedOffset>,
    pub outcome: Outcome,
    /// As `dondoc runs` prints it; may be empty.
    pub reason: String,
}

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Waiting,
    Running,
    Succeeded,
    Partial,
    Failed,
    Missed,
    Skipped,
    Abandoned,
}

#[derive(Clone, Debug, Serialize)]
pub struct View {
    /// The result as it stands in the subject, after the program's name.
    pub subject: String,
    pub intro: String,
    pub any_problems: bool,
    pub problems: Vec<ProblemView>,
    pub has_more: bool,
    pub more: String,
    pub any_facts: bool,
    pub facts: Vec<Fact>,
    /// What goes on meanwhile.
    pub has_running: bool,
    pub running: String,
    pub any_steps: bool,
    pub steps: Vec<String>,
}

/// One problem as `dondoc check` and the log word it.
#[derive(Clone, Debug, Serialize)]
pub struct ProblemView {
    /// `jobs/overdue-alerts.toml:5:20`
    pub place: String,
    pub message: String,
    pub has_help: bool,
    pub help: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Fact {
    pub label: String,
    pub value: String,
}

pub(super) fn parts(letter: &Notice, words: &Words) -> Parts {
    let view = match &letter.what {
        What::Refused { problems, running } => refused(letter, problems, running, words),
        What::Accepted(running) => accepted(letter, running, words),
        What::Silent(silent) => self::silent(silent, words),
        What::GivenUp(run) => given_up(run, words),
        What::Outage(outage) => self::outage(outage, words),
        What::Undelivered(mail) => undelivered(mail, words),
        What::Blind(source) => blind(source, words),
        What::Sees(source) => sees(source, words),
        What::Vacant(vacancy) => vacant(vacancy, words),
        What::Disowned(disowned) => self::disowned(disowned, words),
    };
    Parts {
        title: words.notice.title(),
        result: capitalised(&view.subject),
        preview: view.intro.clone(),
        notes: vec![words.notice.once()],
        answering: None,
        body: Body::Notice(view),
    }
}

/// The line that says when the letter was written.
pub(super) fn written(letter: &Notice, words: &Words) -> String {
    words.notice.written(moment(letter.as_of, words))
}

fn refused(letter: &Notice, problems: &[Problem], running: &Running, words: &Words) -> View {
    let count = words.notice.problems(number(problems.len(), words));
    let hidden = problems.len().saturating_sub(MOST);
    View {
        intro: words
            .notice
            .refused_intro(moment(letter.as_of, words), &count),
        any_problems: !problems.is_empty(),
        problems: problems.iter().take(MOST).map(problem).collect(),
        has_more: hidden > 0,
        more: words.notice.more(number(hidden, words)),
        has_running: true,
        running: words
            .notice
            .goes_on(&running.configuration, jobs(running, words)),
        any_steps: true,
        steps: vec![words.notice.mend(), words.notice.no_restart()],
        ..View::of(words.notice.refused(count))
    }
}

fn accepted(letter: &Notice, running: &Running, words: &Words) -> View {
    let intro = words.notice.accepted_intro(
        moment(letter.as_of, words),
        &running.configuration,
        jobs(running, words),
    );
    View {
        intro,
        ..View::of(words.notice.accepted())
    }
}

fn silent(silent: &Silent, words: &Words) -> View {
    let subject = match silent.last_success {
        Some(at) => words.notice.silent(&silent.job, moment(at, words)),
        None => words.notice.never(&silent.job),
    };
    let intro = words.notice.silent_intro(
        &silent.job,
        &silent.title,
        moment(silent.occurrence, words),
        length(silent.within, words),
    );
    View {
        intro,
        any_facts: true,
        facts: facts(silent, words),
        any_steps: true,
        steps: vec![
            words.notice.look(&silent.job),
            words.notice.doctor(),
            words.notice.again(&silent.job),
        ],
        ..View::of(subject)
    }
}

fn given_up(run: &GivenUp, words: &Words) -> View {
    let intro = words.notice.given_up_intro(
        &run.job,
        &run.title,
        moment(run.occurrence, words),
        words.notice.times(words.number(run.deaths.into())),
    );
    View {
        intro,
        any_steps: true,
        steps: vec![words.notice.look(&run.job), words.notice.again(&run.job)],
        ..View::of(words.notice.given_up(&run.job))
    }
}

fn outage(outage: &Outage, words: &Words) -> View {
    let lasted = (outage.until - outage.from).to_std().unwrap_or_default();
    let lasted = length(lasted, words);
    let (from, until) = (moment(outage.from, words), moment(outage.until, words));
    View {
        intro: words.notice.outage_intro(from, until, &lasted),
        any_facts: true,
        facts: vec![Fact {
            label: words.notice.outage_cause(),
            value: shortened(&outage.cause),
        }],
        any_steps: true,
        steps: vec![words.notice.look_at_all(), words.notice.doctor()],
        ..View::of(words.notice.outage(lasted))
    }
}

fn undelivered(mail: &Undelivered, words: &Words) -> View {
    let fact = |label, value| Fact { label, value };
    let intro = match mail.trouble {
        Trouble::CameBack => words.notice.came_back(&mail.post, &mail.address),
        Trouble::Refused => words.notice.not_taken(&mail.post, &mail.address),
        Trouble::Unknown => words.notice.unconfirmed_intro(&mail.post, &mail.address),
    };
    let deputy = match &mail.deputy {
        Some(deputy) => words.notice.deputy_gets(deputy),
        None => words.notice.nobody_gets(),
    };
    // Of a mail that may have arrived nobody gets a copy.
    let is_known = mail.trouble != Trouble::Unknown;
    let instead = is_known.then(|| fact(words.notice.instead(), deputy));
    let number = mail.mail.to_string();
    let (subject, steps) = match mail.trouble {
        Trouble::Unknown => (
            words.notice.unconfirmed(&mail.post),
            vec![words.notice.ask_and_send_again(number.as_str())],
        ),
        Trouble::Refused | Trouble::CameBack => (
            words.notice.undelivered(&mail.post),
            vec![
                words.notice.mend_address(),
                words.notice.send_again(number.as_str()),
            ],
        ),
    };
    View {
        intro,
        any_facts: true,
        facts: [
            Some(fact(words.notice.which_mail(), shortened(&mail.subject))),
            Some(fact(words.notice.server_said(), shortened(&mail.reply))),
            instead,
        ]
        .into_iter()
        .flatten()
        .collect(),
        any_steps: true,
        steps,
        ..View::of(subject)
    }
}

fn blind(blind: &Blindness, words: &Words) -> View {
    let last = match blind.fresh_at {
        Some(at) => moment(at, words),
        None => words.notice.no_success(),
    };
    let fact = |label, value| Fact { label, value };
    let cause = blind.cause.as_deref().map(shortened);
    let cause = cause.map(|cause| fact(words.notice.outage_cause(), cause));
    View {
        intro: words.notice.blind_intro(&blind.source),
        any_facts: true,
        facts: std::iter::once(fact(words.notice.last_success(), last))
            .chain(cause)
            .collect(),
        any_steps: true,
        steps: vec![
            words.notice.try_source(&blind.source),
            words.notice.doctor(),
        ],
        ..View::of(words.notice.blind(&blind.source))
    }
}

fn sees(source: &Blindness, words: &Words) -> View {
    let at = source.fresh_at.map(|at| moment(at, words));
    View {
        intro: words
            .notice
            .sees_intro(&source.source, at.unwrap_or_default()),
        ..View::of(words.notice.sees(&source.source))
    }
}

fn vacant(vacancy: &Vacancy, words: &Words) -> View {
    let intro = match &vacancy.instead {
        Some(instead) => words
            .notice
            .vacant_intro(&vacancy.post, &vacancy.unit, instead),
        None => words.notice.unheard_intro(&vacancy.post, &vacancy.unit),
    };
    View {
        intro,
        any_steps: true,
        steps: vec![words.notice.fill()],
        ..View::of(words.notice.vacant(&vacancy.post))
    }
}

fn disowned(disowned: &Disowned, words: &Words) -> View {
    let Disowned {
        post,
        title,
        things,
    } = disowned;
    let fact = |value: String| Fact {
        label: words.notice.disowned_thing(),
        value,
    };
    let hidden = things.len().saturating_sub(MOST);
    let more = (hidden > 0).then(|| words.notice.disowned_more(number(hidden, words)));
    let shown = things.iter().take(MOST).map(|name| shortened(name));
    View {
        intro: words
            .notice
            .disowned_intro(title, post, number(things.len(), words)),
        any_facts: true,
        facts: shown.chain(more).map(fact).collect(),
        any_steps: true,
        steps: vec![words.notice.reassign(), words.notice.hand_back(post)],
        ..View::of(words.notice.disowned(post, number(things.len(), words)))
    }
}

fn facts(silent: &Silent, words: &Words) -> Vec<Fact> {
    let fact = |label, value| Fact { label, value };
    let last_success = match silent.last_success {
        Some(at) => moment(at, words),
        None => words.notice.no_success(),
    };
    let last_run = match &silent.last_run {
        Some(run) => self::last_run(run, words),
        None => words.notice.no_run(),
    };
    vec![
        fact(words.notice.last_success(), last_success),
        fact(words.notice.last_run(), last_run),
    ]
}

fn last_run(run: &LastRun, words: &Words) -> String {
    let at = moment(run.scheduled_for, words);
    let outcome = outcome(run.outcome, words);
    if run.reason.is_empty() {
        words.notice.run(at, outcome)
    } else {
        words
            .notice
            .run_because(at, outcome, shortened(&run.reason))
    }
}

fn outcome(outcome: Outcome, words: &Words) -> String {
    match outcome {
        Outcome::Waiting => words.notice.waiting(),
        Outcome::Running => words.notice.running(),
        Outcome::Succeeded => words.notice.succeeded(),
        Outcome::Partial => words.notice.partial(),
        Outcome::Failed => words.notice.failed(),
        Outcome::Missed => words.notice.missed(),
        Outcome::Skipped => words.notice.skipped(),
        Outcome::Abandoned => words.notice.abandoned(),
    }
}

fn problem(problem: &Problem) -> ProblemView {
    let Problem {
        file, line, column, ..
    } = problem;
    ProblemView {
        place: shortened(&format!("{}:{line}:{column}", file.display())),
        message: shortened(&problem.message),
        has_help: !problem.help.is_empty(),
        help: shortened(&problem.help),
    }
}

fn jobs(running: &Running, words: &Words) -> String {
    match running.jobs.len() {
        0 => words.notice.jobs(number(0, words)),
        _ => words.list(&running.jobs, NAMED, |n| words.notice.jobs(n)),
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn moment(at: DateTime<FixedOffset>, words: &Words) -> String {
    words.moment(at.naive_local())
}

fn number(count: usize, words: &Words) -> Filling {
    words.number(count as u64)
}

/// In the largest unit that says it exactly: `26 giờ`, not `1 ngày 2 giờ`.
fn length(length: Duration, words: &Words) -> String {
    let minutes = length.as_secs().div_ceil(60);
    match minutes {
        0 => words.notice.minutes(words.number(0)),
        _ if minutes.is_multiple_of(24 * 60) => {
            words.notice.days(words.number(minutes / (24 * 60)))
        }
        _ if minutes.is_multiple_of(60) => words.notice.hours(words.number(minutes / 60)),
        _ => words.notice.minutes(words.number(minutes)),
    }
}

impl View {
    fn of(subject: String) -> Self {
        Self {
            subject,
            intro: String::new(),
            any_problems: false,
            problems: Vec::new(),
            has_more: false,
            more: String::new(),
            any_facts: false,
            facts: Vec::new(),
            has_running: false,
            running: String::new(),
            any_steps: false,
            steps: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::format::Language;
    use crate::report::words::tests::words;

    #[test]
    fn a_length_of_time_is_told_in_the_largest_unit_that_says_it_exactly() {
        let (vietnamese, english) = (words(Language::Vi), words(Language::En));
        for (seconds, in_vietnamese, in_english) in [
            (3 * 3600, "3 giờ", "3 hours"),
            (26 * 3600, "26 giờ", "26 hours"),
            (24 * 3600, "1 ngày", "1 day"),
            (90 * 60, "90 phút", "90 minutes"),
            (30, "1 phút", "1 minute"),
        ] {
            let told = |words: &Words| length(Duration::from_secs(seconds), words);
            assert_eq!(
                (told(&vietnamese).as_str(), told(&english).as_str()),
                (in_vietnamese, in_english)
            );
        }
    }

    #[test]
    fn a_message_that_quotes_a_whole_file_is_cut_between_letters() {
        let long = "ữ".repeat(LONGEST + 1);
        assert_eq!(shortened(&long), format!("{}…", "ữ".repeat(LONGEST)));
        assert_eq!(shortened("ngắn"), "ngắn");
    }
}
