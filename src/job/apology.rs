//! Drafting the apology slip of one dossier: `dondoc apology CODE`.
//!
//! Owns: the order of it, and that one dossier has one slip for each due date.
//! Never: the rule (`domain::apology`), the form (`report::apology`); a name in the database or in a log.
//! Reads next: `apology/files.rs`, `../domain/apology.rs`.

mod files;
mod slip;

use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};

pub use files::FOLDER;
pub use slip::{inputs, slip};

use super::step::pull;
use super::{App, JobError, spec};
use crate::domain::apology::{self, BadNewDue, NewDue, Permit, Refusal};
use crate::domain::applicant::Applicant;
use crate::domain::dossier::Dossier;
use crate::report::apology::Slip;
use crate::store::StoreError;
use crate::store::apologies::Apology;

/// What is to be drafted.
#[derive(Clone, Copy, Debug)]
pub struct Order<'o> {
    pub code: &'o str,
    /// `None`: left blank.
    pub new_due: Option<NaiveDate>,
    pub reason: Option<&'o str>,
    /// Ask the source for the applicant's name.
    pub with_applicant: bool,
    /// Write a slip that was drafted before anew.
    pub again: bool,
    pub folder: &'o Path,
}

/// A slip that lies in files.
#[derive(Clone, Debug)]
pub struct Drafted {
    pub dossier: Dossier,
    pub permit: Permit,
    pub new_due: Option<NewDue>,
    pub has_applicant: bool,
    /// When it was drafted first.
    pub drafted_at: DateTime<Utc>,
    pub is_copy: bool,
    pub text: PathBuf,
    pub html: PathBuf,
}

/// Why no slip was drafted.
#[derive(Debug, thiserror::Error)]
pub enum ApologyError {
    #[error("no source tells of a dossier `{0}`: see `dondoc overdue` for codes")]
    NoSuchDossier(String),
    #[error("{code} gets no apology slip: {refusal}")]
    Refused { code: String, refusal: Refusal },
    #[error("--new-due")]
    NewDue(#[from] BadNewDue),
    #[error(
        "the slip of {code} for this due date was drafted on {on}: `--again` writes the same one anew"
    )]
    Drafted { code: String, on: NaiveDate },
    #[error("the slip of {code} promises {promised}: a copy promises no other day")]
    PromisedOtherwise { code: String, promised: NaiveDate },
    #[error("the slip of {0} gives a reason, which is not kept: give it again with `--reason`")]
    ReasonNotKept(String),
    #[error(
        "source {source_name} does not say how one dossier is asked for: add `[applicant]` to \
         config/sources/{source_name}.toml, or leave `--with-applicant` out and write the name by hand"
    )]
    NoApplicant { source_name: String },
    #[error("file {}: {cause}", path.display())]
    File {
        path: PathBuf,
        cause: std::io::Error,
    },
    #[error(transparent)]
    Job(#[from] JobError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Drafts a slip.
///
/// 1. Is there such a dossier, and does it get a slip? 2. Can the new day be promised? 3. Who is the applicant, if that
///    is asked for? 4. In one transaction: was it drafted before? Then it is refused, or written anew; else it is
///    remembered, and lies in its files.
///
/// # Errors
/// With why there is no draft; nothing is remembered then.
pub async fn draft(app: &App, order: &Order<'_>) -> Result<Drafted, ApologyError> {
    let now = app.clock.now();
    let dossier = dossier(app, order.code).await?;
    permitted(app, &dossier, now)?;
    promised(app, &dossier, now, order.new_due)?;
    let applicant = applicant(app, order, now).await?;
    let write = app.store.write().await?;
    let before = write.apology(&dossier.code, dossier.due_at).await?;
    let drafted = drafted(app, order, &dossier, before.as_ref(), now)?;
    let slip = filled_in(app, order, &dossier, &drafted, applicant)?;
    let (text, html) = files::write(app, order.folder, &slip)?;
    write.remember_apology(&drafted).await?;
    write.commit().await?;
    Ok(Drafted {
        permit: slip.permit,
        new_due: slip.new_due,
        has_applicant: slip.applicant.is_some(),
        drafted_at: drafted.drafted_at,
        is_copy: before.is_some(),
        text,
        html,
        dossier,
    })
}

/// As of the day on which it was drafted first: a copy says of it what the first one said.
fn filled_in(
    app: &App,
    order: &Order<'_>,
    dossier: &Dossier,
    drafted: &Apology,
    applicant: Option<Applicant>,
) -> Result<Slip, ApologyError> {
    let at = drafted.drafted_at;
    let permit = permitted(app, dossier, at)?;
    Ok(Slip {
        new_due: promised(app, dossier, at, drafted.new_due)?,
        reason: order.reason.map(str::to_owned),
        applicant,
        ..slip(app, dossier, permit, at)
    })
}

async fn dossier(app: &App, code: &str) -> Result<Dossier, ApologyError> {
    let found = app.store.dossiers_of(&[code]).await?;
    let found = found.into_iter().next();
    found.ok_or_else(|| ApologyError::NoSuchDossier(code.to_owned()))
}

fn permitted(app: &App, dossier: &Dossier, at: DateTime<Utc>) -> Result<Permit, ApologyError> {
    apology::permit(&inputs(app, dossier, at)).map_err(|refusal| ApologyError::Refused {
        code: dossier.code.clone(),
        refusal,
    })
}

fn promised(
    app: &App,
    dossier: &Dossier,
    now: DateTime<Utc>,
    day: Option<NaiveDate>,
) -> Result<Option<NewDue>, ApologyError> {
    let promise = |day| apology::new_due(&inputs(app, dossier, now), day);
    Ok(day.map(promise).transpose()?)
}

/// What is to be remembered: of a copy, what the first one was, with its blanks filled in.
fn drafted(
    app: &App,
    order: &Order<'_>,
    dossier: &Dossier,
    before: Option<&Apology>,
    now: DateTime<Utc>,
) -> Result<Apology, ApologyError> {
    let code = dossier.code.clone();
    let asked = Apology {
        code: code.clone(),
        due_at: dossier.due_at,
        drafted_at: now,
        new_due: order.new_due,
        has_reason: order.reason.is_some(),
    };
    match before {
        None => Ok(asked),
        Some(before) if !order.again => Err(ApologyError::Drafted {
            code,
            on: app.day(before.drafted_at),
        }),
        Some(before) => copied(before, asked),
    }
}

fn copied(before: &Apology, asked: Apology) -> Result<Apology, ApologyError> {
    let code = asked.code.clone();
    if before.has_reason && !asked.has_reason {
        return Err(ApologyError::ReasonNotKept(code));
    }
    match (before.new_due, asked.new_due) {
        (Some(promised), Some(day)) if promised != day => {
            Err(ApologyError::PromisedOtherwise { code, promised })
        }
        (promised, day) => Ok(Apology {
            drafted_at: before.drafted_at,
            new_due: promised.or(day),
            ..asked
        }),
    }
}

/// One request, for one dossier.
async fn applicant(
    app: &App,
    order: &Order<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Applicant>, ApologyError> {
    if !order.with_applicant {
        return Ok(None);
    }
    let name = app.store.source_of(order.code).await?.unwrap_or_default();
    let source = app.files.sources.iter().find(|source| source.name == name);
    let how = source.and_then(|source| Some((source, source.applicant.as_deref()?)));
    let Some((source, how)) = how else {
        return Err(ApologyError::NoApplicant { source_name: name });
    };
    let mut connection = pull::open(app, source)?;
    let applicant = connection.applicant(how, order.code, now).await;
    let failed = |cause| JobError::Source { name, cause };
    Ok(Some(applicant.map_err(failed)?))
}

/// As far ahead as any job warns: a slip is drafted for what was warned of.
fn soon(app: &App) -> u32 {
    let steps = app.jobs.iter().flat_map(|job| &job.steps);
    let soon = steps.filter_map(|step| match &step.act {
        spec::Act::Alert(spec::Alert::OverdueDossiers(alert)) => Some(alert.soon),
        _ => None,
    });
    soon.max().unwrap_or(SOON)
}

/// Where no job warns.
const SOON: u32 = 2;
