//! Saved policies: a spec in a JSON file, named on the command line as `@FILE.json`.

use std::path::Path;
use std::path::PathBuf;

use crate::disk::read_regular_text;
use crate::pruning::ArtifactPlaces;
use crate::pruning::Error;
use crate::pruning::StrategySpec;

/// The version of the policy files this program reads.
const SCHEMA: u64 = 1;

/// Largest policy file we read; they have a few hundred bytes.
const MOST_BYTES: u64 = 1 << 20;

/// What a policy was tuned or trained on, as it says itself.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct Calibration {
    /// Name of the data set.
    pub data: String,
    /// SHA-256 of its file; empty where the policy does not say.
    #[serde(default)]
    pub sha256: String,
}

/// Only that part of a policy file.
#[derive(serde::Deserialize)]
struct Calibrated {
    calibration: Option<Calibration>,
}

/// The part of a policy file that says what to run; the rest (calibration data, expected results) is for the record.
#[derive(serde::Deserialize)]
struct Policy {
    schema: u64,
    spec: String,
}

impl StrategySpec {
    /// Reads a spec, or with a leading `@` the spec of a saved policy (`@policy.json`, or the folder it lies in).
    ///
    /// # Errors
    /// What [`StrategySpec::parse`] returns; [`Error::ReadPolicy`], [`Error::ParsePolicy`] or [`Error::PolicySchema`].
    pub fn parse_or_read(text: &str) -> Result<Self, Error> {
        match text.trim().strip_prefix('@') {
            Some(path) => Self::read_policy(Path::new(path)),
            None => Self::parse(text),
        }
    }

    /// What the saved policy `@FILE` or `@FOLDER` was calibrated on; `None` for a spec as typed, and for a policy that does not
    /// say.
    #[must_use]
    pub fn calibration_of(text: &str) -> Option<Calibration> {
        let path = Path::new(text.trim().strip_prefix('@')?);
        let path = if path.is_dir() { path.join("policy.json") } else { path.to_owned() };
        let text = read_regular_text(&path, MOST_BYTES).ok()?;
        serde_json::from_str::<Calibrated>(&text).ok()?.calibration
    }

    /// Reads the spec of a saved policy: `{"schema": 1, "spec": "power_bert:retention=0.5"}`.
    ///
    /// # Errors
    /// What [`StrategySpec::parse`] returns; [`Error::ReadPolicy`], [`Error::ParsePolicy`] or [`Error::PolicySchema`].
    pub fn read_policy(path: &Path) -> Result<Self, Error> {
        let path: PathBuf = if path.is_dir() { path.join("policy.json") } else { path.to_owned() };
        let text =
            read_regular_text(&path, MOST_BYTES).map_err(|source| Error::ReadPolicy { path: path.clone(), source })?;
        let policy: Policy =
            serde_json::from_str(&text).map_err(|source| Error::ParsePolicy { path: path.clone(), source })?;
        if policy.schema != SCHEMA {
            return Err(Error::PolicySchema { expected: SCHEMA, got: policy.schema, path });
        }
        // What was tuned or trained with it lies beside it, or in it.
        Self::parse_with(&policy.spec, &ArtifactPlaces::beside(path.parent().unwrap_or(Path::new(""))))
    }
}
