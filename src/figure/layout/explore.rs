//! The parts of a curves figure one by one, for a plot that is zoomed and panned: what it draws is what a file shows, seen
//! through another window.

use super::super::describe::Axis;
use super::super::describe::Curves;
use super::super::scene::Rect;
use super::super::scene::Scene;
use super::super::text_metrics::TextMetrics;
use super::Page;
use super::canvas::Canvas;
use super::curves;
use super::ticks::Placed;
use super::ticks::range_of;

/// A part of the plane, and where it lies on the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlotPart {
    /// In points.
    pub frame: Rect,
    /// Values at the left and the right edge.
    pub x: (f64, f64),
    /// Values at the lower and the upper edge.
    pub y: (f64, f64),
}

/// The ranges that a file covers, horizontal and vertical: where a zoom begins and what it goes back to.
#[must_use]
pub fn curves_ranges(curves: &Curves) -> [(f64, f64); 2] {
    [range_of(&curves.x, curves::x_values(curves)), range_of(&curves.y, curves::y_values(curves))]
}

/// The values that an axis names on `range`, each with its text; `length` and `font_size` in points.
#[must_use]
pub fn axis_ticks(
    axis: &Axis,
    range: (f64, f64),
    (length, font_size): (f64, f64),
    is_horizontal: bool,
) -> Vec<(f64, String)> {
    Placed::over(axis, range, (0.0, length)).ticks(curves::wanted_ticks(length, font_size, is_horizontal))
}

/// The marks of a figure within a part of the plane, without axes; what lies beyond is for the renderer to cut.
#[must_use]
pub fn curves_marks(curves: &Curves, part: &PlotPart, page: &Page, metrics: &TextMetrics) -> Scene {
    let mut canvas = Canvas::new(page, metrics);
    let frame = part.frame;
    let x = Placed::over(&curves.x, part.x, (frame.x, frame.right()));
    let y = Placed::over(&curves.y, part.y, (frame.bottom(), frame.y));
    curves::marks(&mut canvas, curves, frame, (&x, &y));
    canvas.finish("", "")
}

/// The legend alone, as wide as the page.
#[must_use]
pub fn curves_legend(curves: &Curves, page: &Page, metrics: &TextMetrics) -> Scene {
    let mut canvas = Canvas::new(page, metrics);
    curves::legend(&mut canvas, curves);
    canvas.finish("", "")
}
