//! One safetensors file, read tensor by tensor.
//!
//! Only the header is held; each tensor is converted to `f32` while it streams from the disk, so that a checkpoint in
//! half precision never needs a second copy. Nothing the header claims is believed before it is checked against the
//! size of the file.
//!
//! The header is read here and not by the `safetensors` crate (0.8), whose `read_metadata` wants the whole file in memory or
//! mapped, refuses a file for a type of numbers that it does not know even where the tensor is of no use to the model, and
//! does not name the tensor whose entry is wrong.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::io::Seek as _;
use std::io::SeekFrom;
use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;

use crate::disk::FileError;
use crate::disk::open_regular;
use crate::model::Error;
use crate::model::load::number_type::NumberType;
use crate::model::load::weight_files::MOST_WEIGHT_BYTES;
use crate::model::load::weight_files::file_error;

/// An open file and what its header says.
pub(in crate::model) struct SafetensorsFile {
    path: PathBuf,
    tensors: BTreeMap<String, Entry>,
    /// First byte after the header.
    data_start: u64,
}

struct Entry {
    number_type: String,
    shape: Vec<usize>,
    /// Bytes after the header.
    start: u64,
    end: u64,
}

/// Bytes of the header's length field.
const LENGTH_BYTES: u64 = 8;
/// The format's own limit.
const MAX_HEADER_BYTES: u64 = 100_000_000;
/// Bytes converted at a time.
const CHUNK_BYTES: usize = 1 << 18;

impl SafetensorsFile {
    /// Reads and checks the header.
    pub(in crate::model) fn open(path: &Path) -> Result<Self, Error> {
        let read_error = |source| FileError::Read { path: path.to_owned(), source };
        let header_error = |expected: String, got: String| Error::Header { expected, got, path: path.to_owned() };
        let (mut file, file_bytes) = open_regular(path, MOST_WEIGHT_BYTES).map_err(file_error(path))?;
        if file_bytes < LENGTH_BYTES {
            return Err(header_error("at least 8 bytes".to_owned(), format!("a file of {file_bytes} bytes")));
        }
        let mut length = [0; 8];
        file.read_exact(&mut length).map_err(read_error)?;
        let length = u64::from_le_bytes(length);
        let most = (file_bytes - LENGTH_BYTES).min(MAX_HEADER_BYTES);
        if length > most {
            let expected = format!("a header of at most {most} bytes in a file of {file_bytes} bytes");
            return Err(header_error(expected, format!("one of {length} bytes")));
        }
        let mut header = Vec::new();
        file.take(length).read_to_end(&mut header).map_err(read_error)?;
        let header: serde_json::Map<String, Value> =
            serde_json::from_slice(&header).map_err(|source| FileError::Json { path: path.to_owned(), source })?;

        let data_start = LENGTH_BYTES + length;
        let mut tensors = BTreeMap::new();
        for (name, value) in header.iter().filter(|(name, _)| *name != "__metadata__") {
            let entry = parse_entry(value).ok_or_else(|| Error::Extent {
                tensor: name.clone(),
                expected: "dtype, shape and two data_offsets".to_owned(),
                got: value.to_string().chars().take(200).collect(),
                path: path.to_owned(),
            })?;
            if entry.end > file_bytes - data_start {
                return Err(Error::Extent {
                    tensor: name.clone(),
                    expected: format!("data within {} bytes after the header", file_bytes - data_start),
                    got: format!("bytes {} to {}", entry.start, entry.end),
                    path: path.to_owned(),
                });
            }
            tensors.insert(name.clone(), entry);
        }
        let size = |entry: &Entry| entry.end - entry.start;
        let (got, expected) = (tensors.values().map(size).fold(0, u64::saturating_add), file_bytes - data_start);
        if let Some((tensor, _)) = tensors.iter().max_by_key(|(_, entry)| size(entry)).filter(|_| got > expected) {
            return Err(Error::Overlap { tensor: tensor.clone(), expected, got, path: path.to_owned() });
        }
        Ok(Self { path: path.to_owned(), tensors, data_start })
    }

    /// Every tensor's name and shape.
    pub(in crate::model) fn shapes(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.tensors.iter().map(|(name, entry)| (name.as_str(), entry.shape.as_slice()))
    }

    /// One tensor, row by row; `None` if there is none of that name.
    pub(in crate::model) fn read(&self, name: &str) -> Result<Option<Vec<f32>>, Error> {
        let Some(entry) = self.tensors.get(name) else { return Ok(None) };
        let number = NumberType::find(&entry.number_type).ok_or_else(|| Error::NumberType {
            tensor: name.to_owned(),
            got: entry.number_type.clone(),
            path: self.path.clone(),
        })?;
        let bytes = entry.end - entry.start;
        let expected = entry.shape.iter().try_fold(number.bytes(), |product, &size| product.checked_mul(size));
        let (Some(expected), Ok(got)) = (expected, usize::try_from(bytes)) else {
            return Err(self.extent(name, "a size that fits in memory".to_owned(), bytes));
        };
        if expected != got {
            return Err(self.extent(name, format!("{expected} bytes for shape {:?}", entry.shape), bytes));
        }
        let read_error = |source| FileError::Read { path: self.path.clone(), source };
        let mut file = File::open(&self.path).map_err(read_error)?;
        file.seek(SeekFrom::Start(self.data_start + entry.start)).map_err(read_error)?;
        let mut values = Vec::with_capacity(expected / number.bytes());
        let mut chunk = vec![0; CHUNK_BYTES.min(expected)];
        let mut left = expected;
        while left > 0 {
            let part = &mut chunk[..left.min(CHUNK_BYTES)];
            file.read_exact(part).map_err(read_error)?;
            number.convert(part, &mut values);
            left -= part.len();
        }
        Ok(Some(values))
    }

    fn extent(&self, tensor: &str, expected: String, got: u64) -> Error {
        Error::Extent { tensor: tensor.to_owned(), expected, got: format!("{got} bytes"), path: self.path.clone() }
    }
}

fn parse_entry(value: &Value) -> Option<Entry> {
    let whole = |value: &Value| value.as_u64();
    let shape = value.get("shape")?.as_array()?.iter().map(|size| usize::try_from(size.as_u64()?).ok());
    let offsets = value.get("data_offsets")?.as_array()?.iter().map(whole).collect::<Option<Vec<_>>>()?;
    let [start, end] = offsets[..] else { return None };
    let number_type = value.get("dtype")?.as_str()?.to_owned();
    (start <= end).then_some(Entry { number_type, shape: shape.collect::<Option<_>>()?, start, end })
}
