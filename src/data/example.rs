//! An example, the columns that divide examples into groups, and rows that are none.

use super::content::Content;

/// What a model reads, with its label and groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// From the `id` column, else the record's number from 1.
    pub id: String,
    /// What the model reads.
    pub content: Content,
    /// The label as read and mapped: a class name or a class number.
    pub label: Option<String>,
    /// Values in each of [`Dataset::groups`](super::Dataset::groups), as indices into that column's `values`; a cell may hold several or none.
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

impl std::fmt::Display for SkippedRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { record, line, reason } = self;
        match line {
            Some(line) => write!(f, "record {record}, line {line}: {reason}"),
            None => write!(f, "record {record}: {reason}"),
        }
    }
}
