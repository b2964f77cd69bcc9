//! What the parts of the Open data sheet share.

use crate::app::View;
use crate::app::work::data_sheet::DataSheet;
use crate::app::work::sheet::DataFacts;
use crate::app::work::sheet::Fit;
use crate::app::work::sheet::Preview;
use crate::evaluation::HeadKind;
use crate::figure::shortened;
use std::sync::Arc;

/// What is known of the file and of the model.
pub(crate) struct Known {
    /// The first rows; the last ones that were read, while newer ones come.
    pub(crate) preview: Option<Arc<Preview>>,
    /// The whole file, read as the draft says.
    pub(crate) facts: Option<Arc<DataFacts>>,
    /// What the labels mean.
    pub(crate) fit: Option<Arc<Fit>>,
    /// Classes or labels of the model.
    pub(crate) classes: Vec<String>,
    /// What its outputs mean.
    pub(crate) head: HeadKind,
    /// Why the file cannot be read as the draft says.
    pub(crate) failure: Option<String>,
}

impl Known {
    /// All that is known for a draft.
    pub(crate) fn of(view: &View<'_>, sheet: &DataSheet) -> Self {
        let work = &view.session.sheet;
        let (file, read) = (sheet.file_key(), sheet.read_key());
        let checkpoint = view.session.checkpoint(view.project);
        let classes = checkpoint.map(|checkpoint| checkpoint.model.config.labels.clone()).unwrap_or_default();
        let head = checkpoint.map_or(HeadKind::Classifier, |checkpoint| checkpoint.model.config.head);
        let failure = work.preview.failure(&file).or_else(|| work.facts.failure(&read));
        Self {
            preview: work.preview.get(&file).or_else(|| work.preview.latest()).cloned(),
            facts: work.facts.get(&read).cloned(),
            fit: work.fit_of(sheet, (&classes, head)).cloned(),
            failure: failure.map(str::to_owned),
            classes,
            head,
        }
    }

    /// Names of the group columns that are taken as long as nothing is said.
    pub(crate) fn guessed(&self) -> Vec<String> {
        let groups = self.facts.iter().flat_map(|facts| &facts.groups);
        groups.map(|group| group.name.clone()).filter(|name| name != crate::data::LEXICON_COLUMN).collect()
    }
}

/// A name that leaves room for others.
pub(crate) fn short(name: &str) -> String {
    const MOST: usize = 40;
    shortened(name, MOST)
}
