//! The daybook kept beside the dossiers.
//!
//! Owns: tables `daybook` and `daybook_basis`.
//! Never: which day and column a dossier belongs to (`domain::daybook`).
//! Reads next: `domain/daybook.rs`.

use chrono::NaiveDate;
use chrono_tz::Tz;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
};

use super::bulk::{self, Clash, Column, Kind};
use super::entity::{day, dossier};
use super::{Store, StoreError, Write, word};
use crate::domain::daybook::{Cell, DayCounts, Daybook, EDITION};
use crate::domain::dossier::{Channel, Dossier};
use crate::domain::unit::{Level, UnitCode};

/// Dossiers entered in one go.
const PAGE: u64 = 20_000;

const KEY: &str = "day, unit, level, channel";
const COLUMNS: [Column; 9] = [
    ("day", Kind::Text),
    ("unit", Kind::Text),
    ("level", Kind::Text),
    ("channel", Kind::Text),
    ("received", Kind::Long),
    ("early", Kind::Long),
    ("on_time", Kind::Long),
    ("late", Kind::Long),
    ("withdrawn", Kind::Long),
];

impl Write {
    /// Adds what `changes` says to every cell.
    ///
    /// # Errors
    /// When the database refuses.
    pub(super) async fn enter_in_daybook(&self, changes: &Daybook) -> Result<(), StoreError> {
        let rows = changes.cells().map(|(cell, counts)| {
            [
                cell.day.to_string().into(),
                cell.unit.as_str().into(),
                cell.level.as_str().into(),
                cell.channel.as_str().into(),
                counts.received.into(),
                counts.early.into(),
                counts.on_time.into(),
                counts.late.into(),
                counts.withdrawn.into(),
            ]
        });
        bulk::insert(
            &self.tx,
            "daybook",
            &COLUMNS,
            rows.collect(),
            Clash::Add(KEY),
        )
        .await?;
        Ok(())
    }

    /// Everything as it is stored, entered from the beginning.
    async fn recount(&self, zone: Tz) -> Result<Daybook, StoreError> {
        let mut daybook = Daybook::default();
        let mut after = String::new();
        loop {
            let models = dossier::Entity::find()
                .filter(dossier::Column::Code.gt(after.as_str()))
                .filter(dossier::Column::VanishedAt.is_null())
                .order_by_asc(dossier::Column::Code)
                .limit(PAGE)
                .all(&self.tx)
                .await?;
            let Some(last) = models.last() else {
                return Ok(daybook);
            };
            after.clone_from(&last.code);
            for model in models {
                daybook.enter(&Dossier::try_from(model)?, zone);
            }
        }
    }

    async fn set_basis(&self, zone: Tz) -> Result<(), StoreError> {
        let backend = self.tx.get_database_backend();
        let sql = "INSERT INTO daybook_basis (id, zone, edition) VALUES (1, $1, $2) \
                   ON CONFLICT (id) DO UPDATE SET zone = excluded.zone, edition = excluded.edition";
        let values = [zone.name().into(), EDITION.into()];
        let statement = Statement::from_sql_and_values(backend, sql, values);
        self.tx.execute_raw(statement).await?;
        Ok(())
    }
}

impl Store {
    /// Makes sure that the daybook is kept by today's rules, in `zone`; otherwise everything is entered anew.
    ///
    /// # Errors
    /// When the database refuses or a row does not convert.
    pub async fn keep_daybook(&self, zone: Tz) -> Result<(), StoreError> {
        if is_kept_in(&self.db, zone).await? {
            return Ok(());
        }
        let write = self.write().await?;
        if is_kept_in(&write.tx, zone).await? {
            return Ok(());
        }
        day::Entity::delete_many().exec(&write.tx).await?;
        let daybook = write.recount(zone).await?;
        write.enter_in_daybook(&daybook).await?;
        write.set_basis(zone).await?;
        write.commit().await
    }

    /// The daybook as it is kept.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn daybook(&self) -> Result<Daybook, StoreError> {
        let models = day::Entity::find().all(&self.db).await?;
        models.into_iter().map(cell).collect()
    }

    /// The daybook as the stored dossiers give it: equal to the one that is kept.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn recounted_daybook(&self, zone: Tz) -> Result<Daybook, StoreError> {
        self.write().await?.recount(zone).await
    }
}

async fn is_kept_in(connection: &impl ConnectionTrait, zone: Tz) -> Result<bool, StoreError> {
    let ask = "SELECT zone, edition FROM daybook_basis WHERE id = 1";
    let ask = Statement::from_string(connection.get_database_backend(), ask);
    let Some(row) = connection.query_one_raw(ask).await? else {
        return Ok(false);
    };
    let basis: (String, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    Ok(basis == (zone.name().to_owned(), EDITION))
}

fn cell(model: day::Model) -> Result<(Cell, DayCounts), StoreError> {
    let id = format!(
        "{} {} {} {}",
        model.day, model.unit, model.level, model.channel
    );
    let bad = |what: String| StoreError::bad_row("daybook", &id, what);
    let cell = Cell {
        day: model
            .day
            .parse::<NaiveDate>()
            .map_err(|error| bad(error.to_string()))?,
        unit: UnitCode::parse(&model.unit).map_err(|error| bad(error.to_string()))?,
        level: word("daybook", &id, &model.level, Level::parse)?,
        channel: word("daybook", &id, &model.channel, Channel::parse)?,
    };
    let counts = DayCounts {
        received: model.received,
        early: model.early,
        on_time: model.on_time,
        late: model.late,
        withdrawn: model.withdrawn,
    };
    Ok((cell, counts))
}
