//! CSV and TSV, row by row, with the place of everything that is wrong.
//!
//! Written for this crate rather than taken from the `csv` crate because a reader of other people's data must see
//! a quote that is never closed (the `csv` crate silently reads to the end of the file), name it, and go on with
//! the next line.

use std::io;
use std::io::BufRead;

use super::delimiter;
use super::delimiter::Delimiter;
use super::example::SkippedRow;
use super::fields::Fields;
use super::fields::Status;
use super::lines::Line;
use super::lines::Lines;
use super::record::Cell;
use super::record::Record;

/// Bytes that may be looked through in vain for the ends of quoted cells, in the whole file. After that a quoted cell may
/// run over [`SHORT_LOOK`] bytes, so that a file full of lost quotes does not take quadratic time.
const VAIN_LOOKS: usize = 128 << 20;
const SHORT_LOOK: usize = 4 << 10;

/// Reads delimited text after RFC 4180: cells may be quoted, quotes are doubled inside, quoted cells may hold
/// newlines. In tab-separated files a cell that is not quoted as a whole is taken literally.
pub(super) struct Delimited<R> {
    lines: Lines<R>,
    delimiter: Delimiter,
    columns: Vec<String>,
    record: u64,
    vain_left: usize,
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
    /// It is longer than a record may be.
    TooLong,
}

impl<R: BufRead> Delimited<R> {
    /// Reads the header. A `delimiter` of `None` is told by a line `sep=` or guessed over the first rows.
    pub(super) fn open(input: R, delimiter: Option<u8>, most_bytes: usize) -> io::Result<Header<Self>> {
        let mut lines = Lines::new(input, most_bytes);
        let mut first = match lines.next_filled_line()? {
            None => return Ok(Header::Empty),
            Some(Line::TooLong) => return Ok(Header::TooLong),
            Some(Line::Whole(line)) => line,
        };
        let told = delimiter::told(&first);
        if told.is_some() {
            first = match lines.next_filled_line()? {
                None => return Ok(Header::Empty),
                Some(Line::TooLong) => return Ok(Header::TooLong),
                Some(Line::Whole(line)) => line,
            };
        }
        lines.put_back(&first, false);
        let delimiter = match (delimiter, told) {
            (Some(asked), _) => Delimiter::Asked(asked),
            (None, Some(told)) => Delimiter::Told(told),
            (None, None) => Delimiter::Guessed(delimiter::guess(&sample(&mut lines)?)),
        };
        let (columns, vain_left) = (Vec::new(), VAIN_LOOKS);
        let mut reader = Self { lines, delimiter, columns, record: 0, vain_left };
        let Some(row) = reader.next_row()? else {
            return Ok(Header::Empty);
        };
        if matches!(row.problem, Some(Problem::TooLong)) {
            return Ok(Header::TooLong);
        }
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

    pub(super) fn delimiter(&self) -> Delimiter {
        self.delimiter
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
            Some(Problem::TooLong) => return skip(too_long(self.lines.most_bytes())),
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
        let mut raw = match self.lines.next_filled_line()? {
            None => return Ok(None),
            Some(Line::Whole(line)) => line,
            Some(Line::TooLong) => {
                let (line, fields) = (self.lines.number(), Fields::default());
                return Ok(Some(Row { line, fields, problem: Some(Problem::TooLong) }));
            }
        };
        let line = self.lines.number();
        let first_len = raw.len();
        let mut fields = Fields::default();
        let mut status = fields.feed(&raw, self.delimiter.byte());
        let mut ran_into_long_line = false;
        let look = self.lines.most_bytes().min(self.vain_left.max(SHORT_LOOK));
        // A row with too many cells is bad already: reading on would only make hostile files slow.
        while status == Status::Open && raw.len() - first_len < look && !self.has_too_many(&fields) {
            match self.lines.next_line()? {
                None => break,
                Some(Line::TooLong) => {
                    ran_into_long_line = true;
                    break;
                }
                Some(Line::Whole(more)) => {
                    status = fields.feed(&more, self.delimiter.byte());
                    raw.extend_from_slice(&more);
                }
            }
        }
        let complete = status == Status::Complete;
        let wrong_count = !self.columns.is_empty() && fields.len() != self.columns.len();
        if self.delimiter.byte() == b'\t' && (!complete || wrong_count) {
            self.give_back(&raw[first_len..], ran_into_long_line);
            let fields = Fields::literal(&raw[..first_len], self.delimiter.byte());
            return Ok(Some(Row { line, fields, problem: None }));
        }
        let problem = match status {
            Status::Complete if raw.len() > self.lines.most_bytes() => Some(Problem::TooLong),
            Status::Complete => None,
            Status::Open => Some(Problem::Unclosed),
            Status::TextAfterQuote => Some(Problem::TextAfterQuote { column: fields.len() }),
        };
        if !complete {
            self.give_back(&raw[first_len..], ran_into_long_line);
        }
        Ok(Some(Row { line, fields, problem }))
    }

    fn give_back(&mut self, lines: &[u8], too_long: bool) {
        self.vain_left = self.vain_left.saturating_sub(lines.len());
        self.lines.put_back(lines, too_long);
    }

    /// The header itself may have any number of cells.
    fn has_too_many(&self, fields: &Fields) -> bool {
        !self.columns.is_empty() && fields.len() > self.columns.len()
    }
}

/// The first lines, which come again.
fn sample<R: BufRead>(lines: &mut Lines<R>) -> io::Result<Vec<u8>> {
    let (mut text, mut too_long) = (Vec::new(), false);
    for _ in 0..delimiter::LINES_FOR_GUESS {
        match lines.next_line()? {
            Some(Line::Whole(line)) => text.extend_from_slice(&line),
            Some(Line::TooLong) => too_long = true,
            None => break,
        }
        if too_long || text.len() > delimiter::BYTES_FOR_GUESS {
            break;
        }
    }
    lines.put_back(&text, too_long);
    Ok(text)
}

/// Why a record is skipped that is longer than the limit.
pub(super) fn too_long(most_bytes: usize) -> String {
    if most_bytes >= 1 << 20 {
        format!("the record is longer than {} MiB", most_bytes >> 20)
    } else {
        format!("the record is longer than {most_bytes} bytes")
    }
}

fn cell_of(text: String) -> Cell {
    if text.is_empty() { Cell::Missing } else { Cell::Text(text) }
}

struct Row {
    line: u64,
    fields: Fields,
    problem: Option<Problem>,
}

enum Problem {
    Unclosed,
    TooLong,
    TextAfterQuote { column: usize },
}
