//! `ltmp`: merges tokens that are alike enough, then removes those that receive too little attention.
//!
//! Bonnaerens and Dambre 2023, "Learned Thresholds Token Merging and Pruning for Vision Transformers", TMLR.
//! <https://arxiv.org/abs/2307.10780>
//!
//! Even rows are sources, odd rows destinations, as in `tome`: each source whose best cosine of head-mean keys is above
//! `theta_m` merges into that destination, by size. Then a row leaves unless `c_k = mean_{h,q} A[h,q,k]` is above
//! `theta_p / n`; a merged row has the largest `c` of its parts, `n` is the number of rows that entered the layer, so that
//! `theta_p` is a multiple of the mean and means the same for texts of any length. Attention counts a merged token by its
//! size (proportional attention).
//!
//! Deviates: the authors learn both thresholds of every block in one epoch, from 0.9 and 0; here they are set by hand or
//! read from a file, one number or one a layer. The defaults, 0.9 and a quarter of the mean, are ours. Theirs for `c` is absolute, for images of one length. They protect `[CLS]`
//! alone; special tokens are protected by default here, neither merge away nor are merged into. `start` is ours. Where
//! everything would leave the best row stays.

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
use crate::pruning::rows::pairs::Joined;
use crate::pruning::rows::pairs::best_pairs;
use crate::pruning::rows::pairs::join;
use crate::pruning::rows::schedule::LAYER;
use crate::pruning::rows::schedule::Protect;
use crate::pruning::rows::schedule::float_dial;
use crate::pruning::rows::schedule::protect_key;
use crate::pruning::rows::top_k::rank;
use crate::tensor::Evidence;
use crate::tensor::EvidenceSet;
use crate::tensor::ModelShape;

pub(super) fn info() -> StrategyInfo {
    StrategyInfo {
        id: "ltmp",
        name: "LTMP",
        family: StrategyFamily::Merging,
        paper: "Bonnaerens and Dambre, Learned Thresholds Token Merging and Pruning for Vision Transformers, TMLR",
        year: Some(2023),
        url: "https://arxiv.org/abs/2307.10780",
        summary: "Merges tokens that are alike enough, then removes those that receive too little attention",
        formula: "even row a merges into its best odd row b iff cos(k̄_a, k̄_b) > θ_m; then k leaves unless \
                  c_k = mean_{h,q} A[h,q,k] > θ_p/n; merged rows have the largest c of their parts",
        deviations: "Thresholds are set by hand or read from a file instead of learned; θ_p is a multiple of the mean, theirs \
                     absolute; special tokens are protected by default; starts at layer 1",
        keys: vec![
            KeySpec::new(
                "theta_m",
                KeyKind::FloatOrPerLayer { min: -1.0, max: 1.0 },
                Value::Float(0.9),
                "Pairs of which the cosine is above this merge; 1 merges none",
            ),
            KeySpec::new(
                "theta_p",
                KeyKind::FloatOrPerLayer { min: 0.0, max: 10.0 },
                Value::Float(0.25),
                "Tokens leave that receive at most this many times the mean attention; 0 removes none",
            ),
            KeySpec::new("start", LAYER, Value::Int(1), "First layer (0-based) that may merge or remove tokens"),
            protect_key("special"),
        ],
        dial: Some(float_dial("theta_p", &[0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])),
        score_only: true,
        training: Training::Optional("the two thresholds of each layer (theta_m and theta_p)"),
        build,
    }
}

#[derive(Clone, Debug)]
struct Ltmp {
    /// Shape: `[layers]`.
    theta_m: Vec<f64>,
    /// Shape: `[layers]`.
    theta_p: Vec<f64>,
    start: usize,
    protect: Protect,
    num_heads: usize,
}

fn build(context: &BuildContext<'_>) -> Result<Arc<dyn Pruner>, Error> {
    let BuildContext { spec, shape } = *context;
    let thresholds = |key| context.per_layer(key).map(Option::unwrap_or_default);
    Ok(Arc::new(Ltmp {
        theta_m: thresholds("theta_m")?,
        theta_p: thresholds("theta_p")?,
        start: usize::try_from(spec.int("start")?).unwrap_or(usize::MAX),
        protect: Protect::from_spec(spec)?,
        num_heads: shape.num_heads,
    }))
}

impl Ltmp {
    fn merges(&self, layer: usize) -> bool {
        layer >= self.start && self.theta_m.get(layer).is_some_and(|&theta| theta < 1.0)
    }

    fn removes(&self, layer: usize) -> bool {
        layer >= self.start && self.theta_p.get(layer).is_some_and(|&theta| theta > 0.0)
    }
}

impl Pruner for Ltmp {
    fn needs(&self, layer: usize) -> EvidenceSet {
        EvidenceSet::of([Evidence::ColumnSums]).with_if(Evidence::MeanKeys, self.merges(layer))
    }

    fn idle_layers(&self) -> usize {
        let layers = 0..self.theta_m.len();
        layers.take_while(|&layer| !self.merges(layer) && !self.removes(layer)).count()
    }

    fn begin(&self, sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        let protected = self.protect.mask(sequence);
        let sizes = vec![1.0; protected.len()];
        Box::new(LtmpSequence { method: self.clone(), protected, sizes })
    }

    fn proportional_attention(&self) -> bool {
        true
    }

    /// Key norms, and one cosine for each source and destination.
    fn overhead_macs(&self, layer: usize, tokens: usize, shape: &ModelShape) -> u64 {
        if !self.merges(layer) {
            return 0;
        }
        let destinations = tokens / 2;
        (((tokens - destinations) * destinations + tokens) * shape.head_dim) as u64
    }
}

struct LtmpSequence {
    method: Ltmp,
    /// Shape: `[n0]`.
    protected: Vec<bool>,
    /// Original tokens in each row, by row of the current layer.
    sizes: Vec<f32>,
}

impl SequencePruner for LtmpSequence {
    fn decide(&mut self, layer: &LayerEvidence<'_>) -> Decision {
        let tokens = layer.num_tokens();
        let divisor = (self.method.num_heads * tokens) as f32;
        let scores: Vec<f32> = column_sum(layer.evidence, false).iter().map(|sum| sum / divisor).collect();
        let pairs = if self.method.merges(layer.layer) {
            let theta = self.method.theta_m[layer.layer];
            let mut pairs = best_pairs(layer, |position| !self.is_protected(position));
            pairs.retain(|pair| f64::from(pair.cosine) > theta);
            pairs
        } else {
            Vec::new()
        };
        let mut joined = if pairs.is_empty() {
            Joined { rows: (0..tokens).collect(), merges: Vec::new(), sizes: self.sizes.clone() }
        } else {
            join(&self.sizes, &pairs)
        };
        let threshold = if self.method.removes(layer.layer) {
            let threshold = self.method.theta_p[layer.layer] / tokens as f64;
            self.remove(&mut joined, layer, &scores, threshold);
            #[expect(clippy::cast_possible_truncation, reason = "shown beside scores of the same precision")]
            Some(threshold as f32)
        } else {
            None
        };
        self.sizes = joined.sizes;
        let action = match (joined.merges.is_empty(), joined.rows.len() == tokens) {
            (true, true) => Action::KeepAll,
            (true, false) => Action::Keep(joined.rows),
            (false, _) => Action::Reduce { rows: joined.rows.into_iter().map(Some).collect(), merges: joined.merges },
        };
        Decision { action, importance: scores, threshold }
    }
}

impl LtmpSequence {
    fn is_protected(&self, position: u32) -> bool {
        self.protected.get(position as usize).copied().unwrap_or(false)
    }

    /// Leaves the rows that are protected or of which a part scores above the threshold; the best one at least.
    fn remove(&self, joined: &mut Joined, layer: &LayerEvidence<'_>, scores: &[f32], threshold: f64) {
        let mut best: Vec<f32> = joined.rows.iter().map(|&row| scores[row]).collect();
        for merge in &joined.merges {
            best[merge.into] = merge.parts.iter().map(|part| scores[part.0]).fold(best[merge.into], f32::max);
        }
        let orig: Vec<u32> = joined.rows.iter().map(|&row| layer.orig[row]).collect();
        let stays = |&row: &usize| f64::from(best[row]) > threshold || self.is_protected(orig[row]);
        let mut kept: Vec<usize> = (0..orig.len()).filter(stays).collect();
        if kept.is_empty() {
            kept.extend((0..orig.len()).min_by(|&a, &b| rank(&best, &orig, a, b)));
        }
        joined.merges.retain_mut(|merge| {
            let place = kept.binary_search(&merge.into);
            merge.into = place.unwrap_or(merge.into);
            place.is_ok()
        });
        joined.rows = kept.iter().map(|&row| joined.rows[row]).collect();
        joined.sizes = kept.iter().map(|&row| joined.sizes[row]).collect();
    }
}
