//! A row of joined buttons of which one is chosen.

use egui::Align2;
use egui::CornerRadius;
use egui::Rect;
use egui::Sense;
use egui::Stroke;
use egui::StrokeKind;
use egui::Ui;
use egui::WidgetInfo;
use egui::accesskit::Role;

use crate::app::widgets::theme;

/// Draws the tabs, each with a label and a tooltip; the index of the one that was clicked.
pub(crate) fn tabs(ui: &mut Ui, labels: &[(&str, String)], chosen: usize, width: f32) -> Option<usize> {
    let height = ui.spacing().interact_size.y;
    let (rect, _) = ui.allocate_exact_size(egui::vec2(width, height), Sense::hover());
    let colors = theme::colors(ui);
    let each = rect.width() / labels.len() as f32;
    ui.painter().rect(rect, 5.0, colors.raised, Stroke::new(1.0, colors.line), StrokeKind::Inside);
    let mut clicked = None;
    for (index, (label, hint)) in labels.iter().enumerate() {
        let min = rect.min + egui::vec2(each * index as f32, 0.0);
        let tab = Rect::from_min_size(min, egui::vec2(each, height));
        let response = ui.interact(tab, ui.scope_id().with(("tab", index)), Sense::click());
        let is_chosen = index == chosen;
        let enabled = ui.is_enabled();
        response.widget_info(|| WidgetInfo::selected(Role::Tab, enabled, is_chosen, label));
        if is_chosen {
            ui.painter().rect(
                tab.shrink(1.0),
                CornerRadius::same(4),
                colors.ground,
                Stroke::new(1.0, colors.line),
                StrokeKind::Inside,
            );
        }
        if response.has_focus() {
            ui.painter().rect_stroke(tab.shrink(2.0), 4.0, Stroke::new(1.5, colors.accent), StrokeKind::Inside);
        }
        let ink = if is_chosen || response.hovered() { colors.ink } else { colors.muted };
        let font = if is_chosen { theme::medium(theme::BODY) } else { theme::regular(theme::BODY) };
        ui.painter().text(tab.center(), Align2::CENTER_CENTER, label, font, ink);
        if response.on_hover_text(hint).clicked() {
            clicked = Some(index);
        }
    }
    clicked
}
