//! The pieces of a layer as operations of their own: one pass over memory forward and one back, on this crate's products, all
//! threads at work. Single precision; in double precision the compositions of [`ops`](crate::training::ops) and of
//! [`attention`](crate::training::attention) are run instead, to which every operation here is held by a test.
//!
//! A weight that is constant is packed once, and no gradient of it is computed; nor is one of an input that nothing learned
//! stands behind.

mod activation;
mod attention;
mod linear;
mod norm;

pub(super) use activation::activate;
pub(super) use attention::SharedAttention;
pub(super) use linear::ConstantLinear;
pub(super) use linear::linear;
pub(super) use norm::layer_norm;

use candle_core::CpuStorage;
use candle_core::Error;
use candle_core::Layout;
use candle_core::Result;
use candle_core::Tensor;

/// Rows that one task takes: enough to pay for its start, few enough that all threads have some.
const ROWS_PER_TASK: usize = 24;

/// The numbers of a contiguous tensor in single precision.
fn floats<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let (Some((start, end)), CpuStorage::F32(values)) = (layout.contiguous_offsets(), storage) else {
        return Err(Error::Msg("expected contiguous numbers in single precision".to_owned()));
    };
    Ok(&values[start..end])
}

/// Runs `with` on the numbers of a tensor.
fn read<T>(tensor: &Tensor, with: impl FnOnce(&[f32]) -> Result<T>) -> Result<T> {
    let tensor = tensor.contiguous()?;
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        candle_core::Storage::Cpu(storage) => with(floats(storage, layout)?),
        _ => Err(Error::Msg("expected a tensor on the processor".to_owned())),
    }
}

/// [`read`] of four contiguous tensors at once.
fn read_all(tensors: [&Tensor; 4], with: impl FnOnce([&[f32]; 4])) -> Result<()> {
    let [one, two, three, four] = tensors;
    read(one, |one| {
        read(two, |two| {
            read(three, |three| {
                read(four, |four| {
                    with([one, two, three, four]);
                    Ok(())
                })
            })
        })
    })
}
