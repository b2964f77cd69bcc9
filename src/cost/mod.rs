//! What a run costs, in closed form and counted.
//!
//! One multiply-accumulate (MAC) is two FLOPs. Counted are the products of strategies.md section 1.5; additions, norms,
//! softmax and look-ups are not. Counts from real runs are in `engine::Trace`; the same numbers in closed form are here.

mod flops;

pub use flops::dense_macs;
pub use flops::head_macs;
pub use flops::layer_macs;
pub use flops::model_layer_macs;
pub use flops::schedule_macs;
