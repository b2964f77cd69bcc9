//! Metrics of predicted sets of labels against sets.

use super::classification::Confusion;
use super::estimate::Estimate;

/// Predicted and true sets of labels, counted label by label.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelCounts {
    n: usize,
    /// Of each label: true and predicted, predicted alone, true alone.
    cells: Vec<[usize; 3]>,
}

impl LabelCounts {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(num_labels: usize) -> Self {
        Self { n: 0, cells: vec![[0; 3]; num_labels] }
    }

    /// Takes one more example: for each label whether it is predicted and whether it is true.
    pub fn add(&mut self, labels: impl Iterator<Item = (bool, bool)>) {
        self.n += 1;
        for (cell, (is_predicted, is_true)) in self.cells.iter_mut().zip(labels) {
            match (is_predicted, is_true) {
                (true, true) => cell[0] += 1,
                (true, false) => cell[1] += 1,
                (false, true) => cell[2] += 1,
                (false, false) => {}
            }
        }
    }

    /// Takes the examples of other counts over the same labels.
    pub fn merge(&mut self, other: &Self) {
        self.n += other.n;
        for (own, other) in self.cells.iter_mut().flatten().zip(other.cells.iter().flatten()) {
            *own += other;
        }
    }

    /// Share of all decisions, one for each example and label, that are right (Hamming accuracy): 1 less the Hamming loss.
    ///
    /// Range: 0–1.
    #[must_use]
    pub fn label_accuracy(&self) -> Estimate {
        let decisions = self.n * self.cells.len();
        if decisions == 0 {
            return Estimate::undefined("no examples", 0);
        }
        let wrong: usize = self.cells.iter().map(|[_, extra, missed]| extra + missed).sum();
        Estimate::plain(1.0 - wrong as f64 / decisions as f64, self.n)
    }

    /// F1 over the decisions of all labels together: frequent labels count more.
    ///
    /// Range: 0–1.
    #[must_use]
    pub fn micro_f1(&self) -> Estimate {
        let sum = |part: usize| self.cells.iter().map(|cell| cell[part]).sum();
        self.of([sum(0), sum(1), sum(2)])
    }

    /// Mean of the labels' F1: all labels count the same. Labels that are neither true nor predicted anywhere are left out.
    ///
    /// Range: 0–1.
    #[must_use]
    pub fn macro_f1(&self) -> Estimate {
        let scores: Vec<f64> = self.cells.iter().filter_map(|cell| self.of(*cell).value()).collect();
        if scores.is_empty() {
            return self.of([0; 3]);
        }
        Estimate::plain(scores.iter().sum::<f64>() / scores.len() as f64, self.n)
    }

    fn of(&self, [tp, fp, fn_]: [usize; 3]) -> Estimate {
        let f1 = Confusion { tp, fp, tn: 0, fn_ }.f1();
        match f1.value() {
            Some(value) => Estimate::plain(value, self.n),
            None => Estimate::undefined(format!("no label is true or predicted among {} examples", self.n), self.n),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Five examples, three labels, the last of them never true.
    const PREDICTED: [[u8; 3]; 5] = [[1, 0, 1], [0, 0, 0], [1, 1, 0], [0, 1, 0], [1, 0, 0]];
    const TRUE: [[u8; 3]; 5] = [[1, 0, 0], [0, 0, 0], [1, 1, 0], [1, 1, 0], [0, 0, 0]];

    fn counted(rows: std::ops::Range<usize>) -> LabelCounts {
        let mut counts = LabelCounts::new(3);
        for row in rows {
            counts.add(PREDICTED[row].iter().zip(&TRUE[row]).map(|(one, other)| (*one == 1, *other == 1)));
        }
        counts
    }

    /// `NumPy` 2.4.6, `(P == Y).mean()` and sums of `P & Y`, `P & ~Y`, `~P & Y`: tp 2 2 0, fp 1 0 1, fn 1 0 0.
    #[test]
    fn sets_agree_with_numpy() {
        let counts = counted(0..5);
        for (estimate, expected, what) in [
            (counts.label_accuracy(), 0.8, "label accuracy"),
            (counts.micro_f1(), 8.0 / 11.0, "micro F1"),
            (counts.macro_f1(), (2.0 / 3.0 + 1.0 + 0.0) / 3.0, "macro F1"),
        ] {
            assert!((estimate.value().unwrap() - expected).abs() < 1e-12, "{what}: {estimate:?}");
            assert_eq!(estimate.n(), 5, "{what} rests on examples");
        }
    }

    #[test]
    fn counts_of_parts_add_up() {
        let mut parts = counted(0..2);
        parts.merge(&counted(2..5));
        assert_eq!(parts, counted(0..5), "as counted at once");
    }

    #[test]
    fn nothing_true_or_predicted_has_no_f1() {
        let nothing = counted(1..2);
        let reason = Some("no label is true or predicted among 1 examples");
        assert_eq!((nothing.micro_f1().reason(), nothing.macro_f1().reason()), (reason, reason), "no positives");
        assert_eq!(nothing.label_accuracy().value(), Some(1.0), "three right decisions");
        assert_eq!(LabelCounts::new(3).label_accuracy().reason(), Some("no examples"), "nothing at all");
    }
}
