//! `--out`: what is replaced and what is not, and two runs into one folder.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;

use crate::evaluate::data;
use crate::support::Run;
use crate::support::command;
use crate::support::fixture;
use crate::support::run;

fn evaluate(data: &Path, out: &Path, more: &[&str]) -> Run {
    let (model, data, out) = (fixture("bert"), data.display().to_string(), out.display().to_string());
    let args =
        ["evaluate", "--model", &model, "--data", &data, "--out", &out, "--draws", "200", "--latency-rounds", "0"];
    run(&[&args[..], &["--strategy", "first_k"], more].concat())
}

fn bench(out: &Path, more: &[&str]) -> Run {
    let (model, out) = (fixture("bert"), out.display().to_string());
    let args = ["bench", "--model", &model, "--batch", "1", "--rounds", "1", "--strategy", "first_k", "--out", &out];
    run(&[&args[..], more].concat())
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}

#[test]
fn a_data_set_is_never_replaced_by_its_results() {
    let folder = tempfile::tempdir().unwrap();
    let rows = fs::read_to_string(data(folder.path())).unwrap();
    // What is read has the name of a result, and lies where the results go.
    for name in ["metrics.csv", "predictions.parquet", "metrics.json", "manifest.json"] {
        let out = folder.path().join(name.replace('.', "-"));
        fs::create_dir(&out).unwrap();
        let input = out.join(name);
        if name == "predictions.parquet" {
            evaluate(&folder.path().join("data.csv"), &out, &[]).done();
            fs::remove_file(out.join("manifest.json")).unwrap();
        } else {
            fs::write(&input, &rows).unwrap();
        }
        let before = fs::read(&input).unwrap();
        for more in [&[][..], &["--force"]] {
            let columns = ["--text-column", "example_id", "--label-column", "label"];
            let refused = evaluate(&input, &out, &[&columns[..], more].concat()).error();
            assert!(refused.contains(name) && refused.contains("another folder"), "{name}: both ways on: {refused}");
            assert_eq!(fs::read(&input).unwrap(), before, "{name} is as it was");
        }
    }
}

#[cfg(unix)]
#[test]
fn links_to_the_data_set_do_not_hide_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(folder.path());
    let before = fs::read(&data).unwrap();
    for is_hard in [true, false] {
        let out = folder.path().join(format!("out-{is_hard}"));
        fs::create_dir(&out).unwrap();
        let link = out.join("metrics.csv");
        if is_hard { fs::hard_link(&data, &link) } else { std::os::unix::fs::symlink(&data, &link) }.unwrap();
        let refused = evaluate(&data, &out, &["--force"]).error();
        assert!(refused.contains("data.csv"), "the file it would be: {refused}");
        assert_eq!(fs::read(&data).unwrap(), before, "as it was");
    }
}

#[test]
fn results_are_replaced_only_when_asked_and_other_files_never() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (data(folder.path()), folder.path().join("out"));
    evaluate(&data, &out, &["--first", "20"]).done();
    let before = fs::read(out.join("metrics.json")).unwrap();
    let refused = evaluate(&data, &out, &["--first", "30"]).error();
    assert!(refused.contains("--force") && refused.contains("out"), "the folder and the ways on: {refused}");
    assert_eq!(fs::read(out.join("metrics.json")).unwrap(), before, "the first results stand");
    evaluate(&data, &out, &["--first", "30", "--force"]).done();
    assert_ne!(fs::read(out.join("metrics.json")).unwrap(), before, "replaced");
    assert_eq!(names(&out), ["manifest.json", "metrics.csv", "metrics.json", "predictions.parquet"], "nothing else");
    fs::write(out.join("metrics.csv"), "name,age\nmine,7\n").unwrap();
    let refused = evaluate(&data, &out, &["--force"]).error();
    assert!(refused.contains("metrics.csv") && refused.contains("no result"), "somebody else's table: {refused}");
    assert!(fs::read_to_string(out.join("metrics.csv")).unwrap().contains("mine"), "is kept");
}

#[test]
fn a_bench_document_replaces_nothing_but_its_like() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (data(folder.path()), folder.path().join("bench.json"));
    let data_text = data.display().to_string();
    let refused = bench(&data, &["--data", &data_text, "--force"]).error();
    assert!(refused.contains("data.csv") && refused.contains("replace it"), "the data set: {refused}");
    assert!(fs::read_to_string(&data).unwrap().starts_with("id,text"), "is as it was");
    bench(&out, &["--tokens", "8"]).done();
    let refused = bench(&out, &["--tokens", "8"]).error();
    assert!(refused.contains("--force"), "how to replace it: {refused}");
    bench(&out, &["--tokens", "8", "--force"]).done();
    let foreign = folder.path().join("settings.json");
    fs::write(&foreign, "{\"mine\": 1}").unwrap();
    bench(&foreign, &["--tokens", "8", "--force"]).error();
    assert_eq!(fs::read_to_string(&foreign).unwrap(), "{\"mine\": 1}", "is kept");
}

#[cfg(unix)]
#[test]
fn a_folder_belongs_to_one_run_and_what_a_killed_one_leaves_is_cleared_away() {
    let folder = tempfile::tempdir().unwrap();
    let row = |row: usize| format!("{row},the food was great and the film slow,{}", row % 2);
    let rows = (0..30_000).map(row).collect::<Vec<_>>().join("\n");
    let large = crate::support::write(folder.path(), "large.csv", &format!("id,text,label\n{rows}\n"));
    let out = folder.path().join("out");
    let arg = |path: &Path| path.display().to_string();
    let mut first = Command::new(command().get_program());
    first.args(["evaluate", "--model", &fixture("bert"), "--data", &arg(&large), "--out", &arg(&out)]);
    first.args(["--strategy", "random", "--draws", "1000000", "--progress", "json"]);
    let mut first = first.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = std::io::BufRead::lines(std::io::BufReader::new(first.stderr.take().unwrap()));
    let compares = lines.map(Result::unwrap).any(|line| line.contains("comparing"));
    assert!(compares, "the first run is under way");
    let small = data(folder.path());
    let refused = evaluate(&small, &out, &["--force"]).error();
    let process = format!("process {}", first.id());
    assert!(refused.contains(&process) && refused.contains("another folder"), "whose it is: {refused}");
    first.kill().unwrap();
    first.wait().unwrap();
    assert!(names(&out).iter().any(|name| name.contains(".part")), "it left something: {:?}", names(&out));
    evaluate(&small, &out, &[]).done();
    assert_eq!(names(&out), ["manifest.json", "metrics.csv", "metrics.json", "predictions.parquet"], "and it is gone");
}
