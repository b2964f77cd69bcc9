//! `formula`: ranks tokens by a score that the user writes.
//!
//! No paper: an expression over what the layer's evidence says of each token ([`Formula`]), cut to the shared schedule.
//! Evidence is asked for only where the formula names it. Scores are computed in double precision and ranked in single;
//! what is no number ends the run with layer and token, in the engine. No scores in layers before `start`: nobody looks
//! at them, and they are not free.

use std::sync::Arc;

use crate::pruning::BuildContext;
use crate::pruning::Error;
use crate::pruning::Formula;
use crate::pruning::KeyKind;
use crate::pruning::KeySpec;
use crate::pruning::Pruner;
use crate::pruning::SequenceInfo;
use crate::pruning::SequencePruner;
use crate::pruning::StrategyFamily;
use crate::pruning::StrategyInfo;
use crate::pruning::Training;
use crate::pruning::Value;
use crate::pruning::Vector;
use crate::pruning::formula::Values;
use crate::pruning::rows::schedule::retention_dial;
use crate::pruning::rows::schedule::shared_keys;
use crate::pruning::rows::top_k::TopK;
use crate::tensor::EvidenceSet;
use crate::tensor::ModelShape;

/// Attention received and the size of what a token has to give: a start for one's own.
const DEFAULT: &str = "column_mean * value_norm";

pub(super) fn info() -> StrategyInfo {
    let default = Formula::parse(DEFAULT).map(|formula| Value::Formula(Arc::new(formula))).ok();
    StrategyInfo {
        id: "formula",
        name: "Formula",
        family: StrategyFamily::Static,
        paper: "A score of one's own",
        year: None,
        url: "",
        summary: "Keeps the tokens with the largest values of a formula over attention, values, keys and positions",
        formula: "s_k = what you write, for example column_mean * value_norm - 0.1*diagonal; keep the best ⌈r_l·n0⌉",
        deviations: "",
        keys: shared_keys(vec![KeySpec {
            name: "score",
            kind: KeyKind::Formula,
            default,
            doc: "The score of each token, in quotes: vectors, numbers, + - * /, min max abs sqrt ln exp pow zscore rank \
                  share mean; the README lists the vectors",
            replaces: &[],
        }]),
        dial: Some(retention_dial()),
        score_only: false,
        training: Training::None,
        build,
    }
}

#[derive(Debug)]
struct Scored {
    top_k: TopK,
    formula: Arc<Formula>,
    shape: ModelShape,
}

fn build(context: &BuildContext<'_>) -> Result<Arc<dyn Pruner>, Error> {
    let Some(Value::Formula(formula)) = context.spec.get("score") else {
        return Err(Error::Unset { strategy: "formula", key: "score" });
    };
    Ok(Arc::new(Scored { top_k: TopK::from_context(context)?, formula: Arc::clone(formula), shape: *context.shape }))
}

impl Pruner for Scored {
    fn needs(&self, layer: usize) -> EvidenceSet {
        if !self.top_k.schedule.may_remove(layer) {
            return EvidenceSet::NONE;
        }
        self.top_k.needs(layer, self.formula.needs())
    }

    fn idle_layers(&self) -> usize {
        self.top_k.schedule.idle_layers()
    }

    fn begin(&self, sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        let (formula, shape) = (Arc::clone(&self.formula), self.shape);
        let (schedule, special) = (self.top_k.schedule.clone(), sequence.is_special.clone());
        self.top_k.begin(sequence, move |layer| {
            if !schedule.may_remove(layer.layer) {
                return Vec::new();
            }
            formula.scores(&Values { layer, shape: &shape, special: &special })
        })
    }

    /// An operation of the formula counts as one multiply-accumulate; so does a product behind a vector.
    fn overhead_macs(&self, layer: usize, tokens: usize, shape: &ModelShape) -> u64 {
        if !self.top_k.schedule.may_remove(layer) {
            return 0;
        }
        let of = |vector: &Vector| match vector {
            Vector::ValueNorm | Vector::HiddenNorm => shape.hidden,
            Vector::ValueWeighted => shape.num_heads,
            Vector::KeySimilarity => 3 * shape.head_dim,
            _ => 0,
        };
        let vectors: usize = self.formula.vectors().iter().map(of).sum();
        (tokens * (self.formula.operations() + vectors)) as u64 + self.top_k.overhead_macs(layer, tokens, shape)
    }
}
