//! The weight files of a checkpoint folder, in any of the forms they come in.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;
use std::path::PathBuf;

use crate::disk::FileError;
use crate::disk::ReadError;
use crate::disk::hash_files;
use crate::disk::open_regular;
use crate::disk::read_json_object;
use crate::model::Error;
use crate::model::config::task;
use crate::model::load::pytorch_file::PyTorchFile;
use crate::model::load::safetensors_file::SafetensorsFile;

/// Where weights are looked for, best first.
const LOOKED_FOR: &[&str] =
    &["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"];

/// Largest file of weights we read: 1 TiB, beyond what any machine holds.
pub(in crate::model) const MOST_WEIGHT_BYTES: u64 = 1 << 40;

/// A refusal by the reader of regular files, with the file's name.
pub(in crate::model) fn file_error(path: &Path) -> impl Fn(ReadError) -> Error + '_ {
    |source| FileError::NotReadable { path: path.to_owned(), source }.into()
}

/// How every Git LFS pointer begins.
const LFS_START: &[u8] = b"version https://git-lfs";

/// All tensors of a checkpoint, by name.
pub(in crate::model) struct WeightFiles {
    files: Vec<WeightFile>,
    /// Name to file and shape.
    tensors: BTreeMap<String, (usize, Vec<usize>)>,
    /// SHA-256 of the files' bytes one after another, by file name.
    pub(in crate::model) hash: String,
}

struct WeightFile {
    path: PathBuf,
    content: Content,
}

enum Content {
    Safetensors(SafetensorsFile),
    PyTorch(PyTorchFile),
}

impl WeightFile {
    fn open(path: PathBuf) -> Result<Self, Error> {
        let mut start = Vec::new();
        let (file, _) = open_regular(&path, MOST_WEIGHT_BYTES).map_err(file_error(&path))?;
        let read = file.take(LFS_START.len() as u64).read_to_end(&mut start);
        read.map_err(|source| FileError::Read { path: path.clone(), source })?;
        if start == LFS_START {
            return Err(Error::NotFetched { path });
        }
        let content = if path.extension().is_some_and(|extension| extension == "safetensors") {
            Content::Safetensors(SafetensorsFile::open(&path)?)
        } else {
            Content::PyTorch(PyTorchFile::open(&path)?)
        };
        Ok(Self { path, content })
    }

    fn shapes(&self) -> Box<dyn Iterator<Item = (&str, &[usize])> + '_> {
        match &self.content {
            Content::Safetensors(file) => Box::new(file.shapes()),
            Content::PyTorch(file) => Box::new(file.shapes()),
        }
    }
}

impl WeightFiles {
    /// Opens the best of the forms that the folder has.
    pub(in crate::model) fn open(dir: &Path) -> Result<Self, Error> {
        let paths = weight_paths(dir)?;
        let files = paths.iter().map(|path| WeightFile::open(path.clone())).collect::<Result<Vec<_>, _>>()?;
        let mut tensors = BTreeMap::new();
        for (index, file) in files.iter().enumerate() {
            tensors.extend(file.shapes().map(|(name, shape)| (name.to_owned(), (index, shape.to_owned()))));
        }
        Ok(Self { files, tensors, hash: hash_files(&paths, MOST_WEIGHT_BYTES)? })
    }

    /// The files, in the order of [`Self::hash`].
    pub(in crate::model) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|file| file.path.as_path())
    }

    /// [`Self::hash`], or that of these files and others after them.
    pub(in crate::model) fn hash_with(&self, others: &[PathBuf]) -> Result<String, Error> {
        if others.is_empty() {
            return Ok(self.hash.clone());
        }
        let all: Vec<PathBuf> = self.paths().map(Path::to_owned).chain(others.iter().cloned()).collect();
        Ok(hash_files(&all, MOST_WEIGHT_BYTES)?)
    }

    /// Every tensor's name, in order.
    pub(in crate::model) fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    pub(in crate::model) fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(|(_, shape)| shape.as_slice())
    }

    /// One tensor in `f32`, row by row; `None` if there is none of that name.
    pub(in crate::model) fn read(&self, name: &str) -> Result<Option<Vec<f32>>, Error> {
        let Some(file) = self.tensors.get(name).and_then(|(index, _)| self.files.get(*index)) else {
            return Ok(None);
        };
        let values = match &file.content {
            Content::Safetensors(content) => content.read(name)?,
            Content::PyTorch(content) => content.read(name)?,
        };
        let worst = values.iter().flatten().enumerate().find(|(_, value)| !value.is_finite());
        match worst {
            Some((index, &value)) => {
                Err(Error::NotFinite { tensor: name.to_owned(), index, value, path: file.path.clone() })
            }
            None => Ok(values),
        }
    }
}

/// The files of weights that a checkpoint folder is loaded from, by name.
///
/// # Errors
/// If there are none, or their index is damaged.
pub fn weight_paths(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let found = LOOKED_FOR.iter().map(|name| dir.join(name)).find(|path| path.exists());
    let Some(found) = found else {
        return Err(task::no_weights(dir, LOOKED_FOR));
    };
    if found.extension().is_some_and(|extension| extension == "json") { shards(dir, &found) } else { Ok(vec![found]) }
}

/// The files that an index lists, by name.
fn shards(dir: &Path, index: &Path) -> Result<Vec<PathBuf>, Error> {
    let map = read_json_object(index)?.unwrap_or_default();
    let weight_map = map.get("weight_map").and_then(|value| value.as_object());
    let mut names = Vec::new();
    for shard in weight_map.into_iter().flat_map(|map| map.values()) {
        let shard = shard.as_str().unwrap_or_default();
        let is_plain = !shard.is_empty() && !shard.contains(['/', '\\', ':']) && shard != "." && shard != "..";
        if !is_plain {
            return Err(Error::ShardName { shard: shard.to_owned(), path: index.to_owned() });
        }
        names.push(shard.to_owned());
    }
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return Err(Error::NoShards { path: index.to_owned() });
    }
    Ok(names.into_iter().map(|name| dir.join(name)).collect())
}
