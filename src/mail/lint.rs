//! What neither handlebars nor mrml refuses by itself.
//!
//! Owns: no unescaped values, no unknown MJML tags, nothing loaded from elsewhere, no silent `{{#if}}`.
//! Never: rendering.
//! Reads next: `load.rs`.

use handlebars::{
    Context, Handlebars, Helper, HelperResult, Output, RenderContext, RenderError,
    RenderErrorReason, Renderable as _,
};
use serde_json::Value;

use crate::config::document::Document;
use crate::config::problem::{Problem, instead};

/// The parts of MJML that our letters use; mrml prints any other tag as if it were HTML.
const TAGS: [&str; 17] = [
    "mjml",
    "mj-head",
    "mj-body",
    "mj-title",
    "mj-preview",
    "mj-attributes",
    "mj-all",
    "mj-class",
    "mj-style",
    "mj-raw",
    "mj-wrapper",
    "mj-section",
    "mj-column",
    "mj-text",
    "mj-table",
    "mj-divider",
    "mj-spacer",
];

/// What must not stand in a template, and why.
const FORBIDDEN: [(&str, &str, &str); 6] = [
    ("{{{", "`{{{` prints without escaping", "write `{{…}}`"),
    ("{{&", "`{{&` prints without escaping", "write `{{…}}`"),
    (
        "<mj-include",
        "`mj-include` does not work here",
        "write `{{> partial}}`",
    ),
    (
        "<mj-font",
        "a mail loads no fonts",
        "take it out: the reader's own fonts have all Vietnamese letters",
    ),
    (
        "src=\"http",
        "a mail loads nothing from elsewhere",
        "take it out",
    ),
    (
        "@import",
        "a mail loads nothing from elsewhere",
        "take it out",
    ),
];

#[must_use]
pub fn problems(document: &Document) -> Vec<Problem> {
    let text = &document.text;
    let forbidden = FORBIDDEN.iter().flat_map(|(mark, message, help)| {
        text.match_indices(mark)
            .map(move |(at, _)| document.problem_at(at, *message, *help))
    });
    let unknown = tags(text)
        .filter(|(_, name)| !TAGS.contains(name) && !["mj-include", "mj-font"].contains(name));
    forbidden
        .chain(unknown.map(|(at, name)| {
            document.problem_at(
                at,
                format!("`{name}` is not an MJML tag that can stand here"),
                instead(name, TAGS),
            )
        }))
        .collect()
}

/// The names that begin with `mj`, of opening and closing tags, with their places.
fn tags(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices('<').filter_map(|(at, _)| {
        let rest = text.get(at + 1..)?;
        let name = rest.strip_prefix('/').unwrap_or(rest);
        let end = name
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '-')
            .unwrap_or(name.len());
        Some((at, name.get(..end)?)).filter(|(_, name)| name.starts_with("mj"))
    })
}

/// `{{#if}}` as handlebars has it takes a misspelt name for false. This one takes true or false only.
pub fn if_helper<'reg, 'rc>(
    helper: &Helper<'rc>,
    registry: &'reg Handlebars<'reg>,
    context: &'rc Context,
    render: &mut RenderContext<'reg, 'rc>,
    out: &mut dyn Output,
) -> HelperResult {
    let param = helper
        .param(0)
        .ok_or(RenderErrorReason::ParamNotFoundForIndex("if", 0))?;
    let Value::Bool(holds) = param.value() else {
        let name = param.relative_path().cloned().unwrap_or_default();
        return Err(RenderError::from(RenderErrorReason::Other(format!(
            "`{name}` is neither true nor false"
        ))));
    };
    let branch = if *holds {
        helper.template()
    } else {
        helper.inverse()
    };
    branch.map_or(Ok(()), |branch| {
        branch.render(registry, context, render, out)
    })
}
