//! The command line: one file per subcommand, over the same functions as the window.
//!
//! `args.rs` is the line as typed, `resolve.rs` what it means; stdout carries results alone, stderr everything else. Knows
//! nothing of the window: `main.rs` hands [`WindowArgs`] over.

mod args;
mod bench;
mod bench_view;
mod checks;
mod column_args;
mod console;
mod evaluate;
mod evaluate_unlabelled;
mod evaluate_view;
mod inspect;
mod inspect_view;
mod match_budget;
mod predict;
mod predict_input;
mod progress;
mod resolve;
mod results;
mod results_view;
mod shown;
mod strategies;
mod train;
mod train_view;
mod transfer;
mod transfer_view;
mod tune;
mod tune_view;
mod verify;

use std::process::ExitCode;

pub use args::Cli;
pub use args::Command;
pub use args::WindowArgs;
pub use column_args::ColumnArgs;
pub use column_args::FileArgs;
use console::warn;

use crate::pruning;
use crate::tensor;
pub use resolve::window_read_options;

/// How a command ended, as an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: a stated check failed.
    CheckFailed,
    /// 2: an error, or stopped half-way.
    Error,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::SUCCESS,
            Exit::CheckFailed => Self::from(1),
            Exit::Error => Self::from(2),
        }
    }
}

/// What was typed. Help, the version and mistakes are told here; then the program has nothing else to do.
///
/// From here on long messages are told whole if that was asked for, and a panic tells no more than it should.
///
/// # Errors
/// How the program ends, if that is all.
pub fn start() -> Result<Cli, Exit> {
    std::panic::set_hook(Box::new(console::on_panic));
    let cli = Cli::read().map_err(|usage| {
        console::tell_usage(&usage);
        if usage.use_stderr() { Exit::Error } else { Exit::Done }
    })?;
    if cli.verbose {
        console::be_verbose();
    }
    tensor::check_instruction_limit().map_err(|unknown| report(&unknown.into()))?;
    crate::engine::check_memory_limit().map_err(|unknown| report(&unknown.into()))?;
    resolve::make_threads(cli.command.as_ref()).map_err(|error| report(&error))?;
    Ok(cli)
}

/// Runs a subcommand and tells errors on stderr.
#[must_use]
pub fn run(command: &Command) -> Exit {
    let result = match command {
        Command::Strategies(args) => strategies::run(*args),
        Command::Inspect(args) => inspect::run(args),
        Command::Evaluate(args) => evaluate::run(args),
        Command::Bench(args) => bench::run(args),
        Command::Match(args) => match_budget::run(args),
        Command::Train(args) => train::run(args),
        Command::Predict(args) => predict::run(args),
        Command::Transfer(args) => transfer::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Tune(args) => tune::run(args),
        Command::Results(args) => results::run(args),
    };
    result.unwrap_or_else(|error| report(&error))
}

/// Tells a line on stderr.
pub fn tell(line: &str) {
    warn(line);
}

/// Tells an error on stderr.
#[must_use]
pub fn report(error: &anyhow::Error) -> Exit {
    warn(&format!("error: {}", one_line(error)));
    for mistake in error.chain().filter_map(|cause| cause.downcast_ref::<pruning::Error>()) {
        if let pruning::Error::Formula { source, .. } = mistake {
            // The formula, and a line that marks the characters at fault.
            warn(&format!("  {}", source.text));
            warn(&format!("  {}", source.carets()));
        }
    }
    Exit::Error
}

/// The causes one after another, without saying twice what a message already holds.
fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let text = cause.to_string();
        if line.is_empty() {
            line = text;
        } else if !line.contains(&text) {
            line = format!("{line}: {text}");
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_told_once() {
        let error = anyhow::anyhow!("no such file").context("cannot read a.csv: no such file").context("evaluate");
        assert_eq!(one_line(&error), "evaluate: cannot read a.csv: no such file", "the inner cause is not repeated");
    }
}
