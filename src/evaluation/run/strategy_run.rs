//! One strategy over a chunk or a whole data set.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::Removal;
use crate::evaluation::Chunk;
use crate::evaluation::Error;
use crate::evaluation::ExampleResult;
use crate::evaluation::Prepared;
use crate::evaluation::Results;
use crate::evaluation::SharedRuns;
use crate::jobs::Ticket;
use crate::model::Checkpoint;
use crate::pruning::Pruner;
use crate::pruning::StrategySpec;

/// Tokens of a batch. Large enough to keep the cores busy, small enough for a checkpoint well within a second.
pub(in crate::evaluation) const TOKENS_PER_BATCH: usize = 2048;

/// One strategy's results on every item.
#[derive(Clone, Debug, PartialEq)]
pub struct StrategyRun {
    /// The strategy and its settings.
    pub spec: StrategySpec,
    /// One entry per item, in the same order.
    pub results: Results,
    /// How tokens went, read off the tensors' real shapes; the most telling of all items.
    pub removal: Removal,
    /// Wall-clock time of the model's work. Layers that were taken over from another strategy's run count with the time
    /// that they took there.
    pub duration: Duration,
}

impl StrategyRun {
    /// A run to which chunks are still to be added; see [`SharedRuns::extend`].
    #[must_use]
    pub fn begin(spec: &StrategySpec) -> Self {
        Self { spec: spec.clone(), results: Results::default(), removal: Removal::None, duration: Duration::ZERO }
    }

    /// The same with the results of some items alone, in this order.
    #[must_use]
    pub fn pick(&self, items: &[u32]) -> Self {
        let Self { spec, results, removal, duration } = self;
        Self { spec: spec.clone(), results: results.pick(items), removal: *removal, duration: *duration }
    }

    /// Adds a chunk. Items that were not finished leave no results; those of the other chunks stay.
    pub(super) fn take(&mut self, prepared: &Prepared, chunk: &Chunk, run: ChunkRun) {
        self.removal = self.removal.more_telling(run.removal);
        self.duration += run.duration;
        if run.finished() == chunk.len() {
            let results: Vec<ExampleResult> = run.results.into_iter().flatten().collect();
            self.results.extend(prepared, chunk.first, &results);
        }
    }
}

/// One strategy's results on a [`Chunk`], which may have been stopped half-way.
#[derive(Clone, Debug, PartialEq)]
pub struct ChunkRun {
    /// One entry per item, in the same order; `None` where the run was stopped before. Batches go by length, so the
    /// finished items are no fair sample: their rows are worth keeping, their averages are not.
    pub results: Vec<Option<ExampleResult>>,
    /// How tokens went in the finished items.
    pub removal: Removal,
    /// Wall-clock time until the end or the stop.
    pub duration: Duration,
}

impl ChunkRun {
    /// Number of finished items.
    #[must_use]
    pub fn finished(&self) -> usize {
        self.results.iter().flatten().count()
    }
}

/// Runs one strategy over all items of a data set that is one chunk; `on_finished` hears after every batch how many are
/// done.
///
/// # Errors
/// [`Error::Cancelled`] if it was asked to stop (nothing is kept), else see [`SharedRuns::run_keeping`].
pub fn run_strategy(
    ticket: &Ticket,
    checkpoint: &Checkpoint,
    (prepared, chunk): (&Prepared, &Chunk),
    spec: &StrategySpec,
    on_finished: impl Fn(usize),
) -> Result<StrategyRun, Error> {
    SharedRuns::new(checkpoint, prepared, chunk, &[]).run(ticket, spec, on_finished)
}

/// How tokens went, in one word: `removed`, `masked`, `merged`, or `none` where every token stayed.
#[must_use]
pub fn removal_label(removal: Removal) -> &'static str {
    match removal {
        Removal::None => "none",
        Removal::Removed => "removed",
        Removal::Masked => "masked",
        Removal::Merged => "merged",
    }
}

/// What the rows after the last layer are called: `kept`, or `rows left` where they are made of several tokens.
#[must_use]
pub fn left_label(removal: Removal) -> &'static str {
    if removal == Removal::Merged { "rows left" } else { "kept" }
}

/// Builds a strategy for the model's shape.
pub(in crate::evaluation) fn build(checkpoint: &Checkpoint, spec: &StrategySpec) -> Result<Arc<dyn Pruner>, Error> {
    let shape = &checkpoint.model.config.shape;
    let built = spec.build(shape);
    built.map_err(|source| Error::Build { spec: spec.to_string(), layers: shape.num_layers, source })
}
