//! Strategies made comparable: each one's dial is turned until it spends the same.

use crate::evaluation::Error;
use crate::evaluation::tune::Budget;
use crate::evaluation::tune::BudgetKind;
use crate::evaluation::tune::CalibrationTexts;
use crate::evaluation::tune::Spending;
use crate::evaluation::tune::bracket::Side;
use crate::evaluation::tune::bracket::crossing;
use crate::evaluation::tune::clock::Clock;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::pruning::StrategySpec;
use crate::pruning::Value;

/// A budget is met within this share of it.
pub const MATCHED_WITHIN: f64 = 0.01;

/// What is aimed at, so that any two strategies that meet a budget agree within [`MATCHED_WITHIN`].
const AIMED_WITHIN: f64 = 0.004;

/// A strategy at a budget.
#[derive(Clone, Debug, PartialEq)]
pub struct Matched {
    /// As it was given.
    pub asked: StrategySpec,
    /// With its dial where the budget is met, or as near as it comes.
    pub spec: StrategySpec,
    /// What was asked for.
    pub budget: Budget,
    /// What `spec` uses of it on the calibration texts: a share of dense, measured, never the target.
    pub achieved: f64,
    /// 95% interval of `achieved`, where it was timed.
    pub interval: Option<(f64, f64)>,
    /// What `spec` spends, counted, whatever was asked for.
    pub spending: Spending,
    /// Settings that were tried.
    pub steps: usize,
    /// What the strongest setting of the dial takes with the schedule as it was given, where another schedule had to be
    /// taken to come further down.
    pub as_given: Option<f64>,
    /// Whether the budget is met, and if not, why.
    pub reach: Reach,
}

/// How near a strategy comes to a budget.
#[derive(Clone, Debug, PartialEq)]
pub enum Reach {
    /// Within [`MATCHED_WITHIN`] of it.
    Met,
    /// The gentlest setting of its dial already spends less.
    BelowAtGentlest,
    /// The strongest setting of its dial still spends more.
    AboveAtStrongest,
    /// Its settings jump over the budget: whole tokens of few texts, or a dial of whole steps.
    Jumps,
    /// It has no dial that could be turned.
    NoDial,
    /// The clock's noise is larger than the distance that counts.
    Unsteady,
}

impl Matched {
    /// Whether the budget is met within [`MATCHED_WITHIN`].
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.reach == Reach::Met
    }

    /// Why it is not met, or what had to be changed to meet it, for a person; `None` where there is nothing to say.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let reached = self.why_not();
        let (per, word) =
            (self.budget.per.label(), |key| self.spec.get(key).map(ToString::to_string).unwrap_or_default());
        let changed = self.as_given.map(|share| {
            let (schedule, start) = (word("schedule"), word("start"));
            format!("schedule={schedule},start={start}: as given, it comes down to {share:.4} of dense {per} only")
        });
        let notes: Vec<String> = reached.into_iter().chain(changed).collect();
        (!notes.is_empty()).then(|| notes.join("; "))
    }

    fn why_not(&self) -> Option<String> {
        let (id, per, share) = (self.asked.id(), self.budget.per.label(), self.achieved);
        match self.reach {
            Reach::Met => None,
            Reach::BelowAtGentlest => Some(format!(
                "out of reach: the gentlest setting of {id} already comes down to {share:.4} of dense {per}"
            )),
            Reach::AboveAtStrongest => {
                Some(format!("out of reach: the strongest setting of {id} still takes {share:.4} of dense {per}"))
            }
            Reach::Jumps => Some(format!(
                "no setting of {id} is nearer: whole tokens and whole steps jump over the budget; more texts smooth them"
            )),
            Reach::NoDial => Some(format!("{id} has no dial to turn; it runs as it is")),
            Reach::Unsteady => Some(
                "the clock's noise is larger than the hundredth that counts; time it on a quiet machine".to_owned(),
            ),
        }
    }
}

/// Turns each strategy's dial until it meets the budget on the same texts. `on_match` gets each as soon as it is solved,
/// with its place among `specs`; one that cannot run is handed over as its error.
///
/// # Errors
/// [`Error::Cancelled`] if it was asked to stop; what was handed over stays good.
pub fn match_budget(
    ticket: &Ticket,
    texts: &mut CalibrationTexts<'_>,
    specs: &[StrategySpec],
    budget: Budget,
    mut on_match: impl FnMut(usize, Result<Matched, Error>),
) -> Result<(), Error> {
    for (place, spec) in specs.iter().enumerate() {
        let stage = format!("matching {}", spec.id());
        ticket.report(Progress { done: place as u64, total: Some(specs.len() as u64), stage });
        match match_one(ticket, texts, spec, budget) {
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            matched => on_match(place, matched),
        }
    }
    Ok(())
}

/// One strategy at a budget; see [`match_budget`]. Where the schedule that it comes with does not reach down to the budget,
/// it is made geometric and then to begin in the first layer, which [`Matched::note`] says.
///
/// # Errors
/// [`Error::Build`] if the strategy does not fit the model, [`Error::Run`] or [`Error::Latency`] if it fails on a text,
/// [`Error::Cancelled`] if it was asked to stop.
pub fn match_one(
    ticket: &Ticket,
    texts: &mut CalibrationTexts<'_>,
    spec: &StrategySpec,
    budget: Budget,
) -> Result<Matched, Error> {
    let mut as_given = None;
    let mut found = match_shape(ticket, texts, spec, budget)?;
    for shape in steeper(spec) {
        if found.reach != Reach::AboveAtStrongest {
            break;
        }
        as_given = as_given.or(Some(found.achieved));
        let next = match_shape(ticket, texts, &shape, budget)?;
        found = Matched { asked: spec.clone(), steps: found.steps + next.steps, as_given, ..next };
    }
    Ok(found)
}

/// The same with schedules that come further down, one after the other: geometric, then from the first layer on. Nothing
/// where a list stands in the schedule's place, or there is no schedule.
fn steeper(spec: &StrategySpec) -> Vec<StrategySpec> {
    let geometric = Value::Word("geometric".to_owned());
    let is_set = |key: &str| spec.get(key).is_some();
    if !is_set("schedule") || !is_set("start") {
        return Vec::new();
    }
    let curved = spec.with("schedule", geometric).unwrap_or_else(|_| spec.clone());
    let early = curved.with("start", Value::Int(0)).unwrap_or_else(|_| curved.clone());
    let mut shapes = vec![curved, early];
    shapes.dedup();
    shapes.retain(|shape| shape != spec);
    shapes
}

/// One strategy at a budget with its schedule as it is.
fn match_shape(
    ticket: &Ticket,
    texts: &mut CalibrationTexts<'_>,
    spec: &StrategySpec,
    budget: Budget,
) -> Result<Matched, Error> {
    if budget.per == BudgetKind::Latency {
        return timed(ticket, texts, spec, budget);
    }
    let of = |spending: Spending| match budget.per {
        BudgetKind::Tokens => spending.tokens,
        _ => spending.flops,
    };
    let Some(range) = spec.dial_range() else {
        let spending = texts.spending(ticket, spec)?;
        return Ok(without_dial(spec, budget, (of(spending), None), spending));
    };
    let mut steps = 0;
    let found = crossing(budget.share, AIMED_WITHIN, |position| {
        steps += 1;
        texts.spending(ticket, &range.turned(spec, position).unwrap_or_else(|| spec.clone())).map(of)
    })?;
    let turned = range.turned(spec, found.position).unwrap_or_else(|| spec.clone());
    let spending = texts.spending(ticket, &turned)?;
    let reach = reach(found.side, found.value, budget, Reach::Jumps);
    let achieved = of(spending);
    let asked = spec.clone();
    Ok(Matched { asked, spec: turned, budget, achieved, interval: None, spending, steps, as_given: None, reach })
}

/// The dial is turned by short measurements; what is reported is one longer measurement of where that ended, which no
/// choice has touched.
fn timed(
    ticket: &Ticket,
    texts: &mut CalibrationTexts<'_>,
    spec: &StrategySpec,
    budget: Budget,
) -> Result<Matched, Error> {
    let clock = Clock::new(texts.checkpoint, texts.texts);
    let Some(range) = spec.dial_range() else {
        let timed = clock.carefully(ticket, spec)?;
        let spending = texts.spending(ticket, spec)?;
        return Ok(without_dial(spec, budget, timed, spending));
    };
    let mut steps = 0;
    let found = crossing(budget.share, MATCHED_WITHIN, |position| {
        steps += 1;
        clock.quickly(ticket, &range.turned(spec, position).unwrap_or_else(|| spec.clone()))
    })?;
    let turned = range.turned(spec, found.position).unwrap_or_else(|| spec.clone());
    let (achieved, interval) = clock.carefully(ticket, &turned)?;
    let spending = texts.spending(ticket, &turned)?;
    let reach = reach(found.side, achieved, budget, Reach::Unsteady);
    let asked = spec.clone();
    Ok(Matched { asked, spec: turned, budget, achieved, interval, spending, steps, as_given: None, reach })
}

fn without_dial(
    spec: &StrategySpec,
    budget: Budget,
    (achieved, interval): (f64, Option<(f64, f64)>),
    spending: Spending,
) -> Matched {
    let reach = reach(Side::Between, achieved, budget, Reach::NoDial);
    let (asked, as_given) = (spec.clone(), None);
    Matched { asked, spec: spec.clone(), budget, achieved, interval, spending, steps: 1, as_given, reach }
}

fn reach(side: Side, achieved: f64, budget: Budget, otherwise: Reach) -> Reach {
    let is_met = (achieved - budget.share).abs() <= MATCHED_WITHIN * budget.share;
    match side {
        _ if is_met => Reach::Met,
        Side::Above => Reach::BelowAtGentlest,
        Side::Below => Reach::AboveAtStrongest,
        Side::Between => otherwise,
    }
}
