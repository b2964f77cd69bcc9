//! How tokens look for which the model's vocabulary has nothing.

use egui::Painter;
use egui::Rect;
use egui::Shape;
use egui::Stroke;

use crate::app::widgets::theme::Colors;

/// What the mark means.
pub(crate) const HINT: &str = "The model's vocabulary has nothing for this part of the text: the model reads the same \
                               placeholder whatever stands there, so nothing here depends on what it says";

/// A broken frame.
pub(crate) fn mark(painter: &Painter, rect: Rect, colors: &Colors) {
    let corners = [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom(), rect.left_top()];
    painter.extend(Shape::dashed_line(&corners, Stroke::new(1.5, colors.warning), 4.0, 2.5));
}
