//! Texts, labels and groups: readers, the authored data set, identity lexicons. No tensors, no models.

mod dataset;

pub use dataset::Dataset;
pub use dataset::Example;
pub use dataset::GroupColumn;
pub use dataset::SkippedRow;
