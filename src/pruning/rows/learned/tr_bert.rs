//! `tr_bert`: a policy network, trained by reinforcement, lets tokens through before two layers.
//!
//! Ye, Lin, Huang and Sun 2021, "TR-BERT: Dynamic Token Reduction for Accelerating BERT Inference", NAACL, section 3.
//! <https://arxiv.org/abs/2105.11618>
//!
//! Gates stand before layers 1 and `L / 2` (2 where that is less). `p_k = sigmoid(w2 . gelu(W1 x_k + b1) + b2)` with 32 hidden
//! values; a token goes on iff `p_k >= cut`, one half in the paper. The first token always does.
//!
//! Deviates: survivors stay in the order of the text, where the authors order them by `p`: the same states for models whose
//! positions are embedded, and the right distances for those that measure them. Their batches keep the longest text's count.
//!
//! Weights: `gates.G.hidden.weight` `[32, d]` and `bias` `[32]`, `gates.G.output.weight` `[1, 32]` and `bias` `[1]`, for gates
//! 0 and 1.

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
use crate::pruning::trained::sigmoid;
use crate::tensor::EvidenceSet;
use crate::tensor::ModelShape;

pub(in crate::pruning::rows) fn info() -> StrategyInfo {
    let cut = KeyKind::Float { min: 0.0, min_included: true, max: 1.0, logarithmic: false };
    StrategyInfo {
        id: "tr_bert",
        name: "TR-BERT",
        family: StrategyFamily::Learned,
        paper: "Ye et al., TR-BERT: Dynamic Token Reduction for Accelerating BERT Inference, NAACL",
        year: Some(2021),
        url: "https://arxiv.org/abs/2105.11618",
        summary: "Before two layers a policy network, trained by reinforcement, decides which tokens go on",
        formula: "p_k = σ(w₂·GELU(W₁·x_k + b₁) + b₂) before layers 1 and L/2; goes on iff p_k ≥ cut; CLS always does",
        deviations: "survivors stay in the order of the text instead of that of p; no text keeps more for the sake of its batch",
        keys: vec![
            pruner_key(),
            KeySpec::new("cut", cut, Value::Float(0.5), "Probability that a token needs to go on"),
            protect_always_first(),
        ],
        dial: Some(float_dial("cut", &[0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95])),
        score_only: false,
        training: Training::Required("the policy before two layers (pruner)"),
        build,
    }
}

/// The layers before which the gates stand, in a model of so many layers.
#[must_use]
pub fn tr_bert_layers(num_layers: usize) -> Vec<usize> {
    [1, (num_layers / 2).max(2)].into_iter().filter(|&layer| layer < num_layers).collect()
}

#[derive(Debug)]
struct TrBert {
    gates: Arc<Vec<(usize, TwoLayers)>>,
    cut: f64,
    protect: Protect,
}

fn build(context: &BuildContext<'_>) -> Result<Arc<dyn Pruner>, Error> {
    let BuildContext { spec, shape } = *context;
    let trained = context.trained()?;
    let gate = |(gate, layer)| Ok((layer, TwoLayers::read(&trained, &format!("gates.{gate}"), shape.hidden)?));
    let gates = tr_bert_layers(shape.num_layers).into_iter().enumerate().map(gate).collect::<Result<_, Error>>()?;
    Ok(Arc::new(TrBert { gates: Arc::new(gates), cut: spec.float("cut")?, protect: Protect::from_spec(spec)? }))
}

impl Pruner for TrBert {
    fn needs(&self, _layer: usize) -> EvidenceSet {
        EvidenceSet::NONE
    }

    fn decides_on_input(&self, layer: usize) -> bool {
        self.gates.iter().any(|(gate, _)| *gate == layer)
    }

    /// `32 d + 32` for each token.
    fn input_macs(&self, _layer: usize, tokens: usize, shape: &ModelShape) -> u64 {
        tokens as u64 * TwoLayers::macs(shape.hidden)
    }

    fn idle_layers(&self) -> usize {
        self.gates.first().map_or(usize::MAX, |(layer, _)| *layer)
    }

    fn begin(&self, sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        let (gates, protected) = (Arc::clone(&self.gates), self.protect.mask(sequence));
        Box::new(Followed { gates, cut: self.cut, protected })
    }
}

struct Followed {
    gates: Arc<Vec<(usize, TwoLayers)>>,
    cut: f64,
    /// Per original position. Shape: `[n0]`.
    protected: Vec<bool>,
}

impl SequencePruner for Followed {
    fn decide_on_input(&mut self, input: &LayerInput<'_>) -> Decision {
        let Some((_, policy)) = self.gates.iter().find(|(layer, _)| *layer == input.layer) else {
            return Decision::keep_all();
        };
        let scores: Vec<f64> = policy.apply(input.states).into_iter().map(sigmoid).collect();
        reaching(input, &scores, self.cut, &self.protected)
    }

    fn decide(&mut self, _layer: &LayerEvidence<'_>) -> Decision {
        Decision::keep_all()
    }
}
