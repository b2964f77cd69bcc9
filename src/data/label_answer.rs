//! Labels that are numbers, or sets of names: what they say, as the model's head asks for it.

use super::group_cells::quoted_items;
use super::label::label_index;
use super::missing::is_missing;
use super::record::Cell;

/// Whether a label says that there is none.
#[must_use]
pub fn says_nothing(label: &str) -> bool {
    is_missing(label)
}

/// The finite number that a label is, with a point or, where no point stands in it, a single comma before the decimals.
#[must_use]
pub fn parse_number(label: &str) -> Option<f64> {
    let label = label.trim();
    let pointed = match label.split_once(',') {
        Some((whole, part)) if !label.contains('.') && !part.contains(',') => format!("{whole}.{part}"),
        _ => label.to_owned(),
    };
    // Rust also reads "inf" and "infinity".
    pointed.parse().ok().filter(|number: &f64| number.is_finite())
}

/// The labels that a cell names, as indices into `names`, ascending: a JSON or Python list, or names between `;` or `|`, or
/// one name; with a single label also 0, 1, `false` and `true`. `None` where it names something else.
#[must_use]
pub fn label_names(label: &str, names: &[String]) -> Option<Vec<usize>> {
    let label = label.trim();
    let parts = items(label).unwrap_or_else(|| vec![label.to_owned()]);
    if let ([_], Some(is_there)) = (names, truth(label)) {
        return Some(if is_there { vec![0] } else { Vec::new() });
    }
    // A name may hold a separator itself.
    let whole = parts.iter().map(|part| label_index(part, names)).collect::<Option<Vec<usize>>>();
    let split = || {
        let parts = label.split([';', '|']).map(str::trim).filter(|part| !part.is_empty());
        parts.map(|part| label_index(part, names)).collect::<Option<Vec<usize>>>()
    };
    let mut found = whole.or_else(split)?;
    found.sort_unstable();
    found.dedup();
    Some(found)
}

/// Items of a JSON list of names or numbers, or of a Python list of names.
fn items(label: &str) -> Option<Vec<String>> {
    if let Some(items) = quoted_items(label) {
        return Some(items);
    }
    let numbers: Vec<serde_json::Number> = serde_json::from_str(label).ok()?;
    Some(numbers.iter().map(ToString::to_string).collect())
}

/// Whether a cell of a 0/1 column says yes; `None` where it says neither.
pub(super) fn truth(text: &str) -> Option<bool> {
    match text.trim().to_lowercase().as_str() {
        "1" | "1.0" | "true" => Some(true),
        "0" | "0.0" | "false" => Some(false),
        _ => None,
    }
}

/// The label that several 0/1 columns make: a JSON list of the names of those that say yes. `None` where no column says
/// anything.
///
/// # Errors
/// The name of the column that says something else, or nothing where others do.
pub(super) fn label_of_columns<'a>(cells: impl Iterator<Item = (&'a str, &'a Cell)>) -> Result<Option<String>, String> {
    let (mut said, mut silent) = (Vec::new(), None);
    let mut count = 0;
    for (name, cell) in cells {
        let text = cell.as_text().filter(|text| !is_missing(text));
        match text.map(truth) {
            Some(Some(is_there)) => {
                count += 1;
                said.extend(is_there.then_some(name));
            }
            Some(None) => {
                let got = text.unwrap_or_default().chars().take(40).collect::<String>();
                return Err(format!("expected 0 or 1 in label column {name:?}, got {got:?}"));
            }
            None => silent = silent.or(Some(name)),
        }
    }
    match silent {
        _ if count == 0 => Ok(None),
        Some(name) => Err(format!("expected 0 or 1 in label column {name:?}, got nothing")),
        None => Ok(Some(serde_json::Value::from(said).to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        ["toxic", "insult", "a;b"].map(str::to_owned).to_vec()
    }

    #[test]
    fn numbers_have_a_point_or_a_comma() {
        for (label, expected) in [("3.5", 3.5), (" -2 ", -2.0), ("3,5", 3.5), ("1e-3", 1e-3), ("+4", 4.0)] {
            assert_eq!(parse_number(label), Some(expected), "{label:?}");
        }
        for label in ["", "good", "1,000.5", "1,2,3", "inf", "nan", "3 stars"] {
            assert_eq!(parse_number(label), None, "{label:?} is no number");
        }
    }

    #[test]
    fn a_cell_names_any_number_of_labels() {
        for (cell, expected) in [
            (r#"["insult", "toxic"]"#, vec![0, 1]),
            ("['toxic']", vec![0]),
            ("[]", vec![]),
            ("[1, 0]", vec![0, 1]),
            ("toxic;Insult", vec![0, 1]),
            ("toxic | insult", vec![0, 1]),
            ("toxic;toxic;", vec![0]),
            ("a;b", vec![2]),
            ("insult", vec![1]),
            ("2", vec![2]),
        ] {
            assert_eq!(label_names(cell, &names()), Some(expected), "{cell:?}");
        }
        for cell in ["threat", "toxic;threat", "[\"threat\"]", "3", "0.5"] {
            assert_eq!(label_names(cell, &names()), None, "{cell:?} names something else");
        }
        let one = ["toxic".to_owned()];
        let of_one = ["1", "false", "toxic"].map(|cell| label_names(cell, &one));
        assert_eq!(of_one, [Some(vec![0]), Some(vec![]), Some(vec![0])], "a single label is there or not");
    }

    #[test]
    fn columns_of_zeros_and_ones_make_a_list() {
        let label = |cells: [&str; 2]| {
            let cells = cells.map(|cell| Cell::Text(cell.to_owned()));
            label_of_columns(["toxic", "insult"].into_iter().zip(&cells))
        };
        assert_eq!(label(["1", "0"]), Ok(Some(r#"["toxic"]"#.to_owned())), "one says yes");
        assert_eq!(label(["0", "False"]), Ok(Some("[]".to_owned())), "none does");
        assert_eq!(label(["", "NaN"]), Ok(None), "nothing is said");
        assert_eq!(label(["1", "-1"]), Err(r#"expected 0 or 1 in label column "insult", got "-1""#.to_owned()), "else");
        assert_eq!(label(["", "1"]), Err(r#"expected 0 or 1 in label column "toxic", got nothing"#.to_owned()), "gap");
    }
}
