//! Lightness, chroma and hue in a space where equal steps look equal.
//!
//! Source: Ottosson 2020, "A perceptual color space for image processing"
//! (<https://bottosson.github.io/posts/oklab/>), the matrices of the section "Converting to linear sRGB".

use super::Rgb;
use super::theme::byte;

/// A color by lightness (0–1), chroma (0–0.4) and hue in degrees; chroma is lowered until sRGB can show it.
pub(super) fn rgb_from_oklch(lightness: f64, chroma: f64, hue: f64) -> Rgb {
    let mut chroma = chroma;
    loop {
        let linear_rgb = linear_from_oklch(lightness, chroma, hue);
        if chroma <= 0.0 || linear_rgb.iter().all(|channel| (-1e-4..=1.0 + 1e-4).contains(channel)) {
            return linear_rgb.map(|channel| byte(255.0 * encoded(channel.clamp(0.0, 1.0))));
        }
        chroma -= 0.002;
    }
}

/// The perceived lightness of a color, 0–1.
#[cfg(test)]
pub(super) fn lightness(color: Rgb) -> f64 {
    oklab(color.map(|channel| linear(f64::from(channel) / 255.0)))[0]
}

/// Lightness and the two opponent axes of light in red, green and blue.
#[cfg(test)]
pub(super) fn oklab([r, g, b]: [f64; 3]) -> [f64; 3] {
    let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
    let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
    let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
    [
        0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
        1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
        0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
    ]
}

fn linear_from_oklch(lightness: f64, chroma: f64, hue: f64) -> [f64; 3] {
    let (sin, cos) = hue.to_radians().sin_cos();
    let (a, b) = (chroma * cos, chroma * sin);
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
    [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
    ]
}

/// From an sRGB channel (0–1) to light.
pub(super) fn linear(channel: f64) -> f64 {
    if channel <= 0.040_45 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
}

fn encoded(light: f64) -> f64 {
    if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_colors_come_out() {
        assert_eq!(rgb_from_oklch(1.0, 0.0, 0.0), [255, 255, 255], "white");
        assert_eq!(rgb_from_oklch(0.0, 0.0, 0.0), [0, 0, 0], "black");
        // Ottosson's own example: linear sRGB red is L 0.628, C 0.2577, h 29.23 degrees.
        let [red, green, blue] = rgb_from_oklch(0.627_955, 0.257_683, 29.234);
        assert!(red >= 253 && green <= 12 && blue <= 12, "red: {red} {green} {blue}");
        assert!((lightness([255, 0, 0]) - 0.627_955).abs() < 1e-4, "lightness of red");
    }
}
