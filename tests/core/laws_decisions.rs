//! What the engine makes of decisions, sensible and not.

use prunescope::engine::Error;
use prunescope::engine::Outcome;
use prunescope::engine::RunDetail;
use prunescope::engine::run;
use prunescope::jobs::Ticket;
use prunescope::model::AttentionContext;
use prunescope::pruning::Action;
use prunescope::pruning::Decision;
use prunescope::pruning::LayerEvidence;
use prunescope::pruning::Merge;
use prunescope::pruning::Pruner;
use prunescope::pruning::SequenceInfo;
use prunescope::pruning::SequencePruner;
use prunescope::tensor::CuSeqlens;
use prunescope::tensor::Evidence;
use prunescope::tensor::EvidenceSet;
use prunescope::tensor::Matrix;

use crate::support::Tolerance;
use crate::support::assert_close;
use crate::support::encoded_from_ids;
use crate::support::fixture_model;
use crate::support::strategies::KeepAll;
use crate::support::strategies::Script;

const IDS: [u32; 7] = [2, 30, 41, 52, 63, 74, 3];

fn one(family: &str, pruner: &dyn Pruner) -> Result<Outcome, Error> {
    let text = encoded_from_ids(&IDS);
    run(&Ticket::detached(), &fixture_model(family), &[&text], pruner, RunDetail::States).map(|mut all| all.remove(0))
}

fn scripted(action: fn(&LayerEvidence<'_>) -> Action) -> Result<Outcome, Error> {
    one("bert", &Script::new(action))
}

#[test]
fn senseless_decisions_are_refused_with_their_place() {
    let check = |action: fn(&LayerEvidence<'_>) -> Action, expected: &str| {
        let err = scripted(action).expect_err("a refusal");
        assert_eq!(err.to_string(), expected, "the message");
    };
    check(|_| Action::Keep(Vec::new()), "layer 1, text 1 of the batch: expected at least one kept row, got none");
    check(|_| Action::Mask(Vec::new()), "layer 1, text 1 of the batch: expected at least one kept row, got none");
    check(
        |layer| Action::Keep(vec![0, layer.num_tokens()]),
        "layer 1, text 1 of the batch: expected rows below 7, got 7",
    );
    check(|_| Action::Keep(vec![0, 3, 3]), "layer 1, text 1 of the batch: expected each row at most once, got 3 twice");
    check(
        |layer| if layer.layer == 1 { Action::Mask(vec![9]) } else { Action::Keep(vec![0, 1, 2]) },
        "layer 2, text 1 of the batch: expected rows below 3, got 9",
    );
    check(
        |_| Action::Reduce { rows: vec![Some(0), None], merges: Vec::new() },
        "layer 1, text 1 of the batch: expected one merge into new row 1, got 0",
    );
    check(
        |_| Action::Reduce { rows: vec![Some(0)], merges: vec![Merge { into: 2, parts: vec![(1, 1.0)], size: 1.0 }] },
        "layer 1, text 1 of the batch: expected rows below 1, got 2",
    );
    check(
        |_| Action::Reduce { rows: vec![Some(0)], merges: vec![Merge { into: 0, parts: Vec::new(), size: 1.0 }] },
        "layer 1, text 1 of the batch: expected rows to merge into row 0, got none",
    );
    check(
        |_| Action::Reduce {
            rows: vec![Some(0)],
            merges: vec![Merge { into: 0, parts: vec![(1, f32::NAN)], size: 1.0 }],
        },
        "layer 1, text 1 of the batch: expected finite weights and a positive size, got NaN",
    );
    check(
        |_| Action::Reduce { rows: vec![Some(0)], merges: vec![Merge { into: 0, parts: vec![(1, 1.0)], size: 0.0 }] },
        "layer 1, text 1 of the batch: expected finite weights and a positive size, got 0",
    );
}

/// Answers in ways that only a hand-written strategy can.
#[derive(Debug)]
struct Odd {
    scores: usize,
    input: Option<Vec<u32>>,
    cancels: Option<Ticket>,
}

impl Pruner for Odd {
    fn needs(&self, _layer: usize) -> EvidenceSet {
        EvidenceSet::NONE
    }

    fn select_input(&self, _sequence: &SequenceInfo) -> Option<Vec<u32>> {
        self.input.clone()
    }

    fn begin(&self, _sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        Box::new(OddSequence { scores: self.scores, cancels: self.cancels.clone() })
    }
}

struct OddSequence {
    scores: usize,
    cancels: Option<Ticket>,
}

impl SequencePruner for OddSequence {
    fn decide(&mut self, layer: &LayerEvidence<'_>) -> Decision {
        if let Some(ticket) = &self.cancels {
            assert_eq!(layer.layer, 0, "no layer after the cancel");
            ticket.cancel();
        }
        Decision { importance: vec![0.5; self.scores], ..Decision::keep_all() }
    }
}

#[test]
fn texts_scores_and_selections_that_do_not_fit_are_refused() {
    let odd = |scores, input| Odd { scores, input, cancels: None };
    let message = |pruner: &dyn Pruner| one("bert", pruner).expect_err("a refusal").to_string();
    assert_eq!(message(&odd(4, None)), "layer 1, text 1 of the batch: expected 7 scores or none, got 4", "scores");
    for input in [vec![], vec![0, 9], vec![2, 1], vec![1, 1]] {
        let got = message(&odd(0, Some(input.clone())));
        assert!(got.contains("expected an ascending, non-empty choice among 7 tokens"), "{input:?}: {got}");
    }
    let model = fixture_model("bert");
    let refused = |ids: &[u32]| {
        let mut text = encoded_from_ids(&[2, 3]);
        text.units = if ids.is_empty() { Vec::new() } else { encoded_from_ids(ids).units };
        run(&Ticket::detached(), &model, &[&text], &KeepAll, RunDetail::Counts).expect_err("a refusal").to_string()
    };
    assert_eq!(refused(&[]), "text 1 of the batch: expected at least one token, got none", "no tokens");
    assert_eq!(
        refused(&[2, 281, 3]),
        "text 1 of the batch, token 2: expected an id below 281, got 281",
        "an unknown id"
    );
    assert_eq!(refused(&[5; 65]), "text 1 of the batch: expected at most 64 tokens, got 65", "too long");
}

#[test]
fn a_cancelled_run_stops_at_the_next_layer() {
    let (ticket, model, text) = (Ticket::detached(), fixture_model("bert"), encoded_from_ids(&IDS));
    let odd = Odd { scores: 0, input: None, cancels: Some(ticket.clone()) };
    let result = run(&ticket, &model, &[&text], &odd, RunDetail::Counts);
    assert!(matches!(result, Err(Error::Cancelled)), "got {result:?}");
}

#[test]
fn selected_input_reads_as_a_text_without_the_others() {
    for family in ["bert", "deberta-v2", "modernbert"] {
        let chosen = vec![0, 2, 3, 6];
        let odd = Odd { scores: 0, input: Some(chosen.clone()), cancels: None };
        let selected = one(family, &odd).expect("a run");
        let shorter = encoded_from_ids(&[2, 41, 52, 3]);
        let alone = run(&Ticket::detached(), &fixture_model(family), &[&shorter], &KeepAll, RunDetail::States);
        let alone = alone.expect("a run").remove(0);
        assert_eq!(selected.logits, alone.logits, "{family}: the same four tokens");
        assert_eq!(selected.trace.input, chosen, "{family}: original positions");
        assert_eq!(selected.trace.layers[0].attended, chosen, "{family}: original positions");
        assert_eq!(selected.trace.num_tokens, 7, "{family}: the whole text's length");
        assert!((selected.trace.retention_mean() - 4.0 / 7.0).abs() < 1e-12, "{family}: kept share");
    }
}

#[test]
fn the_head_reads_the_last_complete_state_of_a_removed_first_token() {
    let outcome = scripted(|layer| Action::Keep((1..layer.num_tokens()).collect())).expect("a run");
    let model = fixture_model("bert");
    let embedded = outcome.trace.embedded.expect("states were asked for");
    let expected = model.classify(&model.finish(embedded.gather(&[0])));
    assert_eq!(outcome.logits, expected.row(0), "removed in layer 0: the state that entered it");
}

#[test]
fn the_head_follows_a_first_token_that_is_merged_away() {
    let outcome = scripted(|layer| {
        if layer.layer > 0 {
            return Action::KeepAll;
        }
        let merge = Merge { into: 0, parts: vec![(0, 0.5), (1, 0.5)], size: 2.0 };
        Action::Reduce { rows: vec![Some(1), Some(2)], merges: vec![merge] }
    })
    .expect("a run");
    let model = fixture_model("bert");
    let last = outcome.final_hidden.expect("states were asked for");
    assert_eq!(outcome.logits, model.classify(&last.gather(&[0])).row(0), "row 1 took token 0 in");
}

#[test]
fn restored_tokens_keep_their_last_state() {
    let drop_two = Script {
        restores: true,
        ..Script::new(|layer| match layer.layer {
            1 => Action::Keep(vec![0, 6, 2, 3, 4]),
            _ => Action::KeepAll,
        })
    };
    let outcome = one("bert", &drop_two).expect("a run");
    let last = outcome.final_hidden.expect("states were asked for");
    assert_eq!(last.rows(), 7, "every original token");
    let after = |layer: usize| outcome.trace.layers[layer].hidden.as_ref().expect("states were asked for");
    for dropped in [1, 5] {
        assert_eq!(last.row(dropped), after(0).row(dropped), "token {dropped} left in layer 1");
    }
    for (row, survivor) in [0, 6, 2, 3, 4].into_iter().enumerate() {
        assert_eq!(last.row(survivor), after(2).row(row), "token {survivor}, in the strategy's order");
    }
}

#[test]
fn fused_rows_are_named_after_the_last_token_and_weighted() {
    let outcome = scripted(|layer| {
        if layer.layer > 1 {
            return Action::KeepAll;
        }
        let count = layer.num_tokens();
        let merge = Merge { into: count - 2, parts: vec![(count - 2, 0.25), (count - 1, 0.5)], size: 2.0 };
        Action::Reduce { rows: (0..count - 2).map(Some).chain([None]).collect(), merges: vec![merge] }
    })
    .expect("a run");
    let names =
        |layer: usize| (outcome.trace.layers[layer].kept.clone(), outcome.trace.layers[layer].merged[0].clone());
    let (kept, group) = names(0);
    assert_eq!((kept, group.into, group.from), (vec![0, 1, 2, 3, 4, 7], 7, vec![5, 6]), "the first fused row is n0");
    let (kept, group) = names(1);
    assert_eq!((kept, group.into, group.from), (vec![0, 1, 2, 3, 8], 8, vec![4, 7]), "the next one n0 + 1");
    // The fused state itself: layer 0's feed-forward block on 0.25 a + 0.5 b, weights not normalized.
    let needs = EvidenceSet::of([Evidence::Hidden]);
    let model = fixture_model("bert");
    let embedded = outcome.trace.embedded.as_ref().expect("states were asked for");
    let positions: Vec<u32> = (0..7).collect();
    let context = AttentionContext::new(&positions, needs);
    let before = model.attend(0, embedded, &CuSeqlens::from_lengths([7]), &context).hidden;
    let fused: Vec<f32> = before.row(5).iter().zip(before.row(6)).map(|(a, b)| 0.25 * a + 0.5 * b).collect();
    let expected = model.feed_forward(0, Matrix::from_vec(1, 32, fused).expect("one row"));
    let got = outcome.trace.layers[0].hidden.as_ref().expect("states were asked for");
    assert_close("fused row", got.row(5), expected.data(), Tolerance::absolute(1e-5));
}

/// A key of size 2 under proportional attention weighs as much as two equal keys.
#[test]
fn a_merged_key_weighs_as_much_as_its_equal_parts() {
    let model = fixture_model("bert");
    let state = |seed: usize| (0..32).map(move |k| ((seed * 31 + k * 17) % 13) as f32 / 6.0 - 1.0);
    let rows = |seeds: &[usize]| {
        Matrix::from_vec(seeds.len(), 32, seeds.iter().flat_map(|&seed| state(seed)).collect()).expect("whole rows")
    };
    let attend = |hidden: &Matrix, bias: Option<&[f32]>| {
        let positions: Vec<u32> = (0..).take(hidden.rows()).collect();
        let context = AttentionContext { key_bias: bias, ..AttentionContext::new(&positions, EvidenceSet::NONE) };
        model.attend(1, hidden, &CuSeqlens::from_lengths([hidden.rows()]), &context).hidden
    };
    let twice = attend(&rows(&[1, 2, 3, 3]), None);
    let merged = attend(&rows(&[1, 2, 3]), Some(&[0.0, 0.0, 2_f32.ln()]));
    for row in 0..3 {
        assert_close("a row", merged.row(row), twice.row(row), Tolerance::absolute(1e-5));
    }
}
