//! `dondoc mail preview`: how letters look, and the pages to which their links lead.
//!
//! Owns: finding a sample; printing it.
//! Never: real dossiers.
//! Reads next: `report/samples.rs`, `report/screen.rs`.

use anyhow::{Context, bail};
use serde::Serialize;

use super::{Part, Words};
use crate::cli::{Scope, output};
use crate::domain::format::Language;
use crate::mail::Templates;
use crate::report::{Kind, samples, screen};

/// What a page is called among the mails.
const PAGE: &str = "page";

#[derive(Serialize)]
struct Previewed {
    mail: &'static str,
    samples: Vec<&'static str>,
}

pub fn list(scope: &Scope) -> anyhow::Result<()> {
    let names = |kind| samples(kind).iter().map(|sample| sample.name).collect();
    let letters = Kind::ALL.map(|kind| Previewed {
        mail: kind.as_str(),
        samples: names(kind),
    });
    let page = Previewed {
        mail: PAGE,
        samples: screen::samples().iter().map(|sample| sample.name).collect(),
    };
    let rows: Vec<Previewed> = letters.into_iter().chain([page]).collect();
    if scope.json {
        return output::json(&rows);
    }
    let text = |row: Previewed| [row.mail.to_owned(), row.samples.join(", ")];
    output::table(["mail", "samples"], rows.into_iter().map(text))
}

pub fn show(
    scope: &Scope,
    mail: &str,
    sample: &str,
    language: Words,
    part: Part,
) -> anyhow::Result<()> {
    let language = match language {
        Words::Vi => Language::Vi,
        Words::En => Language::En,
    };
    if mail == PAGE {
        return page(scope, sample, language, part);
    }
    let kinds: Vec<&str> = Kind::ALL.into_iter().map(Kind::as_str).collect();
    let kind = Kind::parse(mail)
        .with_context(|| format!("there is no mail `{mail}`: write {}", kinds.join(", ")))?;
    let known = samples(kind);
    let found = named(&known, sample, |sample| sample.name)?;
    let templates = templates(scope)?;
    let rendered = templates.render(&found.letter, language)?;
    if scope.json {
        return output::json(&serde_json::json!({
            "subject": rendered.subject, "text": rendered.text, "html": rendered.html,
        }));
    }
    match part {
        Part::Subject => output::line(rendered.subject),
        Part::Html => output::line(rendered.html),
        Part::Text => output::line(format!(
            "Subject: {}\n\n{}",
            rendered.subject, rendered.text
        )),
        Part::Mjml => output::line(templates.markup(&found.letter, language)?),
        Part::Source => bail!("a preview has no envelope: choose text, html, mjml or subject"),
    }
}

/// A page that a link leads to. It is HTML and nothing else.
fn page(scope: &Scope, sample: &str, language: Language, part: Part) -> anyhow::Result<()> {
    if part != Part::Html && !scope.json {
        bail!("a page is HTML only: add --part html");
    }
    let known = screen::samples();
    let found = named(&known, sample, |sample| sample.name)?;
    let html = templates(scope)?.page(&found.screen, language)?;
    if scope.json {
        return output::json(&serde_json::json!({ "html": html }));
    }
    output::line(html)
}

fn named<'s, T>(
    known: &'s [T],
    name: &str,
    name_of: impl Fn(&T) -> &'static str,
) -> anyhow::Result<&'s T> {
    let names: Vec<&str> = known.iter().map(&name_of).collect();
    known
        .iter()
        .find(|known| name_of(known) == name)
        .with_context(|| format!("there is no sample `{name}`: write {}", names.join(", ")))
}

fn templates(scope: &Scope) -> anyhow::Result<Templates> {
    Templates::load(&scope.site.join("templates")).map_err(|problems| {
        anyhow::anyhow!(
            "the templates have {} problem(s): see `dondoc check`",
            problems.len()
        )
    })
}
