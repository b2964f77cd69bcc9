//! Attention of packed texts in which each key counts by its share.
//!
//! Probabilities are not kept for the way back: they are computed again, which is little beside the products of a layer.

use candle_core::CpuStorage;
use candle_core::CustomOp2;
use candle_core::Layout;
use candle_core::Result;
use candle_core::Shape;
use candle_core::Tensor;
use rayon::prelude::*;

use crate::model::RelativeBias;
use crate::tensor::CuSeqlens;
use crate::tensor::Panels;
use crate::tensor::RowsRef;
use crate::tensor::vector;
use crate::training::fast::floats;
use crate::training::fast::read_all;

/// Columns after the contexts: attention received, and the part of it that a token pays itself.
const EXTRA: usize = 2;

/// Attention whose heads have keys of their own, with nothing closed and no rotation.
///
/// Shape: queries, keys and values side by side `[rows, 3 * heads * head_dim]`, shares `[rows]` → `[rows, heads * head_dim +
/// 2]`: contexts, then what tokens receive, then the part of it that each pays itself.
#[derive(Clone)]
pub(in crate::training) struct SharedAttention {
    /// The texts.
    pub(in crate::training) bounds: CuSeqlens,
    /// Number of heads.
    pub(in crate::training) heads: usize,
    /// Width of a head.
    pub(in crate::training) head_dim: usize,
    /// What distances add (`MPNet`).
    pub(in crate::training) bias: Option<RelativeBias>,
}

impl SharedAttention {
    pub(in crate::training) fn apply(self, qkv: &Tensor, shares: &Tensor) -> Result<Tensor> {
        qkv.contiguous()?.apply_op2(&shares.contiguous()?, self)
    }

    fn width(&self) -> usize {
        self.heads * self.head_dim
    }
}

impl CustomOp2 for SharedAttention {
    fn name(&self) -> &'static str {
        "attention with shares"
    }

    fn cpu_fwd(
        &self,
        qkv: &CpuStorage,
        layout: &Layout,
        shares: &CpuStorage,
        shares_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (qkv, shares) = (floats(qkv, layout)?, floats(shares, shares_layout)?);
        let (rows, columns) = (self.bounds.total(), self.width() + EXTRA);
        let mut out = vec![0.0; rows * columns];
        let parts = split(&self.bounds, &mut out, columns);
        parts.into_par_iter().for_each(|(text, out)| {
            let range = self.bounds.range(text);
            let qkv = &qkv[range.start * 3 * self.width()..range.end * 3 * self.width()];
            Text { op: self, qkv, shares: &shares[range] }.forward(out);
        });
        Ok((CpuStorage::F32(out), (rows, columns).into()))
    }

    fn bwd(
        &self,
        qkv: &Tensor,
        shares: &Tensor,
        res: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (columns, wide) = (self.width() + EXTRA, 3 * self.width());
        let rows = self.bounds.total();
        let (mut for_qkv, mut for_shares) = (vec![0.0; rows * wide], vec![0.0; rows]);
        let needs_qkv = qkv.track_op();
        let [data, kept, found, wanted] = [qkv, shares, res, grad].map(Tensor::contiguous);
        let (data, kept, found, wanted) = (data?, kept?, found?, wanted?);
        let on_text = |all: [&[f32]; 4], text: usize, for_qkv: &mut [f32], for_shares: &mut [f32]| {
            let [qkv, shares, res, grad] = all;
            let range = self.bounds.range(text);
            let outer = range.start * columns..range.end * columns;
            let wide = range.start * wide..range.end * wide;
            let text = Text { op: self, qkv: &qkv[wide], shares: &shares[range] };
            text.backward((&res[outer.clone()], &grad[outer]), for_qkv, for_shares);
        };
        read_all([&data, &kept, &found, &wanted], |all| {
            let parts = split(&self.bounds, &mut for_qkv, wide).into_iter();
            let parts: Vec<_> = parts.zip(split(&self.bounds, &mut for_shares, 1)).collect();
            parts.into_par_iter().for_each(|((text, for_qkv), (_, for_shares))| {
                on_text(all, text, if needs_qkv { for_qkv } else { &mut [] }, for_shares);
            });
        })?;
        let for_qkv = needs_qkv.then(|| Tensor::from_vec(for_qkv, qkv.shape(), qkv.device())).transpose()?;
        let for_shares = shares.track_op().then(|| Tensor::from_vec(for_shares, rows, qkv.device())).transpose()?;
        Ok((for_qkv, for_shares))
    }
}

/// The rows of each text, `columns` wide.
fn split<'a>(bounds: &CuSeqlens, mut data: &'a mut [f32], columns: usize) -> Vec<(usize, &'a mut [f32])> {
    let mut parts = Vec::new();
    for (text, range) in bounds.ranges().enumerate() {
        let (part, rest) = data.split_at_mut(range.len() * columns);
        parts.push((text, part));
        data = rest;
    }
    parts
}

struct Text<'a> {
    op: &'a SharedAttention,
    /// Shape: `[tokens, 3 * width]`.
    qkv: &'a [f32],
    /// Shape: `[tokens]`.
    shares: &'a [f32],
}

/// One head's probabilities. Shape: `[tokens, tokens]` each.
struct Probabilities {
    /// `exp(logit) / sum_j share_j exp(logit_j)`.
    per_share: Vec<f32>,
    /// The same times the share of the key.
    whole: Vec<f32>,
}

impl Text<'_> {
    fn tokens(&self) -> usize {
        self.shares.len()
    }

    /// Queries (0), keys (1) or values (2) of a head.
    fn part(&self, part: usize, head: usize) -> RowsRef<'_> {
        let width = self.op.width();
        let first = part * width + head * self.op.head_dim;
        RowsRef { data: &self.qkv[first..], stride: 3 * width, rows: self.tokens() }
    }

    fn scale(&self) -> f32 {
        1.0 / (self.op.head_dim as f32).sqrt()
    }

    fn probabilities(&self, head: usize, panels: &mut Panels) -> Probabilities {
        let tokens = self.tokens();
        let mut data = vec![0.0; tokens * tokens];
        panels.pack_transposed(self.part(1, head), self.op.head_dim);
        panels.multiply(self.part(0, head), &[], &mut data, tokens);
        let scale = self.scale();
        for value in &mut data {
            *value *= scale;
        }
        if let Some(bias) = &self.op.bias {
            for (query, row) in data.chunks_exact_mut(tokens).enumerate() {
                for (key, value) in row.iter_mut().enumerate() {
                    *value += bias.of(head, signed(key) - signed(query));
                }
            }
        }
        vector::exponentials_with_shares(&mut data, self.shares);
        let mut whole = data.clone();
        for row in whole.chunks_exact_mut(tokens) {
            row.iter_mut().zip(self.shares).for_each(|(value, share)| *value *= share);
        }
        Probabilities { per_share: data, whole }
    }

    fn forward(&self, out: &mut [f32]) {
        let (tokens, width, head_dim) = (self.tokens(), self.op.width(), self.op.head_dim);
        let columns = width + EXTRA;
        let mut panels = Panels::empty();
        let (mut received, mut own) = (vec![0.0; tokens], vec![0.0; tokens]);
        for head in 0..self.op.heads {
            let Probabilities { whole, .. } = self.probabilities(head, &mut panels);
            panels.pack(self.part(2, head), head_dim);
            let weights = RowsRef { data: &whole, stride: tokens, rows: tokens };
            panels.multiply(weights, &[], &mut out[head * head_dim..], columns);
            vector::add_scaled_rows(&mut received, &whole, tokens, self.shares);
            for (token, own) in own.iter_mut().enumerate() {
                *own += whole[token * tokens + token] * self.shares[token];
            }
        }
        let even = 1.0 / (self.op.heads as f32 * self.shares.iter().sum::<f32>());
        for ((row, received), own) in out.chunks_exact_mut(columns).zip(received).zip(own) {
            row[width] = received * even;
            row[width + 1] = own * even;
        }
    }

    /// Gradients of a text's queries, keys and values (where there is a place for them) and of its shares, of those of the
    /// result.
    fn backward(&self, (res, grad): (&[f32], &[f32]), for_qkv: &mut [f32], for_shares: &mut [f32]) {
        let (tokens, width, head_dim) = (self.tokens(), self.op.width(), self.op.head_dim);
        let columns = width + EXTRA;
        let even = 1.0 / (self.op.heads as f32 * self.shares.iter().sum::<f32>());
        let column = |data: &[f32], extra: usize| -> Vec<f32> {
            data.chunks_exact(columns).map(|row| row[width + extra]).collect()
        };
        let [for_received, for_own] = [0, 1].map(|extra| column(grad, extra));
        let mut panels = Panels::empty();
        let mut slopes = vec![0.0; tokens * tokens];
        for head in 0..self.op.heads {
            let found = self.probabilities(head, &mut panels);
            let grads = RowsRef { data: &grad[head * head_dim..], stride: columns, rows: tokens };
            panels.pack_transposed(self.part(2, head), head_dim);
            panels.multiply(grads, &[], &mut slopes, tokens);
            for (query, (slopes, whole)) in
                slopes.chunks_exact_mut(tokens).zip(found.whole.chunks_exact(tokens)).enumerate()
            {
                let vote = self.shares[query] * even;
                // What the query's own share does to what tokens receive.
                let voted: f32 = whole.iter().zip(&for_received).map(|(weight, grad)| weight * grad).sum();
                for_shares[query] += even * (voted + whole[query] * for_own[query]);
                slopes.iter_mut().zip(&for_received).for_each(|(slope, grad)| *slope += vote * grad);
                slopes[query] += vote * for_own[query];
                let mean: f32 = slopes.iter().zip(whole).map(|(slope, weight)| slope * weight).sum();
                for slope in slopes.iter_mut() {
                    *slope -= mean;
                }
            }
            for (slopes, per_share) in slopes.chunks_exact(tokens).zip(found.per_share.chunks_exact(tokens)) {
                for ((place, slope), weight) in for_shares.iter_mut().zip(slopes).zip(per_share) {
                    *place += slope * weight;
                }
            }
            if for_qkv.is_empty() {
                continue;
            }
            slopes.iter_mut().zip(&found.whole).for_each(|(slope, weight)| *slope *= weight * self.scale());
            let at = |part: usize| part * width + head * head_dim;
            let square = |data| RowsRef { data, stride: tokens, rows: tokens };
            panels.pack(self.part(1, head), head_dim);
            panels.multiply(square(&slopes), &[], &mut for_qkv[at(0)..], 3 * width);
            let turned = transposed(&slopes, tokens);
            panels.pack(self.part(0, head), head_dim);
            panels.multiply(square(&turned), &[], &mut for_qkv[at(1)..], 3 * width);
            let turned = transposed(&found.whole, tokens);
            panels.pack(grads, head_dim);
            panels.multiply(square(&turned), &[], &mut for_qkv[at(2)..], 3 * width);
        }
        // What is received is divided by the sum of the shares.
        let all: f32 = [0, 1]
            .map(|extra| {
                let (found, grads) = (column(res, extra), if extra == 0 { &for_received } else { &for_own });
                found.iter().zip(grads).map(|(value, grad)| value * grad).sum::<f32>()
            })
            .iter()
            .sum();
        let sum: f32 = self.shares.iter().sum();
        for place in for_shares {
            *place -= all / sum;
        }
    }
}

fn signed(position: usize) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}

/// Shape: `[tokens, tokens]`.
fn transposed(data: &[f32], tokens: usize) -> Vec<f32> {
    let mut out = vec![0.0; data.len()];
    for (row, values) in data.chunks_exact(tokens).enumerate() {
        for (column, value) in values.iter().enumerate() {
            out[column * tokens + row] = *value;
        }
    }
    out
}
