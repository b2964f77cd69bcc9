//! Pure functions over slices: no model, no data types.
//!
//! Every function gives an [`Estimate`]: a value with its interval and the method behind it, or the reason why there
//! is none. A rate without a denominator is never 0, 1/2 or NaN. Intervals are two-sided at 95% unless a function
//! takes a confidence.
//!
//! Start at [`wilson`] for one rate, [`bonett_price`] for the change of a rate on the same examples, and [`auc`] for
//! ranks. Knows nothing about groups by name, models or files.

mod classification;
mod estimate;
mod interval;
mod normal;
mod paired;

pub use classification::accuracy;
pub use estimate::Estimate;
pub use interval::bonett_price;
pub use interval::bonett_price_at;
pub use interval::newcombe;
pub use interval::wilson;
pub use interval::wilson_interval;
pub use normal::normal_cdf;
pub use normal::normal_quantile;
pub use normal::two_sided_z;
pub use paired::Discordant;
pub use paired::mcnemar_exact;
pub use paired::mcnemar_mid_p;
