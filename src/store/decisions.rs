//! Decisions to speak or stay silent, with their reasons.
//!
//! Owns: table `decision`; its unique `told` is what keeps a thing from being told twice.
//! Never: deciding (`domain::decide`).
//! Reads next: `transitions.rs`.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Select, Statement,
};

use super::entity::decision::{self, Column as Col};
use super::runs::NO_RUN;
use super::{Store, StoreError, Write, instant, seconds};

/// One decision about one thing and one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionRow {
    /// The run that decided; `None`: the daemon itself, about itself.
    pub run_id: Option<i64>,
    /// `dossier/CODE`, `ward/00118/ward-on-time`, `digest/weekly-digest`, `job/pull-city`
    pub about: String,
    pub post: String,
    pub recipient: String,
    /// In words, as `dondoc` prints it.
    pub reason: String,
    /// The occasion that is spoken of (`newly-late 2020-06-02`); `None`: stay silent.
    pub occasion: Option<String>,
    /// The mail that carries it; an occasion without one waits for the day's letter.
    pub message_id: Option<String>,
    pub decided_at: DateTime<Utc>,
    /// Does not wait for the day's letter.
    pub urgent: bool,
}

/// Whether the mails that carry decisions go out, or wait for the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goes {
    Out,
    /// Nothing is told until the mail is released.
    Held,
}

/// What a held mail would tell is kept under its own key: nothing real meets it.
pub(super) const HELD: &str = "held|";

/// Something that was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub about: String,
    pub recipient: String,
    pub occasion: String,
    /// When it was told; of what waits, when it was decided.
    pub at: DateTime<Utc>,
    /// The mail that told it; `None`: it waits for the day's letter.
    pub message_id: Option<String>,
}

/// A decision to speak that waits for the day's letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub id: i64,
    pub run_id: i64,
    pub about: String,
    pub post: String,
    pub recipient: String,
    pub reason: String,
    pub occasion: String,
    pub decided_at: DateTime<Utc>,
    pub urgent: bool,
}

/// What became of a held mail's decisions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Released {
    /// They are told by it.
    Told(Vec<Waiting>),
    /// Other mails have told of these things; nothing was changed.
    ToldMeanwhile(Vec<String>),
}

impl Write {
    /// Records decisions. One that speaks of something already told to that recipient leaves no second row.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn save_decisions(
        &self,
        decisions: &[DecisionRow],
        goes: Goes,
    ) -> Result<(), StoreError> {
        for chunk in decisions.chunks(500) {
            let rows = chunk.iter().map(|row| decision::ActiveModel {
                id: NotSet,
                run_id: Set(row.run_id.unwrap_or(NO_RUN)),
                about: Set(row.about.clone()),
                post: Set(row.post.clone()),
                recipient: Set(row.recipient.clone()),
                reason: Set(row.reason.clone()),
                told: Set(row
                    .occasion
                    .as_ref()
                    .map(|occasion| told_key(&row.about, &row.recipient, occasion, goes))),
                message_id: Set(row.message_id.clone()),
                decided_at: Set(seconds(row.decided_at)),
                urgent: Set(row.urgent),
                told_at: Set(None),
            });
            decision::Entity::insert_many(rows)
                .on_conflict(OnConflict::column(Col::Told).do_nothing().to_owned())
                .exec_without_returning(&self.tx)
                .await?;
        }
        Ok(())
    }

    /// What waits for the day's letter to `recipient`, oldest first. Read in the transaction that writes the letter.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn waiting_for(&self, recipient: &str) -> Result<Vec<Waiting>, StoreError> {
        self.decide_alone_about(recipient).await?;
        let rows = waiting()
            .filter(Col::Recipient.eq(recipient))
            .order_by_asc(Col::Id)
            .all(&self.tx)
            .await?;
        rows.into_iter().map(Waiting::try_from).collect()
    }

    /// These decisions are told by the mail `message_id`, at that instant.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn carry_decisions(
        &self,
        ids: &[i64],
        message_id: &str,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        for chunk in ids.chunks(500) {
            decision::Entity::update_many()
                .col_expr(Col::MessageId, Expr::value(message_id))
                .col_expr(Col::ToldAt, Expr::value(seconds(at)))
                .filter(Col::Id.is_in(chunk.iter().copied()))
                .exec(&self.tx)
                .await?;
        }
        Ok(())
    }

    /// What was to be told is not true any more, or not theirs: nobody was told, and it may be decided anew.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn withdraw_decision(&self, waiting: &Waiting, why: &str) -> Result<(), StoreError> {
        let reason = format!("{}; not told: {why}", waiting.reason);
        decision::Entity::update_many()
            .col_expr(Col::Told, Expr::value(None::<String>))
            .col_expr(Col::Reason, Expr::value(reason))
            .filter(Col::Id.eq(waiting.id))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Everything told to `recipient` about things that begin with `about`, oldest first. Read in the
    /// transaction that will write the next decision. One whose mail will be held also knows what other
    /// held mails would tell; to one that goes out they have told nothing.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn told(
        &self,
        recipient: &str,
        about: &str,
        goes: Goes,
    ) -> Result<Vec<Told>, StoreError> {
        self.decide_alone_about(recipient).await?;
        let rows = told_to(recipient, goes)
            .filter(Col::About.starts_with(about))
            .all(&self.tx)
            .await?;
        rows.into_iter().map(Told::try_from).collect()
    }

    /// As [`Write::told`], about these things.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn told_of(
        &self,
        recipient: &str,
        abouts: &[String],
        goes: Goes,
    ) -> Result<Vec<Told>, StoreError> {
        self.decide_alone_about(recipient).await?;
        let mut told = Vec::new();
        for chunk in abouts.chunks(500) {
            let rows = told_to(recipient, goes)
                .filter(Col::About.is_in(chunk))
                .all(&self.tx)
                .await?;
            for row in rows {
                told.push(Told::try_from(row)?);
            }
        }
        Ok(told)
    }

    /// No other transaction decides what `recipient` hears until this one has ended: two jobs at once would both find
    /// that nothing was told. On SQLite there is one writer anyway.
    pub(super) async fn decide_alone_about(&self, recipient: &str) -> Result<(), StoreError> {
        if self.tx.get_database_backend() == DbBackend::Postgres {
            let sql = "SELECT pg_advisory_xact_lock(7226063, hashtext($1))";
            let lock = Statement::from_sql_and_values(DbBackend::Postgres, sql, [recipient.into()]);
            self.tx.execute_raw(lock).await?;
        }
        Ok(())
    }

    /// The things among these of which other mails have told the same people as much, or something later.
    async fn told_since(&self, held: &[decision::Model]) -> Result<Vec<String>, StoreError> {
        let mut told = Vec::new();
        for row in held {
            let key = row.told.as_deref().and_then(|told| told.strip_prefix(HELD));
            let others = told_to(&row.recipient, Goes::Out)
                .filter(Col::About.eq(row.about.as_str()))
                .filter(
                    Condition::any()
                        .add(Col::Told.eq(key))
                        .add(Col::DecidedAt.gt(row.decided_at)),
                );
            if others.one(&self.tx).await?.is_some() {
                told.push(row.about.clone());
            }
        }
        Ok(told)
    }

    /// From `now` on, what the held mail `message_id` says is told, unless other mails have told some of it meanwhile.
    ///
    /// # Errors
    /// When the database refuses or a row does not convert.
    pub async fn release_decisions(
        &self,
        message_id: &str,
        now: DateTime<Utc>,
    ) -> Result<Released, StoreError> {
        let held = decision::Entity::find()
            .filter(Col::MessageId.eq(message_id))
            .filter(Col::Told.starts_with(HELD))
            .order_by_asc(Col::Id)
            .all(&self.tx)
            .await?;
        let keys: Vec<(i64, &str)> = held
            .iter()
            .filter_map(|row| Some((row.id, row.told.as_deref()?.strip_prefix(HELD)?)))
            .collect();
        let told = self.told_since(&held).await?;
        if !told.is_empty() {
            return Ok(Released::ToldMeanwhile(told));
        }
        for (id, key) in keys {
            decision::Entity::update_many()
                .col_expr(Col::Told, Expr::value(key))
                .col_expr(Col::ToldAt, Expr::value(seconds(now)))
                .filter(Col::Id.eq(id))
                .exec(&self.tx)
                .await?;
        }
        let told: Result<Vec<_>, _> = held.into_iter().map(Waiting::try_from).collect();
        Ok(Released::Told(told?))
    }
}

impl Store {
    /// To whom something waits to be told, in the order in which it began to wait.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn waiting(&self) -> Result<Vec<Waiting>, StoreError> {
        let rows = waiting().order_by_asc(Col::Id).all(&self.db).await?;
        rows.into_iter().map(Waiting::try_from).collect()
    }

    /// The posts for which the mail `message_id` speaks.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn posts_of(&self, message_id: &str) -> Result<Vec<String>, StoreError> {
        let posts = decision::Entity::find()
            .select_only()
            .column(Col::Post)
            .distinct()
            .filter(Col::MessageId.eq(message_id))
            .into_tuple()
            .all(&self.db)
            .await?;
        Ok(posts)
    }

    /// Every decision about one thing, oldest first: why somebody was told, or was not.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn decisions_about(&self, about: &str) -> Result<Vec<(String, String)>, StoreError> {
        let rows = decision::Entity::find()
            .filter(Col::About.eq(about))
            .order_by_asc(Col::Id)
            .all(&self.db)
            .await?;
        Ok(rows.into_iter().map(|row| (row.post, row.reason)).collect())
    }
}

fn told_to(recipient: &str, goes: Goes) -> Select<decision::Entity> {
    let mut find = decision::Entity::find()
        .filter(Col::Recipient.eq(recipient))
        .filter(Col::Told.is_not_null());
    if goes == Goes::Out {
        find = find.filter(Col::Told.not_like(format!("{HELD}%")));
    }
    find.order_by_asc(Col::Id)
}

fn waiting() -> Select<decision::Entity> {
    decision::Entity::find()
        .filter(Col::MessageId.is_null())
        .filter(Col::Told.is_not_null())
        .filter(Col::Told.not_like(format!("{HELD}%")))
}

fn told_key(about: &str, recipient: &str, occasion: &str, goes: Goes) -> String {
    let prefix = match goes {
        Goes::Out => "",
        Goes::Held => HELD,
    };
    format!("{prefix}{about}|{recipient}|{occasion}")
}

pub(super) fn occasion(row: &decision::Model) -> Result<String, StoreError> {
    let told = row.told.as_deref();
    told.and_then(|told| told.rsplit('|').next())
        .map(str::to_owned)
        .ok_or_else(|| StoreError::bad_row("decision", row.id, "`told` has no occasion"))
}

impl TryFrom<decision::Model> for Waiting {
    type Error = StoreError;

    fn try_from(row: decision::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            run_id: row.run_id,
            occasion: occasion(&row)?,
            decided_at: instant("decision", row.id, row.decided_at)?,
            about: row.about,
            post: row.post,
            recipient: row.recipient,
            reason: row.reason,
            urgent: row.urgent,
        })
    }
}

impl TryFrom<decision::Model> for Told {
    type Error = StoreError;

    fn try_from(row: decision::Model) -> Result<Self, StoreError> {
        Ok(Self {
            occasion: occasion(&row)?,
            at: instant("decision", row.id, row.told_at.unwrap_or(row.decided_at))?,
            about: row.about,
            recipient: row.recipient,
            message_id: row.message_id,
        })
    }
}
