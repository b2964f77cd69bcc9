//! The Open data sheet: what a new user does to open an audit set, and that the command line would read the same.

use egui::Key;
use egui::Modifiers;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use prunescope::app::Theme;
use prunescope::app::ViewKind;
use prunescope::app::WindowOptions;
use prunescope::data::ReadOptions;

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
fn an_audit_set_is_opened_without_a_command_line() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = audit_set(folder.path());
    let mut harness = window(ViewKind::Fairness, [1280.0, 900.0]);
    drop_file(&mut harness, &path);
    assert!(!names(&harness, "Open data: audit set.csv").is_empty(), "the sheet");
    assert!(!names(&harness, "The women crowd of film 0").is_empty(), "with the first rows");
    assert!(!names(&harness, "label_gold (found)").is_empty(), "and the columns that were found");
    assert!(!names(&harness, "do not fit the model's classes").is_empty(), "labels of another world are said");
    fill_in(&mut harness, ["negative", "positive"], &["functionality"]);
    assert!(!names(&harness, "negative 40 · positive 40").is_empty(), "rows of each class");

    let expected = ReadOptions {
        label_map: vec![
            ("hateful".to_owned(), "negative".to_owned()),
            ("non-hateful".to_owned(), "positive".to_owned()),
        ],
        group_columns: Some(vec!["target_ident".to_owned()]),
        ..ReadOptions::default()
    };
    assert_eq!(options_of_flags(&harness), expected, "the flags say the same");
    harness.get_by_label("Open data").click();
    settle(&mut harness);
    assert!(names(&harness, "Open data: ").is_empty(), "the sheet is done with");
    let source = harness.state_mut().app().data_source().expect("an open data set").clone();
    assert_eq!((source.path, source.options), (path, expected), "and the window reads by them");
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

#[test]
fn labels_that_do_not_fit_open_the_sheet_by_itself_where_they_are_needed() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let options = WindowOptions {
        view: Some(ViewKind::Inspect),
        theme: Some(Theme::Light),
        data: Some(audit_set(folder.path())),
        strategies: vec!["first_k:retention=0.5".to_owned()],
        ..WindowOptions::default()
    };
    let mut harness = open(options, [1280.0, 900.0]);
    settle(&mut harness);
    assert!(names(&harness, "Open data: ").is_empty(), "one text needs no labels");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Num3);
    settle(&mut harness);
    assert!(!names(&harness, "do not fit the classes of this model, negative, positive").is_empty(), "the reason");
    fill_in(&mut harness, ["negative", "positive"], &[]);
    harness.get_by_label("Open data").click();
    settle(&mut harness);
    let source = harness.state_mut().app().data_source().expect("an open data set").clone();
    assert_eq!(source.options.label_map.len(), 2, "mended without opening the file again");
}

#[test]
fn a_file_that_cannot_be_read_is_mended_in_the_sheet() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("words.csv");
    std::fs::write(
        &path,
        "内容,标签,非常长的列名非常长的列名非常长的列名非常长的列名非常长的列名\n好看,1,a\n难看,0,b\n",
    )
    .expect("a file");
    let mut harness = window(ViewKind::Inspect, [1024.0, 768.0]);
    drop_file(&mut harness, &path);
    assert!(!names(&harness, "no text column found").is_empty(), "why it cannot be read");
    assert!(!names(&harness, "难看").is_empty(), "its first rows nevertheless");
    choose(&mut harness, "Text", "内容");
    choose(&mut harness, "Label", "标签");
    assert!(!names(&harness, "negative 1 · positive 1").is_empty(), "readable now");
    harness.get_by_label("Open data").click();
    settle(&mut harness);
    assert!(!names(&harness, "2 texts").is_empty(), "and open");
}

#[test]
fn the_sheet_looks_as_before() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = audit_set(folder.path());
    let mut harness = window(ViewKind::Inspect, [960.0, 720.0]);
    drop_file(&mut harness, &path);
    fill_in(&mut harness, ["negative", "positive"], &[]);
    assert!(!names(&harness, "--label-map").is_empty(), "flags in sight");
    if let Some(folder) = std::env::var_os("PRUNESCOPE_LOOK") {
        let image = harness.render().expect("a picture");
        image.save(std::path::PathBuf::from(folder).join("sheet.png")).expect("a file");
    }
}
