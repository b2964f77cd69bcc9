//! The group for which a run does worst, for whichever view names it.

use crate::app::work::dense_baseline::DenseBaseline;
use crate::app::work::slot::Failure;
use crate::evaluation;
use crate::evaluation::Estimate;
use crate::evaluation::StrategyRun;
use crate::jobs::Ticket;

/// The groups with the lowest accuracy, or agreement where nothing is labelled, over all group columns; undefined where a
/// column has a group too small to be judged.
pub(crate) fn worst_group(
    ticket: &Ticket,
    baseline: &DenseBaseline,
    run: &StrategyRun,
) -> Result<Option<(String, Estimate)>, Failure> {
    let worst = evaluation::worst_group(ticket, &baseline.prepared, &baseline.dense, run)?;
    Ok(worst.map(|(column, worst)| (format!("{column}: {}", worst.names()), worst.value)))
}
