//! What happened in a run: [`Trace`] row by row as the engine writes it, [`Ribbon`] as a grid of tokens and layers.

mod grid;
mod rows;

pub use grid::Cell;
pub use grid::Fate;
pub use grid::LayerSummary;
pub use grid::Ribbon;
pub use grid::fused_label;
pub use rows::EntryTrace;
pub use rows::LayerTrace;
pub use rows::MergeGroup;
pub use rows::Outcome;
pub use rows::Removal;
pub use rows::RunDetail;
pub use rows::Trace;
