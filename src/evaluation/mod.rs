//! Many runs into one result: the only source of every shown number.
//!
//! [`prepare`] cuts a data set into tokens once, [`run_strategy`] runs one strategy over it, [`summarize`] and
//! [`group_rows`] turn a run and the dense run it is compared with into numbers; [`evaluate`] does all of it for several
//! strategies, and [`inspect`] does one text. [`SharedRuns`] computes once what several strategies have in common.
//! Window, command line and files all call these, so that no number has two origins.
//! Draws nothing and writes nothing.

mod audit;
mod compare;
mod error;
mod gaps;
mod groups;
mod inspection;
mod latency;
mod measure;
mod model_info;
mod prepared;
mod resample;
mod run;
mod runner;
mod shared;
mod slice;
mod spent;
mod strata;
mod summary;
mod sweep;
mod verdict;

pub use crate::engine::SharedWork;
pub use crate::metrics::Estimate;
pub use crate::metrics::SizeClass;
pub use audit::Audit;
pub use audit::BiasPair;
pub use audit::Decisions;
pub use audit::GroupName;
pub use audit::PairedTest;
pub use audit::SliceAudit;
pub use audit::audit;
pub use compare::Compared;
pub use error::Error;
pub use gaps::ColumnGaps;
pub use gaps::Gap;
pub use gaps::Spread;
pub use groups::GroupRow;
pub use groups::group_rows;
pub use groups::overall_row;
pub use inspection::InspectedRun;
pub use inspection::Inspection;
pub use inspection::inspect;
pub use inspection::inspect_encoded;
pub use inspection::inspect_run;
pub use latency::Compute;
pub use latency::LatencyOptions;
pub use latency::LatencyStudy;
pub use latency::Parity;
pub use latency::PassTime;
pub use latency::StrategyLatency;
pub use latency::TimedRun;
pub use latency::measure_latency;
pub use measure::Measure;
pub use model_info::ModelInfo;
pub use prepared::Prepared;
pub use prepared::SkippedExample;
pub use prepared::UnknownLabel;
pub use prepared::prepare;
pub use resample::Draws;
pub use run::ExampleResult;
pub use run::PartialRun;
pub use run::StrategyRun;
pub use run::removal_label;
pub use run::run_strategy;
pub use run::run_strategy_keeping;
pub use runner::EvaluateOptions;
pub use runner::Evaluated;
pub use runner::Evaluation;
pub use runner::evaluate;
pub use shared::SHARED_BYTES;
pub use shared::SharedRuns;
pub use spent::Spent;
pub use strata::Stratum;
pub use summary::Summary;
pub use summary::summarize;
pub use sweep::SweepPoint;
pub use sweep::sweep;
pub use verdict::LossVerdict;
