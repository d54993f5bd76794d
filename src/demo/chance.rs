//! Repeatable randomness: the same seed tells the same story on every machine.
//!
//! Owns: a splitmix64 sequence and the few draws made from it.
//! Never: the system's randomness.
//! Reads next: `stories.rs`.

/// A sequence of draws.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits (splitmix64, public domain, Vigna 2015).
    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// In `0..count`; 0 where `count` is 0.
    pub fn below(&mut self, count: usize) -> usize {
        let drawn = (self.draw() >> 32) * count as u64;
        (drawn >> 32) as usize
    }

    /// In `low..=high`; `low` where the range is empty.
    pub fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below((high + 1).saturating_sub(low))
    }

    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_stay_inside_their_range_and_reach_both_ends() {
        let mut chance = Chance::new(1);
        let drawn: Vec<usize> = (0..2000).map(|_| chance.between(3, 9)).collect();
        assert_eq!(drawn.iter().min(), Some(&3));
        assert_eq!(drawn.iter().max(), Some(&9));
        assert_eq!(chance.between(5, 4), 5);
    }
}
