//! A dense layer, its weights packed once.

use std::cell::RefCell;

use rayon::prelude::*;

use crate::tensor::Int8Error;
use crate::tensor::Int8Panels;
use crate::tensor::Int8Rows;
use crate::tensor::Matrix;
use crate::tensor::Panels;
use crate::tensor::RowsRef;

/// `y = x W^T + b`.
#[derive(Clone, Debug)]
pub struct Linear {
    /// The weight, packed for products; no second copy is held.
    weight: Weight,
    /// Shape: `[out]`; empty in families without biases.
    bias: Vec<f32>,
}

#[derive(Clone, Debug)]
enum Weight {
    Float(Panels),
    Int8(Int8Panels),
}

impl Linear {
    /// Takes a weight as checkpoints store it, `[out, in]`, and a bias `[out]`.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the packed form replaces the given one, which is not to be kept"
    )]
    pub fn new(weight: Matrix, bias: Option<Vec<f32>>) -> Self {
        let panels = Panels::from_weight(weight.data(), weight.rows(), weight.cols());
        Self { weight: Weight::Float(panels), bias: bias.unwrap_or_default() }
    }

    /// The same layer with its weight rounded to eight bits; inputs are then rounded row by row.
    ///
    /// # Errors
    /// [`Int8Error`] for weights that have no eight-bit form.
    pub fn to_int8(&self) -> Result<Self, Int8Error> {
        let weight = match &self.weight {
            Weight::Float(panels) => {
                Weight::Int8(Int8Panels::from_weight(&panels.to_weight(), panels.outputs(), panels.inner())?)
            }
            Weight::Int8(panels) => Weight::Int8(panels.clone()),
        };
        Ok(Self { weight, bias: self.bias.clone() })
    }

    /// Width of the input.
    #[must_use]
    pub fn in_features(&self) -> usize {
        match &self.weight {
            Weight::Float(panels) => panels.inner(),
            Weight::Int8(panels) => panels.inner(),
        }
    }

    /// Width of the output.
    #[must_use]
    pub fn out_features(&self) -> usize {
        match &self.weight {
            Weight::Float(panels) => panels.outputs(),
            Weight::Int8(panels) => panels.outputs(),
        }
    }

    /// The weight as checkpoints store it, unpacked anew (as rounded, if it was). Shape: `[out, in]`.
    #[must_use]
    pub fn weight(&self) -> Matrix {
        let values = match &self.weight {
            Weight::Float(panels) => panels.to_weight(),
            Weight::Int8(panels) => panels.to_weight(),
        };
        Matrix::from_vec(self.out_features(), self.in_features(), values).unwrap_or_default()
    }

    /// The bias. Shape: `[out]`, or empty.
    #[must_use]
    pub fn bias(&self) -> &[f32] {
        &self.bias
    }

    /// `x W^T + b`, rows in parallel.
    ///
    /// Shape: `[rows, in]` → `[rows, out]`.
    #[must_use]
    pub fn apply(&self, input: &Matrix) -> Matrix {
        let mut out = Matrix::zeros(input.rows(), self.out_features());
        let (block, width) = (block_rows(input.rows()), self.out_features().max(1));
        out.data_mut().par_chunks_mut(block * width).enumerate().for_each(|(index, out)| {
            self.apply_rows(rows_of(input, index * block, out.len() / width), out, width);
        });
        out
    }

    /// [`Self::apply`] on this thread, into the first columns of rows `stride` apart.
    pub(in crate::model) fn apply_rows(&self, input: RowsRef<'_>, out: &mut [f32], stride: usize) {
        apply_side_by_side(&[(0, self)], input, out, stride);
    }
}

/// Several layers on the same input, on this thread, each into the columns from its number on of rows `stride` apart. Where
/// they want the input rounded, it is rounded once.
pub(in crate::model) fn apply_side_by_side(
    layers: &[(usize, &Linear)],
    input: RowsRef<'_>,
    out: &mut [f32],
    stride: usize,
) {
    QUANTIZED.with_borrow_mut(|quantized| {
        let mut is_quantized = false;
        for &(first, layer) in layers {
            let out = &mut out[first..];
            match &layer.weight {
                Weight::Float(panels) => panels.multiply(input, &layer.bias, out, stride),
                Weight::Int8(panels) => {
                    if !is_quantized {
                        quantized.quantize(input, panels.inner());
                        is_quantized = true;
                    }
                    panels.multiply(quantized, &layer.bias, out, stride);
                }
            }
        }
    });
}

thread_local! {
    /// Rounded inputs; the memory is kept.
    static QUANTIZED: RefCell<Int8Rows> = RefCell::default();
}

/// Some rows of a matrix, for a product.
pub(in crate::model) fn rows_of(matrix: &Matrix, first: usize, count: usize) -> RowsRef<'_> {
    RowsRef { data: &matrix.data()[first * matrix.cols()..], stride: matrix.cols(), rows: count }
}

/// Rows that one parallel task takes in products at most.
pub(in crate::model) const LARGEST_SHARE: usize = 96;

/// Rows one parallel task takes in products: equal shares, large enough that reading the weights does not dominate, small
/// enough that a task's intermediate values stay in the cache. A row's result does not depend on the choice.
pub(in crate::model) fn block_rows(rows: usize) -> usize {
    let threads = rayon::current_num_threads().max(1);
    let tasks = threads * rows.div_ceil(threads * LARGEST_SHARE).max(1);
    rows.div_ceil(tasks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_side_by_side_give_the_bits_of_each_alone() {
        let numbers = |count: usize, seed: usize| -> Vec<f32> {
            (0..count).map(|i| ((i * 7919 + seed * 104_729) % 2003) as f32 / 1001.5 - 1.0).collect()
        };
        let (inner, outputs) = (37, 20);
        let layer = |seed| {
            let weight = Matrix::from_vec(outputs, inner, numbers(outputs * inner, seed)).expect("the sizes fit");
            Linear::new(weight, (seed > 1).then(|| numbers(outputs, seed + 9)))
        };
        let floats = [layer(1), layer(2), layer(3)];
        let rounded = floats.each_ref().map(|layer| layer.to_int8().expect("finite weights"));
        let mixed = [floats[0].clone(), rounded[1].clone(), rounded[2].clone()];
        for layers in [floats, rounded, mixed] {
            for rows in [1, 5, 13] {
                let x = numbers(rows * inner, 4);
                let input = RowsRef { data: &x, stride: inner, rows };
                let mut together = vec![f32::NAN; rows * 3 * outputs];
                let parts = [(0, &layers[0]), (outputs, &layers[1]), (2 * outputs, &layers[2])];
                apply_side_by_side(&parts, input, &mut together, 3 * outputs);
                for (part, layer) in layers.iter().enumerate() {
                    let alone = layer.apply(&Matrix::from_vec(rows, inner, x.clone()).expect("the sizes fit"));
                    for row in 0..rows {
                        let got = &together[(row * 3 + part) * outputs..][..outputs];
                        assert_eq!(got, alone.row(row), "layer {part}, row {row} of {rows}");
                    }
                }
            }
        }
    }
}
