//! What can go wrong while a checkpoint is loaded.

use std::fmt;
use std::path::PathBuf;

use crate::disk::FileError;
use crate::disk::quoted;
use crate::input;
use crate::model::DeviceError;
use crate::model::Family;
use crate::model::load::pickle::PickleError;
use crate::model::load::zip_archive::ZipError;
use crate::tensor::Int8Error;

/// Why a checkpoint was refused. Causes from below are in [`std::error::Error::source`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No folder of that name.
    #[error("no model {name:?}; looked at {}", quoted_paths(places))]
    ModelNotFound {
        /// As given.
        name: String,
        /// The folders that were tried, in order.
        places: Vec<PathBuf>,
    },
    /// Nothing where a checkpoint folder was expected.
    #[error("there is no such folder: {}", path.display())]
    NoFolder {
        /// The folder.
        path: PathBuf,
    },
    /// A file where a checkpoint folder was expected.
    #[error("expected a checkpoint folder, got a file: {}", path.display())]
    NotAFolder {
        /// The file.
        path: PathBuf,
    },
    /// The model cannot compute where it is to.
    #[error("the model cannot compute there")]
    Device {
        /// Why.
        source: Box<DeviceError>,
    },
    /// A folder without a model in it that holds others.
    #[error("the folder has no \"config.json\", but {} below it; open that one: {}", sub_folders(found), dir.display())]
    SubFolder {
        /// Folders in it that are checkpoints.
        found: Vec<String>,
        /// The folder.
        dir: PathBuf,
    },
    /// What fine-tuning with adapters leaves.
    #[error("the folder is a PEFT adapter for {base:?} and holds no model of its own; merge it first in Python, \
        \"AutoPeftModelForSequenceClassification.from_pretrained(…).merge_and_unload().save_pretrained(…)\", and open \
        what that saves: {}", dir.display())]
    Adapter {
        /// The model that it changes.
        base: String,
        /// The folder.
        dir: PathBuf,
    },
    /// A model for another task.
    #[error("the checkpoint is a {architecture:?}: it {task}; only models that classify whole texts \
        (…ForSequenceClassification) can be read: {}", dir.display())]
    OtherTask {
        /// From `architectures` in `config.json`.
        architecture: String,
        /// What it does.
        task: &'static str,
        /// The folder.
        dir: PathBuf,
    },
    /// A folder that holds no model.
    #[error("the folder has no \"config.json\", so it is not a checkpoint: {}", dir.display())]
    NoConfig {
        /// The folder.
        dir: PathBuf,
    },
    /// A kind of model we do not know.
    #[error("unknown \"model_type\" {got:?}; known are {}: {}", Family::known(), path.display())]
    UnknownModelType {
        /// What the file says.
        got: String,
        /// `config.json`.
        path: PathBuf,
    },
    /// Heads of fractional width.
    #[error("{heads} attention heads do not divide the hidden size {hidden}: {}", path.display())]
    HeadsDoNotDivide {
        /// `num_attention_heads`.
        heads: usize,
        /// `hidden_size`.
        hidden: usize,
        /// `config.json`.
        path: PathBuf,
    },
    /// No weights in the folder.
    #[error("no weights; expected one of {}{}: {}", quoted(looked_for), other_weights(found), dir.display())]
    NoWeights {
        /// The file names that were tried.
        looked_for: &'static [&'static str],
        /// Weights in other forms that are there.
        found: Vec<String>,
        /// The folder.
        dir: PathBuf,
    },
    /// A stand-in that Git LFS leaves where a large file was not fetched.
    #[error("expected weights, got a Git LFS pointer; fetch the file with \"git lfs pull\": {}", path.display())]
    NotFetched {
        /// The file.
        path: PathBuf,
    },
    /// A safetensors header that promises more than the file has, or cannot be one.
    #[error("safetensors header: expected {expected}, got {got}; the file is truncated or damaged: {}", path.display())]
    Header {
        /// What the header must fulfil.
        expected: String,
        /// What it says.
        got: String,
        /// The file.
        path: PathBuf,
    },
    /// A tensor whose place in the file contradicts its shape or the file's size.
    #[error("tensor {tensor:?}: expected {expected}, got {got}; the file is truncated or damaged: {}", path.display())]
    Extent {
        /// Its name.
        tensor: String,
        /// What the header must fulfil.
        expected: String,
        /// What it says.
        got: String,
        /// The file.
        path: PathBuf,
    },
    /// Tensors that lie over each other more than those of any checkpoint, so that a small file would fill memory.
    #[error(
        "the tensors claim {got} bytes together, expected at most {expected} in a file of this size (the largest is \
         {tensor:?}); they lie over each other, the file is damaged or made to fill memory; get it anew: {}",
        path.display()
    )]
    Overlap {
        /// The largest.
        tensor: String,
        /// Bytes that they may claim.
        expected: u64,
        /// Bytes that they claim.
        got: u64,
        /// The file.
        path: PathBuf,
    },
    /// A shard list that leads out of the folder.
    #[error("shard {shard:?} is not a plain file name: {}", path.display())]
    ShardName {
        /// As listed.
        shard: String,
        /// The index file.
        path: PathBuf,
    },
    /// A shard list that lists nothing.
    #[error("expected an object \"weight_map\" from tensor names to files: {}", path.display())]
    NoShards {
        /// The index file.
        path: PathBuf,
    },
    /// A `pytorch_model.bin` that is not a zip archive.
    #[error("expected a zip archive as PyTorch 1.6 and later write it, got other bytes: {}", path.display())]
    NotAnArchive {
        /// The file.
        path: PathBuf,
    },
    /// A `pytorch_model.bin` whose archive is damaged, or not as `PyTorch` writes it.
    #[error("cannot read the PyTorch file: {}", path.display())]
    Archive {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<ZipError>,
    },
    /// A `pytorch_model.bin` whose pickle is damaged, hostile or not one of tensors.
    #[error("cannot read the list of tensors from the PyTorch file; where the model itself still loads in Python, save it \
        again with save_pretrained, which writes safetensors: {}", path.display())]
    Pickle {
        /// The file.
        path: PathBuf,
        /// Why.
        source: PickleError,
    },
    /// A `pytorch_model.bin` that holds something else than tensors by name.
    #[error("the PyTorch file holds no model weights; expected {expected}: {}", path.display())]
    NotATensorFile {
        /// What should be in it.
        expected: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// Numbers in a form we do not read.
    #[error("tensor {tensor:?}: expected numbers of type F32, F16 or BF16, got {got}: {}", path.display())]
    NumberType {
        /// Its name.
        tensor: String,
        /// The type on disk.
        got: String,
        /// The file.
        path: PathBuf,
    },
    /// Weights that are not numbers.
    #[error("tensor {tensor:?}: expected finite numbers, got {value} at index {index}: {}", path.display())]
    NotFinite {
        /// Its name.
        tensor: String,
        /// Where, counted row by row.
        index: usize,
        /// NaN or an infinity.
        value: f32,
        /// The file.
        path: PathBuf,
    },
    /// Weights that cannot be rounded to eight bits.
    #[error("cannot round layer {layer}, {part} to eight bits: {}", path.display())]
    Int8 {
        /// Number of the layer, from 1.
        layer: usize,
        /// Which of its products.
        part: &'static str,
        /// The checkpoint folder.
        path: PathBuf,
        /// Why.
        source: Int8Error,
    },
    /// Weights that do not fit the configuration. All of them are listed.
    #[error("{}{}: {}", tensor_problems(missing, misshapen), what_is_there(stored), path.display())]
    Tensors {
        /// Names that no weight file has.
        missing: Vec<String>,
        /// What the weight files have instead.
        stored: Stored,
        /// Tensors of the wrong shape.
        misshapen: Vec<Misshapen>,
        /// The folder.
        path: PathBuf,
    },
    /// An encoder that was not trained to classify.
    #[error("the checkpoint has no sequence classification head (missing {}); its architecture is {architecture:?}{}: {}",
        quoted(missing), classifier_alone(*has_classifier), path.display())]
    NoClassificationHead {
        /// The tensors of the head that are missing.
        missing: Vec<String>,
        /// From `architectures` in `config.json`.
        architecture: String,
        /// Whether there is a classifier that lacks what stands before it.
        has_classifier: bool,
        /// The folder.
        path: PathBuf,
    },
    /// Modules of sentence-transformers that make up no head we read.
    #[error("the modules {} are no classifier that is read here: that is a \"Transformer\", a \"Pooling\" and one or two \
        \"Dense\", a \"LayerNorm\" before the last if need be; a model of embeddings alone has no classes: {}",
        quoted(got), path.display())]
    Modules {
        /// The modules.
        got: Vec<String>,
        /// `modules.json`.
        path: PathBuf,
    },
    /// A module that lies where we do not look.
    #[error("the module {module:?} has the path {got:?}; expected a folder beside modules.json, and none for \
        \"Transformer\": {}", path.display())]
    ModulePath {
        /// What kind of module it is.
        module: String,
        /// Its path.
        got: String,
        /// `modules.json`.
        path: PathBuf,
    },
    /// A dense module that does not fit what is before it.
    #[error("the module takes in {got} numbers, but what is before it gives {expected}: {}", path.display())]
    ModuleWidth {
        /// Numbers that come in.
        expected: usize,
        /// Numbers that it says it takes.
        got: usize,
        /// The module's folder.
        path: PathBuf,
    },
    /// A last module whose outputs are not the classes that the configuration names.
    #[error("the last module gives {outputs} numbers, but config.json names {}; if these are classes, name each of them in its \
        \"id2label\"; a model of embeddings has none: {}", classes(*named), path.display())]
    HeadOutputs {
        /// Numbers that the last module gives.
        outputs: usize,
        /// Classes that the configuration names, if it does.
        named: Option<usize>,
        /// The module's folder.
        path: PathBuf,
    },
    /// A classifier that is kept as a pickle of Python objects, as `SetFit` does.
    #[error("the classifier is a pickle of Python objects, which is not read, as to read one is to run code; in Python, save \
        its coef_ as \"linear.weight\" and its intercept_ as \"linear.bias\" in 2_Dense/model.safetensors (of two classes, \
        zeros first for the one that has no row), and name module and classes in modules.json and config.json: {}",
        path.display())]
    PickledHead {
        /// The pickle.
        path: PathBuf,
    },
    /// A file of settings or weights was refused.
    #[error(transparent)]
    File(#[from] FileError),
    /// The tokenizer was refused.
    #[error(transparent)]
    Tokenizer(#[from] input::Error),
}

/// What files of weights have where tensors are missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// Nothing is missing, or what is there says nothing.
    Nothing,
    /// The missing tensors under other names.
    Under {
        /// What their names begin with there.
        prefix: String,
    },
    /// Other tensors.
    Others {
        /// How many the files have.
        count: usize,
        /// The first names.
        names: Vec<String>,
    },
}

/// A tensor of the wrong shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misshapen {
    /// Its name.
    pub tensor: String,
    /// The shape that the configuration asks for.
    pub expected: Vec<usize>,
    /// The shape on disk.
    pub got: Vec<usize>,
}

impl fmt::Display for Misshapen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: expected shape {:?}, got {:?}", self.tensor, self.expected, self.got)
    }
}

fn classes(named: Option<usize>) -> String {
    named.map_or_else(|| "no classes".to_owned(), |named| format!("{named}"))
}

/// The way on where a classifier is there and lacks what the family puts before it.
fn classifier_alone(has_classifier: bool) -> &'static str {
    if has_classifier {
        "; if its \"classifier\" reads the mean of all states, say \"classifier_pooling\": \"mean\" in config.json"
    } else {
        ""
    }
}

fn quoted_paths(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| format!("{:?}", path.display().to_string())).collect::<Vec<_>>().join(", ")
}

/// Weights in forms that are not read, and the way on.
fn other_weights(found: &[String]) -> String {
    if found.is_empty() {
        return String::new();
    }
    format!(
        "; the folder has {}; load it in Python and save it with save_pretrained, which writes safetensors",
        quoted(found)
    )
}

fn sub_folders(found: &[String]) -> String {
    let verb = if found.len() == 1 { "has one" } else { "have one" };
    format!("{} {verb}", list(found))
}

fn what_is_there(stored: &Stored) -> String {
    match stored {
        Stored::Nothing => String::new(),
        Stored::Under { prefix } => format!("; the file has them under {prefix:?}…"),
        Stored::Others { count, names } => format!("; the file has {count} tensors, such as {}", quoted(names)),
    }
}

/// Some names of a list that may be long.
fn list<S: AsRef<str>>(names: &[S]) -> String {
    const MOST: usize = 8;
    let shown = quoted(names.get(..MOST).unwrap_or(names));
    if names.len() > MOST { format!("{shown} and {} more", names.len() - MOST) } else { shown }
}

fn tensor_problems(missing: &[String], misshapen: &[Misshapen]) -> String {
    let mut parts = Vec::new();
    if !missing.is_empty() {
        let noun = if missing.len() == 1 { "tensor is" } else { "tensors are" };
        parts.push(format!("{} {noun} missing ({})", missing.len(), list(missing)));
    }
    if !misshapen.is_empty() {
        let noun = if misshapen.len() == 1 { "tensor has" } else { "tensors have" };
        let mut shown = misshapen.iter().take(8).map(ToString::to_string).collect::<Vec<_>>();
        if misshapen.len() > shown.len() {
            shown.push(format!("and {} more", misshapen.len() - shown.len()));
        }
        parts.push(format!("{} {noun} the wrong shape ({})", misshapen.len(), shown.join("; ")));
    }
    parts.join(", and ")
}
