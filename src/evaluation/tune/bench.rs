//! Candidates on real texts: the same growing sample for all of them, beside one dense run.

use std::collections::BTreeMap;

use crate::evaluation::Chunk;
use crate::evaluation::Cost;
use crate::evaluation::Error;
use crate::evaluation::Prepared;
use crate::evaluation::SHARED_BYTES;
use crate::evaluation::SharedRuns;
use crate::evaluation::StrategyRun;
use crate::evaluation::losses;
use crate::evaluation::run::strategy_run::build;
use crate::evaluation::tune::Budget;
use crate::evaluation::tune::BudgetKind;
use crate::evaluation::tune::CalibrationTexts;
use crate::evaluation::tune::clock::Clock;
use crate::evaluation::tune::landscape::Landscape;
use crate::evaluation::tune::landscape::Measured;
use crate::evaluation::tune::landscape::WorstGroup;
use crate::evaluation::tune::matched::match_one;
use crate::input::Sequence;
use crate::jobs::Ticket;
use crate::model::Checkpoint;
use crate::pruning::StrategySpec;

/// Tokens of the texts on which dials are turned to a cost, at least [`FEWEST_CALIBRATED`] texts.
const CALIBRATED_TOKENS: usize = 2048;
const FEWEST_CALIBRATED: usize = 8;

/// Candidates whose rows are kept, so that a larger sample need not begin anew.
const KEPT_RUNS: usize = 64;

/// Quantile of a two-sided 90% interval.
const Z90: f64 = 1.644_853_626_951_472_2;

/// The sample of a search.
pub(super) struct Bench<'a> {
    checkpoint: &'a Checkpoint,
    prepared: &'a Prepared,
    rungs: Vec<usize>,
    /// The texts between one rung and the next.
    segments: Vec<SharedRuns<'a>>,
    dense: StrategyRun,
    runs: BTreeMap<String, StrategyRun>,
    calibration: CalibrationTexts<'a>,
    clock: Option<Clock<'a>>,
}

/// How large the samples grow: doubling from an eighth of all, none below `smallest`.
pub(super) fn rungs(texts: usize, smallest: usize, prefix: impl Fn(usize) -> usize) -> Vec<usize> {
    let mut rungs: Vec<usize> = [8, 4, 2].iter().map(|part| texts / part).filter(|&size| size >= smallest).collect();
    for rung in &mut rungs {
        *rung = prefix(*rung).min(texts);
    }
    rungs.push(texts);
    rungs.dedup();
    rungs
}

/// The texts on which dials are turned: the first of the sample.
pub(super) fn calibrated(chunk: &Chunk) -> &[Sequence] {
    let mut tokens = 0;
    let enough = chunk.encoded.iter().position(|text| {
        tokens += text.units.len();
        tokens > CALIBRATED_TOKENS
    });
    &chunk.encoded[..enough.unwrap_or(chunk.len()).max(FEWEST_CALIBRATED).min(chunk.len())]
}

impl<'a> Bench<'a> {
    /// `segments` are the texts between the rungs. Runs the dense model over all of them.
    pub(super) fn new(
        ticket: &Ticket,
        checkpoint: &'a Checkpoint,
        (prepared, segments): (&'a Prepared, &'a [Chunk]),
        templates: &[StrategySpec],
        minimise: BudgetKind,
    ) -> Result<Self, Error> {
        let dense_spec = StrategySpec::default_for("dense").map_err(|source| Error::Dense { source })?;
        // Every template is run at many settings, so that its own prefix is worth keeping.
        let plan: Vec<StrategySpec> = std::iter::once(&dense_spec).chain(templates).chain(templates).cloned().collect();
        let bytes = SHARED_BYTES / segments.len().max(1);
        let mut shared: Vec<SharedRuns<'a>> =
            segments.iter().map(|segment| SharedRuns::within(checkpoint, prepared, segment, &plan, bytes)).collect();
        let mut dense = StrategyRun::begin(&dense_spec);
        for runs in &mut shared {
            runs.extend(ticket, &mut dense, |_| {})?;
        }
        let rungs = segments.iter().map(|segment| segment.first + segment.len()).collect();
        let texts = segments.first().map_or(&[][..], calibrated);
        let clock = (minimise == BudgetKind::Latency).then(|| Clock::new(checkpoint, texts));
        let calibration = CalibrationTexts::new(checkpoint, texts, templates);
        Ok(Self { checkpoint, prepared, rungs, segments: shared, dense, runs: BTreeMap::new(), calibration, clock })
    }
}

impl Landscape for Bench<'_> {
    fn rungs(&self) -> &[usize] {
        &self.rungs
    }

    fn layers(&self) -> usize {
        self.checkpoint.model.config.shape.num_layers
    }

    fn fits(&self, spec: &StrategySpec) -> bool {
        build(self.checkpoint, spec).is_ok()
    }

    fn measure(&mut self, ticket: &Ticket, spec: &StrategySpec, rung: usize) -> Result<Measured, Error> {
        if self.runs.len() > KEPT_RUNS {
            self.runs.clear();
        }
        let name = spec.to_string();
        let mut run = self.runs.remove(&name).unwrap_or_else(|| StrategyRun::begin(spec));
        for (segment, end) in self.segments.iter_mut().zip(&self.rungs).take(rung + 1) {
            if run.results.len() < *end {
                segment.extend(ticket, &mut run, |_| {})?;
            }
        }
        let is_whole = rung + 1 == self.rungs.len();
        let latency = match self.clock.as_ref().filter(|_| is_whole) {
            Some(clock) => Some(clock.carefully(ticket, spec)?.0),
            None => None,
        };
        let measured = Measured { latency, ..measured(self.prepared, &self.dense, &run) };
        if !is_whole {
            self.runs.insert(name, run);
        }
        Ok(measured)
    }

    fn aimed(&mut self, ticket: &Ticket, spec: &StrategySpec, share: f64) -> Result<StrategySpec, Error> {
        let budget = Budget { per: BudgetKind::Flops, share };
        Ok(match_one(ticket, &mut self.calibration, spec, budget)?.spec)
    }
}

/// What a run does on the texts it has, beside the dense model.
pub(super) fn measured(prepared: &Prepared, dense: &StrategyRun, run: &StrategyRun) -> Measured {
    let texts = run.results.len();
    let cost = Cost::of(prepared, &run.results, 0..texts);
    let losses = losses(prepared, dense, run);
    let error = losses.overall.interval().map_or(1.0, |(low, high)| (high - low) / (2.0 * Z90));
    let worst = losses.worst().and_then(|worst| {
        Some(WorstGroup {
            column: worst.group.column.clone(),
            value: worst.group.value.clone(),
            texts: worst.loss.n(),
            loss: worst.loss.value()?,
            upper: worst.upper()?,
        })
    });
    Measured {
        texts,
        flops: cost.macs as f64 / cost.dense_macs.max(1) as f64,
        latency: None,
        harmed: losses.harmed,
        rescued: losses.rescued,
        loss: losses.overall.value().unwrap_or(1.0),
        soft_loss: soft_loss(prepared, dense, run),
        error,
        worst,
    }
}

/// See [`Measured::soft_loss`].
fn soft_loss(prepared: &Prepared, dense: &StrategyRun, run: &StrategyRun) -> Option<f64> {
    let (before, after) = (dense.results.label_probabilities(), run.results.label_probabilities());
    let labelled = (0..run.results.len()).filter(|&item| prepared.label(item).is_some());
    let (mut sum, mut count) = (0.0, 0);
    for item in labelled {
        sum += f64::from(before[item]) - f64::from(after[item]);
        count += 1;
    }
    (count > 0).then(|| sum / f64::from(count)).filter(|loss| loss.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_double_up_to_all() {
        assert_eq!(rungs(1000, 64, |rows| rows), [125, 250, 500, 1000], "an eighth, a quarter, a half, all");
        assert_eq!(rungs(200, 64, |rows| rows), [100, 200], "none too small");
        assert_eq!(rungs(50, 64, |rows| rows), [50], "all at once");
        assert_eq!(rungs(1000, 64, |rows| rows / 10 * 10), [120, 250, 500, 1000], "whole clusters");
    }
}
