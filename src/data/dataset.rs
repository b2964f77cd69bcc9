//! A labelled data set in memory.

use std::path::PathBuf;
use std::sync::Arc;

/// One text with its label and groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// From the `id` column, else the record's number from 1.
    pub id: String,
    /// The text.
    pub text: Arc<str>,
    /// The second text of a pair.
    pub text_pair: Option<Arc<str>>,
    /// The label as read and mapped: a class name or a class number.
    pub label: Option<String>,
    /// Values in each of [`Dataset::groups`], as indices into that column's `values`; a cell may hold several or none.
    pub groups: Vec<Vec<usize>>,
    /// Value of the cluster column.
    pub cluster: Option<String>,
}

/// A column that divides examples into groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupColumn {
    /// Column name.
    pub name: String,
    /// Values in order of first appearance.
    pub values: Vec<String>,
}

/// A row that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedRow {
    /// Record number from 1, the header not counted.
    pub record: u64,
    /// Line in the file from 1, where the format has lines.
    pub line: Option<u64>,
    /// What was wrong.
    pub reason: String,
}

/// A labelled data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// File name without folder, for display.
    pub name: String,
    /// Where it came from.
    pub path: PathBuf,
    /// All columns of the file, in order.
    pub columns: Vec<String>,
    /// The column the text was taken from.
    pub text_column: String,
    /// The column the label was taken from, if any.
    pub label_column: Option<String>,
    /// Columns taken as groups.
    pub groups: Vec<GroupColumn>,
    /// The rows that could be read.
    pub examples: Vec<Example>,
    /// The rows that could not.
    pub skipped: Vec<SkippedRow>,
    /// SHA-256 of the file, hex.
    pub hash: String,
}
