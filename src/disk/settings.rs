//! Files of settings: JSON objects, read whole and field by field, with errors that name file and field.

use std::path::Path;

use serde_json::Map;
use serde_json::Value;

use crate::disk::FileError;
use crate::disk::read_regular;

/// The fields of one JSON file.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    map: &'a Map<String, Value>,
    path: &'a Path,
}

impl<'a> Fields<'a> {
    /// Of an object that was read from `path`.
    #[must_use]
    pub fn new(map: &'a Map<String, Value>, path: &'a Path) -> Self {
        Self { map, path }
    }

    /// Where the object was read from.
    #[must_use]
    pub fn path(&self) -> &'a Path {
        self.path
    }

    /// The folder of that file.
    #[must_use]
    pub fn dir(&self) -> &'a Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// The value, where there is one; `null` counts as absent.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// The error for a value that is not what it should be.
    #[must_use]
    pub fn refuse(&self, key: &'static str, expected: impl Into<String>) -> FileError {
        let path = self.path.to_owned();
        match self.get(key) {
            None => FileError::MissingField { key, expected: expected.into(), path },
            Some(value) => {
                let mut got = value.to_string();
                if got.len() > MAX_SHOWN {
                    got = format!("{}…", got.chars().take(MAX_SHOWN).collect::<String>());
                }
                FileError::FieldValue { key, expected: expected.into(), got, path }
            }
        }
    }

    /// A whole number from 1 to `max` that must be given.
    ///
    /// # Errors
    /// If it is absent or something else.
    pub fn size(&self, key: &'static str, max: usize) -> Result<usize, FileError> {
        self.whole(key, 1..=max)
            .and_then(|value| value.ok_or_else(|| self.refuse(key, format!("a whole number from 1 to {max}"))))
    }

    /// A whole number within `range`, or `default` where the field is absent.
    ///
    /// # Errors
    /// If it is something else.
    pub fn whole_or(
        &self,
        key: &'static str,
        range: std::ops::RangeInclusive<usize>,
        default: usize,
    ) -> Result<usize, FileError> {
        Ok(self.whole(key, range)?.unwrap_or(default))
    }

    fn whole(&self, key: &'static str, range: std::ops::RangeInclusive<usize>) -> Result<Option<usize>, FileError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
        number
            .filter(|number| range.contains(number))
            .map(Some)
            .ok_or_else(|| self.refuse(key, format!("a whole number from {} to {}", range.start(), range.end())))
    }

    /// A positive finite number, or `default` where the field is absent.
    ///
    /// # Errors
    /// If it is something else.
    pub fn positive_or(&self, key: &'static str, default: f32) -> Result<f32, FileError> {
        let Some(value) = self.get(key) else { return Ok(default) };
        positive(value).ok_or_else(|| self.refuse(key, "a positive number"))
    }

    /// `true` or `false`, or `default` where the field is absent.
    ///
    /// # Errors
    /// If it is something else.
    pub fn flag_or(&self, key: &'static str, default: bool) -> Result<bool, FileError> {
        let Some(value) = self.get(key) else { return Ok(default) };
        value.as_bool().ok_or_else(|| self.refuse(key, "true or false"))
    }

    /// Text, where the field is given.
    ///
    /// # Errors
    /// If it is something else.
    pub fn text(&self, key: &'static str) -> Result<Option<&'a str>, FileError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        value.as_str().map(Some).ok_or_else(|| self.refuse(key, "text"))
    }

    /// Refuses a field whose value is given and is not the only one we support.
    ///
    /// # Errors
    /// That refusal.
    pub fn only(&self, key: &'static str, supported: &Value) -> Result<(), FileError> {
        match self.get(key) {
            Some(value) if value != supported => Err(self.refuse(key, supported.to_string())),
            _ => Ok(()),
        }
    }
}

/// Longest value repeated in a message.
const MAX_SHOWN: usize = 200;

/// The number, if it is finite and above zero as `f32`.
#[must_use]
pub fn positive(value: &Value) -> Option<f32> {
    #[expect(clippy::cast_possible_truncation, reason = "weights are f32; the range is checked after the cast")]
    let number = value.as_f64()? as f32;
    (number.is_finite() && number > 0.0).then_some(number)
}

/// Largest file of settings we read. A tokenizer with 250,000 entries has 17 MB.
const MAX_JSON_BYTES: u64 = 256 << 20;

/// The whole file, if it is a regular one of a sane size; `None` if there is no such file.
///
/// # Errors
/// If it is something else or cannot be read.
pub fn read_small_file(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    match read_regular(path, MAX_JSON_BYTES) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(err) if err.is_missing() => Ok(None),
        Err(source) => Err(FileError::NotReadable { path: path.to_owned(), source }),
    }
}

/// The file as a JSON object; `None` if there is no such file.
///
/// # Errors
/// As [`read_small_file`], and if it holds something else.
pub fn read_json_object(path: &Path) -> Result<Option<Map<String, Value>>, FileError> {
    let Some(bytes) = read_small_file(path)? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|source| FileError::Json { path: path.to_owned(), source })
}
