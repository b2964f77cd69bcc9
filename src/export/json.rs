//! JSON as it is written to files: ordered keys, short rows of scalars on one line, numbers as short as they can be.

use serde_json::Value;

/// Columns after which a list is broken into lines.
const WIDTH: usize = 120;

/// Writes a document with two spaces of indent; a list or object of scalars stays on one line where it fits, a longer
/// list of scalars always does.
///
/// The same value always gives the same bytes.
#[must_use]
pub fn json_text(value: &Value) -> String {
    let mut text = String::new();
    write(&mut text, value, 0);
    text.push('\n');
    text
}

fn write(text: &mut String, value: &Value, indent: usize) {
    let children: Vec<(Option<&String>, &Value)> = match value {
        Value::Array(items) => items.iter().map(|item| (None, item)).collect(),
        Value::Object(entries) => entries.iter().map(|(key, item)| (Some(key), item)).collect(),
        _ => Vec::new(),
    };
    if children.is_empty() || stays_on_line(value, &children, indent) {
        text.push_str(&spaced(value));
        return;
    }
    let (open, close) = if value.is_array() { ('[', ']') } else { ('{', '}') };
    text.push(open);
    for (index, (key, item)) in children.into_iter().enumerate() {
        text.push_str(if index == 0 { "\n" } else { ",\n" });
        text.push_str(&" ".repeat(indent + 2));
        if let Some(key) = key {
            text.push_str(&Value::from(key.as_str()).to_string());
            text.push_str(": ");
        }
        write(text, item, indent + 2);
    }
    text.push('\n');
    text.push_str(&" ".repeat(indent));
    text.push(close);
}

fn stays_on_line(value: &Value, children: &[(Option<&String>, &Value)], indent: usize) -> bool {
    let only_scalars = children.iter().all(|(_, item)| !item.is_array() && !item.is_object());
    let only_numbers = value.is_array() && children.iter().all(|(_, item)| item.is_number() || item.is_null());
    only_numbers || (only_scalars && indent + spaced(value).len() <= WIDTH)
}

/// One line with a space after commas and colons outside strings.
fn spaced(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(spaced).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(entries) => {
            let entry = |(key, item): (&String, &Value)| format!("{}: {}", Value::from(key.as_str()), spaced(item));
            let entries: Vec<String> = entries.iter().map(entry).collect();
            format!("{{{}}}", entries.join(", "))
        }
        scalar => scalar.to_string(),
    }
}

/// A single-precision number with as few digits as tell it apart; null if it is not finite.
#[must_use]
pub(super) fn short(value: f32) -> Value {
    value.to_string().parse::<f64>().ok().filter(|value| value.is_finite()).map_or(Value::Null, Value::from)
}

/// [`short`] for each of them.
#[must_use]
pub(super) fn shorts(values: &[f32]) -> Value {
    values.iter().map(|value| short(*value)).collect()
}

/// Adds `files` to what is written of a strategy, where its settings name any: the spec says their content, this says
/// where they lay.
pub(super) fn put_files(entry: &mut Value, files: &[impl serde::Serialize]) {
    if !files.is_empty() {
        entry["files"] = serde_json::json!(files);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rows_of_scalars_stay_on_one_line() {
        let value = json!({ "b": [1, 2.5, null], "a": { "x": "y: z" }, "list": [[1], [2]], "none": [] });
        let expected = "{\n  \"b\": [1, 2.5, null],\n  \"a\": {\"x\": \"y: z\"},\n  \"list\": [\n    [1],\n    [2]\n  ],\n  \"none\": []\n}\n";
        assert_eq!(json_text(&value), expected, "order is kept and nesting is indented");
        let back: Value = serde_json::from_str(expected).unwrap();
        assert_eq!(back, value, "it reads back");
    }

    #[test]
    fn numbers_are_as_short_as_they_can_be() {
        assert_eq!(short(0.21).to_string(), "0.21", "not 0.20999999344348907");
        assert_eq!(short(f32::NAN), Value::Null, "JSON knows no NaN");
        assert_eq!(shorts(&[1.0, f32::INFINITY]).to_string(), "[1.0,null]", "nor infinity");
    }
}
