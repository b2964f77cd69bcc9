//! Menus, overlays, pins, dropped files: what a person can do in any view, found by its name.

use egui::Key;
use egui::Modifiers;
use egui_kittest::Harness;
use egui_kittest::kittest::NodeT as _;
use egui_kittest::kittest::Queryable as _;
use prunescope::app::Theme;
use prunescope::app::UiCommand;
use prunescope::app::WindowOptions;
use prunescope::project;
use prunescope::project::Project;
use prunescope::pruning::StrategySpec;

use crate::eyes_and_hands::drop_file;
use crate::eyes_and_hands::shows;
use crate::plots_support::Window;
use crate::plots_support::open;
use crate::plots_support::settle;
use crate::view;

const TEXT: &str = "It wasn't bad, it just wasn't what we had hoped for.";

fn window() -> Harness<'static, Window> {
    let options = WindowOptions {
        view: Some(view("inspect")),
        theme: Some(Theme::Light),
        text: Some(TEXT.to_owned()),
        strategies: vec!["power_bert:retention=0.4".to_owned(), "tome:r=2".to_owned()],
        ..WindowOptions::default()
    };
    let mut harness = open(options, [1600.0, 1000.0]);
    settle(&mut harness);
    harness
}

/// Opens a menu and chooses an entry.
fn choose(harness: &mut Harness<'_, Window>, menu: &str, entry: &str) {
    harness.get_by_label(menu).click();
    settle(harness);
    harness.get_by_label_contains(entry).click();
    settle(harness);
}

#[test]
fn every_command_stands_in_a_menu() {
    let mut harness = window();
    let mut seen = String::new();
    for menu in ["File", "Edit", "View", "Help"] {
        harness.get_by_label(menu).click();
        settle(&mut harness);
        let labels = harness.root().children_recursive().filter_map(|node| node.accesskit_node().label());
        seen.extend(labels.map(|label| format!("{label}\n")));
        harness.key_press(Key::Escape);
        settle(&mut harness);
    }
    for command in UiCommand::all() {
        assert!(seen.lines().any(|label| label.starts_with(command.label())), "{command:?} stands in no menu");
    }
}

#[test]
fn a_click_pins_a_token_and_escape_lets_it_go() {
    let mut harness = window();
    assert!(!shows(&harness, "Unpin"), "nothing is pinned at first");
    harness.get_by_label_contains("power_bert: layer 1, 'hoped'").click();
    settle(&mut harness);
    assert!(shows(&harness, "“hoped”"), "the panel names the token");
    assert!(shows(&harness, "Unpin"), "and can let it go");
    harness.get_by_label("Unpin").click();
    settle(&mut harness);
    harness.hover_at(egui::pos2(1.0, 1.0));
    settle(&mut harness);
    assert!(!shows(&harness, "“hoped”"), "the token is no longer spoken of");
}

#[test]
fn the_ribbon_is_walked_by_keyboard_and_says_where_it_is() {
    let mut harness = window();
    harness.get_by_label("power_bert ribbon, 6 layers by 19 tokens").focus();
    settle(&mut harness);
    for key in [Key::ArrowRight, Key::ArrowRight, Key::ArrowDown] {
        harness.key_press(key);
        settle(&mut harness);
    }
    assert!(shows(&harness, "tokens, layer 2, 'wasn'"), "two columns to the right, one layer down");
    harness.key_press(Key::Enter);
    settle(&mut harness);
    assert!(shows(&harness, "Unpin"), "Enter pins");
}

#[test]
fn strategies_are_duplicated_removed_and_brought_back() {
    let mut harness = window();
    let count = |harness: &Harness<'_, Window>| harness.query_all_by_label_contains("Menu of tome").count();
    choose(&mut harness, "Menu of tome", "Duplicate");
    assert_eq!(count(&harness), 2, "a copy");
    for name in ["Show tome (2)", "Menu of tome (2)", "tome (2) ribbon", "tome (2): layer 1", "tome (2)  "] {
        assert!(shows(&harness, name), "{name:?}: the copy has a name of its own everywhere");
    }
    choose(&mut harness, "Edit", "Undo");
    assert_eq!(count(&harness), 1, "undone");
    choose(&mut harness, "Edit", "Redo");
    assert_eq!(count(&harness), 2, "and done again");
    choose(&mut harness, "Add", "SpAtten");
    assert!(shows(&harness, "spatten ribbon"), "a strategy from the registry is run at once");
}

#[test]
fn overlays_open_and_close_by_keyboard() {
    let mut harness = window();
    harness.key_press_modifiers(Modifiers::SHIFT, Key::Questionmark);
    settle(&mut harness);
    assert!(shows(&harness, "Keyboard shortcuts"), "a question mark lists the shortcuts");
    assert!(shows(&harness, "Play layers"), "each with what it does");
    harness.key_press(Key::Escape);
    settle(&mut harness);
    assert!(!shows(&harness, "Play layers"), "Escape closes the list");
    choose(&mut harness, "Help", "About prunescope");
    assert!(shows(&harness, "no telemetry"), "the box says what leaves the machine: nothing");
}

#[test]
fn a_dropped_session_data_file_and_folder_are_opened_as_what_they_are() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut harness = window();

    let mut session = Project::new("sentiment-minilm-l6");
    session.text = "A fine film.".to_owned();
    session.push(StrategySpec::parse("first_k:retention=0.5").expect("a spec"), true);
    let path = folder.path().join("mine.prunescope");
    project::save(&session, &path).expect("a session file");
    drop_file(&mut harness, &path);
    assert!(shows(&harness, "first_k ribbon") && shows(&harness, "A fine film."), "the session's text and strategy");

    let path = folder.path().join("two.csv");
    std::fs::write(&path, "text,label\ngood,1\nbad,0\n").expect("a data file");
    drop_file(&mut harness, &path);
    harness.get_by_label("Open data").click();
    settle(&mut harness);
    assert!(shows(&harness, "2 texts"), "the data set");
    harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowRight);
    settle(&mut harness);
    assert!(shows(&harness, "example 1 of 2") && shows(&harness, "tokens left: good"), "its first text");

    let path = folder.path().join("picture.xyz");
    std::fs::write(&path, "").expect("a file");
    drop_file(&mut harness, &path);
    assert!(shows(&harness, "nothing prunescope can open"), "what cannot be opened is named");
    assert!(shows(&harness, "Dismiss"), "and stays until it is dismissed");
    harness.get_by_label("Dismiss").click();
    settle(&mut harness);
    assert!(!shows(&harness, "Dismiss"), "gone from the corner");
    choose(&mut harness, "Help", "Messages");
    assert!(shows(&harness, "nothing prunescope can open"), "but kept in the list");
}

#[test]
fn every_control_of_every_view_has_a_name() {
    let mut harness = window();
    for key in [Key::Num1, Key::Num2, Key::Num3, Key::Num4] {
        harness.key_press_modifiers(Modifiers::COMMAND, key);
        harness.run_steps(3);
        let unnamed = harness.unnamed_widgets();
        assert!(unnamed.is_empty(), "{key:?}: {unnamed:?}");
    }
}

/// Presses and lets go of everything within one frame, as a fast typist does.
fn type_fast(harness: &mut Harness<'_, Window>, keys: &[(Modifiers, Key)]) {
    let press = |&(modifiers, key): &(Modifiers, Key)| {
        [true, false].map(|pressed| egui::Event::Key { key, physical_key: None, pressed, repeat: false, modifiers })
    };
    let mut events: Vec<egui::Event> = keys.iter().flat_map(press).collect();
    // The modifiers are up again before the frame ends.
    events.push(egui::Event::ModifiersChanged(Modifiers::NONE));
    harness.input_mut().events.extend(events);
    harness.step();
    settle(harness);
}

#[test]
fn keys_typed_within_one_frame_keep_their_own_modifiers() {
    let mut harness = window();
    let count = |harness: &Harness<'_, Window>| harness.query_all_by_label_contains("Menu of tome").count();
    choose(&mut harness, "Menu of tome", "Duplicate");
    choose(&mut harness, "Edit", "Undo");
    assert_eq!(count(&harness), 1, "undone");
    let control = Modifiers::COMMAND | Modifiers::CTRL;
    type_fast(&mut harness, &[(control | Modifiers::SHIFT, Key::Z)]);
    assert_eq!(count(&harness), 2, "Ctrl+Shift+Z does it again although Shift is up at the frame's end");
    type_fast(&mut harness, &[(control, Key::Z), (control | Modifiers::SHIFT, Key::Z), (control, Key::Z)]);
    assert_eq!(count(&harness), 1, "undo, redo, undo");

    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("three.csv");
    std::fs::write(&path, "text,label\ngood,1\nbad,0\nfine,1\n").expect("a data file");
    drop_file(&mut harness, &path);
    harness.get_by_label("Open data").click();
    settle(&mut harness);
    type_fast(&mut harness, &[(Modifiers::SHIFT, Key::ArrowRight), (Modifiers::SHIFT, Key::ArrowRight)]);
    assert!(shows(&harness, "tokens left: bad"), "two steps, to the second example");
    type_fast(&mut harness, &[(Modifiers::SHIFT, Key::ArrowLeft)]);
    assert!(shows(&harness, "tokens left: good"), "and back");
}

#[test]
fn a_ribbon_takes_every_key_of_a_frame_in_order() {
    let mut harness = window();
    harness.get_by_label("power_bert ribbon, 6 layers by 19 tokens").focus();
    settle(&mut harness);
    let keys = [Key::ArrowRight, Key::ArrowRight, Key::ArrowDown, Key::Enter, Key::ArrowRight];
    type_fast(&mut harness, &keys.map(|key| (Modifiers::NONE, key)));
    assert!(shows(&harness, "tokens, layer 2, '''"), "three columns to the right, one layer down");
    assert!(shows(&harness, "Unpin"), "pinned on the way");
}
