//! Where a rejected row stands, in the words of a person before the file.
//!
//! Owns: its row, sheet and file in its reason.
//! Never: why it was rejected (`source::mapping`).
//! Reads next: `list.rs`.

use crate::domain::reject::Reject;
use crate::source::{Origin, RawPage};

/// Says of the rejects of a page from a file in which row of which sheet they stand.
pub fn place(page: &RawPage, rejects: &mut [Reject]) {
    let Origin::File(file) = &page.origin else {
        return;
    };
    let sheet = match file.sheet.as_str() {
        "" => String::new(),
        sheet => format!(" of sheet `{sheet}`"),
    };
    for reject in rejects {
        let index = usize::try_from(reject.position - page.first).ok();
        let Some(number) = index.and_then(|index| file.numbers.get(index)) else {
            continue;
        };
        reject.position = *number;
        reject.reason = format!("row {number}{sheet} in {}: {}", file.name, reject.reason);
    }
}
