//! What strategies are made equal in.

use std::fmt;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetKind {
    /// Multiply-accumulates of all texts ÷ those of the dense model without padding. The strategy's own are counted.
    Flops,
    /// Mean over texts of tokens alive after the last layer ÷ original tokens, special ones counted.
    Tokens,
    /// Median measured time ÷ median measured time of the dense model, both without padding.
    Latency,
}

impl BudgetKind {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Flops, Self::Tokens, Self::Latency];

    /// `flops`, `tokens` or `latency`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Flops => "flops",
            Self::Tokens => "tokens",
            Self::Latency => "latency",
        }
    }

    /// As shown: `FLOPs`, `tokens kept`, `measured time`.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Flops => "FLOPs",
            Self::Tokens => "tokens kept",
            Self::Latency => "measured time",
        }
    }
}

impl fmt::Display for BudgetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A share of the dense model's cost that strategies are to meet.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Budget {
    /// What is counted.
    pub per: BudgetKind,
    /// Own cost ÷ dense cost. Range: above 0, at most 1.
    pub share: f64,
}

/// What a setting used on the calibration texts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spending {
    /// [`BudgetKind::Flops`].
    pub flops: f64,
    /// [`BudgetKind::Tokens`].
    pub tokens: f64,
}
