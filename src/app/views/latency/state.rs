//! What the view remembers.

use crate::app::views::latency::table::SortColumn;
use crate::app::widgets::figure_view::FigureMemo;
use crate::app::work::latency_plan::LatencyPlan;

/// What the latency view remembers.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub(crate) struct LatencyState {
    /// What to measure.
    pub(crate) plan: LatencyPlan,
    /// A table instead of the plot.
    pub(crate) as_table: bool,
    /// Column and direction (descending) the table is sorted by; by case where there is none.
    pub(crate) sorted_by: Option<(SortColumn, bool)>,
    #[serde(skip)]
    /// The figure on screen.
    pub(crate) memo: FigureMemo<u64>,
}
