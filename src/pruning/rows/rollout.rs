//! `rollout`: keeps the tokens that have reached `[CLS]` most, over all layers so far and on all ways.
//!
//! Abnar and Zuidema 2020, "Quantifying Attention Flow in Transformers", ACL, section 3 (attention rollout).
//! <https://arxiv.org/abs/2005.00928>
//!
//! `R_l = (mean_h A_l + I) / 2`, `J_0 = R_0`, `J_l = R_l J_{l-1}`; score `s_k = J_l[0,k]`: how much of the first row's state
//! comes from the token at original position `k`, the residual counted as half of each step. When rows leave, their rows of
//! `J` leave too. So do their columns: what a removed token has given is in the states that it gave it to, but no token
//! that is left is ranked by it.
//!
//! Deviates: rollout explains models, its authors remove nothing; ranking by it is ours, with video pruning by the previous
//! frame's rollout (RGTP, ICIP 2025) as the nearest published relative. The sums begin in the first layer, whatever
//! `start` says. Values become nearly even after many layers, so shares are kept and no thresholds used.

use std::sync::Arc;

use crate::pruning::BuildContext;
use crate::pruning::Error;
use crate::pruning::LayerEvidence;
use crate::pruning::Pruner;
use crate::pruning::SequenceInfo;
use crate::pruning::SequencePruner;
use crate::pruning::StrategyFamily;
use crate::pruning::StrategyInfo;
use crate::pruning::Training;
use crate::pruning::rows::importance::mean_attention;
use crate::pruning::rows::schedule::retention_dial;
use crate::pruning::rows::schedule::shared_keys;
use crate::pruning::rows::top_k::TopK;
use crate::tensor::Evidence;
use crate::tensor::EvidenceSet;
use crate::tensor::ModelShape;
use crate::tensor::Panels;
use crate::tensor::RowsRef;

pub(super) fn info() -> StrategyInfo {
    StrategyInfo {
        id: "rollout",
        name: "Attention rollout",
        family: StrategyFamily::Dynamic,
        paper: "Abnar and Zuidema, Quantifying Attention Flow in Transformers, ACL",
        year: Some(2020),
        url: "https://arxiv.org/abs/2005.00928",
        summary: "Keeps the tokens from which most has reached [CLS], over all layers so far and on all ways",
        formula: "R_l = (mean_h A_l + I)/2; J_l = R_l·J_{l−1}; s_k = J_l[0,k]; keep the best ⌈r_l·n0⌉",
        deviations: "Rollout explains models, its authors remove nothing by it; rows and columns of J leave with their \
                     tokens; the sums begin in the first layer, whatever start says",
        keys: shared_keys(Vec::new()),
        dial: Some(retention_dial()),
        score_only: false,
        training: Training::None,
        build,
    }
}

#[derive(Debug)]
struct Rollout {
    top_k: TopK,
    num_layers: usize,
}

fn build(context: &BuildContext<'_>) -> Result<Arc<dyn Pruner>, Error> {
    context.needs_cls("what has reached [CLS]")?;
    Ok(Arc::new(Rollout { top_k: TopK::from_context(context)?, num_layers: context.shape.num_layers }))
}

impl Rollout {
    /// Whether what has come together up to `layer` is needed: not after the last layer that may remove.
    fn follows(&self, layer: usize) -> bool {
        (layer..self.num_layers).any(|layer| self.top_k.schedule.may_remove(layer))
    }
}

impl Pruner for Rollout {
    fn needs(&self, layer: usize) -> EvidenceSet {
        self.top_k.needs(layer, EvidenceSet::NONE.with_if(Evidence::AttentionProbs, self.follows(layer)))
    }

    /// Ways begin in the first layer.
    fn idle_layers(&self) -> usize {
        if self.follows(0) { 0 } else { self.num_layers }
    }

    fn begin(&self, sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        let mut ways = Ways::default();
        self.top_k.begin(sequence, move |layer| ways.follow(layer))
    }

    /// One product of square matrices, in the first layer none.
    fn overhead_macs(&self, layer: usize, tokens: usize, shape: &ModelShape) -> u64 {
        let product = if layer > 0 && self.follows(layer) { tokens * tokens * tokens } else { 0 };
        product as u64 + self.top_k.overhead_macs(layer, tokens, shape)
    }
}

/// How much of each row's state comes from each token.
#[derive(Default)]
struct Ways {
    /// Original positions of the rows and columns.
    orig: Vec<u32>,
    /// `J`. Shape: `[rows, rows]`.
    shares: Vec<f32>,
}

impl Ways {
    /// Takes one more layer in; the shares of the first row. Shape: `[tokens]`, empty where there is no evidence.
    fn follow(&mut self, layer: &LayerEvidence<'_>) -> Vec<f32> {
        let tokens = layer.num_tokens();
        let mut step = mean_attention(layer.evidence, tokens);
        if step.is_empty() {
            return Vec::new();
        }
        for (row, step) in step.chunks_exact_mut(tokens).enumerate() {
            step[row] += 1.0;
            for share in step {
                *share /= 2.0;
            }
        }
        self.leave_out(layer.orig);
        if self.shares.is_empty() {
            self.shares = step;
        } else {
            let mut before = Panels::empty();
            before.pack(RowsRef { data: &self.shares, stride: tokens, rows: tokens }, tokens);
            let mut after = vec![0.0; tokens * tokens];
            before.multiply(RowsRef { data: &step, stride: tokens, rows: tokens }, &[], &mut after, tokens);
            self.shares = after;
        }
        self.orig = layer.orig.to_vec();
        self.shares[..tokens].to_vec()
    }

    /// Rows and columns of tokens that have left since the last layer.
    fn leave_out(&mut self, orig: &[u32]) {
        let before = self.orig.len();
        if before == orig.len() {
            return;
        }
        let places: Vec<usize> =
            orig.iter().filter_map(|position| self.orig.iter().position(|other| other == position)).collect();
        let row = |&row: &usize| places.iter().map(move |&column| (row, column)).collect::<Vec<_>>();
        self.shares = places.iter().flat_map(row).map(|(row, column)| self.shares[row * before + column]).collect();
    }
}
