//! A survival ribbon: rows are layers, columns are tokens, color is the rank of the score within the layer.
//!
//! Only cells in sight are painted, all of them in two meshes.

use egui::Align2;
use egui::EventFilter;
use egui::Id;
use egui::Key;
use egui::Mesh;
use egui::Painter;
use egui::PointerButton;
use egui::Pos2;
use egui::Rangef;
use egui::Rect;
use egui::Response;
use egui::Sense;
use egui::Shape;
use egui::Stroke;
use egui::StrokeKind;
use egui::Ui;
use egui::WidgetInfo;
use egui::accesskit::Role;

use crate::app::UiState;
use crate::app::base::selection::CellRef;
use crate::app::base::selection::Hovered;
use crate::app::views::inspect::cell_text;
use crate::app::views::inspect::cell_tooltip;
use crate::app::views::inspect::columns::Columns;
use crate::app::views::inspect::ribbon_view::RibbonView;
use crate::app::widgets::hatch::Hatch;
use crate::app::widgets::keys;
use crate::app::widgets::scene_painter::narrow;
use crate::app::widgets::theme;
use crate::app::widgets::theme::Colors;
use crate::app::widgets::unknown;
use crate::engine::Cell;
use crate::engine::Fate;
use crate::engine::Ribbon;

/// Left of the cells: the layer's number.
pub(crate) const LEFT: f32 = 28.0;
/// Right of the cells: how many rows came out.
pub(crate) const RIGHT: f32 = 36.0;
/// Layers that have not passed yet keep this share of their color.
const AHEAD: f32 = 0.30;
/// Thickness of the edge where a token leaves.
const EDGE: f32 = 3.0;
/// Cells given to the accessibility tree at most, per ribbon.
const SPOKEN: usize = 1200;

/// Height of a row: as much as there is room for, within what reads well.
pub(crate) fn row_height(num_layers: usize, room: f32) -> f32 {
    let (least, most) = match num_layers {
        0..=6 => (16.0, 24.0),
        7..=12 => (12.0, 18.0),
        _ => (9.0, 12.0),
    };
    (room / num_layers.max(1) as f32).floor().clamp(least, most)
}

struct Geometry<'a> {
    cells: Rect,
    row: f32,
    scroll: f32,
    scale: f32,
    columns: &'a Columns,
}

impl Geometry<'_> {
    fn x(&self, column: usize) -> Option<Rangef> {
        let range = self.columns.get(column)?.range;
        let at = |x: f32| self.cells.left() + x * self.scale - self.scroll;
        Some(Rangef::new(at(range.min), at(range.max)))
    }

    fn top(&self, layer: usize) -> f32 {
        self.cells.top() + self.row * layer as f32
    }

    fn rect(&self, layer: usize, column: usize) -> Option<Rect> {
        let top = self.top(layer);
        Some(Rect::from_x_y_ranges(self.x(column)?, top..=top + self.row - 1.0))
    }

    fn cell_at(&self, pos: Pos2, num_layers: usize) -> Option<(usize, usize)> {
        if !self.cells.contains(pos) {
            return None;
        }
        let column = self.columns.at((pos.x - self.cells.left() + self.scroll) / self.scale)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "inside the rectangle")]
        let layer = ((pos.y - self.cells.top()) / self.row) as usize;
        Some((layer.min(num_layers.checked_sub(1)?), column))
    }

    fn visible(&self) -> std::ops::Range<usize> {
        let from = self.scroll / self.scale;
        self.columns.visible(Rangef::new(from, from + self.cells.width() / self.scale))
    }
}

/// Draws a ribbon and reacts to pointer and keys.
pub(crate) fn ribbon(ui: &mut Ui, view: &RibbonView<'_>, state: &mut UiState) -> Response {
    let ribbon = &view.run.ribbon;
    let row = view.row;
    let size = egui::vec2(ui.available_width(), row * ribbon.num_layers() as f32);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let id = ui.scope_id().with(("ribbon", view.entry));
    let response = ui.interact(rect, id, Sense::click());
    let cells = Rect::from_min_max(rect.min + egui::vec2(LEFT, 0.0), rect.max - egui::vec2(RIGHT, 0.0));
    let geometry = Geometry { cells, row, scroll: state.scroll, scale: view.scale, columns: view.columns };

    let hovered = response.hover_pos().and_then(|pos| geometry.cell_at(pos, ribbon.num_layers()));
    if let Some((layer, column)) = hovered {
        let cell = CellRef { entry: view.entry, layer, column };
        state.hover.set(Hovered::Cell(cell));
        // Enter on the focused ribbon counts as a click too; it pins the keyboard's cell, not the pointer's.
        if response.clicked_by(PointerButton::Primary) {
            state.pinned = (state.pinned != Some(cell)).then_some(cell);
            state.lead = Some(view.entry);
            response.request_focus();
            state.cursor = Some(cell);
        }
    }
    keyboard(ui, &response, view, state);
    if ui.is_rect_visible(rect) {
        paint(ui, &geometry, view, state);
        if response.has_focus() {
            let ring = Stroke::new(1.5, theme::colors(ui).accent);
            ui.painter().rect_stroke(cells.expand(2.0), 3.0, ring, StrokeKind::Outside);
        }
        speak(ui, &response, &geometry, view, state);
    }
    match hovered {
        Some((layer, column)) => {
            response.on_hover_ui_at_pointer(|ui| cell_tooltip::cell_tooltip(ui, view, layer, column))
        }
        None => response,
    }
}

fn keyboard(ui: &Ui, response: &Response, view: &RibbonView<'_>, state: &mut UiState) {
    if !response.has_focus() {
        return;
    }
    let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    let ribbon = &view.run.ribbon;
    let home = CellRef { entry: view.entry, layer: 0, column: 0 };
    let mut cursor = state.cursor.filter(|cursor| cursor.entry == view.entry).unwrap_or(home);
    let last_column = ribbon.num_columns.saturating_sub(1);
    let last_layer = ribbon.num_layers().saturating_sub(1);
    for key in keys::plain_presses(ui) {
        let step = |at: usize, step: isize, last: usize| at.saturating_add_signed(step).min(last);
        match key {
            Key::ArrowLeft => cursor.column = step(cursor.column, -1, last_column),
            Key::ArrowRight => cursor.column = step(cursor.column, 1, last_column),
            Key::ArrowUp => cursor.layer = step(cursor.layer, -1, last_layer),
            Key::ArrowDown => cursor.layer = step(cursor.layer, 1, last_layer),
            Key::Home => cursor.column = 0,
            Key::End => cursor.column = last_column,
            Key::Enter | Key::Space => {
                state.pinned = (state.pinned != Some(cursor)).then_some(cursor);
                state.lead = Some(view.entry);
            }
            _ => {}
        }
    }
    state.cursor = Some(cursor);
    state.hover.set(Hovered::Cell(cursor));
}

fn paint(ui: &Ui, geometry: &Geometry<'_>, view: &RibbonView<'_>, state: &UiState) {
    let colors = theme::colors(ui);
    let painter = ui.painter_at(geometry.cells);
    let lit = [state.hover.column(), state.pinned.map(|pinned| pinned.column)];
    for x in lit.into_iter().flatten().filter_map(|column| geometry.x(column)) {
        let band = Rect::from_x_y_ranges(x.expand(2.0), geometry.cells.y_range());
        painter.rect_filled(band, 0.0, colors.raised);
    }
    let passed = state.layer.min(view.run.ribbon.num_layers());
    paint_cells(ui, &painter, geometry, (view, passed), &colors);
    paint_outlines(&ui.painter_at(geometry.cells.expand(4.0)), geometry, &view.run.ribbon, &colors);
    paint_gutters(ui, geometry, &view.run.ribbon, passed, &colors);
    for column in lit.into_iter().flatten() {
        if let Some(x) = geometry.x(column) {
            let outline = Rect::from_x_y_ranges(x.expand(1.0), geometry.cells.y_range());
            painter.rect_stroke(outline, 0.0, Stroke::new(1.0, colors.accent), StrokeKind::Inside);
        }
    }
    let chosen = [state.hover.get().and_then(cell_of), state.pinned];
    for cell in chosen.into_iter().flatten().filter(|cell| cell.entry == view.entry) {
        paint_chosen(ui, geometry, &view.run.ribbon, cell, &colors);
    }
}

fn cell_of(hovered: Hovered) -> Option<CellRef> {
    match hovered {
        Hovered::Cell(cell) => Some(cell),
        Hovered::Token(_) => None,
    }
}

fn paint_cells(
    ui: &Ui,
    painter: &Painter,
    geometry: &Geometry<'_>,
    (view, passed): (&RibbonView<'_>, usize),
    colors: &Colors,
) {
    let ribbon = &view.run.ribbon;
    let mut mesh = Mesh::default();
    let mut hatch = Hatch::new(ui.ctx(), colors.hatch);
    let strength = if view.is_current { 1.0 } else { 0.5 };
    for column in geometry.visible().take_while(|&column| column < ribbon.num_columns) {
        let Some(x) = geometry.x(column) else { continue };
        let mut gone_from = None;
        for layer in 0..ribbon.num_layers() {
            let cell = ribbon.cell(layer, column);
            let top = geometry.top(layer);
            if cell.fate == Fate::Gone {
                gone_from = gone_from.or(Some(top));
                continue;
            }
            if let Some(from) = gone_from.take() {
                hatch.add(Rect::from_x_y_ranges(x, from..=top - 1.0));
            }
            let rect = Rect::from_x_y_ranges(x, top..=top + geometry.row - 1.0);
            let share = if layer < passed { strength } else { AHEAD * strength };
            add_cell(&mut mesh, rect, cell, (share, colors));
        }
        if let Some(from) = gone_from {
            hatch.add(Rect::from_x_y_ranges(x, from..=geometry.cells.bottom() - 1.0));
        }
    }
    painter.add(Shape::mesh(hatch.into_mesh()));
    painter.add(Shape::mesh(mesh));
}

fn add_cell(mesh: &mut Mesh, rect: Rect, cell: Cell, (share, colors): (f32, &Colors)) {
    let fill = if cell.score.is_some() { theme::ramp(colors, narrow(cell.percentile)) } else { colors.unscored };
    mesh.add_colored_rect(rect, fill.gamma_multiply(share));
    if cell.fate == Fate::Kept {
        return;
    }
    let edge = colors.ink.gamma_multiply(share);
    let from = rect.bottom() - EDGE.min(rect.height() / 3.0);
    mesh.add_colored_rect(Rect::from_x_y_ranges(rect.x_range(), from..=rect.bottom()), edge);
    if let Fate::Merged(_) = cell.fate {
        // A diamond: what it was lives on elsewhere.
        let center = egui::pos2(rect.center().x, f32::midpoint(rect.top(), from));
        diamond(mesh, center, (rect.height() * 0.2).clamp(2.0, 4.0), theme::ink_on(fill).gamma_multiply(share));
    }
}

fn diamond(mesh: &mut Mesh, center: Pos2, radius: f32, color: egui::Color32) {
    let first = u32::try_from(mesh.vertices.len()).unwrap_or(0);
    for (x, y) in [(0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)] {
        mesh.colored_vertex(center + radius * egui::vec2(x, y), color);
    }
    mesh.add_triangle(first, first + 1, first + 2);
    mesh.add_triangle(first, first + 2, first + 3);
}

/// Special and unknown tokens are outlined for as long as they are there.
fn paint_outlines(painter: &Painter, geometry: &Geometry<'_>, ribbon: &Ribbon, colors: &Colors) {
    for column in geometry.visible() {
        let Some(info) = geometry.columns.get(column).filter(|info| info.is_special || info.is_unknown) else {
            continue;
        };
        let alive = (0..ribbon.num_layers()).filter(|&layer| ribbon.cell(layer, column).fate != Fate::Gone);
        let layers: Vec<usize> = alive.collect();
        if let (Some(&first), Some(&last), Some(x)) = (layers.first(), layers.last(), geometry.x(column)) {
            let rect = Rect::from_x_y_ranges(x, geometry.top(first)..=geometry.top(last + 1) - 1.0);
            if info.is_unknown {
                unknown::mark(painter, rect, colors);
                continue;
            }
            // Beside the cells, not on them: it must be seen on the palest and on the deepest.
            painter.rect_stroke(
                rect.expand2(egui::vec2(2.0, 0.0)),
                2.0,
                Stroke::new(1.5, colors.ink),
                StrokeKind::Outside,
            );
        }
    }
}

fn paint_gutters(ui: &Ui, geometry: &Geometry<'_>, ribbon: &Ribbon, passed: usize, colors: &Colors) {
    let cells = geometry.cells;
    // Numbers need room: where rows are low, only some are written.
    let step = if geometry.row >= 13.0 { 1 } else { 3 };
    for (layer, summary) in ribbon.layers.iter().enumerate() {
        let y = geometry.top(layer) + (geometry.row - 1.0) / 2.0;
        let is_cursor = layer + 1 == passed;
        if is_cursor || layer % step == 0 {
            let (font, ink) = if is_cursor {
                (theme::medium(theme::CAPTION), colors.accent)
            } else {
                (theme::regular(theme::CAPTION), colors.muted)
            };
            let (left, right) = (egui::pos2(cells.left() - 8.0, y), egui::pos2(cells.right() + RIGHT, y));
            ui.painter().text(left, Align2::RIGHT_CENTER, layer + 1, font.clone(), ink);
            ui.painter().text(right, Align2::RIGHT_CENTER, summary.kept, font, ink);
        }
        if is_cursor {
            let tip = egui::pos2(cells.left() - 2.0, y);
            let corners = vec![tip, tip + egui::vec2(-4.0, -4.0), tip + egui::vec2(-4.0, 4.0)];
            ui.painter().add(Shape::convex_polygon(corners, colors.accent, Stroke::NONE));
        }
    }
}

/// The cell under the cursor, and where it went if it was merged.
fn paint_chosen(ui: &Ui, geometry: &Geometry<'_>, ribbon: &Ribbon, chosen: CellRef, colors: &Colors) {
    let Some(rect) = geometry.rect(chosen.layer, chosen.column) else { return };
    let painter = ui.painter_at(geometry.cells.expand2(egui::vec2(2.0, 14.0)));
    painter.rect_stroke(rect, 1.0, Stroke::new(2.0, colors.ink), StrokeKind::Outside);
    if let Fate::Merged(into) = ribbon.cell(chosen.layer, chosen.column).fate
        && let Some(target) = geometry.rect(chosen.layer, into as usize)
    {
        let (from, to) = (rect.center(), target.center());
        let lift = egui::vec2(0.0, -(6.0 + (to.x - from.x).abs() * 0.15).min(geometry.row * 1.5));
        let points = [from, from + lift, to + lift, to];
        let stroke = Stroke::new(2.0, colors.accent);
        painter.add(egui::epaint::CubicBezierShape::from_points_stroke(
            points,
            false,
            egui::Color32::TRANSPARENT,
            stroke,
        ));
        painter.circle_filled(to, 3.0, colors.accent);
        painter.rect_stroke(target, 1.0, Stroke::new(1.5, colors.accent), StrokeKind::Outside);
    }
}

/// Tells screen readers and tests what is where.
fn speak(ui: &Ui, response: &Response, geometry: &Geometry<'_>, view: &RibbonView<'_>, state: &UiState) {
    let ribbon = &view.run.ribbon;
    let cursor = state.cursor.filter(|cursor| response.has_focus() && cursor.entry == view.entry);
    response.widget_info(|| {
        let mut label =
            format!("{} ribbon, {} layers by {} tokens", view.name, ribbon.num_layers(), ribbon.num_columns);
        if let Some(cursor) = cursor {
            label =
                format!("{label}, {}", cell_text::accessible(ribbon, geometry.columns, cursor.layer, cursor.column));
        }
        WidgetInfo::labeled(Role::Grid, true, label)
    });
    // Nodes for single cells only where somebody listens.
    if !ui.ctx().has_accesskit_node(response.id) {
        return;
    }
    let visible = geometry.visible();
    let layers = (SPOKEN / visible.len().max(1)).min(ribbon.num_layers());
    for layer in 0..layers {
        for column in visible.clone().filter(|&column| column < ribbon.num_columns) {
            let Some(rect) = geometry.rect(layer, column) else { continue };
            let id: Id = response.id.with((layer, column));
            let cell = ui.interact(rect.intersect(geometry.cells), id, Sense::hover());
            cell.widget_info(|| {
                let label = cell_text::accessible(ribbon, geometry.columns, layer, column);
                WidgetInfo::labeled(Role::GridCell, true, format!("{}: {label}", view.name))
            });
        }
    }
}
