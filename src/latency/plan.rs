//! What is asked of the laboratory.

use std::time::Duration;

use serde::Serialize;

use crate::metrics::SCREEN_DRAWS;
use crate::pruning::StrategySpec;

/// How the rows of a batch lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// Every sequence keeps its own number of rows.
    Packed,
    /// Every sequence is filled up to the batch's longest in every layer, as padded implementations do.
    Padded,
}

impl Layout {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::Packed, Self::Padded];

    /// `packed` or `padded`.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Packed => "packed",
            Self::Padded => "padded",
        }
    }
}

/// How many rounds are measured for a case and a layout.
///
/// A round takes four passes for every strategy. Rounds go on until `at_least` of them are done and `time` is used, or
/// `at_most` are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rounds {
    /// Measured even if they take longer than `time`.
    pub at_least: usize,
    /// Never more than these.
    pub at_most: usize,
    /// Time to fill for every strategy of a case and a layout.
    pub time: Duration,
}

impl Rounds {
    /// So many, however long they take.
    #[must_use]
    pub fn exactly(rounds: usize) -> Self {
        Self { at_least: rounds, at_most: rounds, time: Duration::ZERO }
    }

    /// As many as fit, but enough for an interval.
    #[must_use]
    pub fn within(time: Duration) -> Self {
        Self { at_least: crate::metrics::MIN_BLOCKS, at_most: 1000, time }
    }
}

impl Default for Rounds {
    fn default() -> Self {
        Self { at_least: 15, at_most: 200, time: Duration::from_secs(1) }
    }
}

/// What is timed, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Each is timed against dense passes of its own. `dense` itself may be among them: then the interval must hold 1.
    pub strategies: Vec<StrategySpec>,
    /// One or both.
    pub layouts: Vec<Layout>,
    /// How often.
    pub rounds: Rounds,
    /// Passes of the dense model and of each strategy before the clock counts, per case and layout.
    pub warm_up: usize,
    /// Threads of a pool of its own; the program's pool if `None`.
    pub threads: Option<usize>,
    /// Compute in the last layer only the rows that the head reads, dense and pruned alike.
    pub head_rows_only: bool,
    /// Seed of the order of strategies and of the bootstrap.
    pub seed: u64,
    /// Bootstrap draws.
    pub draws: usize,
}

impl Plan {
    /// These strategies, packed, everything else as usual.
    #[must_use]
    pub fn new(strategies: Vec<StrategySpec>) -> Self {
        Self {
            strategies,
            layouts: vec![Layout::Packed],
            rounds: Rounds::default(),
            warm_up: 2,
            threads: None,
            head_rows_only: false,
            seed: 0,
            draws: SCREEN_DRAWS,
        }
    }
}
