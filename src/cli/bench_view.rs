//! A latency report as tables for the terminal.

use crate::cli::evaluate_view::table;
use crate::evaluation::Estimate;
use crate::evaluation::removal_label;
use crate::figure::number;
use crate::latency::LatencyReport;
use crate::latency::Measured;
use crate::latency::Timing;

/// One line for each case, layout and strategy; then where the time of each went.
pub(super) fn render(report: &LatencyReport) -> String {
    let mut text = String::new();
    if report.plan.head_rows_only {
        text.push_str("in the last layer only the rows that the head reads, dense and pruned alike\n\n");
    }
    let mut rows = vec![
        [
            "batch \u{d7} tokens",
            "layout",
            "strategy",
            "tokens",
            "dense ms [5%, 95%]",
            "pruned ms [5%, 95%]",
            "speed-up [95%]",
            "FLOPs \u{f7}",
            "promise kept [95%]",
            "rounds",
        ]
        .map(str::to_owned),
    ];
    rows.extend(report.rows.iter().map(speed_row));
    text.push_str(&table(&rows));
    text.push_str("\nwhere the time goes, in ms; gap = pruned less what the FLOPs promise, split by kind of work\n");
    let heads = ["", "", "", "", "total", "attention", "feed-forward", "scoring", "gathering", "other", "mix"];
    let mut rows = vec![heads.map(str::to_owned)];
    rows.extend(report.rows.iter().flat_map(part_rows));
    text.push_str(&table(&rows));
    text
}

fn speed_row(row: &Measured) -> [String; 10] {
    let rounds = if row.complete { "" } else { ", stopped" };
    [
        row.case.label(),
        row.layout.label().to_owned(),
        row.spec.to_string(),
        removal_label(row.removal).to_owned(),
        spread(&row.dense),
        spread(&row.pruned),
        with_interval(&row.speedup),
        number::significant(row.flops_reduction),
        with_interval(&row.promise_kept),
        format!("{}{rounds}", row.blocks.len()),
    ]
}

fn part_rows(row: &Measured) -> [[String; 11]; 3] {
    let heads = [row.case.label(), row.layout.label().to_owned(), row.spec.to_string()];
    let side = |heads: [String; 3], name: &str, timing: &Timing| {
        let cells = timing.parts.labelled().map(|(_, secs)| number::significant(1e3 * secs));
        let [attention, feed_forward, scoring, gathering, other] = cells;
        part_row(
            heads,
            name,
            [
                number::significant(1e3 * timing.median_secs),
                attention,
                feed_forward,
                scoring,
                gathering,
                other,
                String::new(),
            ],
        )
    };
    let signed = |secs: f64| format!("{:+.2}", 1e3 * secs);
    let [attention, feed_forward, scoring, gathering, other, mix] = row.gap.labelled().map(|(_, secs)| signed(secs));
    let gap = [signed(row.gap.gap_secs), attention, feed_forward, scoring, gathering, other, mix];
    [
        side(heads, "dense", &row.dense),
        side(Default::default(), "pruned", &row.pruned),
        part_row(Default::default(), "gap", gap),
    ]
}

fn part_row([case, layout, spec]: [String; 3], name: &str, cells: [String; 7]) -> [String; 11] {
    let [total, attention, feed_forward, scoring, gathering, other, mix] = cells;
    [case, layout, spec, name.to_owned(), total, attention, feed_forward, scoring, gathering, other, mix]
}

fn spread(timing: &Timing) -> String {
    let [median, low, high] =
        [timing.median_secs, timing.p5_secs, timing.p95_secs].map(|secs| number::significant(1e3 * secs));
    format!("{median} [{low}, {high}]")
}

pub(super) fn with_interval(estimate: &Estimate) -> String {
    let Some(value) = estimate.value() else { return "-".to_owned() };
    let interval = estimate.interval().map_or_else(String::new, |(low, high)| format!(" [{low:.2}, {high:.2}]"));
    format!("{value:.2}{interval}")
}
