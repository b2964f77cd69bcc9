//! The text to look at: typed, or an example of the data set.

use egui::Button;
use egui::RichText;
use egui::TextEdit;
use egui::Ui;

use crate::app::Edit;
use crate::app::Request;
use crate::app::UiCommand;
use crate::app::UiState;
use crate::app::View;
use crate::app::panels::hint;
use crate::app::theme;
use crate::app::widgets::numbers;
use crate::app::widgets::section;
use crate::data::Example;

/// Draws the box and, where a data set is open, the walk through its examples.
pub(crate) fn text_box_ui(ui: &mut Ui, view: &View<'_>, state: &mut UiState) {
    section::heading_with(ui, "Text", |ui| example_walk(ui, view, state));
    let mut text = view.project.text.clone();
    let edit = TextEdit::multiline(&mut text)
        .hint_text("Type or paste a text; it is run as you type")
        .desired_width(f32::INFINITY)
        .desired_rows(2)
        .frame(egui::Frame::NONE);
    let id = ui.scope_id().with("text");
    let is_focused = ui.memory(|memory| memory.has_focus(id));
    let colors = theme::colors(ui);
    let edge = if is_focused { colors.accent } else { colors.line };
    let frame = egui::Frame::new().stroke(egui::Stroke::new(1.0, edge)).corner_radius(4);
    let frame = frame.inner_margin(egui::Margin::symmetric(8, 6));
    let response = frame.show(ui, |ui| {
        let lines = egui::ScrollArea::vertical().id_salt("text").max_height(96.0);
        lines.show(ui, |ui| ui.add(edit.id(id))).inner
    });
    let response = response.inner;
    let response = response.accessible_name("Text");
    if std::mem::take(&mut state.focus_text) {
        response.request_focus();
    }
    if response.changed() {
        state.scroll = 0.0;
        view.commands.edit(Edit::SetText(text));
    }
    example_facts(ui, view, state);
}

fn example<'a>(view: &View<'a>, state: &UiState) -> Option<&'a Example> {
    view.session.dataset(view.project)?.examples.get(state.example?)
}

fn example_walk(ui: &mut Ui, view: &View<'_>, state: &UiState) {
    let Some(dataset) = view.session.dataset(view.project) else { return };
    let available = view.environment.has_data;
    let next = ui.add_enabled(available, Button::new("▸").small()).accessible_name("Next example");
    if next.on_hover_text(hint(ui, UiCommand::NextExample)).clicked() {
        view.commands.send(UiCommand::NextExample);
    }
    let previous = ui.add_enabled(available, Button::new("◂").small()).accessible_name("Previous example");
    if previous.on_hover_text(hint(ui, UiCommand::PreviousExample)).clicked() {
        view.commands.send(UiCommand::PreviousExample);
    }
    let muted = theme::colors(ui).muted;
    let all = numbers::count(dataset.examples.len() as u64);
    let text = match state.example {
        Some(index) => format!("example {} of {all}", numbers::count(index as u64 + 1)),
        None => format!("own text · {all} examples"),
    };
    ui.label(RichText::new(text).color(muted));
    if let Some((column, value)) = state.example_filter {
        let name = dataset.groups.get(column).map_or("", |group| group.name.as_str());
        let value = dataset.groups.get(column).and_then(|group| group.values.get(value)).map_or("", String::as_str);
        let button = ui.small_button(format!("{name}: {value} ×")).on_hover_text("Walk through all examples again");
        if button.clicked() {
            view.commands.request(Request::FilterExamples(None));
        }
    }
}

/// Label and groups of the example, as long as the text is the example's own.
fn example_facts(ui: &mut Ui, view: &View<'_>, state: &UiState) {
    let (Some(dataset), Some(example)) = (view.session.dataset(view.project), example(view, state)) else { return };
    let colors = theme::colors(ui);
    let font = theme::regular(theme::CAPTION);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 12.0;
        if *example.text != *view.project.text {
            ui.label(RichText::new(format!("edited; began as example {}", example.id)).font(font).color(colors.muted));
            return;
        }
        ui.label(RichText::new(format!("id {}", example.id)).font(font.clone()).color(colors.muted));
        if let Some(label) = &example.label {
            ui.label(RichText::new(format!("label {label}")).font(font.clone()).color(colors.ink))
                .on_hover_text("The label in the data set, not the model's decision");
        }
        for (column, values) in dataset.groups.iter().zip(&example.groups) {
            let names: Vec<&str> =
                values.iter().filter_map(|&value| column.values.get(value)).map(String::as_str).collect();
            if !names.is_empty() {
                let text = format!("{} {}", column.name, names.join(", "));
                ui.label(RichText::new(text).font(font.clone()).color(colors.muted));
            }
        }
    });
}
