//! Many runs into one result: the only source of every shown number.
//!
//! A [`Prepared`] data set is a few numbers per text; texts come as a [`Chunk`] with their tokens. [`SharedRuns`] runs
//! strategies over a chunk and computes once what they have in common; a [`StrategyRun`] keeps a few numbers per text.
//! [`summarize`] and [`group_rows`] turn a run and the dense run it is compared with into more. The window holds its texts
//! in one chunk ([`prepare`]); [`evaluate`] does all of it for a file of any length, chunk by chunk. [`inspect`] does one text.
//! Window, command line and files all call these, so that no number has two origins.
//! Draws nothing and writes nothing.

mod audit;
mod chunk;
mod compare;
mod error;
mod extreme;
mod gap_draws;
mod gaps;
mod groups;
mod inspection;
mod joint;
mod latency;
mod measure;
mod model_info;
mod prepared;
mod resample;
mod results;
mod run;
mod runner;
mod shared;
mod slice;
mod spent;
mod strata;
mod summary;
mod sweep;
mod tally;
mod unknown;
mod verdict;

pub use crate::engine::Cell;
pub use crate::engine::Fate;
pub use crate::engine::Ribbon;
pub use crate::engine::SharedWork;
pub use crate::engine::column_label;
pub use crate::engine::fused_label;
pub use crate::metrics::Estimate;
pub use crate::metrics::SizeClass;
pub use audit::Audit;
pub use audit::BiasPair;
pub use audit::Decisions;
pub use audit::GroupName;
pub use audit::PairedTest;
pub use audit::SliceAudit;
pub use audit::audit;
pub use chunk::Chunk;
pub use compare::Compared;
pub use error::Error;
pub use extreme::Extreme;
pub use extreme::joined;
pub use gaps::ColumnGaps;
pub use gaps::Gap;
pub use gaps::Spread;
pub use gaps::SpreadChange;
pub use gaps::gap_of_rows;
pub use gaps::worst_accuracy;
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
pub use latency::measure_latency;
pub use measure::Measure;
pub use model_info::ModelInfo;
pub use prepared::Prepared;
pub use prepared::SkippedExample;
pub use prepared::prepare;
pub use resample::Draws;
pub use results::ExampleResult;
pub use results::Results;
pub use run::ChunkRun;
pub use run::StrategyRun;
pub use run::left_label;
pub use run::removal_label;
pub use run::run_strategy;
pub use runner::EvaluateOptions;
pub use runner::Evaluated;
pub use runner::Evaluation;
pub use runner::FinishedRows;
pub use runner::evaluate;
pub use shared::SHARED_BYTES;
pub use shared::SharedRuns;
pub use spent::Spent;
pub use strata::Stratum;
pub use summary::Summary;
pub use summary::summarize;
pub use sweep::SweepPoint;
pub use sweep::sweep;
pub use unknown::UnknownTokens;
pub use verdict::LossVerdict;
