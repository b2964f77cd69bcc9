//! Accuracy against cost over a data set.

pub(crate) mod comparison;
pub(crate) mod details;
pub(crate) mod panel;
pub(crate) mod plan;
pub(crate) mod plot;
pub(crate) mod table;
pub(crate) mod work;
