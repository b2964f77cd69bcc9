//! CSV and TSV, row by row, with the place of everything that is wrong.
//!
//! Written for this crate rather than taken from the `csv` crate because a reader of other people's data must see
//! a quote that is never closed (the `csv` crate silently reads to the end of the file), name it, and go on with
//! the next line.

use std::io;
use std::io::BufRead;

use super::dataset::SkippedRow;
use super::lines::Lines;
use super::lines::split_ending;
use super::record::Cell;
use super::record::Record;

/// A quoted cell may run over lines, but a row longer than this has lost its closing quote.
const MAX_ROW_BYTES: usize = 16 << 20;

/// Reads delimited text after RFC 4180: cells may be quoted, quotes are doubled inside, quoted cells may hold
/// newlines. In tab-separated files a cell that is not quoted as a whole is taken literally.
pub(super) struct Delimited<R> {
    lines: Lines<R>,
    delimiter: u8,
    columns: Vec<String>,
    record: u64,
}

/// What the header line turned out to be.
pub(super) enum Header<T> {
    /// A reader that knows its columns.
    Columns(T),
    /// There is no line at all.
    Empty,
    /// The line holds no name.
    Nameless,
    /// It is not UTF-8.
    NotUtf8,
}

impl<R: BufRead> Delimited<R> {
    /// Reads the header. A `delimiter` of `None` takes the comma, or else the semicolon or tab if only that is there.
    pub(super) fn open(input: R, delimiter: Option<u8>) -> io::Result<Header<Self>> {
        let mut lines = Lines::new(input);
        let Some(line) = lines.next_filled_line()? else {
            return Ok(Header::Empty);
        };
        let delimiter = delimiter.unwrap_or_else(|| guess_delimiter(&line));
        lines.put_back(&line);
        let mut reader = Self { lines, delimiter, columns: Vec::new(), record: 0 };
        let Some(row) = reader.next_row()? else {
            return Ok(Header::Empty);
        };
        let Ok(names) = row.fields.texts() else {
            return Ok(Header::NotUtf8);
        };
        if names.iter().all(|name| name.trim().is_empty()) {
            return Ok(Header::Nameless);
        }
        reader.columns = names.into_iter().map(|name| name.trim().to_owned()).collect();
        Ok(Header::Columns(reader))
    }

    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    pub(super) fn next_record(&mut self) -> io::Result<Option<Result<Record, SkippedRow>>> {
        let Some(row) = self.next_row()? else {
            return Ok(None);
        };
        self.record += 1;
        let place = (self.record, Some(row.line));
        let skip = |reason: String| Ok(Some(Err(SkippedRow { record: place.0, line: place.1, reason })));
        match row.problem {
            Some(Problem::Unclosed) => return skip("a quote is opened and never closed".to_owned()),
            Some(Problem::TextAfterQuote { column }) => {
                let name = self.columns.get(column).map_or("", String::as_str);
                return skip(format!("text follows the closing quote in column {name:?}"));
            }
            None => {}
        }
        if row.fields.len() != self.columns.len() {
            let (expected, got) = (self.columns.len(), row.fields.len());
            return skip(format!("expected {expected} cells, got {got}"));
        }
        match row.fields.texts() {
            Ok(texts) => {
                let cells = texts.into_iter().map(cell_of).collect();
                Ok(Some(Ok(Record { number: place.0, line: place.1, cells })))
            }
            Err(column) => {
                let name = self.columns.get(column).map_or("", String::as_str);
                skip(format!("column {name:?} is not valid UTF-8"))
            }
        }
    }

    /// The next row that is not blank; after a quoting error only its first line is used up.
    fn next_row(&mut self) -> io::Result<Option<Row>> {
        let Some(mut raw) = self.lines.next_filled_line()? else {
            return Ok(None);
        };
        let line = self.lines.number();
        let first_len = raw.len();
        let mut fields = Fields::default();
        let mut status = fields.feed(&raw, self.delimiter);
        // A row with too many cells is bad already: reading on would only make hostile files slow.
        while status == Status::Open && raw.len() < MAX_ROW_BYTES && !self.has_too_many(&fields) {
            let Some(more) = self.lines.next_line()? else { break };
            status = fields.feed(&more, self.delimiter);
            raw.extend_from_slice(&more);
        }
        let complete = status == Status::Complete;
        let wrong_count = !self.columns.is_empty() && fields.len() != self.columns.len();
        if self.delimiter == b'\t' && (!complete || wrong_count) {
            self.lines.put_back(&raw[first_len..]);
            let fields = Fields::literal(&raw[..first_len], self.delimiter);
            return Ok(Some(Row { line, fields, problem: None }));
        }
        let problem = match status {
            Status::Complete => None,
            Status::Open => Some(Problem::Unclosed),
            Status::TextAfterQuote => Some(Problem::TextAfterQuote { column: fields.len() }),
        };
        if problem.is_some() {
            self.lines.put_back(&raw[first_len..]);
        }
        Ok(Some(Row { line, fields, problem }))
    }

    /// The header itself may have any number of cells.
    fn has_too_many(&self, fields: &Fields) -> bool {
        !self.columns.is_empty() && fields.len() > self.columns.len()
    }
}

fn cell_of(text: String) -> Cell {
    if text.is_empty() { Cell::Missing } else { Cell::Text(text) }
}

fn guess_delimiter(header: &[u8]) -> u8 {
    [b',', b'\t', b';'].into_iter().find(|delimiter| header.contains(delimiter)).unwrap_or(b',')
}

struct Row {
    line: u64,
    fields: Fields,
    problem: Option<Problem>,
}

enum Problem {
    Unclosed,
    TextAfterQuote { column: usize },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Complete,
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
struct Fields {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    state: State,
}

impl Fields {
    fn len(&self) -> usize {
        self.ends.len()
    }

    fn end_field(&mut self) {
        self.ends.push(self.bytes.len());
        self.state = State::Start;
    }

    /// Takes one more line of the row.
    fn feed(&mut self, line: &[u8], delimiter: u8) -> Status {
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
    fn literal(line: &[u8], delimiter: u8) -> Self {
        let mut fields = Self::default();
        for cell in split_ending(line).0.split(|&byte| byte == delimiter) {
            fields.bytes.extend_from_slice(cell);
            fields.end_field();
        }
        fields
    }

    /// The cells as text, or the index of the first that is not UTF-8.
    fn texts(&self) -> Result<Vec<String>, usize> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let cells = starts.zip(&self.ends).map(|(start, &end)| &self.bytes[start..end]);
        cells.enumerate().map(|(i, cell)| std::str::from_utf8(cell).map(str::to_owned).map_err(|_err| i)).collect()
    }
}
