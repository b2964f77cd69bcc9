//! The only place that writes to stdout and stderr; whatever goes there passes `shown.rs`.

use std::io;
use std::io::IsTerminal as _;
use std::io::Write as _;
use std::panic::PanicHookInfo;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use crate::cli::shown;

/// Whether `--verbose` was given; set once, before anything is told.
static VERBOSE: AtomicBool = AtomicBool::new(false);

/// Tells long messages whole from now on.
pub(super) fn be_verbose() {
    VERBOSE.store(true, Ordering::Relaxed);
}

/// Writes results for people to stdout at once.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    write(&shown::text(text, stdout_is_decorated()))
}

/// Writes a JSON document to stdout at once.
pub(super) fn print_json(text: &str) -> anyhow::Result<()> {
    write(&shown::json(text))
}

/// A reader that closed the pipe has what it wanted: that is no error, and what is left to do is done all the same.
fn write(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(anyhow::Error::new(error).context("cannot write to standard output"))
        }
        _ => Ok(()),
    }
}

/// Writes lines of results to stdout at once, whole JSON objects; whether somebody still reads them.
pub(super) fn print_lines(lines: &str) -> anyhow::Result<bool> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(shown::json(lines).as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(anyhow::Error::new(error).context("cannot write to standard output")),
    }
}

/// Tells something on stderr, on one line. Nobody reads stderr? Then there is nobody to tell.
pub(super) fn warn(line: &str) {
    drop(writeln!(io::stderr().lock(), "{}", shown::message(line, VERBOSE.load(Ordering::Relaxed))));
}

/// Tells a JSON object on stderr, whole and on one line.
pub(super) fn tell_json(line: &str) {
    drop(writeln!(io::stderr().lock(), "{}", shown::json(line)));
}

/// What stands in a progress bar.
pub(super) fn stage_text(stage: &str) -> String {
    shown::cell(stage)
}

/// Usage, help and version as clap wrote them, on the stream they belong to; colored where that is a terminal.
pub(super) fn tell_usage(usage: &clap::Error) {
    let is_error = usage.use_stderr();
    let decorated = if is_error { stderr_is_terminal() && wants_color() } else { stdout_is_decorated() };
    let text = if decorated { usage.render().ansi().to_string() } else { usage.render().to_string() };
    let text = shown::text(&text, decorated);
    // As with `warn` and `write`: who does not listen is not told.
    if is_error {
        drop(io::stderr().lock().write_all(text.as_bytes()));
    } else {
        drop(io::stdout().lock().write_all(text.as_bytes()));
    }
}

/// A panic's words are for who looks for the fault. Of a worker's, the owner of the work tells in its own words; on the
/// main thread nobody else would.
pub(super) fn on_panic(panic: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    if thread.name() == Some("main") || VERBOSE.load(Ordering::Relaxed) {
        warn(&format!("internal error in the thread {:?}: {panic}", thread.name().unwrap_or_default()));
    }
}

/// As [`warn`], while a bar may stand in the last line of the terminal: it is drawn again below.
pub(super) fn warn_over_progress(line: &str) {
    let clear = if stderr_is_terminal() { "\r\u{1b}[2K" } else { "" };
    let line = shown::message(line, VERBOSE.load(Ordering::Relaxed));
    drop(writeln!(io::stderr().lock(), "{clear}{line}"));
}

/// Whether stdout may be decorated: a terminal, and `NO_COLOR` not set (<https://no-color.org>).
pub(super) fn stdout_is_decorated() -> bool {
    io::stdout().is_terminal() && wants_color()
}

fn wants_color() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Whether somebody watches stderr.
pub(super) fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}
