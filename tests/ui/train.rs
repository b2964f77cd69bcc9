//! The Train view: a training is begun, followed, and its policy used.

use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use prunescope::app::WindowOptions;
use prunescope::figure::number;
use prunescope::pruning::StrategySpec;

use crate::eyes_and_hands::names;
use crate::eyes_and_hands::shows;
use crate::plots_support::open;
use crate::plots_support::options;
use crate::plots_support::settle;
use crate::plots_support::small_data;
use crate::view;

const SIZE: [f32; 2] = [1700.0, 1200.0];

#[test]
fn a_training_leaves_a_policy_whose_numbers_are_those_on_screen() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = small_data(&folder);
    let options = WindowOptions { strategies: vec!["first_k".to_owned()], ..options(view("train"), data) };
    let mut harness = open(options, SIZE);
    settle(&mut harness);
    harness.get_by_role_and_label(Role::Button, "Train").click();
    harness.run_steps(2);
    settle(&mut harness);
    assert!(shows(&harness, "Finished"), "it ends: {:?}", names(&harness, "step"));
    let policy = folder.path().join("small-ltp");
    let spec = StrategySpec::read_policy(&policy).expect("a policy");
    assert_eq!(spec.id(), "ltp", "of the method that was chosen");
    let curves = std::fs::read_to_string(policy.join("curves.csv")).expect("the curves");
    let mut reader = csv::Reader::from_reader(curves.as_bytes());
    let column = reader.headers().expect("heads").iter().position(|head| head == "dev_accuracy").expect("dev accuracy");
    let found: Vec<f64> = reader.records().filter_map(|row| row.expect("a row")[column].parse().ok()).collect();
    assert!(!found.is_empty(), "the dev set was run");
    let is_shown = |accuracy: &f64| shows(&harness, &format!("accuracy {} (dense", number::rate(*accuracy)));
    assert!(found.iter().any(is_shown), "one of {found:?} is the best on screen");
    harness.get_by_label("Use this strategy").click();
    harness.run_steps(3);
    settle(&mut harness);
    assert!(shows(&harness, "ltp"), "the policy is one of the strategies");
    harness.get_by_role_and_label(Role::Button, "Train").click();
    harness.run_steps(2);
    settle(&mut harness);
    assert!(shows(&harness, "holds a training already"), "nothing is overwritten unasked");
    assert_eq!(std::fs::read_to_string(policy.join("curves.csv")).expect("the curves"), curves, "it is as it was");
}
