//! The fields of a dossier in a proposal.
//!
//! Owns: what stands where no column has a field, and words that are known.
//! Never: a word of a column that holds people.
//! Reads next: `words.rs`.

use std::collections::BTreeMap;

use super::column::Column;
use super::draft::{Draft, places, quoted};
use super::words;
use crate::source::mapping::status;

/// Different values that may be codes.
const FEW: usize = 24;

impl Draft<'_> {
    pub(super) fn dossier(&mut self, named: &BTreeMap<&'static str, Vec<&Column>>) {
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
        let mut words = columns.iter().flat_map(|column| &column.values);
        if words.all(|word| status(word).is_some()) {
            self.sure("`status`: names of the national portal, which are known");
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
                "`{field}`: these words are not known and would be {}: {}",
                match field {
                    "status" => "kept as an unknown status",
                    _ => "rejected",
                },
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
}
