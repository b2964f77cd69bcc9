//! How a view is called. Which views there are stands in one table, in `views`.

use std::fmt;
use std::hash::Hash;
use std::hash::Hasher;

use egui::Key;

/// Names of a view.
#[derive(Debug)]
pub struct ViewInfo {
    /// As typed on the command line and kept in sessions: `trade-off`.
    pub word: &'static str,
    /// On its tab.
    pub label: &'static str,
    /// What it shows, for a hover.
    pub tooltip: &'static str,
    /// Leads to it, together with Ctrl or Command.
    pub key: Key,
}

/// One of the views.
#[derive(Clone, Copy)]
pub struct ViewKind(pub(crate) &'static ViewInfo);

impl ViewKind {
    /// As typed on the command line.
    pub fn word(self) -> &'static str {
        self.0.word
    }

    /// On its tab.
    pub fn label(self) -> &'static str {
        self.0.label
    }
}

impl PartialEq for ViewKind {
    fn eq(&self, other: &Self) -> bool {
        self.0.word == other.0.word
    }
}

impl Eq for ViewKind {}

impl Hash for ViewKind {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.0.word.hash(hasher);
    }
}

impl fmt::Debug for ViewKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "view {}", self.0.word)
    }
}

impl serde::Serialize for ViewKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.word)
    }
}
