//! Changed files: applied whole, or refused whole.
//!
//! Owns: noticing a change, telling what was refused and where.
//! Never: half a change; another database than the one that is held.
//! Reads next: `../daemon.rs`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;

use super::{OpenError, copy};
use crate::config::problem::Problem;
use crate::job::{App, JobError};
use crate::store::daemons::{Daemon, Refused};

/// Folders whose files decide what the daemon does.
const FOLDERS: [&str; 3] = ["config", "jobs", "templates"];

type Stamps = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

/// The files as they were when they were last looked at.
pub struct Files {
    stamps: Stamps,
    /// They differ from what was last read, and may still be being written.
    is_moving: bool,
    started_at: Option<DateTime<Utc>>,
    refused: Option<Refused>,
}

impl Files {
    pub fn of(site: &Path) -> Self {
        Self {
            stamps: stamps(site),
            is_moving: false,
            started_at: None,
            refused: None,
        }
    }

    /// The site anew, if its files changed and are valid. A change is read at the first beat at which the
    /// files have come to rest.
    pub async fn changed(&mut self, app: &App) -> Result<Option<App>, JobError> {
        let now = stamps(&app.site);
        if now != self.stamps {
            self.stamps = now;
            self.is_moving = true;
            return Ok(None);
        }
        if !std::mem::take(&mut self.is_moving) {
            return Ok(None);
        }
        match apply(app) {
            Ok(changed) => {
                tracing::info!(
                    configuration = changed.files.hash,
                    jobs = changed.jobs.len(),
                    "the files changed and are applied"
                );
                self.refused = None;
                self.sign_of_life(&changed, &crate::job::runner::process_name())
                    .await?;
                Ok(Some(changed))
            }
            Err(why) => {
                self.refuse(app, why).await?;
                Ok(None)
            }
        }
    }

    async fn refuse(&mut self, app: &App, why: Vec<String>) -> Result<(), JobError> {
        for problem in &why {
            tracing::error!(
                problem,
                "the files changed and are not valid: what ran before goes on"
            );
        }
        let configuration = crate::config::site::hash(&app.site);
        self.refused = Some(Refused {
            configuration,
            why: why.join("\n"),
        });
        self.sign_of_life(app, &crate::job::runner::process_name())
            .await
    }

    /// What the daemon runs with, for commands beside it.
    pub async fn sign_of_life(&mut self, app: &App, owner: &str) -> Result<(), JobError> {
        let now = app.clock.now();
        let daemon = Daemon {
            owner: owner.to_owned(),
            configuration: app.files.hash.clone(),
            started_at: *self.started_at.get_or_insert(now),
            beat_at: now,
            refused: self.refused.clone(),
        };
        let write = app.store.write().await?;
        write.save_daemon(&daemon).await?;
        Ok(write.commit().await?)
    }
}

/// The site anew, or every reason against it.
fn apply(app: &App) -> Result<App, Vec<String>> {
    let changed = copy(app).map_err(|error| match error {
        OpenError::Problems(problems, _) => problems.iter().map(Problem::to_string).collect(),
        OpenError::Store(error) => vec![error.to_string()],
    })?;
    let url = |app: &App| app.files.settings.database.url.expose_secret().to_owned();
    if url(app) == url(&changed) {
        Ok(changed)
    } else {
        Err(vec![
            "config: database.url changed: restart the daemon to use another database".to_owned(),
        ])
    }
}

fn stamps(site: &Path) -> Stamps {
    let mut stamps = Stamps::new();
    let mut folders: Vec<PathBuf> = FOLDERS.iter().map(|folder| site.join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(found) if found.is_dir() => folders.push(entry.path()),
                Ok(found) => {
                    stamps.insert(entry.path(), (found.len(), found.modified().ok()));
                }
                Err(_) => {}
            }
        }
    }
    stamps
}
