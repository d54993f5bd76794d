//! Documents exchanged by messages: what each message says, and what they say together.
//!
//! Owns: which document a message speaks of, the order of messages, and how a document stands after all of them.
//! Never: how a message is written (`source::edxml`).
//! Reads next: `exchange/document_id.rs`, `organ_id.rs`.

mod document_id;

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};

pub use document_id::{DocumentId, organ};

/// What one message says of one document. Subjects, signers and attachments are no part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub document: DocumentId,
    /// On the sender's clock; of a message that does not tell, when its file was made.
    pub at: NaiveDateTime,
    pub says: Says,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Says {
    /// The document itself: new, or once more as it is now.
    Letter(Box<Letter>),
    /// It holds no longer: another message says so.
    Ended(Standing),
    Receipt(Receipt),
}

/// What the header of a document tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Identifiers of organisations, the level-1 code first where they can be read so.
    pub from: String,
    pub to: Vec<String>,
    pub number: String,
    pub notation: String,
    pub place: String,
    /// As it is written: `2020/06/01`.
    pub day: String,
    pub kind: String,
    pub kind_name: String,
    pub due: String,
    pub priority: String,
    pub steering: String,
    pub business: String,
    pub response_for: Vec<DocumentId>,
}

/// How far a receiver has come with a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub from: String,
    /// `01` arrived, `03` registered, `06` done, `13` revoked, …
    pub code: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    InForce,
    Revoked,
    Replaced,
}

/// `BussinessDocType` of a document that is taken back.
pub const REVOKE: &str = "1";
/// The one of a document that takes the place of another.
pub const REPLACE: &str = "3";
/// The status of a receiver that has taken a document back.
const TAKEN_BACK: &str = "13";

impl Standing {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InForce => "in-force",
            Self::Revoked => "revoked",
            Self::Replaced => "replaced",
        }
    }
}

/// A document after all messages about it.
#[derive(Debug)]
pub struct Current<'a> {
    pub letter: &'a Letter,
    pub standing: Standing,
    receipts: Vec<(&'a NaiveDateTime, &'a Receipt)>,
}

impl<'a> Current<'a> {
    /// What `messages`, all of one document and in any order, say together; `None` while the document itself is
    /// not among them.
    #[must_use]
    pub fn of(messages: &'a [Message]) -> Option<Self> {
        let mut in_order: Vec<&Message> = messages.iter().collect();
        in_order.sort_by_key(|message| (message.at, rank(&message.says)));
        Some(Self {
            letter: letter(&in_order)?,
            standing: standing(&in_order),
            receipts: in_order
                .iter()
                .filter_map(|message| receipt(message))
                .collect(),
        })
    }

    /// The latest status by its own time, of one receiver or of any.
    #[must_use]
    pub fn status(&self, of: Option<&str>) -> Option<(&'a NaiveDateTime, &'a Receipt)> {
        let is_of = |receipt: &Receipt| of.is_none_or(|organ| receipt.from == organ);
        let mut latest_first = self.receipts.iter().rev();
        latest_first.find(|(_, receipt)| is_of(receipt)).copied()
    }
}

/// Of the same second: a document comes before what is said of it.
fn rank(says: &Says) -> u8 {
    match says {
        Says::Letter(_) => 0,
        Says::Receipt(_) => 1,
        Says::Ended(_) => 2,
    }
}

/// As the document was last written; a notice that takes it back tells less than the document.
fn letter<'a>(in_order: &[&'a Message]) -> Option<&'a Letter> {
    let letters = in_order
        .iter()
        .rev()
        .filter_map(|message| match &message.says {
            Says::Letter(letter) => Some(&**letter),
            Says::Ended(_) | Says::Receipt(_) => None,
        });
    let mut latest_first = letters.clone().filter(|letter| letter.business != REVOKE);
    latest_first.next().or_else(|| letters.clone().next())
}

fn standing(in_order: &[&Message]) -> Standing {
    let told = |message: &&Message| match &message.says {
        Says::Letter(letter) if letter.business == REVOKE => Some(Standing::Revoked),
        Says::Letter(_) => Some(Standing::InForce),
        Says::Ended(standing) => Some(*standing),
        Says::Receipt(receipt) => (receipt.code == TAKEN_BACK).then_some(Standing::Revoked),
    };
    in_order
        .iter()
        .filter_map(told)
        .next_back()
        .unwrap_or(Standing::InForce)
}

fn receipt(message: &Message) -> Option<(&NaiveDateTime, &Receipt)> {
    match &message.says {
        Says::Receipt(receipt) => Some((&message.at, receipt)),
        Says::Letter(_) | Says::Ended(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: u32, says: Says) -> Message {
        let day = chrono::NaiveDate::from_ymd_opt(2020, 6, 1).unwrap();
        Message {
            document: DocumentId::parse("H26.23,2020/06/01,15/UBND-VP"),
            at: day.and_hms_opt(hour, 0, 0).unwrap(),
            says,
        }
    }

    fn letter(business: &str, number: &str) -> Says {
        Says::Letter(Box::new(Letter {
            business: business.to_owned(),
            number: number.to_owned(),
            ..Letter::default()
        }))
    }

    fn receipt(from: &str, code: &str) -> Says {
        Says::Receipt(Receipt {
            from: from.to_owned(),
            code: code.to_owned(),
        })
    }

    #[test]
    fn messages_in_any_order_say_the_same() {
        for (messages, standing, number, status, why) in [
            (
                vec![at(8, letter("0", "1"))],
                Standing::InForce,
                "1",
                None,
                "a document alone",
            ),
            (
                vec![
                    at(10, receipt("A", "06")),
                    at(9, receipt("A", "03")),
                    at(8, letter("0", "1")),
                ],
                Standing::InForce,
                "1",
                Some("06"),
                "the latest status by its time, not by its coming",
            ),
            (
                vec![at(9, letter("1", "")), at(8, letter("0", "1"))],
                Standing::Revoked,
                "1",
                None,
                "taken back; what it was is kept",
            ),
            (
                vec![
                    at(8, letter("0", "1")),
                    at(9, letter("1", "")),
                    at(10, letter("2", "2")),
                ],
                Standing::InForce,
                "2",
                None,
                "written anew after it was taken back",
            ),
            (
                vec![
                    at(8, letter("0", "1")),
                    at(8, Says::Ended(Standing::Replaced)),
                ],
                Standing::Replaced,
                "1",
                None,
                "replaced by another in the same second",
            ),
            (
                vec![at(8, letter("0", "1")), at(9, receipt("A", "13"))],
                Standing::Revoked,
                "1",
                Some("13"),
                "a receiver says that it took it back",
            ),
            (
                vec![at(8, letter("1", "1"))],
                Standing::Revoked,
                "1",
                None,
                "nothing but the notice that takes it back",
            ),
        ] {
            for messages in [messages.clone(), messages.into_iter().rev().collect()] {
                let current = Current::of(&messages).unwrap();
                let said = current
                    .status(None)
                    .map(|(_, receipt)| receipt.code.as_str());
                assert_eq!(
                    (current.standing, current.letter.number.as_str(), said),
                    (standing, number, status),
                    "{why}"
                );
            }
        }
    }

    #[test]
    fn a_status_waits_for_its_document_and_belongs_to_its_receiver() {
        let mut messages = vec![at(10, receipt("A", "03")), at(9, receipt("B", "01"))];
        assert!(
            Current::of(&messages).is_none(),
            "the document is not known yet"
        );
        messages.push(at(8, letter("0", "1")));
        let current = Current::of(&messages).unwrap();
        let code = |of| current.status(of).map(|(_, receipt)| receipt.code.as_str());
        assert_eq!(
            (code(Some("B")), code(Some("C")), code(None)),
            (Some("01"), None, Some("03"))
        );
    }
}
