//! How files spell that nothing is there.

/// What pandas reads as missing by default (`read_csv`, `na_values`), without the empty text.
const SPELLINGS: [&str; 16] = [
    "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL",
    "NaN", "None", "n/a",
];

/// Two more that are spelled in lower case alone, and what date columns hold.
const OTHERS: [&str; 3] = ["nan", "null", "NaT"];

/// Whether a cell says that it has no value. Letters count: `none` may be the name of a class, `None` is Python's nothing.
pub(crate) fn is_missing(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || SPELLINGS.contains(&text) || OTHERS.contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_many_spellings() {
        for text in ["", "  ", "NaN", "nan", "NA", "N/A", "n/a", "null", "NULL", "None", "<NA>", "NaT", " NaN "] {
            assert!(is_missing(text), "{text:?} says nothing");
        }
        for text in ["none", "na", "0", "-", "Nancy", "unknown", "other"] {
            assert!(!is_missing(text), "{text:?} is a value");
        }
    }
}
