//! Self-attention of packed sequences, in blocks of queries that stay in the cache.
//!
//! A few sequences at a time: their queries, keys and values are projected and packed, then each block of queries goes
//! through all heads, the output projection, the residual and the norm, and takes the place of its input. How a sequence is
//! cut into blocks depends on its length alone, so that sums over queries do not depend on the batch or on the number of
//! threads.

use std::ops::Range;
use std::time::Duration;
use std::time::Instant;

use rayon::prelude::*;

use crate::model::AttentionContext;
use crate::model::AttentionEvidence;
use crate::model::AttentionShape;
use crate::model::LayerWeights;
use crate::model::Linear;
use crate::model::Model;
use crate::model::NormPlacement;
use crate::model::layers::evidence::BlockEvidence;
use crate::model::layers::evidence::collect;
use crate::model::layers::evidence::token_evidence;
use crate::model::layers::forward::normalize;
use crate::model::layers::linear::apply_side_by_side;
use crate::model::layers::linear::block_rows;
use crate::model::layers::relative::RelativeAttention;
use crate::model::layers::relative::SequenceDistances;
use crate::model::layers::rotary::rotate;
use crate::model::layers::scratch::Scratch;
use crate::model::layers::scratch::sized;
use crate::model::layers::scratch::with_scratch;
use crate::model::layers::workspace::Buffers;
use crate::tensor::CuSeqlens;
use crate::tensor::Matrix;
use crate::tensor::Panels;
use crate::tensor::RowsRef;
use crate::tensor::vector;

/// One head of one sequence, packed for products with blocks of queries.
#[derive(Debug)]
pub(in crate::model) struct HeadPanels {
    keys: Panels,
    values: Panels,
    /// Position-to-content logits (`DeBERTa`), else empty. Shape: `[keys, distances]`.
    by_key: Vec<f32>,
}

impl HeadPanels {
    fn empty() -> Self {
        Self { keys: Panels::empty(), values: Panels::empty(), by_key: Vec::new() }
    }
}

/// Some queries of one sequence.
#[derive(Clone, Copy)]
struct Block {
    sequence: usize,
    /// First query, counted within the sequence.
    first: usize,
    queries: usize,
}

/// What a block gives beside the states.
struct BlockOutput {
    block: Block,
    evidence: BlockEvidence,
    /// Time of the whole block, and of gathering its evidence; measured where evidence is gathered.
    time: (Duration, Duration),
}

/// What a row of projections is made of.
#[derive(Clone, Copy)]
enum Part {
    Queries,
    Keys,
    Values,
}

/// What the blocks of some sequences share.
struct Attention<'a> {
    model: &'a Model,
    weights: &'a LayerWeights,
    context: &'a AttentionContext<'a>,
    bounds: &'a CuSeqlens,
    sequences: Range<usize>,
    /// Queries, keys and values side by side, queries scaled. Shape: `[rows of these sequences, width]`,
    /// see [`AttentionShape::width`].
    qkv: &'a Matrix,
    relative: Option<&'a RelativeAttention<'a>>,
    /// One entry per sequence where distances matter.
    distances: Vec<SequenceDistances>,
}

/// Queries of a block at most.
pub(in crate::model) const LARGEST_BLOCK: usize = 24;

/// Rows that one thread works on between two meetings of all threads: their projections stay in its share of the cache.
pub(in crate::model) const ROWS_PER_THREAD: usize = 256;

impl Model {
    /// From a layer's input to the states at P2, in place; and the evidence, `hidden` excepted.
    pub(in crate::model) fn attention_block(
        &self,
        layer: usize,
        hidden: &mut Matrix,
        (bounds, context): (&CuSeqlens, &AttentionContext<'_>),
        buffers: &mut Buffers,
    ) -> AttentionEvidence {
        let weights = &*self.layers[layer];
        let shape = weights.attention;
        let relative = self.disentangled.as_ref().map(|positions| RelativeAttention::new(self, positions, layer));
        debug_assert!(relative.is_none() || shape.group() == 1, "relative positions of shared keys: {shape:?}");
        let terms = relative.as_ref().map_or(1, RelativeAttention::terms);
        let scale = 1.0 / (shape.head_dim as f32 * terms as f32).sqrt();
        let cols = hidden.cols();
        let mut found = AttentionEvidence::default();
        for sequences in groups(bounds) {
            let rows = bounds.range(sequences.start).start..bounds.range(sequences.end - 1).end;
            let states = &mut hidden.data_mut()[rows.start * cols..rows.end * cols];
            let heads_only = context.queries.map(|queries| row_numbers(bounds, &sequences, queries));
            buffers.qkv.reshape(rows.len(), shape.width());
            self.project(weights, states, (&mut buffers.qkv, scale), heads_only.as_deref());
            let started = Instant::now();
            let first = found.sequences.len();
            found.sequences.extend(token_evidence(&buffers.qkv, (bounds, &sequences), context, weights));
            found.time += started.elapsed();
            let positions = &context.positions[rows];
            if let Some(rotary) = weights.rotary {
                rotate(&mut buffers.qkv, positions, shape, rotary.theta);
            }
            let of_sequence = |sequence| &context.positions[bounds.range(sequence)];
            let distances = relative.as_ref().map_or_else(Vec::new, |relative| {
                sequences.clone().map(|sequence| relative.distances(of_sequence(sequence))).collect()
            });
            let qkv = &buffers.qkv;
            let relative = relative.as_ref();
            let attention = Attention { model: self, weights, context, bounds, sequences, qkv, relative, distances };
            attention.run(states, &mut buffers.panels, scale, (&mut found, first));
        }
        found
    }

    /// Queries (scaled), keys and values of all rows; with `heads_only`, queries of these rows alone.
    fn project(
        &self,
        weights: &LayerWeights,
        hidden: &[f32],
        (qkv, scale): (&mut Matrix, f32),
        heads_only: Option<&[usize]>,
    ) {
        let cols = weights.query.in_features();
        let (width, queries, keys) = (qkv.cols(), weights.attention.query_width(), weights.attention.key_width());
        let block = block_rows(qkv.rows()).max(1);
        let work = |data: &[f32], out: &mut [f32], parts: &[(usize, &Linear)]| {
            let rows = out.len() / width;
            with_scratch(|scratch| {
                let data = match (&weights.attention_norm, self.norm_placement) {
                    (Some(norm), NormPlacement::Pre) => {
                        let normed = sized(&mut scratch.normed, data.len());
                        normed.copy_from_slice(data);
                        normalize(normed, norm);
                        normed
                    }
                    _ => data,
                };
                apply_side_by_side(parts, RowsRef { data, stride: cols, rows }, out, width);
            });
            if parts.iter().any(|&(first, _)| first == 0) {
                for row in out.chunks_mut(width) {
                    row[..queries].iter_mut().for_each(|value| *value *= scale);
                }
            }
        };
        let all = [(0, &weights.query), (queries, &weights.key), (queries + keys, &weights.value)];
        let parts = if heads_only.is_some() { &all[1..] } else { &all[..] };
        qkv.data_mut().par_chunks_mut((block * width).max(1)).enumerate().for_each(|(index, out)| {
            let rows = out.len() / width;
            work(&hidden[index * block * cols..][..rows * cols], out, parts);
        });
        for &row in heads_only.unwrap_or_default() {
            work(&hidden[row * cols..][..cols], qkv.row_mut(row), &all[..1]);
        }
    }
}

impl Attention<'_> {
    /// Packs keys and values, then takes every block to P2; `found` receives the evidence, of these sequences from its
    /// entry `first` on.
    fn run(
        &self,
        states: &mut [f32],
        panels: &mut Vec<HeadPanels>,
        scale: f32,
        (found, first): (&mut AttentionEvidence, usize),
    ) {
        let AttentionShape { heads, kv_heads, .. } = self.weights.attention;
        let tasks = self.sequences.len() * kv_heads;
        if panels.len() < tasks {
            panels.resize_with(tasks, HeadPanels::empty);
        }
        let panels = &mut panels[..tasks];
        panels.par_iter_mut().enumerate().for_each(|(task, panels)| {
            self.pack(self.sequences.start + task / kv_heads, task % kv_heads, scale, panels);
        });
        let cols = self.weights.attention_output.out_features();
        let base = self.first_row();
        let (mut rest, mut at) = (states, base);
        let mut blocks = Vec::new();
        for block in self.plan_blocks() {
            let start = self.bounds.range(block.sequence).start + block.first;
            let (states, after) = rest[(start - at) * cols..].split_at_mut(block.queries * cols);
            (rest, at) = (after, start + block.queries);
            blocks.push((block, states));
        }
        let panels = &*panels;
        let attend = |(block, states): (Block, &mut [f32])| {
            let panels = &panels[(block.sequence - self.sequences.start) * kv_heads..][..kv_heads];
            with_scratch(|scratch| self.attend(block, panels, states, scratch))
        };
        let started = Instant::now();
        let outputs: Vec<BlockOutput> = blocks.into_par_iter().map(attend).collect();
        let elapsed = started.elapsed();
        let (mut all, mut gathering) = (Duration::ZERO, Duration::ZERO);
        for output in outputs {
            all += output.time.0;
            gathering += output.time.1;
            let sequence = output.block.sequence;
            let evidence = &mut found.sequences[first + sequence - self.sequences.start];
            collect(evidence, output.evidence, self.tokens(sequence), heads);
        }
        if !gathering.is_zero() {
            // The threads' share of time becomes a share of the clock's.
            found.time += elapsed.mul_f64(gathering.as_secs_f64() / all.as_secs_f64());
        }
    }

    /// The packed row at which the group begins.
    fn first_row(&self) -> usize {
        self.bounds.range(self.sequences.start).start
    }

    /// Rows of a sequence that are tokens, not padding.
    fn tokens(&self, sequence: usize) -> usize {
        self.context.lengths.map_or_else(|| self.bounds.range(sequence).len(), |lengths| lengths[sequence])
    }

    /// Cuts each sequence into blocks of at most [`LARGEST_BLOCK`] queries, and into two where it has 16 or more, so that short texts use
    /// two cores.
    fn plan_blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        for sequence in self.sequences.clone() {
            if let Some(queries) = self.context.queries {
                blocks.push(Block { sequence, first: queries[sequence], queries: 1 });
                continue;
            }
            let rows = self.bounds.range(sequence).len();
            let parts = rows.div_ceil(LARGEST_BLOCK).max(if rows < 16 { 1 } else { 2 });
            let size = rows.div_ceil(parts).max(1);
            for first in (0..rows).step_by(size) {
                blocks.push(Block { sequence, first, queries: size.min(rows - first) });
            }
        }
        blocks
    }

    /// Queries, keys or values of one head, from a packed row on.
    fn part(&self, part: Part, head: usize, first: usize, rows: usize) -> RowsRef<'_> {
        let (stride, shape) = (self.qkv.cols(), self.weights.attention);
        let begin = match part {
            Part::Queries => 0,
            Part::Keys => shape.query_width(),
            Part::Values => shape.query_width() + shape.key_width(),
        };
        let start = (first - self.first_row()) * stride + begin + head * shape.head_dim;
        RowsRef { data: &self.qkv.data()[start..], stride, rows }
    }

    fn pack(&self, sequence: usize, head: usize, scale: f32, panels: &mut HeadPanels) {
        let range = self.bounds.range(sequence);
        let head_dim = self.weights.attention.head_dim;
        if range.is_empty() {
            return;
        }
        let key_rows = self.part(Part::Keys, head, range.start, range.len());
        panels.keys.pack_transposed(key_rows, head_dim);
        panels.values.pack(self.part(Part::Values, head, range.start, range.len()), head_dim);
        panels.by_key = self.relative.map_or_else(Vec::new, |relative| {
            relative.key_logits(&self.distances[sequence - self.sequences.start], key_rows, head, scale)
        });
    }

    /// One block of queries, from its input to the states at P2.
    fn attend(&self, block: Block, panels: &[HeadPanels], states: &mut [f32], scratch: &mut Scratch) -> BlockOutput {
        let range = self.bounds.range(block.sequence);
        let shape = self.weights.attention;
        let (width, head_dim, group) = (shape.query_width(), shape.head_dim, shape.group());
        let cols = self.weights.attention_output.out_features();
        let (first, keys) = (range.start + block.first, range.len());
        let key_bias = self.context.key_bias.map_or(&[][..], |bias| &bias[range.clone()]);
        let mut evidence = BlockEvidence::new(self.context.needs, block.first, self.tokens(block.sequence));
        let mut clock = EvidenceClock::start(&evidence);
        let Scratch { probs, scales, context, delta, by_distance, .. } = scratch;
        let (probs, scales) = (sized(probs, block.queries * keys), sized(scales, block.queries));
        let context = sized(context, block.queries * width);
        for head in 0..shape.heads {
            let panels = &panels[head / group];
            let queries = self.part(Part::Queries, head, first, block.queries);
            panels.keys.multiply(queries, key_bias, probs, keys);
            if let Some(relative) = self.relative {
                let distances = &self.distances[block.sequence - self.sequences.start];
                relative.add_query_logits(distances, queries, head, (block.first, probs, by_distance));
                RelativeAttention::add_key_logits(distances, &panels.by_key, block.first, probs);
            }
            if let Some(bias) = &self.model.relative_bias {
                bias.add(head, &self.context.positions[range.clone()], block.first, probs);
            }
            self.weights.mask.close(&self.context.positions[range.clone()], block.first, probs);
            evidence.exponentials((probs, keys), scales);
            clock.time(|| evidence.add((head, shape.heads), (probs, keys), scales));
            let weights = RowsRef { data: probs, stride: keys, rows: block.queries };
            panels.values.multiply(weights, &[], &mut context[head * head_dim..], width);
            for (row, scale) in context.chunks_mut(width).zip(&*scales) {
                row[head * head_dim..][..head_dim].iter_mut().for_each(|value| *value *= scale);
            }
        }
        let contexts = RowsRef { data: context, stride: width, rows: block.queries };
        let delta = sized(delta, states.len());
        self.weights.attention_output.apply_rows(contexts, delta, cols);
        vector::add(states, delta);
        if let (Some(norm), NormPlacement::Post) = (&self.weights.attention_norm, self.model.norm_placement) {
            normalize(states, norm);
        }
        BlockOutput { block, evidence, time: clock.stop() }
    }
}

/// Tells how much of a block's time goes into evidence; looks at no clock where none is gathered.
struct EvidenceClock {
    started: Option<Instant>,
    gathering: Duration,
}

impl EvidenceClock {
    fn start(evidence: &BlockEvidence) -> Self {
        Self { started: evidence.gathers().then(Instant::now), gathering: Duration::ZERO }
    }

    fn time(&mut self, work: impl FnOnce()) {
        let started = self.started.map(|_| Instant::now());
        work();
        self.gathering += started.map_or(Duration::ZERO, |started| started.elapsed());
    }

    fn stop(self) -> (Duration, Duration) {
        (self.started.map_or(Duration::ZERO, |started| started.elapsed()), self.gathering)
    }
}

/// Cuts a batch into groups of neighboring sequences, each as large as the cache allows, or a single sequence.
fn groups(bounds: &CuSeqlens) -> Vec<Range<usize>> {
    let most = ROWS_PER_THREAD * rayon::current_num_threads().max(1);
    let mut groups: Vec<Range<usize>> = Vec::new();
    let mut rows = 0;
    for (sequence, range) in bounds.ranges().enumerate() {
        match groups.last_mut() {
            Some(group) if rows + range.len() <= most => {
                group.end = sequence + 1;
                rows += range.len();
            }
            _ => {
                groups.push(sequence..sequence + 1);
                rows = range.len();
            }
        }
    }
    groups
}

/// Rows within the group of one row per sequence.
fn row_numbers(bounds: &CuSeqlens, sequences: &Range<usize>, queries: &[usize]) -> Vec<usize> {
    let first = bounds.range(sequences.start).start;
    sequences.clone().map(|sequence| bounds.range(sequence).start - first + queries[sequence]).collect()
}
