//! `config/sources/*.toml` read.
//!
//! Owns: the shape of a source's file but for its fields (`fields.rs`).
//! Never: cross-checks with settings (`job::check`).
//! Reads next: `kinds.rs`, `fields.rs`.

use std::time::Duration;

use chrono::format::{Item as FormatItem, StrftimeItems};

use super::fields;
use super::kinds::DOSSIERS;
use super::{FieldKind, Paging, Pull, SignIn, Since, Source, Stated, Success};
use crate::config::reader::{Item, Table};
use crate::config::targets::name;

pub const FOLDER: &str = "config/sources";

const TIMEOUT: Duration = Duration::from_secs(30);
const OVERLAP: Duration = Duration::from_secs(600);

/// The file of the source `name`.
pub fn source(root: &Table<'_>, name: &str) -> Option<Source> {
    let title = root.required("title", Item::text);
    let endpoint = root.required("endpoint", Item::text);
    let sign_in = root.or("sign_in", SignIn::None, |item| sign_in(&item.table()?));
    let expect_within = root.required("expect_within", Item::duration);
    let timeout = root.or("timeout", TIMEOUT, Item::duration);
    let attempts = root.or("attempts", 4, |item| item.count(1, 20));
    let pulls = root.required_tables("pull", pull);
    let stated = root.tables("stated", self::stated);
    let pulls = pulls?;
    one_pull_a_register(root, &pulls);
    Some(Source {
        name: name.to_owned(),
        title: title?,
        endpoint: endpoint?,
        sign_in: sign_in?,
        expect_within: expect_within?,
        timeout: timeout?,
        attempts: attempts?,
        pulls: pulls.into_iter().map(|(pull, _)| pull).collect(),
        stated: stated?,
    })
}

fn one_pull_a_register(root: &Table<'_>, pulls: &[(Pull, usize)]) {
    for (index, (pull, at)) in pulls.iter().enumerate() {
        if pulls[..index]
            .iter()
            .any(|(earlier, _)| earlier.records == pull.records)
        {
            root.problem_at(
                *at,
                format!("two pulls give `{}`", pull.records),
                "keep one of them",
            );
        }
    }
}

fn sign_in(table: &Table<'_>) -> Option<SignIn> {
    let kinds = [("none", false), ("client-credentials", true)];
    match table.required("kind", |item| item.word(&kinds)) {
        Some(true) => {}
        Some(false) => return Some(SignIn::None),
        None => {
            table.pass_over();
            return None;
        }
    }
    let token_path = table.required("token_path", path);
    let credential = table.required("credential", Item::text);
    Some(SignIn::ClientCredentials {
        token_path: token_path?,
        credential: credential?,
    })
}

fn pull(table: &Table<'_>) -> Option<(Pull, usize)> {
    let records = table.required("records", name);
    let path = table.required("path", path);
    let rows = table.or("rows", String::new(), pointer);
    let success = table.maybe("success", |item| success(&item.table()?));
    let paging = table.required("paging", |item| paging(&item.table()?));
    let since = table.maybe("since", |item| Some((since(&item.table()?)?, item.at())));
    let formats = table.or("formats", Vec::new(), |item| item.one_or_more(format));
    let personal = table.or("personal", Vec::new(), |item| item.each(pointer));
    let fields = table.required("fields", Item::table)?;
    let (Some(records), Some(formats)) = (records, formats) else {
        fields.pass_over();
        return None;
    };
    let rules = fields::Rules {
        dossiers: records == DOSSIERS,
        formats: &formats,
        personal: personal.as_deref().unwrap_or_default(),
    };
    let fields = fields::of_pull(&fields, &rules);
    let (since, fields) = (since?, fields?);
    if let Some((since, at)) = &since
        && !matches!(
            fields.get(&since.field).map(|field| &field.kind),
            Some(FieldKind::Moment { .. })
        )
    {
        let help = "name a moment of `[pull.fields]`, such as `updated_at`";
        table.problem_at(
            *at,
            format!(
                "`since` asks by `{}`, which is not a mapped moment",
                since.field
            ),
            help,
        );
    }
    let pull = Pull {
        records,
        path: path?,
        rows: rows?,
        success: success?,
        paging: paging?,
        since: since.map(|(since, _)| since),
        fields,
        personal: personal?,
    };
    Some((pull, table.at()))
}

fn success(table: &Table<'_>) -> Option<Success> {
    let field = table.required("field", pointer);
    let any_of = table.required("any_of", |item| item.one_or_more(Item::text));
    Some(Success {
        field: field?,
        any_of: any_of?,
    })
}

fn paging(table: &Table<'_>) -> Option<Paging> {
    let kinds = [("page", true), ("offset", false)];
    let Some(by_page) = table.required("kind", |item| item.word(&kinds)) else {
        table.pass_over();
        return None;
    };
    let (start, count) = if by_page {
        ("page", "size")
    } else {
        ("offset", "limit")
    };
    let start = table.required(start, Item::text);
    let count = table.required(count, Item::text);
    let rows = table.or("rows", 1000, |item| item.count(1, 100_000));
    let total = table.maybe("total", pointer);
    let (start, count, rows, total) = (start?, count?, rows?, total?);
    Some(if by_page {
        Paging::Page {
            page: start,
            size: count,
            rows,
            total,
        }
    } else {
        Paging::Offset {
            offset: start,
            limit: count,
            rows,
            total,
        }
    })
}

fn since(table: &Table<'_>) -> Option<Since> {
    let parameter = table.required("parameter", Item::text);
    let format = table.required("format", format);
    let field = table.required("field", Item::text);
    let overlap = table.or("overlap", OVERLAP, Item::duration);
    Some(Since {
        parameter: parameter?,
        format: format?,
        field: field?,
        overlap: overlap?,
    })
}

fn stated(table: &Table<'_>) -> Option<Stated> {
    let path = table.required("path", path);
    let rows = table.or("rows", String::new(), pointer);
    let from = table.required("from", Item::text);
    let to = table.required("to", Item::text);
    let day_format = table.required("day_format", format);
    let fields = table.required("fields", |item| fields::of_stated(&item.table()?));
    Some(Stated {
        path: path?,
        rows: rows?,
        from: from?,
        to: to?,
        day_format: day_format?,
        fields: fields?,
    })
}

/// What is appended to the endpoint's address.
fn path(item: &Item<'_>) -> Option<String> {
    let text = item.text()?;
    let fits = text.starts_with('/') && !text.contains([' ', '?', '#']);
    if !fits {
        item.problem(
            format!("`{text}` is not a path under the endpoint"),
            "begin it with `/`; parameters are written under `paging` and `since`",
        );
    }
    fits.then_some(text)
}

/// A JSON Pointer (RFC 6901): `/data`, `/DanhSachHoSoBoSung/0/NgayHenTraTruoc`.
pub fn pointer(item: &Item<'_>) -> Option<String> {
    let text = item.text()?;
    let escapes = text
        .split('~')
        .skip(1)
        .all(|rest| rest.starts_with(['0', '1']));
    if !text.starts_with('/') {
        item.problem(
            format!("`{text}` is not a JSON Pointer"),
            format!("write `\"/{text}\"`"),
        );
        return None;
    }
    if !escapes {
        item.problem(
            format!("`{text}` is not a JSON Pointer"),
            "write `~0` for `~` and `~1` for `/` in a name",
        );
        return None;
    }
    Some(text)
}

/// A date format of chrono.
pub fn format(item: &Item<'_>) -> Option<String> {
    let text = item.text()?;
    let mut items = StrftimeItems::new(&text);
    let fits = text.contains('%') && !items.any(|item| matches!(item, FormatItem::Error));
    if !fits {
        item.problem(
            format!("`{text}` is not a date format"),
            "write it with `%Y %m %d %H %M %S`, such as `%Y%m%d%H%M%S` or `%d/%m/%Y`",
        );
    }
    fits.then_some(text)
}
