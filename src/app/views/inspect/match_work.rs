//! Turns every strategy's dial until all meet one budget: on a few texts first, so that a dial can be dragged, then on the
//! whole sample.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::app::work::context::WorkContext;
use crate::app::work::dense_baseline::DenseBaseline;
use crate::app::work::enabled_runs::EnabledRuns;
use crate::app::work::group_bounds::worst_group;
use crate::app::work::sample_texts::SampleTexts;
use crate::app::work::sample_texts::Source;
use crate::app::work::sample_texts::sample;
use crate::app::work::sample_texts::source;
use crate::app::work::slot::Failure;
use crate::app::work::slot::Slot;
use crate::app::work::slot::error_chain;
use crate::app::work::stream::End;
use crate::app::work::stream::Outlet;
use crate::app::work::stream::Stream;
use crate::evaluation;
use crate::evaluation::Budget;
use crate::evaluation::CalibrationTexts;
use crate::evaluation::Estimate;
use crate::evaluation::Matched;
use crate::evaluation::StrategyRun;
use crate::evaluation::Summary;
use crate::evaluation::match_budget;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::model::Checkpoint;
use crate::project::EntryId;
use crate::project::Project;
use crate::pruning::StrategySpec;

/// Texts of the first round: few enough to be done while a hand moves.
const FIRST: usize = 8;

/// Results that wait to be looked at.
const ROOM: usize = 64;

/// What dials are turned for: the texts, the budget, and the strategies without the positions of their dials.
#[derive(Clone, Debug, PartialEq)]
struct MatchOf {
    source: Source,
    budget: Budget,
    bases: Vec<(EntryId, StrategySpec)>,
}

/// A strategy at the budget.
#[derive(Clone, Debug)]
pub(crate) struct Solved {
    /// What was found; or why the strategy cannot run.
    pub(crate) outcome: Result<Matched, String>,
    /// On how many texts.
    pub(crate) texts: usize,
}

/// What a strategy does to the data set.
#[derive(Debug)]
pub(crate) struct Needles {
    /// Accuracy and cost.
    pub(crate) summary: Summary,
    /// The group for which it does worst.
    pub(crate) worst: Option<(String, Estimate)>,
}

/// The work.
pub(crate) struct MatchWork {
    samples: Slot<Source, SampleTexts>,
    stream: Stream<MatchOf, (EntryId, Solved)>,
    begun: Option<MatchOf>,
    solved: BTreeMap<EntryId, Solved>,
    failure: Option<String>,
    runs: EnabledRuns<Needles>,
}

impl Default for MatchWork {
    fn default() -> Self {
        Self {
            samples: Slot::default(),
            stream: Stream::default(),
            begun: None,
            solved: BTreeMap::new(),
            failure: None,
            runs: EnabledRuns::making("needles", needles),
        }
    }
}

impl MatchWork {
    /// Takes in what has finished and starts what is due; called once a frame.
    pub(crate) fn poll(&mut self, context: &mut WorkContext<'_>, is_shown: bool, budget: Option<Budget>) {
        let _ended = self.samples.poll();
        self.take_in(context);
        self.runs.poll(context, is_shown && budget.is_some() && context.dataset.is_some());
        let (Some(budget), Some(checkpoint), true) = (budget, context.checkpoint.clone(), is_shown) else {
            if budget.is_none() && self.begun.take().is_some() {
                self.stream.stop();
                self.solved.clear();
            }
            return;
        };
        let Some(source) = source(context, &checkpoint) else { return };
        self.samples.want(source.clone());
        if self.samples.due().is_some() {
            let (checkpoint, dataset, of) = (Arc::clone(&checkpoint), context.dataset.clone(), source.clone());
            self.samples.start("sample of texts", Arc::clone(&context.wake), move |ticket| {
                sample(ticket, &checkpoint, dataset, &of)
            });
        }
        let Some(texts) = self.samples.get(&source).cloned() else { return };
        let key = MatchOf { source, budget, bases: bases(context.project) };
        if self.begun.as_ref() == Some(&key) {
            return;
        }
        self.begun = Some(key.clone());
        self.failure = None;
        let present: Vec<(EntryId, StrategySpec)> = present(context.project);
        self.solved.retain(|id, _| present.iter().any(|(present, _)| present == id));
        self.stream.start(key, ("match budgets", ROOM), Arc::clone(&context.wake), move |ticket, outlet| {
            solve(ticket, outlet, (&checkpoint, &texts), (&present, budget))
        });
    }

    /// What was found becomes the project's settings, unless somebody has set them otherwise meanwhile.
    fn take_in(&mut self, context: &mut WorkContext<'_>) {
        let Some(arrived) = self.stream.poll() else { return };
        if self.begun.as_ref() != Some(&arrived.key) {
            return;
        }
        for (id, solved) in arrived.items {
            let base = arrived.key.bases.iter().find(|(base, _)| *base == id).map(|(_, base)| base);
            let is_same = context.project.entry(id).is_some_and(|entry| Some(&base_of(&entry.spec)) == base);
            if let Ok(matched) = &solved.outcome
                && is_same
            {
                context.settings.push((id, matched.spec.clone()));
            }
            self.solved.insert(id, solved);
        }
        if let Some(End::Failed(reason)) = arrived.end {
            self.failure = Some(reason);
        }
    }

    /// What was found for a strategy.
    pub(crate) fn solved(&self, entry: EntryId) -> Option<&Solved> {
        self.solved.get(&entry)
    }

    /// Everything that was found.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&EntryId, &Solved)> {
        self.solved.iter()
    }

    /// Why nothing was found.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// Whether dials are being turned.
    pub(crate) fn is_matching(&self) -> bool {
        self.stream.progress().is_some()
    }

    /// How far the work is; `None` when nothing runs.
    pub(crate) fn progress(&self) -> Option<Progress> {
        self.stream.progress().or_else(|| self.runs.runs().progress())
    }

    /// What a strategy as it is set does to the data set, with the number of texts that this rests on.
    pub(crate) fn needles(&self, spec: &StrategySpec) -> Option<&Needles> {
        let round = self.runs.runs().current()?;
        round.runs.iter().find(|made| made.run.spec == *spec).map(|made| &made.made)
    }

    /// Solves again what is set now.
    pub(crate) fn again(&mut self) {
        self.begun = None;
    }

    /// Asks what runs to stop; what is found stays.
    pub(crate) fn stop(&mut self) {
        self.samples.stop();
        self.stream.stop();
        self.runs.runs().stop();
    }
}

/// A few texts first, then all.
fn solve(
    ticket: &Ticket,
    outlet: &Outlet<(EntryId, Solved)>,
    (checkpoint, texts): (&Checkpoint, &SampleTexts),
    (entries, budget): (&[(EntryId, StrategySpec)], Budget),
) -> Result<(), Failure> {
    let specs: Vec<StrategySpec> = entries.iter().map(|(_, spec)| spec.clone()).collect();
    let mut rounds = vec![FIRST.min(texts.encoded.len()), texts.encoded.len()];
    rounds.dedup();
    for round in rounds {
        let mut calibration = CalibrationTexts::new(checkpoint, &texts.encoded[..round], &specs);
        let mut gone = Ok(());
        match_budget(ticket, &mut calibration, &specs, budget, |place, matched| {
            let outcome = matched.map_err(|err| error_chain(&err));
            if let Some((id, _)) = entries.get(place)
                && gone.is_ok()
            {
                gone = outlet.send((*id, Solved { outcome, texts: round }));
            }
        })
        .map_err(|err| if ticket.is_cancelled() { Failure::Cancelled } else { Failure::Failed(error_chain(&err)) })?;
        gone?;
    }
    Ok(())
}

fn needles(ticket: &Ticket, baseline: &DenseBaseline, run: &StrategyRun) -> Result<Needles, Failure> {
    ticket.checkpoint()?;
    let summary = evaluation::summarize(&baseline.prepared, &baseline.dense, run);
    Ok(Needles { summary, worst: worst_group(ticket, baseline, run)? })
}

/// The enabled strategies as they are set.
fn present(project: &Project) -> Vec<(EntryId, StrategySpec)> {
    let entries = project.enabled().filter(|entry| entry.spec.id() != "dense");
    entries.map(|entry| (entry.id, entry.spec.clone())).collect()
}

fn bases(project: &Project) -> Vec<(EntryId, StrategySpec)> {
    present(project).into_iter().map(|(id, spec)| (id, base_of(&spec))).collect()
}

/// The settings without the position of the dial: what a budget changes is none of it.
fn base_of(spec: &StrategySpec) -> StrategySpec {
    let dial = spec.info().dial.as_ref();
    let turned = dial.and_then(|dial| {
        // Lists in the place of the dial keep their shape, which a turn changes: they are matched when the budget moves.
        spec.get(dial.key)?;
        spec.with(dial.key, dial.values.first()?.clone()).ok()
    });
    turned.unwrap_or_else(|| StrategySpec::default_for(spec.id()).unwrap_or_else(|_| spec.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_dial_is_the_same_strategy_and_another_schedule_is_another() {
        let base = |spec: &str| base_of(&StrategySpec::parse(spec).unwrap());
        assert_eq!(base("power_bert:retention=0.3"), base("power_bert:retention=0.7"), "only the dial differs");
        assert_ne!(base("power_bert:retention=0.3"), base("power_bert:retention=0.3,start=2"), "another first layer");
        assert_ne!(base("power_bert"), base("length_adaptive"), "another strategy");
    }
}
