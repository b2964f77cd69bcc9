//! What an evaluation rests on: model, data and how many rows.

use std::path::PathBuf;

use crate::app::session::WorkContext;
use crate::data::Dataset;
use crate::figure::number;
use crate::project::DataSource;

/// Results of the same basis can stand in one figure.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Basis {
    model: PathBuf,
    data: DataSource,
    rows: usize,
    /// Fingerprints of what was read under these names.
    read: [String; 2],
}

impl Basis {
    /// What an evaluation would rest on now; `None` until model and data are there.
    /// `rows` is used where the user has not said how many.
    pub(crate) fn of(context: &WorkContext<'_>, rows: usize) -> Option<Self> {
        let checkpoint = context.checkpoint.as_ref()?;
        let dataset = context.dataset.as_ref()?;
        let rows = context.project.row_limit.unwrap_or(rows).min(dataset.examples.len());
        let read = [checkpoint.model.weights_hash.clone(), dataset.hash.clone()];
        Some(Self { model: context.project.model.clone(), data: context.project.data.clone()?, rows, read })
    }

    /// Something to tell results apart by.
    #[cfg(test)]
    pub(crate) fn for_tests(name: &str) -> Self {
        let data = DataSource { path: PathBuf::from(name), ..DataSource::default() };
        Self { model: PathBuf::new(), data, rows: usize::MAX, read: Default::default() }
    }

    /// How many rows are read.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }
}

/// "measured on all 3,120 texts" or "estimated on the first 400 of 3,120 texts"; says what was left out.
pub(crate) fn basis_line(used: usize, rows: usize, dataset: &Dataset) -> String {
    let total = dataset.examples.len();
    let line = if rows >= total {
        format!("measured on all {} texts", number::count(used))
    } else {
        format!("estimated on the first {} of {} texts", number::count(rows), number::count(total))
    };
    if used < rows.min(total) {
        let left_out = rows.min(total) - used;
        return format!("{line}; {} left out, their labels or texts cannot be used", number::count(left_out));
    }
    line
}
