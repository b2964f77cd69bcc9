//! Text of an SVG file as outlines of the bundled font, so that it looks alike wherever the file is opened.
//!
//! Each glyph is drawn once, in `<defs>`, and used from there. What a group of glyphs says stands in its `<title>`, for
//! people who listen and for whoever searches the file. Words in scripts that the bundled font lacks are `<text>` in a
//! font of the reader's.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use skrifa::GlyphId;
use skrifa::MetadataProvider as _;
use skrifa::instance::LocationRef;
use skrifa::instance::Size;
use skrifa::outline::DrawSettings;
use skrifa::outline::OutlinePen;

use super::super::fonts;
use super::super::foreign;
use super::super::scene::Align;
use super::super::scene::Text;
use super::super::text_metrics::TextMetrics;
use super::super::text_metrics::Weight;
use super::svg::append;
use super::svg::escape;
use super::svg::filled;
use super::svg::line;
use super::svg::number;

/// Writes texts and collects the glyphs that they use.
#[derive(Debug, Default)]
pub(super) struct TextWriter {
    metrics: TextMetrics,
    /// Outlines by weight and number of the glyph; empty ones draw nothing.
    outlines: BTreeMap<(bool, u32), String>,
}

impl TextWriter {
    /// The glyphs used so far; stands before what uses them.
    pub(super) fn definitions(&self) -> String {
        let mut out = String::new();
        let drawn: Vec<_> = self.outlines.iter().filter(|(_, outline)| !outline.is_empty()).collect();
        if drawn.is_empty() {
            return out;
        }
        line(&mut out, format_args!("<defs>"));
        for ((is_medium, glyph), outline) in drawn {
            line(&mut out, format_args!("<path id=\"{}\" d=\"{outline}\"/>", name(*is_medium, *glyph)));
        }
        line(&mut out, format_args!("</defs>"));
        out
    }

    /// Draws one text.
    pub(super) fn write(&mut self, out: &mut String, text: &Text) {
        let units = self.metrics.units_per_em(text.weight);
        let start = text.left(&self.metrics);
        let (x, y, scale) = (number(start), number(text.at.y), trimmed(text.size / units, 8));
        let (fill, title) = (filled(Some(text.paint)), escape(&text.content));
        append(out, format_args!("<g transform=\"translate({x} {y}) scale({scale})\"{fill}><title>{title}</title>"));
        let runs = foreign::runs(&text.content, &self.metrics, text.weight);
        let is_alone = runs.len() == 1;
        let mut at = 0.0;
        for run in runs {
            let words = &text.content[run.range];
            let width = self.metrics.width(words, units, text.weight);
            if run.is_foreign {
                let align = if is_alone { text.align } else { Align::Middle };
                write_foreign(out, words, (at, width), (align, units, text.weight));
            } else {
                self.write_outlines(out, words, at, text.weight);
            }
            at += width;
        }
        out.push_str("</g>\n");
    }

    fn write_outlines(&mut self, out: &mut String, words: &str, from: f64, weight: Weight) {
        let (is_medium, units) = (weight == Weight::Medium, self.metrics.units_per_em(weight));
        let mut at = from;
        for (character, advance) in self.metrics.advances(words, weight) {
            let glyph = self.metrics.font(weight).and_then(|font| font.charmap().map(character));
            if let Some(glyph) = glyph {
                let metrics = &self.metrics;
                let key = (is_medium, glyph.to_u32());
                let outline = self.outlines.entry(key).or_insert_with(|| outline(metrics, glyph, weight));
                if !outline.is_empty() {
                    let (name, x) = (name(is_medium, glyph.to_u32()), trimmed(at, 1));
                    append(out, format_args!("<use xlink:href=\"#{name}\" x=\"{x}\"/>"));
                }
            }
            at += advance * units;
        }
    }
}

/// Words in a font of the reader's, in the place that the layout left for them.
fn write_foreign(out: &mut String, words: &str, (from, width): (f64, f64), look: (Align, f64, Weight)) {
    let (align, size, weight) = look;
    let (x, anchor) = match align {
        Align::Start => (from, ""),
        Align::Middle => (from + width / 2.0, " text-anchor=\"middle\""),
        Align::End => (from + width, " text-anchor=\"end\""),
    };
    let weight = if weight == Weight::Medium { " font-weight=\"500\"" } else { "" };
    let (x, size, family) = (trimmed(x, 1), trimmed(size, 1), escape(fonts::FOREIGN_FAMILY));
    append(
        out,
        format_args!(
            "<text x=\"{x}\" font-size=\"{size}\"{weight} font-family=\"{family}\"{anchor}>{}</text>",
            escape(words)
        ),
    );
}

fn name(is_medium: bool, glyph: u32) -> String {
    format!("{}{glyph}", if is_medium { "m" } else { "r" })
}

fn outline(metrics: &TextMetrics, glyph: GlyphId, weight: Weight) -> String {
    let mut pen = PathData::default();
    let drawn = metrics
        .font(weight)
        .and_then(|font| font.outline_glyphs().get(glyph))
        .map(|outline| outline.draw(DrawSettings::unhinted(Size::unscaled(), LocationRef::default()), &mut pen));
    // Both fonts are part of this program, and a test draws every glyph of theirs.
    if matches!(drawn, Some(Ok(_))) { pen.data } else { String::new() }
}

/// Path data with the y axis pointing down.
#[derive(Default)]
struct PathData {
    data: String,
}

impl PathData {
    fn add(&mut self, command: char, places: &[f32]) {
        self.data.push(command);
        for (index, place) in places.iter().enumerate() {
            let value = f64::from(if index % 2 == 1 { -place } else { *place });
            let text = trimmed(value, 1);
            // A minus parts two numbers as well as a blank does.
            if index > 0 && !text.starts_with('-') {
                self.data.push(' ');
            }
            self.data.push_str(&text);
        }
    }
}

impl OutlinePen for PathData {
    fn move_to(&mut self, x: f32, y: f32) {
        self.add('M', &[x, y]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.add('L', &[x, y]);
    }

    fn quad_to(&mut self, cx0: f32, cy0: f32, x: f32, y: f32) {
        self.add('Q', &[cx0, cy0, x, y]);
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        self.add('C', &[cx0, cy0, cx1, cy1, x, y]);
    }

    fn close(&mut self) {
        self.data.push('Z');
    }
}

/// At most this many decimals, without zeros at the end.
fn trimmed(value: f64, decimals: usize) -> String {
    let mut text = String::new();
    write!(text, "{value:.decimals$}").unwrap_or_default();
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::pos;

    fn written(content: &str) -> (String, String) {
        let mut writer = TextWriter::default();
        let mut out = String::new();
        let paint = [0, 0, 0].into();
        let (at, align, weight) = (pos(10.0, 20.0), Align::Start, Weight::Regular);
        writer.write(&mut out, &Text { at, content: content.to_owned(), size: 10.0, weight, paint, align });
        (out, writer.definitions())
    }

    #[test]
    fn a_glyph_is_drawn_once_and_used_where_it_stands() {
        let (text, definitions) = written("noon <&>");
        assert_eq!(definitions.matches("<path").count(), 5, "n, o and three signs; a blank draws nothing");
        assert_eq!(text.matches("<use").count(), 7, "every letter but the blank");
        assert!(text.contains("<title>noon &lt;&amp;&gt;</title>"), "what it says: {text}");
        assert!(!text.contains("<text") && !text.contains("font-family"), "no font is asked for");
    }

    #[test]
    fn what_the_font_lacks_is_text_in_its_place() {
        let (text, _) = written("of 男性");
        assert!(text.contains(">男性</text>"), "readable: {text}");
        let metrics = TextMetrics::bundled();
        let units = metrics.units_per_em(Weight::Regular);
        let middle = metrics.width("of ", units, Weight::Regular) + units;
        assert!(text.contains(&format!("<text x=\"{}\"", trimmed(middle, 1))), "in the middle of its room: {text}");
    }

    #[test]
    fn every_glyph_of_both_fonts_can_be_drawn() {
        let metrics = TextMetrics::bundled();
        for weight in [Weight::Regular, Weight::Medium] {
            let font = metrics.font(weight).unwrap();
            for (_, glyph) in font.charmap().mappings() {
                let mut pen = PathData::default();
                let outline = font.outline_glyphs().get(glyph).expect("an outline");
                let drawn = outline.draw(DrawSettings::unhinted(Size::unscaled(), LocationRef::default()), &mut pen);
                assert!(drawn.is_ok(), "{weight:?} {glyph}: {drawn:?}");
            }
        }
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(trimmed(12.0, 1), "12", "no decimals that say nothing");
        assert_eq!(trimmed(-0.01, 1), "0", "no negative zero");
        assert_eq!(trimmed(9.0 / 2048.0, 8), "0.00439453", "what is asked for");
    }
}
