//! What a run takes is known before it begins, and too much is refused with the length that fits.

use prunescope::cost;
use prunescope::engine::Error;
use prunescope::engine::RunDetail;
use prunescope::engine::RunOptions;
use prunescope::engine::run_timed;
use prunescope::input::Sequence;
use prunescope::jobs::Ticket;
use prunescope::model::Checkpoint;
use prunescope::model::LoadOptions;
use prunescope::model::MOST_WORK;
use prunescope::model::Model;
use prunescope::tensor::Evidence;
use prunescope::tensor::EvidenceSet;
use serde_json::json;

use crate::model_support::Copy;
use crate::strategy_support::build;
use crate::support::FAMILIES;
use crate::support::ON_DEVICES;
use crate::support::encoded_from_ids;
use crate::support::fixture;
use crate::support::fixture_model;
use crate::support::on_candle;

const MATRICES: EvidenceSet = EvidenceSet::of([Evidence::AttentionProbs]);

fn text(tokens: u32) -> Sequence {
    encoded_from_ids(&(0..tokens).map(|index| 4 + index * 7 % 60).collect::<Vec<_>>())
}

fn attempt(model: &Model, tokens: &[u32], spec: &str, options: RunOptions) -> Result<(), Error> {
    let texts: Vec<Sequence> = tokens.iter().map(|&tokens| text(tokens)).collect();
    let batch: Vec<&Sequence> = texts.iter().collect();
    run_timed(&Ticket::detached(), model, &batch, &*build(spec, &model.config.shape), options).map(|_| ())
}

#[test]
fn whole_matrices_grow_with_the_square_and_everything_else_with_the_length() {
    for family in FAMILIES {
        let model = fixture_model(family);
        let heads = model.config.shape.num_heads as u64;
        let matrices =
            |tokens: usize| model.run_bytes(&[tokens], MATRICES) - model.run_bytes(&[tokens], EvidenceSet::NONE);
        // The blocks and the matrix they become, 4 bytes a value.
        assert_eq!(matrices(8192), 2 * heads * 8192 * 8192 * 4, "{family}");
        let plain = |tokens: usize| model.run_bytes(&[tokens], EvidenceSet::NONE);
        let (once, twice) = (plain(1 << 20), plain(1 << 21));
        assert!(once < twice && twice < 3 * once, "{family}: {once} bytes, then {twice}");
        let hidden = model.config.shape.hidden as u64;
        assert!(plain(1 << 20) > (1 << 20) * 6 * hidden * 4, "{family}: states, queries, keys and values at least");
        assert!(plain(usize::MAX) > 1 << 60, "{family}: no overflow");
    }
    for family in ON_DEVICES {
        let (model, filled) = (on_candle(fixture_model(family), false), on_candle(fixture_model(family), true));
        let (heads, none) = (model.config.shape.num_heads as u64, EvidenceSet::NONE);
        assert!(model.run_bytes(&[4096], none) > 3 * heads * 4096 * 4096 * 4, "{family}: candle makes whole matrices");
        assert!(
            filled.run_bytes(&[4096, 1], none) > 2 * model.run_bytes(&[4096], none) - (1 << 24),
            "{family}: filled"
        );
    }
}

#[test]
fn a_run_that_does_not_fit_is_refused_with_the_length_that_does() {
    for family in ["modernbert", "deberta-v2"] {
        let model = fixture_model(family);
        for (spec, matrices) in [("dense", false), ("entropy:axis=column", true), ("ltp:removal=mask", true)] {
            for padded in [false, true] {
                let lengths = [60, 20, 60];
                let needs = if matrices { MATRICES } else { EvidenceSet::NONE };
                let counted: &[usize] = if padded { &[40, 40, 40] } else { &[40, 20, 40] };
                let options =
                    RunOptions { free_memory: Some(model.run_bytes(counted, needs)), padded, ..RunOptions::default() };
                let error = attempt(&model, &lengths, spec, options).expect_err("60 tokens do not fit");
                let Error::Memory { tokens, needed, free, fits, .. } = error else {
                    panic!("{family} {spec}: {error}")
                };
                assert_eq!((tokens, Some(free), fits), (60, options.free_memory, 40), "{family} {spec} {padded}");
                assert!(needed > free, "{family} {spec}: {needed} of {free}");
                let message = error.to_string();
                assert!(message.contains("has 60 tokens: "), "{message}");
                assert!(
                    message.contains("the largest length that fits is 40: cut texts there with --max-tokens 40"),
                    "{message}"
                );
                assert_eq!(message.contains("whole attention matrices"), matrices, "{message}");
                attempt(&model, &[40, 20, 40], spec, options).expect("what is said to fit runs");
                attempt(&model, &[41, 20, 41], spec, options).expect_err("one token more does not");
            }
        }
    }
}

#[test]
fn kept_tensors_count_and_nothing_may_fit() {
    let model = fixture_model("bert");
    let free = Some(model.run_bytes(&[30], MATRICES));
    let counts = RunOptions { free_memory: free, ..RunOptions::default() };
    attempt(&model, &[30], "dense", counts).expect("counts alone fit");
    let states = RunOptions { detail: RunDetail::States, ..counts };
    let error = attempt(&model, &[30], "dense", states).expect_err("every layer's matrices do not");
    assert!(matches!(error, Error::Memory { fits: 1..30, matrices: true, .. }), "{error}");
    let nothing = RunOptions { free_memory: Some(1), ..counts };
    let message = attempt(&model, &[30], "dense", nothing).expect_err("one byte").to_string();
    assert!(message.contains("no length fits: use a smaller model"), "{message}");
}

#[test]
fn a_configuration_that_claims_any_length_is_cut_where_work_would_never_end() {
    for family in ["modernbert", "deberta-v2"] {
        let copy = Copy::of(family);
        copy.set_config(&json!({"max_position_embeddings": 1 << 26, "max_relative_positions": 64}));
        copy.set("tokenizer_config.json", &json!({"model_max_length": null}));
        let checkpoint = copy.load();
        let most = checkpoint.model.config.max_tokens;
        assert!(most < 1 << 26 && checkpoint.tokenizer.max_tokens() == most, "{family}: {most} tokens, both alike");
        let model = &checkpoint.model;
        assert!(
            model.work(most) <= MOST_WORK && model.work(most + 1) > MOST_WORK,
            "{family}: the longest within the bound"
        );
        assert!(cost::dense_macs(model, most) <= MOST_WORK, "{family}: products alone are less");
        let note = checkpoint.notes.join("\n");
        let expected = format!("config.json allows texts of 67108864 tokens; they are cut at {most}, ");
        assert!(note.contains(&expected) && note.contains("10 trillion"), "{family}: {note}");
    }
    for family in FAMILIES {
        let (model, config) = (fixture_model(family), std::fs::read_to_string(fixture(family).join("config.json")));
        assert!(model.longest_within(MOST_WORK) >= model.config.max_tokens, "{family}: {config:?} is not touched");
    }
}

#[test]
fn a_position_table_that_is_smaller_than_claimed_is_named() {
    let copy = Copy::of("bert");
    copy.set_config(&json!({"max_position_embeddings": 1 << 26}));
    let error = copy.error();
    assert!(error.contains("position_embeddings") && error.contains("67108864"), "{error}");
}

#[test]
fn texts_are_cut_where_the_user_says() {
    let load = |max_tokens| {
        Checkpoint::load_with(&fixture("bert"), LoadOptions { max_tokens: Some(max_tokens), ..LoadOptions::default() })
    };
    let whole = Checkpoint::load(&fixture("bert")).expect("it loads");
    let words = "the a of to in it is and ".repeat(4);
    let full = whole.tokenizer.encode(&words, None).expect("a text");
    let cut = load(7).expect("it loads");
    let encoded = cut.tokenizer.encode(&words, None).expect("a text");
    assert_eq!((encoded.units.len(), encoded.full_length), (7, full.units.len()), "cut, and said");
    assert_eq!(encoded.units[..6], full.units[..6], "the beginning stays");
    assert!(encoded.units[6].special, "and the special token after it");
    assert_eq!(cut.model.config.max_tokens, 7, "results tell");
    let error = attempt(&cut.model, &[8], "dense", RunOptions::default()).expect_err("longer than the limit");
    assert!(matches!(error, Error::TooLong { expected: 7, .. }), "{error}");
    let error = load(2).expect_err("no room for a word").to_string();
    assert!(error.contains("2 special tokens") && error.contains("at most 2"), "{error}");
    let more = load(5000).expect("it loads");
    assert_eq!(more.model.config.max_tokens, whole.model.config.max_tokens, "the table is no longer");
    assert!(more.notes.iter().any(|note| note.contains("all that the model reads, not at 5000")), "{:?}", more.notes);
}
