//! Dials as a range without steps: from leaving everything alone to as strong as a key goes.
//!
//! [`Dial`](crate::pruning::Dial) lists a few values for curves; a solver needs every value between. Where a list for every
//! layer stands in the dial's place (tuned or learned), the whole list is turned, so that its shape stays.

use crate::pruning::KeyKind;
use crate::pruning::KeySpec;
use crate::pruning::StrategySpec;
use crate::pruning::Value;

/// Where a key has no smallest value above zero, its range begins this far below the gentlest listed value.
const BELOW_LISTED: f64 = 1e-3;

/// Where a key's smallest value is not allowed itself, its range ends this share of the bounds beside it.
const BESIDE_OPEN_END: f64 = 1e-3;

/// Lists of thresholds are multiplied by at most this, and by at least one part in this.
const LARGEST_FACTOR: f64 = 1e4;

/// A strategy's dial as a range of positions: 0 is the gentlest setting, 1 the strongest.
///
/// A larger position is meant to remove more, and mostly does; strategies whose decisions depend on what earlier layers
/// left may go back a little.
#[derive(Clone, Debug, PartialEq)]
pub struct DialRange {
    key: &'static str,
    turn: Turn,
}

/// How a position becomes a value.
#[derive(Clone, Debug, PartialEq)]
enum Turn {
    /// Evenly between two numbers.
    Even { gentle: f64, strong: f64 },
    /// Evenly between their logarithms; both are above zero.
    Logarithmic { gentle: f64, strong: f64 },
    /// Whole numbers between two, in steps of equal size.
    Whole { gentle: u64, strong: u64 },
    /// A list of shares is raised to a power: 0 at position 0, 1 in the middle, without end towards 1.
    Power { shares: Vec<f64>, smallest: f64 },
    /// A list of thresholds is multiplied by a factor: 1 in the middle.
    Factor { thresholds: Vec<f64>, largest: f64 },
}

impl StrategySpec {
    /// The dial's range with everything else as it is; `None` for a strategy without a dial.
    #[must_use]
    pub fn dial_range(&self) -> Option<DialRange> {
        let dial = self.info().dial.as_ref()?;
        let listed: Vec<f64> = dial.values.iter().filter_map(number).collect();
        let (first, last) = (*listed.first()?, *listed.last()?);
        let falls = last < first;
        let in_place = self.keys().iter().find(|key| key.replaces.contains(&dial.key) && self.get(key.name).is_some());
        if let Some(key) = in_place {
            return Some(DialRange { key: key.name, turn: self.list_turn(key, falls)? });
        }
        let key = self.info().key(dial.key).ok()?;
        // A list for every layer under the dial's own key.
        let turn = match self.get(key.name) {
            Some(Value::List(_) | Value::File(_)) => self.list_turn(key, falls)?,
            _ => key_turn(key, first, falls)?,
        };
        Some(DialRange { key: key.name, turn })
    }

    fn list_turn(&self, key: &KeySpec, falls: bool) -> Option<Turn> {
        let (min, max) = match key.kind {
            KeyKind::FloatPerLayer { min, max } => (min, max),
            KeyKind::FloatOrPerLayer { .. } if matches!(self.get(key.name), Some(Value::Float(_))) => {
                // A threshold of scores: what removes more is larger, whatever stands under the dial's key.
                return key_turn(key, 0.0, false);
            }
            KeyKind::FloatOrPerLayer { min, max } => {
                return Some(Turn::Factor { thresholds: self.numbers(key.name)?, largest: max }).filter(|_| min >= 0.0);
            }
            // A share of all scores falls as the share of all tokens does.
            KeyKind::Float { .. } => return key_turn(key, 1.0, true),
            _ => return None,
        };
        let list = self.numbers(key.name)?;
        let is_shares = falls && min >= 0.0 && max <= 1.0;
        Some(if is_shares {
            Turn::Power { shares: list, smallest: min.max(1e-6) }
        } else {
            Turn::Factor { thresholds: list, largest: max }
        })
    }

    /// The numbers that a key holds for every layer, written out or in a file; `None` where it holds none.
    #[must_use]
    pub fn numbers(&self, key: &str) -> Option<Vec<f64>> {
        match self.get(key)? {
            Value::List(list) => Some(list.clone()),
            Value::File(file) => file.numbers(self.id(), self.info().key(key).ok()?).ok(),
            _ => None,
        }
    }
}

impl DialRange {
    /// The key that is turned.
    #[must_use]
    pub fn key(&self) -> &'static str {
        self.key
    }

    /// The setting at a position, which is held within 0 and 1.
    #[must_use]
    pub fn value(&self, position: f64) -> Value {
        let t = position.clamp(0.0, 1.0);
        match &self.turn {
            Turn::Even { gentle, strong } => Value::Float(between(*gentle, *strong, t)),
            Turn::Logarithmic { gentle, strong } => {
                Value::Float(within_ends(between(gentle.ln(), strong.ln(), t).exp(), (*gentle, *strong)))
            }
            Turn::Whole { gentle, strong } => Value::Int(whole(between(*gentle as f64, *strong as f64, t))),
            Turn::Power { shares, smallest } => {
                let power = if t < 1.0 { t / (1.0 - t) } else { f64::INFINITY };
                Value::List(shares.iter().map(|share| share.powf(power).clamp(*smallest, 1.0)).collect())
            }
            Turn::Factor { thresholds, largest } => {
                let factor = LARGEST_FACTOR.powf(2.0 * t - 1.0);
                Value::List(thresholds.iter().map(|threshold| (threshold * factor).min(*largest)).collect())
            }
        }
    }

    /// A spec with the dial at a position; `None` where the key does not accept it, which no registered key does.
    #[must_use]
    pub fn turned(&self, spec: &StrategySpec, position: f64) -> Option<StrategySpec> {
        spec.with(self.key, self.value(position)).ok()
    }

    /// Steps between the ends, where the dial has whole steps only.
    #[must_use]
    pub fn steps(&self) -> Option<u64> {
        if let Turn::Whole { gentle, strong } = self.turn { Some(gentle.abs_diff(strong)) } else { None }
    }
}

/// How a key's position becomes its value: from its gentle bound to its strong one.
fn key_turn(key: &KeySpec, gentlest_listed: f64, falls: bool) -> Option<Turn> {
    match key.kind {
        KeyKind::Int { min, max } => Some(if falls {
            Turn::Whole { gentle: max, strong: min }
        } else {
            Turn::Whole { gentle: min, strong: max }
        }),
        KeyKind::Float { min, min_included, max, logarithmic } => {
            let low = if logarithmic && min <= 0.0 {
                gentlest_listed.abs().max(f64::MIN_POSITIVE) * BELOW_LISTED
            } else if min_included {
                min
            } else {
                min + BESIDE_OPEN_END * (max - min)
            };
            let (gentle, strong) = if falls { (max, low) } else { (low, max) };
            Some(if logarithmic { Turn::Logarithmic { gentle, strong } } else { Turn::Even { gentle, strong } })
        }
        KeyKind::FloatOrPerLayer { min, max } => {
            let (gentle, strong) = if falls { (max, min) } else { (min, max) };
            Some(Turn::Even { gentle, strong })
        }
        _ => None,
    }
}

fn between(from: f64, to: f64, t: f64) -> f64 {
    if t >= 1.0 { to } else { from + (to - from) * t }
}

/// Logarithms and back may leave the bounds by a last bit.
fn within_ends(value: f64, (one, other): (f64, f64)) -> f64 {
    value.clamp(one.min(other), one.max(other))
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Float(number) => Some(*number),
        Value::Int(number) => Some(*number as f64),
        _ => None,
    }
}

fn whole(number: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two whole numbers from 0 on")]
    let whole = number.round().max(0.0) as u64;
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pruning::registry;

    #[test]
    fn every_dial_goes_from_one_end_of_its_key_to_the_other() {
        let mut dials = 0;
        for info in registry().iter().filter(|info| info.dial.is_some()) {
            let spec = StrategySpec::default_for(info.id).unwrap();
            let Some(range) = spec.dial_range() else { panic!("{}: its dial is no range", info.id) };
            for step in 0_u8..=16 {
                let position = f64::from(step) / 16.0;
                assert!(range.turned(&spec, position).is_some(), "{}: {position} is accepted", info.id);
            }
            dials += 1;
        }
        assert!(dials >= 9, "found {dials} strategies with a dial");
    }

    #[test]
    fn positions_become_the_values_between() {
        let value = |spec: &str, position| {
            let spec = StrategySpec::parse(spec).unwrap();
            spec.dial_range().unwrap().value(position)
        };
        assert_eq!(value("power_bert", 0.0), Value::Float(1.0), "everything stays");
        assert_eq!(value("power_bert", 0.5), Value::Float(0.5005), "half-way from 1 to 0.001");
        assert_eq!((value("tome", 0.0), value("tome", 1.0)), (Value::Int(0), Value::Int(512)), "whole pairs");
        let Value::Float(theta) = value("ltp", 0.5) else { panic!("a number") };
        // From 0.0005 / 1000 to 1: the middle of the logarithms is their geometric mean.
        assert!((theta - 5e-7_f64.sqrt()).abs() < 1e-12, "got {theta}");
    }

    #[test]
    fn a_list_in_the_place_of_the_dial_keeps_its_shape() {
        let spec = StrategySpec::parse("power_bert:retentions=[1,0.9,0.5]").unwrap();
        let range = spec.dial_range().unwrap();
        assert_eq!(range.key(), "retentions", "the list is turned");
        assert_eq!(range.value(0.5), Value::List(vec![1.0, 0.9, 0.5]), "itself in the middle");
        assert_eq!(range.value(0.0), Value::List(vec![1.0; 3]), "everything stays");
        let Value::List(squares) = range.value(2.0 / 3.0) else { panic!("a list") };
        assert!((squares[1] - 0.81).abs() < 1e-9 && (squares[2] - 0.25).abs() < 1e-9, "squares, got {squares:?}");
        let spec = StrategySpec::parse("ltp:thresholds=[0,0.001,0.002]").unwrap();
        let range = spec.dial_range().unwrap();
        assert_eq!(range.value(0.5), Value::List(vec![0.0, 0.001, 0.002]), "itself in the middle");
        let Value::List(stronger) = range.value(1.0) else { panic!("a list") };
        assert_eq!(stronger, [0.0, 1.0, 1.0], "ten thousand times, at most the bound");
    }

    #[test]
    fn shares_of_scores_and_multiples_of_their_mean_are_turned_too() {
        let range = |spec: &str| StrategySpec::parse(spec).unwrap().dial_range().unwrap();
        let mass = range("power_bert:mass=0.9");
        assert_eq!(
            (mass.key(), mass.value(0.0), mass.value(1.0)),
            ("mass", Value::Float(1.0), Value::Float(0.001)),
            "mass"
        );
        let threshold = range("power_bert:threshold=0.9");
        assert_eq!((threshold.key(), threshold.value(0.0)), ("threshold", Value::Float(0.0)), "0 keeps all");
        assert_eq!(threshold.value(1.0), Value::Float(10.0), "the bound is strong");
        let list = range("power_bert:threshold=[0,0.5,1]");
        assert_eq!(list.value(0.5), Value::List(vec![0.0, 0.5, 1.0]), "itself in the middle");
        assert_eq!(range("ltmp").value(0.1), Value::Float(1.0), "a tenth of 10");
        assert_eq!(
            range("ltmp:theta_p=[0,0.1,0.2]").value(0.5),
            Value::List(vec![0.0, 0.1, 0.2]),
            "under the dial's own key"
        );
    }
}
