//! Runs an encoder layer by layer over packed batches and asks the strategy in between.
//!
//! No padding is ever computed; each sequence keeps its own number of tokens; removed tokens leave the tensors.

mod trace;

pub use trace::LayerTrace;
pub use trace::MergeGroup;
pub use trace::Outcome;
pub use trace::Removal;
pub use trace::RunDetail;
pub use trace::Trace;
