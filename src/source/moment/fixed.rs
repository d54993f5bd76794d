//! Patterns of digits and signs that each stand at their place: `20200601073000`, `01/06/2020 07:30`.
//!
//! Owns: reading what is written exactly so, without the search that a freer pattern needs.
//! Never: a text of another length: that is left to the pattern itself.
//! Reads next: `../moment.rs`.

use chrono::format::{Item, Numeric, Pad};
use chrono::{NaiveDate, NaiveTime};

/// Where each part of a date stands in the text.
#[derive(Clone, Debug)]
pub(super) struct Fixed {
    length: usize,
    signs: Vec<(usize, u8)>,
    /// Year, month, day.
    day: [Place; 3],
    /// Hour, minute, and second where it is written.
    time: Option<(Place, Place, Option<Place>)>,
}

/// The first digit of a number, and how many it has.
type Place = (usize, usize);

impl Fixed {
    /// `None` where the pattern has anything else in it, or names no day.
    pub(super) fn new(items: &[Item<'_>]) -> Option<Self> {
        let mut length = 0;
        let mut signs = Vec::new();
        let mut numbers: [Option<Place>; 6] = [None; 6];
        for item in items {
            match item {
                Item::Literal(text) | Item::Space(text) => {
                    signs.extend((length..).zip(text.bytes()));
                    length += text.len();
                }
                Item::Numeric(what, Pad::Zero) => {
                    let (number, width) = number(what)?;
                    let is_first = numbers[number].replace((length, width)).is_none();
                    length += is_first.then_some(width)?;
                }
                _ => return None,
            }
        }
        let [year, month, day, hour, minute, second] = numbers;
        let time = match (hour, minute, second) {
            (None, None, None) => None,
            (hour, minute, second) => Some((hour?, minute?, second)),
        };
        Some(Self {
            length,
            signs,
            day: [year?, month?, day?],
            time,
        })
    }

    /// The day and time of a text that is written exactly so.
    pub(super) fn read(&self, text: &str) -> Option<(NaiveDate, Option<NaiveTime>)> {
        let text = text.as_bytes();
        let is_so = text.len() == self.length && self.signs.iter().all(|(at, c)| text[*at] == *c);
        if !is_so {
            return None;
        }
        let [year, month, day] = self.day.map(|place| digits(text, place));
        let day = NaiveDate::from_ymd_opt(year?.cast_signed(), month?, day?)?;
        let Some((hour, minute, second)) = self.time else {
            return Some((day, None));
        };
        let second = second.map_or(Some(0), |second| digits(text, second))?;
        let time = NaiveTime::from_hms_opt(digits(text, hour)?, digits(text, minute)?, second)?;
        Some((day, Some(time)))
    }
}

fn number(what: &Numeric) -> Option<(usize, usize)> {
    match what {
        Numeric::Year => Some((0, 4)),
        Numeric::Month => Some((1, 2)),
        Numeric::Day => Some((2, 2)),
        Numeric::Hour => Some((3, 2)),
        Numeric::Minute => Some((4, 2)),
        Numeric::Second => Some((5, 2)),
        _ => None,
    }
}

fn digits(text: &[u8], (at, width): Place) -> Option<u32> {
    text[at..at + width].iter().try_fold(0, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| u32::from(digit - b'0'))?;
        Some(number * 10 + digit)
    })
}

#[cfg(test)]
mod tests {
    use chrono::format::{Parsed, StrftimeItems, parse};

    use super::*;

    #[test]
    fn it_reads_what_the_pattern_itself_reads_or_leaves_it_to_that() {
        for (pattern, texts) in [
            (
                "%Y%m%d%H%M%S",
                &[
                    "20200601073000",
                    "20200230073000",
                    "20200601243000",
                    "2020060107300x",
                    "20200601",
                ][..],
            ),
            (
                "%d/%m/%Y %H:%M",
                &["01/06/2020 07:30", "1/6/2020 7:30", "01-06-2020 07:30"],
            ),
            ("%d/%m/%Y", &["29/02/2020", "29/02/2021", "01/06/2020 "]),
        ] {
            let items: Vec<Item<'_>> = StrftimeItems::new(pattern).collect();
            let fixed = Fixed::new(&items).unwrap();
            for text in texts {
                let mut parsed = Parsed::new();
                let known = parse(&mut parsed, text, items.iter()).ok().and_then(|()| {
                    Some((parsed.to_naive_date().ok()?, parsed.to_naive_time().ok()))
                });
                let read = fixed.read(text);
                assert!(
                    read.is_none() || read == known,
                    "{text}: {read:?}, {known:?}"
                );
            }
            assert!(fixed.read(texts[0]).is_some(), "{pattern}: {}", texts[0]);
        }
    }

    #[test]
    fn a_pattern_that_is_freer_has_no_places() {
        for pattern in [
            "%Y-%m-%dT%H:%M:%S%z",
            "%-d/%m/%Y",
            "%d/%m/%y",
            "%H:%M",
            "%Y%m%d%H",
        ] {
            let items: Vec<Item<'_>> = StrftimeItems::new(pattern).collect();
            assert!(Fixed::new(&items).is_none(), "{pattern}");
        }
    }
}
