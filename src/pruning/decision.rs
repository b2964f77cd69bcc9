//! What a strategy decides about one sequence in one layer.

/// A group of rows that becomes one row.
#[derive(Clone, Debug, PartialEq)]
pub struct Merge {
    /// Index into [`Action::Reduce::rows`] of the row that receives the group.
    pub into: usize,
    /// Input rows and their weights, the receiving row's own included where it takes part: the new state is
    /// `sum of weight * state`. Not normalized by the engine.
    pub parts: Vec<(usize, f32)>,
    /// Number of original tokens the new row stands for.
    pub size: f32,
}

/// What happens to the rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Every row goes on.
    KeepAll,
    /// Only these rows go on, in this order; the others leave the tensors.
    Keep(Vec<usize>),
    /// These rows go on, in this order; some of them are made of several rows.
    Reduce {
        /// Input rows in output order; `None` is a new row that must be the target of a merge.
        rows: Vec<Option<usize>>,
        /// How merged rows are made.
        merges: Vec<Merge>,
    },
    /// Every row is still computed, but only these are attended to from the next layer on. For comparison with methods
    /// that mask: it saves nothing, and the trace says so.
    Mask(Vec<usize>),
}

impl Action {
    /// Multiply-accumulates that making merged rows costs: one per part and hidden value. The engine adds them to
    /// [`Pruner::overhead_macs`](crate::pruning::Pruner::overhead_macs), which cannot know how many rows are merged.
    #[must_use]
    pub fn merge_macs(&self, hidden: usize) -> u64 {
        match self {
            Self::Reduce { merges, .. } => {
                merges.iter().map(|merge| merge.parts.len() as u64).sum::<u64>() * hidden as u64
            }
            Self::KeepAll | Self::Keep(_) | Self::Mask(_) => 0,
        }
    }
}

/// An action and the scores behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// What happens to the rows.
    pub action: Action,
    /// The score of each row, higher = more important; empty where the strategy computes none in this layer.
    pub importance: Vec<f32>,
    /// The score a row needed to stay, where there is one: a learned threshold, or the lowest kept score of a top-k.
    pub threshold: Option<f32>,
}

impl Decision {
    /// Every row goes on, without scores.
    #[must_use]
    pub fn keep_all() -> Self {
        Self { action: Action::KeepAll, importance: Vec::new(), threshold: None }
    }
}
