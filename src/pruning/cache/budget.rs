//! How many entries each layer and KV head keeps, and which of them whatever they score.

use crate::pruning::cache::CacheSize;
use crate::pruning::rows::round_up;

/// Entries per layer and KV head, on average.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Budget {
    /// A share of the prompt, rounded up, at least one entry; 1 keeps everything, however long the text becomes.
    Share(f64),
    /// So many.
    Rows(usize),
}

impl Budget {
    /// Entries for a prompt of so many tokens; fixed by the prompt while the text grows.
    #[must_use]
    pub fn rows(self, prompt: usize) -> usize {
        match self {
            Self::Share(share) if share >= 1.0 => usize::MAX,
            Self::Share(share) => round_up(share * prompt as f64).max(1),
            Self::Rows(rows) => rows.max(1),
        }
    }
}

/// How a budget is spread over the layers. Every schedule keeps as many entries as the others, all layers together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BudgetSchedule {
    /// Every layer the same.
    Uniform,
    /// Early layers keep more and late ones less, in a straight line: beside its window, layer `l` of `L` keeps
    /// `high - l (high - low) / (L - 1)` with `low = M / beta`, `high = 2 M - low` and `M` the budget without window; where
    /// `high` is more than there is, the prompt without window takes its place. Rounded down, and the largest remainders
    /// up, so that the layers together keep `L M`.
    ///
    /// Source: Cai et al. 2024, "`PyramidKV`", <https://arxiv.org/abs/2406.02069>, whose own rounding lets the sum drift.
    Pyramid {
        /// Newest entries, kept in every layer.
        window: usize,
        /// How much steeper than level: 20 in the authors' code.
        beta: f64,
    },
}

impl BudgetSchedule {
    /// Entries of each KV head by layer. Shape: `[layers]`.
    #[must_use]
    pub fn rows(self, budget: Budget, size: CacheSize) -> Vec<usize> {
        let rows = budget.rows(size.prompt);
        match self {
            Self::Pyramid { window, beta } if rows > window && rows < size.prompt && size.layers > 1 => {
                let free = pyramid(rows - window, size.prompt - window, size.layers, beta);
                free.into_iter().map(|free| window + free).collect()
            }
            _ => vec![rows; size.layers],
        }
    }
}

/// `mean` entries a layer on average, at most `most`, falling in a straight line. Shape: `[layers]`.
fn pyramid(mean: usize, most: usize, layers: usize, beta: f64) -> Vec<usize> {
    let (mean, most) = (mean as f64, most as f64);
    let mut low = mean / beta;
    let mut high = 2.0 * mean - low;
    if high >= most {
        high = most;
        low = 2.0 * mean - high;
    }
    let step = (high - low) / (layers - 1) as f64;
    whole(&(0..layers).map(|layer| high - layer as f64 * step).collect::<Vec<_>>())
}

/// Numbers rounded down, and those with the largest remainders up until the sum is that of the numbers; the first of
/// equal remainders first.
fn whole(values: &[f64]) -> Vec<usize> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts of cache entries")]
    let count = |value: f64| value.max(0.0) as usize;
    let mut counts: Vec<usize> = values.iter().map(|value| count(*value)).collect();
    let missing = count(values.iter().sum::<f64>().round()).saturating_sub(counts.iter().sum());
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].fract().total_cmp(&values[a].fract()));
    for &index in order.iter().take(missing) {
        counts[index] += 1;
    }
    counts
}

/// Entries that stay whatever they score. They count within the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protection {
    /// First positions of the text.
    pub sinks: usize,
    /// Newest entries.
    pub recent: usize,
}

impl Protection {
    /// What a budget leaves of it: at least one entry that is no sink, and no more than the budget together.
    #[must_use]
    pub fn within(self, budget: usize) -> Self {
        let sinks = self.sinks.min(budget.saturating_sub(1));
        Self { sinks, recent: self.recent.min(budget - sinks) }
    }
}
