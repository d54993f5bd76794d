//! Compares every target with the data and records what changed.
//!
//! Owns: transitions of targets and wards.
//! Never: the verdicts (`domain::assess`).
//! Reads next: `alert.rs`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{Context, Done};
use crate::domain::board::{Board, Status};
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

/// Since when each subject has the status it has.
type Since = BTreeMap<Subject, DateTime<Utc>>;

/// Records what changed against the last standing. Returns how many did, and since when each subject stands so.
///
/// # Errors
/// When the database refuses.
pub async fn record(
    context: &Context<'_>,
    write: &Write,
    board: &Board,
) -> Result<(usize, Since), JobError> {
    let mut known = write.transitions_until(context.as_of).await?;
    let standing = known
        .iter()
        .map(|change| (subject(change), change.clone()))
        .collect();
    let changes = changes(&standing, assessed(board, context.as_of));
    write.save_transitions(context.run.id, &changes).await?;
    let changed = changes.len();
    known.extend(changes);
    Ok((changed, since(&known)))
}

/// A time in which nothing was known interrupts nothing: a ward that lagged before it and lags after it
/// has not begun anew.
fn since(transitions: &[Transition]) -> Since {
    let mut standing: BTreeMap<Subject, (&str, DateTime<Utc>)> = BTreeMap::new();
    for change in transitions
        .iter()
        .filter(|change| change.to != Status::Unknown.as_str())
    {
        let stands = standing
            .entry(subject(change))
            .or_insert((&change.to, change.at));
        if stands.0 != change.to {
            *stands = (&change.to, change.at);
        }
    }
    let since = standing.into_iter();
    since.map(|(subject, (_, at))| (subject, at)).collect()
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
    fn a_silence_of_the_source_interrupts_nothing() {
        let day = |day: u32| standing("", day).at;
        for (told, expected, why) in [
            (vec![("lagging", 1)], 1, "it began"),
            (
                vec![("lagging", 1), ("unknown", 2), ("lagging", 3)],
                1,
                "nobody knew, and it lags still",
            ),
            (
                vec![("lagging", 1), ("met", 2), ("lagging", 3)],
                3,
                "it had recovered",
            ),
            (
                vec![("lagging", 1), ("met", 2), ("unknown", 3), ("lagging", 4)],
                4,
                "it had recovered before nobody knew",
            ),
        ] {
            let told: Vec<Transition> = told
                .iter()
                .map(|(status, day)| standing(status, *day))
                .collect();
            let since = since(&told)[&subject(&told[0])];
            assert_eq!(since, day(expected), "{why}");
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
