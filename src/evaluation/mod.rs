//! Many runs into one result: the only source of every shown number.
//!
//! [`prepare`] cuts a data set into tokens once and [`run_strategy`] runs one strategy over it; [`inspect`] does one text.
//! Window, command line and files all call these, so that no number has two origins.
//! Draws nothing and writes nothing.

mod error;
mod groups;
mod inspection;
mod measure;
mod model_info;
mod prepared;
mod run;
mod summary;
mod sweep;

pub use crate::metrics::Estimate;
pub use error::Error;
pub use groups::GroupRow;
pub use groups::SizeClass;
pub use inspection::InspectedRun;
pub use inspection::Inspection;
pub use inspection::inspect;
pub use inspection::inspect_encoded;
pub use inspection::inspect_run;
pub use measure::Measure;
pub use model_info::ModelInfo;
pub use prepared::Prepared;
pub use prepared::SkippedExample;
pub use prepared::UnknownLabel;
pub use prepared::prepare;
pub use run::ExampleResult;
pub use run::PartialRun;
pub use run::StrategyRun;
pub use run::removal_label;
pub use run::run_strategy;
pub use run::run_strategy_keeping;
pub use summary::Summary;
pub use sweep::SweepPoint;
