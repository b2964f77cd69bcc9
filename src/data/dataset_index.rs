//! A data set without its texts: what numbers per row and a few messages need.

use std::collections::HashMap;

use super::dataset::Dataset;
use super::drawn_sample::Sample;
use super::example::Example;
use super::example::GroupColumn;
use super::example::SkippedRow;
use super::memberships::Memberships;
use super::memberships::MembershipsBuilder;
use super::report::ReadReport;

/// Rows that are named one by one where many cannot be used; the others are only counted.
pub const LISTED_ROWS: usize = 100;

/// No label, no cluster.
const NONE: u32 = u32::MAX;

/// Labels, groups and clusters of every usable row, a few bytes a row, and where they came from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DatasetIndex {
    /// File name without folder, for display.
    pub name: String,
    /// The column the text was taken from.
    pub text_column: String,
    /// The column the second text of each pair was taken from, if any.
    pub text_pair_column: Option<String>,
    /// The column the label was taken from, if any.
    pub label_column: Option<String>,
    /// The column whose equal values must be resampled together, if any.
    pub cluster_column: Option<String>,
    /// The class of interest as asked for; `None` leaves it to the model.
    pub positive: Option<String>,
    /// How far a predicted number may lie from the label to be right, as asked for; `None` leaves it to the labels.
    pub tolerance: Option<f64>,
    /// Columns taken as groups.
    pub groups: Vec<GroupColumn>,
    /// Who is in which group of each column.
    pub memberships: Vec<Memberships>,
    /// The labels that occur, in order of first appearance.
    pub labels: Vec<LabelValue>,
    /// Rows that could not be read.
    pub num_skipped: usize,
    /// The first [`LISTED_ROWS`] of them.
    pub skipped: Vec<SkippedRow>,
    /// How the file was read.
    pub report: ReadReport,
    /// SHA-256 of the file, hex.
    pub hash: String,
    /// Which rows of the file these are.
    pub sample: Sample,
    /// Index into `labels` of each row.
    pub(super) label_of_row: Vec<u32>,
    /// A number for each row, equal where the cluster is. Empty where no row has one.
    pub(super) cluster_of_row: Vec<u32>,
}

/// A label as read and mapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelValue {
    /// A class name or a class number.
    pub value: String,
    /// Rows that carry it.
    pub count: usize,
    /// Id of the first of them.
    pub first_id: String,
}

impl DatasetIndex {
    /// The first `rows` examples of a data set that is held in memory.
    #[must_use]
    pub fn of(dataset: &Dataset, rows: usize) -> Self {
        let mut facts = RowFacts::default();
        let mut memberships: Vec<MembershipsBuilder> = Vec::new();
        memberships.resize_with(dataset.groups.len(), MembershipsBuilder::default);
        for example in dataset.examples.iter().take(rows) {
            facts.push(example);
            for (column, builder) in memberships.iter_mut().enumerate() {
                builder.push(example.groups.get(column).cloned().unwrap_or_default());
            }
        }
        Self {
            name: dataset.name.clone(),
            text_column: dataset.text_column.clone(),
            text_pair_column: dataset.text_pair_column.clone(),
            label_column: dataset.label_column.clone(),
            cluster_column: dataset.cluster_column.clone(),
            positive: dataset.positive.clone(),
            tolerance: dataset.tolerance,
            groups: dataset.groups.clone(),
            memberships: memberships.into_iter().map(MembershipsBuilder::finish).collect(),
            num_skipped: dataset.num_skipped,
            skipped: dataset.skipped.clone(),
            report: dataset.report.clone(),
            hash: dataset.hash.clone(),
            sample: dataset.sample.clone(),
            ..facts.finish()
        }
    }

    /// Some of the rows, in the order given.
    #[must_use]
    pub fn select(&self, rows: &[u32], sample: Sample) -> Self {
        let pick = |column: &[u32]| -> Vec<u32> {
            let of_row = |&row: &u32| column.get(row as usize).copied().unwrap_or(NONE);
            if column.is_empty() { Vec::new() } else { rows.iter().map(of_row).collect() }
        };
        let mut labels = self.labels.clone();
        for label in &mut labels {
            label.count = 0;
        }
        let mut label_of_row = pick(&self.label_of_row);
        for label in label_of_row.iter().filter(|&&label| label != NONE) {
            labels[*label as usize].count += 1;
        }
        // Labels that no row carries are not listed; the others close up.
        let mut next = 0;
        let renumbered: Vec<u32> = labels
            .iter()
            .map(|label| {
                let number = next;
                next += u32::from(label.count > 0);
                number
            })
            .collect();
        labels.retain(|label| label.count > 0);
        for label in label_of_row.iter_mut().filter(|label| **label != NONE) {
            *label = renumbered[*label as usize];
        }
        let memberships = self.memberships.iter().map(|column| column.select(rows)).collect();
        let cluster_of_row = pick(&self.cluster_of_row);
        Self { memberships, labels, sample, label_of_row, cluster_of_row, ..self.clone() }
    }

    /// Number of usable rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.label_of_row.len()
    }

    /// Whether there is no usable row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.label_of_row.is_empty()
    }

    /// Index into [`DatasetIndex::labels`] of a row's label.
    #[must_use]
    pub fn label(&self, row: usize) -> Option<usize> {
        number_at(&self.label_of_row, row)
    }

    /// A number that a row shares with the other rows of its cluster.
    #[must_use]
    pub fn cluster(&self, row: usize) -> Option<usize> {
        number_at(&self.cluster_of_row, row)
    }

    /// Whether rows belong to clusters; those without one stand for themselves.
    #[must_use]
    pub fn is_clustered(&self) -> bool {
        self.cluster_column.is_some() || !self.cluster_of_row.is_empty()
    }

    /// How many rows have no label.
    #[must_use]
    pub fn unlabelled(&self) -> usize {
        self.len() - self.labels.iter().map(|label| label.count).sum::<usize>()
    }
}

fn number_at(column: &[u32], row: usize) -> Option<usize> {
    column.get(row).filter(|&&number| number != NONE).map(|&number| number as usize)
}

/// Labels and clusters of rows that go by. Their names are kept once each, and those of clusters only until the end.
#[derive(Default)]
pub(super) struct RowFacts {
    labels: Vec<LabelValue>,
    label_index: HashMap<String, u32>,
    label_of_row: Vec<u32>,
    cluster_index: HashMap<String, u32>,
    cluster_of_row: Vec<u32>,
}

impl RowFacts {
    /// Number of rows taken in.
    pub(super) fn len(&self) -> usize {
        self.label_of_row.len()
    }

    pub(super) fn push(&mut self, example: &Example) {
        let row = self.label_of_row.len();
        let label = example.label.as_ref().map_or(NONE, |value| self.label(value, &example.id));
        self.label_of_row.push(label);
        if let Some(cluster) = &example.cluster {
            // Rows before the first cluster have none.
            self.cluster_of_row.resize(row, NONE);
            let next = number(self.cluster_index.len());
            let cluster = self.cluster_index.get(cluster).copied().unwrap_or_else(|| {
                self.cluster_index.insert(cluster.clone(), next);
                next
            });
            self.cluster_of_row.push(cluster);
        } else if !self.cluster_of_row.is_empty() {
            self.cluster_of_row.push(NONE);
        }
    }

    fn label(&mut self, value: &str, id: &str) -> u32 {
        let next = number(self.labels.len());
        let label = self.label_index.get(value).copied().unwrap_or_else(|| {
            self.label_index.insert(value.to_owned(), next);
            self.labels.push(LabelValue { value: value.to_owned(), count: 0, first_id: id.to_owned() });
            next
        });
        self.labels[label as usize].count += 1;
        label
    }

    pub(super) fn finish(self) -> DatasetIndex {
        let Self { labels, mut label_of_row, mut cluster_of_row, .. } = self;
        label_of_row.shrink_to_fit();
        cluster_of_row.shrink_to_fit();
        DatasetIndex { labels, label_of_row, cluster_of_row, ..DatasetIndex::default() }
    }
}

/// There are no more labels and clusters than rows, whose number is checked where they are read.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(id: &str, label: Option<&str>, cluster: Option<&str>) -> Example {
        let [label, cluster] = [label, cluster].map(|value| value.map(str::to_owned));
        Example { id: id.to_owned(), content: "x".into(), label, groups: Vec::new(), cluster }
    }

    #[test]
    fn labels_and_clusters_become_numbers() {
        let rows = [
            example("a", Some("no"), None),
            example("b", None, Some("t1")),
            example("c", Some("yes"), Some("t2")),
            example("d", Some("no"), None),
            example("e", Some("no"), Some("t1")),
        ];
        let dataset = Dataset { examples: rows.to_vec(), ..Dataset::default() };
        let index = DatasetIndex::of(&dataset, 5);
        let labels: Vec<_> = (0..5).map(|row| index.label(row)).collect();
        assert_eq!(labels, [Some(0), None, Some(1), Some(0), Some(0)], "by first appearance");
        let clusters: Vec<_> = (0..5).map(|row| index.cluster(row)).collect();
        assert_eq!(clusters, [None, Some(0), Some(1), None, Some(0)], "equal where the names are");
        let counts: Vec<_> = index.labels.iter().map(|label| (&*label.value, label.count, &*label.first_id)).collect();
        assert_eq!(counts, [("no", 3, "a"), ("yes", 1, "c")], "how often, and where first");
        assert_eq!((index.len(), index.unlabelled()), (5, 1), "rows, and rows without label");
        let first = DatasetIndex::of(&dataset, 1);
        assert_eq!((first.len(), first.cluster(0)), (1, None), "no cluster among the first rows");
    }
}
