//! Matrix products in eight bits: weights with one scale per output column, activations with one scale per row, sums in
//! whole numbers.
//!
//! A weight is `round(w / s)` with `s` = its column's largest size ÷ 127; an activation `round(x / t)` likewise, found anew
//! for every row, stored 128 higher so that it is never negative. The product is the whole-number sum, less 128 times the
//! column's sum of weights, times `s t`. Sums of whole numbers have no rounding: every instruction set gives the same bits.
//!
//! Source: per-channel symmetric weights and dynamic activations as in Dettmers et al. 2022, "`LLM.int8()`",
//! <https://arxiv.org/abs/2208.07339>, section 2.1, without its outlier columns.
//!
//! The `unsafe` lines load 64 bytes of a 64-byte array, and enter code compiled for an instruction set after asking the
//! processor.

use crate::tensor::isa::Isa;
use crate::tensor::panels::RowsRef;
use crate::tensor::vector;

/// Columns of one panel.
const WIDTH: usize = 32;
/// Values of the sum that are taken together.
const GROUP: usize = 4;
/// Added to activations.
const ZERO: i32 = 128;

/// Four values of each of a panel's columns, in two halves of 16 columns.
type Line = [[i8; 64]; 2];

/// A right-hand side `[inner, outputs]` in eight bits.
#[derive(Clone, Debug)]
pub struct Int8Panels {
    inner: usize,
    outputs: usize,
    /// Shape: `[panels, inner / 4]`, filled up with zeros.
    lines: Vec<Line>,
    /// What a weight of 1 stands for. Shape: `[outputs]`.
    scales: Vec<f32>,
    /// 128 times the sum of each column. Shape: `[outputs]`.
    corrections: Vec<i32>,
    is_native: bool,
}

/// Rows of activations in eight bits; memory is kept from use to use.
#[derive(Debug, Default)]
pub struct Int8Rows {
    /// Shape: `[rows, inner / 4]`.
    data: Vec<[u8; GROUP]>,
    /// What an activation of 1 stands for. Shape: `[rows]`.
    scales: Vec<f32>,
    groups: usize,
}

impl Int8Rows {
    /// Takes in new rows of `inner` values.
    pub fn quantize(&mut self, rows: RowsRef<'_>, inner: usize) {
        self.groups = inner.div_ceil(GROUP);
        self.data.clear();
        self.data.resize(rows.rows * self.groups, [0; GROUP]);
        self.scales.resize(rows.rows, 0.0);
        let lines = self.data.as_flattened_mut().chunks_exact_mut((self.groups * GROUP).max(1));
        for ((row, line), scale) in (0..rows.rows).zip(lines).zip(&mut self.scales) {
            *scale = vector::quantize(&rows.data[row * rows.stride..][..inner], &mut line[..inner]);
        }
    }
}

impl Int8Panels {
    /// Rounds a weight matrix as checkpoints store it. Shape: `weight` `[outputs, inner]`, row-major.
    #[must_use]
    pub fn from_weight(weight: &[f32], outputs: usize, inner: usize) -> Self {
        let groups = inner.div_ceil(GROUP);
        let mut lines = vec![[[0; 64]; 2]; outputs.div_ceil(WIDTH) * groups];
        let (mut scales, mut corrections) = (Vec::with_capacity(outputs), Vec::with_capacity(outputs));
        for (output, row) in weight.chunks_exact(inner.max(1)).enumerate() {
            let largest = row.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
            let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
            let (panel, column) = (output / WIDTH, output % WIDTH);
            let mut sum = 0;
            for (k, value) in row.iter().enumerate() {
                #[expect(clippy::cast_possible_truncation, reason = "a whole number from -127 to 127")]
                let rounded = (value / scale).round() as i8;
                lines[panel * groups + k / GROUP][column / 16][column % 16 * GROUP + k % GROUP] = rounded;
                sum += i32::from(rounded);
            }
            scales.push(scale);
            corrections.push(ZERO * sum);
        }
        Self { inner, outputs, lines, scales, corrections, is_native: Isa::has_int8_products() }
    }

    /// Number of columns of a product.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Length of the sums.
    #[must_use]
    pub fn inner(&self) -> usize {
        self.inner
    }

    /// The weights that the rounded ones stand for. Shape: `[outputs, inner]`, row-major.
    #[must_use]
    pub fn to_weight(&self) -> Vec<f32> {
        let groups = self.inner.div_ceil(GROUP);
        let value = |output: usize, k: usize| {
            let (panel, column) = (output / WIDTH, output % WIDTH);
            let rounded = self.lines[panel * groups + k / GROUP][column / 16][column % 16 * GROUP + k % GROUP];
            f32::from(rounded) * self.scales[output]
        };
        (0..self.outputs).flat_map(|output| (0..self.inner).map(move |k| value(output, k))).collect()
    }

    /// `output = rows * self + bias`, on the calling thread.
    ///
    /// Shape: `bias` `[outputs]` or empty; `output` row `i` starts at `i * stride` and is `[outputs]` long.
    pub fn multiply(&self, rows: &Int8Rows, bias: &[f32], output: &mut [f32], stride: usize) {
        #[cfg(target_arch = "x86_64")]
        if self.is_native {
            self.multiply_native(rows, bias, (output, stride));
            return;
        }
        portable::walk(self, rows, bias, (output, stride));
    }

    #[cfg(target_arch = "x86_64")]
    #[expect(
        unsafe_code,
        reason = "entering code compiled for a detected instruction set; 20 times the portable speed"
    )]
    fn multiply_native(&self, rows: &Int8Rows, bias: &[f32], target: (&mut [f32], usize)) {
        // SAFETY: `is_native` is only set after the processor said that it has AVX-512F, AVX-512BW and AVX-512VNNI.
        unsafe { vnni::walk(self, rows, bias, target) }
    }

    /// From sums to values, for some rows and the columns of one panel.
    fn write(
        &self,
        (row, scales): (usize, &[f32]),
        panel: usize,
        sums: &[[i32; WIDTH]],
        bias: &[f32],
        (output, stride): (&mut [f32], usize),
    ) {
        let columns = panel * WIDTH..(panel * WIDTH + WIDTH).min(self.outputs);
        let weights = self.scales[columns.clone()].iter().zip(&self.corrections[columns.clone()]);
        for (i, (sums, row_scale)) in sums.iter().zip(scales).enumerate() {
            let out = &mut output[(row + i) * stride..][columns.clone()];
            for ((out, sum), (scale, correction)) in out.iter_mut().zip(sums).zip(weights.clone()) {
                *out = (sum - correction) as f32 * (row_scale * scale);
            }
            if !bias.is_empty() {
                out.iter_mut().zip(&bias[columns.clone()]).for_each(|(out, bias)| *out += bias);
            }
        }
    }
}

/// The loops over strips of rows and panels; `$tile` makes the sums of one.
macro_rules! walk {
    ($tallest:literal, [$($height:literal),*], $(#[$feature:meta])*) => {
        /// As few strips of rows as there can be, alike in height.
        $(#[$feature])*
        pub(super) fn walk(panels: &Int8Panels, rows: &Int8Rows, bias: &[f32], target: (&mut [f32], usize)) {
            let (output, stride) = target;
            let count = rows.scales.len();
            let mut strips = count.div_ceil($tallest);
            let mut row = 0;
            while row < count {
                let height = (count - row).div_ceil(strips);
                match height {
                    $($height => strip::<$height>(panels, rows, row, bias, (&mut *output, stride)),)*
                    _ => strip::<$tallest>(panels, rows, row, bias, (&mut *output, stride)),
                }
                row += height;
                strips -= 1;
            }
        }

        $(#[$feature])*
        fn strip<const HEIGHT: usize>(
            panels: &Int8Panels,
            rows: &Int8Rows,
            row: usize,
            bias: &[f32],
            (output, stride): (&mut [f32], usize),
        ) {
            let groups = rows.groups;
            let mut left: [&[[u8; GROUP]]; HEIGHT] = [&[]; HEIGHT];
            for (i, line) in left.iter_mut().enumerate() {
                *line = &rows.data[(row + i) * groups..][..groups];
            }
            for (panel, lines) in panels.lines.chunks_exact(groups.max(1)).enumerate() {
                let mut sums = [[0; WIDTH]; HEIGHT];
                tile::<HEIGHT>(left, lines, &mut sums);
                let scales = &rows.scales[row..row + HEIGHT];
                panels.write((row, scales), panel, &sums, bias, (&mut *output, stride));
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
mod vnni {
    use std::arch::x86_64::__m512i;
    use std::arch::x86_64::_mm512_dpbusd_epi32;
    use std::arch::x86_64::_mm512_loadu_si512;
    use std::arch::x86_64::_mm512_set1_epi32;
    use std::arch::x86_64::_mm512_setzero_si512;
    use std::arch::x86_64::_mm512_storeu_si512;

    use super::GROUP;
    use super::Int8Panels;
    use super::Int8Rows;
    use super::Line;
    use super::WIDTH;

    walk!(12, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]);

    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    #[inline(never)]
    fn tile<const HEIGHT: usize>(left: [&[[u8; GROUP]]; HEIGHT], panel: &[Line], sums: &mut [[i32; WIDTH]; HEIGHT]) {
        let mut rows = left;
        for row in &mut rows {
            *row = &row[..panel.len()];
        }
        let mut tile = [[_mm512_setzero_si512(); 2]; HEIGHT];
        for (k, line) in panel.iter().enumerate() {
            let (first, second) = (load(&line[0]), load(&line[1]));
            for i in 0..HEIGHT {
                let x = _mm512_set1_epi32(i32::from_le_bytes(rows[i][k]));
                tile[i][0] = _mm512_dpbusd_epi32(tile[i][0], x, first);
                tile[i][1] = _mm512_dpbusd_epi32(tile[i][1], x, second);
            }
        }
        for (sums, tile) in sums.iter_mut().zip(&tile) {
            let (halves, _) = sums.as_chunks_mut::<16>();
            for (half, tile) in halves.iter_mut().zip(tile) {
                store(half, *tile);
            }
        }
    }

    #[target_feature(enable = "avx512f")]
    #[inline]
    #[expect(unsafe_code, reason = "loads take pointers")]
    fn load(values: &[i8; 64]) -> __m512i {
        // SAFETY: the array has the 64 bytes that are read; the load asks for no alignment.
        unsafe { _mm512_loadu_si512(values.as_ptr().cast()) }
    }

    #[target_feature(enable = "avx512f")]
    #[inline]
    #[expect(unsafe_code, reason = "stores take pointers")]
    fn store(values: &mut [i32; 16], sums: __m512i) {
        // SAFETY: the array has the 64 bytes that are written; the store asks for no alignment.
        unsafe { _mm512_storeu_si512(values.as_mut_ptr().cast(), sums) }
    }
}

mod portable {
    use super::GROUP;
    use super::Int8Panels;
    use super::Int8Rows;
    use super::Line;
    use super::WIDTH;

    walk!(4, [1, 2, 3],);

    fn tile<const HEIGHT: usize>(left: [&[[u8; GROUP]]; HEIGHT], panel: &[Line], sums: &mut [[i32; WIDTH]; HEIGHT]) {
        for (k, line) in panel.iter().enumerate() {
            let (weights, _) = line.as_flattened().as_chunks::<GROUP>();
            for (row, sums) in left.iter().zip(sums.iter_mut()) {
                let x = row[k].map(i32::from);
                for (sum, w) in sums.iter_mut().zip(weights) {
                    *sum += (0..GROUP).map(|k| x[k] * i32::from(w[k])).sum::<i32>();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * 7919 + seed * 104_729) % 2003) as f32 / 1001.5 - 1.0).collect()
    }

    fn product(panels: &Int8Panels, x: &[f32], bias: &[f32]) -> Vec<f32> {
        let rows = x.len() / panels.inner;
        let mut quantized = Int8Rows::default();
        quantized.quantize(RowsRef { data: x, stride: panels.inner, rows }, panels.inner);
        let mut out = vec![f32::NAN; rows * panels.outputs];
        panels.multiply(&quantized, bias, &mut out, panels.outputs);
        out
    }

    #[test]
    fn products_equal_the_definition_for_every_small_shape() {
        for rows in 1..=26 {
            for (outputs, inner) in [(1, 1), (16, 4), (31, 7), (33, 64), (70, 31)] {
                let (x, weight, bias) = (numbers(rows * inner, 1), numbers(outputs * inner, 2), numbers(outputs, 3));
                let panels = Int8Panels::from_weight(&weight, outputs, inner);
                let plain = Int8Panels { is_native: false, ..panels.clone() };
                let got = product(&panels, &x, &bias);
                assert_eq!(got, product(&plain, &x, &bias), "{rows}x{outputs}x{inner}: no rounding, the same bits");
                for (row, x) in x.chunks_exact(inner).enumerate() {
                    let scale = x.iter().fold(0.0_f32, |largest, x| largest.max(x.abs())) / 127.0;
                    for (output, w) in weight.chunks_exact(inner).enumerate() {
                        let unit = w.iter().fold(0.0_f32, |largest, w| largest.max(w.abs())) / 127.0;
                        let whole = |x: f32, unit: f32| f64::from((x / unit).round_ties_even());
                        let sum: f64 = x.iter().zip(w).map(|(x, w)| whole(*x, scale) * whole(*w, unit)).sum();
                        let expected = sum * f64::from(scale) * f64::from(unit) + f64::from(bias[output]);
                        let got = f64::from(got[row * outputs + output]);
                        // A value halfway between two whole numbers may fall on either side.
                        let slack = 1e-4 + f64::from(scale * unit) * 128.0;
                        assert!((got - expected).abs() < slack, "{rows}x{outputs}x{inner}: {got}, expected {expected}");
                    }
                }
            }
        }
    }

    #[test]
    fn rounding_stays_within_half_a_step() {
        let weight = numbers(40 * 50, 5);
        let back = Int8Panels::from_weight(&weight, 40, 50).to_weight();
        for (weight, back) in weight.chunks_exact(50).zip(back.chunks_exact(50)) {
            let step = weight.iter().fold(0.0_f32, |largest, w| largest.max(w.abs())) / 127.0;
            for (a, b) in weight.iter().zip(back) {
                assert!((a - b).abs() <= step * 0.501, "{a} became {b}, a step is {step}");
            }
        }
    }

    #[test]
    fn rows_of_zeros_and_zero_weights_give_the_bias() {
        let panels = Int8Panels::from_weight(&[0.0; 6], 2, 3);
        assert_eq!(product(&panels, &[0.0, 0.0, 0.0, 1.0, -2.0, 3.0], &[0.5, -0.5]), [0.5, -0.5, 0.5, -0.5], "nothing");
    }
}
