//! `prunescope predict`

use std::path::Path;

use parquet::file::reader::FileReader as _;
use parquet::file::reader::SerializedFileReader;
use parquet::record::RowAccessor as _;
use serde_json::Value;

use crate::support::Run;
use crate::support::fixture;
use crate::support::run;
use crate::support::run_with_input;
use crate::support::write;

const ROWS: &str = "id,text,label\na,a great doctor,1\nb,\"no ending, no food\",what\nc,slow,0\nd,a good film about food and a doctor,\n";

fn predict(folder: &Path, out: &str, more: &[&str]) -> Run {
    let data = folder.join("data.csv").display().to_string();
    let out = folder.join(out).display().to_string();
    let model = fixture("bert");
    let args = ["predict", "--model", &model, "--data", &data, "--out", &out];
    run(&[&args[..], more].concat())
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What `inspect` says of a text under a strategy.
fn inspected(text: &str, spec: &str) -> Value {
    run(&["inspect", "--model", &fixture("bert"), "--text", text, "--strategy", spec, "--json"]).json()
}

const SPEC: &str = "power_bert:retention=0.4";

#[test]
fn answers_are_those_of_inspect_in_the_order_of_the_file_without_labels() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "data.csv", ROWS);
    assert_eq!(predict(folder.path(), "a.jsonl", &["--strategy", SPEC]).done(), "", "stdout carries results alone");
    let rows = lines(&std::fs::read_to_string(folder.path().join("a.jsonl")).unwrap());
    let ids: Vec<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["a", "b", "c", "d"], "every row, whatever its label");
    let texts = ["a great doctor", "no ending, no food", "slow", "a good film about food and a doctor"];
    for (row, text) in rows.iter().zip(texts) {
        let inspected = inspected(text, SPEC);
        let strategy = &inspected["strategies"][0];
        assert_eq!(row["prediction"], strategy["prediction"], "{text}: the class");
        let kept = strategy["layers"].as_array().unwrap().last().unwrap()["kept"].as_array().unwrap().len();
        let tokens = inspected["tokens"].as_array().unwrap().len();
        assert_eq!((&row["tokens"], &row["tokens_kept"]), (&tokens.into(), &kept.into()), "{text}: tokens");
        let score = |class: &str| row["score"][class].as_f64().unwrap();
        for (index, class) in ["negative", "positive"].into_iter().enumerate() {
            let expected = strategy["probabilities"][index].as_f64().unwrap();
            assert!((score(class) - expected).abs() < 1e-6, "{text}: {class} {} is {expected}", score(class));
        }
    }
}

#[test]
fn the_three_forms_hold_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "data.csv", ROWS);
    for out in ["a.jsonl", "a.csv", "a.parquet"] {
        predict(folder.path(), out, &["--strategy", SPEC]).done();
    }
    let rows = lines(&std::fs::read_to_string(folder.path().join("a.jsonl")).unwrap());
    let table = std::fs::read_to_string(folder.path().join("a.csv")).unwrap();
    assert_eq!(table.lines().next(), Some("id,prediction,score_negative,score_positive,tokens,tokens_kept"), "header");
    let file = std::fs::File::open(folder.path().join("a.parquet")).unwrap();
    let parquet: Vec<_> =
        SerializedFileReader::new(file).unwrap().get_row_iter(None).unwrap().map(Result::unwrap).collect();
    assert_eq!((rows.len(), table.lines().count() - 1, parquet.len()), (4, 4, 4), "as many rows");
    for ((row, line), stored) in rows.iter().zip(table.lines().skip(1)).zip(&parquet) {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!((row["id"].as_str(), row["prediction"].as_str()), (Some(cells[0]), Some(cells[1])), "id and class");
        assert_eq!(row["score"]["negative"].to_string().parse::<f32>(), cells[2].parse::<f32>(), "the score");
        assert_eq!(
            (stored.get_string(0).unwrap().as_str(), stored.get_string(1).unwrap().as_str()),
            (cells[0], cells[1]),
            "Parquet"
        );
        assert_eq!(stored.get_float(3).ok(), cells[3].parse::<f32>().ok(), "to the bit");
        assert_eq!(stored.get_long(5).unwrap().to_string(), cells[5], "tokens left");
    }
    assert!(!folder.path().join("a.csv.partial").exists(), "nothing is left beside them");
}

#[test]
fn a_stream_gives_one_line_a_line_whatever_it_holds() {
    let input = "a great doctor\n\n{\"id\": \"q7\", \"text\": \"slow\"}\n{\"txt\": 1}\n\"a \\\"good\\\" film\"\n";
    let args = ["predict", "--model", &fixture("bert"), "--strategy", SPEC, "--data", "-", "--out", "-"];
    let run = run_with_input(&args, input);
    assert!(run.stderr.contains("1 texts have no answer"), "told once: {}", run.stderr);
    let rows = lines(&run.done());
    let ids: Vec<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["1", "2", "q7", "4", "5"], "line numbers where there is no id");
    assert_eq!((rows[1]["tokens"].as_u64(), rows[3]["tokens"].as_u64()), (Some(2), Some(0)), "an empty text is a text");
    assert!(rows[3]["prediction"].is_null() && rows[3]["error"].as_str().unwrap().contains("\"text\""), "{}", rows[3]);
    assert_eq!(
        rows[4]["prediction"],
        inspected("a \"good\" film", SPEC)["strategies"][0]["prediction"],
        "a JSON string"
    );
}

#[test]
fn a_stopped_run_goes_on_and_another_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "data.csv", ROWS);
    predict(folder.path(), "whole.csv", &["--strategy", SPEC]).done();
    // What a run leaves that is stopped while it writes its third row, with answers that no model gives.
    let partial = folder.path().join("a.csv.partial");
    let head =
        format!("{{\"schema\":1,\"answers\":{}}}\n", identity(&folder.path().join("data.csv").display().to_string()));
    let row = |id: &str| {
        format!(
            "{{\"id\":\"{id}\",\"prediction\":\"kept\",\"score\":{{\"negative\":0.5,\"positive\":0.5}},\"tokens\":1,\"tokens_kept\":1}}\n"
        )
    };
    std::fs::write(&partial, format!("{head}{}{}{{\"id\":\"c\",\"pre", row("a"), row("b"))).unwrap();
    let other = predict(folder.path(), "a.csv", &["--strategy", "power_bert:retention=0.5"]).error();
    assert!(other.contains("another model, strategy") && other.contains("a.csv.partial"), "{other}");
    let run = predict(folder.path(), "a.csv", &["--strategy", SPEC]);
    assert!(run.stderr.contains("going on after 2 rows"), "{}", run.stderr);
    run.done();
    let (resumed, whole) = (
        std::fs::read_to_string(folder.path().join("a.csv")).unwrap(),
        std::fs::read_to_string(folder.path().join("whole.csv")).unwrap(),
    );
    let tail = |text: &str| text.lines().skip(3).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(tail(&resumed), tail(&whole), "the rows that were missing");
    assert!(resumed.lines().nth(1).unwrap().starts_with("a,kept,"), "those that were there are not computed again");
    assert!(!partial.exists(), "the partial file is gone");
    let taken = predict(folder.path(), "a.csv", &["--strategy", SPEC]).error();
    assert!(taken.contains("--force"), "what is there is kept: {taken}");
    predict(folder.path(), "a.csv", &["--strategy", SPEC, "--force"]).done();
    assert_eq!(std::fs::read_to_string(folder.path().join("a.csv")).unwrap(), whole, "replaced when asked");
}

/// As Parquet's metadata has it.
fn identity(data: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (model, out) = (fixture("bert"), folder.path().join("i.parquet"));
    let out_text = out.display().to_string();
    run(&["predict", "--model", &model, "--strategy", SPEC, "--data", data, "--out", &out_text]).done();
    let reader = SerializedFileReader::new(std::fs::File::open(out).unwrap()).unwrap();
    let facts = reader.metadata().file_metadata().key_value_metadata().unwrap().clone();
    facts.into_iter().find(|fact| fact.key == "prunescope.identity").unwrap().value.unwrap()
}

#[test]
fn precision_and_rows_of_the_head_are_options_as_in_bench() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "data.csv", ROWS);
    predict(folder.path(), "a.csv", &["--strategy", "dense"]).done();
    predict(folder.path(), "h.csv", &["--strategy", "dense", "--head-rows-only"]).done();
    predict(folder.path(), "i.csv", &["--strategy", "dense", "--head-rows-only", "--precision", "int8"]).done();
    let classes = |name: &str| {
        let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
        text.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(classes("a.csv"), classes("h.csv"), "the head reads the same row");
    assert_eq!(classes("i.csv").len(), 4, "eight bits run");
}

#[test]
fn names_and_options_that_make_no_sense_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "data.csv", ROWS);
    let ending = predict(folder.path(), "a.txt", &["--strategy", SPEC]).error();
    assert!(ending.contains(".parquet, .csv or .jsonl"), "{ending}");
    let over = predict(folder.path(), "data.csv", &["--strategy", SPEC, "--force"]).error();
    assert!(over.contains("data.csv"), "the data is never written over: {over}");
    let args =
        ["predict", "--model", &fixture("bert"), "--strategy", SPEC, "--data", "-", "--out", "-", "--first", "3"];
    assert!(run(&args).error().contains("options of a data file"), "lines have no columns");
}
