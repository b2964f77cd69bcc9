//! Is the loss small enough?

/// Tolerated loss of accuracy, unless the user says otherwise.
pub const ACCURACY_TOLERANCE: f64 = 0.01;

/// Tolerated loss of TPR and tolerated gain of FPR, unless the user says otherwise.
pub const RATE_TOLERANCE: f64 = 0.02;

/// What the examples allow to be said about a loss and a tolerance set before looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The loss is below the tolerance: the upper bound of its one-sided 95% interval is.
    Pass,
    /// The loss is above it: the lower bound is.
    Fail,
    /// The interval holds the tolerance: more examples are needed.
    Undecided,
}

impl Verdict {
    /// Judges a loss by its two-sided 90% interval, whose ends are one-sided 95% bounds.
    #[must_use]
    pub fn of_interval((low, high): (f64, f64), tolerance: f64) -> Self {
        if high < tolerance {
            Self::Pass
        } else if low > tolerance {
            Self::Fail
        } else {
            Self::Undecided
        }
    }

    /// Name for files and for a person.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Undecided => "undecided",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::interval::bonett_price_at;
    use super::*;

    #[test]
    fn equality_has_to_be_shown_not_assumed() {
        let judge = |harmed, rescued, n| {
            let interval = bonett_price_at(harmed, rescued, n, 0.9).interval();
            interval.map(|interval| Verdict::of_interval(interval, ACCURACY_TOLERANCE))
        };
        assert_eq!(judge(0, 0, 50), Some(Verdict::Undecided), "fifty unchanged examples show little");
        assert_eq!(judge(0, 0, 5000), Some(Verdict::Pass), "five thousand show much");
        assert_eq!(judge(200, 10, 1000), Some(Verdict::Fail), "a loss of 19 points");
        assert_eq!(judge(0, 0, 0), None, "nothing to judge");
    }
}
