//! All strategies over one data set, with everything that is said about them.

use std::sync::Arc;
use std::time::Duration;

use crate::data::DataStream;
use crate::engine::Removal;
use crate::evaluation::Audit;
use crate::evaluation::Chunk;
use crate::evaluation::Draws;
use crate::evaluation::Error;
use crate::evaluation::ExampleResult;
use crate::evaluation::LatencyOptions;
use crate::evaluation::LatencyStudy;
use crate::evaluation::ModelInfo;
use crate::evaluation::Prepared;
use crate::evaluation::SharedRuns;
use crate::evaluation::SharedWork;
use crate::evaluation::StrategyRun;
use crate::evaluation::audit;
use crate::evaluation::measure_latency;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::model::Checkpoint;
use crate::pruning::StrategySpec;

/// Strategies over a data set; the dense model is the first of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// The model.
    pub model: ModelInfo,
    /// The data set.
    pub prepared: Prepared,
    /// What was run, dense first; strategies that were not begun are missing.
    pub strategies: Vec<Evaluated>,
    /// What was asked for, dense first.
    pub planned: Vec<StrategySpec>,
    /// Where the bootstrap's draws come from.
    pub draws: Draws,
    /// How much of the work strategies took over from each other.
    pub shared: SharedWork,
    /// Rounds of latency asked for; 0 = none.
    pub latency_rounds: usize,
    /// Measured latency, if it was asked for and not stopped before it began.
    pub latency: Option<LatencyStudy>,
}

/// What is asked of an evaluation beside its strategies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvaluateOptions {
    /// Bootstrap draws and their seed.
    pub draws: Draws,
    /// Rounds of latency, each strategy in turn with the dense model on a sample of the texts; 0 = none.
    pub latency_rounds: usize,
}

/// One strategy over the data set.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluated {
    /// The strategy and its settings.
    pub spec: StrategySpec,
    /// Number of finished items.
    pub finished: usize,
    /// How tokens went.
    pub removal: Removal,
    /// Wall-clock time of the run.
    pub duration: Duration,
    /// All metrics; `None` if the run was stopped, as finished items are no fair sample.
    pub audit: Option<Audit>,
}

/// What one strategy made of one chunk; afterwards only a few numbers of it are kept.
#[derive(Clone, Copy, Debug)]
pub struct FinishedRows<'a> {
    /// The data set.
    pub prepared: &'a Prepared,
    /// The items.
    pub chunk: &'a Chunk,
    /// The strategy and its settings.
    pub spec: &'a StrategySpec,
    /// One entry per item of the chunk; `None` where a stop came first.
    pub results: &'a [Option<ExampleResult>],
}

impl Evaluation {
    /// How far a number may lie from what it is held against to be right; `None` where the model gives no number, or before
    /// the dense run is complete.
    #[must_use]
    pub fn tolerance(&self) -> Option<f64> {
        self.strategies.first()?.audit.as_ref()?.tolerance
    }

    /// Clusters that the labelled items fall into, or all where nothing is labelled; `None` where the data set names none.
    #[must_use]
    pub fn clusters(&self) -> Option<usize> {
        self.prepared.clusters()
    }

    /// Whether anything that was asked for is missing.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.strategies.len() < self.planned.len()
            || self.strategies.iter().any(|strategy| strategy.audit.is_none())
            || (self.latency_rounds > 0 && self.latency.as_ref().is_none_or(|latency| latency.partial))
    }
}

/// Runs the dense model and then each strategy over one chunk of the texts after the other, compares each with dense, and
/// measures latency. `on_rows` gets what is not kept, chunk by chunk, within it strategy by strategy. A stop keeps what is
/// finished.
///
/// Nothing that grows with the texts stays in memory, only some numbers per row ([`Prepared`], [`Results`](crate::evaluation::Results)).
///
/// # Errors
/// Before anything runs: [`Error::Build`] if a strategy does not fit the model, [`Error::Labels`] and
/// [`Error::NothingUsable`] if labels do not. Later: [`Error::Read`] if the file cannot be read again or has changed,
/// [`Error::Run`] if the engine gives up, [`Error::Latency`] if the laboratory does, and whatever `on_rows` says.
/// [`Error::Cancelled`] if a stop comes before anything was run.
pub fn evaluate<E: From<Error>>(
    ticket: &Ticket,
    checkpoint: &Checkpoint,
    stream: &DataStream,
    specs: &[StrategySpec],
    options: EvaluateOptions,
    mut on_rows: impl FnMut(FinishedRows<'_>) -> Result<(), E>,
) -> Result<Evaluation, E> {
    let mut prepared = Prepared::new(checkpoint, Arc::clone(stream.index()))?;
    let planned = plan(checkpoint, specs)?;
    let mut strategies = Strategies { ticket, checkpoint, draws: options.draws, all: begin(&planned) };
    let mut shared = SharedWork::default();
    for (number, examples) in stream.chunks().map_err(Error::reading)?.enumerate() {
        let chunk = match prepared.add(ticket, checkpoint, &examples.map_err(Error::reading)?) {
            Err(Error::Cancelled) if number > 0 => break,
            chunk => chunk?,
        };
        let is_last = number + 1 == stream.num_chunks();
        if is_last {
            prepared.check_usable()?;
        }
        shared += strategies.run(&planned, &prepared, (&chunk, is_last), &mut on_rows)?;
        if ticket.is_cancelled() {
            break;
        }
    }
    let Strategies { all, .. } = strategies;
    let latency = latency(ticket, checkpoint, (&prepared, stream), &all, options)?;
    Ok(Evaluation {
        model: ModelInfo::of(checkpoint),
        prepared,
        strategies: all.into_iter().filter_map(InProgress::end).collect(),
        planned,
        draws: options.draws,
        shared,
        latency_rounds: options.latency_rounds,
        latency,
    })
}

/// The dense model and the strategies, each once; those that do not fit the model are an error.
fn plan(checkpoint: &Checkpoint, specs: &[StrategySpec]) -> Result<Vec<StrategySpec>, Error> {
    let dense = StrategySpec::default_for("dense").map_err(|source| Error::Dense { source })?;
    let mut planned = vec![dense];
    for spec in specs {
        crate::evaluation::run::strategy_run::build(checkpoint, spec)?;
        if !planned.contains(spec) {
            planned.push(spec.clone());
        }
    }
    Ok(planned)
}

/// A strategy on its way through the chunks.
struct InProgress {
    run: StrategyRun,
    is_begun: bool,
    finished: usize,
    audit: Option<Audit>,
}

fn begin(planned: &[StrategySpec]) -> Vec<InProgress> {
    let begin = |spec| InProgress { run: StrategyRun::begin(spec), is_begun: false, finished: 0, audit: None };
    planned.iter().map(begin).collect()
}

impl InProgress {
    /// What is said about it; `None` if it was not begun.
    fn end(self) -> Option<Evaluated> {
        let Self { run, is_begun, finished, audit } = self;
        let StrategyRun { spec, removal, duration, .. } = run;
        is_begun.then_some(Evaluated { spec, finished, removal, duration, audit })
    }
}

/// All strategies, dense first.
struct Strategies<'a> {
    ticket: &'a Ticket,
    checkpoint: &'a Checkpoint,
    draws: Draws,
    all: Vec<InProgress>,
}

impl Strategies<'_> {
    /// Runs a chunk through every strategy; after the last chunk each is compared with dense as soon as it is through.
    fn run<E: From<Error>>(
        &mut self,
        planned: &[StrategySpec],
        prepared: &Prepared,
        (chunk, is_last): (&Chunk, bool),
        on_rows: &mut impl FnMut(FinishedRows<'_>) -> Result<(), E>,
    ) -> Result<SharedWork, E> {
        let mut runs = SharedRuns::new(self.checkpoint, prepared, chunk, planned);
        for (number, spec) in planned.iter().enumerate() {
            if self.ticket.is_cancelled() {
                break;
            }
            let found = runs.run_keeping(self.ticket, spec, |_| {})?;
            on_rows(FinishedRows { prepared, chunk, spec, results: &found.results })?;
            let strategy = &mut self.all[number];
            strategy.is_begun = true;
            strategy.finished += found.finished();
            strategy.run.take(prepared, chunk, found);
            if is_last && strategy.run.results.len() == prepared.total() {
                self.audit(prepared, number);
            }
        }
        Ok(runs.work())
    }

    /// Compares a complete run with the dense one, which was complete before it.
    fn audit(&mut self, prepared: &Prepared, number: usize) {
        let run = &self.all[number].run;
        self.ticket.report(Progress { done: 0, total: None, stage: format!("comparing {}", run.spec.id()) });
        self.all[number].audit = audit::audit(self.ticket, prepared, &self.all[0].run, run, self.draws).ok();
    }
}

/// Latency of every complete strategy but dense, which each of them is timed against.
fn latency(
    ticket: &Ticket,
    checkpoint: &Checkpoint,
    (prepared, stream): (&Prepared, &DataStream),
    strategies: &[InProgress],
    options: EvaluateOptions,
) -> Result<Option<LatencyStudy>, Error> {
    if options.latency_rounds == 0 || ticket.is_cancelled() {
        return Ok(None);
    }
    let complete = strategies.iter().filter(|strategy| strategy.run.spec.id() != "dense" && strategy.audit.is_some());
    let runs: Vec<&StrategyRun> = complete.map(|strategy| &strategy.run).collect();
    let Draws { count, seed } = options.draws;
    let options = LatencyOptions { rounds: options.latency_rounds, seed, draws: count };
    measure_latency(ticket, checkpoint, (prepared, stream), &runs, options).map(Some)
}
