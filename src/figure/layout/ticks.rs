//! Which values an axis names, and where it puts them.

use super::super::describe::Axis;
use super::super::describe::Notation;
use super::super::describe::Scale;
use super::super::number;

/// An axis with its range, ready to place values between two ends in points.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    scale: Scale,
    notation: Notation,
    /// Values at the two ends.
    range: (f64, f64),
    /// Points at the two ends.
    ends: (f64, f64),
    /// Whether values beyond the range stop at its ends.
    is_bounded: bool,
}

/// The range that an axis covers for `values`: with a little room, within the axis's limits.
pub(super) fn range_of(axis: &Axis, values: impl Iterator<Item = f64>) -> (f64, f64) {
    let mut range = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values.filter(|value| value.is_finite()) {
        range = (range.0.min(value), range.1.max(value));
    }
    if range.0 > range.1 {
        range = match axis.scale {
            Scale::Linear => axis.limits,
            Scale::Log => (1.0, 4.0),
        };
    }
    padded(range, axis)
}

impl Placed {
    /// Covers `values` with a little room, within the axis's limits.
    pub(super) fn new(axis: &Axis, values: impl Iterator<Item = f64>, ends: (f64, f64)) -> Self {
        let range = range_of(axis, values);
        Self { scale: axis.scale, notation: axis.notation, range, ends, is_bounded: true }
    }

    /// Covers just this range; values beyond it lie beyond the ends.
    pub(super) fn over(axis: &Axis, range: (f64, f64), ends: (f64, f64)) -> Self {
        Self { scale: axis.scale, notation: axis.notation, range, ends, is_bounded: false }
    }

    /// The same for a scale with zero in its middle.
    pub(super) fn around_zero(axis: &Axis, values: impl Iterator<Item = f64>, ends: (f64, f64)) -> Self {
        let reach = values.filter(|value| value.is_finite()).fold(0.0_f64, |reach, value| reach.max(value.abs()));
        let reach = if reach < 1e-6 { 0.01 } else { reach * 1.06 };
        Self { scale: Scale::Linear, notation: axis.notation, range: (-reach, reach), ends, is_bounded: true }
    }

    /// A value's place in points.
    pub(super) fn place(&self, value: f64) -> f64 {
        let share = match self.scale {
            Scale::Linear => (value - self.range.0) / (self.range.1 - self.range.0),
            Scale::Log => (value.max(1e-12) / self.range.0).ln() / (self.range.1 / self.range.0).ln(),
        };
        let share = if self.is_bounded { share.clamp(0.0, 1.0) } else { share };
        self.ends.0 + (self.ends.1 - self.ends.0) * share
    }

    /// Values to name, about `wanted` of them, each with its text.
    pub(super) fn ticks(&self, wanted: usize) -> Vec<(f64, String)> {
        let values = match self.scale {
            Scale::Linear => linear_ticks(self.range, wanted),
            Scale::Log => log_ticks(self.range, wanted),
        };
        let decimals = decimals_for(&values);
        let short: Vec<String> = values.iter().map(|&value| self.written(value, decimals)).collect();
        // On a range of a few thousandths, three digits would name several values alike.
        let is_ambiguous = short.windows(2).any(|pair| pair[0] == pair[1]);
        let texts = match (is_ambiguous, self.notation) {
            (true, Notation::Reduction) => values.iter().map(|value| format!("÷{value:.decimals$}")).collect(),
            (true, Notation::Times) => values.iter().map(|value| format!("{value:.decimals$}×")).collect(),
            _ => short,
        };
        values.into_iter().zip(texts).collect()
    }

    fn written(&self, value: f64, decimals: usize) -> String {
        match self.notation {
            Notation::Plain => number::signed(format!("{value:.decimals$}")),
            Notation::Reduction => format!("÷{}", short(value)),
            Notation::Times => format!("{}×", short(value)),
            Notation::Percent => format!("{:.0}%", value.max(0.0) * 100.0),
            Notation::Change if value.abs() < 1e-12 => "0".to_owned(),
            Notation::Change => number::signed(format!("{value:+.decimals$}")),
        }
    }
}

/// Without zeros that say nothing: "1.5", "200".
fn short(value: f64) -> String {
    let text = number::significant(value);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn padded(range: (f64, f64), axis: &Axis) -> (f64, f64) {
    let (low, high) = match axis.scale {
        Scale::Linear => {
            let room = ((range.1 - range.0) * 0.06).max(1e-3);
            (range.0 - room, range.1 + room)
        }
        Scale::Log => {
            let room = (range.1 / range.0).max(1.2).powf(0.05);
            (range.0 / room, range.1 * room)
        }
    };
    let (low, high) = (low.max(axis.limits.0), high.min(axis.limits.1));
    if high > low { (low, high) } else { axis.limits }
}

/// Multiples of 1, 2 or 5 times a power of ten.
fn linear_ticks(range: (f64, f64), wanted: usize) -> Vec<f64> {
    let rough = (range.1 - range.0) / wanted.max(1) as f64;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= rough * 0.7);
    let step = step.unwrap_or(power * 10.0);
    let mut index = (range.0 / step - 1e-9).ceil();
    let mut ticks = Vec::new();
    while index * step <= range.1 + step * 1e-9 && ticks.len() < 50 {
        ticks.push(index * step);
        index += 1.0;
    }
    ticks
}

/// Round values at about equal ratios; on short ranges evenly spaced ones.
fn log_ticks(range: (f64, f64), wanted: usize) -> Vec<f64> {
    let within = |value: &f64| *value >= range.0 * 0.9999 && *value <= range.1 * 1.0001;
    for factors in
        [&[1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.0][..], &[1.0, 1.5, 2.0, 3.0, 5.0, 7.0], &[1.0, 2.0, 5.0], &[1.0]]
    {
        let ticks: Vec<f64> = (-3..=6)
            .flat_map(|power| factors.iter().map(move |factor| factor * 10_f64.powi(power)))
            .filter(within)
            .collect();
        if ticks.len() <= wanted + 1 && ticks.len() >= 3 {
            return ticks;
        }
    }
    if range.1 / range.0 < 100.0 {
        return linear_ticks(range, wanted);
    }
    // Over many decades, every second or third one.
    let decades: Vec<f64> = (-9..=9).map(|power| 10_f64.powi(power)).filter(within).collect();
    let step = decades.len().div_ceil(wanted.max(1)).max(1);
    decades.into_iter().step_by(step).collect()
}

fn decimals_for(values: &[f64]) -> usize {
    let exact = |decimals: usize| {
        let scale = 10_f64.powi(i32::try_from(decimals).unwrap_or(6));
        values.iter().all(|value| (value * scale - (value * scale).round()).abs() < 1e-6)
    };
    (0..6).find(|decimals| exact(*decimals)).unwrap_or(6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(scale: Scale, notation: Notation, limits: (f64, f64)) -> Axis {
        Axis { label: String::new(), column: String::new(), scale, notation, limits }
    }

    #[test]
    fn linear_ticks_are_round_and_inside() {
        let axis = axis(Scale::Linear, Notation::Plain, (0.0, 1.0));
        let placed = Placed::new(&axis, [0.812, 0.937].into_iter(), (100.0, 0.0));
        // Range 0.8045-0.9445 wants 2 ticks, 0.07 apart: 0.05 is the first of 1-2-5 not below seven tenths of that.
        let labels: Vec<String> = placed.ticks(2).into_iter().map(|(_, label)| label).collect();
        assert_eq!(labels, ["0.85", "0.90"], "two round values");
        assert!(placed.place(0.937) < placed.place(0.812), "larger is higher up");
    }

    #[test]
    fn equal_ratios_are_equal_distances_on_a_log_axis() {
        let axis = axis(Scale::Log, Notation::Reduction, (0.5, 1000.0));
        let placed = Placed::new(&axis, [1.0, 4.0].into_iter(), (0.0, 300.0));
        let step = placed.place(2.0) - placed.place(1.0);
        assert!((placed.place(4.0) - placed.place(2.0) - step).abs() < 1e-9, "1 to 2 is as far as 2 to 4");
        let labels: Vec<String> = placed.ticks(4).into_iter().map(|(_, label)| label).collect();
        assert_eq!(labels, ["÷1", "÷1.5", "÷2", "÷3"], "round ratios");
    }

    #[test]
    fn decades_are_named_in_full_and_few() {
        let axis = axis(Scale::Log, Notation::Times, (1e-6, 1e6));
        let placed = Placed::new(&axis, [0.012, 9000.0].into_iter(), (0.0, 300.0));
        let labels: Vec<String> = placed.ticks(4).into_iter().map(|(_, label)| label).collect();
        assert_eq!(labels, ["0.01×", "1×", "100×", "10000×"], "every second decade, zeros that count kept");
    }

    #[test]
    fn ticks_of_a_range_zoomed_into_differ_and_values_beyond_it_lie_outside() {
        let axis = axis(Scale::Log, Notation::Reduction, (0.2, 10_000.0));
        let placed = Placed::over(&axis, (1.5200, 1.5240), (0.0, 500.0));
        let labels: Vec<String> = placed.ticks(5).into_iter().map(|(_, label)| label).collect();
        assert_eq!(labels, ["÷1.520", "÷1.521", "÷1.522", "÷1.523", "÷1.524"], "as many digits as they need");
        assert!(placed.place(1.0) < 0.0 && placed.place(2.0) > 500.0, "outside the plot, not at its edge");
    }

    #[test]
    fn a_difference_axis_has_zero_in_its_middle() {
        let axis = axis(Scale::Linear, Notation::Change, (-1.0, 1.0));
        let placed = Placed::around_zero(&axis, [-0.05, 0.01].into_iter(), (0.0, 200.0));
        assert!((placed.place(0.0) - 100.0).abs() < 1e-9, "zero in the middle");
        assert!(placed.ticks(4).iter().any(|(_, label)| label == "0"), "zero is named plainly");
        assert!(placed.ticks(4).iter().any(|(_, label)| label == "−0.04"), "a true minus");
    }

    #[test]
    fn no_data_gives_a_usable_axis() {
        for (scale, limits) in [(Scale::Linear, (0.0, 1.0)), (Scale::Log, (0.5, 1000.0))] {
            let placed = Placed::new(&axis(scale, Notation::Plain, limits), std::iter::empty(), (0.0, 100.0));
            assert!(placed.ticks(5).len() >= 2, "{scale:?} has ticks");
            assert!(placed.place(limits.1).is_finite(), "{scale:?} places values");
        }
    }

    #[test]
    fn one_value_gets_room_on_both_sides() {
        let placed =
            Placed::new(&axis(Scale::Log, Notation::Reduction, (0.5, 1000.0)), [1.0].into_iter(), (0.0, 100.0));
        let place = placed.place(1.0);
        assert!(place > 5.0 && place < 95.0, "not on the edge: {place}");
    }
}
