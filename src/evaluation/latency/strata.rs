//! Texts by length: four parts of equal size, from the shortest to the longest.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore as _;
use rand_chacha::rand_core::SeedableRng as _;

use crate::evaluation::Prepared;
use crate::input::Sequence;
use crate::latency::Case;
use crate::latency::CaseKind;

/// Parts; fewer where there are fewer texts.
const STRATA: usize = 4;
/// Texts timed for a part at most.
const MOST_TEXTS: usize = 8;
/// Multiply-accumulates of one dense pass over the sample, roughly: a tenth of a second on two cores.
const MACS_OF_A_PASS: u64 = 4_000_000_000;

/// Texts of similar length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stratum {
    /// Tokens of the shortest text.
    pub from: usize,
    /// Tokens of the longest text.
    pub to: usize,
    /// Texts in it.
    pub texts: usize,
    /// Of these, timed as one batch.
    pub timed: usize,
}

/// All items of a data set by length.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Strata {
    /// Stratum of each item.
    pub(super) of_item: Vec<usize>,
    /// Items of each stratum, shortest first.
    members: Vec<Vec<usize>>,
}

impl Strata {
    /// Divides the items; equal lengths may fall into two strata.
    pub(super) fn of(lengths: &[usize]) -> Self {
        let mut order: Vec<usize> = (0..lengths.len()).collect();
        order.sort_by_key(|&item| lengths[item]);
        let count = STRATA.min(order.len());
        let end = |stratum: usize| stratum * order.len() / count;
        let members: Vec<Vec<usize>> =
            (0..count).map(|stratum| order[end(stratum)..end(stratum + 1)].to_vec()).collect();
        let mut of_item = vec![0; lengths.len()];
        for (stratum, items) in members.iter().enumerate() {
            for &item in items {
                of_item[item] = stratum;
            }
        }
        Self { of_item, members }
    }

    /// Number of items in a stratum.
    pub(super) fn size(&self, stratum: usize) -> usize {
        self.members[stratum].len()
    }

    /// Some items of each stratum, chosen with the seed; how many depends on what the model computes for them, not on any
    /// clock.
    pub(super) fn sample(&self, prepared: &Prepared, seed: u64) -> Vec<(Stratum, Vec<usize>)> {
        let macs_of = |items: &Vec<usize>| {
            let all: u64 = items.iter().map(|&item| prepared.dense_macs(item)).sum();
            all / items.len().max(1) as u64
        };
        let of_one_each: u64 = self.members.iter().map(macs_of).sum();
        let fitting = usize::try_from(MACS_OF_A_PASS / of_one_each.max(1)).unwrap_or(MOST_TEXTS);
        let batch = fitting.clamp(1, MOST_TEXTS);
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        let take = |items: &Vec<usize>| {
            let chosen = choose(items, batch, &mut generator);
            let length = |item: Option<&usize>| item.map_or(0, |&item| prepared.tokens(item));
            let (from, to) = (length(items.first()), length(items.last()));
            (Stratum { from, to, texts: items.len(), timed: chosen.len() }, chosen)
        };
        self.members.iter().map(take).collect()
    }
}

impl Stratum {
    /// A batch of its texts.
    pub(super) fn case(&self, texts: Vec<Sequence>) -> Case {
        let Self { from, to, texts: all, .. } = *self;
        Case { kind: CaseKind::Bucket { batch: texts.len(), from, to, texts: all }, batches: vec![texts] }
    }
}

/// `count` of the items, each set of them equally likely, in their order.
fn choose(items: &[usize], count: usize, generator: &mut ChaCha8Rng) -> Vec<usize> {
    let mut chosen = Vec::with_capacity(count);
    for (index, &item) in items.iter().enumerate() {
        let (wanted, left) = ((count - chosen.len()) as u64, (items.len() - index) as u64);
        // Of `left` items `wanted` are still to be taken.
        if generator.next_u64() % left < wanted {
            chosen.push(item);
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strata_go_from_short_to_long_and_hold_every_item_once() {
        let strata = Strata::of(&[9, 3, 7, 1, 5, 8, 2, 6, 4]);
        // Sorted by length: items 3, 6, 1 | 8 ... in parts of 2, 2, 2 and 3.
        assert_eq!(strata.members, [vec![3, 6], vec![1, 8], vec![4, 7], vec![2, 5, 0]], "by length");
        assert_eq!(strata.of_item, [3, 1, 3, 0, 2, 3, 0, 2, 1], "the stratum of each item");
        assert_eq!(Strata::of(&[5, 5]).members, [vec![0], vec![1]], "no more strata than items");
        assert_eq!(Strata::of(&[]).members.len(), 0, "nothing to divide");
    }

    #[test]
    fn chosen_items_are_a_seeded_sample_in_order() {
        let items: Vec<usize> = (10..40).collect();
        let choose = |seed: u64| choose(&items, 7, &mut ChaCha8Rng::seed_from_u64(seed));
        assert_eq!(choose(1), choose(1), "the same seed");
        assert_ne!(choose(1), choose(2), "another seed");
        for seed in 0..50 {
            let chosen = choose(seed);
            assert_eq!(chosen.len(), 7, "as many as asked for");
            assert!(chosen.windows(2).all(|pair| pair[0] < pair[1]), "none twice: {chosen:?}");
        }
        let times = |item: usize| (0..2000).filter(|&seed| choose(seed).contains(&item)).count();
        // 2000 * 7 / 30 = 467, standard deviation 19.
        assert!([10, 25, 39].iter().all(|&item| (380..=550).contains(&times(item))), "first, middle and last alike");
    }
}
