//! One step of the forward pass at a time: embeddings, attention, feed-forward block, head.
//!
//! The engine strings these steps together; nothing here loops over layers or removes a token.

use std::time::Duration;
use std::time::Instant;

use rayon::prelude::*;

use crate::model::LayerWeights;
use crate::model::Model;
use crate::model::Norm;
use crate::model::NormPlacement;
use crate::model::Workspace;
use crate::model::layers::evidence::of_states;
use crate::model::layers::linear::block_rows;
use crate::model::layers::scratch::Scratch;
use crate::model::layers::scratch::sized;
use crate::model::layers::scratch::with_scratch;
use crate::tensor::CuSeqlens;
use crate::tensor::EvidenceSet;
use crate::tensor::EvidenceSource;
use crate::tensor::Matrix;
use crate::tensor::RowsRef;
use crate::tensor::SequenceEvidence;
use crate::tensor::rows;
use crate::tensor::vector;

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
    pub needs: EvidenceSet,
    /// Rows of each sequence that are tokens, the first ones; what follows is padding. `None`: all are. Shape: `[batch]`.
    pub lengths: Option<&'a [usize]>,
    /// The only row of each sequence, counted within it, whose state at P2 is wanted. `None`: all are. Shape: `[batch]`.
    pub queries: Option<&'a [usize]>,
}

impl<'a> AttentionContext<'a> {
    /// Unmasked rows at these positions, all of them wanted.
    #[must_use]
    pub fn new(positions: &'a [u32], needs: EvidenceSet) -> Self {
        Self { positions, key_bias: None, needs, lengths: None, queries: None }
    }
}

/// What attention tells about the tokens.
#[derive(Clone, Debug, Default)]
pub struct AttentionEvidence {
    /// What was asked for, one entry per sequence. Shape: `[batch]`.
    pub sequences: Vec<SequenceEvidence>,
    /// The part of the wall-clock time that went into gathering it.
    pub time: Duration,
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
        self.embed_into(tokens, Matrix::default())
    }

    /// [`Self::embed`] in the memory of a matrix that is no longer needed.
    ///
    /// # Panics
    /// As [`Self::embed`].
    #[must_use]
    pub fn embed_into(&self, tokens: &EmbedInput, mut states: Matrix) -> Matrix {
        let weights = &self.embeddings;
        let cols = weights.word.cols();
        states.reshape(tokens.ids.len(), cols);
        let one = |(index, state): (usize, &mut [f32])| {
            state.copy_from_slice(weights.word.row(tokens.ids[index] as usize));
            if let Some(table) = &weights.token_type {
                rows::add(state, table.row((tokens.segments[index] as usize).min(table.rows() - 1)));
            }
            if let Some(table) = &weights.position {
                let position = tokens.positions[index] as usize + self.config.position_offset;
                rows::add(state, table.row(position.min(table.rows() - 1)));
            }
            normalize(state, &weights.norm);
        };
        states.data_mut().par_chunks_mut(cols.max(1)).enumerate().with_min_len(ROWS_PER_TASK).for_each(one);
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
        let mut hidden = hidden.clone();
        let evidence = self.attend_in_place(layer, &mut hidden, (bounds, context), &mut Workspace::borrow());
        AttentionOutput { hidden, evidence: evidence.sequences }
    }

    /// [`Self::attend`], the states taking the place of the input. With [`AttentionContext::queries`], the other rows of
    /// `hidden` are left as they were.
    pub fn attend_in_place(
        &self,
        layer: usize,
        hidden: &mut Matrix,
        (bounds, context): (&CuSeqlens, &AttentionContext<'_>),
        workspace: &mut Workspace,
    ) -> AttentionEvidence {
        let mut found = self.attention_block(layer, hidden, (bounds, context), &mut workspace.buffers);
        let needs = context.needs.from(EvidenceSource::States);
        if !needs.is_empty() {
            let started = Instant::now();
            for (index, evidence) in found.sequences.iter_mut().enumerate() {
                let range = bounds.range(index);
                let tokens = context.lengths.map_or(range.len(), |lengths| lengths[index]);
                let states = &hidden.data()[range.start * hidden.cols()..][..tokens * hidden.cols()];
                for kind in needs.iter() {
                    *evidence.of_mut(kind) = of_states(kind, states);
                }
            }
            found.time += started.elapsed();
        }
        found
    }

    /// The feed-forward block with its residual and norm: from hook point P2 to the layer's output.
    ///
    /// Shape: `[rows, hidden]`, any rows.
    #[must_use]
    pub fn feed_forward(&self, layer: usize, mut hidden: Matrix) -> Matrix {
        self.feed_forward_in_place(layer, &mut hidden);
        hidden
    }

    /// [`Self::feed_forward`], the output taking the place of the input.
    pub fn feed_forward_in_place(&self, layer: usize, hidden: &mut Matrix) {
        let weights = &self.layers[layer];
        let cols = hidden.cols().max(1);
        let block = block_rows(hidden.rows()).max(1);
        hidden.data_mut().par_chunks_mut(block * cols).for_each(|states| {
            with_scratch(|scratch| self.feed_forward_rows(weights, states, scratch));
        });
    }

    /// [`Self::feed_forward`] of a block of rows, whose intermediate values stay in the cache.
    fn feed_forward_rows(&self, weights: &LayerWeights, states: &mut [f32], scratch: &mut Scratch) {
        let cols = self.config.shape.hidden;
        let rows = states.len() / cols;
        let width = weights.intermediate.out_features();
        let Scratch { normed, inner, delta, .. } = scratch;
        let data = match self.norm_placement {
            NormPlacement::Post => &*states,
            NormPlacement::Pre => {
                let normed = sized(normed, states.len());
                normed.copy_from_slice(states);
                normalize(normed, &weights.output_norm);
                normed
            }
        };
        let inner = sized(inner, rows * width);
        weights.intermediate.apply_rows(RowsRef { data, stride: cols, rows }, inner, width);
        if weights.gated {
            for row in inner.chunks_mut(width) {
                let (activated, gate) = row.split_at_mut(width / 2);
                vector::activate(activated, weights.activation);
                rows::multiply(activated, gate);
            }
        } else {
            vector::activate(inner, weights.activation);
        }
        let delta = sized(delta, states.len());
        weights.output.apply_rows(RowsRef { data: inner, stride: width, rows }, delta, cols);
        vector::add(states, delta);
        if self.norm_placement == NormPlacement::Post {
            normalize(states, &weights.output_norm);
        }
    }

    /// The norm after the last layer, in families that have one.
    #[must_use]
    pub fn finish(&self, mut hidden: Matrix) -> Matrix {
        if let Some(norm) = &self.final_norm {
            normalize(hidden.data_mut(), norm);
        }
        hidden
    }

    /// Logits from each sequence's pooled state, [`Self::finish`] applied.
    ///
    /// Shape: `[batch, hidden]` → `[batch, labels]`.
    #[must_use]
    pub fn classify(&self, pooled: &Matrix) -> Matrix {
        self.head.apply(pooled)
    }
}

/// Rows that one parallel task takes at least in row-wise work: enough to outweigh handing it over.
const ROWS_PER_TASK: usize = 64;

/// Layer norm of some rows, in place.
pub(in crate::model) fn normalize(data: &mut [f32], norm: &Norm) {
    vector::layer_norm_rows(data, &norm.weight, norm.bias.as_deref(), norm.eps);
}
