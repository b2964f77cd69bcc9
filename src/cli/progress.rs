//! Runs work in a job, tells its progress, and turns Ctrl-C into a request to stop.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context as _;
use anyhow::anyhow;
use indicatif::ProgressBar;
use indicatif::ProgressStyle;

use crate::cli::args::ProgressFormat;
use crate::cli::console;
use crate::cli::console::warn;
use crate::jobs::Job;
use crate::jobs::Poll;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::jobs::no_wake;

/// How often the job is asked, and the bar redrawn.
const POLL_EVERY: Duration = Duration::from_millis(15);
/// How often a JSON line is written at most.
const LINE_EVERY: Duration = Duration::from_millis(200);

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Runs `work` in a job until it ends; Ctrl-C asks it to stop, a second Ctrl-C ends the program at once.
///
/// # Errors
/// When no thread can be started or the work panics.
pub(super) fn run_job<T: Send + 'static>(
    format: Option<ProgressFormat>,
    work: impl FnOnce(&Ticket) -> T + Send + 'static,
) -> anyhow::Result<T> {
    // A handler may be there already (tests run several commands in one process): it does the same.
    drop(ctrlc::set_handler(on_interrupt));
    let mut printer = Printer::new(format);
    let job = Job::spawn("command", no_wake(), work).context("cannot start a worker thread")?;
    let outcome = loop {
        match job.poll() {
            Poll::Running => {}
            Poll::Ready(value) => break Ok(value),
            Poll::Lost(message) => break Err(anyhow!("the worker stopped unexpectedly: {message}")),
        }
        if INTERRUPTED.load(Ordering::Relaxed) {
            job.cancel();
        }
        printer.tell(&job.progress());
        std::thread::sleep(POLL_EVERY);
    };
    printer.finish();
    outcome
}

#[expect(clippy::exit, reason = "the second Ctrl-C ends the program wherever it hangs")]
fn on_interrupt() {
    if INTERRUPTED.swap(true, Ordering::Relaxed) {
        std::process::exit(2);
    }
    warn("stopping; press Ctrl-C again to stop at once");
}

enum Printer {
    Silent,
    Bar(ProgressBar),
    Lines { last: Progress, told: Instant },
}

impl Printer {
    fn new(format: Option<ProgressFormat>) -> Self {
        let default = if console::stderr_is_terminal() { ProgressFormat::Bar } else { ProgressFormat::None };
        match format.unwrap_or(default) {
            ProgressFormat::None => Self::Silent,
            ProgressFormat::Bar => Self::Bar(ProgressBar::no_length()),
            ProgressFormat::Json => Self::Lines { last: Progress::default(), told: Instant::now() },
        }
    }

    fn tell(&mut self, progress: &Progress) {
        match self {
            Self::Silent => {}
            Self::Bar(bar) => draw(bar, progress),
            Self::Lines { last, told } => {
                let is_new_stage = last.stage != progress.stage;
                if *last != *progress && (is_new_stage || told.elapsed() >= LINE_EVERY) {
                    console::tell_json(&line(progress));
                    *last = progress.clone();
                    *told = Instant::now();
                }
            }
        }
    }

    fn finish(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

fn draw(bar: &ProgressBar, progress: &Progress) {
    let stage = console::stage_text(&progress.stage);
    if bar.length() != progress.total || bar.message() != stage {
        let template = match progress.total {
            Some(_) => "{msg:24} {wide_bar} {pos}/{len}  {eta} left",
            None => "{msg:24} {spinner} {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        match progress.total {
            Some(total) => bar.set_length(total),
            None => bar.unset_length(),
        }
        bar.reset_eta();
        bar.set_message(stage);
    }
    bar.set_position(progress.done);
    bar.tick();
}

fn line(progress: &Progress) -> String {
    serde_json::json!({ "stage": progress.stage, "done": progress.done, "total": progress.total }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_run_and_its_panic_becomes_a_message() {
        let sum = run_job(Some(ProgressFormat::None), |_| 2 + 3).unwrap();
        assert_eq!(sum, 5, "the work's value");
        let error = run_job::<()>(Some(ProgressFormat::None), |_| panic!("no luck")).unwrap_err();
        assert!(error.to_string().contains("no luck"), "the panic's message, got {error}");
    }

    #[test]
    fn progress_lines_are_json() {
        let progress = Progress { done: 3, total: Some(7), stage: "running \"ltp\"".to_owned() };
        let parsed: serde_json::Value = serde_json::from_str(&line(&progress)).unwrap();
        assert_eq!(parsed["done"], 3, "units done");
        assert_eq!(parsed["total"], 7, "units in all");
        assert_eq!(parsed["stage"], "running \"ltp\"", "the stage, quoted");
    }
}
