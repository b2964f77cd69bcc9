//! From what a figure says to where everything goes: the only place that computes ticks, legends and margins.

mod canvas;
mod curves;
mod dots;
mod explore;
mod ribbons;
mod speedup_chart;
mod ticks;

use super::describe::Body;
use super::describe::Figure;
use super::foreign::ForeignText;
use super::palette::Theme;
use super::scene::Scene;
use super::text_metrics::TextMetrics;
use canvas::Canvas;

pub use explore::PlotPart;
pub use explore::axis_ticks;
pub use explore::curves_legend;
pub use explore::curves_marks;
pub use explore::curves_ranges;

/// What a figure is laid out for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Page {
    /// Width in points. Tables and ribbons that cannot be narrower than this grow beyond it.
    pub width: f64,
    /// Height in points of figures with a free height; tables and ribbons take what their rows need.
    pub height: f64,
    /// Font size of tick labels and table cells in points; titles are larger.
    pub font_size: f64,
    /// Ground and ink.
    pub theme: Theme,
    /// Whether title, subtitle and caption are drawn; the window shows them by itself.
    pub framed: bool,
    /// Who draws what the bundled font lacks.
    pub foreign: ForeignText,
}

impl Page {
    /// For files: wide enough for a page of text, 9 pt, with title and caption; tables and ribbons are wider.
    #[must_use]
    pub fn export(figure: &Figure, theme: Theme) -> Self {
        let width = match figure.body {
            Body::Curves(_) => 504.0,
            Body::Ribbons(_) => 640.0,
            Body::Dots(_) | Body::Speedups(_) => 760.0,
        };
        Self { width, height: 330.0, font_size: 9.0, theme, framed: true, foreign: ForeignText::Reader }
    }

    /// For the window: the size at hand, the window's font size, no title.
    #[must_use]
    pub fn screen(width: f64, height: f64, theme: Theme) -> Self {
        Self { width, height, font_size: 12.5, theme, framed: false, foreign: ForeignText::Reader }
    }
}

/// Places everything a figure says.
#[must_use]
pub fn layout(figure: &Figure, page: &Page, metrics: &TextMetrics) -> Scene {
    let mut canvas = Canvas::new(page, metrics);
    if page.framed {
        canvas.heading(&figure.title, &figure.subtitle);
    }
    match &figure.body {
        Body::Curves(curves) => curves::place(&mut canvas, curves, &figure.caption),
        Body::Dots(dots) => dots::place(&mut canvas, dots),
        Body::Ribbons(ribbons) => ribbons::place(&mut canvas, ribbons),
        Body::Speedups(chart) => speedup_chart::place(&mut canvas, chart),
    }
    if page.framed {
        canvas.footer(&figure.caption, &figure.provenance);
    }
    canvas.finish(&figure.title, &figure.caption)
}
