//! The sheet's first rows, with the duty of each column over it.

use egui::Grid;
use egui::RichText;
use egui::ScrollArea;
use egui::Ui;

use crate::app::panels::sheet_parts::Known;
use crate::app::panels::sheet_parts::short;
use crate::app::widgets::theme;
use crate::app::work::data_sheet::DataSheet;
use crate::app::work::sheet::SHOWN_COLUMNS;
use crate::figure::shortened;

/// Characters of a cell in its tooltip, about a screen.
const LONGEST: usize = 1600;

/// Width that a cell takes at most.
const CELL: f32 = 220.0;
/// Height of the preview at most.
const HEIGHT: f32 = 176.0;

/// The first rows.
pub(crate) fn preview_ui(ui: &mut Ui, sheet: &DataSheet, known: &Known) {
    let colors = theme::colors(ui);
    let Some(preview) = &known.preview else {
        if known.failure.is_none() {
            ui.spinner();
        }
        return;
    };
    let frame = egui::Frame::new().fill(colors.panel).corner_radius(4).inner_margin(egui::Margin::same(8));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ScrollArea::both().max_height(HEIGHT).auto_shrink([false, true]).show(ui, |ui| {
            Grid::new("preview").spacing([16.0, 4.0]).show(ui, |ui| {
                let columns = preview.columns.iter().take(SHOWN_COLUMNS);
                for column in columns.clone() {
                    let duties = duties(sheet, known, column);
                    ui.label(RichText::new(duties).font(theme::medium(theme::CAPTION)).color(colors.accent));
                }
                ui.end_row();
                for column in columns {
                    let name = if column.is_empty() { "(no name)" } else { column };
                    ui.label(RichText::new(short(name)).font(theme::medium(theme::BODY)))
                        .on_hover_text(shortened(name, LONGEST));
                }
                ui.end_row();
                for row in &preview.rows {
                    for cell in row {
                        cell_ui(ui, cell);
                    }
                    ui.end_row();
                }
            });
        });
        let more = preview.columns.len().saturating_sub(SHOWN_COLUMNS);
        if more > 0 {
            ui.label(RichText::new(format!("and {more} more columns")).color(colors.muted));
        }
    });
}

fn cell_ui(ui: &mut Ui, cell: &str) {
    let cell = &*shortened(cell, LONGEST);
    let letters = cell.chars().count();
    // Short cells take what they need, long ones are cut.
    if letters <= 24 {
        ui.label(cell);
        return;
    }
    ui.scope(|ui| {
        ui.set_max_width(CELL);
        ui.add(egui::Label::new(cell).truncate()).on_hover_text(cell);
    });
}

/// What a column is taken for.
fn duties(sheet: &DataSheet, known: &Known, column: &str) -> String {
    let Some(facts) = &known.facts else { return String::new() };
    let names = ["text", "second text", "label", "cluster"];
    let taken = names.iter().zip(&facts.taken).filter(|(_, name)| name.as_deref() == Some(column));
    let mut duties: Vec<&str> = taken.map(|(duty, _)| *duty).collect();
    if sheet.source.options.id_column.as_deref() == Some(column) {
        duties.push("id");
    }
    if facts.groups.iter().any(|group| group.name == column || group.name.split(',').any(|part| part == column)) {
        duties.push("groups");
    }
    duties.join(", ")
}
