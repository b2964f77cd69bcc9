//! Asks for a path where the system has no dialog: a field that lists what goes on from what was typed.

use std::path::Path;

use egui::Align;
use egui::Context;
use egui::EventFilter;
use egui::Id;
use egui::Key;
use egui::Layout;
use egui::Modal;
use egui::Modifiers;
use egui::RichText;
use egui::ScrollArea;
use egui::TextEdit;
use egui::Ui;
use egui::text::CCursor;
use egui::text::CCursorRange;

use crate::app::Request;
use crate::app::UiState;
use crate::app::View;
use crate::app::base::path_field::PathField;
use crate::app::widgets::theme;
use crate::app::work::chooser::Purpose;
use crate::app::work::listing;
use crate::app::work::listing::Entry;
use crate::app::work::listing::Listing;
use crate::app::work::listing::Target;

/// The field, if a path is asked for, and the question whether a file may be replaced.
pub(crate) fn path_field_ui(ctx: &Context, view: &View<'_>, state: &mut UiState) {
    if let Some(mut field) = state.path_field.take() {
        let modal = Modal::new(Id::unique("path field")).show(ctx, |ui| field_ui(ui, view, &mut field));
        let is_done = modal.should_close() || modal.inner;
        state.path_field = (!is_done).then_some(field);
    }
    if let Some((purpose, path)) = state.replaced.take() {
        let modal = Modal::new(Id::unique("replace")).show(ctx, |ui| replace_ui(ui, view, purpose, &path));
        let is_done = modal.should_close() || modal.inner;
        state.replaced = (!is_done).then_some((purpose, path));
    }
    slow_dialog_ui(ctx, view);
}

/// Whether the field is done with.
fn field_ui(ui: &mut Ui, view: &View<'_>, field: &mut PathField) -> bool {
    let width = (ui.ctx().content_rect().width() - 64.0).clamp(240.0, 560.0);
    ui.set_width(width);
    ui.heading(field.purpose.title());
    let caption = ui.label(
        RichText::new("Type a path: Tab completes it, the arrow keys choose, Enter accepts")
            .color(theme::colors(ui).muted),
    );
    ui.add_space(4.0);
    let listing = view.session.files.listing.get(&field.listing_key()).cloned();
    // The last one stays until the new one is there, so that the list does not flicker.
    let shown = listing.clone().or_else(|| view.session.files.listing.latest().cloned());
    // Only what is known of this very text may change it.
    let entries = listing.as_ref().map_or(&[][..], |listing| &listing.entries);
    text_ui(ui, field, entries, caption.id);
    if let Some(chosen) = entries_ui(ui, field, shown.as_deref()) {
        return choose_entry(view, field, &chosen);
    }
    note_ui(ui, field, listing.as_deref());
    if buttons_ui(ui, field) {
        return true;
    }
    match listing {
        Some(listing) if field.is_sent => {
            field.is_sent = false;
            send(view, field, &listing)
        }
        _ => false,
    }
}

fn text_ui(ui: &mut Ui, field: &mut PathField, entries: &[Entry], caption: Id) {
    let id = ui.make_persistent_id("path");
    if ui.memory(|memory| memory.has_focus(id)) {
        let pressed = |ui: &Ui, key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        if pressed(ui, Key::Tab) {
            let text = match field.selected.and_then(|index| entries.get(index)) {
                Some(entry) => listing::with_entry(&field.text, entry),
                None => listing::completed(&field.text, entries),
            };
            field.set_text(text);
        }
        let last = entries.len().saturating_sub(1);
        if pressed(ui, Key::ArrowDown) && !entries.is_empty() {
            field.selected = Some(field.selected.map_or(0, |index| (index + 1).min(last)));
        }
        if pressed(ui, Key::ArrowUp) {
            field.selected = field.selected.and_then(|index| index.checked_sub(1));
        }
        if pressed(ui, Key::Enter) {
            field.is_sent = true;
        }
    }
    let filter = EventFilter { tab: true, horizontal_arrows: true, vertical_arrows: true, escape: false };
    let edit = TextEdit::singleline(&mut field.text).id(id).desired_width(f32::INFINITY).event_filter(filter);
    let mut output = edit.hint_text("Path").show(ui);
    output.response.response = output.response.response.labelled_by(caption);
    if output.response.response.changed() {
        field.selected = None;
        field.is_sent = false;
    }
    if std::mem::take(&mut field.wants_focus) {
        output.response.response.request_focus();
        let end = CCursor::new(field.text.chars().count());
        output.state.cursor.set_char_range(Some(CCursorRange::one(end)));
        output.state.store(ui.ctx(), id);
    }
}

/// The offered names; the one that was clicked, or accepted by Enter.
fn entries_ui(ui: &mut Ui, field: &mut PathField, listing: Option<&Listing>) -> Option<Entry> {
    let entries = listing.map_or(&[][..], |listing| &listing.entries);
    let row = ui.spacing().interact_size.y;
    let mut chosen = None;
    ScrollArea::vertical().max_height(row * 9.0).min_scrolled_height(row * 9.0).auto_shrink(false).show_rows(
        ui,
        row,
        entries.len(),
        |ui, rows| {
            for index in rows {
                let entry = &entries[index];
                let mark = if entry.is_folder { std::path::MAIN_SEPARATOR_STR } else { "" };
                let note = if entry.is_model { "  ·  model" } else { "" };
                let text = format!("{}{mark}{note}", entry.name);
                let button = egui::Button::selectable(field.selected == Some(index), text).truncate();
                let response = ui.add_sized([ui.available_width(), row], button);
                if response.clicked() {
                    chosen = Some(entry.clone());
                }
            }
        },
    );
    if field.is_sent
        && let Some(entry) = field.selected.and_then(|index| entries.get(index))
    {
        field.is_sent = false;
        chosen = Some(entry.clone());
    }
    chosen
}

/// A folder is walked into unless it is the answer; whether the field is done with.
fn choose_entry(view: &View<'_>, field: &mut PathField, entry: &Entry) -> bool {
    let text = listing::with_entry(&field.text, entry);
    let is_answer = if entry.is_folder { entry.is_model } else { !field.purpose.writes() };
    if is_answer {
        view.commands.request(Request::Choose(field.purpose, listing::typed_path(&text)));
        return true;
    }
    field.set_text(text);
    false
}

fn note_ui(ui: &mut Ui, field: &PathField, listing: Option<&Listing>) {
    let colors = theme::colors(ui);
    let Some(listing) = listing else {
        ui.label(RichText::new("Looking…").color(colors.muted));
        return;
    };
    let (text, ink) = match (&listing.problem, listing.target) {
        (Some(problem), _) => (problem.clone(), colors.error),
        (None, Target::File) if field.purpose.writes() => {
            ("This file exists and would be replaced".to_owned(), colors.warning)
        }
        (None, Target::Missing) if !field.purpose.writes() && listing.entries.is_empty() => {
            ("Nothing of this name is there".to_owned(), colors.warning)
        }
        (None, _) if listing.num_more > 0 => (format!("{} more; type on to find them", listing.num_more), colors.muted),
        (None, _) if listing.entries.is_empty() && !field.purpose.writes() => {
            ("Nothing in this folder can be opened".to_owned(), colors.muted)
        }
        (None, _) => (" ".to_owned(), colors.muted),
    };
    ui.add(egui::Label::new(RichText::new(text).color(ink)).wrap());
}

/// Whether it was given up.
fn buttons_ui(ui: &mut Ui, field: &mut PathField) -> bool {
    ui.add_space(8.0);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let label = if field.purpose.writes() { "Save" } else { "Open" };
        if ui.button(label).clicked() {
            field.is_sent = true;
        }
        ui.button("Cancel").clicked()
    })
    .inner
}

/// Sends what was typed, if it can be an answer; whether the field is done with.
fn send(view: &View<'_>, field: &mut PathField, listing: &Listing) -> bool {
    let path = listing::typed_path(&field.text);
    let is_answer = match listing.target {
        Target::File => true,
        Target::Folder => field.purpose.takes_folder(),
        Target::Missing => field.purpose.writes() && path.file_name().is_some() && listing.problem.is_none(),
    };
    if is_answer {
        view.commands.request(Request::Choose(field.purpose, path));
    } else if listing.target == Target::Folder && !field.text.ends_with(std::path::is_separator) {
        let text = format!("{}{}", field.text, std::path::MAIN_SEPARATOR);
        field.set_text(text);
    }
    is_answer
}

/// Whether the question was answered.
fn replace_ui(ui: &mut Ui, view: &View<'_>, purpose: Purpose, path: &Path) -> bool {
    ui.set_width(400.0);
    ui.heading("Replace the file?");
    ui.add(egui::Label::new(format!("{} exists. Replacing it cannot be undone", path.display())).wrap());
    ui.add_space(8.0);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let replace = ui.button("Replace").clicked();
        if replace {
            view.commands.request(Request::Replace(purpose, path.to_owned()));
        }
        ui.button("Keep it").clicked() || replace
    })
    .inner
}

/// A dialog that does not come, or hides behind the window, can be done without.
fn slow_dialog_ui(ctx: &Context, view: &View<'_>) {
    if view.session.chooser.slow().is_none() {
        return;
    }
    egui::Area::new(Id::unique("slow dialog"))
        .order(egui::Order::Foreground)
        .anchor(egui::Align2::CENTER_TOP, [0.0, 44.0])
        .show(ctx, |ui| {
            egui::Frame::popup(ui.style()).show(ui, |ui| {
                ui.horizontal(|ui| {
                    ui.label("The system's file dialog is open");
                    if ui.button("Type a path instead").clicked() {
                        view.commands.request(Request::TypePath);
                    }
                });
            });
        });
}
