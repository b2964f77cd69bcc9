//! Texts that a setting's file holds, and in how many of them a word stands.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::pruning::Artifact;
use crate::pruning::Error;
use crate::pruning::KeySpec;
use crate::tensor::group_key;

/// Names under which a column of texts is looked for, best first; compared without case.
const TEXT_NAMES: [&str; 6] = ["text", "sentence", "content", "comment", "tweet", "review"];

/// Ends of words that a byte-level tokenizer cuts off.
const STUMPS: [&str; 7] = ["s", "t", "re", "ve", "m", "ll", "d"];

impl Artifact {
    /// The texts of a corpus: one a line, or, where the first line names a column of texts among others, that column of a
    /// file of comma- or tab-separated values. Empty ones are left out.
    ///
    /// # Errors
    /// [`Error::FileContent`] for a file that is no UTF-8 text, has a broken row or no text at all.
    pub(super) fn texts(&self, strategy: &'static str, key: &KeySpec) -> Result<Vec<String>, Error> {
        let refuse = |got: String| Error::FileContent {
            strategy,
            key: key.name,
            expected: "texts in UTF-8, one a line or in a column named text".into(),
            got: got.into(),
            path: self.path().to_owned(),
        };
        let content = std::str::from_utf8(self.bytes())
            .map_err(|err| refuse(format!("other bytes after byte {}", err.valid_up_to())))?;
        let texts = texts(content).map_err(|err| refuse(err.to_string()))?;
        if texts.is_empty() { Err(refuse("no text".to_owned())) } else { Ok(texts) }
    }
}

/// See [`Artifact::texts`].
pub(super) fn texts(content: &str) -> Result<Vec<String>, csv::Error> {
    let content = content.trim_start_matches('\u{feff}');
    let lines = || content.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    for delimiter in [b',', b'\t'] {
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(content.as_bytes());
        let names = reader.headers()?.clone();
        let place = |wanted: &&str| names.iter().position(|name| name.trim().eq_ignore_ascii_case(wanted));
        let Some(column) = TEXT_NAMES.iter().find_map(place) else { continue };
        let mut texts = Vec::new();
        for record in reader.records() {
            let record = record?;
            texts.extend(record.get(column).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned));
        }
        return Ok(texts);
    }
    Ok(lines())
}

/// In how many texts of a corpus each word stands.
#[derive(Debug)]
pub(super) struct DocumentFrequencies {
    num_texts: usize,
    /// By the word's key.
    counts: BTreeMap<u64, usize>,
}

impl DocumentFrequencies {
    /// Counts each word once a text. Words are cut as tokenizers of several families cut them before they look for pieces,
    /// and each way counts: between blanks; at every mark, which is a word of its own; and with marks in runs, letters and
    /// digits apart and ends such as `'t` cut off.
    pub(super) fn count<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut frequencies = Self { num_texts: 0, counts: BTreeMap::new() };
        for text in texts {
            let keys: BTreeSet<u64> = words(text).into_iter().map(group_key).collect();
            for key in keys {
                *frequencies.counts.entry(key).or_default() += 1;
            }
            frequencies.num_texts += 1;
        }
        frequencies
    }

    /// `ln((1 + texts) / (1 + texts with the word))`: 0 for a word that stands in every text, most for one in none.
    pub(super) fn idf(&self, key: u64) -> f64 {
        let count = self.counts.get(&key).copied().unwrap_or(0);
        ((1 + self.num_texts) as f64 / (1 + count) as f64).ln()
    }
}

/// The words of a text in every way it may be cut.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for between_blanks in text.split_whitespace() {
        words.push(between_blanks);
        for run in runs(between_blanks) {
            words.push(run);
            if !run.starts_with(char::is_alphanumeric) {
                let marks = run.char_indices().map(|(start, mark)| &run[start..start + mark.len_utf8()]);
                words.extend(marks);
            }
        }
        words.extend(between_blanks.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()));
    }
    words
}

/// Runs of letters, of digits and of marks; an apostrophe with one of [`STUMPS`] is a run of its own.
fn runs(word: &str) -> Vec<&str> {
    let kind = |c: char| {
        if c.is_alphabetic() {
            0
        } else if c.is_numeric() {
            1
        } else {
            2
        }
    };
    let mut runs = Vec::new();
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let stump = rest.strip_prefix('\'').and_then(|after| {
            let end = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
            STUMPS.iter().any(|stump| after[..end].eq_ignore_ascii_case(stump)).then_some(end + 1)
        });
        let end = stump.or_else(|| rest.find(|c: char| kind(c) != kind(first))).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        runs.push(run);
        rest = after;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corpora_are_lines_or_a_column() {
        let all = |content: &str| texts(content).expect("a corpus");
        assert_eq!(all("one\n\n two \nthree"), ["one", "two", "three"], "a text a line");
        assert_eq!(all("id,Text\n1,\"a, b\"\n2,c\n"), ["a, b", "c"], "a column of comma-separated values");
        assert_eq!(all("label\tsentence\n0\ta, b\n"), ["a, b"], "or of tab-separated ones");
        assert_eq!(all("text\nfirst\nsecond\n"), ["first", "second"], "or the only one");
        assert_eq!(all("the text\nof two lines"), ["the text", "of two lines"], "which is no column");
        assert_eq!(all("\u{feff}text\nfirst"), ["first"], "behind a byte order mark");
        assert!(texts("id,text\n1,a\n2\n").is_err(), "a row that is too short");
    }

    #[test]
    fn words_are_counted_once_a_text_however_they_are_cut() {
        let frequencies = DocumentFrequencies::count(["It wasn't good, not good!!", "Good."]);
        let count = |word: &str| frequencies.counts.get(&group_key(word)).copied().unwrap_or(0);
        for (word, expected) in [
            ("good", 2),
            ("it", 1),
            ("wasn", 1),
            ("'", 1),
            ("t", 1),
            ("'t", 1),
            ("wasn't", 1),
            ("!", 1),
            ("!!", 1),
            ("good!!", 1),
            (",", 1),
            (".", 1),
            ("bad", 0),
        ] {
            assert_eq!(count(word), expected, "texts with {word:?}");
        }
        assert!((frequencies.idf(group_key("bad")) - 3.0_f64.ln()).abs() < 1e-12, "in none of two: ln 3");
        assert!(frequencies.idf(group_key("good")).abs() < 1e-12, "in both: 0");
    }
}
