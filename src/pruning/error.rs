//! What can be wrong with a strategy as written.

use std::path::Path;
use std::path::PathBuf;

use crate::disk::ReadError;
use crate::pruning::Mistake;

/// A strategy spec or a saved policy cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No strategy has this id.
    #[error("unknown strategy {id:?}{}; known ones are {}", did_you_mean(*nearest), known.join(", "))]
    UnknownStrategy {
        /// As written.
        id: String,
        /// The known id that looks most like it.
        nearest: Option<&'static str>,
        /// Every id of the registry.
        known: Vec<&'static str>,
    },
    /// The strategy has no such key.
    #[error("{strategy}: unknown key {key:?}{}; {}", did_you_mean(*nearest), known_keys(known))]
    UnknownKey {
        /// The strategy's id.
        strategy: &'static str,
        /// As written.
        key: String,
        /// The known key that looks most like it.
        nearest: Option<&'static str>,
        /// Every key of the strategy.
        known: Vec<&'static str>,
    },
    /// A part between commas is no setting.
    #[error("{strategy}: expected key=value, got {part:?}")]
    NotASetting {
        /// The strategy's id.
        strategy: &'static str,
        /// As written.
        part: String,
    },
    /// A comma inside a number; it ends a setting.
    #[error("{strategy}: key {key:?}: got {got}: write {instead}")]
    DecimalComma {
        /// The strategy's id.
        strategy: &'static str,
        /// The key.
        key: &'static str,
        /// As written: `0,5`.
        got: String,
        /// With a point.
        instead: String,
    },
    /// A key is given twice.
    #[error("{strategy}: key {key:?} is given twice")]
    Duplicate {
        /// The strategy's id.
        strategy: &'static str,
        /// The key.
        key: &'static str,
    },
    /// A key has a value of the wrong kind or out of bounds.
    #[error("{strategy}: key {key:?} expects {expected}, got {got:?}")]
    BadValue {
        /// The strategy's id.
        strategy: &'static str,
        /// The key.
        key: &'static str,
        /// What the key accepts.
        expected: String,
        /// As written.
        got: String,
    },
    /// A formula has a mistake.
    #[error("{strategy}: key {key:?}: {source}")]
    Formula {
        /// The strategy's id.
        strategy: &'static str,
        /// The key.
        key: &'static str,
        /// What is wrong, and where.
        source: Box<Mistake>,
    },
    /// Two keys that exclude each other.
    #[error("{strategy}: key {key:?} replaces {other:?}; give one of them")]
    Conflict {
        /// The strategy's id.
        strategy: &'static str,
        /// The key that replaces the other.
        key: &'static str,
        /// The other.
        other: &'static str,
    },
    /// A list with one number a layer does not fit the model.
    #[error("{strategy}: key {key:?} needs one number a layer, {expected} for this model, got {got}{}", in_file(file.as_ref()))]
    LayerCount {
        /// The strategy's id.
        strategy: &'static str,
        /// The key.
        key: &'static str,
        /// Layers of the model.
        expected: usize,
        /// Numbers given.
        got: usize,
        /// The file they are from, where it is one.
        file: Option<PathBuf>,
    },
    /// A key the method cannot do without has no value.
    #[error("{strategy}: key {key:?} has no value")]
    Unset {
        /// The strategy's id.
        strategy: &'static str,
        /// The key.
        key: &'static str,
    },
    /// The method looks at something that means nothing in this model.
    #[error(
        "{strategy} ranks tokens by {by}, but this model's classifier reads the mean of all tokens; {instead} fit it"
    )]
    DoesNotFit {
        /// The strategy's id.
        strategy: &'static str,
        /// What it looks at.
        by: &'static str,
        /// Strategies that look at something else.
        instead: &'static str,
    },
    /// A file that a setting names cannot be read.
    #[error("cannot read the file that a setting names: {}", path.display())]
    ReadFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ReadError,
    },
    /// A file that a setting names is no JSON.
    #[error("{strategy}: key {key:?}: the file is no JSON: {}", path.display())]
    FileSyntax {
        /// The strategy's id.
        strategy: &'static str,
        /// The key.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// A file that a setting names holds something else.
    #[error("{strategy}: key {key:?} expects {expected}, got {got}: {}", path.display())]
    FileContent {
        /// The strategy's id.
        strategy: &'static str,
        /// The key.
        key: &'static str,
        /// What it must hold.
        expected: Box<str>,
        /// What it holds.
        got: Box<str>,
        /// The file.
        path: PathBuf,
    },
    /// A strategy that decides with trained weights has none.
    #[error(
        "{strategy} decides with trained weights and has none: train them with `prunescope train --learn {strategy}`, then \
             name the file, {strategy}:pruner=@FILE.safetensors, or the policy, @FOLDER"
    )]
    Untrained {
        /// The strategy's id.
        strategy: &'static str,
    },
    /// A file of trained weights is none.
    #[error("{strategy}: key {key:?}: the file is no safetensors file: {}", path.display())]
    WeightsSyntax {
        /// The strategy's id.
        strategy: &'static str,
        /// The key.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<safetensors::SafeTensorError>,
    },
    /// Weights that were trained for another strategy.
    #[error("expected weights that were trained for {strategy}, got some for {got:?}: {}", path.display())]
    WeightsOf {
        /// The strategy's id.
        strategy: &'static str,
        /// The id in the file.
        got: Box<str>,
        /// The file.
        path: PathBuf,
    },
    /// A tensor of trained weights does not fit.
    #[error("{strategy}: tensor {tensor:?}: expected {expected}, got {got}: {}", path.display())]
    Tensor {
        /// The strategy's id.
        strategy: &'static str,
        /// The tensor's name.
        tensor: Box<str>,
        /// Its shape and numbers, for this model.
        expected: Box<str>,
        /// As found.
        got: Box<str>,
        /// The file.
        path: Box<Path>,
    },
    /// A file is named by its content, and nobody says where it lies.
    #[error("no file with the content sha256:{hash} is known here; name the file itself: @FILE")]
    UnknownFile {
        /// The beginning of its hash.
        hash: String,
    },
    /// A file is no longer what it was when the spec was saved.
    #[error("the file has changed: expected the content sha256:{expected}, got sha256:{got}; put the old one back or name \
             the file anew: {}", path.display())]
    FileChanged {
        /// The beginning of the hash that was saved.
        expected: String,
        /// That of the file as it is.
        got: String,
        /// The file.
        path: PathBuf,
    },
    /// A saved policy cannot be read.
    #[error("cannot read the policy {}", path.display())]
    ReadPolicy {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ReadError,
    },
    /// A saved policy is not the JSON it should be.
    #[error("the policy is no JSON object with \"schema\" and \"spec\": {}", path.display())]
    ParsePolicy {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// A saved policy of another version.
    #[error("the policy has schema {got}, expected {expected}: {}", path.display())]
    PolicySchema {
        /// What this program reads.
        expected: u64,
        /// What the file says.
        got: u64,
        /// The file.
        path: PathBuf,
    },
}

fn in_file(file: Option<&PathBuf>) -> String {
    file.map_or_else(String::new, |path| format!(": {}", path.display()))
}

fn did_you_mean(nearest: Option<&'static str>) -> String {
    nearest.map_or_else(String::new, |name| format!(" (did you mean {name:?}?)"))
}

fn known_keys(known: &[&'static str]) -> String {
    if known.is_empty() { "it takes no settings".to_owned() } else { format!("known ones are {}", known.join(", ")) }
}

/// The name that needs the fewest edits to become `written`, if it is near enough to be a slip.
pub(super) fn nearest(written: &str, names: impl IntoIterator<Item = &'static str>) -> Option<&'static str> {
    let written = written.to_lowercase();
    let scored = names.into_iter().map(|name| (strsim::levenshtein(&written, name), name));
    let (distance, name) = scored.min_by_key(|(distance, _)| *distance)?;
    (distance <= 2.max(name.len() / 3)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered_only_if_it_is_near() {
        let names = ["power_bert", "ltp", "tome"];
        assert_eq!(nearest("powerbert", names), Some("power_bert"), "a missing underscore");
        assert_eq!(nearest("LTP", names), Some("ltp"), "upper case");
        assert_eq!(nearest("something_else", names), None, "nothing like it");
    }
}
