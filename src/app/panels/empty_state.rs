//! What a view says while it has nothing to show, and what to do about it.

use egui::Align;
use egui::Layout;
use egui::RichText;
use egui::Ui;

use crate::app::UiCommand;
use crate::app::View;
use crate::app::widgets::theme;
use crate::data::Dataset;
use crate::jobs::Progress;

/// Says that data is missing, or still being read; whether it did.
pub(crate) fn no_data_ui(ui: &mut Ui, view: &View<'_>, purpose: &str) -> bool {
    if view.project.data.is_none() {
        middle(ui, |ui| {
            title(ui, "No data set is open");
            ui.label(format!("Open a data set to {purpose}, or drop a CSV here"));
            ui.add_space(8.0);
            for command in [UiCommand::OpenData, UiCommand::OpenSampleData] {
                if ui.button(command.label()).on_hover_text(command.tooltip()).clicked() {
                    view.commands.send(command);
                }
            }
        });
        return true;
    }
    if view.session.dataset(view.project).is_none() {
        middle(ui, |ui| title(ui, "Reading the data set…"));
        return true;
    }
    if view.project.enabled().all(|entry| entry.spec.id() == "dense") {
        middle(ui, |ui| {
            title(ui, "No strategy is enabled");
            ui.label("Enable or add one on the left");
        });
        return true;
    }
    if view.session.checkpoint(view.project).is_none() {
        middle(ui, |ui| title(ui, "Loading the model…"));
        return true;
    }
    false
}

/// Says that the data set names no groups.
pub(crate) fn no_groups_ui(ui: &mut Ui, view: &View<'_>, dataset: &Dataset) {
    middle(ui, |ui| {
        title(ui, "This data set has no group columns");
        let columns = dataset.columns.join(", ");
        ui.label(format!("Its columns are {columns}. Groups are columns with a few values that many texts share"));
        for command in [UiCommand::OpenData, UiCommand::OpenSampleData] {
            if ui.button(command.label()).on_hover_text(command.tooltip()).clicked() {
                view.commands.send(command);
            }
        }
    });
}

/// A first result is on its way, or nothing was started.
pub(crate) fn waiting_ui(ui: &mut Ui, progress: Option<Progress>, advice: &str) {
    middle(ui, |ui| match progress {
        Some(progress) => {
            ui.spinner();
            title(ui, "First results are on their way");
            ui.label(progress.stage);
        }
        None => title(ui, advice),
    });
}

/// Nothing is there yet: what it would be, and how to get it.
pub(crate) fn offer_ui(ui: &mut Ui, heading: &str, advice: &str, button: impl FnOnce(&mut Ui)) {
    middle(ui, |ui| {
        title(ui, heading);
        ui.label(advice);
        ui.add_space(8.0);
        button(ui);
    });
}

fn title(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).font(theme::medium(theme::TITLE)));
}

fn middle(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    ui.add_space((ui.available_height() * 0.3).max(0.0));
    ui.with_layout(Layout::top_down(Align::Center), content);
}
