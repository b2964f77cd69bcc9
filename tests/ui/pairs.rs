//! Two texts at once: typed, from a data set, and taken away again.

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
use crate::view;

const SIZE: [f32; 2] = [1400.0, 900.0];

fn window() -> (tempfile::TempDir, Harness<'static, Window>) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("pairs.csv");
    let rows = "premise,hypothesis,label\nA man sleeps,He is awake,negative\nA dog runs,It moves,positive\n";
    std::fs::write(&path, rows).expect("a file in the test's folder");
    let options = options(view("inspect"), path);
    let mut harness = open(WindowOptions { text: Some("One text alone".to_owned()), ..options }, SIZE);
    settle(&mut harness);
    (folder, harness)
}

/// What the sentence above the ribbons reads out.
fn sentence(harness: &Harness<'_, Window>) -> String {
    let nodes = harness.root().children_recursive();
    let mut said = nodes.flat_map(|node| [node.accesskit_node().label(), node.accesskit_node().value()]).flatten();
    said.find(|text| text.starts_with("Text with")).unwrap_or_default()
}

#[test]
fn an_example_of_a_file_of_pairs_shows_both_texts_and_the_second_can_go() {
    let (_folder, mut harness) = window();
    assert!(harness.query_by_label("Take the second text away").is_none(), "one text at first");
    harness.get_by_label("Next example").click();
    settle(&mut harness);
    assert!(sentence(&harness).ends_with("A man sleeps\nHe is awake"), "both are read: {}", sentence(&harness));
    assert!(shows(&harness, "id 1"), "and are the example's own");
    harness.get_by_role_and_label(Role::MultilineTextInput, "Second text").focus();
    harness.step();
    harness.get_by_role_and_label(Role::MultilineTextInput, "Second text").type_text(" now");
    settle(&mut harness);
    assert!(sentence(&harness).contains("now"), "typed into the second: {}", sentence(&harness));
    assert!(shows(&harness, "edited; began as example 1"), "which is the example's no more");
    harness.get_by_label("Take the second text away").click();
    settle(&mut harness);
    assert!(sentence(&harness).ends_with("A man sleeps"), "the first alone: {}", sentence(&harness));
    assert!(harness.query_by_label("Take the second text away").is_none(), "and no second field");
}
