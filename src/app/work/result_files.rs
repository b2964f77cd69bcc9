//! Results of single texts in files, one for each strategy and basis, so that a restart costs nothing.
//!
//! A file is named by the hash of all that decides about its results, and begins with a hash of its content: what is
//! damaged or of another version is not believed, and written anew when the results have been computed again.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::SystemTime;

use sha2::Digest as _;
use sha2::Sha256;

use crate::app::work::evaluation_key::EvaluationKey;
use crate::app::work::growth::hex;
use crate::app::work::known_run::KnownRun;
use crate::disk;
use crate::engine::Removal;
use crate::evaluation;
use crate::evaluation::StrategyRun;
use crate::pruning::StrategySpec;

/// Changes whenever the same settings would give other results, or the file another form.
const VERSION: &str = concat!("prunescope results 2, ", env!("CARGO_PKG_VERSION"));

/// Bytes of all files together; the oldest make room.
const MOST_BYTES: u64 = 256 << 20;

/// How results are called among other files.
const EXTENSION: &str = "results";

/// A folder of results.
#[derive(Debug)]
pub(crate) struct ResultFiles {
    folder: PathBuf,
    most_bytes: u64,
    /// What went wrong with writing, until it was told.
    trouble: Mutex<Trouble>,
}

#[derive(Debug, Default)]
enum Trouble {
    #[default]
    None,
    Untold(String),
    Told,
}

impl ResultFiles {
    /// The folder is made when the first file is written.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, most_bytes: MOST_BYTES, trouble: Mutex::default() }
    }

    /// Why results cannot be written; given out once.
    pub(crate) fn trouble(&self) -> Option<String> {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let Trouble::Untold(text) = &*trouble else { return None };
        let text = text.clone();
        *trouble = Trouble::Told;
        Some(text)
    }

    /// A strategy's results; `None` where there are none that can be believed.
    pub(crate) fn read(&self, basis: &EvaluationKey, digest: &str, spec: &StrategySpec) -> Option<KnownRun> {
        let path = self.path(basis, digest, spec);
        let size = fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_file)?.len();
        let bytes = if size <= self.most_bytes { fs::read(&path).ok()? } else { return None };
        let (hash, content) = bytes.split_first_chunk::<32>()?;
        if Sha256::digest(content).as_slice() != hash {
            return None;
        }
        let (rows, content) = content.split_first_chunk()?;
        let (nanos, content) = content.split_first_chunk()?;
        let (&removal, content) = content.split_first()?;
        let results = evaluation::Results::from_bytes(content)?;
        let (rows, duration) =
            (usize::try_from(u64::from_le_bytes(*rows)).ok()?, Duration::from_nanos(u64::from_le_bytes(*nanos)));
        let removal = *REMOVALS.get(usize::from(removal))?;
        // Used lately: the oldest are those not asked for.
        drop(fs::File::options().append(true).open(&path).map(|file| file.set_modified(SystemTime::now())));
        Some(KnownRun { rows, run: StrategyRun { spec: spec.clone(), results, removal, duration } })
    }

    /// Writes a strategy's results. What fails is told once and costs nothing but the next start.
    pub(crate) fn write(&self, basis: &EvaluationKey, digest: &str, known: &KnownRun) {
        let KnownRun { rows, run } = known;
        let nanos = u64::try_from(run.duration.as_nanos()).unwrap_or(u64::MAX);
        let removal = REMOVALS.iter().position(|removal| *removal == run.removal).unwrap_or(0);
        let mut content = [(*rows as u64).to_le_bytes(), nanos.to_le_bytes()].concat();
        content.extend(u8::try_from(removal));
        content.extend(run.results.to_bytes());
        let bytes = [Sha256::digest(&content).as_slice(), &content].concat();
        if let Err(err) = self.put(&self.path(basis, digest, &run.spec), &bytes) {
            let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
            if matches!(*trouble, Trouble::None) {
                *trouble = Trouble::Untold(format!("{err}: {}", self.folder.display()));
            }
        }
    }

    fn put(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() as u64 > self.most_bytes {
            return Ok(());
        }
        fs::create_dir_all(&self.folder)?;
        disk::write_file(path, bytes)?;
        self.make_room(path)
    }

    /// Removes the files that were not used for longest until the rest fits; the one just written stays.
    fn make_room(&self, newest: &Path) -> io::Result<()> {
        let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let Ok(found) = fs::symlink_metadata(&path) else { continue };
            if found.is_file() && path.extension().is_some_and(|extension| extension == EXTENSION) {
                files.push((found.modified().unwrap_or(SystemTime::UNIX_EPOCH), found.len(), path));
            }
        }
        let mut total: u64 = files.iter().map(|(_, size, _)| size).sum();
        files.sort();
        for (_, size, path) in files.into_iter().filter(|(_, _, path)| path != newest) {
            if total <= self.most_bytes {
                break;
            }
            fs::remove_file(&path)?;
            total -= size;
        }
        Ok(())
    }

    fn path(&self, basis: &EvaluationKey, digest: &str, spec: &StrategySpec) -> PathBuf {
        let key = [VERSION, basis.text(), digest, &spec.to_string()].join("\n");
        self.folder.join(hex(&Sha256::digest(key))).with_extension(EXTENSION)
    }
}

/// In the order of their numbers in files.
const REMOVALS: [Removal; 4] = [Removal::None, Removal::Removed, Removal::Masked, Removal::Merged];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::work::results::tests::run;

    fn files(folder: &tempfile::TempDir) -> ResultFiles {
        ResultFiles::new(folder.path().join("results"))
    }

    fn names(folder: &tempfile::TempDir) -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(folder.path().join("results")).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    }

    #[test]
    fn results_come_back_by_key_and_damaged_ones_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let (basis, made) = (EvaluationKey::for_tests("here"), run("tome:r=2", 9));
        files(&folder).write(&basis, "order", &made);
        let read = |basis: &EvaluationKey, digest: &str, spec: &str| {
            files(&folder).read(basis, digest, &StrategySpec::parse(spec).unwrap())
        };
        assert_eq!(read(&basis, "order", "tome:r=2").as_ref(), Some(&*made), "after a restart");
        assert_eq!(read(&basis, "other order", "tome:r=2"), None, "rows in another order");
        assert_eq!(read(&EvaluationKey::for_tests("there"), "order", "tome:r=2"), None, "other texts");
        assert_eq!(read(&basis, "order", "tome:r=3"), None, "other settings");
        let path = names(&folder).remove(0);
        let bytes = fs::read(&path).unwrap();
        for place in [0, 33, bytes.len() - 1] {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1;
            fs::write(&path, damaged).unwrap();
            assert_eq!(read(&basis, "order", "tome:r=2"), None, "a bit at {place} is wrong");
        }
        fs::write(&path, &bytes[..20]).unwrap();
        assert_eq!(read(&basis, "order", "tome:r=2"), None, "cut short");
        files(&folder).write(&basis, "order", &made);
        assert_eq!(read(&basis, "order", "tome:r=2").as_ref(), Some(&*made), "written anew");
    }

    #[test]
    fn the_oldest_files_make_room() {
        let folder = tempfile::tempdir().unwrap();
        let basis = EvaluationKey::for_tests("here");
        // Each file takes about 2.9 kB.
        let files = ResultFiles { most_bytes: 7000, ..files(&folder) };
        for r in 1..=4_u64 {
            let made = run(&format!("tome:r={r}"), 100);
            files.write(&basis, "", &made);
            let path = files.path(&basis, "", &made.run.spec);
            let age = SystemTime::UNIX_EPOCH + Duration::from_secs(r);
            fs::File::options().append(true).open(&path).unwrap().set_modified(age).unwrap();
        }
        let known = |r: u32| files.path(&basis, "", &StrategySpec::parse(&format!("tome:r={r}")).unwrap()).exists();
        assert_eq!([1, 2, 3, 4].map(known), [false, false, true, true], "the last two fit");
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_told_once() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("results"), "a file where the folder should be").unwrap();
        let files = files(&folder);
        let basis = EvaluationKey::for_tests("here");
        assert_eq!(files.trouble(), None, "nothing was tried");
        files.write(&basis, "", &run("tome:r=1", 3));
        assert!(files.trouble().is_some_and(|text| text.contains("results")), "it says where");
        files.write(&basis, "", &run("tome:r=2", 3));
        assert_eq!(files.trouble(), None, "and only once");
    }
}
