//! `dondoc quarantine retry`: kept rows mapped once more.
//!
//! Owns: printing what became of them.
//! Never: mapping (`job::quarantine`).
//! Reads next: `../../job/quarantine.rs`.

use clap::Args;
use serde::Serialize;

use crate::cli::resync::known_source;
use crate::cli::{Scope, output};
use crate::domain::reject::{Cause, grouped};
use crate::job::App;
use crate::job::quarantine::{self, Retried};

#[derive(Debug, Args)]
pub struct Retry {
    /// Only this source
    source: Option<String>,
    /// Say what would become of the rows, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// What trying again came to, as it is printed.
#[derive(Serialize)]
struct Told {
    source: String,
    dry_run: bool,
    mended: u64,
    overtaken: u64,
    still: Vec<Stays>,
    forgotten: u64,
    orphaned: u64,
    not_kept: Vec<Place>,
}

#[derive(Serialize)]
struct Stays {
    records: String,
    reason: String,
    rows: u64,
}

#[derive(Serialize)]
struct Place {
    place: String,
    rows: u64,
}

impl Retry {
    pub async fn run(&self, scope: &Scope, app: &App) -> anyhow::Result<()> {
        let sources = match self.source.as_deref() {
            Some(name) => vec![known_source(app, name)?],
            None => app.files.sources.iter().collect(),
        };
        let mut all = Vec::new();
        for source in sources {
            let retried = quarantine::retry(app, source, app.clock.now(), self.dry_run).await?;
            if retried != Retried::default() {
                all.push((source.name.clone(), retried));
            }
        }
        if scope.json {
            let told = all
                .into_iter()
                .map(|(name, retried)| self.told(name, retried));
            return output::json(&told.collect::<Vec<_>>());
        }
        if all.is_empty() {
            return output::line("nothing is kept aside");
        }
        all.iter()
            .try_for_each(|(name, retried)| self.print(name, retried))
    }

    fn told(&self, source: String, retried: Retried) -> Told {
        let stays = |cause: Cause| Stays {
            records: cause.records,
            reason: cause.reason,
            rows: cause.rows,
        };
        let place = |(place, rows)| Place { place, rows };
        Told {
            source,
            dry_run: self.dry_run,
            mended: retried.mended,
            overtaken: retried.overtaken,
            still: retried.still.into_iter().map(stays).collect(),
            forgotten: retried.forgotten,
            orphaned: retried.orphaned,
            not_kept: retried.not_kept.into_iter().map(place).collect(),
        }
    }

    fn print(&self, name: &str, retried: &Retried) -> anyhow::Result<()> {
        let would = if self.dry_run { " would" } else { "" };
        output::line(format!("{name}:{would} become records: {}", retried.mended))?;
        if retried.overtaken > 0 {
            output::line(format!(
                "  {}{would} leave: a later row with their code is stored",
                retried.overtaken
            ))?;
        }
        for cause in grouped(&retried.still) {
            let Cause {
                rows,
                records,
                reason,
                ..
            } = cause;
            output::line(format!("  {rows} of {records} stay aside: {reason}"))?;
        }
        for (place, rows) in &retried.not_kept {
            output::line(format!(
                "  {rows} stay aside: the mapping now looks at `{place}`, which was not kept of them"
            ))?;
        }
        if retried.forgotten > 0 {
            output::line(format!(
                "  {} stay aside: their texts are forgotten (rules.keep_texts)",
                retried.forgotten
            ))?;
        }
        if retried.orphaned > 0 {
            output::line(format!(
                "  {} stay aside: config/sources/{name}.toml does not pull their list any more",
                retried.orphaned
            ))?;
        }
        if retried.forgotten > 0 || !retried.not_kept.is_empty() {
            output::line(format!(
                "  `dondoc source resync {name}` makes the next pull fetch them again"
            ))?;
        }
        Ok(())
    }
}
