//! Whole files or none: written beside the target, then renamed.

use std::fs;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;

use crate::export::Error;

/// Puts `bytes` at `path`. A reader sees the old file or the new one, never half of it.
///
/// # Errors
/// [`Error::Write`] if the folder is not writable or the disk is full; the old file is untouched then.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let (unfinished, mut file) = UnfinishedFile::create(path)?;
    file.write_all(bytes).map_err(|source| Error::Write { path: path.to_owned(), source })?;
    drop(file);
    unfinished.finish()
}

/// A file beside its target: gone when this is dropped, in its place once it is finished.
#[derive(Debug)]
pub(super) struct UnfinishedFile {
    target: PathBuf,
    beside: PathBuf,
}

impl UnfinishedFile {
    /// Makes it, empty, and opens it for writing.
    pub(super) fn create(target: &Path) -> Result<(Self, File), Error> {
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let beside = target.with_file_name(name);
        let file = File::create(&beside).map_err(|source| Error::Write { path: target.to_owned(), source })?;
        Ok((Self { target: target.to_owned(), beside }, file))
    }

    /// Puts the file in its place, after its writer was closed.
    pub(super) fn finish(self) -> Result<(), Error> {
        fs::rename(&self.beside, &self.target).map_err(|source| Error::Write { path: self.target.clone(), source })
    }
}

impl Drop for UnfinishedFile {
    /// Whatever is left of an attempt is of no use; after a finished one there is nothing to remove.
    fn drop(&mut self) {
        drop(fs::remove_file(&self.beside));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_replaced_and_nothing_is_left_beside_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        write_file(&path, b"old").unwrap();
        write_file(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new", "the second write replaces the first");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");
    }

    #[test]
    fn a_file_given_up_leaves_the_old_one_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        write_file(&path, b"old").unwrap();
        let (unfinished, mut file) = UnfinishedFile::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        drop((unfinished, file));
        assert_eq!(fs::read(&path).unwrap(), b"old", "the old file is untouched");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");
    }

    #[test]
    fn a_missing_folder_is_an_error_with_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing").join("a.json");
        let message = write_file(&path, b"x").unwrap_err().to_string();
        assert!(message.starts_with("cannot write: ") && message.ends_with("a.json"), "path last: {message}");
    }
}
