//! The Open data sheet: what a new user does to open an audit set, and that the command line would read the same.

use std::path::Path;

use egui::Key;
use egui::Modifiers;
use egui_kittest::Harness;
use egui_kittest::kittest::NodeT as _;
use egui_kittest::kittest::Queryable as _;
use prunescope::app::Theme;
use prunescope::app::ViewKind;
use prunescope::app::WindowOptions;
use prunescope::data::ReadOptions;
use prunescope::project::DataSource;

use crate::eyes_and_hands::drop_file;
use crate::eyes_and_hands::press;
use crate::eyes_and_hands::shows;
use crate::eyes_and_hands::type_path;
use crate::plots_support::Window;
use crate::plots_support::open;
use crate::plots_support::settle;
use crate::sheet_support::audit_set;
use crate::sheet_support::choose;
use crate::sheet_support::fill_in;
use crate::sheet_support::options_of_flags;
use crate::sheet_support::tick;
use crate::view;

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

/// Names a file as a person does where the system has no dialog.
fn open_by_typing(harness: &mut Harness<'_, Window>, path: &Path) {
    harness.key_press_modifiers(Modifiers::COMMAND, Key::D);
    settle(harness);
    type_path(harness, &path.display().to_string());
    press(harness, Key::Enter);
}

fn press_open(harness: &mut Harness<'_, Window>) {
    harness.get_by_label("Open data").click();
    settle(harness);
    assert!(!shows(harness, "Open data: "), "the sheet is done with");
}

fn source(harness: &mut Harness<'_, Window>) -> DataSource {
    harness.state_mut().app().data_source().expect("an open data set").clone()
}

#[test]
fn an_audit_set_is_opened_without_a_command_line() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = audit_set(folder.path());
    let mut harness = window(view("inspect"), [1280.0, 900.0]);
    open_by_typing(&mut harness, &path);
    assert!(shows(&harness, "Open data: audit set.csv"), "the sheet");
    assert!(shows(&harness, "The women crowd of film 0"), "with the first rows");
    assert!(shows(&harness, "label_gold (found)"), "and the columns that were found");
    assert!(shows(&harness, "do not fit the model's classes"), "labels of another world are said");

    choose(&mut harness, "Text", "test_case");
    choose(&mut harness, "Label", "label_gold");
    choose(&mut harness, "Cluster", "templ_id");
    tick(&mut harness, "functionality");
    fill_in(&mut harness, ["negative", "positive"], &[]);
    choose(&mut harness, "Class of interest", "negative");
    assert!(shows(&harness, "negative 40 · positive 40"), "rows of each class");
    let map = [("hateful", "negative"), ("non-hateful", "positive")];
    let expected = ReadOptions {
        text_column: Some("test_case".to_owned()),
        label_column: Some("label_gold".to_owned()),
        cluster_column: Some("templ_id".to_owned()),
        label_map: map.map(|(from, to)| (from.to_owned(), to.to_owned())).to_vec(),
        positive: Some("negative".to_owned()),
        group_columns: Some(vec!["target_ident".to_owned()]),
        ..ReadOptions::default()
    };
    let flags = options_of_flags(&harness);
    assert_eq!(flags, expected, "the flags say the same");
    press_open(&mut harness);
    assert_eq!(source(&mut harness), DataSource { path, lexicon: None, options: flags }, "the window reads by them");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Num3);
    harness.run_steps(2);
    settle(&mut harness);

    for fact in [
        "80 texts · 1 group column",
        "text test_case · label label_gold",
        "cluster templ_id",
        "groups target_ident",
        "class of interest negative",
    ] {
        assert!(shows(&harness, fact), "the Data panel names {fact:?}");
    }
    for fact in ["measured on all 80 texts", "over 20 clusters of column templ_id", "class of interest: negative"] {
        assert!(shows(&harness, fact), "the view's own line names {fact:?}");
    }
}

#[test]
fn choices_are_there_when_the_file_is_opened_again() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = audit_set(folder.path());
    let mut harness = window(view("inspect"), [1280.0, 900.0]);
    drop_file(&mut harness, &path);
    fill_in(&mut harness, ["negative", "positive"], &[]);
    choose(&mut harness, "Class of interest", "negative");
    harness.key_press(Key::Enter);
    settle(&mut harness);
    drop_file(&mut harness, &path);
    assert!(shows(&harness, "Chosen as the last time"), "it is said");
    let options = options_of_flags(&harness);
    assert_eq!((options.label_map.len(), options.positive.as_deref()), (2, Some("negative")), "{options:?}");
    harness.key_press(Key::Escape);
    settle(&mut harness);
    assert!(!shows(&harness, "Open data: "), "Escape leaves everything as it was");
    harness.key_press_modifiers(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::D);
    settle(&mut harness);
    assert!(shows(&harness, "Open data: audit set.csv"), "and a key brings the sheet back");
}

#[test]
fn labels_that_do_not_fit_open_the_sheet_by_itself_where_they_are_needed() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let options = WindowOptions {
        view: Some(view("inspect")),
        theme: Some(Theme::Light),
        data: Some(audit_set(folder.path())),
        strategies: vec!["first_k:retention=0.5".to_owned()],
        ..WindowOptions::default()
    };
    let mut harness = open(options, [1280.0, 900.0]);
    settle(&mut harness);
    assert!(!shows(&harness, "Open data: "), "one text needs no labels");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Num3);
    settle(&mut harness);
    assert!(shows(&harness, "do not fit the classes of this model, negative, positive"), "the reason");
    press(&mut harness, Key::Escape);
    assert!(!shows(&harness, "Open data: "), "Escape sends it away, and it does not come back by itself");
    harness.run_steps(8);
    assert!(!shows(&harness, "Open data: "), "nor later");
    harness.key_press_modifiers(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::D);
    settle(&mut harness);
    fill_in(&mut harness, ["negative", "positive"], &[]);
    press_open(&mut harness);
    assert_eq!(source(&mut harness).options.label_map.len(), 2, "mended without opening the file again");
    assert!(shows(&harness, "measured on all 80 texts"), "and the view has what it needs");
}

#[test]
fn a_file_that_cannot_be_read_is_mended_in_the_sheet() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("words.csv");
    // No program guesses a caret between cells, and in this encoding no Russian letter is UTF-8: "хорошо", "плохо".
    let rows = [&b"text^label\n"[..], b"\xc8\xcf\xd2\xcf\xdb\xcf^1\n", b"\xd0\xcc\xcf\xc8\xcf, da^0\n"].concat();
    std::fs::write(&path, rows).expect("a file");
    let mut harness = window(view("inspect"), [1024.0, 768.0]);
    open_by_typing(&mut harness, &path);
    assert!(shows(&harness, "no text column found"), "why it cannot be read");
    let is_disabled = harness.get_by_label("Open data").accesskit_node().is_disabled();
    assert!(is_disabled, "so that it cannot be opened");
    harness.get_by_label("Another sign between cells").focus();
    harness.step();
    harness.get_by_label("Another sign between cells").type_text("^");
    settle(&mut harness);
    assert!(shows(&harness, "not valid UTF-8"), "two columns, and the next obstacle");
    choose(&mut harness, "Encoding", "koi8-r");
    assert!(shows(&harness, "хорошо"), "its first rows in letters");
    assert!(shows(&harness, "negative 1 · positive 1"), "and every row readable");
    let flags = options_of_flags(&harness);
    assert_eq!((flags.delimiter, flags.encoding.as_deref()), (Some('^'), Some("koi8-r")), "the flags say the same");
    press_open(&mut harness);
    // Without a group column, `evaluate` takes none.
    let expected = ReadOptions { group_columns: Some(Vec::new()), ..flags };
    assert_eq!(source(&mut harness).options, expected, "the window reads by them");
    assert!(shows(&harness, "2 texts"), "and the file is open");
}
