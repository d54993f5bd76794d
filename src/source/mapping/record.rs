//! A record from a row: a dossier, or an entry of a register.
//!
//! Owns: which fields a record needs, and dates that contradict each other.
//! Never: how a value is written (`field.rs`).
//! Reads next: `field.rs`, `reject.rs`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde_json::Value as Json;

use super::Mapping;
use super::field::Reader;
use super::reject::Fault;
use super::status::status;
use crate::config::sources::FieldKind;
use crate::domain::dossier::{Channel, Dossier, Status, StatusGroup, day_of};
use crate::domain::record::{Entry, Value};
use crate::domain::unit::{Level, UnitCode};

impl Mapping<'_> {
    pub(super) fn dossier(&self, row: &Json) -> Result<Dossier, Fault> {
        let code = self.required_text(row, "code")?;
        let received_at = self.required_moment(row, "received_at", NaiveTime::MIN)?;
        let due_at = self.required_moment(row, "due_at", self.place.due_time)?;
        let unit = self.unit(row, day_of(received_at, self.place.zone))?;
        let (unit, level) = unit.ok_or_else(|| Fault::new("unit", "is missing"))?;
        let channel = self.required_text(row, "channel")?;
        let dossier = Dossier {
            procedure: self.required_text(row, "procedure")?.into_owned(),
            procedure_name: self
                .text(row, "procedure_name")?
                .unwrap_or_default()
                .into_owned(),
            field: self.text(row, "field")?.unwrap_or_default().into_owned(),
            channel: Channel::parse(&channel).ok_or_else(|| {
                Fault::new(
                    "channel",
                    format!("`{channel}` is not direct, online or postal"),
                )
            })?,
            status: self.status(row)?,
            original_due_at: self.moment(row, "original_due_at", self.place.due_time)?,
            finished_at: self.moment(row, "finished_at", NaiveTime::MIN)?,
            stopped_at: self.moment(row, "stopped_at", NaiveTime::MIN)?,
            code: code.into_owned(),
            unit,
            level,
            received_at,
            due_at,
        };
        self.consistent(dossier)
    }

    /// By the field's codes, by its own code or by its name. Another word drops no row: it is told as a finding.
    fn status(&self, row: &Json) -> Result<Status, Fault> {
        let missing = || Fault::new("status", "is missing");
        let reader = self.fields.get("status").ok_or_else(missing)?;
        let said = reader.ours_or_theirs(row);
        let said = said.map_err(|what| Fault::new("status", what))?;
        Ok(status(&said.ok_or_else(missing)?).unwrap_or(Status::UNNAMED))
    }

    /// Dates that contradict each other would become a wrong number.
    fn consistent(&self, dossier: Dossier) -> Result<Dossier, Fault> {
        let day = |at| day_of(at, self.place.zone);
        // No day lasts so long: the longer distances need no look at the calendar.
        let is_before = dossier.due_at - dossier.received_at < TimeDelta::hours(36);
        if is_before && day(dossier.due_at) < day(dossier.received_at) {
            return Err(Fault::new("due_at", "lies before the day of reception"));
        }
        if dossier
            .finished_at
            .is_some_and(|at| at < dossier.received_at)
        {
            return Err(Fault::new("finished_at", "lies before reception"));
        }
        let ended = matches!(
            dossier.status.group(),
            StatusGroup::Resolved | StatusGroup::Withdrawn
        );
        if ended && dossier.finished_at.is_none() {
            let what = format!(
                "is missing, though status {} says that it ended",
                dossier.status.0
            );
            return Err(Fault::new("finished_at", what));
        }
        Ok(dossier)
    }

    pub(super) fn entry(&self, row: &Json) -> Result<Entry, Fault> {
        let code = self.required_text(row, "code")?;
        let day = self.day(row)?;
        let unit = self.unit(row, day.unwrap_or(self.place.today))?;
        let level =
            match self.text(row, "level")? {
                Some(word) => Some(Level::parse(&word).ok_or_else(|| {
                    Fault::new("level", format!("`{word}` is not district or ward"))
                })?),
                None => unit.as_ref().map(|(_, level)| *level),
            };
        let unit = unit.map(|(code, _)| code);
        Ok(Entry {
            records: self.pull.records.clone(),
            code: code.into_owned(),
            unit,
            level,
            day,
            attributes: self.attributes(row)?,
        })
    }

    fn attributes(&self, row: &Json) -> Result<BTreeMap<String, Value>, Fault> {
        let own = ["code", "unit", "level", "day", "updated_at"];
        let mut attributes = BTreeMap::new();
        for (name, reader) in self.fields.iter().filter(|(name, _)| !own.contains(name)) {
            let value = self
                .attribute(reader, row)
                .map_err(|what| Fault::new("attribute", format!("{name} {what}")))?;
            if let Some(value) = value {
                attributes.insert((*name).to_owned(), value);
            }
        }
        Ok(attributes)
    }

    /// A day is kept as `2020-06-01`, however it is written.
    fn attribute(&self, reader: &Reader<'_>, row: &Json) -> Result<Option<Value>, String> {
        if !matches!(reader.field.kind, FieldKind::Day { .. }) {
            return reader.value(row);
        }
        let zone = self.place.zone;
        match reader.moment(row, zone)? {
            None if reader.field.required => Err("is missing".to_owned()),
            written => Ok(written.map(|written| Value::Text(written.day(zone).to_string()))),
        }
    }

    fn unit(&self, row: &Json, on: NaiveDate) -> Result<Option<(UnitCode, Level)>, Fault> {
        let Some(text) = self.text(row, "unit")? else {
            return Ok(None);
        };
        let unit = self.units.find(&text, on);
        unit.map(|unit| Some((unit.code.clone(), unit.kind.level())))
            .map_err(|what| Fault::new("unit", what))
    }

    fn text<'r>(
        &'r self,
        row: &'r Json,
        name: &'static str,
    ) -> Result<Option<Cow<'r, str>>, Fault> {
        let Some(reader) = self.fields.get(name) else {
            return Ok(None);
        };
        let value = reader.text(row).map_err(|what| Fault::new(name, what))?;
        if value.is_none() && reader.field.required {
            return Err(Fault::new(name, "is missing"));
        }
        Ok(value)
    }

    fn required_text<'r>(
        &'r self,
        row: &'r Json,
        name: &'static str,
    ) -> Result<Cow<'r, str>, Fault> {
        self.text(row, name)?
            .ok_or_else(|| Fault::new(name, "is missing"))
    }

    fn moment(
        &self,
        row: &Json,
        name: &'static str,
        time: NaiveTime,
    ) -> Result<Option<DateTime<Utc>>, Fault> {
        let Some(reader) = self.fields.get(name) else {
            return Ok(None);
        };
        let written = reader
            .moment(row, self.place.zone)
            .map_err(|what| Fault::new(name, what))?;
        let Some(written) = written else {
            return Ok(None);
        };
        let at = written.instant(time, self.place.zone);
        at.map(Some)
            .ok_or_else(|| Fault::new(name, "does not exist in the site's time zone"))
    }

    fn required_moment(
        &self,
        row: &Json,
        name: &'static str,
        time: NaiveTime,
    ) -> Result<DateTime<Utc>, Fault> {
        self.moment(row, name, time)?
            .ok_or_else(|| Fault::new(name, "is missing"))
    }

    fn day(&self, row: &Json) -> Result<Option<NaiveDate>, Fault> {
        let Some(reader) = self.fields.get("day") else {
            return Ok(None);
        };
        let written = reader
            .moment(row, self.place.zone)
            .map_err(|what| Fault::new("day", what))?;
        if written.is_none() && reader.field.required {
            return Err(Fault::new("day", "is missing"));
        }
        Ok(written.map(|written| written.day(self.place.zone)))
    }
}
