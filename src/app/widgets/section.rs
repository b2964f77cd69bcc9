//! Headings and in-place failures of the side panels.

use std::time::Duration;

use egui::Frame;
use egui::Margin;
use egui::Response;
use egui::RichText;
use egui::Stroke;
use egui::Ui;

use crate::app::widgets::numbers;
use crate::app::widgets::theme;

/// A caption over a block.
pub(crate) fn heading(ui: &mut Ui, text: &str) {
    heading_with(ui, text, |_| {});
}

/// A caption with a control at its right end.
pub(crate) fn heading_with(ui: &mut Ui, text: &str, control: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        title(ui, text);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), control);
    });
}

/// The caption alone.
pub(crate) fn title(ui: &mut Ui, text: &str) {
    let muted = theme::colors(ui).muted;
    ui.label(RichText::new(text.to_uppercase()).font(theme::medium(theme::CAPTION)).color(muted));
}

/// How far something is, on a track that can be seen on any ground. Range of `share`: 0–1.
pub(crate) fn progress_bar(ui: &mut Ui, share: f32, width: f32) -> Response {
    let colors = theme::colors(ui);
    let bar = ui.scope(|ui| {
        ui.visuals_mut().extreme_bg_color = colors.line;
        ui.add(egui::ProgressBar::new(share).fill(colors.accent).desired_width(width).desired_height(8.0))
    });
    bar.inner
}

/// Offers work that may take long: on how many texts, and how long it takes where that is known. Whether it was taken.
pub(crate) fn go_on_ui(ui: &mut Ui, (rows, time): (usize, Option<Duration>)) -> bool {
    let time = time.map(|time| format!(" ({})", numbers::duration(time.as_secs_f64()))).unwrap_or_default();
    let label = format!("Go on to all {} texts{time}", numbers::count(rows as u64));
    let hint = "What is on screen rests on fewer texts. More of them take long and are run only when you ask; what is \
                finished is kept";
    ui.button(label).on_hover_text(hint).clicked()
}

/// A line on a warning's ground with buttons at its right end.
pub(crate) fn notice_ui(ui: &mut Ui, text: &str, buttons: impl FnOnce(&mut Ui)) {
    let colors = theme::colors(ui);
    let frame = Frame::new().fill(colors.warning_ground).corner_radius(4).inner_margin(Margin::symmetric(8, 4));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(text).color(colors.warning));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), buttons);
        });
    });
}

/// What must be known before what is shown is believed.
pub(crate) fn caution(ui: &mut Ui, text: &str) -> Response {
    let colors = theme::colors(ui);
    let frame = Frame::new().fill(colors.warning_ground).stroke(Stroke::new(1.0, colors.warning)).corner_radius(4);
    let frame = frame.inner_margin(Margin::symmetric(8, 4));
    let shown = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        let text = RichText::new(text).font(theme::medium(theme::BODY)).color(colors.warning);
        ui.add(egui::Label::new(text).wrap())
    });
    shown.inner
}

/// What went wrong and what to do, in the place where the result would be.
pub(crate) fn failure(ui: &mut Ui, reason: &str, advice: &str) {
    let colors = theme::colors(ui);
    let frame = Frame::new().fill(colors.error_ground).corner_radius(4).inner_margin(Margin::symmetric(8, 6));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.add(egui::Label::new(RichText::new(reason).color(colors.error)).wrap().selectable(true));
        ui.add(egui::Label::new(RichText::new(advice).color(colors.ink)).wrap());
    });
}
