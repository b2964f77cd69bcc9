//! One `pytorch_model.bin`, through candle's pickle reader, which knows tensors and runs no code.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::path::Path;
use std::path::PathBuf;

use candle_core::DType;
use candle_core::pickle::PthTensors;

use crate::model::Error;

/// An open file and what its pickle says.
pub(super) struct PyTorchFile {
    path: PathBuf,
    file_bytes: u64,
    reader: PthTensors,
    shapes: BTreeMap<String, Vec<usize>>,
}

impl PyTorchFile {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let read_error = |source| Error::Read { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(read_error)?;
        let file_bytes = file.metadata().map_err(read_error)?.len();
        let mut magic = Vec::new();
        file.by_ref().take(4).read_to_end(&mut magic).map_err(read_error)?;
        if magic != *b"PK\x03\x04" {
            return Err(Error::NotAnArchive { path: path.to_owned() });
        }
        let reader = guard(path, "the list of tensors", || PthTensors::new(path, None))?;
        let shapes =
            reader.tensor_infos().iter().map(|(name, info)| (name.clone(), info.layout.dims().to_vec())).collect();
        Ok(Self { path: path.to_owned(), file_bytes, reader, shapes })
    }

    /// Every tensor's name and shape.
    pub(super) fn shapes(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.shapes.iter().map(|(name, shape)| (name.as_str(), shape.as_slice()))
    }

    /// One tensor, row by row; `None` if there is none of that name.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<f32>>, Error> {
        let (Some(info), Some(shape)) = (self.reader.tensor_infos().get(name), self.shapes.get(name)) else {
            return Ok(None);
        };
        if !matches!(info.dtype, DType::F32 | DType::F16 | DType::BF16) {
            let got = format!("{:?}", info.dtype);
            return Err(Error::NumberType { tensor: name.to_owned(), got, path: self.path.clone() });
        }
        // PyTorch stores its tensors uncompressed, so none can be larger than the file.
        let bytes = shape.iter().try_fold(info.dtype.size_in_bytes() as u64, |product, &size| {
            product.checked_mul(u64::try_from(size).ok()?)
        });
        if bytes.is_none_or(|bytes| bytes > self.file_bytes) {
            return Err(Error::Extent {
                tensor: name.to_owned(),
                expected: format!("at most the file's {} bytes", self.file_bytes),
                got: format!("shape {shape:?}"),
                path: self.path.clone(),
            });
        }
        guard(&self.path, &format!("tensor {name:?}"), || {
            let Some(tensor) = self.reader.get(name)? else { return Ok(None) };
            tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1().map(Some)
        })
    }
}

/// Runs the reader; a damaged pickle can make it stop with a panic, which becomes an error here.
fn guard<T>(path: &Path, what: &str, read: impl FnOnce() -> candle_core::Result<T>) -> Result<T, Error> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(source)) => {
            Err(Error::PyTorch { what: what.to_owned(), path: path.to_owned(), source: Box::new(source) })
        }
        Err(_) => Err(Error::PyTorchDamaged { what: what.to_owned(), path: path.to_owned() }),
    }
}
