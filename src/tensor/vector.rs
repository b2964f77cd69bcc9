//! Point-wise and row-wise work over many rows, compiled for the processor at hand.
//!
//! The loops are those of [`rows`] and [`math`], plain safe Rust; the `unsafe`
//! lines enter copies of them compiled for an instruction set, after asking the processor.

#![expect(clippy::inline_always, reason = "must be compiled with the instruction set of the function around it")]

use crate::tensor::isa::Isa;
#[cfg(target_arch = "x86_64")]
use crate::tensor::isa::IsaKind;
use crate::tensor::math;
use crate::tensor::rows;

/// The softmax of each row of `cols` values, left without its division: `data` becomes `e^(x - max)`, `scales` one factor
/// per row that makes it sum to 1 (0 for a row of nothing but minus infinity).
///
/// A product with the result may be scaled afterwards, which takes a factor for each value of the product's few columns
/// instead of one for each probability.
pub fn exponentials(data: &mut [f32], cols: usize, scales: &mut [f32]) {
    dispatch(Isa::detect(), Task::Exponentials { data, cols, scales });
}

/// [`exponentials`]; adds to `entropies` the entropy (nats) of each row's softmax.
pub fn exponentials_and_entropies(data: &mut [f32], cols: usize, scales: &mut [f32], entropies: &mut [f32]) {
    dispatch(Isa::detect(), Task::Entropies { data, cols, scales, entropies });
}

/// `sums += scale * row`, over the rows of `cols` values.
pub fn add_scaled_rows(sums: &mut [f32], data: &[f32], cols: usize, scales: &[f32]) {
    dispatch(Isa::detect(), Task::AddScaled { sums, data, cols, scales });
}

/// `out = scale * row`, over the rows of `cols` values.
pub fn scale_rows(out: &mut [f32], data: &[f32], cols: usize, scales: &[f32]) {
    dispatch(Isa::detect(), Task::Scale { out, data, cols, scales });
}

/// `sums += other`, value by value.
pub fn add(sums: &mut [f32], other: &[f32]) {
    dispatch(Isa::detect(), Task::Add { sums, other });
}

/// Layer normalization of each row of `weight.len()` values, in place.
pub fn layer_norm_rows(data: &mut [f32], weight: &[f32], bias: Option<&[f32]>, eps: f32) {
    dispatch(Isa::detect(), Task::LayerNorm { data, weight, bias, eps });
}

/// Rounds a row to eight bits, 128 standing for zero; returns what a step of 1 stands for, NaN if a value is no number.
///
/// Shape: `row` and `out` `[inner]`.
#[must_use]
pub fn quantize(row: &[f32], out: &mut [u8]) -> f32 {
    let mut scale = 0.0;
    dispatch(Isa::detect(), Task::Quantize { row, out, scale: &mut scale });
    scale
}

/// A point-wise function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `x * Phi(x)` with the error function: [`math::gelu`].
    Gelu,
    /// The tanh approximation (`gelu_new`, `gelu_pytorch_tanh`): [`math::gelu_tanh`].
    GeluTanh,
    /// `max(x, 0)`; NaN stays NaN.
    Relu,
    /// `x * sigmoid(x)`: [`math::silu`].
    Silu,
    /// Hyperbolic tangent: [`math::tanh`].
    Tanh,
}

/// A point-wise function, in place.
pub fn activate(data: &mut [f32], function: Activation) {
    dispatch(Isa::detect(), Task::Apply { data, function });
}

/// `grads *= f'(input)`, value by value.
pub fn multiply_by_slopes(grads: &mut [f32], inputs: &[f32], function: Activation) {
    dispatch(Isa::detect(), Task::Slopes { grads, inputs, function });
}

/// Each row of logits, one for each share, becomes `exp(x) / sum_j share_j exp(x_j)`: the softmax in which keys count by
/// their share, before each is multiplied by its own. Where nothing is left to look at, the row is divided by a number near 0
/// instead.
pub fn exponentials_with_shares(data: &mut [f32], shares: &[f32]) {
    let ranks: Vec<f32> = shares.iter().map(|share| share.max(SMALLEST_SHARE).ln()).collect();
    dispatch(Isa::detect(), Task::Shared { data, shares, ranks: &ranks });
}

/// A share below this is nothing as far as the largest exponent goes.
const SMALLEST_SHARE: f32 = 1e-30;

/// Whether every processor of this architecture has fused multiply-adds.
const PORTABLE_FUSED: bool = cfg!(target_arch = "aarch64");

/// What is to be done; one type, so that there is one place where instruction sets are entered.
enum Task<'a> {
    Exponentials { data: &'a mut [f32], cols: usize, scales: &'a mut [f32] },
    Entropies { data: &'a mut [f32], cols: usize, scales: &'a mut [f32], entropies: &'a mut [f32] },
    AddScaled { sums: &'a mut [f32], data: &'a [f32], cols: usize, scales: &'a [f32] },
    Scale { out: &'a mut [f32], data: &'a [f32], cols: usize, scales: &'a [f32] },
    Quantize { row: &'a [f32], out: &'a mut [u8], scale: &'a mut f32 },
    Add { sums: &'a mut [f32], other: &'a [f32] },
    LayerNorm { data: &'a mut [f32], weight: &'a [f32], bias: Option<&'a [f32]>, eps: f32 },
    Apply { data: &'a mut [f32], function: Activation },
    Slopes { grads: &'a mut [f32], inputs: &'a [f32], function: Activation },
    Shared { data: &'a mut [f32], shares: &'a [f32], ranks: &'a [f32] },
}

#[inline(always)]
fn carry_out<const FUSED: bool>(task: Task<'_>) {
    match task {
        Task::Exponentials { data, cols, scales } => {
            for (row, scale) in data.chunks_mut(cols.max(1)).zip(scales) {
                *scale = rows::exponentials::<FUSED>(row);
            }
        }
        Task::Entropies { data, cols, scales, entropies } => {
            for ((row, scale), entropy) in data.chunks_mut(cols.max(1)).zip(scales).zip(entropies) {
                let found = rows::exponentials_and_entropy::<FUSED>(row);
                *scale = found.0;
                *entropy += found.1;
            }
        }
        Task::AddScaled { sums, data, cols, scales } => {
            for (row, &scale) in data.chunks(cols.max(1)).zip(scales) {
                for (sum, &value) in sums.iter_mut().zip(row) {
                    *sum += scale * value;
                }
            }
        }
        Task::Scale { out, data, cols, scales } => {
            let rows = out.chunks_mut(cols.max(1)).zip(data.chunks(cols.max(1)));
            for ((out, row), &scale) in rows.zip(scales) {
                for (out, &value) in out.iter_mut().zip(row) {
                    *out = scale * value;
                }
            }
        }
        Task::Quantize { row, out, scale } => *scale = rows::quantize(row, out),
        Task::Add { sums, other } => rows::add(sums, other),
        Task::LayerNorm { data, weight, bias, eps } => {
            for row in data.chunks_mut(weight.len().max(1)) {
                rows::layer_norm(row, weight, bias, eps);
            }
        }
        Task::Slopes { grads, inputs, function } => slopes::<FUSED>(grads, inputs, function),
        Task::Shared { data, shares, ranks } => {
            for row in data.chunks_exact_mut(shares.len().max(1)) {
                rows::exponentials_with_shares::<FUSED>(row, shares, ranks);
            }
        }
        Task::Apply { data, function } => match function {
            Activation::Gelu => data.iter_mut().for_each(|value| *value = math::gelu::<FUSED>(*value)),
            Activation::GeluTanh => data.iter_mut().for_each(|value| *value = math::gelu_tanh::<FUSED>(*value)),
            Activation::Relu => data.iter_mut().for_each(|value| *value = if *value <= 0.0 { 0.0 } else { *value }),
            Activation::Silu => data.iter_mut().for_each(|value| *value = math::silu::<FUSED>(*value)),
            Activation::Tanh => data.iter_mut().for_each(|value| *value = math::tanh::<FUSED>(*value)),
        },
    }
}

#[inline(always)]
fn slopes<const FUSED: bool>(grads: &mut [f32], inputs: &[f32], function: Activation) {
    let pairs = grads.iter_mut().zip(inputs);
    match function {
        Activation::Gelu => pairs.for_each(|(grad, &x)| *grad *= math::gelu_slope::<FUSED>(x)),
        Activation::GeluTanh => pairs.for_each(|(grad, &x)| *grad *= math::gelu_tanh_slope::<FUSED>(x)),
        Activation::Relu => pairs.for_each(|(grad, &x)| *grad = if x <= 0.0 { 0.0 } else { *grad }),
        Activation::Silu => pairs.for_each(|(grad, &x)| *grad *= math::silu_slope::<FUSED>(x)),
        Activation::Tanh => pairs.for_each(|(grad, &x)| {
            let value = math::tanh::<FUSED>(x);
            *grad *= 1.0 - value * value;
        }),
    }
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "entering code compiled for a detected instruction set; over twice the portable speed")]
fn dispatch(isa: Isa, task: Task<'_>) {
    match isa.kind() {
        // SAFETY: an `Isa` of this kind is only made after the processor said that it has AVX-512F, AVX2 and FMA.
        IsaKind::Avx512 => unsafe { carry_out_avx512(task) },
        // SAFETY: an `Isa` of this kind is only made after the processor said that it has AVX2 and FMA.
        IsaKind::Avx2 => unsafe { carry_out_avx2(task) },
        IsaKind::Portable => carry_out::<PORTABLE_FUSED>(task),
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn dispatch(_isa: Isa, task: Task<'_>) {
    carry_out::<PORTABLE_FUSED>(task);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx2,fma")]
fn carry_out_avx512(task: Task<'_>) {
    carry_out::<true>(task);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn carry_out_avx2(task: Task<'_>) {
    carry_out::<true>(task);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(count: usize) -> Vec<f32> {
        (0..count).map(|index| ((index * 37) % 101) as f32 / 9.0 - 5.0).collect()
    }

    fn close(got: &[f32], expected: &[f32], what: &str) {
        for (got, expected) in got.iter().zip(expected) {
            assert!((got - expected).abs() < 2e-6, "{what}: expected {expected}, got {got}");
        }
    }

    #[test]
    fn every_instruction_set_gives_what_the_plain_loops_give() {
        let (weight, bias) = (values(45), values(45));
        let functions = [Activation::Gelu, Activation::GeluTanh, Activation::Relu, Activation::Silu, Activation::Tanh];
        for isa in Isa::available() {
            for rows in 1..4 {
                let start = values(rows * 45);
                let (mut expected, mut weights, mut scales) = (start.clone(), start.clone(), vec![0.0; rows]);
                expected.chunks_mut(45).for_each(rows::softmax::<false>);
                dispatch(isa, Task::Exponentials { data: &mut weights, cols: 45, scales: &mut scales });
                let mut got = vec![0.0; rows * 45];
                dispatch(isa, Task::Scale { out: &mut got, data: &weights, cols: 45, scales: &scales });
                close(&got, &expected, "softmax");
                let (mut sums, mut expected) = (values(45), values(45));
                dispatch(isa, Task::AddScaled { sums: &mut sums, data: &weights, cols: 45, scales: &scales });
                got.chunks(45).for_each(|row| rows::add(&mut expected, row));
                close(&sums, &expected, "sums over rows");
                let (mut expected, mut got) = (start.clone(), start.clone());
                expected.chunks_mut(45).for_each(|row| rows::layer_norm(row, &weight, Some(&bias), 1e-5));
                dispatch(isa, Task::LayerNorm { data: &mut got, weight: &weight, bias: Some(&bias), eps: 1e-5 });
                close(&got, &expected, "layer norm");
                for function in functions {
                    let (mut expected, mut got) = (start.clone(), start.clone());
                    carry_out::<false>(Task::Apply { data: &mut expected, function });
                    dispatch(isa, Task::Apply { data: &mut got, function });
                    close(&got, &expected, "point-wise");
                }
            }
        }
    }
}
