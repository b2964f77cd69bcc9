//! The search on made-up candidates, whose true losses are known.

use std::cell::Cell;

use super::bracket::crossing;
use super::dice::Dice;
use super::landscape::Landscape;
use super::landscape::Limits;
use super::landscape::Measured;
use super::search::Effort;
use super::search::Known;
use super::search::Search;
use super::search::Standing;
use super::search::Trial;
use super::search::choose;
use super::search::standings;
use crate::evaluation::Error;
use crate::jobs::Ticket;
use crate::metrics::Verdict;
use crate::metrics::bonett_price_at;
use crate::pruning::StrategySpec;
use crate::pruning::Value;

const LAYERS: usize = 6;

/// Candidates of `power_bert` whose cost is the mean of their retentions.
struct MadeUp {
    rungs: Vec<usize>,
    world: u64,
    /// The true loss of a list of retentions.
    loss: fn(&[f64]) -> f64,
    /// Share of texts that are harmed or rescued although nothing is lost on the whole.
    churn: f64,
    measured: Cell<usize>,
}

/// The retentions that a spec stands for: its own, or those of its linear schedule.
fn list_of(spec: &StrategySpec) -> Vec<f64> {
    spec.numbers("retentions").unwrap_or_else(|| {
        let Some(Value::Float(end)) = spec.get("retention") else { return vec![1.0; LAYERS] };
        (0..LAYERS).map(|layer| 1.0 - (1.0 - end) * layer as f64 / (LAYERS - 1) as f64).collect()
    })
}

fn cost_of(list: &[f64]) -> f64 {
    list.iter().sum::<f64>() / list.len() as f64
}

/// A number that goes with a spec.
fn number_of(spec: &StrategySpec) -> u64 {
    spec.to_string()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

impl MadeUp {
    /// What a candidate does on the first `texts` of a stream; another stream stands for other texts.
    fn outcome(&self, spec: &StrategySpec, texts: usize, stream: u64) -> Measured {
        let list = list_of(spec);
        let loss = (self.loss)(&list);
        let mut dice = Dice::new(self.world ^ number_of(spec), stream);
        let (mut harmed, mut rescued) = (0, 0);
        for _ in 0..texts {
            let draw = dice.uniform();
            harmed += usize::from(draw < self.churn + loss);
            rescued += usize::from(draw > 1.0 - self.churn);
        }
        let estimate = bonett_price_at(harmed, rescued, texts, 0.9);
        let (low, high) = estimate.interval().unwrap();
        Measured {
            texts,
            flops: cost_of(&list),
            latency: None,
            harmed,
            rescued,
            loss: estimate.value().unwrap(),
            soft_loss: None,
            error: (high - low) / (2.0 * 1.645),
            worst: None,
        }
    }
}

impl Landscape for MadeUp {
    fn rungs(&self) -> &[usize] {
        &self.rungs
    }

    fn layers(&self) -> usize {
        LAYERS
    }

    fn fits(&self, _spec: &StrategySpec) -> bool {
        true
    }

    fn measure(&mut self, _ticket: &Ticket, spec: &StrategySpec, rung: usize) -> Result<Measured, Error> {
        self.measured.set(self.measured.get() + 1);
        Ok(self.outcome(spec, self.rungs[rung], 0))
    }

    fn aimed(&mut self, _ticket: &Ticket, spec: &StrategySpec, share: f64) -> Result<StrategySpec, Error> {
        let Some(range) = spec.dial_range() else { return Ok(spec.clone()) };
        let turned = |position| range.turned(spec, position).unwrap();
        let found = crossing(share, 0.004, |position| Ok::<f64, Error>(cost_of(&list_of(&turned(position)))))?;
        Ok(turned(found.position))
    }
}

fn search(world: &mut MadeUp, limits: Limits, effort: Effort, known: &Known, stop_after: usize) -> (Vec<Trial>, Known) {
    let ticket = Ticket::detached();
    let mut log = known.clone();
    let mut new = 0;
    let mut on_trial = |trial: &Trial| {
        let name = (trial.spec.to_string(), trial.rung);
        new += usize::from(log.insert(name, trial.measured.clone()).is_none());
        if new >= stop_after {
            ticket.cancel();
        }
    };
    let mut search = Search {
        landscape: world,
        limits,
        seed: 5,
        effort,
        known,
        on_trial: &mut on_trial,
        is_over: &|| false,
        trials: Vec::new(),
        is_out_of_time: false,
        failed: Vec::new(),
    };
    let ended = search.run(&ticket, &[StrategySpec::default_for("power_bert").unwrap()]);
    assert!(matches!(ended, Ok(()) | Err(Error::Cancelled)), "{ended:?}");
    let trials = search.trials;
    (trials, log)
}

fn made_up(world: u64, texts: usize, churn: f64, loss: fn(&[f64]) -> f64) -> MadeUp {
    MadeUp { rungs: vec![texts / 4, texts / 2, texts], world, loss, churn, measured: Cell::new(0) }
}

const SMALL: Effort = Effort { generations: 3, children: 8 };

/// Every candidate loses two points in truth, and one is allowed. Some are lucky on 400 texts, and the best of many is
/// chosen for its luck: what the search says of it is too good. What is reported is the measurement on other texts, and that
/// must not be: its interval holds the truth, and it hardly ever calls the loss shown to be within the limit.
#[test]
fn on_pure_noise_the_search_is_optimistic_and_the_held_out_part_is_not() {
    let limits = Limits { loss: 0.01, group_loss: None };
    let (mut chosen, mut said, mut covered, mut passed) = (0, 0.0, 0, 0);
    for number in 0..120 {
        let mut world = made_up(1000 + number, 400, 0.03, |_| 0.02);
        let (trials, _) = search(&mut world, limits, SMALL, &Known::new(), usize::MAX);
        let Some(winner) = choose(&trials, limits) else { continue };
        let held_out = world.outcome(&trials[winner].spec, 400, 1);
        let interval =
            |confidence| bonett_price_at(held_out.harmed, held_out.rescued, 400, confidence).interval().unwrap();
        let (low, high) = interval(0.95);
        chosen += 1;
        said += trials[winner].measured.loss;
        covered += usize::from(low <= 0.02 && 0.02 <= high);
        passed += usize::from(Verdict::of_interval(interval(0.9), limits.loss) == Verdict::Pass);
    }
    assert!(chosen >= 60, "luck is found in most worlds, got {chosen}");
    assert!(said / f64::from(chosen) < 0.008, "the search believes in {:.4}", said / f64::from(chosen));
    // 95% of 60 to 120 draws: fewer than 88% would be three standard deviations too few.
    assert!(covered * 100 >= 88 * usize::try_from(chosen).unwrap(), "{covered} of {chosen} intervals hold the truth");
    assert!(passed * 20 <= usize::try_from(chosen).unwrap(), "{passed} of {chosen} are called within the limit");
}

/// Early layers matter most: the loss of a layer's cut falls with depth. The even schedule wastes what the late layers could
/// give.
#[test]
fn where_layers_differ_the_search_beats_the_even_schedule_by_a_tenth() {
    fn loss(list: &[f64]) -> f64 {
        let weights = [1.0, 0.5, 0.2, 0.002, 0.002, 0.002];
        list.iter().zip(weights).map(|(share, weight)| weight * (1.0 - share) * (1.0 - share)).sum()
    }
    let limits = Limits { loss: 0.01, group_loss: None };
    let mut world = made_up(7, 20_000, 0.0, loss);
    let (trials, _) = search(&mut world, limits, Effort { generations: 10, children: 16 }, &Known::new(), usize::MAX);
    let winner = &trials[choose(&trials, limits).unwrap()];
    let even = |end: f64| -> Vec<f64> { (0..LAYERS).map(|layer| 1.0 - (1.0 - end) * layer as f64 / 5.0).collect() };
    let ends = (1..1000).map(|end| f64::from(end) / 1000.0);
    let best = ends.map(even).filter(|list| loss(list) <= 0.01).map(|list| cost_of(&list)).fold(1.0, f64::min);
    assert!(loss(&list_of(&winner.spec)) <= 0.011, "within the limit in truth: {}", winner.spec);
    assert!(winner.measured.flops <= 0.9 * best, "{} beside {best} of the even schedule", winner.measured.flops);
}

#[test]
fn a_search_that_was_stopped_goes_on_to_the_same_points() {
    let limits = Limits { loss: 0.01, group_loss: None };
    let world = || made_up(3, 400, 0.02, |list| 0.03 * (1.0 - cost_of(list)));
    let mut whole_world = world();
    let (whole, _) = search(&mut whole_world, limits, SMALL, &Known::new(), usize::MAX);
    for stop_after in [1, 9, 25] {
        let (part, known) = search(&mut world(), limits, SMALL, &Known::new(), stop_after);
        assert!(part.len() < whole.len() && known.len() == stop_after, "stopped after {stop_after}");
        let mut rest = world();
        let (resumed, _) = search(&mut rest, limits, SMALL, &known, usize::MAX);
        assert_eq!(resumed, whole, "the same points in the same order");
        let all = whole_world.measured.get();
        assert_eq!(rest.measured.get(), all - stop_after, "nothing is measured twice");
    }
}

#[test]
fn points_stand_where_their_numbers_put_them() {
    let trial = |number, rung, flops, loss| Trial {
        number,
        spec: StrategySpec::default_for("power_bert").unwrap(),
        generation: 0,
        rung,
        is_whole: rung == 1,
        measured: Measured {
            texts: 9,
            flops,
            latency: None,
            harmed: 0,
            rescued: 0,
            loss,
            soft_loss: None,
            error: 0.004,
            worst: None,
        },
    };
    let trials = [
        trial(0, 1, 0.9, 0.0),
        trial(1, 1, 0.5, 0.005),
        trial(2, 1, 0.6, 0.006),
        trial(3, 1, 0.3, 0.02),
        trial(4, 0, 0.2, 0.0),
        trial(5, 1, 0.4, 0.009),
    ];
    let limits = Limits { loss: 0.01, group_loss: None };
    let chosen = choose(&trials, limits);
    assert_eq!(chosen, Some(1), "0.4 is cheaper, but within the limit by less than a standard error");
    use Standing::Chosen;
    use Standing::Dominated;
    use Standing::Dropped;
    use Standing::Front;
    use Standing::Infeasible;
    let expected = [Front, Chosen, Dominated, Infeasible, Dropped, Front];
    assert_eq!(standings(&trials, limits, chosen), expected, "one of each");
    assert_eq!(choose(&trials[5..], limits), Some(5), "at the limit where none is inside it");
    assert_eq!(choose(&trials[3..4], limits), None, "none keeps to it");
}
