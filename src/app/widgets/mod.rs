//! One file per widget: a function that draws, reacts, and tells screen readers what it is.

pub(crate) mod bars;
pub(crate) mod cell_text;
pub(crate) mod cell_tooltip;
pub(crate) mod chip;
pub(crate) mod columns;
pub(crate) mod hatch;
pub(crate) mod legend;
pub(crate) mod life_line;
pub(crate) mod marker;
pub(crate) mod numbers;
pub(crate) mod overview;
pub(crate) mod ribbon;
pub(crate) mod ribbon_header;
pub(crate) mod scroll_area;
pub(crate) mod scrubber;
pub(crate) mod section;
pub(crate) mod sentence;
pub(crate) mod sort_head;
pub(crate) mod tabs;
pub(crate) mod token_row;
pub(crate) mod unknown;
