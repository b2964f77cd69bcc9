//! Scene → files: SVG written here, PNG by way of it. Renderers only read the scene and decide nothing about it.

mod png;
mod svg;
mod svg_text;

pub use png::Error as PngError;
pub use png::to_png;
pub use svg::to_svg;
