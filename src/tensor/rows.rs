//! Row by row: softmax and layer normalization.

#![expect(clippy::inline_always, reason = "must be compiled with the instruction set of the loop around it")]

use crate::tensor::math;

const LANES: usize = 16;

/// Softmax in place. A row whose logits are all minus infinity becomes zeros: nothing is attended to.
///
/// Shape: `[keys]`.
#[inline(always)]
pub fn softmax<const FUSED: bool>(row: &mut [f32]) {
    let scale = exponentials::<FUSED>(row);
    for value in row.iter_mut() {
        *value *= scale;
    }
}

/// `e^(x - max)` in place; returns what makes the row sum to 1, or 0 for a row of nothing but minus infinity.
///
/// Shape: `[keys]`.
#[inline(always)]
pub fn exponentials<const FUSED: bool>(row: &mut [f32]) -> f32 {
    weights_and_sums::<FUSED, false>(row).0
}

/// [`exponentials`], and the Shannon entropy (nats) of the row's softmax; 0 for a row of nothing but minus infinity.
///
/// With `t = x - max` and `S = sum e^t`, the entropy is `ln S - sum(t e^t) / S`: no logarithm per value.
#[inline(always)]
pub fn exponentials_and_entropy<const FUSED: bool>(row: &mut [f32]) -> (f32, f32) {
    let (scale, weighted) = weights_and_sums::<FUSED, true>(row);
    (scale, if scale == 0.0 { 0.0 } else { -scale.ln() - weighted * scale })
}

/// The two sums over a row of `e^t`, which replaces the row: `1 / sum e^t`, and `sum t e^t` if it is wanted.
#[inline(always)]
fn weights_and_sums<const FUSED: bool, const WEIGHTED: bool>(row: &mut [f32]) -> (f32, f32) {
    let max = fold(row, f32::NEG_INFINITY, f32::max);
    if max == f32::NEG_INFINITY {
        row.fill(0.0);
        return (0.0, 0.0);
    }
    let (mut sums, mut weighted) = ([0.0; LANES], [0.0; LANES]);
    let one = |value: &mut f32, sum: &mut f32, weighted: &mut f32| {
        let t = *value - max;
        // Exactly zero for removed keys, not merely small.
        let weight = if *value == f32::NEG_INFINITY { 0.0 } else { math::exp::<FUSED>(t) };
        *value = weight;
        *sum += weight;
        if WEIGHTED {
            *weighted += if weight == 0.0 { 0.0 } else { t * weight };
        }
    };
    let (chunks, rest) = row.as_chunks_mut::<LANES>();
    for chunk in chunks {
        for ((value, sum), weighted) in chunk.iter_mut().zip(&mut sums).zip(&mut weighted) {
            one(value, sum, weighted);
        }
    }
    for ((value, sum), weighted) in rest.iter_mut().zip(&mut sums).zip(&mut weighted) {
        one(value, sum, weighted);
    }
    (1.0 / sums.into_iter().sum::<f32>(), weighted.into_iter().sum())
}

/// Layer normalization in place: `(x - mean) / sqrt(variance + eps) * weight + bias`.
///
/// Shape: `[hidden]` each.
#[inline(always)]
pub fn layer_norm(row: &mut [f32], weight: &[f32], bias: Option<&[f32]>, eps: f32) {
    let count = row.len() as f32;
    let mean = fold(row, 0.0, |a, b| a + b) / count;
    for value in row.iter_mut() {
        *value -= mean;
    }
    let variance = sum_of_squares(row) / count;
    let scale = 1.0 / (variance + eps).sqrt();
    for (value, &weight) in row.iter_mut().zip(weight) {
        *value *= scale * weight;
    }
    if let Some(bias) = bias {
        add(row, bias);
    }
}

/// `row += other`.
#[inline(always)]
pub fn add(row: &mut [f32], other: &[f32]) {
    for (value, &other) in row.iter_mut().zip(other) {
        *value += other;
    }
}

/// `row *= other`, value by value.
#[inline(always)]
pub fn multiply(row: &mut [f32], other: &[f32]) {
    for (value, &other) in row.iter_mut().zip(other) {
        *value *= other;
    }
}

/// Rounds to eight bits: `round(x / step) + 128` with `step` = largest size ÷ 127, which is returned (1 for zeros).
#[inline(always)]
pub fn quantize(row: &[f32], out: &mut [u8]) -> f32 {
    /// 1.5 * 2^23: adding it leaves the nearest whole number in the low bits, in two's complement.
    const ROUNDER: f32 = 12_582_912.0;
    let largest = fold(row, 0.0, |a: f32, b: f32| a.max(b.abs()));
    let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
    let inverse = 1.0 / scale;
    for (out, value) in out.iter_mut().zip(row) {
        #[expect(clippy::cast_possible_truncation, reason = "the low eight bits are what is wanted")]
        let rounded = (value * inverse + ROUNDER).to_bits().wrapping_add(128) as u8;
        *out = rounded;
    }
    scale
}

/// The sum of squares.
#[inline(always)]
#[must_use]
pub fn sum_of_squares(row: &[f32]) -> f32 {
    let mut lanes = [0.0; LANES];
    let (chunks, rest) = row.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane += value * value;
        }
    }
    lanes.into_iter().sum::<f32>() + rest.iter().map(|value| value * value).sum::<f32>()
}

/// Folds in lanes: a fixed order, whatever the machine.
#[inline(always)]
fn fold(row: &[f32], start: f32, combine: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [start; LANES];
    let (chunks, rest) = row.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane = combine(*lane, value);
        }
    }
    for (lane, &value) in lanes.iter_mut().zip(rest) {
        *lane = combine(*lane, value);
    }
    lanes.into_iter().fold(start, combine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn softmax_sums_to_one_and_knows_removed_keys() {
        let mut row = vec![1.0, 2.0, f32::NEG_INFINITY, 3.0];
        softmax::<false>(&mut row);
        // e^-2, e^-1, 0, 1 over their sum 1.503215.
        for (got, expected) in row.iter().zip([0.0900306, 0.2447285, 0.0, 0.665241]) {
            assert!((got - expected).abs() < 1e-6, "expected {expected}, got {got}");
        }
        let mut none = vec![f32::NEG_INFINITY; 3];
        softmax::<false>(&mut none);
        assert_eq!(none, [0.0; 3], "no key, no attention");
        let mut long: Vec<f32> = (0..37).map(|k| (k % 5) as f32 * 20.0).collect();
        softmax::<false>(&mut long);
        assert!((long.iter().sum::<f32>() - 1.0).abs() < 1e-5, "longer than the lanes");
    }

    #[test]
    fn entropy_comes_out_of_the_softmax() {
        for (mut row, expected) in [
            // Even over four keys: ln 4; the removed key counts for nothing.
            (vec![2.0, 2.0, f32::NEG_INFINITY, 2.0, 2.0], 4_f32.ln()),
            // Weights 1 : 3: -(0.25 ln 0.25 + 0.75 ln 0.75).
            (vec![0.0, 3_f32.ln()], 0.562_335_1),
            (vec![90.0, -90.0], 0.0),
            (vec![f32::NEG_INFINITY; 2], 0.0),
        ] {
            let mut plain = row.clone();
            let (scale, entropy) = exponentials_and_entropy::<false>(&mut row);
            assert!((entropy - expected).abs() < 1e-6, "expected {expected}, got {entropy}");
            assert_eq!((exponentials::<false>(&mut plain), plain), (scale, row), "the weights are the same");
        }
    }

    #[test]
    fn layer_norm_centers_and_scales() {
        let mut row = vec![1.0, 2.0, 3.0, 6.0];
        layer_norm(&mut row, &[1.0, 1.0, 2.0, 1.0], Some(&[0.0, 0.0, 0.0, 0.5]), 0.5);
        // mean 3, variance 3.5, divisor sqrt(4) = 2.
        assert_eq!(row, [-1.0, -0.5, 0.0, 2.0], "by hand");
        let mut bare = vec![1.0, 2.0, 3.0, 6.0];
        layer_norm(&mut bare, &[1.0; 4], None, 0.5);
        assert_eq!(bare, [-1.0, -0.5, 0.0, 1.5], "without a bias");
    }
}
