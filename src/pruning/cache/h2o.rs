//! `h2o`: the newest entries stay, and of the older ones those that have received most attention so far.
//!
//! Zhang, Sheng, Zhou, Chen, Zheng, Cai, Song, Tian, Ré, Barrett, Wang and Chen 2023, "H2O: Heavy-Hitter Oracle for
//! Efficient Generative Inference of Large Language Models", `NeurIPS`. <https://arxiv.org/abs/2306.14048>
//!
//! `S[h,k]` adds up, over all queries so far, the attention that entry `k` of KV head `h` received, its own included; what
//! stays carries its sum along. The newest `recent` entries stay and the best `B - recent` of the others.
//!
//! Deviates: the authors' code drops entries for models with one KV head a query head only; here query heads that share
//! one are reduced first ([`GroupReduction`](crate::pruning::cache::GroupReduction)).

use crate::pruning::cache::AttentionSums;
use crate::pruning::cache::Budget;
use crate::pruning::cache::BudgetSchedule;
use crate::pruning::cache::CacheDecision;
use crate::pruning::cache::CachePolicy;
use crate::pruning::cache::CacheSize;
use crate::pruning::cache::HeadView;
use crate::pruning::cache::Protection;
use crate::pruning::cache::SequenceCachePolicy;
use crate::pruning::cache::select;
use crate::tensor::Evidence;
use crate::tensor::EvidenceSet;

/// The heavy hitters and the newest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct H2o {
    /// Entries that are kept.
    pub budget: Budget,
    /// How they are spread over the layers.
    pub schedule: BudgetSchedule,
    /// First positions that always stay: none in the paper.
    pub sinks: usize,
    /// Newest entries that always stay; `None` = half of the budget, as in the paper.
    pub recent: Option<usize>,
    /// Whether sums are divided by the number of queries that could see an entry, so that early ones have no advantage.
    pub mean: bool,
}

impl CachePolicy for H2o {
    fn needs(&self) -> EvidenceSet {
        EvidenceSet::of([Evidence::ColumnSums])
    }

    fn begin(&self, size: CacheSize) -> Box<dyn SequenceCachePolicy> {
        Box::new(H2oSequence {
            method: *self,
            budgets: self.schedule.rows(self.budget, size),
            sums: vec![vec![AttentionSums::default(); size.kv_heads]; size.layers],
        })
    }
}

struct H2oSequence {
    method: H2o,
    /// Shape: `[layers]`.
    budgets: Vec<usize>,
    /// Shape: `[layers][kv_heads]`.
    sums: Vec<Vec<AttentionSums>>,
}

impl SequenceCachePolicy for H2oSequence {
    fn decide(&mut self, layer: usize, heads: &[HeadView<'_>]) -> Vec<CacheDecision> {
        let budget = self.budgets.get(layer).copied().unwrap_or(usize::MAX);
        let recent = self.method.recent.unwrap_or(budget / 2);
        let protection = Protection { sinks: self.method.sinks, recent };
        let Some(sums) = self.sums.get_mut(layer) else { return vec![CacheDecision::default(); heads.len()] };
        let of_head = |(head, sums): (&HeadView<'_>, &mut AttentionSums)| {
            sums.add(head.received);
            let scores = if self.method.mean { sums.means() } else { sums.sums().to_vec() };
            let kept = select(&scores, head.positions, protection, budget);
            if let Some(kept) = &kept {
                sums.keep(kept);
            }
            CacheDecision { kept, scores }
        };
        heads.iter().zip(sums).map(of_head).collect()
    }
}
