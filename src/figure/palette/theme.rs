//! The few colors that are not data: ground, ink, lines, and what asks for attention.

use super::Rgb;

/// Light or dark ground.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Theme {
    /// Dark ink on white; what exports use unless asked otherwise.
    #[default]
    Light,
    /// Light ink on near-black.
    Dark,
}

impl Theme {
    /// What everything is drawn on.
    #[must_use]
    pub fn background(self) -> Rgb {
        match self {
            Self::Light => [255, 255, 255],
            Self::Dark => [24, 26, 30],
        }
    }

    /// Text and the dense reference.
    #[must_use]
    pub fn ink(self) -> Rgb {
        match self {
            Self::Light => [28, 30, 34],
            Self::Dark => [229, 231, 235],
        }
    }

    /// Secondary text: units, captions, tick labels. At least 4.5:1 on the background.
    #[must_use]
    pub fn muted(self) -> Rgb {
        match self {
            Self::Light => [92, 97, 107],
            Self::Dark => [160, 166, 178],
        }
    }

    /// Axis lines and borders.
    #[must_use]
    pub fn line(self) -> Rgb {
        match self {
            Self::Light => [172, 177, 186],
            Self::Dark => [88, 94, 105],
        }
    }

    /// Grid lines and hatching: seen, never read.
    #[must_use]
    pub fn grid(self) -> Rgb {
        match self {
            Self::Light => [229, 231, 235],
            Self::Dark => [46, 50, 57],
        }
    }

    /// Selection and focus. At least 4.5:1 on the background.
    #[must_use]
    pub fn accent(self) -> Rgb {
        match self {
            Self::Light => [0, 98, 168],
            Self::Dark => [97, 175, 239],
        }
    }

    /// A decision that differs, a value to be careful with. At least 4.5:1 on the background.
    #[must_use]
    pub fn warning(self) -> Rgb {
        match self {
            Self::Light => [148, 88, 0],
            Self::Dark => [240, 178, 76],
        }
    }

    /// Something failed. At least 4.5:1 on the background.
    #[must_use]
    pub fn error(self) -> Rgb {
        match self {
            Self::Light => [184, 28, 28],
            Self::Dark => [245, 128, 118],
        }
    }
}

/// Blends `share` of `top` over `bottom`, in sRGB as renderers do.
///
/// Range: `share` is clamped to 0–1.
#[must_use]
pub fn mix(bottom: Rgb, top: Rgb, share: f64) -> Rgb {
    let share = share.clamp(0.0, 1.0);
    std::array::from_fn(|channel| {
        let (from, to) = (f64::from(bottom[channel]), f64::from(top[channel]));
        byte(from + (to - from) * share)
    })
}

/// The contrast of two colors: 1 (same) to 21 (black on white).
///
/// Source: W3C 2018, Web Content Accessibility Guidelines 2.1, "contrast ratio"
/// (<https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio>).
#[must_use]
pub fn contrast(one: Rgb, other: Rgb) -> f64 {
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(color: Rgb) -> f64 {
    let [red, green, blue] = color.map(|channel| super::oklch::linear(f64::from(channel) / 255.0));
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// Rounds a channel value of 0–255.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range of a byte")]
pub(super) fn byte(value: f64) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_follows_the_definition() {
        assert!((contrast([0, 0, 0], [255, 255, 255]) - 21.0).abs() < 1e-9, "black on white is 21");
        // 0x77 = 119: linear 0.184475; (1.05) / (0.234475) = 4.478, the well-known near miss of 4.5.
        assert!((contrast([119, 119, 119], [255, 255, 255]) - 4.478).abs() < 1e-3, "mid gray on white");
    }

    #[test]
    fn text_colors_reach_four_and_a_half_to_one() {
        for theme in [Theme::Light, Theme::Dark] {
            for (name, color) in [
                ("ink", theme.ink()),
                ("muted", theme.muted()),
                ("accent", theme.accent()),
                ("warning", theme.warning()),
                ("error", theme.error()),
            ] {
                let ratio = contrast(color, theme.background());
                assert!(ratio >= 4.5, "{theme:?} {name}: {ratio:.2}");
            }
        }
    }

    #[test]
    fn a_blend_lies_between_its_ends() {
        assert_eq!(mix([0, 100, 200], [100, 0, 200], 0.5), [50, 50, 200], "half way");
        assert_eq!(mix([0, 0, 0], [255, 255, 255], 7.0), [255, 255, 255], "clamped");
    }
}
