//! The texts of a round and the dense run over them, which everything else is compared with.

use crate::app::work::evaluation_key::basis_line;
use crate::data::Dataset;
use crate::data::Sample;
use crate::evaluation::HeadKind;
use crate::evaluation::Prepared;
use crate::evaluation::StrategyRun;
use crate::figure::one_line;
use std::sync::Arc;

/// The texts of a round and the dense run, in the order of the data set.
#[derive(Debug)]
pub(crate) struct DenseBaseline {
    /// The data set that the texts come from.
    pub(crate) dataset: Arc<Dataset>,
    /// What is known of the texts.
    pub(crate) prepared: Arc<Prepared>,
    /// Without pruning.
    pub(crate) dense: StrategyRun,
    /// Which of the rows these are.
    pub(crate) sample: Sample,
    /// Clusters that intervals rest on, in words.
    pub(crate) clusters: Option<String>,
    /// What makes the data set a poor sample, in words.
    pub(crate) warning: Option<String>,
}

impl DenseBaseline {
    /// What results rest on, in words, with what makes that a poor sample.
    pub(crate) fn basis_line(&self) -> String {
        let mut line = basis_line(self.prepared.len(), &self.sample, &self.dataset.sample);
        if let Some(clusters) = &self.clusters {
            line = format!("{line}; {}", one_line(clusters));
        }
        if self.prepared.labelled() == 0 {
            line =
                format!("{}; no labels: agreement with dense is measured", line.replace(", stratified by label", ""));
        } else if self.prepared.is_binary() {
            let what = if self.prepared.head == HeadKind::MultiLabel { "label" } else { "class" };
            line = format!("{line}; {what} of interest: {}", self.prepared.positive_name());
        }
        if let Some(right) = self.prepared.right_line(self.prepared.tolerance(&self.dense.results)) {
            line = format!("{line}; {right}");
        }
        self.warning.iter().fold(line, |line, warning| format!("{line}; {warning}"))
    }
}
