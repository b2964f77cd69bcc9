//! Laws of the strategies with trained weights, on every family: with made-up weights that say yes and no.

use std::sync::Arc;

use prunescope::cost::head_macs;
use prunescope::cost::model_layer_macs;
use prunescope::engine::Outcome;
use prunescope::engine::PrefixCache;
use prunescope::engine::Removal;
use prunescope::engine::RunDetail;
use prunescope::engine::RunOptions;
use prunescope::engine::run;
use prunescope::engine::run_timed;
use prunescope::input::Sequence;
use prunescope::jobs::Ticket;
use prunescope::model::Model;
use prunescope::pruning::Pruner;

use crate::support::FAMILIES;
use crate::support::ON_DEVICES;
use crate::support::Tolerance;
use crate::support::assert_close;
use crate::support::encoded_from_ids;
use crate::support::fixture_model;
use crate::support::on_candle;
use crate::support::strategies::KeepAll;
use crate::support::weights::LEARNED;
use crate::support::weights::learned_spec;

fn texts() -> Vec<Sequence> {
    let text = |count: u32| encoded_from_ids(&(4..4 + count).map(|index| 4 + index * 7 % 60).collect::<Vec<_>>());
    [23, 3, 9, 40].map(text).to_vec()
}

fn pruner(id: &str, model: &Model, settings: &str) -> Arc<dyn Pruner> {
    let spec = learned_spec(id, &model.config.shape, 11, settings);
    spec.build(&model.config.shape).unwrap_or_else(|err| panic!("{spec}: {err}"))
}

fn outcomes(model: &Model, pruner: &dyn Pruner, options: RunOptions) -> Vec<Outcome> {
    let texts = texts();
    let batch: Vec<&Sequence> = texts.iter().collect();
    run_timed(&Ticket::detached(), model, &batch, pruner, options).expect("a run").outcomes
}

#[test]
fn outcomes_do_not_depend_on_the_batch_and_say_what_they_cost() {
    let mut removed = std::collections::BTreeSet::new();
    for family in FAMILIES {
        let model = fixture_model(family);
        for id in LEARNED {
            let pruner = pruner(id, &model, "");
            let together = outcomes(&model, &*pruner, RunDetail::Trace.into());
            for (text, outcome) in texts().iter().zip(&together) {
                let alone = run(&Ticket::detached(), &model, &[text], &*pruner, RunDetail::Trace).expect("a run");
                assert_eq!(&alone[0], outcome, "{family}, {id}: alone and in a batch");
                let trace = &outcome.trace;
                let mut came = text.units.len();
                let mut macs = head_macs(&model, came);
                for (index, layer) in trace.layers.iter().enumerate() {
                    assert_eq!(layer.arrived().len(), came, "{family}, {id}: who left one layer comes to the next");
                    let entered = layer.attended.len();
                    let asked = pruner.decides_on_input(index);
                    let own = if asked { pruner.input_macs(index, came, &model.config.shape) } else { 0 };
                    assert_eq!(layer.overhead_macs, own, "{family}, {id}: what deciding takes in layer {index}");
                    macs += own + model_layer_macs(&model, index, entered, entered);
                    assert!(layer.kept.contains(&0), "{family}, {id}: the first token stays");
                    came = entered;
                }
                assert_eq!(trace.macs(), macs, "{family}, {id}: predictor and survivors are counted");
                if trace.removal() == Removal::Removed {
                    removed.insert(id);
                }
            }
        }
    }
    assert_eq!(removed.len(), LEARNED.len(), "each removed something somewhere: {removed:?}");
}

#[test]
fn protected_tokens_stay() {
    for family in ["bert", "roberta", "distilbert"] {
        let model = fixture_model(family);
        for id in LEARNED {
            for outcome in outcomes(&model, &*pruner(id, &model, ",protect=special"), RunDetail::Trace.into()) {
                let last = u32::try_from(outcome.trace.num_tokens).expect("a short text") - 1;
                for layer in &outcome.trace.layers {
                    let kept = &layer.kept;
                    assert!(
                        kept.contains(&0) && kept.contains(&last),
                        "{family}, {id}: both special tokens in {kept:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn sharing_the_first_layers_changes_nothing() {
    let texts = texts();
    let batch: Vec<&Sequence> = texts.iter().collect();
    for family in ["bert", "roberta", "distilbert", "modernbert"] {
        let model = fixture_model(family);
        let mut pruners: Vec<Arc<dyn Pruner>> = vec![Arc::new(KeepAll)];
        pruners.extend(LEARNED.map(|id| pruner(id, &model, "")));
        let mut prefixes = PrefixCache::new(&model, pruners.iter().map(|pruner| &**pruner), usize::MAX);
        for pruner in pruners.iter().chain(&pruners) {
            let shared = prefixes.run(&Ticket::detached(), &model, (0, &batch), &**pruner).expect("a run");
            let alone = run(&Ticket::detached(), &model, &batch, &**pruner, RunDetail::Counts).expect("a run");
            assert_eq!(shared.outcomes, alone, "{family}: {pruner:?}");
            let idle = pruner.idle_layers().min(model.layers.len());
            let asked = (0..idle).find(|&layer| pruner.decides_on_input(layer));
            assert_eq!(asked, None, "{family}: {pruner:?} asks in a layer that it calls idle");
        }
    }
}

#[test]
fn other_ways_to_compute_give_the_same() {
    for family in ON_DEVICES {
        let model = fixture_model(family);
        for id in LEARNED {
            let pruner = pruner(id, &model, "");
            let plain = outcomes(&model, &*pruner, RunDetail::Trace.into());
            let short = RunOptions { head_rows_only: true, ..RunDetail::Trace.into() };
            let padded = RunOptions { padded: true, ..RunDetail::Trace.into() };
            let device = on_candle(fixture_model(family), false);
            let ways = [
                ("the head's rows alone", outcomes(&model, &*pruner, short)),
                ("padded", outcomes(&model, &*pruner, padded)),
                ("on candle", outcomes(&device, &*pruner, RunDetail::Trace.into())),
            ];
            for (way, found) in ways {
                for (got, expected) in found.iter().zip(&plain) {
                    let what = format!("{family}, {id}, {way}");
                    assert_close(&what, &got.logits, &expected.logits, Tolerance::absolute(2e-4));
                    for (got, expected) in got.trace.layers.iter().zip(&expected.trace.layers) {
                        assert_eq!(got.attended, expected.attended, "{what}: the same tokens enter");
                    }
                }
            }
        }
    }
}
