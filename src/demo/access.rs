//! Tokens: client credentials against a bearer token that expires in real time.
//!
//! Owns: which tokens are valid.
//! Never: the city's simulated day: an expiry is a matter of the machine.
//! Reads next: `routes.rs`.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use secrecy::{ExposeSecret, SecretString};

pub struct Access {
    id: String,
    secret: SecretString,
    issued: Mutex<Issued>,
}

struct Issued {
    lifetime: Duration,
    count: u64,
    until: HashMap<String, Instant>,
}

impl Access {
    pub fn new(id: &str, secret: SecretString) -> Self {
        let issued = Issued {
            lifetime: Duration::from_hours(1),
            count: 0,
            until: HashMap::new(),
        };
        Self {
            id: id.to_owned(),
            secret,
            issued: Mutex::new(issued),
        }
    }

    /// For tokens issued from now on.
    pub fn set_lifetime(&self, lifetime: Duration) {
        self.with(|issued| issued.lifetime = lifetime);
    }

    /// A new token and its lifetime, if the Basic credentials are right.
    pub fn issue(&self, headers: &HeaderMap) -> Option<(String, Duration)> {
        let given = credentials(headers, "Basic ")?;
        let pair = format!("{}:{}", self.id, self.secret.expose_secret());
        (given == base64(pair.as_bytes())).then(|| self.with(Issued::issue))
    }

    pub fn allows(&self, headers: &HeaderMap) -> bool {
        let token = credentials(headers, "Bearer ");
        token.is_some_and(|token| {
            self.with(|issued| {
                issued
                    .until
                    .get(token)
                    .is_some_and(|until| Instant::now() < *until)
            })
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Issued) -> T) -> T {
        act(&mut self.issued.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Issued {
    fn issue(&mut self) -> (String, Duration) {
        let now = Instant::now();
        self.until.retain(|_, until| now < *until);
        self.count += 1;
        let token = format!("simulated-{:08}", self.count);
        self.until.insert(token.clone(), now + self.lifetime);
        (token, self.lifetime)
    }
}

fn credentials<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    headers
        .get(AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix(scheme)
}

/// RFC 4648 section 4, with padding.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |chunk: &[u8]| {
        let bits = chunk
            .iter()
            .chain([0, 0].iter())
            .take(3)
            .fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        let letter = move |place: usize| match place <= chunk.len() {
            true => char::from(ALPHABET[bits >> (18 - 6 * place) & 63]),
            false => '=',
        };
        [letter(0), letter(1), letter(2), letter(3)]
    };
    bytes.chunks(3).flat_map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_agrees_with_the_vectors_of_the_rfc() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }
}
