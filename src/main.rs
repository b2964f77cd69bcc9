//! The binary: without a subcommand the window, with one the command line.

use std::process::ExitCode;

use clap::Parser as _;
use prunescope::cli;
use prunescope::cli::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match &cli.command {
        Some(command) => cli::run(command).into(),
        None => open_window(&cli.window).into(),
    }
}

fn open_window(_window: &cli::WindowArgs) -> cli::Exit {
    cli::report(&anyhow::anyhow!(
        "this build has no window (it was made without the feature \"gui\"); try `prunescope --help` for the commands"
    ))
}
