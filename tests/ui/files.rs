//! Opening, saving and exporting where the system has no file dialog: everything goes by the path field.

use std::path::Path;

use egui::Key;
use egui::Modifiers;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::NodeT as _;
use egui_kittest::kittest::Queryable as _;
use prunescope::app::Theme;
use prunescope::app::WindowOptions;
use prunescope::project;

use crate::eyes_and_hands::drop_file;
use crate::eyes_and_hands::press;
use crate::eyes_and_hands::shows;
use crate::eyes_and_hands::type_path;
use crate::plots_support::Window;
use crate::plots_support::open;
use crate::plots_support::settle;
use crate::view;

fn window() -> Harness<'static, Window> {
    let options = WindowOptions {
        view: Some(view("inspect")),
        theme: Some(Theme::Light),
        text: Some("A fine film.".to_owned()),
        strategies: vec!["power_bert:retention=0.4".to_owned()],
        ..WindowOptions::default()
    };
    let mut harness = open(options, [1280.0, 800.0]);
    settle(&mut harness);
    harness
}

fn typed(harness: &Harness<'_, Window>) -> String {
    harness
        .get_all_by_role(Role::TextInput)
        .last()
        .expect("the path field")
        .accesskit_node()
        .value()
        .unwrap_or_default()
}

/// Single-line fields of the Inspect view: a number or id, and a search.
const FIELDS_OF_INSPECT: usize = 2;

fn fields(harness: &Harness<'_, Window>) -> usize {
    harness.query_all_by_role(Role::TextInput).count()
}

fn text_of(path: &Path) -> String {
    format!("{}", path.display())
}

#[test]
fn a_data_set_is_opened_by_typing_the_beginning_of_its_path() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    std::fs::create_dir(folder.path().join("reviews")).expect("a folder");
    std::fs::write(folder.path().join("reviews/kitchen.csv"), "text,label\ngood,1\nbad,0\n").expect("a data file");
    std::fs::write(folder.path().join("reviews/kettle.png"), "x").expect("another file");
    let mut harness = window();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::D);
    settle(&mut harness);
    assert!(shows(&harness, "Open data set"), "the field asks, as there is no dialog");
    type_path(&mut harness, &format!("{}/re", text_of(folder.path())));
    assert!(shows(&harness, "reviews/"), "the folder is offered");
    press(&mut harness, Key::Tab);
    assert!(typed(&harness).ends_with("/reviews/"), "Tab completes: {}", typed(&harness));
    assert!(shows(&harness, "kitchen.csv") && !shows(&harness, "kettle.png"), "only what can be opened is offered");
    press(&mut harness, Key::ArrowDown);
    press(&mut harness, Key::Enter);
    assert!(shows(&harness, "Open data: kitchen.csv"), "the sheet takes over");
    press(&mut harness, Key::Enter);
    assert!(shows(&harness, "2 texts"), "the data set is open");
    assert!(fields(&harness) == FIELDS_OF_INSPECT, "field and sheet are gone");
}

#[test]
fn a_path_that_leads_nowhere_is_said_and_the_field_stays() {
    let mut harness = window();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::G);
    settle(&mut harness);
    type_path(&mut harness, "/no/such/place/data.csv");
    press(&mut harness, Key::Enter);
    assert!(shows(&harness, "/no/such/place"), "what could not be read is named");
    assert!(fields(&harness) > FIELDS_OF_INSPECT, "the path can be mended");
    press(&mut harness, Key::Escape);
    assert!(fields(&harness) == FIELDS_OF_INSPECT, "Escape gives up");
}

#[test]
fn a_session_is_saved_and_replacing_one_is_asked_about() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("mine");
    let mut harness = window();
    let save = |harness: &mut Harness<'_, Window>| {
        harness.key_press_modifiers(Modifiers::COMMAND, Key::S);
        settle(harness);
        type_path(harness, &text_of(&path));
        press(harness, Key::Enter);
    };
    save(&mut harness);
    let written = path.with_extension("prunescope");
    assert_eq!(project::load(&written).expect("a session").text, "A fine film.", "with its ending added");
    std::fs::write(&written, "mine").expect("another content");
    save(&mut harness);
    assert!(shows(&harness, "Replace the file?"), "it is asked");
    harness.get_by_label("Keep it").click();
    settle(&mut harness);
    assert_eq!(std::fs::read_to_string(&written).expect("the file"), "mine", "kept");
    save(&mut harness);
    harness.get_by_label("Replace").click();
    settle(&mut harness);
    assert!(project::load(&written).is_ok(), "replaced");
}

#[test]
fn a_setting_takes_its_numbers_from_a_file() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let write = |name: &str, content: &str| std::fs::write(folder.path().join(name), content).expect("a file");
    write("learned.json", "{\"schema\": 1, \"retentions\": [1, 0.9, 0.8, 0.6, 0.4, 0.3]}");
    write("broken.json", "[1, 2]");
    let mut harness = window();
    harness.get_by_label("More settings of power_bert").click();
    settle(&mut harness);
    let choose = |harness: &mut Harness<'_, Window>, name: &str| {
        harness.get_by_label("File for retentions").click();
        settle(harness);
        assert!(shows(harness, "Open file of a setting"), "the field asks");
        type_path(harness, &text_of(&folder.path().join(name)));
        press(harness, Key::Enter);
    };
    choose(&mut harness, "learned.json");
    assert!(shows(&harness, "learned.json"), "the file stands where the numbers would");
    choose(&mut harness, "broken.json");
    assert!(shows(&harness, "got 2 for layer 1"), "a file that does not serve is refused with its reason");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::S);
    settle(&mut harness);
    let session = folder.path().join("mine.prunescope");
    type_path(&mut harness, &text_of(&session));
    press(&mut harness, Key::Enter);
    let project = project::load(&session).expect("a session");
    let files = project.strategies[0].spec.file_records();
    assert!(files[0].path.ends_with("learned.json"), "the session knows the first file: {files:?}");
    harness.get_by_label("×").click();
    settle(&mut harness);
    assert!(!shows(&harness, "learned.json"), "unset again");
}

#[test]
fn a_view_is_exported_by_path() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut harness = window();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::E);
    settle(&mut harness);
    type_path(&mut harness, &format!("{}/plot.jpg", text_of(folder.path())));
    press(&mut harness, Key::Enter);
    let bytes = std::fs::read(folder.path().join("plot.jpg.png")).expect("a picture under the name of what it is");
    assert!(bytes.starts_with(b"\x89PNG"), "the signature of PNG");
    assert!(shows(&harness, "Saved "), "the window says where it went");
}

#[test]
fn a_file_is_opened_as_what_it_holds_and_not_as_what_it_is_called() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut harness = window();
    for (name, content) in [
        ("rows.json", "{\"text\": \"good\", \"label\": 1}\n{\"text\": \"bad\", \"label\": 0}\n".to_owned()),
        ("mine.json", "{\"prunescope_session\": 1, \"model\": \"sentiment-minilm-l6\", \"text\": \"Superb.\", \"strategies\": []}".to_owned()),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, content).expect("a file");
        drop_file(&mut harness, &path);
        let expected = if name == "rows.json" { "Open data: rows.json" } else { "Superb." };
        assert!(shows(&harness, expected), "{name} is opened as what it holds");
        press(&mut harness, Key::Escape);
    }
}
