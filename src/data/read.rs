//! From a file to a [`Dataset`].

use std::path::Path;
use std::sync::Arc;

use super::columns::Roles;
use super::dataset::Dataset;
use super::dataset::Example;
use super::dataset::SkippedRow;
use super::error::Error;
use super::groups::GroupBuilder;
use super::hash::sha256_of_file;
use super::label::mapped_label;
use super::record::Cell;
use super::record::Record;
use super::rows::Failure;
use super::rows::Rows;

/// How often the progress callback is asked, in records.
const PROGRESS_EVERY: u64 = 1024;

/// Which columns to take; what is left out is found by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// The text; otherwise `text`, `sentence`, `content`, `test_case`, `comment`, `tweet`, `generation`, …
    pub text_column: Option<String>,
    /// The second text of a pair; otherwise found where the first has a usual partner (`premise`, `hypothesis`).
    pub text_pair_column: Option<String>,
    /// The label; otherwise `label`, `label_gold`, `class`, `toxic`, `toxicity_human`, …
    pub label_column: Option<String>,
    /// Labels to rename while reading; see [`parse_label_map`](super::parse_label_map).
    pub label_map: Vec<(String, String)>,
    /// Group columns; `None` takes every column with few distinct values, an empty list takes none.
    pub group_columns: Option<Vec<String>>,
    /// Rows with the same value are resampled together; otherwise `cluster`, `template`, `templ_id`, …
    pub cluster_column: Option<String>,
    /// The name of an example; otherwise `id` or `example_id`, else the record's number.
    pub id_column: Option<String>,
    /// Stop after this many usable rows.
    pub limit: Option<usize>,
}

/// Reads a data set from CSV, TSV, JSON Lines or Parquet.
///
/// A row that cannot be used is skipped and listed in [`Dataset::skipped`].
///
/// # Errors
/// When the file cannot be opened, is empty or of an unknown format, has no header, lacks a column that was named
/// or has none for the text, or holds no usable row.
pub fn read(path: &Path, options: &ReadOptions) -> Result<Dataset, Error> {
    read_with(path, options, &mut |_records| true)
}

/// As [`read`], and tells now and then how many records were seen; `false` stops.
///
/// # Errors
/// As [`read`], and [`Error::Stopped`] if the callback says so.
pub fn read_with(path: &Path, options: &ReadOptions, go_on: &mut dyn FnMut(u64) -> bool) -> Result<Dataset, Error> {
    let mut rows = Rows::open(path)?;
    let columns = rows.columns().to_vec();
    let roles = Roles::resolve(&columns, options, path)?;
    let mut collector = Collector::new(&columns, &roles, options);
    let mut records = 0;
    while collector.examples.len() < options.limit.unwrap_or(usize::MAX) {
        match rows.next() {
            None => break,
            Some(Ok(record)) => collector.take(&record),
            Some(Err(Failure::Row(row))) => collector.skipped.push(row),
            Some(Err(Failure::File(err))) => return Err(err),
        }
        records += 1;
        if records % PROGRESS_EVERY == 0 && !go_on(records) {
            return Err(Error::Stopped { records });
        }
    }
    if collector.examples.is_empty() {
        let reason = collector.skipped.first().map(ToString::to_string);
        return Err(Error::NoRow { skipped: collector.skipped.len(), reason, path: path.to_owned() });
    }
    let hash = sha256_of_file(path).map_err(|source| Error::Open { path: path.to_owned(), source })?;
    Ok(collector.finish(path, hash))
}

struct Collector<'a> {
    columns: &'a [String],
    roles: &'a Roles,
    options: &'a ReadOptions,
    groups: Vec<GroupBuilder>,
    examples: Vec<Example>,
    skipped: Vec<SkippedRow>,
}

impl<'a> Collector<'a> {
    fn new(columns: &'a [String], roles: &'a Roles, options: &'a ReadOptions) -> Self {
        let groups = roles.groups.iter().map(|&i| GroupBuilder::new(&columns[i], roles.groups_named)).collect();
        Self { columns, roles, options, groups, examples: Vec::new(), skipped: Vec::new() }
    }

    fn take(&mut self, record: &Record) {
        let text = text_of(record, self.roles.text, self.columns);
        let pair = self.roles.text_pair.map(|column| text_of(record, column, self.columns)).transpose();
        let (text, text_pair) = match text.and_then(|text| Ok((text, pair?))) {
            Ok(texts) => texts,
            Err(reason) => {
                return self.skipped.push(SkippedRow { record: record.number, line: record.line, reason });
            }
        };
        for (builder, &column) in self.groups.iter_mut().zip(&self.roles.groups) {
            builder.push(&record.cells[column]);
        }
        let text_in = |column: Option<usize>| column.and_then(|i| record.cells[i].as_text()).map(str::trim);
        self.examples.push(Example {
            id: text_in(self.roles.id).map_or_else(|| record.number.to_string(), str::to_owned),
            text,
            text_pair,
            label: text_in(self.roles.label).map(|label| mapped_label(label, &self.options.label_map)),
            groups: Vec::new(),
            cluster: text_in(self.roles.cluster).map(str::to_owned),
        });
    }

    fn finish(self, path: &Path, hash: String) -> Dataset {
        let mut examples = self.examples;
        let mut groups = Vec::new();
        for (column, rows) in self.groups.into_iter().filter_map(GroupBuilder::finish) {
            groups.push(column);
            for (example, members) in examples.iter_mut().zip(rows) {
                example.groups.push(members);
            }
        }
        let name_of = |column: Option<usize>| column.map(|i| self.columns[i].clone());
        Dataset {
            name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            path: path.to_owned(),
            columns: self.columns.to_vec(),
            text_column: self.columns[self.roles.text].clone(),
            text_pair_column: name_of(self.roles.text_pair),
            label_column: name_of(self.roles.label),
            cluster_column: name_of(self.roles.cluster),
            groups,
            examples,
            skipped: self.skipped,
            hash,
        }
    }
}

/// The text of a cell, or what is wrong with it.
fn text_of(record: &Record, column: usize, columns: &[String]) -> Result<Arc<str>, String> {
    match &record.cells[column] {
        Cell::Text(text) if !text.trim().is_empty() => Ok(Arc::from(text.as_str())),
        Cell::Missing | Cell::Text(_) => Err(format!("no text in column {:?}", columns[column])),
        Cell::List(_) => Err(format!("expected a text in column {:?}, got a list", columns[column])),
    }
}
