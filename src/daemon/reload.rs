//! Changed files: applied whole, or refused whole.
//!
//! Owns: noticing a change, saying what was refused and where: in the log, to the operator, beside the runs.
//! Never: half a change; another database than the one that is held.
//! Reads next: `../daemon.rs`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use secrecy::ExposeSecret;

use super::{OpenError, copy};
use crate::config::layers::DEFAULT;
use crate::config::problem::Problem;
use crate::job::notice::{self, Notices};
use crate::job::{App, JobError};
use crate::store::daemons::{Daemon, Refused};

/// Folders whose files decide what the daemon does.
const FOLDERS: [&str; 3] = ["config", "jobs", "templates"];

/// Beats between two looks that nothing asked for.
const LOOK_EVERY: u64 = 60;

type Stamps = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

/// The files as they were when they were last looked at.
pub struct Files {
    stamps: Stamps,
    /// They differ from what was last read, and may still be being written.
    is_moving: bool,
    bell: Bell,
    started_at: Option<DateTime<Utc>>,
    refused: Option<Refused>,
    /// Of the refused files.
    problems: Vec<Problem>,
    notices: Notices,
}

/// Rings when the system reports a change under the folders. Where it cannot (a network drive), looking
/// every minute must do.
struct Bell {
    has_rung: Arc<AtomicBool>,
    beats: u64,
    _watcher: Option<RecommendedWatcher>,
}

impl Bell {
    fn over(site: &Path) -> Self {
        let has_rung = Arc::new(AtomicBool::new(false));
        let ring = Arc::clone(&has_rung);
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if event.is_ok_and(|event| is_only_read(event.kind)) {
                return;
            }
            ring.store(true, Ordering::Relaxed);
        });
        let watch = |mut watcher: RecommendedWatcher| {
            for folder in FOLDERS {
                watcher.watch(&site.join(folder), RecursiveMode::Recursive)?;
            }
            Ok(watcher)
        };
        let watcher = watcher.and_then(watch);
        if let Err(error) = &watcher {
            tracing::warn!(%error, "changes of files are not reported here: they are looked for every minute");
        }
        Self {
            has_rung,
            beats: 0,
            _watcher: watcher.ok(),
        }
    }

    fn says_look(&mut self) -> bool {
        self.beats += 1;
        self.has_rung.swap(false, Ordering::Relaxed) || self.beats.is_multiple_of(LOOK_EVERY)
    }
}

/// Looking at the files opens their folders: a look that rang the bell would never end.
fn is_only_read(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => false,
        EventKind::Access(_) => true,
        _ => false,
    }
}

impl Files {
    /// The files of `app`; what was edited since they were read is read again.
    pub fn of(app: &App) -> Self {
        let site = &app.site;
        Self {
            stamps: stamps(site),
            is_moving: crate::config::site::hash(site) != app.files.hash,
            bell: Bell::over(site),
            started_at: None,
            refused: None,
            problems: Vec::new(),
            notices: Notices::default(),
        }
    }

    /// The site anew, if its files changed and are valid. A change is read at the first beat at which the
    /// files have come to rest.
    pub async fn changed(&mut self, app: &Arc<App>) -> Result<Option<Arc<App>>, JobError> {
        if !self.bell.says_look() && !self.is_moving {
            return Ok(None);
        }
        let now = stamps(&app.site);
        if now != self.stamps {
            self.stamps = now;
            self.is_moving = true;
            return Ok(None);
        }
        if !std::mem::take(&mut self.is_moving) {
            return Ok(None);
        }
        let site = Arc::clone(app);
        // Apart: the files are read and every letter is tried, and no run waits for that.
        let read = tokio::task::spawn_blocking(move || apply(&site)).await;
        match read.map_err(|error| JobError::Missing(format!("reading the files: {error}")))? {
            Ok(changed) => {
                tracing::info!(
                    configuration = changed.files.hash,
                    jobs = changed.jobs.len(),
                    "the files changed and are applied"
                );
                self.refused = None;
                self.notices = Notices::default();
                // What was read is applied, whatever the database does: it hears of it at the next sign of life.
                if let Err(error) = self
                    .sign_of_life(&changed, &crate::job::runner::process_name())
                    .await
                {
                    tracing::warn!(%error, "that the files are applied is not recorded yet");
                }
                Ok(Some(changed))
            }
            Err(why) => {
                self.refuse(app, why).await?;
                Ok(None)
            }
        }
    }

    async fn refuse(&mut self, app: &App, why: Vec<Problem>) -> Result<(), JobError> {
        for problem in &why {
            tracing::error!(
                %problem,
                "the files changed and are not valid: what ran before goes on"
            );
        }
        let configuration = crate::config::site::hash(&app.site);
        let lines: Vec<String> = why.iter().map(Problem::to_string).collect();
        self.refused = Some(Refused {
            configuration,
            why: lines.join("\n"),
        });
        self.problems = why;
        self.sign_of_life(app, &crate::job::runner::process_name())
            .await
    }

    /// What the daemon runs with, for commands beside it; the operator hears of refused files.
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
        write.commit().await?;
        self.tell(app).await;
        Ok(())
    }

    /// A mail that cannot be made keeps no job from its time; the next sign of life tries again.
    async fn tell(&mut self, app: &App) {
        let files = match &self.refused {
            None => notice::Files::Applied,
            Some(refused) => notice::Files::Refused {
                configuration: &refused.configuration,
                problems: &self.problems,
            },
        };
        // Boxed: a letter in the making is large, and most beats make none.
        if let Err(error) = Box::pin(self.notices.files(app, files)).await {
            tracing::error!(%error, "the operator cannot be told about the files");
        }
    }
}

/// The daemon ends: commands beside it need not wait for its silence.
pub async fn farewell(app: &App, owner: &str) -> Result<(), JobError> {
    let write = app.store.write().await?;
    write.remove_daemon(owner).await?;
    Ok(write.commit().await?)
}

/// The site anew, or every reason against it.
fn apply(app: &App) -> Result<Arc<App>, Vec<Problem>> {
    let changed = copy(app).map_err(|error| match error {
        OpenError::Problems(problems, _) => problems,
        OpenError::Store(error) => vec![Problem::of_file(DEFAULT, error.to_string(), "")],
    })?;
    let url = |app: &App| app.files.settings.database.url.expose_secret().to_owned();
    let zone = |app: &App| app.files.settings.site.zone;
    if zone(app) != zone(&changed) {
        return Err(vec![Problem::of_file(
            DEFAULT,
            "`site.zone` changed: what is counted by day is counted in one zone while the daemon runs",
            "restart it to use another zone",
        )]);
    }
    if url(app) == url(&changed) {
        Ok(Arc::new(changed))
    } else {
        Err(vec![Problem::of_file(
            DEFAULT,
            "`database.url` changed: no daemon changes its database while it runs",
            "restart it to use another database",
        )])
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

#[cfg(test)]
mod tests {
    use notify::event::{CreateKind, ModifyKind, RemoveKind};

    use super::*;

    #[test]
    fn only_what_may_have_changed_a_file_rings() {
        for (kind, is_quiet, sentence) in [
            (
                EventKind::Access(AccessKind::Open(AccessMode::Any)),
                true,
                "a folder was listed, by us perhaps",
            ),
            (
                EventKind::Access(AccessKind::Close(AccessMode::Read)),
                true,
                "a file was read",
            ),
            (
                EventKind::Access(AccessKind::Close(AccessMode::Write)),
                false,
                "a file was written to its end",
            ),
            (
                EventKind::Modify(ModifyKind::Any),
                false,
                "a file is being written",
            ),
            (EventKind::Create(CreateKind::File), false, "a file is new"),
            (EventKind::Remove(RemoveKind::File), false, "a file is gone"),
            (EventKind::Any, false, "nobody knows what happened"),
        ] {
            assert_eq!(is_only_read(kind), is_quiet, "{sentence}");
        }
    }
}
