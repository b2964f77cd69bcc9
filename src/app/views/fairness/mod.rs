//! Dense against pruned, group by group.

pub(crate) mod gaps;
pub(crate) mod panel;
pub(crate) mod table;
pub(crate) mod work;
