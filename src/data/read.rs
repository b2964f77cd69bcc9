//! From a file to a [`Dataset`].

use std::path::Path;

use super::dataset::Dataset;
use super::dataset_index::DatasetIndex;
use super::draw::DrawOrder;
use super::drawn_sample::Sample;
use super::drawn_sample::SampleKind;
use super::error::Error;
use super::examples::Examples;
use super::groups::Finished;
use super::hash::sha256_of_file;
use super::options::ReadOptions;
use super::options::Take;

/// Reads a data set from CSV, TSV, JSON Lines or Parquet.
///
/// A row that cannot be used is skipped; the first of them are listed in [`Dataset::skipped`].
///
/// # Errors
/// When the file cannot be opened, is empty or of an unknown format, has no header, lacks a column that was named
/// or has none for the text, holds no usable row, or more
/// rows that cannot be used than the options allow.
pub fn read(path: &Path, options: &ReadOptions) -> Result<Dataset, Error> {
    read_with(path, options, &mut |_records| true)
}

/// As [`read`], and tells now and then how many records were seen; `false` stops.
///
/// # Errors
/// As [`read`], and [`Error::Stopped`] if the callback says so.
pub fn read_with(path: &Path, options: &ReadOptions, go_on: &mut dyn FnMut(u64) -> bool) -> Result<Dataset, Error> {
    let rows = Examples::open(path, options)?;
    let columns = rows.columns().to_vec();
    let (text_column, [text_pair_column, label_column, cluster_column]) = rows.names();
    let (mut groups, mut report) = (rows.groups(), rows.report());
    let mut examples = Vec::new();
    let skips = rows.for_each(path, go_on, |(example, record)| {
        groups.push(&record);
        examples.push(example);
        Ok(())
    })?;
    let mut dataset = Dataset {
        name: display_name(path),
        path: path.to_owned(),
        columns,
        text_column,
        text_pair_column,
        label_column,
        cluster_column,
        positive: options.positive.clone(),
        tolerance: options.tolerance,
        examples,
        hash: hash_of(path)?,
        ..Dataset::default()
    };
    for Finished { column, rows, facts } in groups.finish(path)? {
        for (row, example) in dataset.examples.iter_mut().enumerate() {
            example.groups.push(rows.of(row).to_vec());
        }
        dataset.groups.push(column);
        report.groups.push(facts);
    }
    report.rows = dataset.examples.len();
    report.labels = dataset.label_counts().into_iter().map(|(label, count)| (label.to_owned(), count)).collect();
    (report.skipped, report.reasons) = (skips.count, skips.reasons());
    (dataset.num_skipped, dataset.skipped, dataset.report) = (skips.count, skips.first, report);
    dataset.sample = sample_of(options.take, dataset.examples.len());
    if let Take::Draw { rows, seed } = options.take {
        keep_drawn(&mut dataset, rows, seed);
    }
    Ok(dataset)
}

/// How rows were chosen that were read with these options, a draw not counted.
pub(super) fn sample_of(take: Take, rows: usize) -> Sample {
    let kind = match take {
        Take::First(limit) if rows >= limit => SampleKind::First,
        Take::All | Take::First(_) | Take::Draw { .. } => SampleKind::All,
    };
    Sample { rows, kind }
}

/// Keeps the rows of a draw, in the order of the file.
fn keep_drawn(dataset: &mut Dataset, rows: usize, seed: u64) {
    let order = DrawOrder::new(&DatasetIndex::of(dataset, usize::MAX), seed);
    let taken = order.prefix(rows);
    dataset.sample = order.sample(taken, dataset.cluster_column.as_deref());
    let mut is_taken = vec![false; dataset.examples.len()];
    for &row in &order.rows()[..taken] {
        is_taken[row as usize] = true;
    }
    let mut flags = is_taken.into_iter();
    dataset.examples.retain(|_| flags.next().unwrap_or(false));
}

/// The file's name without its folder.
pub(super) fn display_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// SHA-256 of the file, hex.
pub(super) fn hash_of(path: &Path) -> Result<String, Error> {
    sha256_of_file(path).map_err(|source| Error::Open { path: path.to_owned(), source })
}
