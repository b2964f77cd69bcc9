//! Answers alone, one row a text: as JSON Lines, as CSV and as Parquet.
//!
//! A JSON line is the first form of every row; the two others are made from lines, so that a run that was stopped goes on
//! from a file of lines, and no more of them than [`ROWS_AT_ONCE`] are in memory.

use std::fs::File;
use std::io::BufRead;
use std::io::BufWriter;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::disk::UnfinishedFile;
use crate::evaluation::Answer;
use crate::evaluation::Prediction;
use crate::export::Error;
use crate::export::json::short;
use crate::export::predictions::SCHEMA_KEY;
use crate::export::predictions::integers;
use crate::export::predictions::scores;
use crate::export::predictions::strings;

/// Rows of a row group, and most rows in memory.
const ROWS_AT_ONCE: usize = 1 << 15;

/// How tables of answers begin.
pub(super) const TABLE_START: &str = "id,prediction,";
/// How lines of answers begin.
pub(super) const LINE_START: &str = "{\"id\":";

/// Which form a file of answers has, by its ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerForm {
    /// One JSON object a line.
    Lines,
    /// Comma-separated, with a header.
    Csv,
    /// Parquet.
    Parquet,
}

impl AnswerForm {
    /// By the file's ending.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_lowercase().as_str() {
            "jsonl" | "ndjson" => Some(Self::Lines),
            "csv" => Some(Self::Csv),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }
}

/// The classes' names as the scores are called: the second of two that share one is followed by its number.
#[must_use]
pub fn score_names(labels: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(labels.len());
    for (index, label) in labels.iter().enumerate() {
        let mut name = label.clone();
        while names.contains(&name) {
            name = format!("{name}_{index}");
        }
        names.push(name);
    }
    names
}

/// One row: `id`, `prediction` (a class, a number or a list of labels), `score` by class, `tokens`, `tokens_kept`. A text
/// without an answer has nulls and an `error`.
#[must_use]
pub fn answer_line(id: &str, found: &Result<Prediction, String>, labels: &[String], names: &[String]) -> String {
    let row = match found {
        Ok(found) => {
            let of = |index: usize| labels.get(index).map_or("?", String::as_str);
            let prediction = match &found.answer {
                Answer::Class(class) => json!(of(*class)),
                Answer::Value(_) => found.outputs.first().map_or(Value::Null, |&number| short(number)),
                Answer::Labels(said) => json!(said.iter().map(|&label| of(label)).collect::<Vec<_>>()),
            };
            let score: Map<String, Value> =
                names.iter().cloned().zip(found.outputs.iter().map(|&score| short(score))).collect();
            json!({"id": id, "prediction": prediction, "score": score, "tokens": found.tokens, "tokens_kept": found.tokens_kept})
        }
        Err(reason) => {
            json!({"id": id, "prediction": null, "score": null, "tokens": 0, "tokens_kept": 0, "error": reason})
        }
    };
    format!("{row}\n")
}

/// Writes the file of a form from lines, whole or not at all. `facts` are written into Parquet's metadata.
///
/// # Errors
/// [`Error::Write`], [`Error::Table`] or [`Error::Parquet`]; what was at `path` is then untouched.
pub(super) fn write_answers(
    path: &Path,
    form: AnswerForm,
    names: &[String],
    facts: &[(&str, String)],
    lines: impl BufRead,
) -> Result<(), Error> {
    let failed = |source| Error::Write { path: path.to_owned(), source };
    let (unfinished, file) = UnfinishedFile::create(path).map_err(failed)?;
    let mut file = BufWriter::new(file);
    match form {
        AnswerForm::Lines => {
            let mut lines = lines;
            std::io::copy(&mut lines, &mut file).map_err(failed)?;
        }
        AnswerForm::Csv => write_table(path, names, lines, &mut file)?,
        AnswerForm::Parquet => write_parquet(path, names, facts, lines, &mut file)?,
    }
    file.flush().map_err(failed)?;
    drop(file);
    unfinished.finish().map_err(failed)
}

/// A row as it comes back from its line.
struct Row {
    id: String,
    prediction: Option<String>,
    /// One per class; `None` without an answer.
    scores: Vec<Option<f32>>,
    tokens: u64,
    tokens_kept: u64,
}

impl Row {
    fn read(path: &Path, line: &str, names: &[String]) -> Result<Self, Error> {
        let failed = |source: serde_json::Error| Error::Write { path: path.to_owned(), source: source.into() };
        let row: Value = serde_json::from_str(line).map_err(failed)?;
        let prediction = match &row["prediction"] {
            Value::Null => None,
            Value::String(class) => Some(class.clone()),
            Value::Array(labels) => Some(labels.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(";")),
            number => Some(number.to_string()),
        };
        #[expect(clippy::cast_possible_truncation, reason = "written as the shortest spelling of an f32")]
        let scores = names.iter().map(|name| row["score"][name.as_str()].as_f64().map(|score| score as f32)).collect();
        let count = |key: &str| row[key].as_u64().unwrap_or(0);
        let id = row["id"].as_str().unwrap_or_default().to_owned();
        Ok(Self { id, prediction, scores, tokens: count("tokens"), tokens_kept: count("tokens_kept") })
    }
}

fn write_table(path: &Path, names: &[String], lines: impl BufRead, file: &mut impl Write) -> Result<(), Error> {
    let failed = |source| Error::Table { path: path.to_owned(), source };
    let mut table = csv::Writer::from_writer(file);
    let columns = names.iter().map(|name| format!("score_{name}"));
    let fixed = |name: &str| name.to_owned();
    let head = [fixed("id"), fixed("prediction")].into_iter().chain(columns);
    table.write_record(head.chain([fixed("tokens"), fixed("tokens_kept")])).map_err(failed)?;
    for line in lines.lines() {
        let line = line.map_err(|source| Error::Write { path: path.to_owned(), source })?;
        let row = Row::read(path, &line, names)?;
        let scores = row.scores.iter().map(|score| score.map_or_else(String::new, |score| score.to_string()));
        let cells = [row.id, row.prediction.unwrap_or_default()].into_iter().chain(scores);
        table.write_record(cells.chain([row.tokens.to_string(), row.tokens_kept.to_string()])).map_err(failed)?;
    }
    table.flush().map_err(|source| Error::Write { path: path.to_owned(), source })
}

fn write_parquet(
    path: &Path,
    names: &[String],
    facts: &[(&str, String)],
    lines: impl BufRead,
    file: &mut (impl Write + Send),
) -> Result<(), Error> {
    let failed = |source: ParquetError| Error::Parquet { column: "rows".to_owned(), path: path.to_owned(), source };
    let facts = facts.iter().map(|(key, value)| KeyValue::new(format!("prunescope.{key}"), value.clone()));
    let marks = [KeyValue::new(SCHEMA_KEY.to_owned(), "1".to_owned())].into_iter().chain(facts).collect();
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(concat!("prunescope ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(marks));
    let schema = schema(names).map_err(failed)?;
    let mut writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties.build())).map_err(failed)?;
    let mut rows = Vec::new();
    for line in lines.lines() {
        let line = line.map_err(|source| Error::Write { path: path.to_owned(), source })?;
        rows.push(Row::read(path, &line, names)?);
        if rows.len() == ROWS_AT_ONCE {
            write_group(&mut writer, &rows, names.len()).map_err(failed)?;
            rows.clear();
        }
    }
    if !rows.is_empty() {
        write_group(&mut writer, &rows, names.len()).map_err(failed)?;
    }
    writer.close().map(drop).map_err(failed)
}

/// Names come from checkpoints, so they are set through the builder and not through the schema's text.
fn schema(names: &[String]) -> Result<parquet::schema::types::Type, ParquetError> {
    use parquet::basic::LogicalType;
    use parquet::basic::Repetition;
    use parquet::basic::Type as Physical;
    use parquet::schema::types::Type;
    let text = |name: &str, repetition| {
        let field = Type::primitive_type_builder(name, Physical::BYTE_ARRAY).with_repetition(repetition);
        field.with_logical_type(Some(LogicalType::String)).build().map(Arc::new)
    };
    let plain = |name: &str, kind, repetition| {
        Type::primitive_type_builder(name, kind).with_repetition(repetition).build().map(Arc::new)
    };
    let mut fields = vec![text("id", Repetition::REQUIRED)?, text("prediction", Repetition::OPTIONAL)?];
    for name in names {
        fields.push(plain(&format!("score_{name}"), Physical::FLOAT, Repetition::OPTIONAL)?);
    }
    fields.push(plain("tokens", Physical::INT64, Repetition::REQUIRED)?);
    fields.push(plain("tokens_kept", Physical::INT64, Repetition::REQUIRED)?);
    Type::group_type_builder("answers").with_fields(fields).build()
}

fn write_group<W: Write + Send>(
    writer: &mut SerializedFileWriter<W>,
    rows: &[Row],
    classes: usize,
) -> Result<(), ParquetError> {
    let mut group = writer.next_row_group()?;
    for index in 0..classes + 4 {
        let Some(mut column) = group.next_column()? else {
            return Err(ParquetError::General("fewer columns than the schema has".to_owned()));
        };
        let writer = column.untyped();
        match index {
            0 => strings(writer, rows.iter().map(|row| Some(row.id.clone())).collect(), 0),
            1 => strings(writer, rows.iter().map(|row| row.prediction.clone()).collect(), 1),
            index if index == classes + 2 => integers(writer, &rows.iter().map(|row| row.tokens).collect::<Vec<_>>()),
            index if index == classes + 3 => {
                integers(writer, &rows.iter().map(|row| row.tokens_kept).collect::<Vec<_>>())
            }
            index => {
                let class = |row: &Row| row.scores.get(index - 2).copied().flatten();
                scores(writer, &rows.iter().map(class).collect::<Vec<_>>())
            }
        }?;
        column.close()?;
    }
    group.close().map(drop)
}

/// A file of answers that grows beside its target, so that a run that was stopped goes on.
///
/// Its first line says what it belongs to; what follows are whole lines. It is locked as long as it is open.
#[derive(Debug)]
pub struct PartialAnswers {
    path: std::path::PathBuf,
    file: File,
    rows: usize,
}

impl PartialAnswers {
    /// Where the partial answers of a target lie: `OUT.partial` beside it.
    #[must_use]
    pub fn place(target: &Path) -> std::path::PathBuf {
        let mut name = target.as_os_str().to_owned();
        name.push(".partial");
        name.into()
    }

    /// Goes on with what a stopped run left, or begins anew. `identity` says what the answers depend on; `replace` begins anew
    /// where what lies there belongs to something else.
    ///
    /// # Errors
    /// [`Error::OtherPartial`] where what lies there belongs to something else and `replace` is not set,
    /// [`Error::BusyPartial`] where another run writes it, [`Error::Write`].
    pub fn open(target: &Path, identity: &Value, replace: bool) -> Result<Self, Error> {
        let path = Self::place(target);
        let failed = |source| Error::Write { path: path.clone(), source };
        let options = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = options.map_err(failed)?;
        if let Err(std::fs::TryLockError::WouldBlock) = file.try_lock() {
            return Err(Error::BusyPartial { path });
        }
        let head = format!("{}\n", json!({"schema": 1, "answers": identity}));
        let (found, rows, length) = survey(&file, &head).map_err(failed)?;
        if found == Found::Other && !replace {
            return Err(Error::OtherPartial { path });
        }
        use std::io::Seek as _;
        let keeps = found == Found::Same;
        let (rows, length) = if keeps { (rows, length) } else { (0, 0) };
        file.set_len(length).map_err(failed)?;
        file.seek(std::io::SeekFrom::End(0)).map_err(failed)?;
        if !keeps {
            file.write_all(head.as_bytes()).map_err(failed)?;
        }
        Ok(Self { path, file, rows })
    }

    /// Answers that are there already.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds whole lines.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn add(&mut self, lines: &str) -> Result<(), Error> {
        self.rows += lines.lines().count();
        let written = self.file.write_all(lines.as_bytes()).and_then(|()| self.file.flush());
        written.map_err(|source| Error::Write { path: self.path.clone(), source })
    }

    /// Makes the target of it and removes it.
    ///
    /// # Errors
    /// As `write_answers`; it stays then.
    pub fn finish(
        self,
        target: &Path,
        form: AnswerForm,
        names: &[String],
        facts: &[(&str, String)],
    ) -> Result<(), Error> {
        let failed = |source| Error::Write { path: self.path.clone(), source };
        let mut lines = std::io::BufReader::new(File::open(&self.path).map_err(failed)?);
        lines.skip_until(b'\n').map_err(failed)?;
        write_answers(target, form, names, facts, lines)?;
        std::fs::remove_file(&self.path).map_err(failed)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Nothing,
    Same,
    Other,
}

/// What lies in a partial file: whose, how many whole rows, and where the last of them ends.
fn survey(file: &File, head: &str) -> std::io::Result<(Found, usize, u64)> {
    let mut reader = std::io::BufReader::new(file);
    let mut line = Vec::new();
    if reader.read_until(b'\n', &mut line)? == 0 {
        return Ok((Found::Nothing, 0, 0));
    }
    if line != head.as_bytes() {
        return Ok((Found::Other, 0, 0));
    }
    let (mut rows, mut length) = (0, line.len() as u64);
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line)?;
        if read == 0 || line.last() != Some(&b'\n') {
            return Ok((Found::Same, rows, length));
        }
        rows += 1;
        length += read as u64;
    }
}
