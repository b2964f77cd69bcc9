//! The walk through examples, the search among them, and undo of typing.

use egui::Key;
use egui::Modifiers;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::NodeT as _;
use egui_kittest::kittest::Queryable as _;
use prunescope::app::Theme;
use prunescope::app::WindowOptions;

use crate::eyes_and_hands::shows;
use crate::plots_support::Window;
use crate::plots_support::open;
use crate::plots_support::options;
use crate::plots_support::settle;
use crate::plots_support::small_data;
use crate::view;

const SIZE: [f32; 2] = [1400.0, 900.0];

/// Everything that is said.
fn all(harness: &Harness<'_, Window>) -> Vec<String> {
    let nodes = harness.root().children_recursive();
    nodes.flat_map(|node| [node.accesskit_node().label(), node.accesskit_node().value()]).flatten().collect()
}

fn window() -> (tempfile::TempDir, Harness<'static, Window>) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut harness = open(options(view("inspect"), small_data(&folder)), SIZE);
    settle(&mut harness);
    (folder, harness)
}

/// Types into a field and presses Enter.
fn enter(harness: &mut Harness<'_, Window>, field: &str, text: &str) {
    harness.get_by_label(field).focus();
    harness.step();
    harness.get_by_label(field).type_text(text);
    settle(harness);
    harness.key_press(Key::Enter);
    settle(harness);
}

#[test]
fn a_search_counts_what_it_found_and_walks_through_it() {
    let (_folder, mut harness) = window();
    assert!(shows(&harness, "own text · 90 examples"), "all of them at first");
    enter(&mut harness, "Search examples", "NONBINARY");
    // The rows 3 to 16 are about nonbinary people; the first of them is the fourth example.
    assert!(shows(&harness, "example 1 of 14"), "the first of those found, not of all: {:?}", all(&harness));
    assert!(shows(&harness, "id t3"), "which is the fourth of all");
    harness.key_press(Key::Enter);
    settle(&mut harness);
    assert!(shows(&harness, "example 2 of 14"), "Enter goes on");
    harness.key_press_modifiers(Modifiers::SHIFT, Key::Enter);
    settle(&mut harness);
    assert!(shows(&harness, "example 1 of 14"), "Shift and Enter go back");
    harness.get_by_label("All examples").click();
    settle(&mut harness);
    assert!(shows(&harness, "example 4 of 90"), "its place among all");
    harness.get_by_label("Search by regular expression").click();
    enter(&mut harness, "Search examples", r"film (7|8)\b");
    assert!(shows(&harness, "example 1 of 2") || shows(&harness, "example 2 of 2"), "a pattern where it was asked for");
    enter(&mut harness, "Search examples", "(");
    assert!(shows(&harness, "no such pattern: unclosed group"), "a wrong one is said");
}

#[test]
fn an_example_is_found_by_number_and_by_id() {
    let (_folder, mut harness) = window();
    enter(&mut harness, "Go to example", "17");
    assert!(shows(&harness, "example 17 of 90") && shows(&harness, "id t16"), "by number");
    enter(&mut harness, "Go to example", "t42");
    assert!(shows(&harness, "example 43 of 90") && shows(&harness, "id t42"), "by id");
    enter(&mut harness, "Go to example", "t900");
    assert!(
        shows(&harness, "there is no example \"t900\"") && shows(&harness, "from 1 to 90"),
        "what there is instead"
    );
    harness.key_press_modifiers(Modifiers::COMMAND, Key::J);
    settle(&mut harness);
    assert!(harness.get_by_label("Go to example").accesskit_node().is_focused(), "the key leads to the field");
}

#[test]
fn examples_of_a_group_are_counted_among_themselves() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut harness = open(options(view("fairness"), small_data(&folder)), SIZE);
    settle(&mut harness);
    let nodes = harness.root().children_recursive();
    let row = nodes.filter_map(|node| node.accesskit_node().label()).find(|label| label.starts_with("women, n 36"));
    harness.get_by_label(&row.expect("a row of the table")).click();
    settle(&mut harness);
    assert!(shows(&harness, "example 1 of 36 (filter: gender: women)"), "of the filtered list");
    harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowLeft);
    settle(&mut harness);
    assert!(shows(&harness, "example 36 of 36 (filter: gender: women)"), "around the end");
}

#[test]
fn line_breaks_in_names_stay_on_their_line() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("breaks.csv");
    let row = |index: usize| format!("good film {index},1,\"new\nland\"\nbad film {index},0,old\n");
    std::fs::write(&path, format!("text,label,origin\n{}", (0..20).map(row).collect::<String>())).expect("a file");
    let mut harness = open(options(view("inspect"), path), SIZE);
    settle(&mut harness);
    harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowRight);
    settle(&mut harness);
    assert!(shows(&harness, "origin new land"), "a blank instead of the break");
    assert!(!shows(&harness, "origin new\nland"), "and no break");
}

#[test]
fn typing_is_taken_back_in_steps_that_a_person_means() {
    let text = "Good.".to_owned();
    let strategies = vec!["power_bert:retention=0.4".to_owned()];
    let shown = WindowOptions {
        view: Some(view("inspect")),
        theme: Some(Theme::Light),
        text: Some(text),
        strategies,
        ..WindowOptions::default()
    };
    let mut harness = open(shown, SIZE);
    settle(&mut harness);
    harness.get_by_role(Role::MultilineTextInput).focus();
    harness.step();
    for sign in [" ", "F", "i", "n", "e"] {
        harness.get_by_role(Role::MultilineTextInput).type_text(sign);
        harness.step();
    }
    settle(&mut harness);
    assert!(shows(&harness, "tokens left: Good. Fine"), "typed");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    settle(&mut harness);
    let text = harness.get_by_role(Role::MultilineTextInput).accesskit_node().value();
    assert_eq!(text.as_deref(), Some("Good."), "five keys, one step, while the box has the keyboard");
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    settle(&mut harness);
    let text = harness.get_by_role(Role::MultilineTextInput).accesskit_node().value();
    assert_eq!(text.as_deref(), Some("Good. Fine"), "and again");
}

#[test]
fn the_text_box_says_what_it_cannot_show_of_a_script() {
    let (_folder, mut harness) = window();
    for (text, script) in [("مرحبا", Some("Arabic")), ("नमस्ते", Some("Devanagari")), ("plain", None), ("东京", None)]
    {
        harness.get_by_role(Role::MultilineTextInput).focus();
        harness.step();
        harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
        harness.step();
        harness.get_by_role(Role::MultilineTextInput).type_text(text);
        settle(&mut harness);
        let said = all(&harness).into_iter().find(|said| said.starts_with("Editing "));
        let expected = script.map(|script| format!("Editing {script} is limited"));
        match (said, expected) {
            (Some(said), Some(expected)) => assert!(said.starts_with(&expected), "{text}: {said}"),
            (said, expected) => assert_eq!(said, expected, "{text}"),
        }
    }
}
