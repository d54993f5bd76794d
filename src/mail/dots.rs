//! A message as it goes over the wire.
//!
//! Owns: dots at the beginning of a line doubled, and the line with the single dot behind it (RFC 5321 §4.5.2).
//! Never: changing anything else of a message.
//! Reads next: `relay.rs`.

use std::fmt::{self, Display, Write as _};

const LINE_END: &str = "\r\n";

/// A message and its end. The library would do this byte by byte, which costs more than sending.
pub struct Ended<'m>(pub &'m str);

impl Display for Ended<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = self.0;
        let mut written = 0;
        for (at, _) in message.match_indices('.') {
            if at == 0 || message[..at].ends_with(LINE_END) {
                f.write_str(&message[written..at])?;
                f.write_char('.')?;
                written = at;
            }
        }
        f.write_str(&message[written..])?;
        if !message.ends_with(LINE_END) {
            f.write_str(LINE_END)?;
        }
        f.write_str(".\r\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_message_keeps_its_lines_and_gets_its_end() {
        for (message, on_the_wire, why) in [
            ("", "\r\n.\r\n", "nothing"),
            ("a\r\n", "a\r\n.\r\n", "a line end stands already"),
            ("a", "a\r\n.\r\n", "and does not"),
            (".", "..\r\n.\r\n", "the first line"),
            (".\r\n.\r\n", "..\r\n..\r\n.\r\n", "each of them"),
            ("a.\r\n\r\n..b", "a.\r\n\r\n...b\r\n.\r\n", "two dots"),
            ("a\n.b\r.c", "a\n.b\r.c\r\n.\r\n", "no line of ours ends so"),
            ("ữ\r\n.ữ", "ữ\r\n..ữ\r\n.\r\n", "letters of several bytes"),
        ] {
            assert_eq!(Ended(message).to_string(), on_the_wire, "{why}");
        }
    }

    /// As the relay reads it: lines up to the single dot, one dot less where a line begins with one.
    fn read(on_the_wire: &str) -> Option<String> {
        let mut message = String::new();
        let mut rest = on_the_wire;
        loop {
            let (line, after) = rest.split_once("\r\n")?;
            if line == "." {
                return after.is_empty().then_some(message);
            }
            message.push_str(line.strip_prefix('.').unwrap_or(line));
            message.push_str("\r\n");
            rest = after;
        }
    }

    proptest! {
        #[test]
        fn the_relay_reads_what_was_written(message in "([.a]|\r\n|\r|\n){0,40}") {
            let whole = if message.ends_with("\r\n") { message.clone() } else { format!("{message}\r\n") };
            prop_assert_eq!(read(&Ended(&message).to_string()), Some(whole));
        }
    }
}
