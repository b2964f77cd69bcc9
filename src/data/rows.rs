//! A file as a stream of rows, whatever its format.

use std::fs::File;
use std::io;
use std::io::BufReader;
use std::io::Read as _;
use std::io::Seek as _;
use std::path::Path;
use std::path::PathBuf;

use super::dataset::SkippedRow;
use super::delimited::Delimited;
use super::delimited::Header;
use super::error::Error;
use super::json_lines::JsonLines;
use super::json_lines::Opened;
use super::parquet_rows::ParquetRows;
use super::record::Record;

/// Extensions whose format is known.
const KNOWN: &str = "csv, tsv, jsonl, ndjson, json, parquet, pq";

/// The first bytes of every Parquet file.
const PARQUET_MAGIC: &[u8] = b"PAR1";

/// Why a row did not come.
#[derive(Debug)]
pub enum Failure {
    /// This row is bad; the next may be fine.
    Row(SkippedRow),
    /// Nothing more can be read.
    File(Error),
}

enum Source {
    Delimited(Delimited<BufReader<File>>),
    JsonLines(JsonLines<BufReader<File>>),
    Parquet(Box<ParquetRows>),
}

/// The rows of a file, one at a time. Memory does not grow with the file.
pub struct Rows {
    source: Source,
    columns: Vec<String>,
    path: PathBuf,
    last: u64,
    ended: bool,
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").field("path", &self.path).field("columns", &self.columns).finish_non_exhaustive()
    }
}

/// How a file is to be read; a delimiter of `None` is guessed from the header.
enum Format {
    Delimited(Option<u8>),
    JsonLines,
    Parquet,
}

impl Rows {
    /// Opens a file and finds out its columns.
    ///
    /// The format follows the extension; Parquet is known by its first bytes under any name.
    ///
    /// # Errors
    /// When the file cannot be opened, is empty, has no header, or is of an unknown format.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let open_error = |source| Error::Open { path: path.to_owned(), source };
        let metadata = path.metadata().map_err(open_error)?;
        if metadata.is_dir() {
            return Err(Error::Folder { path: path.to_owned() });
        }
        // Before it is opened: that would wait for whoever writes into the pipe.
        if !metadata.is_file() {
            return Err(Error::NotAFile { path: path.to_owned() });
        }
        let mut file = File::open(path).map_err(open_error)?;
        let start = first_bytes(&mut file).map_err(open_error)?;
        let format = format_of(path, &start)?;
        let (source, columns) = match format {
            Format::Delimited(delimiter) => open_delimited(path, file, delimiter)?,
            Format::JsonLines => open_json_lines(path, file)?,
            Format::Parquet => open_parquet(path, file)?,
        };
        Ok(Self { source, columns, path: path.to_owned(), last: 0, ended: false })
    }

    /// All columns, in the order of the file.
    pub fn columns(&self) -> &[String] {
        &self.columns
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

fn first_bytes(file: &mut File) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    file.take(64).read_to_end(&mut start)?;
    file.rewind()?;
    Ok(start)
}

fn format_of(path: &Path, start: &[u8]) -> Result<Format, Error> {
    let path_buf = || path.to_owned();
    if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") {
        return Err(Error::Encoding { got: "UTF-16", path: path_buf() });
    }
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    match extension.as_str() {
        _ if start.is_empty() => Err(Error::Empty { path: path_buf() }),
        _ if start.starts_with(PARQUET_MAGIC) => Ok(Format::Parquet),
        "csv" => Ok(Format::Delimited(None)),
        "tsv" => Ok(Format::Delimited(Some(b'\t'))),
        "jsonl" | "ndjson" | "json" => Ok(Format::JsonLines),
        "parquet" | "pq" => Ok(Format::Parquet),
        _ => Err(Error::UnknownFormat { extension, known: KNOWN, path: path_buf() }),
    }
}

fn open_delimited(path: &Path, file: File, delimiter: Option<u8>) -> Result<(Source, Vec<String>), Error> {
    let opened = Delimited::open(BufReader::with_capacity(1 << 16, file), delimiter);
    match opened.map_err(|source| Error::Open { path: path.to_owned(), source })? {
        Header::Columns(reader) => {
            let columns = reader.columns().to_vec();
            Ok((Source::Delimited(reader), columns))
        }
        Header::Empty => Err(Error::Empty { path: path.to_owned() }),
        Header::Nameless => Err(Error::NoHeader { path: path.to_owned() }),
        Header::NotUtf8 => Err(Error::Encoding { got: "other bytes in the header", path: path.to_owned() }),
    }
}

fn open_json_lines(path: &Path, file: File) -> Result<(Source, Vec<String>), Error> {
    let opened = JsonLines::open(BufReader::with_capacity(1 << 16, file));
    match opened.map_err(|source| Error::Open { path: path.to_owned(), source })? {
        Opened::Objects(reader) => {
            let columns = reader.columns().to_vec();
            Ok((Source::JsonLines(reader), columns))
        }
        Opened::Empty => Err(Error::Empty { path: path.to_owned() }),
        Opened::Array => Err(Error::JsonArray { path: path.to_owned() }),
        Opened::NoObject { lines, reason } => {
            Err(Error::NoRow { skipped: lines, reason: Some(reason), path: path.to_owned() })
        }
    }
}

fn open_parquet(path: &Path, file: File) -> Result<(Source, Vec<String>), Error> {
    let reader = ParquetRows::open(file).map_err(|source| Error::Parquet { path: path.to_owned(), source })?;
    let columns = reader.columns().to_vec();
    Ok((Source::Parquet(Box::new(reader)), columns))
}
