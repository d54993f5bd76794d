//! `dondoc demo`: a sample site, a simulated city, every job once, the board and the mails.
//!
//! Owns: the order of the demonstration.
//! Never: anything that a real site does otherwise: the same jobs pull over HTTP and mail through the outbox.
//! Reads next: `demo/site.rs`, `demo/days.rs`.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use chrono::{DateTime, Days, NaiveTime, TimeZone, Utc};
use clap::Args;
use secrecy::SecretString;

use super::progress::Progress;
use super::{Scope, board, open, output};
use crate::clock::Clock;
use crate::daemon::{self, OpenError, Signals};
use crate::demo::City;
use crate::job::plan::{self, Planner};
use crate::job::round::{self, Haste};
use crate::job::watch::Watcher;
use crate::job::{App, deliver, figures, run, runner};
use crate::store::outbox::MailStatus;

mod days;
mod site;

/// Monday, 1 June 2020, 07:30 in Hà Nội: the figures of the end of May, and the mails of that morning.
const MORNING: &str = "2020-06-01T07:30:00+07:00";
/// Where the shipped settings look for the city.
const PORT: u16 = 8020;

#[derive(Debug, Args)]
pub struct Demo {
    /// Folder of the sample site
    #[arg(long, value_name = "DIR", default_value = "dondoc-demo")]
    dir: PathBuf,
    /// Then go on for so many days
    #[arg(long, value_name = "N", default_value_t = 0)]
    days: u64,
    /// Keep the city and the daemon up until a signal comes
    #[arg(long)]
    serve: bool,
}

impl Demo {
    /// 1. Make the site, or take up an existing one where it stopped. 2. Start the city. 3. Run every job
    ///    of the first morning that has not run. 4. Go on day by day. 5. Show the board and the mails.
    pub async fn run(&self, scope: &Scope) -> anyhow::Result<()> {
        let morning: DateTime<Utc> = MORNING.parse::<DateTime<chrono::FixedOffset>>()?.to_utc();
        let secret = site::make(&self.dir)?;
        let city = self.city(morning, secret).await?;
        site::point_at(&self.dir, &city.address(), MORNING)?;
        let app = Arc::new(opened(&self.dir, morning).await?);
        let held = app
            .store
            .lock()
            .await
            .context("another dondoc works in this folder: stop it first")?;
        run::recover(&app).await?;
        let now = last_instant(&app).await?.unwrap_or(morning);
        app.clock.set(now);
        city.set_now(now);
        self.perform(&app, &city, morning).await?;
        self.show(scope, &app).await?;
        if self.serve {
            drop(held);
            serve(app, &city).await?;
        }
        city.shutdown().await?;
        Ok(())
    }

    /// A city that stays up is found under the address of the shipped settings, unless that is taken.
    async fn city(&self, morning: DateTime<Utc>, secret: &str) -> anyhow::Result<City> {
        let start = |port| {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            City::start(
                address,
                morning,
                site::CREDENTIAL,
                SecretString::from(secret),
            )
        };
        let kept = if self.serve {
            start(PORT).await.ok()
        } else {
            None
        };
        match kept {
            Some(city) => Ok(city),
            None => start(0).await.context("the simulated city does not start"),
        }
    }

    async fn perform(
        &self,
        app: &Arc<App>,
        city: &City,
        morning: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let progress = Arc::new(Progress::new());
        let watcher: Arc<dyn Watcher> = progress.clone();
        let now = app.clock.now();
        let mut planner = Planner::default();
        planner.tick(app, now).await?;
        for job in days::by_time_of_day(app) {
            plan::queue_once(app, job, morning).await?;
            runner::run_to_end(app, Arc::clone(&watcher)).await?;
            deliver::drain(app).await?;
        }
        round::write(app, Haste::Now).await?;
        deliver::drain(app).await?;
        if self.days > 0 {
            let zone = app.zone();
            let last_day = app.day(now) + Days::new(self.days);
            let end = last_day.and_time(NaiveTime::MIN) + chrono::TimeDelta::days(1);
            let end = zone
                .from_local_datetime(&end)
                .earliest()
                .context("no such day")?
                .to_utc();
            days::go_on(app, city, &mut planner, end, &watcher).await?;
        }
        progress.finish();
        Ok(())
    }

    /// The board of the first morning, as every command in the folder shows it, and where the mails lie.
    async fn show(&self, scope: &Scope, app: &App) -> anyhow::Result<()> {
        let morning = daemon::clock(None, &self.dir).now();
        let board = figures::board(app, morning, app.year_to_date(morning)).await?;
        if scope.json {
            return output::json(&board);
        }
        board::print(&board)?;
        output::line("\nMails")?;
        days::mails(app, &self.dir).await?;
        let failed = app.store.mails(Some(MailStatus::Queued)).await?.len();
        if failed > 0 {
            output::line(format!("{failed} mail(s) still wait in the outbox"))?;
        }
        if self.days > 0 {
            output::line(format!(
                "\nThe board above and the commands below speak of the first morning, {}; \
                 `now` in config/local.toml moves them",
                morning.with_timezone(&app.zone()).format("%Y-%m-%d %H:%M")
            ))?;
        }
        output::line(format!(
            "\nThe site is {}: try `dondoc --site {0} board`, `overdue`, `explain ward-on-time`, `mail list`, `runs`.",
            self.dir.display()
        ))
    }
}

async fn opened(folder: &std::path::Path, at: DateTime<Utc>) -> anyhow::Result<App> {
    match daemon::open(folder, Clock::fixed(at)).await {
        Ok(app) => Ok(app),
        Err(OpenError::Problems(problems, documents)) => {
            output::aside(open::shown_on_stderr(&problems, &documents));
            anyhow::bail!(
                "the sample site in {} was edited and is not valid any more",
                folder.display()
            )
        }
        Err(OpenError::Store(error)) => Err(error.into()),
    }
}

/// Where an earlier demonstration in this folder stopped: a run that it planned and did not begin counts too.
async fn last_instant(app: &App) -> anyhow::Result<Option<DateTime<Utc>>> {
    let runs = app.store.runs(None, 100).await?;
    let instants = runs
        .iter()
        .map(|run| run.as_of.unwrap_or(run.scheduled_for));
    Ok(instants.max())
}

async fn serve(app: Arc<App>, city: &City) -> anyhow::Result<()> {
    let app = App {
        clock: Clock::running(app.clock.now()),
        ..daemon::copy(&app)?
    };
    output::line(format!(
        "serving; the city answers at http://{}, the links in letters lead to {}; Ctrl-C ends",
        city.address(),
        app.files.settings.web.url.as_deref().unwrap_or("nowhere"),
    ))?;
    daemon::serve(app, Signals::listen()?).await
}
