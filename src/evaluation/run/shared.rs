//! Several strategies over the same texts: the layers before the first decision are computed once for all of them.

use std::time::Duration;

use crate::cost;
use crate::engine;
use crate::engine::Outcome;
use crate::engine::PrefixCache;
use crate::engine::Removal;
use crate::engine::SharedWork;
use crate::evaluation::Answer;
use crate::evaluation::Chunk;
use crate::evaluation::ChunkRun;
use crate::evaluation::Error;
use crate::evaluation::ExampleResult;
use crate::evaluation::Prepared;
use crate::evaluation::StrategyRun;
use crate::evaluation::run::strategy_run::TOKENS_PER_BATCH;
use crate::evaluation::run::strategy_run::build;
use crate::input::Sequence;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::model::Checkpoint;
use crate::model::Model;
use crate::pruning::StrategySpec;

/// Bytes of states that wait for other strategies. What does not fit is computed again: some 170,000 tokens of a model
/// that is 384 wide fit once.
pub const SHARED_BYTES: usize = 256 << 20;

/// Runs strategies over the same items, one after the other.
///
/// Results are those of separate runs, bit for bit. Nothing is kept but what other strategies of the plan can use.
#[derive(Debug)]
pub struct SharedRuns<'a> {
    checkpoint: &'a Checkpoint,
    prepared: &'a Prepared,
    chunk: &'a Chunk,
    /// Items of each batch, counted from the chunk's first.
    batches: Vec<Vec<usize>>,
    prefixes: PrefixCache,
    /// Texts done by all runs together, and in all.
    done: u64,
    total: u64,
}

impl<'a> SharedRuns<'a> {
    /// Plans runs of these strategies, each once, in any order. Nothing runs yet; those that do not fit the model fail when
    /// they are run.
    #[must_use]
    pub fn new(checkpoint: &'a Checkpoint, prepared: &'a Prepared, chunk: &'a Chunk, specs: &[StrategySpec]) -> Self {
        Self::within(checkpoint, prepared, chunk, specs, SHARED_BYTES)
    }

    /// As [`Self::new`], keeping no more than so many bytes of states.
    #[must_use]
    pub fn within(
        checkpoint: &'a Checkpoint,
        prepared: &'a Prepared,
        chunk: &'a Chunk,
        specs: &[StrategySpec],
        bytes: usize,
    ) -> Self {
        let pruners: Vec<_> = specs.iter().filter_map(|spec| build(checkpoint, spec).ok()).collect();
        let lengths: Vec<usize> = chunk.encoded.iter().map(|encoded| encoded.units.len()).collect();
        let prefixes = PrefixCache::new(&checkpoint.model, pruners.iter().map(|pruner| &**pruner), bytes);
        let batches = engine::plan_batches(&lengths, TOKENS_PER_BATCH);
        let runs = specs.len().max(1) as u64;
        let (done, total) = (runs * chunk.first as u64, runs * prepared.total() as u64);
        Self { checkpoint, prepared, chunk, batches, prefixes, done, total }
    }

    /// How much was taken over so far.
    #[must_use]
    pub fn work(&self) -> SharedWork {
        self.prefixes.work()
    }

    /// Runs one strategy over all items of a data set that is one chunk; `on_finished` hears after every batch how many are
    /// done.
    ///
    /// # Errors
    /// [`Error::Cancelled`] if it was asked to stop (nothing of this strategy is kept), else see [`Self::run_keeping`].
    pub fn run(
        &mut self,
        ticket: &Ticket,
        spec: &StrategySpec,
        on_finished: impl Fn(usize),
    ) -> Result<StrategyRun, Error> {
        let mut run = StrategyRun::begin(spec);
        self.extend(ticket, &mut run, on_finished)?;
        Ok(run)
    }

    /// Runs a strategy over the chunk and adds the results to those of the chunks before it.
    ///
    /// # Errors
    /// As [`Self::run`]; the results are then what they were.
    pub fn extend(&mut self, ticket: &Ticket, run: &mut StrategyRun, on_finished: impl Fn(usize)) -> Result<(), Error> {
        let spec = run.spec.clone();
        let found = self.run_keeping(ticket, &spec, on_finished)?;
        if found.finished() < self.chunk.len() {
            return Err(Error::Cancelled);
        }
        run.take(self.prepared, self.chunk, found);
        Ok(())
    }

    /// Runs one strategy over all items of the chunk; a stop keeps what is finished.
    ///
    /// # Errors
    /// [`Error::Build`] if the settings do not fit the model, [`Error::Run`] if the engine gives up.
    pub fn run_keeping(
        &mut self,
        ticket: &Ticket,
        spec: &StrategySpec,
        on_finished: impl Fn(usize),
    ) -> Result<ChunkRun, Error> {
        let (model, chunk) = (&self.checkpoint.model, self.chunk);
        let pruner = build(self.checkpoint, spec)?;
        let mut run = ChunkRun { results: vec![None; chunk.len()], removal: Removal::None, duration: Duration::ZERO };
        let mut finished = 0;
        // Over all runs of the plan, so that it never goes back.
        let (before, total) = (self.done, self.total);
        let report = |finished: usize| {
            let done = (before + finished as u64).min(total);
            ticket.report(Progress { done, total: Some(total), stage: format!("running {}", spec.id()) });
        };
        report(0);
        for (number, batch) in self.batches.iter().enumerate() {
            if ticket.is_cancelled() {
                break;
            }
            let texts: Vec<&Sequence> = batch.iter().map(|&item| &chunk.encoded[item]).collect();
            let done = match self.prefixes.run(ticket, model, (number, &texts), &*pruner) {
                Ok(done) => done,
                Err(engine::Error::Cancelled) => break,
                Err(source) => {
                    let ids: Vec<&str> = batch.iter().map(|&item| &*chunk.ids[item]).collect();
                    return Err(Error::from_engine(spec, source, &ids));
                }
            };
            if done.outcomes.len() != batch.len() {
                let (expected, got) = (batch.len(), done.outcomes.len());
                return Err(Error::Results { spec: spec.to_string(), expected, got });
            }
            run.duration += done.duration;
            for (&item, outcome) in batch.iter().zip(done.outcomes) {
                run.removal = run.removal.more_telling(outcome.trace.removal());
                run.results[item] = Some(example_result(model, &chunk.encoded[item], outcome));
            }
            finished += batch.len();
            on_finished(finished);
            report(finished);
        }
        self.done += finished as u64;
        Ok(run)
    }
}

fn example_result(model: &Model, encoded: &Sequence, outcome: Outcome) -> ExampleResult {
    let outputs = model.config.head.outputs(&outcome.logits);
    ExampleResult {
        answer: Answer::of(model.config.head, &outcome.logits, &outputs),
        outputs,
        tokens: outcome.trace.num_tokens,
        tokens_kept: outcome.trace.tokens_kept(),
        retention_mean: outcome.trace.retention_mean(),
        macs: outcome.trace.macs(),
        dense_macs: cost::dense_macs(model, encoded.units.len()),
        logits: outcome.logits,
    }
}
