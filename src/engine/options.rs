//! How a run is carried out, and how long its parts took.

use std::iter::Sum;
use std::ops::Add;
use std::ops::AddAssign;
use std::time::Duration;

use crate::engine::Outcome;
use crate::engine::RunDetail;

/// How a run is carried out. The default is what everything but comparisons uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunOptions {
    /// How much is written down.
    pub detail: RunDetail,
    /// Compute in the last layer only the row that the head reads; the other rows of that layer are of no use to a
    /// classifier. Counted in the multiply-accumulates. The strategy is not asked in that layer, where it could only
    /// remove the row itself; final hidden states are not given. Models that pool by the mean compute all rows.
    pub head_rows_only: bool,
    /// Fill every sequence up to the batch's longest in every layer, as padded implementations do: the same outcomes up to
    /// rounding for more time, so that padding can be measured.
    pub padded: bool,
    /// Bytes that the run may take, where it is not to be asked what the system has free.
    pub free_memory: Option<u64>,
}

impl From<RunDetail> for RunOptions {
    fn from(detail: RunDetail) -> Self {
        Self { detail, ..Self::default() }
    }
}

/// Wall-clock time of a run by kind of work; the parts sum to the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spans {
    /// Projections, attention, its output projection, residual and norm.
    pub attention: Duration,
    /// Feed-forward blocks with residual and norm.
    pub feed_forward: Duration,
    /// Gathering what the strategy asked to see, and its decisions.
    pub scoring: Duration,
    /// Carrying decisions out: moving and merging rows, and keeping the books of it.
    pub gathering: Duration,
    /// Embeddings, the classifier head and everything else.
    pub other: Duration,
}

impl Spans {
    /// The whole run.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.attention + self.feed_forward + self.scoring + self.gathering + self.other
    }
}

impl Add for Spans {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            attention: self.attention + other.attention,
            feed_forward: self.feed_forward + other.feed_forward,
            scoring: self.scoring + other.scoring,
            gathering: self.gathering + other.gathering,
            other: self.other + other.other,
        }
    }
}

impl AddAssign for Spans {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Spans {
    fn sum<I: Iterator<Item = Self>>(spans: I) -> Self {
        spans.fold(Self::default(), Add::add)
    }
}

/// What a run gives for a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// One entry per text. Shape: `[batch]`.
    pub outcomes: Vec<Outcome>,
    /// Where the time went.
    pub spans: Spans,
}
