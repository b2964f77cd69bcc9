//! One text, layer by layer, under every enabled strategy.

pub(crate) mod cell_text;
pub(crate) mod cell_tooltip;
pub(crate) mod columns;
pub(crate) mod details;
pub(crate) mod figure;
pub(crate) mod legend;
pub(crate) mod life_line;
pub(crate) mod overview;
pub(crate) mod panel;
pub(crate) mod ribbon;
pub(crate) mod ribbon_header;
pub(crate) mod ribbon_view;
pub(crate) mod scrubber;
pub(crate) mod sentence;
pub(crate) mod text_box;
pub(crate) mod token_row;

use egui::Key;
use egui::Ui;

use crate::app::Session;
use crate::app::UiState;
use crate::app::View;
use crate::app::ViewKind;
use crate::app::base::view_class::Room;
use crate::app::base::view_class::ViewClass;
use crate::app::base::view_kind::ViewInfo;
use crate::figure::Figure;
use crate::project::Project;

/// How the view is called.
pub(crate) static INFO: ViewInfo = ViewInfo {
    word: "inspect",
    label: "Inspect",
    tooltip: "What each strategy keeps of one text, layer by layer",
    key: Key::Num1,
};

/// The view. Its runs belong to the session: list, status bar and start-up times look at them too.
#[derive(Default)]
pub(crate) struct InspectView;

impl ViewClass for InspectView {
    fn kind(&self) -> ViewKind {
        ViewKind(&INFO)
    }

    fn room(&self) -> Room {
        Room::Any
    }

    fn ui(&mut self, ui: &mut Ui, view: &View<'_>, state: &mut UiState, is_page: bool) {
        panel::inspect_ui(ui, view, state, is_page);
    }

    fn has_details(&self) -> bool {
        true
    }

    fn details_ui(&mut self, ui: &mut Ui, view: &View<'_>, state: &mut UiState) {
        details::details_ui(ui, view, state);
    }

    fn can_export(&self, session: &Session) -> bool {
        session.inspect.shown().is_some()
    }

    fn figure(&self, project: &Project, session: &Session) -> Option<Figure> {
        figure::figure_for_file(project, session)
    }
}
