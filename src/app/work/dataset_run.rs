//! What the data set views run: strategies over a random sample of the texts that grows until it is all of them, each beside
//! the dense run on the same texts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use crate::app::work::dense_baseline::DenseBaseline;
use crate::app::work::evaluation_key::Goal;
use crate::app::work::growth::Meter;
use crate::app::work::growth::Texts;
use crate::app::work::growth::Tracker;
use crate::app::work::growth::rounds;
use crate::app::work::known_run::KnownRun;
use crate::app::work::results::Results;
use crate::app::work::slot::Failure;
use crate::app::work::slot::error_chain;
use crate::app::work::slot::leaving_a_core;
use crate::data::Dataset;
use crate::data::Sample;
use crate::evaluation;
use crate::evaluation::Chunk;
use crate::evaluation::Prepared;
use crate::evaluation::SharedRuns;
use crate::evaluation::SharedWork;
use crate::evaluation::StrategyRun;
use crate::figure::number;
use crate::jobs::Ticket;
use crate::model::Checkpoint;
use crate::pruning::StrategySpec;

/// Work that is not begun unasked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Offer {
    /// Rows that there will be results of.
    pub(crate) rows: usize,
    /// How long that takes.
    pub(crate) time: Duration,
}

/// What is heard of while strategies run.
pub(crate) enum Step {
    /// A round begins: its texts and the dense run are there.
    Baseline(Arc<DenseBaseline>),
    /// A strategy is finished on the texts of the round; how much of the work was shared so far.
    Run(Arc<StrategyRun>, SharedWork),
    /// A strategy cannot run.
    Failed(String),
    /// Every strategy is through the round.
    Complete,
    /// The rest would take long, and nobody has asked for it.
    Paused(Offer),
}

/// Strategies to run over the data set.
pub(crate) struct DatasetRun {
    /// The model.
    pub(crate) checkpoint: Arc<Checkpoint>,
    /// The data set.
    pub(crate) dataset: Arc<Dataset>,
    /// What the results rest on, and how many rows there are to be in the end.
    pub(crate) goal: Goal,
    /// The strategies, in this order.
    pub(crate) specs: Vec<StrategySpec>,
    /// Rows whose results are on screen; what is missing of them is run at once if that is soon done.
    pub(crate) shown_rows: usize,
    /// Whether the user has asked for all of it, however long it takes.
    pub(crate) is_asked: bool,
    /// Work that takes longer is not begun unasked.
    pub(crate) longest_unasked: Duration,
    /// What is known already, and where what is found is kept.
    pub(crate) results: Results,
    /// Where progress is told.
    pub(crate) tracker: Tracker,
}

/// The texts of a round, and what is to be run on them.
struct Round {
    rows: usize,
    items: usize,
    /// In the order of the draw, as far as it goes.
    drawn: Arc<Prepared>,
    /// In the order of the data set, and where each item stands in that of the draw.
    prepared: Arc<Prepared>,
    places: Vec<u32>,
    /// Texts that some strategies have no results of, by the number of the first, and these strategies.
    missing: BTreeMap<usize, (Chunk, Vec<StrategySpec>)>,
}

/// What a job carries from run to run.
struct Work<'a> {
    ticket: &'a Ticket,
    texts: &'a Mutex<Texts>,
    digest: String,
    meter: Meter,
    /// Of the rounds before.
    shared: SharedWork,
    failed: Vec<StrategySpec>,
}

impl DatasetRun {
    /// Runs what is not known yet, round by round; `tell` hears of every step and may end the work.
    pub(crate) fn run(
        &self,
        ticket: &Ticket,
        tell: impl FnMut(Step) -> Result<(), Failure> + Send,
    ) -> Result<(), Failure> {
        leaving_a_core(|| self.run_here(ticket, tell))
    }

    fn run_here(&self, ticket: &Ticket, mut tell: impl FnMut(Step) -> Result<(), Failure>) -> Result<(), Failure> {
        let key = &self.goal.key;
        let begin = || Texts::begin(&self.checkpoint, &self.dataset, key.seed());
        let texts = self.results.texts(key, begin).map_err(|err| failure(&err))?;
        let (order, digest) = {
            let texts = locked(&texts);
            (Arc::clone(&texts.order), texts.digest.clone())
        };
        let dense = StrategySpec::default_for("dense").map_err(|err| Failure::Failed(error_chain(&err)))?;
        let all: Vec<StrategySpec> = std::iter::once(dense).chain(self.specs.iter().cloned()).collect();
        for spec in &all {
            self.results.load(key, &digest, spec);
        }
        let rounds = rounds(&order, self.goal.rows);
        let last = rounds.last().copied().unwrap_or(0);
        let total = (all.len() * last) as u64;
        let done = total - self.missing(&all, last);
        let meter =
            Meter::new(self.tracker.clone(), (done, total), self.results.speed(key)).asking_above(self.longest_unasked);
        let mut work = Work { ticket, texts: &texts, digest, meter, shared: SharedWork::default(), failed: Vec::new() };
        let first = self.first_round(&rounds, &all, &work.meter);
        for (number, &rows) in rounds.iter().enumerate().skip(first) {
            let is_long = work.meter.is_too_long(self.missing(&all, rows));
            if number > first && is_long && !self.is_asked {
                return tell(Step::Paused(offer(last, &work.meter)));
            }
            let sample = order.sample(rows, self.dataset.cluster_column.as_deref());
            if !self.run_round(&mut work, &all, (rows, sample), &mut tell)? {
                return tell(Step::Paused(offer(last, &work.meter)));
            }
            tell(Step::Complete)?;
        }
        Ok(())
    }

    /// The round to begin with: the last one of which nothing is missing, or that on screen if it is soon complete.
    fn first_round(&self, rounds: &[usize], all: &[StrategySpec], meter: &Meter) -> usize {
        let is_ready = |&rows: &usize| {
            let missing = self.missing(all, rows);
            let is_soon = rows <= self.shown_rows && meter.speed().is_some() && !meter.is_too_long(missing);
            missing == 0 || is_soon
        };
        rounds.iter().rposition(is_ready).unwrap_or(0)
    }

    /// Texts that are still to be run for results of so many rows.
    fn missing(&self, specs: &[StrategySpec], rows: usize) -> u64 {
        let known = |spec| self.results.run(&self.goal.key, spec).map_or(0, |known| known.rows);
        specs.iter().map(|spec| rows.saturating_sub(known(spec)) as u64).sum()
    }

    /// Runs what is missing in a round; whether all of it was run, and not too long.
    fn run_round(
        &self,
        work: &mut Work<'_>,
        all: &[StrategySpec],
        (rows, sample): (usize, Sample),
        tell: &mut impl FnMut(Step) -> Result<(), Failure>,
    ) -> Result<bool, Failure> {
        let round = self.open_round(work, all, rows).map_err(|err| failure(&err))?;
        let mut shared: BTreeMap<usize, SharedRuns<'_>> = BTreeMap::new();
        for (from, (chunk, specs)) in &round.missing {
            shared.insert(*from, SharedRuns::new(&self.checkpoint, &round.drawn, chunk, specs));
        }
        let before = work.shared;
        for (number, spec) in all.iter().enumerate() {
            work.ticket.checkpoint()?;
            if work.failed.contains(spec) {
                continue;
            }
            let missing = self.missing(std::slice::from_ref(spec), rows);
            if number > 0 && !self.is_asked && work.meter.is_too_long(missing) {
                return Ok(false);
            }
            match self.run_one(work, &round, &mut shared, spec) {
                Ok(run) if number == 0 => {
                    let (dataset, prepared) = (Arc::clone(&self.dataset), Arc::clone(&round.prepared));
                    let (sample, warning) = (sample.clone(), locked(work.texts).warning.clone());
                    let clusters = prepared.cluster_line();
                    let baseline = DenseBaseline { dataset, prepared, dense: run, sample, clusters, warning };
                    tell(Step::Baseline(Arc::new(baseline)))?;
                }
                Ok(run) => {
                    work.shared = shared.values().fold(before, |sum, runs| sum + runs.work());
                    tell(Step::Run(Arc::new(run), work.shared))?;
                }
                Err(evaluation::Error::Cancelled) => return Err(Failure::Cancelled),
                Err(err) if number == 0 => return Err(failure(&err)),
                Err(err) => {
                    work.failed.push(spec.clone());
                    tell(Step::Failed(error_chain(&err)))?;
                }
            }
        }
        Ok(true)
    }

    /// Cuts the texts of a round into tokens and finds what is to be run on them.
    fn open_round(&self, work: &Work<'_>, all: &[StrategySpec], rows: usize) -> Result<Round, evaluation::Error> {
        let mut texts = locked(work.texts);
        texts.grow(work.ticket, &self.checkpoint, &self.dataset, rows)?;
        let items = texts.items(rows);
        let mut missing: BTreeMap<usize, (Chunk, Vec<StrategySpec>)> = BTreeMap::new();
        for spec in all {
            let known = self.results.run(&self.goal.key, spec);
            let fits = known.as_ref().is_none_or(|known| {
                let len = known.run.results.len();
                if known.rows < rows { len == texts.items(known.rows) } else { len >= items }
            });
            if !fits {
                self.results.forget(&self.goal.key, spec);
            }
            let known = known.filter(|_| fits);
            if known.as_ref().is_none_or(|known| known.rows < rows) {
                let from = known.map_or(0, |known| known.run.results.len());
                missing.entry(from).or_insert_with(|| (texts.part(from, items), Vec::new())).1.push(spec.clone());
            }
        }
        let drawn = Arc::clone(&texts.prepared);
        let (prepared, places) = drawn.first_in_order(items);
        let prepared = prepared.with_positive(self.goal.key.positive())?;
        Ok(Round { rows, items, drawn, prepared: Arc::new(prepared), places, missing })
    }

    /// A strategy's results on the texts of a round, in the order of the data set.
    fn run_one(
        &self,
        work: &mut Work<'_>,
        round: &Round,
        shared: &mut BTreeMap<usize, SharedRuns<'_>>,
        spec: &StrategySpec,
    ) -> Result<StrategyRun, evaluation::Error> {
        let key = &self.goal.key;
        let known = self.results.run(key, spec);
        if let Some(known) = known.as_ref().filter(|known| known.rows >= round.rows) {
            return Ok(known.run.pick(&round.places));
        }
        let before = known.as_ref().map_or(0, |known| known.rows);
        let mut run = known.map_or_else(|| StrategyRun::begin(spec), |known| known.run.clone());
        let from = run.results.len();
        let stage = format!("{} on {} texts", spec.id(), number::count(round.rows));
        work.meter.begin(&stage);
        let meter = &work.meter;
        let tell = |finished: usize| meter.tell(&stage, finished as u64);
        if let Some(runs) = shared.get_mut(&from) {
            runs.extend(work.ticket, &mut run, tell)?;
        } else {
            // Another view has run a part of it meanwhile.
            let chunk = locked(work.texts).part(from, round.items);
            SharedRuns::new(&self.checkpoint, &round.drawn, &chunk, &[]).extend(work.ticket, &mut run, tell)?;
        }
        work.meter.end((round.rows - before) as u64);
        if let Some(speed) = work.meter.speed() {
            self.results.keep_speed(key, speed);
        }
        let picked = run.pick(&round.places);
        self.results.keep_run(key, &work.digest, &Arc::new(KnownRun { rows: round.rows, run }));
        Ok(picked)
    }
}

fn offer(rows: usize, meter: &Meter) -> Offer {
    Offer { rows, time: meter.left().unwrap_or_default() }
}

fn locked(texts: &Mutex<Texts>) -> MutexGuard<'_, Texts> {
    texts.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A stop is an outcome, everything else a message.
fn failure(err: &evaluation::Error) -> Failure {
    match err {
        evaluation::Error::Cancelled => Failure::Cancelled,
        err => Failure::Failed(error_chain(err)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_that_the_message_tells_is_not_told_twice() {
        let gone = crate::data::read(Path::new("/no/such.csv"), &ReadOptions::default()).unwrap_err();
        assert_eq!(error_chain(&gone).matches("No such file").count(), 1, "once: {}", error_chain(&gone));
    }
    use crate::app::work::evaluation_key::EvaluationKey;
    use crate::app::work::growth::LONGEST_UNASKED;
    use crate::data::ReadOptions;
    use std::path::Path;

    fn dataset_run(folder: &Path, rows: usize, specs: &[&str], results: &Results) -> DatasetRun {
        let path = folder.join("texts.csv");
        let row =
            |index: usize| format!("{} film {index},{}", "good ".repeat(1 + index % 7), usize::from(index < rows / 2));
        let lines: Vec<String> = (0..rows).map(row).collect();
        std::fs::write(&path, format!("text,label\n{}\n", lines.join("\n"))).unwrap();
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bert");
        DatasetRun {
            checkpoint: Arc::new(Checkpoint::load(&fixture).unwrap()),
            dataset: Arc::new(crate::data::read(&path, &ReadOptions::default()).unwrap()),
            goal: Goal { key: EvaluationKey::for_tests("texts"), rows },
            specs: specs.iter().map(|spec| StrategySpec::parse(spec).unwrap()).collect(),
            shown_rows: 0,
            is_asked: false,
            longest_unasked: LONGEST_UNASKED,
            results: results.clone(),
            tracker: Tracker::default(),
        }
    }

    /// What was heard of.
    #[derive(Default)]
    struct Heard {
        /// Rows of each round.
        rounds: Vec<usize>,
        baselines: Vec<Arc<DenseBaseline>>,
        /// Of the last round.
        runs: Vec<Arc<StrategyRun>>,
        /// Shared work included.
        work: SharedWork,
        complete: usize,
        paused: Option<Offer>,
        progress: Vec<u64>,
    }

    fn hear(asked: &DatasetRun) -> Heard {
        let mut heard = Heard::default();
        let told = asked.run(&Ticket::detached(), |step| {
            heard.progress.push(asked.tracker.progress().done);
            match step {
                Step::Baseline(baseline) => {
                    heard.rounds.push(baseline.sample.rows);
                    heard.baselines.push(baseline);
                    heard.runs.clear();
                }
                Step::Run(run, so_far) => {
                    heard.runs.push(run);
                    heard.work = so_far;
                }
                Step::Failed(reason) => return Err(Failure::Failed(reason)),
                Step::Complete => heard.complete += 1,
                Step::Paused(offer) => heard.paused = Some(offer),
            }
            Ok(())
        });
        assert_eq!(told, Ok(()), "every strategy runs");
        heard
    }

    #[test]
    fn what_one_view_has_run_another_does_not_run_again() {
        let folder = tempfile::tempdir().unwrap();
        let results = Results::default();
        let sweep = dataset_run(folder.path(), 30, &["tome:r=1", "ltp", "power_bert"], &results);
        let first = hear(&sweep);
        let work = first.work;
        assert!(
            work.shared > 0 && work.shared < work.separate,
            "ltp and power_bert go on from the dense run: {work:?}"
        );
        let again = hear(&dataset_run(folder.path(), 30, &["power_bert", "tome:r=1"], &results));
        assert_eq!(again.work.separate, 0, "nothing was computed, not even the dense run");
        assert!(again.runs[0] == first.runs[2] && again.runs[1] == first.runs[0], "the same runs");
    }

    #[test]
    fn results_grow_to_all_rows_and_are_then_those_of_one_run_over_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let results = Results::default();
        let asked = dataset_run(folder.path(), 1000, &["ltp", "power_bert"], &results);
        let heard = hear(&asked);
        assert_eq!((&heard.rounds[..], heard.complete), (&[400, 800, 1000][..], 3), "doubling rounds");
        assert_eq!(heard.paused, None, "a small model is soon through");
        assert!(heard.progress.is_sorted(), "progress never goes back: {:?}", heard.progress);
        assert_eq!(asked.tracker.progress().done, 3000, "every text through every run");
        let positives = |baseline: &DenseBaseline| {
            (0..baseline.prepared.len()).filter(|&item| baseline.prepared.label(item) == Some(1)).count()
        };
        assert_eq!(
            heard.baselines.iter().map(|baseline| positives(baseline)).collect::<Vec<_>>(),
            [200, 400, 500],
            "sorted file"
        );
        let ticket = Ticket::detached();
        let (prepared, chunk) = evaluation::prepare(&ticket, &asked.checkpoint, &asked.dataset, None).unwrap();
        let last = &heard.baselines[2];
        assert_eq!(
            last.basis_line(),
            "measured on all 1,000 texts; class of interest: positive",
            "nothing is wrong with all rows of a sorted file"
        );
        assert_eq!(*last.prepared, prepared, "in the end, the data set as the command line reads it");
        for run in &heard.runs {
            let alone = evaluation::run_strategy(&ticket, &asked.checkpoint, (&prepared, &chunk), &run.spec, |_| {});
            assert_eq!(alone.unwrap().results, run.results, "{} as if it had run alone", run.spec.id());
        }
    }

    #[test]
    fn another_class_of_interest_changes_measures_and_runs_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache");
        let first = dataset_run(folder.path(), 60, &["first_k:retention=0.3"], &Results::in_folder(cache.clone()));
        drop(hear(&first));
        let about = |class: &str, results: &Results| {
            let asked = dataset_run(folder.path(), 60, &["first_k:retention=0.3"], results);
            let goal = Goal { key: asked.goal.key.about(class), ..asked.goal.clone() };
            hear(&DatasetRun { goal, ..asked })
        };
        for results in [first.results.clone(), Results::in_folder(cache)] {
            for class in ["negative", "positive"] {
                let heard = about(class, &results);
                assert_eq!(heard.work.separate, 0, "nothing is computed, from memory or from files");
                let baseline = &heard.baselines[0];
                assert_eq!(baseline.prepared.positive_name(), class, "measures are about it");
                let options = ReadOptions { positive: Some(class.to_owned()), ..ReadOptions::default() };
                let dataset = crate::data::read(&folder.path().join("texts.csv"), &options).unwrap();
                let ticket = Ticket::detached();
                let (prepared, chunk) = evaluation::prepare(&ticket, &first.checkpoint, &dataset, None).unwrap();
                let run = |spec: &StrategySpec| {
                    evaluation::run_strategy(&ticket, &first.checkpoint, (&prepared, &chunk), spec, |_| {}).unwrap()
                };
                let (dense, pruned) = (run(&baseline.dense.spec), run(&heard.runs[0].spec));
                for measure in evaluation::Measure::ALL {
                    let here = evaluation::overall_row(&baseline.prepared, &baseline.dense, &heard.runs[0], measure);
                    let anew = evaluation::overall_row(&prepared, &dense, &pruned, measure);
                    assert_eq!(here, anew, "{} is that of a run about {class}", measure.id());
                }
            }
        }
        let asked = dataset_run(folder.path(), 60, &["ltp"], &first.results);
        let goal = Goal { key: asked.goal.key.about("joyful"), ..asked.goal.clone() };
        let told = DatasetRun { goal, ..asked }.run(&Ticket::detached(), |_| Ok(()));
        assert!(matches!(told, Err(Failure::Failed(reason)) if reason.contains("joyful")), "no such class");
    }

    #[test]
    fn long_work_waits_to_be_asked_for_and_a_restart_costs_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache");
        let results = Results::in_folder(cache.clone());
        let hasty = |asked| DatasetRun {
            is_asked: asked,
            longest_unasked: Duration::ZERO,
            ..dataset_run(folder.path(), 1000, &["ltp"], &results)
        };
        let heard = hear(&hasty(false));
        assert_eq!(
            (&heard.rounds[..], heard.runs.len(), heard.complete),
            (&[400][..], 0, 0),
            "dense alone, to know how long"
        );
        let offer = heard.paused.expect("an offer");
        assert!(offer.rows == 1000 && offer.time > Duration::ZERO, "to go on to all: {offer:?}");
        let heard = hear(&hasty(true));
        assert_eq!((heard.rounds.last(), heard.paused), (Some(&1000), None), "who asks gets all rows");
        let restarted = hear(&dataset_run(folder.path(), 1000, &["ltp"], &Results::in_folder(cache)));
        assert_eq!((&restarted.rounds[..], restarted.work.separate), (&[1000][..], 0), "all of it, from files");
        assert_eq!(restarted.runs[0].results, heard.runs[0].results, "the same");
        let fewer = dataset_run(folder.path(), 1000, &["ltp"], &results);
        let fewer = hear(&DatasetRun { goal: Goal { rows: 500, ..fewer.goal.clone() }, ..fewer });
        assert_eq!((fewer.rounds.last(), fewer.work.separate), (Some(&500), 0), "fewer rows cost nothing either");
    }

    #[test]
    fn first_rows_of_one_class_are_told_with_the_results() {
        let folder = tempfile::tempdir().unwrap();
        let whole = dataset_run(folder.path(), 300, &["ltp"], &Results::default());
        let options = ReadOptions { take: crate::data::Take::First(100), ..ReadOptions::default() };
        let dataset = Arc::new(crate::data::read(&folder.path().join("texts.csv"), &options).unwrap());
        let heard = hear(&DatasetRun { goal: Goal { rows: 100, ..whole.goal.clone() }, dataset, ..whole });
        let line = heard.baselines[0].basis_line();
        assert!(line.contains("the first 100 texts of the file, not drawn"), "how they were taken: {line}");
        assert!(line.contains("nothing can be said about other classes"), "and why that misleads: {line}");
    }
}
