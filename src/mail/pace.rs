//! How fast messages may follow each other.
//!
//! Owns: so many a minute, evenly: a burst is what relays punish.
//! Never: a time of day; it measures what has passed.
//! Reads next: `transport.rs`.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use governor::{DefaultDirectRateLimiter, Quota};

/// Clones share it.
#[derive(Clone)]
pub struct Pace {
    a_minute: NonZeroU32,
    limiter: Arc<DefaultDirectRateLimiter>,
}

impl fmt::Debug for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} a minute", self.a_minute)
    }
}

impl Pace {
    #[must_use]
    pub fn of(a_minute: NonZeroU32) -> Self {
        let quota = Quota::per_minute(a_minute).allow_burst(NonZeroU32::MIN);
        Self {
            a_minute,
            limiter: Arc::new(DefaultDirectRateLimiter::direct(quota)),
        }
    }

    /// Whether a message may go now; then it counts as gone.
    #[must_use]
    pub fn may_go(&self) -> bool {
        self.limiter.check().is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_follow_each_other_evenly() {
        let pace = Pace::of(NonZeroU32::MIN.saturating_add(59));
        assert!(pace.may_go());
        assert!(!pace.may_go(), "not two in the same second");
        assert!(!pace.clone().may_go(), "whoever asks");
    }
}
