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

    /// Why it is not met, in one sentence for a person; `None` where it is.
    #[must_use]
    pub fn note(&self) -> Option<String> {
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

/// One strategy at a budget; see [`match_budget`].
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
        let turned = range.turned(spec, position).unwrap_or_else(|| spec.clone());
        texts.spending(ticket, &turned).map(of)
    })?;
    let turned = range.turned(spec, found.position).unwrap_or_else(|| spec.clone());
    let spending = texts.spending(ticket, &turned)?;
    let reach = reach(found.side, found.value, budget, Reach::Jumps);
    Ok(Matched {
        asked: spec.clone(),
        spec: turned,
        budget,
        achieved: of(spending),
        interval: None,
        spending,
        steps,
        reach,
    })
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
    Ok(Matched { asked: spec.clone(), spec: turned, budget, achieved, interval, spending, steps, reach })
}

fn without_dial(
    spec: &StrategySpec,
    budget: Budget,
    (achieved, interval): (f64, Option<(f64, f64)>),
    spending: Spending,
) -> Matched {
    let reach = reach(Side::Between, achieved, budget, Reach::NoDial);
    Matched { asked: spec.clone(), spec: spec.clone(), budget, achieved, interval, spending, steps: 1, reach }
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
