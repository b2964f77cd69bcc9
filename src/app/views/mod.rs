//! One folder per view.

pub(crate) mod fairness;
pub(crate) mod inspect;
pub(crate) mod latency;
pub(crate) mod trade_off;
