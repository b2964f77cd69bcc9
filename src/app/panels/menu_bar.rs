//! Menus, the tabs of the views, and the theme switch.

use std::path::PathBuf;

use egui::Align;
use egui::Button;
use egui::Layout;
use egui::MenuBar;
use egui::Rect;
use egui::Ui;
use egui::UiBuilder;

use crate::app::Request;
use crate::app::Theme;
use crate::app::UiCommand;
use crate::app::UiState;
use crate::app::View;
use crate::app::ViewKind;
use crate::app::base::command::hint;
use crate::app::widgets::tabs;
use crate::app::work::paths;

/// Width of a tab, and of what stands at either side of all of them.
const TAB: f32 = 84.0;
const BESIDE: f32 = 176.0;

/// The bar at the top: menus, tabs, theme; the tabs in a row of their own where they would cover the menus.
pub(crate) fn menu_bar_ui(ui: &mut Ui, view: &View<'_>, state: &UiState) {
    let bar = ui.max_rect();
    let tabs = TAB * ViewKind::all().len() as f32;
    let fits = bar.width() >= tabs + 2.0 * BESIDE;
    MenuBar::new().ui(ui, |ui| {
        ui.menu_button("File", |ui| file_menu(ui, view, state));
        ui.menu_button("Edit", |ui| {
            command_buttons(ui, view, &[UiCommand::Undo, UiCommand::Redo]);
            ui.separator();
            let rest = [
                UiCommand::FocusText,
                UiCommand::ToggleTextPair,
                UiCommand::ClearSelection,
                UiCommand::ResetStrategies,
            ];
            command_buttons(ui, view, &rest);
            ui.separator();
            command_buttons(ui, view, &[UiCommand::StopJobs]);
        });
        ui.menu_button("View", |ui| view_menu(ui, view));
        ui.menu_button("Help", |ui| {
            command_buttons(ui, view, &[UiCommand::ShowShortcuts, UiCommand::ShowMessages, UiCommand::About]);
        });
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| theme_button(ui, view, state));
    });
    if fits {
        centred_tabs(ui, bar, view, state);
    } else {
        tabs_ui(ui, view, state, ui.available_width());
    }
}

fn centred_tabs(ui: &mut Ui, bar: Rect, view: &View<'_>, state: &UiState) {
    let width = TAB * ViewKind::all().len() as f32;
    let rect = Rect::from_center_size(bar.center(), egui::vec2(width, bar.height().max(22.0)));
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center)));
    tabs_ui(&mut child, view, state, width);
}

fn tabs_ui(ui: &mut Ui, view: &View<'_>, state: &UiState, width: f32) {
    let views = ViewKind::all();
    let chosen = views.iter().position(|view| *view == state.view).unwrap_or(0);
    let labels: Vec<_> = views.iter().map(|&view| (view.label(), hint(ui, UiCommand::ShowView(view)))).collect();
    if let Some(index) = tabs::tabs(ui, &labels, chosen, width) {
        view.commands.send(UiCommand::ShowView(views[index]));
    }
}

fn file_menu(ui: &mut Ui, view: &View<'_>, state: &UiState) {
    command_buttons(ui, view, &[UiCommand::OpenPath]);
    ui.separator();
    command_buttons(ui, view, &[UiCommand::OpenModel, UiCommand::OpenSampleModel]);
    recent_menu(ui, view, "Recent models", &state.recent.models);
    ui.separator();
    command_buttons(ui, view, &[UiCommand::OpenData, UiCommand::OpenSampleData]);
    recent_menu(ui, view, "Recent data sets", &state.recent.data);
    command_buttons(ui, view, &[UiCommand::DataSettings, UiCommand::CloseData]);
    ui.separator();
    command_buttons(ui, view, &[UiCommand::NewSession, UiCommand::OpenSession]);
    recent_menu(ui, view, "Recent sessions", &state.recent.sessions);
    command_buttons(ui, view, &[UiCommand::SaveSession]);
    ui.separator();
    command_buttons(ui, view, &[UiCommand::ExportPng, UiCommand::ExportSvg, UiCommand::ExportCsv]);
    ui.separator();
    command_buttons(ui, view, &[UiCommand::Quit]);
}

const EXAMPLES: [UiCommand; 4] =
    [UiCommand::NextExample, UiCommand::PreviousExample, UiCommand::FindExample, UiCommand::GoToExample];

fn view_menu(ui: &mut Ui, view: &View<'_>) {
    command_buttons(ui, view, &ViewKind::all().into_iter().map(UiCommand::ShowView).collect::<Vec<_>>());
    ui.separator();
    let layers = [UiCommand::NextLayer, UiCommand::PreviousLayer, UiCommand::FirstLayer, UiCommand::LastLayer];
    command_buttons(ui, view, &layers);
    command_buttons(ui, view, &[UiCommand::Play, UiCommand::ToggleFit]);
    ui.separator();
    command_buttons(ui, view, &EXAMPLES);
    ui.separator();
    command_buttons(ui, view, &[UiCommand::ToggleSettings, UiCommand::ToggleDetails]);
    ui.separator();
    command_buttons(ui, view, &[UiCommand::ThemeSystem, UiCommand::ThemeLight, UiCommand::ThemeDark]);
    ui.separator();
    command_buttons(ui, view, &[UiCommand::ZoomIn, UiCommand::ZoomOut, UiCommand::ZoomReset]);
}

/// Paths opened before; those that are gone can only be forgotten.
pub(crate) fn recent_menu(ui: &mut Ui, view: &View<'_>, label: &str, paths: &[PathBuf]) {
    ui.add_enabled_ui(!paths.is_empty(), |ui| {
        ui.menu_button(label, |ui| recent_list(ui, view, paths));
    });
}

/// The entries of [`recent_menu`].
pub(crate) fn recent_list(ui: &mut Ui, view: &View<'_>, paths: &[PathBuf]) {
    let recent = &view.session.recent;
    if recent.is_due(paths) {
        view.commands.request(Request::LookAtRecent(paths.to_vec()));
    }
    let known = recent.are_there(paths).unwrap_or_default();
    for (index, path) in paths.iter().enumerate() {
        // Until it is known, a path is taken to be there: opening it tells.
        if known.get(index).copied().unwrap_or(true) {
            let button = ui.button(paths::short_name(path)).on_hover_text(path.display().to_string());
            if button.clicked() {
                view.commands.request(Request::OpenPath(path.clone()));
            }
        } else {
            let button = ui.button(format!("{} (gone, forget it)", paths::short_name(path)));
            if button.on_hover_text(path.display().to_string()).clicked() {
                view.commands.request(Request::ForgetRecent(path.clone()));
            }
        }
    }
}

/// One menu entry per command.
fn command_buttons(ui: &mut Ui, view: &View<'_>, commands: &[UiCommand]) {
    for &command in commands {
        let mut button = Button::new(command.label());
        if let Some(shortcut) = command.shortcuts().first() {
            button = button.shortcut_text(ui.ctx().format_shortcut(shortcut));
        }
        let response = ui.add_enabled(command.is_available(view.environment), button);
        if response.on_hover_text(command.tooltip()).clicked() {
            view.commands.send(command);
        }
    }
}

fn theme_button(ui: &mut Ui, view: &View<'_>, state: &UiState) {
    let (label, next) = match state.theme {
        Theme::System => ("System", UiCommand::ThemeLight),
        Theme::Light => ("Light", UiCommand::ThemeDark),
        Theme::Dark => ("Dark", UiCommand::ThemeSystem),
    };
    let response = ui.add(Button::new(label).frame_when_inactive(false));
    if response.on_hover_text(format!("Theme: {label}; click for {}", next.label().to_lowercase())).clicked() {
        view.commands.send(next);
    }
}
