//! The latency view: what it says of a measurement, how one is begun and ended, how it looks.

use std::time::Duration;
use std::time::Instant;

use egui::Key;
use egui::Modifiers;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::NodeT as _;
use egui_kittest::kittest::Queryable as _;
use prunescope::app::Theme;
use prunescope::app::WindowOptions;
use prunescope::latency::LatencyReport;

use crate::images;
use crate::latency_support::busy_report;
use crate::latency_support::fixed_report;
use crate::plots_support::Window;
use crate::plots_support::open;
use crate::plots_support::settle;
use crate::plots_support::small_data;
use crate::view;

const SIZE: [f32; 2] = [1600.0, 1000.0];

fn options() -> WindowOptions {
    WindowOptions {
        view: Some(view("latency")),
        theme: Some(Theme::Light),
        text: Some("A joy from start to end.".to_owned()),
        strategies: vec!["power_bert:retention=0.5".to_owned(), "first_k:retention=0.5".to_owned()],
        ..WindowOptions::default()
    }
}

fn window(options: WindowOptions) -> Harness<'static, Window> {
    let mut harness = open(options, SIZE);
    settle(&mut harness);
    harness
}

fn with_report(report: LatencyReport) -> Harness<'static, Window> {
    let mut harness = window(options());
    harness.state_mut().app().show_latency(report);
    settle(&mut harness);
    harness
}

/// Names and values of everything in the window that contain this.
fn found(harness: &Harness<'_, Window>, part: &str) -> Vec<String> {
    let nodes = harness.root().children_recursive();
    let names = nodes.flat_map(|node| [node.accesskit_node().label(), node.accesskit_node().value()]).flatten();
    names.filter(|name| name.contains(part)).collect()
}

fn shows(harness: &Harness<'_, Window>, part: &str) -> bool {
    !found(harness, part).is_empty()
}

/// Opens a menu of choices and takes one.
fn choose(harness: &mut Harness<'_, Window>, menu: &str, entry: &str) {
    harness.get_by_role_and_label(Role::ComboBox, menu).click();
    harness.run_steps(3);
    harness.get_by_label(entry).click();
    harness.run_steps(3);
}

/// The shown text alone, one at a time.
fn choose_little(harness: &mut Harness<'_, Window>) {
    choose(harness, "Time", "the text shown");
    harness.get_by_label("8 texts in a batch").click();
    harness.run_steps(2);
}

/// Steps until it holds.
fn wait_for(harness: &mut Harness<'_, Window>, what: &str, holds: impl Fn(&Harness<'_, Window>) -> bool) {
    let deadline = Instant::now() + Duration::from_mins(5);
    while !holds(harness) {
        assert!(Instant::now() < deadline, "it never came: {what}");
        harness.step();
        std::thread::yield_now();
    }
}

#[test]
fn nothing_is_measured_unasked_and_a_measurement_fills_plot_and_table() {
    let mut harness = window(options());
    assert!(shows(&harness, "Nothing is measured yet"), "an empty view says so");
    choose_little(&mut harness);
    choose(&mut harness, "How long", "two rounds");
    harness.get_by_label("Measure").click();
    harness.run_steps(2);
    settle(&mut harness);
    let rows = found(&harness, ", packed, ");
    assert_eq!(rows.len(), 3, "dense and two strategies: {rows:?}");
    assert!(rows.iter().all(|row| row.starts_with("batch 1 × 9 tokens") && row.contains(" ms")), "{rows:?}");
    assert!(rows[1].contains("FLOPs say") && rows[1].contains("tokens removed"), "promise and badge: {}", rows[1]);
    harness.get_by_label("Table").click();
    settle(&mut harness);
    assert_eq!(harness.query_all_by_label("removed").count(), 2, "a badge for each strategy");
    assert!(shows(&harness, "power_bert · retention 0.5"), "named with its setting");
}

#[test]
fn a_measurement_that_is_stopped_keeps_what_was_finished() {
    let mut harness = window(options());
    choose_little(&mut harness);
    harness.get_by_label("32 texts in a batch").click();
    harness.run_steps(2);
    choose(&mut harness, "How long", "1 second");
    harness.get_by_label("Measure").click();
    wait_for(&mut harness, "the first row", |harness| shows(harness, "tokens, packed, power_bert"));
    harness.get_by_label("Stop measuring").click();
    settle(&mut harness);
    assert!(shows(&harness, "partial"), "what is shown is marked");
    assert!(shows(&harness, "tokens, packed, power_bert"), "the finished row stays");
    harness.get_by_label("Measure");
}

/// Whether the status bar says that a view is at work.
fn works(harness: &Harness<'_, Window>, view: &str) -> bool {
    let is_its = |line: &String| [" %", "…"].iter().any(|sign| line.contains(sign)) && line.starts_with(view);
    found(harness, view).iter().any(is_its)
}

#[test]
fn a_measurement_waits_until_nothing_else_runs_and_other_work_waits_for_it() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let data = Some(small_data(&folder));
    let mut harness = window(WindowOptions { data, ..options() });
    choose_little(&mut harness);
    choose(&mut harness, "How long", "two rounds");
    // The sweep starts by itself when its view comes in front.
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Num2);
    wait_for(&mut harness, "the sweep", |harness| works(harness, "Trade-off"));
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Num4);
    harness.run_steps(2);
    harness.get_by_label("Measure").click();
    harness.run_steps(2);
    if works(&harness, "Trade-off") {
        assert!(shows(&harness, "Waiting for: trade-off"), "it says what it waits for");
        assert!(!works(&harness, "Latency"), "and has not begun");
    }
    settle(&mut harness);
    assert!(shows(&harness, "FLOPs say"), "measured once the sweep was over");
}

#[test]
fn numbers_of_a_report_stand_in_plot_and_table_and_sort() {
    let mut harness = with_report(fixed_report());
    let rows = found(&harness, ", packed, ");
    assert_eq!(rows.len(), 6, "dense and two strategies in two cases: {rows:?}");
    assert!(
        rows[1]
            .contains("FLOPs say 1.80×, clock says 1.70× [1.68×, 1.72×], promise kept 94% [93%, 96%], tokens removed"),
        "the whole row in words: {}",
        rows[1]
    );
    assert!(rows[4].contains("clock: undecided"), "an interval that holds 1: {}", rows[4]);
    assert!(shows(&harness, "Some CPU, 2 of 2 cores, AVX2, f32"), "the machine");
    assert!(!shows(&harness, "The machine was busy"), "no warning without a reason");

    harness.get_by_label("Table").click();
    settle(&mut harness);
    for cell in ["118 ms", "[1.68×, 1.72×]", "÷1.80", "94%", "8,700"] {
        assert!(shows(&harness, cell), "the table lacks {cell}");
    }
    let order = |harness: &Harness<'_, Window>| -> Vec<String> {
        found(harness, "×").into_iter().filter(|name| ["1.70×", "1.90×", "1.01×", "1.60×"].contains(&&**name)).collect()
    };
    assert_eq!(order(&harness), ["1.70×", "1.90×", "1.01×", "1.60×"], "case by case");
    harness.get_by_label("Sort by Speed-up").click();
    settle(&mut harness);
    assert_eq!(order(&harness), ["1.90×", "1.70×", "1.60×", "1.01×"], "fastest first");
    harness.get_by_label("Sort by Speed-up, sorted falling").click();
    settle(&mut harness);
    assert_eq!(order(&harness), ["1.01×", "1.60×", "1.70×", "1.90×"], "slowest first");
}

#[test]
fn a_busy_machine_and_other_settings_are_pointed_out() {
    let mut harness = with_report(busy_report());
    assert!(shows(&harness, "30% of its time"), "who was at work");
    assert!(!shows(&harness, "stale"), "measured with these strategies");
    harness.get_by_label("Menu of first_k").click();
    harness.run_steps(3);
    harness.get_by_label_contains("Remove").click();
    settle(&mut harness);
    assert!(shows(&harness, "stale"), "measured with other strategies");
}

#[test]
fn without_strategies_it_says_what_is_missing() {
    let mut harness = window(WindowOptions { strategies: vec!["dense".to_owned()], ..options() });
    let button = harness.get_by_label("Measure");
    assert!(button.accesskit_node().is_disabled(), "nothing to measure");
    button.hover();
    harness.run_steps(40);
    assert!(shows(&harness, "Enable a strategy"), "the reason");
}

#[test]
fn what_is_shown_can_be_written_as_picture_and_table() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut harness = with_report(fixed_report());
    let path = |name: &str| folder.path().join(name);
    for name in ["latency.svg", "latency.png", "latency.csv"] {
        harness.state_mut().app().export(&path(name)).expect("a file written");
    }
    let svg = std::fs::read_to_string(path("latency.svg")).expect("the file");
    assert!(svg.contains("FLOPs say 1.80×, clock says 1.70×") && svg.contains("Some CPU"), "promise and machine");
    let csv = std::fs::read_to_string(path("latency.csv")).expect("the file");
    assert_eq!(csv.lines().count(), 1 + 6, "a head, and dense and two strategies in two cases");
    assert!(
        csv.lines().nth(2).is_some_and(|line| line.contains("power_bert:retention=0.5") && line.contains(",1.7,")),
        "{csv}"
    );
    let png = std::fs::read(path("latency.png")).expect("the file");
    assert!(png.len() > 10_000, "a picture of {} bytes", png.len());
}

/// At half size, so that 640 by 480 pixels show a whole window. Text edges may differ a little between machines.
fn check_image(name: &str, theme: Theme) {
    let options = WindowOptions { theme: Some(theme), zoom: Some(0.5), ..options() };
    let mut harness = open(options, [640.0, 480.0]);
    settle(&mut harness);
    harness.state_mut().app().show_latency(fixed_report());
    settle(&mut harness);
    harness.snapshot_options(name, &images::plot_limits());
}

#[test]
fn the_latency_view_looks_as_before() {
    check_image("latency_light", Theme::Light);
}

#[test]
fn the_latency_view_looks_as_before_in_the_dark() {
    check_image("latency_dark", Theme::Dark);
}

#[test]
fn without_a_model_there_is_nothing_to_press() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("no-such-model");
    let harness = window(WindowOptions { model: Some(nowhere), ..options() });
    let button = harness.get_by_label("Measure");
    assert!(button.accesskit_node().is_disabled(), "a press would do nothing");
}
