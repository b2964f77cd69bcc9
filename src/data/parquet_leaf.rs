//! One column of a Parquet file: its type, and its values as cells.

use std::str::Utf8Error;

use parquet::basic::ConvertedType;
use parquet::basic::LogicalType;
use parquet::basic::TimeUnit;
use parquet::basic::Type as PhysicalType;
use parquet::column::reader::ColumnReader;
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::ByteArray;
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::schema::types::ColumnDescriptor;

use super::dates;
use super::record::Cell;

/// Most bytes of a decimal: 38 digits.
const DECIMAL_BYTES: usize = 16;

/// A leaf of the schema that becomes a column.
pub(super) struct Leaf {
    pub(super) index: usize,
    /// Names of its numbers, where the file has them.
    pub(super) names: Option<Vec<String>>,
    is_list: bool,
    max_definition: i16,
    kind: Kind,
}

/// What the values mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    Unsigned,
    /// Digits after the point.
    Decimal(usize),
    /// A day counted from 1970-01-01.
    Day,
    /// A moment counted from there: parts of a second, and whether it is in UTC.
    Moment(i64, bool),
    /// Bytes that must be UTF-8.
    Text,
    /// Bytes that may be anything.
    Binary,
}

/// A value as it lies in its page.
#[derive(Debug)]
pub(super) enum Value {
    Missing,
    Text(String),
    Bytes(ByteArray),
    List(Vec<Self>),
}

impl Value {
    /// Bytes it would take as text.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Missing => 0,
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::List(items) => items.iter().map(Self::len).sum(),
        }
    }
}

impl Leaf {
    /// The column and its name, or the name of a type that is not read.
    pub(super) fn of(index: usize, descriptor: &ColumnDescriptor) -> Result<(Self, String), String> {
        let kind = kind_of(descriptor).ok_or_else(|| type_name(descriptor))?;
        let nested = || "a nested type".to_owned();
        if descriptor.max_rep_level() > 1 {
            return Err(nested());
        }
        let is_list = descriptor.max_rep_level() == 1;
        let parts = descriptor.path().parts();
        // A list is `name.list.element`; a map is `name.key_value.key` and has two leaves under one name.
        if is_list && parts.get(1).is_some_and(|part| matches!(part.as_str(), "key_value" | "map")) {
            return Err(nested());
        }
        let name = if is_list { parts.first().cloned().ok_or_else(nested)? } else { parts.join(".") };
        Ok((Self { index, names: None, is_list, max_definition: descriptor.max_def_level(), kind }, name))
    }

    /// The next `rows` values.
    pub(super) fn read(&self, reader: &mut ColumnReader, rows: usize) -> Result<Vec<Value>, ParquetError> {
        let kind = self.kind;
        match reader {
            ColumnReader::BoolColumnReader(reader) => {
                self.read_typed(reader, rows, |value| Value::Text(value.to_string()))
            }
            ColumnReader::Int32ColumnReader(reader) => self.read_typed(reader, rows, |value| {
                Value::Text(match kind {
                    Kind::Unsigned => value.cast_unsigned().to_string(),
                    Kind::Decimal(scale) => decimal_text((*value).into(), scale),
                    Kind::Day => dates::date_text((*value).into()),
                    _ => value.to_string(),
                })
            }),
            ColumnReader::Int64ColumnReader(reader) => self.read_typed(reader, rows, |value| {
                Value::Text(match kind {
                    Kind::Unsigned => value.cast_unsigned().to_string(),
                    Kind::Decimal(scale) => decimal_text((*value).into(), scale),
                    Kind::Moment(per_second, is_utc) => dates::moment_text(*value, per_second, is_utc),
                    _ => value.to_string(),
                })
            }),
            // `1.0` keeps its point, as in text formats.
            ColumnReader::FloatColumnReader(reader) => {
                self.read_typed(reader, rows, |value| Value::Text(format!("{value:?}")))
            }
            ColumnReader::DoubleColumnReader(reader) => {
                self.read_typed(reader, rows, |value| Value::Text(format!("{value:?}")))
            }
            ColumnReader::ByteArrayColumnReader(reader) => {
                self.read_typed(reader, rows, |value| bytes_value(value, kind))
            }
            ColumnReader::FixedLenByteArrayColumnReader(reader) => {
                self.read_typed(reader, rows, |value| bytes_value(value, kind))
            }
            ColumnReader::Int96ColumnReader(reader) => self.read_typed(reader, rows, |value| {
                Value::Text(value.data().try_into().map_or_else(|_| String::new(), dates::int96_text))
            }),
        }
    }

    fn read_typed<T: DataType>(
        &self,
        reader: &mut ColumnReaderImpl<T>,
        rows: usize,
        value_of: impl Fn(&T::T) -> Value,
    ) -> Result<Vec<Value>, ParquetError> {
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
        let mut cells: Vec<Value> = Vec::with_capacity(records);
        let mut values = values.iter();
        for i in 0..levels {
            let is_value = self.max_definition == 0 || definitions.get(i) == Some(&self.max_definition);
            let value = if is_value { values.next().map(&value_of) } else { None };
            if !self.is_list {
                cells.push(value.unwrap_or(Value::Missing));
                continue;
            }
            if repetitions.get(i) == Some(&0) {
                cells.push(Value::List(Vec::new()));
            }
            if let (Some(Value::List(items)), Some(item)) = (cells.last_mut(), value) {
                items.push(item);
            }
        }
        Ok(cells)
    }

    /// A value as a cell.
    ///
    /// # Errors
    /// Where bytes that should be text are not.
    pub(super) fn cell(&self, value: Value) -> Result<Cell, Utf8Error> {
        if let Value::List(items) = value {
            let items = items.into_iter().map(|item| self.text(item)).collect::<Result<Vec<_>, _>>()?;
            return Ok(Cell::List(items.into_iter().flatten().collect()));
        }
        Ok(self.text(value)?.map_or(Cell::Missing, Cell::Text))
    }

    /// The text of one value, or nothing where there is none.
    fn text(&self, value: Value) -> Result<Option<String>, Utf8Error> {
        let text = match value {
            Value::Missing | Value::List(_) => return Ok(None),
            Value::Text(text) => text,
            // Plain binary that is no text counts as an empty cell.
            Value::Bytes(bytes) => match std::str::from_utf8(bytes.data()) {
                Ok(text) => text.to_owned(),
                Err(error) if self.kind == Kind::Text => return Err(error),
                Err(_) => return Ok(None),
            },
        };
        let text = match (&self.names, text.parse::<i64>()) {
            // `datasets` writes -1 where there is no class.
            (Some(_), Ok(-1)) => return Ok(None),
            (Some(names), Ok(number)) => {
                let name = usize::try_from(number).ok().and_then(|number| names.get(number));
                name.cloned().unwrap_or(text)
            }
            _ => text,
        };
        Ok((!text.is_empty()).then_some(text))
    }
}

/// Nothing for types that are not read.
fn kind_of(descriptor: &ColumnDescriptor) -> Option<Kind> {
    let converted = descriptor.converted_type();
    let logical = descriptor.logical_type_ref();
    let is_decimal = converted == ConvertedType::DECIMAL || matches!(logical, Some(LogicalType::Decimal { .. }));
    if is_decimal {
        let fits = descriptor.type_length() <= i32::try_from(DECIMAL_BYTES).unwrap_or(i32::MAX);
        return usize::try_from(descriptor.type_scale()).ok().filter(|_| fits).map(Kind::Decimal);
    }
    let is_time =
        matches!(converted, ConvertedType::TIME_MILLIS | ConvertedType::TIME_MICROS | ConvertedType::INTERVAL)
            || matches!(logical, Some(LogicalType::Time(_)));
    match descriptor.physical_type() {
        _ if is_time => None,
        PhysicalType::INT32 if converted == ConvertedType::DATE || logical == Some(&LogicalType::Date) => {
            Some(Kind::Day)
        }
        PhysicalType::INT64 if let Some(moment) = moment_of(logical, converted) => Some(moment),
        // Nothing but moments was ever written in this type.
        PhysicalType::INT96 => Some(Kind::Plain),
        PhysicalType::FIXED_LEN_BYTE_ARRAY => None,
        PhysicalType::BYTE_ARRAY => Some(match converted {
            ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON => Kind::Text,
            _ => Kind::Binary,
        }),
        _ => Some(match converted {
            ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64 => {
                Kind::Unsigned
            }
            _ => Kind::Plain,
        }),
    }
}

fn moment_of(logical: Option<&LogicalType>, converted: ConvertedType) -> Option<Kind> {
    match (logical, converted) {
        (Some(LogicalType::Timestamp(stamp)), _) => {
            let per_second = match stamp.unit {
                TimeUnit::MILLIS => 1_000,
                TimeUnit::MICROS => 1_000_000,
                TimeUnit::NANOS => 1_000_000_000,
            };
            Some(Kind::Moment(per_second, stamp.is_adjusted_to_u_t_c))
        }
        // Older files tell the unit alone; their format means UTC.
        (_, ConvertedType::TIMESTAMP_MILLIS) => Some(Kind::Moment(1_000, true)),
        (_, ConvertedType::TIMESTAMP_MICROS) => Some(Kind::Moment(1_000_000, true)),
        _ => None,
    }
}

/// The name of a type for a person: `TIME_MICROS`, `UUID`.
fn type_name(descriptor: &ColumnDescriptor) -> String {
    match (descriptor.logical_type_ref(), descriptor.converted_type()) {
        (Some(LogicalType::Uuid), _) => "UUID".to_owned(),
        (Some(LogicalType::Float16), _) => "FLOAT16".to_owned(),
        (Some(LogicalType::Time { .. }), _) => "TIME".to_owned(),
        (_, ConvertedType::NONE) => descriptor.physical_type().to_string(),
        (_, converted) => converted.to_string(),
    }
}

fn bytes_value(bytes: &ByteArray, kind: Kind) -> Value {
    match kind {
        Kind::Decimal(scale) => {
            decimal_of(bytes.data()).map_or(Value::Missing, |value| Value::Text(decimal_text(value, scale)))
        }
        _ => Value::Bytes(bytes.clone()),
    }
}

/// A whole number in two's complement, the highest byte first.
fn decimal_of(bytes: &[u8]) -> Option<i128> {
    let first = *bytes.first().filter(|_| bytes.len() <= DECIMAL_BYTES)?;
    let start = if first >= 0x80 { -1 } else { 0 };
    Some(bytes.iter().fold(start, |value: i128, &byte| (value << 8) | i128::from(byte)))
}

fn decimal_text(unscaled: i128, scale: usize) -> String {
    let digits = format!("{:0width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, part) = digits.split_at(digits.len() - scale);
    let sign = if unscaled < 0 { "-" } else { "" };
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_written_with_their_digits() {
        for (unscaled, scale, text) in [(12345, 2, "123.45"), (-5, 2, "-0.05"), (1, 0, "1"), (0, 1, "0.0")] {
            assert_eq!(decimal_text(unscaled, scale), text, "{unscaled} with {scale} digits after the point");
        }
    }

    #[test]
    fn decimals_are_in_twos_complement() {
        for (bytes, value) in [(&[0x01, 0x00][..], 256), (&[0xff], -1), (&[0xff, 0x00], -256), (&[0x00, 0xff], 255)] {
            assert_eq!(decimal_of(bytes), Some(value), "{bytes:x?}");
        }
        assert_eq!((decimal_of(&[]), decimal_of(&[0; 17])), (None, None), "no number, and too long a one");
    }
}
