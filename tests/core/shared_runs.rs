//! Sharing the first layers changes no outcome, and saves what it says.

use std::sync::Arc;
use std::sync::LazyLock;

use proptest::prelude::*;
use prunescope::engine::Outcome;
use prunescope::engine::PrefixCache;
use prunescope::engine::RunDetail;
use prunescope::engine::run;
use prunescope::input::Sequence;
use prunescope::jobs::Ticket;
use prunescope::model::Model;
use prunescope::pruning::Pruner;

use crate::strategy_support::build;
use crate::support::FAMILIES;
use crate::support::cases;
use crate::support::encoded_from_ids;
use crate::support::fixture_model;

static MODELS: LazyLock<Vec<Model>> = LazyLock::new(|| FAMILIES.iter().map(|family| fixture_model(family)).collect());

/// Strategies with the layers they leave alone in a model of three, worked out by hand from their papers' rules.
const SPECS: [(&str, usize); 47] = [
    ("dense", usize::MAX),
    ("power_bert:retention=0.3", 1),
    ("power_bert:retention=0.3,start=0", 0),
    ("power_bert:retention=0.3,start=2,protect=none", 2),
    // With start 1 of 3 layers, the step comes after half of the two that are left.
    ("power_bert:schedule=step,retention=0.3", 2),
    ("power_bert:retentions=[1,0.5,0.5],exclude_diagonal=false", 1),
    ("power_bert:retention=0.5,start=9", 3),
    ("length_adaptive:retention=0.3,protect=none", 1),
    ("length_adaptive:retention=0.3,start=2,exclude_diagonal=true", 2),
    ("first_k:retention=0.3", 1),
    ("random:retention=0.3,seed=3,start=0", 0),
    ("entropy:retention=0.3", 1),
    ("entropy:retention=0.3,start=0,axis=column", 0),
    ("entropy:retention=0.3,start=2,combine=column_mean", 2),
    // Sums grow from the first layer on.
    ("spatten:retention=0.3", 0),
    ("spatten:retention=0.3,start=2", 0),
    ("spatten:retention=0.3,start=2,accumulate=false", 2),
    // Layer 0 never removes.
    ("ltp:theta_final=0.3,divisor=alive", 1),
    ("ltp:theta_final=0.3,divisor=alive,removal=mask", 1),
    ("ats:levels=0.3,floor=2", 1),
    ("ats:levels=0.3,floor=2,start=2,protect=none", 2),
    ("tome:r=2", 0),
    ("tome", 0),
    ("tome:r=2,start=1,proportional=false", 1),
    // r (1 - inflect + 2 inflect t) is 0 in the first layer, where t = 0.
    ("tome:r=2,inflect=1", 1),
    ("evit:retention=0.3,start=2", 2),
    ("evit:retention=0.3,fuse=false", 1),
    ("value_aware:retention=0.3", 1),
    ("value_aware:retention=0.3,start=2,norm=l2", 2),
    ("value_aware:mass=0.8,cap=0.6", 1),
    ("power_bert:threshold=0.8,start=2", 2),
    ("power_bert:retention=0.3,budget=entropy", 1),
    ("norm_based:retention=0.3", 1),
    ("rollout:retention=0.3", 0),
    ("rollout:retention=1", 3),
    ("acc:rho=2", 0),
    ("acc:rho=2,curve=[1,0.8,0.4]", 1),
    ("ltp:theta_final=0.1,divisor=alive,cap=0.5", 1),
    ("zero_tprune:retention=0.3", 1),
    ("zero_tprune:retention=0.3,start=2,similar=0,exclude_sep=false", 2),
    ("ltmp", 1),
    ("ltmp:theta_m=1,theta_p=[0,0,0.9],start=0", 2),
    ("idf:retention=0.3", 0),
    ("formula:score=\"column_mean - 0.1*diagonal\",retention=0.3,start=2", 2),
    ("formula:score=\"-position\"", 1),
    ("stop_words", 0),
    ("stop_words:list=articles", 0),
];

fn build_all(model: &Model) -> Vec<Arc<dyn Pruner>> {
    SPECS.iter().map(|(spec, _)| build(spec, &model.config.shape)).collect()
}

fn prefixes(model: &Model, pruners: &[Arc<dyn Pruner>], bytes: usize) -> PrefixCache {
    PrefixCache::new(model, pruners.iter().map(|pruner| &**pruner), bytes)
}

fn texts() -> Vec<Sequence> {
    let text = |count: u32| encoded_from_ids(&(4..4 + count).map(|index| 4 + index * 7 % 60).collect::<Vec<_>>());
    [23, 2, 9, 40].map(text).to_vec()
}

fn alone(model: &Model, batch: &[&Sequence], pruner: &dyn Pruner) -> Vec<Outcome> {
    run(&Ticket::detached(), model, batch, pruner, RunDetail::Counts).expect("a run")
}

#[test]
fn every_strategy_leaves_alone_the_layers_it_says() {
    let texts = texts();
    let batch: Vec<&Sequence> = texts.iter().collect();
    for model in MODELS.iter() {
        for (pruner, (spec, idle)) in build_all(model).iter().zip(SPECS) {
            assert_eq!(pruner.idle_layers(), idle, "{spec}");
            let outcomes = run(&Ticket::detached(), model, &batch, &**pruner, RunDetail::Trace).expect("a run");
            for outcome in outcomes {
                for layer in outcome.trace.layers.iter().take(idle) {
                    assert_eq!(layer.kept, layer.attended, "{spec} touches a layer it calls idle");
                }
            }
        }
    }
    let ids: std::collections::BTreeSet<&str> = SPECS.iter().filter_map(|(spec, _)| spec.split(':').next()).collect();
    // Those with weights are tried in `learned_laws`.
    for info in prunescope::pruning::registry().iter().filter(|info| info.runs_untrained()) {
        assert!(ids.contains(info.id), "{} is not tried", info.id);
    }
}

proptest! {
    #![proptest_config(cases(24))]

    /// Any order, some strategies more than once, two batches, with and without room for the states.
    #[test]
    fn outcomes_are_those_of_separate_runs(
        model in 0..FAMILIES.len(),
        order in prop::collection::vec(0..SPECS.len(), 2..12),
        bytes in prop::sample::select(vec![0, 20_000, usize::MAX]),
    ) {
        let model = &MODELS[model];
        let all = build_all(model);
        let pruners: Vec<Arc<dyn Pruner>> = order.iter().map(|&index| Arc::clone(&all[index])).collect();
        let mut prefixes = prefixes(model, &pruners, bytes);
        let texts = texts();
        let (first, second) = texts.split_at(2);
        for (pruner, &index) in pruners.iter().zip(&order) {
            for (number, batch) in [first, second].into_iter().enumerate() {
                let batch: Vec<&Sequence> = batch.iter().collect();
                let run = prefixes.run(&Ticket::detached(), model, (number, &batch), &**pruner).expect("a run");
                prop_assert_eq!(run.outcomes, alone(model, &batch, &**pruner), "{}", SPECS[index].0);
            }
        }
        prop_assert!(bytes > 0 || prefixes.work().shared == 0, "without room nothing is shared");
    }
}

#[test]
fn every_strategy_gives_the_same_after_the_dense_run() {
    let texts = texts();
    let batch: Vec<&Sequence> = texts.iter().collect();
    for model in MODELS.iter() {
        let pruners = build_all(model);
        let mut prefixes = prefixes(model, &pruners, usize::MAX);
        let mut separate = 0;
        for (pruner, (spec, _)) in pruners.iter().zip(SPECS) {
            let run = prefixes.run(&Ticket::detached(), model, (0, &batch), &**pruner).expect("a run");
            let expected = alone(model, &batch, &**pruner);
            assert_eq!(run.outcomes, expected, "{spec}, {:?}", model.config.family);
            separate += expected.iter().map(|outcome| outcome.trace.macs()).sum::<u64>();
        }
        assert_eq!(prefixes.work().separate, separate, "the cost of separate runs is what they count");
    }
}

#[test]
fn what_is_saved_is_what_the_formula_gives() {
    let model = &MODELS[0];
    let specs = ["dense", "power_bert:retention=0.5", "ats:start=2", "entropy:start=2,axis=column"];
    let pruners: Vec<Arc<dyn Pruner>> = specs.iter().map(|spec| build(spec, &model.config.shape)).collect();
    let mut prefixes = prefixes(model, &pruners, usize::MAX);
    let text = encoded_from_ids(&[2, 30, 41, 52, 63, 20, 3]);
    let shape = &model.config.shape;
    let (n, d, wide) = (7, shape.hidden as u64, shape.intermediate as u64);
    let (attention, feed_forward) = (4 * n * d * d + 2 * n * n * d, 2 * n * d * wide);
    // power_bert begins in layer 1: layer 0 and the attention of layer 1. ats begins in layer 2: two layers and the
    // attention of the third. entropy by column wants to see whole matrices in layer 2, so it goes on from the attention of layer 1.
    let expected = [
        0,
        attention + feed_forward + attention,
        2 * (attention + feed_forward) + attention,
        attention + feed_forward + attention,
    ];
    let mut before = 0;
    for ((pruner, spec), expected) in pruners.iter().zip(specs).zip(expected) {
        prefixes.run(&Ticket::detached(), model, (0, &[&text]), &**pruner).expect("a run");
        assert_eq!(prefixes.work().shared - before, expected, "saved by {spec}");
        before = prefixes.work().shared;
    }
}

#[test]
fn a_stop_leaves_what_is_kept_usable() {
    let model = &MODELS[0];
    let pruners = build_all(model);
    let mut prefixes = prefixes(model, &pruners, usize::MAX);
    let texts = texts();
    let batch: Vec<&Sequence> = texts.iter().collect();
    prefixes.run(&Ticket::detached(), model, (0, &batch), &*pruners[0]).expect("a run");
    let stopped = Ticket::detached();
    stopped.cancel();
    let error = prefixes.run(&stopped, model, (0, &batch), &*pruners[1]).expect_err("a stop");
    assert!(matches!(error, prunescope::engine::Error::Cancelled), "{error}");
    let run = prefixes.run(&Ticket::detached(), model, (0, &batch), &*pruners[1]).expect("a run");
    assert_eq!(run.outcomes, alone(model, &batch, &*pruners[1]), "as if nothing had happened");
}
