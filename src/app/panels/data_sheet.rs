//! The Open data sheet: how a file is read, chosen beside its first rows.

use egui::Align;
use egui::Context;
use egui::Frame;
use egui::Id;
use egui::Layout;
use egui::Margin;
use egui::Modal;
use egui::RichText;
use egui::ScrollArea;
use egui::Ui;

use crate::app::Request;
use crate::app::UiCommand;
use crate::app::UiState;
use crate::app::View;
use crate::app::panels::sheet_columns;
use crate::app::panels::sheet_labels;
use crate::app::panels::sheet_parts::Known;
use crate::app::panels::sheet_parts::short;
use crate::app::panels::sheet_preview;
use crate::app::widgets::numbers;
use crate::app::widgets::section;
use crate::app::widgets::theme;
use crate::app::work::data_sheet;
use crate::app::work::data_sheet::DataSheet;
use crate::evaluation::label_columns;

/// What the person decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    Open,
    Cancel,
}

/// The sheet, if a file is being opened.
pub(crate) fn data_sheet_ui(ctx: &Context, view: &View<'_>, state: &mut UiState) {
    let Some(mut sheet) = state.data_sheet.take() else { return };
    // A model that gives any number of labels has them looked for among the columns.
    let checkpoint = view.session.checkpoint(view.project);
    let model_labels = checkpoint.map(|checkpoint| label_columns(&checkpoint.model)).unwrap_or_default();
    sheet.source.options.model_labels = model_labels;
    let known = Known::of(view, &sheet);
    if let Some(preview) = view.session.sheet.preview.get(&sheet.file_key()) {
        sheet.recall(&state.remembered, &preview.header);
    }
    let before = sheet.source.clone();
    let frame = Frame::popup(&ctx.global_style()).inner_margin(Margin::same(16));
    let modal =
        Modal::new(Id::unique("data sheet")).frame(frame).show(ctx, |ui| sheet_ui(ui, view, &mut sheet, &known));
    if sheet.source != before {
        sheet.is_fresh = false;
    }
    // What lies over the sheet takes its keys.
    let is_covered = state.path_field.is_some() || state.replaced.is_some();
    match modal.inner {
        Some(Decision::Open) => {
            let header = known.preview.as_ref().map(|preview| preview.header.clone()).unwrap_or_default();
            let source = Box::new(sheet.accepted(&known.guessed()));
            view.commands.request(Request::UseData { source, header });
        }
        Some(Decision::Cancel) => {}
        None if !is_covered && modal.should_close() => {}
        None => state.data_sheet = Some(sheet),
    }
}

fn sheet_ui(ui: &mut Ui, view: &View<'_>, sheet: &mut DataSheet, known: &Known) -> Option<Decision> {
    let window = ui.ctx().content_rect().size();
    ui.set_width((window.x - 64.0).clamp(280.0, 1040.0));
    let muted = theme::colors(ui).muted;
    ui.add(egui::Label::new(RichText::new(data_sheet::title(&sheet.source.path)).heading()).truncate());
    ui.add(egui::Label::new(RichText::new(sheet.source.path.display().to_string()).color(muted)).truncate());
    ui.add_space(4.0);
    // Title above, flags and buttons below stay in sight.
    let height = (window.y - 230.0).clamp(90.0, 620.0);
    ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
        notes_ui(ui, sheet, known);
        sheet_preview::preview_ui(ui, sheet, known);
        ui.add_space(12.0);
        if ui.available_width() < 720.0 {
            sheet_columns::columns_ui(ui, view, sheet, known);
            ui.add_space(12.0);
            sheet_labels::labels_ui(ui, sheet, known);
            ui.add_space(12.0);
            facts_ui(ui, view, known);
        } else {
            ui.columns(2, |sides| {
                // Columns justify, which would stretch the words of a sentence apart.
                let [left, right] = sides else { return };
                left.vertical(|ui| sheet_columns::columns_ui(ui, view, sheet, known));
                right.vertical(|ui| {
                    sheet_labels::labels_ui(ui, sheet, known);
                    ui.add_space(12.0);
                    facts_ui(ui, view, known);
                });
            });
        }
    });
    ui.separator();
    flags_ui(ui, sheet, known);
    buttons_ui(ui, known)
}

/// Why the sheet is here, and what stands in the way.
fn notes_ui(ui: &mut Ui, sheet: &DataSheet, known: &Known) {
    let colors = theme::colors(ui);
    if let Some(reason) = &sheet.reason {
        let frame = Frame::new().fill(colors.warning_ground).corner_radius(4).inner_margin(Margin::symmetric(8, 6));
        frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.add(egui::Label::new(RichText::new(reason).color(colors.warning)).wrap());
        });
        ui.add_space(4.0);
    }
    if let Some(failure) = &known.failure {
        section::failure(ui, failure, "Choose another column, delimiter or encoding below");
        ui.add_space(4.0);
    }
    if sheet.is_recalled {
        ui.label(RichText::new("Chosen as the last time this file was opened").color(colors.muted));
    }
}

/// Format, rows, counts per class and group, warnings.
fn facts_ui(ui: &mut Ui, view: &View<'_>, known: &Known) {
    section::heading(ui, "What was found");
    let colors = theme::colors(ui);
    let Some(facts) = &known.facts else {
        if view.session.sheet.is_stopped() {
            ui.label(RichText::new("The reading was stopped").color(colors.muted));
            if ui.button("Read the file").on_hover_text("Reads all rows, as opening it does").clicked() {
                view.commands.request(Request::ReadOn);
            }
            return;
        }
        let progress = view.session.sheet.progress();
        if let Some(progress) = progress.filter(|_| known.failure.is_none()) {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label(format!("Reading, {} rows so far", numbers::count(progress.done)));
                if ui.button("Stop").on_hover_text(UiCommand::StopJobs.tooltip()).clicked() {
                    view.commands.send(UiCommand::StopJobs);
                }
            });
        }
        return;
    };
    for line in facts.report.lines() {
        let mut letters = line.chars();
        let line: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
        ui.add(egui::Label::new(line).wrap());
    }
    for warning in &facts.report.warnings {
        ui.add(egui::Label::new(RichText::new(warning).color(colors.warning)).wrap());
    }
    for group in &facts.groups {
        let shown =
            group.largest.iter().map(|(name, rows)| format!("{} {}", short(name), numbers::count(*rows as u64)));
        let mut text = shown.collect::<Vec<_>>().join(" · ");
        let more = group.num_values.saturating_sub(group.largest.len());
        if more > 0 {
            text = format!("{text} · {more} more");
        }
        if group.without > 0 {
            text = format!("{text} · in none {}", numbers::count(group.without as u64));
        }
        ui.add_space(4.0);
        ui.label(RichText::new(short(&group.name)).font(theme::medium(theme::BODY)));
        ui.add(egui::Label::new(RichText::new(text).color(colors.muted)).wrap());
    }
}

fn flags_ui(ui: &mut Ui, sheet: &DataSheet, known: &Known) {
    let flags = sheet.flags(&known.guessed());
    ui.horizontal(|ui| {
        let copy =
            ui.button("Copy flags").on_hover_text("The same choices for the command line, as in prunescope evaluate …");
        if copy.clicked() {
            ui.ctx().copy_text(flags.clone());
        }
        let text = RichText::new(&flags).font(egui::FontId::monospace(theme::CAPTION)).color(theme::colors(ui).muted);
        ui.add(egui::Label::new(text).truncate()).on_hover_text(&flags);
    });
}

fn buttons_ui(ui: &mut Ui, known: &Known) -> Option<Decision> {
    let misfit = known.fit.as_ref().is_some_and(|fit| fit.misfit.is_some());
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let can_open = known.facts.is_some() && known.failure.is_none();
        let open = ui.add_enabled(can_open, egui::Button::new(RichText::new("Open data").strong()));
        let enter = can_open && !ui.ctx().text_edit_focused() && ui.memory(|memory| memory.focused().is_none());
        let is_entered = enter && ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, egui::Key::Enter));
        let cancel = ui.button("Cancel").clicked();
        if misfit {
            let ink = theme::colors(ui).warning;
            ui.label(RichText::new("Labels without a class count nowhere").color(ink));
        }
        match (open.clicked() || is_entered, cancel) {
            (true, _) => Some(Decision::Open),
            (false, true) => Some(Decision::Cancel),
            (false, false) => None,
        }
    })
    .inner
}
