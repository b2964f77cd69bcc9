//! How far groups lie apart, in sentences.

use crate::evaluation;
use crate::evaluation::Estimate;
use crate::evaluation::GroupRow;
use crate::evaluation::Measure;
use crate::figure::number;
use crate::metrics;

/// Gaps of dense and pruned: to all texts first, then largest minus smallest with what chance alone makes of it.
/// Groups under 30 stay out. Source: statistics.md c.2.
pub(crate) fn gap_lines(measure: Measure, overall: &GroupRow, rows: &[GroupRow]) -> Vec<String> {
    let used: Vec<&GroupRow> = rows.iter().filter(|row| row.size.joins_gaps()).collect();
    if used.len() < 2 {
        return vec!["No gap is given: it takes two groups with at least 30 examples".to_owned()];
    }
    let dense: Vec<Estimate> = used.iter().map(|row| row.dense.clone()).collect();
    let pruned: Vec<Estimate> = used.iter().map(|row| row.pruned.clone()).collect();
    let mut lines = Vec::new();
    let distance = |values: &[Estimate], all: &Estimate| {
        let gap = metrics::difference_to_overall(values, all).value()?;
        Some(format!("{} ({})", number::rate(gap), furthest(&used, values, all)?))
    };
    if let (Some(dense), Some(pruned)) = (distance(&dense, &overall.dense), distance(&pruned, &overall.pruned)) {
        lines.push(format!("Largest distance of a group to all texts: dense {dense}, pruned {pruned}"));
    }
    let range = |values: &[Estimate]| metrics::difference_between(values).value().map(number::rate);
    if let (Some(dense), Some(pruned)) = (range(&dense), range(&pruned)) {
        let chance = chance(measure, overall, &used).map(|chance| {
            format!("; {} groups of these sizes with equal rates give about {chance} by chance", used.len())
        });
        let line = format!("Largest minus smallest: dense {dense}, pruned {pruned}{}", chance.unwrap_or_default());
        lines.push(line);
    }
    lines
}

fn furthest(rows: &[&GroupRow], values: &[Estimate], all: &Estimate) -> Option<String> {
    let all = all.value()?;
    let distances = rows.iter().zip(values).filter_map(|(row, value)| Some((row, (value.value()? - all).abs())));
    let distances: Vec<(&&GroupRow, f64)> = distances.collect();
    let most = distances.iter().map(|(_, distance)| *distance).max_by(f64::total_cmp)?;
    // Equal but for rounding.
    let farthest = distances.iter().filter(|(_, distance)| most - distance < 1e-12);
    Some(evaluation::joined(&farthest.map(|(row, _)| row.value.clone()).collect::<Vec<_>>()))
}

/// What equal groups of these sizes would show; for shares of the denominator only.
fn chance(measure: Measure, overall: &GroupRow, rows: &[&GroupRow]) -> Option<String> {
    let is_share = matches!(
        measure,
        Measure::Accuracy | Measure::Tpr | Measure::Fpr | Measure::Fnr | Measure::Tnr | Measure::SelectionRate
    );
    let rate = overall.dense.value().filter(|_| is_share)?;
    let sizes: Vec<usize> = rows.iter().map(|row| row.denominator).collect();
    metrics::range_under_equality(&sizes, rate).map(number::rate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::SizeClass;

    fn row(name: &str, n: usize, dense: f64, pruned: f64) -> GroupRow {
        let value = |value: f64| Estimate::Value { value, interval: None, method: "wilson", n, clusters: None };
        GroupRow {
            column: "gender".to_owned(),
            value: name.to_owned(),
            n,
            positives: n / 2,
            negatives: n - n / 2,
            denominator: n,
            dense: value(dense),
            pruned: value(pruned),
            difference: value(pruned - dense),
            size: SizeClass::of(n),
        }
    }

    #[test]
    fn gaps_name_the_group_leave_small_ones_out_and_say_what_chance_makes() {
        let all = row("all", 720, 0.90, 0.85);
        let rows = [row("a", 500, 0.92, 0.88), row("b", 200, 0.89, 0.78), row("c", 20, 0.10, 0.10)];
        let lines = gap_lines(Measure::Accuracy, &all, &rows);
        assert_eq!(
            lines[0], "Largest distance of a group to all texts: dense 0.020 (a), pruned 0.070 (b)",
            "0.92 - 0.90 and 0.85 - 0.78; c has only 20"
        );
        assert!(lines[1].starts_with("Largest minus smallest: dense 0.030, pruned 0.100; 2 groups"), "{}", lines[1]);
        assert!(!gap_lines(Measure::F1, &all, &rows)[1].contains("chance"), "F1 is no share of a denominator");
    }

    #[test]
    fn groups_that_tie_are_all_named() {
        let all = row("all", 720, 0.90, 0.85);
        let rows = [row("Sikh", 100, 0.95, 0.80), row("Hindu", 200, 0.85, 0.85), row("Jewish", 90, 0.95, 0.90)];
        let lines = gap_lines(Measure::Accuracy, &all, &rows);
        assert_eq!(
            lines[0],
            "Largest distance of a group to all texts: dense 0.050 (Sikh, Hindu and Jewish), pruned 0.050 (Sikh and Jewish)",
            "0.05 either way"
        );
    }

    #[test]
    fn one_large_group_has_no_gap() {
        let rows = [row("a", 500, 0.92, 0.88), row("c", 20, 0.10, 0.10)];
        let lines = gap_lines(Measure::Accuracy, &row("all", 520, 0.90, 0.85), &rows);
        assert!(lines.len() == 1 && lines[0].starts_with("No gap"), "{lines:?}");
    }
}
