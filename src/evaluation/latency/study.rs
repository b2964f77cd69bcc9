//! Measured latency of strategies on a data set, and what each group pays.
//!
//! A seeded sample of the texts, one batch from each quarter of the lengths, is timed in turn with the dense model
//! ([`crate::latency::measure`]). A text's own time is its share of such a batch: its multiply-accumulates times the
//! seconds per multiply-accumulate that the strategy took in the quarter the text's length falls into. So a group's
//! latency says what its texts' lengths and the tokens kept of them cost on this machine; it is not a stopwatch on
//! every text.

use crate::data::DataStream;
use crate::evaluation::Error;
use crate::evaluation::GroupName;
use crate::evaluation::Prepared;
use crate::evaluation::StrategyRun;
use crate::evaluation::latency::strata::Strata;
use crate::evaluation::latency::strata::Stratum;
use crate::evaluation::run::chunk::encode;
use crate::jobs::Ticket;
use crate::latency;
use crate::latency::Case;
use crate::latency::Machine;
use crate::latency::Measured;
use crate::latency::Plan;
use crate::latency::Rounds;
use crate::metrics;
use crate::metrics::Estimate;
use crate::model::Checkpoint;
use crate::pruning::StrategySpec;

/// How latency is measured beside an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LatencyOptions {
    /// Rounds of four passes over the sample for every strategy; below [`metrics::MIN_BLOCKS`] there is no interval.
    pub rounds: usize,
    /// Seed of the sample, of the order of strategies and of the bootstrap.
    pub seed: u64,
    /// Bootstrap draws.
    pub draws: usize,
}

/// Latency of several strategies on a data set.
#[derive(Clone, Debug, PartialEq)]
pub struct LatencyStudy {
    /// Where it was measured.
    pub machine: Machine,
    /// Rounds asked for.
    pub rounds: usize,
    /// The quarters of the lengths and what was timed of them.
    pub strata: Vec<Stratum>,
    /// One entry per strategy.
    pub strategies: Vec<StrategyLatency>,
    /// Whether it was stopped; strategies may be missing or rest on fewer rounds.
    pub partial: bool,
}

impl LatencyStudy {
    /// The entry of a strategy.
    #[must_use]
    pub fn of(&self, spec: &StrategySpec) -> Option<&StrategyLatency> {
        self.strategies.iter().find(|strategy| strategy.spec == *spec)
    }
}

/// Latency of one strategy on a data set.
#[derive(Clone, Debug, PartialEq)]
pub struct StrategyLatency {
    /// The strategy and its settings.
    pub spec: StrategySpec,
    /// Rounds measured.
    pub rounds: usize,
    /// Dense passes over the sample.
    pub dense: PassTime,
    /// Pruned passes over the sample.
    pub pruned: PassTime,
    /// Median dense time ÷ median pruned time of the sample.
    pub speedup: Estimate,
    /// Dense MACs ÷ pruned MACs of the sample; that of the whole data set is
    /// [`Summary::flops_reduction`](crate::evaluation::Summary::flops_reduction).
    pub flops_reduction: f64,
    /// [`StrategyLatency::speedup`] ÷ [`StrategyLatency::flops_reduction`].
    pub promise_kept: Estimate,
    /// All items.
    pub overall: Compute,
    /// Each value of each group column.
    pub groups: Vec<Compute>,
}

/// Wall-clock seconds of a pass over the sample.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PassTime {
    /// Median.
    pub median_secs: f64,
    /// 5th percentile.
    pub p5_secs: f64,
    /// 95th percentile.
    pub p95_secs: f64,
}

/// What the texts of a group cost, as means over its items.
#[derive(Clone, Debug, PartialEq)]
pub struct Compute {
    /// The group; `None` = all items.
    pub group: Option<GroupName>,
    /// Items.
    pub n: usize,
    /// Original tokens.
    pub tokens: f64,
    /// Tokens alive after the last layer.
    pub tokens_kept: f64,
    /// Multiply-accumulates.
    pub macs: f64,
    /// Seconds of the dense model.
    pub dense_secs: f64,
    /// Seconds of the strategy.
    pub secs: f64,
    /// The group beside everybody else: tokens kept, multiply-accumulates and seconds, in this order. Empty for all items.
    pub parity: Vec<Parity>,
}

/// Compute parity: what a group's texts cost, divided by what everybody else's cost.
///
/// Source: statistics.md c.4.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parity {
    /// `tokens_kept`, `macs` or `latency`.
    pub quantity: &'static str,
    /// Mean of the group ÷ mean of the rest; `None` where either holds no item.
    pub raw: Option<f64>,
    /// The same within quarters of the lengths, averaged with the quarters' sizes: what is left when length is taken out.
    /// Quarters without a member or without a non-member are left out; `None` where all are. For latency it equals that of
    /// the multiply-accumulates, as texts of one quarter share the time of a batch by these.
    pub within_lengths: Option<f64>,
}

/// Times the strategies of finished runs on a sample of the data set. A stop keeps what is measured.
///
/// # Errors
/// [`Error::Read`] if the sample's texts cannot be read again, [`Error::Latency`] if the laboratory cannot measure.
pub fn measure_latency(
    ticket: &Ticket,
    checkpoint: &Checkpoint,
    (prepared, stream): (&Prepared, &DataStream),
    runs: &[&StrategyRun],
    options: LatencyOptions,
) -> Result<LatencyStudy, Error> {
    let lengths: Vec<usize> = (0..prepared.len()).map(|item| prepared.tokens(item)).collect();
    let strata = Strata::of(&lengths);
    let sample = strata.sample(prepared, options.seed);
    let cases = read_sample(checkpoint, prepared, stream, &sample)?;
    let plan = Plan {
        rounds: Rounds::exactly(options.rounds),
        seed: options.seed,
        draws: options.draws,
        warm_up: 1,
        ..Plan::new(runs.iter().map(|run| run.spec.clone()).collect())
    };
    let report = latency::measure(ticket, &checkpoint.model, &cases, &plan, &|_| {})
        .map_err(|source| Error::Latency { source })?;
    let of_run = |run: &&StrategyRun| {
        let rows: Vec<&Measured> = report.rows.iter().filter(|row| row.spec == run.spec).collect();
        (rows.len() == cases.len()).then(|| strategy_latency(prepared, &strata, run, &rows, options))
    };
    let strategies = runs.iter().filter_map(of_run).collect();
    Ok(LatencyStudy {
        machine: report.machine,
        rounds: options.rounds,
        strata: sample.into_iter().map(|(stratum, _)| stratum).collect(),
        strategies,
        partial: report.partial,
    })
}

/// Reads the chosen items again and cuts them into tokens: a batch for each stratum.
fn read_sample(
    checkpoint: &Checkpoint,
    prepared: &Prepared,
    stream: &DataStream,
    sample: &[(Stratum, Vec<usize>)],
) -> Result<Vec<Case>, Error> {
    let mut rows: Vec<usize> = sample.iter().flat_map(|(_, items)| items).map(|&item| prepared.row(item)).collect();
    rows.sort_unstable();
    let examples = stream.pick(&rows).map_err(Error::reading)?;
    let text = |item: &usize| {
        let example = rows.binary_search(&prepared.row(*item)).ok().and_then(|place| examples.get(place))?;
        // It was cut into tokens before, so it can be again.
        encode(checkpoint, example).ok()
    };
    Ok(sample.iter().map(|(stratum, items)| stratum.case(items.iter().filter_map(text).collect())).collect())
}

/// `rows`: one for each stratum.
fn strategy_latency(
    prepared: &Prepared,
    strata: &Strata,
    run: &StrategyRun,
    rows: &[&Measured],
    options: LatencyOptions,
) -> StrategyLatency {
    let (dense, pruned) = passes(rows);
    let speedup = metrics::ratio_of_medians(&dense, &pruned, options.draws, options.seed);
    let macs = |of: fn(&Measured) -> u64| rows.iter().map(|row| of(row)).sum::<u64>().max(1) as f64;
    let flops_reduction = macs(|row| row.dense.work.macs()) / macs(|row| row.pruned.work.macs());
    let costs = Costs::of(prepared, run, strata, rows);
    let everybody: Vec<usize> = (0..prepared.len()).collect();
    let mut groups = Vec::new();
    for (column, group_column) in prepared.index.groups.iter().enumerate() {
        for (value, name) in group_column.values.iter().enumerate() {
            let group = GroupName { column: group_column.name.clone(), value: name.clone() };
            groups.push(costs.compute(Some(group), &prepared.members(column, value), strata));
        }
    }
    StrategyLatency {
        spec: run.spec.clone(),
        rounds: dense.len(),
        dense: PassTime::of(&dense),
        pruned: PassTime::of(&pruned),
        promise_kept: speedup.divided_by(flops_reduction),
        speedup,
        flops_reduction,
        overall: costs.compute(None, &everybody, strata),
        groups,
    }
}

/// Passes over the whole sample: round by round the sum over strata, dense and pruned.
fn passes(rows: &[&Measured]) -> (Vec<[f64; 2]>, Vec<[f64; 2]>) {
    let rounds = rows.iter().map(|row| row.blocks.len()).min().unwrap_or(0);
    let sum = |side: &dyn Fn(&Measured) -> [f64; 2]| {
        rows.iter().map(|row| side(row)).fold([0.0; 2], |sum, pair| [sum[0] + pair[0], sum[1] + pair[1]])
    };
    let round = |round: usize| (sum(&|row| row.blocks[round].dense), sum(&|row| row.blocks[round].pruned));
    (0..rounds).map(round).unzip()
}

impl PassTime {
    fn of(passes: &[[f64; 2]]) -> Self {
        let secs: Vec<f64> = passes.iter().flatten().copied().collect();
        let at = |share| metrics::quantile_of(&secs, share).unwrap_or(0.0);
        Self { median_secs: at(0.5), p5_secs: at(0.05), p95_secs: at(0.95) }
    }
}

/// What each item costs.
struct Costs {
    tokens: Vec<f64>,
    tokens_kept: Vec<f64>,
    macs: Vec<f64>,
    dense_secs: Vec<f64>,
    secs: Vec<f64>,
}

impl Costs {
    fn of(prepared: &Prepared, run: &StrategyRun, strata: &Strata, rows: &[&Measured]) -> Self {
        let per_mac = |secs: f64, macs: u64| secs / macs.max(1) as f64;
        let dense_rates: Vec<f64> =
            rows.iter().map(|row| per_mac(row.dense.median_secs, row.dense.work.macs())).collect();
        let rates: Vec<f64> = rows.iter().map(|row| per_mac(row.pruned.median_secs, row.pruned.work.macs())).collect();
        let each = |value: &dyn Fn(usize) -> f64| (0..run.results.len()).map(value).collect();
        let (kept, macs) = (run.results.tokens_kept(), run.results.macs());
        Self {
            tokens: each(&|item| prepared.tokens(item) as f64),
            tokens_kept: each(&|item| f64::from(kept[item])),
            macs: each(&|item| macs[item] as f64),
            dense_secs: each(&|item| prepared.dense_macs(item) as f64 * dense_rates[strata.of_item[item]]),
            secs: each(&|item| macs[item] as f64 * rates[strata.of_item[item]]),
        }
    }

    fn compute(&self, group: Option<GroupName>, items: &[usize], strata: &Strata) -> Compute {
        let of = |values: &[f64]| mean(items.iter().map(|&item| values[item])).unwrap_or(0.0);
        let parity = |(quantity, values): (&'static str, &[f64])| {
            let (raw, within_lengths) = parity(values, items, strata);
            Parity { quantity, raw, within_lengths }
        };
        let quantities: [(&'static str, &[f64]); 3] =
            [("tokens_kept", &self.tokens_kept), ("macs", &self.macs), ("latency", &self.secs)];
        Compute {
            parity: if group.is_some() { quantities.map(parity).to_vec() } else { Vec::new() },
            group,
            n: items.len(),
            tokens: of(&self.tokens),
            tokens_kept: of(&self.tokens_kept),
            macs: of(&self.macs),
            dense_secs: of(&self.dense_secs),
            secs: of(&self.secs),
        }
    }
}

/// Mean of the members ÷ mean of the others, over all items and within strata.
fn parity(values: &[f64], members: &[usize], strata: &Strata) -> (Option<f64>, Option<f64>) {
    let mut is_member = vec![false; values.len()];
    for &item in members {
        is_member[item] = true;
    }
    let ratio = |counts: &dyn Fn(usize) -> bool| {
        let side = |inside: bool| {
            mean((0..values.len()).filter(|&item| counts(item) && is_member[item] == inside).map(|item| values[item]))
        };
        let (inside, outside) = (side(true)?, side(false)?);
        (outside > 0.0).then(|| inside / outside)
    };
    let count = strata.of_item.iter().max().map_or(0, |last| last + 1);
    let (mut sum, mut weight) = (0.0, 0.0);
    for stratum in 0..count {
        if let Some(within) = ratio(&|item| strata.of_item[item] == stratum) {
            let size = strata.size(stratum) as f64;
            sum += size * within;
            weight += size;
        }
    }
    (ratio(&|_| true), (weight > 0.0).then(|| sum / weight))
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = values.fold((0_usize, 0.0), |(count, sum), value| (count + 1, sum + value));
    (count > 0).then(|| sum / count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Eight items of lengths 1 to 8, two in each quarter; values equal lengths. Members 0, 2, 7: mean (1 + 3 + 8) / 3 = 4;
    /// others 2, 4, 5, 6, 7: mean 24 / 5 = 4.8. Within quarters: 1/2, 3/4, no member, 8/7, each with two items.
    #[test]
    fn parity_is_raw_and_within_lengths() {
        let lengths = [1, 2, 3, 4, 5, 6, 7, 8];
        let values: Vec<f64> = lengths.iter().map(|&length| length as f64).collect();
        let (raw, within) = parity(&values, &[0, 2, 7], &Strata::of(&lengths));
        assert!((raw.unwrap() - 4.0 / 4.8).abs() < 1e-12, "raw: {raw:?}");
        let expected = (0.5 + 0.75 + 8.0 / 7.0) / 3.0;
        assert!((within.unwrap() - expected).abs() < 1e-12, "within lengths: {within:?}");
        assert_eq!(parity(&values, &[], &Strata::of(&lengths)), (None, None), "nobody in the group");
        let all: Vec<usize> = (0..8).collect();
        assert_eq!(parity(&values, &all, &Strata::of(&lengths)), (None, None), "nobody outside");
    }

    #[test]
    fn times_of_a_pass_are_summed_up() {
        let time = PassTime::of(&[[1.0, 5.0], [2.0, 4.0], [3.0, 3.0]]);
        assert_eq!(time.median_secs, 3.0, "of 1, 2, 3, 3, 4, 5");
        assert_eq!((time.p5_secs, time.p95_secs), (1.25, 4.75), "numpy.quantile of the same");
    }
}
