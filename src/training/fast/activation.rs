//! Point-wise functions.

use candle_core::CpuStorage;
use candle_core::CustomOp1;
use candle_core::Layout;
use candle_core::Result;
use candle_core::Shape;
use candle_core::Tensor;
use rayon::prelude::*;

use crate::tensor::Activation;
use crate::tensor::vector;
use crate::training::fast::floats;
use crate::training::fast::read;

/// Values that one task takes.
const PART: usize = 1 << 13;

/// The function at every value.
pub(in crate::training) fn activate(values: &Tensor, function: Activation) -> Result<Tensor> {
    values.contiguous()?.apply_op1(PointWise(function))
}

struct PointWise(Activation);

impl CustomOp1 for PointWise {
    fn name(&self) -> &'static str {
        "activation"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let mut values = floats(storage, layout)?.to_vec();
        values.par_chunks_mut(PART).for_each(|part| vector::activate(part, self.0));
        Ok((CpuStorage::F32(values), layout.shape().clone()))
    }

    fn bwd(&self, arg: &Tensor, _res: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let mut slopes = read(grad, |grad| Ok(grad.to_vec()))?;
        read(arg, |inputs| {
            let parts = slopes.par_chunks_mut(PART).zip(inputs.par_chunks(PART));
            parts.for_each(|(slopes, inputs)| vector::multiply_by_slopes(slopes, inputs, self.0));
            Ok(())
        })?;
        Tensor::from_vec(slopes, arg.shape(), arg.device()).map(Some)
    }
}
