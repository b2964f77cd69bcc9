//! Group comparisons in the background: the dense model and every enabled strategy over a sample of the data set that grows
//! until it is all of it, and the rows of the table for what is looked at.
//!
//! What the view shows decides what is made; drawing it asks for nothing.

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::sync_channel;
use std::time::Duration;
use std::time::Instant;

use crate::app::views::fairness::gaps::gap_lines;
use crate::app::work::context::WorkContext;
use crate::app::work::dense_baseline::DenseBaseline;
use crate::app::work::dense_baseline::Offer;
use crate::app::work::dense_baseline::Plan;
use crate::app::work::dense_baseline::Step;
use crate::app::work::evaluation_key::EvaluationKey;
use crate::app::work::evaluation_key::Goal;
use crate::app::work::growth::Tracker;
use crate::app::work::slot::Failure;
use crate::app::work::slot::Slot;
use crate::app::work::slot::SlotEvent;
use crate::data::Dataset;
use crate::evaluation;
use crate::evaluation::Draws;
use crate::evaluation::GroupRow;
use crate::evaluation::HeadKind;
use crate::evaluation::Judgments;
use crate::evaluation::Measure;
use crate::evaluation::Picked;
use crate::evaluation::StrategyRun;
use crate::jobs::Job;
use crate::jobs::Poll;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::project::Project;
use crate::pruning::StrategySpec;

/// Which table is looked at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TableKey {
    /// The strategy.
    pub(crate) spec: StrategySpec,
    /// The group column, by index.
    pub(crate) column: usize,
    /// The measure.
    pub(crate) measure: Measure,
}

/// One table.
#[derive(Debug)]
pub(crate) struct Table {
    /// What it shows.
    pub(crate) key: TableKey,
    /// The group column's name.
    pub(crate) column: String,
    /// All labelled texts.
    pub(crate) overall: GroupRow,
    /// The groups, in the order of the column's values.
    pub(crate) rows: Vec<GroupRow>,
    /// How far they lie apart, in sentences.
    pub(crate) gaps: Vec<String>,
    /// Tests and verdicts of all texts and of every group of every column.
    pub(crate) judgments: Arc<Judgments>,
    /// Which texts it rests on, in words.
    pub(crate) basis: String,
    ground: Arc<DenseBaseline>,
    run: Arc<StrategyRun>,
}

impl Table {
    /// What the model's outputs mean.
    pub(crate) fn head(&self) -> HeadKind {
        self.ground.prepared.head
    }

    /// Rows of the data set behind a count; `value` is the group by index, `None` all texts.
    pub(crate) fn picked(&self, value: Option<usize>, picked: Picked) -> Vec<usize> {
        let group = value.map(|value| (self.key.column, value));
        let runs = (&self.ground.dense, self.run.as_ref());
        evaluation::picked_rows(&self.ground.prepared, runs, group, self.key.measure, picked)
    }
}

/// What the fairness view asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FairnessRequest {
    /// Run what has no result yet.
    Start,
    /// Go on to all rows, however long it takes.
    GoOn,
    /// Stop; what is finished stays.
    Stop,
}

struct Running {
    goal: Goal,
    specs: Vec<StrategySpec>,
    job: Job<Result<(), Failure>>,
    found: Receiver<Step>,
    tracker: Tracker,
}

/// Runs over the same texts.
struct Shown {
    basis: EvaluationKey,
    ground: Arc<DenseBaseline>,
    runs: Vec<Arc<StrategyRun>>,
}

/// What a table is made of: basis, number of rows, and what it shows.
type TableOf = (EvaluationKey, usize, TableKey);

/// The fairness view's work in the background.
#[derive(Default)]
pub(crate) struct FairnessWork {
    wanted: Option<Goal>,
    shown: Option<Shown>,
    /// A longer round, on screen once it is complete.
    coming: Option<Shown>,
    tables: Slot<TableOf, Table>,
    running: Option<Running>,
    failure: Option<String>,
    /// What was started last, so that it is not started again after its end, a failure or a stop.
    begun: Option<(Goal, Vec<StrategySpec>)>,
    /// For which the user has asked for all rows.
    asked: Option<Goal>,
    offer: Option<Offer>,
    /// What everything has been run for.
    finished: Option<Goal>,
    /// The settings of the project and since when they are so.
    settled: Option<(Vec<StrategySpec>, Instant)>,
    generation: u64,
}

/// Settings must stand still for so long before the data set is run with them.
const PAUSE: Duration = Duration::from_millis(600);

fn enabled(project: &Project) -> Vec<StrategySpec> {
    let mut specs: Vec<StrategySpec> = Vec::new();
    for entry in project.enabled().filter(|entry| entry.spec.id() != "dense") {
        if !specs.contains(&entry.spec) {
            specs.push(entry.spec.clone());
        }
    }
    specs
}

impl FairnessWork {
    /// Starts or stops what was asked for.
    pub(crate) fn handle(&mut self, request: FairnessRequest, context: &WorkContext<'_>) {
        match request {
            FairnessRequest::Start => {
                self.failure = None;
                self.start(context);
            }
            FairnessRequest::GoOn => {
                self.failure = None;
                self.asked = context.goal();
                self.start(context);
            }
            FairnessRequest::Stop => self.stop(),
        }
    }

    /// Takes in what has finished and starts what is due; called once a frame.
    pub(crate) fn poll(&mut self, context: &mut WorkContext<'_>, is_shown: bool, wanted: Option<TableKey>) {
        self.wanted = context.goal();
        let specs = enabled(context.project);
        let is_settled = self.is_settled(&specs, context);
        self.drop_outdated(&specs, is_settled);
        self.take_in(context);
        // Without groups there is nothing to compare, and without a strategy nothing to compare with.
        if is_shown && wanted.is_some() && is_settled && self.running.is_none() && !self.is_begun(&specs) {
            self.start(context);
        }
        self.make_table(context, wanted);
    }

    fn is_begun(&self, specs: &[StrategySpec]) -> bool {
        let is_same = |(goal, begun): &(Goal, Vec<StrategySpec>)| Some(goal) == self.wanted.as_ref() && begun == specs;
        self.begun.as_ref().is_some_and(is_same)
    }

    /// Settings still being dragged are not run: the wait ends once they stand still.
    fn is_settled(&mut self, specs: &[StrategySpec], context: &WorkContext<'_>) -> bool {
        match &self.settled {
            Some((known, since)) if known == specs => since.elapsed() >= PAUSE,
            other => {
                let is_first = other.is_none();
                let since = if is_first { Instant::now().checked_sub(PAUSE) } else { None };
                self.settled = Some((specs.to_vec(), since.unwrap_or_else(Instant::now)));
                self.failure = None;
                (context.wake)(PAUSE);
                is_first
            }
        }
    }

    /// Work for another goal, or for settings that are no longer so, ends; what it has finished is known.
    fn drop_outdated(&mut self, specs: &[StrategySpec], is_settled: bool) {
        let Some(running) = &self.running else { return };
        if Some(&running.goal) != self.wanted.as_ref() || (is_settled && running.specs != specs) {
            // Dropping the job cancels it.
            self.running = None;
            self.coming = None;
        }
    }

    fn take_in(&mut self, context: &mut WorkContext<'_>) {
        let Some(running) = &self.running else { return };
        // Asked before the channel is emptied: what a finished job has sent is then all there.
        let ended = running.job.poll();
        let goal = running.goal.clone();
        let found: Vec<Step> = running.found.try_iter().collect();
        for found in found {
            self.generation += 1;
            match found {
                Step::Baseline(ground) => self.open_round(&goal.key, ground),
                Step::Run(run, _) => {
                    if let Some(round) = self.coming.as_mut().or(self.shown.as_mut()) {
                        round.runs.retain(|other| other.spec != run.spec);
                        round.runs.push(run);
                    }
                }
                Step::Complete => self.shown = self.coming.take().or(self.shown.take()),
                Step::Paused(offer) => self.offer = Some(offer),
                Step::Failed(reason) => {
                    context.messages.error(reason.clone(), "Change the strategy's settings");
                    self.failure = Some(reason);
                }
            }
        }
        match ended {
            Poll::Running => return,
            Poll::Ready(Ok(())) => self.finished = self.offer.is_none().then_some(goal),
            Poll::Ready(Err(Failure::Cancelled)) => {}
            Poll::Ready(Err(Failure::Failed(reason))) | Poll::Lost(reason) => self.failure = Some(reason),
        }
        self.running = None;
        self.coming = None;
        self.generation += 1;
    }

    /// The first round is seen while it fills; later ones wait until they are complete. New settings join what is on
    /// screen if they begin on the same texts.
    fn open_round(&mut self, basis: &EvaluationKey, ground: Arc<DenseBaseline>) {
        match &mut self.shown {
            Some(shown) if shown.basis == *basis && shown.ground.sample == ground.sample => shown.ground = ground,
            Some(shown) if shown.basis == *basis => {
                self.coming = Some(Shown { basis: basis.clone(), ground, runs: Vec::new() });
            }
            _ => {
                self.shown = Some(Shown { basis: basis.clone(), ground, runs: Vec::new() });
                self.coming = None;
            }
        }
    }

    fn make_table(&mut self, context: &mut WorkContext<'_>, wanted: Option<TableKey>) {
        if let (Some(shown), Some(key)) = (&self.shown, wanted)
            && let Some(run) = shown.runs.iter().find(|run| run.spec == key.spec)
        {
            self.tables.want((shown.basis.clone(), shown.ground.sample.rows, key.clone()));
            if self.tables.due().is_some() {
                let (ground, run, key) = (Arc::clone(&shown.ground), Arc::clone(run), key.clone());
                let judgments = self.known_judgments(&shown.basis, &ground, &key.spec);
                self.tables.start("group table", Arc::clone(&context.wake), move |ticket| {
                    table(ticket, (ground, run), key, judgments)
                });
            }
        }
        match self.tables.poll() {
            Some(SlotEvent::Finished(_)) => self.generation += 1,
            Some(SlotEvent::Ended(_, Failure::Failed(reason))) => {
                context.messages.error(reason, "Choose another measure or column");
            }
            Some(SlotEvent::Ended(_, Failure::Cancelled)) | None => {}
        }
    }

    /// Those of the table on screen, if they are of the same run: they are the same for every measure and column.
    fn known_judgments(
        &self,
        basis: &EvaluationKey,
        ground: &DenseBaseline,
        spec: &StrategySpec,
    ) -> Option<Arc<Judgments>> {
        let (known, rows, key) = self.tables.latest_key()?;
        let is_same = known == basis && *rows == ground.sample.rows && key.spec == *spec;
        self.tables.latest().filter(|_| is_same).map(|table| Arc::clone(&table.judgments))
    }

    fn start(&mut self, context: &WorkContext<'_>) {
        let (Some(checkpoint), Some(dataset)) = (context.checkpoint.clone(), context.dataset.clone()) else { return };
        let Some(goal) = context.goal() else { return };
        let specs = enabled(context.project);
        if specs.is_empty() {
            return;
        }
        self.failure = None;
        self.offer = None;
        self.begun = Some((goal.clone(), specs.clone()));
        let (sender, found) = sync_channel(16);
        let tracker = Tracker::default();
        let shown = self.shown.as_ref().filter(|shown| shown.basis == goal.key);
        let plan = Plan {
            checkpoint,
            dataset,
            goal: goal.clone(),
            specs: specs.clone(),
            shown_rows: shown.map_or(0, |shown| shown.ground.sample.rows),
            is_asked: self.asked.as_ref() == Some(&goal) || context.starts_by_itself,
            longest_unasked: context.longest_unasked,
            results: context.results.clone(),
            tracker: tracker.clone(),
        };
        let send = move |step: Step| sender.send(step).map_err(|_gone| Failure::Cancelled);
        let work = move |ticket: &Ticket| plan.run(ticket, send);
        match Job::spawn("group comparison", Arc::clone(&context.wake), work) {
            Ok(job) => self.running = Some(Running { goal, specs, job, found, tracker }),
            Err(err) => self.failure = Some(format!("no thread for the group comparison: {err}")),
        }
    }

    /// How far the running work is; `None` when nothing runs.
    pub(crate) fn progress(&self) -> Option<Progress> {
        if let Some(running) = &self.running {
            return Some(running.tracker.progress());
        }
        let tables = self.tables.progress();
        tables.map(|progress| Progress { stage: "comparing groups".to_owned(), ..progress })
    }

    /// Asks what runs to stop; what is finished stays.
    pub(crate) fn stop(&mut self) {
        if let Some(running) = &self.running {
            running.job.cancel();
        }
        self.tables.stop();
    }

    /// Grows whenever something arrives.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// Why the last run ended early.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// The table on screen, whatever it was made for.
    pub(crate) fn shown(&self) -> Option<&Arc<Table>> {
        self.tables.latest()
    }

    /// Whether the table on screen is the one asked for, be it on fewer texts than there will be.
    pub(crate) fn is_current(&self, key: &TableKey) -> bool {
        let Some(wanted) = &self.wanted else { return false };
        self.tables.latest_key().is_some_and(|(basis, _, have)| *basis == wanted.key && have == key)
    }

    /// Whether the run that a table needs is there.
    pub(crate) fn has_run(&self, spec: &StrategySpec) -> bool {
        let Some((wanted, shown)) = self.wanted.as_ref().zip(self.shown.as_ref()) else { return false };
        shown.basis == wanted.key && shown.runs.iter().any(|run| run.spec == *spec)
    }

    /// What is left to do for results on all rows that are wanted: how many, and how long it takes where that is known.
    /// `None` while something runs and when there is nothing left.
    pub(crate) fn rest(&self) -> Option<(usize, Option<Duration>)> {
        let wanted = self.wanted.as_ref().filter(|_| self.running.is_none())?;
        let shown = self.shown.as_ref().filter(|shown| shown.basis == wanted.key)?;
        let is_short = self.finished.as_ref() != Some(wanted) && shown.ground.sample.rows < wanted.rows;
        is_short.then_some((wanted.rows, self.offer.as_ref().map(|offer| offer.time)))
    }

    /// The data set.
    pub(crate) fn dataset(&self) -> Option<&Dataset> {
        Some(&self.shown.as_ref()?.ground.dataset)
    }
}

fn table(
    ticket: &Ticket,
    (ground, run): (Arc<DenseBaseline>, Arc<StrategyRun>),
    key: TableKey,
    judgments: Option<Arc<Judgments>>,
) -> Result<Table, Failure> {
    ticket.checkpoint()?;
    let (prepared, dense) = (&ground.prepared, &ground.dense);
    let overall = evaluation::overall_row(prepared, dense, &run, key.measure);
    let rows = evaluation::group_rows(prepared, dense, &run, key.column, key.measure);
    let gap = evaluation::gap_of_rows(ticket, (prepared, dense, &run), (&overall, &rows), (key.column, key.measure))?;
    let gaps = gap_lines(&gap);
    let judgments = match judgments {
        Some(known) => known,
        None => Arc::new(evaluation::judge(ticket, prepared, dense, &run, Draws::SCREEN.seed)?),
    };
    let column = prepared.index.groups.get(key.column).map_or_else(String::new, |column| column.name.clone());
    let basis = ground.basis_line();
    Ok(Table { key, column, overall, rows, gaps, judgments, basis, ground, run })
}
