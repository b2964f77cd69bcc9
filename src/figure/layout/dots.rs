//! A table beside dots with intervals, on the same scales for all rows.

use super::super::decided;
use super::super::decided::Decided;
use super::super::describe::Column;
use super::super::describe::DotRow;
use super::super::describe::Dots;
use super::super::describe::Measured;
use super::super::number;
use super::super::palette::Rgb;
use super::super::palette::SeriesStyle;
use super::super::palette::series_style;
use super::super::scene::Align;
use super::super::scene::Item;
use super::super::scene::Paint;
use super::super::scene::Rect;
use super::super::scene::Stroke;
use super::super::scene::TargetKind;
use super::super::scene::pos;
use super::super::text_metrics::Weight;
use super::canvas::Canvas;
use super::canvas::MarkerLook;
use super::ticks::Placed;

/// Where the columns stand; values are right-aligned at their position, plots have two ends.
struct Columns {
    group: (f64, f64),
    count: f64,
    dense: f64,
    pruned: f64,
    values: Placed,
    values_ends: (f64, f64),
    difference: f64,
    changes: Placed,
    changes_ends: (f64, f64),
    /// Counts, p-values and verdict, with the right edge of each.
    decided: Vec<(Column, f64)>,
    remark: f64,
}

/// Fills the page with a head, one line per row, and the notes.
pub(super) fn place(canvas: &mut Canvas<'_>, dots: &Dots) {
    canvas.legend(|canvas| legend(canvas, dots));
    let columns = columns(canvas, dots);
    head(canvas, dots, &columns);
    canvas.end_head();
    for (index, row) in dots.rows.iter().enumerate() {
        one_row(canvas, (index, row), &dots.strategy, &columns);
    }
    canvas.notes(&dots.notes);
}

fn legend(canvas: &mut Canvas<'_>, dots: &Dots) {
    let (size, theme) = (canvas.font_size(), canvas.theme());
    canvas.cursor += canvas.line_height();
    let mut x = canvas.margin;
    for (id, name) in [("dense", "dense"), (dots.strategy.as_str(), dots.strategy_name.as_str())] {
        let look = MarkerLook { radius: size * 0.34, opacity: 1.0, hollow: id == "dense" };
        canvas.marker(pos(x + size * 0.5, canvas.cursor - size * 0.34), series_style(id), look);
        let end = canvas.wrapped(x + size * 1.3, name, (theme.ink().into(), size, Weight::Regular));
        x = end + size * 1.7;
    }
    if !dots.strategy_note.is_empty() {
        let at = x - size * 0.9;
        let fits = at + canvas.text_width(&dots.strategy_note) <= canvas.right();
        canvas.cursor += if fits { 0.0 } else { canvas.line_height() };
        let look = (theme.muted().into(), size, Weight::Regular);
        canvas.wrapped(if fits { at } else { canvas.margin }, &dots.strategy_note, look);
    }
    canvas.cursor += canvas.line_height() * 0.5;
}

fn columns(canvas: &mut Canvas<'_>, dots: &Dots) -> Columns {
    let size = canvas.font_size();
    let gap = size * 1.2;
    let widest = |canvas: &Canvas<'_>, texts: &mut dyn Iterator<Item = String>| {
        texts.map(|text| canvas.text_width(&text)).fold(0.0_f64, f64::max)
    };
    let arrow = size;
    let labels = &mut dots.rows.iter().map(|row| row.label.clone()).chain([format!("{}  ", dots.group_label)]);
    let group_width = (widest(canvas, labels) + arrow).clamp(size * 6.0, size * 16.0);
    let counts = &mut dots.rows.iter().map(|row| number::count(row.count)).chain([dots.count_label.clone()]);
    let count_width = widest(canvas, counts) + arrow;
    let decided = decided_widths(canvas, dots);
    let decided_room: f64 = decided.iter().map(|(_, width)| width + gap).sum();
    let rates = |of: fn(&DotRow) -> &Measured| dots.rows.iter().map(move |row| written(of(row), number::rate));
    let values = &mut rates(|row| &row.dense).chain(rates(|row| &row.pruned)).chain(["Pruned".to_owned()]);
    let value_width = widest(canvas, values) + arrow;
    let changes = dots.rows.iter().map(|row| written(&row.difference, number::change));
    let change_width = widest(canvas, &mut changes.chain(["Change".to_owned()])) + arrow;
    let remark_width = widest(canvas, &mut dots.rows.iter().map(|row| row.remark.clone()));
    let remark_room = if remark_width > 0.0 { remark_width + gap } else { 0.0 };

    let left = canvas.margin + 4.0;
    let count = left + group_width + gap + count_width;
    let dense = count + gap + value_width;
    let pruned = dense + gap + value_width;
    let fixed = pruned + gap + gap + change_width + gap + decided_room + remark_room;
    // Both plots are as wide as the longer of their titles at least; beyond that it is cut.
    let titles = [&dots.measure.label, &dots.difference.label].map(|title| canvas.text_width(title));
    let narrowest = titles.into_iter().fold(size * 7.0, f64::max).min(size * 16.0);
    canvas.widen(fixed + 2.0 * narrowest + canvas.margin + 5.0);
    let free = canvas.right() - fixed - 4.0;
    let values_ends = (pruned + gap, pruned + gap + free * 0.5);
    let difference = values_ends.1 + gap + change_width;
    let changes_ends = (difference + gap, difference + gap + free * 0.5);
    let rows = || dots.rows.iter();
    let values = rows().flat_map(|row| ends(&row.dense).chain(ends(&row.pruned)));
    let changes = rows().flat_map(|row| ends(&row.difference));
    let mut edge = changes_ends.1;
    let decided = decided.into_iter().map(|(column, width)| {
        edge += gap + width;
        (column, edge)
    });
    let decided: Vec<(Column, f64)> = decided.collect();
    Columns {
        group: (left, group_width),
        count,
        dense,
        pruned,
        values: Placed::new(&dots.measure, values, values_ends),
        values_ends,
        difference,
        changes: Placed::around_zero(&dots.difference, changes, changes_ends),
        changes_ends,
        remark: edge + gap,
        decided,
    }
}

/// Widths of the columns about decisions.
fn decided_widths(canvas: &Canvas<'_>, dots: &Dots) -> Vec<(Column, f64)> {
    let arrow = canvas.font_size();
    let width = |&column: &Column| {
        let cells = dots.rows.iter().filter_map(|row| row.decided.as_ref()?.cell(column));
        let widest = cells.map(|cell| canvas.text_width(&cell)).fold(0.0_f64, f64::max);
        (column, widest.max(canvas.text_width(title(column)) + arrow))
    };
    decided::columns(dots.rows.iter().map(|row| &row.decided)).iter().map(width).collect()
}

/// Heads of the columns that are named alike in every table.
fn title(column: Column) -> &'static str {
    match column {
        Column::Group | Column::Count => "",
        Column::Dense => "Dense",
        Column::Pruned => "Pruned",
        Column::Difference => "Change",
        Column::Harmed => "Harmed",
        Column::Rescued => "Rescued",
        Column::Changed => "Class changed",
        Column::P => "p",
        Column::PAdjusted => "p adj.",
        Column::Verdict => "Verdict",
    }
}

fn written(measured: &Measured, write: fn(f64) -> String) -> String {
    measured.value.map_or_else(|| "—".to_owned(), write)
}

fn ends(measured: &Measured) -> impl Iterator<Item = f64> + use<> {
    let interval = measured.interval.map_or([None, None], |(low, high)| [Some(low), Some(high)]);
    [measured.value, interval[0], interval[1]].into_iter().flatten()
}

fn head(canvas: &mut Canvas<'_>, dots: &Dots, columns: &Columns) {
    let (size, theme, line) = (canvas.font_size(), canvas.theme(), canvas.line_height());
    canvas.cursor += line;
    let base = canvas.cursor;
    let group_label = canvas.metrics.fit_in(&dots.group_label, (size, Weight::Medium), columns.group.1 - size);
    let titles = [
        (Column::Group, columns.group.0, Align::Start, group_label.as_str()),
        (Column::Count, columns.count, Align::End, dots.count_label.as_str()),
        (Column::Dense, columns.dense, Align::End, title(Column::Dense)),
        (Column::Pruned, columns.pruned, Align::End, title(Column::Pruned)),
        (Column::Difference, columns.difference, Align::End, title(Column::Difference)),
    ];
    let decided = columns.decided.iter().map(|&(column, x)| (column, x, Align::End, title(column)));
    for (column, x, align, title) in titles.into_iter().chain(decided) {
        let width = canvas.metrics.width(title, size, Weight::Medium);
        let arrow = match dots.sorted_by {
            Some((sorted, descending)) if sorted == column => Some(descending),
            _ => None,
        };
        let shift = if arrow.is_some() { size } else { 0.0 };
        let (start, text_at) = match align {
            Align::End => (x - width - shift, x - shift),
            _ => (x, x),
        };
        canvas.text_with(pos(text_at, base), title, align, (theme.ink().into(), size, Weight::Medium));
        if let Some(descending) = arrow {
            sort_arrow(canvas, start + width + size * 0.6, descending);
        }
        let rect = Rect::new(start - 4.0, base - line * 0.85, width + size + 8.0, line * 1.15);
        canvas.target(TargetKind::Column(column), rect);
    }
    // What is centered at an end reaches a little beyond it, into the gap.
    let reach = size * 2.0;
    for (axis, ends, label) in [
        (&columns.values, columns.values_ends, &dots.measure.label),
        (&columns.changes, columns.changes_ends, &dots.difference.label),
    ] {
        let label = canvas.fitting(label, ends.1 - ends.0);
        canvas.text(pos(ends.0, base), &label, Align::Start, theme.muted());
        let ticks = axis.ticks(wanted_ticks(canvas, ends)).into_iter().map(|(value, label)| (axis.place(value), label));
        canvas.cursor += line * 1.15;
        canvas.tick_labels(&ticks.collect::<Vec<_>>(), (ends.0 - reach, (ends.1 + reach).min(canvas.right())));
        canvas.cursor = base;
    }
    canvas.cursor += line * 1.15;
    canvas.cursor += size * 0.5;
    let y = canvas.cursor;
    canvas.line(pos(canvas.margin, y), pos(canvas.right(), y), Stroke::solid(theme.line(), 1.0));
}

fn sort_arrow(canvas: &mut Canvas<'_>, x: f64, descending: bool) {
    let size = canvas.font_size();
    let middle = canvas.cursor - size * 0.34;
    let tip = if descending { size * 0.28 } else { -size * 0.28 };
    let points = vec![pos(x - size * 0.3, middle - tip), pos(x + size * 0.3, middle - tip), pos(x, middle + tip)];
    let fill = Some(canvas.theme().muted().into());
    canvas.push(Item::Polygon { points, fill, stroke: None });
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a page is a few thousand points wide")]
fn wanted_ticks(canvas: &Canvas<'_>, ends: (f64, f64)) -> usize {
    ((ends.1 - ends.0) / (canvas.font_size() * 4.2)).clamp(2.0, 5.0) as usize
}

fn one_row(canvas: &mut Canvas<'_>, (index, row): (usize, &DotRow), strategy: &str, columns: &Columns) {
    let (size, theme) = (canvas.font_size(), canvas.theme());
    let height = (size * 2.1).round();
    let rect = Rect::new(canvas.margin, canvas.cursor, canvas.right() - canvas.margin, height);
    canvas.target(TargetKind::Row(index), rect);
    row_grid(canvas, columns, rect);
    let base = rect.center().y + size * 0.35;
    let ink = if row.faded { theme.muted() } else { theme.ink() };
    let weight = if row.overall { Weight::Medium } else { Weight::Regular };
    let label = canvas.metrics.fit_in(&row.label, (size, weight), columns.group.1);
    canvas.text_with(pos(columns.group.0, base), &label, Align::Start, (ink.into(), size, weight));
    let count = number::count(row.count);
    canvas.text(pos(columns.count, base), &count, Align::End, ink);
    count_target(canvas, (index, Column::Count), (columns.count, &count), rect);
    for (x, measured, write) in [
        (columns.dense, &row.dense, number::rate as fn(f64) -> String),
        (columns.pruned, &row.pruned, number::rate),
        (columns.difference, &row.difference, number::change),
    ] {
        canvas.text(pos(x, base), &written(measured, write), Align::End, ink);
    }
    let opacity = if row.faded { 0.4 } else { 1.0 };
    let (dense, pruned) = (series_style("dense"), series_style(strategy));
    let lane = height * 0.2;
    let (upper, middle, lower) = (rect.center().y - lane, rect.center().y, rect.center().y + lane);
    dot(canvas, (&row.dense, &columns.values), upper, (dense, opacity, true));
    dot(canvas, (&row.pruned, &columns.values), lower, (pruned, opacity, false));
    dot(canvas, (&row.difference, &columns.changes), middle, (pruned, opacity, false));
    if let Some(decided) = &row.decided {
        decided_cells(canvas, (index, decided), columns, (rect, ink));
    }
    canvas.text(pos(columns.remark, base), &row.remark, Align::Start, theme.muted());
    canvas.cursor = rect.bottom();
    if row.overall {
        rule(canvas, theme.line());
    }
}

/// Counts, p-values and verdict; counts can be followed to their texts.
fn decided_cells(
    canvas: &mut Canvas<'_>,
    (index, decided): (usize, &Decided),
    columns: &Columns,
    (rect, ink): (Rect, Rgb),
) {
    let base = rect.center().y + canvas.font_size() * 0.35;
    for &(column, x) in &columns.decided {
        let Some(cell) = decided.cell(column) else { continue };
        canvas.text(pos(x, base), &cell, Align::End, ink);
        if matches!(column, Column::Harmed | Column::Rescued | Column::Changed) {
            count_target(canvas, (index, column), (x, &cell), rect);
        }
    }
}

fn count_target(canvas: &mut Canvas<'_>, (index, column): (usize, Column), (x, cell): (f64, &str), row: Rect) {
    let (size, width) = (canvas.font_size(), canvas.text_width(cell));
    let rect = Rect::new(x - width - 3.0, row.center().y - size * 0.75, width + 6.0, size * 1.5);
    canvas.target(TargetKind::Count(index, column), rect);
}

fn rule(canvas: &mut Canvas<'_>, rgb: Rgb) {
    let y = canvas.cursor;
    canvas.line(pos(canvas.margin, y), pos(canvas.right(), y), Stroke::solid(rgb, 1.0));
}

fn row_grid(canvas: &mut Canvas<'_>, columns: &Columns, rect: Rect) {
    let theme = canvas.theme();
    for (axis, ends) in [(&columns.values, columns.values_ends), (&columns.changes, columns.changes_ends)] {
        for (value, label) in axis.ticks(wanted_ticks(canvas, ends)) {
            let (x, zero) = (axis.place(value), label == "0");
            let stroke = if zero { Stroke::solid(theme.muted(), 1.0) } else { Stroke::solid(theme.grid(), 0.75) };
            canvas.line(pos(x, rect.y), pos(x, rect.bottom()), stroke);
        }
    }
    canvas.line(pos(rect.x, rect.bottom()), pos(columns.pruned, rect.bottom()), Stroke::solid(theme.grid(), 0.75));
}

fn dot(canvas: &mut Canvas<'_>, what: (&Measured, &Placed), y: f64, look: (SeriesStyle, f64, bool)) {
    let ((measured, axis), (style, opacity, hollow)) = (what, look);
    let Some(value) = measured.value else { return };
    let size = canvas.font_size();
    if let Some((low, high)) = measured.interval {
        let stroke = Stroke::solid(Paint { rgb: style.stroke(canvas.theme()), opacity }, 1.25);
        let (left, right, cap) = (axis.place(low), axis.place(high), size * 0.18);
        canvas.line(pos(left, y), pos(right, y), stroke.clone());
        canvas.line(pos(left, y - cap), pos(left, y + cap), stroke.clone());
        canvas.line(pos(right, y - cap), pos(right, y + cap), stroke);
    }
    canvas.marker(pos(axis.place(value), y), style, MarkerLook { radius: size * 0.31, opacity, hollow });
}
