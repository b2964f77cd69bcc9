//! Groups from identity terms in the texts themselves.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use super::error::Error;
use super::example::Example;
use super::example::GroupColumn;
use super::example::SkippedRow;
use super::group_cells::values_of;
use super::groups::MOST_GROUPS;
use super::record::Cell;
use super::report::GroupFacts;
use super::rows::Failure;
use super::rows::Rows;

/// Name of the group column that a lexicon adds.
pub const LEXICON_COLUMN: &str = "identity";

/// Terms that name groups, read from a file with the columns `group` and `term`.
///
/// A term matches whole words without regard to case; between the words of a longer term any punctuation may stand,
/// so `african american` also finds "African-American".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lexicon {
    groups: Vec<String>,
    /// Terms by their first word: all words, and the group.
    terms: HashMap<String, Vec<(Vec<String>, usize)>>,
    skipped: Vec<SkippedRow>,
}

/// One identity term in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// Index into [`Lexicon::groups`].
    pub group: usize,
    /// Bytes of the text.
    pub bytes: Range<usize>,
}

impl Lexicon {
    /// Reads a lexicon from CSV, TSV, JSON Lines or Parquet; a cell of terms may hold several (`a;b`).
    ///
    /// # Errors
    /// As [`Rows::open`], [`Error::MissingColumn`] without `group` or `term`, [`Error::NoRow`] without any term.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let rows = Rows::open(path)?;
        let known = rows.columns().to_vec();
        let find = |column: &str| {
            known.iter().position(|name| name.to_lowercase() == column).ok_or_else(|| Error::MissingColumn {
                role: "lexicon",
                column: column.to_owned(),
                nearest: None,
                known: known.clone(),
                path: path.to_owned(),
            })
        };
        let (group_column, term_column) = (find("group")?, find("term")?);
        let mut lexicon = Self::default();
        for row in rows {
            let record = match row {
                Ok(record) => record,
                Err(Failure::Row(row)) => {
                    lexicon.skipped.push(row);
                    continue;
                }
                Err(Failure::File(err)) => return Err(err),
            };
            let added = record.cells[group_column]
                .as_text()
                .is_some_and(|group| lexicon.add_all(group.trim(), &record.cells[term_column]));
            if !added {
                let reason = "expected a group and a term".to_owned();
                lexicon.skipped.push(SkippedRow { record: record.number, line: record.line, reason });
            }
        }
        if lexicon.groups.len() > MOST_GROUPS {
            return Err(Error::TooManyGroups {
                column: known[group_column].clone(),
                count: lexicon.groups.len().to_string(),
                most: MOST_GROUPS,
                examples: lexicon.groups.into_iter().take(3).collect(),
                path: path.to_owned(),
            });
        }
        if lexicon.terms.is_empty() {
            let reason = lexicon.skipped.first().map(ToString::to_string);
            return Err(Error::NoRow { skipped: lexicon.skipped.len(), reason, path: path.to_owned() });
        }
        Ok(lexicon)
    }

    fn add_all(&mut self, group: &str, terms: &Cell) -> bool {
        let mut added = false;
        for term in values_of(terms, false) {
            added |= self.add(group, &term);
        }
        added
    }

    /// Adds a term to a group; `false` if the term has no letter or digit.
    pub fn add(&mut self, group: &str, term: &str) -> bool {
        let words: Vec<String> = words(term).map(|(_, word)| word).collect();
        let Some(first) = words.first().cloned() else {
            return false;
        };
        let index = self.groups.iter().position(|known| known == group).unwrap_or_else(|| {
            self.groups.push(group.to_owned());
            self.groups.len() - 1
        });
        self.terms.entry(first).or_default().push((words, index));
        true
    }

    /// The groups, in order of first appearance.
    pub fn groups(&self) -> &[String] {
        &self.groups
    }

    /// Rows of the file that held no usable term.
    pub fn skipped(&self) -> &[SkippedRow] {
        &self.skipped
    }

    /// Every term in a text, in order of appearance.
    pub fn mentions(&self, text: &str) -> Vec<Mention> {
        let words: Vec<(Range<usize>, String)> = words(text).collect();
        let mut mentions = Vec::new();
        for (i, (start, first)) in words.iter().enumerate() {
            for (term, group) in self.terms.get(first).into_iter().flatten() {
                let found = words.get(i..i + term.len());
                let matches =
                    found.is_some_and(|found| found.iter().zip(term).all(|((_, word), wanted)| word == wanted));
                if matches {
                    let end = words[i + term.len() - 1].0.end;
                    mentions.push(Mention { group: *group, bytes: start.start..end });
                }
            }
        }
        mentions
    }
}

impl Lexicon {
    /// The group column that it makes, named [`LEXICON_COLUMN`].
    pub(super) fn column(&self) -> GroupColumn {
        GroupColumn { name: LEXICON_COLUMN.to_owned(), values: self.groups.clone() }
    }

    /// What is known of that column, with so many rows in no group.
    pub(super) fn facts(&self, without: usize) -> GroupFacts {
        let name = LEXICON_COLUMN.to_owned();
        GroupFacts { name, values: self.groups.len(), without, is_banded: false }
    }

    /// Groups that are mentioned in a text or its pair, each once, in order of mention.
    pub(super) fn groups_in(&self, example: &Example) -> Vec<usize> {
        let mut members = Vec::new();
        for mention in example.content.texts().flat_map(|text| self.mentions(text)) {
            if !members.contains(&mention.group) {
                members.push(mention.group);
            }
        }
        members
    }
}

/// Runs of letters and digits in lower case, with their bytes.
fn words(text: &str) -> impl Iterator<Item = (Range<usize>, String)> + '_ {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + text[rest..].find(char::is_alphanumeric)?;
        let tail = &text[start..];
        let end = start + tail.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(tail.len());
        rest = end;
        Some((start..end, text[start..end].to_lowercase()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ChunkSize;
    use crate::data::DataStream;
    use crate::data::ReadOptions;

    fn lexicon() -> Lexicon {
        let mut lexicon = Lexicon::default();
        for (group, term) in [("women", "woman"), ("women", "Women"), ("black", "African American"), ("old", "old")] {
            assert!(lexicon.add(group, term), "{term} is a term");
        }
        lexicon
    }

    fn check(text: &str, expected: &[(&str, &str)]) {
        let lexicon = lexicon();
        let mentions = lexicon.mentions(text);
        let found: Vec<(&str, &str)> = mentions
            .iter()
            .map(|mention| (lexicon.groups()[mention.group].as_str(), &text[mention.bytes.clone()]))
            .collect();
        assert_eq!(found, expected, "in {text:?}");
    }

    #[test]
    fn terms_are_found_at_word_boundaries() {
        check("The WOMAN's bag", &[("women", "WOMAN")]);
        check("a womanly gold ring", &[]);
        check("An African-American woman, old.", &[("black", "African-American"), ("women", "woman"), ("old", "old")]);
        check("African", &[]);
        check("\u{c9}t\u{e9} old", &[("old", "old")]);
        check("", &[]);
        assert!(!lexicon().add("x", "--"), "a term without letters");
    }

    #[test]
    fn a_lexicon_file_becomes_a_group_column() {
        let folder = tempfile::tempdir().unwrap();
        let (terms, texts) = (folder.path().join("terms.csv"), folder.path().join("texts.csv"));
        std::fs::write(&terms, "Group,Term\nwomen,woman;women\nold,\nold,elderly\n").unwrap();
        std::fs::write(&texts, "text,identity\nan elderly woman,x\nnobody,x\nwomen,y\n").unwrap();
        let lexicon = Lexicon::read(&terms).unwrap();
        let skipped: Vec<String> = lexicon.skipped().iter().map(ToString::to_string).collect();
        assert_eq!(skipped, ["record 2, line 3: expected a group and a term"], "the row without a term");
        let options = ReadOptions { group_columns: Some(vec!["identity".to_owned()]), ..Default::default() };
        let stream = DataStream::open(&texts, &options, Some(&lexicon), ChunkSize::default(), &mut |_| true).unwrap();
        let index = stream.index();
        assert_eq!(index.groups.len(), 1, "the file's own column is replaced");
        assert_eq!(index.groups[0].values, ["women", "old"], "groups in the lexicon's order");
        let members: Vec<&[usize]> = (0..index.len()).map(|row| index.memberships[0].of(row)).collect();
        assert_eq!(members, [&[1, 0][..], &[], &[0]], "groups in order of mention");
        let line = index.report.lines().into_iter().find(|line| line.starts_with("groups: ")).unwrap();
        assert_eq!(line, "groups: \"identity\" (2 values, 1 row without one)", "and it is said, once");
    }

    #[test]
    fn a_file_without_terms_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("terms.csv");
        std::fs::write(&path, "group,word\nwomen,woman\n").unwrap();
        let message = Lexicon::read(&path).unwrap_err().to_string();
        assert!(
            message.starts_with("no lexicon column \"term\"; the file has \"group\", \"word\": "),
            "got: {message}"
        );
        std::fs::write(&path, "group,term\nwomen,\n").unwrap();
        let message = Lexicon::read(&path).unwrap_err().to_string();
        assert!(
            message.starts_with("no readable row, 1 skipped, the first because record 1, line 2: "),
            "got: {message}"
        );
    }
}
