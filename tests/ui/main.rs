//! Window tests: behavior by label first, then few images.
#![cfg(feature = "gui")]

mod commands;
mod fairness;
mod files;
mod images;
mod inspect;
mod latency;
mod latency_support;
mod plots;
mod plots_support;
mod restore;
mod sheet;
mod sheet_support;
mod small_windows;
mod walk;
