//! Which of the paths opened before are still there, asked beside the window while a list of them is open.

use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

use crate::app::work::slot::Slot;
use crate::jobs::Wake;

/// An answer is asked for again after so long: a drive may have come or gone.
const STALE: Duration = Duration::from_secs(2);

/// Answers for one list of paths at a time: at most one menu is open.
#[derive(Debug, Default)]
pub(crate) struct RecentWork {
    /// Paths and the number of the question → whether each is there.
    looks: Slot<(Vec<PathBuf>, u64), Vec<bool>>,
    asked: u64,
    answered: Option<Instant>,
}

impl RecentWork {
    /// Whether each of the paths is there; `None` until that is known. Never asks the disk.
    pub(crate) fn are_there(&self, paths: &[PathBuf]) -> Option<&[bool]> {
        let (known, _) = self.looks.latest_key()?;
        self.looks.latest().filter(|_| known == paths).map(|found| found.as_slice())
    }

    /// Whether it is time to ask about these paths.
    pub(crate) fn is_due(&self, paths: &[PathBuf]) -> bool {
        let is_stale = self.answered.is_none_or(|answered| answered.elapsed() > STALE);
        !self.looks.is_busy() && (is_stale || self.are_there(paths).is_none())
    }

    /// Asks about these paths.
    pub(crate) fn look(&mut self, paths: Vec<PathBuf>, wake: &Wake) {
        self.asked += 1;
        self.looks.want((paths.clone(), self.asked));
        if self.looks.due().is_some() {
            self.looks.start("look at recent files", Wake::clone(wake), move |_| {
                Ok(paths.iter().map(|path| path.exists()).collect())
            });
        }
    }

    /// Takes in an answer; never blocks.
    pub(crate) fn poll(&mut self) {
        // A look that fails leaves the entries as they are: choosing one tells what is wrong.
        if self.looks.poll().is_some() {
            self.answered = Some(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::no_wake;

    #[test]
    fn paths_are_looked_at_once_and_beside_the_window() {
        let folder = tempfile::tempdir().unwrap();
        let paths = [folder.path().to_owned(), folder.path().join("gone.csv")];
        let mut work = RecentWork::default();
        assert!(work.are_there(&paths).is_none() && work.is_due(&paths), "nothing is known yet");
        work.look(paths.to_vec(), &no_wake());
        let deadline = Instant::now() + Duration::from_secs(20);
        while work.are_there(&paths).is_none() {
            assert!(Instant::now() < deadline, "no answer");
            work.poll();
            std::thread::yield_now();
        }
        assert_eq!(work.are_there(&paths), Some(&[true, false][..]), "one is gone");
        assert!(!work.is_due(&paths), "the answer is not asked for in every frame");
        assert!(work.is_due(&paths[..1]), "another list is another question");
    }
}
