//! `transkimmer`: before every layer a small network looks at each token and decides whether it enters.
//!
//! Guan, Li, Leng, Lin and Guo 2022, "Transkimmer: Transformer Learns to Layer-wise Skim", ACL, section 3.
//! <https://arxiv.org/abs/2205.07324>
//!
//! The predictor of layer `l` is `LN -> Linear(d, d) -> LN -> GELU -> Linear(d, 2)`; output 1 speaks for the token, output 0
//! against it. `p_k = softmax(...)[1]`; a token enters iff `p_k >= cut`, which at one half is the larger of the two outputs.
//! The first token always enters and is not looked at. A token that does not enter never comes back; its last state stands
//! in the final output.
//!
//! Deviates: the authors draw Gumbel noise at inference too, here the larger output decides; they multiply probabilities by
//! the decision without bringing them to sum 1 again, here the tokens leave the tensors.
//!
//! Weights: `layers.L.norm_in.{weight,bias}` `[d]`, `layers.L.dense.weight` `[d, d]` and `bias` `[d]`,
//! `layers.L.norm_out.{weight,bias}` `[d]`, `layers.L.output.weight` `[2, d]` and `bias` `[2]`.

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
use crate::pruning::trained::Dense;
use crate::pruning::trained::Norm;
use crate::pruning::trained::Trained;
use crate::pruning::trained::pruner_key;
use crate::pruning::trained::sigmoid;
use crate::tensor::EvidenceSet;
use crate::tensor::ModelShape;
use crate::tensor::vector;

pub(in crate::pruning::rows) fn info() -> StrategyInfo {
    let cut = KeyKind::Float { min: 0.0, min_included: true, max: 1.0, logarithmic: false };
    StrategyInfo {
        id: "transkimmer",
        name: "Transkimmer",
        family: StrategyFamily::Learned,
        paper: "Guan et al., Transkimmer: Transformer Learns to Layer-wise Skim, ACL",
        year: Some(2022),
        url: "https://arxiv.org/abs/2205.07324",
        summary: "Before every layer a small trained network decides for each token whether it enters",
        formula: "p_k = softmax(W₂·GELU(LN(W₁·LN(x_k) + b₁)) + b₂)[1]; enters layer l iff p_k ≥ cut; CLS always enters",
        deviations: "the larger output decides instead of a draw; removed tokens leave the tensors, where the authors multiply \
                     their attention by 0 and leave the rest as it is",
        keys: vec![
            pruner_key(),
            KeySpec::new("cut", cut, Value::Float(0.5), "Probability that a token needs to enter"),
            protect_always_first(),
        ],
        dial: Some(float_dial("cut", &[0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95])),
        score_only: false,
        training: Training::Required("the predictor before each layer (pruner)"),
        build,
    }
}

#[derive(Debug)]
struct Transkimmer {
    /// Shape: `[layers]`.
    predictors: Arc<Vec<Predictor>>,
    cut: f64,
    protect: Protect,
}

#[derive(Debug)]
struct Predictor {
    norm_in: Norm,
    dense: Dense,
    norm_out: Norm,
    output: Dense,
}

fn build(context: &BuildContext<'_>) -> Result<Arc<dyn Pruner>, Error> {
    let BuildContext { spec, shape } = *context;
    let trained = context.trained()?;
    let predictors = (0..shape.num_layers).map(|layer| Predictor::read(&trained, layer, shape.hidden));
    let predictors = Arc::new(predictors.collect::<Result<_, _>>()?);
    Ok(Arc::new(Transkimmer { predictors, cut: spec.float("cut")?, protect: Protect::from_spec(spec)? }))
}

impl Predictor {
    fn read(trained: &Trained<'_>, layer: usize, width: usize) -> Result<Self, Error> {
        let name = |part: &str| format!("layers.{layer}.{part}");
        Ok(Self {
            norm_in: trained.norm(&name("norm_in"), width)?,
            dense: trained.dense(&name("dense"), width, width)?,
            norm_out: trained.norm(&name("norm_out"), width)?,
            output: trained.dense(&name("output"), width, 2)?,
        })
    }

    /// The probability that each row enters. Shape: `states` `[rows, d]` → `[rows]`.
    fn probabilities(&self, states: &[f32]) -> Vec<f64> {
        let mut normed = states.to_vec();
        self.norm_in.apply(&mut normed);
        let mut inner = self.dense.apply(&normed);
        self.norm_out.apply(&mut inner);
        vector::activate(&mut inner, vector::Activation::Gelu);
        self.output.apply(&inner).chunks_exact(2).map(|pair| sigmoid(pair[1] - pair[0])).collect()
    }
}

impl Pruner for Transkimmer {
    fn needs(&self, _layer: usize) -> EvidenceSet {
        EvidenceSet::NONE
    }

    fn decides_on_input(&self, _layer: usize) -> bool {
        true
    }

    /// `d^2 + 2 d` for each token but the first.
    fn input_macs(&self, _layer: usize, tokens: usize, shape: &ModelShape) -> u64 {
        (tokens.saturating_sub(1) * (shape.hidden * shape.hidden + 2 * shape.hidden)) as u64
    }

    fn begin(&self, sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        let (predictors, protected) = (Arc::clone(&self.predictors), self.protect.mask(sequence));
        Box::new(Skimmed { predictors, cut: self.cut, protected })
    }

    fn restores(&self) -> bool {
        true
    }
}

struct Skimmed {
    predictors: Arc<Vec<Predictor>>,
    cut: f64,
    /// Per original position. Shape: `[n0]`.
    protected: Vec<bool>,
}

impl SequencePruner for Skimmed {
    fn decide_on_input(&mut self, input: &LayerInput<'_>) -> Decision {
        let Some(predictor) = self.predictors.get(input.layer) else { return Decision::keep_all() };
        // The first row always enters; nothing is computed for it.
        let mut scores = vec![1.0];
        scores.extend(predictor.probabilities(&input.states[input.width()..]));
        reaching(input, &scores, self.cut, &self.protected)
    }

    fn decide(&mut self, _layer: &LayerEvidence<'_>) -> Decision {
        Decision::keep_all()
    }
}
