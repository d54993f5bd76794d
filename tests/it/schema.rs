//! Schemas and readers say the same, in both directions.
//!
//! Owns: comparing the two over shipped files, fixtures, and every change of the files in
//! `tests/fixtures/schema`, which together hold every key.
//! Never: what a file means.
//! Reads next: `schema/reader.rs`, `schema/change.rs`.

mod change;
mod reader;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use dondoc::config::schema::FileKind;
use jsonschema::Validator;
use jsonschema::error::ValidationErrorKind;
use serde_json::{Value, json};

use change::{at_mut, changes, places, tables};
use reader::{known_keys, known_words, problems, shown};

/// What a reader rejects and a schema cannot: part of a problem's message, and why.
const READER_ONLY: [(&str, &str); 47] = [
    (
        "the setting `",
        "settings are laid over each other: no file must have them all",
    ),
    ("has no secret", "as above"),
    ("no mail domain is allowed", "as above"),
    ("belong together", "as above"),
    ("would cross the network in plain text", "compares two keys"),
    ("people could never be written to", "compares two keys"),
    ("links that nobody answers", "compares two keys"),
    ("is not among mail.allowed_domains", "compares two keys"),
    ("is followed by", "compares two tables"),
    ("is after the last day", "compares two keys"),
    (
        "is not a valid `zone`",
        "there are hundreds: a schema knows their form only",
    ),
    ("is not a time zone", "as above"),
    ("is not in 0 to", "the numbers of a cron field"),
    ("is not in 1 to", "as above"),
    ("an interval must be", "how long it is"),
    ("the schedule ends before it starts", "compares two keys"),
    ("runs on no day from `start` to `end`", "compares two keys"),
    ("a jitter is at most a day", "how long it is"),
    ("is not understood", "the words of a cron field"),
    ("no year has such a day", "the calendar"),
    ("is not the code of a district", "compares two tables"),
    ("on the same day", "compares two tables"),
    ("two targets have the id", "compares two tables"),
    ("is not a share", "compares two keys"),
    ("decimals, but `decimals` is", "compares two keys"),
    ("is not a day of", "compares two keys"),
    ("working days by these lists", "counts"),
    ("which is not a mapped moment", "compares two tables"),
    ("is listed under `personal`", "compares two lists"),
    (
        "nothing says how this date is written",
        "compares two tables",
    ),
    ("whose kind is", "compares two keys"),
    ("does not climb", "compares two rungs"),
    ("is not a date format", "the letters after `%`"),
    ("is not a JSON Path", "the words of a path"),
    (
        "is not a place that a request has here",
        "compares two tables",
    ),
    ("a GET has no body", "compares two keys"),
    ("asked for in the same words", "compares two tables"),
    ("nothing asks for what changed", "compares two tables"),
    ("nothing asks for the period", "compares two tables"),
    ("nothing sends the session", "compares two tables"),
    ("this source has no dossiers", "compares two tables"),
    ("a secret stands in a file", "the words of a key"),
    ("is not a channel", "the words of a field"),
    ("is not a level", "the words of a field"),
    ("is not a status", "the words of a field"),
    ("two rungs of the ladder", "compares two rungs"),
    ("the first wait is longer", "compares two keys"),
];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let descend = |path: PathBuf| {
        if path.is_dir() {
            files_under(&path)
        } else {
            vec![path]
        }
    };
    paths.into_iter().flat_map(descend).collect()
}

fn validator(schema: &Value) -> Validator {
    jsonschema::options()
        .should_validate_formats(true)
        .build(schema)
        .unwrap()
}

fn schema_of(kind: FileKind) -> Value {
    serde_json::from_str(kind.schema()).unwrap()
}

/// A TOML document as editors hand it to the schema: dates are text.
fn parsed(text: &str) -> Option<Value> {
    fn plain(value: toml::Value) -> Value {
        match value {
            toml::Value::Datetime(date) => json!(date.to_string()),
            toml::Value::Array(array) => array.into_iter().map(plain).collect(),
            toml::Value::Table(table) => table
                .into_iter()
                .map(|(key, value)| (key, plain(value)))
                .collect(),
            other => serde_json::to_value(other).unwrap(),
        }
    }
    Some(plain(toml::Value::Table(toml::from_str(text).ok()?)))
}

fn written(document: &Value) -> String {
    toml::to_string(document).unwrap()
}

/// The documents that hold every key, by kind.
fn samples(kind: FileKind) -> Vec<Value> {
    let folder = repository().join("tests/fixtures/schema").join(kind.name());
    let read = |path: PathBuf| parsed(&fs::read_to_string(path).unwrap()).unwrap();
    files_under(&folder).into_iter().map(read).collect()
}

fn errors(validator: &Validator, document: &Value) -> Vec<String> {
    let told = validator.iter_errors(document);
    told.map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

/// Whether reader and schema agree about a document: if not for a reason that is listed, how they differ.
/// Gives the listed reasons that were needed.
fn verdict(
    kind: FileKind,
    validator: &Validator,
    document: &Value,
) -> Result<Vec<&'static str>, String> {
    let read = problems(kind, &written(document));
    let told = errors(validator, document);
    let listed = |problem: &String| {
        let of = |(part, _): &&(&'static str, &str)| problem.contains(part);
        READER_ONLY.iter().find(of).map(|(part, _)| *part)
    };
    match (read.is_empty(), told.is_empty()) {
        (false, true) => read
            .iter()
            .map(listed)
            .collect::<Option<_>>()
            .ok_or_else(|| format!("only the reader rejects: {read:?}\n{}", written(document))),
        (true, false) => Err(format!(
            "only the schema rejects: {told:?}\n{}",
            written(document)
        )),
        _ => Ok(Vec::new()),
    }
}

#[test]
fn every_shipped_file_names_its_schema_and_fits_it() {
    let root = repository();
    let mut seen = Vec::new();
    for folder in ["config", "jobs"] {
        for path in files_under(&root.join(folder)) {
            let file = path.strip_prefix(&root).unwrap();
            let Some(kind) = FileKind::of(file).filter(|_| !file.ends_with("local.toml")) else {
                continue;
            };
            let text = fs::read_to_string(&path).unwrap();
            let named = text.lines().next().unwrap().strip_prefix("#:schema ");
            let schema = path.parent().unwrap().join(named.unwrap());
            assert_eq!(
                fs::read_to_string(schema).unwrap(),
                kind.schema(),
                "{}",
                file.display()
            );
            let told = errors(&validator(&schema_of(kind)), &parsed(&text).unwrap());
            assert_eq!(told, [] as [String; 0], "{}", file.display());
            seen.push(kind);
        }
    }
    assert!(FileKind::ALL.iter().all(|kind| seen.contains(kind)));
}

#[test]
fn a_new_site_has_the_schemas_that_its_files_name() {
    let site = tempfile::tempdir().unwrap();
    dondoc::shipped::write_missing(site.path()).unwrap();
    for kind in FileKind::ALL {
        let shipped = site.path().join("config/schemas").join(kind.schema_file());
        assert_eq!(fs::read_to_string(shipped).unwrap(), kind.schema());
    }
}

#[test]
fn every_fixture_and_every_change_of_every_key_is_accepted_or_rejected_by_both() {
    let mut needed = BTreeSet::new();
    let mut differences = Vec::new();
    for kind in FileKind::ALL {
        let validator = validator(&schema_of(kind));
        for sample in samples(kind) {
            assert_eq!(problems(kind, &written(&sample)), [] as [String; 0]);
            for changed in changes(&sample) {
                match verdict(kind, &validator, &changed) {
                    Ok(listed) => needed.extend(listed),
                    Err(how) => differences.push(how),
                }
            }
        }
        for fixture in fixtures(kind) {
            match verdict(kind, &validator, &fixture) {
                Ok(listed) => needed.extend(listed),
                Err(how) => differences.push(how),
            }
        }
    }
    let first = differences.iter().take(5).cloned().collect::<Vec<_>>();
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        first.join("\n---\n")
    );
    let listed = READER_ONLY.iter().map(|(part, _)| *part);
    let idle: Vec<_> = listed.filter(|part| !needed.contains(part)).collect();
    assert_eq!(idle, [] as [&str; 0], "listed, but never needed");
}

/// The files of a kind in the fixtures of the cross-checks, whether accepted or rejected, if they are TOML.
fn fixtures(kind: FileKind) -> Vec<Value> {
    let folder = repository().join("tests/fixtures/config");
    let of_kind = |path: &PathBuf| {
        let within = path.strip_prefix(&folder).unwrap().components();
        let is_site =
            |part: &Component<'_>| ["config", "jobs"].iter().any(|it| part.as_os_str() == *it);
        let file: PathBuf = within.skip(1).skip_while(|part| !is_site(part)).collect();
        FileKind::of(&file) == Some(kind)
    };
    let files = files_under(&folder).into_iter().filter(of_kind);
    files
        .filter_map(|path| parsed(&fs::read_to_string(path).ok()?))
        .collect()
}

#[test]
fn every_table_has_the_same_keys_in_both() {
    let mut differences = Vec::new();
    for kind in FileKind::ALL {
        let schema = schema_of(kind);
        let validator = validator(&schema);
        for sample in samples(kind) {
            for place in tables(&sample) {
                let Some(known) = known_keys(kind, &sample, &place) else {
                    continue;
                };
                let mut names = names_in(&schema);
                names.extend(known.iter().cloned());
                let fits = |name: &&String| is_allowed(&validator, &sample, &place, name);
                let allowed: BTreeSet<String> = names.iter().filter(fits).cloned().collect();
                if known != allowed {
                    differences.push(format!(
                        "{}{place}: the reader knows {known:?}, the schema {allowed:?}",
                        kind.name()
                    ));
                }
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn every_choice_has_the_same_words_in_both() {
    let mut compared = 0;
    for kind in FileKind::ALL {
        let validator = validator(&schema_of(kind));
        for sample in samples(kind) {
            for place in places(&sample) {
                let choice = allowed_words(&validator, &sample, &place);
                let Some(allowed) = choice else { continue };
                let known = known_words(kind, &sample, &place);
                assert_eq!(known, Some(allowed), "{}{place}", kind.name());
                compared += 1;
            }
        }
    }
    assert!(compared > 20, "{compared} choices");
}

/// The words between which a schema lets a text value choose.
fn allowed_words(validator: &Validator, sample: &Value, place: &str) -> Option<BTreeSet<String>> {
    let mut document = sample.clone();
    *at_mut(&mut document, place) = json!("zzzzzz");
    let told = validator.iter_errors(&document);
    let of = |error: jsonschema::ValidationError<'_>| match error.kind() {
        ValidationErrorKind::Enum { options } if error.instance_path().as_str() == place => {
            let words = options.as_array()?.iter().filter_map(Value::as_str);
            Some(words.map(str::to_owned).collect())
        }
        _ => None,
    };
    told.filter_map(of).next()
}

/// Every name of a key that stands anywhere in a schema.
fn names_in(schema: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    walk(schema, "", &mut |_, value| {
        let keys = value.get("properties").and_then(Value::as_object);
        names.extend(keys.into_iter().flatten().map(|(name, _)| name.clone()));
    });
    names
}

fn walk(value: &Value, place: &str, visit: &mut impl FnMut(&str, &Value)) {
    visit(place, value);
    match value {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(key, value)| walk(value, &format!("{place}/{key}"), visit)),
        Value::Array(array) => array
            .iter()
            .enumerate()
            .for_each(|(at, value)| walk(value, &format!("{place}/{at}"), visit)),
        _ => {}
    }
}

/// Whether a schema lets a key stand in a table, whatever it says about the key's value.
fn is_allowed(validator: &Validator, sample: &Value, place: &str, name: &str) -> bool {
    let mut document = sample.clone();
    let table = at_mut(&mut document, place).as_object_mut().unwrap();
    if !table.contains_key(name) {
        table.insert(name.to_owned(), json!(null));
    }
    let refuses = |error: jsonschema::ValidationError<'_>| {
        error.instance_path().as_str() == place
            && match error.kind() {
                ValidationErrorKind::AdditionalProperties { unexpected } => {
                    unexpected.iter().any(|other| other == name)
                }
                // It may not stand beside another.
                ValidationErrorKind::Not { .. } => true,
                ValidationErrorKind::PropertyNames { error } => {
                    error.instance().as_str() == Some(name)
                }
                _ => false,
            }
    };
    !validator.iter_errors(&document).any(refuses)
}

#[test]
fn every_key_of_a_schema_stands_in_a_sample() {
    for kind in FileKind::ALL {
        let schema = schema_of(kind);
        let samples = samples(kind);
        let mut places = Vec::new();
        walk(&schema, "", &mut |place, value| {
            let is_key = place
                .rsplit('/')
                .nth(1)
                .is_some_and(|above| above == "properties");
            if is_key && value.is_object() && !place.contains("/if/") && !place.contains("/then/") {
                places.push(place.to_owned());
            }
        });
        for place in places {
            let mut without = schema.clone();
            *without.pointer_mut(&place).unwrap() = json!(false);
            let validator = validator(&without);
            assert!(
                samples.iter().any(|sample| !validator.is_valid(sample)),
                "no file in tests/fixtures/schema/{} has the key of {place}",
                kind.name()
            );
        }
    }
}

#[test]
fn every_default_of_a_schema_is_the_readers() {
    let mut compared = 0;
    for kind in FileKind::ALL {
        let validator = validator(&schema_of(kind));
        for sample in samples(kind) {
            for (place, default) in noted(&validator, &sample, "default") {
                let mut said = sample.clone();
                *at_mut(&mut said, &place) = default.clone();
                let mut unsaid = sample.clone();
                let (table, key) = place.rsplit_once('/').unwrap();
                at_mut(&mut unsaid, table)
                    .as_object_mut()
                    .unwrap()
                    .remove(key);
                let values = (shown(kind, &written(&said)), shown(kind, &written(&unsaid)));
                assert!(
                    values.0 == values.1,
                    "{}{place} is not {default} by itself",
                    kind.name()
                );
                compared += usize::from(values.0.is_some());
            }
        }
    }
    assert!(compared >= 20, "{compared} defaults");
}

#[test]
fn every_example_of_a_schema_is_accepted() {
    for kind in FileKind::ALL {
        let validator = validator(&schema_of(kind));
        for sample in samples(kind) {
            for (place, examples) in noted(&validator, &sample, "examples") {
                for example in examples.as_array().unwrap() {
                    let mut changed = sample.clone();
                    *at_mut(&mut changed, &place) = example.clone();
                    let told = errors(&validator, &changed);
                    let here = told.iter().find(|told| told.starts_with(&place));
                    assert_eq!(here, None, "{}", kind.name());
                    let verdict = verdict(kind, &validator, &changed);
                    assert_eq!(verdict.err(), None, "{}", kind.name());
                }
            }
        }
    }
}

/// What a schema notes beside the values of a document, by their places.
fn noted(validator: &Validator, document: &Value, note: &str) -> Vec<(String, Value)> {
    let evaluation = validator.evaluate(document);
    let of = |entry: jsonschema::AnnotationEntry<'_>| {
        let value = entry.annotations.value().get(note)?.clone();
        Some((entry.instance_location.as_str().to_owned(), value))
    };
    evaluation.iter_annotations().filter_map(of).collect()
}

#[test]
fn the_same_word_means_the_same_in_every_schema() {
    let mut known: Vec<(String, Value, FileKind)> = Vec::new();
    for kind in FileKind::ALL {
        let schema = schema_of(kind);
        let shared = ["text", "name", "zone", "duration", "date", "role", "code"];
        for (name, definition) in schema["definitions"].as_object().unwrap() {
            let same = known.iter().find(|(other, ..)| other == name);
            if let Some((_, other, elsewhere)) = same.filter(|_| shared.contains(&name.as_str())) {
                assert_eq!(
                    definition,
                    other,
                    "`{name}` in {} and {}",
                    kind.name(),
                    elsewhere.name()
                );
            }
            known.push((name.clone(), definition.clone(), kind));
        }
    }
}

#[test]
fn every_pattern_is_a_word_of_its_schema_or_stands_once() {
    for kind in FileKind::ALL {
        let schema = schema_of(kind);
        let definitions = schema["definitions"].as_object().unwrap();
        let words: Vec<&Value> = definitions
            .values()
            .filter_map(|word| word.get("pattern"))
            .collect();
        let mut once = BTreeSet::new();
        walk(&schema, "", &mut |place, value| {
            let Some(pattern) = value
                .get("pattern")
                .filter(|_| !words.contains(&&value["pattern"]))
            else {
                return;
            };
            let text = pattern.as_str().unwrap().to_owned();
            assert!(once.insert(text), "{}{place}: {pattern}", kind.name());
        });
    }
}

/// The language server of Taplo, which most editors use for TOML, recurses without end on it.
#[test]
fn no_schema_says_all_of() {
    for kind in FileKind::ALL {
        assert!(!kind.schema().contains("allOf"), "{}", kind.name());
    }
}

#[test]
fn every_key_is_explained() {
    for kind in FileKind::ALL {
        let schema = schema_of(kind);
        assert!(jsonschema::meta::is_valid(&schema), "{}", kind.name());
        walk(&schema, "", &mut |place, value| {
            for (key, property) in value["properties"].as_object().into_iter().flatten() {
                let resolved = property["$ref"]
                    .as_str()
                    .and_then(|path| schema.pointer(path.trim_start_matches('#')))
                    .unwrap_or(property);
                let explained = ["description", "title"]
                    .iter()
                    .any(|note| resolved.get(note).is_some());
                let condition = ["/if", "/then", "/else"]
                    .iter()
                    .any(|part| place.contains(part));
                assert!(
                    explained || condition,
                    "{}{place}/{key} has neither title nor description",
                    kind.name()
                );
            }
        });
    }
}
