//! One run per folder of results.

use std::fs;
use std::fs::File;
use std::fs::TryLockError;
use std::io;
use std::io::Read as _;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;

use crate::disk::whole_file::is_at;

const NAME: &str = ".prunescope.lock";
/// Runs that end just now may take their lock file away under our hands; more often than this it is no accident.
const MOST_TRIES: usize = 100;

/// Why a folder is not ours.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// Another run writes into it.
    #[error("another run{} writes into this folder; wait for it, or choose another folder: {}", process_text(*process), folder.display())]
    Held {
        /// Its process, where the lock tells.
        process: Option<u32>,
        /// The folder.
        folder: PathBuf,
    },
    /// The lock file cannot be made or opened.
    #[error("cannot lock the folder: {source}: {}", path.display())]
    Open {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

fn process_text(process: Option<u32>) -> String {
    process.map_or_else(String::new, |process| format!(" (process {process})"))
}

/// The right to write into a folder, until it is dropped or the process ends, however it ends.
///
/// The system holds the lock, the file only says whose it is: one that a killed run left is simply taken over.
#[derive(Debug)]
pub struct FolderLock {
    path: PathBuf,
    _file: File,
    is_certain: bool,
}

impl FolderLock {
    /// Takes the folder, which must be there.
    ///
    /// # Errors
    /// [`LockError::Held`] if another run has it, [`LockError::Open`] if no file can be made there.
    pub fn take(folder: &Path) -> Result<Self, LockError> {
        let path = folder.join(NAME);
        let failed = |source| LockError::Open { path: path.clone(), source };
        for _ in 0..MOST_TRIES {
            let Some(mut file) = open(&path).map_err(failed)? else { continue };
            let is_certain = match file.try_lock() {
                Ok(()) => true,
                Err(TryLockError::WouldBlock) => {
                    return Err(LockError::Held { process: owner(&mut file), folder: folder.to_owned() });
                }
                Err(TryLockError::Error(_no_locks_here)) => false,
            };
            // The run that had it may have removed the file between our opening and our locking it.
            if is_at(&file, &path) {
                file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(failed)?;
                return Ok(Self { path, _file: file, is_certain });
            }
        }
        Err(failed(io::Error::new(io::ErrorKind::AlreadyExists, "the lock file is no plain file, or never stays")))
    }

    /// Whether the file system can keep others out; on some network drives it cannot.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.is_certain
    }
}

impl Drop for FolderLock {
    /// Removed before it is unlocked, so that nobody locks a file that is about to go.
    fn drop(&mut self) {
        drop(fs::remove_file(&self.path));
    }
}

/// A new file, or the plain one that is there; never through a link. `None` if it came or went meanwhile.
fn open(path: &Path) -> io::Result<Option<File>> {
    let file = match File::options().read(true).write(true).create_new(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if !fs::symlink_metadata(path).is_ok_and(|found| found.is_file()) {
                return Ok(None);
            }
            File::options().read(true).write(true).open(path)
        }
        file => file,
    };
    match file {
        Err(error) if error.kind() == io::ErrorKind::NotFound && path.parent().is_some_and(Path::is_dir) => Ok(None),
        file => file.map(Some),
    }
}

/// Who holds it.
fn owner(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_belongs_to_one_run_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let lock = FolderLock::take(folder.path()).unwrap();
        let refused = FolderLock::take(folder.path()).unwrap_err().to_string();
        let process = format!("(process {})", std::process::id());
        assert!(refused.contains(&process) && refused.contains("another folder"), "whose, and a way on: {refused}");
        drop(lock);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left");
        assert!(FolderLock::take(folder.path()).is_ok(), "and it is free again");
    }

    #[test]
    fn the_lock_of_a_dead_run_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(NAME), "999999\n").unwrap();
        let lock = FolderLock::take(folder.path()).unwrap();
        let text = fs::read_to_string(folder.path().join(NAME)).unwrap();
        assert_eq!(text.trim(), std::process::id().to_string(), "ours now");
        assert!(lock.is_certain(), "and held");
    }

    #[cfg(unix)]
    #[test]
    fn a_lock_that_is_a_link_is_not_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let precious = folder.path().join("precious");
        fs::write(&precious, "keep").unwrap();
        std::os::unix::fs::symlink(&precious, folder.path().join(NAME)).unwrap();
        assert!(matches!(FolderLock::take(folder.path()), Err(LockError::Open { .. })), "refused");
        assert_eq!(fs::read(&precious).unwrap(), b"keep", "untouched");
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let message = FolderLock::take(&folder.path().join("none")).unwrap_err().to_string();
        assert!(message.starts_with("cannot lock the folder"), "{message}");
    }
}
