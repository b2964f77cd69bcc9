//! Numbers as people read them, as [`number`] writes them; and times as the window tells them.

use crate::figure::number;

pub(crate) use crate::figure::number::flops;
pub(crate) use crate::figure::number::reduction as factor;
pub(crate) use crate::figure::number::rough_duration as duration;
pub(crate) use crate::figure::number::significant;

/// `3,120`.
pub(crate) fn count(value: u64) -> String {
    number::count(usize::try_from(value).unwrap_or(usize::MAX))
}

/// A share as whole percent, without the sign.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.0}", share * 100.0)
}
