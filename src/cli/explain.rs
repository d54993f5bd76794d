//! `dondoc explain`: how a target's figure comes about, down to the rows.
//!
//! Owns: printing.
//! Never: counting (`domain::explain`).
//! Reads next: `calendar.rs`.

use anyhow::anyhow;
use clap::Args;

use super::{Scope, board, output};
use crate::config::problem::instead;
use crate::domain::explain::{self, CannotExplain, Explanation};
use crate::domain::target::TargetLevel;
use crate::job::App;
use crate::job::figures::Figures;

/// Rows that a terminal shows of those that do not count.
const SHOWN: usize = 20;

#[derive(Debug, Args)]
pub struct Explain {
    /// The target's id, as in targets.toml
    target: String,
    /// For one ward
    #[arg(long, value_name = "CODE")]
    unit: Option<String>,
    /// Only this level: all, district, ward or district-ward
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    level: Option<TargetLevel>,
}

fn level(text: &str) -> Result<TargetLevel, String> {
    let found = TargetLevel::ALL
        .into_iter()
        .find(|level| level.as_str() == text);
    found.ok_or_else(|| "write all, district, ward or district-ward".to_owned())
}

impl Explain {
    pub async fn run(&self, scope: &Scope) -> anyhow::Result<()> {
        let app = scope.app().await?;
        let as_of = app.clock.now();
        let unit = self
            .unit
            .as_deref()
            .map(|unit| board::known_unit(&app, unit))
            .transpose()?;
        let figures = Figures::load(&app, as_of, app.year_to_date(as_of)).await?;
        let inputs = figures.inputs(&app);
        let explanations = explain::explain(&inputs, &self.target, self.level, unit.as_ref())
            .map_err(|error| self.with_help(&app, error))?;
        match (scope.json, explanations.as_slice()) {
            (true, [only]) => output::json(only),
            (true, several) => output::json(&several),
            (false, several) => several.iter().try_for_each(print),
        }
    }
}

impl Explain {
    /// A misspelt target is told with the one that was meant.
    fn with_help(&self, app: &App, error: CannotExplain) -> anyhow::Error {
        match error {
            CannotExplain::NoSuchTarget(_) => {
                let known = app.files.targets.iter().map(|target| target.id.as_str());
                anyhow!("{error}: {}", instead(&self.target, known))
            }
            _ => error.into(),
        }
    }
}

fn print(explained: &Explanation) -> anyhow::Result<()> {
    let unit = explained
        .unit
        .as_ref()
        .map(|unit| format!(", unit {unit}"))
        .unwrap_or_default();
    output::line(format!(
        "{} ({}{unit}), as of {}",
        explained.target, explained.level, explained.as_of
    ))?;
    output::line(format!("  formula   {}", explained.formula))?;
    for filter in &explained.filters {
        output::line(format!("  filter    {filter}"))?;
    }
    output::line(format!(
        "  records   {} of {}",
        explained.numerator, explained.denominator
    ))?;
    output::line(format!(
        "  verdict   {}: {}",
        explained.assessment.status, explained.assessment.reason
    ))?;
    for source in &explained.sources {
        let fresh = source
            .fresh_at
            .map_or_else(|| "never read".to_owned(), |at| format!("read {at}"));
        output::line(format!("  source    {}: {fresh}", source.source))?;
    }
    output::line(format!("  calendar  {}", explained.calendar))?;
    let left_out = &explained.not_counted;
    if !left_out.is_empty() {
        output::line(format!("  not counted: {}", left_out.len()))?;
    }
    for code in left_out.iter().take(SHOWN) {
        output::line(format!("    {code}"))?;
    }
    if left_out.len() > SHOWN {
        output::line(format!(
            "    … and {} more (--json lists every row)",
            left_out.len() - SHOWN
        ))?;
    }
    Ok(())
}
