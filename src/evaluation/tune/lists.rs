//! Numbers for every layer that a search may change: which key they belong to, and what keeps them in order.

use crate::evaluation::tune::dice::Dice;
use crate::pruning::KeyKind;
use crate::pruning::KeySpec;
use crate::pruning::StrategyInfo;
use crate::pruning::StrategySpec;
use crate::pruning::Value;

/// Digits after the first that is not 0: enough for a thousandth of a share, few enough to be read.
const DIGITS: i32 = 3;

/// The list that stands in the place of a strategy's dial.
#[derive(Clone, Copy, Debug)]
pub(super) struct ListKey {
    pub(super) key: &'static KeySpec,
    pub(super) kind: ListKind,
    min: f64,
    max: f64,
}

/// What a list's numbers mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListKind {
    /// Kept shares: they fall from layer to layer, and less is stronger.
    Shares,
    /// Thresholds: they rise from layer to layer, and more is stronger.
    Thresholds,
}

impl ListKey {
    /// The list of a strategy; `None` for those that are only turned by their dial.
    pub(super) fn of(info: &'static StrategyInfo) -> Option<Self> {
        let dial = info.dial.as_ref()?;
        let listed = |value: Option<&Value>| match value {
            Some(Value::Float(number)) => Some(*number),
            _ => None,
        };
        let falls = listed(dial.values.last())? < listed(dial.values.first())?;
        info.keys.iter().filter(|key| key.replaces.contains(&dial.key)).find_map(|key| match key.kind {
            KeyKind::FloatPerLayer { min, max } => {
                let is_shares = falls && min >= 0.0 && max <= 1.0;
                let kind = if is_shares { ListKind::Shares } else { ListKind::Thresholds };
                Some(Self { key, kind, min, max })
            }
            _ => None,
        })
    }

    /// A spec with these numbers, in order, within bounds and rounded.
    pub(super) fn put(&self, spec: &StrategySpec, list: &[f64]) -> Option<StrategySpec> {
        let mut list: Vec<f64> =
            list.iter().map(|&number| rounded(number).clamp(self.min.max(self.floor()), self.max)).collect();
        match self.kind {
            ListKind::Shares => fall(&mut list),
            ListKind::Thresholds => rise(&mut list),
        }
        spec.with(self.key.name, Value::List(list)).ok()
    }

    /// Shares below a thousandth keep the protected tokens alone, as a thousandth does.
    fn floor(&self) -> f64 {
        if self.kind == ListKind::Shares { 1e-3 } else { self.min }
    }

    /// Shapes to begin with: even and geometric from layer `start` on, ending in `end`.
    pub(super) fn seeds(&self, layers: usize, start: usize, end: f64) -> Vec<Vec<f64>> {
        let steps = layers.saturating_sub(start).max(1) as f64;
        let progress = |layer: usize| if layer < start { 0.0 } else { (layer - start + 1) as f64 / steps };
        match self.kind {
            ListKind::Shares => {
                let even = (0..layers).map(|layer| 1.0 - (1.0 - end) * progress(layer)).collect();
                let geometric = (0..layers).map(|layer| end.powf(progress(layer))).collect();
                vec![even, geometric]
            }
            ListKind::Thresholds => vec![(0..layers).map(|layer| end * progress(layer)).collect()],
        }
    }

    /// One or two layers moved at random; the others follow where the order asks for it.
    pub(super) fn jittered(&self, list: &[f64], dice: &mut Dice) -> Vec<f64> {
        let mut list = list.to_vec();
        let largest = list.iter().copied().fold(0.0, f64::max);
        for _ in 0..=dice.below(2) {
            let layer = dice.below(list.len());
            let Some(&before) = list.get(layer) else { continue };
            let factor = dice.between(-1.0, 1.0).exp2();
            let after = match self.kind {
                ListKind::Shares => (before * factor.powf(0.6)).clamp(1e-3, 1.0),
                ListKind::Thresholds if before <= 0.0 => largest * dice.between(0.0, 0.5),
                ListKind::Thresholds => before * factor,
            };
            list[layer] = after;
            push(&mut list, layer, self.kind == ListKind::Shares);
        }
        list
    }

    /// A list between two: its beginning from one and its end from the other, or their geometric mean.
    pub(super) fn crossed(one: &[f64], other: &[f64], dice: &mut Dice) -> Vec<f64> {
        if dice.happens(0.5) {
            let cut = dice.below(one.len().max(1));
            return one
                .iter()
                .zip(other)
                .enumerate()
                .map(|(layer, (one, other))| if layer < cut { *one } else { *other })
                .collect();
        }
        one.iter().zip(other).map(|(one, other)| (one * other).max(0.0).sqrt()).collect()
    }
}

/// Moves the neighbors of a changed layer so that the order holds again.
fn push(list: &mut [f64], changed: usize, falls: bool) {
    let value = list[changed];
    for (layer, number) in list.iter_mut().enumerate() {
        let wants_more = (layer < changed) == falls;
        if layer != changed {
            *number = if wants_more { number.max(value) } else { number.min(value) };
        }
    }
}

fn fall(list: &mut [f64]) {
    let mut least = f64::INFINITY;
    for number in list {
        least = least.min(*number);
        *number = least;
    }
}

fn rise(list: &mut [f64]) {
    let mut most = f64::NEG_INFINITY;
    for number in list {
        most = most.max(*number);
        *number = most;
    }
}

/// Few digits, so that a policy can be read and typed.
pub(super) fn rounded(number: f64) -> f64 {
    if number == 0.0 || !number.is_finite() {
        return number;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the logarithm of a finite number")]
    let digits = DIGITS - 1 - number.abs().log10().floor() as i32;
    // Through text, so that 0.3 is the nearest number to 0.3 and not three times a tenth.
    format!("{number:.*}", usize::try_from(digits).unwrap_or(0)).parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list_key(id: &str) -> ListKey {
        ListKey::of(StrategySpec::default_for(id).unwrap().info()).unwrap()
    }

    #[test]
    fn lists_are_found_in_the_registry_with_their_direction() {
        assert_eq!((list_key("power_bert").kind, list_key("power_bert").key.name), (ListKind::Shares, "retentions"));
        assert_eq!((list_key("ltp").kind, list_key("ltp").key.name), (ListKind::Thresholds, "thresholds"));
        assert!(ListKey::of(StrategySpec::default_for("tome").unwrap().info()).is_none(), "tome has a dial alone");
    }

    #[test]
    fn whatever_is_put_stays_in_order_and_within_bounds() {
        let mut dice = Dice::new(3, 0);
        for id in ["power_bert", "ltp"] {
            let key = list_key(id);
            let mut list = key.seeds(6, 1, 0.2).remove(0);
            for _ in 0..200 {
                list = key.jittered(&list, &mut dice);
                let spec = key.put(&StrategySpec::default_for(id).unwrap(), &list).unwrap();
                let put = spec.numbers(key.key.name).unwrap();
                let ordered = put
                    .windows(2)
                    .all(|pair| if key.kind == ListKind::Shares { pair[0] >= pair[1] } else { pair[0] <= pair[1] });
                assert!(ordered && put.iter().all(|number| (0.0..=1.0).contains(number)), "{id}: {put:?}");
            }
        }
    }

    #[test]
    fn numbers_are_rounded_to_three_digits() {
        assert_eq!(rounded(0.123_456), 0.123, "three digits");
        assert_eq!(rounded(0.000_345_678), 0.000_346, "of a small number too");
        assert_eq!((rounded(1.0), rounded(0.0)), (1.0, 0.0), "as they are");
    }

    #[test]
    fn seeds_are_the_schedules_of_the_shared_keys() {
        let key = list_key("power_bert");
        let seeds = key.seeds(3, 1, 0.25);
        assert_eq!(seeds[0], [1.0, 0.625, 0.25], "linear from layer 1 on");
        assert_eq!(seeds[1], [1.0, 0.5, 0.25], "geometric");
    }
}
