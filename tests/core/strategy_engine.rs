//! The strategies in the engine, on the sample model: what no hand-made evidence can show.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::support::Tolerance;
use crate::support::assert_close;
use prunescope::engine::Outcome;
use prunescope::engine::Removal;
use prunescope::engine::RunDetail;
use prunescope::engine::run;
use prunescope::engine::sequence_info;
use prunescope::input::Sequence;
use prunescope::jobs::Ticket;
use prunescope::model::Checkpoint;
use prunescope::model::SAMPLE_MODEL;
use prunescope::model::find_model;
use prunescope::pruning::StrategySpec;
use prunescope::pruning::Value;
use prunescope::pruning::registry;
use prunescope::tensor::Matrix;

const TEXTS: [&str; 3] = [
    "It wasn't bad, it just wasn't what we had hoped for.",
    "A warm, funny and surprisingly moving film that never talks down to its audience, even in its last half hour.",
    "Dull.",
];

static SAMPLE: LazyLock<Checkpoint> = LazyLock::new(|| {
    let folder = find_model(SAMPLE_MODEL).unwrap_or_else(|err| panic!("{err}"));
    Checkpoint::load(&folder).unwrap_or_else(|err| panic!("{err}"))
});

fn encode(text: &str) -> Sequence {
    SAMPLE.tokenizer.encode(text, None).unwrap_or_else(|err| panic!("{text}: {err}"))
}

fn outcomes(spec: &str, texts: &[&str]) -> Vec<Outcome> {
    let encoded: Vec<Sequence> = texts.iter().map(|text| encode(text)).collect();
    let batch: Vec<&Sequence> = encoded.iter().collect();
    let spec = StrategySpec::parse(spec).unwrap_or_else(|err| panic!("{err}"));
    let pruner = spec.build(&SAMPLE.model.config.shape).unwrap_or_else(|err| panic!("{err}"));
    run(&Ticket::detached(), &SAMPLE.model, &batch, &*pruner, RunDetail::States)
        .unwrap_or_else(|err| panic!("{spec}: {err}"))
}

fn kept(outcome: &Outcome) -> Vec<Vec<u32>> {
    outcome.trace.layers.iter().map(|layer| layer.kept.clone()).collect()
}

#[test]
fn keeping_everything_is_not_pruning_bit_for_bit() {
    let dense = outcomes("dense", &TEXTS);
    for spec in [
        "random:retention=1",
        "first_k:retention=1",
        "power_bert:retention=1",
        "length_adaptive:retention=1",
        "spatten:retention=1",
        "spatten:retention=1,paper_schedule=true",
        "entropy:retention=1",
        "evit:retention=1",
        "ltp:theta_final=0",
        "ats:start=6",
        "tome:r=0",
    ] {
        for (got, expected) in outcomes(spec, &TEXTS).iter().zip(&dense) {
            assert_eq!(got.logits, expected.logits, "{spec} changes nothing");
        }
    }
}

#[test]
fn every_strategy_runs_removes_and_does_not_depend_on_the_batch() {
    for info in registry().iter().filter(|info| info.runs_untrained()) {
        let spec = StrategySpec::default_for(info.id).unwrap();
        let spec = info.dial.as_ref().map_or(spec.clone(), |dial| spec.with(dial.key, dial.values[5].clone()).unwrap());
        let together = outcomes(&spec.to_string(), &TEXTS);
        for (index, text) in TEXTS.iter().enumerate() {
            let alone = outcomes(&spec.to_string(), &[text]).remove(0);
            assert_eq!(kept(&alone), kept(&together[index]), "{spec}: {text:?} alone and in a batch");
            assert_close(info.id, &alone.logits, &together[index].logits, Tolerance::absolute(1e-5));
        }
        let trace = &together[1].trace;
        let removal = match info.id {
            "dense" => Removal::None,
            "tome" | "evit" => Removal::Merged,
            _ => Removal::Removed,
        };
        assert_eq!(trace.removal(), removal, "{spec}");
        assert_eq!(trace.tokens_kept() < trace.num_tokens, info.id != "dense", "{spec} leaves fewer rows");
        assert!(trace.layers.iter().all(|layer| layer.kept.contains(&0)), "{spec}: CLS is there to the end");
    }
}

#[test]
fn masking_gives_the_same_logits_as_removing() {
    let settings = "theta_final=0.012,protect=cls";
    for (masked, gathered) in outcomes(&format!("ltp:{settings},removal=mask"), &TEXTS)
        .iter()
        .zip(outcomes(&format!("ltp:{settings}"), &TEXTS))
    {
        assert_eq!(kept(masked), kept(&gathered), "the same tokens stay");
        assert_close("masked logits", &masked.logits, &gathered.logits, Tolerance::absolute(1e-4));
    }
    let long = &outcomes(&format!("ltp:{settings},removal=mask"), &TEXTS)[1].trace;
    assert_eq!(long.removal(), Removal::Masked, "the trace says so");
    let dense = &outcomes("dense", &TEXTS)[1].trace;
    assert_eq!(long.macs(), dense.macs(), "masking saves nothing");
}

#[test]
fn restoring_gives_every_token_a_final_state_and_the_same_logits() {
    let rows = |outcome: &Outcome| outcome.final_hidden.as_ref().map(Matrix::rows);
    for text in TEXTS {
        let restored = outcomes("length_adaptive:retention=0.3", &[text]).remove(0);
        let dropped = outcomes("length_adaptive:retention=0.3,restore=false", &[text]).remove(0);
        assert_eq!(rows(&restored), Some(restored.trace.num_tokens), "a row for every token");
        assert_eq!(rows(&dropped), Some(dropped.trace.tokens_kept()), "a row for every survivor");
        assert_eq!(restored.logits, dropped.logits, "the head reads CLS either way");
    }
}

#[test]
fn scores_are_shown_for_every_row_of_every_ranked_layer() {
    for id in ["power_bert", "length_adaptive", "spatten", "ltp", "evit", "random", "first_k"] {
        for layer in &outcomes(id, &TEXTS[..1])[0].trace.layers {
            assert_eq!(layer.importance.len(), layer.attended.len(), "{id}: a score for each row");
        }
    }
}

#[test]
fn stop_words_leave_a_text_that_could_have_been_written() {
    let pruned = outcomes("stop_words", &["It was the worst of all of the films, and not funny."]).remove(0);
    // "It was the of of the and" leave; "all" is no stop word.
    let without = outcomes("dense", &["worst all films, not funny."]).remove(0);
    assert_eq!(pruned.trace.input.len(), without.trace.num_tokens, "the same tokens are left");
    assert_close("logits", &pruned.logits, &without.logits, Tolerance::absolute(1e-6));
}

/// Strategies see keys instead of words; over the whole sample data the same tokens stay as if words were compared.
#[test]
fn stop_words_by_key_are_stop_words_by_spelling() {
    let lines = include_str!("../../assets/stop_words_en.txt").lines();
    let listed: HashSet<&str> =
        lines.flat_map(|line| line.split('#').next().unwrap_or_default().split_whitespace()).collect();
    let pruner = StrategySpec::parse("stop_words").and_then(|spec| spec.build(&SAMPLE.model.config.shape)).expect("it");
    let sample = include_str!("../../sample_data/identity-sentiment.csv");
    let (mut left, mut stayed) = (0, 0);
    for text in sample.lines().skip(1) {
        let encoded = encode(text);
        let by_spelling = |&position: &u32| {
            let token = &encoded.units[position as usize];
            let pieces = encoded.units.iter().filter(|other| !other.special && other.group == token.group);
            let (start, end) = pieces.fold((usize::MAX, 0), |(start, end), piece| {
                (start.min(piece.bytes().start), end.max(piece.bytes().end))
            });
            token.special || !listed.contains(&*text[start..end].to_lowercase())
        };
        let expected: Vec<u32> = (0..).take(encoded.units.len()).filter(by_spelling).collect();
        (left, stayed) = (left + encoded.units.len() - expected.len(), stayed + expected.len());
        assert_eq!(pruner.select_input(&sequence_info(&encoded)), Some(expected), "{text}");
    }
    assert!(left > 1000 && stayed > 1000, "{left} tokens left and {stayed} stayed");
}

#[test]
fn a_stronger_dial_never_costs_more() {
    for info in registry().iter().filter(|info| info.runs_untrained()) {
        let Some(dial) = &info.dial else { continue };
        let spec = StrategySpec::default_for(info.id).unwrap();
        let macs = |value: &Value| {
            let spec = spec.with(dial.key, value.clone()).unwrap().to_string();
            outcomes(&spec, &TEXTS[1..2])[0].trace.macs()
        };
        let costs: Vec<u64> = dial.values.iter().map(macs).collect();
        // ATS finds its own count in each layer: on a data set its curve falls, on one text it need not everywhere.
        if info.id != "ats" {
            assert!(costs.is_sorted_by(|a, b| a >= b), "{}: {costs:?}", info.id);
        }
        assert!(costs.last() < costs.first(), "{}: the strong end is cheaper: {costs:?}", info.id);
    }
}
