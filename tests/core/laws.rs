//! Laws every run obeys, over random texts and settings on tiny models.

#![expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts of at most 64 tokens")]

use std::sync::LazyLock;

use proptest::collection::vec;
use proptest::prelude::*;
use prunescope::cost::dense_macs;
use prunescope::cost::schedule_macs;
use prunescope::engine::Outcome;
use prunescope::engine::Removal;
use prunescope::engine::RunDetail;
use prunescope::engine::run;
use prunescope::input::Sequence;
use prunescope::jobs::Ticket;
use prunescope::model::Model;
use prunescope::pruning::Action;
use prunescope::pruning::Pruner;
use prunescope::pruning::StrategySpec;
use prunescope::pruning::registry;

use crate::support::FAMILIES;
use crate::support::Tolerance;
use crate::support::assert_close;
use crate::support::cases;
use crate::support::encoded_from_ids;
use crate::support::fixture_model;
use crate::support::strategies::KeepAll;
use crate::support::strategies::Script;
use crate::support::strategies::mask_last;
use crate::support::strategies::merge_last_two;
use crate::support::strategies::one_fewer;

static MODELS: LazyLock<Vec<Model>> = LazyLock::new(|| FAMILIES.into_iter().map(fixture_model).collect());

/// Strategies that keep a scheduled number of tokens and only remove.
const SCHEDULED: [&str; 6] = ["random", "first_k", "power_bert", "length_adaptive", "spatten", "entropy"];

fn outcomes(model: &Model, texts: &[Sequence], pruner: &dyn Pruner) -> Vec<Outcome> {
    let texts: Vec<&Sequence> = texts.iter().collect();
    run(&Ticket::detached(), model, &texts, pruner, RunDetail::Trace).expect("a run")
}

fn with_spec(model: &Model, texts: &[Sequence], spec: &str) -> Vec<Outcome> {
    let parsed = StrategySpec::parse(spec).unwrap_or_else(|err| panic!("{spec}: {err}"));
    let pruner = parsed.build(&model.config.shape).unwrap_or_else(|err| panic!("{spec}: {err}"));
    outcomes(model, texts, &*pruner)
}

fn texts() -> impl Strategy<Value = Vec<Sequence>> {
    vec(vec(4_u32..140, 3..40), 1..4).prop_map(|texts| texts.iter().map(|ids| encoded_from_ids(ids)).collect())
}

fn model() -> impl Strategy<Value = &'static Model> {
    (0..FAMILIES.len()).prop_map(|index| &MODELS[index])
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn keeping_everything_equals_not_pruning_bit_for_bit(model in model(), texts in texts()) {
        let dense = outcomes(model, &texts, &KeepAll);
        let every: [fn(&prunescope::pruning::LayerEvidence<'_>) -> Action; 3] = [
            |layer| Action::Keep((0..layer.num_tokens()).collect()),
            |layer| Action::Reduce { rows: (0..layer.num_tokens()).map(Some).collect(), merges: Vec::new() },
            |layer| Action::Mask((0..layer.num_tokens()).collect()),
        ];
        for action in every {
            prop_assert_eq!(&outcomes(model, &texts, &Script::new(action)), &dense, "an action that keeps all");
        }
        for spec in SCHEDULED {
            for (kept, dense) in with_spec(model, &texts, &format!("{spec}:retention=1")).iter().zip(&dense) {
                prop_assert_eq!(&kept.logits, &dense.logits, "{} at retention 1", spec);
                prop_assert_eq!(kept.trace.removal(), Removal::None, "{} at retention 1", spec);
            }
        }
    }

    #[test]
    fn a_text_in_a_batch_equals_the_same_text_alone_bit_for_bit(model in model(), texts in texts()) {
        for spec in ["dense", "power_bert:retention=0.4", "tome", "evit:retention=0.4", "ats", "random:retention=0.5"] {
            for (text, packed) in texts.iter().zip(with_spec(model, &texts, spec)) {
                let alone = with_spec(model, std::slice::from_ref(text), spec).remove(0);
                prop_assert_eq!(packed, alone, "{}", spec);
            }
        }
    }

    #[test]
    fn the_order_of_the_batch_does_not_matter(model in model(), texts in texts()) {
        let mut backwards = texts.clone();
        backwards.reverse();
        for spec in ["dense", "power_bert:retention=0.4", "ltp", "tome"] {
            let mut turned = with_spec(model, &backwards, spec);
            turned.reverse();
            prop_assert_eq!(with_spec(model, &texts, spec), turned, "{}", spec);
        }
    }

    #[test]
    fn protected_tokens_survive_every_strategy(model in model(), texts in texts(), retention in 0.05_f64..1.0) {
        for info in registry() {
            let has = |key: &str| info.keys.iter().any(|known| known.name == key);
            if !has("protect") || !info.runs_untrained() {
                continue;
            }
            let share = if has("retention") { format!(",retention={retention}") } else { String::new() };
            let spec = format!("{}:protect=special{share}", info.id);
            for (text, outcome) in texts.iter().zip(with_spec(model, &texts, &spec)) {
                let last = text.units.len() as u32 - 1;
                for layer in &outcome.trace.layers {
                    prop_assert!(layer.kept.contains(&0) && layer.kept.contains(&last), "{}: kept {:?}", spec, layer.kept);
                }
            }
        }
    }

    #[test]
    fn kept_counts_follow_the_schedule(model in model(), texts in texts(), percent in 1_u32..=100) {
        let retention = f64::from(percent) / 100.0;
        for id in SCHEDULED {
            for (text, outcome) in texts.iter().zip(with_spec(model, &texts, &format!("{id}:retention={retention}"))) {
                let tokens = text.units.len();
                // Linear from layer 1 of 3: 1, then halfway, then `retention`; both ends are protected.
                for (layer, share) in [1.0, 1.0 - (1.0 - retention) / 2.0, retention].into_iter().enumerate() {
                    let expected = ((share * tokens as f64 - 1e-9).ceil() as usize).max(2).min(tokens);
                    let got = &outcome.trace.layers[layer];
                    prop_assert_eq!(got.kept.len(), expected, "{} of {} tokens, layer {}", id, tokens, layer);
                    prop_assert_eq!(got.rows_feed_forward, expected, "rows really computed");
                }
            }
        }
    }

    #[test]
    fn kept_sets_nest_without_merging(model in model(), texts in texts(), retention in 0.05_f64..1.0) {
        let scheduled = SCHEDULED.iter().map(|id| format!("{id}:retention={retention}"));
        for spec in scheduled.chain(["ltp:theta_final=0.2".to_owned(), "ats".to_owned(), "stop_words".to_owned()]) {
            for outcome in with_spec(model, &texts, &spec) {
                let mut before = outcome.trace.input.clone();
                for layer in &outcome.trace.layers {
                    prop_assert_eq!(&layer.attended, &before, "{}: what left a layer enters the next", spec);
                    prop_assert!(layer.kept.iter().all(|token| before.contains(token)), "{}: nothing comes back", spec);
                    before.clone_from(&layer.kept);
                }
            }
        }
    }

    #[test]
    fn lower_retention_never_costs_more(model in model(), texts in texts(), low in 0.05_f64..1.0, high in 0.05_f64..1.0) {
        let (low, high) = if low < high { (low, high) } else { (high, low) };
        for id in SCHEDULED {
            let costs = |retention: f64| -> Vec<u64> {
                let outcomes = with_spec(model, &texts, &format!("{id}:retention={retention}"));
                outcomes.iter().map(|outcome| outcome.trace.macs()).collect()
            };
            for (low, high) in costs(low).into_iter().zip(costs(high)) {
                prop_assert!(low <= high, "{}: {} MACs at the lower retention, {} at the higher", id, low, high);
            }
        }
    }

    #[test]
    fn counted_macs_equal_the_closed_form(model in model(), texts in texts(), retention in 0.05_f64..1.0) {
        let scheduled = SCHEDULED.iter().map(|id| format!("{id}:retention={retention}"));
        for spec in scheduled.chain(["dense".to_owned(), "tome".to_owned(), "stop_words".to_owned()]) {
            for outcome in with_spec(model, &texts, &spec) {
                let trace = &outcome.trace;
                let kept: Vec<usize> = trace.layers.iter().map(|layer| layer.kept.len()).collect();
                let own: u64 = trace.layers.iter().map(|layer| layer.overhead_macs).sum();
                prop_assert_eq!(trace.macs(), own + schedule_macs(model, trace.input.len(), &kept), "{}", spec);
                if spec == "dense" {
                    prop_assert_eq!(trace.macs(), dense_macs(model, trace.num_tokens), "dense");
                }
            }
        }
    }

    #[test]
    fn masking_decides_like_removing_but_saves_nothing(model in model(), texts in texts()) {
        let masked = outcomes(model, &texts, &Script::new(mask_last));
        let removed = outcomes(model, &texts, &Script::new(|layer| match mask_last(layer) {
            Action::Mask(rows) => Action::Keep(rows),
            other => other,
        }));
        for (masked, removed) in masked.iter().zip(&removed) {
            prop_assert_eq!(masked.trace.removal(), Removal::Masked, "a masked run is called that");
            prop_assert_eq!(removed.trace.removal(), Removal::Removed, "rows left");
            prop_assert_eq!(masked.trace.macs(), dense_macs(model, masked.trace.num_tokens), "nothing saved");
            prop_assert!(removed.trace.macs() < masked.trace.macs(), "something saved");
            prop_assert_eq!(masked.trace.tokens_kept(), removed.trace.tokens_kept(), "alive rows");
            prop_assert_eq!(&masked.trace.layers[2].kept, &removed.trace.layers[2].kept, "alive positions");
            // Strategies.md 1.3: for survivors, masking before softmax is the same as gathering.
            assert_close("masked logits", &masked.logits, &removed.logits, Tolerance { absolute: 1e-4, relative: 1e-4 });
        }
    }

    #[test]
    fn rows_leave_and_merge_as_decided(model in model(), texts in texts()) {
        for outcome in outcomes(model, &texts, &Script::new(one_fewer)) {
            let tokens = outcome.trace.num_tokens;
            let rows: Vec<usize> = outcome.trace.layers.iter().map(|layer| layer.rows_feed_forward).collect();
            prop_assert_eq!(rows, vec![tokens - 1, tokens - 2, (tokens - 3).max(1)], "one fewer a layer");
        }
        for outcome in outcomes(model, &texts, &Script::new(merge_last_two)) {
            let last = outcome.trace.num_tokens as u32 - 1;
            prop_assert_eq!(outcome.trace.removal(), Removal::Merged, "rows were combined");
            let group = &outcome.trace.layers[0].merged[0];
            prop_assert_eq!((group.into, group.from.as_slice()), (last - 1, &[last][..]), "who went where");
        }
    }
}

#[test]
fn outcomes_do_not_depend_on_the_number_of_threads() {
    let texts: Vec<Sequence> =
        [5_u32, 33, 64].iter().map(|&count| encoded_from_ids(&(4..4 + count).collect::<Vec<_>>())).collect();
    for model in MODELS.iter() {
        let with_threads = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            pool.install(|| with_spec(model, &texts, "power_bert:retention=0.3"))
        };
        assert_eq!(with_threads(1), with_threads(3), "{:?}", model.config.family);
    }
}
