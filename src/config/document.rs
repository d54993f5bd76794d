//! The text of a file an administrator edits, and the way from a place in it to line and column.
//!
//! Owns: reading the text, positions.
//! Never: the meaning of a key.
//! Reads next: `reader.rs`.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::problem::Problem;

/// One file of the site.
#[derive(Clone, Debug)]
pub struct Document {
    /// Relative to the site's folder.
    pub file: PathBuf,
    pub text: String,
}

/// Every file read so far, by its path relative to the site's folder.
#[derive(Clone, Debug, Default)]
pub struct Documents(BTreeMap<PathBuf, Document>);

impl Document {
    /// # Errors
    /// When the file is missing, unreadable or not UTF-8.
    pub fn read(folder: &Path, file: &Path) -> Result<Self, Problem> {
        let bytes =
            fs::read(folder.join(file)).map_err(|error| unreadable(folder, file, &error))?;
        if is_utf16(&bytes) {
            return Err(not_utf8(file, &bytes));
        }
        let text = String::from_utf8(bytes).map_err(|error| not_utf8(file, error.as_bytes()))?;
        Ok(Self::new(file, text.trim_start_matches('\u{feff}')))
    }

    pub fn new(file: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            text: text.into(),
        }
    }

    /// The file's name without its extension: the name of a job or a source.
    #[must_use]
    pub fn stem(&self) -> &str {
        self.file
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or_default()
    }

    /// A problem at a byte of the text.
    #[must_use]
    pub fn problem_at(
        &self,
        byte: usize,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Problem {
        let (line, column) = self.position(byte);
        Problem {
            file: self.file.clone(),
            line,
            column,
            message: message.into(),
            help: help.into(),
        }
    }

    /// A problem at a place written as a path of keys and indexes, such as `pull/0/fields/due_at`;
    /// at the nearest table above it where the place itself does not stand in the file.
    #[must_use]
    pub fn problem(
        &self,
        place: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Problem {
        self.problem_at(self.find(place), message, help)
    }

    /// Whether the place itself stands in the file.
    #[must_use]
    pub fn has(&self, place: &str) -> bool {
        let (root, _) = DeTable::parse_recoverable(&self.text);
        let root = DeValue::Table(root.into_inner());
        let mut steps = place.split('/');
        let found = steps.try_fold(&root, |value, step| match value {
            DeValue::Table(table) => table.get(step).map(toml::Spanned::get_ref),
            _ => None,
        });
        found.is_some()
    }

    /// Line and column, from 1, of a byte; columns in characters.
    #[must_use]
    pub fn position(&self, byte: usize) -> (usize, usize) {
        let before = self.text.get(..byte).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.matches('\n').count() + 1;
        (line, before[line_start..].chars().count() + 1)
    }

    /// The byte at which the value of `place`, or the nearest table above it, stands.
    fn find(&self, place: &str) -> usize {
        let (root, _) = DeTable::parse_recoverable(&self.text);
        let mut at = 0;
        let mut value = DeValue::Table(root.into_inner());
        for step in place.split('/').filter(|step| !step.is_empty()) {
            let next = match &value {
                DeValue::Table(table) => table.get(step),
                DeValue::Array(array) => {
                    step.parse().ok().and_then(|index: usize| array.get(index))
                }
                _ => None,
            };
            let Some(next) = next else { break };
            if !matches!(next.get_ref(), DeValue::Array(array) if array_of_tables(array)) {
                at = next.span().start;
            }
            value = next.get_ref().clone();
        }
        at
    }
}

fn unreadable(folder: &Path, file: &Path, error: &io::Error) -> Problem {
    let shown = file.display();
    let is_link = folder.join(file).symlink_metadata().is_ok();
    let (message, help) = match error.kind() {
        io::ErrorKind::NotFound if is_link => (
            format!("`{shown}` is a link to a file that does not exist"),
            "mend the link, or remove it",
        ),
        io::ErrorKind::NotFound => (
            format!("`{shown}` is missing"),
            "copy it from the repository",
        ),
        io::ErrorKind::IsADirectory => (
            format!("`{shown}` is a folder, not a file"),
            "move the folder away, and put the file in its place",
        ),
        io::ErrorKind::PermissionDenied => (
            format!("`{shown}` may not be read by the user that runs this program"),
            "give that user the right to read it, with `chmod` or `chown`",
        ),
        _ => (
            format!("`{shown}` cannot be read: {error}"),
            "look at the disk, then try again",
        ),
    };
    Problem::of_file(file, message, help)
}

/// Letters of two bytes, one of which is zero in what is not accented.
fn is_utf16(bytes: &[u8]) -> bool {
    let zeros = bytes.iter().filter(|byte| **byte == 0).count();
    bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || zeros > bytes.len() / 4
}

/// Where the text stops being UTF-8, and what it looks like.
fn not_utf8(file: &Path, bytes: &[u8]) -> Problem {
    let (valid, looks) = if is_utf16(bytes) {
        (0, "it looks like UTF-16, which Notepad calls Unicode")
    } else {
        let valid = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
        (
            valid,
            "it looks like an older encoding of Vietnamese, such as windows-1258 or TCVN3",
        )
    };
    let before = String::from_utf8_lossy(&bytes[..valid]);
    let document = Document::new(file, before.trim_start_matches('\u{feff}'));
    let message = format!("`{}` is not UTF-8", file.display());
    let help = format!("save it as UTF-8 in your editor; {looks}");
    document.problem_at(document.text.len(), message, help)
}

/// `[[pull]]` has no place of its own: its elements have.
fn array_of_tables(array: &toml::de::DeArray<'_>) -> bool {
    array
        .iter()
        .next()
        .is_some_and(|first| first.get_ref().is_table())
}

impl Documents {
    pub fn keep(&mut self, document: Document) {
        self.0.insert(document.file.clone(), document);
    }

    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    pub fn iter(&self) -> impl Iterator<Item = &Document> {
        self.0.values()
    }

    #[must_use]
    pub fn get(&self, file: &Path) -> Option<&Document> {
        self.0.get(file)
    }

    /// The text of a file, to show the line of a problem.
    #[must_use]
    pub fn text(&self, file: &Path) -> &str {
        self.get(file).map_or("", |document| &document.text)
    }

    /// A problem at a place of a file, as [`Document::problem`].
    #[must_use]
    pub fn problem(
        &self,
        file: &str,
        place: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Problem {
        match self.get(Path::new(file)) {
            Some(document) => document.problem(place, message, help),
            None => Problem::of_file(file, message, help),
        }
    }
}

/// The `.toml` files of a folder of the site, by name; none where the folder is missing.
#[must_use]
pub fn toml_files(folder: &Path, under: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join(under))
        .into_iter()
        .flatten()
        .flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| Path::new(under).join(entry.file_name()))
        .filter(|file| {
            file.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_count_from_one() {
        let document = Document::new("a.toml", "title = \"Hà Nội\" # ghi chú\nsố = 1\n");
        let at = document.text.find('#').unwrap();
        assert_eq!(document.position(at), (1, 18));
        assert_eq!(
            document.position(document.text.find("= 1").unwrap()),
            (2, 4)
        );
    }

    #[test]
    fn a_place_is_found_by_keys_and_indexes_or_nearest_above() {
        let document = Document::new(
            "a.toml",
            "[[pull]]\nrows = \"/a\"\n\n[[pull]]\nrows = \"/b\"\nfields = { code = { from = \"/Mã\" } }\n",
        );
        let position = |place| document.position(document.find(place));
        assert_eq!(position("pull/1/rows"), (5, 8));
        assert_eq!(position("pull/1/fields/code/from"), (6, 28));
        assert_eq!(
            position("pull/1/fields/nothing/here"),
            (6, 10),
            "the nearest table"
        );
        assert_eq!(position("pull/1"), (4, 1), "the header");
        assert_eq!(position("nothing"), (1, 1));
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_reason() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("folder.toml")).unwrap();
        std::os::unix::fs::symlink("nowhere.toml", path("link.toml")).unwrap();
        let utf16: Vec<u8> = "\u{feff}a = 1\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        fs::write(path("utf16.toml"), utf16).unwrap();
        fs::write(path("1258.toml"), b"a = 1\ntitle = \"Qu\xe2\xa0n\xff\"\n").unwrap();
        let told = |name: &str| {
            let problem = Document::read(folder.path(), Path::new(name)).unwrap_err();
            (problem.line, problem.column, problem.message, problem.help)
        };
        let message = |name: &str| told(name).2;
        assert_eq!(message("none.toml"), "`none.toml` is missing");
        assert_eq!(
            message("folder.toml"),
            "`folder.toml` is a folder, not a file"
        );
        assert_eq!(
            message("link.toml"),
            "`link.toml` is a link to a file that does not exist"
        );
        assert!(told("utf16.toml").3.contains("UTF-16"));
        let (line, column, message, help) = told("1258.toml");
        assert_eq!((line, column), (2, 12));
        assert_eq!(message, "`1258.toml` is not UTF-8");
        assert!(help.contains("windows-1258"), "{help}");
    }

    #[test]
    fn a_byte_order_mark_does_not_shift_columns() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.toml"), "\u{feff}a = 1\n").unwrap();
        assert_eq!(
            Document::read(folder.path(), Path::new("a.toml"))
                .unwrap()
                .text,
            "a = 1\n"
        );
    }
}
