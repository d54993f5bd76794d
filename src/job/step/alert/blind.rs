//! Sources of which nothing is known: one alert to the operator, and no false alarm to anybody else.
//!
//! Owns: that each time of blindness is told once, and its end.
//! Never: alerts about what a blind source fed.
//! Reads next: `domain/assess.rs`.

use chrono::{DateTime, FixedOffset, Utc};
use serde_json::json;

use crate::domain::assess::SourceHealth;
use crate::job::notice::{Matter, tell_operator, was_told};
use crate::job::step::{Context, Done};
use crate::job::{App, JobError, figures};
use crate::report::notice::{Blindness, What};

/// Tells of every source that is stale, and of those that are not any more.
///
/// # Errors
/// When the database refuses.
pub async fn perform(context: &Context<'_>) -> Result<Done, JobError> {
    let sources = figures::sources(context.app, context.as_of).await?;
    let blind = sources.iter().filter(|source| source.stale).count();
    tell(context, &sources).await?;
    Ok(Done {
        counts: json!({ "sources": sources.len(), "stale": blind }),
    })
}

/// As [`perform`], for these sources.
///
/// # Errors
/// When the database refuses.
pub async fn tell(context: &Context<'_>, sources: &[SourceHealth]) -> Result<(), JobError> {
    if context.run.holds_mails {
        return Ok(());
    }
    for source in sources {
        let about = format!("source/{}", source.source);
        if source.stale {
            Box::pin(tell_operator(
                context.app,
                blind(context.app, source, about),
            ))
            .await?;
        } else if let Some(last) = was_told(context.app, &about).await?
            && let Some(since) = last.occasion.strip_prefix("blind ")
        {
            let occasion = format!("sees {since}");
            Box::pin(tell_operator(
                context.app,
                sees(context.app, source, about, occasion),
            ))
            .await?;
        }
    }
    Ok(())
}

fn blind(app: &App, source: &SourceHealth, about: String) -> Matter {
    let since = source.fresh_at.map_or(0, |at| at.timestamp());
    Matter {
        about,
        occasion: format!("blind {since}"),
        reason: source.doubt(app.zone()).unwrap_or_default(),
        what: What::Blind(Blindness {
            source: source.source.clone(),
            fresh_at: source.fresh_at.map(|at| local(app, at)),
            cause: source.failure.clone(),
        }),
    }
}

fn sees(app: &App, source: &SourceHealth, about: String, occasion: String) -> Matter {
    Matter {
        about,
        occasion,
        reason: "it is read again".to_owned(),
        what: What::Sees(Blindness {
            source: source.source.clone(),
            fresh_at: source.fresh_at.map(|at| local(app, at)),
            cause: None,
        }),
    }
}

fn local(app: &App, at: DateTime<Utc>) -> DateTime<FixedOffset> {
    at.with_timezone(&app.zone()).fixed_offset()
}
