//! Jobs against sources, templates and the organisation.
//!
//! Owns: names in steps, posts that nobody holds, files that are no jobs.
//! Never: what a template says (`mail`).
//! Reads next: `order.rs`, `plan.rs`.

use std::ffi::OsStr;
use std::path::Path;

use super::{Notes, job_file, order};
use crate::config::organisation::{Organisation, Role};
use crate::config::problem::{instead, quoted};
use crate::config::sources;
use crate::domain::dossier::start_of;
use crate::domain::unit::{Unit, UnitCode, UnitKind};
use crate::job::spec::{Act, Alert, Digest, FOLDER, Job, Step};

pub fn check(notes: &mut Notes<'_>, jobs: &[Job]) {
    let documents = &notes.site.documents;
    let files = documents
        .iter()
        .filter(|document| document.file.starts_with(FOLDER))
        .count();
    // A job that cannot be read might have pulled the source.
    if files == jobs.len() && files > 0 {
        every_source_is_pulled(notes, jobs);
    }
    if files == 0 && notes.site.documents.iter().next().is_some() {
        notes.problem(
            FOLDER,
            "",
            "no job stands in jobs: nothing would ever run",
            "copy jobs/ from the repository",
        );
    }
    every_file_is_a_job(notes);
    somebody_hears_of_silence(notes, jobs);
    for job in jobs {
        order::check(notes, jobs, job);
        runs_some_day(notes, job);
        for (index, step) in job.steps.iter().enumerate() {
            self::step(notes, job, index, step);
        }
    }
}

/// The dead-man's switch is of no use where nobody is operator.
fn somebody_hears_of_silence(notes: &mut Notes<'_>, jobs: &[Job]) {
    let Some(organisation) = &notes.site.organisation else {
        return;
    };
    let watched = jobs.iter().find(|job| job.expect_success_within.is_some());
    let Some(job) = watched.filter(|_| organisation.operator(notes.today).is_none()) else {
        return;
    };
    let message = format!(
        "nobody is operator on {}: nobody would hear of a job that is silent, or of refused files",
        notes.today
    );
    let help =
        "add a `[[unit.post]]` with `role = \"operator\"` to a unit in config/organisation.toml";
    notes.warning(&job_file(job), "expect_success_within", message, help);
}

/// A schedule may have occurrences, and all of them on days on which its job does not run.
fn runs_some_day(notes: &mut Notes<'_>, job: &Job) {
    let Some(calendar) = &notes.site.calendar else {
        return;
    };
    let schedule = &job.timing.schedule;
    let midnight = start_of(notes.today, schedule.zone());
    if job.timing.next_after(midnight, calendar).is_some() {
        return;
    }
    match schedule.period().end.filter(|end| *end < notes.today) {
        Some(end) => notes.warning(
            &job_file(job),
            "schedule/end",
            format!("this schedule ended on {end}: the job runs no more"),
            "give it a later `end`, or delete the file",
        ),
        None => notes.problem(
            &job_file(job),
            "schedule",
            "none of its days is a working day: this job would never run",
            "leave `only_on` out, change the days, or let `shift = \"next\"` move it to the next working day",
        ),
    }
}

/// A slip in the name of a file takes its job away without a word.
fn every_file_is_a_job(notes: &mut Notes<'_>) {
    let entries = std::fs::read_dir(notes.folder.join(FOLDER));
    let files = entries
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().is_file());
    for name in files.filter_map(|entry| entry.file_name().into_string().ok()) {
        if is_stray(&name) {
            let file = format!("{FOLDER}/{name}");
            let message = "this file is no job: the name of a job's file ends in `.toml`";
            let stem = name.split('.').next().unwrap_or(&name);
            let help = format!("rename it to `{stem}.toml`, or keep it elsewhere");
            notes.warning(&file, "", message, help);
        }
    }
}

/// Neither a job, nor a text about jobs, nor what an editor leaves behind.
fn is_stray(name: &str) -> bool {
    let ending = Path::new(name).extension().and_then(OsStr::to_str);
    let is_known = matches!(ending, Some("toml" | "md"));
    !is_known && !name.starts_with('.') && !name.ends_with('~')
}

/// A limit that never comes into play says that somebody expects something else.
fn ends_before_its_run(notes: &mut Notes<'_>, at: &At, job: &Job, step: &Step) {
    let Some(limit) = step.timeout.filter(|limit| *limit > job.timeout) else {
        return;
    };
    let [limit, run] = [limit, job.timeout].map(humantime::format_duration);
    notes.warning(
        &at.file,
        &at.of("timeout"),
        format!("this step may take {limit}, its whole run only {run}"),
        format!("give the job a `timeout` above `\"{limit}\"`, or the step a shorter one"),
    );
}

fn step(notes: &mut Notes<'_>, job: &Job, index: usize, step: &Step) {
    let at = At {
        file: job_file(job),
        place: format!("step/{index}"),
    };
    ends_before_its_run(notes, &at, job, step);
    match &step.act {
        Act::Pull { source } => source_exists(notes, &at, "pull", source),
        Act::Reconcile { source } => source_exists(notes, &at, "reconcile", source),
        Act::Assess => {}
        Act::Alert(alert) => {
            template_exists(notes, &at, alert.mail());
            self::alert(notes, &at, job, index, alert);
        }
        Act::Digest(digest) => {
            template_exists(notes, &at, &digest.mail);
            assessed_before(notes, &at, job, index);
            recipients(notes, &at, digest);
        }
        Act::Ping { .. } => {}
    }
}

/// A source that no job pulls grows stale, and what is counted from it unknown.
fn every_source_is_pulled(notes: &mut Notes<'_>, jobs: &[Job]) {
    let acts: Vec<&Act> = jobs
        .iter()
        .flat_map(|job| &job.steps)
        .map(|step| &step.act)
        .collect();
    for name in &notes.site.source_names {
        let pulls = |act: &&Act| matches!(act, Act::Pull { source } if source == name);
        if !acts.iter().any(pulls) {
            let help = format!("add a `[[step]]` with `pull = \"{name}\"` to a job");
            let file = format!("{}/{name}.toml", sources::FOLDER);
            notes.warning(
                &file,
                "",
                format!("no job pulls `{name}`: it would be stale for ever"),
                help,
            );
        }
    }
}

/// Where a step stands.
struct At {
    file: String,
    place: String,
}

impl At {
    fn of(&self, key: &str) -> String {
        format!("{}/{key}", self.place)
    }
}

fn source_exists(notes: &mut Notes<'_>, at: &At, key: &str, source: &String) {
    let known = &notes.site.source_names;
    if !known.contains(source) {
        let help = instead(source, known.iter().map(String::as_str));
        notes.problem(
            &at.file,
            &at.of(key),
            format!("`{source}` is not a source in config/sources"),
            help,
        );
    }
}

fn template_exists(notes: &mut Notes<'_>, at: &At, mail: &str) {
    let folder = notes.folder.join("templates");
    if mail.contains(['/', '\\', '.']) || !folder.join(mail).is_dir() {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut known: Vec<String> = entries
            .filter(|entry| entry.path().is_dir())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        known.sort();
        let help = match known.is_empty() {
            true => "copy templates/ from the repository".to_owned(),
            false => instead(mail, known.iter().map(String::as_str)),
        };
        notes.problem(
            &at.file,
            &at.of("mail"),
            format!("no mail `{mail}` stands in templates"),
            help,
        );
    }
}

fn alert(notes: &mut Notes<'_>, at: &At, job: &Job, index: usize, alert: &Alert) {
    match alert {
        Alert::OverdueDossiers(alert) => {
            for (rung, step) in alert.ladder.iter().enumerate() {
                post_is_held(notes, at, &format!("ladder/{rung}/to"), step.to);
            }
        }
        Alert::LaggingWards(alert) => {
            assessed_before(notes, at, job, index);
            for (index, role) in alert.to.iter().enumerate() {
                post_is_held(notes, at, &format!("to/{index}"), *role);
            }
        }
        Alert::StaleSource => {}
    }
}

/// What speaks of targets needs them compared with the data in the same run.
fn assessed_before(notes: &mut Notes<'_>, at: &At, job: &Job, index: usize) {
    if !job.steps[..index]
        .iter()
        .any(|step| step.act == Act::Assess)
    {
        let help = "add a `[[step]]` with `assess = \"targets\"` before it";
        notes.problem(
            &at.file,
            &at.place,
            "nothing was assessed before this step",
            help,
        );
    }
}

/// A rung of a ladder: somebody must hear for every unit. A head's absence is told at the unit itself.
fn post_is_held(notes: &mut Notes<'_>, at: &At, key: &str, role: Role) {
    let Some(organisation) = &notes.site.organisation else {
        return;
    };
    if role == Role::Head {
        return;
    }
    let today = notes.today;
    let unheard = |unit: &&Unit| organisation.rung(&unit.code, role, today).is_none();
    let mut units = organisation
        .units
        .on(today)
        .filter(|unit| unit.kind != UnitKind::District);
    if units.any(|unit| unheard(&unit)) {
        vacant(notes, organisation, at, key, role, &organisation.district);
    }
}

fn recipients(notes: &mut Notes<'_>, at: &At, digest: &Digest) {
    let Some(organisation) = &notes.site.organisation else {
        return;
    };
    for (index, post) in digest.to.iter().enumerate() {
        let key = format!("to/{index}");
        let unit = post.unit.as_ref().unwrap_or(&organisation.district);
        let units = organisation.units.all();
        if !units.iter().any(|known| known.code == *unit) {
            let help = instead(unit.as_str(), units.iter().map(|known| known.code.as_str()));
            notes.problem(
                &at.file,
                &at.of(&key),
                format!("no unit has the code `{unit}`"),
                help,
            );
        } else if organisation.holder(unit, post.role, notes.today).is_none() {
            vacant(notes, organisation, at, &key, post.role, unit);
        }
    }
}

/// A post that nobody ever holds loses mails: a problem. One that is vacant today must not keep the daemon
/// from starting: a warning. So is one whose unit is gone, as the district is since 2025-07-01: then the
/// files are honest and the site has to choose other recipients.
fn vacant(
    notes: &mut Notes<'_>,
    organisation: &Organisation,
    at: &At,
    key: &str,
    role: Role,
    unit: &UnitCode,
) {
    let today = notes.today;
    let ever_held = organisation.is_ever_held(unit, role);
    let role = role.as_str();
    if organisation.units.find(unit, today).is_some() {
        let message =
            format!("nobody is {role} of {unit} on {today}: this mail would reach nobody");
        let help =
            format!("add a holder of that day to its `[[unit.post]]` with `role = \"{role}\"`");
        if ever_held {
            notes.warning(&at.file, &at.of(key), message, help);
        } else {
            notes.problem(&at.file, &at.of(key), message, help);
        }
    } else {
        let message =
            format!("nobody is {role} of {unit} on {today}, when that unit does not exist");
        let others = organisation.units.on(today).map(|unit| unit.code.as_str());
        let help = format!("write posts of units that exist then: {}", quoted(others));
        notes.warning(&at.file, &at.of(key), message, help);
    }
}
