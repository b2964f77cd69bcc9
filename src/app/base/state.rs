//! What is looked at: view, layer, selection, layout. Saved by the window, not undone.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::app::CommandQueue;
use crate::app::Environment;
use crate::app::Session;
use crate::app::Theme;
use crate::app::ViewKind;
use crate::app::base::path_field::PathField;
use crate::app::base::selection::CellRef;
use crate::app::base::selection::Hover;
use crate::app::base::session::JobStatus;
use crate::app::work::chooser::Purpose;
use crate::app::work::data_sheet::DataSheet;
use crate::app::work::data_sheet::Remembered;
use crate::app::work::examples::ExampleFilter;
use crate::app::work::examples::Search;
use crate::project::EntryId;
use crate::project::Project;

/// Files that were opened before, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub(crate) struct Recent {
    /// Checkpoint folders.
    pub(crate) models: Vec<PathBuf>,
    /// Data files.
    pub(crate) data: Vec<PathBuf>,
    /// Session files.
    pub(crate) sessions: Vec<PathBuf>,
}

/// Each list keeps this many.
const RECENT: usize = 8;

impl Recent {
    /// Puts a path in front of a list.
    pub(crate) fn remember(list: &mut Vec<PathBuf>, path: PathBuf) {
        list.retain(|known| *known != path);
        list.insert(0, path);
        list.truncate(RECENT);
    }

    /// Takes a path out of all lists.
    pub(crate) fn forget(&mut self, path: &PathBuf) {
        for list in [&mut self.models, &mut self.data, &mut self.sessions] {
            list.retain(|known| known != path);
        }
    }
}

/// The fields that commands lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// The text itself.
    Text,
    /// The second text of a pair.
    TextPair,
    /// The search among examples.
    Search,
    /// The number or id of an example.
    GoTo,
}

/// What is looked at, and how.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub(crate) struct UiState {
    /// The view in front.
    pub(crate) view: ViewKind,
    /// Light or dark.
    pub(crate) theme: Theme,
    /// Files opened before.
    pub(crate) recent: Recent,
    /// The example of the data set the text came from.
    pub(crate) example: Option<usize>,
    /// Only these examples are walked through.
    #[serde(skip)]
    pub(crate) example_filter: Option<ExampleFilter>,
    /// Only examples that contain this are walked through.
    #[serde(skip)]
    pub(crate) search: Search,
    /// A step forward (or back) that waits until the list of examples is made.
    #[serde(skip)]
    pub(crate) steps_when_listed: Option<bool>,
    /// What stands in the field that leads to an example.
    #[serde(skip)]
    pub(crate) go_to: String,
    /// How many layers have passed: 0 shows the whole text, `l` what is left after the `l`-th layer.
    #[serde(skip)]
    pub(crate) layer: usize,
    /// When the next step of the play is due, in seconds of the window's clock.
    #[serde(skip)]
    pub(crate) playing: Option<f64>,
    /// Squeeze the whole text into the width.
    pub(crate) fit: bool,
    /// The left panel is put away.
    pub(crate) hides_settings: bool,
    /// The right panel is put away.
    pub(crate) hides_details: bool,
    /// How far the ribbons are scrolled sideways, in points.
    #[serde(skip)]
    pub(crate) scroll: f32,
    /// Whether settings below the dial are shown, by strategy.
    #[serde(skip)]
    pub(crate) expanded: Vec<u64>,
    /// What the pointer is over.
    #[serde(skip)]
    pub(crate) hover: Hover,
    /// The pinned cell; its column is lit everywhere and its details stay.
    #[serde(skip)]
    pub(crate) pinned: Option<CellRef>,
    /// The cell the keyboard is on.
    #[serde(skip)]
    pub(crate) cursor: Option<CellRef>,
    /// The strategy whose survival the sentence shows; the first one where it is none of the list.
    #[serde(skip)]
    pub(crate) lead: Option<EntryId>,
    /// A field that asks for the keyboard.
    #[serde(skip)]
    pub(crate) focus: Option<Field>,
    /// A data file whose options are being chosen.
    #[serde(skip)]
    pub(crate) data_sheet: Option<DataSheet>,
    /// What was chosen for data files before.
    pub(crate) remembered: Vec<Remembered>,
    /// A path that is being typed.
    #[serde(skip)]
    pub(crate) path_field: Option<PathField>,
    /// A file that would be replaced: whether it may is asked.
    #[serde(skip)]
    pub(crate) replaced: Option<(Purpose, PathBuf)>,
    /// Overlays.
    #[serde(skip)]
    pub(crate) show_shortcuts: bool,
    /// See `show_shortcuts`.
    #[serde(skip)]
    pub(crate) show_about: bool,
    /// See `show_shortcuts`.
    #[serde(skip)]
    pub(crate) show_messages: bool,
    /// What the views remember, by name, as they wrote it when the session was saved last.
    #[serde(flatten)]
    pub(crate) views: BTreeMap<String, serde_json::Value>,
}

impl Default for UiState {
    fn default() -> Self {
        Self {
            view: ViewKind::default(),
            theme: Theme::System,
            recent: Recent::default(),
            example: None,
            example_filter: None,
            search: Search::default(),
            steps_when_listed: None,
            go_to: String::new(),
            layer: usize::MAX,
            playing: None,
            fit: false,
            hides_settings: false,
            hides_details: false,
            scroll: 0.0,
            expanded: Vec::new(),
            hover: Hover::default(),
            pinned: None,
            cursor: None,
            lead: None,
            data_sheet: None,
            remembered: Vec::new(),
            focus: None,
            path_field: None,
            replaced: None,
            show_shortcuts: false,
            show_about: false,
            show_messages: false,
            views: BTreeMap::new(),
        }
    }
}

/// What panels see; they change nothing but [`UiState`] and ask for the rest through `commands`.
pub(crate) struct View<'a> {
    /// What is saved and undone.
    pub(crate) project: &'a Project,
    /// What is computed.
    pub(crate) session: &'a Session,
    /// Where wishes go.
    pub(crate) commands: &'a CommandQueue,
    /// What is possible now.
    pub(crate) environment: &'a Environment,
    /// What runs besides a measurement of time.
    pub(crate) jobs: &'a [JobStatus],
}

impl View<'_> {
    /// The strategy whose survival the sentence shows.
    pub(crate) fn lead(&self, state: &UiState) -> Option<EntryId> {
        let is_enabled = |id: &EntryId| self.project.enabled().any(|entry| entry.id == *id);
        state.lead.filter(is_enabled).or_else(|| self.project.enabled().next().map(|entry| entry.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recent_files_are_newest_first_and_unique() {
        let mut recent = Recent::default();
        for name in ["a", "b", "a"] {
            Recent::remember(&mut recent.models, PathBuf::from(name));
        }
        assert_eq!(recent.models, [PathBuf::from("a"), PathBuf::from("b")], "newest first, once each");
        recent.forget(&PathBuf::from("a"));
        assert_eq!(recent.models, [PathBuf::from("b")], "forgotten");
    }
}
