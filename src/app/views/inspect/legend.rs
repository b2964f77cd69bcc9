//! What the ribbons' signs mean, in one line.

use std::sync::Arc;

use egui::Galley;
use egui::Mesh;
use egui::Rect;
use egui::Response;
use egui::Sense;
use egui::Shape;
use egui::Stroke;
use egui::StrokeKind;
use egui::Ui;
use egui::WidgetInfo;
use egui::accesskit::Role;

use crate::app::widgets::hatch::Hatch;
use crate::app::widgets::theme;
use crate::app::widgets::theme::Colors;
use crate::app::widgets::unknown;

const SWATCH: egui::Vec2 = egui::vec2(16.0, 14.0);
/// Width of the ramp.
const RAMP: f32 = 72.0;

/// Draws the legend; sign and word stay together where it breaks. `has_unknown`: tokens unknown to the model are marked.
pub(crate) fn legend(ui: &mut Ui, has_unknown: bool) {
    let colors = theme::colors(ui);
    ui.spacing_mut().item_spacing.x = 12.0;
    scale(ui, &colors).on_hover_text(
        "Color = rank of the strategy's score among the tokens that entered the layer; each layer uses the whole ramp\n\
         Scores of different strategies are on different scales, ranks are not",
    );
    entry(ui, "leaves here", |ui, rect| left_here(ui, rect, &colors, false))
        .on_hover_text("A thick lower edge: the token does not go on to the next layer");
    entry(ui, "merges here", |ui, rect| left_here(ui, rect, &colors, true))
        .on_hover_text("The token becomes part of another one; hover the cell to see which");
    entry(ui, "gone", |ui, rect| gone(ui, rect, &colors)).on_hover_text("The token left in an earlier layer");
    entry(ui, "special", |ui, rect| {
        ui.painter().rect_filled(rect.shrink2(egui::vec2(3.0, 1.0)), 0.0, theme::ramp(&colors, 0.6));
        ui.painter().rect_stroke(rect, 2.0, Stroke::new(1.5, colors.ink), StrokeKind::Inside);
    })
    .on_hover_text("Added by the tokenizer; the classifier reads the first one");
    entry(ui, "no score", |ui, rect| {
        ui.painter().rect_filled(rect, 0.0, colors.unscored);
    })
    .on_hover_text("The strategy computes no score in this layer");
    if has_unknown {
        entry(ui, "unknown to the model", |ui, rect| unknown::mark(ui.painter(), rect, &colors))
            .on_hover_text(unknown::HINT);
    }
}

/// Between a sign and its word.
const GAP: f32 = 5.0;

/// A sign and what it means, in one piece.
fn entry(ui: &mut Ui, text: &str, paint: impl FnOnce(&Ui, Rect)) -> Response {
    let galley = caption(ui, text);
    let size = egui::vec2(SWATCH.x + GAP + galley.size().x, SWATCH.y.max(galley.size().y));
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    paint(ui, Rect::from_center_size(egui::pos2(rect.left() + SWATCH.x / 2.0, rect.center().y), SWATCH));
    let at = egui::pos2(rect.right() - galley.size().x, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, theme::colors(ui).muted);
    response
}

fn caption(ui: &Ui, text: &str) -> Arc<Galley> {
    ui.painter().layout_no_wrap(text.to_owned(), theme::regular(theme::CAPTION), theme::colors(ui).muted)
}

/// The ramp between its two words.
fn scale(ui: &mut Ui, colors: &Colors) -> Response {
    let (low, high) = (caption(ui, "score rank in layer: low"), caption(ui, "high"));
    let width = low.size().x + high.size().x + RAMP + 2.0 * GAP;
    let (rect, response) = ui.allocate_exact_size(egui::vec2(width, SWATCH.y.max(low.size().y)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, "score rank in layer, low to high"));
    let top = rect.center().y - low.size().y / 2.0;
    let left = rect.left() + low.size().x + GAP;
    ui.painter().galley(egui::pos2(rect.left(), top), low, colors.muted);
    ramp(
        ui,
        Rect::from_center_size(egui::pos2(left + RAMP / 2.0, rect.center().y), egui::vec2(RAMP, SWATCH.y)),
        colors,
    );
    ui.painter().galley(egui::pos2(left + RAMP + GAP, top), high, colors.muted);
    response
}

fn ramp(ui: &Ui, rect: Rect, colors: &Colors) {
    let mut mesh = Mesh::default();
    let steps = 24_u32;
    for step in 0..steps {
        let x = |step: u32| rect.left() + rect.width() * step as f32 / steps as f32;
        let color = theme::ramp(colors, step as f32 / (steps - 1) as f32);
        mesh.add_colored_rect(Rect::from_x_y_ranges(x(step)..=x(step + 1), rect.y_range()), color);
    }
    ui.painter().add(Shape::mesh(mesh));
}

fn left_here(ui: &Ui, rect: Rect, colors: &Colors, merges: bool) {
    let fill = theme::ramp(colors, 0.45);
    ui.painter().rect_filled(rect, 0.0, fill);
    let edge = Rect::from_x_y_ranges(rect.x_range(), rect.bottom() - 3.0..=rect.bottom());
    ui.painter().rect_filled(edge, 0.0, colors.ink);
    if merges {
        let center = rect.center() - egui::vec2(0.0, 1.5);
        let corners = [(0.0, -3.0), (3.0, 0.0), (0.0, 3.0), (-3.0, 0.0)].map(|(x, y)| center + egui::vec2(x, y));
        ui.painter().add(Shape::convex_polygon(corners.to_vec(), theme::ink_on(fill), Stroke::NONE));
    }
}

fn gone(ui: &Ui, rect: Rect, colors: &Colors) {
    let mut hatch = Hatch::new(ui.ctx(), colors.hatch);
    hatch.add(rect);
    ui.painter().rect_stroke(rect, 0.0, Stroke::new(1.0, colors.line), StrokeKind::Inside);
    ui.painter().add(Shape::mesh(hatch.into_mesh()));
}
