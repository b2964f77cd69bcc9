//! What the labels of a data set mean to a model, as its head reads them.

use std::collections::HashMap;
use std::collections::HashSet;

use crate::data::DatasetIndex;
use crate::data::MAX_SKIPPED;
use crate::data::label_names;
use crate::data::match_labels;
use crate::data::parse_number;
use crate::data::says_nothing;
use crate::evaluation::Answer;
use crate::evaluation::Error;
use crate::model::HeadKind;

/// What one label of the data set says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Target {
    /// That there is none.
    Nothing,
    /// What should be answered.
    Answer(Answer),
    /// Something that is no number where one is expected: rows with it are left out.
    Unreadable,
}

/// Labels listed in a message.
const LISTED: usize = 5;

/// What each of the index's labels says. What they mean is decided by the labels of the whole file, not of a sample.
///
/// # Errors
/// [`Error::Labels`], [`Error::Numbers`] or [`Error::LabelNames`] if the labels do not fit the head as a whole.
pub(super) fn targets(index: &DatasetIndex, names: &[String], head: HeadKind) -> Result<Vec<Target>, Error> {
    let labels = counted(index);
    let targets = meanings(&labels, (names, head), index.report.class_names.as_deref())?;
    let of_label: HashMap<&str, Target> = labels.iter().map(|(label, _)| label.as_str()).zip(targets).collect();
    // Every label of the index is among them.
    Ok(index.labels.iter().map(|label| of_label.get(&*label.value).cloned().unwrap_or(Target::Nothing)).collect())
}

/// What each label says, with its number of rows; `None` where it says nothing or cannot be read. The window's *Open data*
/// sheet asks before an evaluation does.
///
/// # Errors
/// As an evaluation's: the labels do not fit the head as a whole.
pub fn label_meanings(
    labels: &[(String, usize)],
    (names, head): (&[String], HeadKind),
    file_names: Option<&[String]>,
) -> Result<Vec<Option<Answer>>, Error> {
    let answer = |target| if let Target::Answer(answer) = target { Some(answer) } else { None };
    Ok(meanings(labels, (names, head), file_names)?.into_iter().map(answer).collect())
}

fn meanings(
    labels: &[(String, usize)],
    (names, head): (&[String], HeadKind),
    file_names: Option<&[String]>,
) -> Result<Vec<Target>, Error> {
    match head {
        HeadKind::Classifier => classes(labels, names, file_names),
        HeadKind::Regression(_) => numbers(labels),
        HeadKind::MultiLabel => sets(labels, names),
    }
}

/// Labels with their rows: those of the whole file, and those of the sample that are not among them.
fn counted(index: &DatasetIndex) -> Vec<(String, usize)> {
    let mut labels = index.report.labels.clone();
    let known: HashSet<String> = labels.iter().map(|(label, _)| label.clone()).collect();
    let others = index.labels.iter().filter(|label| !known.contains(&label.value));
    labels.extend(others.map(|label| (label.value.clone(), label.count)));
    labels
}

fn classes(labels: &[(String, usize)], names: &[String], file_names: Option<&[String]>) -> Result<Vec<Target>, Error> {
    let classes = match_labels(labels, names, file_names).map_err(|mismatch| Error::labels(mismatch, names))?;
    let target = |class: Option<usize>| class.map_or(Target::Nothing, |class| Target::Answer(Answer::Class(class)));
    Ok(classes.into_iter().map(target).collect())
}

fn numbers(labels: &[(String, usize)]) -> Result<Vec<Target>, Error> {
    let target = |(label, _): &(String, usize)| match parse_number(label) {
        _ if says_nothing(label) => Target::Nothing,
        Some(value) => Target::Answer(Answer::Value(value)),
        None => Target::Unreadable,
    };
    let unreadable = || labels.iter().filter(|label| target(label) == Target::Unreadable);
    let [bad, all] = [unreadable().map(|(_, rows)| rows).sum::<usize>(), labels.iter().map(|(_, rows)| rows).sum()];
    if bad as f64 > MAX_SKIPPED * all as f64 {
        return Err(Error::Numbers { labels: listed(unreadable()), rows: bad, of: all });
    }
    Ok(labels.iter().map(target).collect())
}

fn sets(labels: &[(String, usize)], names: &[String]) -> Result<Vec<Target>, Error> {
    let target = |(label, _): &(String, usize)| match label_names(label, names) {
        _ if says_nothing(label) => Target::Nothing,
        Some(set) => Target::Answer(Answer::Labels(set)),
        None => Target::Unreadable,
    };
    let mut unknown = labels.iter().filter(|label| target(label) == Target::Unreadable).peekable();
    if unknown.peek().is_some() {
        return Err(Error::LabelNames { labels: listed(unknown), names: names.join(", ") });
    }
    Ok(labels.iter().map(target).collect())
}

/// Largest less smallest number among the targets; `None` without any.
pub(super) fn range_of(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let ends = numbers.fold(None, |ends: Option<(f64, f64)>, number| {
        let (low, high) = ends.unwrap_or((number, number));
        Some((low.min(number), high.max(number)))
    });
    ends.map(|(low, high)| high - low)
}

/// Largest less smallest label of the whole file, where labels are numbers.
pub(super) fn label_range(index: &DatasetIndex) -> Option<f64> {
    range_of(
        counted(index).iter().filter(|(label, _)| !says_nothing(label)).filter_map(|(label, _)| parse_number(label)),
    )
}

fn listed<'a>(labels: impl Iterator<Item = &'a (String, usize)>) -> String {
    const MOST: usize = 40;
    let short = |label: &str| label.chars().take(MOST).collect::<String>();
    let mut shown: Vec<String> = labels
        .map(|(label, count)| format!("{:?} ({count} row{})", short(label), if *count == 1 { "" } else { "s" }))
        .collect();
    let more = shown.len().saturating_sub(LISTED);
    shown.truncate(LISTED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}
