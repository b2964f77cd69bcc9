//! Promised and measured speed-up beside the time's parts, case by case, on the same scales for all rows.
//!
//! A wide page gives every row one line; on a narrow one the name stands above the plots, so that nothing scrolls
//! sideways.

use super::super::describe::Axis;
use super::super::number;
use super::super::palette::Part;
use super::super::palette::series_style;
use super::super::scene::Align;
use super::super::scene::Item;
use super::super::scene::Rect;
use super::super::scene::Stroke;
use super::super::scene::TargetKind;
use super::super::scene::pos;
use super::super::speedup_chart::SpeedupChart;
use super::super::speedup_chart::SpeedupRow;
use super::super::text_metrics::Weight;
use super::canvas::Canvas;
use super::canvas::MarkerLook;
use super::ticks::Placed;

/// Head of the last column.
const VERDICT: &str = "Promise and clock";

/// Where the columns stand; values are right-aligned at their position, plots have two ends.
struct Columns {
    name: (f64, f64),
    removal: f64,
    /// `None` where there is no room: tooltip and table tell it too.
    median: Option<f64>,
    speed_up: f64,
    dots: Plot,
    bars: Plot,
    verdict: f64,
    /// Name and numbers stand above the plots.
    is_tall: bool,
}

/// An axis between two ends.
struct Plot {
    axis: Placed,
    ends: (f64, f64),
    wanted: usize,
}

/// The lines of a row: where texts stand, and where plots do.
#[derive(Clone, Copy)]
struct Lanes {
    base: f64,
    middle: f64,
    half: f64,
}

/// Fills the page with legend, head, one block per case, and the notes.
pub(super) fn place(canvas: &mut Canvas<'_>, chart: &SpeedupChart) {
    canvas.legend(legend);
    let columns = columns(canvas, chart);
    head(canvas, chart, &columns);
    canvas.end_head();
    for (index, row) in chart.rows.iter().enumerate() {
        if row.is_dense() {
            if index > 0 {
                canvas.cursor += canvas.font_size() * 0.4;
                rule(canvas);
            }
            case_head(canvas, &row.case);
        }
        one_row(canvas, (index, row), &columns);
    }
    canvas.notes(&chart.notes);
}

/// Swatches of the parts, then the two marks that every row has.
fn legend(canvas: &mut Canvas<'_>) {
    let (size, theme) = (canvas.font_size(), canvas.theme());
    let mut x = canvas.margin;
    canvas.cursor += canvas.line_height();
    let measured = "measured, 95% interval";
    let promised = "what FLOPs say";
    let texts = Part::ALL.iter().map(|part| part.label()).chain([measured, promised]);
    for (index, text) in texts.enumerate() {
        let width = size * 3.2 + canvas.text_width(text);
        if x + width > canvas.right() && x > canvas.margin {
            x = canvas.margin;
            canvas.cursor += canvas.line_height();
        }
        let middle = canvas.cursor - size * 0.34;
        match Part::ALL.get(index) {
            Some(part) => segment(canvas, *part, Rect::new(x, middle - size * 0.4, size * 1.2, size * 0.8)),
            None if text == measured => {
                canvas.line(pos(x, middle), pos(x + size * 1.4, middle), Stroke::solid(theme.muted(), 1.25));
                let circle = Item::Circle {
                    center: pos(x + size * 0.7, middle),
                    radius: size * 0.3,
                    fill: Some(theme.muted().into()),
                    stroke: None,
                };
                canvas.push(circle);
            }
            None => promise_mark(canvas, x + size * 0.6, Lanes { base: 0.0, middle, half: size * 0.5 }),
        }
        canvas.text(pos(x + size * 1.7, canvas.cursor), text, Align::Start, theme.ink());
        x += width;
    }
    canvas.cursor += canvas.line_height() * 0.5;
}

fn columns(canvas: &mut Canvas<'_>, chart: &SpeedupChart) -> Columns {
    let size = canvas.font_size();
    let (gap, left) = (size * 1.2, canvas.margin);
    let rows = &chart.rows;
    let widest = |canvas: &Canvas<'_>, text: &dyn Fn(&SpeedupRow) -> String| {
        rows.iter().map(|row| canvas.text_width(&text(row))).fold(0.0_f64, f64::max)
    };
    let name = widest(canvas, &|row| row.name.clone()).clamp(size * 6.0, size * 15.0) + size * 1.5;
    let removal = widest(canvas, &|row| row.removal.clone()).max(canvas.text_width("Tokens"));
    let median = widest(canvas, &|row| number::duration(row.time.median)).max(canvas.text_width("Median"));
    let speed_up = widest(canvas, &written_speed_up).max(canvas.text_width("Clock"));
    let verdict = widest(canvas, &SpeedupRow::verdict).max(canvas.metrics.width(VERDICT, size, Weight::Medium));
    let fixed = left + name + removal + median + speed_up + verdict + 7.0 * gap + canvas.margin;
    let is_tall = canvas.right() < fixed + size * 24.0;
    if is_tall {
        canvas.widen(size * 26.0);
    }
    let (start, end) =
        if is_tall { (left, canvas.right() - 4.0) } else { (fixed - verdict - gap, canvas.right() - verdict - gap) };
    // Half of the room each where rows are tall, else a little more for the bars.
    // The last label of one axis must not touch the first one of the other.
    let between = 2.5 * gap;
    let free = end - start - between;
    let middle = start + free * if is_tall { 0.5 } else { 0.42 };
    let tall_median = Some(left + name + gap + median).filter(|at| at + gap + verdict <= canvas.right() - 4.0);
    let wide_median = left + name + gap + removal + gap + median;
    Columns {
        name: (left, name),
        removal: left + name + gap,
        median: if is_tall { tall_median } else { Some(wide_median) },
        speed_up: wide_median + gap + speed_up,
        dots: plot((&chart.speed_up, size), rows.iter().flat_map(speed_ups), (start, middle)),
        bars: plot((&chart.share, size), rows.iter().flat_map(shares), (middle + between, end)),
        verdict: if is_tall { canvas.right() - 4.0 } else { end + gap },
        is_tall,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a page is a few thousand points wide")]
fn plot((axis, size): (&Axis, f64), values: impl Iterator<Item = f64>, ends: (f64, f64)) -> Plot {
    let wanted = ((ends.1 - ends.0) / (size * 4.8)).clamp(2.0, 6.0) as usize;
    Plot { axis: Placed::new(axis, values, ends), ends, wanted }
}

fn written_speed_up(row: &SpeedupRow) -> String {
    row.speed_up.value.map(number::times).unwrap_or_default()
}

/// All that the axis of the speed-up has to show of a row; 1 always.
fn speed_ups(row: &SpeedupRow) -> impl Iterator<Item = f64> + use<> {
    let ends = row.speed_up.interval.map_or([None, None], |(low, high)| [Some(low), Some(high)]);
    [Some(1.0), row.speed_up.value, row.flops_reduction, ends[0], ends[1]].into_iter().flatten()
}

/// All that the axis of the shares has to show of a row, from nothing to the whole.
fn shares(row: &SpeedupRow) -> impl Iterator<Item = f64> + use<> {
    [0.0, 1.0, row.time.median / row.dense.median].into_iter()
}

fn head(canvas: &mut Canvas<'_>, chart: &SpeedupChart, columns: &Columns) {
    let (size, theme, line) = (canvas.font_size(), canvas.theme(), canvas.line_height());
    canvas.cursor += line;
    let base = canvas.cursor;
    if !columns.is_tall {
        let look = (theme.ink().into(), size, Weight::Medium);
        let titles = [
            (Some(columns.name.0), Align::Start, "Strategy"),
            (Some(columns.removal), Align::Start, "Tokens"),
            (columns.median, Align::End, "Median"),
            (Some(columns.speed_up), Align::End, "Clock"),
            (Some(columns.verdict), Align::Start, VERDICT),
        ];
        for (x, align, title) in titles {
            canvas.text_with(pos(x.unwrap_or_default(), base), title, align, look);
        }
    }
    for (plot, axis) in [(&columns.dots, &chart.speed_up), (&columns.bars, &chart.share)] {
        let label = canvas.fitting(&axis.label, plot.ends.1 - plot.ends.0);
        canvas.text(pos(plot.ends.0, base), &label, Align::Start, theme.muted());
        let ticks = plot.axis.ticks(plot.wanted).into_iter().map(|(value, label)| (plot.axis.place(value), label));
        canvas.cursor = base + line * 1.15;
        // Between the plots is room for half a label of each.
        let (left, right) = (plot.ends.0 - size * 1.4, plot.ends.1 + size * 1.4);
        canvas.tick_labels(&ticks.collect::<Vec<_>>(), (left.max(0.0), right.min(canvas.right() + canvas.margin)));
    }
    canvas.cursor += size * 0.5;
    rule(canvas);
}

fn rule(canvas: &mut Canvas<'_>) {
    let (y, theme) = (canvas.cursor, canvas.theme());
    canvas.line(pos(canvas.margin, y), pos(canvas.right(), y), Stroke::solid(theme.line(), 1.0));
}

/// The case's name over its rows.
fn case_head(canvas: &mut Canvas<'_>, case: &str) {
    let (size, theme) = (canvas.font_size(), canvas.theme());
    canvas.cursor += size * 1.7;
    canvas.wrapped(canvas.margin, case, (theme.ink().into(), size, Weight::Medium));
    canvas.cursor += size * 0.4;
}

fn one_row(canvas: &mut Canvas<'_>, (index, row): (usize, &SpeedupRow), columns: &Columns) {
    let size = canvas.font_size();
    let line = (size * 2.0).round();
    let height = if columns.is_tall { line * 1.75 } else { line };
    let rect = Rect::new(canvas.margin, canvas.cursor, canvas.right() - canvas.margin, height);
    canvas.target(TargetKind::Row(index), rect);
    let middle = rect.bottom() - line / 2.0;
    let lanes = Lanes { base: rect.y + line / 2.0 + size * 0.35, middle, half: line * 0.27 };
    let grid = if columns.is_tall { Rect::new(rect.x, rect.bottom() - line, rect.width, line) } else { rect };
    row_grid(canvas, columns, grid);
    texts(canvas, row, columns, lanes);
    dot(canvas, row, &columns.dots.axis, lanes);
    bar(canvas, row, &columns.bars.axis, lanes);
    canvas.cursor = rect.bottom();
    let ends_case = if columns.is_tall { size * 0.5 } else { 0.0 };
    canvas.cursor += ends_case;
}

fn texts(canvas: &mut Canvas<'_>, row: &SpeedupRow, columns: &Columns, lanes: Lanes) {
    let (size, theme) = (canvas.font_size(), canvas.theme());
    let (x, width) = columns.name;
    let look = MarkerLook { radius: size * 0.34, opacity: 1.0, hollow: row.is_dense() };
    canvas.marker(pos(x + size * 0.4, lanes.base - size * 0.35), series_style(&row.id), look);
    let name = canvas.metrics.fit(&row.name, size, width - size * 1.3);
    canvas.text(pos(x + size * 1.3, lanes.base), &name, Align::Start, theme.ink());
    if let Some(x) = columns.median {
        canvas.text(pos(x, lanes.base), &number::duration(row.time.median), Align::End, theme.ink());
    }
    if !columns.is_tall {
        canvas.text(pos(columns.removal, lanes.base), &row.removal, Align::Start, theme.muted());
        let look = (theme.ink().into(), size, Weight::Medium);
        canvas.text_with(pos(columns.speed_up, lanes.base), &written_speed_up(row), Align::End, look);
    }
    let ink = if row.is_dense() || row.is_undecided() { theme.muted() } else { theme.ink() };
    let room = columns.verdict - columns.median.unwrap_or(x + width) - size;
    let (text, align) = if columns.is_tall {
        (canvas.metrics.fit(&row.verdict(), size, room), Align::End)
    } else {
        (row.verdict(), Align::Start)
    };
    canvas.text(pos(columns.verdict, lanes.base), &text, align, ink);
}

/// Grid lines; those of "no change" stand out.
fn row_grid(canvas: &mut Canvas<'_>, columns: &Columns, rect: Rect) {
    let theme = canvas.theme();
    for plot in [&columns.dots, &columns.bars] {
        let ticks = plot.axis.ticks(plot.wanted).into_iter().map(|(value, _)| value);
        for value in ticks.chain([1.0]) {
            let (x, is_one) = (plot.axis.place(value), (value - 1.0).abs() < 1e-9);
            let stroke = if is_one { Stroke::solid(theme.line(), 1.0) } else { Stroke::solid(theme.grid(), 0.75) };
            canvas.line(pos(x, rect.y), pos(x, rect.bottom()), stroke);
        }
    }
}

/// Promised and measured speed-up; the line between them is the gap.
fn dot(canvas: &mut Canvas<'_>, row: &SpeedupRow, axis: &Placed, lanes: Lanes) {
    let (size, theme, y) = (canvas.font_size(), canvas.theme(), lanes.middle);
    let (Some(value), Some(flops)) = (row.speed_up.value, row.flops_reduction) else { return };
    let gap = Stroke { dash: vec![2.0, 2.0], ..Stroke::solid(theme.muted(), 1.0) };
    canvas.line(pos(axis.place(value), y), pos(axis.place(flops), y), gap);
    let style = series_style(&row.id);
    if let Some((low, high)) = row.speed_up.interval {
        let stroke = Stroke::solid(style.stroke(theme), 1.25);
        let (left, right, cap) = (axis.place(low), axis.place(high), size * 0.2);
        canvas.line(pos(left, y), pos(right, y), stroke.clone());
        canvas.line(pos(left, y - cap), pos(left, y + cap), stroke.clone());
        canvas.line(pos(right, y - cap), pos(right, y + cap), stroke);
    }
    promise_mark(canvas, axis.place(flops), lanes);
    canvas.marker(pos(axis.place(value), y), style, MarkerLook { radius: size * 0.31, opacity: 1.0, hollow: false });
}

/// The parts of the time, as shares of the dense pass, and where FLOPs say that they should end.
fn bar(canvas: &mut Canvas<'_>, row: &SpeedupRow, axis: &Placed, lanes: Lanes) {
    let mut from = 0.0;
    for (part, share) in Part::ALL.into_iter().zip(row.time.shares_of(row.dense.median)) {
        let (left, right) = (axis.place(from), axis.place(from + share));
        from += share;
        segment(canvas, part, Rect::new(left, lanes.middle - lanes.half, right - left, 2.0 * lanes.half));
    }
    if let Some(flops) = row.flops_reduction {
        promise_mark(canvas, axis.place(1.0 / flops), Lanes { half: lanes.half * 1.25, ..lanes });
    }
}

/// One part of a bar, a hair shorter than its share, so that neighbors stay apart.
fn segment(canvas: &mut Canvas<'_>, part: Part, rect: Rect) {
    let theme = canvas.theme();
    let width = if rect.width > 2.0 { rect.width - 0.75 } else { rect.width };
    if width <= 0.05 {
        return;
    }
    let rect = Rect { width, ..rect };
    canvas.push(Item::Rect { rect, fill: Some(part.rgb(theme).into()), stroke: None });
    if part.is_hatched() {
        canvas.push(Item::Hatch { rect, stroke: Stroke::solid(theme.background(), 1.0) });
    }
}

/// An upright line with a tip, on the ground's own color so that it shows on any bar.
fn promise_mark(canvas: &mut Canvas<'_>, x: f64, lanes: Lanes) {
    let (theme, half) = (canvas.theme(), lanes.half * 1.15);
    let (top, bottom, tip) = (lanes.middle - half, lanes.middle + half, lanes.half * 0.5);
    canvas.line(pos(x, top), pos(x, bottom), Stroke::solid(theme.background(), 4.0));
    canvas.line(pos(x, top), pos(x, bottom), Stroke::solid(theme.ink(), 1.75));
    let points = vec![pos(x - tip, top - tip * 0.4), pos(x + tip, top - tip * 0.4), pos(x, top + tip)];
    canvas.push(Item::Polygon { points, fill: Some(theme.ink().into()), stroke: None });
}
