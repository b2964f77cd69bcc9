//! Measuring time in the background: alone, one measurement at a time, rows on screen as they are finished.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::app::work::latency_plan;
use crate::app::work::latency_plan::LatencyPlan;
use crate::app::work::latency_plan::Texts;
use crate::app::work::latency_settings;
use crate::app::work::latency_settings::DataContent;
use crate::app::work::latency_settings::ModelContent;
use crate::app::work::latency_settings::SettingsLatency;
use crate::app::work::latency_settings::data_content;
use crate::app::work::latency_settings::model_content;
use crate::app::work::slot::Failure;
use crate::app::work::slot::error_chain;
use crate::app::work::stream::End;
use crate::app::work::stream::Outlet;
use crate::app::work::stream::Stream;
use crate::data::Content;
use crate::data::Dataset;
use crate::figure::Figure;
use crate::figure::charts;
use crate::figure::charts::LatencyInput;
use crate::figure::charts::latency_figure;
use crate::input::Sequence;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::jobs::Wake;
use crate::latency;
use crate::latency::Case;
use crate::latency::CaseKind;
use crate::latency::LatencyReport;
use crate::latency::Machine;
use crate::latency::Measured;
use crate::model::Checkpoint;
use crate::project::Project;
use crate::pruning::StrategySpec;

/// What the latency view asks for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LatencyRequest {
    /// Measure, as soon as nothing else runs.
    Measure(LatencyPlan),
    /// Measure settings of the trade-off view on a sample of the data set, as soon as nothing else runs.
    MeasureSettings(Vec<StrategySpec>),
    /// Stop, or do not begin; what is finished stays.
    Stop,
    /// Stop everything else, so that it can begin.
    StopOthers,
}

/// What a measurement may know when it begins.
pub(crate) struct LatencyContext<'a> {
    /// What is set.
    pub(crate) project: &'a Project,
    /// The checkpoint, if it is the one the project names.
    pub(crate) checkpoint: Option<&'a Arc<Checkpoint>>,
    /// The data set, if it is the one the project names.
    pub(crate) dataset: Option<&'a Arc<Dataset>>,
    /// Nothing else runs.
    pub(crate) is_free: bool,
    /// Wakes the window when work is done.
    pub(crate) wake: &'a Wake,
}

/// A measurement on screen, finished or not.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ShownLatency {
    /// The checkpoint it was made with, for a person.
    model: PathBuf,
    /// The same by content; `None` for a measurement that was made elsewhere.
    made_with: Option<ModelContent>,
    /// The strategies it was asked for.
    strategies: Vec<StrategySpec>,
    /// Which texts were timed, for a person.
    texts: String,
    machine: Machine,
    rows: Vec<Measured>,
    /// Rows are missing or were stopped early.
    pub(crate) is_partial: bool,
}

/// What was asked for and has not begun.
enum Asked {
    View(LatencyPlan),
    Settings(Vec<StrategySpec>),
}

/// Where the outcome goes.
enum Goal {
    View(ShownLatency),
    Settings(SettingsLatency),
}

/// What a measurement sends.
enum Found {
    Row(Box<Measured>),
    Report(Box<LatencyReport>),
}

/// The latency view's work in the background.
#[derive(Default)]
pub(crate) struct LatencyWork {
    waiting: Option<Asked>,
    stream: Stream<(), Found>,
    /// Where the outcome of the running measurement goes.
    goal: Option<Goal>,
    shown: Option<ShownLatency>,
    settings: Option<SettingsLatency>,
    /// Model and data set that are open, by content; `None` where there are none or they are on their way.
    open: (Option<ModelContent>, Option<DataContent>),
    failure: Option<String>,
    generation: u64,
}

/// Frames are drawn at most this often while time is measured: drawing takes time from what is timed.
const PAUSE: Duration = Duration::from_millis(500);
/// More rows than a plan gives, so that a window that is not drawn never holds the measurement up.
const MOST_ROWS: usize = 4096;
/// Texts of a data set that are cut into tokens, evenly spread over it.
const SAMPLED: usize = 2_000;

impl LatencyWork {
    /// Measures as soon as nothing else runs.
    pub(crate) fn ask(&mut self, plan: LatencyPlan) {
        self.wait(Asked::View(plan));
    }

    /// Measures settings of the trade-off view as soon as nothing else runs.
    pub(crate) fn ask_settings(&mut self, specs: Vec<StrategySpec>) {
        self.wait(Asked::Settings(specs));
    }

    fn wait(&mut self, asked: Asked) {
        self.failure = None;
        if !self.is_measuring() {
            self.waiting = Some(asked);
        }
    }

    /// Takes in what has finished and begins what waits, if it may; called once a frame.
    pub(crate) fn poll(&mut self, context: &LatencyContext<'_>) {
        let source = context.project.data.as_ref();
        let data = context.dataset.zip(source).map(|(dataset, source)| data_content(dataset, source));
        self.open = (context.checkpoint.map(|checkpoint| model_content(checkpoint)), data);
        self.take_in();
        let may_begin = !self.is_measuring() && context.is_free;
        if let Some(checkpoint) = context.checkpoint.filter(|_| may_begin)
            && let Some(asked) = self.waiting.take()
        {
            self.begin(asked, checkpoint, context);
        }
    }

    fn begin(&mut self, asked: Asked, checkpoint: &Arc<Checkpoint>, context: &LatencyContext<'_>) {
        let (source, lab_plan, goal) = match asked {
            Asked::View(plan) => prepare(plan, context),
            Asked::Settings(specs) => {
                let Some(dataset) = context.dataset else { return };
                let known = self.settings.take().filter(|known| known.fits(&self.open));
                let goal = known.unwrap_or_else(|| SettingsLatency::new(self.open.clone()));
                self.settings = Some(goal.clone());
                let source = Source::Sample(Arc::clone(dataset));
                (source, latency_settings::lab_plan(specs), Goal::Settings(goal))
            }
        };
        let checkpoint = Arc::clone(checkpoint);
        let work = move |ticket: &Ticket, outlet: &Outlet<Found>| {
            let cases = source.cases(ticket, lab_plan.seed, &checkpoint)?;
            measure(ticket, &checkpoint, (&cases, &lab_plan), outlet)
        };
        let wake = Arc::clone(context.wake);
        let seldom: Wake = Arc::new(move |within| wake(if within.is_zero() { within } else { within.max(PAUSE) }));
        self.goal = Some(goal);
        self.stream.start((), ("latency", MOST_ROWS), seldom, work);
    }

    fn take_in(&mut self) {
        let Some(arrived) = self.stream.poll() else { return };
        let mut report = None;
        let mut rows = Vec::new();
        for found in arrived.items {
            match found {
                Found::Row(row) => rows.push(*row),
                Found::Report(all) => report = Some(*all),
            }
        }
        if let (false, Some(Goal::View(begun))) = (rows.is_empty(), &mut self.goal) {
            begun.rows.extend(rows);
            self.shown = Some(begun.clone());
            self.generation += 1;
        }
        let Some(end) = arrived.end else { return };
        self.generation += 1;
        if let End::Failed(reason) = end {
            self.failure = Some(reason);
        }
        match (report, self.goal.take()) {
            (Some(report), Some(Goal::View(begun))) => {
                let LatencyReport { machine, rows, partial, .. } = report;
                self.show(ShownLatency { machine, rows, is_partial: partial, ..begun });
            }
            (Some(report), Some(Goal::Settings(mut known))) => {
                known.add(&report);
                self.settings = Some(known);
            }
            (None, _) | (_, None) => {}
        }
    }

    /// Puts a measurement on screen; one that was stopped before its first row leaves what is there.
    fn show(&mut self, shown: ShownLatency) {
        if !shown.rows.is_empty() {
            self.shown = Some(shown);
        }
        self.generation += 1;
    }

    /// Shows a measurement that was made elsewhere as if it had just been made here.
    pub(crate) fn show_report(&mut self, report: LatencyReport, model: PathBuf) {
        self.show(ShownLatency {
            model,
            made_with: None,
            strategies: report.plan.strategies,
            texts: Texts::Lengths.label().to_owned(),
            machine: report.machine,
            rows: report.rows,
            is_partial: report.partial,
        });
    }

    /// How far the measurement is, with the time it will still take.
    pub(crate) fn progress(&self) -> Option<Progress> {
        let mut progress = self.stream.progress()?;
        let elapsed = self.stream.elapsed()?;
        let done = progress.done as f64;
        if let Some(total) = progress.total.filter(|_| done > 0.0) {
            let left = elapsed.as_secs_f64() * (total as f64 - done).max(0.0) / done;
            progress.stage = format!("{}, about {} s left", progress.stage, left.ceil());
        }
        progress.total = progress.total.or(Some(1));
        Some(progress)
    }

    /// Asks what runs to stop, and does not begin what waits; what is finished stays.
    pub(crate) fn stop(&mut self) {
        self.waiting = None;
        self.stream.stop();
    }

    /// Whether a measurement runs: nothing else may start.
    pub(crate) fn is_measuring(&self) -> bool {
        self.stream.is_running()
    }

    /// Whether a measurement was asked for and other work still runs.
    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// Whether a measurement runs or waits.
    pub(crate) fn is_busy(&self) -> bool {
        self.is_measuring() || self.waiting.is_some()
    }

    /// Grows whenever something arrives.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// Why the last measurement failed.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// Measured speed-ups of settings, with the model and on the data set that are open.
    pub(crate) fn settings(&self) -> Option<&SettingsLatency> {
        self.settings.as_ref().filter(|known| known.fits(&self.open))
    }

    /// What is on screen.
    pub(crate) fn shown(&self) -> Option<&ShownLatency> {
        self.shown.as_ref()
    }

    /// Whether what is shown rests on another model or other strategies than are set now.
    pub(crate) fn is_stale(&self, project: &Project) -> bool {
        let is_other = |shown: &ShownLatency| {
            let is_other_model = match &shown.made_with {
                Some(model) => self.open.0.as_ref() != Some(model),
                None => shown.model != project.model,
            };
            is_other_model || shown.strategies != latency_plan::strategies(project)
        };
        self.shown.as_ref().is_some_and(is_other)
    }
}

impl ShownLatency {
    /// The figure of all rows. A file says by itself what the window says around the figure: warnings, and whether all
    /// was measured.
    pub(crate) fn figure(&self, is_for_file: bool) -> Figure {
        let model = self.model.file_name().unwrap_or_default().to_string_lossy();
        latency_figure(&LatencyInput {
            rows: &self.rows,
            basis: if is_for_file && self.is_partial { format!("{}; partial", self.basis()) } else { self.basis() },
            notes: if is_for_file { self.warnings() } else { Vec::new() },
            provenance: charts::provenance(&model, ""),
        })
    }

    /// "AMD EPYC, 2 of 2 cores, …; the text shown".
    fn basis(&self) -> String {
        format!("{}; {}", self.machine.summary(), self.texts)
    }

    /// What the line of the basis means.
    pub(crate) fn machine_hint(&self) -> String {
        let rounds = self.rows.iter().map(|row| row.blocks.len());
        let rounds = match (rounds.clone().min(), rounds.max()) {
            (Some(least), Some(most)) if least < most => format!("{least} to {most} rounds"),
            (Some(least), _) => format!("{least} rounds"),
            (None, _) => "no rounds yet".to_owned(),
        };
        format!(
            "{rounds} for each case and strategy. A round is two dense and two pruned passes in the order dense, pruned, pruned, \
             dense, or the other way around, so that whatever slows the machine for a while slows both\n\
             Load: processes that ran or waited for a core in the minute before. Time that went to others: share of all \
             cores' time that other programs took while this was measured"
        )
    }

    /// Why times may be less certain than they look.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.machine.warning().map(|warning| sentence_case(&warning)).into_iter().collect()
    }
}

/// With a capital at its start.
fn sentence_case(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What the latency view's plan means with the project at hand.
fn prepare(plan: LatencyPlan, context: &LatencyContext<'_>) -> (Source, latency::Plan, Goal) {
    let strategies = latency_plan::strategies(context.project);
    let lab_plan = plan.lab_plan(strategies.clone());
    let machine = Machine::look(plan.threads());
    let source = Source::of(plan, context);
    let goal = ShownLatency {
        model: context.project.model.clone(),
        made_with: context.checkpoint.map(|checkpoint| model_content(checkpoint)),
        strategies,
        texts: source.label(),
        machine,
        rows: Vec::new(),
        is_partial: true,
    };
    (source, lab_plan, Goal::View(goal))
}

/// Which texts are timed, held until they are cut into batches.
enum Source {
    Lengths(LatencyPlan),
    Shown(Content, Vec<usize>),
    Buckets(Arc<Dataset>, Vec<usize>),
    Sample(Arc<Dataset>),
}

impl Source {
    fn of(plan: LatencyPlan, context: &LatencyContext<'_>) -> Self {
        match (plan.texts, context.dataset) {
            (Texts::Lengths, _) | (Texts::Buckets, None) => Self::Lengths(plan),
            (Texts::Shown, _) => Self::Shown(context.project.content(), plan.batches),
            (Texts::Buckets, Some(dataset)) => Self::Buckets(Arc::clone(dataset), plan.batches),
        }
    }

    fn label(&self) -> String {
        match self {
            Self::Lengths(_) => "made-up texts".to_owned(),
            Self::Shown(..) => "the text of the Inspect view".to_owned(),
            Self::Buckets(dataset, _) | Self::Sample(dataset) => format!("texts of {}", dataset.name),
        }
    }

    fn cases(&self, ticket: &Ticket, seed: u64, checkpoint: &Checkpoint) -> Result<Vec<Case>, Failure> {
        match self {
            Self::Lengths(plan) => {
                latency::shapes(&checkpoint.model, &plan.batches, &plan.lengths).map_err(|err| failed(&err))
            }
            Self::Shown(content, batches) => {
                let encoded =
                    checkpoint.tokenizer.encode(content.text(), content.text_pair()).map_err(|err| failed(&err))?;
                Ok(batches.iter().map(|&batch| repeated(&encoded, batch)).collect())
            }
            Self::Buckets(dataset, batches) => {
                let texts = encode_sample(ticket, checkpoint, dataset)?;
                Ok(batches.iter().flat_map(|&batch| latency::buckets(&texts, batch, seed)).collect())
            }
            Self::Sample(dataset) => {
                Ok(vec![latency_settings::sample_case(encode_sample(ticket, checkpoint, dataset)?)])
            }
        }
    }
}

fn failed(err: &dyn std::error::Error) -> Failure {
    Failure::Failed(error_chain(err))
}

/// A batch of one text.
fn repeated(text: &Sequence, batch: usize) -> Case {
    let kind = CaseKind::Shape { batch, tokens: text.units.len() };
    Case { kind, batches: vec![vec![text.clone(); batch]] }
}

/// Texts evenly spread over a data set; those the tokenizer refuses are left out.
fn encode_sample(ticket: &Ticket, checkpoint: &Checkpoint, dataset: &Dataset) -> Result<Vec<Sequence>, Failure> {
    let step = dataset.examples.len().div_ceil(SAMPLED).max(1);
    let mut texts = Vec::new();
    for example in dataset.examples.iter().step_by(step) {
        ticket.checkpoint()?;
        let content = &example.content;
        texts.extend(checkpoint.tokenizer.encode_start(content.text(), content.text_pair()).ok());
    }
    if texts.is_empty() {
        return Err(Failure::Failed("the data set holds no text that the tokenizer reads".to_owned()));
    }
    Ok(texts)
}

fn measure(
    ticket: &Ticket,
    checkpoint: &Checkpoint,
    (cases, plan): (&[Case], &latency::Plan),
    outlet: &Outlet<Found>,
) -> Result<(), Failure> {
    // Nobody listens any more once the window has dropped the measurement: it is being cancelled then.
    let found = |row: &Measured| drop(outlet.send(Found::Row(Box::new(row.clone()))));
    let report = latency::measure(ticket, &checkpoint.model, cases, plan, &found).map_err(|err| failed(&err))?;
    outlet.send(Found::Report(Box::new(report)))
}
