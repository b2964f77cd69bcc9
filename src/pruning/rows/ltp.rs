//! `ltp`: a token stays while the attention it receives reaches a threshold that rises with depth.
//!
//! Kim, Shen, Thorsley, Gholami, Kwon, Hassoun and Keutzer 2022, "Learned Token Pruning for Transformers", KDD, section 3.
//! <https://arxiv.org/abs/2107.00910>
//!
//! `s_k = sum_h sum_q A[h,q,k] / (H * divisor)`; in layer `l` of `L` (from 0) a token stays iff `s_k >= max(1e-5, theta_l)`
//! with `theta_l = theta_final * l / L + delta_l`. Layer 0 never removes. The authors divide by the padded length their
//! thresholds were trained with, 128; `divisor=alive` divides by the rows that are there, so that scores average `1/n`.
//!
//! `cap` is a schedule over it, as hybrid methods have: however many reach the threshold, no more stay than it says.
//!
//! Learned thresholds are given as `thresholds`, in a list or a file, and take the place of `theta_l`.
//!
//! Deviates: `delta_l` is learned by the authors and given here (zeros by default), on a stock checkpoint; they mask
//! removed tokens, here they leave the tensors, which is the same for the survivors. `removal=mask` masks as they do: it
//! saves nothing, and needs the attention matrix, because rows that are only masked must not vote. Like theirs nothing is
//! protected by default, not even `[CLS]`; where no token reaches the threshold the best one stays, so that a text never
//! becomes empty.

use std::sync::Arc;

use crate::pruning::Action;
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
use crate::pruning::rows::importance::column_sum;
use crate::pruning::rows::importance::column_sum_of;
use crate::pruning::rows::schedule::Protect;
use crate::pruning::rows::schedule::RetentionSchedule;
use crate::pruning::rows::schedule::cap_key;
use crate::pruning::rows::schedule::float_dial;
use crate::pruning::rows::schedule::protect_key;
use crate::pruning::rows::top_k::rank;
use crate::tensor::Evidence;
use crate::tensor::EvidenceSet;

/// A score below this counts as no attention at all, in every layer but the first.
const LOWEST_THRESHOLD: f64 = 1e-5;

pub(super) fn info() -> StrategyInfo {
    let theta = KeyKind::Float { min: 0.0, min_included: true, max: 1.0, logarithmic: true };
    StrategyInfo {
        id: "ltp",
        name: "LTP",
        family: StrategyFamily::Dynamic,
        paper: "Kim et al., Learned Token Pruning for Transformers, KDD",
        year: Some(2022),
        url: "https://arxiv.org/abs/2107.00910",
        summary: "A token stays while the attention it receives reaches a threshold that rises with depth",
        formula: "s_k = Σ_h Σ_q A[h,q,k] / (H·divisor); stays iff s_k ≥ max(1e-5, θ_final·l/L + δ_l); layer 0 keeps all",
        deviations: "δ_l is given instead of learned, without retraining; removed tokens leave the tensors instead of being \
                     masked unless asked for; the best token always stays",
        keys: vec![
            KeySpec::new("theta_final", theta, Value::Float(0.01), "Threshold the last layers approach"),
            KeySpec::unset(
                "deltas",
                KeyKind::FloatPerLayer { min: -1.0, max: 1.0 },
                "Added to the threshold, one number a layer; zeros if left out",
            ),
            KeySpec {
                name: "thresholds",
                kind: KeyKind::FloatPerLayer { min: 0.0, max: 1.0 },
                default: None,
                doc: "The thresholds themselves, one number a layer, as learned; replaces theta_final and deltas",
                replaces: &["theta_final", "deltas"],
            },
            KeySpec::new(
                "divisor",
                KeyKind::ChoiceOrInt(&["alive"]),
                Value::Int(128),
                "What attention sums are divided by: the rows that are there, or a fixed padded length",
            ),
            protect_key("none"),
            KeySpec::new(
                "removal",
                KeyKind::Choice(&["gather", "mask"]),
                Value::Word("gather".to_owned()),
                "Removed tokens leave the tensors, or are only masked as in the authors' code, which saves nothing",
            ),
            cap_key("At most this share of tokens after the last layer, falling evenly from layer 1 on; the best stay"),
        ],
        dial: Some(float_dial("theta_final", &[0.0005, 0.001, 0.002, 0.004, 0.006, 0.008, 0.01, 0.015, 0.02])),
        score_only: true,
        training: Training::Optional("the threshold of each layer (thresholds)"),
        build,
    }
}

#[derive(Clone, Debug)]
struct Ltp {
    /// Shape: `[layers]`.
    thresholds: Vec<f64>,
    /// `None` divides by the rows that are there.
    divisor: Option<u64>,
    protect: Protect,
    /// Counts that no text exceeds, whatever its scores.
    cap: Option<RetentionSchedule>,
    masks: bool,
    num_heads: usize,
}

fn build(context: &BuildContext<'_>) -> Result<Arc<dyn Pruner>, Error> {
    let BuildContext { spec, shape } = *context;
    let mut thresholds = thresholds(context)?;
    for threshold in &mut thresholds {
        *threshold = threshold.max(LOWEST_THRESHOLD);
    }
    Ok(Arc::new(Ltp {
        thresholds,
        divisor: spec.int("divisor").ok(),
        protect: Protect::from_spec(spec)?,
        cap: spec.float("cap").ok().map(|cap| RetentionSchedule::linear(cap, 1, shape.num_layers)),
        masks: spec.word("removal")? == "mask",
        num_heads: shape.num_heads,
    }))
}

/// The thresholds as they are set or follow from other keys. Shape: `[layers]`.
pub(in crate::pruning) fn thresholds(context: &BuildContext<'_>) -> Result<Vec<f64>, Error> {
    match context.per_layer("thresholds")? {
        Some(thresholds) => Ok(thresholds),
        None => rising_thresholds(context),
    }
}

/// `theta_final * l / L + delta_l`. Shape: `[layers]`.
fn rising_thresholds(context: &BuildContext<'_>) -> Result<Vec<f64>, Error> {
    let (theta_final, num_layers) = (context.spec.float("theta_final")?, context.shape.num_layers);
    let deltas = context.per_layer("deltas")?.unwrap_or_else(|| vec![0.0; num_layers]);
    let rising = |(layer, delta): (usize, f64)| theta_final * layer as f64 / num_layers as f64 + delta;
    Ok(deltas.into_iter().enumerate().map(rising).collect())
}

impl Pruner for Ltp {
    fn needs(&self, _layer: usize) -> EvidenceSet {
        EvidenceSet::of([if self.masks { Evidence::AttentionProbs } else { Evidence::ColumnSums }])
    }

    /// Layer 0 never removes, and no layer adds anything up.
    fn idle_layers(&self) -> usize {
        1
    }

    fn begin(&self, sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        let protected = self.protect.mask(sequence);
        Box::new(LtpSequence { method: self.clone(), alive: vec![true; protected.len()], protected })
    }
}

struct LtpSequence {
    method: Ltp,
    /// Shape: `[n0]`.
    protected: Vec<bool>,
    /// Per original position, whether the token has not been removed. Shape: `[n0]`.
    alive: Vec<bool>,
}

impl SequencePruner for LtpSequence {
    fn decide(&mut self, layer: &LayerEvidence<'_>) -> Decision {
        let scores = self.scores(layer);
        let threshold = self.method.thresholds.get(layer.layer).copied().filter(|_| layer.layer > 0);
        let Some(threshold) = threshold else {
            return Decision { importance: scores, ..Decision::keep_all() };
        };
        let position = |row: usize| layer.orig[row] as usize;
        let alive: Vec<usize> = (0..scores.len()).filter(|&row| self.alive[position(row)]).collect();
        let stays = |row: &usize| f64::from(scores[*row]) >= threshold || self.protected[position(*row)];
        let mut kept: Vec<usize> = alive.iter().copied().filter(stays).collect();
        if kept.is_empty() {
            kept.extend(alive.iter().copied().min_by(|&a, &b| rank(&scores, layer.orig, a, b)));
        }
        self.cut_to_cap(layer, &scores, &mut kept);
        for &row in &alive {
            self.alive[position(row)] = kept.binary_search(&row).is_ok();
        }
        let action = match (kept.len() == scores.len(), self.method.masks) {
            (true, _) => Action::KeepAll,
            (false, true) => Action::Mask(kept),
            (false, false) => Action::Keep(kept),
        };
        #[expect(clippy::cast_possible_truncation, reason = "shown beside scores of the same precision")]
        let threshold = Some(threshold as f32);
        Decision { action, importance: scores, threshold }
    }
}

impl LtpSequence {
    /// Leaves the protected rows and the best others, where more stay than the cap allows.
    fn cut_to_cap(&self, layer: &LayerEvidence<'_>, scores: &[f32], kept: &mut Vec<usize>) {
        let Some(cap) = &self.method.cap else { return };
        let is_protected = |row: usize| self.protected[layer.orig[row] as usize];
        kept.sort_by(|&a, &b| is_protected(b).cmp(&is_protected(a)).then(rank(scores, layer.orig, a, b)));
        let num_protected = kept.iter().filter(|&&row| is_protected(row)).count();
        kept.truncate(cap.count(layer.layer, self.protected.len()).max(num_protected));
        kept.sort_unstable();
    }

    /// Shape: `[tokens]`.
    fn scores(&self, layer: &LayerEvidence<'_>) -> Vec<f32> {
        let votes: Vec<bool> = layer.orig.iter().map(|&position| self.alive[position as usize]).collect();
        let num_alive = votes.iter().filter(|&&votes| votes).count();
        let divisor = self.method.divisor.map_or(num_alive as f64, |divisor| divisor as f64);
        let sums =
            if self.method.masks { column_sum_of(layer.evidence, &votes) } else { column_sum(layer.evidence, false) };
        let scale = 1.0 / (self.method.num_heads as f64 * divisor);
        #[expect(clippy::cast_possible_truncation, reason = "scores are f32 throughout")]
        let score = |sum: f32| (f64::from(sum) * scale) as f32;
        sums.into_iter().map(score).collect()
    }
}
