//! JSON as it is found in files: with the `NaN` and `Infinity` that Python writes.

use serde_json::Value;

use super::record::Cell;

/// What Python's `json` writes for numbers that JSON does not know, longest first.
const NOT_FINITE: [&str; 3] = ["-Infinity", "Infinity", "NaN"];

/// Parses one value. `NaN`, `Infinity` and `-Infinity` stand for nothing, as `null` does.
///
/// # Errors
/// The parser's own, with its place in the text as written.
pub(super) fn parse(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| {
        let Some(text) = without_not_finite(text) else { return Err(error) };
        serde_json::from_str(&text).map_err(|_same| error)
    })
}

/// The text with `null` for numbers that are not finite, outside strings; nothing where there is none.
fn without_not_finite(text: &str) -> Option<String> {
    let (mut clean, mut rest, mut found) = (String::with_capacity(text.len() + 16), text, false);
    let mut in_string = false;
    while let Some(at) = rest.find(['"', '\\', 'N', 'I', '-']) {
        clean.push_str(&rest[..at]);
        rest = &rest[at..];
        let name = NOT_FINITE.iter().find(|name| !in_string && rest.starts_with(**name));
        let len = if let Some(name) = name {
            clean.push_str("null");
            found = true;
            name.len()
        } else {
            // A backslash takes the next letter along, which may be a quote.
            let is_escape = rest.starts_with('\\');
            in_string ^= rest.starts_with('"');
            let len = rest.chars().take(1 + usize::from(is_escape)).map(char::len_utf8).sum();
            clean.push_str(&rest[..len]);
            len
        };
        rest = &rest[len..];
    }
    clean.push_str(rest);
    found.then_some(clean)
}

/// The parser's message without its own "at line 1 column 7": the line is known better where it is read.
pub(super) fn cause(err: &serde_json::Error) -> String {
    let message = err.to_string();
    message.split_once(" at line ").map_or(message.clone(), |(cause, _)| cause.to_owned())
}

pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

pub(super) fn cell_of(value: Value) -> Cell {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_not_finite_are_missing() {
        let text = r#"{"a": NaN, "b": [Infinity, -Infinity, -1], "c": "NaN \\\" Infinity", "d": -0.5}"#;
        let expected = serde_json::json!({"a": null, "b": [null, null, -1], "c": "NaN \\\" Infinity", "d": -0.5});
        assert_eq!(parse(text).unwrap(), expected, "outside strings alone");
    }

    #[test]
    fn an_error_is_that_of_the_text_as_written() {
        let error = parse(r#"{"a": NaN, "b": x}"#).unwrap_err();
        assert_eq!((error.column(), cause(&error)), (7, "expected value".to_owned()), "the first thing it cannot read");
        assert!(parse("NaN, \u{e9}\\").is_err(), "an escape at the end");
    }
}
