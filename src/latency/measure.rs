//! Times dense and pruned passes in turn.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use crate::engine;
use crate::engine::Outcome;
use crate::engine::Removal;
use crate::engine::RunDetail;
use crate::engine::RunOptions;
use crate::input::Sequence;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::latency::Block;
use crate::latency::Case;
use crate::latency::Error;
use crate::latency::Gap;
use crate::latency::LatencyReport;
use crate::latency::Layout;
use crate::latency::Machine;
use crate::latency::Measured;
use crate::latency::Parts;
use crate::latency::Plan;
use crate::latency::Timing;
use crate::latency::case::shuffle;
use crate::latency::counted::Counted;
use crate::latency::cpu_time::CpuTime;
use crate::latency::measured::Sample;
use crate::metrics;
use crate::model::Model;
use crate::pruning::Pruner;
use crate::pruning::StrategySpec;

/// Progress of one case in one layout.
const STEPS: u64 = 100;

/// Times every strategy on every case in every layout, beside dense passes taken in turn with it.
///
/// For each case and layout: warm-up, then rounds. In a round every strategy gets a block of four passes, D P P D, every
/// second round P D D P; a steady drift of the machine's speed cancels within a block, and neither side always stands
/// beside what came before. The order of the strategies changes from round to round. Where a case has several batches,
/// the four passes of a batch follow one another, and a pass's time is the sum over batches.
///
/// Runs on [`Plan::threads`] threads, else on the pool it is called from. `on_row` hears of every finished row. A stop
/// keeps the rounds that are done and marks the report.
///
/// # Errors
/// [`Error::Build`] if a strategy does not fit the model (found before anything is timed), [`Error::Threads`] if the
/// system gives no such threads, [`Error::Run`] if the engine gives up.
pub fn measure(
    ticket: &Ticket,
    model: &Model,
    cases: &[Case],
    plan: &Plan,
    on_row: &(dyn Fn(&Measured) + Sync),
) -> Result<LatencyReport, Error> {
    let lab = Lab::new(ticket, model, plan)?;
    let Some(threads) = plan.threads else { return lab.run(cases, on_row) };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).thread_name(|index| format!("latency {index}"));
    let pool = pool.build().map_err(|source| Error::Threads { threads, source })?;
    pool.install(|| lab.run(cases, on_row))
}

/// What stays the same for all cases.
struct Lab<'a> {
    ticket: &'a Ticket,
    model: &'a Model,
    plan: &'a Plan,
    dense: (StrategySpec, Arc<dyn Pruner>),
    strategies: Vec<(StrategySpec, Arc<dyn Pruner>)>,
}

impl<'a> Lab<'a> {
    fn new(ticket: &'a Ticket, model: &'a Model, plan: &'a Plan) -> Result<Self, Error> {
        let shape = &model.config.shape;
        let build = |spec: &StrategySpec| {
            let built = spec.build(shape);
            let failed = |source| Error::Build { spec: spec.to_string(), layers: shape.num_layers, source };
            Ok((spec.clone(), built.map_err(failed)?))
        };
        let dense = StrategySpec::default_for("dense").map_err(|source| Error::Dense { source })?;
        let strategies = plan.strategies.iter().map(build).collect::<Result<_, Error>>()?;
        Ok(Self { ticket, model, plan, dense: build(&dense)?, strategies })
    }

    fn run(&self, cases: &[Case], on_row: &(dyn Fn(&Measured) + Sync)) -> Result<LatencyReport, Error> {
        let mut machine = Machine::look(rayon::current_num_threads());
        machine.precision = self.model.precision.label();
        machine.device = self.model.device_name();
        let begun = CpuTime::now();
        let mut rows = Vec::new();
        let units: Vec<(&Case, Layout)> =
            cases.iter().flat_map(|case| self.plan.layouts.iter().map(move |&layout| (case, layout))).collect();
        for (unit, &(case, layout)) in units.iter().enumerate() {
            if self.ticket.is_cancelled() {
                break;
            }
            let told = Told { unit: unit as u64, units: units.len() as u64, case, layout };
            let finished = Bench::new(self, case, layout).run(&told)?;
            finished.iter().for_each(on_row);
            rows.extend(finished);
        }
        machine.look_again(begun);
        let planned = units.len() * self.strategies.len();
        let partial = rows.len() < planned || rows.iter().any(|row| !row.complete);
        Ok(LatencyReport { machine, plan: self.plan.clone(), rows, partial })
    }
}

/// Where progress stands.
struct Told<'a> {
    unit: u64,
    units: u64,
    case: &'a Case,
    layout: Layout,
}

impl Told<'_> {
    fn report(&self, ticket: &Ticket, share: f64) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the steps")]
        let steps = (share.clamp(0.0, 1.0) * STEPS as f64) as u64;
        let (done, total) = (self.unit * STEPS + steps, Some(self.units * STEPS));
        let stage = format!("timing {} {}", self.case.kind.label(), self.layout.label());
        ticket.report(Progress { done, total, stage });
    }
}

/// One case in one layout.
struct Bench<'a> {
    lab: &'a Lab<'a>,
    case: &'a Case,
    layout: Layout,
    batches: Vec<Vec<&'a Sequence>>,
    options: RunOptions,
}

/// One strategy in it.
struct Contestant<'a> {
    spec: &'a StrategySpec,
    pruner: &'a dyn Pruner,
    removal: Removal,
    counted: Counted,
    dense: Vec<Sample>,
    pruned: Vec<Sample>,
    blocks: Vec<Block>,
}

impl<'a> Bench<'a> {
    fn new(lab: &'a Lab<'a>, case: &'a Case, layout: Layout) -> Self {
        let batches = case.batches.iter().map(|batch| batch.iter().collect()).collect();
        let options = RunOptions {
            detail: RunDetail::Counts,
            head_rows_only: lab.plan.head_rows_only,
            padded: layout == Layout::Padded,
            free_memory: None,
        };
        Self { lab, case, layout, batches, options }
    }

    fn run(&self, told: &Told<'_>) -> Result<Vec<Measured>, Error> {
        told.report(self.lab.ticket, 0.0);
        let Some((dense, mut contestants)) = self.warm_up()? else { return Ok(Vec::new()) };
        let mut order: Vec<usize> = (0..contestants.len()).collect();
        let mut generator = ChaCha8Rng::seed_from_u64(self.lab.plan.seed);
        let (started, mut rounds, mut complete) = (Instant::now(), 0, true);
        while complete && !self.is_enough(rounds, started.elapsed()) {
            shuffle(&mut order, &mut generator);
            for &index in &order {
                complete = complete && self.block(&mut contestants[index], rounds % 2 == 1)?;
            }
            rounds += 1;
            told.report(self.lab.ticket, self.share_done(rounds, started.elapsed()));
        }
        let measured = contestants.into_iter().filter(|contestant| !contestant.blocks.is_empty());
        Ok(measured.map(|contestant| self.sum_up(contestant, &dense, complete)).collect())
    }

    fn budget(&self) -> Duration {
        self.lab.plan.rounds.time * u32::try_from(self.lab.strategies.len()).unwrap_or(u32::MAX)
    }

    fn is_enough(&self, rounds: usize, elapsed: Duration) -> bool {
        let wanted = self.lab.plan.rounds;
        rounds >= wanted.at_most || (rounds >= wanted.at_least && elapsed >= self.budget())
    }

    fn share_done(&self, rounds: usize, elapsed: Duration) -> f64 {
        let wanted = self.lab.plan.rounds;
        let of = |count: usize| rounds as f64 / count.max(1) as f64;
        let budget = self.budget().as_secs_f64();
        let time = if budget > 0.0 { elapsed.as_secs_f64() / budget } else { 1.0 };
        of(wanted.at_least).min(time).max(of(wanted.at_most))
    }

    /// Passes that do not count, and what their traces say; `None` after a stop.
    fn warm_up(&self) -> Result<Option<(Counted, Vec<Contestant<'_>>)>, Error> {
        let (spec, pruner) = &self.lab.dense;
        let Some((dense, _)) = self.count(spec, &**pruner)? else { return Ok(None) };
        let mut contestants = Vec::with_capacity(self.lab.strategies.len());
        for (spec, pruner) in &self.lab.strategies {
            let Some((counted, removal)) = self.count(spec, &**pruner)? else { return Ok(None) };
            let (dense, pruned, blocks) = (Vec::new(), Vec::new(), Vec::new());
            contestants.push(Contestant { spec, pruner: &**pruner, removal, counted, dense, pruned, blocks });
        }
        Ok(Some((dense, contestants)))
    }

    fn count(&self, spec: &StrategySpec, pruner: &dyn Pruner) -> Result<Option<(Counted, Removal)>, Error> {
        let mut counted = Counted::default();
        let mut removal = Removal::None;
        for pass in 0..self.lab.plan.warm_up.max(1) {
            for batch in &self.batches {
                let Some((_, outcomes)) = self.time(spec, pruner, batch)? else { return Ok(None) };
                if pass == 0 {
                    counted.add(self.lab.model, &outcomes);
                    removal = outcomes.iter().fold(removal, |all, one| all.more_telling(one.trace.removal()));
                }
            }
        }
        Ok(Some((counted, removal)))
    }

    /// Four passes of one strategy and the dense model; whether they were finished.
    fn block(&self, contestant: &mut Contestant<'_>, mirrored: bool) -> Result<bool, Error> {
        let dense = (&self.lab.dense.0, &*self.lab.dense.1);
        let pruned = (contestant.spec, contestant.pruner);
        let (outer, inner) = if mirrored { (pruned, dense) } else { (dense, pruned) };
        let mut samples = [Sample::default(); 4];
        for batch in &self.batches {
            for (sample, (spec, pruner)) in samples.iter_mut().zip([outer, inner, inner, outer]) {
                let Some((timed, _)) = self.time(spec, pruner, batch)? else { return Ok(false) };
                sample.add(&timed);
            }
        }
        let [first, second, third, fourth] = samples;
        let (outer, inner) = ([first, fourth], [second, third]);
        let (dense, pruned) = if mirrored { (inner, outer) } else { (outer, inner) };
        let secs = |pair: [Sample; 2]| pair.map(|sample| sample.secs);
        contestant.blocks.push(Block { dense: secs(dense), pruned: secs(pruned), mirrored });
        contestant.dense.extend(dense);
        contestant.pruned.extend(pruned);
        Ok(true)
    }

    /// One batch; `None` after a stop.
    fn time(
        &self,
        spec: &StrategySpec,
        pruner: &dyn Pruner,
        batch: &[&Sequence],
    ) -> Result<Option<(Sample, Vec<Outcome>)>, Error> {
        let started = Instant::now();
        let run = engine::run_timed(self.lab.ticket, self.lab.model, batch, pruner, self.options);
        let secs = started.elapsed().as_secs_f64();
        match run {
            Ok(report) => Ok(Some((Sample { secs, parts: Parts::of(&report.spans) }, report.outcomes))),
            Err(engine::Error::Cancelled) => Ok(None),
            Err(source) => Err(Error::Run { spec: spec.to_string(), source }),
        }
    }

    fn sum_up(&self, contestant: Contestant<'_>, dense: &Counted, complete: bool) -> Measured {
        let (plan, tokens) = (self.lab.plan, self.case.tokens());
        let dense = Timing::of(&contestant.dense, dense, tokens);
        let pruned = Timing::of(&contestant.pruned, &contestant.counted, tokens);
        let sides: (Vec<[f64; 2]>, Vec<[f64; 2]>) =
            contestant.blocks.iter().map(|block| (block.dense, block.pruned)).unzip();
        let speedup = metrics::ratio_of_medians(&sides.0, &sides.1, plan.draws, plan.seed);
        let flops_reduction = dense.work.macs() as f64 / pruned.work.macs().max(1) as f64;
        Measured {
            case: self.case.kind,
            batches: self.batches.len(),
            texts: self.case.texts(),
            tokens,
            layout: self.layout,
            spec: contestant.spec.clone(),
            removal: contestant.removal,
            promise_kept: speedup.divided_by(flops_reduction),
            speedup,
            flops_reduction,
            gap: Gap::split((&dense.parts, &dense.work), (&pruned.parts, &pruned.work)).unwrap_or_default(),
            dense,
            pruned,
            blocks: contestant.blocks,
            complete,
        }
    }
}
