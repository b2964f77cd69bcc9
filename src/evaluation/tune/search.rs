//! The search: seeds, then generations of children, each raced on growing samples.
//!
//! What it tries depends on the seed and on what was measured, never on the clock or on threads. So a search that was stopped
//! goes on by being run again with what was measured before ([`Known`]): it takes the same way, and measures only what is new.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::evaluation::Error;
use crate::evaluation::tune::dice::Dice;
use crate::evaluation::tune::landscape::Landscape;
use crate::evaluation::tune::landscape::Limits;
use crate::evaluation::tune::landscape::Measured;
use crate::evaluation::tune::space;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::pruning::StrategySpec;

/// Of the candidates of a race, this many go on at least.
const FEWEST_ON: usize = 3;

/// Candidates that may become parents.
const PARENTS: usize = 8;

/// Attempts at a child that was not tried yet.
const ATTEMPTS: usize = 8;

/// What was measured before, by canonical spec and rung.
pub type Known = BTreeMap<(String, usize), Measured>;

/// How much is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Effort {
    /// Generations after the seeds.
    pub generations: usize,
    /// Children of a generation.
    pub children: usize,
}

impl Default for Effort {
    fn default() -> Self {
        Self { generations: 10, children: 16 }
    }
}

/// A candidate and the largest sample it was measured on.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// In order of first appearance.
    pub number: usize,
    /// The setting.
    pub spec: StrategySpec,
    /// 0 for seeds.
    pub generation: usize,
    /// How far it came.
    pub rung: usize,
    /// Whether that is the whole sample.
    pub is_whole: bool,
    /// On that sample.
    pub measured: Measured,
}

/// Where a candidate stands in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Chosen: what the policy runs.
    Chosen,
    /// Keeps to the limits, and none that does is both cheaper and loses no more.
    Front,
    /// Keeps to the limits, but another is at least as good in both and better in one.
    Dominated,
    /// Breaks a limit on the whole sample.
    Infeasible,
    /// Left behind on a smaller sample.
    Dropped,
}

impl Standing {
    /// All there are.
    pub const ALL: [Self; 5] = [Self::Chosen, Self::Front, Self::Dominated, Self::Infeasible, Self::Dropped];

    /// As in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Chosen => "chosen",
            Self::Front => "front",
            Self::Dominated => "dominated",
            Self::Infeasible => "infeasible",
            Self::Dropped => "dropped",
        }
    }
}

/// What a search asks for and tells.
pub(super) struct Search<'a, L> {
    pub(super) landscape: &'a mut L,
    pub(super) limits: Limits,
    pub(super) seed: u64,
    pub(super) effort: Effort,
    pub(super) known: &'a Known,
    /// Hears of every measurement, with the rung; new ones are to be kept by whoever wants to go on later.
    pub(super) on_trial: &'a mut dyn FnMut(&Trial),
    /// Whether time is up.
    pub(super) is_over: &'a dyn Fn() -> bool,
    pub(super) trials: Vec<Trial>,
    /// Whether time was up before all generations were done.
    pub(super) is_out_of_time: bool,
    /// Of each failed candidate, why.
    pub(super) failed: Vec<(StrategySpec, String)>,
}

impl<L: Landscape> Search<'_, L> {
    /// Searches until all generations are done or time is up.
    ///
    /// # Errors
    /// [`Error::Cancelled`] if it was asked to stop; the trials are then those that were measured.
    pub(super) fn run(&mut self, ticket: &Ticket, templates: &[StrategySpec]) -> Result<(), Error> {
        self.tell(ticket, 0);
        let seeds = space::seeds(ticket, self.landscape, templates)?;
        // As many races as budgets, the gentlest first.
        let races = seeds.len().div_ceil(templates.len().max(1) * 3).clamp(1, 6);
        for race in seeds.chunks(seeds.len().div_ceil(races).max(1)) {
            self.race(ticket, 0, race)?;
        }
        for generation in 1..=self.effort.generations {
            if (self.is_over)() {
                self.is_out_of_time = true;
                return Ok(());
            }
            self.tell(ticket, generation);
            let children = self.children(ticket, generation)?;
            self.race(ticket, generation, &children)?;
        }
        Ok(())
    }

    fn tell(&self, ticket: &Ticket, generation: usize) {
        let stage = format!("searching, {} tried", self.trials.len());
        let total = Some(self.effort.generations as u64 + 1);
        ticket.report(Progress { done: generation as u64, total, stage });
    }

    /// Measures candidates on growing samples; after each, the better half goes on.
    fn race(&mut self, ticket: &Ticket, generation: usize, specs: &[StrategySpec]) -> Result<(), Error> {
        let rungs = self.landscape.rungs().len();
        let mut running: Vec<usize> = Vec::new();
        for spec in specs {
            if self.trials.iter().all(|trial| trial.spec != *spec) {
                running.extend(self.measure(ticket, (generation, spec, None), 0)?);
            }
        }
        for rung in 1..rungs {
            let going = running.len().div_ceil(2).max(FEWEST_ON).min(running.len());
            running = self.going_on(&running, going);
            let mut through = Vec::new();
            for &number in &running {
                let spec = self.trials[number].spec.clone();
                through.extend(self.measure(ticket, (generation, &spec, Some(number)), rung)?);
            }
            running = through;
        }
        Ok(())
    }

    /// Of these candidates the ones that go on: the cheapest of those that may keep to the limits, and the gentlest, in turn.
    /// The cheapest alone would mostly be those that had luck on a small sample.
    fn going_on(&self, running: &[usize], count: usize) -> Vec<usize> {
        let sorted = |key: &dyn Fn(&Trial) -> (f64, f64)| {
            let mut order = running.to_vec();
            order.sort_by(|&one, &other| by(key(&self.trials[one]), key(&self.trials[other])).then(one.cmp(&other)));
            order
        };
        let early = |trial: &Trial| self.limits.early_violation(&trial.measured);
        let cheapest = sorted(&|trial| (early(trial), trial.measured.cost()));
        let gentlest = sorted(&|trial| (early(trial), trial.measured.early_loss()));
        let mut chosen: Vec<usize> = Vec::new();
        for number in cheapest.into_iter().zip(gentlest).flat_map(|(cheap, gentle)| [cheap, gentle]) {
            if chosen.len() < count && !chosen.contains(&number) {
                chosen.push(number);
            }
        }
        chosen.sort_unstable();
        chosen
    }

    /// Measures one candidate and gives its number; `None` where it cannot run or time is up.
    fn measure(
        &mut self,
        ticket: &Ticket,
        (generation, spec, number): (usize, &StrategySpec, Option<usize>),
        rung: usize,
    ) -> Result<Option<usize>, Error> {
        ticket.checkpoint()?;
        let known = self.known.get(&(spec.to_string(), rung)).cloned();
        let measured = match known {
            Some(known) => Ok(known),
            None if (self.is_over)() => {
                self.is_out_of_time = true;
                return Ok(None);
            }
            None => self.landscape.measure(ticket, spec, rung),
        };
        let measured = match measured {
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            Err(error) => {
                self.failed.push((spec.clone(), error.to_string()));
                return Ok(None);
            }
            Ok(measured) => measured,
        };
        let number = number.unwrap_or(self.trials.len());
        let is_whole = rung + 1 == self.landscape.rungs().len();
        let trial = Trial { number, spec: spec.clone(), generation, rung, is_whole, measured };
        (self.on_trial)(&trial);
        if number == self.trials.len() {
            self.trials.push(trial);
        } else {
            // The generation of the first appearance stays.
            let generation = self.trials[number].generation;
            self.trials[number] = Trial { generation, ..trial };
        }
        Ok(Some(number))
    }

    /// New candidates from the best ones, most of them turned to a cost somewhat below that of the best.
    fn children(&mut self, ticket: &Ticket, generation: usize) -> Result<Vec<StrategySpec>, Error> {
        let parents = self.parents();
        let mut dice = Dice::new(self.seed, generation as u64);
        let mut children: Vec<StrategySpec> = Vec::new();
        let Some(best) = parents.first() else { return Ok(children) };
        let keeps = self.limits.violation(&best.measured) <= 0.0;
        let best_cost = best.measured.flops;
        for _ in 0..self.effort.children {
            for _ in 0..ATTEMPTS {
                // The better of two draws: the first parents have most children.
                let pick = |dice: &mut Dice| dice.below(parents.len()).min(dice.below(parents.len()));
                let [one, other] = [pick(&mut dice), pick(&mut dice)].map(|place| &parents[place]);
                let mut spec = space::child(&one.spec, &other.spec, self.landscape.layers(), &mut dice);
                if !self.landscape.fits(&spec) {
                    continue;
                }
                if dice.happens(0.75) {
                    let share = if keeps {
                        best_cost * dice.between(0.82, 1.0)
                    } else {
                        one.measured.flops * dice.between(1.0, 1.2)
                    };
                    spec = match self.landscape.aimed(ticket, &spec, share.min(1.0)) {
                        Err(Error::Cancelled) => return Err(Error::Cancelled),
                        Err(_) => spec,
                        Ok(aimed) => space::tidied(&aimed),
                    };
                }
                let is_new = self.trials.iter().all(|trial| trial.spec != spec) && !children.contains(&spec);
                if is_new {
                    children.push(spec);
                    break;
                }
            }
        }
        Ok(children)
    }

    /// The best candidates that were measured on the whole sample.
    fn parents(&self) -> Vec<Trial> {
        let mut through: Vec<&Trial> = self.trials.iter().filter(|trial| trial.is_whole).collect();
        let key = |trial: &Trial| (self.limits.violation(&trial.measured), trial.measured.cost());
        through.sort_by(|one, other| by(key(one), key(other)).then(one.number.cmp(&other.number)));
        through.into_iter().take(PARENTS).cloned().collect()
    }
}

/// Less violation first, then less cost.
fn by(one: (f64, f64), other: (f64, f64)) -> Ordering {
    one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1))
}

/// The candidate to choose: the cheapest that keeps to the limits by a standard error of its loss; where none does, the
/// cheapest that keeps to them at all. The best of many on one sample is lucky as a rule, which the margin makes less likely
/// and nothing but other texts can tell.
#[must_use]
pub fn choose(trials: &[Trial], limits: Limits) -> Option<usize> {
    let cheapest = |keeps: &dyn Fn(&Measured) -> bool| {
        let through = trials.iter().filter(|trial| trial.is_whole && keeps(&trial.measured));
        let cost = |trial: &Trial| (trial.measured.cost(), trial.measured.loss);
        through
            .min_by(|one, other| by(cost(one), cost(other)).then(one.number.cmp(&other.number)))
            .map(|trial| trial.number)
    };
    cheapest(&|measured| limits.is_safe(measured)).or_else(|| cheapest(&|measured| limits.violation(measured) <= 0.0))
}

/// Where each trial stands, in their order.
#[must_use]
pub fn standings(trials: &[Trial], limits: Limits, chosen: Option<usize>) -> Vec<Standing> {
    let keeps = |trial: &Trial| trial.is_whole && limits.violation(&trial.measured) <= 0.0;
    let feasible: Vec<&Trial> = trials.iter().filter(|trial| keeps(trial)).collect();
    let beats = |one: &Measured, other: &Measured| {
        let (no_worse, better) =
            (one.cost() <= other.cost() && one.loss <= other.loss, one.cost() < other.cost() || one.loss < other.loss);
        no_worse && better
    };
    let standing = |trial: &Trial| {
        if Some(trial.number) == chosen {
            Standing::Chosen
        } else if !trial.is_whole {
            Standing::Dropped
        } else if !keeps(trial) {
            Standing::Infeasible
        } else if feasible.iter().any(|other| beats(&other.measured, &trial.measured)) {
            Standing::Dominated
        } else {
            Standing::Front
        }
    };
    trials.iter().map(standing).collect()
}
