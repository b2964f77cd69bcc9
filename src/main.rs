//! The binary: without a subcommand the window, with one the command line.

use std::process::ExitCode;
use std::time::Instant;

use prunescope::cli;

fn main() -> ExitCode {
    let started = Instant::now();
    let cli = match cli::start() {
        Ok(cli) => cli,
        Err(exit) => return exit.into(),
    };
    match &cli.command {
        Some(command) => cli::run(command).into(),
        None => open_window(&cli.window, started).map_or_else(|error| cli::report(&error), |()| cli::Exit::Done).into(),
    }
}

#[cfg(feature = "gui")]
fn open_window(window: &cli::WindowArgs, started: Instant) -> anyhow::Result<()> {
    let window = window.clone();
    let view = window.view.as_deref().map(str::parse).transpose();
    let theme = window.theme.as_deref().map(str::parse).transpose();
    let load = window.load_options();
    let read = cli::window_read_options(&window)?;
    prunescope::app::run(prunescope::app::WindowOptions {
        load,
        model: window.model.map(Into::into),
        data: window.data,
        read,
        lexicon: window.columns.groups_from_lexicon,
        text: window.text,
        text_pair: window.text_pair,
        strategies: window.strategies,
        session: window.session,
        view: view.map_err(|error| anyhow::Error::new(error).context("--view"))?,
        theme: theme.map_err(|error| anyhow::Error::new(error).context("--theme"))?,
        zoom: window.zoom,
        size: window.size,
        screenshot: window.screenshot,
        timing: window.timing.then_some(prunescope::app::Timing { started, tell: cli::tell }),
        tell: Some(cli::tell),
        row_limit: window.limit,
        seed: window.seed,
        longest_unasked: None,
        state_folder: None,
        start_empty: window.start_empty,
    })
}

#[cfg(not(feature = "gui"))]
fn open_window(_window: &cli::WindowArgs, _started: Instant) -> anyhow::Result<()> {
    anyhow::bail!(
        "this build has no window (it was made without the feature \"gui\"); `prunescope --help` lists the commands"
    )
}
