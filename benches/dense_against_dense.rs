//! Does the laboratory call equal things equal? The dense model is timed against itself, twenty times for each shape; at
//! least 19 of 20 intervals must hold 1.
//!
//! `cargo bench --bench dense_against_dense`; without `--bench` it only tries whether it runs.

#![expect(clippy::print_stdout, reason = "counts that criterion does not report")]

use prunescope::jobs::Ticket;
use prunescope::latency;
use prunescope::latency::LatencyReport;
use prunescope::latency::Plan;
use prunescope::latency::Rounds;
use prunescope::model::Checkpoint;
use prunescope::model::SAMPLE_MODEL;
use prunescope::model::find_model;
use prunescope::pruning::StrategySpec;

const SHAPES: [(usize, usize); 3] = [(1, 32), (1, 128), (8, 32)];
const TRIES: u64 = 20;

fn main() {
    let is_bench = std::env::args().any(|word| word == "--bench");
    let (tries, rounds) = if is_bench { (TRIES, 15) } else { (1, 1) };
    let checkpoint = Checkpoint::load(&find_model(SAMPLE_MODEL).expect("the sample model")).expect("it loads");
    for (batch, tokens) in SHAPES {
        let cases = latency::shapes(&checkpoint.model, &[batch], &[tokens]).expect("texts that fit the model");
        let measure = |seed: u64| -> LatencyReport {
            let dense = StrategySpec::default_for("dense").expect("it is in the registry");
            let plan = Plan { rounds: Rounds::exactly(rounds), seed, ..Plan::new(vec![dense]) };
            latency::measure(&Ticket::detached(), &checkpoint.model, &cases, &plan, &|_| {}).expect("a measurement")
        };
        let reports: Vec<LatencyReport> = (0..tries).map(measure).collect();
        let intervals: Vec<(f64, f64)> =
            reports.iter().flat_map(|report| &report.rows).filter_map(|row| row.speedup.interval()).collect();
        let holding = intervals.iter().filter(|(low, high)| (*low..=*high).contains(&1.0)).count();
        let mut widths: Vec<f64> = intervals.iter().map(|(low, high)| high - low).collect();
        widths.sort_by(f64::total_cmp);
        let width = widths.get(widths.len() / 2).copied().unwrap_or(0.0);
        let foreign = reports.iter().filter_map(|report| report.machine.foreign_share).fold(0.0, f64::max);
        println!(
            "{batch} x {tokens}: {holding} of {} intervals hold 1, median width {:.1}%, at most {:.0}% of the time went to others",
            intervals.len(),
            100.0 * width,
            100.0 * foreign
        );
    }
}
