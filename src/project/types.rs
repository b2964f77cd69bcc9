//! What a session consists of.

use std::path::PathBuf;

use crate::data::Content;
use crate::data::ReadOptions;
use crate::pruning::StrategySpec;

/// Names a strategy of the session for as long as it lives there; never reused within a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct EntryId(pub u64);

/// One strategy in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct StrategyEntry {
    /// Its name inside the session.
    pub id: EntryId,
    /// The strategy and its settings.
    pub spec: StrategySpec,
    /// Whether it is run and shown.
    pub enabled: bool,
}

/// Which file holds the texts, and how it is read.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct DataSource {
    /// The file.
    pub path: PathBuf,
    /// A table of identity terms, whose groups join those of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lexicon: Option<PathBuf>,
    /// Columns and format. They stand beside the path in the file, as the three options of older sessions did.
    #[serde(flatten)]
    pub options: ReadOptions,
}

impl DataSource {
    /// What decides how the file is read: all but the class of interest, which only measures ask for.
    #[must_use]
    pub fn reading(&self) -> Self {
        let options = ReadOptions { positive: None, ..self.options.clone() };
        Self { options, ..self.clone() }
    }
}

/// The id the next strategy gets. It counts on whatever is undone, so two projects that differ in it alone are equal.
#[derive(Clone, Copy, Debug)]
pub(super) struct NextId(pub(super) u64);

impl PartialEq for NextId {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Everything that is saved and undone. Small, so that a copy a step costs nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Project {
    /// A checkpoint folder, or the name of a bundled one.
    pub model: PathBuf,
    /// The data set, if one is open.
    pub data: Option<DataSource>,
    /// The text that is looked at.
    pub text: String,
    /// The second text, where a pair is looked at.
    pub text_pair: Option<String>,
    /// The strategies, in the order shown.
    pub strategies: Vec<StrategyEntry>,
    /// At most this many rows are evaluated; `None` = all.
    pub row_limit: Option<usize>,
    /// Of the random order in which rows are evaluated.
    pub seed: u64,
    /// The id the next strategy gets.
    pub(super) next_id: NextId,
}

impl Project {
    /// An empty session on a model.
    pub fn new(model: impl Into<PathBuf>) -> Self {
        Self {
            model: model.into(),
            data: None,
            text: String::new(),
            text_pair: None,
            strategies: Vec::new(),
            row_limit: None,
            seed: 0,
            next_id: NextId(1),
        }
    }

    /// What is looked at: the text, or the pair of texts.
    #[must_use]
    pub fn content(&self) -> Content {
        let text = self.text.as_str().into();
        match &self.text_pair {
            None => Content::Text(text),
            Some(second) => Content::Pair(text, second.as_str().into()),
        }
    }

    /// Appends a strategy and gives it a name.
    pub fn push(&mut self, spec: StrategySpec, enabled: bool) -> EntryId {
        let id = self.fresh_id();
        self.strategies.push(StrategyEntry { id, spec, enabled });
        id
    }

    /// Appends a copy right behind the original; `None` if there is no such strategy.
    pub fn duplicate(&mut self, id: EntryId) -> Option<EntryId> {
        let index = self.index_of(id)?;
        let copy = self.fresh_id();
        let spec = self.strategies[index].spec.clone();
        self.strategies.insert(index + 1, StrategyEntry { id: copy, spec, enabled: true });
        Some(copy)
    }

    /// Takes a strategy out; whether there was one.
    pub fn remove(&mut self, id: EntryId) -> bool {
        let before = self.strategies.len();
        self.strategies.retain(|entry| entry.id != id);
        self.strategies.len() != before
    }

    /// Takes the place of another project: ids go on from where they were there, so that what is known of its strategies
    /// is never taken for something about this one's.
    pub fn counts_on_from(&mut self, other: &Self) {
        self.next_id.0 = self.next_id.0.max(other.next_id.0);
    }

    /// One strategy.
    pub fn entry(&self, id: EntryId) -> Option<&StrategyEntry> {
        self.strategies.iter().find(|entry| entry.id == id)
    }

    /// One strategy, to change.
    pub fn entry_mut(&mut self, id: EntryId) -> Option<&mut StrategyEntry> {
        self.strategies.iter_mut().find(|entry| entry.id == id)
    }

    /// Where a strategy stands in the list.
    pub fn index_of(&self, id: EntryId) -> Option<usize> {
        self.strategies.iter().position(|entry| entry.id == id)
    }

    /// What a strategy is called wherever it is shown: its id, and from the second of an id on a number, so that copies
    /// can be told apart: `tome`, `tome (2)`.
    pub fn name(&self, id: EntryId) -> String {
        let Some(index) = self.index_of(id) else { return String::new() };
        let strategy = self.strategies[index].spec.id();
        let earlier = self.strategies[..index].iter().filter(|entry| entry.spec.id() == strategy).count();
        if earlier == 0 { strategy.to_owned() } else { format!("{strategy} ({})", earlier + 1) }
    }

    /// The same with the value of its main setting: `tome (2) · r 4`.
    pub fn full_name(&self, id: EntryId) -> String {
        let Some(entry) = self.entry(id) else { return String::new() };
        let short = entry.spec.short_name();
        let setting = short.strip_prefix(entry.spec.id()).unwrap_or_default();
        format!("{}{setting}", self.name(id))
    }

    /// The strategies that are run and shown.
    pub fn enabled(&self) -> impl Iterator<Item = &StrategyEntry> {
        self.strategies.iter().filter(|entry| entry.enabled)
    }

    fn fresh_id(&mut self) -> EntryId {
        let id = EntryId(self.next_id.0);
        self.next_id.0 += 1;
        id
    }
}
