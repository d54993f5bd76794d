//! Telling the operator what goes wrong with the program itself.
//!
//! Owns: one mail for each occasion, its decision in the same transaction; what is worth telling about the files.
//! Never: wording (`report::notice`); failing what the daemon does besides.
//! Reads next: `watchdog.rs`.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{App, JobError, letter};
use crate::config::organisation::Recipient;
use crate::config::problem::Problem;
use crate::report::Letter;
use crate::report::notice::{Notice, Running, What};
use crate::store::Write;
use crate::store::decisions::{DecisionRow, Goes, Told};

/// The thing that is told of when files are refused or accepted.
const FILES: &str = "configuration";
/// While an administrator saves one broken state after the other, the operator hears of one in this time, and at
/// its end of the last.
const QUIET: TimeDelta = TimeDelta::minutes(10);

/// What the files are like that the daemon looks at.
#[derive(Clone, Copy, Debug)]
pub enum Files<'a> {
    /// What runs is what they say.
    Applied,
    /// They are not valid, and what runs is older.
    Refused {
        /// Hash of the refused files.
        configuration: &'a str,
        problems: &'a [Problem],
    },
}

/// What became of telling something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    Queued,
    /// There is nothing new to say.
    Known,
    /// Something new has to wait.
    Later,
    /// Nobody is operator today.
    Nobody,
}

/// One notice: the operator hears of each occasion of a matter once.
#[derive(Clone, Debug)]
pub struct Matter {
    /// `configuration`, `job/pull-city`
    pub about: String,
    pub occasion: String,
    /// For the decision's row, in words.
    pub reason: String,
    pub what: What,
}

/// What the operator was told, as far as this process knows: standing matters ask the database once.
#[derive(Debug, Default)]
pub struct Notices {
    settled: HashMap<String, String>,
}

impl Notices {
    /// Tells of the state of the files if it is news. Call it as often as you like.
    ///
    /// # Errors
    /// When the mail cannot be made or the database refuses; the next call tries again.
    pub async fn files(&mut self, app: &App, files: Files<'_>) -> Result<Telling, JobError> {
        let state = match files {
            Files::Applied => format!("applied {}", app.files.hash),
            Files::Refused { configuration, .. } => refusal(configuration),
        };
        if self.is_settled(FILES, &state) {
            return Ok(Telling::Known);
        }
        let telling = tell_of_files(app, files).await?;
        self.settle(FILES, state, telling);
        Ok(telling)
    }

    /// As [`tell_operator`], asking the database once for each occasion.
    ///
    /// # Errors
    /// As [`tell_operator`].
    pub async fn tell(&mut self, app: &App, matter: Matter) -> Result<Telling, JobError> {
        if self.is_settled(&matter.about, &matter.occasion) {
            return Ok(Telling::Known);
        }
        let (about, occasion) = (matter.about.clone(), matter.occasion.clone());
        let telling = tell_operator(app, matter).await?;
        self.settle(&about, occasion, telling);
        Ok(telling)
    }

    fn is_settled(&self, about: &str, state: &str) -> bool {
        self.settled.get(about).is_some_and(|known| known == state)
    }

    fn settle(&mut self, about: &str, state: String, telling: Telling) {
        if telling != Telling::Later {
            self.settled.insert(about.to_owned(), state);
        }
    }
}

/// Queues one mail to whoever is operator today, unless that person has heard of this occasion.
///
/// # Errors
/// When the mail cannot be made or the database refuses.
pub async fn tell_operator(app: &App, matter: Matter) -> Result<Telling, JobError> {
    let Some(recipient) = operator(app, &matter.reason) else {
        return Ok(Telling::Nobody);
    };
    let write = app.store.write().await?;
    let told = heard(&write, &recipient, &matter.about).await?;
    if told.iter().any(|told| told.occasion == matter.occasion) {
        return Ok(Telling::Known);
    }
    queue(app, write, &recipient, matter).await
}

/// Queues one mail to whoever is operator today, in the transaction of what it tells of: that cannot be without the
/// mail. Each call is an occasion of its own.
///
/// # Errors
/// As [`tell_operator`].
pub async fn tell_with(app: &App, write: &Write, matter: Matter) -> Result<Telling, JobError> {
    let Some(recipient) = operator(app, &matter.reason) else {
        return Ok(Telling::Nobody);
    };
    let told = heard(write, &recipient, &matter.about).await?;
    let occasion = format!("{} {}", told.len() + 1, matter.occasion);
    put(app, write, &recipient, Matter { occasion, ..matter }).await?;
    Ok(Telling::Queued)
}

/// What the operator of today heard last about one thing.
///
/// # Errors
/// When the database does not answer.
pub async fn was_told(app: &App, about: &str) -> Result<Option<Told>, JobError> {
    let Some(recipient) = on_duty(app) else {
        return Ok(None);
    };
    let write = app.store.write().await?;
    Ok(heard(&write, &recipient, about).await?.pop())
}

async fn tell_of_files(app: &App, files: Files<'_>) -> Result<Telling, JobError> {
    let reason = match files {
        Files::Applied => format!("files {} are applied", app.files.hash),
        Files::Refused { problems, .. } => format!("{} problem(s) in the files", problems.len()),
    };
    let recipient = match files {
        // Mostly no news: then it is no matter that nobody would hear it.
        Files::Applied => on_duty(app),
        Files::Refused { .. } => operator(app, &reason),
    };
    let Some(recipient) = recipient else {
        return Ok(Telling::Nobody);
    };
    let write = app.store.write().await?;
    let told = heard(&write, &recipient, FILES).await?;
    let occasion = match occasion(files, &app.files.hash, &told, app.clock.now()) {
        Ok(occasion) => occasion,
        Err(telling) => return Ok(telling),
    };
    let matter = Matter {
        about: FILES.to_owned(),
        occasion,
        reason,
        what: what(app, files),
    };
    queue(app, write, &recipient, matter).await
}

fn operator(app: &App, why: &str) -> Option<Recipient> {
    let found = on_duty(app);
    if found.is_none() {
        tracing::error!(why, "nobody is operator today: nobody is told");
    }
    found
}

fn on_duty(app: &App) -> Option<Recipient> {
    app.files.organisation.operator(app.day(app.clock.now()))
}

async fn heard(write: &Write, recipient: &Recipient, about: &str) -> Result<Vec<Told>, JobError> {
    let abouts = [about.to_owned()];
    Ok(write
        .told_of(recipient.address.full(), &abouts, Goes::Out)
        .await?)
}

/// The decision and its mail, in one transaction.
async fn queue(
    app: &App,
    write: Write,
    recipient: &Recipient,
    matter: Matter,
) -> Result<Telling, JobError> {
    put(app, &write, recipient, matter).await?;
    write.commit().await?;
    Ok(Telling::Queued)
}

async fn put(
    app: &App,
    write: &Write,
    recipient: &Recipient,
    matter: Matter,
) -> Result<(), JobError> {
    let now = app.clock.now();
    let Matter {
        about,
        occasion,
        reason,
        what,
    } = matter;
    let letter = Letter::Notice(Notice {
        site: app.files.settings.site.name.clone(),
        recipient: letter::title(app, recipient),
        as_of: now.with_timezone(&app.zone()).fixed_offset(),
        what,
    });
    let address = recipient.address.full();
    let key = format!("notice|{address}|{about} {occasion}");
    let message_id = letter::queue(app, write, None, recipient, &letter, &key, now).await?;
    let decision = DecisionRow {
        run_id: None,
        about,
        post: letter::post(recipient),
        recipient: address.to_owned(),
        reason,
        occasion: Some(occasion),
        message_id: Some(message_id),
        decided_at: now,
        urgent: true,
    };
    write.save_decisions(&[decision], Goes::Out).await?;
    Ok(())
}

/// The occasion to speak of, numbered: the same broken state is told again once files were accepted in between.
fn occasion(
    files: Files<'_>,
    running: &str,
    told: &[Told],
    now: DateTime<Utc>,
) -> Result<String, Telling> {
    let last = told.last();
    // `3 refused 5f0c2b9e71d4`
    let last_state = last.and_then(|told| told.occasion.split_once(' '));
    let last_state = last_state.map_or("", |(_, state)| state);
    let was_refused = last_state.starts_with(&refusal(""));
    let state = match files {
        Files::Applied if was_refused => format!("accepted {running}"),
        Files::Applied => return Err(Telling::Known),
        Files::Refused { configuration, .. } if last_state == refusal(configuration) => {
            return Err(Telling::Known);
        }
        Files::Refused { .. } if was_refused && last.is_some_and(|told| is_recent(told, now)) => {
            return Err(Telling::Later);
        }
        Files::Refused { configuration, .. } => refusal(configuration),
    };
    Ok(format!("{} {state}", told.len() + 1))
}

fn refusal(configuration: &str) -> String {
    format!("refused {configuration}")
}

/// A telling of the future, after the clock was set back, keeps nobody waiting.
fn is_recent(told: &Told, now: DateTime<Utc>) -> bool {
    (TimeDelta::zero()..QUIET).contains(&(now - told.at))
}

fn what(app: &App, files: Files<'_>) -> What {
    let running = Running {
        configuration: app.files.hash.clone(),
        jobs: app.jobs.iter().map(|job| job.name.clone()).collect(),
    };
    match files {
        Files::Applied => What::Accepted(running),
        Files::Refused { problems, .. } => What::Refused {
            problems: problems.to_vec(),
            running,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    fn told(history: &[(&str, i64)]) -> Vec<Told> {
        let told = |(occasion, minute): &(&str, i64)| Told {
            about: FILES.to_owned(),
            recipient: "a@b.example".to_owned(),
            occasion: (*occasion).to_owned(),
            at: at(*minute),
            message_id: None,
        };
        history.iter().map(told).collect()
    }

    #[test]
    fn the_operator_hears_of_each_change_of_the_files_state_once() {
        let applied = Files::Applied;
        let refused = |configuration| Files::Refused {
            configuration,
            problems: &[],
        };
        let speaks = |text: &str| Ok(text.to_owned());
        for (sentence, files, history, expected) in [
            (
                "valid files are no news",
                applied,
                &[][..],
                Err(Telling::Known),
            ),
            (
                "refused files are",
                refused("b"),
                &[],
                speaks("1 refused b"),
            ),
            (
                "the same broken state is told once",
                refused("b"),
                &[("1 refused b", 0)],
                Err(Telling::Known),
            ),
            (
                "however long it lasts",
                refused("b"),
                &[("1 refused b", -9_999)],
                Err(Telling::Known),
            ),
            (
                "another broken state soon after it has to wait",
                refused("c"),
                &[("1 refused b", 55)],
                Err(Telling::Later),
            ),
            (
                "but not for long",
                refused("c"),
                &[("1 refused b", 50)],
                speaks("2 refused c"),
            ),
            (
                "that the files are valid again is told at once",
                applied,
                &[("1 refused b", 59)],
                speaks("2 accepted a"),
            ),
            (
                "and once",
                applied,
                &[("1 refused b", 0), ("2 accepted a", 1)],
                Err(Telling::Known),
            ),
            (
                "after it the same broken state is news again",
                refused("b"),
                &[("1 refused b", 58), ("2 accepted a", 59)],
                speaks("3 refused b"),
            ),
            (
                "a clock that was set back keeps nobody waiting",
                refused("c"),
                &[("1 refused b", 90)],
                speaks("2 refused c"),
            ),
        ] {
            let found = occasion(files, "a", &told(history), at(60));
            assert_eq!(found, expected, "{sentence}");
        }
    }
}
