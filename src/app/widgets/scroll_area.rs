//! Areas that scroll by wheel, bar and keyboard: whatever gets the focus comes into view.

use egui::Id;
use egui::ScrollArea;
use egui::Ui;

/// Scrolls up and down and takes all the room there is.
pub(crate) fn vertical(ui: &mut Ui, name: &str, content: impl FnOnce(&mut Ui)) {
    show(ui, ScrollArea::vertical().id_salt(name).auto_shrink(false), content);
}

/// Scrolls in both directions and takes all the room there is.
pub(crate) fn both(ui: &mut Ui, name: &str, content: impl FnOnce(&mut Ui)) {
    show(ui, ScrollArea::both().id_salt(name).auto_shrink(false), content);
}

/// Any other area.
pub(crate) fn show(ui: &mut Ui, area: ScrollArea, content: impl FnOnce(&mut Ui)) {
    area.show(ui, |ui| {
        content(ui);
        follow_focus(ui);
    });
}

/// Scrolls to the widget that has just got the focus, if it lies in this area.
fn follow_focus(ui: &Ui) {
    let Some(focused) = ui.memory(egui::Memory::focused) else { return };
    let seen = ui.scope_id().with("focus followed");
    if ui.data(|data| data.get_temp::<Id>(seen)) == Some(focused) {
        return;
    }
    let Some(widget) = ui.ctx().read_response(focused) else { return };
    ui.data_mut(|data| data.insert_temp(seen, focused));
    let is_inside = widget.layer_id == ui.layer_id() && ui.min_rect().contains(widget.rect.center());
    // What is larger than the area, such as a ribbon, is not moved.
    let fits = ui.clip_rect().size().min_elem() > 0.0 && widget.rect.height() <= ui.clip_rect().height();
    if is_inside && fits && !ui.clip_rect().contains_rect(widget.rect) {
        ui.scroll_to_rect(widget.rect, None);
    }
}
