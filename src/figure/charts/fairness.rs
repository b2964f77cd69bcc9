//! Group rows → the fairness figure: a table beside dots.

use crate::evaluation::GroupRow;
use crate::evaluation::HeadKind;
use crate::evaluation::Judgments;
use crate::evaluation::Measure;
use crate::evaluation::SizeClass;

use super::super::decided::Decided;
use super::super::describe::Axis;
use super::super::describe::Body;
use super::super::describe::Column;
use super::super::describe::DotRow;
use super::super::describe::Dots;
use super::super::describe::Figure;
use super::super::describe::Measured;
use super::super::describe::Notation;
use super::super::describe::Provenance;
use super::super::describe::Scale;
use super::super::number;
use super::fairness_rows::judged;
use super::fairness_rows::sort_rows;
use super::measured;
use super::sentence_case;

/// What the figure is made of.
#[derive(Clone, Debug)]
pub struct FairnessInput<'a> {
    /// The group column's name.
    pub group_column: &'a str,
    /// The measure shown.
    pub measure: Measure,
    /// What the model's outputs mean.
    pub head: HeadKind,
    /// All examples together.
    pub overall: Option<&'a GroupRow>,
    /// The groups.
    pub rows: &'a [GroupRow],
    /// Tests and verdicts of all texts and of every group.
    pub judgments: &'a Judgments,
    /// The strategy's id.
    pub strategy: &'a str,
    /// The strategy's settings, for the legend.
    pub strategy_name: &'a str,
    /// What readers must know of the method, where there is something.
    pub strategy_note: &'a str,
    /// Column and direction (descending) the rows are sorted by.
    pub sorted_by: (Column, bool),
    /// What the numbers rest on.
    pub basis: String,
    /// Lines below the rows, before the groups not shown: gaps.
    pub notes: Vec<String>,
    /// Where the numbers came from.
    pub provenance: Provenance,
}

/// Draws groups that can be estimated; lists the others with reason and count.
#[must_use]
pub fn fairness_figure(input: &FairnessInput<'_>) -> Figure {
    let decided = |row: &GroupRow| {
        if !input.measure.needs_labels() {
            return Some(Decided::Changed { texts: row.changed });
        }
        let judgment = if row.column.is_empty() {
            Some(&input.judgments.overall)
        } else {
            input.judgments.of_group(&row.column, &row.value)
        };
        judged(judgment?, input.measure)
    };
    let rows: Vec<DotRow> = input.rows.iter().map(|row| DotRow { decided: decided(row), ..dot_row(row) }).collect();
    let order = sort_rows(&rows, input.sorted_by);
    let shown = order.iter().filter(|&&index| input.rows[index].size.shows_rate()).map(|&index| rows[index].clone());
    let overall = input.overall.map(|row| DotRow { overall: true, decided: decided(row), ..dot_row(row) });
    let mut notes = input.notes.clone();
    if !input.measure.needs_labels() {
        notes.insert(0, "The dense model agrees with itself: 1 by definition".to_owned());
    }
    notes.extend(not_shown(input.rows, input.measure));
    let dots = Dots {
        group_label: sentence_case(input.group_column),
        count_label: count_label(input.measure).to_owned(),
        measure: measure_axis(input.measure),
        difference: difference_axis(input.measure),
        larger_is_better: input.measure.larger_is_better(),
        strategy: input.strategy.to_owned(),
        strategy_name: input.strategy_name.to_owned(),
        strategy_note: input.strategy_note.to_owned(),
        rows: overall.into_iter().chain(shown).collect(),
        sorted_by: Some(input.sorted_by),
        adjustment: if input.measure.needs_labels() {
            format!("holm over {} tests", input.judgments.family)
        } else {
            String::new()
        },
        notes,
    };
    Figure {
        title: title(input),
        subtitle: input.basis.clone(),
        body: Body::Dots(dots),
        caption: format!(
            "{}. Whiskers: 95% intervals. Change: pruned less dense on the same examples. \
             Gray: 10 to 29 examples, left out of gaps, or under 30 clusters. {}",
            input.measure.definition_for(input.head),
            legend_of_counts(input),
        ),
        provenance: input.provenance.clone(),
    }
}

fn title(input: &FairnessInput<'_>) -> String {
    let title = format!("{} by {}", input.measure.label(), input.group_column.replace('_', " "));
    if input.measure.needs_labels() { format!("{title}, dense and pruned") } else { title }
}

/// What the last columns are.
fn legend_of_counts(input: &FairnessInput<'_>) -> String {
    if !input.measure.needs_labels() {
        let changed = match input.head {
            HeadKind::Classifier => "Class changed: texts to which pruning gives another class, right or wrong.",
            HeadKind::MultiLabel => "Changed: texts to which pruning gives other labels, right or wrong.",
            HeadKind::Regression(_) => "Changed: texts whose number pruning moves by more than the tolerance.",
        };
        return changed.to_owned();
    }
    let Some(test) = input.judgments.overall.test(input.measure) else { return String::new() };
    let over = test.clusters.map(|count| format!(" over {count} clusters")).unwrap_or_default();
    let verdict = input.judgments.overall.verdict(input.measure);
    let tolerance = verdict.map(|verdict| format!(" Verdict: loss within {}.", verdict.tolerance)).unwrap_or_default();
    format!(
        "Harmed: dense right, pruned wrong; rescued: the reverse. p: {}{over}, adjusted by Holm over {} tests.{tolerance}",
        test.test, input.judgments.family,
    )
}

fn dot_row(row: &GroupRow) -> DotRow {
    DotRow {
        label: row.value.clone(),
        count: row.denominator,
        dense: measured(&row.dense),
        pruned: measured(&row.pruned),
        difference: measured(&row.difference),
        decided: None,
        remark: remark(row),
        faded: row.size < SizeClass::Small || row.pruned.interval_note().is_some(),
        overall: false,
    }
}

/// What makes the row's numbers weak: few texts, or few clusters among however many.
fn remark(row: &GroupRow) -> String {
    let size = match row.size {
        SizeClass::Wide => "n small",
        SizeClass::Small => "wide",
        SizeClass::Full => "",
        SizeClass::CountsOnly | SizeClass::NotEstimable => row.size.label(),
    };
    // "no interval: 5 clusters, at least 10 are needed": the first half is enough in a table.
    let note = row.pruned.interval_note().unwrap_or_default();
    let clusters = note.split(',').next().unwrap_or_default();
    [size, clusters].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}

/// What the denominator counts, in one word for the column head.
fn count_label(measure: Measure) -> &'static str {
    match measure {
        Measure::Tpr | Measure::Fnr => "positives",
        Measure::Fpr | Measure::Tnr => "negatives",
        Measure::Auc => "smaller class",
        _ => "n",
    }
}

fn not_shown(rows: &[GroupRow], measure: Measure) -> Vec<String> {
    let what = match count_label(measure) {
        "n" => "examples",
        "smaller class" => "examples of one class",
        other => other,
    };
    let listed = |class: SizeClass| -> Vec<String> {
        let few = rows.iter().filter(|row| row.size == class);
        few.map(|row| format!("{} {}", row.value, row.denominator)).collect()
    };
    let line = |names: &[String], reason: &str| {
        let groups = if names.len() == 1 { "group" } else { "groups" };
        format!("Not shown: {} {groups} {reason} ({})", names.len(), names.join(", "))
    };
    let (few, none) = (listed(SizeClass::CountsOnly), listed(SizeClass::NotEstimable));
    let mut notes = Vec::new();
    if !few.is_empty() {
        notes.push(line(&few, &format!("under 10 {what}")));
    }
    if !none.is_empty() {
        notes.push(line(&none, &format!("without {what}, not estimable")));
    }
    notes
}

/// Where values in a label's unit end on an axis.
const MOST: f64 = 1e12;

/// Whether values are in the label's unit.
fn has_unit(measure: Measure) -> bool {
    matches!(measure, Measure::MeanAbsoluteError | Measure::RootMeanSquaredError | Measure::MeanAbsoluteChange)
}

pub(super) fn measure_axis(measure: Measure) -> Axis {
    let limits = match measure {
        Measure::LogLoss => (0.0, 100.0),
        Measure::Pearson | Measure::Spearman => (-1.0, 1.0),
        measure if has_unit(measure) => (0.0, MOST),
        _ => (0.0, 1.0),
    };
    let label = measure.label().to_lowercase().replace("f1", "F1").replace("roc auc", "ROC AUC");
    let label = label.replace("pearson", "Pearson").replace("spearman", "Spearman");
    let label = if measure.larger_is_better() == Some(false) { format!("{label} (lower is better)") } else { label };
    Axis { label, column: measure.id().to_owned(), scale: Scale::Linear, notation: Notation::Plain, limits }
}

pub(super) fn difference_axis(measure: Measure) -> Axis {
    Axis {
        label: "pruned − dense".to_owned(),
        column: format!("{}_difference", measure.id()),
        scale: Scale::Linear,
        notation: Notation::Change,
        limits: match measure {
            Measure::Pearson | Measure::Spearman => (-2.0, 2.0),
            measure if has_unit(measure) => (-MOST, MOST),
            _ => (-1.0, 1.0),
        },
    }
}

/// A row's numbers in words, for tooltips and screen readers.
impl DotRow {
    /// "women, n 412: dense 0.893 [0.860, 0.919], pruned 0.871 [0.836, 0.900], change −0.022 [−0.044, 0.000]".
    #[must_use]
    pub fn sentence(&self, count_label: &str) -> String {
        let value = |measured: &Measured| match (measured.value, measured.interval) {
            (Some(value), Some(interval)) => format!("{} {}", number::rate(value), number::interval(interval)),
            (Some(value), None) => number::rate(value),
            (None, _) => format!("undefined ({})", measured.reason),
        };
        let change = match (self.difference.value, self.difference.interval) {
            (Some(value), Some(ends)) => format!("{} {}", number::change(value), number::change_interval(ends)),
            (Some(value), None) => number::change(value),
            (None, _) => format!("undefined ({})", self.difference.reason),
        };
        let count = number::count(self.count);
        let (dense, pruned) = (value(&self.dense), value(&self.pruned));
        let decided = self.decided.as_ref().map(|decided| format!(", {}", decided.sentence())).unwrap_or_default();
        format!("{}, {count_label} {count}: dense {dense}, pruned {pruned}, change {change}{decided}", self.label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::Estimate;
    use crate::evaluation::GroupName;
    use crate::evaluation::Judgment;
    use crate::evaluation::LossVerdict;
    use crate::evaluation::PairedTest;
    use crate::evaluation::Verdict;

    fn value(value: f64, n: usize) -> Estimate {
        Estimate::Value { value, interval: Some((value - 0.05, value + 0.05)), method: "wilson", n, clusters: None }
    }

    fn row(name: &str, n: usize, dense: f64, pruned: f64) -> GroupRow {
        let rated = |number: f64| match n {
            0..=9 => Estimate::Undefined { reason: format!("only {n} examples"), n },
            _ => value(number, n),
        };
        GroupRow {
            column: "gender".to_owned(),
            value: name.to_owned(),
            n,
            positives: n / 2,
            negatives: n - n / 2,
            denominator: n,
            dense: rated(dense),
            pruned: rated(pruned),
            difference: rated(pruned - dense),
            changed: 0,
            size: SizeClass::of(n),
        }
    }

    fn rows() -> Vec<GroupRow> {
        vec![
            row("women", 412, 0.893, 0.871),
            row("agender", 4, 0.0, 0.0),
            row("men", 405, 0.889, 0.886),
            row("non-binary", 21, 0.905, 0.857),
            row("unknown", 0, 0.0, 0.0),
        ]
    }

    /// Harmed in proportion to the size of the group; only the whole and women have a verdict.
    fn judgments() -> Judgments {
        let judgment = |name: Option<&str>, n: usize| Judgment {
            group: name.map(|value| GroupName { column: "gender".to_owned(), value: value.to_owned() }),
            tests: vec![PairedTest {
                part: "all",
                test: "mcnemar-mid-p",
                clusters: None,
                harmed: n / 40,
                rescued: 1,
                n,
                p: 0.0411,
                p_adjusted: 0.1644,
            }],
            verdicts: vec![LossVerdict {
                measure: Measure::Accuracy,
                tolerance: 0.01,
                loss: value(0.022, n),
                verdict: (n > 405).then_some(Verdict::Undecided),
                needs_more: (n > 405).then_some(1200),
            }],
        };
        Judgments {
            overall: judgment(None, 842),
            groups: rows().iter().map(|row| judgment(Some(&row.value), row.n)).collect(),
            family: 6,
        }
    }

    fn figure(sorted_by: (Column, bool)) -> Figure {
        let judgments = judgments();
        let (rows, overall) = (rows(), row("all", 842, 0.891, 0.878));
        fairness_figure(&FairnessInput {
            head: HeadKind::Classifier,
            group_column: "gender",
            measure: Measure::Accuracy,
            overall: Some(&overall),
            rows: &rows,
            judgments: &judgments,
            strategy: "power_bert",
            strategy_name: "power_bert",
            strategy_note: "score only, no adaptation",
            sorted_by,
            basis: "all 842 texts".to_owned(),
            notes: Vec::new(),
            provenance: Provenance::default(),
        })
    }

    fn labels(figure: &Figure) -> Vec<String> {
        let Body::Dots(dots) = &figure.body else { panic!("not a dot plot") };
        dots.rows.iter().map(|row| row.label.clone()).collect()
    }

    #[test]
    fn small_groups_are_listed_with_reason_and_count_and_not_plotted() {
        let figure = figure((Column::Group, false));
        assert_eq!(labels(&figure), ["all", "men", "non-binary", "women"], "plotted, all first");
        let Body::Dots(dots) = &figure.body else { panic!("not a dot plot") };
        assert_eq!(
            dots.notes,
            [
                "Not shown: 1 group under 10 examples (agender 4)",
                "Not shown: 1 group without examples, not estimable (unknown 0)"
            ],
            "listed"
        );
        assert!(dots.rows[2].faded && !dots.rows[1].faded, "10 to 29 are gray");
    }

    #[test]
    fn rows_sort_by_any_column_and_undefined_ones_come_last() {
        assert_eq!(labels(&figure((Column::Count, true))), ["all", "women", "men", "non-binary"], "by count, falling");
        assert_eq!(labels(&figure((Column::Difference, false)))[1], "non-binary", "the largest loss first");
        assert_eq!(labels(&figure((Column::Harmed, true)))[1], "women", "most texts harmed");
        assert_eq!(labels(&figure((Column::Verdict, true)))[1], "women", "the only verdict before none");
        let rows: Vec<DotRow> = rows().iter().map(dot_row).collect();
        for descending in [false, true] {
            let order = sort_rows(&rows, (Column::Pruned, descending));
            let last: Vec<&str> = order[3..].iter().map(|index| rows[*index].label.as_str()).collect();
            assert_eq!(last, ["agender", "unknown"], "undefined last, descending {descending}");
        }
    }

    #[test]
    fn few_clusters_are_told_beside_the_row() {
        let over = |count| GroupRow { pruned: value(0.9, 412).over_clusters(count), ..row("women", 412, 0.9, 0.9) };
        let none = Estimate::plain(0.9, 412).over_clusters(5);
        let too_few = dot_row(&GroupRow { pruned: none, ..over(5) });
        assert_eq!((too_few.remark.as_str(), too_few.faded), ("no interval: 5 clusters", true), "the reason");
        let few = dot_row(&over(29));
        assert_eq!((few.remark.as_str(), few.faded), ("few clusters: 29", true), "gray as well");
        let enough = dot_row(&over(30));
        assert_eq!((enough.remark.as_str(), enough.faded), ("", false), "nothing to say");
    }

    #[test]
    fn a_row_reads_as_a_sentence() {
        let figure = figure((Column::Group, false));
        let Body::Dots(dots) = &figure.body else { panic!("not a dot plot") };
        assert_eq!(
            dots.rows[3].sentence("n"),
            "women, n 412: dense 0.893 [0.843, 0.943], pruned 0.871 [0.821, 0.921], change −0.022 [−0.072, +0.028], \
             harmed 10, rescued 1, p 0.041 (adjusted 0.164), undecided: neither below nor above 0.01 is shown: about 1200 \
             more texts would decide",
            "all numbers, with intervals"
        );
    }
}
