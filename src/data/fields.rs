//! The cells of one row of delimited text, line by line.

use super::lines::split_ending;

/// Where a row stands after a line of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Complete,
    /// A quoted cell runs on.
    Open,
    TextAfterQuote,
}

#[derive(Clone, Copy, Default)]
enum State {
    #[default]
    Start,
    Plain,
    Quoted,
    Closed,
}

/// The cells of one row, one after another in `bytes`, bounded by `ends`.
#[derive(Default)]
pub(super) struct Fields {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    state: State,
}

impl Fields {
    /// Cells that have ended.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether no line of the row has come.
    pub(super) fn is_untouched(&self) -> bool {
        self.ends.is_empty() && self.bytes.is_empty() && matches!(self.state, State::Start)
    }

    fn end_field(&mut self) {
        self.ends.push(self.bytes.len());
        self.state = State::Start;
    }

    /// Takes one more line of the row.
    pub(super) fn feed(&mut self, line: &[u8], delimiter: u8) -> Status {
        let (content, ending) = split_ending(line);
        for &byte in content {
            match self.state {
                State::Start if byte == b'"' => self.state = State::Quoted,
                State::Start | State::Plain if byte == delimiter => self.end_field(),
                State::Start | State::Plain => {
                    self.bytes.push(byte);
                    self.state = State::Plain;
                }
                State::Quoted if byte == b'"' => self.state = State::Closed,
                State::Quoted => self.bytes.push(byte),
                State::Closed if byte == b'"' => {
                    self.bytes.push(byte);
                    self.state = State::Quoted;
                }
                State::Closed if byte == delimiter => self.end_field(),
                State::Closed if byte == b' ' => {}
                State::Closed => return Status::TextAfterQuote,
            }
        }
        if matches!(self.state, State::Quoted) {
            self.bytes.extend_from_slice(ending);
            return Status::Open;
        }
        self.end_field();
        Status::Complete
    }

    /// One line cut at every delimiter, quotes taken as they are.
    pub(super) fn literal(line: &[u8], delimiter: u8) -> Self {
        let mut fields = Self::default();
        for cell in split_ending(line).0.split(|&byte| byte == delimiter) {
            fields.bytes.extend_from_slice(cell);
            fields.end_field();
        }
        fields
    }

    /// The cells as text, or the index of the first that is not UTF-8.
    pub(super) fn texts(&self) -> Result<Vec<String>, usize> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let cells = starts.zip(&self.ends).map(|(start, &end)| &self.bytes[start..end]);
        cells.enumerate().map(|(i, cell)| std::str::from_utf8(cell).map(str::to_owned).map_err(|_err| i)).collect()
    }
}
