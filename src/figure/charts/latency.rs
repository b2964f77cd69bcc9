//! Measurements of time → the latency figure: what FLOPs promise, and what the clock says.

use crate::evaluation::removal_label;
use crate::latency::CaseKind;
use crate::latency::Measured;
use crate::latency::Timing;

use super::super::describe::Axis;
use super::super::describe::Body;
use super::super::describe::Figure;
use super::super::describe::Notation;
use super::super::describe::Provenance;
use super::super::describe::Scale;
use super::super::number;
use super::super::speedup_chart::SpeedupChart;
use super::super::speedup_chart::SpeedupRow;
use super::super::speedup_chart::TimeBar;
use super::measured;
use super::noted;

/// What the figure is made of.
#[derive(Clone, Debug)]
pub struct LatencyInput<'a> {
    /// The measurements, case by case.
    pub rows: &'a [Measured],
    /// Machine, threads, precision, load; and what was timed.
    pub basis: String,
    /// Lines below the rows: warnings.
    pub notes: Vec<String>,
    /// Where the numbers came from.
    pub provenance: Provenance,
}

/// Draws every measurement beside its promise; the dense pass begins each case.
#[must_use]
pub fn latency_figure(input: &LatencyInput<'_>) -> Figure {
    let mut rows: Vec<SpeedupRow> = Vec::new();
    for (index, row) in input.rows.iter().enumerate() {
        let case = case_label(row);
        if rows.last().is_none_or(|last| last.case != case) {
            let same = input.rows[index..].iter().take_while(|other| case_label(other) == case);
            rows.push(dense_row(case.clone(), &same.collect::<Vec<_>>()));
        }
        rows.push(pruned_row(case, row));
    }
    let mut notes = input.notes.clone();
    let said = noted(rows.iter().map(|row| (row.note.as_str(), row.name.as_str())));
    notes.extend((!said.is_empty()).then(|| said.trim().to_owned()));
    Figure {
        title: "Promised and measured speed-up".to_owned(),
        subtitle: input.basis.clone(),
        body: Body::Speedups(SpeedupChart { speed_up: speed_up_axis(), share: share_axis(), rows, notes }),
        caption: "Left: dense ÷ pruned, the tick from counted FLOPs, the marker from the medians of wall-clock times, with \
                  a 95% bootstrap interval over interleaved rounds. Right: the time of a pass by kind of work, as a share \
                  of the dense median; the tick is where it would end if time fell as FLOPs do."
            .to_owned(),
        provenance: input.provenance.clone(),
    }
}

fn speed_up_axis() -> Axis {
    Axis {
        label: "speed-up, dense ÷ pruned (log scale)".to_owned(),
        column: "speed_up".to_owned(),
        scale: Scale::Log,
        notation: Notation::Times,
        limits: (0.05, 10_000.0),
    }
}

fn share_axis() -> Axis {
    Axis {
        label: "time by kind of work, dense = 100%".to_owned(),
        column: "share".to_owned(),
        scale: Scale::Linear,
        notation: Notation::Percent,
        limits: (0.0, 100.0),
    }
}

/// "batch 8 × 128 tokens, packed".
fn case_label(row: &Measured) -> String {
    let layout = row.layout.label();
    match row.case {
        CaseKind::Shape { batch, tokens } => format!("batch {batch} × {tokens} tokens, {layout}"),
        CaseKind::Bucket { batch, from, to, .. } => format!("batch {batch} × {from}–{to} tokens, {layout}"),
    }
}

/// The dense passes of a case: the mean over those taken in turn with each strategy.
fn dense_row(case: String, same: &[&Measured]) -> SpeedupRow {
    let mean =
        |of: &dyn Fn(&Timing) -> f64| same.iter().map(|row| of(&row.dense)).sum::<f64>() / same.len().max(1) as f64;
    let parts = |index: usize| mean(&|timing| timing.parts.labelled()[index].1);
    let time = TimeBar {
        median: mean(&|timing| timing.median_secs),
        low: mean(&|timing| timing.p5_secs),
        high: mean(&|timing| timing.p95_secs),
        parts: std::array::from_fn(parts),
    };
    SpeedupRow {
        case,
        id: "dense".to_owned(),
        name: "dense".to_owned(),
        note: String::new(),
        spec: "dense".to_owned(),
        removal: String::new(),
        time,
        dense: time,
        speed_up: Default::default(),
        flops_reduction: None,
        tokens_per_second: mean(&|timing| timing.tokens_per_sec),
        gap: String::new(),
        remark: String::new(),
    }
}

fn pruned_row(case: String, row: &Measured) -> SpeedupRow {
    let spec = &row.spec;
    let speed_up = measured(&row.speedup);
    let mut remarks = Vec::new();
    if !speed_up.reason.is_empty() {
        remarks.push(format!("No speed-up: {}", speed_up.reason));
    } else if speed_up.interval.is_none() {
        remarks.push("Too few rounds for an interval".to_owned());
    } else if speed_up.interval.is_some_and(|(low, high)| low <= 1.0 && high >= 1.0) {
        remarks.push("Undecided: the interval holds 1".to_owned());
    }
    if !row.complete {
        remarks.push("Stopped before all rounds were measured".to_owned());
    }
    SpeedupRow {
        case,
        id: spec.id().to_owned(),
        name: spec.short_name(),
        note: spec.info().note().unwrap_or_default().to_owned(),
        spec: spec.to_string(),
        removal: removal_label(row.removal).to_owned(),
        time: time_bar(&row.pruned),
        dense: time_bar(&row.dense),
        speed_up,
        flops_reduction: Some(row.flops_reduction),
        tokens_per_second: row.pruned.tokens_per_sec,
        gap: gap_line(row),
        remark: remarks.join(". "),
    }
}

fn time_bar(timing: &Timing) -> TimeBar {
    TimeBar {
        median: timing.median_secs,
        low: timing.p5_secs,
        high: timing.p95_secs,
        parts: timing.parts.labelled().map(|(_, seconds)| seconds),
    }
}

/// "0.81 ms longer than promised: attention +0.30 ms, …".
fn gap_line(row: &Measured) -> String {
    let gap = &row.gap;
    let direction = if gap.gap_secs < 0.0 { "shorter" } else { "longer" };
    let signed = |seconds: f64| {
        let text = number::duration(seconds.abs());
        let sign = if text == number::duration(0.0) {
            ""
        } else if seconds < 0.0 {
            "−"
        } else {
            "+"
        };
        format!("{sign}{text}")
    };
    let terms = gap.labelled().map(|(name, seconds)| format!("{name} {}", signed(seconds)));
    format!("{} {direction} than FLOPs say: {}", number::duration(gap.gap_secs.abs()), terms.join(", "))
}
