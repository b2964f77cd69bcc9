//! Runs an encoder layer by layer over packed batches and asks the strategy in between.
//!
//! No padding is ever computed; each sequence keeps its own number of tokens; removed tokens leave the tensors.

mod batching;
mod decisions;
mod encode;
mod error;
mod finite;
mod macs;
mod memory;
mod options;
mod pool;
mod prefix;
mod rearrange;
mod sequence;
mod state;
mod states;
mod trace;
pub use batching::plan_batches;
pub use encode::run;
pub use encode::run_timed;
pub use error::Error;
pub use error::Step;
pub use memory::UnknownAmount;
pub use memory::check_memory_limit;
pub use options::Report;
pub use options::RunOptions;
pub use options::Spans;
pub use prefix::PrefixCache;
pub use prefix::PrefixRun;
pub use prefix::SharedWork;
pub use sequence::sequence_info;
pub use trace::Cell;
pub use trace::EntryTrace;
pub use trace::Fate;
pub use trace::LayerSummary;
pub use trace::LayerTrace;
pub use trace::MergeGroup;
pub use trace::Outcome;
pub use trace::Removal;
pub use trace::Ribbon;
pub use trace::RunDetail;
pub use trace::Trace;
pub use trace::fused_label;
