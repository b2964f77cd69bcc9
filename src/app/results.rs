//! Runs over the data set, kept so that none is made twice: not for another view, not after undo.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use crate::app::basis::Basis;
use crate::app::ground::Ground;
use crate::evaluation::StrategyRun;
use crate::pruning::StrategySpec;

/// Results of single texts that are kept in all; one takes 32 bytes.
const MOST_RESULTS: usize = 500_000;

/// Texts and dense runs that are kept: one for each view.
const MOST_GROUNDS: usize = 2;

/// What is known; shared between the views and their jobs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Results(Arc<Mutex<Kept>>);

/// Newest first.
#[derive(Debug, Default)]
struct Kept {
    grounds: VecDeque<(Basis, Arc<Ground>)>,
    runs: VecDeque<(Basis, Arc<StrategyRun>)>,
}

impl Results {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The texts and the dense run.
    pub(crate) fn ground(&self, basis: &Basis) -> Option<Arc<Ground>> {
        self.kept().grounds.iter().find(|(known, _)| known == basis).map(|(_, ground)| Arc::clone(ground))
    }

    /// A strategy's run.
    pub(crate) fn run(&self, basis: &Basis, spec: &StrategySpec) -> Option<Arc<StrategyRun>> {
        let kept = self.kept();
        kept.runs.iter().find(|(known, run)| known == basis && run.spec == *spec).map(|(_, run)| Arc::clone(run))
    }

    pub(crate) fn keep_ground(&self, basis: &Basis, ground: &Arc<Ground>) {
        let mut kept = self.kept();
        kept.grounds.push_front((basis.clone(), Arc::clone(ground)));
        kept.grounds.truncate(MOST_GROUNDS);
    }

    pub(crate) fn keep_run(&self, basis: &Basis, run: &Arc<StrategyRun>) {
        let mut kept = self.kept();
        kept.runs.push_front((basis.clone(), Arc::clone(run)));
        let mut total = 0;
        let fits = |(_, run): &&(Basis, Arc<StrategyRun>)| {
            total += run.results.len();
            total <= MOST_RESULTS
        };
        let count = kept.runs.iter().take_while(fits).count();
        kept.runs.truncate(count.max(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Removal;
    use crate::evaluation;
    use crate::evaluation::ExampleResult;
    use std::time::Duration;

    fn run(spec: &str, texts: usize) -> Arc<StrategyRun> {
        let result = ExampleResult {
            prediction: 0,
            logits: Vec::new(),
            probabilities: Vec::new(),
            tokens: 2,
            tokens_kept: 2,
            retention_mean: 1.0,
            macs: 1,
            dense_macs: 1,
        };
        let mut results = evaluation::Results::default();
        for _ in 0..texts {
            results.push(&result, None, 1);
        }
        let spec = StrategySpec::parse(spec).unwrap();
        Arc::new(StrategyRun { spec, results, removal: Removal::None, duration: Duration::ZERO })
    }

    #[test]
    fn runs_are_found_by_what_they_rest_on_and_their_settings() {
        let results = Results::default();
        let (here, there) = (Basis::for_tests("here"), Basis::for_tests("there"));
        let made = run("tome:r=2", 3);
        results.keep_run(&here, &made);
        let spec = |text| StrategySpec::parse(text).unwrap();
        let found = results.run(&here, &spec("tome:r=2")).expect("it was kept");
        assert!(Arc::ptr_eq(&found, &made), "the very run");
        assert!(results.run(&here, &spec("tome:r=3")).is_none(), "other settings");
        assert!(results.run(&there, &spec("tome:r=2")).is_none(), "other texts");
    }

    #[test]
    fn old_runs_make_room() {
        let results = Results::default();
        let basis = Basis::for_tests("here");
        for r in 1..=3 {
            results.keep_run(&basis, &run(&format!("tome:r={r}"), MOST_RESULTS / 2));
        }
        let known = |r: u32| results.run(&basis, &StrategySpec::parse(&format!("tome:r={r}")).unwrap()).is_some();
        assert_eq!([1, 2, 3].map(known), [false, true, true], "two halves fit");
        results.keep_run(&basis, &run("tome:r=4", MOST_RESULTS + 1));
        assert!(known(4) && !known(3), "the newest stays, however large");
    }
}
