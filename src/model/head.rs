//! The end of a model: which state its head reads, what the head is made of, and what its outputs mean.
//!
//! What outputs mean ([`HeadKind`]) stands apart from what computes them ([`Head`]): every kind is made of the same parts,
//! and those who only show or count outputs need no weights.

use crate::model::Linear;
use crate::model::Norm;
use crate::model::layers::normalize;
use crate::tensor::Activation;
use crate::tensor::Matrix;
use crate::tensor::vector;

/// What a head's outputs say about a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeadKind {
    /// One of several classes: a probability each, which add up to 1.
    #[default]
    Classifier,
    /// One number, a score or a measure.
    Regression(Scale),
    /// Any number of labels, none included: a probability each, independent of the others.
    MultiLabel,
}

/// How the number of a regression is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// As the head gives it.
    Unbounded,
    /// Between 0 and 1, by a sigmoid: rankers and scorers trained with sentence-transformers.
    Sigmoid,
}

impl HeadKind {
    /// `classifier`, `regression` or `multi-label`.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Classifier => "classifier",
            Self::Regression(_) => "regression",
            Self::MultiLabel => "multi-label",
        }
    }

    /// From logits to what is shown: the classes' probabilities, each label's own probability, or the number itself.
    ///
    /// Computed in `f64`. Shape: `[labels]` → `[labels]`. Range: 0–1 (sum 1 for classes); any number for
    /// [`Scale::Unbounded`].
    #[must_use]
    pub fn outputs(self, logits: &[f32]) -> Vec<f32> {
        match self {
            Self::Classifier => softmax(logits),
            Self::MultiLabel | Self::Regression(Scale::Sigmoid) => logits.iter().map(|&logit| sigmoid(logit)).collect(),
            Self::Regression(Scale::Unbounded) => logits.to_vec(),
        }
    }
}

fn softmax(logits: &[f32]) -> Vec<f32> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> = logits.iter().map(|&logit| f64::from(logit - largest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    #[expect(clippy::cast_possible_truncation, reason = "between 0 and 1, rounded to single precision")]
    let shares = powers.into_iter().map(|power| (power / sum) as f32).collect();
    shares
}

#[expect(clippy::cast_possible_truncation, reason = "between 0 and 1, rounded to single precision")]
fn sigmoid(logit: f32) -> f32 {
    (1.0 / (1.0 + (-f64::from(logit)).exp())) as f32
}

/// Which state the head reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pool {
    /// The first token's.
    #[default]
    First,
    /// The mean over all tokens' states after the last norm, special ones counted.
    Mean,
}

/// From the pooled state to logits.
#[derive(Clone, Debug)]
pub struct Head {
    /// Which state is read.
    pub pool: Pool,
    /// On the pooled state (BERT's pooler, `RoBERTa`'s and `ELECTRA`'s dense, `DistilBERT`'s pre-classifier); absent where
    /// the projection reads that state itself.
    pub dense: Option<HeadLayer>,
    /// After the dense layer (`ModernBERT`).
    pub norm: Option<Norm>,
    /// To the logits. Shape of the weight: `[labels, width]`.
    pub projection: HeadLayer,
}

/// A dense layer of a head and what is applied to its outputs.
#[derive(Clone, Debug)]
pub struct HeadLayer {
    /// Shape of the weight: `[outputs, inputs]`.
    pub linear: Linear,
    /// `None`: the outputs stay as they are.
    pub activation: Option<Activation>,
}

impl Head {
    /// The layers that a pooled state passes, in order.
    pub fn layers(&self) -> impl Iterator<Item = &HeadLayer> {
        self.dense.iter().chain([&self.projection])
    }

    /// Logits from pooled states, [`Model::finish`](crate::model::Model::finish) applied. Shape: `[batch, hidden]` →
    /// `[batch, labels]`.
    pub(in crate::model) fn apply(&self, pooled: &Matrix) -> Matrix {
        let hidden = self.dense.as_ref().map(|dense| dense.apply(pooled));
        let Some(norm) = &self.norm else { return self.projection.apply(hidden.as_ref().unwrap_or(pooled)) };
        let mut hidden = hidden.unwrap_or_else(|| pooled.clone());
        normalize(hidden.data_mut(), norm);
        self.projection.apply(&hidden)
    }
}

impl HeadLayer {
    fn apply(&self, states: &Matrix) -> Matrix {
        let mut outputs = self.linear.apply(states);
        if let Some(activation) = self.activation {
            vector::activate(outputs.data_mut(), activation);
        }
        outputs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_the_softmax_of_the_logits() {
        // exp(0) : exp(ln 3) = 1 : 3, and far logits do not overflow.
        let found = HeadKind::Classifier.outputs(&[0.0, 3f32.ln()]);
        assert!((found[0] - 0.25).abs() < 1e-6 && (found[1] - 0.75).abs() < 1e-6, "got {found:?}");
        assert_eq!(HeadKind::Classifier.outputs(&[1000.0, -1000.0]), [1.0, 0.0], "large logits stay finite");
    }

    #[test]
    fn labels_have_probabilities_of_their_own() {
        // 1 / (1 + exp(-ln 3)) = 3 / 4, whatever the other labels say; far logits do not overflow.
        let found = HeadKind::MultiLabel.outputs(&[3f32.ln(), 0.0, 3f32.ln(), 1000.0, -1000.0]);
        assert!((found[0] - 0.75).abs() < 1e-6 && found[0].to_bits() == found[2].to_bits(), "got {found:?}");
        assert_eq!(found[1..2], [0.5], "a logit of 0");
        assert_eq!(found[3..], [1.0, 0.0], "large logits stay finite");
    }

    #[test]
    fn a_number_is_shown_as_it_is_or_through_a_sigmoid() {
        assert_eq!(HeadKind::Regression(Scale::Unbounded).outputs(&[-7.5]), [-7.5], "as it is");
        assert_eq!(HeadKind::Regression(Scale::Sigmoid).outputs(&[0.0]), [0.5], "between 0 and 1");
    }
}
