//! JSON Lines: one object a line.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::io;
use std::io::BufRead;

use serde_json::Value;

use super::delimited::too_long as too_long_reason;
use super::example::SkippedRow;
use super::json_value;
use super::json_value::cell_of;
use super::lines::Line;
use super::lines::Lines;
use super::record::Cell;
use super::record::Record;

/// Columns are the keys of the first lines; a key that first appears later is not read.
const LINES_FOR_COLUMNS: usize = 1000;

/// Bytes of them that are kept until the columns are known.
const BYTES_FOR_COLUMNS: usize = 64 << 20;

/// Reads one object after another.
pub(super) struct JsonLines<R> {
    lines: Lines<R>,
    columns: Vec<String>,
    index: HashMap<String, usize>,
    record: u64,
    /// Lines at the start that were too long, to be told as skipped.
    too_long: VecDeque<u64>,
}

/// What the first lines turned out to be.
pub(super) enum Opened<T> {
    /// A reader that knows its columns.
    Objects(T),
    /// There is no line at all.
    Empty,
    /// The file is one document over many lines, or one whose only line is no record.
    Document,
    /// None of the first lines is an object: how many there are, and what is wrong with the first.
    NoObject { lines: usize, reason: String },
}

impl<R: BufRead> JsonLines<R> {
    pub(super) fn open(input: R, most_bytes: usize) -> io::Result<Opened<Self>> {
        let lines = Lines::new(input, most_bytes);
        let mut reader =
            Self { lines, columns: Vec::new(), index: HashMap::new(), record: 0, too_long: VecDeque::new() };
        let mut seen = Vec::new();
        let mut too_long = false;
        let mut first_reason = None;
        let mut filled = 0;
        let mut only = None;
        for _ in 0..LINES_FOR_COLUMNS {
            let Some(line) = reader.lines.next_line()? else { break };
            let Line::Whole(line) = line else {
                filled += 1;
                first_reason = first_reason.or_else(|| Some(too_long_reason(most_bytes)));
                if seen.is_empty() {
                    reader.too_long.push_back(reader.lines.number());
                    continue;
                }
                too_long = true;
                break;
            };
            let content = line.trim_ascii();
            if !content.is_empty() {
                if filled == 0 && opens_a_document(content) {
                    return Ok(Opened::Document);
                }
                filled += 1;
                match object_of(content) {
                    Ok(object) => {
                        only = (filled == 1).then(|| is_record(&object));
                        object.into_iter().for_each(|(key, _)| reader.add_column(key));
                    }
                    Err(reason) => first_reason = first_reason.or(Some(reason)),
                }
            }
            seen.extend_from_slice(&line);
            if seen.len() > BYTES_FOR_COLUMNS {
                break;
            }
        }
        reader.lines.put_back(&seen, too_long);
        match first_reason {
            _ if filled == 0 => Ok(Opened::Empty),
            _ if filled == 1 && (only == Some(false) || reader.too_long.len() == 1) => Ok(Opened::Document),
            Some(reason) if reader.columns.is_empty() => Ok(Opened::NoObject { lines: filled, reason }),
            _ => Ok(Opened::Objects(reader)),
        }
    }

    fn add_column(&mut self, key: String) {
        if !self.index.contains_key(&key) {
            self.index.insert(key.clone(), self.columns.len());
            self.columns.push(key);
        }
    }

    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    pub(super) fn next_record(&mut self) -> io::Result<Option<Result<Record, SkippedRow>>> {
        if let Some(line) = self.too_long.pop_front() {
            self.record += 1;
            let reason = too_long_reason(self.lines.most_bytes());
            return Ok(Some(Err(SkippedRow { record: self.record, line: Some(line), reason })));
        }
        let Some(line) = self.lines.next_filled_line()? else {
            return Ok(None);
        };
        self.record += 1;
        let (number, line_number) = (self.record, Some(self.lines.number()));
        let object = match line {
            Line::Whole(line) => object_of(line.trim_ascii()),
            Line::TooLong => Err(too_long_reason(self.lines.most_bytes())),
        };
        let object = match object {
            Ok(object) => object,
            Err(reason) => return Ok(Some(Err(SkippedRow { record: number, line: line_number, reason }))),
        };
        let mut cells = vec![Cell::Missing; self.columns.len()];
        for (key, value) in object {
            if let Some(&column) = self.index.get(&key) {
                cells[column] = cell_of(value);
            }
        }
        Ok(Some(Ok(Record { number, line: line_number, cells })))
    }
}

/// Whether the first line is the start of one array or object over the whole file.
fn opens_a_document(line: &[u8]) -> bool {
    matches!(line, b"[" | b"{" | b"[[" | b"[{") || line.starts_with(b"[{") || line.starts_with(b"[[")
}

/// Whether an object is a record rather than a table: some member is one value.
fn is_record(object: &serde_json::Map<String, Value>) -> bool {
    object.is_empty() || object.values().any(|value| !value.is_array() && !value.is_object()) && !has_rows(object)
}

/// Whether a member is a list of objects.
fn has_rows(object: &serde_json::Map<String, Value>) -> bool {
    object.values().any(|value| value.as_array().and_then(|items| items.first()).is_some_and(Value::is_object))
}

/// The object on a line, or what is there instead.
fn object_of(line: &[u8]) -> Result<serde_json::Map<String, Value>, String> {
    let text = std::str::from_utf8(line).map_err(|err| format!("not valid UTF-8 at byte {}", err.valid_up_to() + 1))?;
    match json_value::parse(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => Err(format!("expected a JSON object, got {}", json_value::kind(&other))),
        Err(err) => Err(format!("not valid JSON at byte {}: {}", err.column(), json_value::cause(&err))),
    }
}
