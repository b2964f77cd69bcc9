//! The labels of a file against the classes of a model: matched as a whole, or not at all.

use super::label::NO_LABEL;
use super::missing::is_missing;

/// Labels that are listed in a message.
const LISTED: usize = 8;

/// Stands for a class that the user has to name.
const ANY_CLASS: &str = "CLASS";

/// Names that are this similar (Jaro and Winkler) are offered for one another.
const SIMILAR: f64 = 0.8;

/// Labels that do not fit the classes as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The labels with their counts, for a person: `"1" (8 rows), "2" (8)`.
    pub labels: String,
    /// A label map to copy, with the likeliest meaning of every label.
    pub label_map: String,
}

/// The class of each label, `None` for those that say there is none. Labels come with their numbers of rows, and should be
/// those of the whole file: a sample may hold 1 alone where the file holds 1 and 2.
///
/// All labels must be read in one way: as names of classes without regard to case, spaces, hyphens and underscores; as
/// `LABEL_0`; as class numbers from 0; with two classes as `true` and `false`; or, where the model has no names but
/// `LABEL_0`, as the names that the file gives to its numbers.
/// A `-1` among class numbers that hold 0 says that there is no label, as `datasets` writes it.
///
/// # Errors
/// If no way fits all of them: labels 1 and 2 are no class numbers of two classes, not even the 1.
pub fn match_labels(
    labels: &[(String, usize)],
    classes: &[String],
    file_names: Option<&[String]>,
) -> Result<Vec<Option<usize>>, Mismatch> {
    let is_class = |label: &str| classes.iter().any(|class| class == label);
    let mut named: Vec<&str> = labels.iter().map(|(label, _)| label.trim()).collect();
    named.retain(|label| is_class(label) || !is_missing(label));
    let with_unlabelled: Vec<&str> = named.iter().copied().filter(|label| number(label) != Some(-1)).collect();
    for reading in READINGS {
        let class_of = |label: &str| reading(label, classes, file_names);
        let fit = |labels: &[&str]| labels.iter().all(|label| class_of(label).is_some());
        let zero_occurs = with_unlabelled.is_empty() || with_unlabelled.iter().any(|label| number(label) == Some(0));
        if fit(&named) || (zero_occurs && fit(&with_unlabelled)) {
            let class_of_label = labels.iter().map(|(label, _)| {
                let label = label.trim();
                if is_class(label) || !is_missing(label) { class_of(label) } else { None }
            });
            return Ok(class_of_label.collect());
        }
    }
    Err(Mismatch { labels: listed(labels), label_map: suggested(&named, classes) })
}

type Reading = fn(&str, &[String], Option<&[String]>) -> Option<usize>;

/// Ways to read all labels of a file, the surest first.
const READINGS: [Reading; 5] = [by_name, by_generic_name, by_number, by_truth, by_file_name];

fn by_name(label: &str, classes: &[String], _: Option<&[String]>) -> Option<usize> {
    let exact = classes.iter().position(|class| class == label);
    exact.or_else(|| classes.iter().position(|class| folded(class) == folded(label)))
}

fn by_generic_name(label: &str, classes: &[String], _: Option<&[String]>) -> Option<usize> {
    generic(label).filter(|&class| class < classes.len())
}

/// Where classes are named by numbers, other numbers are no classes.
fn by_number(label: &str, classes: &[String], _: Option<&[String]>) -> Option<usize> {
    let class = usize::try_from(number(label)?).ok().filter(|&class| class < classes.len());
    class.filter(|_| classes.iter().all(|class| number(class).is_none()))
}

fn by_truth(label: &str, classes: &[String], _: Option<&[String]>) -> Option<usize> {
    match label.to_lowercase().as_str() {
        "false" if classes.len() == 2 => Some(0),
        "true" if classes.len() == 2 => Some(1),
        _ => None,
    }
}

fn by_file_name(label: &str, classes: &[String], file_names: Option<&[String]>) -> Option<usize> {
    let names = file_names.filter(|names| names.len() == classes.len())?;
    let has_no_names = classes.iter().enumerate().all(|(class, name)| generic(name) == Some(class));
    names.iter().position(|name| has_no_names && name == label)
}

/// `Non-Toxic`, `non_toxic` and ` non  toxic ` are one name.
fn folded(name: &str) -> String {
    let name = name.to_lowercase();
    let words = name.split(|letter: char| letter.is_whitespace() || matches!(letter, '_' | '-'));
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// 3 of `LABEL_3`.
fn generic(name: &str) -> Option<usize> {
    name.to_lowercase().strip_prefix("label_")?.parse().ok()
}

/// A whole number, also as `1.0`, which data frames with gaps write.
fn number(label: &str) -> Option<i64> {
    let whole = label.split_once('.').map_or(label, |(whole, part)| {
        let is_zero = !part.is_empty() && part.bytes().all(|digit| digit == b'0');
        if is_zero { whole } else { label }
    });
    whole.parse().ok()
}

fn listed(labels: &[(String, usize)]) -> String {
    let shown = labels.iter().take(LISTED).map(|(label, count)| {
        let rows = if *count == 1 { "row" } else { "rows" };
        format!("{:?} ({count} {rows})", shortened(label))
    });
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if labels.len() > LISTED {
        text = format!("{text} and {} more", labels.len() - LISTED);
    }
    text
}

fn shortened(label: &str) -> String {
    const MOST: usize = 60;
    match label.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}\u{2026}", &label[..end]),
        None => label.to_owned(),
    }
}

/// The likeliest meaning of every label, in the words of `--label-map`.
fn suggested(labels: &[&str], classes: &[String]) -> String {
    let mut numbers: Vec<(f64, &str)> = labels.iter().filter_map(|label| Some((label.parse().ok()?, *label))).collect();
    numbers.retain(|(number, _)| number.is_finite());
    numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
    let are_numbers = numbers.len() == labels.len() && !numbers.is_empty();
    let entries: Vec<String> = match classes {
        _ if are_numbers && numbers.len() == classes.len() => {
            numbers.iter().zip(classes).map(|((_, label), class)| format!("{label}={class}")).collect()
        }
        [low, high] if are_numbers && numbers.len() > 2 => {
            let bound = numbers[numbers.len().div_ceil(2)].1;
            vec![format!(">={bound}={high}"), format!("<{bound}={low}")]
        }
        _ => {
            let meanings: Vec<_> = labels.iter().take(LISTED).map(|label| (label, likeliest(label, classes))).collect();
            // Where one label is like a class, the others may be no class; where none is, nobody can tell.
            let none = if meanings.iter().any(|(_, class)| class.is_some()) { NO_LABEL } else { ANY_CLASS };
            meanings.iter().map(|(label, class)| format!("{label}={}", class.unwrap_or(none))).collect()
        }
    };
    entries.join(",")
}

/// The class whose name is most like the label, if any is.
fn likeliest<'a>(label: &str, classes: &'a [String]) -> Option<&'a str> {
    if let Some(class) = READINGS.iter().find_map(|reading| reading(label, classes, None)) {
        return Some(&classes[class]);
    }
    let label: String = folded(label).chars().take(LISTED * LISTED).collect();
    let likeness = |class: &&String| {
        let class = folded(class);
        let is_start = !label.is_empty() && (class.starts_with(&label) || label.starts_with(&class));
        if is_start { 1.0 } else { strsim::jaro_winkler(&label, &class) }
    };
    let best = classes.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    best.filter(|class| likeness(class) >= SIMILAR).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(labels: &[&str]) -> Vec<(String, usize)> {
        labels.iter().map(|label| ((*label).to_owned(), 8)).collect()
    }

    fn classes(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn fits(labels: &[&str], names: &[&str], expected: &[Option<usize>]) {
        let found = match_labels(&values(labels), &classes(names), None);
        assert_eq!(found.as_deref(), Ok(expected), "{labels:?} among {names:?}");
    }

    fn refused(labels: &[&str], names: &[&str], label_map: &str) {
        let found = match_labels(&values(labels), &classes(names), None);
        let mismatch = found.expect_err("labels that do not fit");
        assert_eq!(mismatch.label_map, label_map, "{labels:?} among {names:?}");
    }

    const TWO: &[&str] = &["negative", "positive"];

    #[test]
    fn sets_of_labels_that_fit_are_matched() {
        fits(&["positive", "negative"], TWO, &[Some(1), Some(0)]);
        fits(&[" Positive", "NEGATIVE "], TWO, &[Some(1), Some(0)]);
        fits(&["non_toxic", "Toxic"], &["Non-toxic", "toxic"], &[Some(0), Some(1)]);
        fits(&["0", "1"], TWO, &[Some(0), Some(1)]);
        fits(&["1.0", "0.0"], TWO, &[Some(1), Some(0)]);
        fits(&["1"], TWO, &[Some(1)]);
        fits(&["True", "False"], TWO, &[Some(1), Some(0)]);
        fits(&["LABEL_1", "label_0"], TWO, &[Some(1), Some(0)]);
        fits(&["1", "2", "3"], &["1", "2", "3"], &[Some(0), Some(1), Some(2)]);
        fits(&["toxic", "Toxic"], &["Toxic", "toxic"], &[Some(1), Some(0)]);
        fits(&[], TWO, &[]);
    }

    #[test]
    fn what_says_nothing_is_no_label() {
        fits(&["1", "NaN", "0", "N/A"], TWO, &[Some(1), None, Some(0), None]);
        fits(&["None", "joy"], &["None", "joy"], &[Some(0), Some(1)]);
        fits(&["-1", "0", "1"], TWO, &[None, Some(0), Some(1)]);
        fits(&["-1"], TWO, &[None]);
        fits(&["nan"], TWO, &[None]);
    }

    #[test]
    fn sets_that_do_not_fit_are_refused_with_a_map() {
        refused(&["2", "1"], TWO, "1=negative,2=positive");
        refused(&["-1", "1"], TWO, "-1=negative,1=positive");
        refused(&["1", "2", "3", "4", "5"], TWO, ">=4=positive,<4=negative");
        refused(&["0.1", "0.5", "1.0"], TWO, ">=1.0=positive,<1.0=negative");
        refused(&["positive", "neutral", "negative"], TWO, "positive=positive,neutral=-,negative=negative");
        refused(&["neg", "pos"], TWO, "neg=negative,pos=positive");
        refused(&["positive", "0"], TWO, "positive=positive,0=negative");
        refused(&["0", "1"], &["1", "2"], "0=1,1=2");
        refused(&["true", "false"], &["a", "b", "c"], "true=CLASS,false=CLASS");
        refused(&["hateful", "non-hateful"], &["ok", "toxic"], "hateful=CLASS,non-hateful=CLASS");
        refused(&["7", "0", "1", "-1"], TWO, ">=1=positive,<1=negative");
    }

    #[test]
    fn a_refusal_lists_labels_with_their_counts() {
        let labels: Vec<String> = (0..20).map(|label| format!("v{label}")).collect();
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let mismatch = match_labels(&values(&labels), &classes(TWO), None).unwrap_err();
        assert!(mismatch.labels.starts_with("\"v0\" (8 rows), \"v1\" (8 rows)"), "got: {}", mismatch.labels);
        assert!(mismatch.labels.ends_with("and 12 more"), "not all of twenty: {}", mismatch.labels);
    }

    #[test]
    fn a_model_without_names_takes_the_order_of_the_file() {
        let names = classes(&["neg", "pos"]);
        let found = match_labels(&values(&["pos", "neg"]), &classes(&["LABEL_0", "LABEL_1"]), Some(&names));
        assert_eq!(found, Ok(vec![Some(1), Some(0)]), "by their place among the file's names");
        assert!(match_labels(&values(&["pos"]), &classes(TWO), Some(&names)).is_err(), "not where the model has names");
    }
}
