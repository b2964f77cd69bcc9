//! Accuracy against cost over a data set.

use crate::app::UiState;
use crate::app::View;
use crate::app::session::WorkContext;
use crate::jobs::Progress;

/// What the trade-off view remembers.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub(crate) struct TradeOffState {}

/// What the trade-off view asks for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TradeOffRequest {}

/// The trade-off view's work in the background.
#[derive(Debug, Default)]
pub(crate) struct TradeOffWork {}

impl TradeOffWork {
    /// Starts or stops what was asked for.
    pub(crate) fn handle(&mut self, request: TradeOffRequest, _context: &mut WorkContext<'_>) {
        match request {}
    }

    /// Takes in what has finished and starts what is due; called once a frame.
    pub(crate) fn poll(&mut self, _context: &mut WorkContext<'_>) {}

    /// How far the running work is; `None` when nothing runs.
    pub(crate) fn progress(&self) -> Option<Progress> {
        None
    }

    /// Asks what runs to stop.
    pub(crate) fn stop(&mut self) {}
}

/// Draws the view.
pub(crate) fn trade_off_ui(ui: &mut egui::Ui, _view: &View<'_>, _state: &mut UiState) {
    ui.label("Trade-off");
}
