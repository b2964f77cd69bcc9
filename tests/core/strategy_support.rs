//! What the strategy tests share: evidence worked out from attention matrices by the definitions, and a run over layers
//! that keeps track of rows without any engine.

use prunescope::pruning::Action;
use prunescope::pruning::Decision;
use prunescope::pruning::LayerEvidence;
use prunescope::pruning::Pruner;
use prunescope::pruning::SequenceInfo;
use prunescope::pruning::SequencePruner;
use prunescope::pruning::StrategySpec;
use prunescope::tensor::Evidence;
use prunescope::tensor::ModelShape;
use prunescope::tensor::SequenceEvidence;
use std::sync::Arc;

/// The attention of strategies.md section 8. Shape: `[heads, query, key]`.
pub(crate) const ATTENTION: [[[f32; 5]; 5]; 2] = [
    [
        [0.40, 0.10, 0.30, 0.10, 0.10],
        [0.20, 0.20, 0.40, 0.10, 0.10],
        [0.10, 0.10, 0.60, 0.10, 0.10],
        [0.25, 0.25, 0.25, 0.15, 0.10],
        [0.50, 0.05, 0.05, 0.10, 0.30],
    ],
    [
        [0.20, 0.20, 0.20, 0.20, 0.20],
        [0.10, 0.60, 0.10, 0.10, 0.10],
        [0.30, 0.10, 0.20, 0.30, 0.10],
        [0.10, 0.10, 0.10, 0.60, 0.10],
        [0.20, 0.20, 0.20, 0.20, 0.20],
    ],
];

/// The values of strategies.md section 8. Shape: `[heads, key, head_dim]`.
pub(crate) const VALUES: [[[f32; 2]; 5]; 2] = [
    [[1.0, 0.0], [0.0, 2.0], [3.0, 4.0], [1.0, 1.0], [0.5, 0.0]],
    [[0.0, 1.0], [1.0, 0.0], [0.0, 0.5], [2.0, 0.0], [0.0, 0.0]],
];

pub(crate) fn shape(num_layers: usize, num_heads: usize) -> ModelShape {
    ModelShape { num_layers, hidden: 6 * num_heads, num_heads, head_dim: 6, intermediate: 7, reads_mean: false }
}

/// A text whose first and last tokens are special.
pub(crate) fn text(num_tokens: usize) -> SequenceInfo {
    let is_special = (0..num_tokens).map(|position| position == 0 || position + 1 == num_tokens).collect();
    SequenceInfo { is_special, fingerprint: 7, ..SequenceInfo::default() }
}

/// Everything that attention `[heads][query][key]` says, summed up naively.
pub(crate) fn evidence_of(attention: &[Vec<Vec<f32>>]) -> SequenceEvidence {
    let tokens = attention[0].len();
    let column = |key: usize| attention.iter().flatten().map(|row| row[key]).sum();
    let diagonal = |key: usize| attention.iter().map(|head| head[key][key]).sum();
    let cls = |key: usize| attention.iter().map(|head| head[0][key]).sum::<f32>() / attention.len() as f32;
    SequenceEvidence::default()
        .with(Evidence::ColumnSums, (0..tokens).map(column).collect())
        .with(Evidence::HeadColumnSums, attention.iter().flat_map(|head| columns(head)).collect())
        .with(Evidence::DiagonalSums, (0..tokens).map(diagonal).collect())
        .with(Evidence::ClsRow, (0..tokens).map(cls).collect())
        .with(Evidence::AttentionProbs, attention.iter().flatten().flatten().copied().collect())
}

/// What each key of one head receives.
fn columns(head: &[Vec<f32>]) -> Vec<f32> {
    (0..head.len()).map(|key| head.iter().map(|row| row[key]).sum()).collect()
}

/// The two-head example, with norms of values and, as if the output projection changed nothing, products of values.
pub(crate) fn example() -> SequenceEvidence {
    let attention: Vec<Vec<Vec<f32>>> =
        ATTENTION.iter().map(|head| head.iter().map(|row| row.to_vec()).collect()).collect();
    let norm = |key: usize| VALUES.iter().flat_map(|head| head[key]).map(|value| value * value).sum::<f32>().sqrt();
    let by_head = |size: fn([f32; 2]) -> f32| VALUES.iter().flatten().map(|&value| size(value)).collect();
    // The output projection leaves head 0 in the first two places and head 1 in the others: no products between them.
    let gram = |key: usize| {
        let square = |head: usize| VALUES[head][key].iter().map(|value| value * value).sum::<f32>();
        [square(0), 0.0, 0.0, square(1)]
    };
    evidence_of(&attention)
        .with(Evidence::ValueNorms, (0..5).map(norm).collect())
        .with(Evidence::HeadValueL1, by_head(|[x, y]| x.abs() + y.abs()))
        .with(Evidence::HeadValueL2, by_head(|[x, y]| x.hypot(y)))
        .with(Evidence::OutputGrams, (0..5).flat_map(gram).collect())
}

/// Builds a strategy from its spec.
pub(crate) fn build(spec: &str, shape: &ModelShape) -> Arc<dyn Pruner> {
    let parsed = StrategySpec::parse(spec).unwrap_or_else(|err| panic!("{spec}: {err}"));
    parsed.build(shape).unwrap_or_else(|err| panic!("{spec}: {err}"))
}

/// One layer's decision in terms of original positions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) attended: Vec<u32>,
    pub(crate) kept: Vec<u32>,
    pub(crate) decision: Decision,
}

/// Follows rows through the layers; `evidence` is asked for the rows that are there.
pub(crate) fn follow(
    pruner: &dyn Pruner,
    sequence: &SequenceInfo,
    num_layers: usize,
    evidence: impl Fn(usize, &[u32]) -> SequenceEvidence,
) -> Vec<Step> {
    let mut state: Box<dyn SequencePruner> = pruner.begin(sequence);
    let n0 = u32::try_from(sequence.num_tokens()).expect("a short text");
    let mut orig: Vec<u32> = (0..n0).collect();
    let mut next_new = n0;
    let mut steps = Vec::new();
    for layer in 0..num_layers {
        let evidence = evidence(layer, &orig);
        let decision = state.decide(&LayerEvidence { layer, orig: &orig, evidence: &evidence });
        let mut position = |row: &Option<usize>| {
            row.map_or_else(
                || {
                    next_new += 1;
                    next_new - 1
                },
                |row| orig[row],
            )
        };
        let kept: Vec<u32> = match &decision.action {
            Action::KeepAll => orig.clone(),
            Action::Keep(rows) | Action::Mask(rows) => rows.iter().map(|&row| orig[row]).collect(),
            Action::Reduce { rows, .. } => rows.iter().map(&mut position).collect(),
        };
        let attended = orig.clone();
        if !matches!(decision.action, Action::Mask(_)) {
            orig.clone_from(&kept);
        }
        steps.push(Step { attended, kept, decision });
    }
    steps
}

/// Row-stochastic attention drawn from a small generator, different for each seed. Shape: `[heads][query][key]`.
pub(crate) fn drawn_attention(seed: u64, num_heads: usize, tokens: usize) -> Vec<Vec<Vec<f32>>> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut draw = || {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / 16_777_216.0
    };
    let mut row = || {
        let raw: Vec<f32> = (0..tokens).map(|_| (4.0 * draw()).exp()).collect();
        let total: f32 = raw.iter().sum();
        raw.into_iter().map(|value| value / total).collect::<Vec<f32>>()
    };
    (0..num_heads).map(|_| (0..tokens).map(|_| row()).collect()).collect()
}

/// Evidence of every kind for the rows that are there, drawn anew for each layer.
pub(crate) fn drawn_evidence(seed: u64, num_heads: usize, layer: usize, rows: &[u32]) -> SequenceEvidence {
    let attention = drawn_attention(seed ^ (layer as u64 + 1) << 32, num_heads, rows.len());
    let keys = drawn_attention(seed ^ (layer as u64 + 1) << 48, 1, rows.len());
    let value_norms: Vec<f32> = rows.iter().map(|&position| 0.5 + (position % 5) as f32).collect();
    let by_head: Vec<f32> = (0..num_heads).flat_map(|_| value_norms.iter().copied()).collect();
    // Products of heads whose outputs stand at right angles to each other.
    let gram = |norm: f32| (0..num_heads * num_heads).map(move |at| if at % (num_heads + 1) == 0 { norm } else { 0.0 });
    let grams = value_norms.iter().flat_map(|&norm| gram(norm)).collect();
    let mean_keys = keys[0].iter().flat_map(|row| row.iter().cycle().take(6).map(|value| value - 0.1)).collect();
    evidence_of(&attention)
        .with(Evidence::ValueNorms, value_norms)
        .with(Evidence::HeadValueL1, by_head.clone())
        .with(Evidence::HeadValueL2, by_head)
        .with(Evidence::OutputGrams, grams)
        .with(Evidence::MeanKeys, mean_keys)
}

pub(crate) fn assert_close(got: &[f32], expected: &[f32], tolerance: f32, what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}: number of scores");
    for (index, (got, expected)) in got.iter().zip(expected).enumerate() {
        assert!((got - expected).abs() <= tolerance, "{what}: token {index} has {got}, expected {expected}");
    }
}
