//! What the ribbons' signs mean, in one line.

use egui::Mesh;
use egui::Rect;
use egui::Response;
use egui::RichText;
use egui::Sense;
use egui::Shape;
use egui::Stroke;
use egui::StrokeKind;
use egui::Ui;

use crate::app::theme;
use crate::app::theme::Colors;
use crate::app::widgets::hatch::Hatch;

const SWATCH: egui::Vec2 = egui::vec2(16.0, 14.0);

/// Draws the legend.
pub(crate) fn legend(ui: &mut Ui) {
    let colors = theme::colors(ui);
    ui.spacing_mut().item_spacing.x = 5.0;
    caption(ui, "score rank in layer: low");
    ramp(ui, &colors).on_hover_text(
        "Color = rank of the strategy's score among the tokens that entered the layer; each layer uses the whole ramp\n\
         Scores of different strategies are on different scales, ranks are not",
    );
    caption(ui, "high");
    ui.add_space(6.0);
    swatch(ui, |ui, rect| left_here(ui, rect, &colors, false));
    caption(ui, "leaves here").on_hover_text("A thick lower edge: the token does not go on to the next layer");
    ui.add_space(6.0);
    swatch(ui, |ui, rect| left_here(ui, rect, &colors, true));
    caption(ui, "merges here").on_hover_text("The token becomes part of another one; hover the cell to see which");
    ui.add_space(6.0);
    swatch(ui, |ui, rect| gone(ui, rect, &colors));
    caption(ui, "gone").on_hover_text("The token left in an earlier layer");
    ui.add_space(6.0);
    swatch(ui, |ui, rect| {
        ui.painter().rect_filled(rect.shrink2(egui::vec2(3.0, 1.0)), 0.0, theme::ramp(&colors, 0.6));
        ui.painter().rect_stroke(rect, 2.0, Stroke::new(1.5, colors.ink), StrokeKind::Inside);
    });
    caption(ui, "special").on_hover_text("Added by the tokenizer; the classifier reads the first one");
    ui.add_space(6.0);
    swatch(ui, |ui, rect| {
        ui.painter().rect_filled(rect, 0.0, colors.unscored);
    });
    caption(ui, "no score").on_hover_text("The strategy computes no score in this layer");
}

fn caption(ui: &mut Ui, text: &str) -> Response {
    let muted = theme::colors(ui).muted;
    ui.label(RichText::new(text).font(theme::regular(theme::CAPTION)).color(muted))
}

fn swatch(ui: &mut Ui, paint: impl FnOnce(&Ui, Rect)) {
    let (rect, _) = ui.allocate_exact_size(SWATCH, Sense::hover());
    paint(ui, rect);
}

fn ramp(ui: &mut Ui, colors: &Colors) -> Response {
    let (rect, response) = ui.allocate_exact_size(egui::vec2(72.0, SWATCH.y), Sense::hover());
    let mut mesh = Mesh::default();
    let steps = 24_u32;
    for step in 0..steps {
        let x = |step: u32| rect.left() + rect.width() * step as f32 / steps as f32;
        let color = theme::ramp(colors, step as f32 / (steps - 1) as f32);
        mesh.add_colored_rect(Rect::from_x_y_ranges(x(step)..=x(step + 1), rect.y_range()), color);
    }
    ui.painter().add(Shape::mesh(mesh));
    response
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
