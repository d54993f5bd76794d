//! `dondoc board`: targets, dossiers by level and ward, documents, sources, data quality.
//!
//! Owns: the board as tables.
//! Never: a figure of its own.
//! Reads next: `overdue.rs`.

use chrono::NaiveDate;
use clap::Args;

use super::moment::day;
use super::{Scope, output};
use crate::domain::board::{self, DossierCounts, TargetRow, UnitAssessment, UnitRow};
use crate::domain::dossier::day_of;
use crate::domain::finding::Finding;
use crate::domain::period::Period;
use crate::domain::unit::UnitCode;
use crate::job::{App, figures};

#[derive(Debug, Args)]
pub struct Board {
    /// Only this unit
    #[arg(long, value_name = "CODE")]
    unit: Option<String>,
    /// First day of the period; 1 January if it is left out
    #[arg(long, value_name = "DATE", value_parser = day)]
    from: Option<NaiveDate>,
    /// Last day of the period; today if it is left out
    #[arg(long, value_name = "DATE", value_parser = day)]
    to: Option<NaiveDate>,
}

impl Board {
    pub async fn run(&self, scope: &Scope) -> anyhow::Result<()> {
        let app = scope.app().await?;
        let as_of = app.clock.now();
        let mut board = figures::board(&app, as_of, self.period(&app)?).await?;
        if let Some(unit) = &self.unit {
            keep_only(&mut board, &known_unit(&app, unit)?);
        }
        if scope.json {
            output::json(&board)
        } else {
            print(&board)
        }
    }

    fn period(&self, app: &App) -> anyhow::Result<Period> {
        let usual = app.year_to_date(app.clock.now());
        Ok(Period::new(
            self.from.unwrap_or(usual.from),
            self.to.unwrap_or(usual.to),
        )?)
    }
}

/// The unit, if the site knows its code on the day of the command.
pub fn known_unit(app: &App, code: &str) -> anyhow::Result<UnitCode> {
    let unit = UnitCode::parse(code)?;
    let today = day_of(app.clock.now(), app.zone());
    let units = &app.files.organisation.units;
    if units.find(&unit, today).is_none() {
        let known: Vec<String> = units
            .on(today)
            .map(|unit| format!("  {} {}", unit.code, unit.name))
            .collect();
        anyhow::bail!(
            "there is no unit `{code}` on {today}; units are:\n{}",
            known.join("\n")
        );
    }
    Ok(unit)
}

fn keep_only(board: &mut board::Board, unit: &UnitCode) {
    board.dossiers.units.retain(|row| row.unit == *unit);
    let own = board.dossiers.units.iter().flat_map(|row| &row.assessments);
    let rows: Vec<TargetRow> = own
        .filter_map(|own| of_unit(&board.targets, own, unit))
        .collect();
    board.targets.extend(rows);
}

/// A target's row for one unit, from the unit's own assessment.
fn of_unit(targets: &[TargetRow], own: &UnitAssessment, unit: &UnitCode) -> Option<TargetRow> {
    let share = crate::domain::ratio::Share::new(own.numerator, own.denominator);
    let level = targets
        .iter()
        .find(|row| row.id == own.target && row.level != "district")?;
    Some(TargetRow {
        unit: Some(unit.clone()),
        numerator: own.numerator,
        denominator: own.denominator,
        percent: share.percent(),
        printed: share.printed(level.decimals),
        at_least: own.at_least,
        status: own.status,
        reason: own.reason.clone(),
        ..level.clone()
    })
}

/// The board as tables.
pub fn print(board: &board::Board) -> anyhow::Result<()> {
    let as_of = board.as_of.format("%Y-%m-%d %H:%M %:z");
    output::line(format!(
        "As of {as_of}, period {} to {}\n\nTargets",
        board.period.from, board.period.to
    ))?;
    targets(&board.targets)?;
    output::line("\nDossiers")?;
    dossiers(board)?;
    output::line("\nWards")?;
    wards(&board.dossiers.units)?;
    output::line("\nDocuments")?;
    let documents = board.documents.iter();
    output::table(
        ["body", "#received", "#sent"],
        documents.map(|row| {
            [
                row.body.clone(),
                row.received.to_string(),
                row.sent.to_string(),
            ]
        }),
    )?;
    output::line("\nSources")?;
    let sources = board.sources.iter().map(|row| {
        let fresh = row.fresh_at.map_or_else(
            || "never read".into(),
            |at| at.format("%Y-%m-%d %H:%M").to_string(),
        );
        [
            row.source.clone(),
            fresh,
            if row.stale {
                "not to be relied on"
            } else {
                "fresh"
            }
            .to_owned(),
        ]
    });
    output::table(["source", "read", "state"], sources)?;
    output::line("\nData quality")?;
    quality(&board.quality)
}

/// What makes figures unknown comes first.
fn quality(findings: &[Finding]) -> anyhow::Result<()> {
    if findings.is_empty() {
        return output::line("nothing to remark");
    }
    let mut findings: Vec<&Finding> = findings.iter().collect();
    findings.sort_by_key(|finding| !finding.makes_unknown);
    let row = |finding: &&Finding| {
        let unknown = if finding.makes_unknown { "unknown" } else { "" };
        [
            finding.source.clone(),
            finding.code.to_string(),
            finding.count.to_string(),
            unknown.to_owned(),
            finding.message.clone(),
        ]
    };
    output::table(
        ["source", "kind", "#count", "makes", "message"],
        findings.iter().map(row),
    )
}

fn targets(rows: &[TargetRow]) -> anyhow::Result<()> {
    let text = |row: &TargetRow| {
        let share = row
            .printed
            .as_ref()
            .map_or_else(|| "-".to_owned(), |printed| format!("{printed} %"));
        let of = format!("{} of {}", row.numerator, row.denominator);
        let simulated = if row.simulated { "simulated" } else { "" };
        let at_least = format!("{} %", row.at_least);
        let level = row
            .unit
            .as_ref()
            .map_or_else(|| row.level.to_owned(), ToString::to_string);
        [
            row.id.clone(),
            level,
            of,
            share,
            at_least,
            row.status.to_string(),
            simulated.to_owned(),
        ]
    };
    output::table(
        [
            "target",
            "level",
            "#records",
            "#share",
            "#at least",
            "status",
            "",
        ],
        rows.iter().map(text),
    )
}

fn dossiers(board: &board::Board) -> anyhow::Result<()> {
    let levels = [
        ("district", &board.dossiers.district),
        ("ward", &board.dossiers.ward),
    ];
    let units = board
        .dossiers
        .units
        .iter()
        .filter(|row| row.counts.received > 0);
    let rows = levels
        .into_iter()
        .map(|(name, counts)| counted(name.to_owned(), counts))
        .chain(units.map(|row| counted(format!("  {} {}", row.unit, row.name), &row.counts)));
    output::table(
        [
            "",
            "#received",
            "#online",
            "#resolved",
            "#late",
            "#on time %",
            "#in time",
            "#overdue",
            "#stopped",
        ],
        rows,
    )
}

fn counted(name: String, counts: &DossierCounts) -> [String; 9] {
    let percent = counts
        .on_time_percent
        .map_or_else(|| "-".to_owned(), |percent| format!("{percent:.2}"));
    [
        name,
        counts.received.to_string(),
        counts.received_online.to_string(),
        counts.resolved.to_string(),
        counts.late.to_string(),
        percent,
        counts.in_time.to_string(),
        counts.overdue.to_string(),
        counts.stopped.to_string(),
    ]
}

/// Wards that lag or are on watch; a ward that keeps its targets needs no line.
fn wards(units: &[UnitRow]) -> anyhow::Result<()> {
    use board::Status::{Lagging, Unknown, Watch};
    let behind = units.iter().flat_map(|unit| {
        let of_note = |row: &&UnitAssessment| matches!(row.status, Lagging | Watch | Unknown);
        unit.assessments
            .iter()
            .filter(of_note)
            .map(move |row| (unit, row))
    });
    let rows: Vec<_> = behind
        .map(|(unit, row)| {
            let ward = format!("{} {}", unit.unit, unit.name);
            let interval = format!("{:.2}-{:.2} %", row.low, row.high);
            let of = format!("{} of {}", row.numerator, row.denominator);
            [
                ward,
                row.target.clone(),
                row.status.to_string(),
                of,
                interval,
                format!("{} %", row.at_least),
            ]
        })
        .collect();
    if rows.is_empty() {
        return output::line("every ward keeps its targets");
    }
    output::table(
        [
            "ward",
            "target",
            "status",
            "#records",
            "#interval",
            "#at least",
        ],
        rows,
    )
}
