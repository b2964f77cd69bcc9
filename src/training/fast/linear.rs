//! `x W^T + b`.

use std::sync::Arc;

use candle_core::CpuStorage;
use candle_core::CustomOp1;
use candle_core::CustomOp3;
use candle_core::Layout;
use candle_core::Result;
use candle_core::Shape;
use candle_core::Tensor;
use rayon::prelude::*;

use crate::tensor::Panels;
use crate::tensor::RowsRef;
use crate::tensor::vector;
use crate::training::fast::ROWS_PER_TASK;
use crate::training::fast::floats;
use crate::training::fast::read;

/// Rows of the sums of a bias that one task adds up.
const ROWS_PER_SUM: usize = 256;

/// A layer whose weight stays as it is, packed once for each direction.
#[derive(Clone)]
pub(in crate::training) struct ConstantLinear(Arc<Box<dyn CustomOp1 + Send + Sync>>);

impl std::fmt::Debug for ConstantLinear {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ConstantLinear").finish_non_exhaustive()
    }
}

impl ConstantLinear {
    /// Shape: `weight` `[outputs, inner]`, `bias` `[outputs]` or empty.
    pub(in crate::training) fn new(weight: &[f32], bias: &[f32], inner: usize) -> Self {
        let outputs = weight.len() / inner.max(1);
        let forward = Panels::from_weight(weight, outputs, inner);
        let mut back = Panels::empty();
        back.pack(RowsRef { data: weight, stride: inner, rows: outputs }, inner);
        Self(Arc::new(Box::new(Constant { forward, back: Back(back), bias: bias.to_vec() })))
    }

    /// Shape: `[rows, inner]` → `[rows, outputs]`.
    pub(in crate::training) fn apply(&self, input: &Tensor) -> Result<Tensor> {
        input.contiguous()?.apply_op1_arc(Arc::clone(&self.0))
    }
}

struct Constant {
    forward: Panels,
    back: Back,
    bias: Vec<f32>,
}

impl CustomOp1 for Constant {
    fn name(&self) -> &'static str {
        "constant linear"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let rows = floats(storage, layout)?;
        let out = product(&self.forward, rows, &self.bias);
        let shape = (out.len() / self.forward.outputs().max(1), self.forward.outputs()).into();
        Ok((CpuStorage::F32(out), shape))
    }

    fn bwd(&self, _arg: &Tensor, _res: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        grad.contiguous()?.apply_op1_no_bwd(&self.back).map(Some)
    }
}

/// The product with the weight as it stands.
struct Back(Panels);

impl CustomOp1 for Back {
    fn name(&self) -> &'static str {
        "constant linear, back"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let out = product(&self.0, floats(storage, layout)?, &[]);
        let shape = (out.len() / self.0.outputs().max(1), self.0.outputs()).into();
        Ok((CpuStorage::F32(out), shape))
    }
}

/// A layer whose weight or bias may be learned. Shape: `input` `[rows, inner]`, `weight` `[outputs, inner]`, `bias`
/// `[outputs]` → `[rows, outputs]`.
pub(in crate::training) fn linear(input: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    input.contiguous()?.apply_op3(&weight.contiguous()?, bias, Learned)
}

struct Learned;

impl CustomOp3 for Learned {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn cpu_fwd(
        &self,
        input: &CpuStorage,
        input_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (outputs, inner) = weight_layout.shape().dims2()?;
        let panels = Panels::from_weight(floats(weight, weight_layout)?, outputs, inner);
        let out = product(&panels, floats(input, input_layout)?, floats(bias, bias_layout)?);
        let rows = input_layout.shape().dims2()?.0;
        Ok((CpuStorage::F32(out), (rows, outputs).into()))
    }

    fn bwd(
        &self,
        input: &Tensor,
        weight: &Tensor,
        bias: &Tensor,
        _res: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let ((rows, inner), outputs, device) = (input.dims2()?, weight.dim(0)?, input.device());
        read(grad, |grad| {
            let for_input = if input.track_op() {
                let mut panels = Panels::empty();
                read(weight, |data| {
                    panels.pack(RowsRef { data, stride: inner, rows: outputs }, inner);
                    Ok(())
                })?;
                Some(Tensor::from_vec(product(&panels, grad, &[]), (rows, inner), device)?)
            } else {
                None
            };
            let for_weight = if weight.track_op() {
                let mut panels = Panels::empty();
                read(input, |data| {
                    panels.pack(RowsRef { data, stride: inner, rows }, inner);
                    Ok(())
                })?;
                let turned = transposed(grad, outputs);
                Some(Tensor::from_vec(product(&panels, &turned, &[]), (outputs, inner), device)?)
            } else {
                None
            };
            let for_bias = if bias.track_op() {
                Some(Tensor::from_vec(column_sums(grad, outputs), outputs, device)?)
            } else {
                None
            };
            Ok((for_input, for_weight, for_bias))
        })
    }
}

/// Rows in parallel.
fn product(panels: &Panels, data: &[f32], bias: &[f32]) -> Vec<f32> {
    let (inner, outputs) = (panels.inner().max(1), panels.outputs().max(1));
    let mut out = vec![0.0; data.len() / inner * outputs];
    // Few rows, as of a head: one task. The tiles of products are 12 rows high.
    let block =
        ROWS_PER_TASK.max((data.len() / inner).div_ceil(8 * rayon::current_num_threads()).next_multiple_of(12)).min(96);
    let parts = out.par_chunks_mut(block * outputs).zip(data.par_chunks(block * inner));
    parts.for_each(|(out, data)| {
        let rows = RowsRef { data, stride: inner, rows: data.len() / inner };
        panels.multiply(rows, bias, out, outputs);
    });
    out
}

/// Shape: `[rows, columns]` → `[columns, rows]`.
fn transposed(data: &[f32], columns: usize) -> Vec<f32> {
    /// Rows and columns that are turned together, so that reading and writing stay in the cache.
    const SQUARE: usize = 16;
    let rows = data.len() / columns.max(1);
    let mut out = vec![0.0; data.len()];
    out.par_chunks_mut((SQUARE * rows).max(1)).enumerate().for_each(|(part, out)| {
        let first = part * SQUARE;
        for start in (0..rows).step_by(SQUARE) {
            let end = (start + SQUARE).min(rows);
            for (column, line) in out.chunks_exact_mut(rows).enumerate() {
                for row in start..end {
                    line[row] = data[row * columns + first + column];
                }
            }
        }
    });
    out
}

/// Shape: `[rows, columns]` → `[columns]`. Parts are added in their order, whatever the number of threads.
pub(super) fn column_sums(data: &[f32], columns: usize) -> Vec<f32> {
    let part = |data: &[f32]| {
        let mut sums = vec![0.0; columns];
        data.chunks_exact(columns.max(1)).for_each(|row| vector::add(&mut sums, row));
        sums
    };
    let parts: Vec<Vec<f32>> = data.par_chunks((ROWS_PER_SUM * columns).max(1)).map(part).collect();
    let mut sums = vec![0.0; columns];
    for part in &parts {
        vector::add(&mut sums, part);
    }
    sums
}
