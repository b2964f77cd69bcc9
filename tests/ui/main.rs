//! Window tests: behavior by label first, then few images.
#![cfg(feature = "gui")]

mod budgets;
mod commands;
mod data;
mod eyes_and_hands;
mod fairness;
mod fairness_runs;
mod files;
mod formula;
mod hatecheck;
mod images;
mod inspect;
mod latency;
mod latency_support;
mod model_notes;
mod model_verify;
mod pairs;
mod plots;
mod plots_support;
mod restore;
mod same_numbers;
mod sheet;
mod sheet_support;
mod small_windows;
mod thresholds;
mod trade_off;
mod train;
mod walk;

use prunescope::app::ViewKind;

/// The view of that word.
pub(crate) fn view(word: &str) -> ViewKind {
    ViewKind::named(word).unwrap_or_else(|| panic!("there is no view {word:?}"))
}
