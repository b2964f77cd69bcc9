//! One text, layer by layer, under every enabled strategy.

pub(crate) mod cell_text;
pub(crate) mod cell_tooltip;
pub(crate) mod columns;
pub(crate) mod details;
pub(crate) mod figure;
pub(crate) mod legend;
pub(crate) mod life_line;
pub(crate) mod match_bar;
pub(crate) mod match_state;
pub(crate) mod match_work;
pub(crate) mod overview;
pub(crate) mod panel;
pub(crate) mod ribbon;
pub(crate) mod ribbon_header;
pub(crate) mod ribbon_view;
pub(crate) mod scrubber;
pub(crate) mod sentence;
pub(crate) mod text_box;
pub(crate) mod token_row;
pub(crate) mod votes;

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
use crate::app::views::inspect::match_state::MatchState;
use crate::app::views::inspect::match_work::MatchWork;
use crate::app::work::context::WorkContext;
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
pub(crate) struct InspectView {
    matching: MatchState,
    work: MatchWork,
}

impl ViewClass for InspectView {
    fn kind(&self) -> ViewKind {
        ViewKind(&INFO)
    }

    fn room(&self) -> Room {
        Room::Any
    }

    fn ui(&mut self, ui: &mut Ui, view: &View<'_>, state: &mut UiState, is_page: bool) {
        if panel::inspect_ui(ui, view, state, (&self.work, &mut self.matching), is_page) {
            self.work.again();
            ui.ctx().request_repaint();
        }
    }

    fn has_details(&self) -> bool {
        true
    }

    fn details_ui(&mut self, ui: &mut Ui, view: &View<'_>, state: &mut UiState) {
        if self.matching.is_on {
            match_bar::needles_ui(ui, view, &self.work);
            ui.add_space(16.0);
        }
        details::details_ui(ui, view, state);
    }

    fn poll(&mut self, context: &mut WorkContext<'_>, is_shown: bool) {
        self.work.poll(context, is_shown, self.matching.budget());
    }

    fn job(&self) -> Option<JobStatus> {
        self.work.progress().map(|progress| JobStatus { label: "Budget".to_owned(), progress })
    }

    fn stop(&mut self) {
        self.work.stop();
    }

    fn can_export(&self, session: &Session) -> bool {
        session.inspect.shown().is_some()
    }

    fn figure(&self, project: &Project, session: &Session) -> Option<Figure> {
        figure::figure_for_file(project, session)
    }

    fn save(&self) -> serde_json::Value {
        serde_json::to_value(&self.matching).unwrap_or_default()
    }

    fn restore(&mut self, saved: &serde_json::Value) {
        self.matching = serde_json::from_value(saved.clone()).unwrap_or_default();
    }
}
