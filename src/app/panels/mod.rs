//! One file per panel; each draws from a read-only [`View`] and its own corner of [`UiState`].

pub(crate) mod data;
pub(crate) mod data_sheet;
pub(crate) mod empty_state;
mod formula_editor;
pub(crate) mod key_editor;
pub(crate) mod menu_bar;
pub(crate) mod messages;
pub(crate) mod model;
pub(crate) mod overlays;
pub(crate) mod path_field;
pub(crate) mod positive_class;
pub(crate) mod row_limit;
pub(crate) mod sheet_columns;
pub(crate) mod sheet_labels;
pub(crate) mod sheet_parts;
pub(crate) mod sheet_preview;
pub(crate) mod status_bar;
pub(crate) mod strategies;

pub(crate) use strategies::paper_tooltip;

use egui::CentralPanel;
use egui::Frame;
use egui::Margin;
use egui::Panel;
use egui::Ui;
use egui::UiBuilder;

use crate::app::UiState;
use crate::app::View;
use crate::app::base::view_class::Room;
use crate::app::base::view_class::ViewClass;
use crate::app::widgets::scroll_area;
use crate::app::widgets::theme;

/// Width of the left panel at first.
const SETTINGS: f32 = 276.0;
/// Width of the right panel at first.
const DETAILS: f32 = 296.0;
/// The centre gets at least so much before a side panel gets any.
const CENTRE: f32 = 440.0;
/// Least size of the views that are made for a plot or a table; a smaller window scrolls over them.
const PLOT: egui::Vec2 = egui::vec2(560.0, 440.0);

/// The whole window; `front` is the view in front.
pub(crate) fn window_ui(ui: &mut Ui, view: &View<'_>, state: &mut UiState, front: &mut dyn ViewClass) {
    let colors = theme::colors(ui);
    let bar = Frame::new().fill(colors.panel).inner_margin(Margin::symmetric(8, 4));
    Panel::top("menu bar").frame(bar).show(ui, |ui| menu_bar::menu_bar_ui(ui, view, state));
    Panel::bottom("status bar").frame(bar).show(ui, |ui| status_bar::status_bar_ui(ui, view, state));
    if ui.available_width() < SETTINGS + CENTRE {
        stacked_ui(ui, view, state, front);
    } else {
        beside_ui(ui, view, state, front);
    }
    overlays::overlays_ui(ui.ctx(), view, state);
    data_sheet::data_sheet_ui(ui.ctx(), view, state);
    path_field::path_field_ui(ui.ctx(), view, state);
    messages::messages_ui(ui.ctx(), view, state);
}

/// Settings at the left, details at the right, the view between them.
fn beside_ui(ui: &mut Ui, view: &View<'_>, state: &mut UiState, front: &mut dyn ViewClass) {
    let colors = theme::colors(ui);
    let side = Frame::new().fill(colors.panel).inner_margin(Margin::same(12));
    if !state.hides_settings {
        Panel::left("settings").frame(side).default_size(SETTINGS).size_range(244.0..=440.0).show(ui, |ui| {
            scroll_area::vertical(ui, "settings", |ui| settings_ui(ui, view, state));
        });
    }
    // Where there is no room for all three the text comes first; tooltips still tell the most.
    let has_room = ui.available_width() > DETAILS + CENTRE;
    if front.has_details() && !state.hides_details && has_room {
        Panel::right("details").frame(side).default_size(DETAILS).size_range(240.0..=480.0).show(ui, |ui| {
            scroll_area::vertical(ui, "details", |ui| front.details_ui(ui, view, state));
        });
    }
    let centre = Frame::new().fill(colors.ground).inner_margin(Margin::symmetric(16, 12));
    CentralPanel::no_frame().frame(centre).show(ui, |ui| match front.room() {
        Room::Any => front.ui(ui, view, state, false),
        Room::Plot => at_least_ui(ui, view, state, front),
    });
}

/// In a narrow or much enlarged window: view, details and settings below each other, all in one scrolled page.
fn stacked_ui(ui: &mut Ui, view: &View<'_>, state: &mut UiState, front: &mut dyn ViewClass) {
    let colors = theme::colors(ui);
    let centre = Frame::new().fill(colors.ground).inner_margin(Margin::symmetric(8, 8));
    CentralPanel::no_frame().frame(centre).show(ui, |ui| {
        scroll_area::both(ui, "page", |ui| {
            let room = ui.max_rect().size();
            match front.room() {
                Room::Any => front.ui(ui, view, state, true),
                Room::Plot => plot_of(ui, room.max(PLOT), |ui| front.ui(ui, view, state, true)),
            }
            // The panels need no more than the window's width, however wide the plot.
            ui.set_max_width(room.x);
            if front.has_details() && !state.hides_details {
                ui.separator();
                front.details_ui(ui, view, state);
            }
            if !state.hides_settings {
                ui.separator();
                settings_ui(ui, view, state);
            }
        });
    });
}

/// A view with a plot, which needs some room: what does not fit is scrolled to.
fn at_least_ui(ui: &mut Ui, view: &View<'_>, state: &mut UiState, front: &mut dyn ViewClass) {
    let room = ui.max_rect().size();
    let size = room.max(PLOT);
    if size == room {
        front.ui(ui, view, state, false);
    } else {
        scroll_area::both(ui, "view", |ui| plot_of(ui, size, |ui| front.ui(ui, view, state, false)));
    }
}

/// Draws in so much room.
fn plot_of(ui: &mut Ui, size: egui::Vec2, draw: impl FnOnce(&mut Ui)) {
    let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
    ui.scope_builder(UiBuilder::new().max_rect(rect), draw);
}

fn settings_ui(ui: &mut Ui, view: &View<'_>, state: &mut UiState) {
    model::model_ui(ui, view, state);
    ui.add_space(16.0);
    data::data_ui(ui, view, state);
    ui.add_space(16.0);
    strategies::strategies_ui(ui, view, state);
}
