//! Sweeps in the background: every enabled strategy along its dial; points arrive as they finish.

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::SyncSender;
use std::sync::mpsc::sync_channel;

use crate::app::ViewKind;
use crate::app::basis::Basis;
use crate::app::ground::Ground;
use crate::app::ground::Plan;
use crate::app::ground::Step;
use crate::app::session::WorkContext;
use crate::app::sweep_plan::Planned;
use crate::app::sweep_plan::plan;
use crate::app::workers::Failure;
use crate::data::Dataset;
use crate::evaluation;
use crate::evaluation::Estimate;
use crate::evaluation::Measure;
use crate::evaluation::SharedWork;
use crate::evaluation::StrategyRun;
use crate::evaluation::SweepPoint;
use crate::figure::build::TradeOffPoint;
use crate::jobs::Job;
use crate::jobs::Poll;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::project::Project;
use crate::pruning::StrategySpec;

/// Rows of a sweep where the user has not said how many: enough to see an order, few enough to see it soon.
pub(crate) const DEFAULT_ROWS: usize = 400;

/// What the trade-off view asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TradeOffRequest {
    /// Run the settings that have no result yet.
    Start,
    /// Stop; what is finished stays.
    Stop,
}

/// What the job sends while it runs.
enum Found {
    Ground(Arc<Ground>, Box<TradeOffPoint>),
    Point(Box<TradeOffPoint>, SharedWork),
    Failed(String),
}

struct Running {
    basis: Basis,
    job: Job<Result<(), Failure>>,
    found: Receiver<Found>,
    planned: usize,
    finished: usize,
    work: SharedWork,
}

/// The trade-off view's work in the background.
#[derive(Default)]
pub(crate) struct TradeOffWork {
    basis: Option<Basis>,
    wanted: Option<Basis>,
    ground: Option<Arc<Ground>>,
    dense: Option<TradeOffPoint>,
    points: Vec<TradeOffPoint>,
    /// Of the sweeps on this basis that have ended.
    work: SharedWork,
    running: Option<Running>,
    failure: Option<String>,
    /// The basis for which a sweep was started by itself, so that it is not started again after a stop.
    begun: Option<Basis>,
    generation: u64,
}

impl TradeOffWork {
    /// Starts or stops what was asked for.
    pub(crate) fn handle(&mut self, request: TradeOffRequest, context: &WorkContext<'_>) {
        match request {
            TradeOffRequest::Start => {
                self.failure = None;
                self.start(context);
            }
            TradeOffRequest::Stop => self.stop(),
        }
    }

    /// Takes in what has finished and starts what is due; called once a frame.
    pub(crate) fn poll(&mut self, context: &mut WorkContext<'_>) {
        self.wanted = Basis::of(context, DEFAULT_ROWS);
        if self.running.as_ref().is_some_and(|running| Some(&running.basis) != self.wanted.as_ref()) {
            // Dropping the job cancels it: nobody wants its points any more.
            self.running = None;
        }
        self.take_in(context);
        let is_new = self.wanted.is_some() && self.begun != self.wanted;
        let is_default = context.project.row_limit.is_none() || context.starts_by_itself;
        if context.shown == ViewKind::TradeOff && is_new && is_default && self.running.is_none() {
            self.begun.clone_from(&self.wanted);
            self.start(context);
        }
    }

    fn take_in(&mut self, context: &mut WorkContext<'_>) {
        let Some(running) = &mut self.running else { return };
        // Asked before the channel is emptied: what a finished job has sent is then all there.
        let ended = running.job.poll();
        let basis = running.basis.clone();
        let found: Vec<Found> = running.found.try_iter().collect();
        running.finished += found.iter().filter(|found| !matches!(found, Found::Ground(..))).count();
        for found in found {
            self.generation += 1;
            match found {
                Found::Ground(ground, dense) => {
                    if self.basis.as_ref() != Some(&basis) {
                        self.points.clear();
                        self.work = SharedWork::default();
                        self.basis = Some(basis.clone());
                    }
                    self.ground = Some(ground);
                    self.dense = Some(*dense);
                }
                Found::Point(point, work) => {
                    running.work = work;
                    self.points.retain(|other| other.point.spec != point.point.spec);
                    self.points.push(*point);
                }
                Found::Failed(reason) => context.messages.error(reason, "Change the strategy's settings"),
            }
        }
        if !matches!(ended, Poll::Running) && self.basis.as_ref() == Some(&basis) {
            self.work += running.work;
        }
        match ended {
            Poll::Running => return,
            Poll::Ready(Ok(()) | Err(Failure::Cancelled)) => {}
            Poll::Ready(Err(Failure::Failed(reason))) | Poll::Lost(reason) => self.failure = Some(reason),
        }
        self.running = None;
        self.generation += 1;
    }

    fn start(&mut self, context: &WorkContext<'_>) {
        let (Some(checkpoint), Some(dataset)) = (context.checkpoint.clone(), context.dataset.clone()) else { return };
        let Some(basis) = Basis::of(context, DEFAULT_ROWS) else { return };
        let is_same = self.basis.as_ref() == Some(&basis);
        let known = |spec: &StrategySpec| is_same && self.points.iter().any(|point| point.point.spec == *spec);
        let mut missing: Vec<Planned> = Vec::new();
        for planned in plan(context.project) {
            if !known(&planned.spec) && missing.iter().all(|other| other.spec != planned.spec) {
                missing.push(planned);
            }
        }
        if missing.is_empty() && is_same && self.dense.is_some() {
            return;
        }
        let (sender, found) = sync_channel(16);
        let planned = missing.len();
        let specs = missing.into_iter().map(|planned| planned.spec).collect();
        let plan = Plan { checkpoint, dataset, basis: basis.clone(), specs, results: context.results.clone() };
        let work = move |ticket: &Ticket| sweep(ticket, &plan, &sender);
        match Job::spawn("sweep", Arc::clone(&context.wake), work) {
            Ok(job) => {
                self.running = Some(Running { basis, job, found, planned, finished: 0, work: SharedWork::default() });
            }
            Err(err) => self.failure = Some(format!("no thread for the sweep: {err}")),
        }
    }

    /// How far the running work is; `None` when nothing runs.
    pub(crate) fn progress(&self) -> Option<Progress> {
        let running = self.running.as_ref()?;
        let inner = running.job.progress();
        let share = inner.total.filter(|total| *total > 0).map_or(0.0, |total| inner.done as f64 / total as f64);
        let (done, all) = (running.finished, running.planned);
        // Thousandths of a setting, so that the bar moves while one runs.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of 1000")]
        let part = (share.clamp(0.0, 1.0) * 1000.0) as u64;
        let stage = if self.dense.is_none() || self.basis.as_ref() != Some(&running.basis) {
            format!("{} for the comparison", inner.stage)
        } else {
            format!("sweep: {done} of {all} settings, {}", inner.stage)
        };
        Some(Progress { done: 1000 * done as u64 + part, total: Some(1000 * all.max(1) as u64), stage })
    }

    /// Asks what runs to stop; what is finished stays.
    pub(crate) fn stop(&self) {
        if let Some(running) = &self.running {
            running.job.cancel();
        }
    }

    /// How much of the work settings took over from each other. Range: 0–1; `None` before anything was computed.
    pub(crate) fn shared(&self) -> Option<f64> {
        let running = self.running.as_ref().filter(|running| self.basis.as_ref() == Some(&running.basis));
        (self.work + running.map_or_else(SharedWork::default, |running| running.work)).share()
    }

    /// Grows whenever something arrives.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// Why the last sweep ended early.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// Whether the points rest on another model, data set or number of rows than is set now.
    pub(crate) fn is_stale(&self) -> bool {
        self.basis.is_some() && self.basis != self.wanted
    }

    /// The dense run.
    pub(crate) fn dense(&self) -> Option<&TradeOffPoint> {
        self.dense.as_ref()
    }

    /// Texts used, rows read, and the data set.
    pub(crate) fn texts(&self) -> Option<(usize, usize, &Dataset)> {
        let ground = self.ground.as_ref()?;
        Some((ground.prepared.len(), self.basis.as_ref()?.rows(), &ground.dataset))
    }

    /// The finished points among those a sweep of the project would run, with the names of their lines.
    pub(crate) fn points(&self, project: &Project) -> Vec<TradeOffPoint> {
        let find = |planned: Planned| {
            let point = self.points.iter().find(|point| point.point.spec == planned.spec)?;
            Some(TradeOffPoint { series: planned.series, ..point.clone() })
        };
        plan(project).into_iter().filter_map(find).collect()
    }

    /// How many settings of the project have no result yet.
    pub(crate) fn missing(&self, project: &Project) -> usize {
        if self.is_stale() {
            return plan(project).len();
        }
        let known = |spec: &StrategySpec| self.points.iter().any(|point| point.point.spec == *spec);
        plan(project).iter().filter(|planned| !known(&planned.spec)).count()
    }
}

fn sweep(ticket: &Ticket, plan: &Plan, sender: &SyncSender<Found>) -> Result<(), Failure> {
    let mut common = None;
    plan.run(ticket, |step| {
        let found = match (step, &common) {
            (Step::Ground(ground), _) => {
                let dense = point(ticket, &ground, &ground.dense)?;
                common = Some(Arc::clone(&ground));
                Found::Ground(ground, Box::new(dense))
            }
            (Step::Run(run, work), Some(ground)) => Found::Point(Box::new(point(ticket, ground, &run)?), work),
            // The ground comes first.
            (Step::Run(..), None) => return Ok(()),
            (Step::Failed(reason), _) => Found::Failed(reason),
        };
        sender.send(found).map_err(|_gone| Failure::Cancelled)
    })
}

fn point(ticket: &Ticket, ground: &Ground, run: &StrategyRun) -> Result<TradeOffPoint, Failure> {
    ticket.checkpoint()?;
    let summary = evaluation::summarize(&ground.prepared, &ground.dense, run);
    let worst_group = worst_group(ground, run);
    let point = SweepPoint { spec: run.spec.clone(), summary };
    Ok(TradeOffPoint { series: run.spec.id().to_owned(), point, worst_group })
}

/// The group with the lowest accuracy among those with enough examples, over all group columns.
fn worst_group(ground: &Ground, run: &StrategyRun) -> Option<(String, Estimate)> {
    let columns = 0..ground.prepared.survey.groups.len();
    let rows = columns
        .flat_map(|column| evaluation::group_rows(&ground.prepared, &ground.dense, run, column, Measure::Accuracy));
    let usable = rows.filter(|row| row.size.joins_gaps()).filter_map(|row| Some((row.pruned.value()?, row)));
    let worst = usable.min_by(|one, other| one.0.total_cmp(&other.0))?;
    Some((format!("{}: {}", worst.1.column, worst.1.value), worst.1.pruned))
}
