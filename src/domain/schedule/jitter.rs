//! A delay of its own for every run, so that many jobs of one minute do not all begin at once.
//!
//! Owns: how long it is: the same in every process, after every restart and on every machine.
//! Never: what a run is scheduled for.
//! Reads next: `timing.rs`.

use chrono::{DateTime, TimeDelta, Utc};

/// Delays of a job's runs, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jitter {
    job: String,
    most: TimeDelta,
}

impl Jitter {
    /// Delays shorter than `most`.
    #[must_use]
    pub fn new(job: &str, most: TimeDelta) -> Self {
        Self {
            job: job.to_owned(),
            most,
        }
    }

    #[must_use]
    pub fn most(&self) -> TimeDelta {
        self.most
    }

    /// Whole seconds, shorter than both `most` and `gap`: the time until the next occurrence, which it never reaches.
    pub(super) fn delay(&self, at: DateTime<Utc>, gap: Option<TimeDelta>) -> TimeDelta {
        let bound = gap.map_or(self.most, |gap| gap.min(self.most));
        match u64::try_from(bound.num_seconds()) {
            Ok(seconds @ 1..) => {
                let delay = hash(&self.job, at) % seconds;
                TimeDelta::seconds(i64::try_from(delay).unwrap_or(0))
            }
            _ => TimeDelta::zero(),
        }
    }
}

/// FNV-1a over name and second, its bits mixed once more (the finish of SplitMix64): near seconds go far apart. The
/// standard library's hash may change between versions.
fn hash(job: &str, at: DateTime<Utc>) -> u64 {
    let bytes = job.bytes().chain(at.timestamp().to_be_bytes());
    let fnv = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mixed = (fnv ^ (fnv >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_590_971_400 + 86_400 * number, 0).unwrap()
    }

    #[test]
    fn a_delay_is_the_same_in_every_version_and_process() {
        let jitter = Jitter::new("weekly-digest", TimeDelta::minutes(10));
        let delays: Vec<i64> = (0..4)
            .map(|number| jitter.delay(day(number), None).num_seconds())
            .collect();
        assert_eq!(delays, [132, 32, 148, 449]);
        assert_ne!(
            jitter.delay(day(0), None),
            Jitter::new("overdue-alerts", TimeDelta::minutes(10)).delay(day(0), None)
        );
    }

    #[test]
    fn delays_are_spread_evenly_below_their_bound() {
        let jitter = Jitter::new("pull-city", TimeDelta::seconds(10));
        let mut seen = [0_u32; 10];
        for number in 0..10_000 {
            seen[jitter.delay(day(number), None).num_seconds() as usize] += 1;
        }
        assert!(
            seen.iter().all(|count| (850..1150).contains(count)),
            "{seen:?}"
        );
    }

    #[test]
    fn a_delay_never_reaches_the_next_occurrence() {
        let jitter = Jitter::new("pull-city", TimeDelta::minutes(10));
        for number in 0..1_000 {
            let delay = jitter.delay(day(number), Some(TimeDelta::seconds(7)));
            assert!(
                (0..7).contains(&delay.num_seconds()),
                "{delay} on day {number}"
            );
        }
        assert_eq!(
            jitter.delay(day(0), Some(TimeDelta::seconds(1))),
            TimeDelta::zero()
        );
    }
}
