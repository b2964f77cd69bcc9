//! Checkpoint folders made for a test: copies of a fixture with one thing changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use half::bf16;
use half::f16;
use prunescope::model::Checkpoint;
use prunescope::model::Model;
use safetensors::Dtype;
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
use serde_json::Map;
use serde_json::Value;
use tempfile::TempDir;

pub(crate) use crate::support::FAMILIES as FIXTURES;
pub(crate) use crate::support::fixture;

pub(crate) fn load(family: &str) -> Checkpoint {
    Checkpoint::load(&fixture(family)).unwrap_or_else(|err| panic!("{family} loads: {err}"))
}

pub(crate) fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("the file is there")).expect("the file is JSON")
}

/// A tensor as a test changes it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tensor {
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Vec<f32>,
}

pub(crate) type Tensors = BTreeMap<String, Tensor>;

/// How numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Precision {
    F32,
    F16,
    Bf16,
}

impl Precision {
    pub(crate) fn bytes(self, values: &[f32]) -> Vec<u8> {
        match self {
            Self::F32 => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            Self::F16 => values.iter().flat_map(|&value| f16::from_f32(value).to_le_bytes()).collect(),
            Self::Bf16 => values.iter().flat_map(|&value| bf16::from_f32(value).to_le_bytes()).collect(),
        }
    }

    fn dtype(self) -> Dtype {
        match self {
            Self::F32 => Dtype::F32,
            Self::F16 => Dtype::F16,
            Self::Bf16 => Dtype::BF16,
        }
    }
}

/// Copies a fixture's files and those of its modules, reference outputs excepted.
fn copy_folder(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")) {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            fs::create_dir(&target).expect("a folder for the module");
            copy_folder(&path, &target);
        } else if !entry.file_name().to_string_lossy().starts_with("golden.") {
            fs::copy(path, target).expect("the fixture is copied");
        }
    }
}

/// A copy of a fixture's configuration, tokenizer and weights in a folder of its own.
pub(crate) struct Copy {
    dir: TempDir,
}

impl Copy {
    pub(crate) fn of(family: &str) -> Self {
        let dir = tempfile::tempdir().expect("a folder for the test");
        copy_folder(&fixture(family), dir.path());
        Self { dir }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.file(name)).expect("the file was there");
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.file(name), bytes).expect("the file is written");
    }

    /// Sets fields of a JSON file; `null` removes one.
    pub(crate) fn set(&self, file: &str, changes: &Value) {
        let mut object = read_json(&self.file(file));
        let fields: &mut Map<String, Value> = object.as_object_mut().expect("an object");
        for (key, value) in changes.as_object().expect("changes are an object") {
            if value.is_null() {
                fields.remove(key);
            } else {
                fields.insert(key.clone(), value.clone());
            }
        }
        self.write(file, object.to_string());
    }

    pub(crate) fn set_config(&self, changes: &Value) {
        self.set("config.json", changes);
    }

    pub(crate) fn tensors(&self) -> Tensors {
        let bytes = fs::read(self.file("model.safetensors")).expect("the weights are there");
        let file = SafeTensors::deserialize(&bytes).expect("the fixture's weights are sound");
        let tensor = |view: TensorView<'_>| {
            let values = view.data().as_chunks().0.iter().map(|&number| f32::from_le_bytes(number));
            Tensor { shape: view.shape().to_vec(), values: values.collect() }
        };
        file.iter().map(|(name, view)| (name.to_owned(), tensor(view))).collect()
    }

    pub(crate) fn write_tensors(&self, file: &str, tensors: &Tensors, precision: Precision) {
        let data: Vec<_> = tensors.iter().map(|(name, tensor)| (name, precision.bytes(&tensor.values))).collect();
        let views = data.iter().map(|(name, bytes)| {
            let view = TensorView::new(precision.dtype(), tensors[*name].shape.clone(), bytes);
            (name.as_str(), view.expect("shape and bytes agree"))
        });
        self.write(file, safetensors::serialize(views, None).expect("the tensors are written"));
    }

    /// Changes the weights in place.
    pub(crate) fn edit_tensors(&self, edit: impl FnOnce(&mut Tensors)) {
        let mut tensors = self.tensors();
        edit(&mut tensors);
        self.write_tensors("model.safetensors", &tensors, Precision::F32);
    }

    pub(crate) fn load(&self) -> Checkpoint {
        Checkpoint::load(self.path()).unwrap_or_else(|err| panic!("the copy loads: {err}"))
    }

    /// The error, with its causes, that loading gives.
    pub(crate) fn error(&self) -> String {
        let err = Checkpoint::load(self.path()).expect_err("the checkpoint is refused");
        let mut text = err.to_string();
        let mut cause = std::error::Error::source(&err);
        while let Some(err) = cause {
            text = format!("{text}: {err}");
            cause = err.source();
        }
        text
    }
}

/// Every weight of a model in one text, to compare two models bit for bit.
pub(crate) fn fingerprint(model: &Model) -> String {
    let Model { embeddings, layers, norm_placement, final_norm, disentangled, head, .. } = model;
    format!("{embeddings:?} {layers:?} {norm_placement:?} {final_norm:?} {disentangled:?} {head:?}")
}
