//! What the view remembers.

use crate::app::work::examples::Search;
use crate::evaluation::Outcome;
use crate::project::EntryId;
use crate::project::Project;
use crate::project::StrategyEntry;

/// What rows can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum RowColumn {
    /// As they stand in the file.
    Row,
    /// The text.
    Text,
    /// The label.
    Label,
    /// The dense model's answer.
    Dense,
    /// The strategy's answer.
    Pruned,
    /// How the two compare.
    Outcome,
    /// The share of tokens that stay.
    Kept,
}

/// What the view remembers.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub(crate) struct DataState {
    /// The strategy; the first one where it is none of the list.
    pub(crate) strategy: Option<EntryId>,
    /// Column and direction (descending); as they stand in the file where there is none.
    pub(crate) sorted_by: Option<(RowColumn, bool)>,
    /// What the texts must contain.
    #[serde(skip)]
    pub(crate) search: Search,
    /// A group that rows must belong to: names of column and value.
    #[serde(skip)]
    pub(crate) group: Option<(String, String)>,
    /// How the answers must compare.
    #[serde(skip)]
    pub(crate) outcome: Option<Outcome>,
}

impl DataState {
    /// The strategy whose answers are shown.
    pub(crate) fn chosen<'a>(&self, project: &'a Project) -> Option<&'a StrategyEntry> {
        let entries = || project.enabled().filter(|entry| entry.spec.id() != "dense");
        entries().find(|entry| Some(entry.id) == self.strategy).or_else(|| entries().next())
    }

    /// Shows every row again.
    pub(crate) fn show_all(&mut self) {
        (self.search.text, self.group, self.outcome) = (String::new(), None, None);
    }
}
