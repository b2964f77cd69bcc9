//! The trade-off's plot is zoomed, panned and read, its table sorted, two of its settings compared.

use egui::Event;
use egui::Key;
use egui::Modifiers;
use egui::MouseWheelSource;
use egui::MouseWheelUnit;
use egui::Pos2;
use egui::Rect;
use egui::TouchPhase;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::NodeT as _;
use egui_kittest::kittest::Queryable as _;
use prunescope::app::WindowOptions;

use crate::plots_support::Window;
use crate::plots_support::open;
use crate::plots_support::options;
use crate::plots_support::settle;
use crate::plots_support::small_data;
use crate::view;

/// A window with the points of one strategy.
fn window() -> (tempfile::TempDir, Harness<'static, Window>) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let strategies = vec!["power_bert:retention=0.5".to_owned()];
    let alone = WindowOptions { strategies, ..options(view("trade-off"), small_data(&folder)) };
    let mut harness = open(alone, [1500.0, 900.0]);
    settle(&mut harness);
    (folder, harness)
}

/// Names of all nodes that begin like this, in the order of the tree.
fn names(harness: &Harness<'_, Window>, beginning: &str) -> Vec<String> {
    let text = |node: egui_kittest::Node<'_>| node.accesskit_node().label().or_else(|| node.accesskit_node().value());
    let texts = harness.root().children_recursive().filter_map(text);
    texts.filter(|text| text.starts_with(beginning)).collect()
}

/// Points that can be seen, the dense model's too.
fn points(harness: &Harness<'_, Window>) -> Vec<String> {
    let points = names(harness, "power_bert retention").into_iter().chain(names(harness, "dense "));
    points.filter(|name| name.contains("reduction ÷")).collect()
}

fn place(harness: &Harness<'_, Window>, name: &str) -> Rect {
    harness.get_by_label(name).rect()
}

fn is_zoomed(harness: &Harness<'_, Window>) -> bool {
    !harness.get_by_role_and_label(Role::Button, "Reset view").accesskit_node().is_disabled()
}

fn plot(harness: &Harness<'_, Window>) -> Rect {
    let name = names(harness, "Plot of accuracy").remove(0);
    place(harness, &name)
}

fn press(harness: &mut Harness<'_, Window>, name: &str) {
    harness.get_by_label(name).click();
    harness.run_steps(3);
}

#[test]
fn the_plot_zooms_and_comes_back_by_buttons() {
    let (_folder, mut harness) = window();
    let all = points(&harness);
    assert!(all.len() >= 7 && !is_zoomed(&harness), "everything is in view: {all:?}");
    let before = place(&harness, &all[0]);
    for _ in 0..8 {
        press(&mut harness, "Zoom in");
    }
    assert!(is_zoomed(&harness), "a part is in view");
    assert!(points(&harness).len() < all.len(), "some points are outside: {:?}", points(&harness));
    press(&mut harness, "Reset view");
    assert!(!is_zoomed(&harness) && points(&harness) == all, "all of it again");
    assert!((place(&harness, &all[0]).center() - before.center()).length() < 0.5, "where it was");
    for _ in 0..60 {
        press(&mut harness, "Zoom out");
    }
    assert_eq!(points(&harness), all, "out ends at what values there can be");
    press(&mut harness, "Reset view");
}

#[test]
fn the_plot_follows_wheel_drag_double_click_and_keys() {
    let (_folder, mut harness) = window();
    let all = points(&harness);
    let area = plot(&harness);
    // A point that stays in view, whichever way it is moved.
    let from_middle = |name: &String| (place(&harness, name).center() - area.center()).length();
    let middle =
        all.iter().min_by(|one, other| from_middle(one).total_cmp(&from_middle(other))).expect("points").clone();
    let first = place(&harness, &middle).center();
    // Some place without a point.
    let at = area.left_bottom() + egui::vec2(30.0, -12.0);
    let wheel = |harness: &mut Harness<'_, Window>, at: Pos2| {
        harness.event(Event::PointerMoved(at));
        let delta = egui::vec2(0.0, 60.0);
        let (unit, modifiers, phase) = (MouseWheelUnit::Point, Modifiers::NONE, TouchPhase::Move);
        harness.event(Event::MouseWheel { unit, delta, modifiers, phase, source: MouseWheelSource::Wheel });
        harness.run_steps(12);
    };
    wheel(&mut harness, at);
    assert!(is_zoomed(&harness), "the wheel zooms");
    press(&mut harness, "Reset view");

    harness.drag_at(at);
    harness.run_steps(2);
    harness.event(Event::PointerMoved(at + egui::vec2(60.0, -40.0)));
    harness.run_steps(2);
    harness.drop_at(at + egui::vec2(60.0, -40.0));
    harness.run_steps(3);
    let moved = place(&harness, &middle).center() - first;
    assert!((moved - egui::vec2(60.0, -40.0)).length() < 3.0, "a drag takes the points along: {moved:?}");
    // All in one frame: frames of the test are too far apart for two clicks to be one.
    for pressed in [true, false, true, false] {
        let (pos, button, modifiers) = (at, egui::PointerButton::Primary, Modifiers::NONE);
        harness.input_mut().events.push(Event::PointerButton { pos, button, pressed, modifiers });
    }
    harness.run_steps(4);
    assert!(!is_zoomed(&harness), "a double click shows all");

    let name = names(&harness, "Plot of accuracy").remove(0);
    harness.get_by_label(&name).focus();
    harness.run_steps(2);
    harness.key_press(Key::ArrowRight);
    harness.run_steps(3);
    let moved = place(&harness, &middle).center() - first;
    assert!(moved.x < -20.0 && moved.y.abs() < 1.0, "the view moves right, its points left: {moved:?}");
    harness.key_press(Key::Num0);
    harness.run_steps(3);
    assert!(!is_zoomed(&harness), "0 shows all");
    harness.key_press(Key::Plus);
    harness.run_steps(3);
    assert!(is_zoomed(&harness), "+ zooms");
}

#[test]
fn the_crosshair_tells_values_and_those_of_a_point_exactly() {
    let (_folder, mut harness) = window();
    let all = points(&harness);
    let dense = all.iter().find(|name| name.starts_with("dense ")).expect("the dense point").clone();
    harness.hover_at(place(&harness, &dense).center() + egui::vec2(2.0, 2.0));
    harness.run_steps(3);
    // "dense , accuracy 0.722 [0.622, 0.804], reduction ÷1.00, n 90"
    let value = dense.split("accuracy ").nth(1).and_then(|rest| rest.split([' ', ',']).next()).expect("its accuracy");
    let said =
        names(&harness, "accuracy ").into_iter().find(|text| text.contains(" at ")).expect("values are read off");
    assert_eq!(said, format!("accuracy {value} at FLOPs reduction ÷1.00"), "those of the point, not of the pointer");
    let area = plot(&harness);
    harness.hover_at(area.left_bottom() + egui::vec2(30.0, -12.0));
    harness.run_steps(3);
    let said = names(&harness, "accuracy ").into_iter().find(|text| text.contains(" at ")).expect("values anywhere");
    assert!(said.starts_with("accuracy 0.") && said.contains("FLOPs reduction ÷"), "{said}");
    harness.hover_at(egui::pos2(4.0, 4.0));
    harness.run_steps(3);
    assert_eq!(names(&harness, "Click a point to use its setting").len(), 1, "without a pointer, what can be done");
}

#[test]
fn the_table_sorts_by_its_heads_and_chooses_what_is_compared() {
    let (_folder, mut harness) = window();
    press(&mut harness, "Table");
    let reductions = |harness: &Harness<'_, Window>| -> Vec<f64> {
        let mut cells: Vec<(f32, f64)> = Vec::new();
        for node in harness.root().children_recursive() {
            let label = node.accesskit_node().label().or_else(|| node.accesskit_node().value()).unwrap_or_default();
            if let Some(value) = label.strip_prefix('÷').and_then(|value| value.parse().ok()) {
                // Those of the table, not of the details at the right.
                if node.rect().right() < 1150.0 {
                    cells.push((node.rect().top(), value));
                }
            }
        }
        cells.sort_by(|one, other| one.0.total_cmp(&other.0));
        cells.into_iter().map(|(_, value)| value).collect()
    };
    // Beside another measure too, it is said what changes.
    harness.get_by_label("Sort by Accuracy change");
    let own = reductions(&harness);
    press(&mut harness, "Sort by FLOPs");
    let falling = reductions(&harness);
    assert!(falling.len() == own.len() && own.len() >= 7, "every row: {falling:?}");
    assert!(falling.is_sorted_by(|one, other| one >= other), "largest first: {falling:?}");
    press(&mut harness, "Sort by FLOPs, sorted falling");
    assert!(reductions(&harness).is_sorted(), "then smallest first: {:?}", reductions(&harness));
    press(&mut harness, "Sort by FLOPs, sorted rising");
    assert_eq!(reductions(&harness), own, "then the table's own order");

    for beginning in ["Compare dense", "Compare power_bert retention=0.3"] {
        let name = names(&harness, beginning).remove(0);
        press(&mut harness, &name);
    }
    settle(&mut harness);
    harness.get_by_label("B less A, on the same texts");
    let verdict =
        names(&harness, "Undecided").into_iter().chain(names(&harness, "A is")).chain(names(&harness, "B is"));
    let verdict: Vec<String> = verdict.collect();
    assert_eq!(verdict.len(), 1, "one verdict: {verdict:?}");
    assert!(verdict[0].contains("Paired test: p 0.") || verdict[0].contains("p <0.001"), "{verdict:?}");
    assert!(verdict[0].contains("mcnemar-mid-p"), "the test is named: {verdict:?}");
    for name in ["B wrong, A right", "B right, A wrong", "Predict differently"] {
        harness.get_by_label(name);
    }
    press(&mut harness, "End comparison");
    assert!(harness.query_by_label("B less A, on the same texts").is_none(), "it is over");
}

#[test]
fn without_labels_the_table_and_the_comparison_speak_of_agreement_alone() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("bare.csv");
    let rows: Vec<String> = (0..40).map(|row| format!("film {row} was {}", ["a joy", "a bore"][row % 2])).collect();
    std::fs::write(&path, format!("text\n{}\n", rows.join("\n"))).expect("a file in the test's folder");
    let strategies = vec!["first_k:retention=0.5".to_owned()];
    let mut harness = open(WindowOptions { strategies, ..options(view("trade-off"), path) }, [1500.0, 900.0]);
    settle(&mut harness);
    press(&mut harness, "Table");
    harness.get_by_label("Sort by Agreement with dense");
    assert!(harness.query_by_label("Sort by Accuracy change").is_none(), "no accuracy, no change of it");
    for beginning in ["Compare first_k retention=0.3", "Compare first_k retention=0.7"] {
        let name = names(&harness, beginning).remove(0);
        press(&mut harness, &name);
    }
    settle(&mut harness);
    harness.get_by_label("A and B, on the same texts");
    harness.get_by_label("No text has a label: accuracy cannot be compared");
    harness.get_by_label("Predict differently");
    assert!(harness.query_by_label("B wrong, A right").is_none(), "nothing is right or wrong");
}
