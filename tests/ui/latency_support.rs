//! A report of fixed numbers for the latency view: nothing here was measured.

use prunescope::engine::Removal;
use prunescope::latency::CaseKind;
use prunescope::latency::Gap;
use prunescope::latency::LatencyReport;
use prunescope::latency::Layout;
use prunescope::latency::Machine;
use prunescope::latency::Measured;
use prunescope::latency::Parts;
use prunescope::latency::Plan;
use prunescope::latency::Timing;
use prunescope::latency::Work;
use prunescope::metrics::Estimate;
use prunescope::pruning::StrategySpec;

/// One quiet machine.
fn machine() -> Machine {
    Machine {
        cpu: "Some CPU".to_owned(),
        cores: 2,
        threads: 2,
        instruction_set: "AVX2",
        precision: "f32",
        device: "cpu".to_owned(),
        os: "linux x86_64".to_owned(),
        governor: None,
        load_before: Some(0.25),
        load_after: Some(1.5),
        foreign_share: Some(0.01),
        version: "0",
    }
}

fn timing(seconds: f64, tokens: usize, overhead: f64, macs: f64) -> Timing {
    let part = |share: f64| share * seconds;
    Timing {
        median_secs: seconds,
        p5_secs: seconds * 0.98,
        p95_secs: seconds * 1.06,
        parts: Parts {
            attention: part(0.40 - overhead),
            feed_forward: part(0.57 - overhead),
            scoring: part(1.5 * overhead),
            gathering: part(0.5 * overhead),
            other: part(0.03),
        },
        accounted: 0.99,
        tokens_per_sec: tokens as f64 / seconds,
        work: work(macs),
        rows_per_layer: vec![tokens as f64; 6],
        padding_share: 0.0,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive number")]
fn work(macs: f64) -> Work {
    Work { attention: (macs / 3.0) as u64, feed_forward: (macs * 2.0 / 3.0) as u64, scoring: 0, other: 0 }
}

/// A pass of `seconds` without pruning; FLOPs promise the second number, the clock gives the third.
fn row((batch, tokens): (usize, usize), spec: &str, removal: Removal, numbers: (f64, f64, f64)) -> Measured {
    let ((seconds, flops, clock), all) = (numbers, batch * tokens);
    let macs = 600_000.0;
    let dense = timing(seconds, all, 0.0, macs);
    let pruned = timing(seconds / clock, all, 0.05, macs / flops);
    let gap = Gap::split((&dense.parts, &dense.work), (&pruned.parts, &pruned.work)).expect("both computed something");
    let estimate = |value: f64| Estimate::with_interval(value, (value - 0.02, value + 0.02), "bootstrap-blocks", 15);
    Measured {
        case: CaseKind::Shape { batch, tokens },
        batches: 1,
        texts: batch,
        tokens: all,
        layout: Layout::Packed,
        spec: StrategySpec::parse(spec).expect("a spec"),
        removal,
        dense,
        pruned,
        speedup: estimate(clock),
        flops_reduction: flops,
        promise_kept: estimate(clock / flops),
        gap,
        blocks: Vec::new(),
        complete: true,
    }
}

/// Two cases with two strategies; one interval holds 1.
pub(crate) fn fixed_report() -> LatencyReport {
    let specs = ["power_bert:retention=0.5", "first_k:retention=0.5"];
    let plan = Plan::new(specs.map(|spec| StrategySpec::parse(spec).expect("a spec")).to_vec());
    let rows = vec![
        row((8, 128), specs[0], Removal::Removed, (0.2, 1.8, 1.7)),
        row((8, 128), specs[1], Removal::Removed, (0.2, 2.0, 1.9)),
        row((1, 32), specs[0], Removal::Removed, (0.008, 1.75, 1.01)),
        row((1, 32), specs[1], Removal::Removed, (0.008, 2.0, 1.6)),
    ];
    LatencyReport { machine: machine(), plan, rows, partial: false }
}

/// The same on a machine where others were at work.
pub(crate) fn busy_report() -> LatencyReport {
    let report = fixed_report();
    LatencyReport { machine: Machine { foreign_share: Some(0.3), ..report.machine }, ..report }
}
