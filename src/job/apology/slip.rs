//! A dossier as a slip, with nothing filled in.
//!
//! Owns: what of a site and a dossier goes into the form.
//! Never: the form itself.
//! Reads next: `../../report/apology.rs`.

use chrono::{DateTime, Utc};

use super::soon;
use crate::domain::apology::{ApologyInputs, Permit};
use crate::domain::dossier::Dossier;
use crate::domain::overdue::unit_of;
use crate::job::App;
use crate::report::apology::{Body, Slip};

/// What is judged at an instant.
#[must_use]
pub fn inputs<'a>(app: &'a App, dossier: &'a Dossier, now: DateTime<Utc>) -> ApologyInputs<'a> {
    ApologyInputs {
        dossier,
        now,
        zone: app.zone(),
        calendar: &app.files.calendar,
        soon: soon(app),
    }
}

/// The slip of a dossier as of an instant, its blanks left blank.
#[must_use]
pub fn slip(app: &App, dossier: &Dossier, permit: Permit, as_of: DateTime<Utc>) -> Slip {
    let zone = app.zone();
    let units = &app.files.organisation.units;
    let unit = unit_of(dossier, units, app.day(as_of), zone);
    let procedure = match dossier.procedure_name.as_str() {
        "" => dossier.procedure.clone(),
        name => name.to_owned(),
    };
    Slip {
        body: Body::of(unit, &app.files.settings.site.name),
        code: dossier.code.clone(),
        procedure,
        received: app.day(dossier.received_at),
        due: dossier.due_at.with_timezone(&zone).naive_local(),
        permit,
        new_due: None,
        reason: None,
        applicant: None,
    }
}
