//! Opening a site: its files, valid as a whole, and its database.
//!
//! Owns: building the `App`.
//! Never: a site that `dondoc check` refuses.
//! Reads next: `../daemon.rs`.

use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};

use crate::clock::Clock;
use crate::config::document::Documents;
use crate::config::problem::Problem;
use crate::config::site;
use crate::domain::dossier::day_of;
use crate::job::check::{self, Findings};
use crate::job::{App, Gates, Pulls, spec};
use crate::mail::{Templates, Transport};
use crate::store::{Store, StoreError};

/// Why a site cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Everything that `dondoc check` would say; the texts are there to show the lines.
    #[error("the site's files have {} problem(s)", .0.len())]
    Problems(Vec<Problem>, Documents),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The clock of a command: fixed by `--at` or by the site's settings (a demo), else the system's.
#[must_use]
pub fn clock(at: Option<DateTime<Utc>>, site: &Path) -> Clock {
    let set = at.or_else(|| {
        let reading = site::read_site(site, &site::environment());
        reading.settings?.site.now.map(|now| now.to_utc())
    });
    set.map_or(Clock::System, Clock::fixed)
}

/// The day of `now` in the site's zone; in UTC where the settings cannot be read.
#[must_use]
pub fn today(site: &Path, now: DateTime<Utc>) -> NaiveDate {
    let reading = site::read_site(site, &site::environment());
    let zone = reading
        .settings
        .map_or(chrono_tz::UTC, |settings| settings.site.zone);
    day_of(now, zone)
}

/// Every problem of every file of the site, templates included, as of `today`.
#[must_use]
pub fn check_site(folder: &Path, today: NaiveDate) -> Findings {
    check_site_with(folder, today, &site::environment())
}

fn check_site_with(folder: &Path, today: NaiveDate, variables: &[(String, String)]) -> Findings {
    let mut findings = check::check(folder, today, variables);
    if folder.join("templates").is_dir()
        && let Err(problems) = Templates::load(&folder.join("templates"))
    {
        findings.problems.extend(problems);
    }
    findings
}

/// Opens the site in `folder`: refuses whatever `check` refuses, opens and migrates the database.
///
/// # Errors
/// With all problems of the site's files, or when the database cannot be opened.
pub async fn open(folder: &Path, clock: Clock) -> Result<App, OpenError> {
    open_with(folder, clock, site::environment()).await
}

/// As [`open`], with the given variables instead of those of this process.
///
/// # Errors
/// As [`open`].
pub async fn open_with(
    folder: &Path,
    clock: Clock,
    variables: Vec<(String, String)>,
) -> Result<App, OpenError> {
    let read = read(folder, clock.now(), &variables)?;
    let store = Store::of(&read.files.settings.database, folder).await?;
    store.migrate().await?;
    store.keep_daybook(read.files.settings.site.zone).await?;
    Ok(read.app(folder, store, clock, Gates::default(), variables))
}

/// What the files of a site say, all of it valid.
struct Read {
    files: site::Files,
    jobs: Vec<spec::Job>,
    templates: Templates,
}

fn read(
    folder: &Path,
    now: DateTime<Utc>,
    variables: &[(String, String)],
) -> Result<Read, OpenError> {
    let reading = site::read_site(folder, variables);
    let zone = reading
        .settings
        .map_or(chrono_tz::UTC, |settings| settings.site.zone);
    let Findings {
        problems,
        jobs,
        documents,
        ..
    } = check_site_with(folder, day_of(now, zone), variables);
    if !problems.is_empty() {
        return Err(OpenError::Problems(problems, documents));
    }
    drop(documents);
    let refused = |problems| OpenError::Problems(problems, Documents::default());
    let files = site::load(folder, variables).map_err(refused)?;
    let templates = Templates::load(&folder.join("templates")).map_err(refused)?;
    Ok(Read {
        files,
        jobs,
        templates,
    })
}

impl Read {
    fn app(
        self,
        folder: &Path,
        store: Store,
        clock: Clock,
        gates: Gates,
        variables: Vec<(String, String)>,
    ) -> App {
        let transport = Transport::new(&self.files.settings.mail.delivery, folder);
        let Self {
            files,
            jobs,
            templates,
        } = self;
        let pulls = Pulls::FromSources;
        App {
            site: folder.to_owned(),
            files,
            jobs,
            templates,
            transport,
            store,
            clock,
            pulls,
            gates,
            variables,
        }
    }
}

/// The same site opened anew from its files, on the same database and clock.
///
/// # Errors
/// With all problems of its files.
pub fn copy(app: &App) -> Result<App, OpenError> {
    let read = read(&app.site, app.clock.now(), &app.variables)?;
    Ok(read.app(
        &app.site,
        app.store.clone(),
        app.clock.clone(),
        app.gates.clone(),
        app.variables.clone(),
    ))
}
