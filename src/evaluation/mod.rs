//! Many runs into one result: the only source of every shown number.
//!
//! [`prepare`] cuts a data set into tokens once, [`run_strategy`] runs one strategy over it, [`summarize`] and
//! [`group_rows`] turn a run and the dense run it is compared with into numbers. [`inspect`] does one text.
//! Window, command line and files all call these, so that no number has two origins.
//! Draws nothing and writes nothing.

mod groups;
mod inspection;
mod measure;
mod prepared;
mod run;
mod summary;
mod sweep;

pub use crate::metrics::Estimate;
pub use groups::GroupRow;
pub use groups::SizeClass;
pub use inspection::InspectedRun;
pub use inspection::Inspection;
pub use measure::Measure;
pub use prepared::Prepared;
pub use prepared::SkippedExample;
pub use prepared::UnknownLabel;
pub use run::ExampleResult;
pub use run::StrategyRun;
pub use summary::Summary;
pub use sweep::SweepPoint;
