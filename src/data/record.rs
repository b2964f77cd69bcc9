//! One row of a file, before anyone decides what its columns mean.

/// What stands in one column of one row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Cell {
    /// Nothing: an empty CSV cell, a JSON or Parquet null, an absent key.
    #[default]
    Missing,
    /// One value as text; numbers and booleans as they are written.
    Text(String),
    /// A JSON array or a Parquet list.
    List(Vec<String>),
}

impl Cell {
    /// The cell as one text, or nothing for a missing, blank or list cell.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) if !text.trim().is_empty() => Some(text),
            _ => None,
        }
    }

    /// Bytes of its texts.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Missing => 0,
            Self::Text(text) => text.len(),
            Self::List(items) => items.iter().map(String::len).sum(),
        }
    }
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// From 1, bad rows counted, the header and blank lines not.
    pub number: u64,
    /// Line from 1 on which it starts, where the format has lines.
    pub line: Option<u64>,
    /// One cell for each of the file's columns.
    pub cells: Vec<Cell>,
}
