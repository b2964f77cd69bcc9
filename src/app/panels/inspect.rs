//! One text, layer by layer, under every enabled strategy.

use egui::Ui;

use crate::app::UiState;
use crate::app::View;

/// Draws the view.
pub(crate) fn inspect_ui(ui: &mut Ui, view: &View<'_>, _state: &mut UiState) {
    ui.label(view.project.text.as_str());
}
