//! Whole files or none: written beside the target, then renamed.

use std::fs;
use std::path::Path;

use crate::export::Error;

/// Puts `bytes` at `path`. A reader sees the old file or the new one, never half of it.
///
/// # Errors
/// [`Error::Write`] if the folder is not writable or the disk is full; the old file is untouched then.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let failed = |source| Error::Write { path: path.to_owned(), source };
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let beside = path.with_file_name(name);
    let written = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    written.map_err(|source| {
        // Whatever is left of the attempt is of no use; if it cannot be removed, the first error says why.
        drop(fs::remove_file(&beside));
        failed(source)
    })
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
    fn a_missing_folder_is_an_error_with_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing").join("a.json");
        let message = write_file(&path, b"x").unwrap_err().to_string();
        assert!(message.starts_with("cannot write: ") && message.ends_with("a.json"), "path last: {message}");
    }
}
