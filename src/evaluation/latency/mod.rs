//! Latency over a data set: a sample of texts per stratum of length, timed dense and pruned in turn.

mod strata;
mod study;

pub use strata::Stratum;
pub use study::Compute;
pub use study::LatencyOptions;
pub use study::LatencyStudy;
pub use study::Parity;
pub use study::PassTime;
pub use study::StrategyLatency;
pub use study::measure_latency;
