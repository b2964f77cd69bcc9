//! Bounds of the sequences in a packed batch.

use std::ops::Range;

/// Cumulative sequence lengths `[batch + 1]`: sequence `i` owns the packed rows `bounds[i]..bounds[i + 1]`.
///
/// Starts at 0 and never decreases, by construction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CuSeqlens(Vec<usize>);

impl CuSeqlens {
    /// From the sequences' own lengths `[batch]`.
    pub fn from_lengths(lengths: impl IntoIterator<Item = usize>) -> Self {
        let mut bounds = vec![0];
        let mut end = 0;
        for length in lengths {
            end += length;
            bounds.push(end);
        }
        Self(bounds)
    }

    /// Number of sequences.
    #[must_use]
    pub fn batch(&self) -> usize {
        self.0.len() - 1
    }

    /// Number of packed rows.
    #[must_use]
    pub fn total(&self) -> usize {
        self.0[self.0.len() - 1]
    }

    /// The packed rows of one sequence.
    #[must_use]
    pub fn range(&self, sequence: usize) -> Range<usize> {
        self.0[sequence]..self.0[sequence + 1]
    }

    /// The row ranges of all sequences, in order.
    pub fn ranges(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        self.0.windows(2).map(|pair| pair[0]..pair[1])
    }

    /// The bounds themselves, `[batch + 1]`.
    #[must_use]
    pub fn bounds(&self) -> &[usize] {
        &self.0
    }
}
