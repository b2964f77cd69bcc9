//! What several strategies have in common on the same texts, computed once.
//!
//! Until a strategy first decides something, its run is the dense one: the first layers, and the attention of the layer in
//! which it begins. The first run that comes by keeps its states there, and the others branch off from them. Outcomes are
//! those of separate runs, bit for bit.

use std::collections::BTreeMap;
use std::ops::Add;
use std::ops::AddAssign;
use std::time::Duration;
use std::time::Instant;

use crate::engine::Error;
use crate::engine::Outcome;
use crate::engine::RunDetail;
use crate::engine::forward::Run;
use crate::engine::macs;
use crate::engine::state::SequenceState;
use crate::engine::state::begin_sequences;
use crate::jobs::Ticket;
use crate::model::Encoded;
use crate::model::Model;
use crate::pruning::Pruner;
use crate::tensor::EvidenceNeeds;
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

/// A batch's outcomes under one strategy, and what they took.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// One entry per text.
    pub outcomes: Vec<Outcome>,
    /// Wall-clock time, the time that the shared part took when it was computed included.
    pub duration: Duration,
}

/// The states from which strategies branch off, for all batches of a data set.
///
/// Holds no more than a given number of bytes: what does not fit is computed again.
#[derive(Debug)]
pub struct Trunk {
    plan: BTreeMap<usize, Planned>,
    /// By batch, then by layer.
    forks: BTreeMap<usize, Vec<Fork>>,
    free_bytes: usize,
    work: SharedWork,
}

/// A layer after whose attention strategies branch off.
#[derive(Clone, Copy, Debug)]
struct Planned {
    /// What they want to see there, all together.
    needs: EvidenceNeeds,
    strategies: usize,
}

/// A batch after the attention of a layer, before anything was removed.
#[derive(Debug)]
struct Fork {
    layer: usize,
    needs: EvidenceNeeds,
    evidence: Vec<SequenceEvidence>,
    /// Shape: `[total_tokens, hidden]`.
    states: Matrix,
    /// The last complete states of the rows that the heads read. Shape: `[sequences, hidden]`.
    first: Matrix,
    /// What it took to come here.
    duration: Duration,
}

impl Fork {
    fn bytes(&self) -> usize {
        let evidence = |evidence: &SequenceEvidence| {
            let per_token = [
                &evidence.column_sums,
                &evidence.diagonal_sums,
                &evidence.cls_row,
                &evidence.row_entropies,
                &evidence.value_norms,
            ];
            per_token.iter().map(|values| values.len()).sum::<usize>() + evidence.mean_keys.len()
        };
        let evidence: usize = self.evidence.iter().map(evidence).sum();
        size_of::<f32>() * (self.states.data().len() + evidence + self.first.data().len())
    }

    /// Whether a strategy that begins in `idle` can go on from here.
    fn serves(&self, idle: usize, pruner: &dyn Pruner) -> bool {
        self.layer < idle || (self.layer == idle && self.needs.covers(pruner.needs(idle)))
    }
}

/// Where a strategy branches off: the layer in which it begins, and what it wants to see there. One layer earlier where
/// that is more than can be kept (whole attention matrices, whole states).
fn fork_of(pruner: &dyn Pruner, num_layers: usize) -> Option<(usize, EvidenceNeeds)> {
    let idle = pruner.idle_layers();
    if idle >= num_layers {
        return num_layers.checked_sub(1).map(|last| (last, EvidenceNeeds::NONE));
    }
    let needs = pruner.needs(idle);
    if needs.attention_probs || needs.hidden {
        return idle.checked_sub(1).map(|before| (before, EvidenceNeeds::NONE));
    }
    Some((idle, needs))
}

impl Trunk {
    /// Plans where these strategies branch off. Nothing is computed yet, and at most `bytes` of states are kept later.
    #[must_use]
    pub fn new<'a>(model: &Model, pruners: impl IntoIterator<Item = &'a dyn Pruner>, bytes: usize) -> Self {
        let mut plan: BTreeMap<usize, Planned> = BTreeMap::new();
        for (layer, needs) in pruners.into_iter().filter_map(|pruner| fork_of(pruner, model.layers.len())) {
            let planned = plan.entry(layer).or_insert(Planned { needs: EvidenceNeeds::NONE, strategies: 0 });
            planned.needs = planned.needs.union(needs);
            planned.strategies += 1;
        }
        Self { plan, forks: BTreeMap::new(), free_bytes: bytes, work: SharedWork::default() }
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
        (number, batch): (usize, &[&Encoded]),
        pruner: &dyn Pruner,
    ) -> Result<Branch, Error> {
        ticket.checkpoint()?;
        let started = Instant::now();
        let idle = pruner.idle_layers().min(model.layers.len());
        let sequences = begin_sequences(model, batch, pruner, RunDetail::Counts.into())?;
        // A strategy that leaves words out at input level runs on another text.
        let is_whole = sequences.iter().all(|sequence| sequence.orig.len() == sequence.trace.num_tokens);
        let fork = self.best_fork(number, pruner, idle).filter(|_| is_whole);
        let (mut run, next, before) = match fork {
            Some(fork) => {
                let saved = batch.iter().map(|text| macs_until(model, fork.layer, text.tokens.len())).sum::<u64>();
                let found = (branch_off(model, sequences, pruner, fork, idle)?, fork.layer + 1, fork.duration);
                self.work.shared += saved;
                found
            }
            None => (Run::embed(model, batch, sequences, pruner, RunDetail::Counts.into())?, 0, Duration::ZERO),
        };
        for layer in next..model.layers.len() {
            ticket.checkpoint()?;
            let planned = if is_whole && layer <= idle { self.wanted(number, layer, pruner, &run) } else { None };
            let asked = if layer < idle { EvidenceNeeds::NONE } else { pruner.needs(layer) };
            let first = planned.and_then(|_| run.states.on_host().map(|(_, first)| first.clone()));
            let evidence = run.attend(layer, planned.map_or(asked, |needs| needs.union(asked)), None)?;
            if let Some(((needs, first), (states, _))) = planned.zip(first).zip(run.states.on_host()) {
                let evidence = evidence.iter().map(light).collect();
                let (states, duration) = (states.clone(), before + started.elapsed());
                self.keep(number, Fork { layer, needs, evidence, states, first, duration });
            }
            run.after_attention(layer, (layer >= idle).then_some(&*evidence))?;
        }
        let outcomes = run.finish()?.outcomes;
        self.work.separate += outcomes.iter().map(|outcome| outcome.trace.macs()).sum::<u64>();
        Ok(Branch { outcomes, duration: before + started.elapsed() })
    }

    /// The last states of the batch from which the strategy can go on.
    fn best_fork(&self, number: usize, pruner: &dyn Pruner, idle: usize) -> Option<&Fork> {
        let usable = self.forks.get(&number)?.iter().filter(|fork| fork.serves(idle, pruner));
        usable.max_by_key(|fork| fork.layer)
    }

    /// What is to be seen after the attention of `layer` if the states there are to be kept for other strategies. On a
    /// device nothing is kept: its memory is scarce, and bringing states here costs more than computing them again.
    fn wanted(&self, number: usize, layer: usize, pruner: &dyn Pruner, run: &Run<'_>) -> Option<EvidenceNeeds> {
        let planned = self.plan.get(&layer)?;
        let is_own = fork_of(pruner, run.num_layers()).is_some_and(|(own, _)| own == layer);
        let has_others = planned.strategies > usize::from(is_own);
        let is_kept = self.forks.get(&number).is_some_and(|forks| forks.iter().any(|fork| fork.layer == layer));
        let fits = run.states.on_host().is_some_and(|(states, _)| size_of_val(states.data()) <= self.free_bytes);
        (has_others && !is_kept && fits).then_some(planned.needs)
    }

    fn keep(&mut self, number: usize, fork: Fork) {
        if let Some(left) = self.free_bytes.checked_sub(fork.bytes()) {
            self.free_bytes = left;
            self.forks.entry(number).or_default().push(fork);
        }
    }
}

/// A run that has come as far as `fork`, and completes that layer.
fn branch_off<'a>(
    model: &'a Model,
    sequences: Vec<SequenceState>,
    pruner: &'a dyn Pruner,
    fork: &Fork,
    idle: usize,
) -> Result<Run<'a>, Error> {
    let mut run = Run::resume(model, sequences, pruner, (&fork.states, &fork.first));
    for layer in 0..fork.layer {
        run.keep_all(layer)?;
    }
    run.after_attention(fork.layer, (fork.layer >= idle).then_some(&*fork.evidence))?;
    Ok(run)
}

/// What can be kept of the evidence: no whole matrices.
fn light(evidence: &SequenceEvidence) -> SequenceEvidence {
    SequenceEvidence {
        column_sums: evidence.column_sums.clone(),
        diagonal_sums: evidence.diagonal_sums.clone(),
        cls_row: evidence.cls_row.clone(),
        row_entropies: evidence.row_entropies.clone(),
        mean_keys: evidence.mean_keys.clone(),
        value_norms: evidence.value_norms.clone(),
        attention_probs: Vec::new(),
        hidden: Vec::new(),
    }
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
