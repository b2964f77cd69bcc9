//! Ctrl-C and closed pipes.
#![cfg(unix)]

use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;

use crate::support::command;
use crate::support::fixture;
use crate::support::write;

fn start(args: &[&str]) -> std::process::Child {
    let mut command = Command::new(command().get_program());
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn an_interrupted_evaluation_keeps_what_is_finished_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let row = |row: usize| format!("{row},the food was great and the film slow,{}", row % 2);
    let rows = (0..30_000).map(row).collect::<Vec<_>>().join("\n");
    let data = write(folder.path(), "data.csv", &format!("id,text,label\n{rows}\n")).display().to_string();
    let out = folder.path().join("out");
    let specs = ["random:retention=0.9", "random:retention=0.8", "random:retention=0.7", "random:retention=0.6"];
    let mut args = vec!["evaluate", "--data", &data, "--progress", "json", "--draws", "1000000"];
    let model = fixture("bert");
    let out_text = out.display().to_string();
    args.extend(["--model", &model, "--out", &out_text]);
    args.extend(specs.iter().flat_map(|spec| ["--strategy", spec]));
    let mut child = start(&args);
    // Once it compares, rows of the dense model are finished; a million draws take far longer than the test.
    let stderr = child.stderr.take().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(stderr)).map(Result::unwrap);
    let compares = lines.by_ref().any(|line| line.contains("comparing"));
    assert!(compares, "the evaluation reaches the comparison");
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupted.success(), "the signal is sent");
    let asked = Instant::now();
    let rest: Vec<String> = lines.collect();
    let status = child.wait().unwrap();
    assert!(asked.elapsed() < Duration::from_mins(5), "it ends long before its draws would");
    assert_eq!(status.code(), Some(2), "stopped half-way is not done: {rest:?}");
    assert!(rest.iter().any(|line| line.contains("stopped")), "it says so: {rest:?}");
    let manifest: Value = serde_json::from_str(&std::fs::read_to_string(out.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["partial"], true, "the manifest says so too");
    assert_eq!(manifest["strategies"][0]["rows"], 30_000, "finished rows are kept");
    assert!(manifest["strategies"][4]["state"].as_str().unwrap().starts_with("not begun"), "and what is missing");
}

#[test]
fn a_closed_pipe_is_a_quiet_end() {
    let mut child = start(&["strategies", "--json"]);
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "nothing is said");
    assert_eq!(output.status.code(), Some(0), "nobody is to blame");
}

#[test]
fn an_interrupted_bench_keeps_the_rounds_that_are_done() {
    let model = fixture("bert");
    let args = ["bench", "--model", &model, "--tokens", "4,60", "--batch", "64", "--strategy", "first_k", "--json"];
    // A day is more than the thousand rounds need that are timed at most.
    let mut child = start(&[&args[..], &["--seconds", "86400", "--progress", "json"]].concat());
    let stderr = child.stderr.take().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(stderr)).map(Result::unwrap);
    assert!(lines.by_ref().any(|line| line.contains("64 × 60")), "the first case is done, the second begun");
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupted.success(), "the signal is sent");
    let rest: Vec<String> = lines.collect();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2), "stopped half-way is not done: {rest:?}");
    assert!(rest.iter().any(|line| line.contains("stopped")), "it says so: {rest:?}");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["partial"], true, "the document says so too");
    let rows = document["rows"].as_array().unwrap();
    assert_eq!((&rows[0]["case"], &rows[0]["rounds"]), (&"64 × 4".into(), &1000.into()), "what was finished");
    assert!(rows[0]["complete"] == true && rows[1..].iter().all(|row| row["complete"] == false), "and what was not");
}

#[test]
fn interrupted_predictions_go_on_where_they_were_and_a_reader_that_leaves_ends_them_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let row = |row: usize| format!("{row},the food was great and the film slow and the doctor {row}");
    let rows = (0..200_000).map(row).collect::<Vec<_>>().join("\n");
    let data = write(folder.path(), "data.csv", &format!("id,text\n{rows}\n")).display().to_string();
    let out = folder.path().join("answers.jsonl");
    let (model, out_text) = (fixture("bert"), out.display().to_string());
    let args = ["predict", "--model", &model, "--data", &data, "--strategy", "dense", "--progress", "json"];
    let mut child = start(&[&args[..], &["--out", &out_text]].concat());
    let stderr = child.stderr.take().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(stderr)).map(Result::unwrap);
    let is_past = |line: &str| {
        let progress: Option<Value> = serde_json::from_str(line).ok();
        progress.is_some_and(|progress| progress["stage"] == "predicting" && progress["done"].as_u64() > Some(3000))
    };
    assert!(lines.by_ref().any(|line| is_past(&line)), "some chunks are done");
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupted.success(), "the signal is sent");
    let rest: Vec<String> = lines.collect();
    assert_eq!(child.wait().unwrap().code(), Some(2), "stopped half-way is not done: {rest:?}");
    assert!(rest.iter().any(|line| line.contains("the same command goes on")), "it says so: {rest:?}");
    assert!(!out.exists(), "no half file has the name of a whole one");
    let partial = std::fs::read_to_string(folder.path().join("answers.jsonl.partial")).unwrap();
    assert!(partial.lines().count() > 1024, "finished chunks are kept");
    let mut child = start(&[&args[..], &["--out", "-"]].concat());
    let mut stdout = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    std::io::BufRead::read_line(&mut stdout, &mut first).unwrap();
    assert!(first.starts_with("{\"id\":\"0\","), "the first answer comes before the last text is run: {first}");
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "nobody is to blame");
}
