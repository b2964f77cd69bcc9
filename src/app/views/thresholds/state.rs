//! What the view remembers.

use crate::evaluation::LayerScores;
use crate::project::EntryId;
use crate::project::Project;
use crate::project::StrategyEntry;

/// What the view remembers.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub(crate) struct ThresholdsState {
    /// The strategy; the first one where it is none of the list.
    pub(crate) strategy: Option<EntryId>,
    /// The group column whose groups are told apart.
    pub(crate) group_by: Option<String>,
    /// The layer whose tokens near the line are listed; the first one that removes any where none was chosen.
    pub(crate) layer: Option<usize>,
}

impl ThresholdsState {
    /// The layer whose tokens near the line are listed.
    pub(crate) fn shown_layer(&self, scores: &LayerScores) -> usize {
        let first = || scores.layers.iter().position(|layer| !layer.needed.is_empty());
        self.layer.filter(|&layer| layer < scores.layers.len()).or_else(first).unwrap_or(0)
    }

    /// The strategy whose scores are shown.
    pub(crate) fn chosen<'a>(&self, project: &'a Project) -> Option<&'a StrategyEntry> {
        let entries = || project.enabled().filter(|entry| entry.spec.id() != "dense");
        entries().find(|entry| Some(entry.id) == self.strategy).or_else(|| entries().next())
    }
}
