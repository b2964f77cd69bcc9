//! Runs an encoder layer by layer over packed batches and asks the strategy in between.
//!
//! No padding is ever computed; each sequence keeps its own number of tokens; removed tokens leave the tensors.

mod batching;
mod error;
mod finite;
mod forward;
mod macs;
mod memory;
mod options;
mod pool;
mod rearrange;
mod ribbon;
mod sequence;
mod shared;
mod state;
mod states;
mod trace;

pub use batching::plan_batches;
pub use error::Error;
pub use error::Step;
pub use forward::run;
pub use forward::run_timed;
pub use memory::UnknownAmount;
pub use memory::check_memory_limit;
pub use options::Report;
pub use options::RunOptions;
pub use options::Spans;
pub use ribbon::Cell;
pub use ribbon::Fate;
pub use ribbon::LayerSummary;
pub use ribbon::Ribbon;
pub use ribbon::column_label;
pub use ribbon::fused_label;
pub use sequence::sequence_info;
pub use shared::Branch;
pub use shared::SharedWork;
pub use shared::Trunk;
pub use trace::LayerTrace;
pub use trace::MergeGroup;
pub use trace::Outcome;
pub use trace::Removal;
pub use trace::RunDetail;
pub use trace::Trace;
