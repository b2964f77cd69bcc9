//! One budget for all strategies in Inspect: dials follow, what was achieved is shown, votes are compared.

use std::path::Path;

use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use prunescope::app::WindowOptions;
use prunescope::data::ReadOptions;
use prunescope::evaluation;
use prunescope::jobs::Ticket;
use prunescope::model::Checkpoint;
use prunescope::pruning::StrategySpec;

use crate::eyes_and_hands::names;
use crate::eyes_and_hands::shows;
use crate::plots_support::Window;
use crate::plots_support::open;
use crate::plots_support::options;
use crate::plots_support::settle;
use crate::plots_support::small_data;
use crate::view;

const SIZE: [f32; 2] = [1700.0, 1200.0];

fn window(folder: &tempfile::TempDir) -> Harness<'static, Window> {
    let strategies = vec!["power_bert:retention=0.9,schedule=constant".to_owned(), "ltp:theta_final=0.001".to_owned()];
    let options = WindowOptions { strategies, ..options(view("inspect"), small_data(folder)) };
    let mut harness = open(options, SIZE);
    settle(&mut harness);
    harness
}

/// Specs of the strategies as they are set, from the files that an export of the numbers writes.
fn specs(harness: &mut Harness<'static, Window>, folder: &tempfile::TempDir) -> Vec<StrategySpec> {
    let path = folder.path().join("ribbons.csv");
    harness.state_mut().app().export(&path).expect("the numbers of the view");
    let mut reader = csv::Reader::from_path(&path).expect("a table");
    let column = reader.headers().expect("heads").iter().position(|head| head == "spec").expect("a column of specs");
    let mut specs: Vec<String> = reader.records().map(|row| row.expect("a row")[column].to_owned()).collect();
    specs.sort();
    specs.dedup();
    specs.iter().filter(|spec| *spec != "dense").map(|spec| StrategySpec::parse(spec).expect("a spec")).collect()
}

/// Cost over the whole file as a share of dense, by the functions that `evaluate` calls.
fn share(data: &Path, spec: &StrategySpec) -> f64 {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_models/sentiment-minilm-l6");
    let checkpoint = Checkpoint::load(&folder).expect("the sample model");
    let dataset = prunescope::data::read(data, &ReadOptions::default()).expect("the data set");
    let ticket = Ticket::detached();
    let (prepared, chunk) = evaluation::prepare(&ticket, &checkpoint, &dataset, None).expect("tokens");
    let run = |spec: &StrategySpec| {
        evaluation::run_strategy(&ticket, &checkpoint, (&prepared, &chunk), spec, |_| {}).expect("a run")
    };
    let dense = run(&StrategySpec::default_for("dense").expect("dense"));
    1.0 / evaluation::summarize(&prepared, &dense, &run(spec)).flops_reduction
}

#[test]
fn every_dial_follows_one_budget_and_the_achieved_share_is_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut harness = window(&folder);
    let before = specs(&mut harness, &folder);
    harness.get_by_role_and_label(Role::CheckBox, "Same").click();
    harness.run_steps(2);
    settle(&mut harness);
    assert!(shows(&harness, "2 of 2 meet it"), "both: {:?}", names(&harness, "meet it"));
    let after = specs(&mut harness, &folder);
    assert_eq!(after.len(), 2, "two strategies");
    assert_ne!(before, after, "their dials were turned");
    let data = folder.path().join("small.csv");
    for spec in &after {
        // The sample is all ninety texts.
        let share = share(&data, spec);
        assert!((share - 0.5).abs() <= 0.005, "{spec} takes {share} of dense");
    }
    assert!(shows(&harness, "Votes of 2 strategies"), "the row of votes");
    assert!(shows(&harness, "n 90"), "what it does to the data set, with the number of texts");
    assert!(shows(&harness, "worst group") || shows(&harness, "accuracy"), "and to its groups");
}

#[test]
fn a_setting_changed_by_hand_is_told_and_can_be_matched_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut harness = window(&folder);
    harness.get_by_role_and_label(Role::CheckBox, "Same").click();
    harness.run_steps(2);
    settle(&mut harness);
    let matched = specs(&mut harness, &folder);
    assert!(!shows(&harness, "settings were changed since"), "nothing was changed");
    harness.get_by_role_and_label(Role::SpinButton, "Budget").focus();
    harness.run_steps(2);
    harness.key_press(egui::Key::ArrowUp);
    harness.run_steps(2);
    settle(&mut harness);
    assert_ne!(specs(&mut harness, &folder), matched, "another budget turns the dials again");
    assert!(shows(&harness, "2 of 2 meet it"), "and it is met: {:?}", names(&harness, "meet it"));
}
