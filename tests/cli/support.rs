//! Running the binary, and the files it is tried on.

use std::path::Path;
use std::path::PathBuf;
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

/// A finished run.
pub(crate) struct Run {
    /// Everything on stdout.
    pub(crate) stdout: String,
    /// Everything on stderr.
    pub(crate) stderr: String,
    /// Exit code.
    pub(crate) code: Option<i32>,
}

impl Run {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { stdout: text(&output.stdout), stderr: text(&output.stderr), code: output.status.code() }
    }

    /// stdout of a run that went well.
    #[track_caller]
    pub(crate) fn done(self) -> String {
        assert_eq!(self.code, Some(0), "exit code; stderr: {}", self.stderr);
        self.stdout
    }

    /// stdout as JSON.
    #[track_caller]
    pub(crate) fn json(self) -> Value {
        serde_json::from_str(&self.done()).unwrap()
    }

    /// stderr of a run that ended in an error, with nothing on stdout.
    #[track_caller]
    pub(crate) fn error(self) -> String {
        assert_eq!(self.code, Some(2), "exit code; stderr: {}", self.stderr);
        assert_eq!(self.stdout, "", "stdout carries results alone");
        self.stderr
    }
}

/// The binary, without anything of the environment that could change its output.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_prunescope"));
    command.env("NO_COLOR", "1").env_remove("PRUNESCOPE_MODELS").env_remove("RAYON_NUM_THREADS");
    command
}

/// Runs the binary.
pub(crate) fn run(args: &[&str]) -> Run {
    Run::of(&command().args(args).output().unwrap())
}

/// Runs the binary with something on standard input.
pub(crate) fn run_with_input(args: &[&str], input: &str) -> Run {
    Run::of(&command().args(args).write_stdin(input).output().unwrap())
}

/// One of the tiny checkpoints.
pub(crate) fn fixture(family: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(family);
    path.display().to_string()
}

/// Writes a file into a folder.
pub(crate) fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}
