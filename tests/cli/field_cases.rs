//! Data files as people have them, run with the sample model: what was read must show in the numbers, and be said.

use std::path::Path;

use crate::evaluate::read_json;
use crate::support::Run;
use crate::support::fixture;
use crate::support::run;
use crate::support::write;

fn case(name: &str) -> String {
    fixture(&format!("field_cases/{name}"))
}

fn evaluate(data: &str, out: &Path, more: &[&str]) -> Run {
    let out = out.display().to_string();
    let args = ["evaluate", "--data", data, "--out", &out, "--strategy", "first_k:retention=0.9"];
    run(&[&args[..], &["--draws", "200", "--latency-rounds", "0", "--force"], more].concat())
}

/// Texts with a label, and the accuracy that is printed of the dense model on them.
#[track_caller]
fn check(data: &str, more: &[&str], labelled: u64, accuracy: &str) {
    let out = tempfile::tempdir().unwrap();
    let stdout = evaluate(&case(data), out.path(), more).done();
    assert_eq!(
        read_json(out.path(), "manifest.json")["data"]["labelled_items"],
        labelled,
        "{data}: texts with a label"
    );
    let dense = stdout.lines().find(|line| line.starts_with("dense ")).unwrap_or_default();
    assert!(dense.contains(&format!(" {accuracy} [")), "{data}: accuracy: {stdout}");
}

#[test]
fn every_way_to_write_the_same_texts_gives_the_same_accuracy() {
    for data in [
        "30-semicolon-comma-in-header/data.csv",
        "31-pipe-delimited/data.csv",
        "33-excel-sep-line/data.csv",
        "40-pandas-json/columns.json",
        "40-pandas-json/split.json",
        "40-pandas-json/wrapped.json",
        "43-hf-classlabel-order/data.parquet",
        "46-parquet-codecs/brotli.parquet",
        "47-parquet-types/decimal.parquet",
    ] {
        check(data, &[], 16, "0.9375");
    }
    check("35-windows-1252/data.csv", &[], 16, "0.9375");
    check("41-nan-in-jsonl/some.jsonl", &["--group-by", "gender"], 320, "0.9375");
    check("42-label-spellings/one-two.csv", &["--label-map", "1=negative,2=positive"], 16, "0.9375");
}

#[test]
fn labels_from_one_are_refused_with_a_map_to_copy() {
    let out = tempfile::tempdir().unwrap();
    let message = evaluate(&case("42-label-spellings/one-two.csv"), out.path(), &[]).error();
    assert!(message.contains("\"2\" (8 rows), \"1\" (8 rows)"), "labels and counts: {message}");
    assert!(message.contains("--label-map \"1=negative,2=positive\""), "a map: {message}");
}

#[test]
fn the_first_lines_say_what_was_read() {
    let out = tempfile::tempdir().unwrap();
    let run = evaluate(&case("59-many-text-columns/data.csv"), out.path(), &[]);
    let lines: Vec<&str> = run.stderr.lines().take(7).collect();
    let expected = [
        "data.csv: read as CSV",
        "data.csv: columns: text \"text\", label \"sentiment\"",
        "data.csv: rows: 16 read, none skipped",
        "data.csv: labels: \"positive\" 8, \"negative\" 8",
        "warning: \"text\" was taken as the text, \"review\" would do too; name the column with --text-column",
        "warning: \"sentiment\" was taken as the label, \"label_id\" would do too; name the column with --label-column",
        "data.csv: classes: negative 8, positive 8; of interest: positive",
    ];
    assert_eq!(lines, expected, "in this order");
    run.done();
}

#[test]
fn bench_says_what_was_read_too() {
    let run = run(&[
        "bench",
        "--model",
        &fixture("bert"),
        "--data",
        &case("31-pipe-delimited/data.csv"),
        "--batch",
        "4",
        "--strategy",
        "first_k",
        "--rounds",
        "1",
    ]);
    assert!(run.stderr.contains("data.csv: read as CSV, \"|\" between cells (guessed"), "the format: {}", run.stderr);
    run.done();
}

#[test]
fn a_line_break_in_a_name_does_not_break_the_table() {
    let out = tempfile::tempdir().unwrap();
    let stdout = evaluate(&case("48-group-values/quotes-commas.csv"), out.path(), &["--group-by", "origin"]).done();
    assert!(stdout.lines().any(|line| line.contains("line break")), "a blank stands for it: {stdout}");
}

#[test]
fn a_decimal_comma_is_named() {
    let message = run(&["inspect", "--text", "a film", "--strategy", "power_bert:retention=0,5"]).error();
    assert!(message.contains("got 0,5: write 0.5"), "in a strategy: {message}");
    let out = tempfile::tempdir().unwrap();
    let refused = evaluate(&case("31-pipe-delimited/data.csv"), out.path(), &["--fail-if", "accuracy_drop>0,02"]);
    let message = refused.error();
    assert!(message.contains("got 0,02: write 0.02"), "in a check: {message}");
}

#[test]
fn data_from_standard_input_are_refused_with_a_reason() {
    let out = tempfile::tempdir().unwrap();
    let message = evaluate("-", out.path(), &[]).error();
    assert!(message.contains("save them to a file first"), "what to do: {message}");
}

#[test]
fn the_window_takes_the_options_of_a_data_file_with_a_data_file() {
    let message = run(&["--label-map", "1=a"]).error();
    assert!(message.contains("need --data"), "got: {message}");
}

#[test]
fn rows_that_cannot_be_read_end_the_run_unless_they_are_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let data = write(folder.path(), "odd.csv", "text,label\nfine,1\nbad\nfair,0\n").display().to_string();
    let message = evaluate(&data, &out, &[]).error();
    assert!(message.contains("1 of 3 rows cannot be read (1: expected 2 cells, got 1)"), "why: {message}");
    assert!(message.contains("--allow-skipped 0.34"), "what to do: {message}");
    evaluate(&data, &out, &["--allow-skipped", "0.34"]).done();
}

/// The fixture's weights under other names of its classes: the class of interest is the first.
#[test]
fn the_class_of_interest_is_named_and_chosen() {
    let model = tempfile::tempdir().unwrap();
    for file in ["model.safetensors", "tokenizer.json", "tokenizer_config.json"] {
        std::fs::copy(Path::new(&fixture("bert")).join(file), model.path().join(file)).unwrap();
    }
    let mut config = read_json(Path::new(&fixture("bert")), "config.json");
    config["id2label"] = serde_json::json!({ "0": "toxic", "1": "neutral" });
    config["label2id"] = serde_json::json!({ "toxic": 0, "neutral": 1 });
    std::fs::write(model.path().join("config.json"), config.to_string()).unwrap();
    let (model, out) = (model.path().display().to_string(), tempfile::tempdir().unwrap());
    for (more, named, f1) in [(&[][..], "neutral", "0.8571"), (&["--positive", "toxic"], "toxic", "0.0000")] {
        let more = [&["--model", &model][..], more].concat();
        let run = evaluate(&case("67-class-of-interest-first/data.csv"), out.path(), &more);
        let line = format!("classes: toxic 10, neutral 30; of interest: {named}");
        assert!(run.stderr.contains(&line), "the first lines name it: {}", run.stderr);
        let stdout = run.done();
        let dense = stdout.lines().find(|line| line.starts_with("dense ")).unwrap_or_default();
        assert!(dense.contains(f1), "F1 of {named} is {f1}: {stdout}");
    }
}

#[test]
fn the_first_lines_obey_no_name() {
    let folder = tempfile::tempdir().unwrap();
    let text = "text,label,group\nfine,positive,a\nbad,negative,b\n";
    let data = write(folder.path(), "a\u{1b}[2Jb.csv", text).display().to_string();
    let run = evaluate(&data, &folder.path().join("out"), &[]);
    assert!(run.stderr.contains("read as CSV"), "they are there: {}", run.stderr);
    assert!(!run.stderr.contains('\u{1b}'), "an escape in the file's name is seen, not obeyed: {:?}", run.stderr);
}
