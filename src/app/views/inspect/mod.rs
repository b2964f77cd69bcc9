//! One text, layer by layer, under every enabled strategy.

pub(crate) mod cell_text;
pub(crate) mod cell_tooltip;
pub(crate) mod columns;
pub(crate) mod details;
pub(crate) mod figure;
pub(crate) mod legend;
pub(crate) mod life_line;
pub(crate) mod overview;
pub(crate) mod panel;
pub(crate) mod ribbon;
pub(crate) mod ribbon_header;
pub(crate) mod scrubber;
pub(crate) mod sentence;
pub(crate) mod text_box;
pub(crate) mod token_row;
