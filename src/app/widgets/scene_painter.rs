//! Scene → shapes of the window, so that a view shows what its file will contain.

use egui::Color32;
use egui::FontId;
use egui::Painter;
use egui::Pos2;
use egui::Shape;
use egui::Stroke;
use egui::Vec2;
use egui::epaint::CircleShape;
use egui::epaint::RectShape;

use crate::app::widgets::theme;
use crate::figure;
use crate::figure::Align;
use crate::figure::Item;
use crate::figure::Paint;
use crate::figure::Pos;
use crate::figure::Scene;
use crate::figure::Text;
use crate::figure::Weight;
use crate::figure::hatch_lines;

/// Paints what of a scene lies inside the painter's clip; `origin` is the scene's upper left corner.
pub(crate) fn paint(painter: &Painter, scene: &Scene, origin: Pos2) {
    let place = Placement { origin: origin.to_vec2() };
    let clip = painter.clip_rect().expand(2.0);
    let mut shapes = Vec::new();
    for item in scene.items.iter().filter(|item| place.bounds(item).intersects(clip)) {
        if let Item::Text(text) = item {
            painter.extend(shapes.drain(..));
            paint_text(painter, text, place);
        } else {
            add_shapes(item, place, &mut shapes);
        }
    }
    painter.extend(shapes);
}

/// The shapes of a scene without its texts, for who paints by itself.
pub(crate) fn shapes(scene: &Scene, origin: Pos2, shapes: &mut Vec<Shape>) {
    let place = Placement { origin: origin.to_vec2() };
    for item in &scene.items {
        add_shapes(item, place, shapes);
    }
}

/// A scene's rectangle in the window.
pub(crate) fn rect_at(rect: figure::Rect, origin: Pos2) -> egui::Rect {
    let place = Placement { origin: origin.to_vec2() };
    egui::Rect::from_min_max(place.at(figure::pos(rect.x, rect.y)), place.at(figure::pos(rect.right(), rect.bottom())))
}

#[derive(Clone, Copy)]
struct Placement {
    origin: Vec2,
}

/// Screens are a few thousand points wide: `f32` is exact enough.
#[expect(clippy::cast_possible_truncation, reason = "screen coordinates")]
pub(crate) fn narrow(value: f64) -> f32 {
    value as f32
}

impl Placement {
    fn at(self, pos: Pos) -> Pos2 {
        Pos2::new(narrow(pos.x), narrow(pos.y)) + self.origin
    }

    fn all(self, points: &[Pos]) -> Vec<Pos2> {
        points.iter().map(|point| self.at(*point)).collect()
    }

    fn bounds(self, item: &Item) -> egui::Rect {
        match item {
            Item::Line { points, .. } | Item::Polygon { points, .. } => egui::Rect::from_points(&self.all(points)),
            Item::Circle { center, radius, .. } => {
                egui::Rect::from_center_size(self.at(*center), Vec2::splat(2.0 * narrow(*radius)))
            }
            Item::Rect { rect, .. } | Item::Hatch { rect, .. } => rect_at(*rect, self.origin.to_pos2()),
            // How wide a text is matters little here; rows are what scrolls out of view.
            Item::Text(text) => {
                let height = narrow(text.size);
                egui::Rect::from_center_size(self.at(text.at), egui::vec2(4000.0, 3.0 * height))
            }
        }
    }
}

fn color(paint: Paint) -> Color32 {
    theme::color(paint.rgb).gamma_multiply(narrow(paint.opacity))
}

fn stroke(stroke: &figure::Stroke) -> Stroke {
    Stroke::new(narrow(stroke.width), color(stroke.paint))
}

fn add_shapes(item: &Item, place: Placement, shapes: &mut Vec<Shape>) {
    match item {
        Item::Line { points, stroke: look } => add_line(place.all(points), look, shapes),
        Item::Polygon { points, fill, stroke: look } => {
            let points = place.all(points);
            add_polygon(&points, fill.map_or(Color32::TRANSPARENT, color), shapes);
            if let Some(look) = look {
                shapes.push(Shape::closed_line(points, stroke(look)));
            }
        }
        Item::Circle { center, radius, fill, stroke: look } => {
            let fill = fill.map_or(Color32::TRANSPARENT, color);
            let edge = look.as_ref().map_or(Stroke::NONE, stroke);
            let (center, radius) = (place.at(*center), narrow(*radius));
            shapes.push(Shape::Circle(CircleShape { center, radius, fill, stroke: edge }));
        }
        Item::Rect { rect, fill, stroke: look } => {
            let rect = rect_at(*rect, place.origin.to_pos2());
            let edge = look.as_ref().map_or(Stroke::NONE, stroke);
            let fill = fill.map_or(Color32::TRANSPARENT, color);
            shapes.push(Shape::Rect(RectShape::new(rect, 0.0, fill, edge, egui::StrokeKind::Middle)));
        }
        Item::Hatch { rect, stroke: look } => {
            let lines = hatch_lines(*rect).into_iter();
            shapes.extend(lines.map(|(from, to)| Shape::line_segment([place.at(from), place.at(to)], stroke(look))));
        }
        Item::Text(_) => {}
    }
}

fn add_line(points: Vec<Pos2>, look: &figure::Stroke, shapes: &mut Vec<Shape>) {
    if look.dash.is_empty() {
        shapes.push(Shape::line(points, stroke(look)));
        return;
    }
    let dashes: Vec<f32> = look.dash.iter().step_by(2).map(|length| narrow(*length)).collect();
    let gaps: Vec<f32> = look.dash.iter().skip(1).step_by(2).map(|length| narrow(*length)).collect();
    shapes.extend(Shape::dashed_line_with_offset(&points, stroke(look), &dashes, &gaps, 0.0));
}

/// Most markers are convex; a star is made of kites around its middle.
fn add_polygon(points: &[Pos2], fill: Color32, shapes: &mut Vec<Shape>) {
    if fill == Color32::TRANSPARENT {
        return;
    }
    if points.len() <= 6 {
        shapes.push(Shape::convex_polygon(points.to_vec(), fill, Stroke::NONE));
        return;
    }
    let sum = points.iter().fold(Vec2::ZERO, |sum, point| sum + point.to_vec2());
    let middle = (sum / points.len() as f32).to_pos2();
    for tip in (0..points.len()).step_by(2) {
        let before = points[(tip + points.len() - 1) % points.len()];
        let kite = vec![middle, before, points[tip], points[(tip + 1) % points.len()]];
        shapes.push(Shape::convex_polygon(kite, fill, Stroke::NONE));
    }
}

fn font(text: &Text) -> FontId {
    match text.weight {
        Weight::Regular => theme::regular(narrow(text.size)),
        Weight::Medium => theme::medium(narrow(text.size)),
    }
}

fn paint_text(painter: &Painter, text: &Text, place: Placement) {
    let galley = painter.layout_no_wrap(text.content.clone(), font(text), color(text.paint));
    let baseline = galley
        .rows
        .first()
        .and_then(|row| row.glyphs.first().map(|glyph| row.pos.y + glyph.pos.y))
        .unwrap_or_else(|| galley.size().y * 0.8);
    let shift = match text.align {
        Align::Start => 0.0,
        Align::Middle => galley.size().x / 2.0,
        Align::End => galley.size().x,
    };
    let corner = place.at(text.at) - egui::vec2(shift, baseline);
    painter.galley(corner, galley, color(text.paint));
}
