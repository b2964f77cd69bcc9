//! One file per widget: a function that draws, reacts, and tells screen readers what it is.

pub(crate) mod marker;
pub(crate) mod numbers;
pub(crate) mod section;
pub(crate) mod tabs;
