//! Which data set is open.

use egui::RichText;
use egui::Ui;

use crate::app::UiCommand;
use crate::app::UiState;
use crate::app::View;
use crate::app::files;
use crate::app::panels::menu_bar;
use crate::app::theme;
use crate::app::widgets::numbers;
use crate::app::widgets::section;

/// The data set's corner of the left panel.
pub(crate) fn data_ui(ui: &mut Ui, view: &View<'_>, state: &UiState) {
    section::heading(ui, "Data");
    match &view.project.data {
        None => {
            ui.weak("Drop a CSV, TSV, JSON Lines or Parquet file here, or open one");
        }
        Some(source) => {
            let name = RichText::new(files::short_name(&source.path)).font(theme::medium(theme::BODY));
            ui.add(egui::Label::new(name).truncate()).on_hover_text(source.path.display().to_string());
            if let Some(dataset) = view.session.dataset(view.project) {
                facts(ui, dataset);
            } else if let Some(reason) = view.session.data.failure(source) {
                section::failure(ui, reason, "Open a file with a header and a text column");
            } else {
                ui.weak("Reading…");
            }
        }
    }
    ui.horizontal(|ui| {
        if ui.button("Open…").on_hover_text(menu_bar::hint(ui, UiCommand::OpenData)).clicked() {
            view.commands.send(UiCommand::OpenData);
        }
        if view.project.data.is_some() {
            let settings = ui.button("Settings…").accessible_name("Settings of the data set");
            if settings.on_hover_text(menu_bar::hint(ui, UiCommand::DataSettings)).clicked() {
                view.commands.send(UiCommand::DataSettings);
            }
        }
        ui.menu_button("Recent", |ui| {
            if ui.button(UiCommand::OpenSampleData.label()).clicked() {
                view.commands.send(UiCommand::OpenSampleData);
            }
            menu_bar::recent_list(ui, view, &state.recent.data);
        });
    });
}

fn facts(ui: &mut Ui, dataset: &crate::data::Dataset) {
    let muted = theme::colors(ui).muted;
    let groups = dataset.groups.len();
    let groups = match groups {
        0 => "no groups".to_owned(),
        1 => "1 group column".to_owned(),
        _ => format!("{groups} group columns"),
    };
    let text = format!("{} texts · {groups}", numbers::count(dataset.examples.len() as u64));
    let names: Vec<&str> = dataset.groups.iter().map(|column| column.name.as_str()).collect();
    ui.label(RichText::new(text).color(muted)).on_hover_text(format!(
        "Text from column {:?}, label from {}\nGroups: {}",
        dataset.text_column,
        dataset.label_column.as_ref().map_or("no column".to_owned(), |name| format!("{name:?}")),
        if names.is_empty() { "none".to_owned() } else { names.join(", ") },
    ));
    if !dataset.skipped.is_empty() {
        let first = &dataset.skipped[0];
        let place = first.line.map_or(format!("record {}", first.record), |line| format!("line {line}"));
        ui.colored_label(
            theme::colors(ui).warning,
            format!("{} rows left out", numbers::count(dataset.num_skipped as u64)),
        )
        .on_hover_text(format!("The first one: {place}, {}", first.reason));
    }
}
