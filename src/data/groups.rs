//! Group columns while they are being read.

use std::collections::HashMap;

use super::bands::bands;
use super::example::GroupColumn;
use super::group_cells::values_of;
use super::memberships::Memberships;
use super::memberships::MembershipsBuilder;
use super::record::Cell;
use super::report::GroupFacts;

/// More distinct values than this and a column is not offered as groups by itself; more numbers are divided into bands.
pub(super) const MAX_GUESSED_VALUES: usize = 40;

/// More groups than this in one column are refused: each would hold a few texts and cost an audit.
pub(super) const MOST_GROUPS: usize = 100;

/// Distinct values are counted up to here.
const MOST_COUNTED: usize = 10_000;

/// Longer values are prose, not names of groups.
const MAX_GUESSED_CHARS: usize = 60;

/// What joins the names of two groups to that of their intersection.
const AND: &str = " & ";

/// One column, or the intersection of several, on its way to being a [`GroupColumn`].
pub(super) struct GroupBuilder {
    name: String,
    values: Vec<String>,
    index: HashMap<String, usize>,
    rows: MembershipsBuilder,
    num_rows: usize,
    filled: usize,
    memberships: usize,
    /// The column as numbers, for as long as it holds nothing else; NaN where nothing is.
    numbers: Option<Vec<f64>>,
    taken: Taken,
    state: State,
}

/// How a column came to be read, and how its cells are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    /// Whether the user named it; a guessed column is given up as soon as it stops looking like groups.
    pub(super) named: bool,
    /// Whether cells are taken whole, and numbers as they are.
    pub(super) whole: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Collecting,
    /// Too many values to be groups: values are only counted.
    Counting,
    /// It was only a guess.
    GivenUp,
}

/// A column that became groups.
pub(super) struct Finished {
    pub(super) column: GroupColumn,
    pub(super) rows: Memberships,
    pub(super) facts: GroupFacts,
}

/// A column with too many values.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooMany {
    pub(super) name: String,
    /// `3660`, or `more than 10000`.
    pub(super) count: String,
    pub(super) examples: Vec<String>,
}

impl GroupBuilder {
    pub(super) fn new(name: &str, taken: Taken) -> Self {
        Self {
            name: name.to_owned(),
            values: Vec::new(),
            index: HashMap::new(),
            rows: MembershipsBuilder::default(),
            num_rows: 0,
            filled: 0,
            memberships: 0,
            numbers: (taken.named && !taken.whole).then(Vec::new),
            taken,
            state: State::Collecting,
        }
    }

    /// Takes the next row's cells, of which there are several for an intersection.
    pub(super) fn push(&mut self, cells: &[&Cell]) {
        if self.state == State::GivenUp {
            return;
        }
        let values = match cells {
            [cell] => values_of(cell, self.taken.whole),
            cells => intersections(cells, self.taken.whole),
        };
        self.note_number(&values);
        self.num_rows += 1;
        let mut members = Vec::new();
        for value in values {
            if !self.taken.named && !looks_like_a_group(&value) {
                return self.give_up();
            }
            let Some(index) = self.index_of(value) else { continue };
            if self.state == State::Collecting && !members.contains(&index) {
                members.push(index);
            }
            if !self.taken.named && self.values.len() > MAX_GUESSED_VALUES {
                return self.give_up();
            }
            if self.values.len() > MOST_GROUPS && self.state == State::Collecting {
                (self.state, self.rows) = (State::Counting, MembershipsBuilder::default());
            }
        }
        if self.state == State::Collecting {
            self.filled += usize::from(!members.is_empty());
            self.memberships += members.len();
            self.rows.push(members);
        }
    }

    /// The value's number; nothing for a new one where they are no longer counted.
    fn index_of(&mut self, value: String) -> Option<usize> {
        if let Some(&index) = self.index.get(&value) {
            return Some(index);
        }
        let next = self.values.len();
        if next > MOST_COUNTED {
            return None;
        }
        self.values.push(value.clone());
        self.index.insert(value, next);
        Some(next)
    }

    fn note_number(&mut self, values: &[String]) {
        let number = match values {
            [] => Some(f64::NAN),
            [value] => value.parse().ok().filter(|number: &f64| number.is_finite()),
            _ => None,
        };
        match (number, &mut self.numbers) {
            (Some(number), Some(numbers)) => numbers.push(number),
            _ => self.numbers = None,
        }
    }

    fn give_up(&mut self) {
        self.state = State::GivenUp;
        self.rows = MembershipsBuilder::default();
        self.index = HashMap::new();
        self.numbers = None;
    }

    /// The column and its rows, or nothing if it does not divide the examples.
    ///
    /// # Errors
    /// If a named column has more groups than can be told apart.
    pub(super) fn finish(self) -> Result<Option<Finished>, TooMany> {
        match &self.numbers {
            Some(numbers) if self.values.len() > MAX_GUESSED_VALUES => Ok(Some(banded(self.name, numbers))),
            _ if self.state == State::Counting => {
                let count = self.values.len();
                let counted =
                    if count > MOST_COUNTED { format!("more than {MOST_COUNTED}") } else { count.to_string() };
                let examples = self.values.into_iter().take(3).collect();
                Err(TooMany { name: self.name, count: counted, examples })
            }
            _ => Ok(self.finish_values()),
        }
    }

    fn finish_values(self) -> Option<Finished> {
        let column = GroupColumn { name: self.name, values: self.values };
        let divides = column.values.len() >= 2 || (column.values.len() == 1 && self.filled < self.num_rows);
        let repeats = column.values.len() < self.memberships;
        let keep = self.taken.named || (self.state == State::Collecting && divides && repeats);
        let facts = GroupFacts {
            name: column.name.clone(),
            values: column.values.len(),
            without: self.num_rows - self.filled,
            is_banded: false,
        };
        keep.then(|| Finished { column, rows: self.rows.finish(), facts })
    }
}

fn banded(name: String, numbers: &[f64]) -> Finished {
    let (values, band_of_row) = bands(numbers);
    let mut rows = MembershipsBuilder::default();
    for band in &band_of_row {
        rows.push(band.iter().copied().collect());
    }
    let without = band_of_row.iter().filter(|band| band.is_none()).count();
    let facts = GroupFacts { name: name.clone(), values: values.len(), without, is_banded: true };
    Finished { column: GroupColumn { name, values }, rows: rows.finish(), facts }
}

/// Every combination of the cells' groups; none where a cell names none. No more than make the column too large.
fn intersections(cells: &[&Cell], whole: bool) -> Vec<String> {
    let mut names = vec![String::new()];
    for (number, cell) in cells.iter().enumerate() {
        let values = values_of(cell, whole);
        let joined = names.iter().flat_map(|name| {
            values.iter().map(move |value| if number == 0 { value.clone() } else { format!("{name}{AND}{value}") })
        });
        names = joined.take(MOST_GROUPS + 1).collect();
    }
    names
}

/// Decimal numbers are measurements and long values are prose.
fn looks_like_a_group(value: &str) -> bool {
    let is_decimal = value.contains('.') && value.parse::<f64>().is_ok();
    !is_decimal && value.chars().count() <= MAX_GUESSED_CHARS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(named: bool, cells: impl IntoIterator<Item = String>) -> GroupBuilder {
        let mut builder = GroupBuilder::new("column", Taken { named, whole: false });
        for cell in cells {
            builder.push(&[&Cell::Text(cell)]);
        }
        builder
    }

    fn guess(cells: &[&str]) -> Option<(Vec<String>, Vec<Vec<usize>>)> {
        let finished = build(false, cells.iter().map(|cell| (*cell).to_owned())).finish().unwrap();
        let rows_of = |rows: &Memberships| (0..cells.len()).map(|row| rows.of(row).to_vec()).collect();
        finished.map(|finished| (finished.column.values, rows_of(&finished.rows)))
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
    fn a_named_column_of_measurements_becomes_bands() {
        let cells = (0..100).map(|i| format!("{i}.5")).chain(["NaN".to_owned()]);
        let finished = build(true, cells).finish().unwrap().unwrap();
        let expected = ["[0.5, 20.5)", "[20.5, 40.5)", "[40.5, 60.5)", "[60.5, 80.5)", "[80.5, 99.5]"];
        assert_eq!(finished.column.values, expected, "five bands");
        assert_eq!((finished.rows.of(0), finished.rows.of(100)), (&[0][..], &[][..]), "the first row, and none");
        assert!(finished.facts.is_banded && finished.facts.without == 1, "it is said: {:?}", finished.facts);
    }

    #[test]
    fn few_numbers_stay_as_they_are() {
        let finished = build(true, (0..120).map(|i| (i % 30).to_string())).finish().unwrap().unwrap();
        assert_eq!(finished.column.values.len(), 30, "every number is a group");
    }

    #[test]
    fn a_hundred_groups_are_taken_and_more_are_refused_with_their_number() {
        let names = |count: usize| (0..20_000).map(move |i| format!("v{}", i % count));
        assert_eq!(build(true, names(100)).finish().unwrap().unwrap().column.values.len(), 100, "a hundred");
        for (count, text) in [(101, "101"), (3660, "3660"), (20_000, "more than 10000")] {
            let refused = build(true, names(count)).finish().err().unwrap();
            assert_eq!((refused.count.as_str(), refused.examples.len()), (text, 3), "{count} names");
        }
    }

    #[test]
    fn a_cell_of_many_groups_does_not_take_quadratic_time() {
        let cell = (0..200_000).map(|i| i.to_string()).collect::<Vec<_>>().join(";");
        let refused = build(true, [cell.clone(), cell]).finish().err().unwrap();
        assert_eq!(refused.count, "more than 10000", "refused, after a count");
    }

    #[test]
    fn intersections_are_groups_of_groups() {
        let mut builder = GroupBuilder::new("gender,race", Taken { named: true, whole: false });
        let text = |text: &str| Cell::Text(text.to_owned());
        for (gender, race) in [("woman", "black"), ("man", "black;white"), ("woman", "NaN"), ("woman", "black")] {
            builder.push(&[&text(gender), &text(race)]);
        }
        let finished = builder.finish().unwrap().unwrap();
        assert_eq!(finished.column.values, ["woman & black", "man & black", "man & white"], "those that occur");
        let rows: Vec<&[usize]> = (0..4).map(|row| finished.rows.of(row)).collect();
        assert_eq!(rows, [&[0][..], &[1, 2], &[], &[0]], "none where one of the two is missing");
    }
}
