//! When the Fairness view asks for work, and when it does not.

use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use crate::eyes_and_hands::names;
use crate::eyes_and_hands::press;
use crate::eyes_and_hands::shows;
use crate::plots_support::Window;
use crate::plots_support::open;
use crate::plots_support::options;
use crate::plots_support::settle;
use crate::plots_support::small_data;
use crate::view;

const SIZE: [f32; 2] = [1500.0, 900.0];

/// Texts whose labels mean nothing to the sample model, in two groups.
fn unfit_data(folder: &tempfile::TempDir) -> PathBuf {
    let path = folder.path().join("unfit.csv");
    let row =
        |row: usize| format!("film {row} is fine,{},{}\n", ["spam", "ham"][row % 2], ["women", "men"][row / 2 % 2]);
    std::fs::write(&path, format!("text,label,gender\n{}", (0..80).map(row).collect::<String>())).expect("a file");
    path
}

#[test]
fn a_comparison_that_fails_is_told_once_and_not_asked_for_again() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut harness = open(options(view("fairness"), unfit_data(&folder)), SIZE);
    settle(&mut harness);
    press(&mut harness, Key::Escape);
    assert!(shows(&harness, "Change the strategy's settings, the model or the data set"), "the failure in its place");
    let said = names(&harness, "spam").len();
    for frame in 0..20 {
        harness.step();
        assert!(!harness.state().is_busy(), "frame {frame}: nothing is started again");
    }
    assert!(!harness.ctx.has_requested_repaint(), "and nothing asks to be drawn again");
    assert_eq!(names(&harness, "spam").len(), said, "the failure is told as often as before");
}

/// Steps until something holds.
fn wait(harness: &mut Harness<'_, Window>, what: &str, holds: impl Fn(&Harness<'_, Window>) -> bool) {
    let deadline = Instant::now() + Duration::from_mins(2);
    while !holds(harness) {
        assert!(Instant::now() < deadline, "{what}");
        harness.step();
        std::thread::yield_now();
    }
}

#[test]
fn a_strategy_that_changes_while_groups_are_compared_leaves_no_progress_over_results() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut harness = open(options(view("fairness"), small_data(&folder)), SIZE);
    wait(&mut harness, "a comparison runs", |harness| shows(harness, " on 90 texts"));
    harness.get_by_label("Show first_k").click();
    // Settings are taken once they have stood still for a while.
    let later = Instant::now() + Duration::from_secs(1);
    wait(&mut harness, "the pause", |_| Instant::now() > later);
    wait(&mut harness, "it ends", |harness| !harness.state().is_busy() && shows(harness, "measured on all 90 texts"));
    settle(&mut harness);
    for trace in [" on 90 texts,", "cutting texts", "First results are on their way", "stale"] {
        assert!(!shows(&harness, trace), "{trace:?} stands over finished results");
    }
    assert!(harness.query_by_label("Stop").is_none(), "nothing is left to be stopped");
    assert_eq!(names(&harness, "all, n 90").len(), 1, "the results of the strategy that is left");
}

/// Ninety texts in five clusters.
fn few_clusters(folder: &tempfile::TempDir) -> PathBuf {
    let path = folder.path().join("few.csv");
    let row = |row: usize| {
        let (label, word) = if row.is_multiple_of(2) { ("positive", "a joy") } else { ("negative", "a bore") };
        format!("film {row} is {word},{label},{},{}\n", ["women", "men"][row / 2 % 2], row / 18)
    };
    let rows: String = (0..90).map(row).collect();
    std::fs::write(&path, format!("text,label,gender,template\n{rows}")).expect("a file");
    path
}

#[test]
fn few_clusters_say_why_there_is_no_interval() {
    for view in [view("fairness"), view("trade-off")] {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let mut shown = options(view, few_clusters(&folder));
        shown.strategies = vec!["stop_words".to_owned()];
        shown.read.cluster_column = Some("template".to_owned());
        let mut harness = open(shown, SIZE);
        settle(&mut harness);
        let reason = "over 5 clusters of column template; with fewer than 10 no interval can be given";
        assert!(shows(&harness, reason), "{view:?}: the words of the command line");
    }
}
