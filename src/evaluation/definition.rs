//! Measures in words: definition, formula and interval method, for tooltips, help and files.

use crate::evaluation::Measure;
use crate::model::HeadKind;

impl Measure {
    /// Definition, formula and interval method, for tooltips and help.
    #[must_use]
    pub fn definition(self) -> &'static str {
        match self {
            Self::Accuracy => {
                "Share of examples whose predicted class is the label: right / n. \
                 Wilson interval; changes against dense: Bonett-Price on the same examples; both over clusters where there are any"
            }
            Self::Tpr => {
                "Of the examples labelled positive (the class of interest), the share predicted positive: TP / (TP + FN). \
                 Wilson interval; changes: Bonett-Price on the positives"
            }
            Self::Fpr => {
                "Of the examples labelled negative (any other class), the share predicted positive: FP / (FP + TN). \
                 Wilson interval; changes: Bonett-Price on the negatives"
            }
            Self::Fnr => {
                "Of the examples labelled positive (the class of interest), the share predicted negative: FN / (TP + FN). \
                 Wilson interval; changes: Bonett-Price on the positives"
            }
            Self::Tnr => {
                "Of the examples labelled negative (any other class), the share predicted negative: TN / (FP + TN). \
                 Wilson interval; changes: Bonett-Price on the negatives"
            }
            Self::SelectionRate => {
                "Share of examples predicted positive, right or wrong: (TP + FP) / n. \
                 Wilson interval; changes: Bonett-Price on the same examples"
            }
            Self::Precision => {
                "Of the examples predicted positive, the share labelled positive: TP / (TP + FP). \
                 Wilson interval; changes: bootstrap over examples"
            }
            Self::Npv => {
                "Of the examples predicted negative, the share labelled negative: TN / (TN + FN). \
                 Wilson interval; changes: bootstrap over examples"
            }
            Self::BalancedAccuracy => {
                "Mean over the classes of the share found, so that all classes count the same; with two classes \
                 (TPR + TNR) / 2. Bootstrap interval"
            }
            Self::F1 => {
                "Harmonic mean of precision and true positive rate of the class of interest: 2 TP / (2 TP + FP + FN); \
                 with more than two classes the mean over classes. Bootstrap interval"
            }
            Self::LogLoss => {
                "Mean of -ln(probability given to the true class), in nats; lower is better. Bootstrap interval"
            }
            Self::Brier => {
                "Mean of (probability of the class of interest - label)^2; lower is better. Bootstrap interval"
            }
            Self::Ece => {
                "Mean distance between the probability of the class of interest and the share of positives, over 15 bins of equal \
                 mass fixed on the dense scores; lower is better. Bootstrap interval"
            }
            Self::Auc => {
                "Chance that a random positive scores above a random negative, ties counted half. \
                 DeLong interval on the logit scale; changes: paired DeLong"
            }
            Self::LabelAccuracy | Self::MicroF1 | Self::MacroF1 => self.definition_of_labels(),
            Self::MeanAbsoluteError
            | Self::RootMeanSquaredError
            | Self::Pearson
            | Self::Spearman
            | Self::MeanAbsoluteChange => self.definition_of_numbers(),
            Self::Agreement => {
                "Share of examples to which pruning leaves the class that the dense model gives, right or wrong: needs no \
                 labels, and the dense model's is 1 by definition. Wilson interval, over clusters where there are any"
            }
        }
    }

    fn definition_of_labels(self) -> &'static str {
        match self {
            Self::LabelAccuracy => {
                "Share of decisions that are right, one decision for each example and label (Hamming accuracy). \
                 Bootstrap interval over examples"
            }
            Self::MicroF1 => {
                "F1 over the decisions of all labels together, so that frequent labels count more: 2 TP / (2 TP + FP + FN). \
                 Bootstrap interval over examples"
            }
            _ => {
                "Mean of the labels' F1, so that all labels count the same; labels that are neither true nor predicted are left \
                 out. Bootstrap interval over examples"
            }
        }
    }

    fn definition_of_numbers(self) -> &'static str {
        match self {
            Self::MeanAbsoluteError => {
                "Mean of |predicted number - label|, in the label's unit; lower is better. Bootstrap interval"
            }
            Self::RootMeanSquaredError => {
                "Square root of the mean of (predicted number - label)^2, so that large errors count more; lower is better. \
                 Bootstrap interval"
            }
            Self::Pearson => "Linear correlation of predicted number and label, from -1 to 1. Bootstrap interval",
            Self::Spearman => {
                "Pearson correlation of the ranks of predicted number and label: whether they put the texts in one order. \
                 Bootstrap interval"
            }
            _ => {
                "Mean of |predicted number - dense number|: needs no labels, and the dense model's is 0 by definition; lower is \
                 better. Bootstrap interval"
            }
        }
    }

    /// The definition for a head: what *right* and *the same* mean differs where a model gives no classes.
    #[must_use]
    pub fn definition_for(self, head: HeadKind) -> &'static str {
        match (self, head) {
            (Self::Accuracy, HeadKind::MultiLabel) => {
                "Share of examples whose predicted set of labels is the set of their labels, none more and none less (exact \
                 match, subset accuracy); a label is predicted from a probability of 0.5 on. Wilson interval; changes against \
                 dense: Bonett-Price on the same examples; both over clusters where there are any"
            }
            (Self::Accuracy, HeadKind::Regression(_)) => {
                "Share of examples whose predicted number lies within the tolerance of the label: |number - label| ≤ tolerance, \
                 a tenth of the labels' range unless --tolerance says otherwise. Wilson interval; changes against dense: \
                 Bonett-Price on the same examples; both over clusters where there are any"
            }
            (Self::Agreement, HeadKind::MultiLabel) => {
                "Share of examples to which pruning leaves the set of labels that the dense model gives, right or wrong: needs \
                 no labels, and the dense model's is 1 by definition. Wilson interval, over clusters where there are any"
            }
            (Self::Agreement, HeadKind::Regression(_)) => {
                "Share of examples whose number pruning leaves within the tolerance of the dense one, right or wrong: needs no \
                 labels, and the dense model's is 1 by definition. Wilson interval, over clusters where there are any"
            }
            (Self::LogLoss, HeadKind::MultiLabel) => {
                "Mean of -ln(probability given to the label of interest where it is true, to its absence where it is not), in \
                 nats; lower is better. Bootstrap interval"
            }
            _ => self.definition(),
        }
    }
}
