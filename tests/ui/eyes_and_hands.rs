//! What a person sees in the window and does to it, found by name.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use egui::Key;
use egui::Modifiers;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::NodeT as _;
use egui_kittest::kittest::Queryable as _;

use crate::plots_support::Window;
use crate::plots_support::settle;

/// Names and texts of everything in the window that contain this.
pub(crate) fn names(harness: &Harness<'_, Window>, part: &str) -> Vec<String> {
    let nodes = harness.root().children_recursive();
    let names = nodes.flat_map(|node| [node.accesskit_node().label(), node.accesskit_node().value()]);
    names.flatten().filter(|name| name.contains(part)).collect()
}

/// Whether anything in the window has a name or text that contains this.
pub(crate) fn shows(harness: &Harness<'_, Window>, part: &str) -> bool {
    !names(harness, part).is_empty()
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|err| err.to_string())
    }
}

/// Drops a file or a folder on the window.
pub(crate) fn drop_file(harness: &mut Harness<'_, Window>, path: &Path) {
    harness.input_mut().dropped_files = vec![Arc::new(Dropped(path.to_owned()))];
    harness.step();
    harness.input_mut().dropped_files.clear();
    settle(harness);
}

/// Presses a key and waits for what comes of it.
pub(crate) fn press(harness: &mut Harness<'_, Window>, key: Key) {
    harness.key_press(key);
    settle(harness);
}

/// Puts a path into the path field in place of what stands there.
pub(crate) fn type_path(harness: &mut Harness<'_, Window>, text: &str) {
    harness.get_all_by_role(Role::TextInput).last().expect("the path field").focus();
    harness.step();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.step();
    harness.get_all_by_role(Role::TextInput).last().expect("the path field").type_text(text);
    settle(harness);
}
