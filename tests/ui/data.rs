//! The Data view: every row with what the model says of it, searched, filtered, sorted, and opened in Inspect.

use std::collections::BTreeMap;
use std::path::Path;

use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::NodeT as _;
use egui_kittest::kittest::Queryable as _;
use prunescope::app::WindowOptions;
use prunescope::data::ReadOptions;
use prunescope::evaluation;
use prunescope::jobs::Ticket;
use prunescope::model::Checkpoint;
use prunescope::pruning::StrategySpec;

use crate::eyes_and_hands::shows;
use crate::plots_support::Window;
use crate::plots_support::open;
use crate::plots_support::options;
use crate::plots_support::settle;
use crate::plots_support::small_data;
use crate::view;

/// High enough for all ninety rows.
const SIZE: [f32; 2] = [1900.0, 2900.0];
const SPEC: &str = "first_k:retention=0.2";

fn window(folder: &tempfile::TempDir) -> Harness<'static, Window> {
    let options = WindowOptions { strategies: vec![SPEC.to_owned()], ..options(view("data"), small_data(folder)) };
    let mut harness = open(options, SIZE);
    settle(&mut harness);
    harness
}

/// The cells of every listed row, as they are exported, by the heads of the columns.
fn exported(harness: &mut Harness<'static, Window>, folder: &tempfile::TempDir) -> Vec<BTreeMap<String, String>> {
    let path = folder.path().join("rows-listed.csv");
    harness.state_mut().app().export(&path).expect("the listed rows");
    let mut reader = csv::Reader::from_path(&path).expect("a table");
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

/// Numbers of the rows in sight, from above.
fn order(harness: &Harness<'_, Window>) -> Vec<usize> {
    let mut found: Vec<(f32, usize)> = harness
        .root()
        .children_recursive()
        .filter_map(|node| {
            let label = node.accesskit_node().label()?;
            Some((node.rect().top(), label.strip_prefix("Row ")?.replace(',', "").parse().ok()?))
        })
        .collect();
    found.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    found.into_iter().map(|(_, number)| number).collect()
}

fn choose(harness: &mut Harness<'static, Window>, menu: &str, choice: &str) {
    harness.get_by_role_and_label(Role::ComboBox, menu).click();
    harness.run_steps(3);
    harness.get_all_by_role_and_label(Role::Button, choice).last().expect("the choice").click();
    harness.run_steps(2);
    settle(harness);
}

/// Label, dense and pruned class, outcome and kept share of each row, by the functions that `evaluate` calls.
fn expected(path: &Path) -> Vec<[String; 5]> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_models/sentiment-minilm-l6");
    let checkpoint = Checkpoint::load(&folder).expect("the sample model");
    let dataset = prunescope::data::read(path, &ReadOptions::default()).expect("the data set");
    let ticket = Ticket::detached();
    let (prepared, chunk) = evaluation::prepare(&ticket, &checkpoint, &dataset, None).expect("tokens");
    let run = |spec: &str| {
        let spec = StrategySpec::parse(spec).expect("a strategy");
        evaluation::run_strategy(&ticket, &checkpoint, (&prepared, &chunk), &spec, |_| {}).expect("a run")
    };
    let (dense, pruned) = (run("dense"), run(SPEC));
    let outcomes = evaluation::outcomes(&prepared, (&dense, &pruned));
    (0..prepared.len())
        .map(|item| {
            [
                evaluation::label_text(&prepared, item).expect("every row has a label"),
                evaluation::answer_text(&prepared, &dense, item),
                evaluation::answer_text(&prepared, &pruned, item),
                outcomes[item].label().to_owned(),
                pruned.results.retentions()[item].to_string(),
            ]
        })
        .collect()
}

#[test]
fn every_row_shows_what_evaluate_finds() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut harness = window(&folder);
    let shown = exported(&mut harness, &folder);
    let expected = expected(&folder.path().join("small.csv"));
    assert_eq!(shown.len(), expected.len(), "every row is listed");
    for (index, (cells, facts)) in shown.iter().zip(&expected).enumerate() {
        let here = ["label", "dense", "pruned", "outcome", "kept"].map(|head| cells[head].clone());
        assert_eq!(here, *facts, "row {}: {cells:?}", index + 1);
        assert_eq!((cells["id"].as_str(), cells["row"].as_str()), (&*format!("t{index}"), &*format!("{}", index + 1)));
    }
    let kept: f64 = expected[0][4].parse().expect("a share");
    assert!(shows(&harness, &format!("{:.0} %", kept * 100.0)), "the share kept is on screen");
    assert!(shows(&harness, "all 90 rows; answers of 90 rows, measured on all 90 texts"), "what it rests on");
}

#[test]
fn rows_are_searched_filtered_and_sorted_and_a_click_opens_one_in_inspect() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut harness = window(&folder);
    let expected = expected(&folder.path().join("small.csv"));
    let of_outcome =
        |outcome: &str| -> Vec<usize> { (1..=90).filter(|number| expected[number - 1][3] == outcome).collect() };
    let outcomes = ["harmed", "rescued", "wrong alike", "right"];
    let rarest = outcomes
        .into_iter()
        .filter(|outcome| !of_outcome(outcome).is_empty())
        .min_by_key(|outcome| of_outcome(outcome).len());
    let rarest = rarest.expect("an outcome");
    assert!(of_outcome(rarest).len() < 90, "not every row is {rarest}");
    choose(&mut harness, "Outcome", rarest);
    assert_eq!(order(&harness), of_outcome(rarest), "only those that are {rarest}");
    choose(&mut harness, "Outcome", "all");
    choose(&mut harness, "Group", "gender: agender");
    assert_eq!(order(&harness), [1, 2, 3], "the group of three");
    choose(&mut harness, "Group", "all");
    harness.get_by_label("Search rows").focus();
    harness.step();
    harness.get_by_label("Search rows").type_text("FILM 1[0-2]");
    settle(&mut harness);
    assert!(shows(&harness, "No row is like that"), "a bracket is a bracket");
    harness.get_by_label("Search rows by regular expression").click();
    settle(&mut harness);
    assert_eq!(order(&harness), [11, 12, 13], "unless it is a pattern");
    harness.get_by_label("Sort by Row").click();
    settle(&mut harness);
    assert_eq!(order(&harness), [13, 12, 11], "numbers fall first");
    harness.get_by_label("Row 12").click();
    settle(&mut harness);
    assert!(shows(&harness, "example 12 of 90"), "Inspect shows the row");
    assert!(shows(&harness, "id t11"), "by its own id");
    // A click of the mouse may hit any cell of the row.
    harness.get_by_label("Data").click();
    settle(&mut harness);
    let at = harness.get_by_label("Row 13").rect().center() + egui::vec2(200.0, 0.0);
    harness.hover_at(at);
    harness.step();
    for pressed in [true, false] {
        let (button, modifiers) = (egui::PointerButton::Primary, egui::Modifiers::NONE);
        harness.input_mut().events.push(egui::Event::PointerButton { pos: at, button, pressed, modifiers });
        harness.step();
    }
    settle(&mut harness);
    assert!(shows(&harness, "example 13 of 90"), "by its text");
}

#[test]
fn a_hundred_thousand_rows_are_listed_and_only_those_in_sight_are_drawn() {
    const ROWS: usize = 100_000;
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("many.csv");
    let line = |index: usize| format!("film number {index} was {},{}\n", ["fine", "dull"][index % 2], index % 2);
    let text: String = (0..ROWS).map(line).collect();
    std::fs::write(&path, format!("text,label\n{text}")).expect("a file in the test's folder");
    let data = WindowOptions { row_limit: Some(200), ..options(view("data"), path) };
    let mut harness = open(data, [1400.0, 900.0]);
    settle(&mut harness);
    assert!(shows(&harness, "all 100,000 rows"), "all of them");
    let drawn = order(&harness).len();
    assert!((10..60).contains(&drawn), "{drawn} rows are drawn");
    harness.get_by_label("Search rows").focus();
    harness.step();
    harness.get_by_label("Search rows").type_text("number 9999");
    settle(&mut harness);
    assert!(shows(&harness, "11 of 100,000 rows"), "9999 and 99990 to 99999");
}
