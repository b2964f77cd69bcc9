//! All strategies over one data set, with everything that is said about them.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::Removal;
use crate::evaluation::Audit;
use crate::evaluation::Draws;
use crate::evaluation::Error;
use crate::evaluation::ExampleResult;
use crate::evaluation::ModelInfo;
use crate::evaluation::PartialRun;
use crate::evaluation::Prepared;
use crate::evaluation::StrategyRun;
use crate::evaluation::audit;
use crate::evaluation::run_strategy_keeping;
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
        self.strategies.len() < self.planned.len() || self.strategies.iter().any(|strategy| strategy.audit.is_none())
    }
}

/// Runs the dense model and then each strategy, and compares each with dense. A stop keeps what is finished.
///
/// # Errors
/// [`Error::Build`] if a strategy does not fit the model (checked before anything runs), [`Error::Run`] if the engine
/// gives up.
pub fn evaluate(
    ticket: &Ticket,
    checkpoint: &Checkpoint,
    prepared: Arc<Prepared>,
    specs: &[StrategySpec],
    draws: Draws,
) -> Result<Evaluation, Error> {
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
    for spec in &planned {
        if ticket.is_cancelled() {
            break;
        }
        let run = run_strategy_keeping(ticket, checkpoint, &prepared, spec, |_| {})?;
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
    Ok(Evaluation { model: ModelInfo::of(checkpoint), prepared, strategies, planned, draws })
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
