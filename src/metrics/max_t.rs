//! Intervals that hold together: of many values at once, and of the largest or smallest of them.

use super::bootstrap::quantile;

/// Below this share of draws in which a value exists there is no interval.
const MIN_DEFINED: f64 = 0.9;

/// Simultaneous intervals `value ± critical · error` of several values from common draws: all of them hold their true value
/// in 95% of samples, however the values depend on each other.
///
/// What is the largest or smallest is not known before looking, so intervals of one value do not fit it, and draws of a
/// maximum lie above it (equal groups: always). Ends of these intervals do fit, as they hold for every value at once.
/// Source: Westfall and Young 1993, "Resampling-based multiple testing", section 2.3 (max-T); statistics.md c.5.
#[derive(Clone, Debug, PartialEq)]
pub struct MaxT {
    values: Vec<f64>,
    errors: Vec<f64>,
    critical: f64,
}

impl MaxT {
    /// From `draws` draws; `drawn(draw, index)` is a value in a draw, not a number where it does not exist. `values` are
    /// what the draws vary about. Nothing without values, or where one of them is missing in too many draws.
    #[must_use]
    pub fn of(values: Vec<f64>, draws: usize, confidence: f64, drawn: impl Fn(usize, usize) -> f64) -> Option<Self> {
        let errors: Option<Vec<f64>> =
            (0..values.len()).map(|index| deviation(draws, |draw| drawn(draw, index))).collect();
        let errors = errors.filter(|errors| !errors.is_empty())?;
        let farthest = |draw: usize| {
            let parts = values.iter().zip(&errors).enumerate();
            let distances = parts.filter(|(_, (_, error))| **error > 0.0);
            let distances = distances.map(|(index, (value, error))| (drawn(draw, index) - value).abs() / error);
            // A missing value is not compared: f64::max passes over what is no number.
            distances.fold(0.0, f64::max)
        };
        let mut distances: Vec<f64> = (0..draws).map(farthest).collect();
        distances.sort_by(f64::total_cmp);
        let critical = quantile(&distances, confidence)?;
        Some(Self { values, errors, critical })
    }

    /// Interval of one value.
    #[must_use]
    pub fn interval(&self, index: usize) -> Option<(f64, f64)> {
        let half = self.critical * self.errors.get(index)?;
        let value = self.values.get(index)?;
        Some((value - half, value + half))
    }

    fn intervals(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        (0..self.values.len()).filter_map(|index| self.interval(index))
    }

    /// Interval of the smallest value: it is at most every upper end, and at least the lowest lower one.
    #[must_use]
    pub fn smallest(&self) -> (f64, f64) {
        let least = |ends: &mut dyn Iterator<Item = f64>| ends.fold(f64::INFINITY, f64::min);
        (least(&mut self.intervals().map(|ends| ends.0)), least(&mut self.intervals().map(|ends| ends.1)))
    }

    /// Interval of the largest value.
    #[must_use]
    pub fn largest(&self) -> (f64, f64) {
        let most = |ends: &mut dyn Iterator<Item = f64>| ends.fold(f64::NEG_INFINITY, f64::max);
        (most(&mut self.intervals().map(|ends| ends.0)), most(&mut self.intervals().map(|ends| ends.1)))
    }

    /// Interval of the largest distance of a value from zero.
    #[must_use]
    pub fn largest_distance(&self) -> (f64, f64) {
        let of = |(low, high): (f64, f64)| (low.max(-high).max(0.0), low.abs().max(high.abs()));
        self.intervals().map(of).fold((0.0, 0.0), |most, ends| (most.0.max(ends.0), most.1.max(ends.1)))
    }

    /// Interval of the largest minus the smallest value. Of `n` values this is wider than that of their differences.
    #[must_use]
    pub fn range(&self) -> (f64, f64) {
        let ends = |pick: fn((f64, f64)) -> f64| {
            let ends = self.intervals().map(pick);
            ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), end| (low.min(end), high.max(end)))
        };
        let (lows, highs) = (ends(|ends| ends.0), ends(|ends| ends.1));
        ((lows.1 - highs.0).max(0.0), highs.1 - lows.0)
    }
}

/// Standard deviation over the draws in which a value exists; nothing where these are too few.
fn deviation(draws: usize, drawn: impl Fn(usize) -> f64) -> Option<f64> {
    let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
    for value in (0..draws).map(drawn).filter(|value| value.is_finite()) {
        count += 1.0;
        let before = value - mean;
        mean += before / count;
        squares += before * (value - mean);
    }
    (count > 1.0 && count >= MIN_DEFINED * draws as f64).then(|| (squares / (count - 1.0)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values about (0, 1, 2) that vary together: every draw shifts all by the same amount.
    fn shifted(draw: usize, index: usize) -> f64 {
        index as f64 + (draw as f64 - 50.0) / 50.0
    }

    #[test]
    fn values_that_vary_together_need_no_wider_intervals() {
        let together = MaxT::of(vec![0.0, 1.0, 2.0], 101, 0.95, shifted).unwrap();
        let alone = MaxT::of(vec![0.0], 101, 0.95, shifted).unwrap();
        let (low, high) = together.interval(0).unwrap();
        assert!((alone.interval(0).unwrap().1 - high).abs() < 1e-12, "as wide as alone");
        // Shifts are -1, -0.98, …, 1; 95% of their distances from 0 are at most 0.95 or thereabouts.
        assert!((high - 0.95).abs() < 0.02 && (low + high).abs() < 1e-12, "got {low} to {high}");
        assert_eq!(together.interval(3), None, "there are three");
    }

    #[test]
    fn extremes_take_the_ends_of_all_intervals() {
        let found = MaxT { values: vec![0.2, 0.5, -0.4], errors: vec![0.1, 0.05, 0.02], critical: 2.0 };
        let close = |got: (f64, f64), expected: (f64, f64), what: &str| {
            assert!((got.0 - expected.0).abs() < 1e-12 && (got.1 - expected.1).abs() < 1e-12, "{what}: {got:?}");
        };
        // Intervals 0.0 to 0.4, 0.4 to 0.6, -0.44 to -0.36.
        close(found.smallest(), (-0.44, -0.36), "smallest");
        close(found.largest(), (0.4, 0.6), "largest");
        close(found.largest_distance(), (0.4, 0.6), "largest distance: 0.4 from 0.5, 0.36 from -0.4");
        close(found.range(), (0.76, 1.04), "largest minus smallest");
        let equal = MaxT { values: vec![0.1, -0.1], errors: vec![0.1, 0.1], critical: 2.0 };
        close(equal.largest_distance(), (0.0, 0.3), "none is shown to differ from zero");
        close(equal.range(), (0.0, 0.6), "nor from each other");
    }

    #[test]
    fn values_missing_in_many_draws_have_no_interval() {
        let missing = |draw: usize, _: usize| if draw.is_multiple_of(5) { f64::NAN } else { draw as f64 };
        assert_eq!(MaxT::of(vec![0.0], 100, 0.95, missing), None, "a fifth of the draws");
        assert_eq!(MaxT::of(Vec::new(), 100, 0.95, missing), None, "no values");
        let seldom = |draw: usize, _: usize| if draw == 0 { f64::NAN } else { draw as f64 };
        assert!(MaxT::of(vec![50.0], 100, 0.95, seldom).is_some(), "one draw in a hundred is passed over");
    }
}
