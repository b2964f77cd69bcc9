//! The eight-bit path: close to the 32-bit one, and really in eight bits.

use std::sync::Arc;

use prunescope::engine::RunDetail;
use prunescope::engine::run;
use prunescope::input::Sequence;
use prunescope::jobs::Ticket;
use prunescope::model::Checkpoint;
use prunescope::model::Precision;
use prunescope::model::SAMPLE_MODEL;
use prunescope::model::find_model;
use prunescope::pruning::StrategySpec;

use crate::support::FAMILIES;
use crate::support::Golden;
use crate::support::fixture_model;

fn logits(checkpoint: &Checkpoint, texts: &[&str], spec: &str) -> Vec<Vec<f32>> {
    let encode = |text: &&str| checkpoint.tokenizer.encode(text, None).expect("a text");
    let encoded: Vec<Sequence> = texts.iter().map(encode).collect();
    let batch: Vec<&Sequence> = encoded.iter().collect();
    let pruner = StrategySpec::parse(spec).expect("a strategy").build(&checkpoint.model.config.shape).expect("it fits");
    let outcomes = run(&Ticket::detached(), &checkpoint.model, &batch, &*pruner, RunDetail::Counts).expect("a run");
    outcomes.into_iter().map(|outcome| outcome.logits).collect()
}

#[test]
fn the_sample_model_says_the_same_in_eight_bits() {
    let texts = [
        "It wasn't bad, it just wasn't what we had hoped for.",
        "A warm, funny and thoroughly lovely evening.",
        "The plot is thin and the jokes are thinner.",
        "Fine.",
        "An honest attempt that never quite finds its feet, although the second half has one scene that I will not \
         forget for a long time, and the music carries what the dialogue cannot.",
    ];
    let load = || Checkpoint::load(&find_model(SAMPLE_MODEL).expect("the sample model")).expect("it loads");
    let (float, rounded) = (load(), load().into_precision(Precision::Int8).expect("finite weights"));
    for spec in ["dense", "power_bert:retention=0.5"] {
        let (float, rounded) = (logits(&float, &texts, spec), logits(&rounded, &texts, spec));
        assert_ne!(float, rounded, "{spec}: rounding leaves a trace");
        for ((float, rounded), text) in float.iter().zip(&rounded).zip(texts) {
            for (a, b) in float.iter().zip(rounded) {
                assert!((a - b).abs() < 0.35, "{spec}: logits {float:?} became {rounded:?}: {text}");
            }
        }
    }
}

#[test]
fn every_family_stays_close_in_eight_bits() {
    for family in FAMILIES {
        let rounded = fixture_model(family).into_precision(Precision::Int8).expect("finite weights");
        let float = fixture_model(family);
        let text = Golden::load(family).text(0);
        let pruner = StrategySpec::parse("dense").expect("dense").build(&float.config.shape).expect("it fits");
        let of =
            |model| run(&Ticket::detached(), model, &[&text], &*pruner, RunDetail::Counts).expect("a run").remove(0);
        let (float, rounded) = (of(&float), of(&rounded));
        let size = float.logits.iter().fold(0.0_f32, |size, logit| size.max(logit.abs()));
        for (a, b) in float.logits.iter().zip(&rounded.logits) {
            assert!((a - b).abs() < 0.02 + 0.05 * size, "{family}: {:?} became {:?}", float.logits, rounded.logits);
        }
        assert_eq!(float.trace.macs(), rounded.trace.macs(), "{family}: as many products");
    }
}

#[test]
fn shared_layers_stay_shared() {
    let albert = fixture_model("albert").into_precision(Precision::Int8).expect("finite weights");
    let first = &albert.layers[0];
    assert!(albert.layers.iter().all(|layer| Arc::ptr_eq(layer, first)), "ALBERT holds one layer's weights");
    assert_eq!(albert.precision, Precision::Int8, "it says so");
}
