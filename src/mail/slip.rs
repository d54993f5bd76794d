//! Apology slips into text and a page that prints on A4.
//!
//! Owns: the two templates in `templates/apology`.
//! Never: what a slip says (`report::apology`); writing files.
//! Reads next: `load.rs`.

use serde_json::Value;

use super::render::{RenderError, Templates, cleaned};
use crate::report::apology::{Slip, view};
use crate::report::columns::wrapped;

pub(super) const FOLDER: &str = "apology";
pub(super) const TEXT: &str = "apology/slip.txt.hbs";
pub(super) const HTML: &str = "apology/slip.html.hbs";

/// Slips as they are read and printed, a page each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedSlips {
    pub text: String,
    pub html: String,
}

impl Templates {
    /// The same slips give the same bytes.
    ///
    /// # Errors
    /// When a template asks for what a slip does not have.
    pub fn slips(&self, slips: &[Slip]) -> Result<RenderedSlips, RenderError> {
        let context: Value = cleaned(&view(slips))?;
        Ok(RenderedSlips {
            text: wrapped(&self.text.render(TEXT, &context)?),
            html: self.html.render(HTML, &context)?,
        })
    }
}
