//! `zero_tprune`: tokens are important if important ones look at them; of tokens that are alike the less important leaves.
//!
//! Wang, Dedhia and Jha 2024, "Zero-TPrune: Zero-Shot Token Pruning through Leveraging of the Attention Graph in Pre-Trained
//! Transformers", CVPR. <https://arxiv.org/abs/2305.17328>
//!
//! Weighted page rank in each head: `s <- A_h' s` from `s = 1/n`, until it stands still or `iterations` are done; the heads'
//! root mean square is the score. With `variance_min` or `variance_max` only heads count of which the scores, times `n`,
//! vary within these bounds (all of them, where none does). What leaves in a layer leaves in the order I', S, I: importance
//! is only measured first; then `similar` of what has to leave (rounded down) goes by similarity: the less important half
//! of the tokens that may leave are matched with the most similar one of the more important half, by cosine of head-mean
//! keys, and of the most similar pairs the less important token leaves; importance is measured anew among what is left, and
//! the least important leave. The order of the last measure is that in which tokens stay; the scores that are shown are
//! those of the first.
//!
//! The text version leaves the other special tokens than `[CLS]` out of the graph (`exclude_sep`): `[SEP]` is where most
//! attention goes for want of a target, and would take most of the rank. The rows that are left are brought to sum 1.
//!
//! Deviates: there is no public code of the authors'; order, root mean square, iterations and bounds are from summaries, the
//! two halves and that the lesser token of a pair leaves are our reading. Half of what leaves goes by similarity, where the
//! authors search a number for each layer. No scores before `start`, which need the attention matrix.

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
use crate::pruning::rows::importance::weighted_pagerank;
use crate::pruning::rows::pairs::unit_rows;
use crate::pruning::rows::schedule::retention_dial;
use crate::pruning::rows::schedule::shared_keys;
use crate::pruning::rows::top_k::Cut;
use crate::pruning::rows::top_k::TopK;
use crate::pruning::rows::top_k::better_first;
use crate::pruning::rows::top_k::rank;
use crate::tensor::Evidence;
use crate::tensor::EvidenceSet;
use crate::tensor::ModelShape;

pub(super) fn info() -> StrategyInfo {
    let variance = KeyKind::Float { min: 0.0, min_included: true, max: 1000.0, logarithmic: true };
    StrategyInfo {
        id: "zero_tprune",
        name: "Zero-TPrune",
        family: StrategyFamily::Dynamic,
        paper: "Wang, Dedhia and Jha, Zero-TPrune: Zero-Shot Token Pruning through Leveraging of the Attention Graph in \
                Pre-Trained Transformers, CVPR",
        year: Some(2024),
        url: "https://arxiv.org/abs/2305.17328",
        summary: "Ranks tokens by whether important ones look at them, and removes the lesser of two that are alike",
        formula: "s_h ← A_hᵀ·s_h from 1/n; s_k = √(mean_h s_h[k]²); a share of what leaves goes by cos(k̄_a, k̄_b), the rest \
                  by s among what is left",
        deviations: "Without code of the authors: grouping and which token of a pair leaves are our reading; shares are fixed \
                     instead of searched; [SEP] is left out of the graph; no scores in layers before start",
        keys: shared_keys(vec![
            KeySpec::unset(
                "iterations",
                KeyKind::FloatOrPerLayer { min: 1.0, max: 100.0 },
                "Steps of the ranking at most; if left out, 50 in the first quarter of the layers, 1 in the last, 10 between",
            ),
            KeySpec::new(
                "similar",
                KeyKind::Float { min: 0.0, min_included: true, max: 1.0, logarithmic: false },
                Value::Float(0.5),
                "Share of what leaves a layer that goes because a token like it stays",
            ),
            KeySpec::unset(
                "variance_min",
                variance.clone(),
                "Heads whose scores, times n, vary less than this do not count",
            ),
            KeySpec::unset("variance_max", variance, "Heads whose scores, times n, vary more than this do not count"),
            KeySpec::new(
                "exclude_sep",
                KeyKind::Bool,
                Value::Bool(true),
                "Leave special tokens but the first out of the graph",
            ),
        ]),
        dial: Some(retention_dial()),
        score_only: false,
        training: Training::None,
        build,
    }
}

#[derive(Debug)]
struct ZeroTprune {
    top_k: TopK,
    graph: Graph,
    similar: f64,
    exclude_sep: bool,
}

/// How importance is measured.
#[derive(Clone, Debug)]
struct Graph {
    /// Shape: `[layers]`.
    iterations: Vec<usize>,
    variances: (f64, f64),
    num_heads: usize,
}

fn build(context: &BuildContext<'_>) -> Result<Arc<dyn Pruner>, Error> {
    let BuildContext { spec, shape } = *context;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number from 1 to 100")]
    let whole = |number: f64| number.round() as usize;
    let iterations = match context.per_layer("iterations")? {
        Some(iterations) => iterations.into_iter().map(whole).collect(),
        None => (0..shape.num_layers).map(|layer| default_iterations(layer, shape.num_layers)).collect(),
    };
    let bound = |key, other: f64| spec.float(key).unwrap_or(other);
    let variances = (bound("variance_min", 0.0), bound("variance_max", f64::INFINITY));
    Ok(Arc::new(ZeroTprune {
        top_k: TopK::from_context(context)?,
        graph: Graph { iterations, variances, num_heads: shape.num_heads },
        similar: spec.float("similar")?,
        exclude_sep: spec.flag("exclude_sep")?,
    }))
}

/// Of twelve layers, as published: 50 in the first three, 1 in the last three, 10 between.
fn default_iterations(layer: usize, num_layers: usize) -> usize {
    let quarter = num_layers.div_ceil(4);
    if layer < quarter {
        50
    } else if layer + quarter >= num_layers {
        1
    } else {
        10
    }
}

impl Pruner for ZeroTprune {
    fn needs(&self, layer: usize) -> EvidenceSet {
        if !self.top_k.schedule.may_remove(layer) {
            return EvidenceSet::NONE;
        }
        let score = EvidenceSet::of([Evidence::AttentionProbs]).with_if(Evidence::MeanKeys, self.similar > 0.0);
        self.top_k.needs(layer, score)
    }

    fn idle_layers(&self) -> usize {
        self.top_k.schedule.idle_layers()
    }

    fn begin(&self, sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        let specials = sequence.is_special.iter().enumerate();
        let excluded = specials.map(|(position, &special)| self.exclude_sep && special && position > 0).collect();
        let (cut, graph) = (self.top_k.cut(sequence), self.graph.clone());
        Box::new(ZeroTpruneSequence { cut, graph, similar: self.similar, excluded })
    }

    /// Every step in every head, in both measures of importance (as many as there may be: where the ranking stands still
    /// earlier it ends); key norms and a cosine for each token of one half and of the other.
    fn overhead_macs(&self, layer: usize, tokens: usize, shape: &ModelShape) -> u64 {
        if !self.top_k.schedule.may_remove(layer) {
            return 0;
        }
        let steps = self.graph.iterations.get(layer).copied().unwrap_or(1) * shape.num_heads * tokens * tokens;
        let half = tokens / 2;
        let pairs = if self.similar > 0.0 { (half * (tokens - half) + tokens) * shape.head_dim + steps } else { 0 };
        (steps + pairs) as u64 + self.top_k.overhead_macs(layer, tokens, shape)
    }
}

struct ZeroTpruneSequence {
    cut: Cut,
    graph: Graph,
    similar: f64,
    /// Tokens outside the graph. Shape: `[n0]`.
    excluded: Vec<bool>,
}

impl SequencePruner for ZeroTpruneSequence {
    fn decide(&mut self, layer: &LayerEvidence<'_>) -> Decision {
        if !self.cut.removes(layer.layer) || layer.evidence.of(Evidence::AttentionProbs).is_empty() {
            return Decision::keep_all();
        }
        let mut outside: Vec<bool> = layer.orig.iter().map(|&position| self.excluded[position as usize]).collect();
        let scores = self.graph.scores(layer, &outside);
        let Some(selection) = self.cut.select(layer, &scores) else {
            return Decision { importance: scores, ..Decision::keep_all() };
        };
        let num_leaving = selection.removed.len();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a row count")]
        let alike = (self.similar * num_leaving as f64 + 1e-9).floor() as usize;
        if alike == 0 {
            return selection.into_decision(scores);
        }
        let mut free: Vec<usize> =
            (0..layer.num_tokens()).filter(|&row| !self.cut.protected[layer.orig[row] as usize]).collect();
        free.sort_by(|&a, &b| rank(&scores, layer.orig, a, b));
        let mut leaving = lesser_of_pairs(layer, &free);
        leaving.truncate(alike);
        for &row in &leaving {
            outside[row] = true;
        }
        let anew = self.graph.scores(layer, &outside);
        free.retain(|row| !leaving.contains(row));
        free.sort_by(|&a, &b| rank(&anew, layer.orig, a, b));
        leaving.extend(free.split_off(free.len() - (num_leaving - leaving.len()).min(free.len())));
        let kept = (0..layer.num_tokens()).filter(|row| !leaving.contains(row)).collect();
        Decision { action: Action::Keep(kept), importance: scores, threshold: None }
    }
}

impl Graph {
    /// Shape: `[tokens]`; 0 for rows outside the graph.
    fn scores(&self, layer: &LayerEvidence<'_>, outside: &[bool]) -> Vec<f32> {
        let iterations = self.iterations.get(layer.layer).copied().unwrap_or(1);
        let heads = weighted_pagerank(layer.evidence, self.num_heads, outside, iterations);
        let inside = outside.iter().filter(|outside| !**outside).count().max(1) as f64;
        let varies = |scores: &&Vec<f64>| {
            let deviations = scores.iter().zip(outside).filter(|(_, outside)| !**outside);
            let variance = deviations.map(|(score, _)| (score * inside - 1.0).powi(2)).sum::<f64>() / inside;
            (self.variances.0..=self.variances.1).contains(&variance)
        };
        let mut counted: Vec<&Vec<f64>> = heads.iter().filter(varies).collect();
        if counted.is_empty() {
            counted = heads.iter().collect();
        }
        let square =
            |row: usize| counted.iter().map(|head| head[row].powi(2)).sum::<f64>() / counted.len().max(1) as f64;
        #[expect(clippy::cast_possible_truncation, reason = "scores are f32 throughout")]
        let score = |row| square(row).sqrt() as f32;
        (0..outside.len()).map(score).collect()
    }
}

/// Rows of the less important half, that of which the most similar one of the other half is most similar first. `free` is
/// in order of merit.
fn lesser_of_pairs(layer: &LayerEvidence<'_>, free: &[usize]) -> Vec<usize> {
    let keys = unit_rows(layer.evidence.of(Evidence::MeanKeys), layer.num_tokens());
    let width = keys.len() / layer.num_tokens().max(1);
    let (better, lesser) = free.split_at(free.len().div_ceil(2));
    let key = |row: usize| &keys[row * width..(row + 1) * width];
    let cosine = |a: usize, b: usize| key(a).iter().zip(key(b)).map(|(a, b)| a * b).sum::<f32>();
    let closest = |row: usize| better.iter().map(|&other| cosine(row, other)).fold(f32::NEG_INFINITY, f32::max);
    let mut pairs: Vec<(f32, usize)> = lesser.iter().map(|&row| (closest(row), row)).collect();
    pairs.sort_by(|a, b| better_first(a.0, b.0).then(layer.orig[a.1].cmp(&layer.orig[b.1])));
    pairs.into_iter().map(|(_, row)| row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn early_layers_take_most_steps_and_late_ones_a_single_one() {
        let steps = |layers| (0..layers).map(|layer| default_iterations(layer, layers)).collect::<Vec<_>>();
        assert_eq!(steps(12), [50, 50, 50, 10, 10, 10, 10, 10, 10, 1, 1, 1], "as published");
        assert_eq!(steps(6), [50, 50, 10, 10, 1, 1], "of six");
        assert_eq!(steps(1), [50], "of one");
    }
}
