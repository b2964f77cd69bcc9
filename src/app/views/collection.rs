//! All views together: found by their word, polled, stopped, saved.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::app::Session;
use crate::app::UiCommand;
use crate::app::ViewKind;
use crate::app::base::options::UnknownWord;
use crate::app::base::session::JobStatus;
use crate::app::base::view_class::ViewClass;
use crate::app::views::VIEWS;
use crate::app::work::context::WorkContext;

impl ViewKind {
    /// In the order of the tabs.
    pub fn all() -> Vec<Self> {
        VIEWS.iter().map(|(info, _)| Self(info)).collect()
    }

    /// The view of that word, however it is spelled.
    pub fn named(word: &str) -> Option<Self> {
        let plain = |word: &str| word.to_lowercase().replace(['-', '_', ' '], "");
        Self::all().into_iter().find(|view| plain(view.word()) == plain(word))
    }
}

impl Default for ViewKind {
    fn default() -> Self {
        Self(VIEWS[0].0)
    }
}

impl FromStr for ViewKind {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        Self::all().into_iter().find(|view| view.word() == word).ok_or_else(|| {
            let known = Self::all().into_iter().map(Self::word).collect::<Vec<_>>().join(", ");
            UnknownWord { got: word.to_owned(), expected: known.into() }
        })
    }
}

impl<'de> serde::Deserialize<'de> for ViewKind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A session of another version may name a view that this one lacks.
        Ok(Self::named(&String::deserialize(deserializer)?).unwrap_or_default())
    }
}

impl UiCommand {
    /// Every command, in the order of the menus.
    pub fn all() -> Vec<Self> {
        let (before, after) = Self::FIXED.split_at(Self::VIEWS_GO_BEFORE);
        let views = ViewKind::all().into_iter().map(Self::ShowView);
        before.iter().copied().chain(views).chain(after.iter().copied()).collect()
    }
}

/// The views of a window.
pub(crate) struct Views(Vec<Box<dyn ViewClass>>);

impl Default for Views {
    fn default() -> Self {
        Self(VIEWS.iter().map(|(_, begin)| begin()).collect())
    }
}

impl Views {
    /// The view in front.
    pub(crate) fn get(&self, kind: ViewKind) -> Option<&dyn ViewClass> {
        self.0.iter().find(|view| view.kind() == kind).map(AsRef::as_ref)
    }

    /// The view in front, to be drawn.
    pub(crate) fn get_mut(&mut self, kind: ViewKind) -> Option<&mut Box<dyn ViewClass>> {
        self.0.iter_mut().find(|view| view.kind() == kind)
    }

    /// Lets every view take in what it waits for; `shown` is in front.
    pub(crate) fn poll(&mut self, shown: ViewKind, context: &mut WorkContext<'_>) {
        for view in &mut self.0 {
            let is_shown = view.kind() == shown;
            view.poll(context, is_shown);
        }
    }

    /// What runs, in the order of the tabs.
    pub(crate) fn jobs(&self) -> Vec<JobStatus> {
        self.0.iter().filter_map(|view| view.job()).collect()
    }

    /// Whether anything runs.
    pub(crate) fn is_busy(&self) -> bool {
        self.0.iter().any(|view| view.is_busy())
    }

    /// Whether work was asked for that has not begun.
    pub(crate) fn is_asked(&self) -> bool {
        self.0.iter().any(|view| view.is_asked())
    }

    /// Asks everything to stop.
    pub(crate) fn stop(&mut self) {
        self.0.iter_mut().for_each(|view| view.stop());
    }

    /// Whether this view has anything to write.
    pub(crate) fn can_export(&self, kind: ViewKind, session: &Session) -> bool {
        self.get(kind).is_some_and(|view| view.can_export(session))
    }

    /// What the views remember, each under its own name.
    pub(crate) fn save(&self) -> BTreeMap<String, serde_json::Value> {
        let saved = self.0.iter().map(|view| (key(view.kind()), view.save()));
        saved.filter(|(_, saved)| !saved.is_null()).collect()
    }

    /// Takes up what they remembered.
    pub(crate) fn restore(&mut self, saved: &BTreeMap<String, serde_json::Value>) {
        for view in &mut self.0 {
            if let Some(saved) = saved.get(&key(view.kind())) {
                view.restore(saved);
            }
        }
    }
}

/// Sessions spell views as identifiers.
fn key(kind: ViewKind) -> String {
    kind.word().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_are_found_by_their_word_and_unknown_ones_list_the_known() {
        for view in ViewKind::all() {
            assert_eq!(view.word().parse(), Ok(view), "{view:?} by its own word");
        }
        let err = "tradeoff".parse::<ViewKind>().expect_err("no such view");
        assert!(err.to_string().contains("trade-off"), "{err} names the known views");
    }

    #[test]
    fn sessions_of_every_version_find_their_view() {
        let read = |word: &str| serde_json::from_value::<ViewKind>(word.into()).unwrap().word();
        assert_eq!(read("TradeOff"), "trade-off", "as older versions wrote it");
        assert_eq!(read("fairness"), "fairness", "as it is written now");
        assert_eq!(read("something else"), "inspect", "a view that is not there");
    }

    #[test]
    fn every_view_begins_under_the_name_of_its_row_and_keeps_what_it_remembers() {
        let mut views = Views::default();
        let kinds: Vec<ViewKind> = views.0.iter().map(|view| view.kind()).collect();
        assert_eq!(kinds, ViewKind::all(), "names and views in one order");
        let mut saved = views.save();
        saved.get_mut("trade_off").unwrap()["as_table"] = true.into();
        views.restore(&saved);
        assert_eq!(views.save(), saved, "what was restored is saved again");
    }
}
