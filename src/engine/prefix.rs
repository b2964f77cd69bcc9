//! The beginning that several strategies share on the same texts, computed once and cached.
//!
//! Until a strategy first decides something, its run is the dense one: the first layers, and the attention of the layer in
//! which it begins. The first run that comes by leaves the states of this shared prefix in the [`PrefixCache`], and the
//! others go on from them. Outcomes are those of separate runs, bit for bit.

use std::collections::BTreeMap;
use std::ops::Add;
use std::ops::AddAssign;
use std::time::Duration;
use std::time::Instant;

use crate::engine::Error;
use crate::engine::Outcome;
use crate::engine::RunDetail;
use crate::engine::encode::Run;
use crate::engine::macs;
use crate::engine::state::SequenceState;
use crate::engine::state::begin_sequences;
use crate::input::Sequence;
use crate::jobs::Ticket;
use crate::model::Model;
use crate::pruning::Pruner;
use crate::tensor::EvidenceSet;
use crate::tensor::Matrix;
use crate::tensor::SequenceEvidence;

/// How much of the work was taken over from earlier runs. Multiply-accumulates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SharedWork {
    /// What the runs would have cost one by one.
    pub separate: u64,
    /// Of these, taken over instead of computed.
    pub shared: u64,
}

impl Add for SharedWork {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { separate: self.separate + other.separate, shared: self.shared + other.shared }
    }
}

impl AddAssign for SharedWork {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SharedWork {
    /// Range: 0–1; `None` before anything ran.
    #[must_use]
    pub fn share(self) -> Option<f64> {
        (self.separate > 0).then(|| self.shared as f64 / self.separate as f64)
    }
}

/// A batch's outcomes under one strategy that may have gone on from a shared prefix, and what they took.
#[derive(Clone, Debug, PartialEq)]
pub struct PrefixRun {
    /// One entry per text.
    pub outcomes: Vec<Outcome>,
    /// Wall-clock time, the time that the shared prefix took when it was computed included.
    pub duration: Duration,
}

/// The states at the end of shared prefixes, from which strategies go on, for all batches of a data set.
///
/// Holds no more than a given number of bytes: what does not fit is computed again.
#[derive(Debug)]
pub struct PrefixCache {
    plan: BTreeMap<usize, Planned>,
    /// By batch, then by layer.
    prefixes: BTreeMap<usize, Vec<Prefix>>,
    free_bytes: usize,
    work: SharedWork,
}

/// A layer after whose attention strategies leave the shared prefix.
#[derive(Clone, Copy, Debug)]
struct Planned {
    /// What they want to see there, all together.
    needs: EvidenceSet,
    strategies: usize,
}

/// A shared prefix of a batch: its states after the attention of a layer, before anything was removed.
#[derive(Debug)]
struct Prefix {
    layer: usize,
    needs: EvidenceSet,
    evidence: Vec<SequenceEvidence>,
    /// Shape: `[total_tokens, hidden]`.
    states: Matrix,
    /// The last complete states of the rows that the heads read. Shape: `[sequences, hidden]`.
    first: Matrix,
    /// What it took to come here.
    duration: Duration,
}

impl Prefix {
    fn bytes(&self) -> usize {
        let evidence: usize = self.evidence.iter().map(SequenceEvidence::num_values).sum();
        size_of::<f32>() * (self.states.data().len() + evidence + self.first.data().len())
    }

    /// Whether a strategy that begins in `idle` can go on from here.
    fn serves(&self, idle: usize, pruner: &dyn Pruner) -> bool {
        let is_own = || self.layer == idle && self.needs.covers(pruner.needs(idle)) && !pruner.decides_on_input(idle);
        self.layer < idle || is_own()
    }
}

/// Where a strategy leaves the shared prefix: the layer in which it begins, and what it wants to see there. One layer earlier where
/// that is more than can be kept (whole attention matrices, whole states), or where it decides before that layer's attention.
fn prefix_of(pruner: &dyn Pruner, num_layers: usize) -> Option<(usize, EvidenceSet)> {
    let idle = pruner.idle_layers();
    if idle >= num_layers {
        return num_layers.checked_sub(1).map(|last| (last, EvidenceSet::NONE));
    }
    let needs = pruner.needs(idle);
    if pruner.decides_on_input(idle) || needs.iter().any(|kind| !kind.shape().is_digest()) {
        return idle.checked_sub(1).map(|before| (before, EvidenceSet::NONE));
    }
    Some((idle, needs))
}

impl PrefixCache {
    /// Plans where these strategies leave their shared prefixes. Nothing is computed yet, and at most `bytes` of states are kept later.
    #[must_use]
    pub fn new<'a>(model: &Model, pruners: impl IntoIterator<Item = &'a dyn Pruner>, bytes: usize) -> Self {
        let mut plan: BTreeMap<usize, Planned> = BTreeMap::new();
        for (layer, needs) in pruners.into_iter().filter_map(|pruner| prefix_of(pruner, model.layers.len())) {
            let planned = plan.entry(layer).or_insert(Planned { needs: EvidenceSet::NONE, strategies: 0 });
            planned.needs = planned.needs.union(needs);
            planned.strategies += 1;
        }
        Self { plan, prefixes: BTreeMap::new(), free_bytes: bytes, work: SharedWork::default() }
    }

    /// What was taken over so far.
    #[must_use]
    pub fn work(&self) -> SharedWork {
        self.work
    }

    /// Runs a batch as [`run`](crate::engine::run) does with [`RunDetail::Counts`], from as far on as an earlier run of the
    /// same batch has come. `number` names the batch.
    ///
    /// # Errors
    /// Those of [`run`](crate::engine::run).
    pub fn run(
        &mut self,
        ticket: &Ticket,
        model: &Model,
        (number, batch): (usize, &[&Sequence]),
        pruner: &dyn Pruner,
    ) -> Result<PrefixRun, Error> {
        ticket.checkpoint()?;
        let started = Instant::now();
        let idle = pruner.idle_layers().min(model.layers.len());
        let sequences = begin_sequences(model, batch, pruner, RunDetail::Counts.into())?;
        // A strategy that leaves words out at input level runs on another text.
        let is_whole = sequences.iter().all(|sequence| sequence.orig.len() == sequence.trace.num_tokens);
        let prefix = self.longest_prefix(number, pruner, idle).filter(|_| is_whole);
        let (mut run, next, before) = match prefix {
            Some(prefix) => {
                let saved = batch.iter().map(|text| macs_until(model, prefix.layer, text.units.len())).sum::<u64>();
                let found = (resume(model, sequences, pruner, prefix, idle)?, prefix.layer + 1, prefix.duration);
                self.work.shared += saved;
                found
            }
            None => (Run::embed(model, batch, sequences, pruner, RunDetail::Counts.into())?, 0, Duration::ZERO),
        };
        for layer in next..model.layers.len() {
            ticket.checkpoint()?;
            // Up to here no row has left, and none will before this layer's attention.
            let is_prefix = layer < idle || (layer == idle && !pruner.decides_on_input(idle));
            if layer >= idle {
                run.before_attention(layer)?;
            }
            let planned = if is_whole && is_prefix { self.wanted(number, layer, pruner, &run) } else { None };
            let asked = if layer < idle { EvidenceSet::NONE } else { pruner.needs(layer) };
            let first = planned.and_then(|_| run.states.on_host().map(|(_, first)| first.clone()));
            let evidence = run.attend(layer, planned.map_or(asked, |needs| needs.union(asked)), None)?;
            if let Some(((needs, first), (states, _))) = planned.zip(first).zip(run.states.on_host()) {
                let evidence = evidence.iter().map(|evidence| evidence.only(needs)).collect();
                let (states, duration) = (states.clone(), before + started.elapsed());
                self.keep(number, Prefix { layer, needs, evidence, states, first, duration });
            }
            run.after_attention(layer, (layer >= idle).then_some(&*evidence))?;
        }
        let outcomes = run.finish()?.outcomes;
        self.work.separate += outcomes.iter().map(|outcome| outcome.trace.macs()).sum::<u64>();
        Ok(PrefixRun { outcomes, duration: before + started.elapsed() })
    }

    /// The longest prefix of the batch from which the strategy can go on.
    fn longest_prefix(&self, number: usize, pruner: &dyn Pruner, idle: usize) -> Option<&Prefix> {
        let usable = self.prefixes.get(&number)?.iter().filter(|prefix| prefix.serves(idle, pruner));
        usable.max_by_key(|prefix| prefix.layer)
    }

    /// What is to be seen after the attention of `layer` if the states there are to be kept for other strategies. On a
    /// device nothing is kept: its memory is scarce, and bringing states here costs more than computing them again.
    fn wanted(&self, number: usize, layer: usize, pruner: &dyn Pruner, run: &Run<'_>) -> Option<EvidenceSet> {
        let planned = self.plan.get(&layer)?;
        let is_own = prefix_of(pruner, run.num_layers()).is_some_and(|(own, _)| own == layer);
        let has_others = planned.strategies > usize::from(is_own);
        let is_kept =
            self.prefixes.get(&number).is_some_and(|prefixes| prefixes.iter().any(|prefix| prefix.layer == layer));
        let fits = run.states.on_host().is_some_and(|(states, _)| size_of_val(states.data()) <= self.free_bytes);
        (has_others && !is_kept && fits).then_some(planned.needs)
    }

    fn keep(&mut self, number: usize, prefix: Prefix) {
        if let Some(left) = self.free_bytes.checked_sub(prefix.bytes()) {
            self.free_bytes = left;
            self.prefixes.entry(number).or_default().push(prefix);
        }
    }
}

/// A run that has come as far as `prefix`, and completes that layer.
fn resume<'a>(
    model: &'a Model,
    sequences: Vec<SequenceState>,
    pruner: &'a dyn Pruner,
    prefix: &Prefix,
    idle: usize,
) -> Result<Run<'a>, Error> {
    let mut run = Run::resume(model, sequences, pruner, (&prefix.states, &prefix.first));
    for layer in 0..prefix.layer {
        run.keep_all(layer)?;
    }
    run.after_attention(prefix.layer, (prefix.layer >= idle).then_some(&*prefix.evidence))?;
    Ok(run)
}

/// Multiply-accumulates of a whole text up to and including the attention of `layer`.
fn macs_until(model: &Model, layer: usize, tokens: usize) -> u64 {
    let before: u64 = (0..layer).map(|layer| macs::layer(model, layer, tokens, tokens)).sum();
    before + macs::layer(model, layer, tokens, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_needs_work() {
        assert_eq!(SharedWork::default().share(), None, "nothing ran");
        assert_eq!(SharedWork { separate: 400, shared: 92 }.share(), Some(0.23), "92 of 400");
    }
}
