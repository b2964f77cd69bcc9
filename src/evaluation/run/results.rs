//! What strategies did to items: everything about a few, and a few numbers about all.

use crate::evaluation::Answer;
use crate::evaluation::Prepared;
use crate::model::HeadKind;

/// What one strategy did to one item.
#[derive(Clone, Debug, PartialEq)]
pub struct ExampleResult {
    /// What is answered.
    pub answer: Answer,
    /// Shape: `[labels]`.
    pub logits: Vec<f32>,
    /// What the head makes of the logits: the classes' probabilities, each label's own, or the number. Shape: `[labels]`.
    pub outputs: Vec<f32>,
    /// Original tokens `n0`, special ones counted.
    pub tokens: usize,
    /// Tokens alive after the last layer.
    pub tokens_kept: usize,
    /// Mean over layers of kept ÷ `n0`.
    pub retention_mean: f64,
    /// Multiply-accumulates, the strategy's own and the classifier head included.
    pub macs: u64,
    /// Multiply-accumulates of the dense model on the same tokens.
    pub dense_macs: u64,
}

impl ExampleResult {
    /// Probability of a class or label of interest, or the number of a regression.
    ///
    /// Range: 0–1 for probabilities; `None` where the model has other than two classes.
    #[must_use]
    pub fn score(&self, positive: usize) -> Option<f32> {
        match self.answer {
            Answer::Class(_) if self.outputs.len() != 2 => None,
            Answer::Class(_) | Answer::Labels(_) => self.outputs.get(positive).copied(),
            Answer::Value(_) => self.outputs.first().copied(),
        }
    }

    fn class(&self) -> Option<usize> {
        if let Answer::Class(class) = self.answer { Some(class) } else { None }
    }
}

/// One strategy's results on many items, column by column: what metrics, intervals and costs need, 36 bytes an item, and
/// four more for each output of a head that gives no classes.
///
/// Nothing in it depends on which class is of interest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    /// Classes; 0 where the head gives none.
    predictions: Vec<u32>,
    /// Number of each item, or each label's probability, item after item; empty for classes.
    outputs: Vec<f32>,
    /// Of each class; empty where the model has other than two.
    scores: [Vec<f32>; 2],
    label_probabilities: Vec<f32>,
    tokens_kept: Vec<u32>,
    retentions: Vec<f64>,
    macs: Vec<u64>,
}

impl Results {
    /// Takes the next item's result; `label` is its class.
    pub fn push(&mut self, result: &ExampleResult, label: Option<usize>) {
        let class = result.class();
        self.predictions.push(class.map_or(0, narrow));
        match class {
            Some(_) => {
                for (class, scores) in self.scores.iter_mut().enumerate() {
                    scores.extend(result.score(class));
                }
            }
            None => self.outputs.extend(&result.outputs),
        }
        // Without a label it is never asked for; of a label without a probability no loss can be computed.
        let of_label = |label| result.outputs.get(label).copied().unwrap_or(f32::NAN);
        self.label_probabilities.push(label.map_or(0.0, of_label));
        self.tokens_kept.push(narrow(result.tokens_kept));
        self.retentions.push(result.retention_mean);
        self.macs.push(result.macs);
    }

    /// Takes the results of the items from number `first` on.
    pub fn extend(&mut self, prepared: &Prepared, first: usize, results: &[ExampleResult]) {
        for (item, result) in (first..).zip(results) {
            self.push(result, prepared.label(item));
        }
    }

    /// The results of some items, in this order.
    #[must_use]
    pub fn pick(&self, items: &[u32]) -> Self {
        fn of<T: Copy>(column: &[T], items: &[u32]) -> Vec<T> {
            if column.is_empty() { Vec::new() } else { items.iter().map(|&item| column[item as usize]).collect() }
        }
        Self {
            outputs: items.iter().flat_map(|&item| self.outputs(item as usize)).copied().collect(),
            predictions: of(&self.predictions, items),
            scores: self.scores.each_ref().map(|scores| of(scores, items)),
            label_probabilities: of(&self.label_probabilities, items),
            tokens_kept: of(&self.tokens_kept, items),
            retentions: of(&self.retentions, items),
            macs: of(&self.macs, items),
        }
    }

    /// All columns as bytes, for a file of the program's own; see [`Results::from_bytes`]. Outputs of heads that give no
    /// classes stand at the end, so that the results of classifiers are written as they were before there were others.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let count = |len: usize| (len as u64).to_le_bytes();
        let mut bytes = [count(self.len()), count(self.scores[0].len())].concat();
        bytes.extend(self.predictions.iter().flat_map(|value| value.to_le_bytes()));
        bytes.extend(self.scores.iter().flatten().flat_map(|value| value.to_le_bytes()));
        bytes.extend(self.label_probabilities.iter().flat_map(|value| value.to_le_bytes()));
        bytes.extend(self.tokens_kept.iter().flat_map(|value| value.to_le_bytes()));
        bytes.extend(self.retentions.iter().flat_map(|value| value.to_le_bytes()));
        bytes.extend(self.macs.iter().flat_map(|value| value.to_le_bytes()));
        bytes.extend(self.outputs.iter().flat_map(|value| value.to_le_bytes()));
        bytes
    }

    /// What [`Results::to_bytes`] has written; `None` for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let [len, scores] = [take_count(&mut rest)?, take_count(&mut rest)?];
        let mut results = Self {
            outputs: Vec::new(),
            predictions: take_column(&mut rest, len, u32::from_le_bytes)?,
            scores: [
                take_column(&mut rest, scores, f32::from_le_bytes)?,
                take_column(&mut rest, scores, f32::from_le_bytes)?,
            ],
            label_probabilities: take_column(&mut rest, len, f32::from_le_bytes)?,
            tokens_kept: take_column(&mut rest, len, u32::from_le_bytes)?,
            retentions: take_column(&mut rest, len, f64::from_le_bytes)?,
            macs: take_column(&mut rest, len, u64::from_le_bytes)?,
        };
        let outputs = rest.len() / size_of::<f32>();
        let has_outputs = scores == 0 && len > 0 && outputs.is_multiple_of(len);
        if !rest.is_empty() && has_outputs {
            results.outputs = take_column(&mut rest, outputs, f32::from_le_bytes)?;
        }
        (rest.is_empty() && (scores == len || scores == 0)).then_some(results)
    }

    /// Number of items.
    #[must_use]
    pub fn len(&self) -> usize {
        self.predictions.len()
    }

    /// Whether there is no item.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.predictions.is_empty()
    }

    /// The number of an item, or each label's probability; empty where the head gives classes.
    #[must_use]
    pub fn outputs(&self, item: usize) -> &[f32] {
        let width = self.outputs.len().checked_div(self.len()).unwrap_or(0);
        self.outputs.get(item * width..(item + 1) * width).unwrap_or(&[])
    }

    /// What is answered on an item.
    #[must_use]
    pub fn answer(&self, head: HeadKind, item: usize) -> Answer {
        match head {
            HeadKind::Classifier => Answer::Class(self.predictions[item] as usize),
            HeadKind::Regression(_) | HeadKind::MultiLabel => Answer::of(head, &[], self.outputs(item)),
        }
    }

    /// Predicted class of each item; 0 where the head gives none.
    #[must_use]
    pub fn predictions(&self) -> &[u32] {
        &self.predictions
    }

    /// Probability of a class of interest for each item; empty where the model has other than two classes. Range: 0–1.
    #[must_use]
    pub fn scores(&self, positive: usize) -> &[f32] {
        self.scores.get(positive).map_or(&[], Vec::as_slice)
    }

    /// Probability of each item's own class; 0 where it has no label. Range: 0–1.
    #[must_use]
    pub fn label_probabilities(&self) -> &[f32] {
        &self.label_probabilities
    }

    /// Tokens of each item that were alive after the last layer.
    #[must_use]
    pub fn tokens_kept(&self) -> &[u32] {
        &self.tokens_kept
    }

    /// Mean over layers of kept ÷ `n0`, of each item. Range: 0–1.
    #[must_use]
    pub fn retentions(&self) -> &[f64] {
        &self.retentions
    }

    /// Multiply-accumulates of each item.
    #[must_use]
    pub fn macs(&self) -> &[u64] {
        &self.macs
    }
}

fn take_count(rest: &mut &[u8]) -> Option<usize> {
    let (count, after) = rest.split_first_chunk()?;
    *rest = after;
    usize::try_from(u64::from_le_bytes(*count)).ok()
}

fn take_column<T, const N: usize>(rest: &mut &[u8], len: usize, of: fn([u8; N]) -> T) -> Option<Vec<T>> {
    let (column, after) = rest.split_at_checked(len.checked_mul(N)?)?;
    *rest = after;
    Some(column.as_chunks().0.iter().map(|&bytes| of(bytes)).collect())
}

/// Models have fewer classes and read fewer tokens.
fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_hold_what_metrics_ask_for() {
        let result = |probabilities: &[f32]| ExampleResult {
            answer: Answer::Class(1),
            logits: Vec::new(),
            outputs: probabilities.to_vec(),
            tokens: 9,
            tokens_kept: 3,
            retention_mean: 0.625,
            macs: 70,
            dense_macs: 110,
        };
        let mut binary = Results::default();
        binary.push(&result(&[0.25, 0.75]), Some(0));
        binary.push(&result(&[0.5, 0.5]), None);
        assert_eq!(binary.label_probabilities(), [0.25, 0.0], "of the label");
        assert_eq!((binary.scores(1), binary.scores(0)), (&[0.75, 0.5][..], &[0.25, 0.5][..]), "by class");
        assert_eq!(
            (binary.predictions(), binary.tokens_kept(), binary.macs()),
            (&[1, 1][..], &[3, 3][..], &[70, 70][..])
        );
        let mut three = Results::default();
        three.push(&result(&[0.2, 0.5, 0.3]), Some(2));
        assert_eq!(
            (three.scores(1), three.label_probabilities()),
            (&[][..], &[0.3][..]),
            "three classes have no score"
        );
        three.push(&result(&[0.2, 0.5, 0.3]), Some(3));
        assert!(three.label_probabilities()[1].is_nan(), "no such class");
    }

    #[test]
    fn results_are_picked_and_come_back_from_bytes() {
        let result = |number: usize| ExampleResult {
            answer: Answer::Class(number % 2),
            logits: Vec::new(),
            outputs: vec![0.25, 0.75],
            tokens: 9,
            tokens_kept: number,
            retention_mean: 0.5,
            macs: number as u64,
            dense_macs: 110,
        };
        let mut all = Results::default();
        (0..5).for_each(|number| all.push(&result(number), Some(0)));
        let picked = all.pick(&[4, 1]);
        assert_eq!((picked.macs(), picked.len(), picked.scores(1).len()), (&[4, 1][..], 2, 2), "in this order");
        let bytes = all.to_bytes();
        assert_eq!(Results::from_bytes(&bytes), Some(all), "as it was");
        for damaged in [&bytes[..bytes.len() - 1], &[&bytes[..], &[0]].concat(), &[255; 16], &[]] {
            assert_eq!(Results::from_bytes(damaged), None, "{} bytes of something else", damaged.len());
        }
    }

    #[test]
    fn outputs_of_other_heads_are_kept_and_come_back() {
        let result = |number: usize| ExampleResult {
            answer: Answer::Labels(vec![number % 2]),
            logits: Vec::new(),
            outputs: vec![0.25, 0.75, number as f32],
            tokens: 9,
            tokens_kept: number,
            retention_mean: 0.5,
            macs: number as u64,
            dense_macs: 110,
        };
        let mut all = Results::default();
        (0..4).for_each(|number| all.push(&result(number), None));
        assert_eq!(all.outputs(2), [0.25, 0.75, 2.0], "by item");
        assert_eq!(all.answer(HeadKind::MultiLabel, 2), Answer::Labels(vec![1, 2]), "from half on");
        assert_eq!(all.pick(&[3, 0]).outputs(0), [0.25, 0.75, 3.0], "picked with the rest");
        assert!(all.scores(0).is_empty(), "no class has a score");
        let bytes = all.to_bytes();
        assert_eq!(Results::from_bytes(&bytes), Some(all), "as it was");
        assert_eq!(Results::from_bytes(&bytes[..bytes.len() - 4]), None, "an output is missing");
    }
}
