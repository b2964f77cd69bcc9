//! What a setting takes by the clock, as a share of the dense model's time on the same texts.

use crate::engine;
use crate::evaluation::Error;
use crate::input::Sequence;
use crate::jobs::Ticket;
use crate::latency;
use crate::latency::Case;
use crate::latency::CaseKind;
use crate::latency::Plan;
use crate::latency::Rounds;
use crate::model::Checkpoint;
use crate::pruning::StrategySpec;

/// Tokens of a timed batch.
const TOKENS_PER_BATCH: usize = 1024;

/// Batches of a timed pass; taken evenly from those sorted by length.
const BATCHES: usize = 4;

/// Rounds while the dial is turned.
const QUICK_ROUNDS: usize = 3;

/// Rounds of the measurement that is reported.
const CAREFUL_ROUNDS: usize = 15;

/// Times settings on a few batches of the calibration texts.
pub(super) struct Clock<'a> {
    checkpoint: &'a Checkpoint,
    case: Case,
}

impl<'a> Clock<'a> {
    pub(super) fn new(checkpoint: &'a Checkpoint, texts: &[Sequence]) -> Self {
        let lengths: Vec<usize> = texts.iter().map(|text| text.units.len()).collect();
        let all = engine::plan_batches(&lengths, TOKENS_PER_BATCH);
        let count = all.len().min(BATCHES);
        let chosen = (0..count).map(|number| &all[number * all.len() / count]);
        let batches = chosen.map(|batch| batch.iter().map(|&text| texts[text].clone()).collect::<Vec<_>>());
        let batches: Vec<Vec<Sequence>> = batches.collect();
        let largest = batches.iter().map(Vec::len).max().unwrap_or(0);
        let (from, to) = (lengths.iter().min().copied().unwrap_or(0), lengths.iter().max().copied().unwrap_or(0));
        let kind = CaseKind::Bucket { batch: largest, from, to, texts: texts.len() };
        Self { checkpoint, case: Case { kind, batches } }
    }

    /// Own time ÷ dense time from a few rounds.
    pub(super) fn quickly(&self, ticket: &Ticket, spec: &StrategySpec) -> Result<f64, Error> {
        Ok(self.measure(ticket, spec, QUICK_ROUNDS)?.0)
    }

    /// Own time ÷ dense time with its 95% interval.
    pub(super) fn carefully(&self, ticket: &Ticket, spec: &StrategySpec) -> Result<(f64, Option<(f64, f64)>), Error> {
        self.measure(ticket, spec, CAREFUL_ROUNDS)
    }

    fn measure(&self, ticket: &Ticket, spec: &StrategySpec, rounds: usize) -> Result<(f64, Option<(f64, f64)>), Error> {
        let plan = Plan { rounds: Rounds::exactly(rounds), warm_up: 1, ..Plan::new(vec![spec.clone()]) };
        let case = std::slice::from_ref(&self.case);
        let report = latency::measure(ticket, &self.checkpoint.model, case, &plan, &|_| {});
        let report = report.map_err(|source| Error::Latency { source })?;
        let row = report.rows.first().filter(|row| row.complete).ok_or(Error::Cancelled)?;
        let interval = row.speedup.interval().map(|(low, high)| (1.0 / high, 1.0 / low));
        Ok((row.pruned.median_secs / row.dense.median_secs, interval))
    }
}
