//! The group table against what `evaluate` says, its counts and their texts, agreement where nothing is labelled, and the
//! class of interest.

use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;

use egui::Key;
use egui::Modifiers;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::NodeT as _;
use egui_kittest::kittest::Queryable as _;
use prunescope::app::WindowOptions;
use prunescope::data::ChunkSize;
use prunescope::data::DataStream;
use prunescope::data::ReadOptions;
use prunescope::evaluation;
use prunescope::evaluation::Answer;
use prunescope::evaluation::Audit;
use prunescope::evaluation::Draws;
use prunescope::evaluation::EvaluateOptions;
use prunescope::evaluation::FinishedRows;
use prunescope::evaluation::Measure;
use prunescope::evaluation::SliceAudit;
use prunescope::figure::number;
use prunescope::jobs::Ticket;
use prunescope::model::Checkpoint;
use prunescope::pruning::StrategySpec;

use crate::plots_support::Window;
use crate::plots_support::open;
use crate::plots_support::options;
use crate::plots_support::settle;
use crate::plots_support::small_data;
use crate::view;

const SIZE: [f32; 2] = [1680.0, 1050.0];
const SPEC: &str = "first_k:retention=0.4";

/// Every ninth text of the sample set, with its templates as clusters.
fn sample(folder: &Path) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data/identity-sentiment.csv");
    let text = std::fs::read_to_string(path).expect("the sample set is bundled");
    let (head, rows) = text.split_once('\n').expect("rows");
    let rows: Vec<&str> = rows.lines().step_by(9).collect();
    let path = folder.join("sample.csv");
    std::fs::write(&path, format!("{head}\n{}\n", rows.join("\n"))).expect("a file in the test's folder");
    path
}

fn fairness(data: PathBuf) -> WindowOptions {
    WindowOptions { strategies: vec![SPEC.to_owned()], ..options(view("fairness"), data) }
}

/// Ids with the class that dense and pruned give, and the label.
type Decisions = Vec<(String, [usize; 2], Option<usize>)>;

/// What `evaluate` computes of the file.
fn evaluated(data: &Path) -> (Audit, Decisions) {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_models/sentiment-minilm-l6");
    let checkpoint = Checkpoint::load(&model).expect("the sample model is bundled");
    let stream = DataStream::open(data, &ReadOptions::default(), None, ChunkSize::default(), &mut |_| true);
    let stream = stream.expect("it reads");
    let options = EvaluateOptions { draws: Draws { count: 50, seed: 0 }, latency_rounds: 0 };
    let mut decisions: Decisions = Vec::new();
    let note = |rows: FinishedRows<'_>| -> anyhow::Result<()> {
        for (place, (id, result)) in rows.chunk.ids.iter().zip(rows.results).enumerate() {
            let Answer::Class(prediction) = result.as_ref().expect("nothing stops it").answer else {
                panic!("the sample model gives classes")
            };
            if rows.spec.id() == "dense" {
                let label = rows.prepared.label(rows.chunk.first + place);
                decisions.push((id.clone(), [prediction; 2], label));
            } else {
                decisions[rows.chunk.first + place].1[1] = prediction;
            }
        }
        Ok(())
    };
    let specs = [StrategySpec::parse(SPEC).expect("known")];
    let found =
        evaluation::evaluate(&Ticket::detached(), &checkpoint, &stream, &specs, options, note).expect("it runs");
    (found.strategies[1].audit.clone().expect("complete"), decisions)
}

/// Names of everything in the window that begins like this.
fn names(harness: &Harness<'_, Window>, beginning: &str) -> Vec<String> {
    let nodes = harness.root().children_recursive();
    let labels = nodes.filter_map(|node| node.accesskit_node().label());
    labels.filter(|label| label.starts_with(beginning)).collect()
}

/// Everything that is said and begins like this.
fn texts(harness: &Harness<'_, Window>, beginning: &str) -> Vec<String> {
    let nodes = harness.root().children_recursive();
    let texts = nodes.filter_map(|node| node.accesskit_node().value());
    texts.filter(|text| text.starts_with(beginning)).collect()
}

fn row(harness: &Harness<'_, Window>, beginning: &str) -> String {
    let mut rows = names(harness, beginning);
    assert_eq!(rows.len(), 1, "one row begins with {beginning}: {rows:?}");
    rows.remove(0)
}

fn choose(harness: &mut Harness<'_, Window>, menu: &str, choice: &str) {
    harness.get_by_role_and_label(Role::ComboBox, menu).click();
    harness.run_steps(3);
    harness.get_by_role_and_label(Role::Button, choice).click();
    settle(harness);
}

/// Harmed, rescued, p, adjusted p and verdict as the table says them; the parts of `evaluate`'s metrics by place.
fn said(slice: &SliceAudit, test: usize, verdict: usize) -> String {
    let (test, verdict) = (&slice.tests[test], &slice.verdicts[verdict]);
    let [p, adjusted] = [test.p, test.p_adjusted].map(number::p_value);
    let counts = format!("harmed {}, rescued {}", test.harmed, test.rescued);
    format!("{counts}, p {p} (adjusted {adjusted}), {}: ", verdict.label())
}

#[test]
fn harmed_rescued_verdict_and_p_are_those_of_evaluate() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let data = sample(folder.path());
    let (audit, _) = evaluated(&data);
    assert!(audit.overall.tests[0].clusters.is_some(), "the sample set has clusters");
    let mut harness = open(fairness(data), SIZE);
    settle(&mut harness);
    // Tests and verdicts of all texts, of those of the class of interest, and of the others, by their places.
    for (measure, places) in [("Accuracy", (0, 0)), ("True positive rate", (1, 1)), ("False positive rate", (2, 2))] {
        choose(&mut harness, "Measure", measure);
        let all = row(&harness, "all, ");
        assert!(all.contains(&said(&audit.overall, places.0, places.1)), "{measure} of all: {all}");
        let mut checked = 0;
        for slice in &audit.groups {
            let group = slice.group.as_ref().expect("a group");
            if group.column == "gender" && slice.tests[places.0].n >= 10 {
                let row = row(&harness, &format!("{}, ", group.value));
                let expected = said(slice, places.0, places.1);
                assert!(row.contains(&expected), "{measure} of {}: {row}, expected {expected}", group.value);
                checked += 1;
            }
        }
        assert!(checked >= 3, "several groups are compared");
    }
    assert!(audit.groups.iter().any(|slice| slice.tests[0].harmed > 0), "something is harmed");
}

/// Ids of all examples that the list in use has, by walking through it.
fn walked(harness: &mut Harness<'_, Window>, count: usize) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for _ in 0..count {
        let id = texts(harness, "id ").remove(0);
        ids.insert(id.trim_start_matches("id ").to_owned());
        harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowRight);
        settle(harness);
    }
    ids
}

#[test]
fn a_count_opens_exactly_its_texts() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let data = sample(folder.path());
    let (audit, decisions) = evaluated(&data);
    let mut harness = open(fairness(data), SIZE);
    settle(&mut harness);
    let slice = audit.groups.iter().find(|slice| slice.group.as_ref().is_some_and(|group| group.value == "women"));
    let women = slice.expect("women are a group of the sample");
    assert_eq!(
        names(&harness, &format!("{} texts evaluated in gender = women", women.n)).len(),
        1,
        "the group's count"
    );
    let harmed = audit.overall.tests[0].harmed;
    assert!(harmed > 1, "first_k harms some");
    let link = row(&harness, &format!("{harmed} texts harmed by first_k"));
    // By keyboard, as a person without a pointer reaches it.
    harness.get_by_label(&link).focus();
    harness.step();
    harness.key_press(Key::Enter);
    settle(&mut harness);
    let place = format!("example 1 of {harmed} (filter: harmed by first_k)");
    assert_eq!(texts(&harness, &place).len(), 1, "as many as the count said, under a name");
    let expected: BTreeSet<String> = decisions
        .iter()
        .filter(|(_, [dense, pruned], label)| label.is_some_and(|label| *dense == label && *pruned != label))
        .map(|(id, ..)| id.clone())
        .collect();
    assert_eq!(walked(&mut harness, harmed), expected, "dense right and pruned wrong in every one of them");
}

/// The small data without its labels.
fn unlabelled(folder: &tempfile::TempDir) -> PathBuf {
    let text = std::fs::read_to_string(small_data(folder)).expect("just written");
    let path = folder.path().join("unlabelled.csv");
    let bare = text.replace(",label,", ",").replace(",positive,", ",").replace(",negative,", ",");
    std::fs::write(&path, bare).expect("a file in the test's folder");
    path
}

#[test]
fn without_labels_both_views_work_on_agreement_with_dense() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let data = unlabelled(&folder);
    let (audit, decisions) = evaluated(&data);
    assert!(
        audit.overall.tests.is_empty() && audit.overall.measure(Measure::Accuracy).is_none(),
        "nothing needs labels"
    );
    let changed = decisions.iter().filter(|(_, [dense, pruned], _)| dense != pruned).count();
    assert!(changed > 0, "first_k changes something");

    let mut harness = open(fairness(data.clone()), SIZE);
    settle(&mut harness);
    harness.get_by_role_and_label(Role::ComboBox, "Measure");
    let all = row(&harness, "all, n 90: dense 1.000, pruned ");
    let agreement = audit.overall.measure(Measure::Agreement).expect("it needs no labels");
    let interval = number::interval(agreement.pruned.interval().expect("90 texts"));
    let value = number::rate(agreement.pruned.value().expect("90 texts"));
    assert!(all.contains(&format!("pruned {value} {interval}")), "that of evaluate: {all}");
    assert!(all.ends_with(&format!("changed {changed}")), "and how many changed: {all}");
    for (name, n) in [("women", 36), ("men", 37), ("nonbinary", 14)] {
        row(&harness, &format!("{name}, n {n}: dense 1.000"));
    }
    harness.get_by_label_contains("no labels: agreement with dense is measured");
    for needs_labels in ["Sort by Harmed", "Sort by Verdict", "Class of interest"] {
        assert!(harness.query_by_label(needs_labels).is_none(), "{needs_labels} needs labels");
    }
    let link = row(&harness, &format!("{changed} texts class changed by first_k"));
    harness.get_by_label(&link).click();
    settle(&mut harness);
    let place = format!("example 1 of {changed} (filter: class changed by first_k)");
    assert_eq!(texts(&harness, &place).len(), 1, "just those");

    let sweep = WindowOptions { strategies: vec![SPEC.to_owned()], ..options(view("trade-off"), data) };
    let mut harness = open(sweep, SIZE);
    settle(&mut harness);
    let points = names(&harness, "first_k retention");
    assert!(points.len() >= 6, "points along the dial: {points:?}");
    assert!(points.iter().all(|point| point.contains("agreement with dense")), "by agreement: {points:?}");
    let used = points.iter().find(|point| point.contains("in use")).expect("one is in use");
    assert!(used.contains(&format!("agreement with dense {value} {interval}")), "the same number: {used}");
}

#[test]
fn another_class_of_interest_needs_no_run_and_can_be_undone() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut harness = open(fairness(small_data(&folder)), SIZE);
    settle(&mut harness);
    choose(&mut harness, "Measure", "True positive rate");
    let positive = row(&harness, "all, positives ");
    let of =
        |row: &str| row.split(", harmed").next().unwrap_or_default().split(": ").last().unwrap_or_default().to_owned();
    choose(&mut harness, "Class of interest", "negative");
    harness.get_by_label_contains("class of interest: negative");
    let negative = row(&harness, "all, positives ");
    assert_ne!(of(&positive), of(&negative), "the rate of the other class");
    choose(&mut harness, "Measure", "True negative rate");
    assert_eq!(
        of(&row(&harness, "all, negatives ")),
        of(&positive),
        "what was found of the one is not found of the other"
    );
    choose(&mut harness, "Measure", "True positive rate");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    settle(&mut harness);
    assert_eq!(row(&harness, "all, positives "), positive, "undone");
}

#[test]
fn a_narrow_window_scrolls_to_the_column_that_has_the_focus() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut harness = open(fairness(small_data(&folder)), [1024.0, 768.0]);
    settle(&mut harness);
    let place = |harness: &Harness<'_, Window>| harness.get_by_label("Sort by Verdict").rect();
    assert!(place(&harness).right() > 1024.0, "the last column is beyond the right side: {:?}", place(&harness));
    harness.get_by_label("Sort by Verdict").focus();
    for _ in 0..40 {
        harness.step();
    }
    assert!(place(&harness).right() <= 1024.0, "it has come into view: {:?}", place(&harness));
    harness.key_press(Key::Enter);
    settle(&mut harness);
    harness.get_by_label("Sort by Verdict, sorted falling");
}
