//! The demonstration's days: the clock jumps from one occurrence to the next.
//!
//! Owns: moving the clock of the site and of the city together.
//! Never: planning or running by other means than the daemon's.
//! Reads next: `job/plan.rs`.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::cli::output;
use crate::config::settings::Delivery;
use crate::demo::City;
use crate::job::App;
use crate::job::plan::Planner;
use crate::job::round::{self, Haste};
use crate::job::runner::Ended;
use crate::job::spec::Job;
use crate::job::watch::Watcher;
use crate::job::{deliver, runner};

/// The jobs in the order of a day.
pub fn by_time_of_day(app: &App) -> Vec<&Job> {
    let midnight = crate::domain::dossier::start_of(app.day(app.clock.now()), app.zone());
    let mut jobs: Vec<&Job> = app.jobs.iter().collect();
    jobs.sort_by_key(|job| {
        job.timing
            .next_after(midnight, &app.files.calendar)
            .map(|next| next.at)
    });
    jobs
}

/// Runs whatever the schedules bring until `end`.
pub async fn go_on(
    app: &Arc<App>,
    city: &City,
    planner: &mut Planner,
    end: DateTime<Utc>,
    watcher: &Arc<dyn Watcher>,
) -> anyhow::Result<()> {
    let mut letters: Option<DateTime<Utc>> = None;
    while let Some(next) = next_instant(app)
        .into_iter()
        .chain(letters)
        .min()
        .filter(|next| *next < end)
    {
        app.clock.set(next);
        city.set_now(next);
        let before = app.store.mails(None).await?.len();
        planner.tick(app, next).await?;
        let ended = runner::run_to_end(app, Arc::clone(watcher)).await?;
        letters = round::write(app, Haste::Now).await?.next;
        deliver::drain(app).await?;
        let mails = app.store.mails(None).await?.len() - before;
        for Ended { run, status } in ended {
            let at = next.with_timezone(&app.zone()).format("%a %d/%m %H:%M");
            output::line(format!("{at}  {:<16} {status}, {mails} mail(s)", run.job))?;
        }
    }
    Ok(())
}

fn next_instant(app: &App) -> Option<DateTime<Utc>> {
    let now = app.clock.now();
    let next = |job: &Job| job.timing.schedule.next_after(now).map(|next| next.at);
    app.jobs.iter().filter_map(next).min()
}

/// One line for each mail, with its file.
pub async fn mails(app: &App, folder: &Path) -> anyhow::Result<()> {
    let mails = app.store.mails(None).await?;
    let place = match &app.files.settings.mail.delivery {
        Delivery::File { folder: mails } => Some(folder.join(mails)),
        Delivery::Smtp(_) => None,
    };
    for mail in mails {
        let file = place.as_ref().map(|place| {
            place
                .join(format!("{}.eml", mail.message_id))
                .display()
                .to_string()
        });
        output::line(format!(
            "{} {} to {}: {}",
            mail.id, mail.status, mail.post, mail.subject
        ))?;
        if let Some(file) = file {
            output::line(format!("    {file}"))?;
        }
    }
    Ok(())
}
