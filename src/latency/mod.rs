//! The latency laboratory: what the clock says, beside what the FLOPs promise.
//!
//! A [`Plan`] says what to time; a [`Case`] is a batch shape ([`shapes`]) or a length bucket of a data set ([`buckets`]).
//! [`measure`] warms up, then times dense and pruned passes in turn, D P P D, so that whatever slows the machine for a
//! while slows both; every strategy gets dense passes of its own. A [`LatencyReport`] holds one [`Measured`] for every
//! case, layout and strategy: median and percentiles, the speed-up with its interval, how much of the FLOPs' promise is
//! kept, and the [`Gap`] split by kind of work. Every single timing is kept, so that others can recompute all of it.
//!
//! Knows nothing about data sets, groups or how it is shown.

mod case;
mod counted;
mod cpu_time;
mod error;
mod machine;
mod measure;
mod measured;
mod parts;
mod plan;

pub use case::Case;
pub use case::CaseKind;
pub use case::buckets;
pub use case::shapes;
pub use error::Error;
pub use machine::Machine;
pub use machine::cpu_model;
pub use measure::measure;
pub use measured::Block;
pub use measured::LatencyReport;
pub use measured::Measured;
pub use measured::Timing;
pub use parts::Gap;
pub use parts::Parts;
pub use parts::Work;
pub use plan::Layout;
pub use plan::Plan;
pub use plan::Rounds;
