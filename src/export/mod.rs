//! Results as JSON, CSV and Parquet, and the manifest: what `inspect --json` and `evaluate --out` write.
//!
//! Everything is written beside its target and renamed, so that no file is ever half there. The same results give the
//! same bytes; the one time stamp and the measured durations are in the manifest. Computes no number of its own.

mod inspection;
mod json;

pub use inspection::inspection_json;
pub use json::json_text;
