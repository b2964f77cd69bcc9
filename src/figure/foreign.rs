//! Text that the bundled font has no glyphs for: where it stands in a line, which scripts it is in, and which fonts of
//! this machine can draw it.
//!
//! SVG files leave such text to the fonts of whoever opens them; PNG files draw it with fonts of the machine that writes
//! them. Either way the figure says so below its caption.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use std::sync::LazyLock;

use fontdb::Database;
use fontdb::ID;
use unicode_bidi::BidiClass;
use unicode_script::Script;
use unicode_script::UnicodeScript as _;

use super::text_metrics::TextMetrics;
use super::text_metrics::Weight;

/// Who draws what the bundled font lacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForeignText {
    /// Whoever opens the file, with fonts of their own: SVG.
    #[default]
    Reader,
    /// This machine, with the fonts it has: PNG.
    ThisMachine,
}

/// A stretch of one line of text that is drawn in one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// Where it stands in the text, in bytes.
    pub(super) range: Range<usize>,
    /// Whether the bundled font lacks glyphs for it.
    pub(super) is_foreign: bool,
}

/// Splits a line into what the bundled font draws and what it cannot draw.
///
/// Blanks, digits and marks between two foreign words stay with them, so that a line of Hebrew or Chinese is one run whose
/// order its own font sorts out.
pub(super) fn runs(text: &str, metrics: &TextMetrics, weight: Weight) -> Vec<Run> {
    let characters: Vec<(usize, char)> = text.char_indices().collect();
    let mut is_foreign: Vec<bool> = characters
        .iter()
        .map(|(_, character)| !is_unseen(*character) && !metrics.has_glyph(*character, weight))
        .collect();
    for index in 1..characters.len() {
        let character = characters[index].1;
        // A mark is drawn together with the letter that it stands on.
        if TextMetrics::is_mark(character) && is_foreign[index] {
            is_foreign[index - 1] = true;
        } else if TextMetrics::is_mark(character) || is_unseen(character) {
            is_foreign[index] = is_foreign[index - 1];
        }
    }
    let mut last_foreign = None;
    for index in 0..characters.len() {
        if is_foreign[index] {
            let between = last_foreign.map_or(index..index, |last: usize| last + 1..index);
            if characters[between.clone()].iter().all(|(_, character)| is_neutral(*character)) {
                is_foreign[between].fill(true);
            }
            last_foreign = Some(index);
        }
    }
    let mut runs: Vec<Run> = Vec::new();
    for ((start, character), is_foreign) in characters.into_iter().zip(is_foreign) {
        let end = start + character.len_utf8();
        match runs.last_mut() {
            Some(run) if run.is_foreign == is_foreign => run.range.end = end,
            _ => runs.push(Run { range: start..end, is_foreign }),
        }
    }
    runs
}

/// What stands between words in any script.
fn is_neutral(character: char) -> bool {
    character.is_whitespace() || character.is_ascii_digit() || character.is_ascii_punctuation() || is_unseen(character)
}

/// Characters that no font draws: joiners, marks of direction, variation selectors.
fn is_unseen(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

/// What a reader must know of foreign words in these lines; `None` where there are none.
pub(super) fn note<'a>(
    lines: impl Iterator<Item = (&'a str, Weight)>,
    metrics: &TextMetrics,
    drawn_by: ForeignText,
) -> Option<String> {
    let words = foreign_words(lines, metrics);
    if words.is_empty() {
        return None;
    }
    let in_scripts = |words: &[String], verb: (&str, &str)| {
        let (noun, verb) = if words.len() == 1 { ("word", verb.0) } else { ("words", verb.1) };
        format!("{} {noun} in scripts the bundled font lacks ({}) {verb}", words.len(), scripts_of(words).join(", "))
    };
    if drawn_by == ForeignText::Reader {
        return Some(format!("{} the reader's own fonts.", in_scripts(&words, ("uses", "use"))));
    }
    let fonts = MachineFonts::shared();
    let (drawn, lost): (Vec<String>, Vec<String>) = words.into_iter().partition(|word| fonts.covers(word));
    let mut sentences = Vec::new();
    if !drawn.is_empty() {
        let words = in_scripts(&drawn, ("uses", "use"));
        sentences.push(format!("{words} fonts of the machine that wrote this file."));
    }
    if !lost.is_empty() {
        let words = in_scripts(&lost, ("is shown", "are shown"));
        sentences.push(format!("{words} as boxes: the machine that wrote this file has no font for them."));
    }
    Some(sentences.join(" "))
}

/// The words with characters that the bundled font lacks.
fn foreign_words<'a>(lines: impl Iterator<Item = (&'a str, Weight)>, metrics: &TextMetrics) -> Vec<String> {
    let mut words = Vec::new();
    for (line, weight) in lines {
        let is_foreign =
            |word: &&str| word.chars().any(|character| !is_unseen(character) && !metrics.has_glyph(character, weight));
        words.extend(line.split_whitespace().filter(is_foreign).map(str::to_owned));
    }
    words
}

/// English names of the scripts of characters that the bundled font lacks, each once, in order of appearance.
pub(super) fn scripts_of(words: &[String]) -> Vec<String> {
    let metrics = TextMetrics::bundled();
    let mut names: Vec<String> = Vec::new();
    for character in words.iter().flat_map(|word| word.chars()) {
        if is_unseen(character) || metrics.has_glyph(character, Weight::Regular) {
            continue;
        }
        let name = script_name(character);
        if !names.iter().any(|known| *known == name) {
            names.push(name.into_owned());
        }
    }
    names
}

/// "Han", "Devanagari"; signs that every script shares, emoji among them, are "signs".
#[must_use]
pub fn script_name(character: char) -> Cow<'static, str> {
    match character.script() {
        Script::Common | Script::Inherited => Cow::Borrowed("signs"),
        Script::Unknown => Cow::Borrowed("an unknown script"),
        script => Cow::Owned(script.full_name().replace('_', " ")),
    }
}

/// Scripts whose letters join, or stand around each other, as a text box that draws letter by letter does not show them
/// (Unicode Standard 17.0, chapters 9, 12, 13 and 16).
const JOINED: [Script; 22] = [
    Script::Arabic,
    Script::Syriac,
    Script::Nko,
    Script::Mandaic,
    Script::Mongolian,
    Script::Adlam,
    Script::Devanagari,
    Script::Bengali,
    Script::Gurmukhi,
    Script::Gujarati,
    Script::Oriya,
    Script::Tamil,
    Script::Telugu,
    Script::Kannada,
    Script::Malayalam,
    Script::Sinhala,
    Script::Tibetan,
    Script::Myanmar,
    Script::Khmer,
    Script::Javanese,
    Script::Balinese,
    Script::Thaana,
];

/// What the window's text box cannot show of a text, in words; `None` where it shows all.
#[must_use]
pub fn typing_limits(text: &str) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    for character in text.chars().filter(|character| !character.is_ascii()) {
        let is_reversed = matches!(unicode_bidi::bidi_class(character), BidiClass::R | BidiClass::AL);
        if is_reversed || JOINED.contains(&character.script()) {
            let name = script_name(character).into_owned();
            if name != "signs" && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    (!names.is_empty()).then(|| {
        format!(
            "Editing {} is limited: this box shows right-to-left and joined scripts letter by letter, from left to right. \
             The model reads the text as it is stored",
            names.join(" and ")
        )
    })
}

/// The fonts of this machine, looked up once.
pub struct MachineFonts {
    fonts: Database,
    /// Faces in the order in which they are tried.
    order: Vec<ID>,
}

impl std::fmt::Debug for MachineFonts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MachineFonts").field("faces", &self.order.len()).finish_non_exhaustive()
    }
}

impl MachineFonts {
    /// Those of the system's font folders. The first call reads every font's head: not for the window's thread.
    pub fn shared() -> &'static Self {
        static FONTS: LazyLock<MachineFonts> = LazyLock::new(|| {
            let mut fonts = Database::new();
            fonts.load_system_fonts();
            MachineFonts::new(fonts)
        });
        &FONTS
    }

    /// Those of a database: upright regular faces, sans serif first, then by name.
    #[must_use]
    pub fn new(fonts: Database) -> Self {
        let mut ranked: Vec<(usize, String, ID)> = fonts
            .faces()
            .filter(|face| face.style == fontdb::Style::Normal && face.stretch == fontdb::Stretch::Normal)
            .map(|face| {
                let is_regular = usize::from(face.weight != fontdb::Weight::NORMAL);
                let kind = usize::from(!face.post_script_name.contains("Sans"));
                (2 * is_regular + kind, format!("{} {}", face.post_script_name, face.index), face.id)
            })
            .collect();
        ranked.sort();
        Self { fonts, order: ranked.into_iter().map(|(.., id)| id).collect() }
    }

    /// Whether every character of a word has a glyph in some font, the bundled one included.
    #[must_use]
    pub fn covers(&self, word: &str) -> bool {
        let bundled = TextMetrics::bundled();
        let is_drawn = |character: char| {
            is_unseen(character)
                || bundled.has_glyph(character, Weight::Regular)
                || self.order.iter().any(|id| self.has(*id, character))
        };
        word.chars().all(is_drawn)
    }

    fn has(&self, id: ID, character: char) -> bool {
        let charmap = |data: &[u8], index: u32| {
            use skrifa::MetadataProvider as _;
            skrifa::FontRef::from_index(data, index).is_ok_and(|font| font.charmap().map(character).is_some())
        };
        self.fonts.with_face_data(id, charmap).unwrap_or_default()
    }

    /// The faces that draw these characters, as few as the order gives, for a renderer's own database.
    #[must_use]
    pub(super) fn needed_for(&self, characters: &BTreeSet<char>) -> Vec<Arc<dyn AsRef<[u8]> + Sync + Send>> {
        let mut open: BTreeSet<char> = characters.iter().copied().filter(|character| !is_unseen(*character)).collect();
        let mut faces: Vec<Arc<dyn AsRef<[u8]> + Sync + Send>> = Vec::new();
        while let Some(wanted) = open.first().copied() {
            let Some(id) = self.order.iter().copied().find(|id| self.has(*id, wanted)) else {
                open.remove(&wanted);
                continue;
            };
            open.retain(|character| !self.has(id, *character));
            if let Some(data) = self.fonts.with_face_data(id, |data, _| data.to_vec()) {
                faces.push(Arc::new(data));
            }
        }
        faces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<(&str, bool)> {
        let metrics = TextMetrics::bundled();
        runs(text, &metrics, Weight::Regular).into_iter().map(|run| (&text[run.range], run.is_foreign)).collect()
    }

    #[test]
    fn a_line_splits_into_what_the_bundled_font_has_and_what_it_lacks() {
        assert_eq!(split("naïve, Ωδ Привет"), [("naïve, Ωδ Привет", false)], "Latin, Greek and Cyrillic are bundled");
        assert_eq!(split("gender 男性"), [("gender ", false), ("男性", true)], "the blank is the bundled font's");
        assert_eq!(split("男性"), [("男性", true)], "nothing else");
        assert_eq!(split("男性 n"), [("男性", true), (" n", false)], "back again");
        assert_eq!(split(""), [], "nothing");
    }

    #[test]
    fn words_of_one_foreign_script_stay_one_run_with_the_digits_between_them() {
        let text = "a שלום 12, עולם b";
        assert_eq!(split(text), [("a ", false), ("שלום 12, עולם", true), (" b", false)], "its font sorts the order");
        assert_eq!(split("女 a 女"), [("女", true), (" a ", false), ("女", true)], "a Latin word parts them");
    }

    #[test]
    fn joiners_and_marks_stay_with_their_letter() {
        assert_eq!(split("👩\u{200d}💻 x"), [("👩\u{200d}💻", true), (" x", false)], "one picture");
        // U+0F18 is a Tibetan mark: the letter before it is drawn with it.
        assert_eq!(
            split("ab\u{f18}c"),
            [("a", false), ("b\u{f18}", true), ("c", false)],
            "a mark takes its letter along"
        );
        assert_eq!(split("b\u{f18}"), [("b\u{f18}", true)], "no empty run is left");
    }

    #[test]
    fn the_note_counts_words_and_names_scripts() {
        let metrics = TextMetrics::bundled();
        let lines = [("group 男性 and नमस्ते", Weight::Regular), ("plain", Weight::Medium)];
        let said = note(lines.into_iter(), &metrics, ForeignText::Reader).unwrap();
        assert_eq!(
            said, "2 words in scripts the bundled font lacks (Han, Devanagari) use the reader's own fonts.",
            "count and scripts"
        );
        assert_eq!(
            note([("plain", Weight::Regular)].into_iter(), &metrics, ForeignText::Reader),
            None,
            "nothing to say"
        );
    }

    #[test]
    fn the_text_box_says_which_scripts_it_cannot_show() {
        for (text, script) in [("Hi مرحبا", "Arabic"), ("नमस्ते", "Devanagari"), ("שלום", "Hebrew"), ("নমস্কার", "Bengali")]
        {
            let said = typing_limits(text).unwrap_or_default();
            assert!(said.starts_with(&format!("Editing {script} is limited: ")), "{text}: {said}");
        }
        let both = typing_limits("مرحبا नमस्ते").unwrap_or_default();
        assert!(both.starts_with("Editing Arabic and Devanagari is limited"), "each once: {both}");
        for plain in ["", "naïve Ω Привет", "东京 日本語 한국어", "👩\u{200d}💻 − × …"] {
            assert_eq!(typing_limits(plain), None, "{plain} is shown as it is");
        }
    }

    #[test]
    fn a_machine_without_fonts_covers_only_what_is_bundled() {
        let none = MachineFonts::new(Database::new());
        assert!(none.covers("plain") && !none.covers("男性"), "no font, no glyph");
        assert!(none.needed_for(&['男'].into()).is_empty(), "nothing to load");
        let mut one = Database::new();
        one.load_font_data(super::super::fonts::REGULAR.to_vec());
        let one = MachineFonts::new(one);
        assert_eq!(one.needed_for(&['a', 'b', '男'].into()).len(), 1, "one face for both letters");
    }
}
