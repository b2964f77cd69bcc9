//! What a key of a strategy accepts: from it the parser, the sliders and the help are made.

use std::fmt;
use std::sync::Arc;

use crate::pruning::Artifact;
use crate::pruning::Formula;

/// A setting's value.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(u64),
    /// A real number.
    Float(f64),
    /// One of a fixed set of words.
    Word(String),
    /// Numbers in brackets.
    List(Vec<f64>),
    /// A formula, in quotes.
    #[serde(skip_deserializing, serialize_with = "formula_text")]
    Formula(Arc<Formula>),
    /// A file that holds the value.
    #[serde(skip_deserializing, serialize_with = "file_name")]
    File(Arc<Artifact>),
}

fn formula_text<S: serde::Serializer>(formula: &Arc<Formula>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(formula.text())
}

fn file_name<S: serde::Serializer>(file: &Arc<Artifact>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(file)
}

/// What a key accepts, from which the parser, the sliders and the help are made.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyKind {
    /// A switch.
    Bool,
    /// A whole number within bounds, both included.
    Int {
        /// Smallest.
        min: u64,
        /// Largest.
        max: u64,
    },
    /// A real number within bounds.
    Float {
        /// Smallest.
        min: f64,
        /// Whether `min` itself is allowed.
        min_included: bool,
        /// Largest, included.
        max: f64,
        /// Whether a slider should move in powers of ten.
        logarithmic: bool,
    },
    /// A score over vectors with one number a token ([`Formula`]), in quotes.
    Formula,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// One of these words or a positive whole number (`divisor=alive`, `divisor=128`).
    ChoiceOrInt(&'static [&'static str]),
    /// Texts, which only a file holds.
    Corpus,
    /// A number for all layers or one for each, within bounds, both included; or a file that holds the list.
    FloatOrPerLayer {
        /// Smallest.
        min: f64,
        /// Largest.
        max: f64,
    },
    /// One number a layer, each within bounds, both included; or a file that holds them. A smallest of [`f64::MIN_POSITIVE`] stands for "above 0".
    FloatPerLayer {
        /// Smallest.
        min: f64,
        /// Largest.
        max: f64,
    },
    /// A file of trained weights: `@FILE.safetensors`, or the folder that holds `pruner.safetensors`.
    Weights,
}

/// One key of a strategy.
#[derive(Clone, Debug, PartialEq)]
pub struct KeySpec {
    /// As written: `retention`.
    pub name: &'static str,
    /// What it accepts.
    pub kind: KeyKind,
    /// Used where the key is left out; `None` = unset (the method's own rule applies, `doc` says which).
    pub default: Option<Value>,
    /// One sentence for help, tooltip and docs.
    pub doc: &'static str,
    /// Keys that have no meaning once this one is given; they become unset then.
    pub replaces: &'static [&'static str],
}

impl KeySpec {
    /// A key that has a default.
    pub(super) fn new(name: &'static str, kind: KeyKind, default: Value, doc: &'static str) -> Self {
        Self { name, kind, default: Some(default), doc, replaces: &[] }
    }

    /// A key that is unset unless given.
    pub(super) fn unset(name: &'static str, kind: KeyKind, doc: &'static str) -> Self {
        Self { name, kind, default: None, doc, replaces: &[] }
    }
}

impl KeyKind {
    /// Reads a value as written in a spec; `None` if it is of another kind or out of bounds.
    #[must_use]
    pub fn parse(&self, text: &str) -> Option<Value> {
        let text = text.trim();
        let value = match self {
            Self::Bool => Value::Bool(text.parse().ok()?),
            Self::Int { .. } => Value::Int(text.parse().ok()?),
            Self::Float { .. } => Value::Float(text.parse().ok()?),
            Self::Choice(_) => Value::Word(text.to_owned()),
            Self::Formula => Value::Formula(Arc::new(Formula::parse(unquoted(text)).ok()?)),
            Self::ChoiceOrInt(_) => text.parse().map_or_else(|_| Value::Word(text.to_owned()), Value::Int),
            // Only `@FILE`, which is read elsewhere.
            Self::Corpus | Self::Weights => return None,
            Self::FloatOrPerLayer { .. } if !text.starts_with('[') => Value::Float(text.parse().ok()?),
            Self::FloatPerLayer { .. } | Self::FloatOrPerLayer { .. } => {
                let inner = text.strip_prefix('[')?.strip_suffix(']')?;
                Value::List(inner.split(',').map(|part| part.trim().parse().ok()).collect::<Option<Vec<f64>>>()?)
            }
        };
        self.accept(value)
    }

    /// The value in the kind's own form (a whole number becomes real where a real one is asked for); `None` if it is
    /// of another kind or out of bounds.
    #[must_use]
    pub fn accept(&self, value: Value) -> Option<Value> {
        let value = match (self, value) {
            (Self::Float { .. } | Self::FloatOrPerLayer { .. }, Value::Int(number)) => Value::Float(number as f64),
            (_, value) => value,
        };
        let fits = match (self, &value) {
            (Self::Bool, Value::Bool(_)) | (Self::Formula, Value::Formula(_)) => true,
            (Self::Int { min, max }, Value::Int(number)) => (min..=max).contains(&number),
            (Self::Float { min, min_included, max, .. }, Value::Float(number)) => {
                number.is_finite() && number <= max && (number > min || (*min_included && number == min))
            }
            (Self::Choice(words) | Self::ChoiceOrInt(words), Value::Word(word)) => words.contains(&word.as_str()),
            (Self::ChoiceOrInt(_), Value::Int(number)) => *number > 0,
            (Self::FloatOrPerLayer { min, max }, Value::Float(number)) => (min..=max).contains(&number),
            (Self::FloatPerLayer { min, max } | Self::FloatOrPerLayer { min, max }, Value::List(numbers)) => {
                !numbers.is_empty() && numbers.iter().all(|number| (min..=max).contains(&number))
            }
            _ => false,
        };
        fits.then_some(value)
    }
}

/// What stands between quotes, or all of it where there are none.
pub(super) fn unquoted(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

impl fmt::Display for KeyKind {
    /// What is expected, in words: for errors and help.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("true or false"),
            Self::Formula => f.write_str("a formula in quotes, such as \"column_mean * value_norm\""),
            Self::Int { min, max: u64::MAX } => write!(f, "a whole number of at least {min}"),
            Self::Int { min, max } => write!(f, "a whole number from {min} to {max}"),
            Self::Float { min, min_included: true, max, .. } => write!(f, "a number from {min} to {max}"),
            Self::Float { min, max, .. } => write!(f, "a number above {min} and at most {max}"),
            Self::Choice(words) => f.write_str(&words.join(" | ")),
            Self::ChoiceOrInt(words) => write!(f, "{} | a positive whole number", words.join(" | ")),
            Self::Corpus => f.write_str("@FILE with texts, one a line or in a column named text"),
            Self::FloatOrPerLayer { min, max } => {
                write!(f, "a number from {min} to {max}, or a list of such in brackets, one a layer")
            }
            Self::FloatPerLayer { min: f64::MIN_POSITIVE, max } => {
                write!(f, "a list with one number a layer in brackets, each above 0 and at most {max}")
            }
            Self::FloatPerLayer { min, max } => {
                write!(f, "a list with one number a layer in brackets, each from {min} to {max}")
            }
            Self::Weights => f.write_str("a file of trained weights, @FILE.safetensors"),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::Word(word) => f.write_str(word),
            Self::List(values) => {
                f.write_str("[")?;
                for (index, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if index == 0 { "" } else { "," })?;
                }
                f.write_str("]")
            }
            Self::Formula(formula) => write!(f, "\"{formula}\""),
            Self::File(file) => write!(f, "{file}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARE: KeyKind = KeyKind::Float { min: 0.0, min_included: false, max: 1.0, logarithmic: false };

    #[test]
    fn kinds_accept_what_lies_within_their_bounds() {
        let words: &[&str] = &["none", "cls"];
        let table = [
            (KeyKind::Bool, "true", Some(Value::Bool(true))),
            (KeyKind::Bool, "yes", None),
            (KeyKind::Int { min: 1, max: 9 }, "9", Some(Value::Int(9))),
            (KeyKind::Int { min: 1, max: 9 }, "0", None),
            (KeyKind::Int { min: 0, max: 9 }, "-1", None),
            (SHARE, "1", Some(Value::Float(1.0))),
            (SHARE, "1e-3", Some(Value::Float(0.001))),
            (SHARE, "0", None),
            (SHARE, "1.5", None),
            (SHARE, "NaN", None),
            (SHARE, "inf", None),
            (KeyKind::Choice(words), "cls", Some(Value::Word("cls".to_owned()))),
            (KeyKind::Choice(words), "sep", None),
            (KeyKind::ChoiceOrInt(words), "128", Some(Value::Int(128))),
            (KeyKind::ChoiceOrInt(words), "0", None),
            (KeyKind::FloatPerLayer { min: -1.0, max: 1.0 }, "[1, -0.5]", Some(Value::List(vec![1.0, -0.5]))),
            (KeyKind::FloatPerLayer { min: -1.0, max: 1.0 }, "[]", None),
            (KeyKind::FloatPerLayer { min: -1.0, max: 1.0 }, "[2]", None),
            (KeyKind::FloatPerLayer { min: f64::MIN_POSITIVE, max: 1.0 }, "[0]", None),
            (KeyKind::FloatPerLayer { min: -1.0, max: 1.0 }, "1,2", None),
            (KeyKind::FloatOrPerLayer { min: 0.0, max: 2.0 }, "1.5", Some(Value::Float(1.5))),
            (KeyKind::FloatOrPerLayer { min: 0.0, max: 2.0 }, "[1.5, 0]", Some(Value::List(vec![1.5, 0.0]))),
            (KeyKind::FloatOrPerLayer { min: 0.0, max: 2.0 }, "3", None),
            (KeyKind::FloatOrPerLayer { min: 0.0, max: 2.0 }, "[3]", None),
            (KeyKind::FloatOrPerLayer { min: 0.0, max: 2.0 }, "NaN", None),
        ];
        for (kind, text, expected) in table {
            assert_eq!(kind.parse(text), expected, "{text:?} where {kind} is expected");
        }
    }

    #[test]
    fn a_whole_number_serves_as_a_real_one() {
        assert_eq!(SHARE.accept(Value::Int(1)), Some(Value::Float(1.0)), "one is 1.0");
        assert_eq!(KeyKind::Bool.accept(Value::Int(1)), None, "one is no switch");
    }
}
