//! Layers by tokens, one ribbon per strategy, columns aligned; long texts continue in further bands.

use std::ops::Range;

use super::super::describe::Fate;
use super::super::describe::Ribbon;
use super::super::describe::RibbonCell;
use super::super::describe::Ribbons;
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

/// Fills the page with a legend, then band by band with token heads and all ribbons.
pub(super) fn place(canvas: &mut Canvas<'_>, ribbons: &Ribbons) {
    let size = canvas.font_size();
    legend(canvas);
    let widths: Vec<f64> = ribbons
        .tokens
        .iter()
        .map(|token| (canvas.text_width(&token.text) + size * 0.7).clamp(NARROWEST, size * 14.0))
        .collect();
    let left = canvas.margin + size * 2.0;
    let bands = bands(&widths, canvas.right() - left);
    for (number, band) in bands.iter().enumerate() {
        token_heads(canvas, ribbons, (band, &widths), left);
        for ribbon in &ribbons.ribbons {
            ribbon_head(canvas, ribbon, number == 0);
            ribbon_cells(canvas, ribbon, (band, &widths), left);
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

fn legend(canvas: &mut Canvas<'_>) {
    let (size, theme) = (canvas.font_size(), canvas.theme());
    canvas.cursor += canvas.line_height();
    let (base, cell) = (canvas.cursor, size * 1.1);
    let mut x = canvas.margin;
    canvas.text(pos(x, base), "importance rank within the layer", Align::Start, theme.muted());
    x += canvas.text_width("importance rank within the layer") + size * 0.6;
    for step in 0..8 {
        let rect = Rect::new(x, base - cell * 0.8, cell, cell);
        let fill = sequential(f64::from(step) / 7.0, theme);
        canvas.push(Item::Rect { rect, fill: Some(fill.into()), stroke: None });
        x += cell;
    }
    x += size * 0.5;
    canvas.text(pos(x, base), "high", Align::Start, theme.muted());
    x += canvas.text_width("high") + size * 1.6;
    let swatches = [
        (RibbonCell { fate: Fate::Left, rank: Some(0.25), score: None }, "leaves here"),
        (RibbonCell { fate: Fate::Merged, rank: Some(0.25), score: None }, "merges here"),
        (RibbonCell { fate: Fate::Gone, rank: None, score: None }, "gone"),
    ];
    for (swatch, name) in swatches {
        draw_cell(canvas, swatch, Rect::new(x, base - cell * 0.8, cell * 1.4, cell));
        x += cell * 1.4 + size * 0.5;
        canvas.text(pos(x, base), name, Align::Start, theme.muted());
        x += canvas.text_width(name) + size * 1.6;
    }
    canvas.widen(x);
    canvas.cursor += size;
}

fn token_heads(canvas: &mut Canvas<'_>, ribbons: &Ribbons, band: (&Range<usize>, &[f64]), left: f64) {
    let (size, theme) = (canvas.font_size(), canvas.theme());
    canvas.cursor += canvas.line_height();
    let mut x = left;
    for index in band.0.clone() {
        let (token, width) = (&ribbons.tokens[index], band.1[index]);
        let text = canvas.metrics.fit(&token.text, size, width - size * 0.3);
        let ink = if token.special { theme.muted() } else { theme.ink() };
        canvas.text(pos(x + width / 2.0, canvas.cursor), &text, Align::Middle, ink);
        x += width;
    }
    canvas.widen(x + canvas.margin);
    canvas.cursor += size * 0.6;
}

fn ribbon_head(canvas: &mut Canvas<'_>, ribbon: &Ribbon, in_full: bool) {
    let (size, theme) = (canvas.font_size(), canvas.theme());
    canvas.cursor += canvas.line_height();
    let base = canvas.cursor;
    let look = MarkerLook { radius: size * 0.36, opacity: 1.0, hollow: false };
    canvas.marker(pos(canvas.margin + size * 0.5, base - size * 0.34), series_style(&ribbon.id), look);
    let name_at = canvas.margin + size * 1.4;
    canvas.text_with(pos(name_at, base), &ribbon.name, Align::Start, (theme.ink().into(), size, Weight::Medium));
    if in_full {
        let ink = if ribbon.differs { theme.warning() } else { theme.muted() };
        let after = name_at + canvas.metrics.width(&ribbon.name, size, Weight::Medium) + size;
        let width = canvas.text_width(&ribbon.summary);
        if after + width <= canvas.right() {
            canvas.text(pos(canvas.right(), base), &ribbon.summary, Align::End, ink);
        } else {
            for line in canvas.metrics.wrap(&ribbon.summary, size, canvas.right() - name_at) {
                canvas.cursor += canvas.line_height();
                canvas.text(pos(name_at, canvas.cursor), &line, Align::Start, ink);
            }
        }
    }
    canvas.cursor += size * 0.5;
}

fn ribbon_cells(canvas: &mut Canvas<'_>, ribbon: &Ribbon, band: (&Range<usize>, &[f64]), left: f64) {
    let (size, theme) = (canvas.font_size(), canvas.theme());
    let height = (size * 1.45).round();
    for (layer, cells) in ribbon.layers.iter().enumerate() {
        let y = canvas.cursor;
        let number = (layer + 1).to_string();
        canvas.text(pos(left - size * 0.6, y + height * 0.5 + size * 0.35), &number, Align::End, theme.muted());
        gone_runs(canvas, cells, band, (left, y, height));
        let mut x = left;
        for index in band.0.clone() {
            let width = band.1[index];
            if let Some(cell) = cells.get(index).filter(|cell| cell.fate != Fate::Gone) {
                draw_cell(canvas, *cell, Rect::new(x, y, width, height));
            }
            x += width;
        }
        canvas.cursor += height;
    }
    canvas.cursor += size * 0.7;
}

/// Hatches neighbors that are gone in one piece, which keeps files small.
fn gone_runs(canvas: &mut Canvas<'_>, cells: &[RibbonCell], band: (&Range<usize>, &[f64]), at: (f64, f64, f64)) {
    let (mut x, y, height) = at;
    let mut run: Option<f64> = None;
    for index in band.0.clone() {
        let gone = cells.get(index).is_none_or(|cell| cell.fate == Fate::Gone);
        match (gone, run) {
            (true, None) => run = Some(x),
            (false, Some(start)) => {
                hatch(canvas, Rect::new(start, y, x - start, height));
                run = None;
            }
            _ => {}
        }
        x += band.1[index];
    }
    if let Some(start) = run {
        hatch(canvas, Rect::new(start, y, x - start, height));
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
    let (fill, stroke) = match cell.rank {
        Some(rank) => (Some(sequential(rank, theme).into()), None),
        // Kept without a score: an outline, so that it is not taken for a low rank.
        None => (Some(theme.grid().into()), Some(Stroke::solid(theme.line(), 0.5))),
    };
    canvas.push(Item::Rect { rect: inner, fill, stroke });
    let edge = Rect::new(inner.x, inner.bottom() - 2.0, inner.width, 2.0);
    match cell.fate {
        Fate::Left => canvas.push(Item::Rect { rect: edge, fill: Some(theme.ink().into()), stroke: None }),
        Fate::Merged => {
            canvas.push(Item::Rect { rect: edge, fill: Some(theme.ink().into()), stroke: None });
            // A small triangle that points sideways: the token lives on in another.
            let (x, y, reach) = (inner.center().x, inner.center().y - 1.0, (inner.height * 0.25).min(3.5));
            let points = vec![pos(x - reach * 0.7, y - reach), pos(x - reach * 0.7, y + reach), pos(x + reach, y)];
            canvas.push(Item::Polygon { points, fill: Some(theme.ink().into()), stroke: None });
        }
        Fate::Kept | Fate::Gone => {}
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
