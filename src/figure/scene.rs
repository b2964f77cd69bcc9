//! Positioned primitives in points, y down: all a renderer needs to know.

use std::ops::Range;

use super::palette::Rgb;
use super::text_metrics::TextMetrics;
use super::text_metrics::Weight;

/// A place in points.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pos {
    /// From the left edge.
    pub x: f64,
    /// From the top edge.
    pub y: f64,
}

/// Shorthand for a [`Pos`].
#[must_use]
pub fn pos(x: f64, y: f64) -> Pos {
    Pos { x, y }
}

/// An upright rectangle in points.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Rect {
    /// From its left edge, top edge, width and height.
    #[must_use]
    pub fn new(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self { x, y, width, height }
    }

    /// A square around a point.
    #[must_use]
    pub fn around(center: Pos, radius: f64) -> Self {
        Self::new(center.x - radius, center.y - radius, 2.0 * radius, 2.0 * radius)
    }

    /// The smallest one that holds these points; none at all is an empty one at the origin.
    #[must_use]
    pub fn about(points: &[Pos]) -> Self {
        let Some(first) = points.first() else { return Self::default() };
        let (mut low, mut high) = (*first, *first);
        for point in points {
            low = pos(low.x.min(point.x), low.y.min(point.y));
            high = pos(high.x.max(point.x), high.y.max(point.y));
        }
        Self::new(low.x, low.y, high.x - low.x, high.y - low.y)
    }

    /// Whether both have some area, or length, in common.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let is_beside = self.right() <= other.x || other.right() <= self.x;
        let is_above = self.bottom() <= other.y || other.bottom() <= self.y;
        !is_beside && !is_above
    }

    /// Right edge.
    #[must_use]
    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    /// Lower edge.
    #[must_use]
    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }

    /// Its middle.
    #[must_use]
    pub fn center(&self) -> Pos {
        pos(self.x + self.width / 2.0, self.y + self.height / 2.0)
    }
}

/// A color and how much of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paint {
    /// The color.
    pub rgb: Rgb,
    /// Range: 0 (clear) to 1.
    pub opacity: f64,
}

impl From<Rgb> for Paint {
    fn from(rgb: Rgb) -> Self {
        Self { rgb, opacity: 1.0 }
    }
}

/// A line's look.
#[derive(Clone, Debug, PartialEq)]
pub struct Stroke {
    /// Its color.
    pub paint: Paint,
    /// In points.
    pub width: f64,
    /// Dash and gap lengths in points; empty for an unbroken line.
    pub dash: Vec<f64>,
}

impl Stroke {
    /// An unbroken line.
    #[must_use]
    pub fn solid(paint: impl Into<Paint>, width: f64) -> Self {
        Self { paint: paint.into(), width, dash: Vec::new() }
    }
}

/// Which end of a text stands at its position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// Begins there.
    #[default]
    Start,
    /// Is centered there.
    Middle,
    /// Ends there.
    End,
}

/// One line of text.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// Its place on the baseline, by `align`.
    pub at: Pos,
    /// What it says.
    pub content: String,
    /// Font size in points.
    pub size: f64,
    /// Weight.
    pub weight: Weight,
    /// Color.
    pub paint: Paint,
    /// Which end stands at `at`.
    pub align: Align,
}

impl Text {
    /// Where its left end is.
    #[must_use]
    pub fn left(&self, metrics: &TextMetrics) -> f64 {
        let width = metrics.width(&self.content, self.size, self.weight);
        match self.align {
            Align::Start => self.at.x,
            Align::Middle => self.at.x - width / 2.0,
            Align::End => self.at.x - width,
        }
    }

    /// The room that its letters take: from the top of a capital to the tail of a "g".
    #[must_use]
    pub fn rect(&self, metrics: &TextMetrics) -> Rect {
        let width = metrics.width(&self.content, self.size, self.weight);
        Rect::new(self.left(metrics), self.at.y - self.size * 0.74, width, self.size * 0.95)
    }
}

/// Something to draw.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A line through points.
    Line {
        /// At least two.
        points: Vec<Pos>,
        /// Its look.
        stroke: Stroke,
    },
    /// A closed shape.
    Polygon {
        /// At least three corners.
        points: Vec<Pos>,
        /// Its inside.
        fill: Option<Paint>,
        /// Its edge.
        stroke: Option<Stroke>,
    },
    /// A disk or ring.
    Circle {
        /// Its middle.
        center: Pos,
        /// In points.
        radius: f64,
        /// Its inside.
        fill: Option<Paint>,
        /// Its edge.
        stroke: Option<Stroke>,
    },
    /// An upright rectangle.
    Rect {
        /// Where.
        rect: Rect,
        /// Its inside.
        fill: Option<Paint>,
        /// Its edge.
        stroke: Option<Stroke>,
    },
    /// Fine diagonal lines inside a rectangle.
    Hatch {
        /// Where.
        rect: Rect,
        /// The look of each line.
        stroke: Stroke,
    },
    /// A text.
    Text(Text),
}

impl Item {
    /// The room that it takes, without the width of its lines.
    #[must_use]
    pub fn bounds(&self, metrics: &TextMetrics) -> Rect {
        match self {
            Self::Line { points, .. } | Self::Polygon { points, .. } => Rect::about(points),
            Self::Circle { center, radius, .. } => Rect::around(*center, *radius),
            Self::Rect { rect, .. } | Self::Hatch { rect, .. } => *rect,
            Self::Text(text) => text.rect(metrics),
        }
    }
}

/// A place that stands for something: for hovering, clicking and reading aloud.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// What it stands for.
    pub kind: TargetKind,
    /// Where.
    pub rect: Rect,
}

/// What a [`Target`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TargetKind {
    /// A point of a series.
    Point {
        /// Which series.
        series: usize,
        /// Which point.
        point: usize,
    },
    /// The dense reference.
    Reference,
    /// A row of a table or dot plot.
    Row(usize),
    /// A count in a row: the row and its column.
    Count(usize, super::Column),
    /// The head of a column.
    Column(super::Column),
}

/// A drawing: a flat list of primitives, in drawing order.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Width in points.
    pub width: f64,
    /// Height in points.
    pub height: f64,
    /// What it is drawn on.
    pub background: Rgb,
    /// Title and description for people who listen.
    pub title: String,
    /// See `title`.
    pub description: String,
    /// Height of the part that should stay in view when the rest scrolls.
    pub head_height: f64,
    /// In drawing order.
    pub items: Vec<Item>,
    /// What can be pointed at.
    pub targets: Vec<Target>,
    /// Which of the items are the legend.
    pub legend: Range<usize>,
}

/// Distance of hatching lines in points, measured along the x axis.
const HATCH_STEP: f64 = 5.0;

/// The lines of a hatch: 45 degrees, rising to the right, cut at the rectangle; aligned to the page, so that
/// neighbors continue each other.
#[must_use]
pub fn hatch_lines(rect: Rect) -> Vec<(Pos, Pos)> {
    // A line is the set x + y = c; it crosses the rectangle for c between the sums of opposite corners.
    let first = ((rect.x + rect.y) / HATCH_STEP).floor() * HATCH_STEP;
    let last = rect.right() + rect.bottom();
    let mut lines = Vec::new();
    let mut sum = first + HATCH_STEP;
    while sum < last {
        let left = (sum - rect.bottom()).max(rect.x);
        let right = (sum - rect.y).min(rect.right());
        if right - left > 0.05 {
            lines.push((pos(left, sum - left), pos(right, sum - right)));
        }
        sum += HATCH_STEP;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hatching_stays_inside_and_continues_in_the_neighbor() {
        let (one, next) = (Rect::new(3.0, 7.0, 11.0, 13.0), Rect::new(14.0, 7.0, 9.0, 13.0));
        for (rect, lines) in [(one, hatch_lines(one)), (next, hatch_lines(next))] {
            assert!(!lines.is_empty(), "some lines");
            for (from, to) in lines {
                for point in [from, to] {
                    assert!(point.x >= rect.x - 1e-9 && point.x <= rect.right() + 1e-9, "x inside");
                    assert!(point.y >= rect.y - 1e-9 && point.y <= rect.bottom() + 1e-9, "y inside");
                }
                let multiple = (from.x + from.y) / HATCH_STEP;
                assert!((multiple - multiple.round()).abs() < 1e-9, "on the page's own raster");
            }
        }
    }
}
