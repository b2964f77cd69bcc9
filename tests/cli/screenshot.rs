//! `--screenshot` on a virtual display. Skips loudly where there is none, except in CI, where it fails.
#![expect(clippy::print_stderr, reason = "a skipped test says so loudly")]

use std::process::Command;

#[test]
fn a_picture_that_lacks_what_was_asked_for_ends_with_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("out.png");
    let mut command = Command::new("xvfb-run");
    command.args(["-a", "-s", "-screen 0 1024x768x24", env!("CARGO_BIN_EXE_prunescope"), "--size", "800x600"]);
    command.args(["--data", "/no/such.csv", "--screenshot"]).arg(&picture);
    // A home of its own and software graphics, as in CI.
    for (name, place) in [("HOME", "home"), ("XDG_DATA_HOME", "data"), ("XDG_CONFIG_HOME", "config")] {
        command.env(name, folder.path().join(place));
    }
    command.env("LIBGL_ALWAYS_SOFTWARE", "1").env_remove("WAYLAND_DISPLAY");
    let output = match command.output() {
        Ok(output) => output,
        Err(err) => {
            let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
            assert!(!in_ci, "CI must have xvfb-run: {err}");
            eprintln!("SKIPPED: no xvfb-run: {err}");
            return;
        }
    };
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "the exit code of an error; {stderr}");
    assert!(stderr.contains("such.csv"), "what failed is named: {stderr}");
    assert!(picture.is_file(), "the picture is written nevertheless, as it shows why");
}
