//! What reaches the terminal: no stranger's control characters, no more than a screen, and the right exit code when
//! nobody reads.

use std::path::Path;

use crate::evaluate::evaluate;
use crate::support::Run;
use crate::support::fixture;
use crate::support::run;
use crate::support::write;

/// Clears the screen, sets the title, the same in C1, turns text around.
const EVIL: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}";

#[track_caller]
fn assert_harmless(run: &Run) {
    for text in [&run.stdout, &run.stderr] {
        let evil = text.chars().find(|&letter| (letter.is_control() && letter != '\n') || letter == '\u{202e}');
        assert_eq!(evil, None, "{text:?}");
    }
}

#[test]
fn escapes_in_arguments_and_paths_are_seen_not_obeyed() {
    let file = format!("no-such-file{EVIL}.csv");
    let model = fixture("bert");
    for args in [
        vec!["evaluate", "--model", &model, "--data", &file, "--strategy", "ltp", "--out", "never"],
        vec!["inspect", "--model", &file, "--text", "x"],
        vec!["inspect", "--model", &model, "--text", "x", "--strategy", &file],
        vec!["inspect", "--model", &model, "--text-file", &file],
        vec![&file],
        vec!["bench", "--tokens", &file],
    ] {
        let run = run(&args);
        assert_harmless(&run);
        let stderr = run.error();
        assert!(stderr.contains("no-such-file"), "what can be read of it is told: {stderr}");
    }
}

#[cfg(unix)]
#[test]
fn escapes_in_a_data_set_are_seen_not_obeyed() {
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<String> =
        (0..40).map(|row| format!("r{row},the food was great,{},\"{EVIL}two\nlines\"", row % 2)).collect();
    let text = format!("id,text,label,gr{EVIL}oup\n{}\n", rows.join("\n"));
    let data = write(folder.path(), &format!("d{EVIL}.csv"), &text);
    let column = format!("gr{EVIL}oup");
    let run = evaluate(&data, &folder.path().join("out"), &["--strategy", "first_k", "--group-by", &column]);
    assert_harmless(&run);
    let stdout = run.done();
    let row = stdout.lines().find(|line| line.contains("two lines"));
    assert!(row.is_some(), "a line break in a group's name is a blank: {stdout}");
}

#[test]
fn escapes_in_a_text_reach_json_as_escapes() {
    let text = format!("the food {EVIL} was great");
    let run = run(&["inspect", "--model", &fixture("bert"), "--text", &text, "--json"]);
    assert_harmless(&run);
    assert_eq!(run.json()["text"], text, "and mean the same");
}

#[test]
fn a_long_message_is_cut_to_a_screen_unless_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let name = "n".repeat(20_000);
    let data = write(folder.path(), "wide.csv", &format!("{name},label\nthe food,1\n"));
    let (model, data) = (fixture("bert"), data.display().to_string());
    let out = folder.path().join("out").display().to_string();
    let args = ["evaluate", "--model", &model, "--data", &data, "--strategy", "ltp", "--out", &out];
    let short = run(&args).error();
    assert!(short.len() < 2000 && short.contains("shown with --verbose"), "{} bytes: {short}", short.len());
    let long = run(&[&args[..], &["--verbose"]].concat()).error();
    assert!(long.contains(&name), "all of it: {} bytes", long.len());
    let before = run(&[&["--verbose"], &args[..]].concat()).error();
    assert_eq!(before, long, "before the subcommand as after it");
    assert!(!Path::new(&out).exists(), "a folder made for nothing is gone");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_under_stdout_is_an_error_and_a_closed_pipe_hides_no_failed_check() {
    use std::process::Command;
    use std::process::Stdio;
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let program = crate::support::command().get_program().to_owned();
    let output = Command::new(&program).args(["strategies", "--json"]).stdout(full).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "results that went nowhere are no success: {stderr}");
    assert!(stderr.contains("standard output"), "where: {stderr}");

    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (crate::evaluate::data(folder.path()), folder.path().join("out"));
    let mut child = Command::new(&program);
    child.args(["evaluate", "--model", &fixture("bert"), "--strategy", "first_k", "--latency-rounds", "0"]);
    child.arg("--data").arg(&data).arg("--out").arg(&out).args(["--fail-if", "retention<0.99"]);
    let mut child = child.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
}
