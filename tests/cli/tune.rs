//! `prunescope match`, `tune` and `results`: their numbers, their files, going on after a stop, and bad input.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::Run;
use crate::support::fixture;
use crate::support::run;
use crate::support::write;

/// 160 short texts in two groups, of which clusters of two share a template.
fn data(folder: &Path) -> String {
    let words = ["a fine film", "it was bad", "not so good", "what a joy", "dull and long", "we liked it"];
    let row = |row: usize| {
        let text = format!("{} {} number {row}", words[row % 6], words[row / 6 % 6]);
        format!("{text},{},{},t{}\n", row % 2, ["x", "y"][row / 4 % 2], row / 2)
    };
    let text = format!("text,label,group,template\n{}", (0..160).map(row).collect::<String>());
    write(folder, "texts.csv", &text).display().to_string()
}

fn tune(data: &str, out: &Path, more: &[&str]) -> Run {
    let (model, out) = (fixture("bert"), out.display().to_string());
    let usual = ["tune", "--model", &model, "--data", data, "--max-loss", "0.3", "--children", "4", "--out", &out];
    run(&[&usual[..], more].concat())
}

const TWO: [&str; 4] = ["--strategy", "power_bert", "--strategy", "ltp"];

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn a_policy_is_found_runs_everywhere_and_its_texts_are_spent() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(folder.path());
    let out = folder.path().join("one");
    let more = ["--group-by", "group", "--cluster", "template", "--generations", "2", "--json"];
    let document = tune(&data, &out, &[&TWO[..], &more].concat()).json();
    let policy: Value = serde_json::from_str(&read(&out, "policy.json")).unwrap();
    assert_eq!(policy["spec"], document["chosen"]["spec"], "the policy is what was chosen");
    let texts = |name: &str| document[name].as_u64().unwrap();
    assert_eq!(texts("search_texts") + document["held_out"]["texts"].as_u64().unwrap(), 160, "every text on one side");
    let front = read(&out, "front.csv");
    assert_eq!(front.lines().count() as u64, 1 + texts("tried"), "a line for every point");
    assert_eq!(front.lines().filter(|line| line.contains(",chosen,")).count(), 1, "one is chosen");
    assert!(document["held_out"]["worst_group"]["upper"].is_number(), "the worst group has a bound");
    assert!(document["held_out"]["loss"]["method"].as_str().unwrap().contains("cluster"), "intervals respect clusters");
    // Evaluated on all texts, the policy is the spec.
    let (model, at) = (fixture("bert"), format!("@{}", out.display()));
    let results = folder.path().join("results");
    let evaluated = run(&[
        "evaluate",
        "--model",
        &model,
        "--data",
        &data,
        "--strategy",
        &at,
        "--out",
        &results.display().to_string(),
    ]);
    evaluated.done();
    let metrics: Value = serde_json::from_str(&read(&results, "metrics.json")).unwrap();
    assert_eq!(metrics["strategies"][1]["spec"], policy["spec"], "read by every command");
    // A neighbor that would be judged by the same texts says so, and so does its manifest.
    let other = folder.path().join("other");
    let again = tune(&data, &other, &["--strategy", "power_bert", "--generations", "0", "--cluster", "template"]);
    let held_out = document["held_out"]["texts"].as_u64().unwrap();
    assert!(again.stderr.contains(&format!("{held_out} of the {held_out} held-out texts were measured on before")));
    let manifest: Value = serde_json::from_str(&read(&other, "manifest.json")).unwrap();
    assert_eq!(manifest["held_out"]["spent_before"].as_u64(), Some(held_out), "kept with the numbers");
}

#[test]
fn a_search_goes_on_to_the_front_of_one_that_was_never_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(folder.path());
    let [whole, part] = ["whole", "part"].map(|name| folder.path().join(name));
    let threads = |threads: &'static str| [&TWO[..], &["--generations", "2", "--threads", threads]].concat();
    assert!(tune(&data, &whole, &threads("2")).code != Some(2), "ends");
    tune(&data, &part, &threads("1"));
    assert_eq!(read(&whole, "front.csv"), read(&part, "front.csv"), "whatever the number of threads");
    // Killed in the middle of a line.
    let log = read(&part, "search.jsonl");
    let cut = log.len() / 2;
    write(&part, "search.jsonl", &log[..cut]);
    fs::remove_file(part.join("front.csv")).unwrap();
    let resumed = tune(&data, &part, &[&threads("2")[..], &["--resume"]].concat());
    assert!(resumed.code != Some(2), "goes on: {}", resumed.stderr);
    assert_eq!(read(&whole, "front.csv"), read(&part, "front.csv"), "byte for byte");
    let other = tune(&data, &part, &[&threads("2")[..], &["--resume", "--seed", "9"]].concat()).error();
    assert!(other.contains("another seed"), "what differs: {other}");
    let refused = tune(&data, &part, &threads("2")).error();
    assert!(refused.contains("--force"), "and how to replace it: {refused}");
}

#[test]
fn limits_that_nothing_keeps_to_are_a_failed_check() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(folder.path());
    let out = folder.path().join("policy");
    let more = ["--strategy", "power_bert", "--generations", "0", "--group-by", "group", "--max-group-loss", "0"];
    let found = tune(&data, &out, &more);
    assert_eq!(found.code, Some(1), "no bound is as low as 0: {}", found.stderr);
    assert!(found.stdout.contains("no setting keeps to the limits"), "said: {}", found.stdout);
    assert!(!out.join("policy.json").exists() && out.join("front.csv").exists(), "points, but no policy");
    let missing = tune(&data, &folder.path().join("none"), &["--max-group-loss", "0.1"]).error();
    assert!(missing.contains("--group-by"), "groups are needed: {missing}");
}

#[test]
fn budgets_are_matched_on_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let (data, model) = (data(folder.path()), fixture("bert"));
    let usual = ["match", "--model", &model, "--data", &data, "--budget", "0.8,0.7"];
    let strategies = ["--strategy", "power_bert", "--strategy", "stop_words", "--json"];
    let document = run(&[&usual[..], &strategies].concat()).json();
    let rows = document["matched"].as_array().unwrap();
    assert_eq!(rows.len(), 4, "two strategies at two budgets");
    for row in rows.iter().filter(|row| row["strategy"] == "power_bert") {
        let (asked, achieved) = (row["asked"].as_f64().unwrap(), row["achieved"].as_f64().unwrap());
        let is_near = (achieved / asked - 1.0).abs() <= 0.01;
        assert_eq!(row["met"], is_near, "met says what the numbers say: {row}");
        assert!(is_near || row["note"].is_string(), "or why not: {row}");
    }
    assert!(rows[1]["note"].as_str().unwrap().contains("no dial"), "nothing to turn: {}", rows[1]);
    let text = run(&[&usual[..], &strategies[..4]].concat()).done();
    assert!(text.contains("stop_words at 0.8: stop_words has no dial"), "said below the table: {text}");
    let bad = run(&[&usual[..3], &["--data", &data, "--budget", "80", "--strategy", "ltp"]].concat()).error();
    assert!(bad.contains("above 0 and at most 1"), "{bad}");
}

#[test]
fn the_results_page_holds_every_strategy_at_every_budget() {
    let folder = tempfile::tempdir().unwrap();
    let (data, model) = (data(folder.path()), fixture("bert"));
    let other = write(folder.path(), "other.csv", &fs::read_to_string(&data).unwrap().replace("number", "no"));
    let other = other.display().to_string();
    let page = folder.path().join("results.md").display().to_string();
    let usual = ["results", "--model", &model, "--calibrate", &other, "--data", &data, "--budget", "0.8,0.7"];
    run(&[&usual[..], &TWO, &["--out", &page]].concat()).done();
    let text = fs::read_to_string(&page).unwrap();
    for heading in ["## texts.csv", "### 0.8 of dense FLOPs", "### 0.7 of dense FLOPs"] {
        assert!(text.contains(heading), "{heading}: {text}");
    }
    assert_eq!(text.matches("| power_bert |").count(), 2, "once a budget");
    assert!(text.contains("calibrated on 160 texts of other.csv"), "on which texts: {text}");
    let same = run(&["results", "--model", &model, "--calibrate", &data, "--data", &data]).error();
    assert!(same.contains("calibrates and measures"), "{same}");
    let kept = run(&[&usual[..], &TWO, &["--out", &page]].concat()).error();
    assert!(kept.contains("--force"), "{kept}");
}
