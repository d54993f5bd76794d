//! Templates of the pages on which letters are answered: read, compiled, tried with every sample.
//!
//! Owns: every problem of a page's template; nothing of a page is run or loaded from elsewhere.
//! Never: who may see a page (`web`).
//! Reads next: `report/screen.rs`.

use handlebars::Handlebars;

use super::lint;
use super::load::{Folder, Sources, keep, problem, reason, registry};
use super::render::{RenderError, Templates, clean};
use crate::config::document::Document;
use crate::config::problem::Problem;
use crate::domain::format::Language;
use crate::report::screen::{Name, Sample, Screen, samples};

const FOLDER: &str = "pages";
/// What pages have in common: `{{> top}}`, `{{> bottom}}`.
const SHARED: [&str; 2] = ["top", "bottom"];
const HELP: &str = "see templates/README.md for what a page has";

/// What must not stand in a page besides what no template may have, and why.
const FORBIDDEN: [(&str, &str); 5] = [
    ("<script", "a page works without scripts"),
    ("style=", "the style of pages is their own style sheet"),
    ("<style", "the style of pages is their own style sheet"),
    ("http:", "a page loads nothing from elsewhere"),
    ("https:", "a page loads nothing from elsewhere"),
];

impl Templates {
    /// The page as HTML. The same page gives the same text.
    ///
    /// # Errors
    /// When its template asks for what this page does not have.
    pub fn page(&self, screen: &Screen, language: Language) -> Result<String, RenderError> {
        let mut view = screen.view(self.words(language))?;
        clean(&mut view);
        Ok(self.pages.render(screen.name().as_str(), &view)?)
    }

    pub(super) fn try_pages(&self, sources: &Sources) -> Vec<Problem> {
        let tries = samples();
        tries
            .iter()
            .flat_map(|sample| {
                [Language::Vi, Language::En]
                    .map(|language| self.try_page(sample, language, sources))
            })
            .flatten()
            .collect()
    }

    fn try_page(&self, sample: &Sample, language: Language, sources: &Sources) -> Option<Problem> {
        let error = self.page(&sample.screen, language).err()?;
        let (name, at, message) = match &error {
            RenderError::Template(error) => (
                error.template_name.as_deref(),
                (error.line_no.unwrap_or(1), error.column_no.unwrap_or(1)),
                reason(error.reason()),
            ),
            other => (None, (1, 1), other.to_string()),
        };
        let name = name.unwrap_or(sample.screen.name().as_str());
        let message = format!("{message} (sample `{}`)", sample.name);
        Some(match sources.get(name) {
            Some(document) => problem(document, at, message, HELP),
            None => Problem::of_file(FOLDER, message, HELP),
        })
    }
}

fn names() -> impl Iterator<Item = &'static str> {
    Name::ALL.into_iter().map(Name::as_str).chain(SHARED)
}

fn file(name: &str) -> String {
    format!("{name}.html.hbs")
}

/// The templates of all pages, by name.
pub(super) fn sources(folder: &Folder, problems: &mut Vec<Problem>) -> Sources {
    let mut sources = Sources::new();
    for name in names() {
        let read = folder.read(&format!("{FOLDER}/{}", file(name)));
        sources.extend(keep(read, problems).map(|document| (name.to_owned(), document)));
    }
    let known: Vec<String> = names().map(file).collect();
    let is_known = |name: &str| known.iter().any(|known| known == name);
    let help = format!("pages are {}", known.join(", "));
    problems.extend(folder.unknown(FOLDER, is_known, &help));
    problems.extend(
        sources
            .values()
            .flat_map(|document| [lint::problems(document), forbidden(document)].concat()),
    );
    sources
}

fn forbidden(document: &Document) -> Vec<Problem> {
    let found = FORBIDDEN.iter().flat_map(|(mark, why)| {
        let places = document.text.match_indices(mark);
        places.map(move |(at, _)| document.problem_at(at, *why, "take it out"))
    });
    found.collect()
}

pub(super) fn compile(sources: &Sources, problems: &mut Vec<Problem>) -> Handlebars<'static> {
    let mut pages = registry();
    for (name, document) in sources {
        if let Err(error) = pages.register_template_string(name, &document.text) {
            let at = error.pos().unwrap_or((1, 1));
            problems.push(problem(document, at, error.reason().to_string(), HELP));
        }
    }
    pages
}
