//! Every strategy on candle's tensors does what it does on this crate's own kernels.
//!
//! The processor stands in for a GPU: the same code, the same operations, other kernels.

use std::sync::Arc;

use prunescope::engine::Outcome;
use prunescope::engine::PrefixCache;
use prunescope::engine::RunDetail;
use prunescope::engine::RunOptions;
use prunescope::engine::run_timed;
use prunescope::input::Sequence;
use prunescope::jobs::Ticket;
use prunescope::model::Checkpoint;
use prunescope::model::DeviceChoice;
use prunescope::model::Model;
use prunescope::model::Precision;
use prunescope::model::SAMPLE_MODEL;
use prunescope::model::find_model;
use prunescope::pruning::Pruner;

use crate::strategy_support::build;
use crate::support::ON_DEVICES;
use crate::support::Tolerance;
use crate::support::assert_close;
use crate::support::encoded_from_ids;
use crate::support::fixture_model;
use crate::support::on_candle;
use crate::support::strategies::Script;
use crate::support::strategies::mask_last;
use crate::support::strategies::merge_last_two;

const CLOSE: Tolerance = Tolerance { absolute: 1e-4, relative: 1e-4 };

/// Every way to score, select, mask, merge, and leave out.
const SPECS: [&str; 17] = [
    "dense",
    "random:retention=0.3,seed=3",
    "first_k:retention=0.3",
    "power_bert:retention=0.3",
    "power_bert:retention=0.3,protect=none",
    "length_adaptive:retention=0.3,exclude_diagonal=true",
    "length_adaptive:retention=0.3,restore=true",
    "ltp:theta_final=0.3,divisor=alive",
    "ltp:theta_final=0.3,divisor=alive,removal=mask",
    "spatten:retention=0.3",
    "entropy:retention=0.4",
    "entropy:retention=0.4,axis=column",
    "ats:levels=0.3,floor=2",
    "tome:r=2",
    "tome:r=2,proportional=false",
    "evit:retention=0.4",
    "stop_words",
];

fn texts() -> Vec<Sequence> {
    let text = |count: u32| encoded_from_ids(&(0..count).map(|index| 4 + index * 7 % 60).collect::<Vec<_>>());
    [23, 2, 9, 9, 40].map(text).to_vec()
}

fn outcomes(model: &Model, texts: &[Sequence], pruner: &dyn Pruner, options: RunOptions) -> Vec<Outcome> {
    let batch: Vec<&Sequence> = texts.iter().collect();
    run_timed(&Ticket::detached(), model, &batch, pruner, options).expect("a run").outcomes
}

fn assert_same(name: &str, got: &[Outcome], expected: &[Outcome]) {
    assert_eq!(got.len(), expected.len(), "{name}: one outcome for each text");
    for (text, (got, expected)) in got.iter().zip(expected).enumerate() {
        let name = format!("{name}, text {text}");
        for (layer, (got, expected)) in got.trace.layers.iter().zip(&expected.trace.layers).enumerate() {
            assert_eq!(got.kept, expected.kept, "{name}, layer {layer}: the same tokens");
            assert_eq!(got.merged, expected.merged, "{name}, layer {layer}: the same merges");
            assert_eq!(got.macs, expected.macs, "{name}, layer {layer}: the same work");
            assert_close(&format!("{name}, layer {layer}: scores"), &got.importance, &expected.importance, CLOSE);
            let hidden = [got, expected].map(|layer| layer.hidden.as_ref().map_or(&[][..], |hidden| hidden.data()));
            assert_close(&format!("{name}, layer {layer}: states"), hidden[0], hidden[1], CLOSE);
        }
        assert_eq!(got.trace.macs(), expected.trace.macs(), "{name}: the same work");
        assert_eq!(got.trace.removal(), expected.trace.removal(), "{name}: tokens went the same way");
        assert_close(&format!("{name}: logits"), &got.logits, &expected.logits, CLOSE);
        let last = [got, expected].map(|outcome| outcome.final_hidden.as_ref().map_or(&[][..], |last| last.data()));
        assert_close(&format!("{name}: last states"), last[0], last[1], CLOSE);
    }
}

#[test]
fn every_strategy_decides_the_same_on_candles_tensors() {
    let texts = texts();
    for family in ON_DEVICES {
        let own = fixture_model(family);
        for whole in [false, true] {
            let candle = on_candle(fixture_model(family), whole);
            for spec in SPECS {
                let pruner = build(spec, &own.config.shape);
                for options in [
                    RunDetail::States.into(),
                    RunOptions { padded: true, ..RunDetail::Trace.into() },
                    RunOptions { head_rows_only: true, ..RunDetail::Trace.into() },
                ] {
                    let name = format!("{family}, {spec}, whole batches {whole}, {options:?}");
                    let expected = outcomes(&own, &texts, &*pruner, options);
                    assert_same(&name, &outcomes(&candle, &texts, &*pruner, options), &expected);
                }
            }
        }
    }
}

#[test]
fn masks_and_merges_by_hand_do_the_same_on_candles_tensors() {
    let texts = texts();
    for family in ON_DEVICES {
        let own = fixture_model(family);
        for whole in [false, true] {
            let candle = on_candle(fixture_model(family), whole);
            for (name, pruner) in [
                ("mask", Script::new(mask_last)),
                ("merge", Script::new(merge_last_two)),
                ("merge, sizes counted", Script { proportional: true, ..Script::new(merge_last_two) }),
                ("merge, restored", Script { restores: true, ..Script::new(merge_last_two) }),
            ] {
                let expected = outcomes(&own, &texts, &pruner, RunDetail::States.into());
                let got = outcomes(&candle, &texts, &pruner, RunDetail::States.into());
                assert_same(&format!("{family}, {name}, whole batches {whole}"), &got, &expected);
            }
        }
    }
}

/// States of a device stay there, so that nothing is taken over; outcomes are those of separate runs.
#[test]
fn strategies_that_could_share_layers_run_apart_on_a_device() {
    let (texts, model) = (texts(), on_candle(fixture_model("bert"), true));
    let batch: Vec<&Sequence> = texts.iter().collect();
    let pruners: Vec<Arc<dyn Pruner>> =
        ["dense", "power_bert:retention=0.3", "evit:retention=0.4"].map(|spec| build(spec, &model.config.shape)).into();
    let mut prefixes = PrefixCache::new(&model, pruners.iter().map(|pruner| &**pruner), 1 << 30);
    for pruner in &pruners {
        let run = prefixes.run(&Ticket::detached(), &model, (0, &batch), &**pruner).expect("a run");
        assert_same("shared", &run.outcomes, &outcomes(&model, &texts, &**pruner, RunDetail::Counts.into()));
    }
    assert_eq!(prefixes.work().shared, 0, "nothing was taken over");
    assert!(prefixes.work().separate > 0, "the work is counted");
}

#[test]
fn the_sample_model_moves_to_candle_and_back() {
    let folder = find_model(SAMPLE_MODEL).expect("the sample model");
    let load = || Checkpoint::load(&folder).expect("it loads");
    let own = load();
    let texts = ["A quiet film that stays with you.", "Dull, long and badly cut."];
    let texts: Vec<Sequence> = texts.iter().map(|text| own.tokenizer.encode(text, None).expect("tokens")).collect();
    let pruner = build("power_bert:retention=0.4", &own.model.config.shape);
    let expected = outcomes(&own.model, &texts, &*pruner, RunDetail::Trace.into());
    let candle = load().on_device(DeviceChoice::Candle).expect("the processor is always there");
    assert_same("candle", &outcomes(&candle.model, &texts, &*pruner, RunDetail::Trace.into()), &expected);
    let back = candle.on_device(DeviceChoice::Cpu).expect("back again");
    assert_eq!(outcomes(&back.model, &texts, &*pruner, RunDetail::Trace.into()), expected, "the very same kernels");
    let error = load()
        .into_precision(Precision::Int8)
        .expect("finite weights")
        .on_device(DeviceChoice::Candle)
        .expect_err("eight bits");
    assert!(error.to_string().contains("f32"), "what it computes with instead: {error}");
}
