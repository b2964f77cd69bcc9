//! An evaluation without labels as a table for the terminal: how far decisions agree with those of the dense model.

use crate::cli::bench_view::with_interval as ratio;
use crate::cli::evaluate_view::extreme;
use crate::cli::evaluate_view::table;
use crate::cli::evaluate_view::times;
use crate::cli::evaluate_view::with_interval;
use crate::evaluation::ColumnGaps;
use crate::evaluation::Estimate;
use crate::evaluation::Evaluated;
use crate::evaluation::Evaluation;
use crate::evaluation::HeadKind;
use crate::evaluation::Measure;
use crate::evaluation::SliceAudit;
use crate::evaluation::StrategyLatency;
use crate::evaluation::joined;
use crate::figure::number;

/// What the first column counts.
const AGREEMENT: &str = "agreement with dense [95%]";

/// One line for each strategy.
pub(super) fn strategies(evaluation: &Evaluation) -> String {
    let head = evaluation.prepared.head;
    let heads = [
        "strategy",
        AGREEMENT,
        changed(head),
        "kept",
        "FLOPs \u{f7}",
        "padded \u{f7}",
        "speed-up [95%]",
        "promise kept",
    ];
    let mut rows = vec![heads.map(str::to_owned)];
    rows.extend(evaluation.strategies.iter().map(|strategy| strategy_row(evaluation, strategy)));
    let left = match head {
        HeadKind::Classifier => "class pruning leaves as it was",
        HeadKind::MultiLabel => "set of labels pruning leaves as it was",
        HeadKind::Regression(_) => "number pruning leaves within the tolerance of what it was",
    };
    let why = format!(
        "no labels: agreement with dense is the share of texts whose {left}; that of dense is 1 by definition\n"
    );
    [&why, "\n", &table(&rows)].concat()
}

/// What is counted where an answer changed.
fn changed(head: HeadKind) -> &'static str {
    match head {
        HeadKind::Classifier => "class changed",
        HeadKind::MultiLabel => "labels changed",
        HeadKind::Regression(_) => "number changed",
    }
}

fn strategy_row(evaluation: &Evaluation, strategy: &Evaluated) -> [String; 8] {
    let spec = strategy.spec.to_string();
    let Some(audit) = &strategy.audit else {
        let mut cells: [String; 8] = std::array::from_fn(|_| String::new());
        [cells[0], cells[1]] = [spec, "stopped".to_owned()];
        return cells;
    };
    let overall = &audit.overall;
    let latency = evaluation.latency.as_ref().and_then(|latency| latency.of(&strategy.spec));
    let measured = |of: fn(&StrategyLatency) -> &Estimate| latency.map_or_else(String::new, |one| ratio(of(one)));
    [
        spec,
        agreement(overall),
        overall.changed.to_string(),
        number::rate(overall.cost.retention),
        number::significant(overall.cost.flops_reduction()),
        number::significant(overall.cost.flops_reduction_padded()),
        measured(|latency| &latency.speedup),
        measured(|latency| &latency.promise_kept),
    ]
}

fn agreement(slice: &SliceAudit) -> String {
    with_interval(slice.measure(Measure::Agreement).map(|row| &row.pruned))
}

/// One line for each group of a column.
pub(super) fn groups(
    slices: &[&SliceAudit],
    (column, head): (&str, HeadKind),
    latency: Option<&StrategyLatency>,
) -> String {
    let mut rows = vec![[column, "n", AGREEMENT, changed(head), "ms a text (dense)"].map(str::to_owned)];
    rows.extend(slices.iter().map(|slice| {
        [
            slice.group.as_ref().map(|group| group.value.clone()).unwrap_or_default(),
            slice.cost.items.to_string(),
            agreement(slice),
            slice.changed.to_string(),
            times(slice, latency),
        ]
    }));
    table(&rows)
}

/// How far groups lie apart, and which agrees least.
pub(super) fn gap_lines(column: &ColumnGaps) -> Vec<String> {
    let Some(gap) = column.gaps.iter().find(|gap| gap.measure == Measure::Agreement) else { return Vec::new() };
    let pruned = &gap.pruned;
    let chance = pruned.between_by_chance.map(|chance| format!("; equal groups: about {chance:.4} by chance"));
    vec![
        format!(
            "largest distance to all: {}; furthest: {}",
            with_interval(Some(&pruned.to_overall)),
            joined(&pruned.furthest),
        ),
        format!("largest minus smallest: {}{}", with_interval(Some(&pruned.between)), chance.unwrap_or_default()),
        format!("worst group: {}", extreme(&pruned.lowest)),
    ]
}
