//! The bundled fonts: the window, the figure layout and the PNG writer all use these bytes.

/// Roboto Regular (Apache-2.0, see `assets/fonts`).
pub const REGULAR: &[u8] = include_bytes!("../../assets/fonts/Roboto-Regular.ttf");

/// Roboto Medium, for titles and emphasis.
pub const MEDIUM: &[u8] = include_bytes!("../../assets/fonts/Roboto-Medium.ttf");

/// The family name as SVG files write it, with fallbacks for machines that lack it.
pub const FAMILY: &str = "Roboto, 'Noto Sans', 'DejaVu Sans', Arial, sans-serif";
