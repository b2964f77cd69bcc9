//! The Thresholds view: scores of every layer, and a line that is dragged, moved by keys or typed.

use egui::Key;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::NodeT as _;
use egui_kittest::kittest::Queryable as _;
use prunescope::app::WindowOptions;

use crate::eyes_and_hands::shows;
use crate::plots_support::Window;
use crate::plots_support::open;
use crate::plots_support::options;
use crate::plots_support::settle;
use crate::plots_support::small_data;
use crate::view;

const SIZE: [f32; 2] = [1600.0, 1000.0];

fn window(folder: &tempfile::TempDir, spec: &str) -> Harness<'static, Window> {
    let options =
        WindowOptions { strategies: vec![spec.to_owned()], ..options(view("thresholds"), small_data(folder)) };
    let mut harness = open(options, SIZE);
    settle(&mut harness);
    harness
}

/// Spec and every score, as exported.
fn exported(harness: &mut Harness<'static, Window>, folder: &tempfile::TempDir) -> (String, Vec<String>) {
    let path = folder.path().join("scores.csv");
    harness.state_mut().app().export(&path).expect("the scores");
    let text = std::fs::read_to_string(&path).expect("a table");
    std::fs::remove_file(&path).expect("the table goes");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    (rows[0][1].to_owned(), rows.iter().map(|row| row.iter().collect::<Vec<_>>().join("|")).collect())
}

/// A line of the fourth layer moved by the pointer gives a setting; the same setting typed gives the same run.
#[test]
fn a_dragged_threshold_and_a_typed_one_give_the_same_run() {
    for (spec, what, key) in [
        ("ltp:theta_final=0.01", "Threshold line of layer 4", "thresholds"),
        ("power_bert:retention=0.4", "Retention line of layer 4", "retentions"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut harness = window(&folder, spec);
        let before = exported(&mut harness, &folder);
        let from = harness.get_by_role_and_label(Role::Slider, what).rect().center();
        let to = from + egui::vec2(31.0, 0.0);
        harness.drag_at(from);
        harness.run_steps(2);
        harness.hover_at(to);
        harness.run_steps(2);
        harness.drop_at(to);
        harness.run_steps(2);
        settle(&mut harness);
        let dragged = exported(&mut harness, &folder);
        assert!(dragged.0.contains(&format!("{key}=[")), "{} holds a number a layer", dragged.0);
        assert_ne!(before.0, dragged.0, "the drag changed the setting");
        assert_ne!(before.1, dragged.1, "and the run");
        let mut other = window(&folder, &dragged.0);
        assert_eq!(exported(&mut other, &folder), dragged, "typed on the command line: the same run");
    }
}

#[test]
fn arrow_keys_move_a_line_and_a_number_goes_to_every_later_layer() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut harness = window(&folder, "ltp:theta_final=0.01");
    let (before, _) = exported(&mut harness, &folder);
    harness.get_by_role_and_label(Role::Slider, "Threshold line of layer 3").focus();
    harness.run_steps(2);
    harness.key_press(Key::ArrowRight);
    harness.run_steps(2);
    settle(&mut harness);
    let (moved, _) = exported(&mut harness, &folder);
    assert_ne!(before, moved, "one step to the right");
    let list = |spec: &str| -> Vec<f64> {
        let list = spec.split_once("thresholds=[").expect("a list").1.split_once(']').expect("its end").0;
        list.split(',').map(|number| number.parse().expect("a number")).collect()
    };
    let third = list(&moved)[2];
    assert!(third > 0.01 * 2.0 / 6.0, "{third} is above what it was");
    let copies: Vec<_> = harness.get_all_by_label("→ all").collect();
    assert_eq!(copies.len(), 4, "not where nothing is asked for, nor where nothing follows");
    copies[1].click();
    harness.run_steps(2);
    settle(&mut harness);
    let (copied, _) = exported(&mut harness, &folder);
    assert_eq!(list(&copied)[2..], [third; 4], "the third layer's number in all later ones");
}

#[test]
fn groups_lie_over_the_bars_and_tokens_near_the_line_lead_to_their_text() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut harness = window(&folder, "ltp:theta_final=0.01");
    assert!(shows(&harness, "nearest to"), "the list at the right");
    harness.get_by_role_and_label(Role::ComboBox, "Groups").click();
    harness.run_steps(3);
    let column = harness.get_all_by_role_and_label(Role::Button, "gender").last().map(|node| node.click());
    assert!(column.is_some(), "the data's group column is offered");
    harness.run_steps(3);
    assert!(shows(&harness, "each as high as its highest bar"), "the legend");
    let token =
        harness.root().children_recursive().filter(|node| node.accesskit_node().role() == Role::Button).find(|node| {
            node.accesskit_node().label().is_some_and(|label| label.ends_with("  stays") || label.ends_with("  goes"))
        });
    token.expect("a token near the line").click();
    harness.run_steps(3);
    settle(&mut harness);
    assert!(!shows(&harness, "nearest to"), "Inspect is in front");
    assert!(shows(&harness, "example"), "and walks through the data set");
}
