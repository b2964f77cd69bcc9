//! What FLOPs promise, and what the clock says.

pub(crate) mod controls;
pub(crate) mod panel;
pub(crate) mod state;
pub(crate) mod table;

use egui::Key;
use egui::Ui;

use crate::app::Session;
use crate::app::UiState;
use crate::app::View;
use crate::app::ViewKind;
use crate::app::base::view_class::ViewClass;
use crate::app::base::view_kind::ViewInfo;
use crate::app::views::latency::state::LatencyState;
use crate::app::work::context::WorkContext;
use crate::figure::Figure;
use crate::project::Project;

/// How the view is called.
pub(crate) static INFO: ViewInfo = ViewInfo {
    word: "latency",
    label: "Latency",
    tooltip: "What FLOPs promise, and what the clock says",
    key: Key::Num4,
};

/// The view. Measuring belongs to the session: it needs the whole machine, and Trade-off asks for it too.
#[derive(Default)]
pub(crate) struct LatencyView {
    state: LatencyState,
    /// A measurement was begun without a click.
    has_begun: bool,
}

impl ViewClass for LatencyView {
    fn kind(&self) -> ViewKind {
        ViewKind(&INFO)
    }

    fn ui(&mut self, ui: &mut Ui, view: &View<'_>, _state: &mut UiState, _is_page: bool) {
        panel::latency_ui(ui, view, &mut self.state);
    }

    /// A picture must not be empty.
    fn poll(&mut self, context: &mut WorkContext<'_>, is_shown: bool) {
        if context.starts_by_itself && is_shown && !self.has_begun && context.checkpoint.is_some() {
            self.has_begun = true;
            context.latency.ask(self.state.plan.clone());
        }
    }

    fn can_export(&self, session: &Session) -> bool {
        session.latency.shown().is_some()
    }

    fn figure(&self, _project: &Project, session: &Session) -> Option<Figure> {
        Some(session.latency.shown()?.figure(true))
    }

    fn save(&self) -> serde_json::Value {
        serde_json::to_value(&self.state).unwrap_or_default()
    }

    fn restore(&mut self, saved: &serde_json::Value) {
        self.state = serde_json::from_value(saved.clone()).unwrap_or_default();
    }
}
