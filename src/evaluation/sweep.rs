//! Strategies at several settings, for the trade-off curve.

use crate::evaluation::Chunk;
use crate::evaluation::Error;
use crate::evaluation::Prepared;
use crate::evaluation::SharedRuns;
use crate::evaluation::StrategyRun;
use crate::evaluation::Summary;
use crate::evaluation::summarize;
use crate::jobs::Ticket;
use crate::model::Checkpoint;
use crate::pruning::StrategySpec;

/// One setting and what it gives.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepPoint {
    /// The setting.
    pub spec: StrategySpec,
    /// Its numbers beside the dense run.
    pub summary: Summary,
}

/// Runs the dense model, then each setting in turn, sharing what they have in common, and hands over every point as soon as it is finished.
///
/// The first point is the dense one. A setting that cannot run (a schedule for another number of layers) is handed over
/// as its error, and the sweep goes on. A stop drops the setting at work; finished points have been handed over by then.
///
/// # Errors
/// [`Error::Cancelled`] if it was asked to stop, or any failure of the dense run.
pub fn sweep(
    ticket: &Ticket,
    checkpoint: &Checkpoint,
    (prepared, chunk): (&Prepared, &Chunk),
    specs: &[StrategySpec],
    mut on_point: impl FnMut(&StrategySpec, Result<SweepPoint, Error>),
) -> Result<StrategyRun, Error> {
    let dense_spec = StrategySpec::default_for("dense").map_err(|source| Error::Dense { source })?;
    let plan: Vec<StrategySpec> = std::iter::once(&dense_spec).chain(specs).cloned().collect();
    let mut runs = SharedRuns::new(checkpoint, prepared, chunk, &plan);
    let dense = runs.run(ticket, &dense_spec, |_| {})?;
    let point = |run: &StrategyRun| SweepPoint { spec: run.spec.clone(), summary: summarize(prepared, &dense, run) };
    on_point(&dense_spec, Ok(point(&dense)));
    for spec in specs {
        match runs.run(ticket, spec, |_| {}) {
            Ok(run) => on_point(spec, Ok(point(&run))),
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            Err(error) => on_point(spec, Err(error)),
        }
    }
    Ok(dense)
}
