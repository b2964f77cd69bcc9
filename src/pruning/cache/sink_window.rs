//! `sink_window`: the first entries and the newest ones stay.
//!
//! Xiao, Tian, Chen, Han and Lewis 2023, "Efficient Streaming Language Models with Attention Sinks".
//! <https://arxiv.org/abs/2309.17453>
//!
//! Looks at nothing: positions below `sinks` and the newest `B - sinks` entries stay. `sinks = 0` is the plain window, the
//! control that must fail. The authors renumber positions within the cache, which is the engine's business.

use crate::pruning::cache::Budget;
use crate::pruning::cache::BudgetSchedule;
use crate::pruning::cache::CacheDecision;
use crate::pruning::cache::CachePolicy;
use crate::pruning::cache::CacheSize;
use crate::pruning::cache::HeadView;
use crate::pruning::cache::Protection;
use crate::pruning::cache::SequenceCachePolicy;
use crate::pruning::cache::select;
use crate::tensor::EvidenceSet;

/// `StreamingLLM`'s sinks and window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SinkWindow {
    /// Entries that are kept.
    pub budget: Budget,
    /// How they are spread over the layers.
    pub schedule: BudgetSchedule,
    /// First positions that always stay: 4 in the paper.
    pub sinks: usize,
}

impl CachePolicy for SinkWindow {
    fn needs(&self) -> EvidenceSet {
        EvidenceSet::NONE
    }

    fn begin(&self, size: CacheSize) -> Box<dyn SequenceCachePolicy> {
        Box::new(SinkWindowSequence { budgets: self.schedule.rows(self.budget, size), sinks: self.sinks })
    }
}

struct SinkWindowSequence {
    /// Shape: `[layers]`.
    budgets: Vec<usize>,
    sinks: usize,
}

impl SequenceCachePolicy for SinkWindowSequence {
    fn decide(&mut self, layer: usize, heads: &[HeadView<'_>]) -> Vec<CacheDecision> {
        let budget = self.budgets.get(layer).copied().unwrap_or(usize::MAX);
        let protection = Protection { sinks: self.sinks, recent: usize::MAX };
        let of_head = |head: &HeadView<'_>| CacheDecision {
            kept: select(&[], head.positions, protection, budget),
            scores: Vec::new(),
        };
        heads.iter().map(of_head).collect()
    }
}
