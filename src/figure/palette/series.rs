//! One color, marker and dash per strategy, fixed by its id.

use super::Rgb;
use super::Theme;
use super::contrast;
use super::mix;

/// The shape that stands for a strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Marker {
    /// The dense reference, and only it.
    Diamond,
    /// Filled disk.
    Circle,
    /// Filled square.
    Square,
    /// Triangle, tip up.
    Up,
    /// Triangle, tip down.
    Down,
    /// Triangle, tip left.
    Left,
    /// Triangle, tip right.
    Right,
    /// Five corners.
    Pentagon,
    /// Six corners.
    Hexagon,
    /// Five-pointed star.
    Star,
    /// Two strokes, `x`.
    Cross,
    /// Two strokes, `+`.
    Plus,
    /// Three strokes.
    Asterisk,
}

impl Marker {
    /// Whether the shape is made of strokes and has no inside.
    #[must_use]
    pub fn is_stroked(self) -> bool {
        matches!(self, Self::Cross | Self::Plus | Self::Asterisk)
    }

    /// The shape as polygons or strokes around the origin, y down; a disk of radius 1 has about the same weight.
    /// Stroked markers give one two-point line per stroke; a circle gives nothing, it is drawn as such.
    #[must_use]
    pub fn outline(self) -> Vec<Vec<(f64, f64)>> {
        let polygon = |corners: u32, radius: f64, first_degrees: f64| -> Vec<(f64, f64)> {
            (0..corners)
                .map(|corner| {
                    let angle = (first_degrees + 360.0 * f64::from(corner) / f64::from(corners)).to_radians();
                    (radius * angle.cos(), radius * angle.sin())
                })
                .collect()
        };
        let strokes = |count: u32, first_degrees: f64| -> Vec<Vec<(f64, f64)>> {
            (0..count)
                .map(|stroke| {
                    let (sin, cos) =
                        (first_degrees + 180.0 * f64::from(stroke) / f64::from(count)).to_radians().sin_cos();
                    vec![(-1.1 * cos, -1.1 * sin), (1.1 * cos, 1.1 * sin)]
                })
                .collect()
        };
        match self {
            Self::Circle => Vec::new(),
            Self::Diamond => vec![polygon(4, 1.3, -90.0)],
            Self::Square => vec![polygon(4, 1.25, -45.0)],
            Self::Up => vec![polygon(3, 1.35, -90.0)],
            Self::Down => vec![polygon(3, 1.35, 90.0)],
            Self::Left => vec![polygon(3, 1.35, 180.0)],
            Self::Right => vec![polygon(3, 1.35, 0.0)],
            Self::Pentagon => vec![polygon(5, 1.2, -90.0)],
            Self::Hexagon => vec![polygon(6, 1.15, 0.0)],
            Self::Star => {
                let (outer, inner) = (polygon(5, 1.45, -90.0), polygon(5, 0.65, -54.0));
                vec![outer.into_iter().zip(inner).flat_map(|(tip, notch)| [tip, notch]).collect()]
            }
            Self::Cross => strokes(2, 45.0),
            Self::Plus => strokes(2, 0.0),
            Self::Asterisk => strokes(3, 30.0),
        }
    }
}

/// How a strategy's line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dash {
    /// Unbroken.
    Solid,
    /// Long dashes.
    Dashed,
    /// Dots; the controls.
    Dotted,
    /// Dash and dot.
    DashDot,
}

impl Dash {
    /// Lengths of dash and gap, in line widths; empty for an unbroken line.
    #[must_use]
    pub fn pattern(self) -> &'static [f64] {
        match self {
            Self::Solid => &[],
            Self::Dashed => &[5.0, 3.0],
            Self::Dotted => &[1.0, 2.0],
            Self::DashDot => &[5.0, 2.0, 1.0, 2.0],
        }
    }
}

/// How one strategy looks, everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SeriesStyle {
    /// Okabe and Ito's color; `None` for series drawn in ink (dense) or in muted ink.
    base: Base,
    /// Its shape.
    pub marker: Marker,
    /// Its line.
    pub dash: Dash,
    /// How many strategies of the same id come before it: copies have open markers.
    copy: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Base {
    Ink,
    Muted,
    Color(Rgb),
    /// One hue, deep on light ground and light on dark ground.
    Pair {
        light: Rgb,
        dark: Rgb,
    },
}

impl SeriesStyle {
    /// The marker's inside: the strategy's color, nothing for its first copy, half of it for further ones.
    #[must_use]
    pub fn fill(self, theme: Theme) -> Rgb {
        match self.copy {
            0 => self.color(theme),
            1 => theme.background(),
            _ => mix(theme.background(), self.color(theme), 0.5),
        }
    }

    fn color(self, theme: Theme) -> Rgb {
        match self.base {
            Base::Ink => theme.ink(),
            Base::Muted => theme.muted(),
            Base::Color(color) => color,
            Base::Pair { light, dark } => match theme {
                Theme::Light => light,
                Theme::Dark => dark,
            },
        }
    }

    /// Lines and the marker's edge: the color, moved towards the ink until it has 3:1 on the background
    /// (WCAG 2.1, 1.4.11, for graphics).
    #[must_use]
    pub fn stroke(self, theme: Theme) -> Rgb {
        let color = self.color(theme);
        let steps = (0..=20).map(|step| mix(color, theme.ink(), f64::from(step) / 20.0));
        steps.into_iter().find(|color| contrast(*color, theme.background()) >= 3.0).unwrap_or(theme.ink())
    }
}

const ORANGE: Rgb = [230, 159, 0];
const SKY_BLUE: Rgb = [86, 180, 233];
const GREEN: Rgb = [0, 158, 115];
const YELLOW: Rgb = [240, 228, 66];
const BLUE: Rgb = [0, 114, 178];
const VERMILION: Rgb = [213, 94, 0];
const PURPLE: Rgb = [204, 121, 167];

// More than the seven that were published: found by search as far as possible from those and from each other, on either
// ground, for usual sight and for each of three color deficiencies. The test below repeats the distances.
const INDIGO: Base = Base::Pair { light: [70, 33, 172], dark: [164, 107, 245] };
const PLUM: Base = Base::Pair { light: [74, 44, 87], dark: [187, 45, 140] };
const BROWN: Base = Base::Pair { light: [137, 58, 14], dark: [213, 185, 147] };

/// The look of a strategy by its id, or by its name among several of one id: `tome (2)` has tome's color and shape, but
/// open and with another dash. Strategies not listed here get a color and shape from their name, always the same.
#[must_use]
pub fn series_style(name: &str) -> SeriesStyle {
    let numbered = name.strip_suffix(')').and_then(|name| name.rsplit_once(" ("));
    let numbered = numbered.and_then(|(id, number)| Some((id, number.parse::<usize>().ok()?.checked_sub(1)?)));
    let (id, copy) = numbered.unwrap_or((name, 0));
    let style = style_of(id);
    let dashes = [Dash::Solid, Dash::Dashed, Dash::DashDot, Dash::Dotted];
    let own = dashes.iter().position(|dash| *dash == style.dash).unwrap_or(0);
    SeriesStyle { copy, dash: dashes[(own + copy) % dashes.len()], ..style }
}

fn style_of(id: &str) -> SeriesStyle {
    let (base, marker, dash) = match id {
        "dense" => (Base::Ink, Marker::Diamond, Dash::Solid),
        "power_bert" => (Base::Color(BLUE), Marker::Circle, Dash::Solid),
        "tome" => (Base::Color(VERMILION), Marker::Up, Dash::Solid),
        "ltp" => (Base::Color(GREEN), Marker::Square, Dash::Solid),
        "spatten" => (Base::Color(ORANGE), Marker::Down, Dash::Solid),
        "evit" => (Base::Color(PURPLE), Marker::Pentagon, Dash::Solid),
        "ats" => (Base::Color(SKY_BLUE), Marker::Hexagon, Dash::Solid),
        "length_adaptive" => (INDIGO, Marker::Right, Dash::Dashed),
        "entropy" => (Base::Color(YELLOW), Marker::Star, Dash::Dashed),
        "random" => (Base::Muted, Marker::Cross, Dash::Dotted),
        "first_k" => (BROWN, Marker::Plus, Dash::Dotted),
        "stop_words" => (PLUM, Marker::Asterisk, Dash::Dotted),
        // More strategies than colors that can be told apart: from here on a color comes back with another shape and another
        // line.
        "value_aware" => (Base::Color(BLUE), Marker::Left, Dash::DashDot),
        "norm_based" => (Base::Color(ORANGE), Marker::Left, Dash::DashDot),
        "rollout" => (Base::Color(PURPLE), Marker::Left, Dash::DashDot),
        "zero_tprune" => (Base::Color(GREEN), Marker::Left, Dash::DashDot),
        "acc" => (Base::Color(VERMILION), Marker::Left, Dash::DashDot),
        "ltmp" => (Base::Color(SKY_BLUE), Marker::Up, Dash::DashDot),
        "idf" => (PLUM, Marker::Cross, Dash::Dotted),
        "formula" => (Base::Color(YELLOW), Marker::Left, Dash::Solid),
        "transkimmer" => (Base::Color(VERMILION), Marker::Hexagon, Dash::Dashed),
        "adapler" => (Base::Color(BLUE), Marker::Square, Dash::Dashed),
        "tr_bert" => (Base::Color(GREEN), Marker::Pentagon, Dash::Dashed),
        "top" => (Base::Color(PURPLE), Marker::Star, Dash::Dashed),
        "dynamic_vit" => (Base::Color(ORANGE), Marker::Circle, Dash::Dashed),
        "a_vit" => (INDIGO, Marker::Down, Dash::DashDot),
        other => return style_by_name(other),
    };
    SeriesStyle { base, marker, dash, copy: 0 }
}

fn style_by_name(id: &str) -> SeriesStyle {
    let sum = id.bytes().fold(7_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
    let colors = [VERMILION, GREEN, ORANGE, SKY_BLUE, BLUE, PURPLE];
    let markers = [Marker::Left, Marker::Star, Marker::Hexagon, Marker::Pentagon, Marker::Down, Marker::Right];
    SeriesStyle {
        base: Base::Color(colors[sum % colors.len()]),
        marker: markers[sum / colors.len() % markers.len()],
        dash: Dash::DashDot,
        copy: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The strategies with a color and a marker that no other one of these has. `tests/core` holds every strategy of the
    /// registry, which figures may not name, to a look of its own.
    const IDS: [&str; 12] = [
        "dense",
        "random",
        "first_k",
        "stop_words",
        "power_bert",
        "length_adaptive",
        "ltp",
        "spatten",
        "entropy",
        "ats",
        "tome",
        "evit",
    ];

    fn pairs() -> impl Iterator<Item = (&'static str, &'static str)> {
        IDS.iter().enumerate().flat_map(|(index, one)| IDS[index + 1..].iter().map(move |other| (*one, *other)))
    }

    #[test]
    fn no_two_strategies_share_a_marker_or_a_color() {
        for (one, other) in pairs() {
            let (a, b) = (series_style(one), series_style(other));
            assert_ne!(a.marker, b.marker, "{one} and {other} share a marker");
            for theme in [Theme::Light, Theme::Dark] {
                assert_ne!(a.fill(theme), b.fill(theme), "{one} and {other} share a fill on {theme:?}");
                assert_ne!(a.stroke(theme), b.stroke(theme), "{one} and {other} share a line on {theme:?}");
            }
        }
    }

    /// What a person with a color deficiency sees, as light in red, green and blue.
    ///
    /// Source: Machado, Oliveira, Fernandes 2009, "A Physiologically-based Model for Simulation of Color Vision
    /// Deficiency", the matrices for severity 1 of protanomaly, deuteranomaly and tritanomaly.
    const SIGHTS: [(&str, [[f64; 3]; 3]); 4] = [
        ("usual", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        (
            "protanopia",
            [
                [0.152_286, 1.052_583, -0.204_868],
                [0.114_503, 0.786_281, 0.099_216],
                [-0.003_882, -0.048_116, 1.051_998],
            ],
        ),
        (
            "deuteranopia",
            [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]],
        ),
        (
            "tritanopia",
            [
                [1.255_528, -0.076_749, -0.178_779],
                [-0.078_411, 0.930_809, 0.147_602],
                [0.004_733, 0.691_367, 0.303_900],
            ],
        ),
    ];

    fn seen(color: Rgb, sight: &[[f64; 3]; 3]) -> [f64; 3] {
        let light = color.map(|channel| super::super::oklch::linear(f64::from(channel) / 255.0));
        let light = sight.map(|row| row.iter().zip(light).map(|(weight, channel)| weight * channel).sum::<f64>());
        super::super::oklch::oklab(light.map(|channel| channel.clamp(0.0, 1.0)))
    }

    #[test]
    fn fills_can_be_told_apart_whatever_the_sight() {
        for (one, other) in pairs() {
            for theme in [Theme::Light, Theme::Dark] {
                let (a, b) = (series_style(one).fill(theme), series_style(other).fill(theme));
                for (name, sight) in &SIGHTS {
                    let (a, b) = (seen(a, sight), seen(b, sight));
                    let distance = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                    // 0.02 is a difference that is just seen side by side; small marks need more.
                    assert!(distance >= 0.04, "{one} and {other} on {theme:?}, {name}: {distance:.3}");
                }
            }
        }
    }

    #[test]
    fn lines_reach_three_to_one_and_fills_are_the_published_colors() {
        for id in IDS.iter().copied().chain(["a_future_method"]) {
            for theme in [Theme::Light, Theme::Dark] {
                let ratio = contrast(series_style(id).stroke(theme), theme.background());
                assert!(ratio >= 3.0, "{id} {theme:?}: {ratio:.2}");
            }
        }
        assert_eq!(series_style("tome").fill(Theme::Light), [0xD5, 0x5E, 0x00], "vermilion");
        assert_eq!(series_style("power_bert").fill(Theme::Dark), [0x00, 0x72, 0xB2], "blue");
    }

    #[test]
    fn copies_of_a_strategy_keep_its_shape_and_are_open() {
        let [first, second, third] = ["tome", "tome (2)", "tome (3)"].map(series_style);
        assert_eq!(series_style("tome (1)"), first, "the first one is no copy");
        for (copy, name) in [(second, "second"), (third, "third")] {
            assert_eq!((copy.marker, copy.stroke(Theme::Light)), (first.marker, first.stroke(Theme::Light)), "{name}");
            assert_ne!(copy.fill(Theme::Light), first.fill(Theme::Light), "{name}: another fill");
            assert_ne!(copy.dash, first.dash, "{name}: another line");
        }
        assert_ne!(second, third, "copies differ too");
        assert_eq!(series_style("odd (name)").copy, 0, "brackets alone are no number");
    }

    #[test]
    fn an_unknown_strategy_looks_the_same_every_time() {
        assert_eq!(series_style("zero_tprune"), series_style("zero_tprune"), "same name, same look");
        assert_ne!(series_style("zero_tprune").marker, Marker::Diamond, "the diamond stays with dense");
    }
}
