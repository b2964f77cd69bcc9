//! The loop over layers.

use rayon::prelude::*;

use crate::engine::Error;
use crate::engine::LayerTrace;
use crate::engine::Outcome;
use crate::engine::RunDetail;
use crate::engine::macs;
use crate::engine::rearrange::Rearranged;
use crate::engine::rearrange::rearrange;
use crate::engine::state::SequenceState;
use crate::jobs::Ticket;
use crate::model::AttentionContext;
use crate::model::EmbedInput;
use crate::model::Encoded;
use crate::model::Model;
use crate::pruning::Action;
use crate::pruning::Decision;
use crate::pruning::LayerEvidence;
use crate::pruning::Pruner;
use crate::tensor::CuSeqlens;
use crate::tensor::Matrix;
use crate::tensor::SequenceEvidence;

/// Runs a packed batch through the model under a strategy.
///
/// The head reads the state of the token at position 0. Where a strategy removes that token, the head reads its last
/// complete state, the one that entered the layer it was removed in; where it was merged into another row, it reads that
/// row. Relative families measure distances between original positions (after input selection: positions as if the text
/// had been given without the others); a fused row stands at the weighted mean of its parts' positions.
///
/// Shape: `batch` `[batch]` → outcomes `[batch]`, same order. The outcome of a text does not depend on its batch.
///
/// # Errors
/// [`Error::Cancelled`] at the next layer after the ticket was cancelled; the other variants for texts the model cannot
/// read and for decisions that make no sense.
pub fn run(
    ticket: &Ticket,
    model: &Model,
    batch: &[&Encoded],
    pruner: &dyn Pruner,
    detail: RunDetail,
) -> Result<Vec<Outcome>, Error> {
    ticket.checkpoint()?;
    let mut run = Run::begin(model, batch, pruner, detail)?;
    for layer in 0..model.layers.len() {
        ticket.checkpoint()?;
        run.layer(layer)?;
    }
    Ok(run.finish())
}

/// A batch on its way through the layers.
struct Run<'a> {
    model: &'a Model,
    pruner: &'a dyn Pruner,
    detail: RunDetail,
    sequences: Vec<SequenceState>,
    /// Shape: `[total_tokens, hidden]`.
    hidden: Matrix,
}

impl<'a> Run<'a> {
    fn begin(model: &'a Model, batch: &[&Encoded], pruner: &'a dyn Pruner, detail: RunDetail) -> Result<Self, Error> {
        let mut input = EmbedInput::default();
        let mut sequences = Vec::with_capacity(batch.len());
        for (index, encoded) in batch.iter().enumerate() {
            check_tokens(model, index, encoded)?;
            let state = SequenceState::begin(index, encoded, pruner)?;
            for (position, &orig) in (0..).zip(&state.orig) {
                let token = &encoded.tokens[orig as usize];
                input.ids.push(token.id);
                input.positions.push(position);
                input.segments.push(token.segment);
            }
            sequences.push(state);
        }
        let hidden = model.embed(&input);
        let bounds = CuSeqlens::from_lengths(sequences.iter().map(|sequence| sequence.orig.len()));
        for (sequence, range) in sequences.iter_mut().zip(bounds.ranges()) {
            sequence.trace.head_macs = macs::outside_layers(model, range.len());
            let rows: Vec<usize> = range.collect();
            if pruner.restores() {
                sequence.restore = Some(Matrix::zeros(sequence.trace.num_tokens, hidden.cols()));
            }
            sequence.remember(&hidden, rows[0]);
            if detail != RunDetail::Counts {
                sequence.trace.input.clone_from(&sequence.orig);
            }
            if detail == RunDetail::States {
                sequence.trace.embedded = Some(hidden.gather(&rows));
            }
        }
        Ok(Self { model, pruner, detail, sequences, hidden })
    }

    fn bounds(&self) -> CuSeqlens {
        CuSeqlens::from_lengths(self.sequences.iter().map(|sequence| sequence.orig.len()))
    }

    fn layer(&mut self, layer: usize) -> Result<(), Error> {
        let bounds = self.bounds();
        let mut needs = self.pruner.needs(layer);
        needs.attention_probs |= self.detail == RunDetail::States;
        let positions: Vec<u32> = self.sequences.iter().flat_map(|sequence| sequence.place.iter().copied()).collect();
        let key_bias = self.key_bias();
        let context = AttentionContext { positions: &positions, key_bias: key_bias.as_deref(), needs };
        let mut output = self.model.attend(layer, &self.hidden, &bounds, &context);
        let decisions = decide(&mut self.sequences, layer, &output.evidence);
        let kept = self.apply(layer, decisions, &output.hidden)?;
        let states = match kept {
            Some(rearranged) => rearranged,
            None => std::mem::take(&mut output.hidden),
        };
        self.hidden = self.model.feed_forward(layer, states);
        self.record(layer, output.evidence);
        Ok(())
    }

    /// `ln(size)` of merged rows under proportional attention, minus infinity for masked rows; `None` where all is zero.
    fn key_bias(&self) -> Option<Vec<f32>> {
        let proportional = self.pruner.proportional_attention();
        let mut plain = true;
        let mut bias = Vec::new();
        for sequence in &self.sequences {
            for (&size, &alive) in sequence.size.iter().zip(&sequence.alive) {
                let value = match (alive, proportional) {
                    (false, _) => f32::NEG_INFINITY,
                    (true, true) => size.ln(),
                    (true, false) => 0.0,
                };
                plain &= value == 0.0;
                bias.push(value);
            }
        }
        (!plain).then_some(bias)
    }

    /// Carries out the decisions; the new packed states at P2, or `None` where every row stays where it is.
    fn apply(&mut self, layer: usize, decisions: Vec<Decision>, states: &Matrix) -> Result<Option<Matrix>, Error> {
        let bounds = self.bounds();
        let detailed = self.detail != RunDetail::Counts;
        let mut plans: Vec<Option<Rearranged>> = Vec::with_capacity(decisions.len());
        for (index, decision) in decisions.into_iter().enumerate() {
            let sequence = &mut self.sequences[index];
            let rows = sequence.orig.len();
            let place = crate::engine::error::Place { layer, sequence: index };
            if !decision.importance.is_empty() && decision.importance.len() != rows {
                return Err(Error::ScoreCount {
                    layer,
                    sequence: index,
                    expected: rows,
                    got: decision.importance.len(),
                });
            }
            let shape = &self.model.config.shape;
            let overhead = self.pruner.overhead_macs(layer, rows, shape) + decision.action.merge_macs(shape.hidden);
            let mut trace = LayerTrace { rows_attention: rows, overhead_macs: overhead, ..LayerTrace::default() };
            if detailed {
                trace.attended.clone_from(&sequence.orig);
                trace.importance = decision.importance;
                trace.threshold = decision.threshold;
            }
            let plan = match decision.action {
                Action::KeepAll => None,
                Action::Mask(alive) => {
                    sequence.mask(&alive, place)?;
                    None
                }
                action => Some(rearrange(action, sequence, place)?),
            };
            if let Some(plan) = &plan {
                trace.num_merges = plan.merged.len();
                if detailed {
                    trace.merged.clone_from(&plan.merged);
                }
                sequence.rearrange(plan);
            }
            trace.rows_feed_forward = sequence.orig.len();
            trace.macs = overhead + macs::layer(self.model, layer, rows, trace.rows_feed_forward);
            trace.alive = sequence.alive.iter().filter(|&&alive| alive).count();
            if detailed {
                trace.kept = sequence.alive_positions();
            }
            sequence.trace.layers.push(trace);
            plans.push(plan.filter(|plan| !plan.is_identity(rows)));
        }
        if plans.iter().all(Option::is_none) {
            return Ok(None);
        }
        let mut data = Vec::with_capacity(states.data().len());
        for (plan, range) in plans.iter().zip(bounds.ranges()) {
            let sequence = &states.data()[range.start * states.cols()..range.end * states.cols()];
            match plan {
                Some(plan) => plan.write(sequence, states.cols(), &mut data),
                None => data.extend_from_slice(sequence),
            }
        }
        let rows = data.len() / states.cols().max(1);
        Ok(Matrix::from_vec(rows, states.cols(), data))
    }

    /// What can be said after the layer is complete.
    fn record(&mut self, layer: usize, evidence: Vec<SequenceEvidence>) {
        let bounds = self.bounds();
        let states = self.detail == RunDetail::States;
        for ((sequence, range), evidence) in self.sequences.iter_mut().zip(bounds.ranges()).zip(evidence) {
            sequence.remember(&self.hidden, range.start);
            if states {
                let trace = &mut sequence.trace.layers[layer];
                trace.hidden = Some(self.hidden.gather(&range.collect::<Vec<_>>()));
                trace.attention_probs = evidence.attention_probs;
            }
        }
    }

    fn finish(self) -> Vec<Outcome> {
        let hidden = self.hidden.cols();
        let first: Vec<f32> = self.sequences.iter().flat_map(|sequence| sequence.first_state.iter().copied()).collect();
        let first = Matrix::from_vec(self.sequences.len(), hidden, first).unwrap_or_default();
        let logits = self.model.classify(&self.model.finish(first));
        let bounds = self.bounds();
        let outcome = |(index, sequence): (usize, SequenceState)| {
            let last = || self.hidden.gather(&bounds.range(index).collect::<Vec<_>>());
            let wanted = self.detail == RunDetail::States;
            let final_hidden = wanted.then(|| self.model.finish(sequence.restore.unwrap_or_else(last)));
            Outcome { logits: logits.row(index).to_vec(), trace: sequence.trace, final_hidden }
        };
        self.sequences.into_iter().enumerate().map(outcome).collect()
    }
}

fn check_tokens(model: &Model, sequence: usize, encoded: &Encoded) -> Result<(), Error> {
    let expected = model.embeddings.word.rows();
    let got = encoded.tokens.len();
    if got == 0 {
        return Err(Error::NoTokens { sequence });
    }
    if got > model.config.max_tokens {
        return Err(Error::TooLong { sequence, expected: model.config.max_tokens, got });
    }
    match encoded.tokens.iter().enumerate().find(|(_, token)| token.id as usize >= expected) {
        Some((index, token)) => Err(Error::UnknownToken { sequence, token: index, expected, got: token.id }),
        None => Ok(()),
    }
}

/// Asks every sequence's strategy, side by side where there are several.
fn decide(sequences: &mut [SequenceState], layer: usize, evidence: &[SequenceEvidence]) -> Vec<Decision> {
    let one = |(sequence, evidence): (&mut SequenceState, &SequenceEvidence)| {
        sequence.pruner.decide(&LayerEvidence { layer, orig: &sequence.orig, evidence })
    };
    if sequences.len() < 2 {
        return sequences.iter_mut().zip(evidence).map(one).collect();
    }
    sequences.par_iter_mut().zip(evidence).map(one).collect()
}
