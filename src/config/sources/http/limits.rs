//! How fast a source is asked, and how much it may answer.
//!
//! Owns: how both are written: `5/s`, `64MiB`.
//! Never: waiting or counting (`source::http`).
//! Reads next: `read.rs`.

use std::time::Duration;

use crate::config::reader::Item;

/// `5/s`, `30/m`, `1000/h`: the time from one request to the next.
pub fn pace(item: &Item<'_>) -> Option<Duration> {
    let text = item.text()?;
    let read = || {
        let (count, unit) = text.split_once('/')?;
        let within = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            _ => return None,
        };
        Some(Duration::from_secs(within) / u32::try_from(whole(count)?).ok()?)
    };
    let pace = read();
    if pace.is_none() {
        item.problem(
            format!("`{text}` is not a rate"),
            "write requests for a second, minute or hour, as in `5/s`, `30/m` or `1000/h`",
        );
    }
    pace
}

/// `64MiB`
pub fn size(item: &Item<'_>) -> Option<u64> {
    let text = item.text()?;
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30)];
    let read = |(unit, shift): (&str, u32)| {
        let count = text.strip_suffix(unit)?;
        whole(count.trim_end()).map(|count| count << shift)
    };
    let size = units.into_iter().find_map(read);
    if size.is_none() {
        item.problem(
            format!("`{text}` is not a size"),
            "write a number and a unit, as in `512KiB`, `64MiB` or `1GiB`",
        );
    }
    size
}

/// A number from 1 to 9999.
fn whole(text: &str) -> Option<u64> {
    let is_number = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| is_number);
    number.filter(|number| *number < 10_000)
}
