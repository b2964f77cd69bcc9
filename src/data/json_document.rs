//! A JSON document that is one table over the whole file: the layouts that pandas and others write.

use std::collections::HashMap;

use serde_json::Map;
use serde_json::Value;

use super::columns::is_usual_name;
use super::json_value::cell_of;
use super::json_value::kind;
use super::record::Cell;

/// A document is held in memory as a whole; a larger one belongs into JSON Lines.
pub(super) const MOST_BYTES: u64 = 256 << 20;

/// Cells of a table, empty ones counted: rows of ever new names would make more than any memory holds.
const MOST_CELLS: usize = 50_000_000;

/// A table by rows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<Cell>>,
    /// Name of the layout, for a person.
    pub(super) layout: &'static str,
}

/// Finds the rows of a document, or says what it is instead.
pub(super) fn table_of(document: Value) -> Result<Table, String> {
    match document {
        Value::Array(rows) => rows_of(rows),
        Value::Object(object) => table_of_object(object),
        other => Err(format!("expected an array or an object, got {}", kind(&other))),
    }
}

fn table_of_object(mut object: Map<String, Value>) -> Result<Table, String> {
    // pandas, orient="split".
    if let (Some(Value::Array(columns)), Some(Value::Array(_))) = (object.get("columns"), object.get("data")) {
        let columns = columns.iter().map(text_of).collect();
        let Some(Value::Array(rows)) = object.remove("data") else { return Err("no data".to_owned()) };
        return Ok(Table { layout: "JSON of columns and data", ..rows_of_lists(columns, rows)? });
    }
    // pandas, orient="table", and files such as {"version": …, "data": [{…}]}.
    let is_rows = |value: &Value| value.as_array().and_then(|rows| rows.first()).is_some_and(Value::is_object);
    let holders: Vec<String> = object.iter().filter(|(_, value)| is_rows(value)).map(|(key, _)| key.clone()).collect();
    let holder = holders.iter().find(|key| *key == "data").or_else(|| holders.first().filter(|_| holders.len() == 1));
    if let Some(Value::Array(rows)) = holder.and_then(|key| object.remove(key)) {
        return Ok(Table { layout: "JSON with the rows in a member", ..rows_of(rows)? });
    }
    // Lists by column.
    if !object.is_empty() && object.values().all(Value::is_array) {
        return columns_of_lists(object);
    }
    if !object.is_empty() && object.values().all(Value::is_object) {
        return table_of_objects(object);
    }
    // One record.
    rows_of(vec![Value::Object(object)])
}

fn rows_of(rows: Vec<Value>) -> Result<Table, String> {
    match rows.first() {
        Some(Value::Object(_)) => {}
        Some(Value::Array(header)) if header.iter().any(|name| name.as_str().is_some_and(is_usual_name)) => {
            let columns = header.iter().map(text_of).collect();
            let rows = rows.into_iter().skip(1).collect();
            return Ok(Table { layout: "JSON of lists under a header", ..rows_of_lists(columns, rows)? });
        }
        Some(Value::Array(_)) => {
            return Err(
                "its rows are lists without names of columns; write objects, as orient=\"records\" does".to_owned()
            );
        }
        Some(other) => return Err(format!("expected an array of objects, got an array with {}", kind(other))),
        None => return Err("the array is empty".to_owned()),
    }
    let mut columns = Columns::default();
    for row in &rows {
        for key in row.as_object().into_iter().flat_map(Map::keys) {
            columns.add(key);
        }
    }
    check_size(columns.names.len(), rows.len())?;
    let cells = rows.into_iter().map(|row| {
        let mut cells = vec![Cell::Missing; columns.names.len()];
        if let Value::Object(row) = row {
            for (key, value) in row {
                cells[columns.index[&key]] = cell_of(value);
            }
        }
        cells
    });
    let rows = cells.collect();
    Ok(Table { rows, columns: columns.names, layout: "JSON array of objects" })
}

fn rows_of_lists(columns: Vec<String>, rows: Vec<Value>) -> Result<Table, String> {
    let row_of = |(number, row): (usize, Value)| match row {
        Value::Array(cells) if cells.len() == columns.len() => Ok(cells.into_iter().map(cell_of).collect()),
        Value::Array(cells) => Err(format!("row {number}: expected {} cells, got {}", columns.len(), cells.len())),
        other => Err(format!("row {number}: expected a list of cells, got {}", kind(&other))),
    };
    let rows = rows.into_iter().enumerate().map(|(row, value)| row_of((row + 1, value))).collect::<Result<_, _>>()?;
    Ok(Table { columns, rows, layout: "" })
}

fn columns_of_lists(object: Map<String, Value>) -> Result<Table, String> {
    let mut table = Table { layout: "JSON of lists by column", ..Table::default() };
    for (name, value) in object {
        let Value::Array(cells) = value else { continue };
        if table.columns.is_empty() {
            table.rows.resize_with(cells.len(), Vec::new);
        }
        if cells.len() != table.rows.len() {
            let (first, expected) = (&table.columns[0], table.rows.len());
            return Err(format!("column {name:?} has {} cells, but {first:?} has {expected}", cells.len()));
        }
        table.columns.push(name);
        for (row, cell) in table.rows.iter_mut().zip(cells) {
            row.push(cell_of(cell));
        }
    }
    Ok(table)
}

/// Objects in an object: by column and then by row, as pandas writes by default, or by row and then by column
/// (orient="index"). Names that texts and labels usually have tell which; without them, there are more rows than columns.
fn table_of_objects(object: Map<String, Value>) -> Result<Table, String> {
    let first: Vec<String> =
        object.values().next().and_then(Value::as_object).into_iter().flat_map(Map::keys).cloned().collect();
    let is_by_column = match (object.keys().any(|key| is_usual_name(key)), first.iter().any(|key| is_usual_name(key))) {
        (true, false) => true,
        (false, true) => false,
        _ => object.len() <= first.len(),
    };
    let (mut outer, mut inner) = (Columns::default(), Columns::default());
    let mut places = Vec::new();
    for (key, value) in object {
        outer.add(&key);
        let Value::Object(members) = value else { continue };
        for (name, value) in members {
            inner.add(&name);
            places.push((outer.names.len() - 1, inner.index[&name], cell_of(value)));
        }
    }
    let (columns, rows) = if is_by_column { (&outer, &inner) } else { (&inner, &outer) };
    check_size(columns.names.len(), rows.names.len())?;
    let mut table = vec![vec![Cell::Missing; columns.names.len()]; rows.names.len()];
    for (outer, inner, cell) in places {
        let (row, column) = if is_by_column { (inner, outer) } else { (outer, inner) };
        table[row][column] = cell;
    }
    let layout = if is_by_column { "JSON of objects by column" } else { "JSON of objects by row" };
    Ok(Table { columns: columns.names.clone(), rows: table, layout })
}

fn check_size(columns: usize, rows: usize) -> Result<(), String> {
    if columns.saturating_mul(rows) <= MOST_CELLS {
        return Ok(());
    }
    Err(format!("{rows} rows with {columns} names in all are more than {MOST_CELLS} cells; write JSON Lines"))
}

/// Names in order of first appearance.
#[derive(Default)]
struct Columns {
    names: Vec<String>,
    index: HashMap<String, usize>,
}

impl Columns {
    fn add(&mut self, name: &str) {
        if !self.index.contains_key(name) {
            self.index.insert(name.to_owned(), self.names.len());
            self.names.push(name.to_owned());
        }
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(document: Value, layout: &str) {
        let shown = document.to_string();
        let table = table_of(document).unwrap();
        assert_eq!(table.columns, ["text", "label"], "columns of {shown}");
        let text = |text: &str| Cell::Text(text.to_owned());
        assert_eq!(table.rows, [[text("a"), text("1")], [text("b"), Cell::Missing]], "rows of {shown}");
        assert_eq!(table.layout, layout, "layout of {shown}");
    }

    #[test]
    fn the_layouts_of_pandas_are_read() {
        check(json!({"text": {"0": "a", "1": "b"}, "label": {"0": 1, "1": null}}), "JSON of objects by column");
        check(json!({"0": {"text": "a", "label": 1}, "1": {"text": "b"}}), "JSON of objects by row");
        let split = json!({"columns": ["text", "label"], "index": [0, 1], "data": [["a", 1], ["b", null]]});
        check(split, "JSON of columns and data");
        check(json!([{"text": "a", "label": 1}, {"text": "b"}]), "JSON array of objects");
        check(json!([["text", "label"], ["a", 1], ["b", null]]), "JSON of lists under a header");
        check(json!({"text": ["a", "b"], "label": [1, null]}), "JSON of lists by column");
        let rows = json!([{"text": "a", "label": 1}, {"text": "b"}]);
        let table = json!({"schema": {"fields": [{"name": "text"}]}, "data": rows});
        check(table, "JSON with the rows in a member");
        check(json!({"version": "1.0", "data": rows}), "JSON with the rows in a member");
    }

    #[test]
    fn what_is_no_table_says_so() {
        for (document, expected) in [
            (json!([]), "the array is empty"),
            (json!([1, 2]), "expected an array of objects, got an array with a number"),
            (json!([["a", 1]]), "its rows are lists without names of columns"),
            (json!({"text": ["a"], "label": [1, 2]}), "column \"label\" has 2 cells, but \"text\" has 1"),
            (json!({"columns": ["text"], "data": [["a", 1]]}), "row 1: expected 1 cells, got 2"),
            (json!("text"), "expected an array or an object, got a text"),
        ] {
            let message = table_of(document.clone()).unwrap_err();
            assert!(message.starts_with(expected), "{document}: {message}");
        }
    }

    #[test]
    fn rows_of_ever_new_names_are_refused() {
        let rows: Vec<Value> = (0..10_000).map(|i| json!({ format!("k{i}"): 1 })).collect();
        let message = table_of(Value::Array(rows)).unwrap_err();
        assert!(message.starts_with("10000 rows with 10000 names in all"), "got: {message}");
    }
}
