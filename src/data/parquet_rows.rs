//! Parquet, row by row, through the column readers of the `parquet` crate.
//!
//! Columns of text, numbers, decimals, truth values, dates, moments and lists of these are read; the others are named with their types. A
//! field of a struct is named `struct.field`. Cells stay in the page they came in until their row is asked for, so that a
//! batch of long texts that are one text in the file is not copied a thousand times.

use std::collections::VecDeque;
use std::fs::File;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use parquet::column::reader::ColumnReader;
use parquet::errors::ParquetError;
use parquet::file::metadata::FileMetaData;
use parquet::file::reader::FileReader as _;
use parquet::file::serialized_reader::SerializedFileReader;

use super::delimited::too_long;
use super::example::SkippedRow;
use super::file_facts::FileFacts;
use super::parquet_leaf::Leaf;
use super::parquet_leaf::Value;
use super::parquet_pages::grows_without_measure;
use super::parquet_pages::refused;
use super::record::Cell;
use super::record::Record;

/// Rows decoded at a time.
const BATCH: usize = 1024;

/// Rows of one broken row group that are reported one by one; only a lying footer claims more.
const MAX_LOST_ROWS: usize = 1 << 20;

/// Reads one row after another. A row group that breaks off loses its remaining rows, each reported.
pub(super) struct ParquetRows {
    file: SerializedFileReader<File>,
    /// The same file, to look at its pages before they are read.
    pages: File,
    leaves: Vec<Leaf>,
    columns: Vec<String>,
    facts: FileFacts,
    most_bytes: usize,
    next_group: usize,
    readers: Vec<ColumnReader>,
    left_in_group: usize,
    batch: VecDeque<DecodedRow>,
    lost: usize,
    lost_reason: String,
    record: u64,
}

/// The cells of a row as they lie in their pages.
type DecodedRow = Vec<Value>;

impl ParquetRows {
    pub(super) fn open(file: File, most_bytes: usize) -> Result<Self, ParquetError> {
        let pages = file.try_clone().map_err(|err| ParquetError::External(Box::new(err)))?;
        let file = guarded(|| SerializedFileReader::new(file))?;
        check_offsets(&file)?;
        let metadata = file.metadata().file_metadata();
        let class_names = class_names(metadata);
        let (mut leaves, mut columns, mut unread) = (Vec::new(), Vec::new(), Vec::new());
        for (index, descriptor) in metadata.schema_descr().columns().iter().enumerate() {
            match Leaf::of(index, descriptor) {
                Ok((mut leaf, name)) => {
                    leaf.names = class_names.iter().find(|(known, _)| *known == name).map(|(_, names)| names.clone());
                    leaves.push(leaf);
                    columns.push(name);
                }
                Err(kind) => unread.push((descriptor.path().string(), kind)),
            }
        }
        let format = "Parquet".to_owned();
        Ok(Self {
            facts: FileFacts { format, unread, class_names },
            most_bytes,
            file,
            pages,
            leaves,
            columns,
            next_group: 0,
            readers: Vec::new(),
            left_in_group: 0,
            batch: VecDeque::new(),
            lost: 0,
            lost_reason: String::new(),
            record: 0,
        })
    }

    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// What the file says of itself.
    pub(super) fn facts(&self) -> FileFacts {
        self.facts.clone()
    }

    pub(super) fn next_record(&mut self) -> Option<Result<Record, SkippedRow>> {
        loop {
            if let Some(row) = self.batch.pop_front() {
                self.record += 1;
                let number = self.record;
                let skip = |reason: String| SkippedRow { record: number, line: None, reason };
                return Some(self.cells_of(row).map(|cells| Record { number, line: None, cells }).map_err(skip));
            }
            if self.lost > 0 {
                self.lost -= 1;
                self.record += 1;
                return Some(Err(SkippedRow { record: self.record, line: None, reason: self.lost_reason.clone() }));
            }
            if self.left_in_group > 0 {
                self.fill_batch();
            } else if self.next_group < self.file.num_row_groups() {
                self.open_group();
            } else {
                return None;
            }
        }
    }

    /// The cells of a row, or why it is skipped.
    fn cells_of(&self, row: DecodedRow) -> Result<Vec<Cell>, String> {
        if row.iter().map(Value::len).sum::<usize>() > self.most_bytes {
            return Err(too_long(self.most_bytes));
        }
        let mut cells = Vec::with_capacity(row.len());
        for ((value, leaf), column) in row.into_iter().zip(&self.leaves).zip(&self.columns) {
            cells.push(leaf.cell(value).map_err(|_error| format!("column {column:?} is not valid UTF-8"))?);
        }
        Ok(cells)
    }

    fn open_group(&mut self) {
        let group = self.next_group;
        self.next_group += 1;
        self.left_in_group = usize::try_from(self.file.metadata().row_group(group).num_rows()).unwrap_or(0);
        if let Some(reason) = self.refused_column(group) {
            return self.lose_group(reason);
        }
        let readers = guarded(|| {
            let group = self.file.get_row_group(group)?;
            self.leaves.iter().map(|leaf| group.get_column_reader(leaf.index)).collect::<Result<Vec<_>, _>>()
        });
        match readers {
            Ok(readers) => self.readers = readers,
            Err(err) => self.lose_group(format!("row group {group} cannot be opened: {err}")),
        }
    }

    /// Why a column of the row group is not unpacked.
    fn refused_column(&self, group: usize) -> Option<String> {
        let metadata = self.file.metadata().row_group(group);
        self.leaves.iter().zip(&self.columns).find_map(|(leaf, name)| {
            let column = metadata.columns().get(leaf.index)?;
            let start = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
            let place = (u64::try_from(start).ok()?, u64::try_from(column.compressed_size()).ok()?);
            let reason = refused(&self.pages, place, column.compression())?;
            Some(format!("column {name:?} is not unpacked: {reason}"))
        })
    }

    fn fill_batch(&mut self) {
        let rows = self.left_in_group.min(BATCH);
        let mut decoded: Vec<DecodedRow> = Vec::new();
        decoded.resize_with(rows, || Vec::with_capacity(self.leaves.len()));
        for (i, (leaf, reader)) in self.leaves.iter().zip(&mut self.readers).enumerate() {
            let cells = match guarded(|| leaf.read(reader, rows)) {
                Ok(cells) if cells.len() == rows => cells,
                Ok(cells) => {
                    let missing = self.left_in_group - cells.len();
                    return self.lose_group(format!("column {:?} ends {missing} rows too early", self.columns[i]));
                }
                Err(err) => {
                    return self.lose_group(format!("column {:?} cannot be read on: {err}", self.columns[i]));
                }
            };
            for (row, cell) in decoded.iter_mut().zip(cells) {
                row.push(cell);
            }
        }
        self.left_in_group -= rows;
        self.batch.extend(decoded);
    }

    fn lose_group(&mut self, reason: String) {
        self.lost = self.left_in_group.min(MAX_LOST_ROWS);
        self.left_in_group = 0;
        self.lost_reason = reason;
    }
}

/// Runs the `parquet` crate, which meets some damaged files with a panic instead of an error.
fn guarded<T>(work: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    let damaged = |_panic| Err(ParquetError::General("the file is damaged".to_owned()));
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(damaged)
}

/// Refuses negative places and lengths in the footer, and columns that grow without measure, before they are used.
fn check_offsets(file: &SerializedFileReader<File>) -> Result<(), ParquetError> {
    for (group, metadata) in file.metadata().row_groups().iter().enumerate() {
        for column in metadata.columns() {
            let start = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
            if start < 0 || column.compressed_size() < 0 {
                let name = column.column_path().string();
                let message = format!("row group {group}: column {name:?} lies at a negative place");
                return Err(ParquetError::General(message));
            }
            let (packed, unpacked) = (column.compressed_size(), column.uncompressed_size());
            if grows_without_measure(packed, unpacked) {
                let (name, size) = (column.column_path().string(), unpacked >> 20);
                let message = format!("row group {group}: column {name:?} unpacks from {packed} bytes to {size} MiB");
                return Err(ParquetError::General(message));
            }
        }
    }
    Ok(())
}

/// Names of classes that Hugging Face's `datasets` writes into the file, by column: the numbers of a column of the type
/// `ClassLabel` are indices into them.
fn class_names(metadata: &FileMetaData) -> Vec<(String, Vec<String>)> {
    let pairs = metadata.key_value_metadata().into_iter().flatten();
    let text = pairs.filter(|pair| pair.key == "huggingface").find_map(|pair| pair.value.as_deref());
    let Some(document) = text.and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok()) else {
        return Vec::new();
    };
    let features = document.pointer("/info/features").and_then(serde_json::Value::as_object);
    let names_of = |feature: &serde_json::Value| {
        // A list of classes has them one level down.
        let feature = feature.get("feature").unwrap_or(feature);
        let is_class = feature.get("_type").and_then(serde_json::Value::as_str) == Some("ClassLabel");
        let names = feature.get("names").filter(|_| is_class)?.as_array()?;
        names.iter().map(|name| name.as_str().map(str::to_owned)).collect::<Option<Vec<String>>>()
    };
    let columns = features.into_iter().flatten();
    columns.filter_map(|(column, feature)| Some((column.clone(), names_of(feature)?))).collect()
}
