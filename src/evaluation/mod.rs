//! Many runs into one result: the only source of every shown number.
//!
//! A [`Prepared`] data set is a few numbers per text; texts come as a [`Chunk`] with their tokens. [`SharedRuns`] runs
//! strategies over a chunk and computes once what they have in common; a [`StrategyRun`] keeps a few numbers per text.
//! [`summarize`] and [`group_rows`] turn a run and the dense run it is compared with into more. The window holds its texts
//! in one chunk ([`prepare`]); [`evaluate`] does all of it for a file of any length, chunk by chunk. [`inspect`] does one text.
//! Window, command line and files all call these, so that no number has two origins.
//! Draws nothing and writes nothing.

mod answer;
mod audit;
mod definition;
mod error;
mod inspection;
mod latency;
mod measure;
mod model_info;
mod run;
mod sweep;
mod unknown;

pub use crate::engine::Cell;
pub use crate::engine::Fate;
pub use crate::engine::Ribbon;
pub use crate::engine::SharedWork;
pub use crate::engine::fused_label;
pub use crate::metrics::Estimate;
pub use crate::metrics::SizeClass;
pub use crate::metrics::Verdict;
pub use crate::model::HeadKind;
pub use answer::Answer;
pub use answer::LABEL_THRESHOLD;
pub use audit::Audit;
pub use audit::BiasPair;
pub use audit::ColumnGaps;
pub use audit::Compared;
pub use audit::Contrast;
pub use audit::Decisions;
pub use audit::Draws;
pub use audit::Extreme;
pub use audit::Gap;
pub use audit::GroupName;
pub use audit::GroupRow;
pub use audit::Judgment;
pub use audit::Judgments;
pub use audit::LossVerdict;
pub use audit::Outcome;
pub use audit::PairedTest;
pub use audit::Picked;
pub use audit::SliceAudit;
pub use audit::Spread;
pub use audit::SpreadChange;
pub use audit::Summary;
pub use audit::answer_text;
pub use audit::audit;
pub use audit::contrast;
pub use audit::gap_of_rows;
pub use audit::group_rows;
pub use audit::joined;
pub use audit::judge;
pub use audit::label_text;
pub use audit::outcomes;
pub use audit::overall_row;
pub use audit::picked_rows;
pub use audit::summarize;
pub use audit::summary_measures;
pub use audit::worst_group;
pub use error::Error;
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
pub use latency::Stratum;
pub use latency::measure_latency;
pub use measure::Measure;
pub use model_info::ModelInfo;
pub use run::Chunk;
pub use run::ChunkRun;
pub use run::Cost;
pub use run::EvaluateOptions;
pub use run::Evaluated;
pub use run::Evaluation;
pub use run::ExampleResult;
pub use run::FinishedRows;
pub use run::Prepared;
pub use run::Results;
pub use run::SHARED_BYTES;
pub use run::SharedRuns;
pub use run::SkippedExample;
pub use run::StrategyRun;
pub use run::evaluate;
pub use run::label_columns;
pub use run::label_meanings;
pub use run::left_label;
pub use run::positive_class;
pub use run::prepare;
pub use run::removal_label;
pub use run::run_strategy;
pub use sweep::SweepPoint;
pub use sweep::sweep;
pub use unknown::UnknownTokens;
