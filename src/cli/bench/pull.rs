//! A million dossiers over HTTP into the database, beside the same rows already parsed.
//!
//! Owns: the measurements named in the README.
//! Never: the code that is measured: it is the daemon's own.
//! Reads next: `demo/endless.rs`, `job/step/pull.rs`.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use chrono::{DateTime, Utc};

use super::Figure;
use super::machine::peak_megabytes;
use super::schedule::{figure, new_site, opened};
use crate::demo::endless::Endless;
use crate::domain::dossier::Dossier;
use crate::job::spec::{Act, Step};
use crate::job::watch::Unwatched;
use crate::job::{App, plan, runner};
use crate::store::copied::Copying;
use crate::store::filing::Reading;
use crate::store::runs::RunStatus;

const SOURCE: &str = "one-stop-shop";
/// Rows already parsed are handed over so many at a time.
const HANDED: u64 = 20_000;

/// Pulls `rows` dossiers into SQLite, or into the database at `database`.
pub async fn run(rows: u64, database: Option<&str>) -> anyhow::Result<Vec<Figure>> {
    let (city, address) = Endless::start(rows).await?;
    let now: DateTime<Utc> = "2020-06-01T00:30:00Z".parse()?;
    let site = new_site()?;
    connect(site.path(), &format!("http://{address}"), database)?;
    let app = Arc::new(only_pulling(opened(site.path(), now).await?));
    let kind = app.store.kind();
    let first = pull(&app).await?;
    let memory = peak_megabytes()?;
    let stored = app.store.count_dossiers(SOURCE).await?;
    ensure!(stored == rows, "{stored} of {rows} dossiers are stored");
    city.move_on();
    // As the daemon does in between.
    app.store.empty_log().await?;
    let second = pull(&app).await?;
    drop(app);
    let (limit, how) = limit(&city, database, now).await?;
    let per_second = |time: Duration| rows as f64 / time.as_secs_f64();
    Ok(vec![
        figure(
            format!("{rows} dossiers over HTTP into {kind}"),
            per_second(first),
            "rows/s",
            "",
        ),
        figure(
            format!("the same, of its limit: rows already parsed, in one transaction, {how}"),
            limit.as_secs_f64() / first.as_secs_f64(),
            "x",
            format!("0.7 of {:.0} rows/s", per_second(limit)),
        ),
        figure(
            format!(
                "a second pull, {} of them changed, of the first",
                city.changes()
            ),
            second.as_secs_f64() / first.as_secs_f64() * 100.0,
            "%",
            "5 %",
        ),
        figure(
            "most memory, the simulated city's included".to_owned(),
            memory,
            "MB",
            "200 MB",
        ),
    ])
}

/// The site asks the city without signing in, and stores in `database`.
fn connect(site: &Path, endpoint: &str, database: Option<&str>) -> anyhow::Result<()> {
    let file = site.join("config/sources").join(format!("{SOURCE}.toml"));
    let text = fs::read_to_string(&file)?;
    let without = text.lines().filter(|line| !line.starts_with("sign_in"));
    fs::write(&file, without.collect::<Vec<_>>().join("\n"))?;
    let mut local = format!("[endpoints]\ncity = \"{endpoint}\"\n");
    if let Some(url) = database {
        local.push_str(&format!("\n[database]\nurl = \"{url}\"\n"));
    }
    Ok(fs::write(site.join("config/local.toml"), local)?)
}

fn only_pulling(mut app: App) -> App {
    let mut job = app.jobs.swap_remove(0);
    let act = Act::Pull {
        source: SOURCE.to_owned(),
    };
    job.steps = vec![Step { act, timeout: None }];
    job.timeout = Duration::from_secs(3600);
    app.jobs = vec![job];
    app
}

async fn pull(app: &Arc<App>) -> anyhow::Result<Duration> {
    let run = plan::queue_now(app, &app.jobs[0], app.clock.now()).await?;
    let started = Instant::now();
    runner::run_to_end(app, Arc::new(Unwatched)).await?;
    let took = started.elapsed();
    let ended = app.store.run(run.id).await?.context("the run is gone")?;
    ensure!(
        ended.status == RunStatus::Succeeded,
        "the run ended {}: {}",
        ended.status,
        ended.reason
    );
    Ok(took)
}

/// The fastest that we know to get rows that are parsed already into the same tables, with history and daybook, in one
/// transaction; and how that is.
///
/// * On SQLite it is the program's own filing: statements of 64 rows each, prepared once and bound again. One prepared
///   upsert a row cannot beat it here: the driver hands each statement to a thread of its own and waits for it.
/// * On PostgreSQL it is that filing (one array a column, merged by one statement), or COPY into a temporary table and
///   a merge, whichever is faster in this run.
///
/// Nothing that only reading needs is in it: no request, no JSON, no mapping, no quarantine, no commit but the last.
async fn limit(
    city: &Endless,
    database: Option<&str>,
    now: DateTime<Utc>,
) -> anyhow::Result<(Duration, &'static str)> {
    let filed = (filed(city, database, now).await?, "by our filing");
    let Some(url) = database.filter(|url| url.starts_with("postgres")) else {
        return Ok(filed);
    };
    let copied = (copied(city, url).await?, "by COPY and merge");
    Ok(filed.min(copied))
}

async fn filed(
    city: &Endless,
    database: Option<&str>,
    now: DateTime<Utc>,
) -> anyhow::Result<Duration> {
    let site = new_site()?;
    connect(site.path(), "http://127.0.0.1:1", database)?;
    let app = opened(site.path(), now).await?;
    let mut took = Duration::ZERO;
    let reading = Reading {
        source: "limit",
        at: now,
        zone: app.zone(),
    };
    let write = app.store.write().await?;
    for first in (0..city.rows).step_by(HANDED as usize) {
        let dossiers = dossiers(city, first, 'L')?;
        let started = Instant::now();
        write.file_dossiers(reading, &dossiers).await?;
        took += started.elapsed();
    }
    let started = Instant::now();
    write.commit().await?;
    Ok(took + started.elapsed())
}

async fn copied(city: &Endless, url: &str) -> anyhow::Result<Duration> {
    let mut copying = Copying::begin(url).await?;
    let mut took = Duration::ZERO;
    for first in (0..city.rows).step_by(HANDED as usize) {
        let dossiers = dossiers(city, first, 'C')?;
        let started = Instant::now();
        copying.add("limit", &dossiers).await?;
        took += started.elapsed();
    }
    let started = Instant::now();
    copying.merge().await?;
    Ok(took + started.elapsed())
}

/// Some rows, parsed; their codes end with `mark`, so that all of them are new.
fn dossiers(city: &Endless, first: u64, mark: char) -> anyhow::Result<Vec<Dossier>> {
    let numbers = first..(first + HANDED).min(city.rows);
    let dossiers = numbers.map(|number| {
        let mut dossier = city.dossier(number)?;
        dossier.code.push(mark);
        Ok(dossier)
    });
    dossiers.collect()
}
