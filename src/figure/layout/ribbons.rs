//! Layers by tokens, one ribbon per strategy, columns aligned; long texts continue in further bands.

use std::ops::Range;

use super::super::describe::Fate;
use super::super::describe::Ribbon;
use super::super::describe::RibbonCell;
use super::super::describe::Ribbons;
use super::super::palette::ink_on;
use super::super::palette::sequential;
use super::super::palette::series_style;
use super::super::scene::Align;
use super::super::scene::Item;
use super::super::scene::Rect;
use super::super::scene::Stroke;
use super::super::scene::pos;
use super::super::text_metrics::Weight;
use super::canvas::Canvas;
use super::canvas::MarkerLook;

/// Narrowest column in points.
const NARROWEST: f64 = 14.0;

/// How a band of columns is placed: which columns, the width of each, and where the first begins.
#[derive(Clone, Copy)]
struct Band<'a> {
    columns: &'a Range<usize>,
    widths: &'a [f64],
    left: f64,
}

impl Band<'_> {
    /// Each column with its left edge and width.
    fn places(&self) -> impl Iterator<Item = (usize, f64, f64)> + use<'_> {
        self.columns.clone().scan(self.left, |x, index| {
            let start = *x;
            *x += self.widths[index];
            Some((index, start, self.widths[index]))
        })
    }

    /// Where the last of these columns ends that a ribbon of `count` columns has.
    fn end(&self, count: usize) -> f64 {
        let used = self.columns.start..self.columns.end.min(count).max(self.columns.start);
        self.left + self.widths[used].iter().sum::<f64>()
    }
}

/// Fills the page with a legend, then band by band with token heads and all ribbons.
pub(super) fn place(canvas: &mut Canvas<'_>, ribbons: &Ribbons) {
    let size = canvas.font_size();
    canvas.legend(legend);
    let widths: Vec<f64> = ribbons
        .tokens
        .iter()
        .map(|token| (canvas.text_width(&token.text) + size * 0.7).clamp(NARROWEST, size * 14.0))
        .collect();
    let left = canvas.margin + size * 2.0;
    // Right of the cells: how many rows leave the layer.
    let bands = bands(&widths, canvas.right() - left - size * 2.6);
    for (number, columns) in bands.iter().enumerate() {
        let band = Band { columns, widths: &widths, left };
        token_heads(canvas, ribbons, band);
        for ribbon in &ribbons.ribbons {
            ribbon_head(canvas, ribbon, number == 0);
            ribbon_cells(canvas, ribbons, ribbon, band);
        }
        canvas.cursor += size;
    }
}

/// Splits the columns so that each band fits the room; a band has at least one column.
fn bands(widths: &[f64], room: f64) -> Vec<Range<usize>> {
    let mut bands = Vec::new();
    let (mut start, mut used) = (0, 0.0);
    for (index, width) in widths.iter().enumerate() {
        if used + width > room && index > start {
            bands.push(start..index);
            (start, used) = (index, 0.0);
        }
        used += width;
    }
    if start < widths.len() {
        bands.push(start..widths.len());
    }
    bands
}

/// A swatch of the legend and what it means.
enum Swatch {
    Cell(Fate, Option<f64>),
    Special,
}

/// The ramp and the signs, on as many lines as they need.
fn legend(canvas: &mut Canvas<'_>) {
    let (size, theme) = (canvas.font_size(), canvas.theme());
    canvas.cursor += canvas.line_height();
    let cell = size * 1.1;
    let mut x = canvas.margin;
    canvas.text(pos(x, canvas.cursor), "score rank in layer: low", Align::Start, theme.muted());
    x += canvas.text_width("score rank in layer: low") + size * 0.6;
    if x + cell * 8.0 + size * 0.5 + canvas.text_width("high") > canvas.right() {
        x = canvas.margin;
        canvas.cursor += canvas.line_height() * 1.15;
    }
    for step in 0..8 {
        let rect = Rect::new(x, canvas.cursor - cell * 0.8, cell, cell);
        let fill = sequential(f64::from(step) / 7.0, theme);
        canvas.push(Item::Rect { rect, fill: Some(fill.into()), stroke: None });
        x += cell;
    }
    x += size * 0.5;
    canvas.text(pos(x, canvas.cursor), "high", Align::Start, theme.muted());
    x += canvas.text_width("high") + size * 1.6;
    let swatches = [
        (Swatch::Cell(Fate::Left, Some(0.25)), "leaves here"),
        (Swatch::Cell(Fate::Merged(0), Some(0.25)), "merges here"),
        (Swatch::Cell(Fate::Gone, None), "gone"),
        (Swatch::Special, "special"),
        (Swatch::Cell(Fate::Kept, None), "no score"),
    ];
    for (swatch, name) in swatches {
        let width = cell * 1.4 + size * 0.5 + canvas.text_width(name);
        if x + width > canvas.right() && x > canvas.margin {
            x = canvas.margin;
            canvas.cursor += canvas.line_height() * 1.15;
        }
        let rect = Rect::new(x, canvas.cursor - cell * 0.8, cell * 1.4, cell);
        match swatch {
            Swatch::Cell(fate, share) => draw_cell(canvas, RibbonCell { fate, rank: None, share, score: None }, rect),
            Swatch::Special => {
                draw_cell(canvas, RibbonCell { fate: Fate::Kept, rank: None, share: Some(0.6), score: None }, rect);
                outline(canvas, rect);
            }
        }
        canvas.text(pos(x + cell * 1.4 + size * 0.5, canvas.cursor), name, Align::Start, theme.muted());
        x += width + size * 1.6;
    }
    canvas.cursor += size;
}

fn token_heads(canvas: &mut Canvas<'_>, ribbons: &Ribbons, band: Band<'_>) {
    let (size, theme) = (canvas.font_size(), canvas.theme());
    canvas.cursor += canvas.line_height();
    for (index, x, width) in band.places() {
        let token = &ribbons.tokens[index];
        let text = canvas.metrics.fit(&token.text, size, width - size * 0.3);
        let ink = if token.special || token.fused { theme.muted() } else { theme.ink() };
        canvas.text(pos(x + width / 2.0, canvas.cursor), &text, Align::Middle, ink);
    }
    canvas.widen(band.end(usize::MAX) + size * 2.6 + canvas.margin);
    canvas.cursor += size * 0.6;
}

/// Marker, name, what must be known of the method, and what came of it; the last two only above the first band.
fn ribbon_head(canvas: &mut Canvas<'_>, ribbon: &Ribbon, in_full: bool) {
    let (size, theme) = (canvas.font_size(), canvas.theme());
    canvas.cursor += canvas.line_height();
    let base = canvas.cursor;
    let look = MarkerLook { radius: size * 0.36, opacity: 1.0, hollow: false };
    canvas.marker(pos(canvas.margin + size * 0.5, base - size * 0.34), series_style(&ribbon.id), look);
    let name_at = canvas.margin + size * 1.4;
    let end = canvas.wrapped(name_at, &ribbon.name, (theme.ink().into(), size, Weight::Medium));
    if in_full {
        let (look, mut after) = ((theme.muted().into(), size, Weight::Regular), end + size * 0.8);
        if !ribbon.note.is_empty() {
            let fits = after + canvas.text_width(&ribbon.note) <= canvas.right();
            canvas.cursor += if fits { 0.0 } else { canvas.line_height() };
            after = canvas.wrapped(if fits { after } else { name_at }, &ribbon.note, look) + size * 0.8;
        }
        let ink = if ribbon.differs { theme.warning() } else { theme.muted() };
        if after + canvas.text_width(&ribbon.summary) <= canvas.right() {
            canvas.text(pos(canvas.right(), canvas.cursor), &ribbon.summary, Align::End, ink);
        } else {
            canvas.cursor += canvas.line_height();
            canvas.wrapped(name_at, &ribbon.summary, (ink.into(), size, Weight::Regular));
        }
    }
    canvas.cursor += size * 0.5;
}

fn ribbon_cells(canvas: &mut Canvas<'_>, ribbons: &Ribbons, ribbon: &Ribbon, band: Band<'_>) {
    let (size, theme) = (canvas.font_size(), canvas.theme());
    let (top, height) = (canvas.cursor, (size * 1.45).round());
    for (layer, cells) in ribbon.layers.iter().enumerate() {
        let y = canvas.cursor;
        let base = y + height * 0.5 + size * 0.35;
        let number = (layer + 1).to_string();
        canvas.text(pos(band.left - size * 0.6, base), &number, Align::End, theme.muted());
        gone_runs(canvas, cells, band, (y, height));
        for (index, x, width) in band.places() {
            if let Some(cell) = cells.get(index).filter(|cell| cell.fate != Fate::Gone) {
                draw_cell(canvas, *cell, Rect::new(x, y, width, height));
            }
        }
        if let Some(rows) = ribbon.rows_left.get(layer) {
            let after = band.end(cells.len()) + size * 0.6;
            canvas.text(pos(after, base), &rows.to_string(), Align::Start, theme.muted());
        }
        canvas.cursor += height;
    }
    for (index, x, width) in band.places().filter(|(index, ..)| ribbons.tokens[*index].special) {
        let is_there = |cells: &Vec<RibbonCell>| cells.get(index).is_some_and(|cell| cell.fate != Fate::Gone);
        let layers = ribbon.layers.iter().position(is_there).zip(ribbon.layers.iter().rposition(is_there));
        if let Some((first, last)) = layers {
            let from = top + height * first as f64;
            outline(canvas, Rect::new(x, from, width, height * (last - first + 1) as f64));
        }
    }
    canvas.cursor += size * 0.7;
}

/// Special tokens are outlined for as long as they are there.
fn outline(canvas: &mut Canvas<'_>, rect: Rect) {
    let stroke = Some(Stroke::solid(canvas.theme().ink(), 1.0));
    canvas.push(Item::Rect { rect, fill: None, stroke });
}

/// Hatches neighbors that are gone in one piece, which keeps files small; columns the ribbon has not stay empty.
fn gone_runs(canvas: &mut Canvas<'_>, cells: &[RibbonCell], band: Band<'_>, (y, height): (f64, f64)) {
    let mut run: Option<f64> = None;
    for (index, x, _) in band.places() {
        let gone = cells.get(index).is_some_and(|cell| cell.fate == Fate::Gone);
        match (gone, run) {
            (true, None) => run = Some(x),
            (false, Some(start)) => {
                hatch(canvas, Rect::new(start, y, x - start, height));
                run = None;
            }
            _ => {}
        }
    }
    if let Some(start) = run {
        hatch(canvas, Rect::new(start, y, band.end(cells.len()) - start, height));
    }
}

fn hatch(canvas: &mut Canvas<'_>, rect: Rect) {
    let stroke = Stroke::solid(canvas.theme().line(), 0.5);
    let inner = Rect::new(rect.x + 0.5, rect.y + 0.5, rect.width - 1.0, rect.height - 1.0);
    canvas.push(Item::Hatch { rect: inner, stroke });
}

fn draw_cell(canvas: &mut Canvas<'_>, cell: RibbonCell, rect: Rect) {
    let theme = canvas.theme();
    let inner = Rect::new(rect.x + 0.5, rect.y + 0.5, rect.width - 1.0, rect.height - 1.0);
    if cell.fate == Fate::Gone {
        hatch(canvas, rect);
        return;
    }
    let (fill, stroke) = match cell.share {
        Some(share) => (sequential(share, theme), None),
        // Kept without a score: an outline, so that it is not taken for a low rank.
        None => (theme.grid(), Some(Stroke::solid(theme.line(), 0.5))),
    };
    canvas.push(Item::Rect { rect: inner, fill: Some(fill.into()), stroke });
    if cell.fate == Fate::Kept {
        return;
    }
    let edge = Rect::new(inner.x, inner.bottom() - 2.0, inner.width, 2.0);
    canvas.push(Item::Rect { rect: edge, fill: Some(theme.ink().into()), stroke: None });
    if let Fate::Merged(_) = cell.fate {
        // A diamond, as in the window: what the token was lives on elsewhere.
        let (x, y) = (inner.center().x, inner.center().y - 1.0);
        let reach = (inner.height * 0.25).min(3.5);
        let points = vec![pos(x, y - reach), pos(x + reach, y), pos(x, y + reach), pos(x - reach, y)];
        canvas.push(Item::Polygon { points, fill: Some(ink_on(fill).into()), stroke: None });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_cover_every_column_once_and_fit() {
        let widths = [30.0, 40.0, 50.0, 20.0, 200.0, 10.0];
        let bands = bands(&widths, 100.0);
        assert_eq!(bands, [0..2, 2..4, 4..5, 5..6], "greedy, a too wide column alone");
    }
}
