//! A file as a stream of rows, whatever its format.

use std::fs::File;
use std::io;
use std::io::Read as _;
use std::path::Path;
use std::path::PathBuf;

use super::bytes;
use super::bytes::Input;
use super::bytes::Packing;
use super::bytes::open_text;
use super::delimited::Delimited;
use super::delimited::Header;
use super::delimited::too_long;
use super::error::Error;
use super::example::SkippedRow;
use super::file_facts::FileFacts;
use super::json_document;
use super::json_document::Table;
use super::json_lines::JsonLines;
use super::json_lines::Opened;
use super::json_value;
use super::options::ReadOptions;
use super::parquet_rows::ParquetRows;
use super::record::Cell;
use super::record::Record;

/// Extensions whose format is known.
const KNOWN: &str = "csv, tsv, jsonl, ndjson, json, parquet, pq, and text files with .gz or .zst after that";

/// The first bytes of every Parquet file.
const PARQUET_MAGIC: &[u8] = b"PAR1";

/// More columns than this are no table of texts; each would cost work in every row.
const MOST_COLUMNS: usize = 10_000;

/// Why a row did not come.
#[derive(Debug)]
pub enum Failure {
    /// This row is bad; the next may be fine.
    Row(SkippedRow),
    /// Nothing more can be read.
    File(Error),
}

enum Source {
    Delimited(Delimited<Input>),
    JsonLines(JsonLines<Input>),
    Table { rows: std::vec::IntoIter<Vec<Cell>>, number: u64, most_bytes: usize },
    Parquet(Box<ParquetRows>),
}

/// The rows of a file, one at a time. Memory does not grow with the file, unless it is one JSON document.
pub struct Rows {
    source: Source,
    columns: Vec<String>,
    facts: FileFacts,
    path: PathBuf,
    last: u64,
    ended: bool,
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").field("path", &self.path).field("columns", &self.columns).finish_non_exhaustive()
    }
}

/// How a file is to be read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Tsv,
    Json,
    Parquet,
}

impl Rows {
    /// Opens a file as it is found, and finds out its columns.
    ///
    /// The format follows the extension; Parquet is known by its first bytes under any name.
    ///
    /// # Errors
    /// When the file cannot be opened, is empty, has no header, or is of an unknown format.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::open_with(path, &ReadOptions::default())
    }

    /// As [`Rows::open`], with the delimiter, the encoding and the largest record that the options name.
    ///
    /// # Errors
    /// As [`Rows::open`], and if there is no such encoding.
    pub fn open_with(path: &Path, options: &ReadOptions) -> Result<Self, Error> {
        let open_error = |source| Error::Open { path: path.to_owned(), source };
        if path.as_os_str() == "-" && !path.exists() {
            return Err(Error::StandardInput);
        }
        let metadata = path.metadata().map_err(open_error)?;
        if metadata.is_dir() {
            return Err(Error::Folder { path: path.to_owned() });
        }
        // Before it is opened: that would wait for whoever writes into the pipe.
        if !metadata.is_file() {
            return Err(Error::NotAFile { path: path.to_owned() });
        }
        let packing = Packing::of(&first_bytes(path, None).map_err(open_error)?);
        let start = first_bytes(path, packing).map_err(open_error)?;
        let (source, columns, mut facts) = match format_of(path, &start, packing)? {
            Format::Csv => open_delimited(path, packing, options, "CSV")?,
            Format::Tsv => open_delimited(path, packing, options, "TSV")?,
            Format::Json => open_json(path, packing, options)?,
            Format::Parquet => open_parquet(path, options)?,
        };
        if columns.len() > MOST_COLUMNS {
            let (count, most) = (columns.len(), MOST_COLUMNS);
            return Err(Error::TooManyColumns { count, most, path: path.to_owned() });
        }
        if let Some(packing) = packing {
            facts.format = format!("{}, unpacked from {}", facts.format, packing.name());
        }
        Ok(Self { source, columns, facts, path: path.to_owned(), last: 0, ended: false })
    }

    /// All columns, in the order of the file.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// What the file says of itself.
    pub(super) fn facts(&self) -> &FileFacts {
        &self.facts
    }
}

impl Iterator for Rows {
    type Item = Result<Record, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = match &mut self.source {
            Source::Delimited(reader) => reader.next_record(),
            Source::JsonLines(reader) => reader.next_record(),
            Source::Parquet(reader) => Ok(reader.next_record()),
            Source::Table { rows, number, most_bytes } => Ok(rows.next().map(|cells| {
                *number += 1;
                table_record(*number, cells, *most_bytes)
            })),
        };
        match next {
            Ok(Some(Ok(record))) => {
                self.last = record.number;
                Some(Ok(record))
            }
            Ok(Some(Err(row))) => {
                self.last = row.record;
                Some(Err(Failure::Row(row)))
            }
            Ok(None) => {
                self.ended = true;
                None
            }
            Err(source) => {
                self.ended = true;
                let record = self.last + 1;
                Some(Err(Failure::File(Error::Read { record, path: self.path.clone(), source })))
            }
        }
    }
}

fn table_record(number: u64, cells: Vec<Cell>, most_bytes: usize) -> Result<Record, SkippedRow> {
    if cells.iter().map(Cell::len).sum::<usize>() > most_bytes {
        return Err(SkippedRow { record: number, line: None, reason: too_long(most_bytes) });
    }
    Ok(Record { number, line: None, cells })
}

fn first_bytes(path: &Path, packing: Option<Packing>) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    bytes::unpacked(path, packing)?.take(64).read_to_end(&mut start)?;
    Ok(start)
}

fn format_of(path: &Path, start: &[u8], packing: Option<Packing>) -> Result<Format, Error> {
    let path_buf = || path.to_owned();
    let extension_of = |path: &Path| path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let mut extension = extension_of(path);
    if packing.is_some() && matches!(extension.as_str(), "gz" | "gzip" | "zst" | "zstd") {
        extension = path.file_stem().map(|stem| extension_of(Path::new(stem))).unwrap_or_default();
    }
    let format = match extension.as_str() {
        _ if start.is_empty() => return Err(Error::Empty { path: path_buf() }),
        _ if start.starts_with(PARQUET_MAGIC) => Format::Parquet,
        "csv" => Format::Csv,
        "tsv" => Format::Tsv,
        "jsonl" | "ndjson" | "json" => Format::Json,
        "parquet" | "pq" => Format::Parquet,
        _ => return Err(Error::UnknownFormat { extension, known: KNOWN, path: path_buf() }),
    };
    if format == Format::Parquet && packing.is_some() {
        return Err(Error::PackedParquet { path: path_buf() });
    }
    Ok(format)
}

type OpenedFile = (Source, Vec<String>, FileFacts);

/// A comma is guessed where nothing else divides the rows; in a file named `.tsv` it would be a tab.
fn open_delimited(
    path: &Path,
    packing: Option<Packing>,
    options: &ReadOptions,
    name: &str,
) -> Result<OpenedFile, Error> {
    let (input, encoded) = open_text(path, packing, options.encoding.as_deref())?;
    let wrong = |letter| Error::Delimiter { letter, path: path.to_owned() };
    let byte = |letter: char| u8::try_from(letter).ok().filter(|byte| byte.is_ascii() && *byte != b'"');
    let asked = options.delimiter.map(|letter| byte(letter).ok_or_else(|| wrong(letter))).transpose()?;
    let opened = Delimited::open(input, asked, options.max_record_bytes);
    match opened.map_err(|source| Error::Open { path: path.to_owned(), source })? {
        Header::Columns(reader) => {
            let columns = reader.columns().to_vec();
            let notes =
                [reader.delimiter().note().filter(|note| name != "TSV" || !note.contains("\\t")), encoded.note()];
            let format = with_notes(name, notes);
            Ok((Source::Delimited(reader), columns, FileFacts { format, ..FileFacts::default() }))
        }
        Header::Empty => Err(Error::Empty { path: path.to_owned() }),
        Header::Nameless => Err(Error::NoHeader { path: path.to_owned() }),
        Header::TooLong => {
            Err(Error::HeaderTooLong { reason: too_long(options.max_record_bytes), path: path.to_owned() })
        }
        Header::NotUtf8 => Err(Error::Encoding { expected: encoded.name(), path: path.to_owned() }),
    }
}

fn with_notes<const N: usize>(name: &str, notes: [Option<String>; N]) -> String {
    let parts: Vec<String> = std::iter::once(name.to_owned()).chain(notes.into_iter().flatten()).collect();
    parts.join(", ")
}

fn open_json(path: &Path, packing: Option<Packing>, options: &ReadOptions) -> Result<OpenedFile, Error> {
    let (input, encoded) = open_text(path, packing, options.encoding.as_deref())?;
    let opened = JsonLines::open(input, options.max_record_bytes);
    match opened.map_err(|source| Error::Open { path: path.to_owned(), source })? {
        Opened::Objects(reader) => {
            let columns = reader.columns().to_vec();
            let facts = FileFacts { format: with_notes("JSON Lines", [encoded.note()]), ..FileFacts::default() };
            Ok((Source::JsonLines(reader), columns, facts))
        }
        Opened::Empty => Err(Error::Empty { path: path.to_owned() }),
        Opened::Document => {
            let table = read_document(path, packing, options)?;
            let facts = FileFacts { format: with_notes(table.layout, [encoded.note()]), ..FileFacts::default() };
            let (rows, most_bytes) = (table.rows.into_iter(), options.max_record_bytes);
            Ok((Source::Table { rows, number: 0, most_bytes }, table.columns, facts))
        }
        Opened::NoObject { lines, reason } => {
            Err(Error::NoRow { skipped: lines, reason: Some(reason), path: path.to_owned() })
        }
    }
}

fn read_document(path: &Path, packing: Option<Packing>, options: &ReadOptions) -> Result<Table, Error> {
    let open_error = |source| Error::Open { path: path.to_owned(), source };
    let (input, _) = open_text(path, packing, options.encoding.as_deref())?;
    let mut bytes = Vec::new();
    input.take(json_document::MOST_BYTES + 1).read_to_end(&mut bytes).map_err(open_error)?;
    if bytes.len() as u64 > json_document::MOST_BYTES {
        return Err(Error::LargeDocument { mebibytes: json_document::MOST_BYTES >> 20, path: path.to_owned() });
    }
    let wrong = |reason: String| Error::JsonLayout { reason, path: path.to_owned() };
    let text = String::from_utf8(bytes).map_err(|err| wrong(format!("not valid UTF-8: {}", err.utf8_error())))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let document = json_value::parse(text).map_err(|err| wrong(format!("not valid JSON: {err}")))?;
    json_document::table_of(document).map_err(wrong)
}

fn open_parquet(path: &Path, options: &ReadOptions) -> Result<OpenedFile, Error> {
    let file = File::open(path).map_err(|source| Error::Open { path: path.to_owned(), source })?;
    let reader = ParquetRows::open(file, options.max_record_bytes)
        .map_err(|source| Error::Parquet { path: path.to_owned(), source })?;
    let (columns, facts) = (reader.columns().to_vec(), reader.facts());
    Ok((Source::Parquet(Box::new(reader)), columns, facts))
}
