//! What both implementations are asked: bundled texts, or the lines of a file.

use std::path::Path;

use crate::disk::read_regular_text;
use crate::reference::Error;

/// Largest file of texts: far beyond what anybody compares on.
const MOST_BYTES: u64 = 64 << 20;

/// Scripts, lengths and signs that have tripped tokenizers and position tables before. The last one is longer than most
/// models read, so that the last row of the position table is compared too.
const SHORT: [&str; 13] = [
    "It wasn't bad, it just wasn't what we had hoped for.",
    "good",
    "",
    "A quiet, patient film; and, in the end, not a very good one.",
    "The soup was cold, the waiter was kind, and the bill was 37,50 \u{20ac} for two.",
    "Visit https://example.org/a_b?c=1&d=2 or write to someone@example.org!!!",
    "Der Kellner wu\u{df}te nicht, da\u{df} wir \u{fc}ber eine Stunde gewartet hatten.",
    "\u{8fd9}\u{90e8}\u{7535}\u{5f71}\u{4e0d}\u{9519}\u{ff0c}\u{4f46}\u{662f}\u{592a}\u{957f}\u{4e86}\u{3002}",
    "\u{0643}\u{0627}\u{0646} \u{0627}\u{0644}\u{0641}\u{064a}\u{0644}\u{0645} \u{062c}\u{0645}\u{064a}\u{0644}\u{0627}\u{064b} \
     \u{062c}\u{062f}\u{0627}\u{064b}.",
    "\u{41c}\u{43d}\u{435} \u{43f}\u{43e}\u{43d}\u{440}\u{430}\u{432}\u{438}\u{43b}\u{43e}\u{441}\u{44c}, \u{43d}\u{43e} \
     \u{43d}\u{435} \u{43e}\u{447}\u{435}\u{43d}\u{44c}.",
    "so good \u{1f600}\u{1f525} would go again \u{1f469}\u{200d}\u{1f373}\u{2764}\u{fe0f}",
    "e\u{301} and \u{e9}, ﬁne, Ａ and A, zero\u{200b}width, tab\tand\nline",
    "no no no no no no no no no no no no no no no no no no no no no no no no no no no no no no no no",
];
const SENTENCE: &str = "A film that is quiet, patient and, in the end, not very good. ";

/// The texts that come with the program, in their order.
#[must_use]
pub fn bundled() -> Vec<String> {
    let lengths = [7, 30, 80].map(|times| SENTENCE.repeat(times));
    SHORT.iter().map(|&text| text.to_owned()).chain(lengths).collect()
}

/// The texts of a file, one a line; lines without anything but spaces are left out.
///
/// # Errors
/// If the file cannot be read, is no UTF-8, or has no text.
pub fn lines(path: &Path) -> Result<Vec<String>, Error> {
    let text = read_regular_text(path, MOST_BYTES).map_err(|source| Error::Texts { path: path.to_owned(), source })?;
    let texts: Vec<String> = text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
    if texts.is_empty() { Err(Error::NoTexts { path: path.to_owned() }) } else { Ok(texts) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_texts_hold_what_is_promised_of_them() {
        let texts = bundled();
        let has = |range: std::ops::RangeInclusive<char>| {
            texts.iter().flat_map(|text| text.chars()).any(|c| range.contains(&c))
        };
        assert!(has('\u{4e00}'..='\u{9fff}'), "Chinese");
        assert!(has('\u{0600}'..='\u{06ff}'), "Arabic");
        assert!(has('\u{1f300}'..='\u{1faff}'), "emoji");
        assert!(texts.iter().any(|text| text.split(' ').count() > 512), "one that models cut");
    }

    #[test]
    fn lines_of_a_file_are_texts_and_blank_ones_are_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("texts.txt");
        std::fs::write(&path, "one\r\n\n  \ntwo words\n").unwrap();
        assert_eq!(lines(&path).unwrap(), ["one", "two words"], "line ends are no part of a text");
        std::fs::write(&path, "\n\n").unwrap();
        let error = lines(&path).unwrap_err().to_string();
        assert!(error.starts_with("expected at least one text"), "{error}");
    }
}
