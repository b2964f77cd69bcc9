//! Trains a strategy on the open data set, with curves while it runs.

pub(crate) mod curves;
pub(crate) mod panel;
pub(crate) mod state;
pub(crate) mod work;

use egui::Key;
use egui::Ui;

use crate::app::Session;
use crate::app::UiState;
use crate::app::View;
use crate::app::ViewKind;
use crate::app::base::session::JobStatus;
use crate::app::base::view_class::Room;
use crate::app::base::view_class::ViewClass;
use crate::app::base::view_kind::ViewInfo;
use crate::app::views::train::state::TrainState;
use crate::app::views::train::work::TrainRequest;
use crate::app::views::train::work::TrainWork;
use crate::app::work::context::WorkContext;
use crate::figure::Figure;
use crate::project::Project;

/// How the view is called.
pub(crate) static INFO: ViewInfo = ViewInfo {
    word: "train",
    label: "Train",
    tooltip: "Learn thresholds, predictors or gates from the open data set",
    key: Key::Num7,
};

/// The view.
#[derive(Default)]
pub(crate) struct TrainView {
    state: TrainState,
    work: TrainWork,
    asked: Option<TrainRequest>,
}

impl ViewClass for TrainView {
    fn kind(&self) -> ViewKind {
        ViewKind(&INFO)
    }

    fn room(&self) -> Room {
        Room::Any
    }

    fn ui(&mut self, ui: &mut Ui, view: &View<'_>, _state: &mut UiState, is_page: bool) {
        if let Some(request) = panel::train_ui(ui, view, &self.work, &mut self.state, is_page) {
            self.asked = Some(request);
            ui.ctx().request_repaint();
        }
    }

    fn poll(&mut self, context: &mut WorkContext<'_>, _is_shown: bool) {
        if let Some(request) = self.asked.take() {
            self.work.handle(request, context);
        }
        self.work.poll();
    }

    fn is_asked(&self) -> bool {
        self.asked.as_ref().is_some_and(|request| !matches!(request, TrainRequest::Stop))
    }

    fn job(&self) -> Option<JobStatus> {
        self.work.progress().map(|progress| JobStatus { label: INFO.label.to_owned(), progress })
    }

    fn stop(&mut self) {
        self.work.stop();
    }

    fn needs_labels(&self) -> bool {
        true
    }

    /// A training begins with a click alone: a picture shows what can be set.
    fn is_empty(&self, _session: &Session) -> bool {
        false
    }

    /// Its curves lie in the training's folder, as `curves.csv`.
    fn can_export(&self, _session: &Session) -> bool {
        false
    }

    fn figure(&self, _project: &Project, _session: &Session) -> Option<Figure> {
        None
    }

    fn save(&self) -> serde_json::Value {
        serde_json::to_value(&self.state).unwrap_or_default()
    }

    fn restore(&mut self, saved: &serde_json::Value) {
        self.state = serde_json::from_value(saved.clone()).unwrap_or_default();
    }
}
