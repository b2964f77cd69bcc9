//! What a figure says, where it goes, how it is written.
//!
//! Knows nothing about windows: colors are plain `[u8; 3]`, lengths are points.
//! Start reading at [`palette`] for colors.

pub mod fonts;
pub mod palette;
mod text_metrics;

pub use text_metrics::TextMetrics;
pub use text_metrics::Weight;
