//! The house in order: who may know whom, and that every file says what it is.
//!
//! Owns: the rules of the sources as data; each test reads one of them off the files.
//! Never: running the program.
//! Reads next: `tidy/sources.rs`.

mod sources;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use dondoc::domain::format::Language;
use dondoc::mail::Templates;
use dondoc::report::{Kind, samples};
use dondoc::{daemon, shipped};

use sources::{Source, all, root};

/// Which module may use which. What is not here may use nothing of ours.
const MAY_USE: [(&str, &[&str]); 16] = [
    ("clock", &[]),
    ("domain", &["word_enum"]),
    ("config", &["domain"]),
    ("source", &["domain", "config"]),
    ("store", &["domain", "config", "word_enum"]),
    ("report", &["domain", "config"]),
    ("mail", &["domain", "config", "report"]),
    ("link", &["config"]),
    (
        "job",
        &[
            "domain",
            "config",
            "source",
            "store",
            "report",
            "mail",
            "link",
            "clock",
            "word_enum",
        ],
    ),
    ("scheduler", &["job", "clock"]),
    ("shipped", &[]),
    ("demo", &["domain", "config"]),
    ("listener", &[]),
    (
        "metrics",
        &["clock", "config", "domain", "job", "listener", "store"],
    ),
    (
        "web",
        &[
            "clock", "config", "domain", "job", "link", "listener", "report", "store",
        ],
    ),
    (
        "daemon",
        &[
            "clock",
            "config",
            "domain",
            "job",
            "mail",
            "metrics",
            "scheduler",
            "source",
            "store",
            "report",
            "shipped",
            "web",
        ],
    ),
];
/// These may use everything.
const ABOVE_ALL: [&str; 2] = ["cli", "main"];

/// Crates that one module alone may name, so that another can take their place there.
const ONLY_IN: [(&str, &[&str]); 14] = [
    ("reqwest", &["source"]),
    ("backon", &["source"]),
    ("sea_orm", &["store"]),
    ("sea_orm_migration", &["store"]),
    ("migrations", &["store"]),
    ("lettre", &["mail"]),
    ("handlebars", &["mail"]),
    ("mrml", &["mail"]),
    ("tokio_cron_scheduler", &["scheduler"]),
    ("croner", &["domain"]),
    ("axum", &["demo", "listener", "metrics", "web"]),
    ("clap", &["cli", "main"]),
    ("anyhow", &["cli", "main", "daemon"]),
    ("rust_embed", &["shipped"]),
];

/// Words that read a clock, and the only files that may.
const CLOCKS: [(&str, &[&str]); 4] = [
    ("Utc::now", &["src/clock.rs"]),
    ("Local::now", &[]),
    ("SystemTime::now", &[]),
    // How long something takes is no time of day.
    (
        "Instant::now",
        &[
            "src/clock.rs",
            "src/demo/access.rs",
            "src/cli/bench",
            "src/job/limit.rs",
        ],
    ),
];

/// What the domain must not even mention: it has neither files nor network nor tasks.
const NOT_IN_DOMAIN: [&str; 8] = [
    "tokio",
    "std::fs",
    "std::net",
    "std::env",
    "async fn",
    "tracing",
    "serde_json::from_reader",
    "std::thread",
];

/// Names that say nothing.
const EMPTY_NAMES: [&str; 9] = [
    "util",
    "utils",
    "common",
    "manager",
    "service",
    "handler",
    "processor",
    "helper",
    "helpers",
];

/// Files whose first lines are of another kind: the map of the crate.
const OTHER_HEADS: [&str; 1] = ["src/lib.rs"];

fn none(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn modules_use_only_what_stands_below_them() {
    let table: BTreeMap<&str, &[&str]> = MAY_USE.into_iter().collect();
    let mut problems = Vec::new();
    for source in all("src") {
        let own = source.module();
        if source.name() == "src/lib.rs" || ABOVE_ALL.contains(&own) {
            continue;
        }
        let Some(may) = table.get(own) else {
            problems.push(format!(
                "{}: module `{own}` is not in the table",
                source.name()
            ));
            continue;
        };
        for used in source.modules_used() {
            if used != own && !may.contains(&used.as_str()) {
                problems.push(format!("{}: `{own}` must not use `{used}`", source.name()));
            }
        }
    }
    none(&problems);
}

#[test]
fn a_crate_that_may_be_replaced_is_named_in_one_module() {
    let mut problems = Vec::new();
    for source in all("src").iter().filter(|source| !source.is_test()) {
        for (name, modules) in ONLY_IN {
            if source.names_crate(name) && !modules.contains(&source.module()) {
                problems.push(format!(
                    "{}: `{name}` belongs into {modules:?}",
                    source.name()
                ));
            }
        }
    }
    none(&problems);
}

#[test]
fn one_file_reads_the_time() {
    let mut problems = Vec::new();
    for source in all("src").iter().filter(|source| !source.is_test()) {
        for (word, files) in CLOCKS {
            let may = files.iter().any(|file| source.name().starts_with(file));
            if source.code().contains(word) && !may {
                problems.push(format!("{}: {word}", source.name()));
            }
        }
    }
    none(&problems);
}

#[test]
fn the_domain_does_nothing_but_compute() {
    let mut problems = Vec::new();
    for source in all("src")
        .iter()
        .filter(|source| source.module() == "domain" && !source.is_test())
    {
        for word in NOT_IN_DOMAIN {
            if source.code().contains(word) {
                problems.push(format!("{}: {word}", source.name()));
            }
        }
    }
    none(&problems);
}

#[test]
fn every_file_says_what_it_owns_what_it_never_does_and_what_to_read_next() {
    let mut problems = Vec::new();
    let files = ["src", "migrations/src"].into_iter().flat_map(all);
    for source in files.filter(|source| !source.is_test() && !OTHER_HEADS.contains(&source.name()))
    {
        for part in ["//! Owns: ", "//! Never: ", "//! Reads next: "] {
            if source
                .head()
                .iter()
                .filter(|line| line.starts_with(part))
                .count()
                != 1
            {
                problems.push(format!("{}: no `{}`", source.name(), part.trim()));
            }
        }
        for next in source.reads_next() {
            if !source.leads_to(&next) {
                problems.push(format!(
                    "{}: reads next `{next}`, which is not there",
                    source.name()
                ));
            }
        }
    }
    none(&problems);
}

#[test]
fn every_file_is_part_of_the_program() {
    let mut problems = Vec::new();
    for (folder, tops) in [
        ("src", &["src/lib.rs", "src/main.rs"][..]),
        ("migrations/src", &["migrations/src/lib.rs"]),
        ("tests/it", &["tests/it/main.rs"]),
    ] {
        let sources = all(folder);
        let by_name: BTreeMap<&str, &Source> = sources
            .iter()
            .map(|source| (source.name(), source))
            .collect();
        for source in sources
            .iter()
            .filter(|source| !tops.contains(&source.name()))
        {
            let parents = source.parents(tops[0]);
            let declared = parents.iter().any(|parent| {
                by_name
                    .get(parent.as_str())
                    .is_some_and(|parent| parent.declares(source.stem()))
            });
            if !declared {
                problems.push(format!("{}: no file declares it", source.name()));
            }
        }
    }
    none(&problems);
}

#[test]
fn names_say_something() {
    let mut problems = Vec::new();
    let files: Vec<Source> = ["src", "migrations/src", "tests/it"]
        .into_iter()
        .flat_map(all)
        .collect();
    for source in &files {
        let parts = source.name().split(['/', '.']);
        for part in parts.filter(|part| EMPTY_NAMES.contains(part)) {
            problems.push(format!("{}: `{part}` says nothing", source.name()));
        }
        for name in source.types() {
            let lower = name.to_lowercase();
            if EMPTY_NAMES.iter().any(|empty| lower.ends_with(empty)) {
                problems.push(format!("{}: `{name}` says nothing", source.name()));
            }
        }
    }
    none(&problems);
}

#[test]
fn no_lint_is_silenced_without_a_reason() {
    let files = ["src", "migrations/src", "tests/it"]
        .into_iter()
        .flat_map(all);
    let silenced = files.filter(|source| {
        ["#[allow(", "#![allow("]
            .iter()
            .any(|allow| source.code().contains(allow))
    });
    none(
        &silenced
            .map(|source| format!("{}: write #[expect(…, reason)]", source.name()))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn every_path_that_the_documents_name_is_there() {
    let mut problems = Vec::new();
    for document in [
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "jobs/README.md",
        "templates/README.md",
        "migrations/README.md",
    ] {
        let Ok(text) = std::fs::read_to_string(root().join(document)) else {
            problems.push(format!("{document} is missing"));
            continue;
        };
        let named: BTreeSet<&str> = text
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|word| is_path(word))
            .collect();
        for path in named.into_iter().filter(|path| !root().join(path).exists()) {
            problems.push(format!("{document}: {path} is not there"));
        }
    }
    none(&problems);
}

/// A path of the repository in full; patterns and files that a site makes are none.
fn is_path(word: &str) -> bool {
    let tops = [
        "src/",
        "config/",
        "templates/",
        "migrations/",
        "tests/",
        "docs/",
        ".ci/",
    ];
    let made = ["config/local.toml", "config/secrets"];
    tops.iter().any(|top| word.starts_with(top))
        && !made.iter().any(|made| word.starts_with(made))
        && !word.contains(['*', '<', ' ', '{', 'Y', '…'])
        && !word
            .chars()
            .any(|c| c.is_ascii_uppercase() && !word.ends_with(".md"))
}

#[test]
fn the_shipped_site_is_valid_in_its_own_year_and_today() {
    let site = shipped_site();
    for day in ["2020-06-01", "2026-11-24"] {
        let day: NaiveDate = day.parse().unwrap();
        let found = daemon::check_site(site.path(), day);
        assert!(found.problems.is_empty(), "on {day}: {:#?}", found.problems);
    }
}

#[test]
fn every_shipped_letter_renders_in_both_languages() {
    let site = shipped_site();
    let templates = Templates::load(&site.path().join("templates")).unwrap();
    for sample in Kind::ALL.into_iter().flat_map(samples) {
        for language in [Language::Vi, Language::En] {
            let rendered = templates.render(&sample.letter, language).unwrap();
            assert!(
                !rendered.subject.is_empty() && !rendered.text.is_empty(),
                "{}",
                sample.name
            );
        }
    }
}

#[test]
fn what_ships_is_what_stands_in_the_repository() {
    let site = shipped_site();
    for folder in ["config", "jobs", "templates"] {
        for file in files_under(&root().join(folder)) {
            let name = file.strip_prefix(root()).unwrap();
            if name.ends_with("local.toml") || name.starts_with("config/secrets") {
                continue;
            }
            let ships = std::fs::read(site.path().join(name)).unwrap_or_default();
            assert!(
                ships == std::fs::read(&file).unwrap(),
                "{} does not ship",
                name.display()
            );
        }
    }
}

fn shipped_site() -> tempfile::TempDir {
    let site = tempfile::tempdir().unwrap();
    shipped::write_missing(site.path()).unwrap();
    site
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                files_under(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}
