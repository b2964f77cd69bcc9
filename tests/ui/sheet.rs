//! The Open data sheet: what a new user does to open an audit set, and that the command line would read the same.

use egui::Key;
use egui::Modifiers;
use egui_kittest::Harness;
use prunescope::app::Theme;
use prunescope::app::ViewKind;
use prunescope::app::WindowOptions;

use crate::plots_support::Window;
use crate::plots_support::open;
use crate::plots_support::settle;
use crate::sheet_support::audit_set;
use crate::sheet_support::choose;
use crate::sheet_support::drop_file;
use crate::sheet_support::fill_in;
use crate::sheet_support::names;
use crate::sheet_support::options_of_flags;

fn window(view: ViewKind, size: [f32; 2]) -> Harness<'static, Window> {
    let options = WindowOptions {
        view: Some(view),
        theme: Some(Theme::Light),
        strategies: vec!["first_k:retention=0.5".to_owned()],
        ..WindowOptions::default()
    };
    let mut harness = open(options, size);
    settle(&mut harness);
    harness
}

#[test]
fn choices_are_there_when_the_file_is_opened_again() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = audit_set(folder.path());
    let mut harness = window(ViewKind::Inspect, [1280.0, 900.0]);
    drop_file(&mut harness, &path);
    fill_in(&mut harness, ["negative", "positive"], &[]);
    choose(&mut harness, "Class of interest", "negative");
    harness.key_press(Key::Enter);
    settle(&mut harness);
    drop_file(&mut harness, &path);
    assert!(!names(&harness, "Chosen as the last time").is_empty(), "it is said");
    let options = options_of_flags(&harness);
    assert_eq!((options.label_map.len(), options.positive.as_deref()), (2, Some("negative")), "{options:?}");
    harness.key_press(Key::Escape);
    settle(&mut harness);
    assert!(names(&harness, "Open data: ").is_empty(), "Escape leaves everything as it was");
    harness.key_press_modifiers(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::D);
    settle(&mut harness);
    assert!(!names(&harness, "Open data: audit set.csv").is_empty(), "and a key brings the sheet back");
}
