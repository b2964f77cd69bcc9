//! What a view is to the window. Everything the window does with views goes through this trait: tabs, status bar, menus,
//! exports, pictures, stopping and saving ask for nothing else.

use std::sync::Arc;

use egui::Ui;

use crate::app::Session;
use crate::app::UiState;
use crate::app::View;
use crate::app::base::session::JobStatus;
use crate::app::base::view_kind::ViewKind;
use crate::app::work::context::WorkContext;
use crate::app::work::export::ListedRows;
use crate::figure::Figure;
use crate::project::Project;

/// How a view deals with the room it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    /// It needs some room for a plot or a table; a smaller window scrolls over it.
    Plot,
    /// It fits itself into any width, and takes the height it needs where it is part of a page that scrolls as a whole.
    Any,
}

/// A view: what it remembers, the work that only it needs, and how it is drawn.
pub(crate) trait ViewClass {
    /// How it is called.
    fn kind(&self) -> ViewKind;

    /// The room it needs.
    fn room(&self) -> Room {
        Room::Plot
    }

    /// Draws the view. `is_page`: it is part of a page that scrolls as a whole.
    fn ui(&mut self, ui: &mut Ui, view: &View<'_>, state: &mut UiState, is_page: bool);

    /// Whether it has more to say in a panel at the right.
    fn has_details(&self) -> bool {
        false
    }

    /// Draws that panel.
    fn details_ui(&mut self, _ui: &mut Ui, _view: &View<'_>, _state: &mut UiState) {}

    /// Takes in what its work has found and starts what is due; called once a frame, but not while a time is measured.
    fn poll(&mut self, _context: &mut WorkContext<'_>, _is_shown: bool) {}

    /// Whether it was asked for work that [`Self::poll`] has not begun yet.
    fn is_asked(&self) -> bool {
        false
    }

    /// What runs for it, for the status bar.
    fn job(&self) -> Option<JobStatus> {
        None
    }

    /// Whether anything runs for it, small work included.
    fn is_busy(&self) -> bool {
        self.job().is_some()
    }

    /// Asks what runs for it to stop; what is finished stays.
    fn stop(&mut self) {}

    /// Whether it makes use of labels, so that labels which do not fit the model are worth a question.
    fn needs_labels(&self) -> bool {
        false
    }

    /// Whether it has nothing to show yet, for whoever takes a picture.
    fn is_empty(&self, session: &Session) -> bool {
        !self.can_export(session)
    }

    /// Whether it has anything to write.
    fn can_export(&self, session: &Session) -> bool;

    /// What it lists, for a CSV, where that is no figure.
    fn rows(&self) -> Option<Arc<dyn ListedRows>> {
        None
    }

    /// What an export writes; `None` while there is nothing.
    fn figure(&self, project: &Project, session: &Session) -> Option<Figure>;

    /// What it remembers from session to session; nothing for `Null`.
    fn save(&self) -> serde_json::Value {
        serde_json::Value::Null
    }

    /// Takes up what it remembered; what cannot be read is left out.
    fn restore(&mut self, _saved: &serde_json::Value) {}
}
