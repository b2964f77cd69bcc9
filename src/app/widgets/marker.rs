//! A strategy's marker: the same shape and color in lists, ribbons, plots and exports.

use egui::Color32;
use egui::Painter;
use egui::Pos2;
use egui::Response;
use egui::Sense;
use egui::Shape;
use egui::Stroke;
use egui::Ui;

use crate::app::widgets::theme;
use crate::figure::palette::Marker;
use crate::figure::palette::series_style;

/// The marker as a small widget.
pub(crate) fn marker(ui: &mut Ui, id: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(egui::vec2(14.0, 14.0), Sense::hover());
    if ui.is_rect_visible(rect) {
        paint(ui.painter(), rect.center(), 5.0, id, &theme::colors(ui));
    }
    response
}

/// Paints a strategy's marker; `radius` is that of a disk of the same weight.
pub(crate) fn paint(painter: &Painter, center: Pos2, radius: f32, id: &str, colors: &theme::Colors) {
    let style = series_style(id);
    let fill = theme::color(style.fill(colors.palette));
    let edge = Stroke::new(1.0, theme::color(style.stroke(colors.palette)));
    paint_shape(painter, center, radius, style.marker, (fill, edge));
}

fn paint_shape(painter: &Painter, center: Pos2, radius: f32, marker: Marker, (fill, edge): (Color32, Stroke)) {
    if marker == Marker::Circle {
        painter.circle(center, radius, fill, edge);
        return;
    }
    for outline in marker.outline() {
        let points = place(&outline, center, radius);
        if marker.is_stroked() {
            painter.line(points, Stroke::new(radius * 0.4, edge.color));
        } else if marker == Marker::Star {
            star(painter, &points, center, (fill, edge));
        } else {
            painter.add(Shape::convex_polygon(points, fill, edge));
        }
    }
}

fn place(outline: &[(f64, f64)], center: Pos2, radius: f32) -> Vec<Pos2> {
    #[expect(clippy::cast_possible_truncation, reason = "screen coordinates")]
    let point = |&(x, y): &(f64, f64)| center + radius * egui::vec2(x as f32, y as f32);
    outline.iter().map(point).collect()
}

/// A star is not convex: its five kites are.
fn star(painter: &Painter, points: &[Pos2], center: Pos2, (fill, edge): (Color32, Stroke)) {
    let count = points.len();
    for tip in (0..count).step_by(2) {
        let kite = vec![center, points[(tip + count - 1) % count], points[tip], points[(tip + 1) % count]];
        painter.add(Shape::convex_polygon(kite, fill, Stroke::NONE));
    }
    painter.add(Shape::closed_line(points.to_vec(), edge));
}
