//! The rows of the data set: label, dense and pruned answer, groups, kept share; sorted, searched, filtered.

pub(crate) mod columns;
pub(crate) mod facts;
pub(crate) mod listing;
pub(crate) mod panel;
pub(crate) mod seen;
pub(crate) mod state;
pub(crate) mod work;

use std::sync::Arc;

use egui::Key;
use egui::Ui;

use crate::app::Session;
use crate::app::UiState;
use crate::app::View;
use crate::app::ViewKind;
use crate::app::base::session::JobStatus;
use crate::app::base::view_class::ViewClass;
use crate::app::base::view_kind::ViewInfo;
use crate::app::views::data::listing::Wanted;
use crate::app::views::data::seen::Seen;
use crate::app::views::data::state::DataState;
use crate::app::views::data::work::DataWork;
use crate::app::work::context::WorkContext;
use crate::app::work::data_runs::RunRequest;
use crate::app::work::export::ListedRows;
use crate::data::Dataset;
use crate::figure::Figure;
use crate::project::Project;

/// How the view is called.
pub(crate) static INFO: ViewInfo = ViewInfo {
    word: "data",
    label: "Data",
    tooltip: "The rows of the data set, what the model says of them, and what pruning changes",
    key: Key::Num5,
};

/// The view.
#[derive(Default)]
pub(crate) struct DataView {
    state: DataState,
    work: DataWork,
    asked: Option<RunRequest>,
}

impl DataView {
    /// The rows to be listed; a group that the data set does not have is none.
    fn wanted(&self, dataset: Option<&Dataset>) -> Wanted {
        let index = |(column, value): &(String, String)| {
            let column = dataset?.group_column(column)?;
            Some((column, dataset?.groups[column].values.iter().position(|known| known == value)?))
        };
        Wanted {
            search: self.state.search.clone(),
            group: self.state.group.as_ref().and_then(index),
            outcome: self.state.outcome,
            sorted_by: self.state.sorted_by,
        }
    }
}

impl ViewClass for DataView {
    fn kind(&self) -> ViewKind {
        ViewKind(&INFO)
    }

    fn ui(&mut self, ui: &mut Ui, view: &View<'_>, _state: &mut UiState, _is_page: bool) {
        let seen = Seen::new(view, &self.work);
        panel::data_ui(ui, &seen, &mut self.state);
        if let Some(request) = seen.asked() {
            self.asked = Some(request);
            ui.ctx().request_repaint();
        }
    }

    fn poll(&mut self, context: &mut WorkContext<'_>, is_shown: bool) {
        if let Some(request) = self.asked.take() {
            self.work.handle(request, context);
        }
        let wanted = self.wanted(context.dataset.as_deref());
        let spec = self.state.chosen(context.project).map(|entry| entry.spec.clone());
        self.work.poll(context, is_shown, (spec, wanted));
    }

    fn is_asked(&self) -> bool {
        self.asked.is_some_and(|request| request != RunRequest::Stop)
    }

    fn job(&self) -> Option<JobStatus> {
        self.work.progress().map(|progress| JobStatus { label: INFO.label.to_owned(), progress })
    }

    fn is_busy(&self) -> bool {
        self.work.progress().is_some() || self.work.is_listing()
    }

    fn stop(&mut self) {
        self.work.stop();
    }

    fn needs_labels(&self) -> bool {
        true
    }

    fn is_empty(&self, _session: &Session) -> bool {
        self.work.listing().is_none()
    }

    /// There is no figure of it.
    fn can_export(&self, _session: &Session) -> bool {
        false
    }

    fn rows(&self) -> Option<Arc<dyn ListedRows>> {
        let listing = self.work.listing()?;
        Some(Arc::clone(listing) as Arc<dyn ListedRows>)
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
