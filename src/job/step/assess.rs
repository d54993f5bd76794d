//! Compares every target with the data and records what changed.
//!
//! Owns: transitions of targets and wards.
//! Never: the verdicts (`domain::assess`).
//! Reads next: `alert.rs`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{Context, Done};
use crate::domain::board::Board;
use crate::job::{JobError, figures};
use crate::store::Write;
use crate::store::transitions::Transition;

/// # Errors
/// When the database refuses.
pub async fn perform(context: &Context<'_>) -> Result<Done, JobError> {
    let app = context.app;
    let board = figures::board(app, context.as_of, app.year_to_date(context.as_of)).await?;
    let write = context.write().await?;
    let changed = record(context, &write, &board).await?.0;
    write.commit().await?;
    Ok(Done {
        counts: json!({ "targets": board.targets.len(), "changed": changed }),
    })
}

/// What is assessed: a target at a level, for one unit or for all (empty).
type Subject = (String, String, String);

/// Records what changed against the last standing. Returns how many did, and every subject's standing now.
///
/// # Errors
/// When the database refuses.
pub async fn record(
    context: &Context<'_>,
    write: &Write,
    board: &Board,
) -> Result<(usize, BTreeMap<Subject, Transition>), JobError> {
    let known = write.transitions_until(context.as_of).await?;
    let mut standing: BTreeMap<Subject, Transition> = known
        .into_iter()
        .map(|change| (subject(&change), change))
        .collect();
    let changes = changes(&standing, assessed(board, context.as_of));
    write.save_transitions(context.run.id, &changes).await?;
    let changed = changes.len();
    standing.extend(changes.into_iter().map(|change| (subject(&change), change)));
    Ok((changed, standing))
}

fn subject(change: &Transition) -> Subject {
    (
        change.target.clone(),
        change.level.clone(),
        change.unit.clone().unwrap_or_default(),
    )
}

/// The assessments whose status differs from the standing one, or that had none.
fn changes(standing: &BTreeMap<Subject, Transition>, assessed: Vec<Transition>) -> Vec<Transition> {
    let changed = |mut now: Transition| {
        let before = standing.get(&subject(&now)).map(|change| change.to.clone());
        if before.as_ref() == Some(&now.to) {
            return None;
        }
        now.from = before;
        Some(now)
    };
    assessed.into_iter().filter_map(changed).collect()
}

/// Everything the board judges, as if it were new.
fn assessed(board: &Board, at: DateTime<Utc>) -> Vec<Transition> {
    let targets = board.targets.iter().map(|row| Transition {
        target: row.id.clone(),
        level: row.level.to_owned(),
        unit: None,
        from: None,
        to: row.status.as_str().to_owned(),
        reason: row.reason.clone(),
        at,
    });
    let wards = board.dossiers.units.iter().flat_map(|unit| {
        unit.assessments.iter().map(|assessment| Transition {
            target: assessment.target.clone(),
            level: "ward".to_owned(),
            unit: Some(unit.unit.to_string()),
            from: None,
            to: assessment.status.as_str().to_owned(),
            reason: assessment.reason.clone(),
            at,
        })
    });
    targets.chain(wards).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(status: &str, day: u32) -> Transition {
        Transition {
            target: "ward-on-time".into(),
            level: "ward".into(),
            unit: Some("00118".into()),
            from: None,
            to: status.into(),
            reason: String::new(),
            at: DateTime::from_timestamp(i64::from(day) * 86_400, 0).unwrap(),
        }
    }

    #[test]
    fn only_a_changed_status_is_a_transition() {
        let known = BTreeMap::from([(subject(&standing("met", 1)), standing("met", 1))]);
        assert_eq!(
            changes(&known, vec![standing("met", 2)]),
            [],
            "nothing changed"
        );
        let lagging = changes(&known, vec![standing("lagging", 2)]);
        assert_eq!(
            lagging[0].from.as_deref(),
            Some("met"),
            "it says what it was"
        );
        let first = changes(&BTreeMap::new(), vec![standing("met", 1)]);
        assert_eq!(first[0].from, None, "assessed for the first time");
    }
}
