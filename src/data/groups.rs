//! Group columns while they are being read.

use std::collections::HashMap;

use super::dataset::GroupColumn;
use super::memberships::Memberships;
use super::memberships::MembershipsBuilder;
use super::record::Cell;

/// More distinct values than this and a column is not offered as groups by itself.
pub(super) const MAX_GUESSED_VALUES: usize = 40;

/// Longer values are prose, not names of groups.
const MAX_GUESSED_CHARS: usize = 60;

/// One column on its way to being a [`GroupColumn`].
pub(super) struct GroupBuilder {
    name: String,
    values: Vec<String>,
    index: HashMap<String, usize>,
    rows: MembershipsBuilder,
    filled: usize,
    memberships: usize,
    /// Whether the user named it; a guessed column is given up as soon as it stops looking like groups.
    named: bool,
    given_up: bool,
}

impl GroupBuilder {
    pub(super) fn new(name: &str, named: bool) -> Self {
        let (values, index, rows) = (Vec::new(), HashMap::new(), MembershipsBuilder::default());
        Self { name: name.to_owned(), values, index, rows, filled: 0, memberships: 0, named, given_up: false }
    }

    /// Takes the next row's cell.
    pub(super) fn push(&mut self, cell: &Cell) {
        if self.given_up {
            return;
        }
        let mut members = Vec::new();
        for value in values_of(cell) {
            if !self.named && !looks_like_a_group(&value) {
                return self.give_up();
            }
            let next = self.values.len();
            let index = *self.index.entry(value).or_insert_with_key(|value| {
                self.values.push(value.clone());
                next
            });
            if !members.contains(&index) {
                members.push(index);
            }
        }
        if !self.named && self.values.len() > MAX_GUESSED_VALUES {
            return self.give_up();
        }
        self.filled += usize::from(!members.is_empty());
        self.memberships += members.len();
        self.rows.push(members);
    }

    fn give_up(&mut self) {
        self.given_up = true;
        self.rows = MembershipsBuilder::default();
        self.index = HashMap::new();
    }

    /// The column and its rows, or nothing if it does not divide the examples.
    pub(super) fn finish(self) -> Option<(GroupColumn, Memberships)> {
        let column = GroupColumn { name: self.name, values: self.values };
        let divides = column.values.len() >= 2 || (column.values.len() == 1 && self.filled < self.rows.len());
        let repeats = column.values.len() < self.memberships;
        let keep = self.named || (!self.given_up && divides && repeats);
        keep.then(|| (column, self.rows.finish()))
    }
}

/// Decimal numbers are measurements and long values are prose.
fn looks_like_a_group(value: &str) -> bool {
    let is_decimal = value.contains('.') && value.parse::<f64>().is_ok();
    !is_decimal && value.chars().count() <= MAX_GUESSED_CHARS
}

/// The groups a cell names: one, several as `a;b`, a JSON or Python list, or a real list.
pub(super) fn values_of(cell: &Cell) -> Vec<String> {
    let parts = match cell {
        Cell::Missing => Vec::new(),
        Cell::List(items) => items.clone(),
        Cell::Text(text) => {
            let text = text.trim();
            let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            match inner {
                Some(inner) => list_items(text, inner),
                None => text.split(';').map(str::to_owned).collect(),
            }
        }
    };
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// Items of `["a", "b"]`, or of `['a', 'b']` as Python prints a list.
fn list_items(text: &str, inner: &str) -> Vec<String> {
    if let Ok(items) = serde_json::from_str::<Vec<serde_json::Value>>(text) {
        let item_text = |item: serde_json::Value| match item {
            serde_json::Value::Null => String::new(),
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        return items.into_iter().map(item_text).collect();
    }
    let mut items = Vec::new();
    let mut item = String::new();
    let mut quote = None;
    for letter in inner.chars() {
        match quote {
            Some(open) if letter == open => quote = None,
            None if letter == ',' => items.push(std::mem::take(&mut item)),
            None if item.trim().is_empty() && matches!(letter, '\'' | '"') => quote = Some(letter),
            _ => item.push(letter),
        }
    }
    items.push(item);
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cell: &str, expected: &[&str]) {
        assert_eq!(values_of(&Cell::Text(cell.to_owned())), expected, "cell {cell:?}");
    }

    #[test]
    fn a_cell_may_name_several_groups() {
        check("women", &["women"]);
        check(" women ; Muslims;", &["women", "Muslims"]);
        check(r#"["women", "trans people"]"#, &["women", "trans people"]);
        check("['women', 'it\"s']", &["women", "it\"s"]);
        check("[1, null, true]", &["1", "true"]);
        check("[]", &[]);
        check("  ", &[]);
        check("[a, b]", &["a", "b"]);
        assert_eq!(values_of(&Cell::List(vec!["a;b".to_owned(), String::new()])), ["a;b"], "list items stay whole");
    }

    fn guess(cells: &[&str]) -> Option<(Vec<String>, Vec<Vec<usize>>)> {
        let mut builder = GroupBuilder::new("column", false);
        for cell in cells {
            builder.push(&Cell::Text((*cell).to_owned()));
        }
        let count = cells.len();
        builder.finish().map(|(column, rows)| (column.values, (0..count).map(|row| rows.of(row).to_vec()).collect()))
    }

    #[test]
    fn columns_that_divide_the_examples_are_guessed() {
        let (values, rows) = guess(&["b", "a", "b;a;b", ""]).unwrap();
        assert_eq!(values, ["b", "a"], "in order of appearance");
        assert_eq!(rows, [vec![0], vec![1], vec![0, 1], vec![]], "several, one, none; each once");
        assert!(guess(&["a", "", "a"]).is_some(), "one value against none divides too");
        for (cells, why) in [
            (&["a", "a"][..], "one value everywhere"),
            (&["a", "b", "c"], "every value once"),
            (&["0.5", "1.0", "0.5"], "measurements"),
            (&["", ""], "nothing at all"),
        ] {
            assert_eq!(guess(cells), None, "{why}");
        }
        let prose = "word ".repeat(20);
        assert_eq!(guess(&[&prose, "a", "a", "b"]), None, "prose");
    }

    #[test]
    fn forty_values_are_groups_and_forty_one_are_not() {
        for (distinct, expected) in [(40, true), (41, false)] {
            let cells: Vec<String> = (0..200).map(|i| format!("v{}", i % distinct)).collect();
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            assert_eq!(guess(&cells).is_some(), expected, "{distinct} distinct values");
        }
    }

    #[test]
    fn a_named_column_is_taken_whatever_it_holds() {
        let mut builder = GroupBuilder::new("column", true);
        for i in 0..100 {
            builder.push(&Cell::Text(format!("{i}.5")));
        }
        assert_eq!(builder.finish().unwrap().0.values.len(), 100, "every value is a group");
    }
}
