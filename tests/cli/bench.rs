//! `prunescope bench`: the table, the JSON document, bad input. No timing decides a test.

use serde_json::Value;

use crate::evaluate::data;
use crate::support::Run;
use crate::support::fixture;
use crate::support::run;

fn bench(more: &[&str]) -> Run {
    let model = fixture("bert");
    run(&[&["bench", "--model", &model], more].concat())
}

#[track_caller]
fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// By the definition, independent of the program: half-way between the two in the middle.
fn median(samples: &Value) -> f64 {
    let mut samples: Vec<f64> = samples.as_array().unwrap().iter().map(number).collect();
    samples.sort_by(f64::total_cmp);
    let half = samples.len() / 2;
    f64::midpoint(samples[half - 1], samples[half])
}

#[track_caller]
fn close(got: &Value, expected: f64, what: &str) {
    let got = number(got);
    assert!((got - expected).abs() <= 1e-5 * expected.abs().max(1e-3), "{what}: {got}, recomputed {expected}");
}

#[test]
fn every_number_follows_from_the_samples() {
    let specs = ["--strategy", "first_k:retention=0.4", "--strategy", "tome:r=2", "--strategy", "dense"];
    let shape = ["--tokens", "20,40", "--batch", "1,3", "--layout", "both", "--rounds", "9", "--json"];
    let document = bench(&[&shape[..], &specs].concat()).json();
    assert_eq!((&document["schema"], &document["partial"]), (&1.into(), &false.into()), "a complete document");
    let rows = document["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2 * 2 * 2 * 3, "lengths, batch sizes, layouts, strategies");
    for row in rows {
        for side in ["dense", "pruned"] {
            let samples = row["samples_ms"][side].as_array().unwrap();
            assert_eq!(samples.len(), 2 * 9, "two passes a round");
            close(&row[side]["median_ms"], median(&row["samples_ms"][side]), "the median of all samples");
            let spans: f64 = row[side]["spans_ms"].as_object().unwrap().values().map(number).sum();
            // Each of the parts and their sum is rounded to a nanosecond, which shows in passes of some microseconds.
            let apart = (number(&row[side]["median_ms"]) - spans).abs();
            assert!(apart <= 5e-6, "the spans add up to the median: {apart} ms apart");
            assert_eq!(row[side]["flops"], 2 * row[side]["macs"].as_u64().unwrap(), "two FLOPs a MAC");
            assert!(number(&row[side]["p5_ms"]) <= number(&row[side]["p95_ms"]), "percentiles in order");
        }
        let speedup = number(&row["dense"]["median_ms"]) / number(&row["pruned"]["median_ms"]);
        assert!((number(&row["speedup"]["value"]) / speedup - 1.0).abs() < 1e-3, "dense by pruned median: {row}");
        assert_eq!(row["speedup"]["method"], "bootstrap-blocks", "how its interval was made");
        assert!(number(&row["speedup"]["low"]) <= number(&row["speedup"]["high"]), "an interval");
        let reduction = number(&row["dense"]["macs"]) / number(&row["pruned"]["macs"]);
        close(&row["flops_reduction"], reduction, "counted work");
        close(&row["promise_kept"]["value"], number(&row["speedup"]["value"]) / reduction, "promise kept");
        let gap = &row["gap_ms"];
        let terms = ["attention", "feed_forward", "scoring", "gathering", "other", "mix"];
        let sum: f64 = terms.iter().map(|term| number(&gap[term])).sum();
        assert!((sum - number(&gap["gap"])).abs() < 1e-5, "the terms add up to the gap: {gap}");
    }
    let badges: Vec<&str> = rows.iter().take(3).map(|row| row["removal"].as_str().unwrap()).collect();
    assert_eq!(badges, ["removed", "merged", "none"], "strategies as typed, read off the shapes");
    assert!(rows[0]["spec"].as_str().unwrap().starts_with("first_k:retention=0.4,schedule=linear"), "canonical");
}

#[test]
fn the_document_says_where_and_how_it_was_measured() {
    let options = ["--tokens", "8", "--batch", "2", "--rounds", "2", "--seed", "7", "--threads", "1", "--json"];
    let document = bench(&[&options[..], &["--strategy", "ats", "--head-rows-only"]].concat()).json();
    let machine = &document["machine"];
    assert_eq!((&machine["threads"], &machine["precision"]), (&1.into(), &"f32".into()), "threads and precision");
    for key in ["cpu", "instruction_set", "os", "version"] {
        assert!(!machine[key].as_str().unwrap().is_empty(), "{key} is told");
    }
    assert!(machine["cores"].as_u64().unwrap() >= 1 && machine["busy"].is_boolean(), "cores, and whether it was busy");
    let plan = &document["plan"];
    assert_eq!((&plan["seed"], &plan["head_rows_only"]), (&7.into(), &true.into()), "how it was measured");
    assert_eq!((&plan["rounds_at_least"], &plan["rounds_at_most"]), (&2.into(), &2.into()), "exactly two rounds");
    assert_eq!(document["model"]["layers"], 3, "the model");
    assert_eq!(document["data"], Value::Null, "made-up texts");
    let row = &document["rows"][0];
    assert_eq!(row["texts_from"]["shape"]["tokens"], 8, "what kind of texts");
    assert_eq!((&row["speedup"]["low"], &row["speedup"]["n"]), (&Value::Null, &2.into()), "too few for an interval");
}

#[test]
fn a_data_set_is_timed_by_length() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(folder.path()).display().to_string();
    let options = ["--data", &data, "--batch", "4,8", "--strategy", "first_k", "--rounds", "1", "--json"];
    let run = bench(&options);
    let document = run.json();
    assert_eq!(document["data"]["texts"], 240, "all texts, whatever their labels are");
    let rows = document["rows"].as_array().unwrap();
    let buckets: Vec<&Value> = rows.iter().map(|row| &row["texts_from"]["bucket"]).collect();
    assert!(
        buckets.iter().all(|bucket| bucket["from"].as_u64() <= bucket["to"].as_u64()),
        "ends in order: {buckets:?}"
    );
    for batch in [4, 8] {
        let of = buckets.iter().filter(|bucket| bucket["batch"] == batch);
        let texts: u64 = of.map(|bucket| bucket["texts"].as_u64().unwrap()).sum();
        assert_eq!(texts, 240, "every text is in one bucket of batch size {batch}");
    }
    let limited = bench(&[&options[..], &["--first", "10", "--text-column", "text"]].concat()).json();
    assert_eq!(limited["data"]["texts"], 10, "ten rows");
}

#[test]
fn the_table_is_on_stdout_and_the_machine_on_stderr() {
    let options =
        ["--tokens", "16", "--batch", "2", "--rounds", "9", "--strategy", "ltp:removal=mask", "--layout", "both"];
    let run = bench(&options);
    assert!(run.stderr.contains(" cores, ") && run.stderr.contains("f32"), "the machine: {}", run.stderr);
    let stdout = run.done();
    let head = stdout.lines().next().unwrap();
    for column in ["layout", "dense ms", "pruned ms", "speed-up", "FLOPs", "promise kept", "rounds"] {
        assert!(head.contains(column), "{column} is a column of {head}");
    }
    let rows: Vec<&str> = stdout.lines().filter(|line| line.starts_with("2 × 16")).collect();
    assert_eq!(rows.len(), 4, "two layouts in two tables: {stdout}");
    assert!(rows[0].contains("packed") && rows[1].contains("padded"), "one after the other: {stdout}");
    assert!(stdout.contains("scoring") && stdout.contains("gathering"), "where the time goes: {stdout}");
}

#[test]
fn the_document_is_written_beside_the_table() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("bench.json").display().to_string();
    let options = ["--tokens", "8", "--batch", "1", "--strategy", "first_k", "--rounds", "1"];
    let stdout = bench(&[&options[..], &["--out", &out]].concat()).done();
    assert!(stdout.contains("promise kept"), "the table all the same: {stdout}");
    let document: Value = serde_json::from_str(&std::fs::read_to_string(&out).unwrap()).unwrap();
    assert_eq!((&document["schema"], &document["rows"][0]["rounds"]), (&1.into(), &1.into()), "the document");
    let nowhere = folder.path().join("missing").join("bench.json").display().to_string();
    let failed = bench(&[&options[..], &["--out", &nowhere]].concat());
    assert_eq!(failed.code, Some(2), "a folder that is not there: {}", failed.stderr);
    assert!(failed.stderr.trim_end().ends_with("bench.json"), "the file that could not be written: {}", failed.stderr);
    assert!(failed.stdout.contains("promise kept"), "the measurement is not lost: {}", failed.stdout);
}

#[test]
fn a_time_limit_ends_the_rounds() {
    let options = ["--tokens", "8", "--batch", "1", "--strategy", "first_k", "--seconds", "0.1", "--json"];
    let rounds = |more: &[&str]| {
        let document = bench(&[&options[..], more].concat()).json();
        document["rows"][0]["rounds"].as_u64().unwrap()
    };
    assert!((1..=1000).contains(&rounds(&[])), "as many as fit");
    assert!((1..=3).contains(&rounds(&["--rounds", "3"])), "no more than asked for");
}

#[test]
fn bad_input_ends_with_exit_code_2_and_says_what_there_is() {
    let shape = ["--tokens", "8", "--batch", "1"];
    let long = bench(&["--tokens", "65", "--batch", "1", "--strategy", "ltp"]).error();
    assert!(long.contains("at most 64 tokens, got 65"), "the model's limit: {long}");
    let strategy = bench(&[&shape[..], &["--strategy", "lpt"]].concat()).error();
    assert!(strategy.contains("\"ltp\""), "the nearest strategy: {strategy}");
    let misfit = bench(&[&shape[..], &["--strategy", "power_bert:retentions=[1,0.5]"]].concat()).error();
    assert!(misfit.contains("layer"), "the schedule is too short: {misfit}");
    let missing = bench(&["--data", "no.csv", "--batch", "1", "--strategy", "ltp"]).error();
    assert!(missing.trim_end().ends_with("no.csv"), "the path: {missing}");
    for more in [
        &["--batch", "1", "--strategy", "ltp"][..],
        &["--tokens", "8", "--strategy", "ltp"],
        &["--tokens", "8", "--batch", "1"],
        &["--tokens", "8", "--data", "x.csv", "--batch", "1", "--strategy", "ltp"],
        &["--tokens", "8,none", "--batch", "1", "--strategy", "ltp"],
        &["--tokens", "0", "--batch", "1", "--strategy", "ltp"],
        &["--tokens", "8", "--batch", "1", "--strategy", "ltp", "--limit", "3"],
        &["--tokens", "8", "--batch", "1", "--strategy", "ltp", "--seconds", "0"],
        &["--tokens", "8", "--batch", "1", "--strategy", "ltp", "--layout", "loose"],
    ] {
        let usage = bench(more).error();
        assert!(usage.contains("error:"), "{more:?}: {usage}");
    }
}
