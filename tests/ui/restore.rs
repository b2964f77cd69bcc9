//! What is kept of a session that no one saved, and what the next window says of it. Every test has a folder of its own.

use std::path::Path;
use std::time::Duration;
use std::time::Instant;

use egui::Key;
use egui::Modifiers;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use prunescope::app::Theme;
use prunescope::app::WindowOptions;
use prunescope::project;

use crate::eyes_and_hands::shows;
use crate::plots_support::Window;
use crate::plots_support::open;
use crate::plots_support::settle;
use crate::view;

fn window(folder: &Path, start_empty: bool) -> Harness<'static, Window> {
    let options = WindowOptions {
        view: Some(view("inspect")),
        theme: Some(Theme::Light),
        state_folder: Some(folder.to_owned()),
        start_empty,
        ..WindowOptions::default()
    };
    let mut harness = open(options, [1280.0, 800.0]);
    settle(&mut harness);
    harness
}

/// Steps until something holds; the window's clock goes on by a quarter of a second a step.
fn wait(harness: &mut Harness<'_, Window>, what: &str, holds: impl Fn(&Harness<'_, Window>) -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !holds(harness) {
        assert!(Instant::now() < deadline, "{what}");
        harness.step();
        std::thread::yield_now();
    }
}

fn type_text(harness: &mut Harness<'_, Window>, text: &str) {
    harness.get_by_role(Role::MultilineTextInput).focus();
    harness.step();
    harness.get_by_role(Role::MultilineTextInput).type_text(text);
    settle(harness);
}

/// Good news passes by itself; the list keeps it.
fn list_messages(harness: &mut Harness<'_, Window>) {
    harness.key_press_modifiers(Modifiers::COMMAND, Key::M);
    settle(harness);
}

/// The text of the session on disk.
fn kept(folder: &Path) -> Option<String> {
    project::load(&folder.join("session.prunescope")).ok().map(|project| project.text)
}

#[test]
fn a_window_that_is_killed_loses_nothing_that_is_two_seconds_old() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut harness = window(folder.path(), false);
    // A slow disk must not still be busy with the session as it was opened: one save waits for another.
    wait(&mut harness, "the session as it was opened", |_| kept(folder.path()).is_some());
    harness.run_steps(4);
    type_text(&mut harness, " Truly.");
    harness.run_steps(8);
    // Two seconds of the window's clock: the save has begun by now, and needs no further frame to end.
    let deadline = Instant::now() + Duration::from_secs(20);
    while !kept(folder.path()).is_some_and(|text| text.ends_with(" Truly.")) {
        assert!(Instant::now() < deadline, "the change is not on disk");
        std::thread::yield_now();
    }
    // Dropped without closing: as a kill leaves it.
    drop(harness);
    let mut harness = window(folder.path(), false);
    assert!(shows(&harness, "hoped for. Truly."), "the text is back");
    list_messages(&mut harness);
    assert!(shows(&harness, "Restored the last session: sentiment-minilm-l6"), "and the window says so");
}

#[test]
fn starting_empty_leaves_the_saved_session_alone_until_something_is_changed() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut harness = window(folder.path(), false);
    type_text(&mut harness, " Mine.");
    wait(&mut harness, "a saved session", |_| kept(folder.path()).is_some_and(|text| text.ends_with(" Mine.")));
    drop(harness);
    let mut harness = window(folder.path(), true);
    assert!(!shows(&harness, " Mine."), "empty");
    list_messages(&mut harness);
    assert!(shows(&harness, "Started empty. The saved session stays in"), "and where the other one is");
    harness.run_steps(16);
    assert!(kept(folder.path()).is_some_and(|text| text.ends_with(" Mine.")), "four seconds later it is still there");
    type_text(&mut harness, " Other.");
    wait(&mut harness, "the change is saved", |_| kept(folder.path()).is_some_and(|text| text.ends_with(" Other.")));
    let earlier = project::load(&folder.path().join("session-earlier.prunescope")).expect("the earlier session");
    assert!(earlier.text.ends_with(" Mine."), "nothing is lost: {}", earlier.text);
}

#[test]
fn a_broken_session_is_named_and_kept() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    std::fs::write(folder.path().join("session.prunescope"), "{\"prunescope_sess").expect("half a file");
    let harness = window(folder.path(), false);
    assert!(shows(&harness, "The saved session cannot be read"), "it is said");
    assert!(shows(&harness, "session-unreadable-1.prunescope"), "and where the file is kept");
    assert!(folder.path().join("session-unreadable-1.prunescope").exists(), "where it really is");
    assert!(shows(&harness, "hoped for."), "the window opens on the sample");
}

#[test]
fn a_home_that_cannot_be_written_to_is_said_once() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let home = folder.path().join("home");
    // A file in the place of the folder stops root too, unlike permissions.
    std::fs::write(&home, "").expect("a file");
    let mut harness = window(&home, false);
    wait(&mut harness, "it is said", |harness| shows(harness, "This session cannot be kept"));
    assert!(shows(&harness, "home"), "with the place");
    harness.get_by_label("Dismiss").click();
    settle(&mut harness);
    type_text(&mut harness, " More.");
    harness.run_steps(40);
    assert!(!shows(&harness, "This session cannot be kept"), "once is enough");
}
