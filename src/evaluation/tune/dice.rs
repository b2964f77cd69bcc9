//! Random numbers of a search: one stream a generation, so that what a generation tries depends on nothing but the seed and
//! what was measured before.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore as _;
use rand_chacha::rand_core::SeedableRng as _;

/// A seeded stream.
pub(super) struct Dice {
    generator: ChaCha8Rng,
}

impl Dice {
    pub(super) fn new(seed: u64, generation: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(generation);
        Self { generator }
    }

    /// From 0 up to but not including 1.
    pub(super) fn uniform(&mut self) -> f64 {
        (self.generator.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From one number to another.
    pub(super) fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.uniform()
    }

    /// A number below `count`; 0 where there is none.
    pub(super) fn below(&mut self, count: usize) -> usize {
        let wide = u128::from(self.generator.next_u64()) * count as u128;
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    /// Whether something of this probability happens.
    pub(super) fn happens(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// One of these.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }
}
