//! The columns of the table.

use crate::app::views::data::facts::Facts;
use crate::app::views::data::state::RowColumn;
use crate::app::widgets::numbers;
use crate::data::Dataset;

/// Stands where nothing is known.
const UNKNOWN: &str = "—";

/// A column as it is shown.
pub(crate) struct Shown {
    what: What,
    /// On its head.
    pub(crate) label: String,
    /// What stands in it.
    pub(crate) definition: String,
    /// Whether values stand at the right.
    pub(crate) is_number: bool,
    /// At first.
    pub(crate) width: f32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Sorted(RowColumn),
    /// A group column, by index.
    Group(usize),
}

/// The columns of a data set; `strategy` is the name of the one whose answers are shown.
pub(crate) fn of(dataset: &Dataset, strategy: &str) -> Vec<Shown> {
    let fixed = |what, label: &str, definition: &str, width| Shown {
        what: What::Sorted(what),
        label: label.to_owned(),
        definition: definition.to_owned(),
        is_number: matches!(what, RowColumn::Row | RowColumn::Kept),
        width,
    };
    let mut columns = vec![
        fixed(RowColumn::Row, "Row", "Place in the data set, from 1", 64.0),
        fixed(RowColumn::Text, "Text", "A click opens the row in Inspect", 420.0),
    ];
    if dataset.has_labels() {
        columns.push(fixed(RowColumn::Label, "Label", "What the data set says", 88.0));
    }
    columns.extend([
        fixed(RowColumn::Dense, "Dense", "What the dense model answers", 88.0),
        fixed(RowColumn::Pruned, strategy, "What the strategy answers", 104.0),
        fixed(RowColumn::Outcome, "Outcome", "How the two compare, and with the label where there is one", 108.0),
        fixed(RowColumn::Kept, "Kept", "Tokens after a layer ÷ tokens of the text, averaged over the layers", 64.0),
    ]);
    columns.extend(dataset.groups.iter().enumerate().map(|(index, group)| Shown {
        what: What::Group(index),
        label: group.name.clone(),
        definition: "A group column of the data set".to_owned(),
        is_number: false,
        width: 104.0,
    }));
    columns
}

impl Shown {
    /// What its head sorts by.
    pub(crate) fn sorted_by(&self) -> Option<RowColumn> {
        match self.what {
            What::Sorted(column) => Some(column),
            What::Group(_) => None,
        }
    }

    /// Whether the numbers of the rows stand in it.
    pub(crate) fn is_row(&self) -> bool {
        self.what == What::Sorted(RowColumn::Row)
    }

    /// Whether the texts stand in it.
    pub(crate) fn is_text(&self) -> bool {
        self.what == What::Sorted(RowColumn::Text)
    }

    /// Whether the outcomes stand in it.
    pub(crate) fn is_outcome(&self) -> bool {
        self.what == What::Sorted(RowColumn::Outcome)
    }

    /// The same for a file: numbers in full, nothing where nothing is known.
    pub(crate) fn written(&self, (dataset, example): (&Dataset, usize), facts: Option<&Facts>) -> String {
        match self.what {
            What::Sorted(RowColumn::Row) => (example + 1).to_string(),
            What::Sorted(RowColumn::Kept) => facts.map(|facts| facts.kept.to_string()).unwrap_or_default(),
            _ => Some(self.text((dataset, example), facts)).filter(|text| text != UNKNOWN).unwrap_or_default(),
        }
    }

    /// What it says of an example; "—" where that is not known.
    pub(crate) fn text(&self, (dataset, example): (&Dataset, usize), facts: Option<&Facts>) -> String {
        let Some(row) = dataset.examples.get(example) else { return String::new() };
        let known = |text: Option<String>| text.unwrap_or_else(|| UNKNOWN.to_owned());
        match self.what {
            What::Sorted(RowColumn::Row) => numbers::count(example as u64 + 1),
            What::Sorted(RowColumn::Text) => row.content.texts().collect::<Vec<_>>().join(" ⏵ "),
            What::Sorted(RowColumn::Label) => {
                known(facts.and_then(|facts| facts.label.clone()).or_else(|| row.label.clone()))
            }
            What::Sorted(RowColumn::Dense) => known(facts.map(|facts| facts.dense.clone())),
            What::Sorted(RowColumn::Pruned) => known(facts.map(|facts| facts.pruned.clone())),
            What::Sorted(RowColumn::Outcome) => known(facts.map(|facts| facts.outcome.label().to_owned())),
            What::Sorted(RowColumn::Kept) => known(facts.map(|facts| format!("{} %", numbers::percent(facts.kept)))),
            What::Group(column) => {
                let values = dataset.groups.get(column).map_or(&[][..], |group| &group.values);
                let of_row = row.groups.get(column).into_iter().flatten();
                of_row.filter_map(|&value| values.get(value)).map(String::as_str).collect::<Vec<_>>().join(", ")
            }
        }
    }
}
