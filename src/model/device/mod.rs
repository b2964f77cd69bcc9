//! The same forward pass on candle's tensors: on candle's own CPU device, or on a GPU with the features `cuda` and `metal`.
//!
//! Everything stays on the device but row numbers, which go there, and what a strategy asked to see, which comes back.

mod attention;
mod choice;
mod error;
mod evidence;
mod parts;
mod relative;
mod states;
mod weights;

pub use choice::DeviceChoice;
pub use error::Error;
pub use states::DeviceStates;
pub use states::RowMoves;
pub use weights::DeviceWeights;
