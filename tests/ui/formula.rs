//! The editor of a formula: a mistake is told while the last good formula goes on running, names are completed.

use egui::Key;
use egui::Modifiers;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::Node;
use egui_kittest::kittest::By;
use egui_kittest::kittest::NodeT as _;
use egui_kittest::kittest::Queryable as _;
use prunescope::app::WindowOptions;

use crate::eyes_and_hands::shows;
use crate::plots_support::Window;
use crate::plots_support::open;
use crate::plots_support::settle;
use crate::view;

fn window(score: &str) -> Harness<'static, Window> {
    let options = WindowOptions {
        view: Some(view("inspect")),
        text: Some("a good film".to_owned()),
        strategies: vec![format!("formula:score=\"{score}\",retention=0.5")],
        ..WindowOptions::default()
    };
    let mut harness = open(options, [1400.0, 900.0]);
    settle(&mut harness);
    harness
}

/// The field that holds this text; labels may hold it too.
fn field<'a>(harness: &'a Harness<'_, Window>, text: &'a str) -> Node<'a> {
    let is_field = |node: &Node<'_>| matches!(node.accesskit_node().role(), Role::TextInput | Role::MultilineTextInput);
    harness.get_all(By::new().value(text)).find(is_field).expect("a field with this text")
}

/// Puts a formula in the place of the one that stands there.
fn write(harness: &mut Harness<'_, Window>, before: &str, after: &str) {
    field(harness, before).focus();
    harness.step();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.step();
    field(harness, before).type_text(after);
    settle(harness);
}

#[test]
fn a_mistake_is_told_in_words_and_the_last_good_formula_goes_on_running() {
    let mut harness = window("column_mean");
    write(&mut harness, "column_mean", "column_mean * nope");
    assert!(shows(&harness, "there is no vector nope"), "what is wrong");
    assert!(shows(&harness, "character 15 of the formula"), "and where");
    assert!(shows(&harness, "goes on running"), "and what runs meanwhile");
    assert!(shows(&harness, "formula ribbon"), "its ribbon stays");
    write(&mut harness, "column_mean * nope", "column_mean * n0");
    assert!(!shows(&harness, "there is no vector"), "nothing is wrong any more");
}

#[test]
fn a_name_that_was_begun_is_completed_by_a_button() {
    let mut harness = window("n");
    write(&mut harness, "n", "2 * value_n");
    harness.get_by_label("value_norm").click();
    settle(&mut harness);
    assert!(shows(&harness, "2 * value_norm"), "the word is whole");
    assert!(!shows(&harness, "there is no vector"), "and a formula");
}
