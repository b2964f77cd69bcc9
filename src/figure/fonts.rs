//! The bundled fonts: the window, the figure layout and the PNG writer all use these bytes.

/// Roboto Regular (Apache-2.0, see `assets/fonts`).
pub const REGULAR: &[u8] = include_bytes!("../../assets/fonts/Roboto-Regular.ttf");

/// Roboto Medium, for titles and emphasis.
pub const MEDIUM: &[u8] = include_bytes!("../../assets/fonts/Roboto-Medium.ttf");

/// What SVG files ask for where the bundled font has no glyphs; the last one is whatever the reader has.
pub const FOREIGN_FAMILY: &str = "'Noto Sans', 'DejaVu Sans', Arial, sans-serif";
