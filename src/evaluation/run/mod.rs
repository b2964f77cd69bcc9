//! A data set made ready, strategies run over its texts chunk by chunk, and the few numbers kept of each text.

pub(super) mod chunk;
mod clusters;
mod cost;
mod prepared;
mod results;
mod runner;
mod shared;
pub(super) mod strategy_run;
mod target;

pub use chunk::Chunk;
pub use cost::Cost;
pub use prepared::Prepared;
pub use prepared::SkippedExample;
pub use prepared::label_columns;
pub use prepared::positive_class;
pub use prepared::prepare;
pub use results::ExampleResult;
pub use results::Results;
pub use runner::EvaluateOptions;
pub use runner::Evaluated;
pub use runner::Evaluation;
pub use runner::FinishedRows;
pub use runner::evaluate;
pub use shared::SHARED_BYTES;
pub use shared::SharedRuns;
pub use strategy_run::ChunkRun;
pub use strategy_run::StrategyRun;
pub(in crate::evaluation) use strategy_run::TOKENS_PER_BATCH;
pub(in crate::evaluation) use strategy_run::build;
pub use strategy_run::left_label;
pub use strategy_run::removal_label;
pub use strategy_run::run_strategy;
pub use target::label_meanings;
