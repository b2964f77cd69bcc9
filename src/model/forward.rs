//! One step of the forward pass at a time: embeddings, attention, feed-forward block, head.
//!
//! The engine strings these steps together; nothing here loops over layers or removes a token.

use rayon::prelude::*;

use crate::model::Activation;
use crate::model::LayerWeights;
use crate::model::Linear;
use crate::model::Model;
use crate::model::Norm;
use crate::model::NormPlacement;
use crate::tensor::CuSeqlens;
use crate::tensor::EvidenceNeeds;
use crate::tensor::Matrix;
use crate::tensor::SequenceEvidence;
use crate::tensor::math;
use crate::tensor::rows;

/// The tokens of a packed batch, one entry per token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmbedInput {
    /// Rows of the word embedding table. Shape: `[total_tokens]`.
    pub ids: Vec<u32>,
    /// Position of each token within its own sequence, from 0. Shape: `[total_tokens]`.
    pub positions: Vec<u32>,
    /// Which text of a pair: 0 or 1. Shape: `[total_tokens]`.
    pub segments: Vec<u32>,
}

/// What attention needs to know besides the hidden states.
#[derive(Clone, Copy, Debug)]
pub struct AttentionContext<'a> {
    /// The position of each row within its own sequence, by which families without absolute position embeddings
    /// measure distances: original positions, so that pruning does not move tokens closer. Shape: `[total_tokens]`.
    pub positions: &'a [u32],
    /// Added to the logits of each key before softmax: `ln(size)` for merged rows, minus infinity for masked ones.
    /// Shape: `[total_tokens]`.
    pub key_bias: Option<&'a [f32]>,
    /// What the strategy wants to see.
    pub needs: EvidenceNeeds,
}

/// What attention gives.
#[derive(Clone, Debug)]
pub struct AttentionOutput {
    /// The states at hook point P2. Shape: `[total_tokens, hidden]`, packed as the input was.
    pub hidden: Matrix,
    /// What was asked for, one entry per sequence. Shape: `[batch]`.
    pub evidence: Vec<SequenceEvidence>,
}

impl Model {
    /// Ids to the first hidden states.
    ///
    /// Positions beyond the table and types beyond theirs take the table's last row; the engine refuses such texts before.
    /// Shape: `[total_tokens, hidden]`.
    ///
    /// # Panics
    /// If an id lies outside the vocabulary; the engine checks before it calls.
    #[must_use]
    pub fn embed(&self, tokens: &EmbedInput) -> Matrix {
        let weights = &self.embeddings;
        let mut states = Matrix::zeros(tokens.ids.len(), weights.word.cols());
        for (index, &id) in tokens.ids.iter().enumerate() {
            let state = states.row_mut(index);
            state.copy_from_slice(weights.word.row(id as usize));
            if let Some(table) = &weights.token_type {
                rows::add(state, table.row((tokens.segments[index] as usize).min(table.rows() - 1)));
            }
            if let Some(table) = &weights.position {
                let position = tokens.positions[index] as usize + self.config.position_offset;
                rows::add(state, table.row(position.min(table.rows() - 1)));
            }
        }
        normalize(&mut states, &weights.norm);
        match &weights.projection {
            Some(projection) => projection.apply(&states),
            None => states,
        }
    }

    /// Attention, residual and, in post-LN families, the norm: from a layer's input to hook point P2.
    ///
    /// Shape: `hidden` `[total_tokens, hidden]`, packed by `bounds`.
    #[must_use]
    pub fn attend(
        &self,
        layer: usize,
        hidden: &Matrix,
        bounds: &CuSeqlens,
        context: &AttentionContext<'_>,
    ) -> AttentionOutput {
        let weights = &self.layers[layer];
        let before = match (&weights.attention_norm, self.norm_placement) {
            (Some(norm), NormPlacement::Pre) => Some(normalized(hidden, norm)),
            _ => None,
        };
        let (heads, mut evidence) = self.self_attention(layer, before.as_ref().unwrap_or(hidden), bounds, context);
        let mut states = weights.attention_output.apply(&heads);
        add_rows(&mut states, hidden);
        if let (Some(norm), NormPlacement::Post) = (&weights.attention_norm, self.norm_placement) {
            normalize(&mut states, norm);
        }
        if context.needs.hidden {
            for (range, evidence) in bounds.ranges().zip(&mut evidence) {
                evidence.hidden = states.data()[range.start * states.cols()..range.end * states.cols()].to_vec();
            }
        }
        AttentionOutput { hidden: states, evidence }
    }

    /// The feed-forward block with its residual and norm: from hook point P2 to the layer's output.
    ///
    /// Shape: `[rows, hidden]`, any rows.
    #[must_use]
    pub fn feed_forward(&self, layer: usize, hidden: Matrix) -> Matrix {
        let weights = &self.layers[layer];
        match self.norm_placement {
            NormPlacement::Post => {
                let mut states = feed_forward_block(weights, &hidden);
                add_rows(&mut states, &hidden);
                normalize(&mut states, &weights.output_norm);
                states
            }
            NormPlacement::Pre => {
                let mut states = feed_forward_block(weights, &normalized(&hidden, &weights.output_norm));
                add_rows(&mut states, &hidden);
                states
            }
        }
    }

    /// The norm after the last layer, in families that have one.
    #[must_use]
    pub fn finish(&self, mut hidden: Matrix) -> Matrix {
        if let Some(norm) = &self.final_norm {
            normalize(&mut hidden, norm);
        }
        hidden
    }

    /// Logits from the state of each sequence's first token, [`Self::finish`] applied.
    ///
    /// Shape: `[batch, hidden]` → `[batch, labels]`.
    #[must_use]
    pub fn classify(&self, first_rows: &Matrix) -> Matrix {
        let mut states = self.head.dense.apply(first_rows);
        activate(states.data_mut(), self.head.activation);
        if let Some(norm) = &self.head.norm {
            normalize(&mut states, norm);
        }
        self.head.classifier.apply(&states)
    }
}

fn feed_forward_block(weights: &LayerWeights, input: &Matrix) -> Matrix {
    let mut inner = weights.intermediate.apply(input);
    if !weights.gated {
        inner
            .data_mut()
            .par_chunks_mut(ROWS_PER_TASK * weights.intermediate.out_features())
            .for_each(|chunk| activate(chunk, weights.activation));
        return weights.output.apply(&inner);
    }
    let width = weights.intermediate.out_features() / 2;
    let mut gated = Matrix::zeros(input.rows(), width);
    gated.data_mut().par_chunks_mut(width.max(1)).enumerate().for_each(|(row, out)| {
        let (activated, gate) = inner.row(row).split_at(width);
        out.copy_from_slice(activated);
        activate(out, weights.activation);
        for (value, &gate) in out.iter_mut().zip(gate) {
            *value *= gate;
        }
    });
    weights.output.apply(&gated)
}

/// Rows that one parallel task takes in point-wise work: enough to outweigh handing it over.
const ROWS_PER_TASK: usize = 16;

fn normalized(states: &Matrix, norm: &Norm) -> Matrix {
    let mut states = states.clone();
    normalize(&mut states, norm);
    states
}

fn normalize(states: &mut Matrix, norm: &Norm) {
    let cols = states.cols().max(1);
    states.data_mut().par_chunks_mut(ROWS_PER_TASK * cols).for_each(|chunk| {
        for row in chunk.chunks_mut(cols) {
            rows::layer_norm(row, &norm.weight, norm.bias.as_deref(), norm.eps);
        }
    });
}

fn add_rows(states: &mut Matrix, other: &Matrix) {
    rows::add(states.data_mut(), other.data());
}

fn activate(values: &mut [f32], activation: Activation) {
    match activation {
        Activation::Gelu => apply(values, math::gelu),
        Activation::GeluTanh => apply(values, math::gelu_tanh),
        Activation::Relu => apply(values, |x| x.max(0.0)),
        Activation::Silu => apply(values, math::silu),
        Activation::Tanh => apply(values, math::tanh),
    }
}

#[inline(always)]
fn apply(values: &mut [f32], function: impl Fn(f32) -> f32) {
    for value in values {
        *value = function(*value);
    }
}

impl Linear {
    /// `x W^T + b`.
    ///
    /// Shape: `[rows, in]` → `[rows, out]`.
    #[must_use]
    pub fn apply(&self, input: &Matrix) -> Matrix {
        let mut out = Matrix::zeros(input.rows(), self.out_features());
        let stride = out.cols();
        self.apply_into(input, out.data_mut(), stride);
        out
    }

    /// [`Self::apply`] into the first columns of rows `stride` apart.
    pub(super) fn apply_into(&self, input: &Matrix, out: &mut [f32], stride: usize) {
        use crate::tensor::gemm;
        let lhs = gemm::View::rows(input.data(), input.rows(), input.cols(), input.cols());
        let rhs = gemm::View::rows(self.weight.data(), self.weight.rows(), self.weight.cols(), self.weight.cols())
            .transposed();
        gemm::product(out, stride, lhs, rhs, gemm::ProductOptions { parallel: true, ..gemm::ProductOptions::PLAIN });
        if let Some(bias) = &self.bias {
            for row in out.chunks_mut(stride) {
                rows::add(row, bias);
            }
        }
    }
}
