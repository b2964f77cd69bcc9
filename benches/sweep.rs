//! What does sharing save? A sweep of four strategies along their dials, with shared layers and without, in turn.
//!
//! `cargo bench --bench sweep -- --texts 200` takes that many texts of the sample data; on one thread, as in the window of a
//! machine with two cores. Prints both times, their ratio, and the share of the work that was taken over.

#![expect(clippy::print_stdout, reason = "one figure, told at the end")]

use prunescope::data;
use prunescope::data::ReadOptions;
use prunescope::evaluation;
use prunescope::evaluation::Chunk;
use prunescope::evaluation::Prepared;
use prunescope::evaluation::SharedRuns;
use prunescope::jobs::Ticket;
use prunescope::model::Checkpoint;
use prunescope::model::SAMPLE_MODEL;
use prunescope::model::find_model;
use prunescope::pruning::StrategySpec;
use std::time::Duration;
use std::time::Instant;

const STRATEGIES: [&str; 4] = ["power_bert:retention=0.45", "tome", "ltp:theta_final=0.007", "evit:retention=0.45"];

/// The dense model, each strategy as it is, and along its dial.
fn settings() -> Vec<StrategySpec> {
    let mut settings = vec![StrategySpec::default_for("dense").expect("known")];
    for spec in STRATEGIES {
        let spec = StrategySpec::parse(spec).expect("a known strategy");
        let dial = spec.info().dial.as_ref().expect("a strategy with a dial");
        let along: Vec<_> =
            dial.values.iter().map(|value| spec.with(dial.key, value.clone()).expect("it fits")).collect();
        settings.push(spec);
        settings.extend(along);
    }
    settings
}

fn texts(args: &[String]) -> usize {
    let at = args.iter().position(|arg| arg == "--texts");
    at.and_then(|at| args.get(at + 1)?.parse().ok()).unwrap_or(100)
}

fn prepare(checkpoint: &Checkpoint, count: usize) -> (Prepared, Chunk) {
    let path = data::find_sample_data().expect("the sample data");
    let dataset = data::read(&path, &ReadOptions::default()).expect("it reads");
    evaluation::prepare(&Ticket::detached(), checkpoint, &dataset, Some(count)).expect("it is usable")
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let checkpoint = Checkpoint::load(&find_model(SAMPLE_MODEL).expect("the sample model")).expect("it loads");
    let (prepared, chunk) = prepare(&checkpoint, texts(&args));
    let settings = settings();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    let ticket = Ticket::detached();
    let (mut separate, mut shared, mut share) = (Duration::ZERO, Duration::ZERO, 0.0);
    pool.install(|| {
        evaluation::run_strategy(&ticket, &checkpoint, (&prepared, &chunk), &settings[0], |_| {})
            .expect("a run to warm up");
        let mut runs = SharedRuns::new(&checkpoint, &prepared, &chunk, &settings);
        // In turn, so that a busy moment of the machine meets both.
        for spec in &settings {
            let started = Instant::now();
            evaluation::run_strategy(&ticket, &checkpoint, (&prepared, &chunk), spec, |_| {}).expect("a run");
            let between = Instant::now();
            runs.run(&ticket, spec, |_| {}).expect("a run");
            separate += between - started;
            shared += between.elapsed();
        }
        share = runs.work().share().unwrap_or(0.0);
    });
    let (count, texts) = (settings.len(), prepared.len());
    println!(
        "{count} settings on {texts} texts, one thread: one by one {separate:.2?}, with shared layers {shared:.2?}"
    );
    let ratio = separate.as_secs_f64() / shared.as_secs_f64();
    println!("{ratio:.2} times as fast; {:.1} % of the multiply-accumulates were taken over", 100.0 * share);
}
