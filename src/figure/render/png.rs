//! Scene → PNG, by way of the SVG, so that both files look alike.

use std::collections::BTreeSet;
use std::sync::Arc;

use resvg::tiny_skia::Pixmap;
use resvg::tiny_skia::Transform;
use resvg::usvg;

use super::super::fonts;
use super::super::foreign::MachineFonts;
use super::super::scene::Item;
use super::super::scene::Scene;
use super::super::text_metrics::TextMetrics;
use super::super::text_metrics::Weight;
use super::svg::to_svg;

/// Longest side of an image in pixels; larger ones are scaled down to it.
const LONGEST_SIDE: f64 = 16_384.0;

/// Why no image could be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The SVG was not understood; a fault of ours.
    #[error("figure {title:?} gives an SVG that cannot be read back")]
    Parse {
        /// The figure's title.
        title: String,
        /// What the reader says.
        #[source]
        source: usvg::Error,
    },
    /// No memory, or no area.
    #[error("no image of {width} by {height} pixels can be made")]
    Size {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
    /// The encoder failed.
    #[error("image of {width} by {height} pixels cannot be written as PNG")]
    Encode {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
        /// What the encoder says.
        #[source]
        source: std::io::Error,
    },
}

/// Draws a scene as PNG, `scale` pixels per point.
///
/// # Errors
/// See [`Error`].
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range above")]
pub fn to_png(scene: &Scene, scale: f64) -> Result<Vec<u8>, Error> {
    let scale = scale.min(LONGEST_SIDE / scene.width.max(scene.height).max(1.0));
    let mut options = usvg::Options { font_family: "Roboto".to_owned(), ..Default::default() };
    load_fonts(Arc::make_mut(&mut options.fontdb), scene);
    let tree = usvg::Tree::from_str(&to_svg(scene), &options)
        .map_err(|source| Error::Parse { title: scene.title.clone(), source })?;
    let pixels = |points: f64| (points * scale).ceil().clamp(1.0, LONGEST_SIDE) as u32;
    let (width, height) = (pixels(scene.width), pixels(scene.height));
    let mut pixmap = Pixmap::new(width, height).ok_or(Error::Size { width, height })?;
    // The reader turns points into its own pixels of 1/96 inch; the factor undoes that.
    let factor = (f64::from(width) / f64::from(tree.size().width())) as f32;
    resvg::render(&tree, Transform::from_scale(factor, factor), &mut pixmap.as_mut());
    pixmap.encode_png().map_err(|source| Error::Encode { width, height, source: std::io::Error::other(source) })
}

/// Outlines need no font; what they leave to fonts is drawn with those of this machine, or as the bundled font's boxes.
fn load_fonts(fonts: &mut fontdb::Database, scene: &Scene) {
    let metrics = TextMetrics::bundled();
    let is_missing = |character: &char| !metrics.has_glyph(*character, Weight::Regular);
    let texts = scene.items.iter().filter_map(|item| if let Item::Text(text) = item { Some(text) } else { None });
    let missing: BTreeSet<char> = texts.flat_map(|text| text.content.chars()).filter(is_missing).collect();
    if missing.is_empty() {
        return;
    }
    fonts.load_font_data(fonts::REGULAR.to_vec());
    fonts.set_sans_serif_family("Roboto");
    for data in MachineFonts::shared().needed_for(&missing) {
        fonts.load_font_source(fontdb::Source::Binary(data));
    }
}
