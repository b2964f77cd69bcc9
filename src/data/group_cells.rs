//! The groups that a cell names.

use super::missing::is_missing;
use super::record::Cell;

/// The groups a cell names: one, several as `a;b`, a JSON or Python list of quoted names, or a real list. With `whole`, a
/// text is one group whatever it holds.
///
/// Only quoted names make a list: `[18, 25]` is a band, one group.
pub(super) fn values_of(cell: &Cell, whole: bool) -> Vec<String> {
    let parts = match cell {
        Cell::Missing => Vec::new(),
        Cell::List(items) => items.clone(),
        Cell::Text(text) => {
            let text = text.trim();
            match quoted_items(text) {
                _ if whole => vec![text.to_owned()],
                Some(items) => items,
                None if is_bracketed(text) => vec![text.to_owned()],
                None => text.split(';').map(str::to_owned).collect(),
            }
        }
    };
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !is_missing(part)).collect()
}

/// `[…]`, and the half-open `(…]` and `[…)` that bands are written as.
fn is_bracketed(text: &str) -> bool {
    text.starts_with(['[', '(']) && text.ends_with([']', ')'])
}

/// Items of `["a", "b"]`, or of `['a', "b"]` as Python prints a list; nothing if an item is not quoted.
pub(super) fn quoted_items(text: &str) -> Option<Vec<String>> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    if let Ok(items) = serde_json::from_str::<Vec<Option<String>>>(text) {
        return Some(items.into_iter().flatten().collect());
    }
    let mut items = Vec::new();
    let mut rest = inner.trim_start();
    loop {
        let quote = rest.chars().next().filter(|letter| matches!(letter, '\'' | '"'))?;
        let (item, after) = up_to_quote(&rest[1..], quote)?;
        items.push(item);
        rest = after.trim_start();
        if rest.is_empty() {
            return Some(items);
        }
        rest = rest.strip_prefix(',')?.trim_start();
    }
}

/// The text before the closing quote, backslashes resolved, and what follows.
fn up_to_quote(text: &str, quote: char) -> Option<(String, &str)> {
    let mut item = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => item.push(letters.next()?.1),
            _ if letter == quote => return Some((item, &text[at + 1..])),
            _ => item.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cell: &str, expected: &[&str]) {
        assert_eq!(values_of(&Cell::Text(cell.to_owned()), false), expected, "cell {cell:?}");
    }

    #[test]
    fn a_cell_may_name_several_groups() {
        check("women", &["women"]);
        check(" women ; Muslims;", &["women", "Muslims"]);
        check(r#"["women", "trans people"]"#, &["women", "trans people"]);
        check("['women', 'it\"s', \"it's\"]", &["women", "it\"s", "it's"]);
        check(r"['it\'s']", &["it's"]);
        check(r#"["a", null]"#, &["a"]);
        check("[]", &[]);
        check("  ", &[]);
        let list = Cell::List(vec!["a;b".to_owned(), String::new()]);
        assert_eq!(values_of(&list, false), ["a;b"], "list items stay whole");
    }

    #[test]
    fn bands_and_bare_words_are_one_group() {
        for cell in ["[18, 25]", "(35, 50]", "[50, 65)", "[1, null, true]", "[a; b]", "['a', b]", "['a' 'b']"] {
            check(cell, &[cell]);
        }
    }

    #[test]
    fn a_cell_that_says_nothing_is_in_no_group() {
        for cell in ["NaN", "nan", "None", "N/A", "null", "<NA>", "NA;", "['nan']"] {
            check(cell, &[]);
        }
    }

    #[test]
    fn cells_are_taken_whole_on_request() {
        let cell = Cell::Text(" Q&A; support ".to_owned());
        assert_eq!(values_of(&cell, true), ["Q&A; support"], "one group");
        assert_eq!(values_of(&cell, false), ["Q&A", "support"], "two without");
        assert!(values_of(&Cell::Text("NaN".to_owned()), true).is_empty(), "nothing stays nothing");
    }
}
