//! The walk through the examples of the data set: all of them, or a list that was filtered and searched.
//!
//! Lists are made in a job, so that a search in 100,000 rows stops no frame.

use std::sync::Arc;

use regex::Regex;
use regex::RegexBuilder;

use crate::app::work::slot::Failure;
use crate::app::work::slot::Slot;
use crate::data::Dataset;
use crate::data::Example;
use crate::figure::one_line;
use crate::jobs::Ticket;
use crate::jobs::Wake;
use crate::project::DataSource;

/// The examples that are walked through, where it is not all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExampleFilter {
    /// What they have in common: `gender: women`.
    name: String,
    /// Indices into the data set's examples, rising.
    rows: Arc<[usize]>,
}

impl ExampleFilter {
    /// Just these rows, under a name.
    pub(crate) fn new(name: &str, mut rows: Vec<usize>) -> Self {
        rows.sort_unstable();
        rows.dedup();
        Self { name: one_line(name).into_owned(), rows: rows.into() }
    }

    /// Those of one group: column and value, as indices.
    pub(crate) fn group(dataset: &Dataset, column: usize, value: usize) -> Self {
        let group = dataset.groups.get(column);
        let name = group.map_or("", |group| group.name.as_str());
        let text = group.and_then(|group| group.values.get(value)).map_or("", String::as_str);
        Self::new(&format!("{name}: {text}"), dataset.members(column, value))
    }

    /// In words.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

/// What the texts must contain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Search {
    /// As typed; nothing looks for nothing.
    pub(crate) text: String,
    /// It is a regular expression, not a piece of text.
    pub(crate) is_regex: bool,
}

/// What a list is made from.
#[derive(Clone, Debug, PartialEq)]
struct Key {
    source: DataSource,
    filter: Option<ExampleFilter>,
    search: Search,
}

/// The list in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List<'a> {
    /// Every example.
    All(usize),
    /// These, rising.
    Some(&'a [usize]),
    /// It is being made.
    Pending,
    /// The regular expression is wrong.
    Failed(&'a str),
}

impl List<'_> {
    /// How many examples it has; nothing while that is unknown.
    pub(crate) fn len(self) -> Option<usize> {
        match self {
            Self::All(count) => Some(count),
            Self::Some(rows) => Some(rows.len()),
            Self::Pending | Self::Failed(_) => None,
        }
    }

    /// Where an example stands in it, from 0.
    pub(crate) fn position(self, example: usize) -> Option<usize> {
        match self {
            Self::All(count) => (example < count).then_some(example),
            Self::Some(rows) => rows.binary_search(&example).ok(),
            Self::Pending | Self::Failed(_) => None,
        }
    }

    /// The example at a place, from 0.
    pub(crate) fn at(self, position: usize) -> Option<usize> {
        match self {
            Self::All(count) => (position < count).then_some(position),
            Self::Some(rows) => rows.get(position).copied(),
            Self::Pending | Self::Failed(_) => None,
        }
    }

    /// The example before or after, around the ends; from an example outside the list, the nearest one.
    pub(crate) fn step(self, from: Option<usize>, forward: bool) -> Option<usize> {
        let count = self.len().filter(|&count| count > 0)?;
        let Some(from) = from else { return self.at(if forward { 0 } else { count - 1 }) };
        // How many of the list come before, and whether it is one of them.
        let (before, is_member) = match self {
            Self::Some(rows) => (rows.partition_point(|&row| row < from), rows.binary_search(&from).is_ok()),
            _ => (from.min(count), from < count),
        };
        let next = if forward { before + usize::from(is_member) } else { before + count - 1 };
        self.at(next % count)
    }
}

/// Makes the list in use and holds it.
#[derive(Default)]
pub(crate) struct ExampleWork {
    key: Option<Key>,
    slot: Slot<Key, Vec<usize>>,
}

impl ExampleWork {
    /// Starts what is due and takes in what has finished.
    pub(crate) fn update(
        &mut self,
        open: Option<(&DataSource, &Arc<Dataset>)>,
        (filter, search): (Option<&ExampleFilter>, &Search),
        wake: &Wake,
    ) {
        let _ended = self.slot.poll();
        let is_all = filter.is_none() && search.text.is_empty();
        let (Some((source, dataset)), false) = (open, is_all) else {
            self.key = None;
            return;
        };
        let key = Key { source: source.clone(), filter: filter.cloned(), search: search.clone() };
        if self.key.as_ref() != Some(&key) {
            self.slot.forget_failure();
        }
        self.slot.want(key.clone());
        self.key = Some(key.clone());
        if self.slot.due().is_some() {
            let dataset = Arc::clone(dataset);
            self.slot.start("search examples", Arc::clone(wake), move |ticket| list(ticket, &dataset, &key));
        }
    }

    /// The list in use.
    pub(crate) fn list(&self, dataset: &Dataset) -> List<'_> {
        let Some(key) = &self.key else { return List::All(dataset.examples.len()) };
        match (self.slot.get(key), self.slot.failure(key)) {
            (Some(rows), _) => List::Some(rows),
            (None, Some(reason)) => List::Failed(reason),
            (None, None) => List::Pending,
        }
    }

    /// Whether a list is being made.
    pub(crate) fn is_busy(&self) -> bool {
        self.slot.is_busy()
    }
}

/// Rows between two looks whether the search is still wanted.
const CHECK_EVERY: usize = 1024;
/// A regular expression may take so many bytes.
const REGEX_BYTES: usize = 1 << 20;

/// What texts must match; `None` where nothing is looked for.
///
/// # Errors
/// [`Failure::Failed`] for a regular expression that is none, with what is wrong.
pub(crate) fn pattern(search: &Search) -> Result<Option<Regex>, Failure> {
    let Search { text, is_regex } = search;
    if text.is_empty() {
        return Ok(None);
    }
    let pattern = if *is_regex { text.clone() } else { regex::escape(text) };
    let pattern = RegexBuilder::new(&pattern).case_insensitive(true).size_limit(REGEX_BYTES).build();
    pattern.map(Some).map_err(|err| Failure::Failed(last_line(&err.to_string())))
}

/// Whether an example has the pattern in one of its texts.
pub(crate) fn contains(example: &Example, pattern: &Regex) -> bool {
    example.content.texts().any(|text| pattern.is_match(text))
}

fn list(ticket: &Ticket, dataset: &Dataset, key: &Key) -> Result<Vec<usize>, Failure> {
    let pattern = pattern(&key.search)?;
    let is_match = |example: &Example| pattern.as_ref().is_none_or(|pattern| contains(example, pattern));
    let mut found = Vec::new();
    let mut look = |row: usize| {
        if row.is_multiple_of(CHECK_EVERY) && ticket.is_cancelled() {
            return Err(Failure::Cancelled);
        }
        if dataset.examples.get(row).is_some_and(is_match) {
            found.push(row);
        }
        Ok(())
    };
    match &key.filter {
        None => (0..dataset.examples.len()).try_for_each(&mut look)?,
        Some(filter) => filter.rows.iter().copied().try_for_each(&mut look)?,
    }
    Ok(found)
}

/// The last line of the library's message: what is wrong, without the picture of where.
fn last_line(message: &str) -> String {
    let last = message.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or(message);
    last.trim().trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset(texts: &[&str]) -> Dataset {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some.csv");
        let rows: Vec<String> = texts.iter().map(|text| format!("\"{text}\"\n")).collect();
        std::fs::write(&path, format!("text\n{}", rows.concat())).unwrap();
        crate::data::read(&path, &crate::data::ReadOptions::default()).unwrap()
    }

    fn found(dataset: &Dataset, text: &str, is_regex: bool) -> Result<Vec<usize>, Failure> {
        let search = Search { text: text.to_owned(), is_regex };
        let key = Key { source: DataSource::default(), filter: None, search };
        list(&Ticket::detached(), dataset, &key)
    }

    #[test]
    fn a_search_finds_text_as_it_is_written_and_patterns_only_when_asked() {
        let dataset = dataset(&["A Fine film", "fine.", "f.ne", "dull", "ÉTÉ"]);
        assert_eq!(found(&dataset, "fine", false).unwrap(), [0, 1], "in any case");
        assert_eq!(found(&dataset, "f.ne", false).unwrap(), [2], "a dot is a dot");
        assert_eq!(found(&dataset, "f.ne", true).unwrap(), [0, 1, 2], "unless it is a pattern");
        assert_eq!(found(&dataset, "été", false).unwrap(), [4], "in other alphabets too");
        assert!(
            matches!(found(&dataset, "(", true), Err(Failure::Failed(text)) if text.contains("unclosed group")),
            "why"
        );
        assert_eq!(found(&dataset, "(", false).unwrap(), [0_usize; 0], "nothing found is no error");
    }

    #[test]
    fn a_search_looks_into_both_texts_of_a_pair() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pairs.csv");
        std::fs::write(&path, "premise,hypothesis\na man sleeps,he is awake\na dog runs,it moves\n").unwrap();
        let dataset = crate::data::read(&path, &crate::data::ReadOptions::default()).unwrap();
        assert_eq!(found(&dataset, "dog", false).unwrap(), [1], "in the first");
        assert_eq!(found(&dataset, "awake", false).unwrap(), [0], "in the second");
    }

    #[test]
    fn a_walk_goes_round_its_list_and_into_it_from_outside() {
        let rows = [2, 5, 9];
        let list = List::Some(&rows);
        let walk = [None, Some(2), Some(9), Some(6), Some(100)].map(|from| list.step(from, true));
        assert_eq!(walk, [Some(2), Some(5), Some(2), Some(9), Some(2)], "forward");
        let walk = [None, Some(2), Some(9), Some(6), Some(0)].map(|from| list.step(from, false));
        assert_eq!(walk, [Some(9), Some(9), Some(5), Some(5), Some(9)], "back");
        assert_eq!(List::All(3).step(Some(2), true), Some(0), "all of them go round too");
        assert_eq!(List::Some(&[]).step(Some(2), true), None, "an empty list leads nowhere");
        assert_eq!(list.position(5), Some(1), "the second of three, not the sixth of all");
        assert_eq!(list.position(6), None, "not in the list");
    }
}
