//! What a run's time is made of: cool colors for the work itself, warm ones for what pruning adds, gray for the rest.

use super::Rgb;
use super::Theme;
use super::oklch::rgb_from_oklch;

/// A kind of work whose share of the time is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Products and softmax of attention.
    Attention,
    /// The feed-forward block.
    FeedForward,
    /// What a strategy computes to decide.
    Scoring,
    /// Moving the rows that stay together.
    Gathering,
    /// Embedding, head, and everything else.
    Other,
}

impl Part {
    /// All of them, in the order in which bars stack them.
    pub const ALL: [Self; 5] = [Self::Attention, Self::FeedForward, Self::Scoring, Self::Gathering, Self::Other];

    /// As legends and tables name it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Attention => "attention",
            Self::FeedForward => "feed-forward",
            Self::Scoring => "scoring",
            Self::Gathering => "gathering",
            Self::Other => "other",
        }
    }

    /// Its color.
    #[must_use]
    pub fn rgb(self, theme: Theme) -> Rgb {
        let (lightness, chroma, hue) = match (self, theme) {
            (Self::Attention, Theme::Light) => (0.46, 0.15, 270.0),
            (Self::FeedForward, Theme::Light) => (0.72, 0.09, 270.0),
            (Self::Scoring | Self::Gathering, Theme::Light) => (0.60, 0.13, 55.0),
            (Self::Other, Theme::Light) => (0.80, 0.01, 270.0),
            (Self::Attention, Theme::Dark) => (0.80, 0.09, 270.0),
            (Self::FeedForward, Theme::Dark) => (0.55, 0.11, 270.0),
            (Self::Scoring | Self::Gathering, Theme::Dark) => (0.74, 0.12, 60.0),
            (Self::Other, Theme::Dark) => (0.42, 0.01, 270.0),
        };
        rgb_from_oklch(lightness, chroma, hue)
    }

    /// Whether it is hatched, so that two parts of one color differ without color.
    #[must_use]
    pub fn is_hatched(self) -> bool {
        self == Self::Gathering
    }
}

#[cfg(test)]
mod tests {
    use super::super::contrast;
    use super::*;

    #[test]
    fn neighbors_in_a_bar_can_be_told_apart_without_color() {
        for theme in [Theme::Light, Theme::Dark] {
            for [one, other] in Part::ALL.array_windows() {
                let ratio = contrast(one.rgb(theme), other.rgb(theme));
                let hatched = one.is_hatched() != other.is_hatched();
                assert!(hatched || ratio >= 1.3, "{theme:?}: {one:?} beside {other:?} has {ratio:.2}");
            }
            for part in Part::ALL {
                let ratio = contrast(part.rgb(theme), theme.background());
                assert!(ratio >= 1.5, "{theme:?}: {part:?} on the ground has {ratio:.2}");
            }
        }
    }
}
