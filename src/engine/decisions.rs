//! Where the strategy is asked, and how its answer is carried out: before a layer's attention (hook point P1) and after it
//! (P2).

use std::borrow::Cow;
use std::time::Instant;

use rayon::prelude::*;

use crate::engine::EntryTrace;
use crate::engine::Error;
use crate::engine::LayerTrace;
use crate::engine::MergeGroup;
use crate::engine::RunDetail;
use crate::engine::encode::Run;
use crate::engine::error::Place;
use crate::engine::finite::check_scores;
use crate::engine::macs;
use crate::engine::rearrange::Rearranged;
use crate::engine::rearrange::rearrange;
use crate::engine::state::SequenceState;
use crate::pruning::Action;
use crate::pruning::Decision;
use crate::pruning::LayerEvidence;
use crate::pruning::LayerInput;
use crate::tensor::CuSeqlens;
use crate::tensor::SequenceEvidence;

/// What was decided before the layer that a sequence is in, until that layer is written down.
#[derive(Default)]
pub(super) struct Entry {
    pub(super) overhead_macs: u64,
    pub(super) num_merges: usize,
    pub(super) merged: Vec<MergeGroup>,
    /// Scores of the rows that went in, where there are any.
    scores: Vec<f32>,
    /// `None` where nothing is written down but counts.
    pub(super) trace: Option<Box<EntryTrace>>,
}

impl Run<'_> {
    /// Hook point P1: strategies that look at a layer's input decide on it, and what they drop takes no part in the layer.
    pub(super) fn before_attention(&mut self, layer: usize) -> Result<(), Error> {
        if !self.pruner.decides_on_input(layer) {
            return Ok(());
        }
        let started = Instant::now();
        let before = self.bounds();
        let decisions = self.decide_on_input(layer, &before)?;
        let decided = Instant::now();
        let mut plans = Vec::with_capacity(decisions.len());
        for (index, decision) in decisions.into_iter().enumerate() {
            plans.push(self.enter(Place { layer, sequence: index }, decision)?);
        }
        self.move_rows(&plans, &before)?;
        self.spans.scoring += decided - started;
        self.spans.gathering += decided.elapsed();
        Ok(())
    }

    /// Asks every sequence's strategy, side by side. On a device the states are fetched for it.
    fn decide_on_input(&mut self, layer: usize, bounds: &CuSeqlens) -> Result<Vec<Decision>, Error> {
        let lengths = self.sequences.iter().map(|sequence| sequence.orig.len());
        let states = bounds.ranges().zip(lengths).map(|(range, rows)| self.states.view(range.start, rows));
        let states: Vec<Cow<'_, [f32]>> = states.collect::<Result<_, Error>>()?;
        let one = |(sequence, states): (&mut SequenceState, &Cow<'_, [f32]>)| {
            sequence.pruner.decide_on_input(&LayerInput { layer, orig: &sequence.orig, states })
        };
        Ok(self.sequences.par_iter_mut().zip(&states).map(one).collect())
    }

    /// Carries out one sequence's decision before a layer in its books, and says where its rows go.
    fn enter(&mut self, place: Place, decision: Decision) -> Result<Option<Rearranged>, Error> {
        let shape = &self.model.config.shape;
        let sequence = &mut self.sequences[place.sequence];
        let rows = sequence.orig.len();
        check_decision(&decision, &sequence.orig, place)?;
        let overhead_macs = self.pruner.input_macs(place.layer, rows, shape) + decision.action.merge_macs(shape.hidden);
        let detailed = self.options.detail != RunDetail::Counts;
        let mut entry = Entry { overhead_macs, ..Entry::default() };
        if detailed {
            entry.scores = scores_of_survivors(&decision);
            entry.trace = Some(Box::new(EntryTrace {
                positions: sequence.orig.clone(),
                importance: decision.importance,
                threshold: decision.threshold,
            }));
        }
        let plan = carry_out(decision.action, sequence, place)?;
        if let Some(plan) = &plan {
            entry.num_merges = plan.merged.len();
            if detailed {
                entry.merged.clone_from(&plan.merged);
            }
        }
        sequence.entry = Some(entry);
        Ok(plan.filter(|plan| !plan.is_identity(rows)))
    }

    /// Takes note of a layer in which nothing is decided.
    pub(super) fn keep_all(&mut self, layer: usize) -> Result<(), Error> {
        self.apply(layer, self.sequences.iter().map(|_| Decision::keep_all()).collect())
    }

    /// Carries out the decisions on the states at P2.
    pub(super) fn apply(&mut self, layer: usize, decisions: Vec<Decision>) -> Result<(), Error> {
        let before = self.bounds();
        let mut plans: Vec<Option<Rearranged>> = Vec::with_capacity(decisions.len());
        for (index, decision) in decisions.into_iter().enumerate() {
            plans.push(self.decided(Place { layer, sequence: index }, decision)?);
        }
        self.move_rows(&plans, &before)
    }

    /// Carries out one sequence's decision at P2 in its books, and says where its rows go.
    fn decided(&mut self, place: Place, decision: Decision) -> Result<Option<Rearranged>, Error> {
        let detailed = self.options.detail != RunDetail::Counts;
        let shape = &self.model.config.shape;
        let sequence = &mut self.sequences[place.sequence];
        let rows = sequence.orig.len();
        check_decision(&decision, &sequence.orig, place)?;
        let own = self.pruner.overhead_macs(place.layer, rows, shape) + decision.action.merge_macs(shape.hidden);
        let entry = sequence.entry.take().unwrap_or_default();
        let overhead_macs = entry.overhead_macs + own;
        let mut trace = LayerTrace { rows_attention: rows, overhead_macs, ..LayerTrace::default() };
        if detailed {
            trace.attended.clone_from(&sequence.orig);
            trace.importance = if decision.importance.is_empty() { entry.scores } else { decision.importance };
            trace.threshold = decision.threshold;
        }
        let plan = carry_out(decision.action, sequence, place)?;
        trace.num_merges = entry.num_merges;
        trace.merged = entry.merged;
        trace.entry = entry.trace;
        if let Some(plan) = &plan {
            trace.num_merges += plan.merged.len();
            if detailed {
                trace.merged.extend_from_slice(&plan.merged);
            }
        }
        trace.rows_feed_forward = sequence.orig.len();
        trace.macs = overhead_macs + macs::layer(self.model, place.layer, rows, trace.rows_feed_forward);
        trace.alive = sequence.alive.iter().filter(|&&alive| alive).count();
        if detailed {
            trace.kept = sequence.alive_positions();
        }
        sequence.trace.layers.push(trace);
        Ok(plan.filter(|plan| !plan.is_identity(rows)))
    }

    /// Puts the states' rows where the plans want them, if they want anything.
    fn move_rows(&mut self, plans: &[Option<Rearranged>], before: &CuSeqlens) -> Result<(), Error> {
        if plans.iter().any(Option::is_some) {
            let after = self.bounds();
            self.states.move_rows(plans, (before, &after))?;
        }
        Ok(())
    }
}

/// Asks every sequence's strategy, side by side where there are several.
pub(super) fn decide(sequences: &mut [SequenceState], layer: usize, evidence: &[SequenceEvidence]) -> Vec<Decision> {
    let one = |(sequence, evidence): (&mut SequenceState, &SequenceEvidence)| {
        sequence.pruner.decide(&LayerEvidence { layer, orig: &sequence.orig, evidence })
    };
    if sequences.len() < 2 {
        return sequences.iter_mut().zip(evidence).map(one).collect();
    }
    sequences.par_iter_mut().zip(evidence).map(one).collect()
}

/// Refuses scores that are no numbers, or not one for each row.
fn check_decision(decision: &Decision, orig: &[u32], place: Place) -> Result<(), Error> {
    let rows = orig.len();
    let (layer, sequence, got) = (place.layer, place.sequence, decision.importance.len());
    if got != 0 && got != rows {
        return Err(Error::ScoreCount { layer, sequence, expected: rows, got });
    }
    check_scores((layer, sequence), ("scores", &decision.importance), orig)
}

/// Carries an action out in a sequence's books.
fn carry_out(action: Action, sequence: &mut SequenceState, place: Place) -> Result<Option<Rearranged>, Error> {
    let plan = match action {
        Action::KeepAll => return Ok(None),
        Action::Mask(alive) => {
            sequence.mask(&alive, place)?;
            return Ok(None);
        }
        action => rearrange(action, sequence, place)?,
    };
    sequence.rearrange(&plan);
    Ok(Some(plan))
}

/// The scores of the rows that go on, in their order; none where rows were made new, which have no score.
fn scores_of_survivors(decision: &Decision) -> Vec<f32> {
    match &decision.action {
        Action::KeepAll | Action::Mask(_) => decision.importance.clone(),
        Action::Keep(rows) => rows.iter().filter_map(|&row| decision.importance.get(row).copied()).collect(),
        Action::Reduce { .. } => Vec::new(),
    }
}
