//! Which texts come together, and when: a function of seed and epoch alone.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore as _;
use rand_chacha::rand_core::SeedableRng as _;

/// Texts are sorted by length within so many batches: alike in length, yet never the same company twice.
const BATCHES_SORTED: usize = 16;

/// Numbers of the stream that a random choice is drawn from: apart for each purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The order of an epoch.
    Order,
    /// Noise of a step.
    Noise,
}

/// A generator for a purpose at some time of the training, the same whatever was drawn before: so that a resumed training
/// goes on as if it had not been interrupted.
pub(super) fn generator(seed: u64, purpose: Purpose, time: usize) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let purpose = match purpose {
        Purpose::Order => 1,
        Purpose::Noise => 2,
    };
    generator.set_stream(((time as u64) << 2) | purpose);
    generator
}

/// The batches of an epoch: every text once, numbers of texts. Shape: `lengths` `[texts]`.
pub(super) fn batches(lengths: &[usize], size: usize, (seed, epoch): (u64, usize)) -> Vec<Vec<usize>> {
    let mut generator = generator(seed, Purpose::Order, epoch);
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    shuffle(&mut order, &mut generator);
    let mut batches = Vec::new();
    for window in order.chunks_mut(size * BATCHES_SORTED) {
        window.sort_by_key(|&text| lengths[text]);
        batches.extend(window.chunks(size).map(<[usize]>::to_vec));
    }
    shuffle(&mut batches, &mut generator);
    batches
}

/// Source: Durstenfeld 1964, "Algorithm 235: Random permutation".
pub(super) fn shuffle<T>(items: &mut [T], generator: &mut ChaCha8Rng) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(last + 1, generator));
    }
}

/// A whole number below `count`, which is not 0; all of them as likely within 2^-64 of each other.
pub(super) fn below(count: usize, generator: &mut ChaCha8Rng) -> usize {
    let drawn = u128::from(generator.next_u64()) * count as u128;
    usize::try_from(drawn >> 64).unwrap_or(0)
}

/// A number from 0 up to but not including 1, with 53 random bits.
pub(super) fn uniform(generator: &mut ChaCha8Rng) -> f64 {
    (generator.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_once_an_epoch_beside_texts_of_its_length() {
        let lengths: Vec<usize> = (0..1000).map(|text| 5 + text * 7919 % 60).collect();
        let found = batches(&lengths, 8, (3, 0));
        let mut all: Vec<usize> = found.concat();
        all.sort_unstable();
        assert_eq!(all, (0..1000).collect::<Vec<_>>(), "every text once");
        let spread: usize = found
            .iter()
            .map(|batch| {
                let of = || batch.iter().map(|&text| lengths[text]);
                of().max().unwrap() - of().min().unwrap()
            })
            .sum();
        assert!(spread / found.len() < 8, "mean spread within a batch: {}", spread / found.len());
        assert_eq!(batches(&lengths, 8, (3, 0)), found, "the same seed and epoch");
        assert_ne!(batches(&lengths, 8, (3, 1)), found, "another epoch");
    }

    #[test]
    fn draws_depend_on_seed_purpose_and_time_alone() {
        let draw = |seed, purpose, time| uniform(&mut generator(seed, purpose, time));
        let all = [
            draw(1, Purpose::Noise, 0),
            draw(1, Purpose::Noise, 1),
            draw(1, Purpose::Order, 0),
            draw(2, Purpose::Noise, 0),
        ];
        for (index, one) in all.iter().enumerate() {
            assert!((0.0..1.0).contains(one), "{one}");
            assert!(all[..index].iter().all(|other| other != one), "all of them differ: {all:?}");
        }
        assert_eq!(draw(1, Purpose::Noise, 0), all[0], "again");
    }
}
