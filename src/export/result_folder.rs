//! Where results go: a folder of one run's own, over nothing that is read and nothing that is not a result.

use std::fs;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::path::PathBuf;

use parquet::file::reader::FileReader as _;
use parquet::file::serialized_reader::SerializedFileReader;

use crate::disk;
use crate::disk::FolderLock;
use crate::export::Error;
use crate::export::answers;
use crate::export::predictions::SCHEMA_KEY;
use crate::export::transfer;
use crate::export::tuning::FRONT_START;
use crate::export::tuning::LOG_START;

/// The files of an evaluation, the manifest last.
pub(super) const NAMES: [&str; 4] = ["predictions.parquet", "metrics.json", "metrics.csv", "manifest.json"];

/// What the table of every evaluation begins with.
pub(super) const TABLE_START: &str = "strategy,group_column,group,metric";

/// What is to be done with results that are there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Refuse, and say how they can be replaced.
    Keep,
    /// Replace them; files that are no results of ours are kept even so.
    Replace,
}

/// The folder of an evaluation, which belongs to this run until it is dropped.
#[derive(Debug)]
pub struct ResultFolder {
    path: PathBuf,
    /// Dropped before the folder is tidied up.
    lock: Option<FolderLock>,
    is_new: bool,
}

impl ResultFolder {
    /// Takes the folder, made if it is not there, and removes what killed runs left in it.
    ///
    /// `inputs` are the files that this run reads. To be called before hours of work.
    ///
    /// # Errors
    /// [`Error::OverInput`], [`Error::Exists`], [`Error::NotOurs`], [`Error::Folder`] or [`Error::Lock`].
    pub fn open(path: &Path, inputs: &[PathBuf], existing: Existing) -> Result<Self, Error> {
        let targets = NAMES.map(|name| path.join(name));
        targets.iter().try_for_each(|target| check_input(target, inputs))?;
        let is_new = !path.exists();
        fs::create_dir_all(path).map_err(|source| Error::Folder { path: path.to_owned(), source })?;
        let lock = FolderLock::take(path).map_err(|source| Error::Lock { source })?;
        // Now that nobody else writes here.
        let folder = Self { path: path.to_owned(), lock: Some(lock), is_new };
        check_existing(path, &targets, existing)?;
        for target in &targets {
            disk::remove_leftovers(target);
        }
        Ok(folder)
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The paths of the four files, in the order in which they take their names.
    pub(super) fn targets(&self) -> [PathBuf; 4] {
        NAMES.map(|name| self.path.join(name))
    }

    /// Whether the file system can keep other runs out; on some network drives it cannot.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.lock.as_ref().is_some_and(FolderLock::is_certain)
    }
}

impl Drop for ResultFolder {
    /// A folder that was made for nothing goes again; it stays if there is anything in it.
    fn drop(&mut self) {
        self.lock = None;
        if self.is_new {
            drop(fs::remove_dir(&self.path));
        }
    }
}

/// Whether a single result may be written to `path`: not over what is read, nor over what is there unless asked to.
///
/// # Errors
/// [`Error::OverInput`], [`Error::Exists`] or [`Error::NotOurs`].
pub fn check_target(path: &Path, inputs: &[PathBuf], existing: Existing) -> Result<(), Error> {
    check_input(path, inputs)?;
    check_existing(path, &[path.to_owned()], existing)
}

fn check_input(target: &Path, inputs: &[PathBuf]) -> Result<(), Error> {
    match inputs.iter().find(|input| disk::same_file(target, input)) {
        Some(input) => Err(Error::OverInput { target: target.to_owned(), input: input.clone() }),
        None => Ok(()),
    }
}

/// `place` is the folder or file that the user named.
fn check_existing(place: &Path, targets: &[PathBuf], existing: Existing) -> Result<(), Error> {
    // A dangling link is there, too.
    let there: Vec<&PathBuf> = targets.iter().filter(|target| fs::symlink_metadata(target).is_ok()).collect();
    if let Some(foreign) = there.iter().find(|target| !is_ours(target)) {
        return Err(Error::NotOurs { path: (*foreign).clone() });
    }
    if there.is_empty() || existing == Existing::Replace {
        return Ok(());
    }
    let name = |path: &&PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Err(Error::Exists { path: place.to_owned(), found: there.iter().map(name).collect() })
}

/// Whether a plain file is what this program writes, read off the file, not its name.
fn is_ours(path: &Path) -> bool {
    if !fs::symlink_metadata(path).is_ok_and(|found| found.is_file()) {
        return false;
    }
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("parquet") => has_our_mark(path),
        Some("csv") => start_of(path).is_some_and(|start| {
            [TABLE_START, FRONT_START, answers::TABLE_START, transfer::TABLE_START]
                .iter()
                .any(|head| start.starts_with(head))
        }),
        Some("jsonl" | "ndjson") => start_of(path)
            .is_some_and(|start| [LOG_START, answers::LINE_START].iter().any(|head| start.starts_with(head))),
        // Figures begin like any other; only those of a transfer lie among results.
        Some("svg") => start_of(path).is_some_and(|start| start.contains("<title>") && start.contains(transfer::TITLE)),
        _ => start_of(path)
            .is_some_and(|start| start.trim_start().trim_start_matches(['{', '\n', ' ']).starts_with("\"schema\": ")),
    }
}

/// The first bytes of a file, as far as they are text.
fn start_of(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(1024).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn has_our_mark(path: &Path) -> bool {
    let Some(reader) = File::open(path).ok().and_then(|file| SerializedFileReader::new(file).ok()) else {
        return false;
    };
    let entries = reader.metadata().file_metadata().key_value_metadata();
    entries.is_some_and(|entries| entries.iter().any(|entry| entry.key == SCHEMA_KEY))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(result: Result<impl Sized, Error>) -> String {
        result.err().map_or_else(|| "no error".to_owned(), |error| error.to_string())
    }

    #[test]
    fn a_folder_with_results_is_replaced_only_when_asked() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("manifest.json"), "{\n  \"schema\": 1,\n").unwrap();
        let refused = message(ResultFolder::open(folder.path(), &[], Existing::Keep));
        assert!(refused.contains("manifest.json") && refused.contains("--force"), "what, and what to do: {refused}");
        assert!(ResultFolder::open(folder.path(), &[], Existing::Replace).is_ok(), "when asked");
        fs::write(folder.path().join("metrics.csv"), "name,age\n").unwrap();
        let refused = message(ResultFolder::open(folder.path(), &[], Existing::Replace));
        assert!(refused.contains("metrics.csv"), "a file of somebody else is kept even so: {refused}");
    }

    #[test]
    fn other_files_in_the_folder_are_no_hindrance() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("notes.txt"), "mine").unwrap();
        drop(ResultFolder::open(folder.path(), &[], Existing::Keep).unwrap());
        let left = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, 1, "the notes alone: the lock is gone");
    }

    #[test]
    fn what_is_read_is_never_written_whatever_its_names() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data.csv");
        fs::write(&data, format!("{TABLE_START}\n")).unwrap();
        fs::hard_link(&data, folder.path().join("metrics.csv")).unwrap();
        for existing in [Existing::Keep, Existing::Replace] {
            let refused = message(ResultFolder::open(folder.path(), std::slice::from_ref(&data), existing));
            assert!(refused.contains("data.csv") && refused.contains("another folder"), "both ways on: {refused}");
            let refused =
                message(check_target(&folder.path().join("metrics.csv"), std::slice::from_ref(&data), existing));
            assert!(refused.contains("data.csv"), "a single file likewise: {refused}");
        }
    }

    #[test]
    fn a_folder_made_for_nothing_goes_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        drop(ResultFolder::open(&path, &[], Existing::Keep).unwrap());
        assert!(!path.exists(), "nothing was written");
    }
}
