//! Strategies as users write them: `power_bert:retention=0.5,protect=cls`.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::pruning::Artifact;
use crate::pruning::ArtifactPlaces;
use crate::pruning::BuildContext;
use crate::pruning::Error;
use crate::pruning::FileRecord;
use crate::pruning::Formula;
use crate::pruning::KeyKind;
use crate::pruning::KeySpec;
use crate::pruning::Pruner;
use crate::pruning::StrategyInfo;
use crate::pruning::Value;
use crate::pruning::artifact::written_path;
use crate::pruning::error::nearest;
use crate::pruning::key::unquoted;
use crate::pruning::registry;
use crate::pruning::trained::Trained;
use crate::tensor::ModelShape;

/// A strategy and its settings, checked against the registry. Two specs are equal if they mean the same run.
///
/// `Display` writes the canonical form: the id, then every key that has a value, in the registry's order, defaults
/// included. A key without a value is left out: one whose default depends on text or model (`tome`'s `r`, `ltp`'s
/// `deltas`), and one that another key replaces (`retention` beside `retentions`). A file is named by its content:
/// `retentions=@sha256:0123456789abcdef`.
#[derive(Clone, Debug)]
pub struct StrategySpec {
    info: &'static StrategyInfo,
    /// One entry per key of the strategy, registry order.
    values: Vec<(&'static str, Option<Value>)>,
}

impl PartialEq for StrategySpec {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id() && self.values == other.values
    }
}

impl StrategySpec {
    /// Reads `ID` or `ID:key=value,key=[a,b]`; `key=@FILE` reads the value from a file, relative to the working folder.
    ///
    /// # Errors
    /// An id or key the registry does not know, a value a key does not accept, a key given twice, or two keys of which
    /// one replaces the other; a file that cannot be read or does not hold what the key accepts.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::parse_with(text, &ArtifactPlaces::default())
    }

    /// [`StrategySpec::parse`] with files from certain places.
    ///
    /// # Errors
    /// Those of [`StrategySpec::parse`].
    pub fn parse_with(text: &str, places: &ArtifactPlaces) -> Result<Self, Error> {
        let (id, settings) = text.split_once(':').map_or((text, None), |(id, rest)| (id, Some(rest)));
        let mut spec = Self::default_for(id.trim())?;
        let info = spec.info;
        let mut given: Vec<&'static str> = Vec::new();
        let parts = settings.map(split_outside_brackets).unwrap_or_default();
        for (number, part) in parts.iter().enumerate() {
            let not_a_setting = || Error::NotASetting { strategy: spec.id(), part: part.trim().to_owned() };
            let (key, text) = part.split_once('=').ok_or_else(not_a_setting)?;
            let key = info.key(key.trim())?;
            if given.contains(&key.name) {
                return Err(Error::Duplicate { strategy: spec.id(), key: key.name });
            }
            if let Some((key, other)) = given.iter().find_map(|other| conflict(info, key, other)) {
                return Err(Error::Conflict { strategy: spec.id(), key, other });
            }
            if let Some((got, instead)) = decimal_comma(text, parts.get(number + 1)) {
                return Err(Error::DecimalComma { strategy: spec.id(), key: key.name, got, instead });
            }
            let value = if key.kind.takes_file() && text.trim().starts_with('@') {
                checked(spec.id(), key, Value::File(places.open(text, &key.kind)?))?
            } else if key.kind == KeyKind::Formula {
                formula(spec.id(), key, text)?
            } else {
                key.kind.parse(text).ok_or_else(|| bad_value(spec.id(), key, text.trim()))?
            };
            spec.set(key, value);
            given.push(key.name);
        }
        Ok(spec)
    }

    /// A strategy with every key at its default.
    ///
    /// # Errors
    /// [`Error::UnknownStrategy`].
    pub fn default_for(id: &str) -> Result<Self, Error> {
        let info = registry::find(id)?;
        let values = info.keys.iter().map(|key| (key.name, key.default.clone())).collect();
        Ok(Self { info, values })
    }

    /// The strategy's id: `power_bert`.
    #[must_use]
    pub fn id(&self) -> &'static str {
        self.info.id
    }

    /// What the registry says about the strategy.
    #[must_use]
    pub fn info(&self) -> &'static StrategyInfo {
        self.info
    }

    /// The strategy's keys, in the order they are written.
    #[must_use]
    pub fn keys(&self) -> &'static [KeySpec] {
        &self.info.keys
    }

    /// A key's value; `None` if it is unset or the strategy has no such key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values.iter().find(|(name, _)| *name == key).and_then(|(_, value)| value.as_ref())
    }

    /// `power_bert · retention 0.4`: the id with its [`setting`](Self::setting), as menus, tables and figures name it.
    #[must_use]
    pub fn short_name(&self) -> String {
        let setting = self.setting().map(|setting| format!(" · {setting}"));
        format!("{}{}", self.id(), setting.unwrap_or_default())
    }

    /// The dial's value in a few words: `retention 0.4`; `automatic r` where it is left to the method, `own retentions`
    /// where another key stands in its place. `None` for strategies without a dial.
    #[must_use]
    pub fn setting(&self) -> Option<String> {
        let dial = self.info.dial.as_ref()?.key;
        let other = self.keys().iter().find(|key| key.replaces.contains(&dial) && self.get(key.name).is_some());
        Some(match (self.get(dial), other.map(|key| (key.name, self.get(key.name)))) {
            (Some(value), _) => format!("{} {value}", dial.replace('_', " ")),
            (None, Some((name, Some(Value::Float(value))))) => format!("{name} {value}"),
            (None, Some((name, _))) => format!("own {name}"),
            (None, None) => format!("automatic {}", dial.replace('_', " ")),
        })
    }

    /// Whether the dial is set, so that the strategy is one of those a sweep along the dial gives.
    #[must_use]
    pub fn is_on_dial(&self) -> bool {
        self.info.dial.as_ref().is_some_and(|dial| self.get(dial.key).is_some())
    }

    /// The same with one key changed. What the key replaces becomes unset; a key that replaces it becomes unset too, and
    /// what that had replaced returns to its default.
    ///
    /// # Errors
    /// [`Error::UnknownKey`] or [`Error::BadValue`].
    pub fn with(&self, key: &str, value: Value) -> Result<Self, Error> {
        let key = self.info.key(key)?;
        let value = checked(self.id(), key, value)?;
        let mut spec = self.clone();
        spec.set(key, value);
        Ok(spec)
    }

    /// The same with one key back at its default (unset, where it has none).
    ///
    /// # Errors
    /// [`Error::UnknownKey`].
    pub fn without(&self, key: &str) -> Result<Self, Error> {
        let key = self.info.key(key)?;
        let mut spec = self.clone();
        spec.reset(key);
        Ok(spec)
    }

    /// One spec per value of the strategy's dial, gentle to strong, all other keys as they are; only itself for a strategy
    /// without a dial.
    #[must_use]
    pub fn sweep(&self) -> Vec<Self> {
        let Some(dial) = &self.info.dial else { return vec![self.clone()] };
        dial.values.iter().filter_map(|value| self.with(dial.key, value.clone()).ok()).collect()
    }

    /// Makes the strategy ready for a model.
    ///
    /// # Errors
    /// [`Error::LayerCount`] if a list does not have one number for each of the model's layers; [`Error::Conflict`] for
    /// keys that exclude each other.
    pub fn build(&self, shape: &ModelShape) -> Result<Arc<dyn Pruner>, Error> {
        (self.info.build)(&BuildContext { spec: self, shape })
    }

    /// The files that its settings name, by key.
    pub fn files(&self) -> impl Iterator<Item = (&'static str, &Arc<Artifact>)> {
        self.values.iter().filter_map(|(key, value)| match value {
            Some(Value::File(file)) => Some((*key, file)),
            _ => None,
        })
    }

    /// [`Self::files`] for the record.
    #[must_use]
    pub fn file_records(&self) -> Vec<FileRecord> {
        let record = |(key, file): (&'static str, &Arc<Artifact>)| FileRecord {
            key,
            path: file.path().display().to_string(),
            sha256: file.sha256().to_owned(),
        };
        self.files().map(record).collect()
    }

    /// The canonical text with the paths of files instead of their contents' hashes: what can be typed on a command line.
    #[must_use]
    pub fn with_paths(&self) -> String {
        let files = self.files();
        files.fold(self.to_string(), |text, (_, file)| text.replace(&file.to_string(), &written_path(file.path())))
    }

    fn set(&mut self, key: &KeySpec, value: Value) {
        // What stands in this key's way goes first, and gives back what it had replaced itself.
        for other in self.keys() {
            let excludes = other.replaces.contains(&key.name) || key.replaces.contains(&other.name);
            if excludes && other.default.is_none() && self.get(other.name).is_some() {
                self.reset(other);
            }
        }
        for other in key.replaces {
            self.put(other, None);
        }
        self.put(key.name, Some(value));
    }

    fn reset(&mut self, key: &KeySpec) {
        let was_set = self.get(key.name).is_some();
        let is_replaced =
            self.keys().iter().any(|other| other.replaces.contains(&key.name) && self.get(other.name).is_some());
        self.put(key.name, if is_replaced { None } else { key.default.clone() });
        if was_set && key.default.is_none() {
            for other in self.keys().iter().filter(|other| key.replaces.contains(&other.name)) {
                self.put(other.name, other.default.clone());
            }
        }
    }

    fn put(&mut self, name: &str, value: Option<Value>) {
        if let Some(entry) = self.values.iter_mut().find(|(key, _)| *key == name) {
            entry.1 = value;
        }
    }
}

/// Typed access for the strategies' constructors. The parser has checked the kinds, so only an unset key can fail.
impl StrategySpec {
    pub(super) fn float(&self, key: &'static str) -> Result<f64, Error> {
        match self.get(key) {
            Some(Value::Float(value)) => Ok(*value),
            _ => Err(Error::Unset { strategy: self.id(), key }),
        }
    }

    pub(super) fn int(&self, key: &'static str) -> Result<u64, Error> {
        match self.get(key) {
            Some(Value::Int(value)) => Ok(*value),
            _ => Err(Error::Unset { strategy: self.id(), key }),
        }
    }

    pub(super) fn flag(&self, key: &'static str) -> Result<bool, Error> {
        match self.get(key) {
            Some(Value::Bool(value)) => Ok(*value),
            _ => Err(Error::Unset { strategy: self.id(), key }),
        }
    }

    pub(super) fn word(&self, key: &'static str) -> Result<&str, Error> {
        match self.get(key) {
            Some(Value::Word(value)) => Ok(value),
            _ => Err(Error::Unset { strategy: self.id(), key }),
        }
    }
}

impl FromStr for StrategySpec {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl fmt::Display for StrategySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.info.id)?;
        let set = self.values.iter().filter_map(|(name, value)| value.as_ref().map(|value| (name, value)));
        for (index, (name, value)) in set.enumerate() {
            write!(f, "{}{name}={value}", if index == 0 { ':' } else { ',' })?;
        }
        Ok(())
    }
}

impl serde::Serialize for StrategySpec {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for StrategySpec {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl StrategyInfo {
    /// The key of that name.
    ///
    /// # Errors
    /// [`Error::UnknownKey`], with the known ones and the nearest.
    pub fn key(&self, name: &str) -> Result<&KeySpec, Error> {
        self.keys.iter().find(|key| key.name == name).ok_or_else(|| {
            let known: Vec<&'static str> = self.keys.iter().map(|key| key.name).collect();
            let nearest = nearest(name, known.iter().copied());
            Error::UnknownKey { strategy: self.id, key: name.to_owned(), nearest, known }
        })
    }
}

/// A value that a key accepts, in the key's own form.
fn checked(strategy: &'static str, key: &KeySpec, value: Value) -> Result<Value, Error> {
    let written = value.to_string();
    match value {
        Value::File(file) if key.kind == KeyKind::Corpus => file.texts(strategy, key).map(|_| Value::File(file)),
        Value::File(file) if key.kind == KeyKind::Weights => {
            Trained::read(strategy, &file).map(|_| Value::File(Arc::clone(&file)))
        }
        Value::File(file) if key.kind.takes_file() => file.numbers(strategy, key).map(|_| Value::File(file)),
        value => key.kind.accept(value).ok_or_else(|| bad_value(strategy, key, &written)),
    }
}

/// A formula, and where it is wrong.
fn formula(strategy: &'static str, key: &KeySpec, text: &str) -> Result<Value, Error> {
    let parsed = Formula::parse(unquoted(text));
    parsed.map(|formula| Value::Formula(Arc::new(formula))).map_err(|source| Error::Formula {
        strategy,
        key: key.name,
        source: Box::new(source),
    })
}

fn bad_value(strategy: &'static str, key: &KeySpec, got: &str) -> Error {
    Error::BadValue { strategy, key: key.name, expected: key.kind.to_string(), got: got.to_owned() }
}

/// A number that was cut at its comma, as written and with a point: `0` before `5` was `0,5`.
fn decimal_comma(value: &str, next: Option<&&str>) -> Option<(String, String)> {
    let (whole, part) = (value.trim(), next?.trim());
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_cut = are_digits(whole.trim_start_matches('-')) && are_digits(part);
    is_cut.then(|| (format!("{whole},{part}"), format!("{whole}.{part}")))
}

/// Which of two keys replaces the other, if one does.
fn conflict(info: &StrategyInfo, key: &KeySpec, given: &'static str) -> Option<(&'static str, &'static str)> {
    let given_key = info.keys.iter().find(|other| other.name == given)?;
    if key.replaces.contains(&given) {
        return Some((key.name, given));
    }
    given_key.replaces.contains(&key.name).then_some((given, key.name))
}

/// Parts between commas; commas within brackets or quotes do not count.
fn split_outside_brackets(text: &str) -> Vec<&str> {
    let (mut depth, mut quoted) = (0_usize, false);
    text.split(move |c| {
        match c {
            '"' => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0 && !quoted
    })
    .collect()
}
