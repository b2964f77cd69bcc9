//! Runs over the data set, kept so that none is made twice: not for another view, not for more rows, not after undo, and
//! not after a restart.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use crate::app::work::evaluation_key::EvaluationKey;
use crate::app::work::growth::Texts;
use crate::app::work::known_run::KnownRun;
use crate::app::work::result_files::ResultFiles;
use crate::evaluation;
use crate::pruning::StrategySpec;

/// Results of single texts that are kept in all; one takes 36 bytes.
const MOST_RESULTS: usize = 500_000;

/// Data sets whose tokens are kept: one for each view.
const MOST_TEXTS: usize = 2;

/// What is known; shared between the views and their jobs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Results(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    kept: Mutex<Kept>,
    files: Option<ResultFiles>,
}

/// Newest first.
#[derive(Debug, Default)]
struct Kept {
    texts: VecDeque<(EvaluationKey, Arc<Mutex<Texts>>)>,
    runs: VecDeque<(EvaluationKey, Arc<KnownRun>)>,
    /// Texts a second.
    speed: Option<(EvaluationKey, f64)>,
}

impl Results {
    /// Results that are also kept in files of this folder.
    pub(crate) fn in_folder(folder: PathBuf) -> Self {
        Self(Arc::new(Shared { kept: Mutex::default(), files: Some(ResultFiles::new(folder)) }))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why results cannot be kept in files; told once.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.0.files.as_ref()?.trouble()
    }

    /// The tokens of a data set; `begin` makes them where they are not known.
    pub(crate) fn texts(
        &self,
        basis: &EvaluationKey,
        begin: impl FnOnce() -> Result<Texts, evaluation::Error>,
    ) -> Result<Arc<Mutex<Texts>>, evaluation::Error> {
        let find = |kept: &Kept| {
            kept.texts.iter().find(|(known, _)| known.has_same_runs(basis)).map(|(_, texts)| Arc::clone(texts))
        };
        if let Some(texts) = find(&self.kept()) {
            return Ok(texts);
        }
        let begun = Arc::new(Mutex::new(begin()?));
        let mut kept = self.kept();
        // Another view may have begun meanwhile.
        if let Some(texts) = find(&kept) {
            return Ok(texts);
        }
        kept.texts.push_front((basis.clone(), Arc::clone(&begun)));
        kept.texts.truncate(MOST_TEXTS);
        Ok(begun)
    }

    /// A strategy's run, of however many rows.
    pub(crate) fn run(&self, basis: &EvaluationKey, spec: &StrategySpec) -> Option<Arc<KnownRun>> {
        let kept = self.kept();
        kept.runs
            .iter()
            .find(|(known, run)| known.has_same_runs(basis) && run.run.spec == *spec)
            .map(|(_, run)| Arc::clone(run))
    }

    /// Reads a run from its file, where it is not known yet. `digest` is that of the order of rows.
    pub(crate) fn load(&self, basis: &EvaluationKey, digest: &str, spec: &StrategySpec) {
        if self.run(basis, spec).is_none()
            && let Some(run) = self.0.files.as_ref().and_then(|files| files.read(basis, digest, spec))
        {
            self.keep(basis, &Arc::new(run));
        }
    }

    /// Keeps a run in memory and, if results have a folder, in a file.
    pub(crate) fn keep_run(&self, basis: &EvaluationKey, digest: &str, run: &Arc<KnownRun>) {
        self.keep(basis, run);
        if let Some(files) = &self.0.files {
            files.write(basis, digest, run);
        }
    }

    fn keep(&self, basis: &EvaluationKey, run: &Arc<KnownRun>) {
        let mut kept = self.kept();
        kept.runs.retain(|(known, other)| !known.has_same_runs(basis) || other.run.spec != run.run.spec);
        kept.runs.push_front((basis.clone(), Arc::clone(run)));
        let mut total = 0;
        let fits = |(_, run): &&(EvaluationKey, Arc<KnownRun>)| {
            total += run.run.results.len();
            total <= MOST_RESULTS
        };
        let count = kept.runs.iter().take_while(fits).count();
        kept.runs.truncate(count.max(1));
    }

    /// Forgets a run that does not fit what it is said to belong to.
    pub(crate) fn forget(&self, basis: &EvaluationKey, spec: &StrategySpec) {
        self.kept().runs.retain(|(known, run)| !known.has_same_runs(basis) || run.run.spec != *spec);
    }

    /// Texts a second of the runs on this basis.
    pub(crate) fn speed(&self, basis: &EvaluationKey) -> Option<f64> {
        self.kept().speed.as_ref().filter(|(known, _)| known.has_same_runs(basis)).map(|(_, speed)| *speed)
    }

    pub(crate) fn keep_speed(&self, basis: &EvaluationKey, speed: f64) {
        self.kept().speed = Some((basis.clone(), speed));
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::engine::Removal;
    use crate::evaluation::Answer;
    use crate::evaluation::ExampleResult;
    use crate::evaluation::StrategyRun;
    use std::time::Duration;

    pub(crate) fn run(spec: &str, texts: usize) -> Arc<KnownRun> {
        let result = ExampleResult {
            answer: Answer::Class(0),
            logits: Vec::new(),
            outputs: Vec::new(),
            tokens: 2,
            tokens_kept: 2,
            retention_mean: 1.0,
            macs: 1,
            dense_macs: 1,
        };
        let mut results = evaluation::Results::default();
        for _ in 0..texts {
            results.push(&result, None);
        }
        let spec = StrategySpec::parse(spec).unwrap();
        let run = StrategyRun { spec, results, removal: Removal::Masked, duration: Duration::from_millis(7) };
        Arc::new(KnownRun { rows: texts, run })
    }

    #[test]
    fn runs_are_found_by_what_they_rest_on_and_their_settings() {
        let results = Results::default();
        let (here, there) = (EvaluationKey::for_tests("here"), EvaluationKey::for_tests("there"));
        let made = run("tome:r=2", 3);
        results.keep_run(&here, "", &made);
        let spec = |text| StrategySpec::parse(text).unwrap();
        let found = results.run(&here, &spec("tome:r=2")).expect("it was kept");
        assert!(Arc::ptr_eq(&found, &made), "the very run");
        assert!(results.run(&here, &spec("tome:r=3")).is_none(), "other settings");
        assert!(results.run(&there, &spec("tome:r=2")).is_none(), "other texts");
        results.keep_run(&here, "", &run("tome:r=2", 5));
        assert_eq!(results.run(&here, &spec("tome:r=2")).map(|run| run.rows), Some(5), "the longer one replaces it");
    }

    #[test]
    fn old_runs_make_room() {
        let results = Results::default();
        let basis = EvaluationKey::for_tests("here");
        for r in 1..=3 {
            results.keep_run(&basis, "", &run(&format!("tome:r={r}"), MOST_RESULTS / 2));
        }
        let known = |r: u32| results.run(&basis, &StrategySpec::parse(&format!("tome:r={r}")).unwrap()).is_some();
        assert_eq!([1, 2, 3].map(known), [false, true, true], "two halves fit");
        results.keep_run(&basis, "", &run("tome:r=4", MOST_RESULTS + 1));
        assert!(known(4) && !known(3), "the newest stays, however large");
    }
}
