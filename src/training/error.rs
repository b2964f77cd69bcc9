//! What can go wrong while gradients are computed and strategies are learned.

use std::io;
use std::path::PathBuf;

use crate::disk;
use crate::disk::LockError;
use crate::engine;
use crate::evaluation;
use crate::model;
use crate::pruning;

/// Why there is no differentiable pass.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Rounded weights have no gradient.
    #[error("weights in {got} cannot be trained; load the model in f32, {}", path.display())]
    Precision {
        /// As loaded.
        got: &'static str,
        /// The checkpoint.
        path: PathBuf,
    },
    /// A text that the model cannot read.
    #[error("the text has {got} tokens; expected 1 to {expected}")]
    Length {
        /// The model's longest.
        expected: usize,
        /// Tokens of the text.
        got: usize,
    },
    /// A token that the vocabulary does not have.
    #[error("token {token} has id {got}; the vocabulary has {expected} entries")]
    UnknownToken {
        /// Its position.
        token: usize,
        /// Rows of the word embedding table.
        expected: usize,
        /// Its id.
        got: u32,
    },
    /// Numbers of another shape than the text or the model asks for.
    #[error("{what} have the shape {got:?}; expected {expected:?}")]
    Shape {
        /// Which numbers.
        what: &'static str,
        /// As it must be.
        expected: Vec<usize>,
        /// As it is.
        got: Vec<usize>,
    },
    /// A number outside of what has a meaning.
    #[error("{what} is {got}; expected {expected}")]
    Value {
        /// Which number.
        what: &'static str,
        /// In words.
        expected: String,
        /// As it is.
        got: f64,
    },
    /// A step of the pass failed.
    #[error("the differentiable pass failed at {step}")]
    Step {
        /// What was being computed.
        step: &'static str,
        /// What candle says.
        source: Box<candle_core::Error>,
    },
    /// No method of this name.
    #[error("there is no method `{got}` to learn; expected one of {expected}")]
    UnknownMethod {
        /// As typed.
        got: String,
        /// Those that there are.
        expected: String,
    },
    /// No setting of this name.
    #[error("`{method}` has no setting `{got}`; it has {expected}")]
    NoSetting {
        /// The method.
        method: &'static str,
        /// As typed.
        got: String,
        /// Those that there are.
        expected: String,
    },
    /// A setting with a value that it does not take.
    #[error("`{method}`: {name} is {got:?}; expected {expected}")]
    Setting {
        /// The method.
        method: &'static str,
        /// The setting.
        name: &'static str,
        /// In words.
        expected: String,
        /// As typed.
        got: String,
    },
    /// A method without this mode.
    #[error("`{method}` cannot be learned in mode {got}; expected {expected}")]
    NoMode {
        /// The method.
        method: &'static str,
        /// As asked for.
        got: &'static str,
        /// Those that it has.
        expected: String,
    },
    /// Nothing to learn from.
    #[error("{name}: no labels to learn from, or none to decide by; name the column with --label-column")]
    NoLabels {
        /// The data set.
        name: String,
    },
    /// Nothing is left to decide by.
    #[error(
        "{name}: {texts} texts are too few to hold any of them out; expected at least ten, or a file of its own to decide by (--dev)"
    )]
    TooFew {
        /// The data set.
        name: String,
        /// Its texts.
        texts: usize,
    },
    /// A gradient that is no number.
    #[error("the gradient of `{group}` is no number; a smaller learning rate may help")]
    Diverged {
        /// The group of variables.
        group: &'static str,
    },
    /// The dev set could not be run.
    #[error("the dev set could not be run: {source}")]
    Evaluation {
        /// The evaluation's complaint.
        source: Box<evaluation::Error>,
    },
    /// The training texts could not be run.
    #[error("the training texts could not be run: {source}")]
    Engine {
        /// The engine's complaint.
        source: Box<engine::Error>,
    },
    /// What was learned is no strategy.
    #[error("what was learned cannot be run: {source}")]
    Spec {
        /// The registry's complaint.
        source: Box<pruning::Error>,
    },
    /// The trained model cannot be written.
    #[error("the trained model cannot be written: {source}")]
    Model {
        /// The complaint.
        source: Box<model::Error>,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The complaint.
        source: disk::ReadError,
    },
    /// The folder belongs to another run.
    #[error("{source}")]
    Lock {
        /// Which.
        source: LockError,
    },
    /// A training is there already.
    #[error("a training is there already; go on with it by --resume, replace it by --force, or choose another folder: {}", path.display())]
    Exists {
        /// The file that says so.
        path: PathBuf,
    },
    /// There is no training to go on with.
    #[error("there is no interrupted training to go on with; leave --resume out to begin one: {}", path.display())]
    Nothing {
        /// The folder.
        path: PathBuf,
    },
    /// The interrupted training was another one.
    #[error("the interrupted training was another one: {difference}; begin anew with --force: {}", path.display())]
    Resume {
        /// What differs.
        difference: String,
        /// The state.
        path: PathBuf,
    },
    /// The state of an interrupted training cannot be understood.
    #[error("the state of the interrupted training is damaged; begin anew with --force: {source}: {}", path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// The complaint.
        source: serde_json::Error,
    },
    /// Something is missing from the state of an interrupted training.
    #[error("the state of the interrupted training lacks {name}; begin anew with --force: {}", path.display())]
    Memory {
        /// What.
        name: String,
        /// The file.
        path: PathBuf,
    },
    /// Weights cannot be put into a file.
    #[error("the weights cannot be written: {source}")]
    Weights {
        /// The complaint.
        source: safetensors::SafeTensorError,
    },
}

/// Names the step that fails.
pub(super) fn at(step: &'static str) -> impl Fn(candle_core::Error) -> Error {
    move |source| Error::Step { step, source: Box::new(source) }
}

impl From<evaluation::Error> for Error {
    fn from(source: evaluation::Error) -> Self {
        Self::Evaluation { source: Box::new(source) }
    }
}

impl From<pruning::Error> for Error {
    fn from(source: pruning::Error) -> Self {
        Self::Spec { source: Box::new(source) }
    }
}

impl Error {
    /// Whether somebody asked for the stop.
    #[must_use]
    pub fn is_stop(&self) -> bool {
        matches!(self, Self::Evaluation { source } if matches!(**source, evaluation::Error::Cancelled))
    }
}
