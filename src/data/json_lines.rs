//! JSON Lines: one object a line.

use std::collections::HashMap;
use std::io;
use std::io::BufRead;

use serde_json::Value;

use super::dataset::SkippedRow;
use super::lines::Lines;
use super::record::Cell;
use super::record::Record;

/// Columns are the keys of the first lines; a key that first appears later is not read.
const LINES_FOR_COLUMNS: usize = 1000;

/// Reads one object after another.
pub(super) struct JsonLines<R> {
    lines: Lines<R>,
    columns: Vec<String>,
    index: HashMap<String, usize>,
    record: u64,
}

/// What the first lines turned out to be.
pub(super) enum Opened<T> {
    /// A reader that knows its columns.
    Objects(T),
    /// There is no line at all.
    Empty,
    /// The whole file is one array.
    Array,
    /// None of the first lines is an object: how many there are, and what is wrong with the first.
    NoObject { lines: usize, reason: String },
}

impl<R: BufRead> JsonLines<R> {
    pub(super) fn open(input: R) -> io::Result<Opened<Self>> {
        let mut reader = Self { lines: Lines::new(input), columns: Vec::new(), index: HashMap::new(), record: 0 };
        let mut seen = Vec::new();
        let mut first_reason = None;
        let mut filled = 0;
        for _ in 0..LINES_FOR_COLUMNS {
            let Some(line) = reader.lines.next_line()? else { break };
            let content = line.trim_ascii();
            if !content.is_empty() {
                if filled == 0 && (content == b"[" || content.starts_with(b"[{")) {
                    return Ok(Opened::Array);
                }
                filled += 1;
                match object_of(content) {
                    Ok(object) => object.into_iter().for_each(|(key, _)| reader.add_column(key)),
                    Err(reason) => first_reason = first_reason.or(Some(reason)),
                }
            }
            seen.extend_from_slice(&line);
        }
        reader.lines.put_back(&seen);
        match first_reason {
            _ if filled == 0 => Ok(Opened::Empty),
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
        let Some(line) = self.lines.next_filled_line()? else {
            return Ok(None);
        };
        self.record += 1;
        let (number, line_number) = (self.record, Some(self.lines.number()));
        let object = match object_of(line.trim_ascii()) {
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

/// The object on a line, or what is there instead.
fn object_of(line: &[u8]) -> Result<serde_json::Map<String, Value>, String> {
    let text = std::str::from_utf8(line).map_err(|err| format!("not valid UTF-8 at byte {}", err.valid_up_to() + 1))?;
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => Err(format!("expected a JSON object, got {}", kind(&other))),
        Err(err) => Err(format!("not valid JSON at byte {}: {}", err.column(), cause(&err))),
    }
}

/// The parser's message without its own "at line 1 column 7": the line is known better here.
fn cause(err: &serde_json::Error) -> String {
    let message = err.to_string();
    message.split_once(" at line ").map_or(message.clone(), |(cause, _)| cause.to_owned())
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn cell_of(value: Value) -> Cell {
    match value {
        Value::Null => Cell::Missing,
        Value::String(text) if text.is_empty() => Cell::Missing,
        Value::String(text) => Cell::Text(text),
        Value::Array(items) => Cell::List(items.into_iter().filter_map(item_text).collect()),
        other => Cell::Text(other.to_string()),
    }
}

fn item_text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}
