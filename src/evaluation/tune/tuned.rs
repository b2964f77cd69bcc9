//! Tuning from a data set to a chosen setting that was measured once on texts that the search never saw.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use crate::data::Dataset;
use crate::data::DatasetIndex;
use crate::data::DrawOrder;
use crate::data::Example;
use crate::evaluation::Chunk;
use crate::evaluation::Error;
use crate::evaluation::Losses;
use crate::evaluation::Prepared;
use crate::evaluation::SharedRuns;
use crate::evaluation::StrategyRun;
use crate::evaluation::Summary;
use crate::evaluation::losses;
use crate::evaluation::prepare;
use crate::evaluation::run::strategy_run::build;
use crate::evaluation::summarize;
use crate::evaluation::tune::BudgetKind;
use crate::evaluation::tune::bench::Bench;
use crate::evaluation::tune::bench::measured;
use crate::evaluation::tune::bench::rungs;
use crate::evaluation::tune::landscape::Landscape as _;
use crate::evaluation::tune::landscape::Limits;
use crate::evaluation::tune::landscape::Measured;
use crate::evaluation::tune::search::Effort;
use crate::evaluation::tune::search::Known;
use crate::evaluation::tune::search::Search;
use crate::evaluation::tune::search::Standing;
use crate::evaluation::tune::search::Trial;
use crate::evaluation::tune::search::choose;
use crate::evaluation::tune::search::standings;
use crate::evaluation::tune::split::Split;
use crate::evaluation::tune::split::split;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::model::Checkpoint;
use crate::pruning::StrategySpec;

/// No sample of a race is smaller.
const SMALLEST_RUNG: usize = 64;

/// What is asked of a tuning.
#[derive(Clone, Debug, PartialEq)]
pub struct TuneOptions {
    /// Strategies to search, each with the settings to begin with.
    pub strategies: Vec<StrategySpec>,
    /// What is to be small: FLOPs or measured time.
    pub minimise: BudgetKind,
    /// What must be kept to.
    pub limits: Limits,
    /// Share of the texts that is held out. Range: above 0, below 1.
    pub held_out: f64,
    /// Seed of the search and of the order in which samples grow.
    pub seed: u64,
    /// How much is searched.
    pub effort: Effort,
    /// Ends the search early; what was found by then depends on how fast the machine is.
    pub time: Option<Duration>,
}

/// What came of a tuning.
#[derive(Clone, Debug)]
pub struct Tuned {
    /// Every candidate, in order of first appearance.
    pub trials: Vec<Trial>,
    /// Where each stands.
    pub standings: Vec<Standing>,
    /// Candidates that could not run, with the reason.
    pub failed: Vec<(StrategySpec, String)>,
    /// Texts of the growing samples of the search.
    pub rungs: Vec<usize>,
    /// Number of the chosen candidate; `None` where none keeps to the limits.
    pub chosen: Option<usize>,
    /// Whether the chosen one keeps to the limit of the loss by a standard error.
    pub is_safe: bool,
    /// The chosen one on the texts that were held out; `None` before the search has ended.
    pub held_out: Option<HeldOut>,
    /// Which rows were searched on and which were held out.
    pub split: Split,
    /// Whether the search was stopped before its end.
    pub is_partial: bool,
    /// Whether time was up before all generations were done.
    pub is_out_of_time: bool,
}

/// The chosen setting on texts that the search never saw. Measured once, so that nothing was picked for its luck here.
#[derive(Clone, Debug)]
pub struct HeldOut {
    /// Of the dense model.
    pub dense: Summary,
    /// Of the chosen setting.
    pub pruned: Summary,
    /// What was lost, over all and by group.
    pub losses: Losses,
    /// The same in short.
    pub measured: Measured,
    /// Clusters that intervals rest on; `None` where rows stand for themselves.
    pub clusters: Option<usize>,
}

impl Tuned {
    /// The chosen candidate.
    #[must_use]
    pub fn winner(&self) -> Option<&Trial> {
        self.trials.get(self.chosen?)
    }
}

/// Searches, chooses, and measures the choice once on what was held out. `known` is what an earlier search with the same
/// options measured; `on_trial` hears of every measurement with its rung.
///
/// A stop gives what was found so far, without touching what is held out.
///
/// # Errors
/// [`Error::Build`] if a strategy does not fit the model, [`Error::Split`] if one of the parts would be empty, and those of
/// [`prepare`]. [`Error::Cancelled`] if a stop comes before anything was measured.
pub fn tune(
    ticket: &Ticket,
    checkpoint: &Checkpoint,
    dataset: &Dataset,
    options: &TuneOptions,
    known: &Known,
    on_trial: &mut dyn FnMut(&Trial),
) -> Result<Tuned, Error> {
    for spec in &options.strategies {
        build(checkpoint, spec)?;
    }
    let split = split(dataset, options.held_out);
    if split.search.is_empty() || split.held_out.is_empty() {
        return Err(Error::Split { rows: dataset.len(), held_out: split.held_out.len() });
    }
    let sample = Sample::new(ticket, checkpoint, &part(dataset, &split.search), options.seed)?;
    let began = Instant::now();
    let is_over = || options.time.is_some_and(|time| began.elapsed() >= time);
    let parts = (&sample.prepared, &*sample.segments);
    let mut bench = Bench::new(ticket, checkpoint, parts, &options.strategies, options.minimise)?;
    let mut search = Search {
        landscape: &mut bench,
        limits: options.limits,
        seed: options.seed,
        effort: options.effort,
        known,
        on_trial,
        is_over: &is_over,
        trials: Vec::new(),
        is_out_of_time: false,
        failed: Vec::new(),
    };
    let ended = search.run(ticket, &options.strategies);
    let (trials, failed, is_out_of_time) = (search.trials, search.failed, search.is_out_of_time);
    let is_partial = matches!(ended, Err(Error::Cancelled));
    if is_partial && trials.is_empty() {
        return Err(Error::Cancelled);
    }
    if !is_partial {
        ended?;
    }
    let rungs = bench.rungs().to_vec();
    let chosen = choose(&trials, options.limits);
    let winner = chosen.map(|number| &trials[number]);
    let held_out = match winner.filter(|_| !is_partial) {
        Some(winner) => Some(held_out(ticket, checkpoint, &part(dataset, &split.held_out), &winner.spec)?),
        None => None,
    };
    Ok(Tuned {
        standings: standings(&trials, options.limits, chosen),
        is_safe: winner.is_some_and(|winner| options.limits.is_safe(&winner.measured)),
        is_out_of_time,
        trials,
        failed,
        rungs,
        chosen,
        held_out,
        split,
        is_partial,
    })
}

/// Some rows of a data set as one of their own.
fn part(dataset: &Dataset, rows: &[usize]) -> Dataset {
    let examples = rows.iter().map(|&row| dataset.examples[row].clone()).collect();
    Dataset { examples, ..dataset.clone() }
}

/// The texts of a search in the order in which samples grow.
struct Sample {
    prepared: Prepared,
    segments: Vec<Chunk>,
}

impl Sample {
    fn new(ticket: &Ticket, checkpoint: &Checkpoint, dataset: &Dataset, seed: u64) -> Result<Self, Error> {
        let index = Arc::new(DatasetIndex::of(dataset, usize::MAX));
        let order = DrawOrder::new(&index, seed);
        let mut prepared = Prepared::new(checkpoint, index)?;
        let examples: Vec<&Example> = order.rows().iter().map(|&row| &dataset.examples[row as usize]).collect();
        let chunk = prepared.add_rows(ticket, checkpoint, &examples, order.rows())?;
        prepared.check_usable()?;
        let mut from = 0;
        let mut segments = Vec::new();
        for to in rungs(chunk.len(), SMALLEST_RUNG, |rows| order.prefix(rows)) {
            segments.push(chunk.part(from, to));
            from = to;
        }
        Ok(Self { prepared, segments })
    }
}

/// The dense model and the choice on texts that nobody looked at.
fn held_out(
    ticket: &Ticket,
    checkpoint: &Checkpoint,
    dataset: &Dataset,
    spec: &StrategySpec,
) -> Result<HeldOut, Error> {
    let stage = "measuring on what was held out".to_owned();
    ticket.report(Progress { done: 0, total: None, stage });
    let (prepared, chunk) = prepare(ticket, checkpoint, dataset, None)?;
    let dense_spec = StrategySpec::default_for("dense").map_err(|source| Error::Dense { source })?;
    let plan = [dense_spec.clone(), spec.clone()];
    let mut runs = SharedRuns::new(checkpoint, &prepared, &chunk, &plan);
    let dense: StrategyRun = runs.run(ticket, &dense_spec, |_| {})?;
    let run = runs.run(ticket, spec, |_| {})?;
    Ok(HeldOut {
        dense: summarize(&prepared, &dense, &dense),
        pruned: summarize(&prepared, &dense, &run),
        losses: losses(&prepared, &dense, &run),
        measured: measured(&prepared, &dense, &run),
        clusters: prepared.clusters(),
    })
}
