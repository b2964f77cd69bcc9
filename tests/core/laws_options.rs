//! Laws of the ways in which a run may be carried out: padded, last layer for the head's row only, timed.

use std::time::Duration;
use std::time::Instant;

use proptest::collection::vec;
use proptest::prelude::*;
use prunescope::cost::dense_macs;
use prunescope::cost::head_macs;
use prunescope::cost::model_layer_macs;
use prunescope::engine::Outcome;
use prunescope::engine::Removal;
use prunescope::engine::RunDetail;
use prunescope::engine::RunOptions;
use prunescope::engine::Spans;
use prunescope::engine::run_timed;
use prunescope::input::Sequence;
use prunescope::jobs::Ticket;
use prunescope::model::Model;
use prunescope::pruning::StrategySpec;

use crate::support::FAMILIES;
use crate::support::Tolerance;
use crate::support::assert_close;
use crate::support::cases;
use crate::support::encoded_from_ids;
use crate::support::fixture_model;

const CLOSE: Tolerance = Tolerance { absolute: 1e-4, relative: 1e-4 };

fn timed(model: &Model, texts: &[Sequence], spec: &str, options: RunOptions) -> (Vec<Outcome>, Spans) {
    let texts: Vec<&Sequence> = texts.iter().collect();
    let spec = StrategySpec::parse(spec).unwrap_or_else(|err| panic!("{spec}: {err}"));
    let pruner = spec.build(&model.config.shape).unwrap_or_else(|err| panic!("{spec}: {err}"));
    let report = run_timed(&Ticket::detached(), model, &texts, &*pruner, options).expect("a run");
    (report.outcomes, report.spans)
}

fn outcomes(model: &Model, texts: &[Sequence], spec: &str, options: RunOptions) -> Vec<Outcome> {
    timed(model, texts, spec, options).0
}

fn traced() -> RunOptions {
    RunDetail::Trace.into()
}

fn texts() -> impl Strategy<Value = Vec<Sequence>> {
    vec(vec(4_u32..140, 3..40), 1..4).prop_map(|texts| texts.iter().map(|ids| encoded_from_ids(ids)).collect())
}

fn family() -> impl Strategy<Value = &'static str> {
    (0..FAMILIES.len()).prop_map(|index| FAMILIES[index])
}

proptest! {
    #![proptest_config(cases(16))]

    #[test]
    fn padding_changes_nothing_but_the_time(family in family(), texts in texts()) {
        let model = fixture_model(family);
        for spec in ["dense", "power_bert:retention=0.5", "entropy:retention=0.5", "ltp:theta_final=0.2", "ats", "tome"] {
            let packed = outcomes(&model, &texts, spec, traced());
            let padded = outcomes(&model, &texts, spec, RunOptions { padded: true, ..traced() });
            for (packed, padded) in packed.iter().zip(&padded) {
                assert_close(&format!("{family}, {spec}"), &padded.logits, &packed.logits, CLOSE);
                prop_assert_eq!(padded.trace.macs(), packed.trace.macs(), "{}, {}: padding is not counted", family, spec);
                for (padded, packed) in padded.trace.layers.iter().zip(&packed.trace.layers) {
                    prop_assert_eq!(&padded.kept, &packed.kept, "{}, {}: the same tokens", family, spec);
                    assert_close(&format!("{family}, {spec}: scores"), &padded.importance, &packed.importance, CLOSE);
                }
            }
        }
    }

    #[test]
    fn the_head_reads_the_same_row_when_only_that_row_is_computed(family in family(), texts in texts()) {
        let model = fixture_model(family);
        for spec in ["dense", "power_bert:retention=0.4", "first_k:retention=0.3", "stop_words"] {
            let whole = outcomes(&model, &texts, spec, traced());
            let alone = outcomes(&model, &texts, spec, RunOptions { head_rows_only: true, ..traced() });
            for (whole, alone) in whole.iter().zip(&alone) {
                assert_close(&format!("{family}, {spec}"), &alone.logits, &whole.logits, CLOSE);
                prop_assert!(alone.trace.macs() < whole.trace.macs(), "{}, {}: it saves", family, spec);
            }
        }
    }
}

#[test]
fn the_last_layer_of_one_row_costs_what_the_products_say() {
    let model = fixture_model("bert");
    let text = encoded_from_ids(&[5, 9, 11, 30, 41, 52, 63]);
    let options = RunOptions { head_rows_only: true, ..RunOptions::default() };
    let trace = outcomes(&model, std::slice::from_ref(&text), "dense", options).remove(0).trace;
    let shape = model.config.shape;
    let (n, d, f, layers) = (7, shape.hidden as u64, shape.intermediate as u64, shape.num_layers);
    // Keys and values of n rows; query, output projection and feed-forward block of one; one row of attention, twice.
    let last = 2 * n * d * d + 2 * d * d + 2 * d * f + 2 * n * d;
    let before: u64 = (0..layers - 1).map(|layer| model_layer_macs(&model, layer, 7, 7)).sum();
    assert_eq!(trace.macs(), before + last + head_macs(&model, 7), "by hand");
    assert_eq!(trace.removal(), Removal::None, "no token was removed");
    assert_eq!(trace.tokens_kept(), 7, "all are alive");
    assert!(trace.macs() < dense_macs(&model, 7), "less than the whole last layer");
}

#[test]
fn spans_are_parts_of_the_run() {
    let model = fixture_model("bert");
    let texts: Vec<Sequence> = (3..40).map(|length| encoded_from_ids(&(4..4 + length).collect::<Vec<u32>>())).collect();
    let started = Instant::now();
    let (_, spans) = timed(&model, &texts, "power_bert:retention=0.5", RunOptions::default());
    let elapsed = started.elapsed();
    let parts = [spans.attention, spans.feed_forward, spans.scoring, spans.gathering, spans.other];
    assert!(parts.iter().all(|part| *part > Duration::ZERO), "every kind of work took some time: {spans:?}");
    assert_eq!(parts.iter().sum::<Duration>(), spans.total(), "nothing is counted twice");
    assert!(spans.total() <= elapsed, "no more than the clock says: {spans:?} in {elapsed:?}");
}
