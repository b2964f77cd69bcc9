//! What is drawn the same everywhere; knows no view.

pub(crate) mod bars;
pub(crate) mod chip;
pub(crate) mod figure_view;
pub(crate) mod hatch;
pub(crate) mod keys;
pub(crate) mod marker;
pub(crate) mod numbers;
pub(crate) mod plots;
pub(crate) mod scene_painter;
pub(crate) mod scroll_area;
pub(crate) mod section;
pub(crate) mod sort_head;
pub(crate) mod tabs;
pub(crate) mod theme;
pub(crate) mod unknown;
