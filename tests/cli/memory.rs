//! Runs that would not fit into memory, and texts cut so that they do.

use crate::support::command;

const LONG: &str = "An honest attempt that never quite finds its feet, although the second half has one scene that I will not \
                    forget for a long time, and the music carries what the dialogue cannot.";

#[test]
fn a_run_that_does_not_fit_says_which_length_does_and_that_one_fits() {
    let inspect = |free: &str, more: &[&str]| {
        let text = LONG.repeat(6);
        let mut command = command();
        command.env("PRUNESCOPE_FREE_MEMORY", free).args([
            "inspect",
            "--strategy",
            "entropy:axis=column",
            "--text",
            &text,
        ]);
        let output = command.args(["--threads", "1"]).args(more).output().expect("it runs");
        (output.status.code(), String::from_utf8(output.stderr).expect("text"))
    };
    let (code, stderr) = inspect("4G", &[]);
    assert_eq!(code, Some(0), "four gigabytes are enough: {stderr}");
    let (code, stderr) = inspect("6M", &[]);
    assert_eq!(code, Some(2), "{stderr}");
    let fits = stderr.split("--max-tokens ").nth(1).and_then(|rest| rest.split(',').next()).expect("a length");
    assert!(stderr.contains("tokens: ") && stderr.contains("6.3 MB are free"), "{stderr}");
    let (code, stderr) = inspect("6M", &["--max-tokens", fits.trim()]);
    assert_eq!(code, Some(0), "what is said to fit runs: {stderr}");
    assert!(stderr.contains(&format!("the model reads the first {fits}")), "the cut is said: {stderr}");
}

#[test]
fn an_amount_that_is_none_is_an_error() {
    let run = |value: &str| command().env("PRUNESCOPE_FREE_MEMORY", value).arg("strategies").output().expect("it runs");
    let refused = run("lots");
    let stderr = String::from_utf8(refused.stderr).expect("text");
    assert_eq!(refused.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("\"lots\"") && stderr.contains("16G"), "{stderr}");
    assert!(run("16G").status.success() && run("").status.success(), "an amount, and none");
}
