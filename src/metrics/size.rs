//! What the size of a group allows to be said.

/// What may be shown of a rate, by its *denominator*: the positives for a TPR, the negatives for an FPR, the smaller
/// of the two for an AUC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SizeClass {
    /// 0: not estimable, never 0 or 1.
    NotEstimable,
    /// 1 to 9: counts only, no rate.
    CountsOnly,
    /// 10 to 29: rate and interval, greyed; left out of gaps and color scales and listed as left out.
    Wide,
    /// 30 to 99: shown; its part in a gap carries a "wide" mark.
    Small,
    /// 100 and more.
    Full,
}

impl SizeClass {
    /// All classes, smallest first.
    pub const ALL: [Self; 5] = [Self::NotEstimable, Self::CountsOnly, Self::Wide, Self::Small, Self::Full];

    /// The class of a denominator.
    #[must_use]
    pub fn of(denominator: usize) -> Self {
        match denominator {
            0 => Self::NotEstimable,
            1..=9 => Self::CountsOnly,
            10..=29 => Self::Wide,
            30..=99 => Self::Small,
            _ => Self::Full,
        }
    }

    /// Whether a rate may be shown at all.
    #[must_use]
    pub fn shows_rate(self) -> bool {
        self >= Self::Wide
    }

    /// Whether the group takes part in gaps, constraints and color scales.
    #[must_use]
    pub fn joins_gaps(self) -> bool {
        self >= Self::Small
    }

    /// A few words for tables and figures.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::NotEstimable => "not estimable",
            Self::CountsOnly => "counts only",
            Self::Wide => "wide interval",
            Self::Small => "small",
            Self::Full => "full",
        }
    }

    /// Short name for files.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::NotEstimable => "not_estimable",
            Self::CountsOnly => "counts_only",
            Self::Wide => "wide",
            Self::Small => "small",
            Self::Full => "full",
        }
    }

    /// What it means, for a person.
    #[must_use]
    pub fn note(self) -> &'static str {
        match self {
            Self::NotEstimable => "no examples to divide by: not estimable",
            Self::CountsOnly => "fewer than 10 examples: counts only",
            Self::Wide => "fewer than 30 examples: very wide interval, left out of gaps",
            Self::Small => "fewer than 100 examples: wide interval",
            Self::Full => "100 examples or more",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_fall_into_their_classes() {
        use SizeClass::*;
        let cases = [
            (0, NotEstimable),
            (1, CountsOnly),
            (9, CountsOnly),
            (10, Wide),
            (29, Wide),
            (30, Small),
            (99, Small),
            (100, Full),
        ];
        for (denominator, expected) in cases {
            assert_eq!(SizeClass::of(denominator), expected, "denominator {denominator}");
        }
        let shown: Vec<bool> = SizeClass::ALL.iter().map(|class| class.shows_rate()).collect();
        assert_eq!(shown, [false, false, true, true, true], "rates from ten on");
        let joined: Vec<bool> = SizeClass::ALL.iter().map(|class| class.joins_gaps()).collect();
        assert_eq!(joined, [false, false, false, true, true], "gaps from thirty on");
    }
}
