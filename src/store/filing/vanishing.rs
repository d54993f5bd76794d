//! Dossiers that their source tells no more: another source that tells them takes its place, the others are marked.
//!
//! Owns: what becomes of them; the daybook follows in the same transaction.
//! Never: whether so many may be gone at once (`job`).
//! Reads next: `../filing.rs`.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, Func};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Value,
};

use super::{DOSSIER, HISTORY, Reading, after, former, row};
use crate::domain::daybook::Daybook;
use crate::domain::dossier::Dossier;
use crate::store::bulk::{self, Clash};
use crate::store::entity::dossier::{self, Column as Col};
use crate::store::entity::twin::{self, Column as TwinCol};
use crate::store::{StoreError, Write, instant, seconds};

/// Dossiers marked in one go: each looks for them anew.
const MARKED: u64 = 5_000;

impl Write {
    /// Marks the dossiers that a reading of everything, begun at `reading.at`, did not see: they are kept and
    /// counted no more, but where another source tells them: from now on that one counts. Returns how many they are.
    ///
    /// # Errors
    /// When the database refuses or a row does not convert.
    pub async fn mark_vanished(&self, reading: Reading<'_>) -> Result<u64, StoreError> {
        self.forget_unseen_twins(reading).await?;
        let mut marked = 0;
        loop {
            let gone = dossier::Entity::find()
                .filter(unseen(reading))
                .limit(MARKED)
                .all(&self.tx)
                .await?;
            if gone.is_empty() {
                return Ok(marked);
            }
            marked += gone.len() as u64;
            self.vanish(reading, gone).await?;
        }
    }

    /// What this source does not tell any more cannot take another one's place.
    async fn forget_unseen_twins(&self, reading: Reading<'_>) -> Result<(), StoreError> {
        twin::Entity::delete_many()
            .filter(TwinCol::Source.eq(reading.source))
            .filter(TwinCol::SeenAt.lt(seconds(reading.at)))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    async fn vanish(
        &self,
        reading: Reading<'_>,
        gone: Vec<dossier::Model>,
    ) -> Result<(), StoreError> {
        let mut heirs = self.heirs(reading, &gone).await?;
        let mut daybook = Daybook::default();
        let past = gone.iter().map(|model| former(model, reading.at)).collect();
        let (mut vanished, mut taken, mut inherited_codes) = (Vec::new(), Vec::new(), Vec::new());
        for model in gone {
            let heir = heirs.remove(&model.code);
            let before = Dossier::try_from(model)?;
            daybook.strike(&before, reading.zone);
            match heir {
                None => vanished.push(before.code),
                Some(heir) => {
                    let now = after(&before, Dossier::try_from(heir.clone())?);
                    daybook.enter(&now, reading.zone);
                    taken.push(inherited(reading, &heir, &now)?);
                    inherited_codes.push(now.code);
                }
            }
        }
        bulk::insert(&self.tx, "dossier_history", &HISTORY, past, Clash::Never).await?;
        self.mark(reading, &vanished).await?;
        bulk::insert(&self.tx, "dossier", &DOSSIER, taken, Clash::Replace("code")).await?;
        self.forget_heirs(&inherited_codes).await?;
        self.enter_in_daybook(&daybook).await
    }

    async fn mark(&self, reading: Reading<'_>, codes: &[String]) -> Result<(), StoreError> {
        let update = format!(
            "UPDATE dossier SET vanished_at = {} WHERE code",
            seconds(reading.at)
        );
        let statement = self.among(&update, codes.iter().map(String::as_str))?;
        self.tx.execute_raw(statement).await?;
        Ok(())
    }

    /// Of those that are gone: as another source tells them, the one that told them last.
    async fn heirs(
        &self,
        reading: Reading<'_>,
        gone: &[dossier::Model],
    ) -> Result<HashMap<String, dossier::Model>, StoreError> {
        let columns = DOSSIER.map(|(name, _)| name);
        let select = format!(
            "SELECT {} FROM dossier_twin WHERE code",
            columns[..columns.len() - 1].join(", ")
        );
        let codes = gone.iter().map(|model| model.code.as_str());
        let statement = self.among(&select, codes)?;
        let twins = twin::Entity::find().from_raw_sql(statement);
        let mut twins = twins.all(&self.tx).await?;
        twins.retain(|twin| twin.source != reading.source);
        twins.sort_by(|a, b| (a.seen_at, &b.source).cmp(&(b.seen_at, &a.source)));
        let heirs = twins.into_iter().filter_map(as_dossier);
        Ok(heirs.map(|heir| (heir.code.clone(), heir)).collect())
    }

    /// A source that counts is no twin.
    async fn forget_heirs(&self, codes: &[String]) -> Result<(), StoreError> {
        let counts = "EXISTS (SELECT 1 FROM dossier d WHERE d.code = dossier_twin.code \
                      AND d.source = dossier_twin.source)";
        let delete = format!("DELETE FROM dossier_twin WHERE {counts} AND code");
        let statement = self.among(&delete, codes.iter().map(String::as_str))?;
        self.tx.execute_raw(statement).await?;
        Ok(())
    }

    /// How many dossiers a reading of everything, begun at `reading.at`, did not see, of how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_unseen(&self, reading: Reading<'_>) -> Result<(u64, u64), StoreError> {
        let is_unseen = Expr::case(Col::SeenAt.lt(seconds(reading.at)), 1);
        let counts: Option<(i64, i64)> = dossier::Entity::find()
            .select_only()
            .expr_as(Func::count(is_unseen), "unseen")
            .column_as(Col::Code.count(), "known")
            .filter(Col::Source.eq(reading.source))
            .filter(Col::VanishedAt.is_null())
            .into_tuple()
            .one(&self.tx)
            .await?;
        let (unseen, known) = counts.unwrap_or_default();
        Ok((unseen.unsigned_abs(), known.unsigned_abs()))
    }
}

fn unseen(reading: Reading<'_>) -> Condition {
    Condition::all()
        .add(Col::Source.eq(reading.source))
        .add(Col::VanishedAt.is_null())
        .add(Col::SeenAt.lt(seconds(reading.at)))
}

/// The row of a dossier that another source tells from now on, which saw it when it last told it.
fn inherited(
    reading: Reading<'_>,
    heir: &dossier::Model,
    now: &Dossier,
) -> Result<[Value; 16], StoreError> {
    let told = Reading {
        source: &heir.source,
        at: instant("dossier_twin", &heir.code, heir.seen_at)?,
        ..reading
    };
    Ok(row(told, now))
}

/// A twin as the dossier that it tells; `None`: it was noted when nothing but its code was kept.
fn as_dossier(twin: twin::Model) -> Option<dossier::Model> {
    Some(dossier::Model {
        procedure: twin.procedure?,
        procedure_name: twin.procedure_name?,
        field: twin.field?,
        unit: twin.unit?,
        level: twin.level?,
        channel: twin.channel?,
        status: twin.status?,
        received_at: twin.received_at?,
        due_at: twin.due_at?,
        original_due_at: twin.original_due_at,
        finished_at: twin.finished_at,
        stopped_at: twin.stopped_at,
        code: twin.code,
        source: twin.source,
        seen_at: twin.seen_at,
        vanished_at: None,
    })
}
