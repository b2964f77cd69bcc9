//! Measured latency in `evaluate`: what is written, and that counts agree with the rest. No timing decides a test.

use std::path::Path;

use serde_json::Value;

use crate::evaluate::data;
use crate::evaluate::evaluate;
use crate::evaluate::read_json;

const STRATEGIES: [&str; 6] = ["--strategy", "first_k:retention=0.3", "--strategy", "tome:r=2", "--group-by", "group"];

#[track_caller]
fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[track_caller]
fn close(got: f64, expected: f64, what: &str) {
    assert!((got - expected).abs() <= 1e-6 * expected.abs(), "{what}: {got}, recomputed {expected}");
}

fn measured(out: &Path) -> Value {
    let folder = out.parent().unwrap();
    evaluate(&data(folder), out, &[&STRATEGIES[..], &["--latency-rounds", "9"]].concat()).done();
    read_json(out, "metrics.json")
}

#[test]
fn every_strategy_but_dense_has_its_latency() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let metrics = measured(&out);
    assert_eq!(metrics["strategies"][0]["latency"], Value::Null, "dense is what the others are timed against");
    for strategy in &metrics["strategies"].as_array().unwrap()[1..] {
        let latency = &strategy["latency"];
        assert_eq!((&latency["rounds"], &latency["speedup"]["n"]), (&9.into(), &9.into()), "rounds");
        let ratio = number(&latency["dense"]["median_ms"]) / number(&latency["pruned"]["median_ms"]);
        assert!((number(&latency["speedup"]["value"]) / ratio - 1.0).abs() < 1e-3, "medians: {latency}");
        assert!(latency["speedup"]["low"].is_number() && latency["speedup"]["high"].is_number(), "an interval");
        let kept = number(&latency["speedup"]["value"]) / number(&latency["flops_reduction"]);
        close(number(&latency["promise_kept"]["value"]), kept, "promise kept");
        // All texts of the set have the same length, so that any sample's FLOPs fall like those of all.
        let whole = number(&strategy["overall"]["cost"]["flops_reduction"]);
        close(number(&latency["flops_reduction"]), whole, "FLOPs reduction of the sample");
    }
    let manifest = read_json(&out, "manifest.json");
    let study = &manifest["latency"];
    assert_eq!((&study["rounds"], &study["partial"]), (&9.into(), &false.into()), "how it was measured");
    let sample = study["sample"].as_array().unwrap();
    let texts: u64 = sample.iter().map(|stratum| stratum["texts"].as_u64().unwrap()).sum();
    assert_eq!((sample.len(), texts), (4, 240), "four parts that hold every text");
    assert!(sample.iter().all(|stratum| stratum["timed"] == 8), "eight texts of each are timed");
    assert!(study["machine"]["threads"].as_u64().unwrap() >= 1 && study["machine"]["busy"].is_boolean(), "the machine");
}

#[test]
fn what_groups_pay_adds_up_to_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let metrics = measured(&folder.path().join("out"));
    for strategy in &metrics["strategies"].as_array().unwrap()[1..] {
        let overall = &strategy["latency"]["overall"];
        assert_eq!(overall["items"], 240, "all items");
        close(240.0 * number(&overall["macs"]), number(&strategy["overall"]["cost"]["macs"]), "all MACs");
        for group in ["women", "men", "old", "few"] {
            let compute = &strategy["latency"]["groups"]["group"][group];
            let cost = &strategy["groups"]["group"][group]["cost"];
            let n = number(&compute["items"]);
            close(n, number(&cost["items"]), "members");
            close(n * number(&compute["macs"]), number(&cost["macs"]), "MACs of the group");
            close(number(&compute["tokens_kept"]), number(&cost["tokens_kept"]), "tokens kept");
            for (parity, key) in [("macs", "macs"), ("tokens_kept", "tokens_kept"), ("latency", "ms")] {
                let rest = (240.0 * number(&overall[key]) - n * number(&compute[key])) / (240.0 - n);
                let got = number(&compute["parity"][parity]["raw"]);
                // Milliseconds are rounded to nanoseconds.
                assert!((got - number(&compute[key]) / rest).abs() < 1e-3, "{group}, {parity}: {got}");
                assert!(compute["parity"][parity]["within_lengths"].is_number(), "{group}, {parity}");
            }
        }
    }
}

#[test]
fn latency_changes_no_prediction_and_can_be_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let (with, without) = (folder.path().join("with"), folder.path().join("without"));
    let mut metrics = measured(&with);
    evaluate(&data(folder.path()), &without, &[&STRATEGIES[..], &["--latency-rounds", "0"]].concat()).done();
    let predictions = [&with, &without].map(|out| std::fs::read(out.join("predictions.parquet")).unwrap());
    assert!(predictions[0] == predictions[1], "the same bytes");
    for strategy in metrics["strategies"].as_array_mut().unwrap() {
        strategy["latency"] = Value::Null;
    }
    assert_eq!(metrics, read_json(&without, "metrics.json"), "all else is the same");
    assert_eq!(read_json(&without, "manifest.json")["latency"], Value::Null, "nothing was measured");
}

#[test]
fn table_and_terminal_show_the_same_latency() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let stdout = evaluate(&data(folder.path()), &out, &[&STRATEGIES[..], &["--latency-rounds", "9"]].concat()).done();
    let metrics = read_json(&out, "metrics.json");
    let latency = &metrics["strategies"][1]["latency"];
    let speedup = format!("{:.2} [", number(&latency["speedup"]["value"]));
    let row = stdout.lines().find(|line| line.starts_with("first_k")).unwrap();
    assert!(row.contains(&speedup), "{speedup} in {row}");
    let mut reader = csv::Reader::from_path(out.join("metrics.csv")).unwrap();
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let cell = |group: &str, metric: &str| {
        let is_it = |record: &&csv::StringRecord| {
            record[0].starts_with("first_k") && &record[2] == group && &record[3] == metric
        };
        records.iter().find(is_it).unwrap_or_else(|| panic!("no {metric} of {group:?}"))[4].parse::<f64>().unwrap()
    };
    close(cell("", "latency_speedup"), number(&latency["speedup"]["value"]), "the speed-up");
    close(cell("", "latency_ms"), number(&latency["pruned"]["median_ms"]), "the median");
    let women = &latency["groups"]["group"]["women"];
    close(cell("women", "latency_ms_per_text"), number(&women["ms"]), "of a group");
    close(cell("women", "parity_macs"), number(&women["parity"]["macs"]["raw"]), "compute parity");
}
