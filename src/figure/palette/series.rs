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
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Base {
    Ink,
    Muted,
    Color(Rgb),
}

impl SeriesStyle {
    /// The marker's inside.
    #[must_use]
    pub fn fill(self, theme: Theme) -> Rgb {
        match self.base {
            Base::Ink => theme.ink(),
            Base::Muted => theme.muted(),
            Base::Color(color) => color,
        }
    }

    /// Lines and the marker's edge: the fill, moved towards the ink until it has 3:1 on the background
    /// (WCAG 2.1, 1.4.11, for graphics).
    #[must_use]
    pub fn stroke(self, theme: Theme) -> Rgb {
        let fill = self.fill(theme);
        let steps = (0..=20).map(|step| mix(fill, theme.ink(), f64::from(step) / 20.0));
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

/// The look of a strategy by its id. Strategies not listed here get a color and shape from their name, always the same.
#[must_use]
pub fn series_style(id: &str) -> SeriesStyle {
    let (base, marker, dash) = match id {
        "dense" => (Base::Ink, Marker::Diamond, Dash::Solid),
        "power_bert" => (Base::Color(BLUE), Marker::Circle, Dash::Solid),
        "tome" => (Base::Color(VERMILION), Marker::Up, Dash::Solid),
        "ltp" => (Base::Color(GREEN), Marker::Square, Dash::Solid),
        "spatten" => (Base::Color(ORANGE), Marker::Down, Dash::Solid),
        "evit" => (Base::Color(PURPLE), Marker::Pentagon, Dash::Solid),
        "ats" => (Base::Color(SKY_BLUE), Marker::Hexagon, Dash::Solid),
        "length_adaptive" => (Base::Color(BLUE), Marker::Right, Dash::Dashed),
        "entropy" => (Base::Color(YELLOW), Marker::Star, Dash::Dashed),
        "random" => (Base::Muted, Marker::Cross, Dash::Dotted),
        "first_k" => (Base::Muted, Marker::Plus, Dash::Dotted),
        "stop_words" => (Base::Color(PURPLE), Marker::Asterisk, Dash::Dotted),
        other => return style_by_name(other),
    };
    SeriesStyle { base, marker, dash }
}

fn style_by_name(id: &str) -> SeriesStyle {
    let sum = id.bytes().fold(7_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
    let colors = [VERMILION, GREEN, ORANGE, SKY_BLUE, BLUE, PURPLE];
    let markers = [Marker::Left, Marker::Star, Marker::Hexagon, Marker::Pentagon, Marker::Down, Marker::Right];
    SeriesStyle {
        base: Base::Color(colors[sum % colors.len()]),
        marker: markers[sum / colors.len() % markers.len()],
        dash: Dash::DashDot,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn no_two_strategies_share_a_marker() {
        for (index, one) in IDS.iter().enumerate() {
            for other in &IDS[index + 1..] {
                assert_ne!(series_style(one).marker, series_style(other).marker, "{one} and {other}");
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
    fn an_unknown_strategy_looks_the_same_every_time() {
        assert_eq!(series_style("zero_tprune"), series_style("zero_tprune"), "same name, same look");
        assert_ne!(series_style("zero_tprune").marker, Marker::Diamond, "the diamond stays with dense");
    }
}
