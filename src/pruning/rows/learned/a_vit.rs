//! `a_vit`: every token adds up, layer by layer, how ready it is to stop; when the sum is nearly 1, it stops.
//!
//! Yin, Vahdat, Alvarez, Mallya, Kautz and Molchanov 2022, "A-ViT: Adaptive Tokens for Efficient Vision Transformer", CVPR,
//! section 3. <https://arxiv.org/abs/2112.07658>
//!
//! After layer `l` a token's halting score is `h_k = sigmoid(w . x_k + b_l)`; it stops once the sum of its scores exceeds
//! `1 - epsilon`, and takes no part in later layers. Shown as a token's score is what is left of its 1.
//!
//! Adapted to text. The authors read `h` off one channel of the states, `sigmoid(g x[0] - c)`, which they train the whole model
//! for; here `w` is a learned direction, of which that channel is one (`w = g e_0`, `b = -c`), so that a backbone may stay
//! as it is, and each layer has its own `b`. They classify by the sum of a token's states weighed by its halting scores, the
//! class token's included, which may halt; a text classifier was trained on the state after the last layer, so the first
//! token never halts and the head reads that state.
//!
//! Weights: `halting.weight` `[1, d]`, `halting.bias` `[layers - 1]`.

use std::sync::Arc;

use crate::pruning::BuildContext;
use crate::pruning::Decision;
use crate::pruning::Error;
use crate::pruning::KeyKind;
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
use crate::pruning::rows::learned::reaching;
use crate::pruning::rows::schedule::Protect;
use crate::pruning::rows::schedule::float_dial;
use crate::pruning::rows::schedule::protect_always_first;
use crate::pruning::trained::pruner_key;
use crate::pruning::trained::sigmoid;
use crate::tensor::EvidenceSet;
use crate::tensor::ModelShape;

pub(in crate::pruning::rows) fn info() -> StrategyInfo {
    let epsilon = KeyKind::Float { min: 0.0, min_included: true, max: 1.0, logarithmic: false };
    StrategyInfo {
        id: "a_vit",
        name: "A-ViT",
        family: StrategyFamily::Learned,
        paper: "Yin et al., A-ViT: Adaptive Tokens for Efficient Vision Transformer, CVPR",
        year: Some(2022),
        url: "https://arxiv.org/abs/2112.07658",
        summary: "Each token adds up how ready it is to stop, layer by layer, and stops when the sum is nearly 1",
        formula: "h_k = σ(w·x_k + b_l) after layer l; goes on iff 1 − Σ h_k ≥ epsilon; CLS never stops",
        deviations: "adapted to text: a learned direction instead of one channel, a shift for each layer; CLS never stops, and the \
                     head reads its last state instead of a weighed sum",
        keys: vec![
            pruner_key(),
            KeySpec::new("epsilon", epsilon, Value::Float(0.01), "What must be left of a token's 1 for it to go on"),
            protect_always_first(),
        ],
        dial: Some(float_dial("epsilon", &[0.001, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9])),
        score_only: false,
        training: Training::Required("the halting direction and its shifts (pruner)"),
        build,
    }
}

#[derive(Debug)]
struct AVit {
    weights: Arc<Weights>,
    epsilon: f64,
    protect: Protect,
}

#[derive(Debug)]
struct Weights {
    /// Shape: `[d]`.
    direction: Vec<f32>,
    /// Shape: `[layers - 1]`.
    shifts: Vec<f32>,
}

fn build(context: &BuildContext<'_>) -> Result<Arc<dyn Pruner>, Error> {
    let BuildContext { spec, shape } = *context;
    let trained = context.trained()?;
    let weights = Weights {
        direction: trained.values("halting.weight", &[1, shape.hidden])?,
        shifts: trained.values("halting.bias", &[shape.num_layers.saturating_sub(1)])?,
    };
    let (epsilon, protect) = (spec.float("epsilon")?, Protect::from_spec(spec)?);
    Ok(Arc::new(AVit { weights: Arc::new(weights), epsilon, protect }))
}

impl Pruner for AVit {
    fn needs(&self, _layer: usize) -> EvidenceSet {
        EvidenceSet::NONE
    }

    fn decides_on_input(&self, layer: usize) -> bool {
        layer > 0
    }

    /// `d` for each token.
    fn input_macs(&self, _layer: usize, tokens: usize, shape: &ModelShape) -> u64 {
        (tokens * shape.hidden) as u64
    }

    fn idle_layers(&self) -> usize {
        1
    }

    fn begin(&self, sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        let protected = self.protect.mask(sequence);
        let left = vec![1.0; protected.len()];
        Box::new(Halting { weights: Arc::clone(&self.weights), epsilon: self.epsilon, left, protected })
    }
}

struct Halting {
    weights: Arc<Weights>,
    epsilon: f64,
    /// What is left of each token's 1, per original position. Shape: `[n0]`.
    left: Vec<f64>,
    /// Per original position. Shape: `[n0]`.
    protected: Vec<bool>,
}

impl SequencePruner for Halting {
    fn decide_on_input(&mut self, input: &LayerInput<'_>) -> Decision {
        let shift = input.layer.checked_sub(1).and_then(|before| self.weights.shifts.get(before));
        let Some(&shift) = shift else { return Decision::keep_all() };
        for (&position, state) in input.orig.iter().zip(input.states.chunks_exact(input.width())) {
            let product: f32 = state.iter().zip(&self.weights.direction).map(|(value, weight)| value * weight).sum();
            self.left[position as usize] -= sigmoid(product + shift);
        }
        let left: Vec<f64> = input.orig.iter().map(|&position| self.left[position as usize]).collect();
        reaching(input, &left, self.epsilon, &self.protected)
    }

    fn decide(&mut self, _layer: &LayerEvidence<'_>) -> Decision {
        Decision::keep_all()
    }
}
