//! A labelled data set in memory.

use std::collections::HashMap;
use std::path::PathBuf;

use super::drawn_sample::Sample;
use super::example::Example;
use super::example::GroupColumn;
use super::example::SkippedRow;
use super::groups::MAX_GUESSED_VALUES;
use super::lexicon::LEXICON_COLUMN;
use super::lexicon::Lexicon;
use super::report::ReadReport;

/// A labelled data set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dataset {
    /// File name without folder, for display.
    pub name: String,
    /// Where it came from.
    pub path: PathBuf,
    /// All columns of the file, in order.
    pub columns: Vec<String>,
    /// The column the text was taken from.
    pub text_column: String,
    /// The column the second text of each pair was taken from, if any.
    pub text_pair_column: Option<String>,
    /// The column the label was taken from, if any.
    pub label_column: Option<String>,
    /// The column whose equal values must be resampled together, if any.
    pub cluster_column: Option<String>,
    /// The class of interest as asked for; `None` leaves it to the model.
    pub positive: Option<String>,
    /// How far a predicted number may lie from the label, as asked for.
    pub tolerance: Option<f64>,
    /// Columns taken as groups: the named ones, or every column with few distinct values.
    pub groups: Vec<GroupColumn>,
    /// The rows that could be read.
    pub examples: Vec<Example>,
    /// Rows that could not.
    pub num_skipped: usize,
    /// The first [`LISTED_ROWS`](super::LISTED_ROWS) of them.
    pub skipped: Vec<SkippedRow>,
    /// How it was read.
    pub report: ReadReport,
    /// SHA-256 of the file, hex.
    pub hash: String,
    /// Which rows of the file these are.
    pub sample: Sample,
}

impl Dataset {
    /// Number of usable examples.
    pub fn len(&self) -> usize {
        self.examples.len()
    }

    /// Whether there is no usable example.
    pub fn is_empty(&self) -> bool {
        self.examples.is_empty()
    }

    /// Whether some example has a label.
    pub fn has_labels(&self) -> bool {
        self.label_column.is_some() && self.examples.iter().any(|example| example.label.is_some())
    }

    /// Index into [`Dataset::groups`] of the column of this name.
    pub fn group_column(&self, name: &str) -> Option<usize> {
        self.groups.iter().position(|column| column.name == name)
    }

    /// Indices of the examples in one group, ascending.
    pub fn members(&self, column: usize, value: usize) -> Vec<usize> {
        let in_group = |example: &Example| example.groups.get(column).is_some_and(|groups| groups.contains(&value));
        (0..self.len()).filter(|&i| in_group(&self.examples[i])).collect()
    }

    /// Takes the groups that the lexicon finds in the texts as a column named [`LEXICON_COLUMN`], in place of one of
    /// this name.
    pub fn add_lexicon(&mut self, lexicon: &Lexicon) {
        let column = self.group_column(LEXICON_COLUMN).unwrap_or_else(|| {
            self.groups.push(lexicon.column());
            self.groups.len() - 1
        });
        self.groups[column] = lexicon.column();
        let mut without = 0;
        for example in &mut self.examples {
            let members = lexicon.groups_in(example);
            example.groups.resize(self.groups.len(), Vec::new());
            without += usize::from(members.is_empty());
            example.groups[column] = members;
        }
        self.report.set_group(lexicon.facts(without));
    }

    /// Names of the group columns with few enough values to be offered in a list of choices.
    pub fn guess_group_columns(&self) -> Vec<&str> {
        let few = self.groups.iter().filter(|column| column.values.len() <= MAX_GUESSED_VALUES);
        few.map(|column| column.name.as_str()).collect()
    }

    /// The labels that occur, in order of first appearance, with their counts.
    pub fn label_counts(&self) -> Vec<(&str, usize)> {
        let mut counts: Vec<(&str, usize)> = Vec::new();
        let mut index = HashMap::new();
        for label in self.examples.iter().filter_map(|example| example.label.as_deref()) {
            let place = *index.entry(label).or_insert(counts.len());
            if place == counts.len() {
                counts.push((label, 0));
            }
            counts[place].1 += 1;
        }
        counts
    }
}
