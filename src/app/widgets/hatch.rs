//! The diagonal hatch that marks what is gone, as a texture that tiles.

use egui::Color32;
use egui::ColorImage;
use egui::Context;
use egui::Mesh;
use egui::Rect;
use egui::TextureHandle;
use egui::TextureOptions;
use egui::TextureWrapMode;

/// Width and height of a tile in points; lines are this far apart along each axis.
const TILE: f32 = 6.0;
/// Thickness of a line in points, across the diagonal.
const LINE: f32 = 1.0;

/// The texture at this scale, white on nothing; tinted when it is painted.
fn texture(ctx: &Context) -> TextureHandle {
    let scale = ctx.pixels_per_point();
    let id = egui::Id::unique("hatch texture");
    let key = scale.to_bits();
    let known = ctx.data(|data| data.get_temp::<(u32, TextureHandle)>(id)).filter(|(have, _)| *have == key);
    if let Some((_, texture)) = known {
        return texture;
    }
    let options = TextureOptions { wrap_mode: TextureWrapMode::Repeat, ..TextureOptions::LINEAR };
    let texture = ctx.load_texture("hatch", tile(TILE * scale, LINE * scale), options);
    ctx.data_mut(|data| data.insert_temp(id, (key, texture.clone())));
    texture
}

/// One tile: how much of each pixel the line covers.
fn tile(size: f32, line: f32) -> ColorImage {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few pixels")]
    let pixels = size.round().max(4.0) as usize;
    let period = pixels as f32 / std::f32::consts::SQRT_2;
    let mut colors = Vec::with_capacity(pixels * pixels);
    for y in 0..pixels {
        for x in 0..pixels {
            // Distance of the pixel's center from the nearest line `x + y = k * pixels`.
            let along = ((x + y) as f32 + 1.0) / pixels as f32;
            let distance = (along - along.round()).abs() * period;
            let cover = (line / 2.0 + 0.5 - distance).clamp(0.0, 1.0);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
            colors.push(Color32::from_white_alpha((cover * 255.0).round() as u8));
        }
    }
    ColorImage::new([pixels, pixels], colors)
}

/// Collects hatched rectangles into one mesh.
pub(crate) struct Hatch {
    mesh: Mesh,
    color: Color32,
}

impl Hatch {
    /// In this color.
    pub(crate) fn new(ctx: &Context, color: Color32) -> Self {
        Self { mesh: Mesh::with_texture(texture(ctx).id()), color }
    }

    /// Hatches a rectangle; the lines of neighbours meet.
    pub(crate) fn add(&mut self, rect: Rect) {
        let uv = Rect::from_min_max((rect.min.to_vec2() / TILE).to_pos2(), (rect.max.to_vec2() / TILE).to_pos2());
        self.mesh.add_rect_with_uv(rect, uv, self.color);
    }

    /// To be painted.
    pub(crate) fn into_mesh(self) -> Mesh {
        self.mesh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tile_meets_itself_at_its_edges() {
        let tile = tile(12.0, 2.0);
        let [size, _] = tile.size;
        let at = |x: usize, y: usize| tile.pixels[y % size * size + x % size].a();
        for step in 0..size {
            // A line runs from top right to bottom left: one to the left and one down is on the same line.
            assert_eq!(at(step + size, 0), at(step + size - 1, 1), "column {step}");
        }
        assert!(
            tile.pixels.iter().any(|pixel| pixel.a() == 255) && tile.pixels.iter().any(|pixel| pixel.a() == 0),
            "lines and gaps"
        );
    }
}
