//! How far an image of the window may be from its reference: the only place where that stands.

use egui_kittest::SnapshotOptions;

/// Distance of a pixel's color that still counts as the same; renderers round differently.
const THRESHOLD: f32 = 1.2;

/// Plots: thin lines whose edges fall between pixels.
pub(crate) fn plot_limits() -> SnapshotOptions {
    SnapshotOptions::new().threshold(THRESHOLD).max_failed_pixels(600)
}

/// Ribbons: more text, so more edges.
pub(crate) fn ribbon_limits() -> SnapshotOptions {
    SnapshotOptions::new().threshold(THRESHOLD).max_failed_pixels(1500)
}
