//! Pure functions over slices: no model, no data types.

mod estimate;

pub use estimate::Estimate;
