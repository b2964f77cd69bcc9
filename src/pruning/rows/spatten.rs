//! `spatten`: attention received adds up over the layers, and the tokens with least of it leave for good.
//!
//! Wang, Zhang and Han 2021, "SpAtten: Efficient Sparse Attention Architecture with Cascade Token and Head Pruning", HPCA,
//! section III. <https://arxiv.org/abs/2012.09852>
//!
//! `S_k <- S_k + sum_h sum_q A_l[h,q,k]`, one sum per original token, never reset (`accumulate`); without it only the
//! current layer counts, as in the re-implementation that LTP compares with. Layers before `start` add to the sum too.
//! `paper_schedule` takes that re-implementation's counts: with `l0 = max(3, ceil(0.15 L))`, nothing leaves before layer
//! `l0`; from there on `round(n0 * max(0.01, 1 + (r - 1) (l - l0 + 1) / (L - l0)))` tokens stay, halves to even; `schedule`
//! and `start` do not count then.
//!
//! Deviates: the paper removes before the next layer (P3), here a token is gone in the same layer's feed-forward block
//! already (P2); head pruning, value pruning and quantization are left out; special tokens are protected by default,
//! theirs is none. The algorithm for BERT is not in the authors' public repository.

use std::sync::Arc;

use crate::pruning::BuildContext;
use crate::pruning::Error;
use crate::pruning::KeyKind;
use crate::pruning::KeySpec;
use crate::pruning::Pruner;
use crate::pruning::SequenceInfo;
use crate::pruning::SequencePruner;
use crate::pruning::StrategyFamily;
use crate::pruning::StrategyInfo;
use crate::pruning::Training;
use crate::pruning::Value;
use crate::pruning::rows::importance::column_sum;
use crate::pruning::rows::schedule::RetentionSchedule;
use crate::pruning::rows::schedule::retention_dial;
use crate::pruning::rows::schedule::shared_keys;
use crate::pruning::rows::top_k::TopK;
use crate::tensor::Evidence;
use crate::tensor::EvidenceSet;
use crate::tensor::ModelShape;

pub(super) fn info() -> StrategyInfo {
    StrategyInfo {
        id: "spatten",
        name: "SpAtten",
        family: StrategyFamily::Dynamic,
        paper: "Wang, Zhang and Han, SpAtten: Efficient Sparse Attention Architecture with Cascade Token and Head \
                Pruning, HPCA",
        year: Some(2021),
        url: "https://arxiv.org/abs/2012.09852",
        summary: "Attention received adds up over the layers; the tokens with least of it leave for good",
        formula: "S_k ← S_k + Σ_h Σ_q A_l[h,q,k], never reset; keep the best ⌈r_l·n0⌉",
        deviations: "A token leaves before the same layer's feed-forward block, not before the next layer; head pruning, \
                     value pruning and quantization are left out; special tokens are protected by default",
        keys: shared_keys(vec![
            KeySpec::new("accumulate", KeyKind::Bool, Value::Bool(true), "Add scores up over the layers"),
            KeySpec::new(
                "paper_schedule",
                KeyKind::Bool,
                Value::Bool(false),
                "Counts of the published re-implementation: late start, linear, rounded to nearest; schedule and start do \
                 not count then",
            ),
        ]),
        dial: Some(retention_dial()),
        score_only: false,
        training: Training::None,
        build,
    }
}

#[derive(Debug)]
struct Spatten {
    top_k: TopK,
    accumulate: bool,
}

fn build(context: &BuildContext<'_>) -> Result<Arc<dyn Pruner>, Error> {
    let BuildContext { spec, shape } = *context;
    let schedule = if spec.flag("paper_schedule")? {
        let others = ["retentions", "mass", "threshold", "cap"];
        if let Some(other) = others.into_iter().find(|other| spec.get(other).is_some()) {
            return Err(Error::Conflict { strategy: spec.id(), key: "paper_schedule", other });
        }
        paper_schedule(spec.float("retention")?, shape.num_layers)
    } else {
        RetentionSchedule::from_context(context)?
    };
    let top_k = TopK::with_schedule(context, schedule)?;
    Ok(Arc::new(Spatten { top_k, accumulate: spec.flag("accumulate")? }))
}

/// Retention per layer of the re-implementation that LTP ships (`CascadeTokenPruner`).
fn paper_schedule(retention: f64, num_layers: usize) -> RetentionSchedule {
    // ceil(0.15 L) in whole numbers.
    let first = (num_layers * 15).div_ceil(100).max(3);
    let at = |layer: usize| {
        if layer < first {
            return 1.0;
        }
        let progress = (layer - first + 1) as f64 / (num_layers - first) as f64;
        (1.0 + (retention - 1.0) * progress).max(0.01)
    };
    RetentionSchedule::rounded_to_nearest((0..num_layers).map(at).collect())
}

impl Pruner for Spatten {
    fn needs(&self, layer: usize) -> EvidenceSet {
        self.top_k.needs(layer, EvidenceSet::of([Evidence::ColumnSums]))
    }

    /// Sums grow from the first layer on.
    fn idle_layers(&self) -> usize {
        if self.accumulate { 0 } else { self.top_k.schedule.idle_layers() }
    }

    fn overhead_macs(&self, layer: usize, tokens: usize, shape: &ModelShape) -> u64 {
        self.top_k.overhead_macs(layer, tokens, shape)
    }

    fn begin(&self, sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        // By original position, so that a token's sum stays its own when rows before it leave.
        let mut sums = vec![0.0; sequence.num_tokens()];
        let accumulate = self.accumulate;
        self.top_k.begin(sequence, move |layer| {
            let current = column_sum(layer.evidence, false);
            if !accumulate {
                return current;
            }
            for (&position, score) in layer.orig.iter().zip(&current) {
                sums[position as usize] += score;
            }
            layer.orig.iter().map(|&position| sums[position as usize]).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paper_schedule_starts_late_and_rounds_halves_to_even() {
        // L = 12: l0 = max(3, ceil(1.8)) = 3; layer l keeps 1 - 0.5 (l - 2) / 9 of the tokens.
        let schedule = paper_schedule(0.5, 12);
        let counts: Vec<usize> = (0..12).map(|layer| schedule.count(layer, 18)).collect();
        assert_eq!(counts, [18, 18, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9], "one token fewer a layer from layer 3 on");
        // L = 24: l0 = ceil(3.6) = 4. The last layer keeps half of 5, 2.5, which rounds to the even 2.
        let schedule = paper_schedule(0.5, 24);
        assert_eq!(schedule.count(3, 5), 5, "layer 3 keeps all");
        assert_eq!(schedule.count(23, 5), 2, "half of five rounds to even");
    }

    #[test]
    fn a_shallow_model_is_not_pruned_by_the_paper_schedule() {
        let schedule = paper_schedule(0.1, 3);
        assert!((0..3).all(|layer| schedule.count(layer, 10) == 10), "with three layers l0 lies past the end");
    }
}
