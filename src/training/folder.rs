//! The folder of a training: the policy, its weights, the curves, and the state that a resumed training goes on from.

use std::fs;
use std::io;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;

use candle_core::Tensor;
use serde_json::Value;

use crate::disk;
use crate::disk::FolderLock;
use crate::disk::UnfinishedFile;
use crate::training::CurvePoint;
use crate::training::Error;

/// What a training leaves, the policy last: whoever sees it sees the rest.
const NAMES: [&str; 4] = ["pruner.safetensors", "curves.csv", "manifest.json", "policy.json"];

/// Where an interrupted training keeps its state, and candidates their weights.
const STATE: &str = "resume";

/// What is done with a training that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Refuse.
    Keep,
    /// Begin anew.
    Replace,
    /// Go on with it.
    Resume,
}

/// A folder that belongs to this training until it is dropped.
#[derive(Debug)]
pub struct TrainingFolder {
    path: PathBuf,
    existing: Existing,
    _lock: FolderLock,
}

impl TrainingFolder {
    /// Takes the folder, made if it is not there.
    ///
    /// # Errors
    /// [`Error::Exists`] if a training is there and is to be kept, [`Error::Nothing`] if there is none to go on with;
    /// [`Error::File`], [`Error::Lock`].
    pub fn open(path: &Path, existing: Existing) -> Result<Self, Error> {
        fs::create_dir_all(path).map_err(at_file(path))?;
        let lock = FolderLock::take(path).map_err(|source| Error::Lock { source })?;
        let folder = Self { path: path.to_owned(), existing, _lock: lock };
        let there = || NAMES.iter().map(|name| path.join(name)).chain([folder.state_file()]).find(|file| file.exists());
        match existing {
            Existing::Keep => match there() {
                Some(file) => Err(Error::Exists { path: file }),
                None => Ok(folder),
            },
            Existing::Replace => {
                folder.drop_state()?;
                Ok(folder)
            }
            Existing::Resume if folder.state_file().exists() => Ok(folder),
            Existing::Resume => Err(Error::Nothing { path: path.to_owned() }),
        }
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether an interrupted training is to be gone on with.
    #[must_use]
    pub fn is_resumed(&self) -> bool {
        self.existing == Existing::Resume
    }

    /// The file that says where an interrupted training stopped.
    pub(super) fn state_file(&self) -> PathBuf {
        self.path.join(STATE).join("state.json")
    }

    /// A file beside the state.
    pub(super) fn beside_state(&self, name: &str) -> Result<PathBuf, Error> {
        let folder = self.path.join(STATE);
        fs::create_dir_all(&folder).map_err(at_file(&folder))?;
        Ok(folder.join(name))
    }

    /// Forgets where the training stopped.
    pub(super) fn drop_state(&self) -> Result<(), Error> {
        let folder = self.path.join(STATE);
        match fs::remove_dir_all(&folder) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(Error::File { path: folder, source }),
            _ => Ok(()),
        }
    }

    /// Writes the policy with its weights, which replace those that were there.
    pub(super) fn write_policy(&self, policy: &Value, tensors: &[(String, Tensor)]) -> Result<(), Error> {
        let mut files = Vec::new();
        let weights = self.path.join(NAMES[0]);
        if tensors.is_empty() {
            remove(&weights)?;
        } else {
            files.push(unfinished(&weights, &safetensors(tensors)?)?);
        }
        files.push(unfinished(&self.path.join(NAMES[3]), pretty(policy).as_bytes())?);
        disk::put_together(files).map_err(|(path, source)| Error::File { path, source })
    }

    /// Writes the curves.
    pub(super) fn write_curves(&self, curve: &[CurvePoint]) -> Result<(), Error> {
        let path = self.path.join(NAMES[1]);
        disk::write_file(&path, curves(curve).as_bytes()).map_err(at_file(&path))
    }

    /// Writes the manifest.
    pub(super) fn write_manifest(&self, manifest: &Value) -> Result<(), Error> {
        let path = self.path.join(NAMES[2]);
        disk::write_file(&path, pretty(manifest).as_bytes()).map_err(at_file(&path))
    }
}

/// Names the file that cannot be written or read.
pub(super) fn at_file(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File { path, source }
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(Error::File { path: path.to_owned(), source }),
        _ => Ok(()),
    }
}

fn unfinished(path: &Path, bytes: &[u8]) -> Result<UnfinishedFile, Error> {
    let write = || {
        let (unfinished, mut file) = UnfinishedFile::create(path)?;
        file.write_all(bytes)?;
        Ok(unfinished)
    };
    write().map_err(at_file(path))
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

/// Tensors as a safetensors file, in the order of their names.
pub(super) fn safetensors(tensors: &[(String, Tensor)]) -> Result<Vec<u8>, Error> {
    let views = tensors.iter().map(|(name, tensor)| {
        let values: Vec<f32> = tensor
            .to_dtype(candle_core::DType::F32)
            .and_then(|tensor| tensor.flatten_all()?.to_vec1())
            .map_err(super::error::at("reading weights"))?;
        Ok((name.as_str(), tensor.dims().to_vec(), values))
    });
    let views = views.collect::<Result<Vec<_>, Error>>()?;
    write_floats(views.iter().map(|(name, shape, values)| (*name, shape.as_slice(), values.as_slice())))
}

/// Numbers with a name and a shape as a safetensors file.
pub(super) fn write_floats<'a>(
    tensors: impl IntoIterator<Item = (&'a str, &'a [usize], &'a [f32])>,
) -> Result<Vec<u8>, Error> {
    let bytes: Vec<(&str, &[usize], Vec<u8>)> = tensors
        .into_iter()
        .map(|(name, shape, values)| (name, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect()))
        .collect();
    let views = bytes.iter().map(|(name, shape, bytes)| {
        let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.to_vec(), bytes);
        view.map(|view| (*name, view)).map_err(|source| Error::Weights { source })
    });
    let views = views.collect::<Result<Vec<_>, Error>>()?;
    safetensors::serialize(views, None).map_err(|source| Error::Weights { source })
}

/// The curves as a table; cells are empty where nothing was measured.
fn curves(curve: &[CurvePoint]) -> String {
    let mut table =
        "step,epoch,task_loss,pruning_loss,dev_accuracy,dev_accuracy_change,dev_retention,dev_flops_reduction\n"
            .to_owned();
    let cell = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    for point in curve {
        let dev = point.dev.as_ref();
        let cells = [
            point.step.to_string(),
            point.epoch.to_string(),
            point.task_loss.to_string(),
            cell(point.pruning_loss),
            cell(dev.map(|dev| dev.accuracy)),
            cell(dev.map(|dev| dev.accuracy_change)),
            cell(dev.map(|dev| dev.retention)),
            cell(dev.map(|dev| dev.flops_reduction)),
        ];
        table.push_str(&cells.join(","));
        table.push('\n');
    }
    table
}
