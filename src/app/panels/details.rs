//! What is known about the token under the pointer, or the pinned one.

use egui::Ui;

use crate::app::UiState;
use crate::app::View;

/// Draws the panel.
pub(crate) fn details_ui(ui: &mut Ui, _view: &View<'_>, _state: &mut UiState) {
    ui.label("Details");
}
