//! What the view remembers, and what its parts see.

use std::cell::Cell;
use std::ops::Deref;

use crate::app::View;
use crate::app::views::fairness::work::FairnessRequest;
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

/// What the parts of the view see while they draw: the window, and the view's work.
pub(crate) struct Seen<'a> {
    /// The window.
    pub(crate) view: &'a View<'a>,
    /// The runs, and tables of them.
    pub(crate) work: &'a FairnessWork,
    /// What a button asked for.
    pub(crate) asked: Cell<Option<FairnessRequest>>,
}

impl<'a> Deref for Seen<'a> {
    type Target = View<'a>;

    fn deref(&self) -> &View<'a> {
        self.view
    }
}

impl Seen<'_> {
    /// Asks for work, which begins with the next frame.
    pub(crate) fn ask(&self, request: FairnessRequest) {
        self.asked.set(Some(request));
    }
}
