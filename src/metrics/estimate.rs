//! A number with its interval, or the reason why there is none.

/// A measured quantity. Undefined is not a number: a rate without a denominator carries its reason.
#[derive(Clone, Debug, PartialEq)]
pub enum Estimate {
    /// A value, with an interval where a method gives one.
    Value {
        /// Point estimate.
        value: f64,
        /// 95% interval, lower and upper end.
        interval: Option<(f64, f64)>,
        /// How the interval was made: `wilson`, `bonett-price`, `delong`, `bootstrap-percentile`, `none`.
        method: &'static str,
        /// Denominator: examples the value rests on.
        n: usize,
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
    /// The value, if there is one.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        match self {
            Self::Value { value, .. } => Some(*value),
            Self::Undefined { .. } => None,
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
