//! Matrix products against a right-hand side packed once into panels.
//!
//! A weight matrix is laid out as panels of `width` output columns, each `[inner, width]`, so that the inner loop reads
//! it front to back and keeps a tile of results in registers. Every result is one chain of multiply-adds over `inner`
//! in order, whatever the tile, the batch or the thread: a row's result does not depend on its neighbors, bit for bit.
//!
//! The loops are plain safe Rust over fixed-size arrays, which the compiler turns into vector code; the one `unsafe`
//! line in this module enters a copy of them compiled for the processor at hand, after asking it.

use std::ops::Range;

use crate::tensor::isa::Isa;
use crate::tensor::isa::IsaKind;

/// Columns of one panel: two registers wide, so that a tile of 12 (6, 4) rows leaves registers for its operands.
fn panel_width(isa: Isa) -> usize {
    match isa.kind() {
        #[cfg(target_arch = "x86_64")]
        IsaKind::Avx512 => 32,
        #[cfg(target_arch = "x86_64")]
        IsaKind::Avx2 => 16,
        IsaKind::Portable => PORTABLE_WIDTH,
    }
}

/// The widest panel of all instruction sets.
const WIDEST: usize = 32;

const PORTABLE_WIDTH: usize = if cfg!(target_arch = "aarch64") { 16 } else { 8 };

/// Bytes of packed panels that are walked over all rows before the next ones are touched; fits a level-2 cache.
const PANEL_CACHE_BYTES: usize = 400_000;

/// The left-hand side of a product: rows of a larger row-major matrix.
#[derive(Clone, Copy, Debug)]
pub struct RowsRef<'a> {
    /// Row `i` starts at `i * stride`.
    pub data: &'a [f32],
    /// Distance between the starts of two rows.
    pub stride: usize,
    /// Number of rows.
    pub rows: usize,
}

/// A right-hand side `[inner, outputs]` in panels.
#[derive(Clone, Debug)]
pub struct Panels {
    inner: usize,
    outputs: usize,
    isa: Isa,
    data: Vec<f32>,
}

impl Panels {
    /// Packs a weight matrix as checkpoints store it, so that [`Panels::multiply`] computes `x W^T`.
    ///
    /// Shape: `weight` `[outputs, inner]`, row-major.
    #[must_use]
    pub fn from_weight(weight: &[f32], outputs: usize, inner: usize) -> Self {
        let mut panels = Self::empty();
        panels.pack_transposed(RowsRef { data: weight, stride: inner, rows: outputs }, inner);
        panels
    }

    /// Nothing yet; to be filled by [`Panels::pack`] or [`Panels::pack_transposed`], which reuse the memory.
    #[must_use]
    pub fn empty() -> Self {
        Self { inner: 0, outputs: 0, isa: Isa::detect(), data: Vec::new() }
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

    /// Packs `rows^T`: output `j` is the dot product with row `j`. Shape: `rows` `[outputs, inner]`.
    pub fn pack_transposed(&mut self, rows: RowsRef<'_>, inner: usize) {
        let width = self.resize(inner, rows.rows);
        for (panel, columns) in self.data.chunks_exact_mut((inner * width).max(1)).zip(0..) {
            let used = width.min(rows.rows - columns * width);
            if used < width {
                panel.fill(0.0);
            }
            for column in 0..used {
                let start = (columns * width + column) * rows.stride;
                let values = &rows.data[start..start + inner];
                for (line, value) in panel[column..].iter_mut().step_by(width).zip(values) {
                    *line = *value;
                }
            }
        }
    }

    /// Packs `rows` as they stand: output `j` is the sum over `k` of `x[k] * rows[k][j]`. Shape: `rows` `[inner, outputs]`.
    pub fn pack(&mut self, rows: RowsRef<'_>, outputs: usize) {
        let inner = rows.rows;
        let width = self.resize(inner, outputs);
        for (panel, columns) in self.data.chunks_exact_mut((inner * width).max(1)).zip(0..) {
            let first = columns * width;
            let used = width.min(outputs - first);
            for (k, line) in panel.chunks_exact_mut(width).enumerate() {
                let values = &rows.data[k * rows.stride + first..][..used];
                // Whole lines have a length that the compiler knows once per instruction set.
                let chunks = (line.as_chunks_mut::<WIDEST>().0, values.as_chunks::<WIDEST>().0);
                if let ([line], [values]) = chunks {
                    *line = *values;
                } else {
                    line[..used].copy_from_slice(values);
                    line[used..].fill(0.0);
                }
            }
        }
    }

    /// The weight matrix as it was before packing. Shape: `[outputs, inner]`, row-major.
    #[must_use]
    pub fn to_weight(&self) -> Vec<f32> {
        let width = panel_width(self.isa);
        let value =
            |output: usize, k: usize| self.data[output / width * width * self.inner + k * width + output % width];
        (0..self.outputs).flat_map(|output| (0..self.inner).map(move |k| value(output, k))).collect()
    }

    /// `output = rows * self + bias`, on the calling thread.
    ///
    /// Shape: `rows` `[rows, inner]`; `bias` `[outputs]` or empty; `output` row `i` starts at `i * output_stride` and is
    /// `[outputs]` long.
    pub fn multiply(&self, rows: RowsRef<'_>, bias: &[f32], output: &mut [f32], output_stride: usize) {
        let width = panel_width(self.isa);
        let block = (PANEL_CACHE_BYTES / (self.inner.max(1) * 4)).max(width) / width * width;
        let mut first = 0;
        while first < self.outputs {
            let last = (first + block).min(self.outputs);
            self.multiply_columns(
                rows,
                bias,
                &mut Target { data: output, stride: output_stride, offset: first },
                first..last,
            );
            first = last;
        }
    }

    /// Some columns of the product only, into a narrower `output` whose column 0 is `columns.start`.
    ///
    /// `columns.start` must be a multiple of [`Panels::column_step`].
    pub fn multiply_part(&self, rows: RowsRef<'_>, bias: &[f32], output: &mut [f32], columns: Range<usize>) {
        let stride = columns.len();
        self.multiply_columns(rows, bias, &mut Target { data: output, stride, offset: 0 }, columns);
    }

    /// Columns of one panel: where a product may be cut for [`Panels::multiply_part`].
    #[must_use]
    pub fn column_step(&self) -> usize {
        panel_width(self.isa)
    }

    fn resize(&mut self, inner: usize, outputs: usize) -> usize {
        let width = panel_width(self.isa);
        self.inner = inner;
        self.outputs = outputs;
        // What stands there is overwritten by the caller, the unused columns of the last panel with zeros.
        self.data.resize(outputs.div_ceil(width) * width * inner, 0.0);
        width
    }

    fn multiply_columns(&self, rows: RowsRef<'_>, bias: &[f32], target: &mut Target<'_>, columns: Range<usize>) {
        debug_assert!(columns.start.is_multiple_of(self.column_step()), "a product is cut between panels: {columns:?}");
        debug_assert!(columns.end <= self.outputs, "{columns:?} of {} columns", self.outputs);
        debug_assert!(bias.is_empty() || bias.len() == self.outputs, "a bias of {} for {}", bias.len(), self.outputs);
        match self.isa.kind() {
            #[cfg(target_arch = "x86_64")]
            IsaKind::Avx512 | IsaKind::Avx2 => self.multiply_detected(rows, bias, target, columns),
            IsaKind::Portable => portable::walk(self, rows, bias, target, columns),
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[expect(
        unsafe_code,
        reason = "entering code compiled for a detected instruction set; measured at over twice the portable speed"
    )]
    fn multiply_detected(&self, rows: RowsRef<'_>, bias: &[f32], target: &mut Target<'_>, columns: Range<usize>) {
        match self.isa.kind() {
            // SAFETY: an `Isa` of this kind is only made after the processor said that it has AVX-512F.
            IsaKind::Avx512 => unsafe { avx512::walk(self, rows, bias, target, columns) },
            // SAFETY: an `Isa` of this kind is only made after the processor said that it has AVX2 and FMA.
            IsaKind::Avx2 => unsafe { avx2::walk(self, rows, bias, target, columns) },
            IsaKind::Portable => portable::walk(self, rows, bias, target, columns),
        }
    }
}

/// One copy of the loops for one instruction set: tiles of at most `$tallest` rows by `$width` columns.
///
/// A macro and not a generic function, because `tile` must be compiled with the instruction set and on its own: inlined
/// into its caller it loses its registers.
macro_rules! kernel {
    ($name:ident, $tallest:literal, [$($height:literal),*], $width:literal, $fused:literal, $(#[$feature:meta])*) => {
        mod $name {
            use super::Panels;
            use super::Range;
            use super::RowsRef;
            use super::Target;

            /// As few strips of rows as there can be, alike in height: a strip of few rows reads the panels for little work.
            $(#[$feature])*
            pub(super) fn walk(panels: &Panels, rows: RowsRef<'_>, bias: &[f32], target: &mut Target<'_>, columns: Range<usize>) {
                let mut strips = rows.rows.div_ceil($tallest);
                let mut row = 0;
                while row < rows.rows {
                    let height = (rows.rows - row).div_ceil(strips);
                    match height {
                        $($height => strip::<$height>(panels, rows, row, bias, target, &columns),)*
                        _ => strip::<$tallest>(panels, rows, row, bias, target, &columns),
                    }
                    row += height;
                    strips -= 1;
                }
            }

            /// One strip of rows against all panels of `columns`.
            $(#[$feature])*
            fn strip<const HEIGHT: usize>(
                panels: &Panels,
                rows: RowsRef<'_>,
                row: usize,
                bias: &[f32],
                target: &mut Target<'_>,
                columns: &Range<usize>,
            ) {
                let inner = panels.inner;
                let mut left = [rows.data; HEIGHT];
                for (i, line) in left.iter_mut().enumerate() {
                    *line = &rows.data[(row + i) * rows.stride..][..inner];
                }
                let mut column = columns.start;
                while column < columns.end {
                    let (lines, _) = panels.data[column * inner..][..inner * $width].as_chunks::<$width>();
                    let used = usize::min($width, columns.end - column);
                    let at = row * target.stride + target.offset + column - columns.start;
                    if used == $width {
                        // A bias that is too short must not be read as none: the range below fails then.
                        let bias = if bias.is_empty() { &[0.0; $width] } else { &bias[column..column + $width] };
                        let start = bias.first_chunk::<$width>().unwrap_or(&[0.0; $width]);
                        tile::<HEIGHT>(left, lines, start, (&mut target.data[at..], target.stride));
                    } else {
                        let mut start = [0.0; $width];
                        if !bias.is_empty() {
                            start[..used].copy_from_slice(&bias[column..column + used]);
                        }
                        let mut sums = [[0.0; $width]; HEIGHT];
                        tile::<HEIGHT>(left, lines, &start, (sums.as_flattened_mut(), $width));
                        for (i, line) in sums.iter().enumerate() {
                            target.data[at + i * target.stride..][..used].copy_from_slice(&line[..used]);
                        }
                    }
                    column += $width;
                }
            }

            /// `out = start + left * panel`, all in registers until the end; rows of `out` are a stride apart.
            $(#[$feature])*
            #[inline(never)]
            fn tile<const HEIGHT: usize>(
                left: [&[f32]; HEIGHT],
                panel: &[[f32; $width]],
                start: &[f32; $width],
                (out, stride): (&mut [f32], usize),
            ) {
                // A plain loop: a closure would not be compiled for this instruction set, and the compiler would then not
                // see that every row is as long as the panel.
                let mut rows = left;
                for row in &mut rows {
                    *row = &row[..panel.len()];
                }
                let mut tile = [*start; HEIGHT];
                for (k, line) in panel.iter().enumerate() {
                    for i in 0..HEIGHT {
                        let x = rows[i][k];
                        for j in 0..$width {
                            tile[i][j] = if $fused { x.mul_add(line[j], tile[i][j]) } else { x * line[j] + tile[i][j] };
                        }
                    }
                }
                for i in 0..HEIGHT {
                    out[i * stride..][..$width].copy_from_slice(&tile[i]);
                }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
kernel!(avx512, 12, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], 32, true, #[target_feature(enable = "avx512f,avx2,fma")]);
#[cfg(target_arch = "x86_64")]
kernel!(avx2, 6, [1, 2, 3, 4, 5], 16, true, #[target_feature(enable = "avx2,fma")]);
#[cfg(target_arch = "aarch64")]
kernel!(portable, 6, [1, 2, 3, 4, 5], 16, true,);
#[cfg(not(target_arch = "aarch64"))]
kernel!(portable, 4, [1, 2, 3], 8, false,);

/// Where a product goes.
struct Target<'a> {
    data: &'a mut [f32],
    stride: usize,
    offset: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * 7919 + seed * 104_729) % 2003) as f32 / 1001.5 - 1.0).collect()
    }

    /// The definition, in f64.
    #[expect(clippy::cast_possible_truncation, reason = "the result is in single precision")]
    fn reference(x: &[f32], weight: &[f32], bias: &[f32], inner: usize) -> Vec<f32> {
        let mut all = Vec::new();
        for row in x.chunks_exact(inner) {
            for (j, line) in weight.chunks_exact(inner).enumerate() {
                let sum: f64 = row.iter().zip(line).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                all.push((sum + bias.get(j).map_or(0.0, |b| f64::from(*b))) as f32);
            }
        }
        all
    }

    fn check(isa: Isa, rows: usize, outputs: usize, inner: usize) {
        let (x, weight, bias) = (numbers(rows * inner, 1), numbers(outputs * inner, 2), numbers(outputs, 3));
        let mut panels = Panels { isa, ..Panels::empty() };
        panels.pack_transposed(RowsRef { data: &weight, stride: inner, rows: outputs }, inner);
        let left = RowsRef { data: &x, stride: inner, rows };
        let expected = reference(&x, &weight, &bias, inner);
        let mut got = vec![f32::NAN; rows * outputs];
        panels.multiply(left, &bias, &mut got, outputs);
        for (i, (a, b)) in got.iter().zip(&expected).enumerate() {
            assert!(
                (a - b).abs() < 2e-6 * ((inner as f32).sqrt() + b.abs()),
                "{isa:?} {rows}x{outputs}x{inner}: entry {i} is {a}, expected {b}"
            );
        }
    }

    #[test]
    fn products_equal_the_definition_for_every_small_shape() {
        for isa in Isa::available() {
            for rows in 1..=26 {
                for outputs in (1..=70).step_by(if rows % 5 == 0 { 1 } else { 13 }) {
                    for inner in [1, 2, 3, 31, 33] {
                        check(isa, rows, outputs, inner);
                    }
                }
            }
            check(isa, 29, 390, 1536);
        }
    }

    #[test]
    fn a_row_does_not_depend_on_its_neighbors_bit_for_bit() {
        let (inner, outputs) = (37, 45);
        let (x, weight) = (numbers(19 * inner, 4), numbers(outputs * inner, 5));
        for isa in Isa::available() {
            let mut panels = Panels { isa, ..Panels::empty() };
            panels.pack_transposed(RowsRef { data: &weight, stride: inner, rows: outputs }, inner);
            let mut all = vec![0.0; 19 * outputs];
            panels.multiply(RowsRef { data: &x, stride: inner, rows: 19 }, &[], &mut all, outputs);
            for row in 0..19 {
                let mut alone = vec![0.0; outputs];
                panels.multiply(RowsRef { data: &x[row * inner..], stride: inner, rows: 1 }, &[], &mut alone, outputs);
                assert_eq!(alone, all[row * outputs..][..outputs], "{isa:?}: row {row}");
            }
        }
    }

    #[test]
    fn strided_rows_plain_packing_and_parts_agree() {
        let (inner, outputs, rows) = (21, 50, 9);
        let (wide, right) = (numbers(rows * 30, 6), numbers(inner * outputs, 7));
        for isa in Isa::available() {
            let mut plain = Panels { isa, ..Panels::empty() };
            plain.pack(RowsRef { data: &right, stride: outputs, rows: inner }, outputs);
            let transposed: Vec<f32> = (0..outputs * inner).map(|i| right[i % inner * outputs + i / inner]).collect();
            let dense: Vec<f32> = wide.chunks_exact(30).flat_map(|row| row[..inner].to_vec()).collect();
            let expected = reference(&dense, &transposed, &[], inner);
            assert_eq!(plain.to_weight(), transposed, "{isa:?}: unpacked");
            let left = RowsRef { data: &wide, stride: 30, rows };
            let mut got = vec![0.0; rows * outputs];
            plain.multiply(left, &[], &mut got, outputs);
            let worst = got.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < 1e-5, "{isa:?}: off by {worst}");
            let cut = plain.column_step();
            let mut part = vec![0.0; rows * (outputs - cut)];
            plain.multiply_part(left, &[], &mut part, cut..outputs);
            for row in 0..rows {
                assert_eq!(
                    part[row * (outputs - cut)..][..outputs - cut],
                    got[row * outputs + cut..][..outputs - cut],
                    "{isa:?}: row {row}"
                );
            }
        }
    }
}
