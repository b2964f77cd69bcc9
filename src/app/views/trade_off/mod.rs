//! Accuracy against cost over a data set.

pub(crate) mod comparison;
pub(crate) mod details;
pub(crate) mod facts;
pub(crate) mod panel;
pub(crate) mod plot;
pub(crate) mod state;
pub(crate) mod swept;
pub(crate) mod table;
pub(crate) mod work;

use egui::Key;
use egui::Ui;

use crate::app::Session;
use crate::app::UiState;
use crate::app::View;
use crate::app::ViewKind;
use crate::app::base::session::JobStatus;
use crate::app::base::view_class::ViewClass;
use crate::app::base::view_kind::ViewInfo;
use crate::app::views::trade_off::state::Seen;
use crate::app::views::trade_off::state::TradeOffState;
use crate::app::views::trade_off::work::TradeOffWork;
use crate::app::work::context::WorkContext;
use crate::app::work::data_runs::RunRequest;
use crate::figure::Figure;
use crate::project::Project;

/// How the view is called.
pub(crate) static INFO: ViewInfo = ViewInfo {
    word: "trade-off",
    label: "Trade-off",
    tooltip: "Accuracy against cost over a data set",
    key: Key::Num2,
};

/// The view.
#[derive(Default)]
pub(crate) struct TradeOffView {
    state: TradeOffState,
    work: TradeOffWork,
    asked: Option<RunRequest>,
}

impl ViewClass for TradeOffView {
    fn kind(&self) -> ViewKind {
        ViewKind(&INFO)
    }

    fn ui(&mut self, ui: &mut Ui, view: &View<'_>, _state: &mut UiState, _is_page: bool) {
        let seen = Seen::new(view, &self.work);
        panel::trade_off_ui(ui, &seen, &mut self.state);
        if let Some(request) = seen.asked() {
            self.asked = Some(request);
            ui.ctx().request_repaint();
        }
    }

    fn poll(&mut self, context: &mut WorkContext<'_>, is_shown: bool) {
        if let Some(request) = self.asked.take() {
            self.work.handle(request, context);
        }
        self.work.poll(context, is_shown, self.state.compared().as_ref());
    }

    fn is_asked(&self) -> bool {
        self.asked.is_some_and(|request| request != RunRequest::Stop)
    }

    fn job(&self) -> Option<JobStatus> {
        self.work.progress().map(|progress| JobStatus { label: INFO.label.to_owned(), progress })
    }

    fn is_busy(&self) -> bool {
        self.work.progress().is_some() || self.work.is_comparing()
    }

    fn stop(&mut self) {
        self.work.stop();
    }

    fn needs_labels(&self) -> bool {
        true
    }

    fn can_export(&self, _session: &Session) -> bool {
        self.work.dense().is_some()
    }

    fn figure(&self, project: &Project, session: &Session) -> Option<Figure> {
        panel::figure_for_file((project, session), &self.work, &self.state)
    }

    fn save(&self) -> serde_json::Value {
        serde_json::to_value(&self.state).unwrap_or_default()
    }

    fn restore(&mut self, saved: &serde_json::Value) {
        self.state = serde_json::from_value(saved.clone()).unwrap_or_default();
    }
}
