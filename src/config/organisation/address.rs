//! Mail addresses.
//!
//! Owns: what an address is, and that it prints masked.
//! Never: whose it is, whether it may be written to.
//! Reads next: `read.rs`.

use std::fmt;

/// A mail address; prints masked, the full value through `full` only.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(String);

#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a mail address")]
pub struct NotAnAddress(Address);

impl Address {
    /// An address read before, from the outbox; text of a file goes through [`Address::parse`].
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// `name@domain.example`, in ASCII.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn parse(text: &str) -> Result<Self, NotAnAddress> {
        let name_fits = |name: &str| {
            let allowed = |c: char| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
            !name.is_empty()
                && name.len() <= 64
                && name.chars().all(allowed)
                && name.split('.').all(|part| !part.is_empty())
        };
        let label_fits = |label: &str| {
            let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
            !label.is_empty()
                && label.chars().all(allowed)
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        match text.rsplit_once('@') {
            Some((name, domain))
                if name_fits(name) && domain.contains('.') && domain.split('.').all(label_fits) =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => Err(NotAnAddress(Self(text.to_owned()))),
        }
    }

    /// The part after `@`, in lower case.
    #[must_use]
    pub fn domain(&self) -> String {
        self.0
            .rsplit_once('@')
            .map_or("", |(_, domain)| domain)
            .to_lowercase()
    }

    /// The address itself, for the envelope and the outbox.
    #[must_use]
    pub fn full(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, domain) = self.0.split_once('@').unwrap_or((&self.0, ""));
        let first: String = name.chars().take(1).collect();
        write!(f, "{first}…@{domain}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_and_print_masked() {
        let cases = [
            ("chutich.ngocthuy@longbien.example", true),
            ("a@b", false),
            ("a b@c.example", false),
            ("chủtịch@c.example", false),
            ("a@c.example\r\nBcc: x@y.example", false),
            (".a@c.example", false),
            ("a@-c.example", false),
            ("a@@c.example", false),
            ("@c.example", false),
        ];
        for (text, accepted) in cases {
            assert_eq!(Address::parse(text).is_ok(), accepted, "{text}");
        }
        let address = Address::parse("chutich@LongBien.example").unwrap();
        assert_eq!(
            format!("{address} {address:?}"),
            "c…@LongBien.example c…@LongBien.example"
        );
        assert_eq!(address.domain(), "longbien.example");
    }
}
