//! All strategies over one data set, with everything that is said about them.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::Removal;
use crate::evaluation::Audit;
use crate::evaluation::Draws;
use crate::evaluation::Error;
use crate::evaluation::ExampleResult;
use crate::evaluation::LatencyOptions;
use crate::evaluation::LatencyStudy;
use crate::evaluation::ModelInfo;
use crate::evaluation::PartialRun;
use crate::evaluation::Prepared;
use crate::evaluation::SharedRuns;
use crate::evaluation::SharedWork;
use crate::evaluation::StrategyRun;
use crate::evaluation::TimedRun;
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
    pub prepared: Arc<Prepared>,
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
    /// One entry per item; `None` where a stop came first.
    pub results: Vec<Option<ExampleResult>>,
    /// How tokens went.
    pub removal: Removal,
    /// Wall-clock time of the run.
    pub duration: Duration,
    /// All metrics; `None` if the run was stopped, as finished items are no fair sample.
    pub audit: Option<Audit>,
}

impl Evaluated {
    /// Number of finished items.
    #[must_use]
    pub fn finished(&self) -> usize {
        self.results.iter().flatten().count()
    }
}

impl Evaluation {
    /// Whether anything that was asked for is missing.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.strategies.len() < self.planned.len()
            || self.strategies.iter().any(|strategy| strategy.audit.is_none())
            || (self.latency_rounds > 0 && self.latency.as_ref().is_none_or(|latency| latency.partial))
    }
}

/// Runs the dense model and then each strategy, compares each with dense, and measures latency. A stop keeps what is
/// finished.
///
/// # Errors
/// [`Error::Build`] if a strategy does not fit the model (checked before anything runs), [`Error::Run`] if the engine
/// gives up, [`Error::Latency`] if the laboratory does.
pub fn evaluate(
    ticket: &Ticket,
    checkpoint: &Checkpoint,
    prepared: Arc<Prepared>,
    specs: &[StrategySpec],
    options: EvaluateOptions,
) -> Result<Evaluation, Error> {
    let EvaluateOptions { draws, latency_rounds } = options;
    let dense_spec = StrategySpec::default_for("dense").map_err(|source| Error::Dense { source })?;
    let mut planned = vec![dense_spec];
    for spec in specs {
        crate::evaluation::run::build(checkpoint, spec)?;
        if !planned.contains(spec) {
            planned.push(spec.clone());
        }
    }
    let mut dense = None;
    let mut strategies = Vec::with_capacity(planned.len());
    let mut runs = SharedRuns::new(checkpoint, &prepared, &planned);
    for spec in &planned {
        if ticket.is_cancelled() {
            break;
        }
        let run = runs.run_keeping(ticket, spec, |_| {})?;
        strategies.push(match run.complete() {
            Err(partial) => unfinished(*partial),
            Ok(run) => {
                let baseline = dense.get_or_insert_with(|| run.clone());
                report_audit(ticket, spec);
                let audit = audit::audit(ticket, &prepared, baseline, &run, draws).ok();
                finished(run, audit)
            }
        });
    }
    let shared = runs.work();
    // Kept states make room for the measurement.
    drop(runs);
    let latency = latency(ticket, checkpoint, &prepared, &strategies, options)?;
    let model = ModelInfo::of(checkpoint);
    Ok(Evaluation { model, prepared, strategies, planned, draws, shared, latency_rounds, latency })
}

/// Latency of every complete strategy but dense, which each of them is timed against.
fn latency(
    ticket: &Ticket,
    checkpoint: &Checkpoint,
    prepared: &Prepared,
    strategies: &[Evaluated],
    options: EvaluateOptions,
) -> Result<Option<LatencyStudy>, Error> {
    if options.latency_rounds == 0 || ticket.is_cancelled() {
        return Ok(None);
    }
    let complete = strategies.iter().filter(|strategy| strategy.spec.id() != "dense" && strategy.audit.is_some());
    let runs: Vec<TimedRun<'_>> = complete
        .map(|strategy| TimedRun { spec: &strategy.spec, results: strategy.results.iter().flatten().collect() })
        .collect();
    let Draws { count, seed } = options.draws;
    let options = LatencyOptions { rounds: options.latency_rounds, seed, draws: count };
    measure_latency(ticket, checkpoint, prepared, &runs, options).map(Some)
}

fn report_audit(ticket: &Ticket, spec: &StrategySpec) {
    ticket.report(Progress { done: 0, total: None, stage: format!("comparing {}", spec.id()) });
}

fn finished(run: StrategyRun, audit: Option<Audit>) -> Evaluated {
    let results = run.results.into_iter().map(Some).collect();
    Evaluated { spec: run.spec, results, removal: run.removal, duration: run.duration, audit }
}

fn unfinished(run: PartialRun) -> Evaluated {
    Evaluated { spec: run.spec, results: run.results, removal: run.removal, duration: run.duration, audit: None }
}
