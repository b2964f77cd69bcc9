//! Dialogs, dropped files, and what a path is.

use std::path::Path;
use std::path::PathBuf;

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

impl Openable {
    /// Told from the name and, for folders, from being one.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        if path.is_dir() {
            return Some(Self::Model);
        }
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "csv" | "tsv" | "jsonl" | "ndjson" | "parquet" => Some(Self::Data),
            "safetensors" => Some(Self::Model),
            "prunescope" | "json" => Some(Self::Session),
            _ => None,
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

/// The folder a model path means: a weights file stands for its folder.
pub(crate) fn model_folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if path.is_file() => parent.to_owned(),
        _ => path.to_owned(),
    }
}

/// Asks for a checkpoint folder.
pub(crate) fn ask_model() -> Option<PathBuf> {
    rfd::FileDialog::new().set_title("Open model folder").pick_folder()
}

/// Asks for a data file.
pub(crate) fn ask_data() -> Option<PathBuf> {
    rfd::FileDialog::new()
        .set_title("Open data set")
        .add_filter("Data sets", &["csv", "tsv", "jsonl", "ndjson", "parquet"])
        .pick_file()
}

/// Asks for a session to open.
pub(crate) fn ask_session() -> Option<PathBuf> {
    rfd::FileDialog::new().set_title("Open session").add_filter("Sessions", &["prunescope", "json"]).pick_file()
}

/// Asks where to write.
pub(crate) fn ask_target(title: &str, name: &str, kind: &str, extension: &str) -> Option<PathBuf> {
    let path =
        rfd::FileDialog::new().set_title(title).set_file_name(name).add_filter(kind, &[extension]).save_file()?;
    Some(if path.extension().is_none() { path.with_extension(extension) } else { path })
}

/// A path as people like to read it: its last part.
pub(crate) fn short_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_opened_as_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Openable::of(folder.path()), Some(Openable::Model), "a folder is a model");
        for (name, expected) in [
            ("rows.CSV", Some(Openable::Data)),
            ("rows.parquet", Some(Openable::Data)),
            ("mine.prunescope", Some(Openable::Session)),
            ("model.safetensors", Some(Openable::Model)),
            ("picture.png", None),
            ("noextension", None),
        ] {
            assert_eq!(Openable::of(Path::new(name)), expected, "{name}");
        }
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
