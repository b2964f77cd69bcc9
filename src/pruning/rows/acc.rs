//! `acc`: how much attention the middle token of a layer still gets says how many tokens the layer keeps.
//!
//! After Kachuee and Sharifkhani 2022, "Latency Adjustable Transformer Encoder for Language Understanding", whose Attention
//! Context Contribution we know from abstract and memory alone. <https://arxiv.org/abs/2201.03327>
//!
//! `s_k = sum_q mean_h A[h,q,k] - mean_h A[h,k,k]`; `ACC_l = median_k s_k`: where few tokens take all attention, the median is
//! small. `c_l = min(c_{l-1}, ACC_l / ACC_0)`; after layer `l` the best `max(2, ceil(n0 * c_l^rho))` stay. `rho` is turned
//! after training, without retraining: 0 keeps all, larger is faster.
//!
//! Deviates: it is ACC-style, not ACC. The curve `ACC_l` may be given, as measured over a data set; left out, each text goes
//! by its own medians, so that its length plays no part and nothing has to be measured first. Nothing is fine-tuned. The
//! median is over all rows that are there, special ones included.

use std::sync::Arc;

use crate::pruning::BuildContext;
use crate::pruning::Decision;
use crate::pruning::Error;
use crate::pruning::KeyKind;
use crate::pruning::KeySpec;
use crate::pruning::LayerEvidence;
use crate::pruning::Pruner;
use crate::pruning::SequenceInfo;
use crate::pruning::SequencePruner;
use crate::pruning::StrategyFamily;
use crate::pruning::StrategyInfo;
use crate::pruning::Training;
use crate::pruning::Value;
use crate::pruning::rows::importance::column_sum_per_head;
use crate::pruning::rows::schedule::Protect;
use crate::pruning::rows::schedule::float_dial;
use crate::pruning::rows::schedule::protect_key;
use crate::pruning::rows::schedule::round_up;
use crate::pruning::rows::top_k::Selection;
use crate::tensor::Evidence;
use crate::tensor::EvidenceSet;

pub(super) fn info() -> StrategyInfo {
    StrategyInfo {
        id: "acc",
        name: "ACC-style",
        family: StrategyFamily::Static,
        paper: "Kachuee and Sharifkhani, Latency Adjustable Transformer Encoder for Language Understanding, arXiv",
        year: Some(2022),
        url: "https://arxiv.org/abs/2201.03327",
        summary: "Keeps as many tokens as the attention of the middle token is worth, by a power that is turned freely",
        formula: "s_k = Σ_q mean_h A[h,q,k] − mean_h A[h,k,k]; ACC_l = median_k s_k; c_l = min(c_{l−1}, ACC_l/ACC_0); keep the \
                  best max(2, ⌈n0·c_l^ρ⌉)",
        deviations: "Reconstructed from the abstract, therefore ACC-style; without fine-tuning; unless a measured curve is \
                     given, each text goes by its own medians; special tokens are protected by default",
        keys: vec![
            KeySpec::unset(
                "curve",
                KeyKind::FloatPerLayer { min: f64::MIN_POSITIVE, max: 100.0 },
                "ACC of each layer as measured over a data set; if left out, each text goes by its own",
            ),
            KeySpec::new(
                "rho",
                KeyKind::Float { min: 0.0, min_included: true, max: 16.0, logarithmic: false },
                Value::Float(1.0),
                "Power of the curve: 0 keeps all, larger keeps less",
            ),
            protect_key("special"),
        ],
        dial: Some(float_dial("rho", &[0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0])),
        score_only: true,
        training: Training::Optional("the contribution of each layer (curve)"),
        build,
    }
}

#[derive(Clone, Debug)]
struct Acc {
    /// Shape: `[layers]`; `None` takes each text's own.
    curve: Option<Vec<f64>>,
    rho: f64,
    protect: Protect,
    num_heads: usize,
}

fn build(context: &BuildContext<'_>) -> Result<Arc<dyn Pruner>, Error> {
    let BuildContext { spec, shape } = *context;
    Ok(Arc::new(Acc {
        curve: context.per_layer("curve")?,
        rho: spec.float("rho")?,
        protect: Protect::from_spec(spec)?,
        num_heads: shape.num_heads,
    }))
}

impl Pruner for Acc {
    fn needs(&self, _layer: usize) -> EvidenceSet {
        EvidenceSet::of([Evidence::ColumnSums, Evidence::DiagonalSums])
    }

    /// The first layer is what the others are measured by; a curve that is given needs no look at it.
    fn idle_layers(&self) -> usize {
        usize::from(self.curve.is_some())
    }

    fn begin(&self, sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        let protected = self.protect.mask(sequence);
        Box::new(AccSequence { method: self.clone(), protected, first: None, lowest: 1.0 })
    }
}

struct AccSequence {
    method: Acc,
    /// Shape: `[n0]`.
    protected: Vec<bool>,
    /// `ACC_0`, once it is known.
    first: Option<f64>,
    /// `c_l` of the last layer.
    lowest: f64,
}

impl SequencePruner for AccSequence {
    fn decide(&mut self, layer: &LayerEvidence<'_>) -> Decision {
        let scores = column_sum_per_head(layer.evidence, self.method.num_heads, true);
        let contribution = match &self.method.curve {
            Some(curve) => {
                self.first = curve.first().copied();
                curve.get(layer.layer).copied()
            }
            None => median(&scores),
        };
        let (Some(contribution), false) = (contribution, layer.layer == 0) else {
            self.first = contribution;
            return Decision { importance: scores, ..Decision::keep_all() };
        };
        let first = self.first.unwrap_or(contribution);
        if first > 0.0 {
            self.lowest = self.lowest.min(contribution / first);
        }
        let count = round_up(self.protected.len() as f64 * self.lowest.powf(self.method.rho)).max(2);
        Selection::best(&scores, layer.orig, &self.protected, count).into_decision(scores)
    }
}

/// The middle value, or the mean of the two in the middle.
fn median(values: &[f32]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    let middle = sorted.len() / 2;
    let upper = f64::from(*sorted.get(middle)?);
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(upper, f64::from(*sorted.get(middle.checked_sub(1)?)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0), "of three");
        assert_eq!(median(&[4.0, 1.0, 2.0, 8.0]), Some(3.0), "between two");
        assert_eq!(median(&[]), None, "of nothing");
    }
}
