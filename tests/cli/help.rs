//! Help texts, byte for byte, and errors of usage. `UPDATE_SNAPSHOTS=1` writes them anew.

use std::path::Path;

use crate::support::command;
use crate::support::run;

#[track_caller]
fn check_golden(name: &str, args: &[&str]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/cli").join(name);
    let output = command().env("COLUMNS", "100").args(args).output().unwrap();
    assert!(output.status.success(), "{args:?} ends well");
    let got = String::from_utf8(output.stdout).unwrap();
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &got).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(got, expected, "{args:?} differs from {}", path.display());
}

#[test]
fn help_texts_are_as_reviewed() {
    check_golden("help.txt", &["--help"]);
    check_golden("help_strategies.txt", &["strategies", "--help"]);
    check_golden("help_inspect.txt", &["inspect", "--help"]);
    check_golden("help_evaluate.txt", &["evaluate", "--help"]);
    check_golden("help_bench.txt", &["bench", "--help"]);
    check_golden("help_predict.txt", &["predict", "--help"]);
    check_golden("help_transfer.txt", &["transfer", "--help"]);
    check_golden("help_verify.txt", &["verify", "--help"]);
    check_golden("help_match.txt", &["match", "--help"]);
    check_golden("help_tune.txt", &["tune", "--help"]);
    check_golden("help_results.txt", &["results", "--help"]);
}

#[test]
fn the_version_is_that_of_the_package() {
    let stdout = run(&["--version"]).done();
    assert_eq!(stdout.trim_end(), concat!("prunescope ", env!("CARGO_PKG_VERSION")), "name and version");
}

#[test]
fn errors_of_usage_have_exit_code_2_and_go_to_stderr() {
    for args in [
        &["frobnicate"][..],
        &["inspect", "--no-such-flag"],
        &["evaluate", "--data", "x.csv", "--strategy", "ltp"],
        &["evaluate", "--data", "x.csv", "--strategy", "ltp", "--out", "o", "--limit", "0"],
        &["evaluate", "--data", "x.csv", "--strategy", "ltp", "--out", "o", "--progress", "loud"],
        &["--zoom", "9"],
        &["--zoom", "2", "strategies"],
    ] {
        let stderr = run(args).error();
        assert!(stderr.contains("error:"), "{args:?}: {stderr}");
    }
}
