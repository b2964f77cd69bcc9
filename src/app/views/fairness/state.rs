//! What the view remembers, and what its parts see.

use crate::app::base::seen;
use crate::app::views::fairness::work::FairnessWork;
use crate::app::widgets::figure_view::FigureMemo;
use crate::evaluation::Measure;
use crate::figure::Column;
use crate::project::EntryId;

/// What the fairness view remembers.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub(crate) struct FairnessState {
    /// The group column, by name.
    pub(crate) column: Option<String>,
    /// The measure.
    pub(crate) measure: Measure,
    /// The strategy.
    pub(crate) strategy: Option<EntryId>,
    /// Column and direction (descending) the rows are sorted by.
    pub(crate) sorted_by: (Column, bool),
    #[serde(skip)]
    pub(crate) memo: FigureMemo<(u64, (Column, bool))>,
}

impl Default for FairnessState {
    fn default() -> Self {
        Self {
            column: None,
            measure: Measure::Accuracy,
            strategy: None,
            sorted_by: (Column::Count, true),
            memo: FigureMemo::default(),
        }
    }
}

/// What the view's parts see.
pub(crate) type Seen<'a> = seen::Seen<'a, FairnessWork>;
