//! Trainings from texts to a policy: what is written runs, the same seed gives the same bytes, and an interruption leaves no
//! trace.

use std::fs;
use std::path::Path;

use prunescope::data::Dataset;
use prunescope::data::Example;
use prunescope::jobs::Ticket;
use prunescope::model::Checkpoint;
use prunescope::pruning::StrategySpec;
use prunescope::training::Existing;
use prunescope::training::METHODS;
use prunescope::training::TrainOptions;
use prunescope::training::Trained;
use prunescope::training::TrainingData;
use prunescope::training::TrainingFolder;
use prunescope::training::parse_method;
use prunescope::training::train;

use crate::support::fixture;

const WORDS: [&str; 8] = ["good", "bad", "film", "the", "a", "not", "was", "of"];

/// Texts of several lengths, whose label is no riddle.
fn texts() -> Dataset {
    let example = |row: usize| {
        let words = (0..4 + row % 7).map(|place| WORDS[(row * 31 + place * place * 17) % WORDS.len()]);
        let label = if row.is_multiple_of(2) { "positive" } else { "negative" };
        let text = format!("{} {row}", words.collect::<Vec<_>>().join(" "));
        Example {
            id: row.to_string(),
            content: text.as_str().into(),
            label: Some(label.to_owned()),
            groups: Vec::new(),
            cluster: None,
        }
    };
    let label_column = Some("label".to_owned());
    Dataset { name: "texts".to_owned(), examples: (0..80).map(example).collect(), label_column, ..Dataset::default() }
}

fn options(learn: &str) -> TrainOptions {
    let usual = TrainOptions::new(parse_method(learn).expect(learn));
    TrainOptions { epochs: 2, batch: 8, max_loss: 1.0, seed: 3, ..usual }
}

/// Trains; asks for a stop after so many steps.
fn run(out: &Path, options: &TrainOptions, existing: Existing, stop_after: Option<usize>) -> Trained {
    let ticket = Ticket::detached();
    let checkpoint = Checkpoint::load(&fixture("bert")).expect("the fixture loads");
    let data = TrainingData::prepare(&ticket, &checkpoint, &texts(), None, options.seed).expect("texts with labels");
    let folder = TrainingFolder::open(out, existing).expect("a folder");
    let tell = &mut |event: &prunescope::training::TrainEvent<'_>| {
        if stop_after.is_some_and(|steps| event.step >= steps) {
            ticket.cancel();
        }
    };
    train(&ticket, checkpoint, &data, options, &folder, tell).expect("a training")
}

fn bytes(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_method_ends_in_a_policy_that_runs_and_saves() {
    for method in METHODS {
        let out = tempfile::tempdir().expect("a folder");
        let trained = run(out.path(), &options(method.id), Existing::Keep, None);
        let best = trained.best.unwrap_or_else(|| panic!("{}: nothing was chosen", method.id));
        // A predictor that drops nothing costs more than it saves, and the number says so.
        assert!(best.flops_reduction > 0.5 && best.retention <= 1.0, "{}: {best:?}", method.id);
        let spec = StrategySpec::parse_or_read(&format!("@{}", out.path().display())).expect("a policy");
        assert_eq!(Some(&spec), trained.spec.as_ref(), "{}: what was chosen is what lies there", method.id);
        assert!(!out.path().join("resume").exists(), "{}: nothing is left to go on with", method.id);
        let curve = bytes(out.path(), "curves.csv");
        assert_eq!(curve.lines().next().map(|line| line.split(',').count()), Some(8), "{}: {curve}", method.id);
        assert_eq!(trained.curve.iter().filter(|point| point.dev.is_some()).count(), 4, "{}: dev runs", method.id);
        assert!(bytes(out.path(), "manifest.json").contains("\"partial\": false"), "{}: complete", method.id);
    }
}

#[test]
fn a_penalty_makes_texts_shorter() {
    let saved = |lambda: &str| {
        let out = tempfile::tempdir().expect("a folder");
        let options = TrainOptions { epochs: 6, ..options(&format!("ltp:lambda={lambda},rate=0.05")) };
        run(out.path(), &options, Existing::Keep, None).best.expect("a point").flops_reduction
    };
    let (none, much) = (saved("0"), saved("20"));
    assert!(much > none * 1.1, "{much} with a penalty, {none} without");
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_an_interruption_leaves_no_trace() {
    let options = options("ltp");
    let [whole, again, cut] = [0, 1, 2].map(|_| tempfile::tempdir().expect("a folder"));
    run(whole.path(), &options, Existing::Keep, None);
    run(again.path(), &options, Existing::Keep, None);
    // After the first run of the dev set, between two of them.
    let stopped = run(cut.path(), &options, Existing::Keep, Some(7));
    assert!(stopped.is_stopped && stopped.spec.is_some(), "the best so far is kept: {stopped:?}");
    run(cut.path(), &options, Existing::Resume, None);
    for name in ["policy.json", "curves.csv"] {
        let expected = bytes(whole.path(), name);
        assert_eq!(bytes(again.path(), name), expected, "{name}, the same seed");
        assert_eq!(bytes(cut.path(), name), expected, "{name}, gone on with");
    }
}

#[test]
fn a_folder_is_not_written_over_and_another_training_is_not_gone_on_with() {
    let out = tempfile::tempdir().expect("a folder");
    let refused = |existing| TrainingFolder::open(out.path(), existing).expect_err("refused").to_string();
    assert!(refused(Existing::Resume).starts_with("there is no interrupted training"), "nothing there yet");
    run(out.path(), &options("ltp"), Existing::Keep, Some(7));
    assert!(refused(Existing::Keep).contains("--resume") && refused(Existing::Keep).contains("--force"), "ways on");
    let ticket = Ticket::detached();
    let checkpoint = Checkpoint::load(&fixture("bert")).expect("the fixture loads");
    let other = TrainOptions { seed: 4, ..options("ltp") };
    let data = TrainingData::prepare(&ticket, &checkpoint, &texts(), None, 3).expect("texts with labels");
    let folder = TrainingFolder::open(out.path(), Existing::Resume).expect("a folder");
    let error = train(&ticket, checkpoint, &data, &other, &folder, &mut |_| {}).expect_err("refused").to_string();
    assert!(error.contains("its seed was 3, now it is 4"), "what differs is said: {error}");
}

#[test]
fn methods_and_settings_that_are_none_are_refused_with_those_that_there_are() {
    let said = |text: &str| parse_method(text).expect_err(text).to_string();
    assert!(said("ltq").contains("ltp"), "methods: {}", said("ltq"));
    assert!(said("ltp:lamda=1").contains("lambda"), "settings: {}", said("ltp:lamda=1"));
    assert_eq!(
        said("ltp:lambda=-1"),
        "`ltp`: lambda is \"-1\"; expected a number from 0 to 100",
        "a value outside of its range"
    );
    let settings = parse_method("ltp: lambda=2 ").expect("blanks");
    assert_eq!(settings.get("lambda"), 2.0, "as typed");
    assert_eq!(parse_method(&settings.to_string()).expect("canonical").to_string(), settings.to_string(), "round trip");
}

#[test]
fn a_file_too_small_to_hold_anything_out_says_so() {
    let checkpoint = Checkpoint::load(&fixture("bert")).expect("the fixture loads");
    let all = texts();
    let few = Dataset { examples: all.examples[..3].to_vec(), ..all };
    let error = TrainingData::prepare(&Ticket::detached(), &checkpoint, &few, None, 0).expect_err("three texts");
    assert!(error.to_string().contains("3 texts are too few"), "{error}");
}
