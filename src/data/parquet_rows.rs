//! Parquet, row by row, through the column readers of the `parquet` crate.
//!
//! Columns of text, numbers, truth values and lists of these are read; maps, lists of lists and fixed-size bytes hold
//! nothing a data set of texts needs and are left out of the columns. A field of a struct is named `struct.field`.

use std::collections::VecDeque;
use std::fs::File;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use parquet::basic::ConvertedType;
use parquet::basic::Type as PhysicalType;
use parquet::column::reader::ColumnReader;
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::ByteArray;
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::reader::FileReader as _;
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::schema::types::ColumnDescriptor;

use super::dataset::SkippedRow;
use super::record::Cell;
use super::record::Record;

/// Rows decoded at a time.
const BATCH: usize = 1024;

/// Rows of one broken row group that are reported one by one; only a lying footer claims more.
const MAX_LOST_ROWS: usize = 1 << 20;

/// Reads one row after another. A row group that breaks off loses its remaining rows, each reported.
pub(super) struct ParquetRows {
    file: SerializedFileReader<File>,
    leaves: Vec<Leaf>,
    columns: Vec<String>,
    next_group: usize,
    readers: Vec<ColumnReader>,
    left_in_group: usize,
    batch: VecDeque<DecodedRow>,
    lost: usize,
    lost_reason: String,
    record: u64,
}

/// The cells of a row, or the column whose cell is not UTF-8.
type DecodedRow = Result<Vec<Cell>, usize>;

/// A leaf of the schema that becomes a column.
struct Leaf {
    index: usize,
    is_list: bool,
    max_definition: i16,
    /// Whether bytes must be UTF-8; plain binary may hold anything.
    is_text: bool,
    is_unsigned: bool,
}

impl ParquetRows {
    pub(super) fn open(file: File) -> Result<Self, ParquetError> {
        let file = guarded(|| SerializedFileReader::new(file))?;
        check_offsets(&file)?;
        let mut leaves = Vec::new();
        let mut columns = Vec::new();
        for (index, descriptor) in file.metadata().file_metadata().schema_descr().columns().iter().enumerate() {
            if let Some((leaf, name)) = Leaf::of(index, descriptor) {
                leaves.push(leaf);
                columns.push(name);
            }
        }
        Ok(Self {
            file,
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

    pub(super) fn next_record(&mut self) -> Option<Result<Record, SkippedRow>> {
        loop {
            if let Some(row) = self.batch.pop_front() {
                self.record += 1;
                let number = self.record;
                return Some(row.map(|cells| Record { number, line: None, cells }).map_err(|column| {
                    let reason = format!("column {:?} is not valid UTF-8", self.columns[column]);
                    SkippedRow { record: number, line: None, reason }
                }));
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

    fn open_group(&mut self) {
        let group = self.next_group;
        self.next_group += 1;
        self.left_in_group = usize::try_from(self.file.metadata().row_group(group).num_rows()).unwrap_or(0);
        let readers = guarded(|| {
            let group = self.file.get_row_group(group)?;
            self.leaves.iter().map(|leaf| group.get_column_reader(leaf.index)).collect::<Result<Vec<_>, _>>()
        });
        match readers {
            Ok(readers) => self.readers = readers,
            Err(err) => self.lose_group(format!("row group {group} cannot be opened: {err}")),
        }
    }

    fn fill_batch(&mut self) {
        let rows = self.left_in_group.min(BATCH);
        let mut decoded: Vec<DecodedRow> = vec![Ok(Vec::with_capacity(self.leaves.len())); rows];
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
                match (row.as_mut(), cell) {
                    (Ok(row), Some(cell)) => row.push(cell),
                    (Ok(_), None) => *row = Err(i),
                    (Err(_), _) => {}
                }
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

/// Refuses negative places and lengths in the footer, before they are used.
fn check_offsets(file: &SerializedFileReader<File>) -> Result<(), ParquetError> {
    for (group, metadata) in file.metadata().row_groups().iter().enumerate() {
        for column in metadata.columns() {
            let start = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
            if start < 0 || column.compressed_size() < 0 {
                let name = column.column_path().string();
                let message = format!("row group {group}: column {name:?} lies at a negative place");
                return Err(ParquetError::General(message));
            }
        }
    }
    Ok(())
}

impl Leaf {
    fn of(index: usize, descriptor: &ColumnDescriptor) -> Option<(Self, String)> {
        let physical = descriptor.physical_type();
        let converted = descriptor.converted_type();
        let is_read = !matches!(physical, PhysicalType::INT96 | PhysicalType::FIXED_LEN_BYTE_ARRAY)
            && converted != ConvertedType::DECIMAL;
        if descriptor.max_rep_level() > 1 || !is_read {
            return None;
        }
        let is_list = descriptor.max_rep_level() == 1;
        let parts = descriptor.path().parts();
        // A list is `name.list.element`; a map is `name.key_value.key` and has two leaves under one name.
        if is_list && parts.get(1).is_some_and(|part| matches!(part.as_str(), "key_value" | "map")) {
            return None;
        }
        let name = if is_list { parts.first()?.clone() } else { parts.join(".") };
        let is_unsigned = matches!(
            converted,
            ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64
        );
        let is_text = matches!(converted, ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON);
        let leaf = Self { index, is_list, max_definition: descriptor.max_def_level(), is_text, is_unsigned };
        Some((leaf, name))
    }

    /// The next `rows` cells; `None` where bytes that should be text are not.
    fn read(&self, reader: &mut ColumnReader, rows: usize) -> Result<Vec<Option<Cell>>, ParquetError> {
        let is_unsigned = self.is_unsigned;
        match reader {
            ColumnReader::BoolColumnReader(reader) => self.read_typed(reader, rows, |value| Some(value.to_string())),
            ColumnReader::Int32ColumnReader(reader) => self.read_typed(reader, rows, |value| {
                Some(if is_unsigned { value.cast_unsigned().to_string() } else { value.to_string() })
            }),
            ColumnReader::Int64ColumnReader(reader) => self.read_typed(reader, rows, |value| {
                Some(if is_unsigned { value.cast_unsigned().to_string() } else { value.to_string() })
            }),
            // `1.0` keeps its point, as in text formats.
            ColumnReader::FloatColumnReader(reader) => {
                self.read_typed(reader, rows, |value| Some(format!("{value:?}")))
            }
            ColumnReader::DoubleColumnReader(reader) => {
                self.read_typed(reader, rows, |value| Some(format!("{value:?}")))
            }
            ColumnReader::ByteArrayColumnReader(reader) => {
                let is_text = self.is_text;
                self.read_typed(reader, rows, |value| text_of(value, is_text))
            }
            ColumnReader::Int96ColumnReader(_) | ColumnReader::FixedLenByteArrayColumnReader(_) => Ok(Vec::new()),
        }
    }

    fn read_typed<T: DataType>(
        &self,
        reader: &mut ColumnReaderImpl<T>,
        rows: usize,
        text_of: impl Fn(&T::T) -> Option<String>,
    ) -> Result<Vec<Option<Cell>>, ParquetError> {
        let (mut definitions, mut repetitions, mut values) = (Vec::new(), Vec::new(), Vec::new());
        let mut levels = 0;
        let mut records = 0;
        while records < rows {
            let (more, _, more_levels) =
                reader.read_records(rows - records, Some(&mut definitions), Some(&mut repetitions), &mut values)?;
            if more == 0 {
                break;
            }
            records += more;
            levels += more_levels;
        }
        let mut cells: Vec<Option<Cell>> = Vec::with_capacity(records);
        let mut values = values.iter();
        for i in 0..levels {
            let is_value = self.max_definition == 0 || definitions.get(i) == Some(&self.max_definition);
            let value = if is_value { values.next().map(&text_of) } else { None };
            if !self.is_list {
                cells.push(value.map_or(Some(Cell::Missing), |text| text.map(one_cell)));
                continue;
            }
            if repetitions.get(i) == Some(&0) {
                cells.push(Some(Cell::List(Vec::new())));
            }
            match (cells.last_mut(), value) {
                (Some(Some(Cell::List(items))), Some(Some(item))) => items.push(item),
                (Some(cell), Some(None)) => *cell = None,
                _ => {}
            }
        }
        Ok(cells)
    }
}

fn one_cell(text: String) -> Cell {
    if text.is_empty() { Cell::Missing } else { Cell::Text(text) }
}

/// Bytes as text. Plain binary that is no text counts as an empty cell; text that is not UTF-8 is an error.
fn text_of(bytes: &ByteArray, is_text: bool) -> Option<String> {
    match std::str::from_utf8(bytes.data()) {
        Ok(text) => Some(text.to_owned()),
        Err(_) => (!is_text).then(String::new),
    }
}
