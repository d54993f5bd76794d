//! Where a rejected row stands, in the words of a person before the file.
//!
//! Owns: its row, sheet and file in its reason.
//! Never: why it was rejected (`source::mapping`).
//! Reads next: `list.rs`.

use crate::domain::reject::Reject;
use crate::source::drop::FileOrigin;
use crate::source::{Origin, RawPage};

/// Says of the rejects of a page from a file in which row of which sheet they stand.
pub fn say_where(page: &RawPage, rejects: &mut [Reject]) {
    match &page.origin {
        Origin::File(file) => in_file(page.first, file, rejects),
        Origin::Messages(post) => of_document(&post.documents, rejects),
        Origin::System | Origin::Nothing => {}
    }
}

/// Which document it is, in its reason: its messages may be several.
fn of_document(documents: &[String], rejects: &mut [Reject]) {
    for reject in rejects {
        let index = usize::try_from(reject.position).ok();
        if let Some(document) = index.and_then(|index| documents.get(index)) {
            reject.reason = format!("{document}: {}", reject.reason);
        }
    }
}

fn in_file(first: u64, file: &FileOrigin, rejects: &mut [Reject]) {
    let sheet = match file.sheet.as_str() {
        "" => String::new(),
        sheet => format!(" of sheet `{sheet}`"),
    };
    for reject in rejects {
        let index = usize::try_from(reject.position - first).ok();
        let Some(number) = index.and_then(|index| file.numbers.get(index)) else {
            continue;
        };
        reject.position = *number;
        reject.reason = format!("row {number}{sheet} in {}: {}", file.name, reject.reason);
    }
}
