//! The scores of every layer, and the line that they must reach to stay: dragged or typed.

pub(crate) mod bins;
pub(crate) mod details;
pub(crate) mod histogram;
pub(crate) mod panel;
pub(crate) mod state;
pub(crate) mod table;
pub(crate) mod work;

use std::sync::Arc;

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
use crate::app::views::thresholds::state::ThresholdsState;
use crate::app::views::thresholds::table::ScoreRows;
use crate::app::views::thresholds::work::ThresholdsWork;
use crate::app::work::context::WorkContext;
use crate::app::work::export::ListedRows;
use crate::figure::Figure;
use crate::project::Project;

/// How the view is called.
pub(crate) static INFO: ViewInfo = ViewInfo {
    word: "thresholds",
    label: "Thresholds",
    tooltip: "The scores of every layer, and the line they must reach to stay",
    key: Key::Num6,
};

/// The view.
#[derive(Default)]
pub(crate) struct ThresholdsView {
    state: ThresholdsState,
    work: ThresholdsWork,
}

impl ViewClass for ThresholdsView {
    fn kind(&self) -> ViewKind {
        ViewKind(&INFO)
    }

    fn ui(&mut self, ui: &mut Ui, view: &View<'_>, _state: &mut UiState, is_page: bool) {
        panel::thresholds_ui(ui, view, &self.work, &mut self.state, is_page);
    }

    fn room(&self) -> Room {
        Room::Any
    }

    fn has_details(&self) -> bool {
        true
    }

    fn details_ui(&mut self, ui: &mut Ui, view: &View<'_>, _state: &mut UiState) {
        details::details_ui(ui, view, &self.work, &self.state);
    }

    fn poll(&mut self, context: &mut WorkContext<'_>, is_shown: bool) {
        let spec = self.state.chosen(context.project).map(|entry| entry.spec.clone());
        self.work.poll(context, is_shown, spec);
    }

    fn job(&self) -> Option<JobStatus> {
        self.work.progress().map(|progress| JobStatus { label: INFO.label.to_owned(), progress })
    }

    fn stop(&mut self) {
        self.work.stop();
    }

    fn is_empty(&self, _session: &Session) -> bool {
        self.work.found().is_none()
    }

    /// There is no figure of it.
    fn can_export(&self, _session: &Session) -> bool {
        false
    }

    fn rows(&self) -> Option<Arc<dyn ListedRows>> {
        Some(Arc::new(ScoreRows(Arc::clone(self.work.found()?))))
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
