//! A number with its interval, or the reason why there is none.

use serde::Serialize;
use serde::Serializer;
use serde::ser::SerializeMap as _;

use super::clusters::ENOUGH_CLUSTERS;
use super::clusters::MIN_CLUSTERS;

/// A measured quantity. Undefined is not a number: a rate without a denominator carries its reason.
///
/// Serializes as `{"value", "low", "high", "method", "n", "clusters"}` (the ends absent without an interval, the clusters
/// where examples stand for themselves) or `{"undefined": reason, "n"}`.
#[derive(Clone, Debug, PartialEq)]
pub enum Estimate {
    /// A value, with an interval where a method gives one.
    Value {
        /// Point estimate.
        value: f64,
        /// 95% interval, lower and upper end.
        interval: Option<(f64, f64)>,
        /// How the interval was made: `wilson`, `newcombe`, `bonett-price`, `delong`,
        /// `bootstrap-percentile`, `bootstrap-blocks`, the same over clusters, or `none`.
        method: &'static str,
        /// Denominator: examples the value rests on.
        n: usize,
        /// Clusters that these examples fall into, if the data set names any; then the interval is one over clusters.
        clusters: Option<usize>,
    },
    /// No value.
    Undefined {
        /// Why, for a person: "no positives among 12 examples".
        reason: String,
        /// Examples seen.
        n: usize,
    },
}

impl Estimate {
    /// A value without an interval.
    #[must_use]
    pub fn plain(value: f64, n: usize) -> Self {
        Self::Value { value, interval: None, method: "none", n, clusters: None }
    }

    /// A value without an interval that a method gave, such as a p-value.
    #[must_use]
    pub fn with_method(value: f64, method: &'static str, n: usize) -> Self {
        Self::Value { value, interval: None, method, n, clusters: None }
    }

    /// A value with an interval, and the method that made it.
    #[must_use]
    pub fn with_interval(value: f64, interval: (f64, f64), method: &'static str, n: usize) -> Self {
        Self::Value { value, interval: Some(interval), method, n, clusters: None }
    }

    /// The same, resting on so many clusters.
    #[must_use]
    pub fn over_clusters(mut self, count: usize) -> Self {
        if let Self::Value { clusters, .. } = &mut self {
            *clusters = Some(count);
        }
        self
    }

    /// Clusters that it rests on; `None` where examples stand for themselves.
    #[must_use]
    pub fn clusters(&self) -> Option<usize> {
        match self {
            Self::Value { clusters, .. } => *clusters,
            Self::Undefined { .. } => None,
        }
    }

    /// What the number of clusters does to the interval (none below 10, few below 30), or what an interval of no width
    /// that was found by resampling means: where no example fails, no draw of these examples has one that does.
    #[must_use]
    pub fn interval_note(&self) -> Option<String> {
        let is_point = self.interval().is_some_and(|(low, high)| low == high);
        if is_point && self.method().is_some_and(|method| method.starts_with("bootstrap")) {
            return Some("every draw gave this value, so that resampling cannot tell how far it would vary".to_owned());
        }
        let is_interval_expected = self.interval().is_some() || self.method() == Some("none");
        match self.clusters().filter(|_| is_interval_expected)? {
            few if few < MIN_CLUSTERS => {
                Some(format!("no interval: {few} clusters, at least {MIN_CLUSTERS} are needed"))
            }
            few if few < ENOUGH_CLUSTERS => Some(format!("few clusters: {few}")),
            _ => None,
        }
    }

    /// Method and number of clusters, for a person: `wilson-clustered, 124 clusters`.
    #[must_use]
    pub fn described_method(&self) -> Option<String> {
        let method = self.method()?;
        Some(self.clusters().map_or_else(|| method.to_owned(), |count| format!("{method}, {count} clusters")))
    }

    /// No value, and why.
    #[must_use]
    pub fn undefined(reason: impl Into<String>, n: usize) -> Self {
        Self::Undefined { reason: reason.into(), n }
    }

    /// The reason why there is no value, if there is none.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Value { .. } => None,
            Self::Undefined { reason, .. } => Some(reason),
        }
    }

    /// How the interval was made, if there is a value.
    #[must_use]
    pub fn method(&self) -> Option<&'static str> {
        match self {
            Self::Value { method, .. } => Some(method),
            Self::Undefined { .. } => None,
        }
    }

    /// The value, if there is one.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        match self {
            Self::Value { value, .. } => Some(*value),
            Self::Undefined { .. } => None,
        }
    }

    /// Value and interval divided by a known number.
    #[must_use]
    pub fn divided_by(&self, by: f64) -> Self {
        match self {
            Self::Value { value, interval, method, n, clusters } => {
                let interval = interval.map(|(low, high)| (low / by, high / by));
                Self::Value { value: value / by, interval, method, n: *n, clusters: *clusters }
            }
            Self::Undefined { .. } => self.clone(),
        }
    }

    /// Value and interval times a factor, plus a shift.
    #[must_use]
    pub fn linear(&self, factor: f64, shift: f64) -> Self {
        // Zero has no sign.
        let of = |value: f64| value * factor + shift + 0.0;
        match self {
            Self::Value { value, interval, method, n, clusters } => {
                let interval = interval.map(|(low, high)| (of(low).min(of(high)), of(low).max(of(high))));
                Self::Value { value: of(*value), interval, method, n: *n, clusters: *clusters }
            }
            Self::Undefined { .. } => self.clone(),
        }
    }

    /// The interval, if there is one.
    #[must_use]
    pub fn interval(&self) -> Option<(f64, f64)> {
        match self {
            Self::Value { interval, .. } => *interval,
            Self::Undefined { .. } => None,
        }
    }

    /// Examples it rests on.
    #[must_use]
    pub fn n(&self) -> usize {
        match self {
            Self::Value { n, .. } | Self::Undefined { n, .. } => *n,
        }
    }
}

impl Serialize for Estimate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Value { value, interval, method, n, clusters } => {
                map.serialize_entry("value", value)?;
                if let Some((low, high)) = interval {
                    map.serialize_entry("low", low)?;
                    map.serialize_entry("high", high)?;
                }
                map.serialize_entry("method", method)?;
                map.serialize_entry("n", n)?;
                if let Some(clusters) = clusters {
                    map.serialize_entry("clusters", clusters)?;
                }
            }
            Self::Undefined { reason, n } => {
                map.serialize_entry("undefined", reason)?;
                map.serialize_entry("n", n)?;
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_are_divided_with_their_intervals() {
        let half = Estimate::with_interval(1.5, (1.2, 1.8), "bootstrap-blocks", 15).divided_by(2.0);
        assert_eq!(half, Estimate::with_interval(0.75, (0.6, 0.9), "bootstrap-blocks", 15), "half of everything");
        let undefined = Estimate::undefined("nothing was measured", 0);
        assert_eq!(undefined.divided_by(2.0), undefined, "what is undefined stays so");
    }

    #[test]
    fn estimates_are_turned_and_shifted_with_their_intervals() {
        let kept = Estimate::with_interval(0.75, (0.5, 0.875), "wilson", 8).over_clusters(4);
        let lost = Estimate::with_interval(0.25, (0.125, 0.5), "wilson", 8).over_clusters(4);
        assert_eq!(kept.linear(-1.0, 1.0), lost, "what is not kept is lost, the ends change places");
        let change = kept.linear(1.0, -1.0);
        assert_eq!((change.value(), change.interval()), (Some(-0.25), Some((-0.5, -0.125))), "against all of it");
        let all = Estimate::plain(1.0, 8).linear(-1.0, 1.0).value().unwrap();
        assert!(all.is_sign_positive(), "nothing lost has no sign");
    }

    #[test]
    fn clusters_are_told_where_they_matter() {
        let over = |count| Estimate::with_interval(0.5, (0.25, 0.75), "wilson-clustered", 70).over_clusters(count);
        assert_eq!(
            over(124).described_method().as_deref(),
            Some("wilson-clustered, 124 clusters"),
            "method and number"
        );
        assert_eq!(over(124).interval_note(), None, "enough");
        assert_eq!(over(29).interval_note().as_deref(), Some("few clusters: 29"), "few");
        let plain = Estimate::plain(0.5, 70);
        assert_eq!((plain.clusters(), plain.interval_note()), (None, None), "examples that stand for themselves");
    }

    #[test]
    fn an_interval_of_no_width_is_not_taken_for_certainty() {
        let perfect = Estimate::with_interval(1.0, (1.0, 1.0), "bootstrap-percentile", 40);
        assert!(perfect.interval_note().is_some_and(|note| note.contains("every draw gave this value")), "said");
        let usual = Estimate::with_interval(0.9, (0.8, 1.0), "bootstrap-percentile", 40);
        assert_eq!(usual.interval_note(), None, "an interval with a width needs no words");
        let closed = Estimate::with_interval(1.0, (1.0, 1.0), "wilson", 40);
        assert_eq!(closed.interval_note(), None, "nothing was drawn");
    }

    #[test]
    fn estimates_are_written_as_the_file_contract_says() {
        let cases = [
            (
                Estimate::with_interval(0.5, (0.25, 0.75), "wilson", 7),
                r#"{"value":0.5,"low":0.25,"high":0.75,"method":"wilson","n":7}"#,
            ),
            (Estimate::plain(0.5, 7), r#"{"value":0.5,"method":"none","n":7}"#),
            (Estimate::plain(0.5, 7).over_clusters(3), r#"{"value":0.5,"method":"none","n":7,"clusters":3}"#),
            (Estimate::undefined("no positives", 3), r#"{"undefined":"no positives","n":3}"#),
        ];
        for (estimate, expected) in cases {
            assert_eq!(serde_json::to_string(&estimate).unwrap(), expected, "{estimate:?}");
        }
    }
}
