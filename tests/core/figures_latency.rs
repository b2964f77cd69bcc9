//! A latency figure of fixed numbers: nothing here was measured.

use prunescope::figure::Axis;
use prunescope::figure::Body;
use prunescope::figure::Figure;
use prunescope::figure::Measured;
use prunescope::figure::Notation;
use prunescope::figure::Provenance;
use prunescope::figure::Scale;
use prunescope::figure::SpeedupChart;
use prunescope::figure::SpeedupRow;
use prunescope::figure::TimeBar;

fn bar(seconds: f64, shares: [f64; 5]) -> TimeBar {
    TimeBar { median: seconds, low: seconds * 0.97, high: seconds * 1.12, parts: shares.map(|share| share * seconds) }
}

fn dense(case: &str, seconds: f64) -> SpeedupRow {
    let time = bar(seconds, [0.42, 0.55, 0.0, 0.0, 0.03]);
    SpeedupRow {
        case: case.to_owned(),
        id: "dense".to_owned(),
        name: "dense".to_owned(),
        note: String::new(),
        spec: "dense".to_owned(),
        removal: String::new(),
        time,
        dense: time,
        speed_up: Measured::default(),
        flops_reduction: None,
        tokens_per_second: 1024.0 / seconds,
        gap: String::new(),
        remark: String::new(),
    }
}

fn pruned(begin: &SpeedupRow, (id, setting): (&str, &str), flops: f64, (clock, half): (f64, f64)) -> SpeedupRow {
    let seconds = begin.time.median / clock;
    SpeedupRow {
        id: id.to_owned(),
        name: format!("{id} · {setting}"),
        note: if id == "ltp" { "score only, no adaptation" } else { "" }.to_owned(),
        spec: format!("{id}:{}", setting.replace(' ', "=")),
        removal: if id == "tome" { "merged" } else { "removed" }.to_owned(),
        time: bar(seconds, [0.40, 0.44, 0.08, 0.04, 0.04]),
        speed_up: Measured {
            value: Some(clock),
            interval: Some((clock - half, clock + half)),
            method: "bootstrap".to_owned(),
            n: 15,
            reason: String::new(),
        },
        flops_reduction: Some(flops),
        tokens_per_second: 1024.0 / seconds,
        remark: if clock - half < 1.0 { "Undecided: the interval holds 1" } else { "" }.to_owned(),
        ..begin.clone()
    }
}

/// Two cases; in the second one the promise is broken, and one interval holds 1.
pub(crate) fn latency() -> Figure {
    let (one, two) = (dense("batch 8 × 128 tokens, packed", 0.2143), dense("batch 1 × 32 tokens, packed", 0.0071));
    let of = |begin: &SpeedupRow, broken: f64| {
        vec![
            begin.clone(),
            pruned(begin, ("power_bert", "retention 0.4"), 1.72, (1.72 * 0.95 * broken, 0.03)),
            pruned(begin, ("tome", "r 8"), 1.35, (1.35 * 0.9 * broken, 0.02)),
            pruned(begin, ("ltp", "theta_final 0.006"), 2.6, (2.6 * 0.93 * broken, 0.25)),
        ]
    };
    let axis = |label: &str, column: &str, scale, notation, limits| Axis {
        label: label.to_owned(),
        column: column.to_owned(),
        scale,
        notation,
        limits,
    };
    Figure {
        title: "Promised and measured speed-up".to_owned(),
        subtitle: "Some CPU, 2 of 2 cores, AVX2, f32; made-up texts".to_owned(),
        body: Body::Speedups(SpeedupChart {
            speed_up: axis(
                "speed-up, dense ÷ pruned (log scale)",
                "speed_up",
                Scale::Log,
                Notation::Times,
                (0.05, 10_000.0),
            ),
            share: axis("time by kind of work, dense = 100%", "share", Scale::Linear, Notation::Percent, (0.0, 100.0)),
            rows: [of(&one, 1.0), of(&two, 0.82)].concat(),
            notes: vec!["The machine was busy: 12% of its time went to others".to_owned()],
        }),
        caption: "Ticks: what counted FLOPs promise. Markers: medians with 95% intervals.".to_owned(),
        provenance: Provenance {
            model: "tiny-model".to_owned(),
            data: "tiny-data.csv".to_owned(),
            version: String::new(),
        },
    }
}
