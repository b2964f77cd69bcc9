//! `entropy`: ranks tokens by how spread out attention is, theirs or the attention they receive.
//!
//! Shannon and Renyi attention entropy for pruning: Aizawa and Igaue 2026 (ICPR; image patches) and `ToProVAR` (ICLR 2026;
//! visual autoregressive models) keep tokens with *low* entropy. Published variants differ in axis and direction, so
//! every choice is a key and the name of a run says all of them.
//!
//! `axis=row`: `E_q = mean_h H(A[h,q,:])`, where the token itself looks. `axis=column`: `E_k = H(mean_h A[h,:,k] / its sum)`,
//! who looks at the token. `axis=column_norm`: Col-Ln (Su, Zhang and Zhang 2026), the norm of the column,
//! `mean_h (sum_q A[h,q,k]^n)^(1/n)` with `n = order`, by our reading of its name and claim; a large norm is what a low
//! entropy is. `heads=mean` takes row entropies of the head-mean attention instead of each head's. `H_1(p) = -sum p ln p`, `H_a(p) = ln(sum p^a) / (1 - a)`; with `normalize` divided by `ln n`, so
//! that 1 means evenly spread. Score: `keep_high` takes `E`; `keep_low` takes its distance to the largest possible value,
//! `1 - E` or `ln n - E` (for `column_norm` the other way round, and the largest norm is `n^(1/order)`). `combine=column_mean` multiplies by the mean attention received.
//!
//! Deviates: the papers rank image tokens and train or calibrate around it; none of their code is public. Scores are
//! computed only in layers that may remove tokens, since most choices need the full attention matrix: layers before
//! `start` show none.

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
use crate::pruning::rows::importance::column_entropy;
use crate::pruning::rows::importance::column_norm;
use crate::pruning::rows::importance::mean_row_entropy;
use crate::pruning::rows::importance::row_entropy;
use crate::pruning::rows::schedule::retention_dial;
use crate::pruning::rows::schedule::shared_keys;
use crate::pruning::rows::top_k::TopK;
use crate::tensor::Evidence;
use crate::tensor::EvidenceSet;
use crate::tensor::ModelShape;
use crate::tensor::SequenceEvidence;

pub(super) fn info() -> StrategyInfo {
    let choice = |name, words, default: &str, doc| {
        KeySpec::new(name, KeyKind::Choice(words), Value::Word(default.to_owned()), doc)
    };
    let order = KeyKind::Float { min: 0.0, min_included: false, max: 32.0, logarithmic: true };
    StrategyInfo {
        id: "entropy",
        name: "Attention entropy",
        family: StrategyFamily::Dynamic,
        paper: "Aizawa and Igaue, Shannon and Renyi attention entropy for patch pruning, ICPR; ToProVAR, ICLR",
        year: Some(2026),
        url: "",
        summary: "Ranks tokens by how focused attention is, their own or the attention they receive",
        formula: "E_q = mean_h H(A[h,q,:]) or E_k = H(mean_h A[h,:,k] / Σ) or mean_h ‖A[h,:,k]‖ₙ; keep_low: s = 1 − E/ln n; keep_high: s = E/ln n",
        deviations: "Published variants differ in axis and direction and rank image tokens; here both are keys; Col-Ln by our reading \
                     of its claim; special \
                     tokens are protected by default, their rows are atypical; no scores in layers before start",
        keys: shared_keys(vec![
            KeySpec::new(
                "order",
                order,
                Value::Float(1.0),
                "Renyi order: 1 is Shannon, larger ones stress sharp peaks; of column_norm, which norm",
            ),
            choice(
                "axis",
                &["row", "column", "column_norm"],
                "row",
                "Attention the token gives (row) or receives (column), or the norm of that column (Col-Ln)",
            ),
            choice("direction", &["keep_low", "keep_high"], "keep_low", "Keep focused or spread-out tokens"),
            choice("combine", &["none", "column_mean"], "none", "Multiply by the mean attention received"),
            KeySpec::new("normalize", KeyKind::Bool, Value::Bool(true), "Divide by ln n, so that 1 is evenly spread"),
            KeySpec::unset(
                "heads",
                KeyKind::Choice(&["each", "mean"]),
                "Row entropies of each head, averaged (each, if left out), or of the head-mean attention (mean)",
            ),
        ]),
        dial: Some(retention_dial()),
        score_only: false,
        training: Training::None,
        build,
    }
}

#[derive(Debug)]
struct Entropy {
    top_k: TopK,
    score: Score,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Axis {
    Row,
    Column,
    ColumnNorm,
}

/// How entropy becomes a score.
#[derive(Clone, Copy, Debug)]
struct Score {
    order: f64,
    axis: Axis,
    of_mean: bool,
    keep_low: bool,
    times_column_mean: bool,
    normalize: bool,
    num_heads: usize,
}

fn build(context: &BuildContext<'_>) -> Result<Arc<dyn Pruner>, Error> {
    let BuildContext { spec, shape } = *context;
    let score = Score {
        order: spec.float("order")?,
        axis: match spec.word("axis")? {
            "column" => Axis::Column,
            "column_norm" => Axis::ColumnNorm,
            _ => Axis::Row,
        },
        of_mean: spec.word("heads").is_ok_and(|heads| heads == "mean"),
        keep_low: spec.word("direction")? == "keep_low",
        times_column_mean: spec.word("combine")? == "column_mean",
        normalize: spec.flag("normalize")?,
        num_heads: shape.num_heads,
    };
    Ok(Arc::new(Entropy { top_k: TopK::from_context(context)?, score }))
}

impl Pruner for Entropy {
    fn needs(&self, layer: usize) -> EvidenceSet {
        if !self.top_k.schedule.may_remove(layer) {
            return EvidenceSet::NONE;
        }
        let entropies = if self.score.is_row_shannon() { Evidence::RowEntropies } else { Evidence::AttentionProbs };
        let score = EvidenceSet::of([entropies]).with_if(Evidence::ColumnSums, self.score.times_column_mean);
        self.top_k.needs(layer, score)
    }

    fn idle_layers(&self) -> usize {
        self.top_k.schedule.idle_layers()
    }

    fn begin(&self, sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        let score = self.score;
        self.top_k.begin(sequence, move |layer| score.of(layer.evidence, layer.num_tokens()))
    }

    /// One product `t e^t` or `p ln p` (or power) for each attention probability; of the head mean where columns are ranked.
    fn overhead_macs(&self, layer: usize, tokens: usize, shape: &ModelShape) -> u64 {
        if !self.top_k.schedule.may_remove(layer) {
            return 0;
        }
        let is_of_mean = self.score.axis == Axis::Column || (self.score.axis == Axis::Row && self.score.of_mean);
        let matrices = if is_of_mean { 1 } else { shape.num_heads };
        let combined = if self.score.times_column_mean { tokens } else { 0 };
        // A budget takes the same entropies again.
        let budget = if self.score.is_row_shannon() { 0 } else { self.top_k.overhead_macs(layer, tokens, shape) };
        (matrices * tokens * tokens + combined) as u64 + budget
    }
}

impl Score {
    /// Whether softmax gives the entropies by the way; every other choice needs the attention matrix.
    fn is_row_shannon(self) -> bool {
        self.axis == Axis::Row && !self.of_mean && self.order == 1.0
    }

    /// What is measured, where attention is as spread out as it can be; of norms, where all attend to one token alone.
    fn largest(self, tokens: usize) -> f32 {
        if self.axis != Axis::ColumnNorm {
            return (tokens as f32).ln();
        }
        #[expect(clippy::cast_possible_truncation, reason = "scores are f32 throughout")]
        let largest = (tokens as f64).powf(1.0 / self.order) as f32;
        largest
    }

    /// Shape: `[tokens]`; empty where the evidence was not asked for.
    fn of(self, evidence: &SequenceEvidence, tokens: usize) -> Vec<f32> {
        let mut scores = if self.is_row_shannon() && !evidence.of(Evidence::RowEntropies).is_empty() {
            evidence.of(Evidence::RowEntropies).iter().map(|sum| sum / self.num_heads as f32).collect()
        } else if evidence.of(Evidence::AttentionProbs).is_empty() {
            return Vec::new();
        } else {
            match (self.axis, self.of_mean) {
                (Axis::Row, false) => row_entropy(evidence, self.num_heads, self.order),
                (Axis::Row, true) => mean_row_entropy(evidence, tokens, self.order),
                (Axis::Column, _) => column_entropy(evidence, self.num_heads, self.order),
                (Axis::ColumnNorm, _) => column_norm(evidence, tokens, self.order),
            }
        };
        let largest = self.largest(tokens);
        // A large norm is a low entropy.
        let turns = self.keep_low != (self.axis == Axis::ColumnNorm);
        for score in &mut scores {
            if turns {
                *score = largest - *score;
            }
            if self.normalize && tokens > 1 {
                *score /= largest;
            }
        }
        if self.times_column_mean {
            let divisor = (self.num_heads * tokens) as f32;
            for (score, sum) in scores.iter_mut().zip(evidence.of(Evidence::ColumnSums)) {
                *score *= sum / divisor;
            }
        }
        scores
    }
}
