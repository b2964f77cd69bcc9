//! Strategies as users write them: `power_bert:retention=0.5,protect=cls`.

use std::fmt;

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
    /// One of these words.
    Choice(&'static [&'static str]),
    /// One of these words or a positive whole number (`divisor=alive`, `divisor=128`).
    ChoiceOrInt(&'static [&'static str]),
    /// One number a layer, each within bounds.
    FloatPerLayer {
        /// Smallest.
        min: f64,
        /// Largest.
        max: f64,
    },
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
}

/// A strategy and its settings, checked against the registry. Two specs are equal if they mean the same run.
///
/// `Display` writes the canonical form: the id, then every key that has a value, in the registry's order.
#[derive(Clone, Debug, PartialEq)]
pub struct StrategySpec {
    pub(super) id: &'static str,
    /// One entry per key of the strategy, registry order.
    pub(super) values: Vec<(&'static str, Option<Value>)>,
}

impl StrategySpec {
    /// The strategy's id: `power_bert`.
    #[must_use]
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// A key's value; `None` if it is unset or the strategy has no such key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values.iter().find(|(name, _)| *name == key).and_then(|(_, value)| value.as_ref())
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
        }
    }
}

impl fmt::Display for StrategySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)?;
        let set = self.values.iter().filter_map(|(name, value)| value.as_ref().map(|value| (name, value)));
        for (index, (name, value)) in set.enumerate() {
            write!(f, "{}{name}={value}", if index == 0 { ':' } else { ',' })?;
        }
        Ok(())
    }
}
