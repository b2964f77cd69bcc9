//! Headings and in-place failures of the side panels.

use egui::Frame;
use egui::Margin;
use egui::RichText;
use egui::Ui;

use crate::app::theme;

/// A caption over a block.
pub(crate) fn heading(ui: &mut Ui, text: &str) {
    heading_with(ui, text, |_| {});
}

/// A caption with a control at its right end.
pub(crate) fn heading_with(ui: &mut Ui, text: &str, control: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        let muted = theme::colors(ui).muted;
        ui.label(RichText::new(text.to_uppercase()).font(theme::medium(theme::CAPTION)).color(muted));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), control);
    });
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
