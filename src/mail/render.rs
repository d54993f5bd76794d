//! A letter into subject, text and HTML.
//!
//! Owns: the order words → templates → MJML → HTML, and what may never reach a reader's screen.
//! Never: words and numbers (`report`), reading files (`load.rs`).
//! Reads next: `load.rs`, `pages.rs`.

use std::collections::HashMap;

use handlebars::Handlebars;
use mrml::prelude::render::RenderOptions;
use serde::Serialize;
use serde_json::Value;

use crate::domain::format::Language;
use crate::report::columns::wrapped;
use crate::report::words::Words;
use crate::report::{self, Kind, Letter, page};

/// A mail ready to be composed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// Lines of at most 78 columns where words allow it, LF between them.
    pub text: String,
    pub html: String,
}

/// A template that does not fit its letter. Templates are rendered with samples when they are loaded,
/// so this is a letter unlike any sample; trying again changes nothing.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error("the template does not fit: {0}")]
    Template(#[from] handlebars::RenderError),
    #[error("the letter cannot be printed: {0}")]
    Letter(#[from] serde_json::Error),
    #[error("the MJML is malformed: {0}")]
    Markup(String),
}

/// Every template, compiled, and the words of both languages.
#[derive(Debug)]
pub struct Templates {
    /// Escapes what it prints.
    pub(super) html: Handlebars<'static>,
    /// Prints as it is: subjects and text parts.
    pub(super) text: Handlebars<'static>,
    /// Pages, which escape as mails do.
    pub(super) pages: Handlebars<'static>,
    // Boxed: they are large, and a site is handed from place to place.
    pub(super) vietnamese: Box<Words>,
    pub(super) english: Box<Words>,
}

/// The three templates of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Subject,
    Text,
    Html,
}

impl Part {
    pub const ALL: [Self; 3] = [Self::Subject, Self::Text, Self::Html];

    pub fn file(self) -> &'static str {
        match self {
            Self::Subject => "subject.txt.hbs",
            Self::Text => "body.txt.hbs",
            Self::Html => "body.mjml.hbs",
        }
    }

    pub fn template(self, kind: Kind) -> String {
        format!("{}/{}", kind.as_str(), self.file())
    }
}

impl Templates {
    /// The words of a language, for whoever speaks to the same readers outside a mail.
    #[must_use]
    pub fn words(&self, language: Language) -> &Words {
        match language {
            Language::Vi => &self.vietnamese,
            Language::En => &self.english,
        }
    }

    /// The letter as a mail. The same letter gives the same bytes.
    ///
    /// # Errors
    /// When a template asks for what this letter does not have.
    pub fn render(&self, letter: &Letter, language: Language) -> Result<Rendered, RenderError> {
        self.render_for(letter, language, None)
    }

    /// As [`Templates::render`]; with `on_trial`, the title of whoever would get it in earnest.
    ///
    /// # Errors
    /// As [`Templates::render`].
    pub fn render_for(
        &self,
        letter: &Letter,
        language: Language,
        on_trial: Option<&str>,
    ) -> Result<Rendered, RenderError> {
        let kind = letter.kind();
        let words = self.words(language);
        let page = page(letter, words);
        let page = match on_trial {
            Some(title) => report::on_trial(page, title, words),
            None => page,
        };
        let context = cleaned(&page)?;
        Ok(Rendered {
            subject: subject(&self.text.render(&Part::Subject.template(kind), &context)?),
            text: wrapped(&self.text.render(&Part::Text.template(kind), &context)?),
            html: html(&self.mjml(kind, &context)?)?,
        })
    }

    pub(super) fn context(
        &self,
        letter: &Letter,
        language: Language,
    ) -> Result<Value, RenderError> {
        cleaned(&page(letter, self.words(language)))
    }

    /// The MJML before it becomes HTML, for `mjml`'s own validation.
    ///
    /// # Errors
    /// As `render`.
    pub fn markup(&self, letter: &Letter, language: Language) -> Result<String, RenderError> {
        self.mjml(letter.kind(), &self.context(letter, language)?)
    }

    fn mjml(&self, kind: Kind, context: &Value) -> Result<String, RenderError> {
        Ok(self.html.render(&Part::Html.template(kind), context)?)
    }
}

/// What a template is given: nothing in it disguises text.
pub(super) fn cleaned(page: &impl Serialize) -> Result<Value, RenderError> {
    let mut context = serde_json::to_value(page)?;
    clean(&mut context);
    Ok(context)
}

fn subject(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// No fonts: mrml would link them from a font site.
fn html(mjml: &str) -> Result<String, RenderError> {
    let options = RenderOptions {
        fonts: HashMap::new(),
        ..RenderOptions::default()
    };
    let parsed = mrml::parse(mjml).map_err(|error| RenderError::Markup(error.to_string()))?;
    let html = parsed
        .element
        .render(&options)
        .map_err(|error| RenderError::Markup(error.to_string()))?;
    Ok(html.replacen("<!doctype html>", "<!DOCTYPE html>", 1))
}

/// Takes what can disguise text out of every string: line breaks and other control characters become
/// spaces, marks that turn the direction of text round are dropped.
pub(super) fn clean(value: &mut Value) {
    match value {
        Value::String(text) => {
            *text = text
                .chars()
                .filter(|c| !turns_direction(*c))
                .map(plain)
                .collect()
        }
        Value::Array(items) => items.iter_mut().for_each(clean),
        Value::Object(fields) => fields.values_mut().for_each(clean),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn plain(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}

fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
