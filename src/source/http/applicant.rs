//! The name of whoever handed in one dossier, asked for when a paper to them is drafted.
//!
//! Owns: that the answer is of the dossier that was asked for.
//! Never: keeping the name, or telling it in an error.
//! Reads next: `answer.rs`.

use chrono::{DateTime, Utc};

use super::Connection;
use super::ask::Answers;
use crate::config::sources::http::AskApplicant;
use crate::domain::applicant::Applicant;
use crate::source::SourceError;

impl Connection<'_> {
    /// One request, for one dossier.
    pub(in crate::source) async fn applicant(
        &mut self,
        how: &AskApplicant,
        code: &str,
        now: DateTime<Utc>,
    ) -> Result<Applicant, SourceError> {
        let answers = Answers {
            success: how.success.as_ref(),
            limit: self.access.max_body,
        };
        let answer = self.one(&how.request, code, &answers, now).await?;
        let wrong = |what: String| SourceError::Body {
            url: answer.shown.clone(),
            what,
        };
        // Another person's name on the slip would be worse than none.
        if answer.text(&how.code)?.trim() != code {
            let what = format!("`{}` is not the code that was asked for", how.code);
            return Err(wrong(what));
        }
        let name = Applicant::parse(&answer.text(&how.name)?);
        name.ok_or_else(|| wrong(format!("no name at `{}`", how.name)))
    }
}
