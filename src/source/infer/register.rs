//! The fields of a register in a proposal: code, unit, day, and everything else by its own name.
//!
//! Owns: how a place's name becomes a field's.
//! Never: values.
//! Reads next: `column.rs`.

use super::column::{Column, Values};
use super::draft::{Draft, quoted};
use super::words::plain;

impl Draft<'_> {
    pub(super) fn register(&mut self) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_names_of_fields() {
        for (name, expected) in [
            ("SoHoSo", "so_ho_so"),
            ("Số hồ sơ", "so_ho_so"),
            ("tyLe", "ty_le"),
            ("đơn-vị", "don_vi"),
        ] {
            assert_eq!(attribute(name), expected);
        }
    }
}
