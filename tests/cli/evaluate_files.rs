//! The four files of `evaluate`: what they hold, and that every number follows from `predictions.parquet`.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use parquet::file::reader::FileReader as _;
use parquet::file::reader::SerializedFileReader;
use parquet::record::Field;
use serde_json::Value;

use crate::evaluate::data;
use crate::evaluate::evaluate;
use crate::evaluate::read_json;

const OPTIONS: [&str; 6] = ["--strategy", "first_k:retention=0.3", "--strategy", "tome:r=2", "--group-by", "group"];

/// One row of the predictions.
#[derive(Debug)]
struct Row {
    id: String,
    strategy: String,
    label: String,
    prediction: String,
    correct: bool,
    score: f64,
    logits: Vec<f64>,
    counts: BTreeMap<String, f64>,
    groups: Option<String>,
}

fn read_rows(path: &Path) -> Vec<Row> {
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    reader.get_row_iter(None).unwrap().map(|row| parse(row.unwrap().get_column_iter())).collect()
}

fn parse<'a>(columns: impl Iterator<Item = (&'a String, &'a Field)>) -> Row {
    let fields: BTreeMap<&str, &Field> = columns.map(|(name, field)| (name.as_str(), field)).collect();
    let text = |name: &str| match fields[name] {
        Field::Str(text) => Some(text.clone()),
        Field::Null => None,
        other => panic!("{name} is no text: {other:?}"),
    };
    let number = |field: &Field| match field {
        Field::Float(value) => f64::from(*value),
        Field::Double(value) => *value,
        Field::Long(value) => *value as f64,
        other => panic!("no number: {other:?}"),
    };
    let Field::ListInternal(logits) = fields["logits"] else { panic!("logits are a list") };
    let Field::Bool(correct) = fields["correct"] else { panic!("correct is a truth value") };
    let counts = ["tokens", "tokens_kept", "retention_mean", "macs", "dense_macs"];
    Row {
        id: text("example_id").unwrap(),
        strategy: text("strategy").unwrap(),
        label: text("label").unwrap(),
        prediction: text("prediction").unwrap(),
        correct: *correct,
        score: number(fields["score"]),
        logits: logits.elements().iter().map(number).collect(),
        counts: counts.iter().map(|name| ((*name).to_owned(), number(fields[*name]))).collect(),
        groups: text("group"),
    }
}

#[track_caller]
fn close(got: &Value, expected: f64, what: &str) {
    let got = got.as_f64().unwrap_or_else(|| panic!("{what}: {got} is no number"));
    assert!((got - expected).abs() <= 1e-6 * expected.abs().max(1.0), "{what}: {got}, recomputed {expected}");
}

/// Recomputes a slice of `metrics.json` from rows, by the definitions.
fn check_slice(slice: &Value, rows: &[&Row], dense: &BTreeMap<&str, &Row>) {
    let n = rows.len() as f64;
    assert_eq!(slice["n"], rows.len(), "rows in the slice");
    let right = rows.iter().filter(|row| row.correct).count() as f64;
    let accuracy = &slice["metrics"]["accuracy"];
    close(&accuracy["value"], right / n, "accuracy");
    let (p, z) = (right / n, 1.959_963_984_540_054_f64);
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    close(&accuracy["low"], (p + z * z / (2.0 * n) - half) / (1.0 + z * z / n), "Wilson's lower end");
    close(&accuracy["high"], (p + z * z / (2.0 * n) + half) / (1.0 + z * z / n), "Wilson's upper end");
    let positives: Vec<&&Row> = rows.iter().filter(|row| row.label == "positive").collect();
    let found = positives.iter().filter(|row| row.prediction == "positive").count() as f64;
    close(&slice["metrics"]["tpr"]["value"], found / positives.len() as f64, "TPR");
    let predicted = rows.iter().filter(|row| row.prediction == "positive").count() as f64;
    close(&slice["metrics"]["f1"]["value"], 2.0 * found / (positives.len() as f64 + predicted), "F1");
    let loss: f64 =
        rows.iter().map(|row| -(if row.label == "positive" { row.score } else { 1.0 - row.score }).ln()).sum();
    assert!((slice["metrics"]["log_loss"]["value"].as_f64().unwrap() - loss / n).abs() < 1e-5, "log loss");
    let negatives: Vec<&&Row> = rows.iter().filter(|row| row.label == "negative").collect();
    let pairs = positives.iter().flat_map(|p| negatives.iter().map(move |n| (p.score, n.score)));
    let won: f64 = pairs.map(|(p, n)| if p > n { 1.0 } else { 0.5 * f64::from(u8::from(p == n)) }).sum();
    close(&slice["metrics"]["auc"]["value"], won / (positives.len() * negatives.len()) as f64, "AUC by pairs");
    let is_harmed = |row: &&&Row| dense[row.id.as_str()].correct && !row.correct;
    let is_rescued = |row: &&&Row| !dense[row.id.as_str()].correct && row.correct;
    let (harmed, rescued) = (rows.iter().filter(is_harmed).count(), rows.iter().filter(is_rescued).count());
    assert_eq!(
        (&slice["tests"][0]["harmed"], &slice["tests"][0]["rescued"]),
        (&harmed.into(), &rescued.into()),
        "b and c"
    );
    close(&slice["change"]["accuracy"]["value"], (rescued as f64 - harmed as f64) / n, "change of accuracy");
    let sum = |name: &str| rows.iter().map(|row| row.counts[name]).sum::<f64>();
    close(&slice["cost"]["macs"], sum("macs"), "MACs");
    close(&slice["cost"]["retention"], sum("retention_mean") / n, "retention");
    close(&slice["cost"]["flops_reduction"], sum("dense_macs") / sum("macs"), "FLOPs reduction");
}

#[test]
fn every_number_follows_from_the_predictions() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    evaluate(&data(folder.path()), &out, &OPTIONS).done();
    let rows = read_rows(&out.join("predictions.parquet"));
    assert_eq!(rows.len(), 3 * 240, "dense and two strategies, all rows");
    let of = |spec: &str| -> Vec<&Row> { rows.iter().filter(|row| row.strategy == spec).collect() };
    let dense: BTreeMap<&str, &Row> = of("dense").into_iter().map(|row| (row.id.as_str(), row)).collect();
    let metrics = read_json(&out, "metrics.json");
    assert_eq!((&metrics["schema"], &metrics["partial"]), (&1.into(), &false.into()), "a complete document");
    let strategies = metrics["strategies"].as_array().unwrap();
    assert_eq!(strategies.len(), 3, "dense first");
    for strategy in strategies {
        let rows = of(strategy["spec"].as_str().unwrap());
        check_slice(&strategy["overall"], &rows, &dense);
        for group in ["women", "men", "old"] {
            let is_member = |row: &&&Row| row.groups.as_deref().is_some_and(|cell| cell.split(';').any(|g| g == group));
            let members: Vec<&Row> = rows.iter().filter(is_member).copied().collect();
            check_slice(&strategy["groups"]["group"][group], &members, &dense);
        }
        let few = &strategy["groups"]["group"]["few"];
        assert_eq!(few["n"], 6, "a group of six");
        for (part, metric) in [("metrics", "accuracy"), ("metrics", "bpsn_auc"), ("decisions", "harm")] {
            let reason = few[part][metric]["undefined"].as_str().unwrap_or_default();
            assert!(reason.contains("counts only below 10"), "{metric} has counts and no rate: {few}");
        }
        assert_eq!(strategy["tests_family"], 3 * 5 - 1, "three parts of four groups and overall; few has no positives");
    }
}

#[test]
fn predictions_agree_with_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    evaluate(&data(folder.path()), &out, &OPTIONS).done();
    for row in read_rows(&out.join("predictions.parquet")) {
        let powers: Vec<f64> = row.logits.iter().map(|logit| logit.exp()).collect();
        let score = powers[1] / (powers[0] + powers[1]);
        assert!((row.score - score).abs() < 1e-6, "the score is the softmax of the logits: {row:?}");
        assert_eq!(row.prediction == "positive", row.logits[1] > row.logits[0], "the prediction is the larger logit");
        assert_eq!(row.correct, row.prediction == row.label, "correct means equal");
        assert!(row.counts["tokens_kept"] <= row.counts["tokens"], "no more kept than there were");
        assert!(
            row.strategy != "dense" || row.counts["macs"] == row.counts["dense_macs"],
            "dense costs what dense costs"
        );
    }
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(folder.path());
    let files = ["one", "two"].map(|name| {
        let out = folder.path().join(name);
        let threads = if name == "one" { "1" } else { "2" };
        evaluate(&data, &out, &[&OPTIONS[..], &["--threads", threads, "--seed", "5"]].concat()).done();
        ["predictions.parquet", "metrics.json", "metrics.csv"].map(|file| std::fs::read(out.join(file)).unwrap())
    });
    assert!(files[0] == files[1], "with another number of threads too");
    let parts = std::fs::read_dir(folder.path().join("one")).unwrap().count();
    assert_eq!(parts, 4, "four files and nothing beside them");
}

#[test]
fn the_table_holds_the_same_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    evaluate(&data(folder.path()), &out, &OPTIONS).done();
    let metrics = read_json(&out, "metrics.json");
    let mut reader = csv::Reader::from_path(out.join("metrics.csv")).unwrap();
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let expected = "strategy,group_column,group,metric,value,low,high,method,n,undefined,clusters,note,positive";
    assert_eq!(header.join(","), expected, "the header");
    let positive = metrics["positive"].as_str().expect("a model of two classes");
    let mut compared = 0;
    for record in reader.records().map(Result::unwrap) {
        assert_eq!(&record[12], positive, "every row names the class of interest");
        let strategies = metrics["strategies"].as_array().unwrap();
        let strategy = strategies.iter().find(|one| one["spec"] == record[0]).unwrap();
        let slice =
            if record[1].is_empty() { &strategy["overall"] } else { &strategy["groups"][&record[1]][&record[2]] };
        let nested = &slice["metrics"][&record[3]];
        if let Some(value) = nested["value"].as_f64() {
            assert_eq!(record[4].parse::<f64>().unwrap(), value, "{record:?}");
            compared += 1;
        }
    }
    assert!(compared > 3 * 4 * 10, "most metrics of most slices were compared: {compared}");
}

#[test]
fn the_predictions_say_which_class_the_score_is_of() {
    let folder = tempfile::tempdir().unwrap();
    for (class, place) in [("positive", 1), ("negative", 0)] {
        let out = folder.path().join(class);
        evaluate(&data(folder.path()), &out, &["--strategy", "ltp", "--positive", class, "--group-by", "group"]).done();
        let path = out.join("predictions.parquet");
        let reader = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
        let entries = reader.metadata().file_metadata().key_value_metadata().unwrap();
        let of = |key: &str| entries.iter().find(|entry| entry.key == key).and_then(|entry| entry.value.clone());
        assert_eq!(of("prunescope.positive").as_deref(), Some(class), "the class by its name");
        assert_eq!(of("prunescope.score"), Some(format!("probability of the class of interest, {class}")), "in words");
        for row in read_rows(&path) {
            let other = row.logits[1 - place] - row.logits[place];
            let expected = 1.0 / (1.0 + other.exp());
            assert!((row.score - expected).abs() < 1e-5, "{class}: {} and {expected} from the logits", row.score);
        }
    }
}

#[test]
fn the_manifest_says_where_the_numbers_come_from() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    evaluate(&data(folder.path()), &out, &[&OPTIONS[..], &["--seed", "9", "--cluster", "source"]].concat()).done();
    let manifest = read_json(&out, "manifest.json");
    for hash in
        [&manifest["model"]["weights_sha256"], &manifest["model"]["tokenizer_sha256"], &manifest["data"]["sha256"]]
    {
        assert_eq!(hash.as_str().unwrap().len(), 64, "a SHA-256 in hex: {hash}");
    }
    assert_eq!((&manifest["seed"], &manifest["statistics"]["bootstrap_draws"]), (&9.into(), &200.into()), "draws");
    assert_eq!(manifest["version"], env!("CARGO_PKG_VERSION"), "the program's version");
    assert!(manifest["command_line"].as_array().unwrap().iter().any(|word| word == "evaluate"), "the command line");
    assert!(manifest["hardware"]["threads"].as_u64().unwrap() >= 1, "threads");
    assert_eq!(manifest["strategies"].as_array().unwrap().len(), 3, "every spec");
    assert_eq!(manifest["data"]["cluster_column"], "source", "what was resampled together");
    assert_eq!(manifest["data"]["text_pair_column"], Value::Null, "no second text");
    assert_eq!(manifest["partial"], false, "nothing is missing");
}

#[test]
fn what_strategies_share_is_told_and_changes_no_cost() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (data(folder.path()), folder.path().join("out"));
    let told = evaluate(
        &data,
        &out,
        &["--strategy", "power_bert", "--strategy", "ltp", "--limit", "20", "--group-by", "group"],
    )
    .done();
    let shared = &read_json(&out, "manifest.json")["cost"]["shared"];
    let rows = read_rows(&out.join("predictions.parquet"));
    let separate: f64 = rows.iter().map(|row| row.counts["macs"]).sum();
    close(&shared["separate_macs"], separate, "the cost of all rows");
    let share = shared["share"].as_f64().unwrap();
    close(&shared["shared_macs"], share * separate, "the share of it");
    // Both strategies begin in layer 1 of 3: each takes over a layer and the attention of the next one.
    assert!(share > 0.2 && share < 0.5, "share {share}");
    let line = format!("saved {:.1}% of the work", 100.0 * share);
    assert!(told.contains(&line), "{line:?} is told: {told}");
}
