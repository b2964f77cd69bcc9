//! Where models are found by name.

use std::env;
use std::path::Path;
use std::path::PathBuf;

use crate::model::Error;

/// The model that ships with prunescope and is the default everywhere.
pub const SAMPLE_MODEL: &str = "sentiment-minilm-l6";

/// The folder of a model: a path as given, or a name below one of the folders listed in `PRUNESCOPE_MODELS`, below
/// `sample_models` beside the executable, or below the repository's `sample_models`.
///
/// # Errors
/// [`Error::ModelNotFound`] with every place that was tried.
pub fn find_model(name_or_dir: &str) -> Result<PathBuf, Error> {
    find_below(name_or_dir, &model_folders())
}

/// The folders that hold models by name, best first.
fn model_folders() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    if let Some(listed) = env::var_os("PRUNESCOPE_MODELS") {
        folders.extend(env::split_paths(&listed).filter(|folder| !folder.as_os_str().is_empty()));
    }
    if let Some(beside) = env::current_exe().ok().and_then(|path| path.parent().map(|dir| dir.join("sample_models"))) {
        folders.push(beside);
    }
    folders.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_models"));
    folders
}

fn find_below(name_or_dir: &str, folders: &[PathBuf]) -> Result<PathBuf, Error> {
    let mut places = vec![PathBuf::from(name_or_dir)];
    // A path with several parts means one place alone.
    let is_name = Path::new(name_or_dir).components().count() == 1 && !name_or_dir.starts_with('.');
    if is_name {
        places.extend(folders.iter().map(|folder| folder.join(name_or_dir)));
    }
    match places.iter().find(|place| !place.as_os_str().is_empty() && place.exists()) {
        Some(found) => Ok(found.clone()),
        None => Err(Error::ModelNotFound { name: name_or_dir.to_owned(), places }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_model_is_found_by_name() {
        let found = find_model(SAMPLE_MODEL).expect("the repository has it");
        assert!(found.join("config.json").is_file(), "{} is a checkpoint", found.display());
    }

    #[test]
    fn a_name_is_looked_up_in_the_folders_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let [first, second] = ["first", "second"].map(|name| dir.path().join(name));
        std::fs::create_dir_all(second.join("tiny")).unwrap();
        let folders = [first.clone(), second.clone()];
        let found = find_below("tiny", &folders).expect("the second folder has it");
        assert_eq!(found, second.join("tiny"), "only the second folder has it");
        std::fs::create_dir_all(first.join("tiny")).unwrap();
        let found = find_below("tiny", &folders).expect("both folders have it");
        assert_eq!(found, first.join("tiny"), "the first folder wins");
    }

    #[test]
    fn an_unknown_name_lists_the_places() {
        let err = find_below("no-such-model", &[PathBuf::from("/somewhere/models")]).unwrap_err();
        let message = err.to_string();
        assert!(message.contains("\"no-such-model\""), "{message}");
        assert!(message.contains("\"/somewhere/models/no-such-model\""), "{message}");
    }

    #[test]
    fn a_path_is_not_looked_up_elsewhere() {
        let err = find_below("no/such/model", &[PathBuf::from("/somewhere/models")]).unwrap_err();
        assert!(!err.to_string().contains("somewhere"), "{err}");
        let err = find_below("", &[]).unwrap_err();
        assert!(matches!(err, Error::ModelNotFound { .. }), "{err}");
    }
}
