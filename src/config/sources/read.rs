//! `config/sources/*.toml` read.
//!
//! Owns: the shape of what every source's file has but for its fields (`fields.rs`, `places.rs`), and telling the kinds apart.
//! Never: cross-checks with settings (`job::check`).
//! Reads next: `http/read.rs`, `kinds.rs`, `fields.rs`.

use std::time::Duration;

use super::fields;
use super::kinds::DOSSIERS;
use super::places::{Places, format, plain_place, written_date};
use super::{Access, FieldKind, Listing, Pull, Report, Since, Source, Stated, drop, edxml, http};
use crate::config::reader::{Item, Table};
use crate::config::targets::name;
use crate::domain::ratio::Percent;
use crate::domain::row_count::MATERIAL;

pub const FOLDER: &str = "config/sources";

const OVERLAP: Duration = Duration::from_secs(600);

/// The kinds of source, as `kind` names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    Http,
    Drop,
    Edxml,
}

impl SourceKind {
    const WORDS: [(&str, Self); 3] = [
        ("http", Self::Http),
        ("drop", Self::Drop),
        ("edxml", Self::Edxml),
    ];

    fn word(self) -> &'static str {
        let of = |(_, kind): &&(&'static str, Self)| *kind == self;
        Self::WORDS.iter().find(of).map_or("", |(word, _)| word)
    }

    /// Where its rows come from, in a problem.
    fn rows(self) -> &'static str {
        match self {
            Self::Http => "a system",
            Self::Drop => "a folder",
            Self::Edxml => "an exchange of messages",
        }
    }

    /// Keys of the file's root that not every kind has.
    fn root_keys(self) -> &'static [&'static str] {
        match self {
            Self::Http => &http::read::ROOT_KEYS,
            Self::Drop => &drop::read::ROOT_KEYS,
            Self::Edxml => &edxml::read::ROOT_KEYS,
        }
    }

    /// Keys of `[[pull]]` that not every kind has.
    fn pull_keys(self) -> &'static [&'static str] {
        match self {
            Self::Http => &http::read::PULL_KEYS,
            Self::Drop => &drop::read::PULL_KEYS,
            Self::Edxml => &edxml::read::PULL_KEYS,
        }
    }

    fn places(self) -> Places {
        match self {
            Self::Http => Places::Paths,
            Self::Drop => Places::Columns,
            Self::Edxml => Places::Headers,
        }
    }
}

/// Tells keys that another kind has and this one has not.
fn refuse_foreign(
    table: &Table<'_>,
    own: SourceKind,
    keys: fn(SourceKind) -> &'static [&'static str],
) {
    let mut told = Vec::new();
    let others = SourceKind::WORDS.iter().filter(|(_, kind)| *kind != own);
    for (word, other) in others {
        for key in keys(*other).iter().filter(|key| !keys(own).contains(key)) {
            // Several kinds may have it: the first of them is named.
            if told.contains(key) {
                continue;
            }
            told.push(key);
            let message = format!("`{key}` belongs to sources of the kind `{word}`");
            let help = format!(
                "remove it, or write `kind = \"{word}\"`: this one is of the kind `{}`",
                own.word()
            );
            table.refuse(key, message, help);
        }
    }
}

/// The file of the source `name`.
pub fn source(root: &Table<'_>, name: &str) -> Option<Source> {
    let kind = root.or("kind", SourceKind::Http, |item| {
        item.word(&SourceKind::WORDS)
    });
    let Some(kind) = kind else {
        root.pass_over();
        return None;
    };
    refuse_foreign(root, kind, SourceKind::root_keys);
    let title = root.required("title", Item::text);
    let expect_within = root.required("expect_within", Item::duration);
    let resync = root.maybe("resync", Item::duration);
    let access = match kind {
        SourceKind::Http => http::read::access(root).map(Box::new).map(Access::Http),
        SourceKind::Drop => drop::read::access(root).map(Access::Drop),
        SourceKind::Edxml => edxml::read::access(root).map(Access::Edxml),
    };
    let pulls = root.required_tables("pull", |table| pull(table, kind, access.as_ref()));
    let stated = match kind {
        SourceKind::Http => root.tables("stated", |table| stated(table, kind, access.as_ref())),
        SourceKind::Drop | SourceKind::Edxml => none_stated(root, kind),
    };
    let applicant = match kind {
        SourceKind::Http => applicant(root, access.as_ref()),
        // Told as a key of another kind.
        SourceKind::Drop | SourceKind::Edxml => Some(None),
    };
    let pulls = pulls?;
    one_pull_a_register(root, &pulls);
    match kind {
        SourceKind::Http => applicants_of_dossiers(root, &pulls),
        SourceKind::Edxml => one_pull(root, &pulls),
        SourceKind::Drop => {}
    }
    Some(Source {
        name: name.to_owned(),
        title: title?,
        expect_within: expect_within?,
        access: access?,
        pulls: pulls.into_iter().map(|(pull, _)| pull).collect(),
        stated: stated?,
        resync: resync?,
        applicant: applicant?,
    })
}

fn applicant(root: &Table<'_>, access: Option<&Access>) -> Option<Option<Box<http::AskApplicant>>> {
    let access = access.and_then(Access::http);
    root.maybe("applicant", |item| {
        http::read::applicant(&item.table()?, access).map(Box::new)
    })
}

/// Only dossiers have applicants.
fn applicants_of_dossiers(root: &Table<'_>, pulls: &[(Pull, usize)]) {
    let has_dossiers = pulls.iter().any(|(pull, _)| pull.records == DOSSIERS);
    if let Some(item) = root.get("applicant").filter(|_| !has_dossiers) {
        item.problem_at_key(
            "this source has no dossiers, and nobody applies for anything else",
            "remove `[applicant]`, or add a `[[pull]]` with `records = \"dossiers\"`",
        );
    }
}

fn none_stated(root: &Table<'_>, kind: SourceKind) -> Option<Vec<Stated>> {
    let message = format!(
        "{} cannot be asked for the figures of a period",
        kind.rows()
    );
    let refused = root.refuse("stated", message, "remove `[[stated]]`");
    (!refused).then(Vec::new)
}

/// A message is read once, for one list.
fn one_pull(root: &Table<'_>, pulls: &[(Pull, usize)]) {
    for (_, at) in pulls.iter().skip(1) {
        let message = "a source of messages has one list only";
        let help = "remove this `[[pull]]`: all that messages tell of a document is in the first";
        root.problem_at(*at, message, help);
    }
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

fn pull(table: &Table<'_>, kind: SourceKind, access: Option<&Access>) -> Option<(Pull, usize)> {
    refuse_foreign(table, kind, SourceKind::pull_keys);
    let records = table.required("records", name);
    let listing = match kind {
        SourceKind::Http => http::read::listing(table, access.and_then(Access::http))
            .map(Box::new)
            .map(Listing::Http),
        SourceKind::Drop => drop::read::listing(table).map(Listing::Drop),
        SourceKind::Edxml => {
            edxml::read::listing(table, access.and_then(Access::edxml)).map(Listing::Edxml)
        }
    };
    let since = match kind {
        SourceKind::Drop | SourceKind::Edxml => no_since(table, kind),
        SourceKind::Http => table.maybe("since", |item| Some((since(&item.table()?)?, item.at()))),
    };
    let formats = table.or("formats", Vec::new(), |item| item.one_or_more(written_date));
    let personal = table.or("personal", Vec::new(), |item| {
        item.each(|item| plain_place(item, kind.places()))
    });
    let expect_change = table.maybe("expect_change", whole_percent);
    let fields = table.required("fields", Item::table)?;
    let (Some(records), Some(formats)) = (records, formats) else {
        fields.pass_over();
        return None;
    };
    let rules = fields::Rules {
        dossiers: records == DOSSIERS,
        places: kind.places(),
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
        listing: listing?,
        since: since.map(|(since, _)| since),
        fields,
        personal: personal?,
        expect_change: expect_change?,
    };
    Some((pull, table.at()))
}

fn no_since(table: &Table<'_>, kind: SourceKind) -> Option<Option<(Since, usize)>> {
    let message = format!("{} cannot be asked for changes", kind.rows());
    let help = "remove `since`: every new file and message is read by itself";
    let refused = table.refuse("since", message, help);
    (!refused).then_some(None)
}

fn since(table: &Table<'_>) -> Option<Since> {
    let parameter = table.maybe("parameter", Item::text);
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

fn stated(table: &Table<'_>, kind: SourceKind, access: Option<&Access>) -> Option<Stated> {
    let report = match kind {
        SourceKind::Http => {
            http::read::report(table, access.and_then(Access::http)).map(Report::Http)
        }
        SourceKind::Drop | SourceKind::Edxml => None,
    };
    let fields = table.required("fields", |item| {
        fields::of_stated(&item.table()?, kind.places())
    });
    let tolerance = table.or("tolerance", MATERIAL, whole_percent);
    Some(Stated {
        report: report?,
        fields: fields?,
        tolerance: tolerance?,
    })
}

/// A share in whole per cent: `20%`.
fn whole_percent(item: &Item<'_>) -> Option<Percent> {
    let text = item.text()?;
    let digits = text
        .strip_suffix('%')
        .filter(|digits| !digits.starts_with(['0', '+']));
    let percent = digits.and_then(|digits| digits.parse::<u8>().ok());
    let percent = percent.filter(|percent| *percent <= 100);
    if percent.is_none() {
        item.problem(
            format!("`{text}` is not a share in whole per cent"),
            "write it from `1%` to `100%`, such as `20%`",
        );
    }
    percent.map(|units| Percent {
        units: units.into(),
        scale: 0,
    })
}
