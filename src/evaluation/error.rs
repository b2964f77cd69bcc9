//! What can go wrong in an evaluation.

use crate::data;
use crate::data::Mismatch;
use crate::engine;
use crate::input;
use crate::jobs::Cancelled;
use crate::latency;
use crate::pruning;

/// Why an evaluation gave no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It was asked to stop; an outcome, not a fault.
    #[error("cancelled")]
    Cancelled,
    /// The text could not be cut into tokens.
    #[error("cannot cut the text into tokens")]
    Tokenize {
        /// The tokenizer's complaint.
        source: input::Error,
    },
    /// A strategy does not fit the model.
    #[error("strategy `{spec}` cannot run on a model with {layers} layers")]
    Build {
        /// Canonical spec.
        spec: String,
        /// Layers of the model.
        layers: usize,
        /// What does not fit.
        source: pruning::Error,
    },
    /// The dense strategy is missing from the registry.
    #[error("no dense strategy to compare with")]
    Dense {
        /// The registry's complaint.
        source: pruning::Error,
    },
    /// The engine gave up.
    #[error("strategy `{spec}` failed{}", on_text(text.as_deref()))]
    Run {
        /// Canonical spec.
        spec: String,
        /// The text's id, where the data set has one.
        text: Option<String>,
        /// The engine's complaint.
        source: engine::Error,
    },
    /// The engine returned another number of results than texts.
    #[error("strategy `{spec}`: {got} results for a batch of {expected} texts")]
    Results {
        /// Canonical spec.
        spec: String,
        /// Texts given.
        expected: usize,
        /// Results returned.
        got: usize,
    },
    /// The labels do not fit the classes as a whole, so the few that could may mean something else.
    #[error(
        "the labels do not fit the classes as a whole: {labels}; the model's classes are {classes}; say what the labels mean, \
         for example --label-map \"{label_map}\" (FROM=- leaves rows without a label), or name another label column"
    )]
    Labels {
        /// The labels with their counts.
        labels: String,
        /// The model's classes.
        classes: String,
        /// What they may mean.
        label_map: String,
    },
    /// The model gives a number, and too many labels are none.
    #[error(
        "the model gives a number (a regression), and the labels of {rows} of {of} rows are none: {labels}; name a column of \
         numbers with --label-column, or rename labels with --label-map (FROM=- leaves rows without a label)"
    )]
    Numbers {
        /// Labels that are no numbers, with their counts.
        labels: String,
        /// Rows with such a label.
        rows: usize,
        /// Rows with any.
        of: usize,
    },
    /// The model gives any number of labels, and some in the file are none of them.
    #[error(
        "the model gives any number of the labels {names}, and the label column holds others: {labels}; a cell names labels as \
         a list or between ; or |, or name a column of 0 and 1 for each with --label-columns A,B,C"
    )]
    LabelNames {
        /// Labels that name something else, with their counts.
        labels: String,
        /// The model's labels.
        names: String,
    },
    /// The class of interest is none of the model's.
    #[error(
        "the class of interest {name:?} is none of the model's classes {classes}; name one of these with --positive"
    )]
    Positive {
        /// As given.
        name: String,
        /// The model's classes.
        classes: String,
    },
    /// There are other than two classes, or a number, so that none of them is *the* positive one.
    #[error(
        "the class of interest {name:?} applies to models with two classes or with labels of their own; this one has \
         {classes}; leave out --positive"
    )]
    PositiveOfMany {
        /// As given.
        name: String,
        /// The model's classes.
        classes: String,
    },
    /// The texts could not be read a second time.
    #[error("cannot read the data again")]
    Read {
        /// What the reader says.
        source: data::Error,
    },
    /// Latency could not be measured.
    #[error("cannot measure latency")]
    Latency {
        /// The laboratory's complaint.
        source: latency::Error,
    },
    /// A data set of so few texts cannot be divided.
    #[error(
        "of {rows} texts {held_out} would be held out: a search needs some to search on and some to be judged by; give more \
         texts or another --held-out"
    )]
    Split {
        /// Texts, all together.
        rows: usize,
        /// Of these, those to be held out.
        held_out: usize,
    },
    /// Nothing in the data set can be used.
    #[error("none of the {read} examples of {name:?} can be used; the first: {reason}")]
    NothingUsable {
        /// The data set.
        name: String,
        /// Examples read.
        read: usize,
        /// Why the first was left out.
        reason: String,
    },
}

impl From<Cancelled> for Error {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}

impl Error {
    pub(super) fn labels(mismatch: Mismatch, classes: &[String]) -> Self {
        let Mismatch { labels, label_map } = mismatch;
        Self::Labels { labels, classes: classes.join(", "), label_map }
    }

    /// Wraps what goes wrong when a file is read a second time; the first reading is not the evaluation's.
    pub(super) fn reading(source: data::Error) -> Self {
        Self::Read { source }
    }

    /// Wraps an engine error, so that a cancelled run stays recognizable.
    /// `ids` name the texts of the batch.
    pub(super) fn from_engine(spec: &pruning::StrategySpec, source: engine::Error, ids: &[&str]) -> Self {
        let text = source.sequence().and_then(|index| ids.get(index)).map(|&id| id.to_owned());
        match source {
            engine::Error::Cancelled => Self::Cancelled,
            source => Self::Run { spec: spec.to_string(), text, source },
        }
    }
}

fn on_text(text: Option<&str>) -> String {
    text.map_or_else(String::new, |id| format!(" on the text with id {id:?}"))
}
