//! What the view remembers of budgets and votes.

use crate::evaluation::Budget;
use crate::evaluation::BudgetKind;
use crate::project::EntryId;

/// What is matched, and whose votes are compared.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub(crate) struct MatchState {
    /// Every strategy's dial follows the budget.
    pub(crate) is_on: bool,
    /// What is made equal.
    pub(crate) per: BudgetKind,
    /// Own cost ÷ dense cost. Range: above 0, at most 1.
    pub(crate) share: f64,
    /// Tokens that one strategy keeps and the other drops are marked.
    #[serde(skip)]
    pub(crate) kept_by: Option<EntryId>,
    /// See `kept_by`.
    #[serde(skip)]
    pub(crate) dropped_by: Option<EntryId>,
}

impl Default for MatchState {
    fn default() -> Self {
        Self { is_on: false, per: BudgetKind::Flops, share: 0.5, kept_by: None, dropped_by: None }
    }
}

impl MatchState {
    /// The budget that strategies are to meet; `None` while nothing is matched.
    pub(crate) fn budget(&self) -> Option<Budget> {
        self.is_on.then_some(Budget { per: self.per, share: self.share })
    }
}
