//! `tome`: merges the most similar pairs of tokens instead of removing any.
//!
//! Bolya, Fu, Dai, Zhang, Feichtenhofer and Hoffman 2023, "Token Merging: Your `ViT` But Faster", ICLR, section 3.
//! <https://arxiv.org/abs/2210.09461>
//!
//! Keys are averaged over heads and brought to length 1. Even rows are sources, odd rows destinations; each source looks
//! for the destination with the largest cosine, and the `r` best of these pairs merge: size-weighted mean of the states,
//! sizes add. Rows go on as unmerged even rows, then odd rows, so the next layer pairs others. With `proportional`,
//! attention adds `ln(size)` to the logits of a key, because a row that stands for three tokens deserves three votes.
//! Layer `l` merges `r (1 - inflect + 2 inflect t)` pairs, rounded down, where `t` runs from 0 in layer `start` to 1 in the
//! last; never more than half of the unprotected rows.
//!
//! Deviates: without `r`, a tenth of the original tokens merge in each layer, at least 1, because texts differ in length;
//! every special token is protected by default, as source and as destination, the authors' is `[CLS]` as a source.
//! Ties: larger cosine first, then the smaller original position. The strategy ranks pairs, not tokens, so it shows no
//! importance.

use std::sync::Arc;

use crate::pruning::Action;
use crate::pruning::BuildContext;
use crate::pruning::Decision;
use crate::pruning::Dial;
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
use crate::pruning::rows::pairs::best_pairs;
use crate::pruning::rows::pairs::join;
use crate::pruning::rows::schedule::LAYER;
use crate::pruning::rows::schedule::Protect;
use crate::pruning::rows::schedule::protect_key;
use crate::tensor::Evidence;
use crate::tensor::EvidenceSet;
use crate::tensor::ModelShape;

/// Counts are rounded down, but not because of the last bits of a product.
const ROUNDING_SLACK: f64 = 1e-9;

pub(super) fn info() -> StrategyInfo {
    let inflect = KeyKind::Float { min: -1.0, min_included: true, max: 1.0, logarithmic: false };
    StrategyInfo {
        id: "tome",
        name: "ToMe",
        family: StrategyFamily::Merging,
        paper: "Bolya et al., Token Merging: Your ViT But Faster, ICLR",
        year: Some(2023),
        url: "https://arxiv.org/abs/2210.09461",
        summary: "Merges the most similar pairs of tokens instead of removing any",
        formula: "cos(k̄_a, k̄_b) of head-mean keys, a even, b odd; the r best pairs merge: x_b = Σ size·x / Σ size; logits of \
                  key k gain ln(size_k)",
        deviations: "Without r, a tenth of the original tokens merge in each layer; every special token is protected by \
                     default, as source and as destination",
        keys: vec![
            KeySpec::unset(
                "r",
                KeyKind::Int { min: 0, max: 512 },
                "Pairs to merge in each layer; if left out, a tenth of the original tokens, at least 1",
            ),
            KeySpec::new(
                "inflect",
                inflect,
                Value::Float(0.0),
                "Above 0 merges more in later layers, below 0 in earlier",
            ),
            KeySpec::new("start", LAYER, Value::Int(0), "First layer (0-based) that may merge tokens"),
            KeySpec::new(
                "proportional",
                KeyKind::Bool,
                Value::Bool(true),
                "Attention counts a merged token by its size",
            ),
            protect_key("special"),
        ],
        dial: Some(Dial { key: "r", values: [1, 2, 3, 4, 6, 8, 12, 16].map(Value::Int).to_vec() }),
        score_only: false,
        training: Training::None,
        build,
    }
}

#[derive(Clone, Debug)]
struct Tome {
    /// Pairs a layer; `None` = a tenth of the original tokens.
    r: Option<u64>,
    inflect: f64,
    start: usize,
    proportional: bool,
    protect: Protect,
    num_layers: usize,
}

fn build(context: &BuildContext<'_>) -> Result<Arc<dyn Pruner>, Error> {
    let BuildContext { spec, shape } = *context;
    Ok(Arc::new(Tome {
        r: spec.int("r").ok(),
        inflect: spec.float("inflect")?,
        start: usize::try_from(spec.int("start")?).unwrap_or(usize::MAX),
        proportional: spec.flag("proportional")?,
        protect: Protect::from_spec(spec)?,
        num_layers: shape.num_layers,
    }))
}

impl Tome {
    /// Pairs to merge in `layer` of a text of `n0` tokens.
    fn pairs(&self, layer: usize, n0: usize) -> usize {
        if layer < self.start {
            return 0;
        }
        let steps = self.num_layers.saturating_sub(self.start + 1).max(1);
        let progress = if self.num_layers == self.start + 1 { 0.5 } else { (layer - self.start) as f64 / steps as f64 };
        let factor = 1.0 - self.inflect + 2.0 * self.inflect * progress;
        let pairs = |r: f64| {
            let count = (r * factor + ROUNDING_SLACK).floor().max(0.0);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rounded count of pairs")]
            let count = count as usize;
            count
        };
        self.r.map_or_else(|| pairs((n0 / 10).max(1) as f64).max(1), |r| pairs(r as f64))
    }

    /// Whether `layer` looks for pairs, whatever the length.
    fn merges(&self, layer: usize) -> bool {
        self.pairs(layer, 0) > 0
    }
}

impl Pruner for Tome {
    fn needs(&self, layer: usize) -> EvidenceSet {
        EvidenceSet::NONE.with_if(Evidence::MeanKeys, self.merges(layer))
    }

    fn idle_layers(&self) -> usize {
        (0..self.num_layers).take_while(|&layer| !self.merges(layer)).count()
    }

    fn begin(&self, sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        let protected = self.protect.mask(sequence);
        let sizes = vec![1.0; protected.len()];
        Box::new(TomeSequence { method: self.clone(), protected, sizes })
    }

    fn proportional_attention(&self) -> bool {
        self.proportional
    }

    /// Key norms, and one cosine for each source and destination.
    fn overhead_macs(&self, layer: usize, tokens: usize, shape: &ModelShape) -> u64 {
        if !self.merges(layer) {
            return 0;
        }
        let destinations = tokens / 2;
        let sources = tokens - destinations;
        ((sources * destinations + tokens) * shape.head_dim) as u64
    }
}

struct TomeSequence {
    method: Tome,
    /// Shape: `[n0]`.
    protected: Vec<bool>,
    /// Original tokens in each row, by row of the current layer.
    sizes: Vec<f32>,
}

impl SequencePruner for TomeSequence {
    fn decide(&mut self, layer: &LayerEvidence<'_>) -> Decision {
        let wanted = self.method.pairs(layer.layer, self.protected.len());
        if wanted == 0 {
            return Decision::keep_all();
        }
        let num_tokens = layer.num_tokens();
        let num_protected = layer.orig.iter().filter(|&&position| self.is_protected(position)).count();
        let mut pairs = best_pairs(layer, |position| !self.is_protected(position));
        pairs.truncate(wanted.min((num_tokens - num_protected) / 2));
        if pairs.is_empty() {
            return Decision::keep_all();
        }
        let joined = join(&self.sizes, &pairs);
        self.sizes = joined.sizes;
        let rows = joined.rows.into_iter().map(Some).collect();
        Decision { action: Action::Reduce { rows, merges: joined.merges }, ..Decision::keep_all() }
    }
}

impl TomeSequence {
    fn is_protected(&self, position: u32) -> bool {
        self.protected.get(position as usize).copied().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn method(r: Option<u64>, inflect: f64, start: usize) -> Tome {
        Tome { r, inflect, start, proportional: true, protect: Protect::Special, num_layers: 5 }
    }

    #[test]
    fn the_count_of_pairs_follows_r_and_inflect() {
        let counts = |method: Tome, n0| (0..5).map(|layer| method.pairs(layer, n0)).collect::<Vec<_>>();
        assert_eq!(counts(method(Some(3), 0.0, 0), 9), [3; 5], "constant");
        assert_eq!(counts(method(Some(3), 0.0, 2), 9), [0, 0, 3, 3, 3], "from layer 2 on");
        // 4 (1 - 1 + 2 t) for t = 0, 1/4, 1/2, 3/4, 1.
        assert_eq!(counts(method(Some(4), 1.0, 0), 9), [0, 2, 4, 6, 8], "rising");
        // 4 (1 + 0.5 - t).
        assert_eq!(counts(method(Some(4), -0.5, 0), 9), [6, 5, 4, 3, 2], "falling");
        assert_eq!(counts(method(None, 0.0, 0), 39), [3; 5], "a tenth of 39, rounded down");
        assert_eq!(counts(method(None, 1.0, 0), 7), [1, 1, 1, 1, 2], "at least 1");
        assert_eq!(counts(method(Some(0), 0.0, 0), 39), [0; 5], "r = 0 merges nothing");
    }
}
