//! `predictions.parquet`: one row per example and strategy, from which every metric can be recomputed.
//!
//! Group columns are strings as read; a cell with several groups joins them with `;`, a cell with none is null.
//! `score` is the probability of the class or label of interest, which the file's metadata names (`prunescope.positive`), or
//! the predicted number of a regression (`prunescope.score` says which). Sets of labels are joined with `;`.
//! A group column whose name is taken already is written as `group_NAME`.
//! Rows come in row groups: chunk after chunk of the data set, within a chunk strategy after strategy.

use std::fs::File;
use std::io::BufWriter;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::errors::Result as ParquetResult;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::file::writer::SerializedRowGroupWriter;
use parquet::schema::parser::parse_message_type;

use crate::data::GroupColumn;
use crate::disk::UnfinishedFile;
use crate::evaluation::Answer;
use crate::evaluation::Chunk;
use crate::evaluation::ExampleResult;
use crate::evaluation::FinishedRows;
use crate::evaluation::HeadKind;
use crate::evaluation::Prepared;
use crate::evaluation::Results;
use crate::export::Error;

/// Where the file says what it is.
pub(super) const SCHEMA_KEY: &str = "prunescope.schema";

/// Where it says which class `score` is the probability of; absent where there are more classes than two.
const POSITIVE_KEY: &str = "prunescope.positive";
/// Where it says so in words.
const SCORE_KEY: &str = "prunescope.score";

/// The columns before the groups.
const COLUMNS: [(&str, &str); 12] = [
    ("example_id", "required binary example_id (STRING);"),
    ("strategy", "required binary strategy (STRING);"),
    ("label", "optional binary label (STRING);"),
    ("prediction", "required binary prediction (STRING);"),
    ("correct", "optional boolean correct;"),
    ("score", "optional float score;"),
    ("logits", "required group logits (LIST) { repeated group list { required float element; } }"),
    ("tokens", "required int64 tokens;"),
    ("tokens_kept", "required int64 tokens_kept;"),
    ("retention_mean", "required double retention_mean;"),
    ("macs", "required int64 macs;"),
    ("dense_macs", "required int64 dense_macs;"),
];

/// The file while it is written: rows come chunk by chunk, and it takes its name when it is whole.
pub struct Predictions {
    path: PathBuf,
    file: UnfinishedFile,
    /// All columns, the groups' at the end.
    columns: Vec<String>,
    writer: SerializedFileWriter<BufWriter<File>>,
    /// The class of interest, once a row has told it.
    positive: Option<String>,
    /// What `score` is, in words, once a row has told it.
    score: Option<String>,
}

impl std::fmt::Debug for Predictions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Predictions").field("path", &self.path).field("columns", &self.columns).finish_non_exhaustive()
    }
}

impl Predictions {
    /// Begins the file beside `path`.
    ///
    /// # Errors
    /// [`Error::Write`] if the folder is not writable, [`Error::Parquet`] if the group columns make no schema.
    pub fn create(path: &Path, groups: &[GroupColumn]) -> Result<Self, Error> {
        let (file, writer) =
            UnfinishedFile::create(path).map_err(|source| Error::Write { path: path.to_owned(), source })?;
        let groups = group_names(groups);
        let failed = |source| Error::Parquet { column: "schema".to_owned(), path: path.to_owned(), source };
        let writer = begin(BufWriter::new(writer), &groups).map_err(failed)?;
        let columns = COLUMNS.iter().map(|(name, _)| (*name).to_owned()).chain(groups).collect();
        Ok(Self { path: path.to_owned(), file, columns, writer, positive: None, score: None })
    }

    /// Writes the finished rows as one row group, in the order of the data set.
    ///
    /// # Errors
    /// [`Error::Parquet`], also where the disk is full.
    pub fn write(&mut self, rows: FinishedRows<'_>) -> Result<(), Error> {
        let rows = Rows::of(rows);
        if self.positive.is_none() && rows.prepared.is_binary() {
            self.positive = Some(rows.prepared.positive_name().to_owned());
        }
        self.score = self.score.take().or_else(|| score_words(rows.prepared));
        if rows.results.is_empty() {
            return Ok(());
        }
        let mut column = "schema";
        let mut write = || {
            let mut row_group = self.writer.next_row_group()?;
            for (index, name) in self.columns.iter().enumerate() {
                column = name;
                write_column(&mut row_group, &rows, index)?;
            }
            row_group.close().map(drop)
        };
        let written = write();
        written.map_err(|source| Error::Parquet { column: column.to_owned(), path: self.path.clone(), source })
    }

    /// Ends the file and puts it in its place.
    ///
    /// # Errors
    /// [`Error::Parquet`] or [`Error::Write`].
    pub fn finish(self) -> Result<(), Error> {
        let path = self.path.clone();
        self.close()?.finish().map_err(|source| Error::Write { path, source })
    }

    /// Ends the file, which takes its name together with those beside it.
    pub(super) fn close(self) -> Result<UnfinishedFile, Error> {
        let Self { path, file, mut writer, positive, score, .. } = self;
        if let Some(words) = score {
            writer.append_key_value_metadata(KeyValue::new(SCORE_KEY.to_owned(), words));
        }
        if let Some(class) = positive {
            writer.append_key_value_metadata(KeyValue::new(POSITIVE_KEY.to_owned(), class));
        }
        let failed = |source| Error::Parquet { column: "footer".to_owned(), path: path.clone(), source };
        let mut buffer = writer.into_inner().map_err(failed)?;
        buffer.flush().map_err(|source| Error::Write { path: path.clone(), source })?;
        Ok(file)
    }
}

/// What `score` is; `None` where it is nothing.
fn score_words(prepared: &Prepared) -> Option<String> {
    let of = |what: &str| format!("probability of the {what} of interest, {}", prepared.positive_name());
    match prepared.head {
        HeadKind::Classifier => prepared.is_binary().then(|| of("class")),
        HeadKind::MultiLabel => Some(of("label")),
        HeadKind::Regression(_) => Some("predicted number".to_owned()),
    }
}

fn group_names(groups: &[GroupColumn]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for group in groups {
        let mut name = group.name.clone();
        while COLUMNS.iter().any(|(taken, _)| *taken == name) || names.contains(&name) {
            name = format!("group_{name}");
        }
        names.push(name);
    }
    names
}

fn begin<W: Write + Send>(file: W, groups: &[String]) -> ParquetResult<SerializedFileWriter<W>> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(concat!("prunescope ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(vec![KeyValue::new(SCHEMA_KEY.to_owned(), "1".to_owned())]));
    SerializedFileWriter::new(file, Arc::new(schema(groups)?), Arc::new(properties.build()))
}

/// Group names come from data files, so they are set through the builder and not through the schema's text.
fn schema(groups: &[String]) -> ParquetResult<parquet::schema::types::Type> {
    use parquet::basic::LogicalType;
    use parquet::basic::Repetition;
    use parquet::basic::Type as Physical;
    use parquet::schema::types::Type;
    let lines = COLUMNS.map(|(_, line)| line).join(" ");
    let fixed = parse_message_type(&format!("message predictions {{ {lines} }}"))?;
    let mut fields = fixed.get_fields().to_vec();
    for name in groups {
        let field = Type::primitive_type_builder(name, Physical::BYTE_ARRAY)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(Some(LogicalType::String));
        fields.push(Arc::new(field.build()?));
    }
    Type::group_type_builder("predictions").with_fields(fields).build()
}

/// The finished items of one strategy in one chunk.
struct Rows<'a> {
    prepared: &'a Prepared,
    chunk: &'a Chunk,
    spec: String,
    /// Place of each finished item in the chunk, and its result.
    results: Vec<(usize, &'a ExampleResult)>,
}

impl<'a> Rows<'a> {
    fn of(rows: FinishedRows<'a>) -> Self {
        let FinishedRows { prepared, chunk, spec, results } = rows;
        let numbered = results.iter().enumerate();
        let results = numbered.filter_map(|(place, result)| Some((place, result.as_ref()?))).collect();
        Self { prepared, chunk, spec: spec.to_string(), results }
    }

    fn target(&self, place: usize) -> Option<&Answer> {
        self.prepared.target(self.chunk.first + place)
    }

    /// Whether an answer is right; where there are labels, they alone make the tolerance.
    fn is_correct(&self, place: usize, answer: &Answer, tolerance: f64) -> Option<bool> {
        Some(answer.is_same(self.target(place)?, tolerance))
    }

    /// The groups of a cell, joined; `None` where there are none.
    fn groups(&self, place: usize, column: usize) -> Option<String> {
        let index = &self.prepared.index;
        let names = &index.groups[column].values;
        let values = index.memberships[column].of(self.prepared.row(self.chunk.first + place));
        let joined: Vec<&str> = values.iter().map(|&value| names[value].as_str()).collect();
        (!joined.is_empty()).then(|| joined.join(";"))
    }

    fn map<T>(&self, value: impl Fn(usize, &ExampleResult) -> T) -> Vec<T> {
        self.results.iter().map(|(place, result)| value(*place, result)).collect()
    }
}

fn write_column<W: Write + Send>(
    row_group: &mut SerializedRowGroupWriter<'_, W>,
    rows: &Rows<'_>,
    index: usize,
) -> ParquetResult<()> {
    let Some(mut column) = row_group.next_column()? else {
        return Err(ParquetError::General("fewer columns than the schema has".to_owned()));
    };
    let writer = column.untyped();
    let names = &rows.prepared.classes;
    let tolerance = rows.prepared.tolerance(&Results::default()).unwrap_or(0.0);
    match index {
        0 => strings(writer, rows.map(|place, _| Some(rows.chunk.ids[place].clone())), 0),
        1 => strings(writer, rows.map(|_, _| Some(rows.spec.clone())), 0),
        2 => strings(writer, rows.map(|place, _| Some(rows.target(place)?.written(names))), 1),
        3 => strings(writer, rows.map(|_, result| Some(result.answer.written(names))), 0),
        4 => booleans(writer, &rows.map(|place, result| rows.is_correct(place, &result.answer, tolerance))),
        5 => scores(writer, &rows.map(|_, result| result.score(rows.prepared.positive))),
        6 => lists(writer, &rows.map(|_, result| result.logits.clone())),
        7 => integers(writer, &rows.map(|_, result| result.tokens as u64)),
        8 => integers(writer, &rows.map(|_, result| result.tokens_kept as u64)),
        9 => doubles(writer, &rows.map(|_, result| result.retention_mean)),
        10 => integers(writer, &rows.map(|_, result| result.macs)),
        11 => integers(writer, &rows.map(|_, result| result.dense_macs)),
        group => strings(writer, rows.map(|place, _| rows.groups(place, group - COLUMNS.len())), 1),
    }?;
    column.close()
}

fn wrong_type() -> ParquetError {
    ParquetError::General("the writer's type does not fit the schema".to_owned())
}

/// `level` is 1 where the column is optional.
pub(super) fn strings(writer: &mut ColumnWriter<'_>, values: Vec<Option<String>>, level: i16) -> ParquetResult<()> {
    let ColumnWriter::ByteArrayColumnWriter(writer) = writer else { return Err(wrong_type()) };
    let levels: Vec<i16> = values.iter().map(|value| if value.is_some() { level } else { 0 }).collect();
    let present: Vec<ByteArray> = values.into_iter().flatten().map(|text| ByteArray::from(text.into_bytes())).collect();
    writer.write_batch(&present, (level > 0).then_some(&levels), None).map(drop)
}

fn booleans(writer: &mut ColumnWriter<'_>, values: &[Option<bool>]) -> ParquetResult<()> {
    let ColumnWriter::BoolColumnWriter(writer) = writer else { return Err(wrong_type()) };
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let present: Vec<bool> = values.iter().flatten().copied().collect();
    writer.write_batch(&present, Some(&levels), None).map(drop)
}

pub(super) fn scores(writer: &mut ColumnWriter<'_>, values: &[Option<f32>]) -> ParquetResult<()> {
    let ColumnWriter::FloatColumnWriter(writer) = writer else { return Err(wrong_type()) };
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let present: Vec<f32> = values.iter().flatten().copied().collect();
    writer.write_batch(&present, Some(&levels), None).map(drop)
}

/// Levels of a list: repetition 0 starts a row, 1 goes on; definition 1 means there is an element.
fn lists(writer: &mut ColumnWriter<'_>, rows: &[Vec<f32>]) -> ParquetResult<()> {
    let ColumnWriter::FloatColumnWriter(writer) = writer else { return Err(wrong_type()) };
    let (mut definition, mut repetition) = (Vec::new(), Vec::new());
    for row in rows {
        if row.is_empty() {
            definition.push(0);
            repetition.push(0);
        }
        for element in 0..row.len() {
            definition.push(1);
            repetition.push(i16::from(element > 0));
        }
    }
    writer.write_batch(&rows.concat(), Some(&definition), Some(&repetition)).map(drop)
}

pub(super) fn integers(writer: &mut ColumnWriter<'_>, values: &[u64]) -> ParquetResult<()> {
    let ColumnWriter::Int64ColumnWriter(writer) = writer else { return Err(wrong_type()) };
    let signed: Result<Vec<i64>, _> = values.iter().map(|&value| i64::try_from(value)).collect();
    let signed = signed.map_err(|_too_large| ParquetError::General("a count beyond 2^63".to_owned()))?;
    writer.write_batch(&signed, None, None).map(drop)
}

fn doubles(writer: &mut ColumnWriter<'_>, values: &[f64]) -> ParquetResult<()> {
    let ColumnWriter::DoubleColumnWriter(writer) = writer else { return Err(wrong_type()) };
    writer.write_batch(values, None, None).map(drop)
}
