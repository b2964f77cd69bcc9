//! One `pytorch_model.bin`: a zip archive of a pickle and raw storages, read without running anything.
//!
//! The pickle says which tensor lies where in which storage; [`Pickle`] reads it under limits, and every size it claims is
//! checked against what the archive holds.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::io::Read as _;
use std::io::Seek as _;
use std::io::SeekFrom;
use std::path::Path;
use std::path::PathBuf;

use crate::disk::FileError;
use crate::disk::open_regular;
use crate::model::Error;
use crate::model::load::number_type::NumberType;
use crate::model::load::pickle::Id;
use crate::model::load::pickle::Node;
use crate::model::load::pickle::Pickle;
use crate::model::load::weight_files::MOST_WEIGHT_BYTES;
use crate::model::load::weight_files::file_error;
use crate::model::load::zip_archive::ZipArchive;
use crate::model::load::zip_archive::ZipError;

/// An open file and what its pickle says.
pub(in crate::model) struct PyTorchFile {
    path: PathBuf,
    archive: ZipArchive,
    /// What the names of its entries begin with: `archive/`, `pytorch_model/`.
    folder: String,
    tensors: BTreeMap<String, Entry>,
}

/// A tensor as the pickle describes it.
struct Entry {
    shape: Vec<usize>,
    strides: Vec<usize>,
    /// First number within the storage.
    offset: usize,
    /// `PyTorch`'s class of the storage.
    class: String,
    /// Name of the storage.
    storage: String,
}

/// Largest pickle we read; that of a checkpoint with 1,000 tensors has 150 kB.
const MOST_PICKLE_BYTES: u64 = 16 << 20;

/// How many times its own size the tensors of a file may claim. Weights that are tied lie in one storage (word embeddings
/// are also a decoder's, and an encoder's and a decoder's together), which no checkpoint does more often.
const MOST_VIEWS: u64 = 4;

/// Axes of a tensor.
const MOST_AXES: usize = 8;

/// Names under which a training run wraps the tensors it saves.
const WRAPPERS: [&str; 3] = ["state_dict", "model_state_dict", "model"];

impl PyTorchFile {
    pub(in crate::model) fn open(path: &Path) -> Result<Self, Error> {
        let (mut file, file_bytes) = open_regular(path, MOST_WEIGHT_BYTES).map_err(file_error(path))?;
        let mut magic = Vec::new();
        let read = file.by_ref().take(4).read_to_end(&mut magic);
        read.map_err(|source| FileError::Read { path: path.to_owned(), source })?;
        if magic != *b"PK\x03\x04" {
            return Err(Error::NotAnArchive { path: path.to_owned() });
        }
        let archive = ZipArchive::open(file, file_bytes).map_err(archive_error(path))?;
        let list = archive.names().find(|name| *name == "data.pkl" || name.ends_with("/data.pkl")).map(str::to_owned);
        let list =
            list.ok_or_else(|| Error::NotATensorFile { expected: "an entry data.pkl", path: path.to_owned() })?;
        if let Some(got) = archive.size(&list).filter(|&bytes| bytes > MOST_PICKLE_BYTES) {
            let source = ZipError::TooMuch { what: "bytes in data.pkl", got, limit: MOST_PICKLE_BYTES };
            return Err(archive_error(path)(source));
        }
        let bytes = archive.read(&list).map_err(archive_error(path))?.unwrap_or_default();
        let pickle = Pickle::parse(&bytes).map_err(|source| Error::Pickle { path: path.to_owned(), source })?;
        let tensors = tensors(&pickle).ok_or_else(|| Error::NotATensorFile {
            expected: "a dictionary of tensors by name (a state_dict)",
            path: path.to_owned(),
        })?;
        let folder = list.trim_end_matches("data.pkl").to_owned();
        let file = Self { path: path.to_owned(), archive, folder, tensors };
        file.check_claims(file_bytes)?;
        Ok(file)
    }

    /// Refuses tensors that are together larger than views of a file's storages can be: each may claim a whole storage, and
    /// a short pickle may list thousands. One that claims more than its storage is refused when it is read.
    fn check_claims(&self, file_bytes: u64) -> Result<(), Error> {
        let claim = |entry: &Entry| {
            let bytes = NumberType::of_storage(&entry.class).map_or(1, NumberType::bytes) as u64;
            let claimed = entry.shape.iter().fold(bytes, |product, &size| product.saturating_mul(size as u64));
            claimed.min(self.archive.size(&self.place(entry)).unwrap_or(0))
        };
        let got = self.tensors.values().map(claim).fold(0, u64::saturating_add);
        let expected = file_bytes.saturating_mul(MOST_VIEWS);
        match self.tensors.iter().max_by_key(|(_, entry)| claim(entry)) {
            Some((tensor, _)) if got > expected => {
                Err(Error::Overlap { tensor: tensor.clone(), expected, got, path: self.path.clone() })
            }
            _ => Ok(()),
        }
    }

    /// The entry of the archive that holds a tensor's storage.
    fn place(&self, entry: &Entry) -> String {
        format!("{}data/{}", self.folder, entry.storage)
    }

    /// Every tensor's name and shape.
    pub(in crate::model) fn shapes(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.tensors.iter().map(|(name, entry)| (name.as_str(), entry.shape.as_slice()))
    }

    /// One tensor, row by row; `None` if there is none of that name.
    pub(in crate::model) fn read(&self, name: &str) -> Result<Option<Vec<f32>>, Error> {
        let Some(entry) = self.tensors.get(name) else { return Ok(None) };
        let number = NumberType::of_storage(&entry.class).ok_or_else(|| Error::NumberType {
            tensor: name.to_owned(),
            got: entry.class.clone(),
            path: self.path.clone(),
        })?;
        let extent = |expected: String, got: String| Error::Extent {
            tensor: name.to_owned(),
            expected,
            got,
            path: self.path.clone(),
        };
        let key = self.place(entry);
        let found = self.archive.locate(&key).map_err(archive_error(&self.path))?;
        let (mut file, start, bytes) =
            found.ok_or_else(|| extent(format!("an entry {key:?} in the archive"), "none".to_owned()))?;
        let held = usize::try_from(bytes).unwrap_or(usize::MAX) / number.bytes();
        let wanted = format!("shape {:?} with strides {:?} from {} on", entry.shape, entry.strides, entry.offset);
        // As many numbers as the shape says must be there: a stride of 0 would make one number a table of any size.
        let (count, span) = entry
            .extent()
            .filter(|&(count, span)| count <= held && span <= held - entry.offset.min(held))
            .ok_or_else(|| extent(format!("at most the {held} numbers of its storage"), wanted))?;
        let mut raw = Vec::new();
        let place = start + (entry.offset * number.bytes()) as u64;
        let read = file
            .seek(SeekFrom::Start(place))
            .and_then(|_| file.take((span * number.bytes()) as u64).read_to_end(&mut raw));
        read.map_err(|source| FileError::Read { path: self.path.clone(), source })?;
        let mut values = Vec::with_capacity(span);
        number.convert(&raw, &mut values);
        drop(raw);
        if entry.is_contiguous() { Ok(Some(values)) } else { Ok(Some(entry.gather(&values, count))) }
    }
}

impl Entry {
    /// Numbers of the tensor, and of the part of its storage between its first and its last.
    fn extent(&self) -> Option<(usize, usize)> {
        let count = self.shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size))?;
        if count == 0 {
            return Some((0, 0));
        }
        let last = self
            .shape
            .iter()
            .zip(&self.strides)
            .try_fold(0_usize, |sum, (&size, &stride)| sum.checked_add((size - 1).checked_mul(stride)?))?;
        Some((count, last.checked_add(1)?))
    }

    fn is_contiguous(&self) -> bool {
        let mut expected = 1;
        self.shape.iter().zip(&self.strides).rev().all(|(&size, &stride)| {
            let fits = size == 1 || stride == expected;
            expected *= size;
            fits
        })
    }

    /// The numbers row by row, from a storage in another order (a transposed tensor).
    fn gather(&self, storage: &[f32], count: usize) -> Vec<f32> {
        let mut index = vec![0_usize; self.shape.len()];
        let mut values = Vec::with_capacity(count);
        for _ in 0..count {
            let place: usize = index.iter().zip(&self.strides).map(|(index, stride)| index * stride).sum();
            values.push(storage.get(place).copied().unwrap_or(f32::NAN));
            for (index, &size) in index.iter_mut().zip(&self.shape).rev() {
                *index += 1;
                if *index < size {
                    break;
                }
                *index = 0;
            }
        }
        values
    }
}

/// The tensors of a dictionary, or of the one that a training run has wrapped.
fn tensors(pickle: &Pickle) -> Option<BTreeMap<String, Entry>> {
    let Node::Dict(root) = pickle.root() else { return None };
    let named = |pairs: &[(Id, Id)]| -> BTreeMap<String, Entry> {
        let named = pairs.iter().filter_map(|&(key, value)| match pickle.node(key) {
            Node::Text(name) => Some((name.clone(), tensor(pickle, value)?)),
            _ => None,
        });
        named.collect()
    };
    let found = named(root);
    if !found.is_empty() {
        return Some(found);
    }
    let keys: BTreeSet<&str> = WRAPPERS.into();
    let inner = root.iter().find_map(|&(key, value)| match (pickle.node(key), pickle.node(value)) {
        (Node::Text(name), Node::Dict(pairs)) if keys.contains(name.as_str()) => Some(pairs),
        _ => None,
    });
    let found = named(inner?);
    (!found.is_empty()).then_some(found)
}

/// `torch._utils._rebuild_tensor_v2(storage, offset, size, stride, …)`, or a parameter around it.
fn tensor(pickle: &Pickle, id: Id) -> Option<Entry> {
    let Node::Call(callable, arguments) = pickle.node(id) else { return None };
    let (Node::Global(_, function), Node::Tuple(arguments)) = (pickle.node(*callable), pickle.node(*arguments)) else {
        return None;
    };
    match function.as_str() {
        "_rebuild_tensor_v2" => rebuilt(pickle, arguments),
        // A parameter holds a tensor, which holds no other parameter.
        "_rebuild_parameter" => {
            let Node::Call(callable, inner) = pickle.node(*arguments.first()?) else { return None };
            match (pickle.node(*callable), pickle.node(*inner)) {
                (Node::Global(_, function), Node::Tuple(inner)) if function == "_rebuild_tensor_v2" => {
                    rebuilt(pickle, inner)
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn rebuilt(pickle: &Pickle, arguments: &[Id]) -> Option<Entry> {
    let &[storage, offset, shape, strides, ..] = arguments else { return None };
    let Node::Persistent(storage) = pickle.node(storage) else { return None };
    let Node::Tuple(parts) = pickle.node(*storage) else { return None };
    let &[_, class, key, ..] = &parts[..] else { return None };
    let (Node::Global(_, class), Node::Text(storage)) = (pickle.node(class), pickle.node(key)) else { return None };
    let (shape, strides) = (sizes(pickle, shape)?, sizes(pickle, strides)?);
    let fits = shape.len() == strides.len() && shape.len() <= MOST_AXES;
    fits.then_some(Entry {
        shape,
        strides,
        offset: size(pickle, offset)?,
        class: class.clone(),
        storage: storage.clone(),
    })
}

fn sizes(pickle: &Pickle, id: Id) -> Option<Vec<usize>> {
    let Node::Tuple(items) = pickle.node(id) else { return None };
    items.iter().take(MOST_AXES + 1).map(|&item| size(pickle, item)).collect()
}

fn size(pickle: &Pickle, id: Id) -> Option<usize> {
    match pickle.node(id) {
        Node::Int(number) => usize::try_from(*number).ok(),
        _ => None,
    }
}

fn archive_error(path: &Path) -> impl Fn(ZipError) -> Error + '_ {
    |source| Error::Archive { path: path.to_owned(), source: Box::new(source) }
}
