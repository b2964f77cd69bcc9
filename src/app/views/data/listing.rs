//! The rows that are listed, in their order; made in the background, as 100,000 texts are searched and sorted.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::app::views::data::columns;
use crate::app::views::data::facts::Facts;
use crate::app::views::data::state::RowColumn;
use crate::app::work::dense_baseline::DenseBaseline;
use crate::app::work::examples;
use crate::app::work::examples::Search;
use crate::app::work::export::ListedRows;
use crate::app::work::slot::Failure;
use crate::data::Dataset;
use crate::evaluation;
use crate::evaluation::Outcome;
use crate::evaluation::StrategyRun;
use crate::jobs::Ticket;

/// Which rows are listed, and how.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Wanted {
    /// What the texts must contain.
    pub(crate) search: Search,
    /// A group that rows must belong to: column and value, by index.
    pub(crate) group: Option<(usize, usize)>,
    /// How the answers must compare.
    pub(crate) outcome: Option<Outcome>,
    /// Column and direction (descending).
    pub(crate) sorted_by: Option<(RowColumn, bool)>,
}

/// Answers on some rows of the data set.
#[derive(Debug)]
pub(crate) struct Answers {
    /// The texts and the dense run.
    pub(crate) baseline: Arc<DenseBaseline>,
    /// The strategy's run.
    pub(crate) run: Arc<StrategyRun>,
    outcomes: Vec<Outcome>,
}

/// Rows in the order in which they are listed.
#[derive(Debug)]
pub(crate) struct Listing {
    /// The data set.
    pub(crate) dataset: Arc<Dataset>,
    /// Indices of its examples.
    pub(crate) rows: Vec<u32>,
    /// What was answered, as far as the rows were run.
    pub(crate) answers: Option<Answers>,
    /// Item of each example among the answers; [`NOT_RUN`] where it was not run.
    items: Vec<u32>,
}

/// The mark of rows that were not run.
const NOT_RUN: u32 = u32::MAX;
/// Rows between two looks whether the list is still wanted.
const CHECK_EVERY: usize = 1024;

impl Answers {
    /// Those of a strategy beside the dense model's.
    pub(crate) fn new(baseline: Arc<DenseBaseline>, run: Arc<StrategyRun>) -> Self {
        let outcomes = evaluation::outcomes(&baseline.prepared, (&baseline.dense, &run));
        Self { baseline, run, outcomes }
    }

    fn facts(&self, item: usize) -> Facts {
        let prepared = &self.baseline.prepared;
        Facts {
            label: evaluation::label_text(prepared, item),
            dense: evaluation::answer_text(prepared, &self.baseline.dense, item),
            pruned: evaluation::answer_text(prepared, &self.run, item),
            outcome: self.outcomes[item],
            kept: self.run.results.retentions()[item],
        }
    }
}

impl Listing {
    /// Lists the rows that are wanted.
    ///
    /// # Errors
    /// [`Failure::Failed`] for a regular expression that is none, [`Failure::Cancelled`] when nobody wants the list.
    pub(crate) fn make(
        ticket: &Ticket,
        dataset: Arc<Dataset>,
        answers: Option<Answers>,
        wanted: &Wanted,
    ) -> Result<Self, Failure> {
        let mut items = vec![NOT_RUN; dataset.examples.len()];
        if let Some(answers) = &answers {
            let prepared = &answers.baseline.prepared;
            for item in 0..prepared.len().min(answers.outcomes.len()) {
                if let (Some(place), Ok(number)) = (items.get_mut(prepared.row(item)), u32::try_from(item)) {
                    *place = number;
                }
            }
        }
        let mut listing = Self { dataset, rows: Vec::new(), answers, items };
        listing.rows = listing.matching(ticket, wanted)?;
        if let Some((column, descending)) = wanted.sorted_by {
            ticket.checkpoint()?;
            listing.sort(column, descending);
        }
        Ok(listing)
    }

    /// What is known of an example; `None` where it was not run.
    pub(crate) fn facts(&self, example: usize) -> Option<Facts> {
        self.item(example).zip(self.answers.as_ref()).map(|(item, answers)| answers.facts(item))
    }

    fn item(&self, example: usize) -> Option<usize> {
        self.items.get(example).filter(|&&item| item != NOT_RUN).map(|&item| item as usize)
    }

    fn outcome(&self, example: usize) -> Option<Outcome> {
        Some(self.answers.as_ref()?.outcomes[self.item(example)?])
    }

    fn matching(&self, ticket: &Ticket, wanted: &Wanted) -> Result<Vec<u32>, Failure> {
        let pattern = examples::pattern(&wanted.search)?;
        let mut rows = Vec::new();
        for (row, example) in self.dataset.examples.iter().enumerate() {
            if row.is_multiple_of(CHECK_EVERY) {
                ticket.checkpoint()?;
            }
            let in_group = wanted
                .group
                .is_none_or(|(column, value)| example.groups.get(column).is_some_and(|values| values.contains(&value)));
            let is_outcome = wanted.outcome.is_none_or(|outcome| self.outcome(row) == Some(outcome));
            if in_group && is_outcome && pattern.as_ref().is_none_or(|pattern| examples::contains(example, pattern)) {
                rows.extend(u32::try_from(row));
            }
        }
        Ok(rows)
    }

    /// Rows without what they are sorted by come last in both directions; equal rows stay as the file has them.
    fn sort(&mut self, column: RowColumn, descending: bool) {
        let rows = std::mem::take(&mut self.rows);
        let mut keyed: Vec<(Key<'_>, u32)> =
            rows.into_iter().map(|row| (self.key(column, row as usize), row)).collect();
        keyed.sort_by(|(one, _), (other, _)| match (one.is_missing(), other.is_missing()) {
            (false, false) if descending => other.compare(one),
            (false, false) => one.compare(other),
            (one, other) => one.cmp(&other),
        });
        self.rows = keyed.into_iter().map(|(_, row)| row).collect();
    }

    fn key(&self, column: RowColumn, row: usize) -> Key<'_> {
        let example = &self.dataset.examples[row];
        let facts = || self.facts(row);
        match column {
            RowColumn::Row => Key::Number(row as f64),
            RowColumn::Text => Key::Text(example.content.text()),
            RowColumn::Label => {
                let label = facts().and_then(|facts| facts.label).or_else(|| example.label.clone());
                label.map_or(Key::Missing, Key::Name)
            }
            RowColumn::Dense => facts().map_or(Key::Missing, |facts| Key::Name(facts.dense)),
            RowColumn::Pruned => facts().map_or(Key::Missing, |facts| Key::Name(facts.pruned)),
            RowColumn::Outcome => {
                self.outcome(row).map_or(Key::Missing, |outcome| Key::Number(f64::from(outcome as u8)))
            }
            RowColumn::Kept => facts().map_or(Key::Missing, |facts| Key::Number(facts.kept)),
        }
    }
}

impl ListedRows for Listing {
    fn to_csv(&self, ticket: &Ticket) -> Result<Vec<u8>, Failure> {
        let failed = |err: csv::Error| Failure::Failed(err.to_string());
        let columns = columns::of(&self.dataset, "pruned");
        let spec = self.answers.as_ref().map(|answers| answers.run.spec.to_string()).unwrap_or_default();
        let mut writer = csv::Writer::from_writer(Vec::new());
        let heads = columns.iter().map(|column| column.label.to_lowercase());
        writer.write_record(["id".to_owned(), "strategy".to_owned()].into_iter().chain(heads)).map_err(failed)?;
        for (number, &row) in self.rows.iter().enumerate() {
            if number.is_multiple_of(CHECK_EVERY) {
                ticket.checkpoint()?;
            }
            let example = row as usize;
            let facts = self.facts(example);
            let cells = columns.iter().map(|column| column.written((&self.dataset, example), facts.as_ref()));
            let id = self.dataset.examples[example].id.clone();
            writer.write_record([id, spec.clone()].into_iter().chain(cells)).map_err(failed)?;
        }
        writer.into_inner().map_err(|err| Failure::Failed(err.to_string()))
    }
}

/// What a row is sorted by.
enum Key<'a> {
    Missing,
    Number(f64),
    Text(&'a str),
    Name(String),
}

impl Key<'_> {
    fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }

    /// Names that are numbers, as those of stars or of a regression, go by their value.
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(one), Self::Number(other)) => one.total_cmp(other),
            (Self::Text(one), Self::Text(other)) => one.cmp(other),
            (Self::Name(one), Self::Name(other)) => match (one.parse::<f64>(), other.parse::<f64>()) {
                (Ok(one), Ok(other)) => one.total_cmp(&other),
                _ => one.cmp(other),
            },
            _ => Ordering::Equal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset() -> Arc<Dataset> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some.csv");
        let rows = "text,label,place\nb good,1,north\na bad,0,south\nc good,,north\nd dull,0,north\n";
        std::fs::write(&path, rows).unwrap();
        let options = crate::data::ReadOptions::default();
        Arc::new(crate::data::read(&path, &options).unwrap())
    }

    fn listed(wanted: &Wanted) -> Result<Vec<u32>, Failure> {
        Listing::make(&Ticket::detached(), dataset(), None, wanted).map(|listing| listing.rows)
    }

    #[test]
    fn rows_are_filtered_by_text_pattern_and_group() {
        let search = |text: &str, is_regex| Search { text: text.to_owned(), is_regex };
        assert_eq!(listed(&Wanted::default()).unwrap(), [0, 1, 2, 3], "all of them");
        assert_eq!(
            listed(&Wanted { search: search("GOOD", false), ..Wanted::default() }).unwrap(),
            [0, 2],
            "in any case"
        );
        assert_eq!(
            listed(&Wanted { search: search("^[ad] ", true), ..Wanted::default() }).unwrap(),
            [1, 3],
            "a pattern"
        );
        assert!(listed(&Wanted { search: search("(", true), ..Wanted::default() }).is_err(), "no pattern");
        let data = dataset();
        let column = data.group_column("place").unwrap();
        let value = data.groups[column].values.iter().position(|value| value == "north").unwrap();
        let in_north = Wanted { group: Some((column, value)), search: search("good", false), ..Wanted::default() };
        assert_eq!(listed(&in_north).unwrap(), [0, 2], "both at once");
        let harmed = Wanted { outcome: Some(Outcome::Harmed), ..Wanted::default() };
        assert_eq!(listed(&harmed).unwrap(), [0_u32; 0], "what was not run has no outcome");
    }

    #[test]
    fn rows_are_sorted_both_ways_and_what_is_missing_stays_last() {
        let by = |column, descending| Wanted { sorted_by: Some((column, descending)), ..Wanted::default() };
        assert_eq!(listed(&by(RowColumn::Text, false)).unwrap(), [1, 0, 2, 3], "by text");
        assert_eq!(listed(&by(RowColumn::Label, false)).unwrap(), [1, 3, 0, 2], "the row without a label is last");
        assert_eq!(
            listed(&by(RowColumn::Label, true)).unwrap(),
            [0, 1, 3, 2],
            "and last again; equal rows keep their order"
        );
        assert_eq!(listed(&by(RowColumn::Row, true)).unwrap(), [3, 2, 1, 0], "from the end");
        let key = |text: &str| Key::Name(text.to_owned());
        assert_eq!(key("9").compare(&key("10")), Ordering::Less, "numbers go by their value");
    }
}
