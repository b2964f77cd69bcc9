//! Scene → SVG: our own writer, so that the same scene gives the same bytes everywhere.

use std::fmt::Write as _;

use super::super::palette::Rgb;
use super::super::scene::Item;
use super::super::scene::Paint;
use super::super::scene::Pos;
use super::super::scene::Scene;
use super::super::scene::Stroke;
use super::super::scene::hatch_lines;
use super::svg_text::TextWriter;

/// Writes a scene as a standalone SVG file. Lengths are points; coordinates have two decimals.
#[must_use]
pub fn to_svg(scene: &Scene) -> String {
    let (width, height) = (number(scene.width), number(scene.height));
    let mut body = String::new();
    let mut texts = TextWriter::default();
    for item in &scene.items {
        write_item(&mut body, &mut texts, item);
    }
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // The older name of links is understood by all readers, the newer one is not.
    line(
        &mut out,
        format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"{width}pt\" height=\"{height}pt\" viewBox=\"0 0 {width} {height}\" role=\"graphics-document document\">"
        ),
    );
    line(&mut out, format_args!("<title>{}</title>", escape(&scene.title)));
    line(&mut out, format_args!("<desc>{}</desc>", escape(&scene.description)));
    out.push_str(&texts.definitions());
    line(&mut out, format_args!("<rect width=\"{width}\" height=\"{height}\" fill=\"{}\"/>", hex(scene.background)));
    out.push_str(&body);
    out.push_str("</svg>\n");
    out
}

fn write_item(out: &mut String, texts: &mut TextWriter, item: &Item) {
    match item {
        Item::Line { points, stroke } => {
            line(out, format_args!("<polyline points=\"{}\" fill=\"none\"{}/>", join(points), stroked(Some(stroke))));
        }
        Item::Polygon { points, fill, stroke } => {
            let look = format!("{}{}", filled(*fill), stroked(stroke.as_ref()));
            line(out, format_args!("<polygon points=\"{}\"{look}/>", join(points)));
        }
        Item::Circle { center, radius, fill, stroke } => {
            let look = format!("{}{}", filled(*fill), stroked(stroke.as_ref()));
            let (x, y, radius) = (number(center.x), number(center.y), number(*radius));
            line(out, format_args!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"{look}/>"));
        }
        Item::Rect { rect, fill, stroke } => {
            let look = format!("{}{}", filled(*fill), stroked(stroke.as_ref()));
            let [x, y, width, height] = [rect.x, rect.y, rect.width, rect.height].map(number);
            line(out, format_args!("<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"{look}/>"));
        }
        Item::Hatch { rect, stroke } => {
            let mut data = String::new();
            for (from, to) in hatch_lines(*rect) {
                let [a, b, c, d] = [from.x, from.y, to.x, to.y].map(number);
                append(&mut data, format_args!("M{a} {b}L{c} {d}"));
            }
            line(out, format_args!("<path d=\"{data}\" fill=\"none\"{}/>", stroked(Some(stroke))));
        }
        Item::Text(text) => texts.write(out, text),
    }
}

pub(super) fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    append(out, text);
    out.push('\n');
}

pub(super) fn append(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    out.write_fmt(text).unwrap_or_default();
}

/// Two decimals, no negative zero.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    if text == "-0.00" { "0.00".to_owned() } else { text }
}

fn join(points: &[Pos]) -> String {
    points.iter().map(|point| format!("{},{}", number(point.x), number(point.y))).collect::<Vec<_>>().join(" ")
}

fn hex([red, green, blue]: Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

pub(super) fn filled(paint: Option<Paint>) -> String {
    match paint {
        None => " fill=\"none\"".to_owned(),
        Some(paint) if paint.opacity >= 1.0 => format!(" fill=\"{}\"", hex(paint.rgb)),
        Some(paint) => format!(" fill=\"{}\" fill-opacity=\"{}\"", hex(paint.rgb), number(paint.opacity)),
    }
}

fn stroked(stroke: Option<&Stroke>) -> String {
    let Some(stroke) = stroke else { return String::new() };
    let mut text = format!(" stroke=\"{}\" stroke-width=\"{}\"", hex(stroke.paint.rgb), number(stroke.width));
    if stroke.paint.opacity < 1.0 {
        append(&mut text, format_args!(" stroke-opacity=\"{}\"", number(stroke.paint.opacity)));
    }
    if !stroke.dash.is_empty() {
        let dash = stroke.dash.iter().map(|length| number(*length)).collect::<Vec<_>>().join(" ");
        append(&mut text, format_args!(" stroke-dasharray=\"{dash}\""));
    }
    text
}

/// Escapes text for XML; characters that XML 1.0 forbids become the replacement character.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' => escaped.push(' '),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_forbidden_characters_are_replaced() {
        assert_eq!(escape("a<b & \"c\">\u{1}"), "a&lt;b &amp; &quot;c&quot;&gt;\u{fffd}", "escaped");
    }

    #[test]
    fn numbers_have_two_decimals() {
        assert_eq!(number(1.0), "1.00", "always two");
        assert_eq!(number(-0.001), "0.00", "no negative zero");
        assert_eq!(number(2.345_678), "2.35", "rounded");
    }
}
