//! Agreement with the dense model: counted by hand, over clusters, with and without labels.

use std::fmt::Write as _;
use std::path::Path;
use std::path::PathBuf;

use prunescope::data;
use prunescope::data::ReadOptions;
use prunescope::evaluation;
use prunescope::evaluation::Draws;
use prunescope::evaluation::Measure;
use prunescope::evaluation::Picked;
use prunescope::evaluation::Prepared;
use prunescope::evaluation::StrategyRun;
use prunescope::jobs::Ticket;
use prunescope::model::Checkpoint;
use prunescope::pruning::StrategySpec;

/// The fixtures give every text the same class; this one tells them apart.
fn sample_model() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_models/sentiment-minilm-l6")
}

struct Runs {
    prepared: Prepared,
    dense: StrategyRun,
    pruned: StrategyRun,
}

/// 72 texts in 12 threads and two groups; the first `labelled` of them have a label.
fn runs(folder: &Path, labelled: usize, with_clusters: bool) -> Runs {
    let (good, bad) = (["lovely", "great", "a joy", "fine"], ["awful", "a bore", "bad", "dull"]);
    let mut text = format!("text,label,group,{}\n", if with_clusters { "thread" } else { "number" });
    for row in 0..72 {
        let label = if row < labelled { ["negative", "positive"][row % 2] } else { "" };
        let (word, other) = if row % 4 < 2 { (good[row % 4], bad[row % 3]) } else { (bad[row % 4], good[row % 3]) };
        // The word that counts stands early or behind its opposite, so that the first tokens are not enough.
        let words = match row % 3 {
            0 => format!("{word} is what film {row} was for the crowd that came to see it"),
            1 => format!("The crowd came to see film {row} and after two hours they found it {word}"),
            _ => format!("Film {row} was said to be {other} but for the crowd it was anything but that: {word}"),
        };
        let thread = if with_clusters { row / 6 } else { row };
        writeln!(text, "{words},{label},{},t{thread}", ["men", "women"][(row / 3) % 2]).expect("a line");
    }
    let path = folder.join("texts.csv");
    std::fs::write(&path, text).expect("a file");
    let some = |name: &str| Some(name.to_owned());
    let options = ReadOptions {
        group_columns: Some(vec!["group".to_owned()]),
        cluster_column: if with_clusters { some("thread") } else { None },
        ..ReadOptions::default()
    };
    let dataset = data::read(&path, &options).expect("it reads");
    let checkpoint = Checkpoint::load(&sample_model()).expect("the sample model loads");
    let ticket = Ticket::detached();
    let (prepared, chunk) = evaluation::prepare(&ticket, &checkpoint, &dataset, None).expect("it fits");
    let run = |spec: &str| {
        let spec = StrategySpec::parse(spec).expect("known");
        evaluation::run_strategy(&ticket, &checkpoint, (&prepared, &chunk), &spec, |_| {}).expect("it runs")
    };
    let (dense, pruned) = (run("dense"), run("first_k:retention=0.3"));
    Runs { prepared, dense, pruned }
}

fn same(runs: &Runs, items: impl Iterator<Item = usize>) -> (usize, usize) {
    let (dense, pruned) = (runs.dense.results.predictions(), runs.pruned.results.predictions());
    let all: Vec<bool> = items.map(|item| dense[item] == pruned[item]).collect();
    (all.iter().filter(|&&same| same).count(), all.len())
}

#[test]
fn agreement_is_the_share_of_unchanged_classes_whatever_is_labelled() {
    let folder = tempfile::tempdir().unwrap();
    for labelled in [0, 24, 72] {
        let runs = runs(folder.path(), labelled, false);
        let (kept, n) = same(&runs, 0..72);
        assert!(kept < n && kept > 0, "some change and some do not: {kept}");
        let row = evaluation::overall_row(&runs.prepared, &runs.dense, &runs.pruned, Measure::Agreement);
        assert_eq!((row.n, row.denominator, row.changed), (72, 72, n - kept), "all texts, {labelled} labelled");
        assert_eq!(row.pruned, prunescope::metrics::wilson(kept, n), "a rate with Wilson's interval");
        assert_eq!((row.dense.value(), row.dense.interval()), (Some(1.0), None), "dense by definition");
        let (low, high) = row.pruned.interval().unwrap();
        assert_eq!(row.difference.interval(), Some((low - 1.0, high - 1.0)), "what is missing to all of it");
        let groups = evaluation::group_rows(&runs.prepared, &runs.dense, &runs.pruned, 0, Measure::Agreement);
        for (value, group) in groups.iter().enumerate() {
            let (kept, n) = same(&runs, runs.prepared.members(0, value).into_iter());
            assert_eq!((group.pruned.value(), group.n), (Some(kept as f64 / n as f64), n), "{}", group.value);
        }
        let summary = evaluation::summarize(&runs.prepared, &runs.dense, &runs.pruned);
        assert_eq!((&summary.agreement, summary.changed), (&row.pruned, n - kept), "the sweep's is the same");
        let dense = evaluation::summarize(&runs.prepared, &runs.dense, &runs.dense);
        assert_eq!((dense.agreement.value(), dense.agreement.interval()), (Some(1.0), None), "of dense no estimate");
    }
}

#[test]
fn intervals_of_agreement_respect_clusters() {
    let folder = tempfile::tempdir().unwrap();
    let runs = runs(folder.path(), 0, true);
    let row = evaluation::overall_row(&runs.prepared, &runs.dense, &runs.pruned, Measure::Agreement);
    assert_eq!(row.pruned.clusters(), Some(12), "threads");
    assert_eq!(row.pruned.method(), Some("wilson-clustered"), "not as if texts were independent");
}

#[test]
fn without_labels_an_audit_names_agreement_and_nothing_that_needs_labels() {
    let folder = tempfile::tempdir().unwrap();
    let runs = runs(folder.path(), 0, false);
    let draws = Draws { count: 200, seed: 1 };
    let ticket = Ticket::detached();
    let audit = evaluation::audit(&ticket, &runs.prepared, &runs.dense, &runs.pruned, draws).unwrap();
    let row = evaluation::overall_row(&runs.prepared, &runs.dense, &runs.pruned, Measure::Agreement);
    let measures: Vec<Measure> = audit.overall.measures.iter().map(|compared| compared.measure).collect();
    assert_eq!(measures, [Measure::Agreement], "one measure");
    assert_eq!(audit.overall.measures[0].pruned, row.pruned, "the window's number");
    assert_eq!(audit.overall.changed, row.changed, "and count");
    assert_eq!(audit.overall.decisions.flips.value(), Some(row.changed as f64 / 72.0), "flips need no labels either");
    assert!(audit.overall.tests.is_empty() && audit.overall.verdicts.is_empty() && audit.family == 0, "no tests");
    let gap = &audit.gaps[0].gaps[0];
    assert_eq!((audit.gaps[0].gaps.len(), gap.measure), (1, Measure::Agreement), "gaps of agreement");
    assert_eq!(gap.dense.between.value(), Some(0.0), "dense groups do not lie apart");
    let values: Vec<f64> = audit.groups.iter().map(|group| group.measures[0].pruned.value().unwrap()).collect();
    let range = (values[0] - values[1]).abs();
    assert!((gap.pruned.between.value().unwrap() - range).abs() < 1e-12, "largest minus smallest");
    let (low, high) = gap.pruned.between.interval().expect("it has an interval");
    assert!(low <= range && range <= high, "around it: {low} to {high}");
    let worst = evaluation::worst_group(&ticket, &runs.prepared, &runs.dense, &runs.pruned).unwrap();
    assert_eq!(worst.expect("two groups").1.groups, gap.pruned.lowest.groups, "the sweep's worst group is the same");
    let whole = evaluation::audit(&ticket, &runs.prepared, &runs.dense, &runs.dense, draws).unwrap();
    assert_eq!(whole.overall.measures[0].pruned.interval(), None, "dense agrees with itself by definition");
}

#[test]
fn every_count_of_a_group_table_has_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    let runs = runs(folder.path(), 60, true);
    let (prepared, both) = (&runs.prepared, (&runs.dense, &runs.pruned));
    let judgments = evaluation::judge(&Ticket::detached(), prepared, both.0, both.1, 0).unwrap();
    let (dense, pruned) = (both.0.results.predictions(), both.1.results.predictions());
    let mut seen = 0;
    for measure in Measure::ALL {
        let whole = evaluation::overall_row(prepared, both.0, both.1, measure);
        let groups = evaluation::group_rows(prepared, both.0, both.1, 0, measure);
        let rows = groups.iter().enumerate().map(|(value, row)| (row, Some((0, value))));
        for (row, group) in rows.chain([(&whole, None)]) {
            let rows = |picked| evaluation::picked_rows(prepared, both, group, measure, picked);
            let of = format!("{} of {}", measure.id(), row.value);
            assert_eq!(rows(Picked::Counted).len(), row.denominator, "{of}");
            assert_eq!(rows(Picked::Changed).len(), row.changed, "{of}");
            let judgment = match group {
                Some(_) => judgments.of_group(&row.column, &row.value).expect("it is judged"),
                None => &judgments.overall,
            };
            let test = judgment.test(measure).expect("two classes have all tests");
            let (harmed, rescued) = (rows(Picked::Harmed), rows(Picked::Rescued));
            if measure.needs_labels() {
                assert_eq!((harmed.len(), rescued.len()), (test.harmed, test.rescued), "{of}");
                seen += harmed.len();
            }
            // Every row is an item here, in the same order.
            let is_right = |row: usize, classes: &[u32]| prepared.label(row) == Some(classes[row] as usize);
            assert!(
                !measure.needs_labels() || harmed.iter().all(|&row| is_right(row, dense) && !is_right(row, pruned)),
                "{of}: dense right and pruned wrong"
            );
        }
    }
    assert!(seen > 0, "something is harmed");
}

#[test]
fn the_window_judges_as_an_audit_does() {
    let folder = tempfile::tempdir().unwrap();
    for with_clusters in [false, true] {
        let runs = runs(folder.path(), 72, with_clusters);
        let draws = Draws { count: 100, seed: 5 };
        let ticket = Ticket::detached();
        let audit = evaluation::audit(&ticket, &runs.prepared, &runs.dense, &runs.pruned, draws).unwrap();
        let judged = evaluation::judge(&ticket, &runs.prepared, &runs.dense, &runs.pruned, draws.seed).unwrap();
        assert_eq!(judged.family, audit.family, "the same number of tests");
        let pairs = judged.groups.iter().zip(&audit.groups).chain([(&judged.overall, &audit.overall)]);
        for (judgment, slice) in pairs {
            assert_eq!((&judgment.group, &judgment.tests), (&slice.group, &slice.tests), "p, adjusted over all");
            assert_eq!(judgment.verdicts, slice.verdicts, "verdicts");
        }
    }
}
