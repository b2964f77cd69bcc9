//! The tokens' text above the first ribbon.

use egui::Align2;
use egui::Rect;
use egui::Sense;
use egui::Stroke;
use egui::Ui;

use crate::app::UiState;
use crate::app::base::selection::Hovered;
use crate::app::views::inspect::columns::Column;
use crate::app::views::inspect::columns::Columns;
use crate::app::views::inspect::ribbon::LEFT;
use crate::app::views::inspect::ribbon::RIGHT;
use crate::app::widgets::theme;

/// Height of the row.
const HEIGHT: f32 = 22.0;

/// Draws the labels in sight.
pub(crate) fn token_row(ui: &mut Ui, (columns, width): (&Columns, f32), scale: f32, state: &mut UiState) {
    let (outer, response) = ui.allocate_exact_size(egui::vec2(width, HEIGHT), Sense::hover());
    let rect = Rect::from_min_max(outer.min + egui::vec2(LEFT, 0.0), outer.max - egui::vec2(RIGHT, 0.0));
    let from = state.scroll / scale;
    let place = |x: f32| rect.left() + x * scale - state.scroll;
    let painter = ui.painter_at(rect);
    let colors = theme::colors(ui);
    for index in columns.visible(egui::Rangef::new(from, from + rect.width() / scale)) {
        let Some(column) = columns.get(index) else { continue };
        let x = egui::Rangef::new(place(column.range.min), place(column.range.max));
        let is_lit = state.hover.column() == Some(index) || state.pinned.is_some_and(|pinned| pinned.column == index);
        let cell = Rect::from_x_y_ranges(x, rect.y_range());
        if is_lit {
            painter.rect_filled(cell.expand2(egui::vec2(1.0, 0.0)), 3.0, colors.accent_ground);
        }
        // Squeezed columns have no room for text; the one under the cursor is told by the tooltip and the panel.
        if scale > 0.95 {
            let label = painter.with_clip_rect(cell.intersect(rect));
            label.text(
                cell.center(),
                Align2::CENTER_CENTER,
                &column.label,
                theme::regular(theme::BODY),
                ink(column, is_lit, &colors),
            );
        }
        if column.is_continued {
            // Pieces of one word share a line.
            let y = rect.bottom() - 1.0;
            painter.hline(x.min - 6.0..=x.min + 6.0, y, Stroke::new(1.5, colors.muted));
        }
    }
    let hovered = response.hover_pos().filter(|pos| rect.contains(*pos));
    if let Some(column) = hovered.and_then(|pos| columns.at((pos.x - rect.left() + state.scroll) / scale)) {
        state.hover.set(Hovered::Token(column));
    }
}

fn ink(column: &Column, is_lit: bool, colors: &theme::Colors) -> egui::Color32 {
    match (is_lit, column.is_special || column.is_fused) {
        (true, _) => colors.accent,
        (false, _) if column.is_unknown => colors.warning,
        (false, true) => colors.muted,
        (false, false) => colors.ink,
    }
}
