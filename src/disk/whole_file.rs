//! Whole files or none: written beside the target under a fresh name, synced, then renamed.

use std::fs;
use std::fs::File;
use std::io;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use crate::disk::same_file::has_same_identity;

/// Stands in the name of every unfinished file, so that nothing else is ever taken for one.
const MARK: &str = ".prunescope-";
const ENDING: &str = ".part";
/// Characters of the target's name in that of the unfinished file: names have limits, 255 bytes on most systems.
const NAME_KEPT: usize = 40;
/// Names tried before giving up; each is new to this process, so that only strangers' files can be in the way.
const MOST_TRIES: usize = 1000;

static NEXT: AtomicU64 = AtomicU64::new(0);

/// Puts `bytes` at `path`. A reader sees the old file or the new one, never half of it, and so does who starts after a
/// crash of the system: the bytes are on disk before the name is.
///
/// A link at `path` is replaced, never written through.
///
/// # Errors
/// If the folder is not writable, the disk is full, or `path` is something else than a file; the old file is untouched.
pub fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (unfinished, mut file) = UnfinishedFile::create(path)?;
    file.write_all(bytes)?;
    drop(file);
    unfinished.finish()
}

/// Puts finished files in their places, in this order, once all of them are on disk.
///
/// # Errors
/// If one cannot be synced, nothing is replaced; if one cannot be renamed, those before it stay. With the target at fault.
pub fn put_together(files: Vec<UnfinishedFile>) -> Result<(), (PathBuf, io::Error)> {
    for file in &files {
        file.sync().map_err(|error| (file.target.clone(), error))?;
    }
    for file in files {
        let target = file.target.clone();
        file.rename().map_err(|error| (target, error))?;
    }
    Ok(())
}

/// A file beside its target: gone when this is dropped, in its place once it is finished.
///
/// It is locked as long as it is open, which tells the files of the living from what killed runs left.
#[derive(Debug)]
pub struct UnfinishedFile {
    target: PathBuf,
    beside: PathBuf,
    handle: File,
}

impl UnfinishedFile {
    /// Makes it, empty, and opens it for writing; what killed runs left beside the same target is removed.
    ///
    /// # Errors
    /// If the folder is not writable or there is something at `target` that is no file: a folder, a device, a pipe.
    pub fn create(target: &Path) -> io::Result<(Self, File)> {
        check_target(target)?;
        remove_leftovers(target);
        let (beside, handle) = open_fresh(target)?;
        let unfinished = Self { target: target.to_owned(), beside, handle };
        let file = unfinished.handle.try_clone()?;
        Ok((unfinished, file))
    }

    /// Where the file will be.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Puts the file in its place, after its writer was closed.
    ///
    /// # Errors
    /// If it cannot be synced or renamed; whatever was at the target is untouched then.
    pub fn finish(self) -> io::Result<()> {
        self.sync()?;
        self.rename()
    }

    fn sync(&self) -> io::Result<()> {
        self.handle.sync_all()
    }

    fn rename(self) -> io::Result<()> {
        check_target(&self.target)?;
        fs::rename(&self.beside, &self.target)?;
        sync_folder_of(&self.target);
        Ok(())
    }
}

impl Drop for UnfinishedFile {
    /// Whatever is left of an attempt is of no use; after a finished one there is nothing to remove.
    fn drop(&mut self) {
        drop(fs::remove_file(&self.beside));
    }
}

/// Renaming over a device or a pipe would put a file in its place, which nobody means.
fn check_target(target: &Path) -> io::Result<()> {
    if target.file_name().is_none() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"));
    }
    match fs::metadata(target) {
        Ok(found) if found.is_dir() => Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder")),
        Ok(found) if !found.is_file() => {
            Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a device or a pipe, not a file"))
        }
        _ => Ok(()),
    }
}

/// What the names of unfinished files for this target begin with.
fn beginning(target: &Path) -> String {
    let name: String = target.file_name().unwrap_or_default().to_string_lossy().chars().take(NAME_KEPT).collect();
    format!("{name}{MARK}")
}

/// Opens a file that was not there before: never an existing one, never through a link.
fn open_fresh(target: &Path) -> io::Result<(PathBuf, File)> {
    for _ in 0..MOST_TRIES {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}{}-{number}{ENDING}", beginning(target), std::process::id());
        let beside = target.with_file_name(name);
        let file = match File::create_new(&beside) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            file => file?,
        };
        // Some file systems have no locks: then leftovers stay, and nothing else changes.
        drop(file.try_lock());
        // Between making and locking it, another run may have taken it for a dead one's.
        if is_at(&file, &beside) {
            return Ok((beside, file));
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "every name for a temporary file is taken"))
}

/// Whether the open file is the one at `path`.
pub(super) fn is_at(file: &File, path: &Path) -> bool {
    let (Ok(open), Ok(there)) = (file.metadata(), fs::symlink_metadata(path)) else { return false };
    there.is_file() && (cfg!(not(unix)) || has_same_identity(&open, &there))
}

/// Removes what killed runs left beside `target`: unfinished files that nobody holds.
///
/// What cannot be looked at or removed stays: this is tidying, and not worth an error.
pub fn remove_leftovers(target: &Path) {
    let folder = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let Ok(entries) = fs::read_dir(folder) else { return };
    let beginning = beginning(target);
    for entry in entries.flatten() {
        let name = entry.file_name();
        if is_unfinished(&name.to_string_lossy(), &beginning) && is_abandoned(&entry.path()) {
            drop(fs::remove_file(entry.path()));
        }
    }
}

/// `beginning`, process, `-`, number, `.part`.
fn is_unfinished(name: &str, beginning: &str) -> bool {
    let numbers = name.strip_prefix(beginning).and_then(|rest| rest.strip_suffix(ENDING));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    numbers
        .and_then(|rest| rest.split_once('-'))
        .is_some_and(|(process, number)| is_number(process) && is_number(number))
}

/// Whether it is a plain file whose lock can be had: its writer is gone.
fn is_abandoned(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_file())
        && File::options().write(true).open(path).is_ok_and(|file| is_at(&file, path) && file.try_lock().is_ok())
}

/// Makes a rename last through a crash of the system. Not every system can, and the file is whole either way.
fn sync_folder_of(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    drop(File::open(folder).and_then(|folder| folder.sync_all()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn files_are_replaced_and_nothing_is_left_beside_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        write_file(&path, b"old").unwrap();
        write_file(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new", "the second write replaces the first");
        assert_eq!(names(folder.path()), ["a.json"], "no temporary file stays");
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
        assert_eq!(names(folder.path()), ["a.json"], "no temporary file stays");
    }

    #[test]
    fn files_that_belong_together_appear_together() {
        let folder = tempfile::tempdir().unwrap();
        let open = ["a", "b"].map(|name| {
            let (unfinished, mut file) = UnfinishedFile::create(&folder.path().join(name)).unwrap();
            file.write_all(name.as_bytes()).unwrap();
            unfinished
        });
        assert!(names(folder.path()).iter().all(|name| name.ends_with(ENDING)), "none before all are written");
        put_together(open.into()).unwrap();
        assert_eq!(names(folder.path()), ["a", "b"], "then both, and nothing else");
    }

    #[test]
    fn what_a_killed_run_left_is_removed_and_what_lives_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        let dead = folder.path().join("a.json.prunescope-999999-0.part");
        fs::write(&dead, "half").unwrap();
        let others = ["a.json.part", "a.json.prunescope-notes.part", "b.json.prunescope-1-0.part"];
        for name in others {
            fs::write(folder.path().join(name), "mine").unwrap();
        }
        let (living, _file) = UnfinishedFile::create(&path).unwrap();
        assert!(!dead.exists(), "the dead one's is gone");
        write_file(&path, b"new").unwrap();
        assert!(living.beside.exists(), "the living one's stays, though another run writes the same file");
        drop(living);
        assert_eq!(names(folder.path()).len(), 1 + others.len(), "files of others stay: {:?}", names(folder.path()));
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let precious = folder.path().join("precious");
        fs::write(&precious, "keep").unwrap();
        let path = folder.path().join("a.json");
        // The next names that would be taken are links to a file of somebody else.
        let next = NEXT.load(Ordering::Relaxed);
        for number in next..next + 64 {
            let name = format!("a.json{MARK}{}-{number}{ENDING}", std::process::id());
            std::os::unix::fs::symlink(&precious, folder.path().join(name)).unwrap();
        }
        std::os::unix::fs::symlink(&precious, &path).unwrap();
        write_file(&path, b"new").unwrap();
        assert_eq!(fs::read(&precious).unwrap(), b"keep", "neither the temporary file nor the target leads there");
        assert_eq!(fs::read(&path).unwrap(), b"new", "the link at the target is replaced");
    }

    #[cfg(unix)]
    #[test]
    fn devices_and_folders_are_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let message = write_file(folder.path(), b"x").unwrap_err().to_string();
        assert!(message.contains("folder"), "a folder: {message}");
        let link = folder.path().join("null");
        std::os::unix::fs::symlink("/dev/null", &link).unwrap();
        let message = write_file(&link, b"x").unwrap_err().to_string();
        assert!(message.contains("device"), "a device: {message}");
        assert_eq!(names(folder.path()), ["null"], "nothing is left");
    }

    #[test]
    fn long_names_and_missing_folders_are_no_surprise() {
        let folder = tempfile::tempdir().unwrap();
        let long = folder.path().join(format!("{}.json", "n".repeat(240)));
        write_file(&long, b"x").unwrap();
        assert_eq!(fs::read(&long).unwrap(), b"x", "as long as the file system allows");
        let missing = write_file(&folder.path().join("missing").join("a.json"), b"x").unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound, "no folder");
    }
}
