//! The data sets beside the repository, in `../shared`: read whole. Skips loudly where they are not there, except
//! in CI, where it fails.
#![expect(clippy::print_stderr, reason = "a skipped test says so loudly")]
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail by panicking")]

use std::path::Path;
use std::path::PathBuf;

use prunescope::data;
use prunescope::data::Dataset;
use prunescope::data::ReadOptions;
use prunescope::evaluation;
use prunescope::jobs::Ticket;
use prunescope::model::Checkpoint;
use prunescope::pruning::StrategySpec;

/// The folder of the real data sets, or nothing where they are absent outside CI.
fn real_data() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if folder.is_dir() {
        return Some(folder);
    }
    let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!in_ci, "CI must have the real data sets: {}", folder.display());
    eprintln!("SKIPPED: no real data sets at {}", folder.display());
    None
}

fn read(folder: &Path, file: &str) -> Dataset {
    data::read(&folder.join(file), &ReadOptions::default()).unwrap()
}

/// Row counts as their README states them.
#[test]
fn every_real_data_set_is_read_whole() {
    let Some(folder) = real_data() else { return };
    let sets = [
        ("sst2_train.csv", 67_349, "sentence", "label"),
        ("sst2_dev.csv", 872, "sentence", "label"),
        ("sst2_test.csv", 1_821, "sentence", "label"),
        ("imdb_train_2000.csv", 2_000, "text", "label"),
        ("imdb_test_500.csv", 500, "text", "label"),
        ("reviews_kitchen_train.csv", 1_700, "text", "label"),
        ("reviews_kitchen_test.csv", 2_000, "text", "label"),
        ("reviews_electronics_train.csv", 1_700, "text", "label"),
        ("reviews_electronics_test.csv", 2_000, "text", "label"),
        ("hatecheck.csv", 3_728, "test_case", "label_gold"),
        ("toxigen_annotated.jsonl", 4_434, "text", "toxicity_human"),
        ("jigsaw_toxicity_test.csv", 1_492, "comment", "toxic"),
        ("davidson.csv", 24_783, "tweet", "class"),
    ];
    for (file, rows, text, label) in sets {
        let dataset = read(&folder, file);
        assert_eq!((dataset.len(), dataset.skipped.len()), (rows, 0), "{file}: rows and skipped {:?}", dataset.skipped);
        assert_eq!(
            (dataset.text_column.as_str(), dataset.label_column.as_deref()),
            (text, Some(label)),
            "{file}: columns"
        );
        assert!(dataset.examples.iter().all(|example| example.label.is_some()), "{file}: every row has its label");
    }
}

#[test]
fn hatecheck_brings_its_groups_and_clusters() {
    let Some(folder) = real_data() else { return };
    let dataset = read(&folder, "hatecheck.csv");
    let column = dataset.group_column("target_ident").unwrap();
    assert_eq!(dataset.groups[column].values.len(), 7, "the groups of the README");
    let without = dataset.examples.iter().filter(|example| example.groups[column].is_empty()).count();
    assert!(without > 0, "some rows name no group");
    assert_eq!(dataset.cluster_column.as_deref(), Some("templ_id"), "resampled by template");
    let labels: Vec<&str> = dataset.label_counts().iter().map(|&(label, _)| label).collect();
    assert_eq!(labels, ["hateful", "non-hateful"], "the labels");
}

#[test]
fn toxigen_has_thirteen_groups_and_a_graded_label() {
    let Some(folder) = real_data() else { return };
    let label_map = data::parse_label_map(">=4=toxic,<4=benign").unwrap();
    let options = ReadOptions { label_map, group_columns: Some(vec!["target_group".to_owned()]), ..Default::default() };
    let dataset = data::read(&folder.join("toxigen_annotated.jsonl"), &options).unwrap();
    assert_eq!(dataset.groups[0].values.len(), 13, "the groups of the README: {:?}", dataset.groups[0].values);
    let labels: Vec<&str> = dataset.label_counts().iter().map(|&(label, _)| label).collect();
    assert_eq!(labels.len(), 2, "the grades became two classes: {labels:?}");
}

/// Its model card says 0.8899 on the 872 sentences of the SST-2 development set: 776 right.
#[test]
fn the_sample_model_is_as_accurate_as_its_card_says() {
    let Some(folder) = real_data() else { return };
    let checkpoint =
        Checkpoint::load(&prunescope::model::find_model(prunescope::model::SAMPLE_MODEL).unwrap()).unwrap();
    let ticket = Ticket::detached();
    let dataset = read(&folder, "sst2_dev.csv");
    let (prepared, chunk) = evaluation::prepare(&ticket, &checkpoint, &dataset, None).unwrap();
    let spec = StrategySpec::parse("dense").unwrap();
    let run = evaluation::run_strategy(&ticket, &checkpoint, (&prepared, &chunk), &spec, |_| {}).unwrap();
    let summary = evaluation::summarize(&prepared, &run, &run);
    let accuracy = summary.accuracy.value().unwrap();
    assert_eq!((accuracy * 872.0).round(), 776.0, "right answers among 872, accuracy {accuracy}");
    assert_eq!((summary.harmed, summary.rescued), (0, 0), "dense against dense changes nothing");
}

/// What whole templates give: computed apart from this program in numpy from statistics.md c.11 (845 templates).
#[test]
fn hatecheck_intervals_rest_on_whole_templates() {
    let Some(folder) = real_data() else { return };
    let model = folder.join("../models/toxicity-minilm-l6");
    if !model.is_dir() {
        eprintln!("SKIPPED: no model {}", model.display());
        return;
    }
    let checkpoint = Checkpoint::load(&model).unwrap();
    let label_map = data::parse_label_map("hateful=toxic,non-hateful=ok").unwrap();
    let group_columns = Some(vec!["target_ident".to_owned()]);
    let cluster_column = Some("templ_id".to_owned());
    let options = ReadOptions { label_map, group_columns, cluster_column, ..Default::default() };
    let dataset = data::read(&folder.join("hatecheck.csv"), &options).unwrap();
    let ticket = Ticket::detached();
    let (prepared, chunk) = evaluation::prepare(&ticket, &checkpoint, &dataset, None).unwrap();
    let run = |spec: &str| {
        let spec = StrategySpec::parse(spec).unwrap();
        evaluation::run_strategy(&ticket, &checkpoint, (&prepared, &chunk), &spec, |_| {}).unwrap()
    };
    let dense = run("dense");
    let pruned = evaluation::summarize(&prepared, &dense, &run("power_bert"));
    let accuracy = evaluation::summarize(&prepared, &dense, &dense).accuracy;
    let near = |estimate: &evaluation::Estimate, low: f64, high: f64| {
        let (got_low, got_high) = estimate.interval().unwrap();
        assert!((got_low - low).abs() < 0.0011 && (got_high - high).abs() < 0.0011, "{low} to {high}: {estimate:?}");
        assert_eq!(estimate.clusters(), Some(845), "templates");
    };
    near(&accuracy, 0.683, 0.749);
    near(&pruned.accuracy_change, -0.0137, 0.0023);
    assert_eq!(pruned.test, "sign-flip-clusters", "the test goes with it");
}
