//! What is known of a row.

use crate::evaluation::Outcome;

/// What is known of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Facts {
    /// What should be answered.
    pub(crate) label: Option<String>,
    /// What the dense model answers.
    pub(crate) dense: String,
    /// What the strategy answers.
    pub(crate) pruned: String,
    /// How they compare.
    pub(crate) outcome: Outcome,
    /// Tokens that stay ÷ tokens of the text, averaged over the layers.
    pub(crate) kept: f64,
}
