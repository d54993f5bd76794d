//! Apology slips that were drafted: one for each due date of a dossier.
//!
//! Owns: table `apology`.
//! Never: a name or a reason; the draft itself.
//! Reads next: `dossiers.rs`.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait, IntoActiveModel};

use super::entity::apology::{self, Column as Col};
use super::{StoreError, Write, instant, seconds};

/// A slip as it is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apology {
    pub code: String,
    /// The due moment that it moves.
    pub due_at: DateTime<Utc>,
    pub drafted_at: DateTime<Utc>,
    /// `None`: left blank.
    pub new_due: Option<NaiveDate>,
    pub has_reason: bool,
}

impl Write {
    /// The slip that was drafted for this due date of a dossier.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn apology(
        &self,
        code: &str,
        due_at: DateTime<Utc>,
    ) -> Result<Option<Apology>, StoreError> {
        let key = (code.to_owned(), seconds(due_at));
        let row = apology::Entity::find_by_id(key).one(&self.tx).await?;
        row.map(Apology::try_from).transpose()
    }

    /// Remembers a slip; of one that is remembered, what was left blank may have been filled in.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn remember_apology(&self, slip: &Apology) -> Result<(), StoreError> {
        let row = apology::Model {
            code: slip.code.clone(),
            due_at: seconds(slip.due_at),
            drafted_at: seconds(slip.drafted_at),
            new_due: slip.new_due.map(|day| day.to_string()),
            has_reason: slip.has_reason,
        };
        apology::Entity::insert(row.into_active_model())
            .on_conflict(
                OnConflict::columns([Col::Code, Col::DueAt])
                    .update_columns([Col::NewDue, Col::HasReason])
                    .to_owned(),
            )
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }
}

impl TryFrom<apology::Model> for Apology {
    type Error = StoreError;

    fn try_from(model: apology::Model) -> Result<Self, StoreError> {
        let id = &model.code;
        let day = |text: &String| {
            text.parse::<NaiveDate>()
                .map_err(|_| StoreError::bad_row("apology", id, format!("`{text}` is not a day")))
        };
        Ok(Self {
            due_at: instant("apology", id, model.due_at)?,
            drafted_at: instant("apology", id, model.drafted_at)?,
            new_due: model.new_due.as_ref().map(day).transpose()?,
            has_reason: model.has_reason,
            code: model.code,
        })
    }
}
