//! An evaluation as a table for the terminal.

use crate::cli::bench_view::with_interval as ratio;
use crate::cli::evaluate_unlabelled;
use crate::cli::shown;
use crate::data::SampleKind;
use crate::evaluation::ColumnGaps;
use crate::evaluation::Compute;
use crate::evaluation::Estimate;
use crate::evaluation::Evaluated;
use crate::evaluation::Evaluation;
use crate::evaluation::Extreme;
use crate::evaluation::HeadKind;
use crate::evaluation::Measure;
use crate::evaluation::SliceAudit;
use crate::evaluation::StrategyLatency;
use crate::evaluation::joined;
use crate::figure::number;

/// One line for each strategy, then one table for each group column.
pub(super) fn render(evaluation: &Evaluation) -> String {
    let prepared = &evaluation.prepared;
    let (name, texts, labelled) = (&prepared.index.name, prepared.total(), prepared.labelled());
    let mut text = format!("{name}: {texts} texts, {labelled} with a label\n");
    if prepared.index.sample.kind != SampleKind::All {
        text.push_str(&["sample: ", &prepared.index.sample.to_string(), "\n"].concat());
    }
    text.push_str(&basis(evaluation));
    text.push_str(&strategies(evaluation));
    if let Some(share) = evaluation.shared.share().filter(|share| *share > 0.0) {
        let percent = 100.0 * share;
        let line = format!("layers shared by several strategies saved {percent:.1}% of the work of this evaluation");
        text.push_str(&["\n", &line, "\n"].concat());
    }
    for column in &prepared.index.groups {
        for strategy in &evaluation.strategies {
            let latency = evaluation.latency.as_ref().and_then(|latency| latency.of(&strategy.spec));
            group_table(&mut text, strategy, (&column.name, prepared.head), latency);
        }
    }
    text
}

fn strategies(evaluation: &Evaluation) -> String {
    if !evaluation.prepared.main_measure().needs_labels() {
        return evaluate_unlabelled::strategies(evaluation);
    }
    let [first, second, third] = measures(evaluation.prepared.head).map(|(_, name)| name);
    let mut rows = vec![
        [
            "strategy",
            "accuracy [95%]",
            "change [95%]",
            first,
            second,
            third,
            "kept",
            "FLOPs \u{f7}",
            "padded \u{f7}",
            "speed-up [95%]",
            "promise kept",
        ]
        .map(str::to_owned),
    ];
    rows.extend(evaluation.strategies.iter().map(|strategy| strategy_row(evaluation, strategy)));
    ["\n", &table(&rows)].concat()
}

/// The measures beside accuracy that have a column; files have all of them.
fn measures(head: HeadKind) -> [(Measure, &'static str); 3] {
    match head {
        HeadKind::Classifier => [(Measure::F1, "F1"), (Measure::LogLoss, "log loss"), (Measure::Auc, "AUC")],
        HeadKind::MultiLabel => {
            [(Measure::LabelAccuracy, "label-wise"), (Measure::MicroF1, "micro F1"), (Measure::MacroF1, "macro F1")]
        }
        HeadKind::Regression(_) => [
            (Measure::MeanAbsoluteError, "MAE"),
            (Measure::RootMeanSquaredError, "RMSE"),
            (Measure::Spearman, "Spearman"),
        ],
    }
}

/// What right and positive mean, and what intervals and tests rest on.
fn basis(evaluation: &Evaluation) -> String {
    let prepared = &evaluation.prepared;
    let positive = if prepared.is_binary() {
        let what = if prepared.head == HeadKind::MultiLabel { "label" } else { "class" };
        format!("{what} of interest (positive): {}\n", prepared.positive_name())
    } else {
        String::new()
    };
    let clusters = prepared.cluster_line().map(|line| format!("{line}\n")).unwrap_or_default();
    let right = prepared.right_line(evaluation.tolerance()).map(|line| format!("{line}\n")).unwrap_or_default();
    format!("{right}{positive}{clusters}")
}

fn strategy_row(evaluation: &Evaluation, strategy: &Evaluated) -> [String; 11] {
    let spec = strategy.spec.to_string();
    let Some(audit) = &strategy.audit else {
        let mut cells: [String; 11] = std::array::from_fn(|_| String::new());
        [cells[0], cells[1]] = [spec, "stopped".to_owned()];
        return cells;
    };
    let overall = &audit.overall;
    let [first, second, third] = measures(evaluation.prepared.head).map(|(measure, _)| measure);
    let of = |measure: Measure| overall.measure(measure).map(|row| row.pruned.clone());
    let change = overall.measure(Measure::Accuracy).map(|row| &row.change);
    let is_dense = strategy.spec.id() == "dense";
    let latency = evaluation.latency.as_ref().and_then(|latency| latency.of(&strategy.spec));
    let measured = |of: fn(&StrategyLatency) -> &Estimate| latency.map_or_else(String::new, |one| ratio(of(one)));
    [
        spec,
        with_interval(of(Measure::Accuracy).as_ref()),
        if is_dense { String::new() } else { signed_with_interval(change) },
        plain(of(first).as_ref()),
        plain(of(second).as_ref()),
        plain(of(third).as_ref()),
        number::rate(overall.cost.retention),
        number::significant(overall.cost.flops_reduction()),
        number::significant(overall.cost.flops_reduction_padded()),
        measured(|latency| &latency.speedup),
        measured(|latency| &latency.promise_kept),
    ]
}

fn group_table(
    text: &mut String,
    strategy: &Evaluated,
    (column, head): (&str, HeadKind),
    latency: Option<&StrategyLatency>,
) {
    let Some(audit) = strategy.audit.as_ref().filter(|_| strategy.spec.id() != "dense") else { return };
    let of_column = |slice: &&SliceAudit| slice.group.as_ref().is_some_and(|group| group.column == column);
    let mut rows = vec![
        [
            column,
            "n",
            "dense [95%]",
            "pruned [95%]",
            "change [95%]",
            "harmed",
            "rescued",
            "verdict",
            "ms a text (dense)",
        ]
        .map(str::to_owned),
    ];
    let slices: Vec<&SliceAudit> = audit.groups.iter().filter(of_column).collect();
    rows.extend(slices.iter().map(|slice| group_row(slice, latency)));
    let has_labels = audit.overall.n > 0;
    let shown = if has_labels { table(&rows) } else { evaluate_unlabelled::groups(&slices, (column, head), latency) };
    text.push_str(&["\n", &strategy.spec.to_string(), "\n", &shown].concat());
    let of_column = audit.gaps.iter().find(|gaps| gaps.column == column);
    let lines = if has_labels { gap_lines } else { evaluate_unlabelled::gap_lines };
    for line in of_column.into_iter().flat_map(lines) {
        text.push_str(&["  ", &line, "\n"].concat());
    }
}

fn group_row(slice: &SliceAudit, latency: Option<&StrategyLatency>) -> [String; 9] {
    let accuracy = slice.measure(Measure::Accuracy);
    let test = slice.tests.first();
    let verdict = slice.verdicts.first();
    [
        slice.group.as_ref().map(|group| group.value.clone()).unwrap_or_default(),
        slice.n.to_string(),
        with_interval(accuracy.map(|row| &row.dense)),
        with_interval(accuracy.map(|row| &row.pruned)),
        signed_with_interval(accuracy.map(|row| &row.change)),
        test.map_or_else(String::new, |test| test.harmed.to_string()),
        test.map_or_else(String::new, |test| test.rescued.to_string()),
        verdict.map_or("", |verdict| verdict.label()).to_owned(),
        times(slice, latency),
    ]
}

/// Milliseconds of a text, pruned and dense, where they were measured.
pub(super) fn times(slice: &SliceAudit, latency: Option<&StrategyLatency>) -> String {
    let compute = latency.and_then(|latency| latency.groups.iter().find(|compute| compute.group == slice.group));
    let times = |compute: &Compute| {
        let [own, dense] = [compute.secs, compute.dense_secs].map(|secs| number::significant(1e3 * secs));
        format!("{own} ({dense})")
    };
    compute.map_or_else(String::new, times)
}

/// How far groups lie apart in accuracy, which is worst, and equalized odds.
fn gap_lines(column: &ColumnGaps) -> Vec<String> {
    let Some(gap) = column.gaps.iter().find(|gap| gap.measure == Measure::Accuracy) else { return Vec::new() };
    let three = |dense: &Estimate, pruned: &Estimate, change: &Estimate| {
        let [dense, pruned] = [dense, pruned].map(|estimate| with_interval(Some(estimate)));
        format!("dense {dense}, pruned {pruned}, change {}", signed_with_interval(Some(change)))
    };
    let (dense, pruned, change) = (&gap.dense, &gap.pruned, &gap.change);
    let chance = pruned.between_by_chance.map(|chance| format!("; equal groups: about {chance:.4} by chance"));
    let chance = chance.unwrap_or_default();
    let mut lines = vec![
        format!(
            "largest distance to all: {}; furthest pruned: {}",
            three(&dense.to_overall, &pruned.to_overall, &change.to_overall),
            joined(&pruned.furthest),
        ),
        format!("largest minus smallest: {}{chance}", three(&dense.between, &pruned.between, &change.between)),
    ];
    lines.push(format!("worst group: {}; loses most: {}", extreme(&pruned.lowest), extreme(&gap.worst_loss)));
    if column.equalized_odds_dense.value().is_some() {
        let (dense, pruned) = (&column.equalized_odds_dense, &column.equalized_odds_pruned);
        lines.push(format!("equalized odds difference: {}", three(dense, pruned, &column.equalized_odds_change)));
    }
    lines
}

/// All groups that tie, with their value; or why none is named.
pub(super) fn extreme(extreme: &Extreme) -> String {
    if let Some(reason) = extreme.value.reason() {
        return format!("not given ({reason})");
    }
    let each = if extreme.groups.len() > 1 { " each" } else { "" };
    format!("{}, {}{each}", extreme.names(), with_interval(Some(&extreme.value)))
}

fn plain(estimate: Option<&Estimate>) -> String {
    estimate.and_then(Estimate::value).map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"))
}

pub(super) fn with_interval(estimate: Option<&Estimate>) -> String {
    let interval = estimate.and_then(Estimate::interval);
    let interval = interval.map_or_else(String::new, |(low, high)| format!(" [{low:.3}, {high:.3}]"));
    format!("{}{interval}", plain(estimate))
}

pub(super) fn signed_with_interval(estimate: Option<&Estimate>) -> String {
    let Some(value) = estimate.and_then(Estimate::value) else { return "-".to_owned() };
    let interval = estimate.and_then(Estimate::interval);
    let interval = interval.map_or_else(String::new, |(low, high)| format!(" [{low:+.3}, {high:+.3}]"));
    format!("{value:+.4}{interval}")
}

/// Columns as wide as their widest cell; the last line of a cell is not padded.
pub(super) fn table<const N: usize>(rows: &[[String; N]]) -> String {
    // Names of groups and columns are a stranger's: they neither break the lines nor fill the screen.
    let rows: Vec<[String; N]> = rows.iter().map(|row| row.each_ref().map(|cell| shown::cell(cell))).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_line_up() {
        let rows = [["a", "b"], ["long", "c"]].map(|row| row.map(str::to_owned));
        assert_eq!(table(&rows), "a     b\nlong  c\n", "two spaces between columns, none at the end");
        let rows = [["a", "b"], ["two\nlines", "\u{1b}[2J"]].map(|row| row.map(str::to_owned));
        assert_eq!(table(&rows), "a          b\ntwo lines  \\u{1b}[2J\n", "a break is a blank, an escape is seen");
    }
}
