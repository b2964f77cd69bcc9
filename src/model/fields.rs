//! Typed access to the fields of a JSON object, with errors that name the field.

use std::path::Path;

use serde_json::Map;
use serde_json::Value;

use crate::disk::read_regular;
use crate::model::Activation;
use crate::model::Error;

/// The fields of one JSON file.
pub(super) struct Fields<'a> {
    map: &'a Map<String, Value>,
    path: &'a Path,
}

impl<'a> Fields<'a> {
    pub(super) fn new(map: &'a Map<String, Value>, path: &'a Path) -> Self {
        Self { map, path }
    }

    pub(super) fn path(&self) -> &'a Path {
        self.path
    }

    /// The value, where there is one; `null` counts as absent.
    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// The error for a value that is not what it should be.
    pub(super) fn refuse(&self, key: &'static str, expected: impl Into<String>) -> Error {
        let path = self.path.to_owned();
        match self.get(key) {
            None => Error::MissingField { key, expected: expected.into(), path },
            Some(value) => {
                let mut got = value.to_string();
                if got.len() > MAX_SHOWN {
                    got = format!("{}…", got.chars().take(MAX_SHOWN).collect::<String>());
                }
                Error::FieldValue { key, expected: expected.into(), got, path }
            }
        }
    }

    /// A whole number from 1 to `max` that must be given.
    pub(super) fn size(&self, key: &'static str, max: usize) -> Result<usize, Error> {
        self.whole(key, 1..=max)
            .and_then(|value| value.ok_or_else(|| self.refuse(key, format!("a whole number from 1 to {max}"))))
    }

    /// A whole number within `range`, or `default` where the field is absent.
    pub(super) fn whole_or(
        &self,
        key: &'static str,
        range: std::ops::RangeInclusive<usize>,
        default: usize,
    ) -> Result<usize, Error> {
        Ok(self.whole(key, range)?.unwrap_or(default))
    }

    fn whole(&self, key: &'static str, range: std::ops::RangeInclusive<usize>) -> Result<Option<usize>, Error> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
        number
            .filter(|number| range.contains(number))
            .map(Some)
            .ok_or_else(|| self.refuse(key, format!("a whole number from {} to {}", range.start(), range.end())))
    }

    /// A positive finite number, or `default` where the field is absent.
    pub(super) fn positive_or(&self, key: &'static str, default: f32) -> Result<f32, Error> {
        let Some(value) = self.get(key) else { return Ok(default) };
        positive(value).ok_or_else(|| self.refuse(key, "a positive number"))
    }

    /// `true` or `false`, or `default` where the field is absent.
    pub(super) fn flag_or(&self, key: &'static str, default: bool) -> Result<bool, Error> {
        let Some(value) = self.get(key) else { return Ok(default) };
        value.as_bool().ok_or_else(|| self.refuse(key, "true or false"))
    }

    /// Text, where the field is given.
    pub(super) fn text(&self, key: &'static str) -> Result<Option<&'a str>, Error> {
        let Some(value) = self.get(key) else { return Ok(None) };
        value.as_str().map(Some).ok_or_else(|| self.refuse(key, "text"))
    }

    /// One of the point-wise functions, or `default` where the field is absent.
    pub(super) fn activation_or(&self, key: &'static str, default: Activation) -> Result<Activation, Error> {
        let Some(value) = self.get(key) else { return Ok(default) };
        let name = value.as_str().unwrap_or_default();
        ACTIVATIONS.iter().find(|(known, _)| *known == name).map(|(_, activation)| *activation).ok_or_else(|| {
            let known = ACTIVATIONS.iter().map(|(name, _)| *name).collect::<Vec<_>>();
            self.refuse(key, format!("one of {}", super::error::quoted(&known)))
        })
    }

    /// Refuses a field whose value is given and is not the only one we support.
    pub(super) fn only(&self, key: &'static str, supported: &Value) -> Result<(), Error> {
        match self.get(key) {
            Some(value) if value != supported => Err(self.refuse(key, supported.to_string())),
            _ => Ok(()),
        }
    }
}

/// Longest value repeated in a message.
const MAX_SHOWN: usize = 200;

/// Names that checkpoints use for the functions we have.
const ACTIVATIONS: [(&str, Activation); 10] = [
    ("gelu", Activation::Gelu),
    ("gelu_python", Activation::Gelu),
    ("gelu_new", Activation::GeluTanh),
    ("gelu_fast", Activation::GeluTanh),
    ("gelu_pytorch_tanh", Activation::GeluTanh),
    ("gelu_accurate", Activation::GeluTanh),
    ("relu", Activation::Relu),
    ("silu", Activation::Silu),
    ("swish", Activation::Silu),
    ("tanh", Activation::Tanh),
];

/// The number, if it is finite and above zero as `f32`.
pub(super) fn positive(value: &Value) -> Option<f32> {
    #[expect(clippy::cast_possible_truncation, reason = "weights are f32; the range is checked after the cast")]
    let number = value.as_f64()? as f32;
    (number.is_finite() && number > 0.0).then_some(number)
}

/// Largest file of settings we read. A tokenizer with 250,000 entries has 17 MB.
const MAX_JSON_BYTES: u64 = 256 << 20;

/// The whole file, if it is a regular one of a sane size; `None` if there is no such file.
pub(super) fn read_small_file(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match read_regular(path, MAX_JSON_BYTES) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(err) if err.is_missing() => Ok(None),
        Err(source) => Err(Error::NotReadable { path: path.to_owned(), source }),
    }
}

/// The file as a JSON object; `None` if there is no such file.
pub(super) fn read_json_object(path: &Path) -> Result<Option<Map<String, Value>>, Error> {
    let Some(bytes) = read_small_file(path)? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|source| Error::Json { path: path.to_owned(), source })
}
