//! What was measured: samples, their summary, and what follows from them.

use serde::Serialize;

use crate::engine::Removal;
use crate::latency::CaseKind;
use crate::latency::Gap;
use crate::latency::Layout;
use crate::latency::Machine;
use crate::latency::Parts;
use crate::latency::Plan;
use crate::latency::Work;
use crate::latency::counted::Counted;
use crate::metrics::Estimate;
use crate::metrics::median;
use crate::metrics::quantile_of;
use crate::pruning::StrategySpec;

/// Everything a plan gave.
#[derive(Clone, Debug, PartialEq)]
pub struct LatencyReport {
    /// Where it was measured.
    pub machine: Machine,
    /// What was asked for.
    pub plan: Plan,
    /// One entry for every case, layout and strategy that was begun, in that order.
    pub rows: Vec<Measured>,
    /// Whether it was stopped: rows are missing, or their [`Measured::complete`] is false.
    pub partial: bool,
}

/// One strategy on one case in one layout, beside the dense passes that were timed in turn with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Which texts.
    pub case: CaseKind,
    /// Batches in a pass.
    pub batches: usize,
    /// Texts in a pass.
    pub texts: usize,
    /// Tokens in a pass, special ones counted, padding not.
    pub tokens: usize,
    /// How rows lay in memory, dense and pruned alike.
    pub layout: Layout,
    /// The strategy and its settings.
    pub spec: StrategySpec,
    /// How tokens went, read off the tensors' real shapes.
    pub removal: Removal,
    /// The dense passes.
    pub dense: Timing,
    /// The pruned passes.
    pub pruned: Timing,
    /// Median dense time ÷ median pruned time; above 1 the strategy is faster.
    pub speedup: Estimate,
    /// Dense MACs ÷ pruned MACs, counted without padding.
    pub flops_reduction: f64,
    /// [`Measured::speedup`] ÷ [`Measured::flops_reduction`]: 1 = the clock gives what the FLOPs promise.
    pub promise_kept: Estimate,
    /// Where the rest of the promise went.
    pub gap: Gap,
    /// All rounds, in the order measured.
    pub blocks: Vec<Block>,
    /// Whether as many rounds were measured as planned.
    pub complete: bool,
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Timing {
    /// Median of a pass.
    pub median_secs: f64,
    /// 5th percentile.
    pub p5_secs: f64,
    /// 95th percentile.
    pub p95_secs: f64,
    /// The median split by kind of work, by the shares in the middle half of the passes.
    pub parts: Parts,
    /// Share of the wall-clock time that the engine's spans account for. Range: 0–1, at least 0.95 unless a pass takes
    /// microseconds.
    pub accounted: f64,
    /// Original tokens ÷ median time.
    pub tokens_per_sec: f64,
    /// Multiply-accumulates of a pass by kind of work, without padding.
    pub work: Work,
    /// Mean number of rows that entered attention, layer by layer.
    pub rows_per_layer: Vec<f64>,
    /// Share of rows that filling every sequence up to the batch's longest adds to the computed ones, over all layers.
    /// They are computed in [`Layout::Padded`] only. Range: 0–1.
    pub padding_share: f64,
}

/// One round of a strategy: two dense and two pruned passes, taken in the order D P P D or, every second round, P D D P.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Block {
    /// Wall-clock seconds of the dense passes, in the order taken.
    pub dense: [f64; 2],
    /// Wall-clock seconds of the pruned passes, in the order taken.
    pub pruned: [f64; 2],
    /// Whether the pruned passes stood outside.
    pub mirrored: bool,
}

/// One timed pass.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sample {
    /// Wall-clock seconds.
    pub secs: f64,
    /// The engine's spans.
    pub parts: Parts,
}

impl Sample {
    /// Adds the pass over another batch.
    pub(super) fn add(&mut self, batch: &Self) {
        self.secs += batch.secs;
        self.parts = self.parts.zip(&batch.parts, |sum, secs| sum + secs);
    }
}

impl Timing {
    /// Sums up the passes of one side.
    pub(super) fn of(samples: &[Sample], counted: &Counted, tokens: usize) -> Self {
        let secs: Vec<f64> = samples.iter().map(|sample| sample.secs).collect();
        let at = |share| quantile_of(&secs, share).unwrap_or(0.0);
        let median_secs = median(secs.clone()).unwrap_or(0.0);
        let (low, high) = (at(0.25), at(0.75));
        let middle = samples.iter().filter(|sample| (low..=high).contains(&sample.secs));
        let (mut wall, mut parts) = (0.0, Parts::default());
        for sample in middle {
            wall += sample.secs;
            parts = parts.zip(&sample.parts, |sum, secs| sum + secs);
        }
        let spans = parts.total();
        let factor = if spans > 0.0 { median_secs / spans } else { 0.0 };
        Self {
            median_secs,
            p5_secs: at(0.05),
            p95_secs: at(0.95),
            parts: parts.scaled(factor),
            accounted: if wall > 0.0 { spans / wall } else { 0.0 },
            tokens_per_sec: if median_secs > 0.0 { tokens as f64 / median_secs } else { 0.0 },
            work: counted.work,
            rows_per_layer: counted.rows_per_layer(),
            padding_share: counted.padding_share(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(secs: f64, attention: f64) -> Sample {
        Sample { secs, parts: Parts { attention, other: secs - attention, ..Parts::default() } }
    }

    /// Five passes of 1 to 5 s: median 3, the middle half 2 to 4 s (9 s in all), of which attention 1 + 1 + 1 = 3 s. A
    /// third of the median is 1 s. The outliers' attention of 5 s does not count.
    #[test]
    fn parts_add_up_to_the_median_and_ignore_outliers() {
        let samples = [sample(5.0, 5.0), sample(2.0, 1.0), sample(3.0, 1.0), sample(4.0, 1.0), sample(1.0, 0.0)];
        let timing = Timing::of(&samples, &Counted::default(), 600);
        assert_eq!((timing.median_secs, timing.tokens_per_sec), (3.0, 200.0), "median and tokens a second");
        assert!((timing.parts.attention - 1.0).abs() < 1e-12, "got {:?}", timing.parts);
        assert!((timing.parts.total() - timing.median_secs).abs() < 1e-12, "nothing is left over");
        // numpy.quantile([1, 2, 3, 4, 5], [0.05, 0.95]) = 1.2, 4.8.
        assert!((timing.p5_secs - 1.2).abs() < 1e-12 && (timing.p95_secs - 4.8).abs() < 1e-12, "percentiles");
        assert!((timing.accounted - 1.0).abs() < 1e-12, "spans that tell everything");
    }

    #[test]
    fn nothing_measured_is_no_division_by_zero() {
        let timing = Timing::of(&[], &Counted::default(), 600);
        assert_eq!((timing.median_secs, timing.tokens_per_sec, timing.accounted), (0.0, 0.0, 0.0), "zeros, no NaN");
    }
}
