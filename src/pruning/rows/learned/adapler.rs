//! `adapler`: before every layer a small network shares out what the tokens contribute; who gets too little leaves.
//!
//! Modarressi, Mohebbi and Pilehvar 2022, "`AdapLeR`: Speeding up Inference by Adaptive Length Reduction", ACL, section 3.
//! <https://arxiv.org/abs/2203.08991>
//!
//! The predictor of layer `l` is `Linear(d, 32) -> GELU -> Linear(32, 1)`, then softmax over the `n_l` tokens that are there:
//! `alpha_k`. From layer 1 on the share of the first token is multiplied by `max(0.001, theta_l)` and the shares are brought
//! to sum 1 again. A token enters iff `alpha_k >= scale * eta_l / n_l`; the first one always does, the last one need not.
//!
//! Deviates: `scale` (1 in the paper) moves all learned thresholds together.
//!
//! Weights: `layers.L.hidden.weight` `[32, d]` and `bias` `[32]`, `layers.L.output.weight` `[1, 32]` and `bias` `[1]`, `eta`
//! `[layers]`, `theta` `[layers - 1]`.

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
use crate::pruning::trained::TwoLayers;
use crate::pruning::trained::pruner_key;
use crate::tensor::EvidenceSet;
use crate::tensor::ModelShape;

/// What a learned `theta` counts as at least.
const SMALLEST_THETA: f64 = 0.001;

pub(in crate::pruning::rows) fn info() -> StrategyInfo {
    let scale = KeyKind::Float { min: 0.0, min_included: true, max: 100.0, logarithmic: true };
    StrategyInfo {
        id: "adapler",
        name: "AdapLeR",
        family: StrategyFamily::Learned,
        paper: "Modarressi et al., AdapLeR: Speeding up Inference by Adaptive Length Reduction, ACL",
        year: Some(2022),
        url: "https://arxiv.org/abs/2203.08991",
        summary: "Before every layer a small trained network shares out what tokens contribute; whoever gets too little leaves",
        formula: "α = softmax_k(w₂·GELU(W₁·x_k + b₁)), α_CLS times max(0.001, θ_l) and normalized from layer 1 on; enters iff \
                  α_k ≥ scale·η_l/n_l; CLS always enters",
        deviations: "scale moves the learned thresholds together; 1 in the paper",
        keys: vec![
            pruner_key(),
            KeySpec::new("scale", scale, Value::Float(1.0), "What the learned thresholds are multiplied by"),
            protect_always_first(),
        ],
        dial: Some(float_dial("scale", &[0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0])),
        score_only: false,
        training: Training::Required("the predictor before each layer, η and θ (pruner)"),
        build,
    }
}

#[derive(Debug)]
struct AdapLeR {
    layers: Arc<Vec<Layer>>,
    protect: Protect,
}

#[derive(Debug)]
struct Layer {
    predictor: TwoLayers,
    /// `eta`, scaled.
    threshold: f64,
    /// What the share of the first token is multiplied by.
    theta: f64,
}

fn build(context: &BuildContext<'_>) -> Result<Arc<dyn Pruner>, Error> {
    let BuildContext { spec, shape } = *context;
    let trained = context.trained()?;
    let count = shape.num_layers;
    let (eta, theta) = (trained.values("eta", &[count])?, trained.values("theta", &[count.saturating_sub(1)])?);
    let scale = spec.float("scale")?;
    // Layer 0 has no theta.
    let thetas = std::iter::once(1.0).chain(theta.into_iter().map(f64::from));
    let layer = |(layer, (eta, theta)): (usize, (f32, f64))| {
        Ok(Layer {
            predictor: TwoLayers::read(&trained, &format!("layers.{layer}"), shape.hidden)?,
            threshold: scale * f64::from(eta),
            theta: theta.max(SMALLEST_THETA),
        })
    };
    let layers = eta.into_iter().zip(thetas).enumerate().map(layer).collect::<Result<_, Error>>()?;
    Ok(Arc::new(AdapLeR { layers: Arc::new(layers), protect: Protect::from_spec(spec)? }))
}

impl Layer {
    /// What each row contributes; sums to 1. Shape: `states` `[rows, d]` → `[rows]`.
    fn contributions(&self, states: &[f32], is_first_layer: bool) -> Vec<f64> {
        let logits: Vec<f64> = self.predictor.apply(states).into_iter().map(f64::from).collect();
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut shares: Vec<f64> = logits.into_iter().map(|logit| (logit - largest).exp()).collect();
        if !is_first_layer && let Some(first) = shares.first_mut() {
            *first *= self.theta;
        }
        let total: f64 = shares.iter().sum();
        shares.into_iter().map(|share| share / total).collect()
    }
}

impl Pruner for AdapLeR {
    fn needs(&self, _layer: usize) -> EvidenceSet {
        EvidenceSet::NONE
    }

    fn decides_on_input(&self, _layer: usize) -> bool {
        true
    }

    /// `32 d + 32` for each token.
    fn input_macs(&self, _layer: usize, tokens: usize, shape: &ModelShape) -> u64 {
        tokens as u64 * TwoLayers::macs(shape.hidden)
    }

    fn begin(&self, sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        Box::new(Shared { layers: Arc::clone(&self.layers), protected: self.protect.mask(sequence) })
    }
}

struct Shared {
    layers: Arc<Vec<Layer>>,
    /// Per original position. Shape: `[n0]`.
    protected: Vec<bool>,
}

impl SequencePruner for Shared {
    fn decide_on_input(&mut self, input: &LayerInput<'_>) -> Decision {
        let Some(layer) = self.layers.get(input.layer) else { return Decision::keep_all() };
        let shares = layer.contributions(input.states, input.layer == 0);
        reaching(input, &shares, layer.threshold / shares.len() as f64, &self.protected)
    }

    fn decide(&mut self, _layer: &LayerEvidence<'_>) -> Decision {
        Decision::keep_all()
    }
}
