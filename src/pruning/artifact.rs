//! Files that settings name: what was tuned or trained stands in a file, and a spec says `retentions=@FILE`.
//!
//! A file is read once, where the spec is read, and from then on known by its content: the hash of its bytes stands in the
//! spec's canonical text, by which results are kept. The path says where it was found and decides nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::disk::hash_bytes;
use crate::disk::read_regular;
use crate::pruning::Error;
use crate::pruning::KeyKind;
use crate::pruning::KeySpec;

/// Largest file that a setting may name. Numbers for every layer have a few hundred bytes; the trained weights of the largest
/// strategy have 100 MB for a model of 24 layers that is 1,024 wide.
const MOST_BYTES: u64 = 1 << 30;

/// How a file is written in canonical text, before the first [`HASH_DIGITS`] of its hash.
const HASH_MARK: &str = "sha256:";

/// Digits of the hash that stand in canonical text: by chance, two of a million files share them once in forty million
/// times.
const HASH_DIGITS: usize = 16;

/// A file as it was read. Two are equal if their contents are.
pub struct Artifact {
    path: PathBuf,
    sha256: String,
    bytes: Vec<u8>,
}

impl Artifact {
    /// Reads a file; of a folder, the `policy.json` in it.
    ///
    /// # Errors
    /// [`Error::ReadFile`].
    pub fn read(path: &Path) -> Result<Arc<Self>, Error> {
        Self::read_in(path, "policy.json")
    }

    /// Reads a file; of a folder, the file of this name in it.
    fn read_in(path: &Path, name: &str) -> Result<Arc<Self>, Error> {
        let path = if path.is_dir() { path.join(name) } else { path.to_owned() };
        let bytes = read_regular(&path, MOST_BYTES).map_err(|source| Error::ReadFile { path: path.clone(), source })?;
        // Absolute, so that a session finds it from any folder.
        let path = std::path::absolute(&path).unwrap_or(path);
        Ok(Arc::new(Self { path, sha256: hash_bytes(&bytes), bytes }))
    }

    /// Where it was found.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// SHA-256 of its bytes, in hex.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The digits of the hash by which specs name it.
    #[must_use]
    pub fn short_hash(&self) -> &str {
        &self.sha256[..HASH_DIGITS]
    }

    /// What it holds.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The numbers for one key: a JSON list, or the list under the key's name in a JSON object such as a saved policy.
    ///
    /// # Errors
    /// [`Error::FileSyntax`]; [`Error::FileContent`] for a file without that list or with numbers the key does not accept.
    pub fn numbers(&self, strategy: &'static str, key: &KeySpec) -> Result<Vec<f64>, Error> {
        let content: serde_json::Value = serde_json::from_slice(&self.bytes).map_err(|source| Error::FileSyntax {
            strategy,
            key: key.name,
            path: self.path.clone(),
            source,
        })?;
        let refuse = |got: String| Error::FileContent {
            strategy,
            key: key.name,
            expected: format!("JSON with {}, alone or as {:?}", key.kind, key.name).into(),
            got: got.into(),
            path: self.path.clone(),
        };
        let list = match &content {
            serde_json::Value::Object(members) => {
                members.get(key.name).ok_or_else(|| refuse(format!("an object without {:?}", key.name)))?
            }
            list => list,
        };
        let list = list.as_array().ok_or_else(|| refuse("something else".to_owned()))?;
        let number = |(layer, value): (usize, &serde_json::Value)| {
            let number = value.as_f64().filter(|&number| key.kind.accepts_number(number));
            number.ok_or_else(|| refuse(format!("{value} for layer {layer}")))
        };
        let numbers: Vec<f64> = list.iter().enumerate().map(number).collect::<Result<_, _>>()?;
        if numbers.is_empty() { Err(refuse("an empty list".to_owned())) } else { Ok(numbers) }
    }
}

impl PartialEq for Artifact {
    fn eq(&self, other: &Self) -> bool {
        self.sha256 == other.sha256
    }
}

impl fmt::Debug for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Artifact").field("path", &self.path).field("sha256", &self.sha256).finish_non_exhaustive()
    }
}

impl fmt::Display for Artifact {
    /// As in canonical text: by content, not by path.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{HASH_MARK}{}", self.short_hash())
    }
}

impl KeyKind {
    /// Whether a file may stand for the value.
    #[must_use]
    pub fn takes_file(&self) -> bool {
        matches!(self, Self::FloatPerLayer { .. } | Self::FloatOrPerLayer { .. } | Self::Corpus | Self::Weights)
    }

    /// What is accepted, in words, with the file that may stand for it.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::FloatPerLayer { .. } | Self::FloatOrPerLayer { .. } => {
                format!("{self}, or @FILE with that list in JSON")
            }
            _ => self.to_string(),
        }
    }

    /// The file that is meant where a folder is named.
    fn file_in_folder(&self) -> &'static str {
        if *self == Self::Weights { "pruner.safetensors" } else { "policy.json" }
    }

    fn accepts_number(&self, number: f64) -> bool {
        match self {
            Self::FloatPerLayer { min, max } | Self::FloatOrPerLayer { min, max } => (min..=max).contains(&&number),
            _ => false,
        }
    }
}

/// A file of a spec, for the record.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct FileRecord {
    /// The key that names it.
    pub key: &'static str,
    /// Where it was found.
    pub path: String,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
}

/// Where the files that specs name are found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArtifactPlaces {
    /// What relative paths start from; nothing stands for the working folder.
    folder: PathBuf,
    /// Paths of files that are named by content.
    known: BTreeMap<String, PathBuf>,
}

impl ArtifactPlaces {
    /// Relative paths start from this folder.
    #[must_use]
    pub fn beside(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), known: BTreeMap::new() }
    }

    /// Files that are named by the beginning of their hash lie at these paths.
    #[must_use]
    pub fn known(known: BTreeMap<String, PathBuf>) -> Self {
        Self { folder: PathBuf::new(), known }
    }

    /// Reads the file that `written` names for a key of this kind: a path after `@`, in quotes if it has signs of a spec, or `@sha256:HASH`.
    pub(super) fn open(&self, written: &str, kind: &KeyKind) -> Result<Arc<Artifact>, Error> {
        let name = written.trim().trim_start_matches('@');
        let Some(hash) = name.strip_prefix(HASH_MARK) else {
            return Artifact::read_in(&self.folder.join(name.trim_matches('"')), kind.file_in_folder());
        };
        let Some(path) = self.known.get(hash) else { return Err(Error::UnknownFile { hash: hash.to_owned() }) };
        let found = Artifact::read(path)?;
        if found.short_hash() != hash {
            let got = found.short_hash().to_owned();
            return Err(Error::FileChanged { expected: hash.to_owned(), got, path: path.clone() });
        }
        Ok(found)
    }
}

/// A path as it is written in a spec; in quotes where it has signs that a spec reads as its own.
pub(super) fn written_path(path: &Path) -> String {
    let path = path.display().to_string();
    let is_plain = !path.contains([',', '[', ']', '"']) && path.trim() == path;
    if is_plain { format!("@{path}") } else { format!("@\"{path}\"") }
}
