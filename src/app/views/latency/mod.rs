//! What FLOPs promise, and what the clock says.

pub(crate) mod controls;
pub(crate) mod panel;
pub(crate) mod table;
