//! The whole text in one strip, and the part of it that is in view. It scrolls all ribbons.

use egui::Mesh;
use egui::Rect;
use egui::Sense;
use egui::Shape;
use egui::Stroke;
use egui::StrokeKind;
use egui::Ui;
use egui::WidgetInfo;
use egui::accesskit::Role;

use crate::app::UiState;
use crate::app::views::inspect::columns::Columns;
use crate::app::views::inspect::ribbon::LEFT;
use crate::app::views::inspect::ribbon::RIGHT;
use crate::app::widgets::theme;
use crate::engine::Ribbon;

/// Height of the strip.
const HEIGHT: f32 = 14.0;

/// Draws the strip; dragging or clicking moves the view.
pub(crate) fn overview(ui: &mut Ui, (columns, width): (&Columns, f32), ribbon: Option<&Ribbon>, state: &mut UiState) {
    let (outer, _) = ui.allocate_exact_size(egui::vec2(width, HEIGHT), Sense::hover());
    let rect = Rect::from_min_max(outer.min + egui::vec2(LEFT, 0.0), outer.max - egui::vec2(RIGHT, 0.0));
    let response = ui.interact(rect, ui.scope_id().with("overview"), Sense::click_and_drag());
    let scale = rect.width() / columns.width().max(1.0);
    let in_view = rect.width();
    if let Some(pos) = response.interact_pointer_pos() {
        state.scroll = ((pos.x - rect.left()) / scale - in_view / 2.0).clamp(0.0, (columns.width() - in_view).max(0.0));
    }
    response.widget_info(|| WidgetInfo::labeled(Role::ScrollBar, true, "Part of the text in view"));
    let colors = theme::colors(ui);
    let passed = ribbon.map_or(0, |ribbon| state.layer.min(ribbon.num_layers()));
    let mut mesh = Mesh::default();
    mesh.add_colored_rect(rect, colors.raised);
    for index in 0..columns.len() {
        let Some(column) = columns.get(index) else { continue };
        let is_alive = ribbon.is_none_or(|ribbon| ribbon.is_alive_after(passed, index));
        if is_alive {
            let x = rect.left() + column.range.min * scale..=rect.left() + (column.range.max * scale).max(0.0);
            let color = theme::ramp(&colors, 0.55);
            mesh.add_colored_rect(Rect::from_x_y_ranges(x, rect.top() + 3.0..=rect.bottom() - 3.0), color);
        }
    }
    ui.painter().add(Shape::mesh(mesh));
    if let Some(column) = state.hover.column().and_then(|column| columns.get(column)) {
        let x = rect.left() + column.range.center() * scale;
        ui.painter().vline(x, rect.y_range(), Stroke::new(2.0, colors.accent));
    }
    let from = rect.left() + state.scroll * scale;
    let window = Rect::from_x_y_ranges(from..=from + in_view * scale, rect.y_range());
    ui.painter().rect_stroke(window, 2.0, Stroke::new(2.0, colors.ink), StrokeKind::Inside);
    response.on_hover_text("The whole text; drag to move the part in view. Words that left are pale");
}
