//! What a path is, and how it is written for people.

use std::fs::File;
use std::io;
use std::io::Read as _;
use std::path::Path;
use std::path::PathBuf;

use crate::figure::one_line;

/// What can be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Openable {
    /// A checkpoint folder.
    Model,
    /// A data set.
    Data,
    /// A session.
    Session,
}

/// Endings of data files, the most usual first. What such a file really holds is told from its content.
pub(crate) const DATA_ENDINGS: [&str; 11] =
    ["csv", "tsv", "txt", "jsonl", "ndjson", "json", "parquet", "pq", "gz", "zst", "bz2"];
/// Endings of sessions.
pub(crate) const SESSION_ENDINGS: [&str; 2] = ["prunescope", "json"];
/// Endings of files that lie in a checkpoint folder and stand for it.
const WEIGHT_ENDINGS: [&str; 3] = ["safetensors", "bin", "pt"];
/// Other files of a checkpoint folder.
const MODEL_FILES: [&str; 4] = ["config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt"];

/// So many bytes at the start of a file tell what it is.
const PEEKED: u64 = 4096;
/// The member that every session begins with.
const SESSION_MEMBER: &str = "\"prunescope_session\"";

/// Why nothing can be opened at a path.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PeekError {
    /// The system says no.
    #[error("{source}: {}", path.display())]
    Open {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A pipe or a device.
    #[error("it is neither a file nor a folder: {}", path.display())]
    Special {
        /// The path.
        path: PathBuf,
    },
    /// Neither name nor content is known.
    #[error("{} is nothing prunescope can open", short_name(path))]
    Unknown {
        /// The path.
        path: PathBuf,
    },
}

impl Openable {
    /// Told from the name alone, for a hint while a file hovers over the window.
    pub(crate) fn by_name(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        let ending = Path::new(&name).extension().and_then(|ending| ending.to_str());
        match ending {
            _ if MODEL_FILES.contains(&name.as_str()) => Some(Self::Model),
            Some("prunescope") => Some(Self::Session),
            Some(ending) if WEIGHT_ENDINGS.contains(&ending) => Some(Self::Model),
            Some(ending) if DATA_ENDINGS.contains(&ending) => Some(Self::Data),
            // Folders rarely have a dot in their name.
            None => Some(Self::Model),
            Some(_) => None,
        }
    }

    /// Told from what is there: a folder, and of a file its first bytes. Reads the disk: for jobs.
    pub(crate) fn peek(path: &Path) -> Result<Self, PeekError> {
        let failed = |source| PeekError::Open { path: path.to_owned(), source };
        let metadata = path.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Ok(Self::Model);
        }
        if !metadata.is_file() {
            return Err(PeekError::Special { path: path.to_owned() });
        }
        let mut start = Vec::new();
        File::open(path).and_then(|file| file.take(PEEKED).read_to_end(&mut start)).map_err(failed)?;
        Self::of_content(path, &start).ok_or_else(|| PeekError::Unknown { path: path.to_owned() })
    }

    fn of_content(path: &Path, start: &[u8]) -> Option<Self> {
        let known = Self::by_name(path).filter(|_| path.extension().is_some());
        if known == Some(Self::Model) {
            return known;
        }
        let text = String::from_utf8_lossy(start);
        let is_object = text.trim_start_matches('\u{feff}').trim_start().starts_with('{');
        if is_object && text.contains(SESSION_MEMBER) {
            return Some(Self::Session);
        }
        let is_parquet = start.starts_with(b"PAR1");
        if known == Some(Self::Session) && is_parquet {
            Some(Self::Data)
        } else {
            known.or(is_parquet.then_some(Self::Data))
        }
    }

    /// What dropping it will do, for the drop zone.
    pub(crate) fn drop_hint(self) -> &'static str {
        match self {
            Self::Model => "Drop to open this model",
            Self::Data => "Drop to open this data set",
            Self::Session => "Drop to open this session",
        }
    }
}

/// The folder a model path means: a file of a checkpoint stands for its folder. Reads the disk: for jobs.
pub(crate) fn model_folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if path.is_file() => parent.to_owned(),
        _ => path.to_owned(),
    }
}

/// A path as people like to read it: its last part.
pub(crate) fn short_name(path: &Path) -> String {
    one_line(&path.file_name().unwrap_or(path.as_os_str()).to_string_lossy()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_opened_as_what_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Openable::peek(folder.path()).ok(), Some(Openable::Model), "a folder is a model");
        let session = "{\n  \"prunescope_session\": 1, \"model\": \"m\"}";
        for (name, content, expected) in [
            ("rows.CSV", "text,label\n", Some(Openable::Data)),
            ("rows.pq", "PAR1", Some(Openable::Data)),
            ("rows.jsonl.gz", "\u{1f}", Some(Openable::Data)),
            ("rows.json", "{\"text\": \"good\"}\n", Some(Openable::Data)),
            ("list.json", "[{\"text\": \"good\"}]", Some(Openable::Data)),
            ("mine.json", session, Some(Openable::Session)),
            ("mine.prunescope", session, Some(Openable::Session)),
            ("renamed.dat", session, Some(Openable::Session)),
            ("renamed", "PAR1", Some(Openable::Data)),
            ("model.safetensors", "", Some(Openable::Model)),
            ("config.json", "{\"model_type\": \"bert\"}", Some(Openable::Model)),
            ("picture.png", "\u{89}PNG", None),
            ("noextension", "words", None),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            assert_eq!(Openable::peek(&path).ok(), expected, "{name}");
        }
        let err = Openable::peek(&folder.path().join("gone.csv")).unwrap_err().to_string();
        assert!(err.ends_with("gone.csv"), "the path is named: {err}");
    }

    #[test]
    fn a_weights_file_stands_for_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("model.safetensors");
        std::fs::write(&file, b"").unwrap();
        assert_eq!(model_folder(&file), folder.path(), "the folder of the file");
        assert_eq!(model_folder(Path::new("sentiment-minilm-l6")), Path::new("sentiment-minilm-l6"), "a name stays");
    }
}
