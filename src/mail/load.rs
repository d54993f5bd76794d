//! Templates and words from the site's folder: read, compiled, and tried with every sample.
//!
//! Owns: every problem of a template, with its place.
//! Never: a template that is found broken at the first mail.
//! Reads next: `lint.rs`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use handlebars::{Handlebars, RenderErrorReason};

use super::render::{Part, RenderError, Rendered, Templates};
use super::{lint, pages, slip};
use crate::config::document::Document;
use crate::config::problem::{Problem, sorted};
use crate::domain::format::Language;
use crate::report::words::Words;
use crate::report::{Kind, Sample, samples, slips};

/// Mail programs cut a message at about 100 KB of HTML.
const MOST_BYTES: usize = 80 * 1024;

impl Templates {
    /// Loads `folder` (the site's `templates`) and renders every letter's samples in both languages.
    ///
    /// # Errors
    /// With every problem found: unreadable files, missing or unknown words, syntax, values that a
    /// template asks for and no letter has, MJML that is none.
    pub fn load(folder: &Path) -> Result<Self, Vec<Problem>> {
        let folder = Folder::new(folder);
        let mut problems = Vec::new();
        let vietnamese = keep(folder.words(Language::Vi), &mut problems);
        let english = keep(folder.words(Language::En), &mut problems);
        let sources = folder.sources(&mut problems);
        problems.extend(sources.values().flat_map(lint::problems));
        let [html, text] = compile(&sources, &mut problems);
        let page_sources = pages::sources(&folder, &mut problems);
        let pages = pages::compile(&page_sources, &mut problems);
        let (Some(vietnamese), Some(english), true) = (vietnamese, english, problems.is_empty())
        else {
            return Err(sorted(problems));
        };
        let templates = Self {
            html,
            text,
            pages,
            vietnamese,
            english,
        };
        let mut problems = templates.try_samples(&sources);
        problems.extend(templates.try_slips(&sources));
        problems.extend(templates.try_pages(&page_sources));
        if problems.is_empty() {
            Ok(templates)
        } else {
            Err(sorted(problems))
        }
    }

    fn try_samples(&self, sources: &Sources) -> Vec<Problem> {
        let tries = Kind::ALL.into_iter().flat_map(samples);
        tries
            .flat_map(|sample| {
                [Language::Vi, Language::En]
                    .map(|language| self.try_sample(&sample, language, sources))
            })
            .flatten()
            .collect()
    }

    fn try_sample(
        &self,
        sample: &Sample,
        language: Language,
        sources: &Sources,
    ) -> Option<Problem> {
        let kind = sample.letter.kind();
        match self.render(&sample.letter, language) {
            Ok(rendered) => unfit(&rendered, kind, sample.name, sources),
            Err(error) => Some(place(
                &error,
                &Part::Html.template(kind),
                sample.name,
                sources,
            )),
        }
    }

    fn try_slips(&self, sources: &Sources) -> Option<Problem> {
        let error = self.slips(&slips()).err()?;
        Some(place(&error, slip::HTML, "slips", sources))
    }
}

pub(super) fn keep<T>(read: Result<T, Vec<Problem>>, problems: &mut Vec<Problem>) -> Option<T> {
    read.map_err(|found| problems.extend(found)).ok()
}

/// Template files by the name under which they are registered.
pub(super) type Sources = BTreeMap<String, Document>;

/// The templates' folder, as seen from the site.
pub(super) struct Folder {
    site: PathBuf,
    name: PathBuf,
}

impl Folder {
    fn new(folder: &Path) -> Self {
        Self {
            site: folder.parent().map(Path::to_owned).unwrap_or_default(),
            name: folder.file_name().map(PathBuf::from).unwrap_or_default(),
        }
    }

    pub fn read(&self, file: &str) -> Result<Document, Vec<Problem>> {
        Document::read(&self.site, &self.name.join(file)).map_err(|problem| vec![problem])
    }

    fn words(&self, language: Language) -> Result<Box<Words>, Vec<Problem>> {
        let file = match language {
            Language::Vi => "words/vi.toml",
            Language::En => "words/en.toml",
        };
        Words::read(&self.read(file)?, language).map(Box::new)
    }

    /// The three templates of every letter, the two of a slip, and all partials.
    fn sources(&self, problems: &mut Vec<Problem>) -> Sources {
        let mut sources = Sources::new();
        let letters = Kind::ALL
            .into_iter()
            .flat_map(|kind| Part::ALL.map(|part| part.template(kind)));
        for name in letters.chain([slip::TEXT, slip::HTML].map(str::to_owned)) {
            sources.extend(keep(self.read(&name), problems).map(|document| (name, document)));
        }
        for kind in Kind::ALL {
            problems.extend(self.strangers(kind.as_str(), |name| {
                Part::ALL.iter().any(|part| part.file() == name)
            }));
        }
        problems.extend(self.strangers(slip::FOLDER, is_of_slip));
        problems.extend(self.strangers("partials", |name| is_html(name) || is_text(name)));
        for file in self
            .names("partials")
            .into_iter()
            .filter(|name| is_html(name) || is_text(name))
        {
            let name = format!("partials/{file}");
            sources.extend(keep(self.read(&name), problems).map(|document| (name, document)));
        }
        sources
    }

    /// Files that nothing would ever use: a slip in a name must not go unnoticed.
    fn strangers(&self, under: &str, known: impl Fn(&str) -> bool) -> Vec<Problem> {
        let help = match under {
            "partials" => "a partial is named `NAME.mjml.hbs` or `NAME.txt.hbs`".to_owned(),
            slip::FOLDER => "a slip has `slip.txt.hbs` and `slip.html.hbs`".to_owned(),
            _ => format!(
                "a letter has {}",
                Part::ALL
                    .map(|part| format!("`{}`", part.file()))
                    .join(", ")
            ),
        };
        self.unknown(under, known, &help)
    }

    /// Files that are not `known`.
    pub fn unknown(&self, under: &str, known: impl Fn(&str) -> bool, help: &str) -> Vec<Problem> {
        let unknown = self.names(under).into_iter().filter(|name| !known(name));
        unknown
            .map(|name| {
                Problem::of_file(
                    self.name.join(under).join(&name),
                    format!("`{name}` is not a template"),
                    help,
                )
            })
            .collect()
    }

    fn names(&self, under: &str) -> Vec<String> {
        let entries = fs::read_dir(self.site.join(&self.name).join(under))
            .into_iter()
            .flatten()
            .flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<String> = names
            .filter(|name| !name.starts_with('.') && !name.ends_with('~'))
            .collect();
        names.sort();
        names
    }
}

fn is_html(name: &str) -> bool {
    name.ends_with(".mjml.hbs")
}

fn is_of_slip(name: &str) -> bool {
    [slip::TEXT, slip::HTML].contains(&format!("{}/{name}", slip::FOLDER).as_str())
}

fn is_text(name: &str) -> bool {
    name.ends_with(".txt.hbs")
}

/// `partials/footer.mjml.hbs` is called `footer` in the registry of its kind.
fn registered(name: &str) -> &str {
    let partial = name.strip_prefix("partials/").unwrap_or(name);
    let bare = partial
        .strip_suffix(".mjml.hbs")
        .or_else(|| partial.strip_suffix(".txt.hbs"))
        .unwrap_or(partial);
    if partial == name { name } else { bare }
}

/// The registry that escapes and the one that does not.
fn compile(sources: &Sources, problems: &mut Vec<Problem>) -> [Handlebars<'static>; 2] {
    let (mut html, mut text) = (registry(), registry());
    text.register_escape_fn(handlebars::no_escape);
    for (name, document) in sources {
        let escapes = is_html(name) || name == slip::HTML;
        let target = if escapes { &mut html } else { &mut text };
        if let Err(error) = target.register_template_string(registered(name), &document.text) {
            let at = error.pos().unwrap_or((1, 1));
            problems.push(problem(
                document,
                at,
                error.reason().to_string(),
                "see templates/README.md for what can stand here",
            ));
        }
    }
    [html, text]
}

pub(super) fn registry() -> Handlebars<'static> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    registry.register_helper("if", Box::new(lint::if_helper));
    registry
}

pub(super) fn problem(
    document: &Document,
    (line, column): (usize, usize),
    message: String,
    help: &str,
) -> Problem {
    Problem {
        file: document.file.clone(),
        line,
        column,
        message,
        help: help.to_owned(),
    }
}

/// Where `error` stands; where it does not say, in the template `fallback`.
fn place(error: &RenderError, fallback: &str, sample: &str, sources: &Sources) -> Problem {
    let (name, at) = match error {
        RenderError::Template(error) => (
            error.template_name.as_deref(),
            (error.line_no.unwrap_or(1), error.column_no.unwrap_or(1)),
        ),
        RenderError::Letter(_) | RenderError::Markup(_) => (None, (1, 1)),
    };
    let message = match error {
        RenderError::Template(error) => reason(error.reason()),
        other => format!("{other} (sample `{sample}`)"),
    };
    let found = name.and_then(|name| sources.iter().find(|(file, _)| registered(file) == name));
    match found.or_else(|| sources.get_key_value(fallback)) {
        Some((_, document)) => problem(
            document,
            at,
            message,
            "see templates/README.md for what a letter has",
        ),
        None => Problem::of_file(fallback, message, ""),
    }
}

pub(super) fn reason(reason: &RenderErrorReason) -> String {
    match reason {
        RenderErrorReason::MissingVariable(Some(name)) => {
            format!("`{name}` is nothing that can stand here")
        }
        other => other.to_string(),
    }
}

/// What renders but must not be sent.
fn unfit(rendered: &Rendered, kind: Kind, sample: &str, sources: &Sources) -> Option<Problem> {
    let (part, message) = if rendered.subject.is_empty() {
        (Part::Subject, "the subject is empty".to_owned())
    } else if rendered.text.trim().is_empty() {
        (Part::Text, "the text part is empty".to_owned())
    } else if rendered.html.len() > MOST_BYTES {
        (
            Part::Html,
            format!(
                "the HTML has {} KB; mail programs cut what is longer than {} KB",
                rendered.html.len() / 1024,
                MOST_BYTES / 1024
            ),
        )
    } else {
        return None;
    };
    let document = sources.get(&part.template(kind))?;
    Some(problem(
        document,
        (1, 1),
        format!("{message} (sample `{sample}`)"),
        "shorten or complete the template",
    ))
}
