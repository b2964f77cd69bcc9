//! Hook point P1: what a strategy drops before a layer takes no part in it, and the trace says where it went.

use std::sync::Arc;

use prunescope::cost::dense_macs;
use prunescope::cost::model_layer_macs;
use prunescope::engine::Fate;
use prunescope::engine::Outcome;
use prunescope::engine::PrefixCache;
use prunescope::engine::Removal;
use prunescope::engine::Ribbon;
use prunescope::engine::RunDetail;
use prunescope::engine::RunOptions;
use prunescope::engine::run;
use prunescope::engine::run_timed;
use prunescope::input::Sequence;
use prunescope::jobs::Ticket;
use prunescope::model::AttentionContext;
use prunescope::model::EmbedInput;
use prunescope::model::Model;
use prunescope::pruning::Action;
use prunescope::pruning::Decision;
use prunescope::pruning::LayerEvidence;
use prunescope::pruning::LayerInput;
use prunescope::pruning::Pruner;
use prunescope::pruning::SequenceInfo;
use prunescope::pruning::SequencePruner;
use prunescope::tensor::CuSeqlens;
use prunescope::tensor::EvidenceSet;
use prunescope::tensor::Matrix;
use prunescope::tensor::ModelShape;

use crate::support::FAMILIES;
use crate::support::encoded_from_ids;
use crate::support::fixture_model;
use crate::support::strategies::KeepAll;

/// Multiply-accumulates that the test's strategy says it takes for a row.
const PER_ROW: u64 = 1000;

/// Drops every third of the rows it is asked about, never the first, before each of these layers; ranks by the first channel.
#[derive(Debug)]
struct Door {
    layers: &'static [usize],
    masks: bool,
    restores: bool,
    /// Only for comparison: the same rows leave at P2 of the layer before.
    one_earlier: bool,
}

const EVERY: Door = Door { layers: &[0, 1, 2], masks: false, restores: false, one_earlier: false };
const LATE: Door = Door { layers: &[1, 2], ..EVERY };

fn drop_thirds(rows: usize, masks: bool) -> Action {
    let kept = (0..rows).filter(|row| row % 3 != 2).collect();
    if masks { Action::Mask(kept) } else { Action::Keep(kept) }
}

impl Pruner for Door {
    fn needs(&self, _layer: usize) -> EvidenceSet {
        EvidenceSet::NONE
    }

    fn decides_on_input(&self, layer: usize) -> bool {
        !self.one_earlier && self.layers.contains(&layer)
    }

    fn input_macs(&self, _layer: usize, tokens: usize, _shape: &ModelShape) -> u64 {
        PER_ROW * tokens as u64
    }

    fn idle_layers(&self) -> usize {
        self.layers[0] - usize::from(self.one_earlier)
    }

    fn begin(&self, _sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        Box::new(Self { ..*self })
    }

    fn restores(&self) -> bool {
        self.restores
    }
}

impl SequencePruner for Door {
    fn decide_on_input(&mut self, input: &LayerInput<'_>) -> Decision {
        let rows = input.num_tokens();
        let hidden = input.states.len() / rows;
        let importance = input.states.chunks(hidden).map(|state| state[0]).collect();
        Decision { action: drop_thirds(rows, self.masks), importance, threshold: Some(-0.5) }
    }

    fn decide(&mut self, layer: &LayerEvidence<'_>) -> Decision {
        if self.one_earlier && self.layers.contains(&(layer.layer + 1)) {
            return Decision { action: drop_thirds(layer.num_tokens(), self.masks), ..Decision::keep_all() };
        }
        Decision::keep_all()
    }
}

fn texts() -> Vec<Sequence> {
    let text = |count: u32| encoded_from_ids(&(4..4 + count).map(|index| 4 + index * 7 % 60).collect::<Vec<_>>());
    [23, 3, 11, 4].map(text).to_vec()
}

fn outcomes(model: &Model, pruner: &dyn Pruner, options: RunOptions) -> Vec<Outcome> {
    let texts = texts();
    let batch: Vec<&Sequence> = texts.iter().collect();
    run_timed(&Ticket::detached(), model, &batch, pruner, options).expect("a run").outcomes
}

fn traced(model: &Model, pruner: &dyn Pruner) -> Vec<Outcome> {
    outcomes(model, pruner, RunDetail::Trace.into())
}

/// One text through the layers by hand: the rows of `kept` enter each layer.
fn by_hand(model: &Model, text: &Sequence) -> Vec<f32> {
    let count = text.units.len();
    let mut input = EmbedInput::default();
    for (position, unit) in (0..).zip(&text.units) {
        input.ids.push(unit.id);
        input.positions.push(position);
        input.segments.push(unit.segment);
    }
    let mut states = model.embed(&input);
    let mut positions: Vec<u32> = (0..).take(count).collect();
    for layer in 0..model.layers.len() {
        let kept: Vec<usize> = (0..states.rows()).filter(|row| row % 3 != 2).collect();
        states = states.gather(&kept);
        positions = kept.iter().map(|&row| positions[row]).collect();
        let bounds = CuSeqlens::from_lengths([kept.len()]);
        let context = AttentionContext::new(&positions, EvidenceSet::NONE);
        let attended = model.attend(layer, &states, &bounds, &context);
        states = model.feed_forward(layer, attended.hidden);
    }
    let first = Matrix::from_vec(1, states.cols(), states.row(0).to_vec()).expect("a row");
    model.classify(&model.finish(first)).row(0).to_vec()
}

#[test]
fn rows_that_are_dropped_before_a_layer_take_no_part_in_it() {
    for family in FAMILIES {
        let model = fixture_model(family);
        for (text, outcome) in texts().iter().zip(traced(&model, &EVERY)) {
            assert_eq!(outcome.logits, by_hand(&model, text), "{family}: a loop over the layers by hand");
        }
    }
}

#[test]
fn leaving_at_the_door_is_leaving_at_the_end_of_the_layer_before() {
    for family in FAMILIES {
        let model = fixture_model(family);
        let before = traced(&model, &Door { one_earlier: true, ..LATE });
        for (got, expected) in traced(&model, &LATE).iter().zip(&before) {
            assert_eq!(got.logits, expected.logits, "{family}: the survivors see the same rows");
            for (layer, (got, expected)) in got.trace.layers.iter().zip(&expected.trace.layers).enumerate() {
                assert_eq!(got.attended, expected.attended, "{family}: rows in the attention of layer {layer}");
            }
        }
    }
}

#[test]
fn masked_rows_are_computed_and_not_attended_to() {
    for family in FAMILIES {
        let model = fixture_model(family);
        // Once: which third of the rows goes is counted among those that are there.
        let once = Door { layers: &[1], ..EVERY };
        let masked = traced(&model, &Door { masks: true, ..once });
        for (masked, removed) in masked.iter().zip(traced(&model, &once)) {
            for (a, b) in masked.logits.iter().zip(&removed.logits) {
                assert!((a - b).abs() < 1e-4, "{family}: masked {a}, removed {b}");
            }
            let (masked, removed) = (&masked.trace, &removed.trace);
            assert_eq!(masked.layers[1].kept, removed.layers[1].kept, "{family}: the same stay");
            assert_eq!(masked.layers[1].rows_attention, masked.num_tokens, "{family}: all are computed");
            if masked.num_tokens > 2 {
                assert_eq!(masked.removal(), Removal::Masked, "{family}: and the trace says so");
            }
        }
    }
}

#[test]
fn the_trace_says_who_came_and_who_entered() {
    let model = fixture_model("bert");
    let trace = traced(&model, &EVERY).remove(2).trace;
    assert_eq!(trace.input, (0..11).collect::<Vec<u32>>(), "eleven tokens are embedded");
    // By hand: of 11 rows every third goes, then of 8, then of 6.
    let expected: [(&[u32], &[u32]); 3] = [
        (&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], &[0, 1, 3, 4, 6, 7, 9, 10]),
        (&[0, 1, 3, 4, 6, 7, 9, 10], &[0, 1, 4, 6, 9, 10]),
        (&[0, 1, 4, 6, 9, 10], &[0, 1, 6, 9]),
    ];
    for (index, (layer, (arrived, entered))) in trace.layers.iter().zip(expected).enumerate() {
        let entry = layer.entry.as_ref().expect("it decided there");
        assert_eq!((layer.arrived(), &*layer.attended), (arrived, entered), "layer {index}");
        assert_eq!(layer.kept, entered, "layer {index}: whoever enters stays");
        assert_eq!((layer.rows_attention, layer.rows_feed_forward), (entered.len(), entered.len()), "layer {index}");
        assert_eq!(entry.importance.len(), arrived.len(), "layer {index}: a score for each that came");
        assert_eq!(entry.threshold, Some(-0.5), "layer {index}: its threshold");
        let own: Vec<f32> = (arrived.iter().zip(&entry.importance))
            .filter_map(|(position, &score)| entered.contains(position).then_some(score))
            .collect();
        assert_eq!(layer.importance, own, "layer {index}: those that entered keep their score");
        let (came, stayed) = (arrived.len() as u64, entered.len());
        assert_eq!(layer.overhead_macs, PER_ROW * came, "layer {index}: counted for all that came");
        let expected = layer.overhead_macs + model_layer_macs(&model, index, stayed, stayed);
        assert_eq!(layer.macs, expected, "layer {index}: attention and feed-forward block of those that entered");
    }
    let ribbon = Ribbon::new(&trace);
    assert_eq!(ribbon.cell(0, 2).fate, Fate::Left, "token 2 leaves at the door of layer 0");
    assert!(ribbon.is_alive_after(0, 2) && !ribbon.is_alive_after(1, 2), "it was embedded");
    assert_eq!(ribbon.left_in(3), Some(1), "token 3 comes to layer 1 and does not enter");
    assert!(ribbon.cell(1, 3).score.is_some(), "with a score");
    let summary = &ribbon.layers[1];
    assert_eq!((summary.arrived, summary.attended, summary.kept, summary.scored), (8, 6, 6, 8), "layer 1 in numbers");
    assert_eq!(summary.threshold, Some(-0.5), "the score needed to enter");
}

#[test]
fn a_dropped_token_is_restored_as_it_came_to_the_door() {
    let model = fixture_model("bert");
    let options: RunOptions = RunDetail::States.into();
    let restored = outcomes(&model, &Door { restores: true, ..EVERY }, options).remove(2);
    let dropped = outcomes(&model, &EVERY, options).remove(2);
    let all = restored.final_hidden.expect("states were asked for");
    assert_eq!(all.rows(), 11, "a row for each token");
    assert_eq!(restored.logits, dropped.logits, "the head reads the first token either way");
    let embedded = restored.trace.embedded.expect("states were asked for");
    assert_eq!(all.row(2), embedded.row(2), "token 2 went before layer 0: its embedding");
    // Token 3 is the third row that layer 0 gave.
    let first = restored.trace.layers[0].hidden.as_ref().expect("states were asked for");
    assert_eq!(all.row(3), first.row(2), "token 3 went before layer 1: the output of layer 0");
}

#[test]
fn computing_only_the_heads_row_asks_at_the_door_of_the_last_layer() {
    for family in FAMILIES {
        let model = fixture_model(family);
        let all = traced(&model, &EVERY);
        let options = RunOptions { head_rows_only: true, ..RunDetail::Trace.into() };
        for (short, all) in outcomes(&model, &EVERY, options).iter().zip(&all) {
            for (a, b) in short.logits.iter().zip(&all.logits) {
                assert!((a - b).abs() < 1e-5, "{family}: {a} instead of {b}");
            }
            let (short, all) = (&short.trace.layers[2], &all.trace.layers[2]);
            assert_eq!((&short.attended, &short.entry), (&all.attended, &all.entry), "{family}: the same decision");
            assert_eq!(short.overhead_macs, all.overhead_macs, "{family}: for the same price");
            assert!(short.macs < all.macs, "{family}: with less work after it");
        }
    }
}

#[test]
fn padding_changes_nothing_that_is_decided() {
    for family in FAMILIES {
        let model = fixture_model(family);
        let padded = outcomes(&model, &EVERY, RunOptions { padded: true, ..RunDetail::Trace.into() });
        for (padded, plain) in padded.iter().zip(traced(&model, &EVERY)) {
            for (a, b) in padded.logits.iter().zip(&plain.logits) {
                assert!((a - b).abs() < 1e-4, "{family}: {a} instead of {b}");
            }
            for (padded, plain) in padded.trace.layers.iter().zip(&plain.trace.layers) {
                assert_eq!((&padded.attended, padded.macs), (&plain.attended, plain.macs), "{family}: the same rows");
            }
        }
    }
}

#[test]
fn layers_before_the_first_door_are_shared_bit_for_bit() {
    let pruners: [Arc<dyn Pruner>; 6] = [
        Arc::new(KeepAll),
        Arc::new(Door { layers: &[2], ..EVERY }),
        Arc::new(LATE),
        Arc::new(EVERY),
        Arc::new(Door { one_earlier: true, ..LATE }),
        Arc::new(Door { layers: &[2], one_earlier: true, ..EVERY }),
    ];
    let texts = texts();
    let batch: Vec<&Sequence> = texts.iter().collect();
    for family in FAMILIES {
        let model = fixture_model(family);
        let mut prefixes = PrefixCache::new(&model, pruners.iter().map(|pruner| &**pruner), usize::MAX);
        for (index, pruner) in pruners.iter().enumerate() {
            let ticket = Ticket::detached();
            let shared = prefixes.run(&ticket, &model, (0, &batch), &**pruner).expect("a run").outcomes;
            let alone = run(&ticket, &model, &batch, &**pruner, RunDetail::Counts).expect("a run");
            assert_eq!(shared, alone, "{family}: strategy {index}");
        }
        assert!(prefixes.work().shared > 0, "{family}: something was taken over");
    }
}

#[test]
fn a_text_that_is_cut_at_the_first_door_costs_what_is_left() {
    // Of three rows the third goes; two are too few for the next doors.
    let model = fixture_model("bert");
    let trace = traced(&model, &EVERY).remove(1).trace;
    assert_eq!(trace.num_tokens, 3, "three rows");
    let own: u64 = trace.layers.iter().map(|layer| layer.overhead_macs).sum();
    assert_eq!(own, PER_ROW * (3 + 2 + 2), "three came, then two, then two");
    assert_eq!(trace.macs() - own, dense_macs(&model, 2), "two rows all the way");
}
