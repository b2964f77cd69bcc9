//! The window's parts, and what anyone may ask about all of them.

use crate::app::CommandQueue;
use crate::app::Environment;
use crate::app::Session;
use crate::app::UiState;
use crate::app::ViewKind;
use crate::app::core::autosave::Autosave;
use crate::app::core::screenshot::Screenshot;
use crate::app::core::timing::Stopwatch;
use crate::app::core::undo::History;
use crate::app::views::collection::Views;
use crate::app::work::export::ListedRows;
use crate::figure::Figure;
use crate::jobs::Wake;
use crate::project::DataSource;
use crate::project::Project;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The window.
pub struct App {
    pub(crate) project: Project,
    pub(crate) session: Session,
    pub(crate) ui: UiState,
    pub(crate) undo: History,
    pub(crate) commands: CommandQueue,
    pub(crate) views: Views,
    /// Work that was asked for while a time is measured, and that it has to wait, was said.
    pub(crate) has_told_wait: bool,
    pub(crate) wake: Wake,
    pub(crate) screenshot: Option<Screenshot>,
    pub(crate) stopwatch: Option<Stopwatch>,
    pub(crate) starts_by_itself: bool,
    pub(crate) is_saved: bool,
    pub(crate) autosave: Option<Autosave>,
    pub(crate) longest_unasked: Duration,
    /// Data set and model whose labels were looked at.
    pub(crate) noticed: Option<(DataSource, PathBuf)>,
}

impl App {
    /// Whether anything runs or waits to be carried out.
    pub fn is_busy(&self) -> bool {
        self.is_working() || !self.commands.is_empty()
    }

    /// Whether anything runs or is about to.
    fn is_working(&self) -> bool {
        self.session.others_busy() || self.views.is_busy() || self.views.is_asked() || self.session.latency.is_busy()
    }

    /// Asks everything to stop.
    pub(crate) fn stop(&mut self) {
        self.stop_others();
        self.session.latency.stop();
    }

    /// Asks everything to stop, save a measurement of time.
    pub(crate) fn stop_others(&mut self) {
        self.session.stop_others();
        self.views.stop();
    }

    /// What the view in front lists.
    pub(crate) fn rows(&self) -> Option<Arc<dyn ListedRows>> {
        self.views.get(self.ui.view)?.rows()
    }

    /// What the view in front would write.
    pub(crate) fn figure(&self) -> Option<Figure> {
        self.views.get(self.ui.view)?.figure(&self.project, &self.session)
    }

    /// Whether the Inspect view waits for a run: what it shows belongs to an earlier text or setting.
    pub fn is_inspecting(&self) -> bool {
        self.session.model.is_busy() || self.session.inspect.is_busy() || !self.commands.is_empty()
    }

    /// Whether the long work of a view runs: a sweep, an evaluation.
    pub fn is_running(&self, view: ViewKind) -> bool {
        self.views.get(view).is_some_and(|view| view.job().is_some())
    }

    /// What is possible now.
    pub(crate) fn environment(&self) -> Environment {
        Environment {
            has_data: self.session.dataset(&self.project).is_some_and(|dataset| !dataset.examples.is_empty()),
            has_source: self.project.data.is_some(),
            has_layers: self.ui.view == ViewKind::default() && self.session.inspect.shown().is_some(),
            can_export: self.views.can_export(self.ui.view, &self.session),
            can_export_rows: self.rows().is_some(),
            can_undo: self.undo.has_undo(),
            can_redo: self.undo.has_redo(),
            is_busy: self.is_working(),
            has_selection: self.ui.pinned.is_some(),
        }
    }
}
