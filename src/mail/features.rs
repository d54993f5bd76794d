//! What a relay says of itself in answer to EHLO, as far as it matters here.
//!
//! Owns: SIZE, DSN, PIPELINING; the parameters of MAIL and RCPT that follow from them.
//! Never: asking (`relay.rs`).
//! Reads next: `relay.rs`.

use lettre::transport::smtp::extension::{MailParameter, RcptParameter};
use lettre::transport::smtp::response::Response;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// It knows sizes; it may state none that is too large.
    takes_size: bool,
    pub largest: Option<u64>,
    dsn: bool,
    /// It takes several commands at once.
    pub pipelining: bool,
}

impl Features {
    pub fn of(answer: &Response) -> Self {
        Self::read(answer.message())
    }

    fn read<'a>(lines: impl Iterator<Item = &'a str>) -> Self {
        let mut features = Self::default();
        for line in lines.skip(1) {
            let mut words = line.split_ascii_whitespace();
            match words.next().unwrap_or_default().to_uppercase().as_str() {
                "SIZE" => {
                    features.takes_size = true;
                    let stated = words.next().and_then(|word| word.parse().ok());
                    // 0 is how a relay says that it has no limit.
                    features.largest = stated.filter(|size| *size > 0);
                }
                "DSN" => features.dsn = true,
                "PIPELINING" => features.pipelining = true,
                _ => {}
            }
        }
        features
    }

    /// With MAIL: how large the message is; that a notice needs its head only, and under which name it is about it.
    pub fn of_sender(&self, size: usize, message_id: &str) -> Vec<MailParameter> {
        let mut parameters = Vec::new();
        if self.takes_size {
            parameters.push(MailParameter::Size(size));
        }
        // An ENVID has at most a hundred characters.
        if self.dsn && message_id.len() <= 100 {
            parameters.push(other("RET", "HDRS"));
            parameters.push(other("ENVID", message_id));
        }
        parameters
    }

    /// With RCPT: a notice of failure and of delay, none of success.
    pub fn of_recipient(&self) -> Vec<RcptParameter> {
        let notify = || RcptParameter::Other {
            keyword: "NOTIFY".to_owned(),
            value: Some("FAILURE,DELAY".to_owned()),
        };
        self.dsn.then(notify).into_iter().collect()
    }
}

fn other(keyword: &str, value: &str) -> MailParameter {
    MailParameter::Other {
        keyword: keyword.to_owned(),
        value: Some(value.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(lines: &[&str]) -> Features {
        Features::read(std::iter::once("relay.example").chain(lines.iter().copied()))
    }

    fn said(parameters: &[impl ToString]) -> Vec<String> {
        parameters.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_a_relay_states_is_what_it_is_told() {
        let nothing: [&str; 0] = [];
        for (lines, largest, mail, rcpt) in [
            (&["8BITMIME"][..], None, &nothing[..], &nothing[..]),
            (&["SIZE 1000"], Some(1000), &["SIZE=7"], &nothing),
            (&["size 0"], None, &["SIZE=7"], &nothing),
            (&["SIZE"], None, &["SIZE=7"], &nothing),
            (
                &["DSN"],
                None,
                &["RET=HDRS", "ENVID=3f2a@longbien.example"],
                &["NOTIFY=FAILURE,DELAY"],
            ),
        ] {
            let features = features(lines);
            assert_eq!(features.largest, largest, "{lines:?}");
            let of_sender = features.of_sender(7, "3f2a@longbien.example");
            assert_eq!(said(&of_sender), mail, "{lines:?}");
            assert_eq!(said(&features.of_recipient()), rcpt, "{lines:?}");
        }
    }

    #[test]
    fn several_commands_at_once_are_for_those_who_offer_it() {
        assert!(features(&["8BITMIME", "pipelining"]).pipelining);
        assert!(!features(&["8BITMIME", "SIZE 1000"]).pipelining);
    }

    #[test]
    fn the_name_of_a_relay_is_no_extension() {
        assert_eq!(Features::read(["DSN"].into_iter()), Features::default());
    }
}
