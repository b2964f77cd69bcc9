//! Group comparisons in the background: the dense model and every enabled strategy over the data set, and the rows of
//! the table for what is looked at.

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::sync_channel;
use std::time::Duration;
use std::time::Instant;

use crate::app::ViewKind;
use crate::app::basis::Basis;
use crate::app::fairness_gaps::gap_lines;
use crate::app::ground::Ground;
use crate::app::ground::Plan;
use crate::app::ground::Step;
use crate::app::session::WorkContext;
use crate::app::workers::Failure;
use crate::app::workers::Slot;
use crate::app::workers::SlotEvent;
use crate::data::Dataset;
use crate::evaluation;
use crate::evaluation::GroupRow;
use crate::evaluation::Measure;
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
#[derive(Clone, Debug, PartialEq)]
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
}

/// What the fairness view asks for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FairnessRequest {
    /// Run what has no result yet.
    Start,
    /// Stop; what is finished stays.
    Stop,
    /// Make this table.
    Show(TableKey),
}

struct Running {
    basis: Basis,
    specs: Vec<StrategySpec>,
    job: Job<Result<(), Failure>>,
    found: Receiver<Step>,
    finished: usize,
    /// The dense run comes first.
    with_dense: bool,
}

/// The fairness view's work in the background.
#[derive(Default)]
pub(crate) struct FairnessWork {
    basis: Option<Basis>,
    wanted: Option<Basis>,
    ground: Option<Arc<Ground>>,
    runs: Vec<Arc<StrategyRun>>,
    tables: Slot<(Basis, TableKey), Table>,
    running: Option<Running>,
    failure: Option<String>,
    /// What the user stopped; not started again by itself.
    stopped: Option<(Basis, Vec<StrategySpec>)>,
    /// The settings of the project and since when they are so.
    settled: Option<(Vec<StrategySpec>, Instant)>,
    generation: u64,
}

/// Settings must stand still for so long before the data set is run with them.
const PAUSE: Duration = Duration::from_millis(600);

/// Runs kept for going back and forth.
const KEPT_RUNS: usize = 16;

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
                self.stopped = None;
                self.failure = None;
                self.start(context);
            }
            FairnessRequest::Stop => self.stop(),
            FairnessRequest::Show(key) => {
                if let Some(basis) = &self.basis {
                    self.tables.want((basis.clone(), key));
                }
            }
        }
    }

    /// Takes in what has finished and starts what is due; called once a frame.
    pub(crate) fn poll(&mut self, context: &mut WorkContext<'_>) {
        self.wanted = Basis::of(context, usize::MAX);
        let specs = enabled(context.project);
        self.drop_outdated(&specs);
        self.take_in(context);
        self.make_table(context);
        let is_settled = self.is_settled(&specs, context);
        if context.shown == ViewKind::Fairness && is_settled && self.running.is_none() && self.failure.is_none() {
            let is_stopped = self
                .stopped
                .as_ref()
                .is_some_and(|(basis, stopped)| Some(basis) == self.wanted.as_ref() && *stopped == specs);
            if !is_stopped && !specs.is_empty() {
                self.start(context);
            }
        }
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

    fn drop_outdated(&mut self, specs: &[StrategySpec]) {
        let Some(running) = &self.running else { return };
        let is_wanted = Some(&running.basis) == self.wanted.as_ref();
        if !is_wanted || running.specs.iter().all(|spec| !specs.contains(spec)) {
            // Dropping the job cancels it.
            self.running = None;
        }
    }

    fn take_in(&mut self, context: &mut WorkContext<'_>) {
        let Some(running) = &mut self.running else { return };
        // Asked before the channel is emptied: what a finished job has sent is then all there.
        let ended = running.job.poll();
        let basis = running.basis.clone();
        let found: Vec<Step> = running.found.try_iter().collect();
        running.finished += found.iter().filter(|found| !matches!(found, Step::Ground(_))).count();
        for found in found {
            self.generation += 1;
            match found {
                Step::Ground(ground) => {
                    if self.basis.as_ref() != Some(&basis) {
                        self.runs.clear();
                        self.basis = Some(basis.clone());
                    }
                    self.ground = Some(ground);
                }
                Step::Run(run, _) => {
                    self.runs.push(run);
                    if self.runs.len() > KEPT_RUNS {
                        self.runs.remove(0);
                    }
                }
                Step::Failed(reason) => {
                    context.messages.error(reason.clone(), "Change the strategy's settings");
                    self.failure = Some(reason);
                }
            }
        }
        match ended {
            Poll::Running => return,
            Poll::Ready(Ok(()) | Err(Failure::Cancelled)) => {}
            Poll::Ready(Err(Failure::Failed(reason))) | Poll::Lost(reason) => self.failure = Some(reason),
        }
        self.running = None;
        self.generation += 1;
    }

    fn make_table(&mut self, context: &mut WorkContext<'_>) {
        if let Some((_, key)) = self.tables.due().cloned() {
            let run = self.runs.iter().find(|run| run.spec == key.spec).cloned();
            if let (Some(ground), Some(run)) = (self.ground.clone(), run) {
                let wake = Arc::clone(&context.wake);
                self.tables.start("group table", wake, move |ticket| table(ticket, &ground, &run, key));
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

    fn start(&mut self, context: &WorkContext<'_>) {
        let (Some(checkpoint), Some(dataset)) = (context.checkpoint.clone(), context.dataset.clone()) else { return };
        let Some(basis) = self.wanted.clone() else { return };
        let is_same = self.basis.as_ref() == Some(&basis);
        let mut specs = enabled(context.project);
        specs.retain(|spec| !is_same || self.runs.iter().all(|run| run.spec != *spec));
        if specs.is_empty() {
            return;
        }
        let with_dense = !is_same || self.ground.is_none();
        let (sender, found) = sync_channel(16);
        let (results, planned) = (context.results.clone(), specs.clone());
        let plan = Plan { checkpoint, dataset, basis: basis.clone(), specs: planned, results };
        let send = move |step: Step| sender.send(step).map_err(|_gone| Failure::Cancelled);
        let work = move |ticket: &Ticket| plan.run(ticket, send);
        match Job::spawn("group comparison", Arc::clone(&context.wake), work) {
            Ok(job) => self.running = Some(Running { basis, specs, job, found, finished: 0, with_dense }),
            Err(err) => self.failure = Some(format!("no thread for the group comparison: {err}")),
        }
    }

    /// How far the running work is; `None` when nothing runs.
    pub(crate) fn progress(&self) -> Option<Progress> {
        if let Some(running) = &self.running {
            let inner = running.job.progress();
            let share = inner.total.filter(|total| *total > 0).map_or(0.0, |total| inner.done as f64 / total as f64);
            // Thousandths of a run, so that the bar moves while one goes on.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of 1000")]
            let part = (share.clamp(0.0, 1.0) * 1000.0) as u64;
            let has_dense = self.basis.as_ref() == Some(&running.basis) && self.ground.is_some();
            let before = usize::from(running.with_dense && has_dense) + running.finished;
            let all = usize::from(running.with_dense) + running.specs.len();
            let stage = format!("{} ({} of {all})", inner.stage, (before + 1).min(all));
            return Some(Progress { done: 1000 * before as u64 + part, total: Some(1000 * all as u64), stage });
        }
        let tables = self.tables.progress();
        tables.map(|progress| Progress { stage: "comparing groups".to_owned(), ..progress })
    }

    /// Asks what runs to stop; what is finished stays.
    pub(crate) fn stop(&mut self) {
        if let Some(running) = &self.running {
            running.job.cancel();
            self.stopped = self.wanted.clone().zip(self.settled.as_ref().map(|(specs, _)| specs.clone()));
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

    /// Whether the table on screen is the one asked for.
    pub(crate) fn is_current(&self, key: &TableKey) -> bool {
        let Some(basis) = self.wanted.as_ref().filter(|_| self.basis == self.wanted) else { return false };
        self.tables.latest_key().is_some_and(|(made_for, have)| made_for == basis && have == key)
    }

    /// Whether the runs this table needs are there.
    pub(crate) fn has_run(&self, spec: &StrategySpec) -> bool {
        self.basis.is_some() && self.basis == self.wanted && self.runs.iter().any(|run| run.spec == *spec)
    }

    /// Texts used, rows read, and the data set.
    pub(crate) fn texts(&self) -> Option<(usize, usize, &Dataset)> {
        let ground = self.ground.as_ref()?;
        Some((ground.prepared.len(), self.basis.as_ref()?.rows(), &ground.dataset))
    }
}

fn table(ticket: &Ticket, ground: &Ground, run: &StrategyRun, key: TableKey) -> Result<Table, Failure> {
    ticket.checkpoint()?;
    let (prepared, dense) = (&ground.prepared, &ground.dense);
    let overall = evaluation::overall_row(prepared, dense, run, key.measure);
    let rows = evaluation::group_rows(prepared, dense, run, key.column, key.measure);
    let gaps = gap_lines(key.measure, &overall, &rows);
    let column = prepared.survey.groups.get(key.column).map_or_else(String::new, |column| column.name.clone());
    Ok(Table { key, column, overall, rows, gaps })
}
