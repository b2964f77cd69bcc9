//! Lines and points over two axes.

use super::super::describe::CurvePoint;
use super::super::describe::Curves;
use super::super::describe::Series;
use super::super::palette::SeriesStyle;
use super::super::palette::series_style;
use super::super::scene::Align;
use super::super::scene::Item;
use super::super::scene::Paint;
use super::super::scene::Pos;
use super::super::scene::Rect;
use super::super::scene::Stroke;
use super::super::scene::TargetKind;
use super::super::scene::pos;
use super::super::text_metrics::Weight;
use super::canvas::Canvas;
use super::canvas::MarkerLook;
use super::canvas::dashes;
use super::ticks::Placed;

const FADED: f64 = 0.35;

/// Least height of the plot in points, where the page may grow and where it may not.
const LEAST_HEIGHT: (f64, f64) = (170.0, 60.0);

/// Fills the page with legend, axes and series; leaves room for the caption where it is drawn.
pub(super) fn place(canvas: &mut Canvas<'_>, curves: &Curves, caption: &str) {
    canvas.legend(|canvas| legend(canvas, curves));
    let (top, bottom) = plot_rows(canvas, curves, caption);
    let y = Placed::new(&curves.y, y_values(curves), (bottom, top));
    let y_ticks = y.ticks(wanted_ticks(bottom - top, canvas.font_size(), false));
    let plot = plot_area(canvas, &y_ticks, (top, bottom));
    let x = Placed::new(&curves.x, x_values(curves), (plot.x, plot.right()));
    axes(canvas, curves, plot, (&x, (&y, &y_ticks)));
    marks(canvas, curves, plot, (&x, &y));
    canvas.cursor = plot.bottom() + 2.0 * canvas.line_height() + 6.0;
}

/// Everything that stands for numbers: intervals, lines, points.
pub(super) fn marks(canvas: &mut Canvas<'_>, curves: &Curves, plot: Rect, (x, y): (&Placed, &Placed)) {
    reference_line(canvas, curves, plot, y);
    for series in &curves.series {
        intervals(canvas, series, (x, y));
    }
    for (index, series) in curves.series.iter().enumerate() {
        lines_and_points(canvas, (index, series), (x, y));
    }
    reference_point(canvas, curves, (x, y));
}

/// What the horizontal axis must cover.
pub(super) fn x_values(curves: &Curves) -> impl Iterator<Item = f64> + '_ {
    points(curves).flat_map(|point| ends(point.x_interval).chain([point.x]))
}

/// What the vertical axis must cover.
pub(super) fn y_values(curves: &Curves) -> impl Iterator<Item = f64> + '_ {
    points(curves).flat_map(|point| ends(point.y.interval).chain(point.y.value))
}

fn ends(interval: Option<(f64, f64)>) -> impl Iterator<Item = f64> {
    interval.into_iter().flat_map(|(low, high)| [low, high])
}

fn points(curves: &Curves) -> impl Iterator<Item = &CurvePoint> {
    curves.series.iter().flat_map(|series| &series.points).chain(&curves.reference)
}

/// Marker, line and name of each series, on as many lines as they need.
pub(super) fn legend(canvas: &mut Canvas<'_>, curves: &Curves) {
    let (size, theme) = (canvas.font_size(), canvas.theme());
    let reference = curves.reference.as_ref().map(|_| ("dense", "dense", false));
    let entries = curves.series.iter().map(|series| (series.id.as_str(), series.name.as_str(), series.joined));
    let mut x = canvas.margin;
    canvas.cursor += canvas.line_height();
    for (id, name, joined) in reference.into_iter().chain(entries) {
        let width = size * 2.6 + canvas.text_width(name) + size * 1.4;
        // A name that is wider than the page goes on in further lines.
        let is_long = x + width > canvas.right();
        if is_long && x > canvas.margin {
            x = canvas.margin;
            canvas.cursor += canvas.line_height();
        }
        let style = series_style(id);
        let middle = canvas.cursor - size * 0.34;
        if joined {
            let stroke = line_stroke(style, canvas, 1.0);
            canvas.line(pos(x, middle), pos(x + size * 2.0, middle), stroke);
        }
        let look = MarkerLook { radius: size * 0.34, opacity: 1.0, hollow: false };
        canvas.marker(pos(x + size, middle), style, look);
        let end = canvas.wrapped(x + size * 2.4, name, (theme.ink().into(), size, Weight::Regular));
        x = end.max(x + size * 2.4) + size * 1.6;
    }
    canvas.cursor += canvas.line_height() * 0.5;
}

/// Top and bottom of the plot, the label of its vertical axis drawn above.
fn plot_rows(canvas: &mut Canvas<'_>, curves: &Curves, caption: &str) -> (f64, f64) {
    let (size, theme, line) = (canvas.font_size(), canvas.theme(), canvas.line_height());
    canvas.cursor += line;
    let label = canvas.fitting(&curves.y.label, canvas.right() - canvas.margin);
    canvas.text(pos(canvas.margin, canvas.cursor), &label, Align::Start, theme.muted());
    let top = canvas.cursor + size * 1.4;
    let (below, least) = if canvas.page.framed {
        let lines = canvas.metrics.wrap(caption, size * 0.88, canvas.right() - canvas.margin).len() + 1;
        (2.0 * line + 6.0 + size * 0.88 * (1.5 + 1.35 * lines as f64), LEAST_HEIGHT.0)
    } else {
        (2.0 * line + 6.0, LEAST_HEIGHT.1)
    };
    (top, (canvas.page.height - canvas.margin - below).max(top + least))
}

/// How many values an axis of this length names: horizontally they need more room.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a page is a few thousand points wide")]
pub(super) fn wanted_ticks(length: f64, font_size: f64, is_horizontal: bool) -> usize {
    if is_horizontal {
        (length / (font_size * 5.5)).clamp(2.0, 10.0) as usize
    } else {
        (length / (font_size * 3.6)).clamp(2.0, 8.0) as usize
    }
}

/// The plot, right of the labels of its vertical axis.
fn plot_area(canvas: &Canvas<'_>, y_ticks: &[(f64, String)], (top, bottom): (f64, f64)) -> Rect {
    let size = canvas.font_size();
    let widest = y_ticks.iter().map(|(_, label)| canvas.text_width(label)).fold(canvas.text_width("0.000"), f64::max);
    let left = canvas.margin + widest + size * 0.8;
    let right = canvas.right() - size * 0.5;
    Rect::new(left, top, (right - left).max(60.0), bottom - top)
}

type Axes<'a> = (&'a Placed, (&'a Placed, &'a [(f64, String)]));

fn axes(canvas: &mut Canvas<'_>, curves: &Curves, plot: Rect, (x, (y, y_ticks)): Axes<'_>) {
    let (size, theme) = (canvas.font_size(), canvas.theme());
    let grid = Stroke::solid(theme.grid(), 0.75);
    for (value, label) in y_ticks {
        let at = y.place(*value);
        canvas.line(pos(plot.x, at), pos(plot.right(), at), grid.clone());
        canvas.text(pos(plot.x - size * 0.6, at + size * 0.35), label, Align::End, theme.muted());
    }
    let base = pos(plot.x, plot.bottom());
    canvas.line(base, pos(plot.right(), plot.bottom()), Stroke::solid(theme.line(), 1.0));
    let ticks = x.ticks(wanted_ticks(plot.width, size, true));
    for (value, _) in &ticks {
        let at = x.place(*value);
        canvas.line(pos(at, plot.bottom()), pos(at, plot.bottom() + 4.0), Stroke::solid(theme.line(), 1.0));
    }
    canvas.cursor = plot.bottom() + 4.0 + size * 1.1;
    let labels: Vec<(f64, String)> = ticks.into_iter().map(|(value, label)| (x.place(value), label)).collect();
    // The lowest label of the other axis stands left of the plot, on the line above.
    canvas.tick_labels(&labels, (canvas.margin, canvas.right() + canvas.margin * 0.5));
    canvas.cursor += canvas.line_height();
    let label = canvas.fitting(&curves.x.label, plot.right() - canvas.margin);
    canvas.text(pos(plot.right(), canvas.cursor), &label, Align::End, theme.muted());
}

fn line_stroke(style: SeriesStyle, canvas: &Canvas<'_>, opacity: f64) -> Stroke {
    let width = 1.5;
    Stroke { paint: Paint { rgb: style.stroke(canvas.theme()), opacity }, width, dash: dashes(style.dash, width) }
}

fn place_point(point: &CurvePoint, (x, y): (&Placed, &Placed)) -> Option<Pos> {
    point.y.value.map(|value| pos(x.place(point.x), y.place(value)))
}

fn intervals(canvas: &mut Canvas<'_>, series: &Series, (x, y): (&Placed, &Placed)) {
    let rgb = series_style(&series.id).stroke(canvas.theme());
    for point in &series.points {
        let opacity = if point.dominated { 0.22 } else { 0.55 };
        let stroke = Stroke::solid(Paint { rgb, opacity }, 1.25);
        if let Some((low, high)) = point.y.interval {
            let at = x.place(point.x);
            canvas.line(pos(at, y.place(low)), pos(at, y.place(high)), stroke.clone());
        }
        if let Some(((low, high), value)) = point.x_interval.zip(point.y.value) {
            let at = y.place(value);
            canvas.line(pos(x.place(low), at), pos(x.place(high), at), stroke);
        }
    }
}

fn lines_and_points(canvas: &mut Canvas<'_>, (index, series): (usize, &Series), axes: (&Placed, &Placed)) {
    let (style, theme) = (series_style(&series.id), canvas.theme());
    let places: Vec<Pos> = series.points.iter().filter_map(|point| place_point(point, axes)).collect();
    if series.joined && places.len() > 1 {
        let stroke = line_stroke(style, canvas, 0.6);
        canvas.push(Item::Line { points: places, stroke });
    }
    let radius = canvas.font_size() * 0.38;
    for (number, point) in series.points.iter().enumerate() {
        let Some(center) = place_point(point, axes) else { continue };
        let opacity = if point.dominated && !point.current && !point.chosen { FADED } else { 1.0 };
        canvas.marker(center, style, MarkerLook { radius, opacity, hollow: false });
        for (ringed, rgb, gap) in [(point.current, theme.ink(), 3.0), (point.chosen, theme.accent(), 5.5)] {
            if ringed {
                let stroke = Some(Stroke::solid(rgb, 1.5));
                canvas.push(Item::Circle { center, radius: radius + gap, fill: None, stroke });
            }
        }
        canvas.target(TargetKind::Point { series: index, point: number }, Rect::around(center, radius + 4.0));
    }
}

fn reference_line(canvas: &mut Canvas<'_>, curves: &Curves, plot: Rect, y: &Placed) {
    let Some(value) = curves.reference.as_ref().and_then(|point| point.y.value) else { return };
    let at = y.place(value);
    let stroke = Stroke { paint: canvas.theme().muted().into(), width: 0.75, dash: vec![2.0, 3.0] };
    canvas.line(pos(plot.x, at), pos(plot.right(), at), stroke);
}

fn reference_point(canvas: &mut Canvas<'_>, curves: &Curves, (x, y): (&Placed, &Placed)) {
    let Some(point) = &curves.reference else { return };
    let Some(center) = place_point(point, (x, y)) else { return };
    let style = series_style("dense");
    if let Some((low, high)) = point.y.interval {
        let stroke = Stroke::solid(style.stroke(canvas.theme()), 1.25);
        canvas.line(pos(center.x, y.place(low)), pos(center.x, y.place(high)), stroke);
    }
    let radius = canvas.font_size() * 0.42;
    canvas.marker(center, style, MarkerLook { radius, opacity: 1.0, hollow: false });
    canvas.target(TargetKind::Reference, Rect::around(center, radius + 4.0));
}
