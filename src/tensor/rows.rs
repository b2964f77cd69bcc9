//! Row by row: softmax and layer normalization.

#![expect(clippy::inline_always, reason = "must be compiled with the instruction set of the loop around it")]

use crate::tensor::math;

const LANES: usize = 16;

/// Softmax in place. A row whose logits are all minus infinity becomes zeros: nothing is attended to. One with a logit that
/// is NaN or plus infinity becomes NaN, in all or some of its values: what went wrong must not look like attention.
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

/// `e^x / sum_j share_j e^(x_j)` in place; `ranks` are the logarithms of the shares, above minus infinity, so that no key that
/// hardly counts is taken for the largest.
///
/// Shape: `[keys]` each.
#[inline(always)]
pub fn exponentials_with_shares<const FUSED: bool>(row: &mut [f32], shares: &[f32], ranks: &[f32]) {
    let mut most = [f32::NEG_INFINITY; LANES];
    let (chunks, rest) = row.as_chunks::<LANES>();
    let (rank_chunks, rank_rest) = ranks.as_chunks::<LANES>();
    for (chunk, ranks) in chunks.iter().zip(rank_chunks) {
        for ((most, value), rank) in most.iter_mut().zip(chunk).zip(ranks) {
            *most = most.max(*value + *rank);
        }
    }
    for ((most, value), rank) in most.iter_mut().zip(rest).zip(rank_rest) {
        *most = most.max(*value + *rank);
    }
    let most = most.into_iter().fold(f32::NEG_INFINITY, f32::max);
    let mut sums = [0.0; LANES];
    let (chunks, rest) = row.as_chunks_mut::<LANES>();
    let (share_chunks, share_rest) = shares.as_chunks::<LANES>();
    for (chunk, shares) in chunks.iter_mut().zip(share_chunks) {
        for ((value, sum), share) in chunk.iter_mut().zip(&mut sums).zip(shares) {
            *value = math::exp::<FUSED>(*value - most);
            *sum += *value * *share;
        }
    }
    for ((value, sum), share) in rest.iter_mut().zip(&mut sums).zip(share_rest) {
        *value = math::exp::<FUSED>(*value - most);
        *sum += *value * *share;
    }
    let scale = 1.0 / sums.into_iter().sum::<f32>().max(1e-30);
    for value in row.iter_mut() {
        *value *= scale;
    }
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
        // The largest of numbers that are none is minus infinity too.
        let nothing = if row.iter().any(|value| value.is_nan()) { f32::NAN } else { 0.0 };
        row.fill(nothing);
        return (nothing, nothing);
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

/// Layer normalization in place: `(x - mean) / sqrt(variance + eps) * weight + bias`; NaN where the variance is no number,
/// because values beyond 1e19 would otherwise all be divided by infinity and pass as zeros.
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
    let scale = if variance.is_finite() { 1.0 / (variance + eps).sqrt() } else { f32::NAN };
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

/// What a step of eight bits stands for at least. Below, one over it would be infinite and zeros would become NaN; a value
/// that is rounded to zero for it is smaller than 6e-39.
pub const SMALLEST_STEP: f32 = f32::MIN_POSITIVE;

/// What a step of 1 stands for if `largest` is to become 127: 1 for zeros, NaN where the largest is no number.
#[inline(always)]
#[must_use]
pub fn step(largest: f32) -> f32 {
    match largest {
        0.0 => 1.0,
        largest if largest.is_finite() => (largest / 127.0).max(SMALLEST_STEP),
        _ => f32::NAN,
    }
}

/// Rounds to eight bits: `round(x / step) + 128` with `step` = largest size ÷ 127 (see [`step`]), which is returned. It is
/// NaN if any value is NaN or infinite, so that what is computed with the row is NaN too.
#[inline(always)]
pub fn quantize(row: &[f32], out: &mut [u8]) -> f32 {
    /// 1.5 * 2^23: adding it leaves the nearest whole number in the low bits, in two's complement.
    const ROUNDER: f32 = 12_582_912.0;
    let scale = step(largest_size(row));
    let inverse = 1.0 / scale;
    for (out, value) in out.iter_mut().zip(row) {
        #[expect(clippy::cast_possible_truncation, reason = "the low eight bits are what is wanted")]
        let rounded = (value * inverse + ROUNDER).to_bits().wrapping_add(128) as u8;
        *out = rounded;
    }
    scale
}

/// The largest absolute value; NaN or infinite if any value is. Sizes are compared as whole numbers, in the order of which
/// NaN comes last, where the maximum of floats would pass it over.
#[inline(always)]
#[must_use]
pub fn largest_size(row: &[f32]) -> f32 {
    let mut lanes = [0_u32; LANES];
    let size = |value: &f32| value.to_bits() & 0x7fff_ffff;
    let (chunks, rest) = row.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = (*lane).max(size(value));
        }
    }
    let largest = lanes.into_iter().chain(rest.iter().map(size)).max();
    f32::from_bits(largest.unwrap_or(0))
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
    fn what_is_no_number_stays_none() {
        for bad in [vec![f32::NAN; 20], vec![f32::NAN, f32::NEG_INFINITY], vec![0.0, f32::INFINITY, 1.0]] {
            let (mut row, mut weighted) = (bad.clone(), bad.clone());
            softmax::<false>(&mut row);
            assert!(row.iter().any(|value| value.is_nan()), "softmax of {bad:?} hides it: {row:?}");
            let (scale, entropy) = exponentials_and_entropy::<false>(&mut weighted);
            assert!(scale.is_nan() && entropy.is_nan(), "{bad:?}: entropy {entropy}");
        }
        let mut far = vec![1e25, -1e25, 3e24, 0.0];
        layer_norm(&mut far, &[1.0; 4], Some(&[0.5; 4]), 1e-5);
        assert!(far.iter().all(|value| value.is_nan()), "the variance overflows, so there is no norm: {far:?}");
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut row = vec![1.0; 33];
            row[20] = bad;
            assert!(quantize(&row, &mut [0; 33]).is_nan(), "{bad} became eight bits");
        }
    }

    #[test]
    fn the_smallest_numbers_are_rounded_exactly() {
        // Sizes for which one over a 127th is infinite, and the largest to which the smallest step applies.
        for size in [1e-45, 1e-40, 3e-37, 1.4e-36] {
            let row = [size, 0.0, -size / 2.0, -size];
            let mut bytes = [0; 4];
            let scale = quantize(&row, &mut bytes);
            assert_eq!(scale, SMALLEST_STEP, "{size}: the smallest step");
            for (value, byte) in row.iter().zip(bytes) {
                let expected = (f64::from(*value) / f64::from(SMALLEST_STEP)).round() + 128.0;
                assert!((f64::from(byte) - expected).abs() <= 0.5, "{value}: expected {expected}, got {byte}");
            }
            assert_eq!(bytes[1], 128, "{size}: zero stays zero");
        }
        let mut bytes = [0; 2];
        assert_eq!(quantize(&[127e-30, -50e-30], &mut bytes), 127e-30 / 127.0, "larger ones as ever");
        assert_eq!(bytes, [255, 78], "127 and -50");
        assert_eq!((quantize(&[0.0, -0.0], &mut bytes), bytes), (1.0, [128; 2]), "zeros");
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
