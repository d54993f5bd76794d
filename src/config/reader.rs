//! Reads a TOML document key by key and notes every problem with its place, not just the first.
//!
//! Owns: the wording of problems that any file can have: syntax, missing and unknown keys.
//! Never: the keys of one particular file.
//! Reads next: `reader/item.rs`.

mod item;
mod syntax;

use std::cell::RefCell;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

pub use self::item::Item;
use super::document::Document;
use super::problem::{Problem, closest, did_you_mean, instead, sorted};

/// Reads `document` by `shape`, which asks its root table for every key it knows.
///
/// # Errors
/// With every problem noted on the way; with the syntax errors alone where the text is not TOML.
pub fn read<T>(
    document: &Document,
    shape: impl FnOnce(&Table<'_>) -> Option<T>,
) -> Result<T, Vec<Problem>> {
    match read_partly(document, shape) {
        (Some(value), problems) if problems.is_empty() => Ok(value),
        (None, problems) if problems.is_empty() => Err(vec![unexplained(document)]),
        (_, problems) => Err(problems),
    }
}

/// A file that is refused without a word would be missed by nobody: a reader forgot to note why.
fn unexplained(document: &Document) -> Problem {
    Problem::of_file(
        &document.file,
        "this file is refused, and the program does not say why",
        "that is a fault of the program: please report it with the file",
    )
}

/// As [`read`], but gives what could be read beside the problems; nothing where the text is not TOML.
pub fn read_partly<T>(
    document: &Document,
    shape: impl FnOnce(&Table<'_>) -> Option<T>,
) -> (Option<T>, Vec<Problem>) {
    let (root, errors) = DeTable::parse_recoverable(&document.text);
    if !errors.is_empty() {
        return (None, syntax::mistakes(document));
    }
    let notes = Notes {
        document,
        problems: RefCell::default(),
    };
    let table = Table {
        notes: &notes,
        entries: root.get_ref(),
        at: 0,
        path: String::new(),
        asked: RefCell::default(),
        missing: RefCell::default(),
    };
    let value = shape(&table);
    drop(table);
    (value, sorted(notes.problems.into_inner()))
}

struct Notes<'d> {
    document: &'d Document,
    problems: RefCell<Vec<Problem>>,
}

impl Notes<'_> {
    fn note(&self, at: usize, message: String, help: String) {
        self.problems
            .borrow_mut()
            .push(self.document.problem_at(at, message, help));
    }
}

/// One table. A key that nobody asked for until the table is dropped is unknown, and noted.
pub struct Table<'d> {
    notes: &'d Notes<'d>,
    entries: &'d DeTable<'d>,
    at: usize,
    /// `target.level`; empty for the root.
    path: String,
    asked: RefCell<Vec<String>>,
    /// Keys that must stand here and do not, each with what to add.
    missing: RefCell<Vec<(String, String)>>,
}

impl<'d> Table<'d> {
    pub fn problem(&self, message: impl Into<String>, help: impl Into<String>) {
        self.notes.note(self.at, message.into(), help.into());
    }

    /// Where this table stands, for [`Table::problem_at`].
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    pub fn problem_at(&self, at: usize, message: impl Into<String>, help: impl Into<String>) {
        self.notes.note(at, message.into(), help.into());
    }

    /// The value of `key`, if it stands here.
    pub fn get(&self, key: &str) -> Option<Item<'d>> {
        self.ask(key);
        self.entries
            .get_key_value(key)
            .map(|(key, value)| self.item(key, value))
    }

    /// Whether `key` stands here, without asking for it.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.entries.get_key_value(key).is_some()
    }

    fn ask(&self, key: &str) {
        let mut asked = self.asked.borrow_mut();
        if !asked.iter().any(|known| known == key) {
            asked.push(key.to_owned());
        }
    }

    /// The value of a key that must stand here.
    pub fn required<T>(&self, key: &str, read: impl FnOnce(&Item<'d>) -> Option<T>) -> Option<T> {
        let item = self.get(key);
        if item.is_none() {
            self.missing(key, format!("{key} = …"));
        }
        read(&item?)
    }

    /// The tables of `[[key]]`, which must stand here, in order.
    pub fn required_tables<T>(
        &self,
        key: &str,
        read: impl Fn(&Table<'d>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let item = self.get(key);
        if item.is_none() {
            self.missing(key, format!("[[{}]]", self.path_of(key)));
        }
        item?.each(|element| read(&element.table()?))
    }

    fn missing(&self, key: &str, remedy: String) {
        self.missing.borrow_mut().push((key.to_owned(), remedy));
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// The value of a key, or `default` where it does not stand here.
    pub fn or<T>(
        &self,
        key: &str,
        default: T,
        read: impl FnOnce(&Item<'d>) -> Option<T>,
    ) -> Option<T> {
        match self.get(key) {
            Some(item) => read(&item),
            None => Some(default),
        }
    }

    /// The value of a key that may be left out; the outer `None` is a problem.
    pub fn maybe<T>(
        &self,
        key: &str,
        read: impl FnOnce(&Item<'d>) -> Option<T>,
    ) -> Option<Option<T>> {
        self.or(key, None, |item| read(item).map(Some))
    }

    /// The tables of `[[key]]`, in order; none where it does not stand here.
    pub fn tables<T>(&self, key: &str, read: impl Fn(&Table<'d>) -> Option<T>) -> Option<Vec<T>> {
        self.or(key, Vec::new(), |item| {
            item.each(|element| read(&element.table()?))
        })
    }

    /// Every key with its value, where the keys are names that the administrator chooses.
    pub fn all(&self) -> Vec<(String, Item<'d>)> {
        self.entries
            .iter()
            .map(|(key, value)| {
                self.ask(key.get_ref());
                (key.get_ref().to_string(), self.item(key, value))
            })
            .collect()
    }

    /// Notes a key that is known but not allowed here, with a better reason than "unknown"; whether it stands here.
    pub fn refuse(&self, key: &str, message: impl Into<String>, help: impl Into<String>) -> bool {
        let Some((key, _)) = self.entries.get_key_value(key) else {
            return false;
        };
        self.ask(key.get_ref());
        self.notes
            .note(key.span().start, message.into(), help.into());
        true
    }

    /// Whether a key stands here that nobody has asked for so far, and that will be told as unknown.
    #[must_use]
    pub fn holds_unknown(&self) -> bool {
        let asked = self.asked.borrow();
        let unknown = |key: &str| !asked.iter().any(|known| known == key);
        self.entries.keys().any(|key| unknown(key.get_ref()))
    }

    /// Whether a key stands here that looks like a slip of the hand for `key`: it is told as such.
    #[must_use]
    pub fn is_misspelt(&self, key: &str) -> bool {
        let asked = self.asked.borrow();
        let unknown = |word: &&str| !asked.iter().any(|known| known == word);
        let words = self.entries.keys().map(|key| key.get_ref().as_ref());
        words
            .filter(unknown)
            .any(|word| closest(word, [key]).is_some())
    }

    /// Lets unknown keys pass: what the table is about is wrong, so its other keys say nothing.
    pub fn pass_over(&self) {
        self.all();
    }

    fn item(&self, key: &Spanned<DeString<'d>>, value: &'d Spanned<DeValue<'d>>) -> Item<'d> {
        Item {
            notes: self.notes,
            value: value.get_ref(),
            at: value.span().start,
            path: self.path_of(key.get_ref()),
            key: key.get_ref().to_string(),
            key_at: key.span().start,
        }
    }

    fn place(&self) -> String {
        match self.path.rsplit('.').next() {
            None | Some("") => String::new(),
            Some(name) => format!(" in `{name}`"),
        }
    }

    /// Notes a key that nobody knows; one that looks like a key that is missing is taken for a slip of the hand.
    fn note_unknown(&self, key: &Spanned<DeString<'_>>) {
        let word = key.get_ref();
        let mut missing = self.missing.borrow_mut();
        let slip = closest(word, missing.iter().map(|(name, _)| name.as_str()));
        let slip = slip.map(str::to_owned);
        let help = match &slip {
            Some(name) => did_you_mean(name),
            None => instead(word, self.asked.borrow().iter().map(String::as_str)),
        };
        missing.retain(|(name, _)| Some(name) != slip.as_ref());
        let message = format!("unknown key `{word}`{}", self.place());
        self.notes.note(key.span().start, message, help);
    }

    fn note_missing(&self) {
        let missing = self.missing.borrow();
        let names: Vec<String> = missing
            .iter()
            .map(|(name, _)| format!("`{name}`"))
            .collect();
        let remedies: Vec<String> = missing.iter().map(|(_, add)| format!("`{add}`")).collect();
        let verb = match names.len() {
            0 => return,
            1 => "is",
            _ => "are",
        };
        let message = format!("{} {verb} missing{}", and(&names), self.place());
        self.notes
            .note(self.at, message, format!("add {}", and(&remedies)));
    }
}

/// `a`, `a and b`, `a, b and c`.
fn and(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

impl Drop for Table<'_> {
    fn drop(&mut self) {
        let known = |key: &str| self.asked.borrow().iter().any(|asked| asked == key);
        let unknown: Vec<_> = self
            .entries
            .keys()
            .filter(|key| !known(key.get_ref()))
            .collect();
        unknown.into_iter().for_each(|key| self.note_unknown(key));
        self.note_missing();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str, shape: impl FnOnce(&Table<'_>) -> Option<()>) -> Vec<String> {
        let document = Document::new("a.toml", text);
        let found = read(&document, shape).expect_err("problems");
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_problem_of_a_file_is_told_in_the_order_of_the_file() {
        let text = "titel = \"Họp\"\nrows = \"7\"\nsince = \"2020-13-01\"\n[paging]\nsize = 0\n";
        let found = problems(text, |table| {
            let title = table.required("title", Item::text);
            let rows = table.required("rows", Item::number);
            let since = table.maybe("since", Item::day);
            let size = table.required("paging", |item| {
                item.table()?.required("size", |size| size.count(1, 10))
            });
            (title.is_some() && rows.is_some() && since.is_some() && size.is_some()).then_some(())
        });
        assert_eq!(
            found,
            [
                "a.toml:1:1: unknown key `titel` (help: did you mean `title`?)",
                "a.toml:2:8: `rows` must be a whole number, not text (help: write `7`, without quotes)",
                "a.toml:3:9: `2020-13-01` is not a date (help: write the date as `2020-06-01`)",
                "a.toml:5:8: `size` is 0 (help: write a number from 1 to 10)",
            ]
        );
    }

    #[test]
    fn mistakes_of_syntax_are_told_and_nothing_else() {
        let found = problems("a = \nb = 1\nc == 2\n", |table| {
            table.required("z", Item::number).map(|_| ())
        });
        assert_eq!(
            found,
            [
                "a.toml:1:5: `a` has no value (help: write `a = …`)",
                "a.toml:3:4: one `=` too many (help: write `key = value`)",
            ]
        );
    }

    #[test]
    fn keys_that_are_missing_are_told_together_with_what_to_add() {
        let found = problems("[[unit]]\nkind = 1\n", |table| {
            let units = table.required_tables("unit", |unit| {
                let code = unit.required("code", Item::text);
                let name = unit.required("name", Item::text);
                let kind = unit.required("kind", Item::number);
                let posts = unit.required_tables("post", |_| Some(()));
                (code.is_some() && name.is_some() && kind.is_some() && posts.is_some())
                    .then_some(())
            });
            units.map(|_| ())
        });
        assert_eq!(
            found,
            [
                "a.toml:1:1: `code`, `name` and `post` are missing in `unit` (help: add `code = …`, `name = …` and `[[unit.post]]`)"
            ]
        );
    }

    #[test]
    fn a_file_is_never_refused_without_a_word() {
        let found = problems("a = 1\n", |table| {
            table.get("a");
            None
        });
        assert_eq!(found.len(), 1, "{found:?}");
    }

    #[test]
    fn text_is_composed() {
        let document = Document::new("a.toml", "name = \"Thu\u{323}y\"\n");
        let name = read(&document, |table| table.required("name", Item::text)).unwrap();
        assert_eq!(name, "Thụy");
    }
}
