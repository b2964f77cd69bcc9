//! What the view remembers, and what its parts see.

use crate::app::base::seen;
use crate::app::views::trade_off::work::TradeOffWork;
use crate::app::widgets::figure_view::FigureMemo;
use crate::app::widgets::plots::Move;
use crate::figure::charts::CostAxis;
use crate::figure::charts::QualityAxis;
use crate::figure::charts::SpeedUps;
use crate::figure::charts::TradeOffPoint;
use crate::pruning::StrategySpec;
use std::sync::Arc;

/// A column that the table can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TableColumn {
    Strategy,
    Setting,
    #[serde(rename = "worth")]
    Quality,
    Interval,
    Change,
    #[serde(rename = "saving")]
    Cost,
    Count,
}

/// What the trade-off view remembers.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub(crate) struct TradeOffState {
    /// Horizontal axis; saved sessions have it under its first name.
    #[serde(rename = "saving")]
    pub(crate) cost: CostAxis,
    /// Vertical axis, likewise.
    #[serde(rename = "worth")]
    pub(crate) quality: QualityAxis,
    /// A table instead of the plot.
    pub(crate) as_table: bool,
    /// Column and direction (descending) of the table; `None`: by strategy and dial.
    pub(crate) sorted_by: Option<(TableColumn, bool)>,
    /// The setting whose details are shown.
    #[serde(skip)]
    pub(crate) selected: Option<String>,
    /// Up to two settings chosen for comparison.
    #[serde(skip)]
    pub(crate) chosen: Vec<String>,
    /// What a button asks of the plot in the next frame.
    #[serde(skip)]
    pub(crate) asked: Option<Move>,
    #[serde(skip)]
    pub(crate) memo: FigureMemo<Key>,
    #[serde(skip)]
    pub(crate) points: Arc<Vec<TradeOffPoint>>,
    #[serde(skip)]
    pub(crate) speed_ups: Arc<SpeedUps>,
}

/// What the figure depends on.
pub(crate) type Key = ((u64, u64), Vec<String>, Vec<String>, CostAxis, QualityAxis);

/// The finished points as the view names them.
impl TradeOffState {
    pub(crate) fn points(&self) -> Arc<Vec<TradeOffPoint>> {
        Arc::clone(&self.points)
    }

    /// Measured speed-ups as the view names them.
    pub(crate) fn speed_ups(&self) -> Arc<SpeedUps> {
        Arc::clone(&self.speed_ups)
    }

    /// Chooses a setting for comparison, or takes it back; the older of two makes room.
    pub(crate) fn toggle_chosen(&mut self, spec: &str) {
        if let Some(index) = self.chosen.iter().position(|chosen| chosen == spec) {
            self.chosen.remove(index);
            return;
        }
        if self.chosen.len() == 2 {
            self.chosen.remove(0);
        }
        self.chosen.push(spec.to_owned());
    }

    /// The two settings that are compared.
    pub(crate) fn compared(&self) -> Option<[StrategySpec; 2]> {
        let [one, other] = &self.chosen[..] else { return None };
        // A text names files by content: only those who have read them can make specs of it.
        let known = |text: &String| {
            let mut specs = self.points.iter().map(|point| &point.point.spec);
            specs.find(|spec| spec.to_string() == *text).cloned().or_else(|| StrategySpec::parse(text).ok())
        };
        Some([known(one)?, known(other)?])
    }
}

/// What the view's parts see.
pub(crate) type Seen<'a> = seen::Seen<'a, TradeOffWork>;
