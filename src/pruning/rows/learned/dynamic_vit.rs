//! `dynamic_vit`: before three layers a network ranks the tokens by what they are and what the others are, and a fixed share
//! goes on.
//!
//! Rao, Zhao, Liu, Lu, Zhou and Hsieh 2021, "`DynamicViT`: Efficient Vision Transformers with Dynamic Token Sparsification",
//! `NeurIPS`, section 3. <https://arxiv.org/abs/2106.02034>
//!
//! The predictors stand before layers `L/4`, `L/2` and `3L/4`. `z = GELU(Linear(LN(x)))`; its first half is the token's own, the
//! mean of the second half over the tokens that are there is everybody's; both together go through
//! `Linear(d, d/2) -> GELU -> Linear(d/2, d/4) -> GELU -> Linear(d/4, 2)`, of which softmax gives the probability of staying
//! (output 0). At stage `i` (from 1) the best `floor(N * retention^i)` of the `N` original tokens but the first go on.
//!
//! Adapted to text: patches become tokens, so `N` is the length of the text; survivors stay in the order of the text; the
//! last special token counts as a token like others, and may be protected.
//!
//! Weights: `stages.S.norm.{weight,bias}` `[d]`, `stages.S.embed.weight` `[d, d]`, `stages.S.mix.weight` `[d/2, d]`,
//! `stages.S.narrow.weight` `[d/4, d/2]`, `stages.S.output.weight` `[2, d/4]`, each with its `bias`, for stages 0 to 2.

use std::sync::Arc;

use crate::pruning::BuildContext;
use crate::pruning::Decision;
use crate::pruning::Error;
use crate::pruning::KeySpec;
use crate::pruning::LayerEvidence;
use crate::pruning::LayerInput;
use crate::pruning::Pruner;
use crate::pruning::SequenceInfo;
use crate::pruning::SequencePruner;
use crate::pruning::StrategyFamily;
use crate::pruning::StrategyInfo;
use crate::pruning::Training;
use crate::pruning::Value;
use crate::pruning::rows::schedule::Protect;
use crate::pruning::rows::schedule::SHARE;
use crate::pruning::rows::schedule::protect_always_first;
use crate::pruning::rows::schedule::retention_dial;
use crate::pruning::rows::schedule::round_down;
use crate::pruning::rows::top_k::Selection;
use crate::pruning::trained::Dense;
use crate::pruning::trained::Norm;
use crate::pruning::trained::Trained;
use crate::pruning::trained::pruner_key;
use crate::pruning::trained::sigmoid;
use crate::tensor::EvidenceSet;
use crate::tensor::ModelShape;
use crate::tensor::vector;

pub(in crate::pruning::rows) fn info() -> StrategyInfo {
    StrategyInfo {
        id: "dynamic_vit",
        name: "DynamicViT",
        family: StrategyFamily::Learned,
        paper: "Rao et al., DynamicViT: Efficient Vision Transformers with Dynamic Token Sparsification, NeurIPS",
        year: Some(2021),
        url: "https://arxiv.org/abs/2106.02034",
        summary: "Before three layers a trained network ranks tokens by themselves and by all others; a fixed share goes on",
        formula: "p_k = softmax(MLP([z_k local, mean z global]))[0] with z = GELU(W·LN(x)); stage i keeps the ⌊N·retention^i⌋ best \
                  before layers L/4, L/2, 3L/4; CLS always stays",
        deviations: "adapted to text: tokens instead of patches, in the order of the text",
        keys: vec![
            pruner_key(),
            KeySpec::new("retention", SHARE, Value::Float(0.7), "Share of tokens that each of the three stages keeps"),
            protect_always_first(),
        ],
        dial: Some(retention_dial()),
        score_only: false,
        training: Training::Required("the predictors before three layers (pruner)"),
        build,
    }
}

/// The layers before which the three stages stand, in a model of so many layers. Of stages that fall on one layer or past
/// the end, the first stands.
#[must_use]
pub fn dynamic_vit_layers(num_layers: usize) -> Vec<usize> {
    let mut layers: Vec<usize> = (1..=3).map(|quarter| (num_layers * quarter / 4).max(1)).collect();
    layers.dedup();
    layers.retain(|&layer| layer < num_layers);
    layers
}

#[derive(Debug)]
struct DynamicVit {
    stages: Arc<Vec<Stage>>,
    retention: f64,
    protect: Protect,
}

#[derive(Debug)]
struct Stage {
    layer: usize,
    norm: Norm,
    embed: Dense,
    mix: Dense,
    narrow: Dense,
    output: Dense,
}

fn build(context: &BuildContext<'_>) -> Result<Arc<dyn Pruner>, Error> {
    let BuildContext { spec, shape } = *context;
    let trained = context.trained()?;
    let layers = dynamic_vit_layers(shape.num_layers).into_iter().enumerate();
    let stages = layers.map(|(stage, layer)| Stage::read(&trained, stage, layer, shape.hidden));
    let stages = Arc::new(stages.collect::<Result<_, _>>()?);
    Ok(Arc::new(DynamicVit { stages, retention: spec.float("retention")?, protect: Protect::from_spec(spec)? }))
}

impl Stage {
    fn read(trained: &Trained<'_>, stage: usize, layer: usize, width: usize) -> Result<Self, Error> {
        let name = |part: &str| format!("stages.{stage}.{part}");
        Ok(Self {
            layer,
            norm: trained.norm(&name("norm"), width)?,
            embed: trained.dense(&name("embed"), width, width)?,
            mix: trained.dense(&name("mix"), width, width / 2)?,
            narrow: trained.dense(&name("narrow"), width / 2, width / 4)?,
            output: trained.dense(&name("output"), width / 4, 2)?,
        })
    }

    /// The probability that each row stays. Shape: `states` `[rows, d]`, none of them the first token → `[rows]`.
    fn probabilities(&self, states: &[f32], width: usize) -> Vec<f64> {
        let mut inner = states.to_vec();
        self.norm.apply(&mut inner);
        let mut inner = self.embed.apply(&inner);
        vector::activate(&mut inner, vector::Activation::Gelu);
        share_second_half(&mut inner, width);
        let mut mixed = self.mix.apply(&inner);
        vector::activate(&mut mixed, vector::Activation::Gelu);
        let mut narrow = self.narrow.apply(&mixed);
        vector::activate(&mut narrow, vector::Activation::Gelu);
        self.output.apply(&narrow).chunks_exact(2).map(|pair| sigmoid(pair[0] - pair[1])).collect()
    }

    fn macs(width: usize) -> usize {
        width * width + (width / 2) * width + (width / 4) * (width / 2) + 2 * (width / 4)
    }
}

/// Replaces the second half of each row by its mean over the rows.
fn share_second_half(rows: &mut [f32], width: usize) {
    let (half, count) = (width / 2, rows.len() / width.max(1));
    let mut means = vec![0.0; width - half];
    for row in rows.chunks_exact(width) {
        vector::add(&mut means, &row[half..]);
    }
    for mean in &mut means {
        *mean /= count as f32;
    }
    for row in rows.chunks_exact_mut(width) {
        row[half..].copy_from_slice(&means);
    }
}

impl Pruner for DynamicVit {
    fn needs(&self, _layer: usize) -> EvidenceSet {
        EvidenceSet::NONE
    }

    fn decides_on_input(&self, layer: usize) -> bool {
        self.stages.iter().any(|stage| stage.layer == layer)
    }

    /// `d^2 + d^2/2 + d^2/8 + d/2` for each token but the first.
    fn input_macs(&self, _layer: usize, tokens: usize, shape: &ModelShape) -> u64 {
        (tokens.saturating_sub(1) * Stage::macs(shape.hidden)) as u64
    }

    fn idle_layers(&self) -> usize {
        self.stages.first().map_or(usize::MAX, |stage| stage.layer)
    }

    fn begin(&self, sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        let (stages, protected) = (Arc::clone(&self.stages), self.protect.mask(sequence));
        Box::new(Ranked { stages, retention: self.retention, protected })
    }
}

struct Ranked {
    stages: Arc<Vec<Stage>>,
    retention: f64,
    /// Per original position. Shape: `[n0]`.
    protected: Vec<bool>,
}

impl SequencePruner for Ranked {
    fn decide_on_input(&mut self, input: &LayerInput<'_>) -> Decision {
        let Some(index) = self.stages.iter().position(|stage| stage.layer == input.layer) else {
            return Decision::keep_all();
        };
        let width = input.width();
        let probabilities = self.stages[index].probabilities(&input.states[width..], width);
        #[expect(clippy::cast_possible_truncation, reason = "scores are f32 throughout")]
        let scores: Vec<f32> = std::iter::once(1.0).chain(probabilities.into_iter().map(|p| p as f32)).collect();
        let others = self.protected.len().saturating_sub(1);
        #[expect(clippy::cast_possible_wrap, clippy::cast_possible_truncation, reason = "one of three stages")]
        let share = self.retention.powi(index as i32 + 1);
        let count = 1 + round_down(share * others as f64);
        Selection::best(&scores, input.orig, &self.protected, count).into_decision(scores)
    }

    fn decide(&mut self, _layer: &LayerEvidence<'_>) -> Decision {
        Decision::keep_all()
    }
}
