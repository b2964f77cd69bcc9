//! Ramps: one hue for "how much", two hues with a neutral middle for "which way".

use super::Rgb;
use super::Theme;
use super::contrast;
use super::oklch::rgb_from_oklch;

/// Hue of the sequential ramp, in degrees: a blue violet that no strategy's marker has.
const SEQUENTIAL_HUE: f64 = 270.0;

/// Hues in degrees of the diverging ramp: worse (brown orange), better (blue).
pub const DIVERGING_HUES: (f64, f64) = (55.0, 245.0);

/// How much: `share` 0 is pale (light ground) or dim (dark ground), 1 is deep or bright.
///
/// One hue; perceived lightness falls or rises in equal steps.
/// Range: `share` is clamped to 0–1.
#[must_use]
pub fn sequential(share: f64, theme: Theme) -> Rgb {
    let share = share.clamp(0.0, 1.0);
    let (from, to) = match theme {
        Theme::Light => ((0.955, 0.022), (0.36, 0.165)),
        Theme::Dark => ((0.305, 0.045), (0.90, 0.075)),
    };
    // Chroma swells in the middle, where sRGB has most of it to give.
    let swell = 0.045 * (4.0 * share * (1.0 - share));
    rgb_from_oklch(from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share + swell, SEQUENTIAL_HUE)
}

/// Which way: −1 is fully worse, 0 is neutral gray, 1 is fully better; equal distances look equally strong.
///
/// Range: `value` is clamped to −1–1.
#[must_use]
pub fn diverging(value: f64, theme: Theme) -> Rgb {
    let value = value.clamp(-1.0, 1.0);
    let hue = if value < 0.0 { DIVERGING_HUES.0 } else { DIVERGING_HUES.1 };
    let strength = value.abs();
    let lightness = match theme {
        Theme::Light => 0.93 - 0.42 * strength,
        Theme::Dark => 0.36 + 0.40 * strength,
    };
    rgb_from_oklch(lightness, 0.13 * strength, hue)
}

/// Near-black or white, whichever reads better on `ground`; at least 4.5:1 on any color.
#[must_use]
pub fn ink_on(ground: Rgb) -> Rgb {
    let (dark, light) = ([0, 0, 0], [255, 255, 255]);
    if contrast(dark, ground) >= contrast(light, ground) { dark } else { light }
}

#[cfg(test)]
mod tests {
    use super::super::oklch::lightness;
    use super::*;

    const THEMES: [Theme; 2] = [Theme::Light, Theme::Dark];

    #[test]
    fn lightness_moves_one_way_in_even_steps() {
        for theme in THEMES {
            let steps: Vec<f64> = (0..=20).map(|step| lightness(sequential(f64::from(step) / 20.0, theme))).collect();
            let span = steps[20] - steps[0];
            assert!(span.abs() > 0.5, "{theme:?} spans {span:.2} of lightness");
            for pair in steps.windows(2) {
                let share = (pair[1] - pair[0]) / span;
                assert!((share - 0.05).abs() < 0.012, "{theme:?}: a step of {share:.3} instead of 0.05");
            }
        }
    }

    #[test]
    fn more_means_further_from_the_ground() {
        for theme in THEMES {
            let ground = theme.background();
            assert!(contrast(sequential(1.0, theme), ground) >= 7.0, "{theme:?}: the strong end stands out");
            assert!(contrast(sequential(0.0, theme), ground) >= 1.08, "{theme:?}: the weak end is still seen");
        }
    }

    #[test]
    fn the_middle_is_neutral_and_the_arms_match() {
        for theme in THEMES {
            let [red, green, blue] = diverging(0.0, theme);
            assert!(red.abs_diff(green) <= 1 && green.abs_diff(blue) <= 1, "{theme:?}: gray at zero");
            for share in [0.25, 0.5, 1.0] {
                let (worse, better) = (lightness(diverging(-share, theme)), lightness(diverging(share, theme)));
                assert!((worse - better).abs() < 0.02, "{theme:?} at {share}: {worse:.3} and {better:.3}");
            }
        }
    }

    #[test]
    fn text_on_any_cell_is_readable() {
        for theme in THEMES {
            for step in 0..=50 {
                let ground = sequential(f64::from(step) / 50.0, theme);
                assert!(contrast(ink_on(ground), ground) >= 4.5, "{theme:?} at {step}");
            }
        }
    }
}
