//! The proposed file, with what is sure, guessed and to be filled in as comments.
//!
//! Owns: the order of the file, and its words.
//! Never: values but codes that are few, and none of a column that holds people.
//! Reads next: `dossier.rs`, `register.rs`.

use std::collections::BTreeMap;

use super::column::{Column, Values, of_dossier};
use super::words::plain;
use super::{Hints, dates};

/// Fields without which nothing is a dossier.
const NEEDED: [&str; 3] = ["code", "received_at", "due_at"];

pub(super) struct Draft<'a> {
    pub(super) hints: &'a Hints<'a>,
    pub(super) columns: &'a [Column],
    head: Vec<String>,
    list: Vec<String>,
    pub(super) fields: Vec<String>,
    sure: Vec<String>,
    guessed: Vec<String>,
    to_fill: Vec<String>,
}

/// Text as a TOML string.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

impl<'a> Draft<'a> {
    pub(super) fn new(hints: &'a Hints<'a>, columns: &'a [Column]) -> Self {
        Self {
            hints,
            columns,
            head: Vec::new(),
            list: Vec::new(),
            fields: Vec::new(),
            sure: Vec::new(),
            guessed: Vec::new(),
            to_fill: Vec::new(),
        }
    }

    pub(super) fn head(&mut self, line: &str) {
        self.head.push(line.to_owned());
    }

    pub(super) fn list(&mut self, line: &str) {
        self.list.push(line.to_owned());
    }

    pub(super) fn sure(&mut self, what: &str) {
        self.sure.push(what.to_owned());
    }

    pub(super) fn guess(&mut self, what: &str) {
        self.guessed.push(what.to_owned());
    }

    pub(super) fn fill(&mut self, what: &str) {
        self.to_fill.push(what.to_owned());
    }

    /// Formats, personal places and fields: of a dossier, or of a register.
    pub(super) fn fields(&mut self) {
        let named = of_dossier(self.columns);
        let is_dossier = NEEDED.iter().all(|field| named.contains_key(field));
        let records = if is_dossier {
            "dossiers"
        } else {
            self.hints.name
        };
        self.list
            .insert(0, format!("records = {}", quoted(records)));
        self.formats(is_dossier.then_some(&named));
        self.personal();
        if is_dossier {
            self.sure("dossiers: its columns are called so");
            self.dossier(&named);
        } else {
            self.guess("a register: no columns of a dossier are among the names");
            self.register();
        }
        self.unused();
    }

    fn formats(&mut self, named: Option<&BTreeMap<&'static str, Vec<&Column>>>) {
        let is_moment = |field: &str| field.ends_with("_at");
        let columns: Vec<&Column> = match named {
            Some(named) => named
                .iter()
                .filter(|(field, _)| is_moment(field))
                .flat_map(|(_, columns)| columns.iter().copied())
                .collect(),
            None => self
                .columns
                .iter()
                .filter(|column| column.kind(self.hints) == Values::Dates)
                .collect(),
        };
        let written = dates::written(
            columns.iter().flat_map(|column| &column.values),
            self.hints.zone,
        );
        if !written.formats.is_empty() {
            let formats: Vec<String> = written
                .formats
                .iter()
                .map(|format| quoted(format))
                .collect();
            self.list(&format!("formats = [{}]", formats.join(", ")));
        } else if named.is_some() {
            self.list("formats = [\"%Y%m%d%H%M%S\", \"%d/%m/%Y %H:%M\", \"%d/%m/%Y\", \"iso\"]");
            self.fill("`formats`: the sample has no date that could be read");
        }
        if written.doubtful > 0 {
            self.guess(&format!(
                "`formats`: {} dates such as 01/02/2020 are taken as day/month; nothing in the sample decides",
                written.doubtful
            ));
        }
        if written.unread > 0 {
            self.guess(&format!(
                "`formats`: {} dates are of none of these forms and would be rejected",
                written.unread
            ));
        }
    }

    fn personal(&mut self) {
        let personal: Vec<String> = self
            .columns
            .iter()
            .filter(|column| column.personal)
            .map(|column| quoted(&column.place))
            .collect();
        if !personal.is_empty() {
            self.list(&format!("personal = [{}]", personal.join(", ")));
            self.guess("`personal`: by their names; add every other place that tells of a person");
        }
    }

    fn unused(&mut self) {
        let is_used = |column: &&Column| {
            self.fields
                .iter()
                .any(|line| line.contains(&quoted(&column.place)))
        };
        let unused: Vec<&str> = self
            .columns
            .iter()
            .filter(|column| !column.personal && !is_used(column))
            .map(|column| column.place.as_str())
            .collect();
        if !unused.is_empty() {
            self.guessed
                .push(format!("not taken: {}", unused.join(", ")));
        }
    }

    pub(super) fn written(self) -> String {
        let mut text = String::from(
            "#:schema ../schemas/source.schema.json\n\n# Proposed from a sample by `dondoc source infer`.\n",
        );
        for (title, notes) in [
            ("sure", &self.sure),
            ("guessed", &self.guessed),
            ("to be filled in by a person", &self.to_fill),
        ] {
            if !notes.is_empty() {
                text += &format!("#\n# {title}:\n");
                text += &notes
                    .iter()
                    .map(|note| format!("# * {}\n", note.replace(['\n', '\r'], " ")))
                    .collect::<String>();
            }
        }
        text += &format!("\ntitle = {}\n", quoted(self.hints.name));
        text += &lines(&self.head);
        text += "# Without a pull for longer than this, what is counted from it is unknown.\nexpect_within = \"26h\"\n\n[[pull]]\n";
        text += &lines(&self.list);
        text += "\n[pull.fields]\n";
        text + &lines(&self.fields)
    }
}

fn lines(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

pub(super) fn places(columns: &[&Column]) -> String {
    match columns {
        [column] => quoted(&at(column)),
        columns => format!(
            "[{}]",
            columns
                .iter()
                .map(|column| quoted(&at(column)))
                .collect::<Vec<_>>()
                .join(", ")
        ),
    }
}

/// What stops a clock is said by the latest of several.
fn at(column: &Column) -> String {
    let stops = plain(&column.name) == "ngaybosung";
    if stops {
        column.place.replace("/0/", "/last/")
    } else {
        column.place.clone()
    }
}

/// Messages are all alike: the file is too.
pub(super) fn of_messages() -> String {
    include_str!("messages.toml").to_owned()
}
