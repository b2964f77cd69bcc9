//! Sweeps in the background: every enabled strategy along its dial; points arrive as they finish, on a few hundred texts
//! first and on twice as many in each round, until all are in.

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::SyncSender;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use crate::app::views::trade_off::plan::Planned;
use crate::app::views::trade_off::plan::plan;
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
use crate::evaluation::Contrast;
use crate::evaluation::Estimate;
use crate::evaluation::SharedWork;
use crate::evaluation::StrategyRun;
use crate::evaluation::SweepPoint;
use crate::figure::charts::TradeOffPoint;
use crate::jobs::Job;
use crate::jobs::Poll;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::project::Project;
use crate::pruning::StrategySpec;

/// What the trade-off view asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TradeOffRequest {
    /// Run the settings that have no result yet.
    Start,
    /// Go on to all rows, however long it takes.
    GoOn,
    /// Stop; what is finished stays.
    Stop,
}

/// What the job sends while it runs.
enum Found {
    Round(Arc<DenseBaseline>, Box<TradeOffPoint>),
    Point(Box<TradeOffPoint>, Arc<StrategyRun>, SharedWork),
    Failed(String),
    Complete,
    Paused(Offer),
}

struct Running {
    goal: Goal,
    job: Job<Result<(), Failure>>,
    found: Receiver<Found>,
    tracker: Tracker,
    work: SharedWork,
}

/// Points that were computed on the same texts.
struct Shown {
    goal: Goal,
    ground: Arc<DenseBaseline>,
    dense: TradeOffPoint,
    points: Vec<TradeOffPoint>,
    /// What the points were made of, so that two can be compared text by text: 36 bytes for each text.
    runs: Vec<Arc<StrategyRun>>,
}

impl Shown {
    fn run(&self, spec: &StrategySpec) -> Option<&StrategyRun> {
        let dense = &self.ground.dense;
        if dense.spec == *spec {
            Some(dense)
        } else {
            self.runs.iter().map(AsRef::as_ref).find(|run| run.spec == *spec)
        }
    }
}

/// What a contrast is made of: basis, number of rows, and the two settings.
type ContrastOf = (EvaluationKey, usize, [StrategySpec; 2]);

/// The trade-off view's work in the background.
#[derive(Default)]
pub(crate) struct TradeOffWork {
    wanted: Option<Goal>,
    shown: Option<Shown>,
    /// A longer round, on screen once it is complete, so that no plot mixes texts.
    coming: Option<Shown>,
    contrasts: Slot<ContrastOf, Contrast>,
    /// Of the sweeps on this basis that have ended.
    work: SharedWork,
    running: Option<Running>,
    failure: Option<String>,
    /// For which a sweep was started by itself, so that it is not started again after a stop.
    begun: Option<Goal>,
    /// For which the user has asked for all rows.
    asked: Option<Goal>,
    offer: Option<Offer>,
    /// What everything has been run for.
    finished: Option<Goal>,
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
            TradeOffRequest::GoOn => {
                self.failure = None;
                self.asked = context.goal();
                self.start(context);
            }
            TradeOffRequest::Stop => self.stop(),
        }
    }

    /// Takes in what has finished and starts what is due; called once a frame.
    pub(crate) fn poll(&mut self, context: &mut WorkContext<'_>, is_shown: bool, compared: Option<&[StrategySpec; 2]>) {
        self.wanted = context.goal();
        if self.running.as_ref().is_some_and(|running| Some(&running.goal) != self.wanted.as_ref()) {
            // Dropping the job cancels it: nobody wants its points any more.
            self.running = None;
        }
        self.take_in(context);
        let is_new = self.wanted.is_some() && self.begun != self.wanted;
        if is_shown && is_new && self.running.is_none() {
            self.begun.clone_from(&self.wanted);
            self.start(context);
        }
        self.make_contrast(context, compared);
    }

    /// Two settings that were chosen are compared text by text, and again when there are more texts.
    fn make_contrast(&mut self, context: &mut WorkContext<'_>, compared: Option<&[StrategySpec; 2]>) {
        if let (Some(shown), Some(specs)) = (&self.shown, compared)
            && let [Some(one), Some(other)] = specs.each_ref().map(|spec| shown.run(spec))
        {
            self.contrasts.want((shown.goal.key.clone(), shown.ground.sample.rows, specs.clone()));
            if self.contrasts.due().is_some() {
                let (prepared, one, other) = (Arc::clone(&shown.ground.prepared), one.clone(), other.clone());
                self.contrasts.start("comparison of two settings", Arc::clone(&context.wake), move |ticket| {
                    Ok(evaluation::contrast(ticket, &prepared, (&one, &other))?)
                });
            }
        }
        if let Some(SlotEvent::Ended(_, Failure::Failed(reason))) = self.contrasts.poll() {
            context.messages.error(reason, "Choose two other settings");
        }
    }

    fn take_in(&mut self, context: &mut WorkContext<'_>) {
        let Some(running) = &self.running else { return };
        // Asked before the channel is emptied: what a finished job has sent is then all there.
        let ended = running.job.poll();
        let goal = running.goal.clone();
        let found: Vec<Found> = running.found.try_iter().collect();
        for found in found {
            self.generation += 1;
            match found {
                Found::Round(ground, dense) => self.open_round(&goal, ground, *dense),
                Found::Point(point, run, work) => self.add(*point, run, work),
                Found::Complete => self.shown = self.coming.take().or(self.shown.take()),
                Found::Paused(offer) => self.offer = Some(offer),
                Found::Failed(reason) => context.messages.error(reason, "Change the strategy's settings"),
            }
        }
        match ended {
            Poll::Running => return,
            Poll::Ready(Ok(())) => self.finished = self.offer.is_none().then_some(goal),
            Poll::Ready(Err(Failure::Cancelled)) => {}
            Poll::Ready(Err(Failure::Failed(reason))) | Poll::Lost(reason) => self.failure = Some(reason),
        }
        if let Some(running) = self.running.take() {
            self.work += running.work;
        }
        self.coming = None;
        self.generation += 1;
    }

    /// The first round is seen while it fills; later ones wait until they are complete.
    fn open_round(&mut self, goal: &Goal, ground: Arc<DenseBaseline>, dense: TradeOffPoint) {
        let round = Shown { goal: goal.clone(), ground, dense, points: Vec::new(), runs: Vec::new() };
        let is_first = self.shown.as_ref().is_none_or(|shown| shown.goal.key != goal.key);
        if is_first {
            self.work = SharedWork::default();
            (self.shown, self.coming) = (Some(round), None);
        } else {
            self.coming = Some(round);
        }
    }

    fn add(&mut self, point: TradeOffPoint, run: Arc<StrategyRun>, work: SharedWork) {
        if let Some(running) = &mut self.running {
            running.work = work;
        }
        if let Some(round) = self.coming.as_mut().or(self.shown.as_mut()) {
            round.points.retain(|other| other.point.spec != point.point.spec);
            round.points.push(point);
            round.runs.retain(|other| other.spec != run.spec);
            round.runs.push(run);
        }
    }

    fn start(&mut self, context: &WorkContext<'_>) {
        let (Some(checkpoint), Some(dataset)) = (context.checkpoint.clone(), context.dataset.clone()) else { return };
        let Some(goal) = context.goal() else { return };
        let mut specs: Vec<StrategySpec> = Vec::new();
        for planned in plan(context.project) {
            if !specs.contains(&planned.spec) {
                specs.push(planned.spec);
            }
        }
        self.offer = None;
        let (sender, found) = sync_channel(16);
        let tracker = Tracker::default();
        let shown = self.shown.as_ref().filter(|shown| shown.goal.key == goal.key);
        let plan = Plan {
            checkpoint,
            dataset,
            goal: goal.clone(),
            specs,
            shown_rows: shown.map_or(0, |shown| shown.ground.sample.rows),
            is_asked: self.asked.as_ref() == Some(&goal) || context.starts_by_itself,
            longest_unasked: context.longest_unasked,
            results: context.results.clone(),
            tracker: tracker.clone(),
        };
        let work = move |ticket: &Ticket| sweep(ticket, &plan, &sender);
        match Job::spawn("sweep", Arc::clone(&context.wake), work) {
            Ok(job) => self.running = Some(Running { goal, job, found, tracker, work: SharedWork::default() }),
            Err(err) => self.failure = Some(format!("no thread for the sweep: {err}")),
        }
    }

    /// How far the running work is; `None` when nothing runs.
    pub(crate) fn progress(&self) -> Option<Progress> {
        self.running.as_ref().map(|running| running.tracker.progress())
    }

    /// Whether two settings are being compared.
    pub(crate) fn is_comparing(&self) -> bool {
        self.contrasts.is_busy()
    }

    /// Asks what runs to stop; what is finished stays.
    pub(crate) fn stop(&self) {
        if let Some(running) = &self.running {
            running.job.cancel();
        }
    }

    /// How much of the work settings took over from each other. Range: 0–1; `None` before anything was computed.
    pub(crate) fn shared(&self) -> Option<f64> {
        let running = self.running.as_ref();
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

    /// Whether the points rest on another model or data set than is set now.
    pub(crate) fn is_stale(&self) -> bool {
        let wanted = self.wanted.as_ref().map(|goal| &goal.key);
        self.shown.as_ref().is_some_and(|shown| Some(&shown.goal.key) != wanted)
    }

    /// What is left to do for results on all rows that are wanted: how many, and how long it takes where that is known.
    /// `None` while something runs and when there is nothing left.
    pub(crate) fn rest(&self) -> Option<(usize, Option<Duration>)> {
        let wanted = self.wanted.as_ref().filter(|_| self.running.is_none())?;
        let shown = self.shown.as_ref().filter(|shown| shown.goal.key == wanted.key)?;
        let is_short = self.finished.as_ref() != Some(wanted) && shown.ground.sample.rows < wanted.rows;
        is_short.then_some((wanted.rows, self.offer.as_ref().map(|offer| offer.time)))
    }

    /// The dense run.
    pub(crate) fn dense(&self) -> Option<&TradeOffPoint> {
        self.shown.as_ref().map(|shown| &shown.dense)
    }

    /// The second of two settings less the first, once it is known for the texts on screen.
    pub(crate) fn contrast(&self, specs: &[StrategySpec; 2]) -> Option<&Arc<Contrast>> {
        let shown = self.shown.as_ref()?;
        self.contrasts.get(&(shown.goal.key.clone(), shown.ground.sample.rows, specs.clone()))
    }

    /// What the points on screen rest on, and the name of the data set.
    pub(crate) fn texts(&self) -> Option<(String, &Dataset)> {
        let ground = &self.shown.as_ref()?.ground;
        Some((ground.basis_line(), &ground.dataset))
    }

    /// The finished points among those a sweep of the project would run, with the names of their lines.
    pub(crate) fn points(&self, project: &Project) -> Vec<TradeOffPoint> {
        let points = self.shown.as_ref().map_or(&[][..], |shown| &shown.points);
        let find = |planned: Planned| {
            let point = points.iter().find(|point| point.point.spec == planned.spec)?;
            Some(TradeOffPoint { series: planned.series, ..point.clone() })
        };
        plan(project).into_iter().filter_map(find).collect()
    }

    /// How many settings of the project have no result yet.
    pub(crate) fn missing(&self, project: &Project) -> usize {
        let points = self.shown.as_ref().filter(|_| !self.is_stale()).map_or(&[][..], |shown| &shown.points);
        let known = |spec: &StrategySpec| points.iter().any(|point| point.point.spec == *spec);
        plan(project).iter().filter(|planned| !known(&planned.spec)).count()
    }
}

fn sweep(ticket: &Ticket, plan: &Plan, sender: &SyncSender<Found>) -> Result<(), Failure> {
    let mut common = None;
    plan.run(ticket, |step| {
        let found = match (step, &common) {
            (Step::Baseline(ground), _) => {
                let dense = point(ticket, &ground, &ground.dense)?;
                common = Some(Arc::clone(&ground));
                Found::Round(ground, Box::new(dense))
            }
            (Step::Run(run, work), Some(ground)) => Found::Point(Box::new(point(ticket, ground, &run)?), run, work),
            // The ground comes first.
            (Step::Run(..), None) => return Ok(()),
            (Step::Failed(reason), _) => Found::Failed(reason),
            (Step::Complete, _) => Found::Complete,
            (Step::Paused(offer), _) => Found::Paused(offer),
        };
        sender.send(found).map_err(|_gone| Failure::Cancelled)
    })
}

fn point(ticket: &Ticket, ground: &DenseBaseline, run: &StrategyRun) -> Result<TradeOffPoint, Failure> {
    ticket.checkpoint()?;
    let summary = evaluation::summarize(&ground.prepared, &ground.dense, run);
    let worst_group = worst_group(ticket, ground, run)?;
    let point = SweepPoint { spec: run.spec.clone(), summary };
    Ok(TradeOffPoint { series: run.spec.id().to_owned(), point, worst_group })
}

/// The groups with the lowest accuracy, or agreement where nothing is labelled, over all group columns; undefined where a column has a group too small to be judged.
fn worst_group(
    ticket: &Ticket,
    ground: &DenseBaseline,
    run: &StrategyRun,
) -> Result<Option<(String, Estimate)>, Failure> {
    let worst = evaluation::worst_group(ticket, &ground.prepared, &ground.dense, run)?;
    Ok(worst.map(|(column, worst)| (format!("{column}: {}", worst.names()), worst.value)))
}
