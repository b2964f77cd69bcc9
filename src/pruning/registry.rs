//! Every strategy there is, from the list of `rows`; window, command line and help read it here.

use std::sync::Arc;
use std::sync::LazyLock;

use crate::pruning::BuildContext;
use crate::pruning::Error;
use crate::pruning::KeySpec;
use crate::pruning::Pruner;
use crate::pruning::Value;
use crate::pruning::error::nearest;
use crate::pruning::rows;

/// What kind of method a strategy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StrategyFamily {
    /// What every comparison needs: keep everything, or choose without looking at the model.
    Control,
    /// The number of kept tokens is fixed by a schedule; which ones they are depends on the text.
    Static,
    /// The text decides by itself how many tokens stay, or scores build up while it runs.
    Dynamic,
    /// Removed tokens live on in others.
    Merging,
    /// Weights that were trained for it decide.
    Learned,
}

impl StrategyFamily {
    /// As shown.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::Static => "static schedule",
            Self::Dynamic => "dynamic",
            Self::Merging => "merging and fusing",
            Self::Learned => "learned",
        }
    }
}

/// What is learned before a strategy runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Training {
    /// Nothing: it runs on any checkpoint as it is.
    None,
    /// It runs as it is; what is named can be learned.
    Optional(&'static str),
    /// It does not run without what is named.
    Required(&'static str),
}

impl Training {
    /// As written in files.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Optional(_) => "optional",
            Self::Required(_) => "required",
        }
    }

    /// What is learned.
    #[must_use]
    pub fn what(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Optional(what) | Self::Required(what) => Some(what),
        }
    }
}

/// The key that makes a strategy gentler or stronger, for trade-off curves.
#[derive(Clone, Debug, PartialEq)]
pub struct Dial {
    /// The key.
    pub key: &'static str,
    /// Values to try, from gentle to strong.
    pub values: Vec<Value>,
}

/// How runs of a [`StrategyInfo::score_only`] strategy are marked wherever they are shown.
pub const SCORE_ONLY_LABEL: &str = "score only, no adaptation";

/// Reads a strategy's settings for a model of a given shape.
type Build = fn(&BuildContext<'_>) -> Result<Arc<dyn Pruner>, Error>;

/// One strategy of the registry: what it is, where it comes from, what can be set.
#[derive(Clone, Debug)]
pub struct StrategyInfo {
    /// As written in specs and files: `power_bert`.
    pub id: &'static str,
    /// As shown: `PoWER-BERT`.
    pub name: &'static str,
    /// What kind of method it is.
    pub family: StrategyFamily,
    /// Authors, title and venue, without the year; for controls, a word on why they are there.
    pub paper: &'static str,
    /// Year of the paper.
    pub year: Option<u16>,
    /// Where to read it; empty for controls.
    pub url: &'static str,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// Score and rule, in the notation of the docs: `A[h,q,k]` = attention that query `q` pays key `k` in head `h`.
    pub formula: &'static str,
    /// Where this implementation differs from the authors' own; empty where it does not.
    pub deviations: &'static str,
    /// What can be set, in the order it is written.
    pub keys: Vec<KeySpec>,
    /// The key for trade-off curves; `None` where nothing can be turned.
    pub dial: Option<Dial>,
    /// The paper trains the model for it and we run it on a stock checkpoint: show [`SCORE_ONLY_LABEL`].
    pub score_only: bool,
    /// What is learned before it runs.
    pub training: Training,
    /// Makes it ready for a model.
    pub(super) build: Build,
}

impl StrategyInfo {
    /// Whether it runs at its defaults, without anything that must be trained first.
    #[must_use]
    pub fn runs_untrained(&self) -> bool {
        !matches!(self.training, Training::Required(_))
    }

    /// [`SCORE_ONLY_LABEL`] where it applies.
    #[must_use]
    pub fn note(&self) -> Option<&'static str> {
        self.score_only.then_some(SCORE_ONLY_LABEL)
    }
}

static REGISTRY: LazyLock<Vec<StrategyInfo>> = LazyLock::new(rows::all);

/// Every strategy, controls first.
#[must_use]
pub fn registry() -> &'static [StrategyInfo] {
    &REGISTRY
}

/// The strategy of that id.
///
/// # Errors
/// [`Error::UnknownStrategy`], with the known ones and the nearest.
pub fn find(id: &str) -> Result<&'static StrategyInfo, Error> {
    registry().iter().find(|info| info.id == id).ok_or_else(|| {
        let known: Vec<&'static str> = registry().iter().map(|info| info.id).collect();
        Error::UnknownStrategy { id: id.to_owned(), nearest: nearest(id, known.iter().copied()), known }
    })
}
