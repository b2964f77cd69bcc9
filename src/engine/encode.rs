//! The loop over layers.

use std::ops::Range;
use std::time::Instant;

use crate::engine::Error;
use crate::engine::LayerTrace;
use crate::engine::Outcome;
use crate::engine::Report;
use crate::engine::RunDetail;
use crate::engine::RunOptions;
use crate::engine::Spans;
use crate::engine::Step;
use crate::engine::decisions::decide;
use crate::engine::finite::check_evidence;
use crate::engine::finite::check_logits;
use crate::engine::macs;
use crate::engine::pool::means;
use crate::engine::state::SequenceState;
use crate::engine::state::begin_sequences;
use crate::engine::states::States;
use crate::input::Sequence;
use crate::jobs::Ticket;
use crate::model::AttentionContext;
use crate::model::EmbedInput;
use crate::model::Model;
use crate::model::Pool;
use crate::pruning::Pruner;
use crate::tensor::CuSeqlens;
use crate::tensor::Evidence;
use crate::tensor::EvidenceSet;
use crate::tensor::Matrix;
use crate::tensor::SequenceEvidence;

/// Runs a packed batch through the model under a strategy.
///
/// The head reads the state of the token at position 0. Where a strategy removes that token, the head reads its last
/// complete state, the one that entered the layer it was removed in; where it was merged into another row, it reads that
/// row. Models that pool by the mean read the rows that are alive at the end, each as many times as tokens were merged into
/// it. Relative families measure distances between original positions (after input selection: positions as if the text
/// had been given without the others); a fused row stands at the weighted mean of its parts' positions.
///
/// Shape: `batch` `[batch]` → outcomes `[batch]`, same order. The outcome of a text does not depend on its batch.
///
/// # Errors
/// [`Error::Cancelled`] at the next layer after the ticket was cancelled; [`Error::NotFinite`] and [`Error::NotRankable`]
/// where the model computes what is no number; the other variants for texts the model cannot read and for decisions that
/// make no sense.
pub fn run(
    ticket: &Ticket,
    model: &Model,
    batch: &[&Sequence],
    pruner: &dyn Pruner,
    detail: RunDetail,
) -> Result<Vec<Outcome>, Error> {
    Ok(run_timed(ticket, model, batch, pruner, detail.into())?.outcomes)
}

/// [`run`] in the way that `options` say, with the time that its parts took.
///
/// # Errors
/// Those of [`run`].
pub fn run_timed(
    ticket: &Ticket,
    model: &Model,
    batch: &[&Sequence],
    pruner: &dyn Pruner,
    options: RunOptions,
) -> Result<Report, Error> {
    ticket.checkpoint()?;
    let started = Instant::now();
    // A head that reads the mean needs every row.
    let head_rows_only = options.head_rows_only && model.head.pool == Pool::First;
    let options = RunOptions { head_rows_only, ..options };
    // Entered once: from a thread outside the pool every parallel step would wake a thread of it and wait for that one.
    let mut report = rayon::scope(|_| {
        let mut run = Run::begin(model, batch, pruner, options)?;
        for layer in 0..model.layers.len() {
            ticket.checkpoint()?;
            run.before_attention(layer)?;
            if options.head_rows_only && layer + 1 == model.layers.len() {
                run.layer_for_head(layer)?;
            } else {
                run.layer(layer)?;
            }
        }
        run.finish()
    })?;
    // Getting in and out of the pool is part of the time.
    report.spans.other += started.elapsed().saturating_sub(report.spans.total());
    Ok(report)
}

/// A batch on its way through the layers.
pub(super) struct Run<'a> {
    pub(super) model: &'a Model,
    pub(super) pruner: &'a dyn Pruner,
    pub(super) options: RunOptions,
    pub(super) sequences: Vec<SequenceState>,
    /// Packed by [`Run::bounds`].
    pub(super) states: States<'a>,
    started: Instant,
    pub(super) spans: Spans,
}

impl<'a> Run<'a> {
    fn begin(
        model: &'a Model,
        batch: &[&Sequence],
        pruner: &'a dyn Pruner,
        options: RunOptions,
    ) -> Result<Self, Error> {
        Self::embed(model, batch, begin_sequences(model, batch, pruner, options)?, pruner, options)
    }

    /// Begins with the embeddings of these texts.
    pub(super) fn embed(
        model: &'a Model,
        batch: &[&Sequence],
        sequences: Vec<SequenceState>,
        pruner: &'a dyn Pruner,
        options: RunOptions,
    ) -> Result<Self, Error> {
        let started = Instant::now();
        let bounds = bounds(&sequences, options);
        let mut input = EmbedInput::default();
        for ((sequence, encoded), range) in sequences.iter().zip(batch).zip(bounds.ranges()) {
            // Padding is the first token again: any row will do that nobody attends to.
            let padding = range.len() - sequence.orig.len();
            let rows = (0..).zip(&sequence.orig).chain(std::iter::repeat_n((0, &sequence.orig[0]), padding));
            for (position, &orig) in rows {
                let token = &encoded.units[orig as usize];
                input.ids.push(token.id);
                input.positions.push(position);
                input.segments.push(token.segment);
            }
        }
        let states = States::embed(model, &input)?;
        let mut run = Self { model, pruner, options, sequences, states, started, spans: Spans::default() };
        run.check_states(Step::Embeddings, &bounds)?;
        run.note_embedded(&bounds)?;
        Ok(run)
    }

    /// What is to be known of the embeddings.
    fn note_embedded(&mut self, bounds: &CuSeqlens) -> Result<(), Error> {
        for (sequence, range) in self.sequences.iter_mut().zip(bounds.ranges()) {
            if self.options.detail != RunDetail::Counts {
                sequence.trace.input.clone_from(&sequence.orig);
            }
            if self.options.detail == RunDetail::States {
                sequence.trace.embedded = Some(self.states.rows(range.start, sequence.orig.len())?);
                let hidden = self.model.config.shape.hidden;
                sequence.restore = self.pruner.restores().then(|| Matrix::zeros(sequence.trace.num_tokens, hidden));
            }
        }
        self.remember(bounds)
    }

    /// Takes note of complete states that are needed even after their rows have left.
    fn remember(&mut self, bounds: &CuSeqlens) -> Result<(), Error> {
        let packed = |(sequence, range): (&SequenceState, Range<usize>)| Some(range.start + sequence.head_row()?);
        let heads: Vec<Option<usize>> = self.sequences.iter().zip(bounds.ranges()).map(packed).collect();
        self.states.remember(&heads)?;
        for (sequence, range) in self.sequences.iter_mut().zip(bounds.ranges()) {
            if sequence.restore.is_some() {
                sequence.remember(&self.states.rows(range.start, sequence.orig.len())?);
            }
        }
        Ok(())
    }

    /// Goes on from states of rows of which none has left, as they are after the attention of a layer, and the heads' last
    /// complete ones. Counts alone are written down.
    pub(super) fn resume(
        model: &'a Model,
        sequences: Vec<SequenceState>,
        pruner: &'a dyn Pruner,
        (states, first): (&Matrix, &Matrix),
    ) -> Self {
        let (started, states) = (Instant::now(), States::copy_of(model, states, first.clone()));
        Self { model, pruner, options: RunOptions::default(), sequences, states, started, spans: Spans::default() }
    }

    pub(super) fn num_layers(&self) -> usize {
        self.model.layers.len()
    }

    pub(super) fn bounds(&self) -> CuSeqlens {
        bounds(&self.sequences, self.options)
    }

    fn layer(&mut self, layer: usize) -> Result<(), Error> {
        let is_told = self.options.detail == RunDetail::States;
        let needs = self.pruner.needs(layer).with_if(Evidence::AttentionProbs, is_told);
        let evidence = self.attend(layer, needs, None)?;
        self.after_attention(layer, Some(&evidence))?;
        self.record(layer, evidence)
    }

    /// The rest of a layer: the strategy decides on `evidence`, or is not asked where there is none.
    pub(super) fn after_attention(&mut self, layer: usize, evidence: Option<&[SequenceEvidence]>) -> Result<(), Error> {
        let started = Instant::now();
        let decisions = evidence.map(|evidence| decide(&mut self.sequences, layer, evidence));
        let decided = Instant::now();
        match decisions {
            Some(decisions) => self.apply(layer, decisions)?,
            None => self.keep_all(layer)?,
        }
        let applied = Instant::now();
        let bounds = self.bounds();
        self.states.feed_forward(layer)?;
        self.check_states(Step::FeedForward(layer), &bounds)?;
        self.spans.scoring += decided - started;
        self.spans.gathering += applied - decided;
        self.spans.feed_forward += applied.elapsed();
        self.remember(&bounds)
    }

    /// Takes the states to P2; with `queries`, only one row of each sequence.
    pub(super) fn attend(
        &mut self,
        layer: usize,
        needs: EvidenceSet,
        queries: Option<&[usize]>,
    ) -> Result<Vec<SequenceEvidence>, Error> {
        let started = Instant::now();
        let bounds = self.bounds();
        let mut positions = vec![0; bounds.total()];
        for (sequence, range) in self.sequences.iter().zip(bounds.ranges()) {
            positions[range.start..range.start + sequence.position.len()].copy_from_slice(&sequence.position);
        }
        let key_bias = self.key_bias(&bounds);
        let lengths: Vec<usize> = self.sequences.iter().map(|sequence| sequence.orig.len()).collect();
        let lengths = self.options.padded.then_some(&*lengths);
        let context =
            AttentionContext { positions: &positions, key_bias: key_bias.as_deref(), needs, lengths, queries };
        let evidence = self.states.attend(layer, &bounds, &context)?;
        let left = queries.map(|queries| CuSeqlens::from_lengths(queries.iter().map(|_| 1)));
        self.check_states(Step::Attention(layer), left.as_ref().unwrap_or(&bounds))?;
        check_evidence(layer, &evidence.sequences)?;
        self.spans.scoring += evidence.time;
        self.spans.attention += started.elapsed().saturating_sub(evidence.time);
        Ok(evidence.sequences)
    }

    /// The last layer, only for the row of each sequence that the head reads.
    fn layer_for_head(&mut self, layer: usize) -> Result<(), Error> {
        let heads: Vec<Option<usize>> = self.sequences.iter().map(SequenceState::head_row).collect();
        let queries: Vec<usize> = heads.iter().map(|head| head.unwrap_or(0)).collect();
        self.attend(layer, EvidenceSet::NONE, Some(&queries))?;
        let started = Instant::now();
        self.states.feed_forward(layer)?;
        self.check_states(Step::FeedForward(layer), &CuSeqlens::from_lengths(queries.iter().map(|_| 1)))?;
        self.spans.feed_forward += started.elapsed();
        // One row of each sequence is left; where the head's has gone before, it is another's, and not read.
        let left: Vec<Option<usize>> = heads.iter().enumerate().map(|(index, head)| head.map(|_| index)).collect();
        self.states.remember(&left)?;
        let detailed = self.options.detail != RunDetail::Counts;
        for sequence in &mut self.sequences {
            let rows = sequence.orig.len();
            let kept = sequence.alive_positions();
            let entry = sequence.entry.take().unwrap_or_default();
            sequence.trace.layers.push(LayerTrace {
                rows_attention: rows,
                rows_feed_forward: 1,
                head_row_only: true,
                alive: kept.len(),
                macs: entry.overhead_macs + macs::head_row(self.model, layer, rows),
                overhead_macs: entry.overhead_macs,
                num_merges: entry.num_merges,
                attended: if detailed { sequence.orig.clone() } else { Vec::new() },
                kept: if detailed { kept } else { Vec::new() },
                merged: entry.merged,
                entry: entry.trace,
                ..LayerTrace::default()
            });
        }
        Ok(())
    }

    /// `ln(size)` of merged rows under proportional attention, minus infinity for masked rows and padding; `None` where all is zero.
    fn key_bias(&self, bounds: &CuSeqlens) -> Option<Vec<f32>> {
        let proportional = self.pruner.proportional_attention();
        let mut plain = true;
        let mut bias = Vec::with_capacity(bounds.total());
        for (sequence, range) in self.sequences.iter().zip(bounds.ranges()) {
            for (&size, &alive) in sequence.size.iter().zip(&sequence.alive) {
                let value = match (alive, proportional) {
                    (false, _) => f32::NEG_INFINITY,
                    (true, true) => size.ln(),
                    (true, false) => 0.0,
                };
                plain &= value == 0.0;
                bias.push(value);
            }
            plain &= bias.len() == range.end;
            bias.resize(range.end, f32::NEG_INFINITY);
        }
        (!plain).then_some(bias)
    }

    /// Whole tensors, where they are asked for.
    fn record(&mut self, layer: usize, evidence: Vec<SequenceEvidence>) -> Result<(), Error> {
        if self.options.detail != RunDetail::States {
            return Ok(());
        }
        let bounds = self.bounds();
        for ((sequence, range), mut evidence) in self.sequences.iter_mut().zip(bounds.ranges()).zip(evidence) {
            let trace = &mut sequence.trace.layers[layer];
            trace.hidden = Some(self.states.rows(range.start, sequence.orig.len())?);
            trace.attention_probs = std::mem::take(evidence.of_mut(Evidence::AttentionProbs));
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Report, Error> {
        let bounds = self.bounds();
        let logits = match self.model.head.pool {
            Pool::First => self.states.classify()?,
            Pool::Mean => self.model.classify(&means(self.model, &self.states, (&self.sequences, &bounds))?),
        };
        check_logits(self.model, &logits)?;
        let wants_states = self.options.detail == RunDetail::States && !self.options.head_rows_only;
        let mut outcomes = Vec::with_capacity(self.sequences.len());
        for (index, sequence) in std::mem::take(&mut self.sequences).into_iter().enumerate() {
            let last = match sequence.restore {
                _ if !wants_states => None,
                Some(restored) => Some(restored),
                None => Some(self.states.rows(bounds.range(index).start, sequence.orig.len())?),
            };
            let final_hidden = last.map(|last| self.model.finish(last));
            outcomes.push(Outcome { logits: logits.row(index).to_vec(), trace: sequence.trace, final_hidden });
        }
        self.states.put_away();
        self.spans.other = self.started.elapsed().saturating_sub(self.spans.total());
        Ok(Report { outcomes, spans: self.spans })
    }
}

/// Where each sequence's rows lie: one after the other, filled up to the longest if the run is padded.
fn bounds(sequences: &[SequenceState], options: RunOptions) -> CuSeqlens {
    let lengths = sequences.iter().map(|sequence| sequence.orig.len());
    let longest = if options.padded { lengths.clone().max().unwrap_or(0) } else { 0 };
    CuSeqlens::from_lengths(lengths.map(|length| length.max(longest)))
}
