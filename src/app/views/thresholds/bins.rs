//! Scores of a layer as a histogram, and what a line on it means.

use crate::evaluation::ScoredLayer;
use crate::evaluation::ScoredToken;
use crate::pruning::LayerValues;

/// Bars of a histogram.
pub(crate) const BINS: usize = 32;
/// The axis ends where this share of the tokens lies below: a few large scores would squeeze all others together.
const SHOWN: f64 = 0.99;

/// The range of scores that a histogram shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Axis {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Axis {
    /// From the lowest score to nearly the highest; the line is always on it.
    pub(crate) fn of(scores: &[f64], line: Option<f64>) -> Option<Self> {
        let (low, high) = (*scores.first()?, quantile(scores, SHOWN)?);
        let (low, high) = line.map_or((low, high), |line| (low.min(line), high.max(line)));
        // Scores that are all alike still need an axis of some width.
        let room = if high > low { 0.0 } else { high.abs().max(1e-6) / 2.0 };
        Some(Self { low: low - room, high: high + room })
    }

    /// Where a score lies. Range: 0–1, what is beyond the axis at its end.
    pub(crate) fn share(self, score: f64) -> f64 {
        ((score - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// The score at a place of the axis.
    pub(crate) fn score(self, share: f64) -> f64 {
        self.low + share.clamp(0.0, 1.0) * (self.high - self.low)
    }

    /// The bar a score belongs to; what is beyond the axis is in the last one.
    pub(crate) fn bin(self, score: f64) -> usize {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a few bars")]
        let bin = (self.share(score) * BINS as f64) as usize;
        bin.min(BINS - 1)
    }
}

/// Scores of the tokens of the text in ascending order: special tokens have scores of their own kind and are left out.
pub(crate) fn sorted_scores(layer: &ScoredLayer) -> Vec<f64> {
    let mut scores: Vec<f64> =
        layer.tokens.iter().filter(|token| !token.special).map(|token| f64::from(token.score)).collect();
    scores.sort_by(f64::total_cmp);
    scores
}

/// The score below which a share of the tokens lies.
pub(crate) fn quantile(scores: &[f64], share: f64) -> Option<f64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index into the scores")]
    let index = (share.clamp(0.0, 1.0) * scores.len().saturating_sub(1) as f64).round() as usize;
    scores.get(index).copied()
}

/// How many tokens fall into each bar: those that stay, and those that go.
pub(crate) fn counts<'a>(axis: Axis, tokens: impl Iterator<Item = &'a ScoredToken>) -> [[usize; 2]; BINS] {
    let mut counts = [[0; 2]; BINS];
    for token in tokens.filter(|token| !token.special) {
        counts[axis.bin(f64::from(token.score))][usize::from(!token.kept)] += 1;
    }
    counts
}

/// The number that the layer's list gets when the line stands at a score: the score itself where the list holds thresholds,
/// else the share of all original tokens that score at least so much or are special. Rounded to what is shown, so that
/// typing the number that is read gives the same run.
pub(crate) fn value_at(score: f64, (layer, tokens): (&ScoredLayer, usize), values: &LayerValues) -> f64 {
    let (min, max) = values.range();
    if values.are_thresholds() {
        return significant(score).clamp(min, max);
    }
    let stays = |token: &&ScoredToken| token.special || f64::from(token.score) >= score;
    let share = layer.tokens.iter().filter(stays).count() as f64 / tokens.max(1) as f64;
    ((share * 1000.0).round() / 1000.0).max(0.001).clamp(min, max)
}

/// Three digits.
fn significant(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the exponent of a finite number")]
    let places = 2 - value.abs().log10().floor() as i32;
    // Through text, so that the number is the one that reads so.
    format!("{value:.*}", usize::try_from(places).unwrap_or(0)).parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pruning::StrategySpec;
    use crate::tensor::ModelShape;

    const SHAPE: ModelShape =
        ModelShape { num_layers: 2, hidden: 8, num_heads: 2, head_dim: 4, intermediate: 16, reads_mean: false };

    fn layer() -> ScoredLayer {
        let token =
            |position: u32, score: f32, special| ScoredToken { text: 0, position, score, kept: score >= 0.3, special };
        let tokens = vec![token(0, 9.0, true), token(1, 0.1, false), token(2, 0.2, false), token(3, 0.4, false)];
        ScoredLayer { tokens, ..ScoredLayer::default() }
    }

    #[test]
    fn special_tokens_are_no_part_of_the_histogram() {
        let layer = layer();
        let scores = sorted_scores(&layer);
        assert_eq!(scores.len(), 3, "three tokens of the text");
        let axis = Axis::of(&scores, None).unwrap();
        let counts = counts(axis, layer.tokens.iter());
        assert_eq!(counts.iter().map(|[stay, _]| stay).sum::<usize>(), 1, "one stays");
        assert_eq!(counts.iter().map(|[_, go]| go).sum::<usize>(), 2, "two go");
        assert_eq!((counts[0][1], counts[BINS - 1][0]), (1, 1), "the lowest and the highest at the ends");
        assert!(Axis::of(&[], None).is_none(), "nothing to show");
        let alike = Axis::of(&[0.5, 0.5], Some(0.5)).unwrap();
        assert!((alike.share(0.5) - 0.5).abs() < 1e-12, "scores that are all alike lie in the middle");
        assert!((alike.score(alike.share(0.6)) - 0.6).abs() < 1e-12, "there and back");
    }

    #[test]
    fn a_line_is_a_threshold_or_the_share_that_reaches_it() {
        let values = |spec: &str| StrategySpec::parse(spec).unwrap().layer_values(&SHAPE).unwrap().unwrap();
        let (layer, ltp, power) = (layer(), values("ltp"), values("power_bert"));
        assert_eq!(value_at(0.123_456, (&layer, 4), &ltp), 0.123, "the score, as it reads");
        assert_eq!(value_at(1234.5, (&layer, 4), &ltp), 1.0, "within what the key accepts");
        assert_eq!(value_at(0.2, (&layer, 4), &power), 0.75, "two tokens reach it, one is special, of four");
        assert_eq!(value_at(5.0, (&layer, 4), &power), 0.25, "the special one alone");
        assert_eq!(significant(0.000_012_345), 0.000_012_3, "three digits of a small score");
    }
}
