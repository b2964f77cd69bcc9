//! What a run will take, known before it begins: multiply-accumulates and memory in closed form.

use crate::model::LayerWeights;
use crate::model::Linear;
use crate::model::Model;
use crate::model::layers::attention::LARGEST_BLOCK;
use crate::model::layers::attention::ROWS_PER_THREAD;
use crate::model::layers::linear::LARGEST_SHARE;
use crate::tensor::Evidence;
use crate::tensor::EvidenceSet;
use crate::tensor::EvidenceShape;

/// Work that one text may be in a dense pass, in multiply-accumulates: ten trillion, a few minutes on two cores. The longest
/// texts of the largest encoders that are used (8,192 tokens, 28 layers of 1,024) are 8.6 trillion.
pub const MOST_WORK: u64 = 10_000_000_000_000;

/// What an attention probability takes beside its two products, in multiply-accumulates: small heads spend most of their
/// time there.
const WORK_OF_PROBABILITY: u64 = 64;

impl LayerWeights {
    /// Multiply-accumulates of the products that are really computed: the weights' own sizes times the rows that meet them.
    /// Relative-position terms (`DeBERTa`) are left out, as in the papers' formula.
    #[must_use]
    pub fn macs(&self, rows_attention: usize, rows_feed_forward: usize) -> u64 {
        let projections = [&self.query, &self.key, &self.value, &self.attention_output];
        // Scores and contexts: each of rows^2 pairs meets all heads' widths, which add up to the query width, twice.
        let pairs = product(rows_attention, rows_attention, 2);
        let attention = pairs.saturating_mul(self.query.out_features() as u64);
        attention
            .saturating_add(macs(&projections, rows_attention))
            .saturating_add(macs(&[&self.intermediate, &self.output], rows_feed_forward))
    }
}

/// Multiply-accumulates of these products on so many rows.
#[must_use]
pub fn macs(products: &[&Linear], rows: usize) -> u64 {
    let one = |linear: &&Linear| product(rows, linear.in_features(), linear.out_features());
    products.iter().map(one).fold(0, u64::saturating_add)
}

impl Model {
    /// How long a dense pass over a text takes, in multiply-accumulates: the products, and what attention probabilities
    /// take beside.
    #[must_use]
    pub fn work(&self, tokens: usize) -> u64 {
        let probabilities = self.attention_values(tokens).saturating_mul(WORK_OF_PROBABILITY);
        let layers = self.layers.iter().map(|layer| layer.macs(tokens, tokens).saturating_add(probabilities));
        layers.fold(0, u64::saturating_add)
    }

    /// The longest text that the model reads and that is at most so much work; at least one token.
    #[must_use]
    pub fn longest_within(&self, work: u64) -> usize {
        largest(self.config.max_tokens, |tokens| self.work(tokens) <= work).max(1)
    }

    /// Bytes of main memory that a run over texts of these lengths takes at most at a time, beside the weights and what is
    /// asked to be kept. No more than a few megabytes too low, for what the threads keep for themselves.
    ///
    /// Attention itself works in blocks of queries and grows with the length; whole matrices (`heads * n^2`) are made where
    /// they are asked for, and by candle's kernels. What lies in a GPU's own memory is not counted: its driver says what it
    /// has.
    #[must_use]
    pub fn run_bytes(&self, lengths: &[usize], needs: EvidenceSet) -> u64 {
        let longest = lengths.iter().copied().max().unwrap_or(0);
        let rows = lengths.iter().map(|&length| length as u64).fold(0, u64::saturating_add);
        let whole = lengths.iter().map(|&length| self.attention_values(length)).fold(0, u64::saturating_add);
        let computing = match &self.device {
            None => self.host_values(rows, longest),
            Some(device) if device.is_in_main_memory() => {
                // Logits, what is added to them, their softmax and a copy in order; relative positions are gathered twice.
                let copies = if self.disentangled.is_some() { 8 } else { 4 };
                let attention = if device.fills_up() {
                    self.attention_values(longest).saturating_mul(lengths.len() as u64)
                } else {
                    whole
                };
                let row = self.row_values() + 3 * self.inner_width() as u64;
                attention.saturating_mul(copies).saturating_add(rows.saturating_mul(row))
            }
            Some(_) => 0,
        };
        let threads = rayon::current_num_threads() as u64;
        let hidden = self.config.shape.hidden as u64;
        // Blocks and the matrices that they are put into; then these and, in double precision, the heads' mean of as many
        // texts as are decided on at a time.
        let means = product(longest, longest, 2).saturating_mul(threads.min(lengths.len() as u64));
        let matrices = whole.saturating_add(whole.max(means));
        let of_kind = |kind: Evidence| match kind.shape() {
            EvidenceShape::HeadsQueriesKeys => matrices,
            EvidenceShape::TokensHidden => rows.saturating_mul(hidden),
            EvidenceShape::TokensHeadsHeads => {
                rows.saturating_mul(product(2, self.config.shape.num_heads, self.config.shape.num_heads))
            }
            EvidenceShape::TokensHeadDim => rows.saturating_mul(2 * self.config.shape.head_dim as u64),
            // A number a token, or one a head, is nothing beside its states.
            EvidenceShape::Keys | EvidenceShape::Queries | EvidenceShape::HeadsKeys => 0,
        };
        let values = needs.iter().map(of_kind).fold(computing, u64::saturating_add);
        values.saturating_mul(size_of::<f32>() as u64)
    }

    /// Attention probabilities of a text of this length, all heads of a layer.
    #[must_use]
    pub fn attention_values(&self, tokens: usize) -> u64 {
        product(tokens, tokens, self.config.shape.num_heads)
    }

    /// Per row: states and a copy of them, queries, keys and values, both packed again, the blocks' sums, and positions.
    fn row_values(&self) -> u64 {
        let attention = self.layers.first().map(|layer| layer.attention);
        let projected = attention.map_or(0, |shape| shape.width() + 2 * shape.key_width());
        4 * self.config.shape.hidden as u64 + projected as u64 + 16
    }

    fn inner_width(&self) -> usize {
        self.layers.first().map_or(0, |layer| layer.intermediate.out_features())
    }

    fn host_values(&self, rows: u64, longest: usize) -> u64 {
        let shape = &self.config.shape;
        let threads = rayon::current_num_threads();
        let relative = self.disentangled.as_ref().map_or(0, |positions| positions.embeddings.rows().min(2 * longest));
        // Of the texts that go through attention together: one, or as many as the cache holds.
        let together = longest.max(ROWS_PER_THREAD * threads);
        let by_key = product(together, shape.num_heads, relative);
        let block = product(LARGEST_BLOCK, longest.saturating_add(relative).saturating_add(shape.hidden), 1);
        let share = product(LARGEST_SHARE, self.inner_width() + 2 * shape.hidden, 1);
        let per_thread = block.saturating_add(share).saturating_mul(threads as u64);
        rows.saturating_mul(self.row_values()).saturating_add(by_key).saturating_add(per_thread)
    }
}

/// The largest number up to `most` for which something holds that holds for all smaller ones; 0 if for none.
#[must_use]
pub fn largest(most: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut below, mut above) = (0, most.saturating_add(1));
    while above - below > 1 {
        let middle = below + (above - below) / 2;
        if holds(middle) {
            below = middle;
        } else {
            above = middle;
        }
    }
    below
}

fn product(a: usize, b: usize, c: usize) -> u64 {
    (a as u64).saturating_mul(b as u64).saturating_mul(c as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_number_is_found_at_every_place() {
        for most in 0..20 {
            for bound in 0..25 {
                assert_eq!(largest(most, |number| number <= bound), bound.min(most), "{bound} of {most}");
            }
        }
        assert_eq!(largest(usize::MAX - 1, |number| number < 1 << 40), (1 << 40) - 1, "without overflow");
        assert_eq!(product(usize::MAX, 3, 7), u64::MAX, "too much is the most there is");
    }
}
