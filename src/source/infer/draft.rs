//! The proposed file, with what is sure, guessed and to be filled in as comments.
//!
//! Owns: the order of the file, and its words.
//! Never: values but codes that are few, and none of a column that holds people.
//! Reads next: `column.rs`.

use std::collections::BTreeMap;

use super::column::{Column, Values, of_dossier};
use super::words::{self, plain};
use super::{Hints, dates};

/// Different values that may be codes.
const FEW: usize = 24;
/// Fields without which nothing is a dossier.
const NEEDED: [&str; 3] = ["code", "received_at", "due_at"];

pub(super) struct Draft<'a> {
    hints: &'a Hints<'a>,
    columns: &'a [Column],
    head: Vec<String>,
    list: Vec<String>,
    fields: Vec<String>,
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

    fn dossier(&mut self, named: &BTreeMap<&'static str, Vec<&Column>>) {
        for field in words::DOSSIER
            .map(|(field, _)| field)
            .iter()
            .filter(|field| !field.is_empty())
        {
            let columns: Vec<&Column> = named
                .get(field)
                .into_iter()
                .flatten()
                .copied()
                .filter(|column| !column.personal)
                .collect();
            let line = match (*field, columns.as_slice()) {
                ("unit", columns) => self.unit(columns),
                ("procedure", []) => {
                    self.fill("`procedure`: no column has it; all dossiers would be of the one that is written");
                    Some("{ default = \"fill-in\" }".to_owned())
                }
                ("channel", []) => {
                    self.guess("`channel`: no column has it; all are taken as handed in directly");
                    Some("{ default = \"direct\" }".to_owned())
                }
                ("status", []) => {
                    self.fill("`status`: no column has it; all would be in process");
                    Some("{ default = 4 }".to_owned())
                }
                ("channel", columns) => {
                    Some(self.codes(columns, "channel", |word| words::channel(word).map(quoted)))
                }
                ("status", columns) => Some(self.status(columns)),
                (_, []) => None,
                (_, columns) => Some(places(columns)),
            };
            self.fields
                .extend(line.map(|line| format!("{field} = {line}")));
        }
    }

    fn status(&mut self, columns: &[&Column]) -> String {
        let is_code = |value: &String| value.parse::<u8>().is_ok();
        if columns
            .iter()
            .all(|column| column.values.iter().all(is_code))
        {
            let counted: Vec<String> = columns
                .iter()
                .flat_map(|column| column.counted())
                .map(|(code, count)| format!("{code} ({count})"))
                .collect();
            self.sure(&format!(
                "`status`: numbers; in the sample {}",
                counted.join(", ")
            ));
            return places(columns);
        }
        self.codes(columns, "status", |word| {
            words::status(word).map(|code| code.to_string())
        })
    }

    /// Words of the source with ours, where they are known.
    fn codes(
        &mut self,
        columns: &[&Column],
        field: &str,
        ours: impl Fn(&str) -> Option<String>,
    ) -> String {
        let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
        for (word, count) in columns.iter().flat_map(|column| column.counted()) {
            *counted.entry(word).or_default() += count;
        }
        let mut known = Vec::new();
        let mut unknown = Vec::new();
        for (word, count) in counted.iter().take(FEW) {
            match ours(word) {
                Some(value) => known.push(format!("{} = {value}", quoted(word))),
                None => unknown.push(format!("{} ({count})", quoted(word))),
            }
        }
        if !unknown.is_empty() || counted.len() > FEW {
            self.fill(&format!(
                "`{field}`: these words are not known and would be rejected: {}",
                unknown.join(", ")
            ));
        }
        self.guess(&format!(
            "`{field}`: {} words by what they are usually called",
            known.len()
        ));
        match known.is_empty() {
            true => places(columns),
            false => format!(
                "{{ from = {}, codes = {{ {} }} }}",
                places(columns),
                known.join(", ")
            ),
        }
    }

    /// By its name, or by values that are units of the site.
    fn unit(&mut self, named: &[&Column]) -> Option<String> {
        let fit = |column: &Column| {
            column.units(self.hints) * 5 >= column.values.len() * 4 && !column.values.is_empty()
        };
        let by_values = self
            .columns
            .iter()
            .find(|column| !column.personal && fit(column));
        let column = named
            .iter()
            .copied()
            .find(|column| fit(column))
            .or(by_values);
        match (column, named) {
            (Some(column), _) => {
                self.sure(&format!(
                    "`unit`: {} of {} values are units of organisation.toml",
                    column.units(self.hints),
                    column.values.len()
                ));
                Some(quoted(&column.place))
            }
            (None, [column, ..]) => {
                self.fill("`unit`: by its name; its values are no units of organisation.toml: add `ids`, or `codes` here");
                Some(quoted(&column.place))
            }
            (None, []) => {
                self.fill(
                    "`unit`: no column has it; write the code of the unit whose dossiers these are",
                );
                let first = self
                    .hints
                    .units
                    .all()
                    .first()
                    .map(|unit| unit.code.to_string());
                Some(format!(
                    "{{ default = {} }}",
                    quoted(&first.unwrap_or_else(|| "fill-in".to_owned()))
                ))
            }
        }
    }

    fn register(&mut self) {
        let columns: Vec<&Column> = self
            .columns
            .iter()
            .filter(|column| !column.personal)
            .collect();
        let says_code = |column: &&&Column| {
            ["ma", "id", "code", "so"]
                .iter()
                .any(|word| plain(&column.name).starts_with(word))
        };
        let distinct: Vec<&&Column> = columns
            .iter()
            .filter(|column| column.is_distinct())
            .collect();
        let code = distinct
            .iter()
            .copied()
            .find(|column| says_code(column))
            .or_else(|| distinct.first().copied());
        match code {
            Some(column) => {
                self.guess("`code`: different in every row of the sample");
                self.fields
                    .push(format!("code = {}", quoted(&column.place)));
            }
            None => {
                self.fill("`code`: no place differs from row to row; name what does");
                self.fields.extend(
                    columns
                        .first()
                        .map(|column| format!("code = {}", quoted(&column.place))),
                );
            }
        }
        let is_unit = |column: &&&Column| {
            !column.values.is_empty() && column.units(self.hints) * 5 >= column.values.len() * 4
        };
        let unit = columns.iter().find(is_unit).copied();
        let day = columns
            .iter()
            .find(|column| column.kind(self.hints) == Values::Dates)
            .copied();
        let taken = [code.copied(), unit, day];
        for (field, column) in [("unit", unit), ("day", day)] {
            self.fields
                .extend(column.map(|column| format!("{field} = {}", maybe(column, ""))));
        }
        let others: Vec<&Column> = columns
            .into_iter()
            .filter(|column| {
                !taken
                    .iter()
                    .flatten()
                    .any(|taken| taken.place == column.place)
            })
            .collect();
        for column in others {
            let name = attribute(&column.name);
            if !name.is_empty()
                && !self
                    .fields
                    .iter()
                    .any(|line| line.starts_with(&format!("{name} =")))
            {
                let kind = match column.kind(self.hints) {
                    Values::Flags => ", kind = \"flag\"",
                    Values::Numbers => ", kind = \"number\"",
                    Values::Percents => ", kind = \"percent\"",
                    Values::Decimals => ", kind = \"decimal\"",
                    Values::Dates => ", kind = \"day\"",
                    Values::Texts | Values::None => "",
                };
                self.fields
                    .push(format!("{name} = {}", maybe(column, kind)));
            }
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

fn places(columns: &[&Column]) -> String {
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

fn maybe(column: &Column, kind: &str) -> String {
    let required = if column.empty > 0 || column.values.is_empty() {
        ", required = false"
    } else {
        ""
    };
    if kind.is_empty() && required.is_empty() {
        return quoted(&column.place);
    }
    format!("{{ from = {}{kind}{required} }}", quoted(&column.place))
}

/// `SoHoSo`, `Số hồ sơ` → `so_ho_so`
fn attribute(name: &str) -> String {
    let mut out = String::new();
    let mut before = ' ';
    for c in name.chars() {
        let begins = c.is_uppercase() && before.is_lowercase() || !c.is_alphanumeric();
        if begins && !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
        out += &plain(&c.to_string());
        before = c;
    }
    out.trim_matches('_').to_owned()
}

/// Messages are all alike: the file is too.
pub(super) fn of_messages() -> String {
    include_str!("messages.toml").to_owned()
}
