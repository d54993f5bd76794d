//! What a relay said or how it failed, and what that means for the message.
//!
//! Owns: the step at which a conversation failed; masking addresses in a relay's words.
//! Never: talking to a relay.
//! Reads next: `relay.rs`.

use std::error::Error as _;
use std::fmt;
use std::time::Duration;

use lettre::transport::smtp::response::Response;

use super::transport::Outcome;

/// A part of the conversation, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Connect,
    Greet,
    Encrypt,
    SignIn,
    Reset,
    Sender,
    Recipient,
    Data,
    EndOfData,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting",
            Self::Greet => "greeting",
            Self::Encrypt => "encrypting",
            Self::SignIn => "signing in",
            Self::Reset => "RSET",
            Self::Sender => "MAIL",
            Self::Recipient => "RCPT",
            Self::Data => "DATA",
            Self::EndOfData => "end of data",
        })
    }
}

/// A step that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    step: Step,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// The relay answered with 4xx or 5xx.
    Refused {
        code: u16,
        text: String,
    },
    Timeout(Duration),
    /// The connection ended or its words made no sense.
    Broken(String),
}

/// Replies about the session (not signed in, not encrypted), though they come in answer to a command
/// about the message: an alert must not be lost because a password ran out.
const ABOUT_THE_SESSION: [u16; 4] = [530, 534, 535, 538];

impl Failure {
    #[must_use]
    pub fn timeout(step: Step, limit: Duration) -> Self {
        Self {
            step,
            kind: Kind::Timeout(limit),
        }
    }

    #[must_use]
    pub fn broken(step: Step, reason: &impl fmt::Display) -> Self {
        Self {
            step,
            kind: Kind::Broken(masked(&reason.to_string())),
        }
    }

    /// A failed handshake. rustls refuses what `openssl req -x509` makes unless told otherwise; say so.
    #[must_use]
    pub fn encryption(reason: &impl fmt::Display) -> Self {
        let reason = reason.to_string();
        let hint = if reason.contains("CaUsedAsEndEntity") {
            ": the relay shows a certificate authority's own certificate; give it one with CA:FALSE"
        } else {
            ""
        };
        Self::broken(Step::Encrypt, &format!("{reason}{hint}"))
    }

    #[must_use]
    pub fn unexpected(step: Step, reply: &Response) -> Self {
        Self::broken(step, &format!("unexpected reply {}", spoken(reply)))
    }

    #[must_use]
    pub fn from_lettre(step: Step, error: &lettre::transport::smtp::Error) -> Self {
        let Some(code) = error.status() else {
            return match step {
                Step::Encrypt => Self::encryption(error),
                _ => Self::broken(step, error),
            };
        };
        let text = error.source().map(ToString::to_string).unwrap_or_default();
        Self {
            step,
            kind: Kind::Refused {
                code: code.into(),
                text: masked(&text),
            },
        }
    }

    /// Whether the next message may use the same connection.
    #[must_use]
    pub fn leaves_connection_usable(&self) -> bool {
        matches!(self.kind, Kind::Refused { code, .. } if code != 421)
    }

    /// Whether a kept connection had ended before anything was said of a message.
    #[must_use]
    pub fn says_line_was_gone(&self) -> bool {
        let ended = matches!(self.kind, Kind::Broken(_) | Kind::Refused { code: 421, .. });
        self.step == Step::Sender && ended
    }

    /// Whether a smaller message might pass.
    #[must_use]
    pub fn is_about_size(&self) -> bool {
        matches!(self.kind, Kind::Refused { code: 552, .. })
    }

    /// Whether no message at all would pass now.
    fn is_about_the_relay(&self) -> bool {
        match (self.step, &self.kind) {
            (Step::Connect | Step::Greet | Step::Encrypt | Step::SignIn | Step::Reset, _) => true,
            (_, Kind::Refused { code: 421, .. }) => true,
            (Step::Sender, Kind::Refused { code, .. }) => ABOUT_THE_SESSION.contains(code),
            _ => false,
        }
    }

    /// Nothing was delivered: only a refusal of this very message is final.
    #[must_use]
    pub fn before_the_end_of_data(self) -> Outcome {
        let reply = self.to_string();
        match self.kind {
            _ if self.is_about_the_relay() => Outcome::Down {
                reply,
                at_message: self.is_at_message(),
            },
            Kind::Refused { code, .. } if self.is_final(code) => Outcome::Rejected { reply },
            _ => Outcome::Retry { reply },
        }
    }

    /// The dot may have reached the relay: only an answer tells.
    #[must_use]
    pub fn after_the_end_of_data(self) -> Outcome {
        match self.kind {
            Kind::Refused { .. } => self.before_the_end_of_data(),
            Kind::Timeout(_) | Kind::Broken(_) => Outcome::Ambiguous {
                reply: self.to_string(),
            },
        }
    }

    fn is_at_message(&self) -> bool {
        matches!(
            self.step,
            Step::Sender | Step::Recipient | Step::Data | Step::EndOfData
        )
    }

    fn is_final(&self, code: u16) -> bool {
        self.is_at_message() && code >= 500 && !ABOUT_THE_SESSION.contains(&code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Refused { code, text } => write!(f, "{code} {text} ({})", self.step),
            Kind::Timeout(limit) => write!(
                f,
                "no answer within {} s ({})",
                limit.as_secs_f64(),
                self.step
            ),
            Kind::Broken(reason) => write!(f, "{reason} ({})", self.step),
        }
    }
}

impl std::error::Error for Failure {}

/// A reply as one line, addresses masked.
#[must_use]
pub fn spoken(reply: &Response) -> String {
    let text: Vec<&str> = reply.message().collect();
    masked(&format!("{} {}", u16::from(reply.code()), text.join(" ")))
}

/// Relays repeat addresses: keep the first letter and the domain.
pub fn masked(text: &str) -> String {
    let bounds = |c: char| c.is_whitespace() || "<>\"(),;:".contains(c);
    text.split_inclusive(bounds)
        .map(|piece| match piece.split_once('@') {
            Some((name, domain)) => {
                format!("{}…@{domain}", name.chars().next().unwrap_or_default())
            }
            None => piece.to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(step: Step, code: u16) -> Failure {
        Failure {
            step,
            kind: Kind::Refused {
                code,
                text: "x".into(),
            },
        }
    }

    #[test]
    fn what_a_failure_means_for_the_message() {
        let late = Duration::from_secs(30);
        let broken = |step| Failure::broken(step, &"reset by peer");
        for (says, outcome, kind) in [
            (
                "4xx for the recipient is tried again",
                refused(Step::Recipient, 450).before_the_end_of_data(),
                "retry",
            ),
            (
                "5xx for the recipient is final",
                refused(Step::Recipient, 550).before_the_end_of_data(),
                "rejected",
            ),
            (
                "5xx for the message is final",
                refused(Step::EndOfData, 554).after_the_end_of_data(),
                "rejected",
            ),
            (
                "4xx for the message is tried again",
                refused(Step::EndOfData, 451).after_the_end_of_data(),
                "retry",
            ),
            (
                "a refused greeting is not about the message",
                refused(Step::Greet, 554).before_the_end_of_data(),
                "down",
            ),
            (
                "a wrong password is not about the message",
                refused(Step::SignIn, 535).before_the_end_of_data(),
                "down",
            ),
            (
                "a missing sign-in is not about the message",
                refused(Step::Sender, 530).before_the_end_of_data(),
                "down",
            ),
            (
                "but after a recipient it may be about that one",
                refused(Step::Recipient, 530).before_the_end_of_data(),
                "retry",
            ),
            (
                "a relay that closes is away for every message",
                refused(Step::Recipient, 421).before_the_end_of_data(),
                "down",
            ),
            (
                "also in answer to the end of data: it has not taken it",
                refused(Step::EndOfData, 421).after_the_end_of_data(),
                "down",
            ),
            (
                "nobody there",
                broken(Step::Connect).before_the_end_of_data(),
                "down",
            ),
            (
                "silence before the end of data",
                Failure::timeout(Step::Data, late).before_the_end_of_data(),
                "retry",
            ),
            (
                "silence after the end of data",
                Failure::timeout(Step::EndOfData, late).after_the_end_of_data(),
                "ambiguous",
            ),
            (
                "a drop after the end of data",
                broken(Step::EndOfData).after_the_end_of_data(),
                "ambiguous",
            ),
        ] {
            let found = match outcome {
                Outcome::Accepted { .. } => "accepted",
                Outcome::Retry { .. } => "retry",
                Outcome::Rejected { .. } => "rejected",
                Outcome::Ambiguous { .. } => "ambiguous",
                Outcome::Down { .. } => "down",
            };
            assert_eq!(found, kind, "{says}");
        }
    }

    #[test]
    fn a_relay_that_repeats_an_address_does_not_put_it_into_our_log() {
        for (said, kept) in [
            (
                "5.1.1 <chu.tich@longbien.example>: unknown",
                "5.1.1 <c…@longbien.example>: unknown",
            ),
            (
                "no such user chu.tich@longbien.example",
                "no such user c…@longbien.example",
            ),
            ("2.0.0 Ok: queued as 4F2A", "2.0.0 Ok: queued as 4F2A"),
        ] {
            assert_eq!(masked(said), kept);
        }
    }

    #[test]
    fn a_failure_says_its_step() {
        assert_eq!(
            Failure::timeout(Step::SignIn, Duration::from_secs(30)).to_string(),
            "no answer within 30 s (signing in)"
        );
        assert_eq!(refused(Step::Recipient, 550).to_string(), "550 x (RCPT)");
    }
}
