//! The best setting, found by the program: budgets that strategies meet alike.
//!
//! [`match_budget`] turns the dial of each strategy until all spend the same share of the dense model's cost on the same
//! [`CalibrationTexts`].

mod bracket;
mod budget;
mod clock;
mod counted;
mod matched;

pub use budget::Budget;
pub use budget::BudgetKind;
pub use budget::Spending;
pub use counted::CalibrationTexts;
pub use matched::MATCHED_WITHIN;
pub use matched::Matched;
pub use matched::Reach;
pub use matched::match_budget;
pub use matched::match_one;
