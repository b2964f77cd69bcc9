//! Trade-off and fairness views: what they say, what they let a person do, how they look.

use egui::Key;
use egui::Modifiers;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::NodeT as _;
use egui_kittest::kittest::Queryable as _;
use prunescope::app::Theme;
use prunescope::app::ViewKind;
use prunescope::app::WindowOptions;

use crate::images;
use crate::plots_support::Window;
use crate::plots_support::open;
use crate::plots_support::options;
use crate::plots_support::settle;
use crate::plots_support::small_data;
use crate::view;

const SIZE: [f32; 2] = [1500.0, 900.0];

fn window(view: ViewKind) -> (tempfile::TempDir, Harness<'static, Window>) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut harness = open(options(view, small_data(&folder)), SIZE);
    settle(&mut harness);
    (folder, harness)
}

/// Names of everything in the window that begins like this.
fn names(harness: &Harness<'_, Window>, beginning: &str) -> Vec<String> {
    let nodes = harness.root().children_recursive();
    let labels = nodes.filter_map(|node| node.accesskit_node().label());
    labels.filter(|label| label.starts_with(beginning)).collect()
}

#[test]
fn a_sweep_starts_by_itself_and_its_points_can_be_used_undone_and_compared() {
    // One strategy alone, so that no point hides another.
    let folder = tempfile::tempdir().expect("a folder for the test");
    let strategies = vec!["power_bert:retention=0.5".to_owned()];
    let alone = WindowOptions { strategies, ..options(view("trade-off"), small_data(&folder)) };
    let mut harness = open(alone, SIZE);
    settle(&mut harness);
    let points = names(&harness, "power_bert retention");
    assert!(points.len() >= 6, "one point for each value of the dial: {points:?}");
    assert!(points.iter().all(|point| point.contains("reduction ÷") && point.contains("n 90")), "{points:?}");
    assert_eq!(points.iter().filter(|point| point.contains("in use")).count(), 1, "one is in use: {points:?}");
    assert!(points.iter().any(|point| point.contains("retention 0.5,") && point.contains("in use")), "{points:?}");
    assert!(!names(&harness, "dense ").is_empty(), "the dense model is a point too");
    harness.get_by_label_contains("measured on all 90 texts");

    let other = points.iter().find(|point| !point.contains("in use")).unwrap().clone();
    harness.get_by_label(&other).click();
    settle(&mut harness);
    let used = names(&harness, "power_bert retention").into_iter().find(|point| point.contains("in use")).unwrap();
    let setting = |point: &str| point.split(',').next().unwrap_or_default().to_owned();
    assert_eq!(setting(&used), setting(&other), "a click applies the setting");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    settle(&mut harness);
    let used = names(&harness, "power_bert retention").into_iter().find(|point| point.contains("in use")).unwrap();
    assert!(used.contains("retention 0.5,"), "undo brings the old setting back: {used}");

    for point in &points[..2] {
        let now = names(&harness, &setting(point));
        harness.get_by_label(&now[0]).click_modifiers(Modifiers::SHIFT);
        settle(&mut harness);
    }
    harness.get_by_label("Two settings");
    harness.get_by_label("End comparison").click();
    settle(&mut harness);
    assert!(harness.query_by_label("Two settings").is_none(), "the comparison is over");
}

#[test]
fn the_trade_off_can_be_read_as_a_table_and_against_other_axes() {
    let (_folder, mut harness) = window(view("trade-off"));
    harness.get_by_label("Table").click();
    settle(&mut harness);
    for head in ["Strategy", "Setting", "95% interval"] {
        harness.get_by_label(&format!("Sort by {head}"));
    }
    assert!(harness.query_all_by_label("Use").count() >= 6, "every setting that is not in use offers itself");
    assert_eq!(harness.query_all_by_label("in use").count(), 2, "one setting of each strategy");
}

#[test]
fn the_trade_off_can_be_seen_against_measured_latency() {
    // Without a dial there is one setting, which is soon measured.
    let folder = tempfile::tempdir().expect("a folder for the test");
    let strategies = vec!["stop_words".to_owned()];
    let alone = WindowOptions { strategies, ..options(view("trade-off"), small_data(&folder)) };
    let mut harness = open(alone, SIZE);
    settle(&mut harness);
    let points = |harness: &Harness<'_, Window>| -> Vec<String> {
        names(harness, "stop_words").into_iter().filter(|name| name.contains("reduction ÷")).collect()
    };
    assert_eq!(points(&harness).len(), 1, "one setting was swept");
    harness.get_by_role_and_label(Role::ComboBox, "saving").click();
    harness.run_steps(3);
    harness.get_by_role_and_label(Role::Button, "Latency").click();
    settle(&mut harness);
    harness.get_by_label("No latency is measured yet");
    assert!(points(&harness).is_empty(), "nothing is measured, nothing is drawn");
    harness.get_by_label("Measure latency (1)").click();
    harness.run_steps(2);
    settle(&mut harness);
    harness.get_by_label("Latency measured");
    let placed = points(&harness);
    assert_eq!(placed.len(), 1, "the setting at its measured place");
    assert!(
        placed[0].contains("reduction ÷") && placed[0].matches(" [÷").count() == 1,
        "with its interval: {placed:?}"
    );
    assert!(harness.query_by_label("not measured").is_none(), "the details tell the speed-up");
}

/// A file of 1,000 short texts, sorted by label.
fn sorted_data(folder: &tempfile::TempDir) -> std::path::PathBuf {
    let path = folder.path().join("sorted.csv");
    let row = |row: usize| {
        let (label, word) = if row < 500 { ("positive", "a joy") } else { ("negative", "a bore") };
        format!("film {row} is {word},{label},{}", ["one", "two"][row % 2])
    };
    let rows: Vec<String> = (0..1000).map(row).collect();
    std::fs::write(&path, format!("text,label,part\n{}\n", rows.join("\n"))).expect("a file in the test's folder");
    path
}

#[test]
fn results_begin_with_a_sample_wait_where_the_rest_is_long_and_go_on_when_asked() {
    for view in [view("trade-off"), view("fairness")] {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let hasty = WindowOptions {
            // Everything beyond the dense run counts as long.
            longest_unasked: Some(std::time::Duration::ZERO),
            strategies: vec!["stop_words".to_owned()],
            ..options(view, sorted_data(&folder))
        };
        let mut harness = open(hasty, SIZE);
        settle(&mut harness);
        let offers = names(&harness, "Go on to all 1,000 texts (");
        assert_eq!(offers.len(), 1, "{view:?} offers the rest and says how long it takes");
        assert!(names(&harness, "measured on all").is_empty(), "{view:?} does not say that it is through");
        harness.get_by_label(&offers[0]).click();
        harness.run_steps(2);
        settle(&mut harness);
        harness.get_by_label_contains("measured on all 1,000 texts");
        assert!(names(&harness, "Go on").is_empty(), "{view:?} has nothing left to do");
    }
}

#[test]
fn a_group_table_asks_for_nothing_while_it_is_drawn() {
    let (_folder, mut harness) = window(view("fairness"));
    let before = harness.ctx.cumulative_frame_nr();
    // Another measure makes another table; once it is there, nothing moves any more.
    harness.get_by_role_and_label(Role::ComboBox, "Measure").click();
    harness.run_steps(3);
    harness.get_by_role_and_label(Role::Button, "Log loss").click();
    settle(&mut harness);
    harness.run();
    assert!(harness.ctx.cumulative_frame_nr() > before, "something was drawn");
    assert!(!harness.ctx.has_requested_repaint(), "nothing asks to be drawn again");
    assert!(harness.query_by_label("stale").is_none(), "the table is the one that was asked for");
}

#[test]
fn groups_are_compared_small_ones_listed_and_rows_sorted() {
    let (_folder, mut harness) = window(view("fairness"));
    for group in ["all, n 90", "women, n 36", "men, n 37", "nonbinary, n 14"] {
        let rows = names(&harness, group);
        assert_eq!(rows.len(), 1, "one row for {group}");
        assert!(rows[0].contains("dense") && rows[0].contains("change"), "with both models: {}", rows[0]);
        assert!(rows[0].matches('[').count() == 3, "three intervals: {}", rows[0]);
    }
    assert!(names(&harness, "agender").is_empty(), "three texts are not plotted");
    harness.get_by_label("Sort by n, sorted falling").click();
    settle(&mut harness);
    harness.get_by_label("Sort by n, sorted rising");
    harness.get_by_label("Sort by Gender").click();
    settle(&mut harness);
    harness.get_by_label("Sort by Gender, sorted rising");
}

#[test]
fn a_row_leads_to_all_examples_of_its_group() {
    let (_folder, mut harness) = window(view("fairness"));
    let row = names(&harness, "women, n 36").remove(0);
    harness.get_by_label(&row).click();
    settle(&mut harness);
    let texts = harness.root().children_recursive().filter_map(|node| node.accesskit_node().value());
    let texts: Vec<String> = texts.collect();
    assert!(texts.iter().any(|text| text.contains("women crowd")), "a text of the group is shown: {texts:?}");
}

#[test]
fn without_data_or_strategies_the_views_say_what_to_do() {
    for view in [view("trade-off"), view("fairness")] {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let mut with_dense = options(view, small_data(&folder));
        with_dense.strategies = vec!["dense".to_owned()];
        let mut harness = open(with_dense, SIZE);
        settle(&mut harness);
        harness.get_by_label("No strategy is enabled");
    }
}

/// At half size, so that 640 by 480 pixels show a whole window. Text edges may differ a little between machines.
fn check_image(name: &str, view: ViewKind, theme: Theme) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let shown = WindowOptions { theme: Some(theme), zoom: Some(0.5), ..options(view, small_data(&folder)) };
    let mut harness = open(shown, [640.0, 480.0]);
    settle(&mut harness);
    harness.snapshot_options(name, &images::plot_limits());
}

#[test]
fn the_trade_off_looks_as_before() {
    check_image("trade_off_light", view("trade-off"), Theme::Light);
}

#[test]
fn the_trade_off_looks_as_before_in_the_dark() {
    check_image("trade_off_dark", view("trade-off"), Theme::Dark);
}

#[test]
fn the_group_table_looks_as_before() {
    check_image("fairness_light", view("fairness"), Theme::Light);
}
