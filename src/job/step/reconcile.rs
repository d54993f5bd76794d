//! Asks a source for the figures it states about itself and keeps them beside what is stored.
//!
//! Owns: the stated figures of the period.
//! Never: comparing: that is done whenever a board is built (`domain::form_ii06`).
//! Reads next: `assess.rs`.

use serde_json::json;

use super::{Context, Done, pull};
use crate::config::sources::Report;
use crate::job::JobError;
use crate::source::SourceError;
use crate::source::mapping::Mapping;
use crate::store::pulls::StatedFigures;

/// # Errors
/// When the source fails or states something that is not a figure.
pub async fn perform(context: &Context<'_>, name: &str) -> Result<Done, JobError> {
    let app = context.app;
    let source = pull::find(app, name)?;
    let failed = |cause| JobError::Source {
        name: name.to_owned(),
        cause,
    };
    let period = app.year_to_date(context.as_of);
    let mut connection = pull::open(app, source)?;
    let mut stated = Vec::new();
    for spec in &source.stated {
        let rows = connection.stated(spec, period, app.clock.now()).await;
        for row in rows.map_err(failed)? {
            let (level, figures) = Mapping::stated(&spec.fields, &row).map_err(|what| {
                let Report::Http(report) = &spec.report;
                failed(SourceError::Body {
                    url: report.path.clone(),
                    what,
                })
            })?;
            stated.push(StatedFigures {
                source: name.to_owned(),
                level,
                from: period.from,
                to: period.to,
                figures,
                as_of: context.as_of,
            });
        }
    }
    let write = context.write().await?;
    for figures in &stated {
        write.save_stated_figures(figures).await?;
    }
    write.commit().await?;
    Ok(Done {
        counts: json!({ "stated": stated.len() }),
    })
}
