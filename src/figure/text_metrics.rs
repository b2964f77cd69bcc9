//! How wide a text is in the bundled font, so that every output places it alike.

use skrifa::FontRef;
use skrifa::MetadataProvider as _;
use skrifa::instance::LocationRef;
use skrifa::instance::Size;
use unicode_width::UnicodeWidthChar as _;

use super::fonts;
use super::one_line;

/// Weight of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Weight {
    /// Everything but titles.
    #[default]
    Regular,
    /// Titles and headings.
    Medium,
}

/// Width of a character the bundled font lacks, in em: wide for East Asian ones, else about a Latin capital.
const MISSING_WIDE: f64 = 1.0;
const MISSING: f64 = 0.62;

/// Measures text in the bundled font. Kerning is left out, so that a width is the sum of its characters.
#[derive(Clone)]
pub struct TextMetrics {
    regular: Option<FontRef<'static>>,
    medium: Option<FontRef<'static>>,
}

impl std::fmt::Debug for TextMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TextMetrics").finish_non_exhaustive()
    }
}

impl Default for TextMetrics {
    fn default() -> Self {
        Self::bundled()
    }
}

impl TextMetrics {
    /// The measures of the bundled font. Characters are estimated should it be unreadable.
    #[must_use]
    pub fn bundled() -> Self {
        Self { regular: FontRef::new(fonts::REGULAR).ok(), medium: FontRef::new(fonts::MEDIUM).ok() }
    }

    /// Whether the bundled font draws this character.
    #[must_use]
    pub fn has_glyph(&self, character: char, weight: Weight) -> bool {
        self.font(weight).is_some_and(|font| font.charmap().map(character).is_some())
    }

    /// Whether this character stands on the one before it and takes no room.
    #[must_use]
    pub fn is_mark(character: char) -> bool {
        !character.is_control() && character.width() == Some(0)
    }

    /// Width of `text` on one line, in points, at a font size in points.
    #[must_use]
    pub fn width(&self, text: &str, size: f64, weight: Weight) -> f64 {
        self.advances(text, weight).map(|(_, advance)| advance).sum::<f64>() * size
    }

    /// Each character with its width in em.
    pub(super) fn advances<'a>(&self, text: &'a str, weight: Weight) -> impl Iterator<Item = (char, f64)> + use<'a> {
        let font = self.font(weight).cloned();
        let parts = font.map(|font| {
            let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
            (font.charmap(), metrics, self.units_per_em(weight))
        });
        text.chars().map(move |character| {
            let advance = parts.as_ref().and_then(|(charmap, metrics, units)| {
                let advance = metrics.advance_width(charmap.map(character)?)?;
                Some(f64::from(advance) / units)
            });
            (character, advance.unwrap_or_else(|| missing_width(character)))
        })
    }

    /// Units of the font's own grid in an em.
    pub(super) fn units_per_em(&self, weight: Weight) -> f64 {
        let units = self.font(weight).map(|font| font.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
        f64::from(units.unwrap_or(1000).max(1))
    }

    /// The bundled font of a weight.
    pub(super) fn font(&self, weight: Weight) -> Option<&FontRef<'static>> {
        match weight {
            Weight::Regular => self.regular.as_ref(),
            Weight::Medium => self.medium.as_ref(),
        }
    }

    /// The longest beginning of `text` that fits `width`, with "…" where something was cut.
    #[must_use]
    pub fn fit(&self, text: &str, size: f64, width: f64) -> String {
        self.fit_in(text, (size, Weight::Regular), width)
    }

    /// The same in a weight.
    pub(super) fn fit_in(&self, text: &str, (size, weight): (f64, Weight), width: f64) -> String {
        let text = &*one_line(text);
        if self.width(text, size, weight) <= width {
            return text.to_owned();
        }
        let start = self.start_of(text, (size, weight), width - self.width("…", size, weight));
        format!("{}…", start.trim_end())
    }

    /// The longest beginning that is no wider than `width`.
    fn start_of<'a>(&self, text: &'a str, (size, weight): (f64, Weight), width: f64) -> &'a str {
        let (mut end, mut used) = (0, 0.0);
        for (character, advance) in self.advances(text, weight) {
            used += advance * size;
            if used > width {
                break;
            }
            end += character.len_utf8();
        }
        &text[..end]
    }

    /// `text` on as many lines as `width` asks for, broken at spaces, and within words that are wider than a line.
    #[must_use]
    pub fn wrap(&self, text: &str, size: f64, width: f64) -> Vec<String> {
        self.wrap_in(text, (size, Weight::Regular), width)
    }

    /// The same in a weight.
    pub(super) fn wrap_in(&self, text: &str, look: (f64, Weight), width: f64) -> Vec<String> {
        let (text, mut lines) = (one_line(text), Vec::<String>::new());
        let fits = |line: &str| self.width(line, look.0, look.1) <= width;
        for word in text.split_whitespace() {
            match lines.last_mut() {
                Some(line) if fits(&format!("{line} {word}")) => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.extend(self.pieces(word, look, width)),
            }
        }
        lines
    }

    /// A word in pieces no wider than a line, of at least one character each.
    fn pieces(&self, word: &str, look: (f64, Weight), width: f64) -> Vec<String> {
        let (mut rest, mut pieces) = (word, Vec::new());
        while let Some(first) = rest.chars().next() {
            let length = self.start_of(rest, look, width).len().max(first.len_utf8());
            let (piece, after) = rest.split_at(length);
            pieces.push(piece.to_owned());
            rest = after;
        }
        pieces
    }
}

/// Unicode Standard Annex 11 tells wide characters, and which take no room.
fn missing_width(character: char) -> f64 {
    match character.width() {
        None | Some(0) => 0.0,
        Some(1) => MISSING,
        Some(_) => MISSING_WIDE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_tabular_in_both_weights() {
        let metrics = TextMetrics::bundled();
        for weight in [Weight::Regular, Weight::Medium] {
            let zero = metrics.width("0", 1000.0, weight);
            assert!(zero > 400.0, "a digit has a width: {zero}");
            for digit in '1'..='9' {
                let width = metrics.width(&digit.to_string(), 1000.0, weight);
                assert!((width - zero).abs() < 1e-9, "{weight:?} {digit}: {width} and {zero}");
            }
        }
    }

    #[test]
    fn the_font_has_the_signs_our_texts_use() {
        let font = FontRef::new(fonts::REGULAR).unwrap();
        for character in "÷−–—×±·…≤≥“”’§µéü".chars() {
            assert!(font.charmap().map(character).is_some(), "no glyph for {character:?}");
        }
    }

    #[test]
    fn width_grows_with_size_and_text() {
        let metrics = TextMetrics::bundled();
        let width = |text: &str, size: f64| metrics.width(text, size, Weight::Regular);
        assert!((width("token", 20.0) - 2.0 * width("token", 10.0)).abs() < 1e-9, "twice the size, twice the width");
        assert!((width("ab", 10.0) - width("a", 10.0) - width("b", 10.0)).abs() < 1e-9, "a sum of characters");
        assert!((width("一", 10.0) - 10.0).abs() < 1e-9, "East Asian characters are one em wide");
    }

    #[test]
    fn long_text_is_cut_or_wrapped_to_the_width() {
        let metrics = TextMetrics::bundled();
        let cut = metrics.fit("a rather long label", 10.0, 50.0);
        assert!(cut.ends_with('…') && metrics.width(&cut, 10.0, Weight::Regular) <= 50.0, "{cut:?}");
        assert_eq!(metrics.fit("short", 10.0, 50.0), "short", "what fits stays");
        let lines = metrics.wrap("one two three four five", 10.0, 50.0);
        assert_eq!(lines.join(" "), "one two three four five", "nothing is lost");
        assert!(lines.len() > 1, "it needed several lines");
        let word = "Donaudampfschifffahrtsgesellschaft.csv";
        let lines = metrics.wrap(&format!("file {word}"), 10.0, 50.0);
        assert!(
            lines.iter().all(|line| metrics.width(line, 10.0, Weight::Regular) <= 50.0),
            "no line is wider: {lines:?}"
        );
        assert_eq!(lines[1..].concat(), word, "nothing of a long word is lost");
    }
}
