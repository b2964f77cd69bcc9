//! Rotary positions: queries and keys are turned, so that their products depend on distances.

use rayon::prelude::*;

use crate::model::AttentionShape;
use crate::tensor::Matrix;

/// Turns queries and keys by their positions: pairs `(i, i + head_dim / 2)` by `position * theta^(-2i / head_dim)`.
///
/// Source: Su et al. 2021, "`RoFormer`", <https://arxiv.org/abs/2104.09864>, in the half-split pairing that `ModernBERT`
/// uses.
pub(super) fn rotate(qkv: &mut Matrix, positions: &[u32], shape: AttentionShape, theta: f32) {
    let (head_dim, half) = (shape.head_dim, shape.head_dim / 2);
    let turned = shape.query_width() + shape.key_width();
    let frequency = |pair: usize| theta.powf(-((2 * pair) as f32) / head_dim as f32);
    let frequencies: Vec<f32> = (0..half).map(frequency).collect();
    let width = qkv.cols().max(1);
    qkv.data_mut().par_chunks_mut(width).zip(positions).with_min_len(16).for_each(|(row, &position)| {
        let turns: Vec<(f32, f32)> =
            frequencies.iter().map(|frequency| (position as f32 * frequency).sin_cos()).collect();
        for head in row[..turned].chunks_mut(head_dim) {
            let (first, second) = head.split_at_mut(half);
            for ((a, b), &(sin, cos)) in first.iter_mut().zip(second).zip(&turns) {
                (*a, *b) = (*a * cos - *b * sin, *b * cos + *a * sin);
            }
        }
    });
}
