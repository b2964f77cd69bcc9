//! Labels as written in files, and what they mean.

use super::error::Error;

/// The target of a label map that leaves rows without a label.
pub const NO_LABEL: &str = "-";

/// The class a label stands for: a class name without regard to case, a class number from 0, or, with two
/// classes, `true` and `false`.
///
/// Names go first: with classes named "1" and "2" the label `1` is the first of them.
#[must_use]
pub fn label_index(label: &str, labels: &[String]) -> Option<usize> {
    let label = label.trim();
    let folded = label.to_lowercase();
    let exact = labels.iter().position(|name| name == label);
    if let Some(index) = exact.or_else(|| labels.iter().position(|name| name.trim().to_lowercase() == folded)) {
        return Some(index);
    }
    match folded.as_str() {
        "true" if labels.len() == 2 => return Some(1),
        "false" if labels.len() == 2 => return Some(0),
        _ => {}
    }
    // Data frames with gaps write class numbers as 1.0.
    let digits = folded.strip_suffix(".0").unwrap_or(&folded);
    digits.parse().ok().filter(|&index: &usize| index < labels.len())
}

/// Reads `hateful=toxic,non-hateful=ok`. The target `-` leaves rows without a label. A key such as `>=4` or `<4` compares numbers: `>=4=toxic,<4=benign`.
///
/// # Errors
/// [`Error::LabelMap`] names the entry that is not of the form `FROM=TO`.
pub fn parse_label_map(text: &str) -> Result<Vec<(String, String)>, Error> {
    let entry_of = |entry: &str| {
        let (from, to) = entry.rsplit_once('=')?;
        let (from, to) = (from.trim(), to.trim());
        // ">=4" alone would otherwise read as ">" to "4".
        let is_bare_comparison = matches!(from, "<" | ">");
        (!from.is_empty() && !to.is_empty() && !is_bare_comparison).then(|| (from.to_owned(), to.to_owned()))
    };
    text.split(',').map(|entry| entry_of(entry).ok_or_else(|| Error::LabelMap { entry: entry.to_owned() })).collect()
}

/// The label after the map: the first entry that fits, exactly, without case, or by comparison; else as it was. Nothing
/// where the map says [`NO_LABEL`].
#[must_use]
pub fn mapped_label(label: &str, map: &[(String, String)]) -> Option<String> {
    let label = label.trim();
    let folded = label.to_lowercase();
    let exact = map.iter().find(|(from, _)| from == label);
    let found = exact.or_else(|| map.iter().find(|(from, _)| from.to_lowercase() == folded || compares(from, label)));
    match found {
        Some((_, to)) if to == NO_LABEL => None,
        Some((_, to)) => Some(to.clone()),
        None => Some(label.to_owned()),
    }
}

/// Whether `rule` is a comparison with a number that `label` passes.
fn compares(rule: &str, label: &str) -> bool {
    type Compare = fn(&f64, &f64) -> bool;
    let operators: [(&str, Compare); 4] = [(">=", f64::ge), ("<=", f64::le), (">", f64::gt), ("<", f64::lt)];
    let Some((bound, compare)) = operators.iter().find_map(|(sign, f)| Some((rule.strip_prefix(sign)?, f))) else {
        return false;
    };
    match (label.parse(), bound.trim().parse()) {
        (Ok(value), Ok(bound)) => compare(&value, &bound),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(label: &str, labels: &[&str], expected: Option<usize>) {
        let labels: Vec<String> = labels.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(label_index(label, &labels), expected, "label {label:?} among {labels:?}");
    }

    #[test]
    fn labels_are_names_numbers_or_truth_values() {
        check("positive", &["negative", "positive"], Some(1));
        check(" Negative", &["negative", "POSITIVE"], Some(0));
        check("1", &["negative", "positive"], Some(1));
        check("0.0", &["negative", "positive"], Some(0));
        check("1", &["1", "2", "3"], Some(0));
        check("2", &["a", "b"], None);
        check("-1", &["a", "b"], None);
        check("0.5", &["a", "b"], None);
        check("True", &["ok", "toxic"], Some(1));
        check("FALSE", &["ok", "toxic"], Some(0));
        check("true", &["a", "b", "c"], None);
        check("", &["a", "b"], None);
        check("toxic", &["ok", "Toxic", "toxic"], Some(2));
    }

    #[test]
    fn a_label_map_reads_and_applies() {
        let map = parse_label_map("hateful=toxic, non-hateful = ok").unwrap();
        let mapped = |label: &str| mapped_label(label, &map);
        assert_eq!(mapped("Hateful").as_deref(), Some("toxic"), "without case");
        assert_eq!(mapped("non-hateful").as_deref(), Some("ok"), "spaces around names are dropped");
        assert_eq!(mapped("other").as_deref(), Some("other"), "unmapped labels stay");
        let map = parse_label_map("unsure=-").unwrap();
        assert_eq!(mapped_label("unsure", &map), None, "a label that is none");
    }

    #[test]
    fn a_label_map_compares_numbers() {
        let map = parse_label_map(">=4=toxic,<4=benign").unwrap();
        for (label, expected) in [("4.0", "toxic"), ("5", "toxic"), ("3.67", "benign"), ("unknown", "unknown")] {
            assert_eq!(mapped_label(label, &map).as_deref(), Some(expected), "label {label}");
        }
    }

    #[test]
    fn a_bad_label_map_names_its_entry() {
        for (text, entry) in [("a=b,c", "c"), ("=b", "=b"), ("a=", "a="), ("", ""), (">=4", ">=4")] {
            let message = parse_label_map(text).unwrap_err().to_string();
            assert_eq!(message, format!("label map entry {entry:?} is not of the form FROM=TO"), "map {text:?}");
        }
    }
}
