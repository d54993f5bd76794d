//! `dondoc overdue`: dossiers that are late, oldest first.
//!
//! Owns: printing.
//! Never: lateness (`domain::overdue`).
//! Reads next: `explain.rs`.

use clap::Args;

use super::{Scope, board, output};
use crate::domain::overdue::OverdueRow;
use crate::job::spec::{Act, Alert};
use crate::job::{App, figures};

#[derive(Debug, Args)]
pub struct Overdue {
    /// Only this unit
    #[arg(long, value_name = "CODE")]
    unit: Option<String>,
    /// Also those due within N working days
    #[arg(long, value_name = "N")]
    soon: Option<u32>,
}

impl Overdue {
    pub async fn run(&self, scope: &Scope) -> anyhow::Result<()> {
        let app = scope.app().await?;
        let ladder = ladder(&app);
        let mut rows = figures::overdue_at(&app, app.clock.now(), self.soon, &ladder).await?;
        if let Some(unit) = &self.unit {
            let unit = board::known_unit(&app, unit)?;
            rows.retain(|row| row.unit == unit);
        }
        if scope.json {
            return output::json(&rows);
        }
        let count = rows.len();
        let headers = [
            "code",
            "unit",
            "procedure",
            "received",
            "due",
            "#days late",
            "status",
            "rung",
        ];
        output::table(headers, rows.into_iter().map(text))?;
        output::line(format!("{count} dossier(s)"))
    }
}

/// The ladder of the site's first overdue alert: where a dossier has climbed to.
fn ladder(app: &App) -> Vec<(i64, &'static str)> {
    let steps = app.jobs.iter().flat_map(|job| &job.steps);
    let alert = steps.filter_map(|step| match &step.act {
        Act::Alert(Alert::OverdueDossiers(alert)) => Some(alert),
        _ => None,
    });
    let rungs = alert.take(1).flat_map(|alert| &alert.ladder);
    rungs.map(|rung| (rung.late, rung.to.as_str())).collect()
}

fn text(row: OverdueRow) -> [String; 8] {
    [
        row.code,
        format!("{} {}", row.unit, row.unit_name),
        row.procedure,
        row.received_at.format("%Y-%m-%d").to_string(),
        row.due_at.format("%Y-%m-%d %H:%M").to_string(),
        row.working_days_late.to_string(),
        row.status.to_string(),
        row.escalation.unwrap_or_default(),
    ]
}
