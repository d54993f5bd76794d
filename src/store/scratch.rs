//! A copy of the database to try things on, in a SQLite file.
//!
//! Owns: copying every table as it stands at one moment, but for what a daemon says of itself; forgetting what lies after an instant, in a copy only.
//! Never: writing to the database that is copied.
//! Reads next: `job/scratch.rs`.

use std::path::Path;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    AccessMode, ColumnTrait, Condition, ConnectionTrait, DatabaseConnection, DbBackend,
    EntityTrait, IntoActiveModel, IsolationLevel, Iterable, PrimaryKeyToColumn, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait, TransactionTrait,
};

use super::entity::{
    alert, answer, apology, day, decision, dossier, drop_file, entry, exchange_message, history,
    letter, outbox, outbox_body, pull, quarantine, run, schedule, stated, step, transition, twin,
};
use super::observer::Observed;
use super::runs::RunStatus;
use super::{PATIENCE, Place, Store, StoreError, connect, seconds, sqlite};

/// Values that one statement of SQLite takes.
const PARAMETERS: usize = 30_000;
/// Rows read in one go.
const ROWS: u64 = 2_000;

/// A copy that may be written to. It is a file of its own: what happens in it happens nowhere else.
#[derive(Clone, Debug)]
pub struct Scratch(Store);

impl Store {
    /// Copies the database into a new file, as it stands at this moment. Others may write meanwhile.
    ///
    /// # Errors
    /// When either database refuses, or the file cannot be written.
    pub async fn copy_to(&self, file: &Path) -> Result<Scratch, StoreError> {
        match self.backend() {
            DbBackend::Sqlite => {
                let quoted = file.display().to_string().replace('\'', "''");
                self.db
                    .execute_unprepared(&format!("VACUUM INTO '{quoted}'"))
                    .await?;
                open(file).await.map(Scratch)
            }
            _ => {
                let scratch = open(file).await?;
                scratch.migrate().await?;
                copy_rows(&self.db.inner, &scratch.db.inner).await?;
                Ok(Scratch(scratch))
            }
        }
    }
}

/// It is thrown away: nothing is waited for until it is safe on the disk.
async fn open(file: &Path) -> Result<Store, StoreError> {
    let options = sqlite(file, "OFF", PATIENCE);
    Ok(Store {
        db: Observed::new(connect(options, file.display().to_string()).await?),
        place: Place::File(file.to_owned()),
    })
}

async fn copy_rows(from: &DatabaseConnection, to: &DatabaseConnection) -> Result<(), StoreError> {
    let moment = from
        .begin_with_config(
            Some(IsolationLevel::RepeatableRead),
            Some(AccessMode::ReadOnly),
        )
        .await?;
    let tx = to.begin().await?;
    copy_table::<dossier::Entity>(&moment, &tx).await?;
    copy_table::<history::Entity>(&moment, &tx).await?;
    copy_table::<twin::Entity>(&moment, &tx).await?;
    copy_table::<day::Entity>(&moment, &tx).await?;
    copy_table::<entry::Entity>(&moment, &tx).await?;
    copy_table::<pull::Entity>(&moment, &tx).await?;
    copy_table::<drop_file::Entity>(&moment, &tx).await?;
    copy_table::<exchange_message::Entity>(&moment, &tx).await?;
    copy_table::<stated::Entity>(&moment, &tx).await?;
    copy_table::<quarantine::Entity>(&moment, &tx).await?;
    copy_table::<schedule::Entity>(&moment, &tx).await?;
    copy_table::<run::Entity>(&moment, &tx).await?;
    copy_table::<step::Entity>(&moment, &tx).await?;
    copy_table::<outbox::Entity>(&moment, &tx).await?;
    copy_table::<outbox_body::Entity>(&moment, &tx).await?;
    copy_table::<decision::Entity>(&moment, &tx).await?;
    copy_table::<alert::Entity>(&moment, &tx).await?;
    copy_table::<answer::Entity>(&moment, &tx).await?;
    copy_table::<letter::Entity>(&moment, &tx).await?;
    copy_table::<apology::Entity>(&moment, &tx).await?;
    copy_table::<transition::Entity>(&moment, &tx).await?;
    tx.commit().await?;
    Ok(moment.commit().await?)
}

async fn copy_table<E>(
    from: &impl ConnectionTrait,
    to: &impl ConnectionTrait,
) -> Result<(), StoreError>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel> + Send + Sync,
    E::ActiveModel: Send,
{
    let columns = E::Column::iter().count().max(1);
    for page in 0.. {
        let mut find = E::find();
        for key in E::PrimaryKey::iter() {
            find = find.order_by_asc(key.into_column());
        }
        let rows = find.limit(ROWS).offset(page * ROWS).all(from).await?;
        let count = rows.len() as u64;
        let mut rows = rows.into_iter().map(IntoActiveModel::into_active_model);
        loop {
            let chunk: Vec<E::ActiveModel> = rows.by_ref().take(PARAMETERS / columns).collect();
            if chunk.is_empty() {
                break;
            }
            E::insert_many(chunk).exec_without_returning(to).await?;
        }
        if count < ROWS {
            break;
        }
    }
    Ok(())
}

impl Scratch {
    /// The copy, as the program works with any database.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0
    }

    /// Forgets what was run, decided, told and mailed after `instant`, and unless `keeps_waiting` what waits to
    /// be run: the copy stands where the database stood then, but for the data that came in since.
    ///
    /// # Errors
    /// When the copy refuses.
    pub async fn rewind(
        &self,
        instant: DateTime<Utc>,
        keeps_waiting: bool,
    ) -> Result<(), StoreError> {
        let at = seconds(instant);
        let db = &self.0.db;
        let waits = [RunStatus::Queued.as_str(), RunStatus::Running.as_str()];
        let mut later = Condition::any()
            .add(run::Column::ScheduledFor.gt(at))
            .add(run::Column::AsOf.gt(at));
        if !keeps_waiting {
            later = later.add(run::Column::Status.is_in(waits));
        }
        run::Entity::delete_many().filter(later).exec(db).await?;
        let kept = run::Entity::find()
            .select_only()
            .column(run::Column::Id)
            .into_query();
        step::Entity::delete_many()
            .filter(step::Column::RunId.not_in_subquery(kept))
            .exec(db)
            .await?;
        decision::Entity::delete_many()
            .filter(decision::Column::DecidedAt.gt(at))
            .exec(db)
            .await?;
        self.rewind_mails(at).await?;
        transition::Entity::delete_many()
            .filter(transition::Column::At.gt(at))
            .exec(db)
            .await?;
        self.rewind_alerts(at).await
    }

    async fn rewind_mails(&self, at: i64) -> Result<(), StoreError> {
        let db = &self.0.db;
        outbox::Entity::delete_many()
            .filter(outbox::Column::CreatedAt.gt(at))
            .exec(db)
            .await?;
        let kept = outbox::Entity::find()
            .select_only()
            .column(outbox::Column::Id)
            .into_query();
        outbox_body::Entity::delete_many()
            .filter(outbox_body::Column::OutboxId.not_in_subquery(kept))
            .exec(db)
            .await?;
        Ok(())
    }

    /// What was written of later waits for its letter again.
    async fn rewind_alerts(&self, at: i64) -> Result<(), StoreError> {
        let db = &self.0.db;
        let kept = outbox::Entity::find()
            .select_only()
            .column(outbox::Column::MessageId)
            .into_query();
        decision::Entity::update_many()
            .col_expr(decision::Column::MessageId, Expr::value(None::<String>))
            .col_expr(decision::Column::ToldAt, Expr::value(None::<i64>))
            .filter(decision::Column::MessageId.not_in_subquery(kept))
            .exec(db)
            .await?;
        alert::Entity::delete_many()
            .filter(alert::Column::ToldAt.gt(at))
            .exec(db)
            .await?;
        alert::Entity::update_many()
            .col_expr(alert::Column::ClosedAt, Expr::value(None::<i64>))
            .filter(alert::Column::ClosedAt.gt(at))
            .exec(db)
            .await?;
        answer::Entity::delete_many()
            .filter(answer::Column::AnsweredAt.gt(at))
            .exec(db)
            .await?;
        letter::Entity::delete_many()
            .filter(letter::Column::WrittenAt.gt(at))
            .exec(db)
            .await?;
        apology::Entity::delete_many()
            .filter(apology::Column::DraftedAt.gt(at))
            .exec(db)
            .await?;
        Ok(())
    }

    /// Lets every source that was ever read appear as read completely at `now`.
    ///
    /// # Errors
    /// When the copy refuses.
    pub async fn freshen(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        let write = self.0.write().await?;
        for mut state in self.0.pull_states().await? {
            if state.completed_at.is_some() {
                state.completed_at = Some(now);
                state.failure = None;
                write.save_pull_state(&state).await?;
            }
        }
        write.commit().await
    }
}
