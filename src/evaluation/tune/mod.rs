//! The best setting, found by the program: budgets that strategies meet alike, and a search under limits.
//!
//! [`match_budget`] turns the dial of each strategy until all spend the same share of the dense model's cost on the same
//! [`CalibrationTexts`]. [`tune`] searches over strategies and their settings for the cheapest that loses no more than its
//! [`Limits`] say, on one part of a data set, and measures the choice once on the other part.

mod bench;
mod bracket;
mod budget;
mod budgeted;
mod clock;
mod counted;
mod dice;
mod landscape;
mod lists;
mod matched;
mod search;
#[cfg(test)]
mod search_tests;
mod space;
mod split;
mod tuned;

pub use budget::Budget;
pub use budget::BudgetKind;
pub use budget::Spending;
pub use budgeted::BudgetTable;
pub use budgeted::Budgeted;
pub use budgeted::budget_table;
pub use counted::CalibrationTexts;
pub use landscape::Limits;
pub use landscape::Measured;
pub use landscape::WorstGroup;
pub use matched::MATCHED_WITHIN;
pub use matched::Matched;
pub use matched::Reach;
pub use matched::match_budget;
pub use matched::match_one;
pub use search::Effort;
pub use search::Known;
pub use search::Standing;
pub use search::Trial;
pub use search::choose;
pub use search::standings;
pub use split::Split;
pub use split::split;
pub use tuned::HeldOut;
pub use tuned::TuneOptions;
pub use tuned::Tuned;
pub use tuned::tune;
