//! One field of a cron schedule.
//!
//! Owns: its numbers and names, and the items it may hold.
//! Never: how fields combine.
//! Reads next: `zone.rs`.

use std::fmt;

use super::expression::{CronError, Piece};

/// A field, in the order of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    Second,
    Minute,
    Hour,
    DayOfMonth,
    Month,
    DayOfWeek,
}

const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

impl Field {
    pub(super) const ALL: [Self; 6] = [
        Self::Second,
        Self::Minute,
        Self::Hour,
        Self::DayOfMonth,
        Self::Month,
        Self::DayOfWeek,
    ];

    /// The field's name in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::DayOfMonth => "day of month",
            Self::Month => "month",
            Self::DayOfWeek => "day of week",
        }
    }

    /// What the field may hold.
    #[must_use]
    pub fn holds(self) -> &'static str {
        match self {
            Self::Second | Self::Minute => {
                "0 to 59, `a-b`, `*`, a step `*/n` or `a-b/n`, or a list with commas"
            }
            Self::Hour => "0 to 23, `a-b`, `*`, a step `*/n` or `a-b/n`, or a list with commas",
            Self::DayOfMonth => {
                "1 to 31, `L` (the last day), `LW` (the last weekday), `15W` (the weekday nearest to the 15th), \
                 `a-b`, `*`, a step `*/n` or `a-b/n`, or a list with commas"
            }
            Self::Month => {
                "1 to 12 or JAN to DEC, `a-b`, `*`, a step `*/n` or `a-b/n`, or a list with commas"
            }
            Self::DayOfWeek => {
                "0 to 7 (0 and 7 are Sunday) or SUN to SAT, `MON#2` (the second Monday), `FRIL` (the last Friday), \
                 `a-b`, `*`, a step `*/n` or `a-b/n`, or a list with commas"
            }
        }
    }

    fn bounds(self) -> (u32, u32) {
        match self {
            Self::Second | Self::Minute => (0, 59),
            Self::Hour => (0, 23),
            Self::DayOfMonth => (1, 31),
            Self::Month => (1, 12),
            Self::DayOfWeek => (0, 7),
        }
    }

    /// Checks a field and writes it with numbers only, as croner reads it.
    pub(super) fn read(self, word: Piece<'_>) -> Result<String, CronError> {
        let has_days = matches!(self, Self::DayOfMonth | Self::DayOfWeek);
        if word.text == "*" || (word.text == "?" && has_days) {
            return Ok("*".to_owned());
        }
        let items: Vec<String> = word
            .split(|letter| letter == ',')
            .map(|item| self.read_item(item))
            .collect::<Result<_, _>>()?;
        // croner knows only one of the two.
        if items.iter().any(|item| item == "L") && items.iter().any(|item| item == "LW") {
            return Err(self.wrong(
                word,
                "`L` and `LW` in one list",
                "make two schedules".to_owned(),
            ));
        }
        Ok(items.join(","))
    }

    fn read_item(self, item: Piece<'_>) -> Result<String, CronError> {
        let (min, max) = self.bounds();
        if let Some(special) = self.read_special(item) {
            return special;
        }
        if let Some((range, step)) = item.split_once('/') {
            return self.read_step(range, step);
        }
        match item.split_once('-') {
            Some((from, to)) => self
                .read_range(from, to)
                .map(|(from, to)| format!("{from}-{to}")),
            None if item.text == "*" => Ok(format!("{min}-{max}")),
            None => self.number(item).map(|number| number.to_string()),
        }
    }

    /// `L`, `LW`, `15W`, `MON#2`, `FRIL`; `None` for anything else.
    fn read_special(self, item: Piece<'_>) -> Option<Result<String, CronError>> {
        let is = |word: &str| item.text.eq_ignore_ascii_case(word);
        match self {
            Self::DayOfMonth if is("L") || is("LW") => Some(Ok(item.text.to_ascii_uppercase())),
            Self::DayOfMonth => {
                let day = item.strip_suffix('W')?;
                Some(self.number(day).map(|day| format!("{day}W")))
            }
            Self::DayOfWeek => match item.split_once('#') {
                Some((day, place)) => Some(self.read_nth(day, place)),
                None => {
                    let day = item.strip_suffix('L')?;
                    Some(self.number(day).map(|day| format!("{day}#L")))
                }
            },
            _ => None,
        }
    }

    fn read_nth(self, day: Piece<'_>, place: Piece<'_>) -> Result<String, CronError> {
        let weekday = self.number(day)?;
        match digits(place.text) {
            Some(nth @ 1..=5) => Ok(format!("{weekday}#{nth}")),
            _ => {
                let help = format!("write `{0}#1` to `{0}#5`, or `{0}L` for the last", day.text);
                Err(self.wrong(place, "a month has at most five of a weekday", help))
            }
        }
    }

    fn read_step(self, range: Piece<'_>, step: Piece<'_>) -> Result<String, CronError> {
        let (min, max) = self.bounds();
        let every = match digits(step.text) {
            Some(every) if (1..=max).contains(&every) => every,
            _ => {
                let help = format!("write a number from 1 to {max} after the `/`");
                return Err(self.wrong(step, "not a step", help));
            }
        };
        match range.split_once('-') {
            Some((from, to)) => self
                .read_range(from, to)
                .map(|(from, to)| format!("{from}-{to}/{every}")),
            None if range.text == "*" => Ok(format!("*/{every}")),
            None => {
                let from = if range.text.is_empty() {
                    min
                } else {
                    self.number(range)?
                };
                let help =
                    format!("write `{from}-{max}/{every}`, or `*/{every}` for the whole range");
                Err(self.wrong(range, "a step needs `*` or a range before it", help))
            }
        }
    }

    fn read_range(self, from: Piece<'_>, to: Piece<'_>) -> Result<(u32, u32), CronError> {
        let (first, mut last) = (self.number(from)?, self.number(to)?);
        if self == Self::DayOfWeek && last == 0 && first > 0 && digits(to.text).is_none() {
            last = 7; // SAT-SUN
        }
        if last < first {
            let help = match (self, self.bounds()) {
                (Self::DayOfWeek, _) if first == 7 => format!("write `0-{last}`: Sunday first"),
                (Self::DayOfWeek, _) => format!("write `{first}-6,0-{last}` to go round the end"),
                (_, (min, max)) => {
                    format!("write `{first}-{max},{min}-{last}` to go round the end")
                }
            };
            let span = from.start..to.span().end;
            return Err(CronError {
                span,
                ..self.wrong(to, "a range that ends before it begins", help)
            });
        }
        Ok((first, last))
    }

    fn number(self, item: Piece<'_>) -> Result<u32, CronError> {
        let (min, max) = self.bounds();
        let (names, offset): (&[&str], u32) = match self {
            Self::Month => (&MONTHS, 1),
            Self::DayOfWeek => (&WEEKDAYS, 0),
            _ => (&[], 0),
        };
        let named = (offset..)
            .zip(names)
            .find(|(_, name)| name.eq_ignore_ascii_case(item.text));
        match named
            .map(|(number, _)| number)
            .or_else(|| digits(item.text))
        {
            Some(number) if (min..=max).contains(&number) => Ok(number),
            Some(_) => Err(self.wrong(
                item,
                &format!("{} is not in {min} to {max}", item.text),
                self.help(),
            )),
            None if item.text.is_empty() => {
                Err(self.wrong(item, "a number is missing", self.help()))
            }
            None => Err(self.wrong(
                item,
                &format!("`{}` is not understood", item.text),
                names
                    .iter()
                    .find(|name| begins_with(item.text, name))
                    .map_or_else(|| self.help(), |name| format!("write `{name}`")),
            )),
        }
    }

    fn help(self) -> String {
        format!("the {self} holds {}", self.holds())
    }

    fn wrong(self, at: Piece<'_>, what: &str, help: String) -> CronError {
        CronError {
            field: Some(self),
            span: at.span(),
            message: format!("{self}: {what}"),
            help,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// `January` begins with `JAN`.
fn begins_with(text: &str, name: &str) -> bool {
    text.get(..name.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(name))
}

/// A number of at most four digits.
fn digits(text: &str) -> Option<u32> {
    let is_number = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}
