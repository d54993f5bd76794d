//! Source files, read as far as the rules need: no comments, no texts, the names that paths begin with.
//!
//! Owns: reading files; what a file declares, names and uses.
//! Never: judging.
//! Reads next: `../tidy.rs`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// One file.
#[derive(Debug)]
pub struct Source {
    /// From the root of the repository: `src/job/run.rs`.
    name: String,
    text: String,
    /// The text without comments, literals and unit tests at its end.
    code: String,
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All sources under a folder, by name.
pub fn all(folder: &str) -> Vec<Source> {
    let mut files = rust_files(&root().join(folder));
    files.sort();
    assert!(!files.is_empty(), "{folder} has sources");
    files.iter().map(|file| Source::read(file)).collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files = entries.flat_map(|path| {
        if path.is_dir() {
            rust_files(&path)
        } else {
            vec![path]
        }
    });
    files
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .collect()
}

impl Source {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let name = path
            .strip_prefix(root())
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        let code = without_texts(&text);
        let code = code
            .split("#[cfg(test)]\nmod tests {")
            .next()
            .unwrap_or_default()
            .to_owned();
        Self { name, text, code }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn code(&self) -> &str {
        &self.code
    }

    pub fn stem(&self) -> &str {
        let file = self.name.rsplit('/').next().unwrap_or_default();
        file.trim_end_matches(".rs")
    }

    /// Its path within the crate: `["job", "run"]`.
    fn path(&self) -> Vec<&str> {
        let inner = self
            .name
            .split_once("src/")
            .map_or(self.name.as_str(), |(_, inner)| inner);
        inner.trim_end_matches(".rs").split('/').collect()
    }

    /// The module at the top that it belongs to.
    pub fn module(&self) -> &str {
        self.path()[0]
    }

    /// A file of unit tests.
    pub fn is_test(&self) -> bool {
        self.stem() == "tests" || self.name.contains("/tests/")
    }

    /// Where it may be declared: its folder's own file, or the crate's.
    pub fn parents(&self, top: &str) -> Vec<String> {
        let folder = self.name.rsplit_once('/').map_or("", |(folder, _)| folder);
        let is_at_top = top
            .rsplit_once('/')
            .is_some_and(|(crate_folder, _)| crate_folder == folder);
        if is_at_top {
            vec![top.to_owned()]
        } else {
            vec![format!("{folder}.rs")]
        }
    }

    /// Whether it has `mod name;`, unit tests included.
    pub fn declares(&self, name: &str) -> bool {
        let whole = without_texts(&self.text);
        whole.lines().any(|line| {
            let line = line.trim();
            let line = line
                .strip_prefix("pub(crate) ")
                .or(line.strip_prefix("pub "))
                .unwrap_or(line);
            line == format!("mod {name};")
        })
    }

    /// The lines of its own description.
    pub fn head(&self) -> Vec<&str> {
        self.text
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .collect()
    }

    /// The files that its description leads to.
    pub fn reads_next(&self) -> Vec<String> {
        let line = self
            .head()
            .into_iter()
            .find_map(|line| line.strip_prefix("//! Reads next: "));
        let named = line.unwrap_or_default().split('`').skip(1).step_by(2);
        named
            .filter(|word| word.contains('.') || word.contains('/'))
            .map(str::to_owned)
            .collect()
    }

    /// Whether a path is there, seen from this file, from its own folder, or from any folder above.
    pub fn leads_to(&self, path: &str) -> bool {
        let file = root().join(&self.name);
        let own = file.with_extension("");
        let mut folders: Vec<&Path> = vec![&own];
        folders.extend(
            file.ancestors()
                .skip(1)
                .take_while(|folder| folder.starts_with(root())),
        );
        folders.into_iter().any(|folder| folder.join(path).exists())
    }

    /// The modules at the top of the crate that it names: `crate::job::…`, `super::super::job`.
    pub fn modules_used(&self) -> BTreeSet<String> {
        let whole = without_texts(&self.text);
        let mut used = BTreeSet::new();
        for (at, _) in whole.match_indices("crate::") {
            let is_word = whole[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
            if !is_word {
                used.extend(first_names(&whole[at + "crate::".len()..]));
            }
        }
        let up = "super::".repeat(self.path().len());
        for (at, _) in whole.match_indices(&up) {
            let rest = whole[at..].trim_start_matches("super::");
            used.extend(first_names(rest).into_iter().filter(|name| is_module(name)));
        }
        used
    }

    /// Whether a path begins with the crate.
    pub fn names_crate(&self, name: &str) -> bool {
        self.code
            .match_indices(&format!("{name}::"))
            .any(|(at, _)| {
                let before = self.code[..at].chars().next_back().unwrap_or(' ');
                !(before.is_alphanumeric() || before == '_' || before == ':')
            })
    }

    /// The types it declares.
    pub fn types(&self) -> Vec<&str> {
        let words: Vec<&str> = self
            .code
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .collect();
        let pairs = words
            .windows(2)
            .filter(|pair| ["struct", "enum", "trait"].contains(&pair[0]));
        pairs.map(|pair| pair[1]).collect()
    }
}

fn is_module(name: &str) -> bool {
    root().join(format!("src/{name}.rs")).exists()
}

/// What a path begins with; of a group, what each of its paths begins with.
fn first_names(path: &str) -> Vec<String> {
    let Some(group) = path.strip_prefix('{') else {
        return vec![word(path)];
    };
    let (mut depth, mut names, mut begins) = (0, Vec::new(), true);
    for (at, c) in group.char_indices() {
        match c {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => begins = true,
            c if begins && !c.is_whitespace() => {
                names.push(word(&group[at..]));
                begins = false;
            }
            _ => {}
        }
    }
    names
}

fn word(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// The text without comments and without what stands between quotes.
fn without_texts(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = raw_text(rest, &code) {
            length
        } else if c == '"' {
            quoted(rest, '"')
        } else if c == '\'' && is_character(rest) {
            quoted(rest, '\'')
        } else {
            0
        };
        if skipped == 0 {
            code.push(c);
        }
        rest = &rest[skipped.max(c.len_utf8())..];
    }
    code
}

/// The length of a quoted text with its quotes.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of `r"…"` or `r#"…"#`.
fn raw_text(text: &str, before: &str) -> Option<usize> {
    if before.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
        return None;
    }
    let rest = text.strip_prefix('r')?;
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    let body = rest[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(1 + hashes + 1 + body.find(&end)? + end.len())
}

/// A character in quotes, not a lifetime.
fn is_character(text: &str) -> bool {
    let mut next = text.chars().skip(1);
    match next.next() {
        Some('\\') => true,
        Some(_) => next.next() == Some('\''),
        None => false,
    }
}

#[test]
fn texts_and_comments_are_left_out() {
    let code = "let a = \"crate::job\"; // crate::mail\nlet b = r#\"crate::store\"#; /* crate::x */ use crate::{cli, job::{run, plan}};\nlet c = '\"'; fn f<'a>() {}";
    let left = without_texts(code);
    assert_eq!(
        left,
        "let a = ; \nlet b = ;  use crate::{cli, job::{run, plan}};\nlet c = ; fn f<'a>() {}"
    );
    assert_eq!(first_names("{cli, job::{run, plan}};"), ["cli", "job"]);
}
