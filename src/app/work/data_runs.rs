//! Runs over the data set for a view: strategies beside the dense model, on a few hundred texts first and on twice as many in
//! each round, until all are in.
//!
//! A view says with which settings to [start](DataRuns::start) and lets it [follow](DataRuns::follow) the project once a
//! frame; what it shows is [`DataRuns::shown`]. Runs that another view has made are not made again.

use std::sync::Arc;
use std::time::Duration;

use crate::app::work::context::WorkContext;
use crate::app::work::dataset_run::DatasetRun;
use crate::app::work::dataset_run::Offer;
use crate::app::work::dataset_run::Step;
use crate::app::work::dense_baseline::DenseBaseline;
use crate::app::work::evaluation_key::EvaluationKey;
use crate::app::work::evaluation_key::Goal;
use crate::app::work::growth::Tracker;
use crate::app::work::slot::Failure;
use crate::app::work::stream::Arrived;
use crate::app::work::stream::End;
use crate::app::work::stream::Outlet;
use crate::app::work::stream::Stream;
use crate::evaluation::SharedWork;
use crate::evaluation::StrategyRun;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::pruning::StrategySpec;

/// What a view asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunRequest {
    /// Run what has no result yet.
    Start,
    /// Go on to all rows, however long it takes.
    GoOn,
    /// Stop; what is finished stays.
    Stop,
}

/// What a view makes of a run, in the background and once; of the dense run too.
pub(crate) type Make<T> = fn(&Ticket, &DenseBaseline, &StrategyRun) -> Result<T, Failure>;

/// A run, and what was made of it.
#[derive(Clone, Debug)]
pub(crate) struct Made<T> {
    /// The run, in the order of the data set: 36 bytes for each text.
    pub(crate) run: Arc<StrategyRun>,
    /// What was made of it.
    pub(crate) made: T,
}

/// Runs over the same texts.
#[derive(Debug)]
pub(crate) struct Round<T> {
    /// What they rest on.
    pub(crate) key: EvaluationKey,
    /// The texts and the dense run.
    pub(crate) baseline: Arc<DenseBaseline>,
    /// What was made of the dense run.
    pub(crate) dense: T,
    /// The strategies that are finished.
    pub(crate) runs: Vec<Made<T>>,
}

impl<T> Round<T> {
    /// The run of a setting, the dense one included, once it is finished.
    pub(crate) fn run(&self, spec: &StrategySpec) -> Option<&StrategyRun> {
        let dense = Some(&self.baseline.dense).filter(|dense| dense.spec == *spec);
        dense.or_else(|| self.finished(spec).map(AsRef::as_ref))
    }

    /// The run of a strategy, once it is finished.
    pub(crate) fn finished(&self, spec: &StrategySpec) -> Option<&Arc<StrategyRun>> {
        self.runs.iter().map(|made| &made.run).find(|run| run.spec == *spec)
    }

    /// Rows of the data set that these results are of, those counted that could not be used.
    pub(crate) fn rows(&self) -> usize {
        self.baseline.sample.rows
    }
}

/// What the work sends.
enum Found<T> {
    Round(Arc<DenseBaseline>, T),
    Run(Made<T>, SharedWork),
    Failed(String),
    Complete,
    Paused(Offer),
}

/// What the work is for.
#[derive(Clone, Debug, PartialEq)]
struct Asked {
    goal: Goal,
    specs: Vec<StrategySpec>,
}

/// A view's runs over the data set.
pub(crate) struct DataRuns<T> {
    /// Of the thread.
    name: &'static str,
    make: Make<T>,
    wanted: Option<Goal>,
    shown: Option<Round<T>>,
    /// A longer round, on screen once it is complete, so that nothing on screen mixes texts.
    coming: Option<Round<T>>,
    stream: Stream<Asked, Found<T>>,
    tracker: Tracker,
    /// Of the work that has ended, on what is shown, and of the work that runs.
    shared: (SharedWork, SharedWork),
    failure: Option<String>,
    strategy_failure: Option<String>,
    /// For which the user has asked for all rows.
    all_asked: Option<Goal>,
    offer: Option<Offer>,
    /// What everything has been run for.
    finished: Option<Goal>,
    generation: u64,
}

/// Items that may wait to be taken in.
const ROOM: usize = 16;

impl<T: Send + 'static> DataRuns<T> {
    /// Nothing yet. `name` is that of the thread; `make` is called for every run.
    pub(crate) fn new(name: &'static str, make: Make<T>) -> Self {
        Self {
            name,
            make,
            wanted: None,
            shown: None,
            coming: None,
            stream: Stream::default(),
            tracker: Tracker::default(),
            shared: (SharedWork::default(), SharedWork::default()),
            failure: None,
            strategy_failure: None,
            all_asked: None,
            offer: None,
            finished: None,
            generation: 0,
        }
    }

    /// Takes note of what the project asks for now, ends work for anything else, and takes in what has arrived.
    pub(crate) fn follow(&mut self, context: &mut WorkContext<'_>) {
        self.wanted = context.goal();
        if self.stream.key().is_some_and(|asked| Some(&asked.goal) != self.wanted.as_ref()) {
            self.abandon();
        }
        if let Some(arrived) = self.stream.poll() {
            self.take_in(arrived, context);
        }
    }

    /// Runs these settings, as far as they have no results yet.
    pub(crate) fn start(&mut self, context: &WorkContext<'_>, specs: Vec<StrategySpec>) {
        let (Some(checkpoint), Some(dataset)) = (context.checkpoint.clone(), context.dataset.clone()) else { return };
        let Some(goal) = context.goal() else { return };
        (self.failure, self.strategy_failure, self.offer) = (None, None, None);
        self.tracker = Tracker::default();
        let shown = self.shown.as_ref().filter(|shown| shown.key == goal.key);
        let run = DatasetRun {
            checkpoint,
            dataset,
            goal: goal.clone(),
            specs: specs.clone(),
            shown_rows: shown.map_or(0, Round::rows),
            is_asked: self.all_asked.as_ref() == Some(&goal) || context.starts_by_itself,
            longest_unasked: context.longest_unasked,
            results: context.results.clone(),
            tracker: self.tracker.clone(),
        };
        let make = self.make;
        let work = move |ticket: &Ticket, outlet: &Outlet<Found<T>>| work(ticket, &run, make, outlet);
        self.stream.start(Asked { goal, specs }, (self.name, ROOM), Arc::clone(&context.wake), work);
    }

    /// The same, on all rows that are wanted, however long it takes.
    pub(crate) fn go_on(&mut self, context: &WorkContext<'_>, specs: Vec<StrategySpec>) {
        self.all_asked = context.goal();
        self.start(context, specs);
    }

    fn take_in(&mut self, arrived: Arrived<Asked, Found<T>>, context: &mut WorkContext<'_>) {
        let goal = arrived.key.goal;
        for found in arrived.items {
            self.generation += 1;
            match found {
                Found::Round(baseline, dense) => self.open_round(&goal.key, baseline, dense),
                Found::Run(made, shared) => self.add(made, shared),
                Found::Complete => self.shown = self.coming.take().or(self.shown.take()),
                Found::Paused(offer) => self.offer = Some(offer),
                Found::Failed(reason) => {
                    context.messages.error(reason.clone(), "Change the strategy's settings");
                    self.strategy_failure = Some(reason);
                }
            }
        }
        match arrived.end {
            None => return,
            Some(End::Finished) => self.finished = self.offer.is_none().then_some(goal),
            Some(End::Stopped) => {}
            Some(End::Failed(reason)) => self.failure = Some(reason),
        }
        self.shared.0 += std::mem::take(&mut self.shared.1);
        self.coming = None;
        self.generation += 1;
    }

    /// The first round is seen while it fills; later ones wait until they are complete. New settings join what is on
    /// screen if they begin on the same texts.
    fn open_round(&mut self, key: &EvaluationKey, baseline: Arc<DenseBaseline>, dense: T) {
        match &mut self.shown {
            Some(shown) if shown.key == *key && shown.baseline.sample == baseline.sample => {
                (shown.baseline, shown.dense) = (baseline, dense);
            }
            Some(shown) if shown.key == *key => {
                self.coming = Some(Round { key: key.clone(), baseline, dense, runs: Vec::new() });
            }
            _ => {
                self.shared.0 = SharedWork::default();
                self.shown = Some(Round { key: key.clone(), baseline, dense, runs: Vec::new() });
                self.coming = None;
            }
        }
    }

    fn add(&mut self, made: Made<T>, shared: SharedWork) {
        self.shared.1 = shared;
        if let Some(round) = self.coming.as_mut().or(self.shown.as_mut()) {
            round.runs.retain(|other| other.run.spec != made.run.spec);
            round.runs.push(made);
        }
    }

    /// Ends what runs without waiting for it; what it has finished is known to whoever asks next.
    pub(crate) fn abandon(&mut self) {
        self.stream.abandon();
        self.shared.0 += std::mem::take(&mut self.shared.1);
        self.coming = None;
    }

    /// Asks what runs to stop; what is finished stays.
    pub(crate) fn stop(&self) {
        self.stream.stop();
    }

    /// What the project asks for; `None` until model and data are there.
    pub(crate) fn wanted(&self) -> Option<&Goal> {
        self.wanted.as_ref()
    }

    /// Whether anything runs.
    pub(crate) fn is_running(&self) -> bool {
        self.stream.is_running()
    }

    /// The settings that are being run.
    pub(crate) fn running(&self) -> Option<&[StrategySpec]> {
        self.stream.key().map(|asked| &*asked.specs)
    }

    /// How far the running work is; `None` when nothing runs.
    pub(crate) fn progress(&self) -> Option<Progress> {
        self.stream.is_running().then(|| self.tracker.progress())
    }

    /// What is on screen.
    pub(crate) fn shown(&self) -> Option<&Round<T>> {
        self.shown.as_ref()
    }

    /// What is on screen, if it rests on the model and the data set that are set now.
    pub(crate) fn current(&self) -> Option<&Round<T>> {
        let wanted = self.wanted.as_ref()?;
        self.shown.as_ref().filter(|shown| shown.key == wanted.key)
    }

    /// What is left to do for results on all rows that are wanted: how many, and how long it takes where that is known.
    /// `None` while something runs and when there is nothing left.
    pub(crate) fn rest(&self) -> Option<(usize, Option<Duration>)> {
        let wanted = self.wanted.as_ref().filter(|_| !self.is_running())?;
        let is_short = self.finished.as_ref() != Some(wanted) && self.current()?.rows() < wanted.rows;
        is_short.then_some((wanted.rows, self.offer.as_ref().map(|offer| offer.time)))
    }

    /// How much of the work settings took over from each other. Range: 0–1; `None` before anything was computed.
    pub(crate) fn shared(&self) -> Option<f64> {
        (self.shared.0 + self.shared.1).share()
    }

    /// Why the last work ended early.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// Why a strategy of the last work could not run; the others went on.
    pub(crate) fn strategy_failure(&self) -> Option<&str> {
        self.strategy_failure.as_deref()
    }

    /// Forgets why work failed: it is being mended.
    pub(crate) fn forget_failures(&mut self) {
        (self.failure, self.strategy_failure) = (None, None);
    }

    /// Grows whenever something arrives.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }
}

fn work<T>(ticket: &Ticket, run: &DatasetRun, make: Make<T>, outlet: &Outlet<Found<T>>) -> Result<(), Failure>
where
    T: Send + 'static,
{
    let mut baseline = None;
    run.run(ticket, |step| {
        let found = match (step, &baseline) {
            (Step::Baseline(round), _) => {
                let dense = make(ticket, &round, &round.dense)?;
                baseline = Some(Arc::clone(&round));
                Found::Round(round, dense)
            }
            (Step::Run(run, shared), Some(round)) => {
                let made = make(ticket, round, &run)?;
                Found::Run(Made { run, made }, shared)
            }
            // The texts come first.
            (Step::Run(..), None) => return Ok(()),
            (Step::Failed(reason), _) => Found::Failed(reason),
            (Step::Complete, _) => Found::Complete,
            (Step::Paused(offer), _) => Found::Paused(offer),
        };
        outlet.send(found)
    })
}
