//! The metrics that are compared over groups and strategies, with their definitions in words.

/// A metric of predictions against labels, or of pruned against dense ones.
///
/// *Positive* is the class of interest, class 1 unless another is chosen. Where a model has other than two classes, only [`Measure::Accuracy`],
/// [`Measure::BalancedAccuracy`], [`Measure::F1`] (mean of all classes), [`Measure::LogLoss`] and [`Measure::Agreement`]
/// are defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Share of right predictions.
    Accuracy,
    /// Share predicted positive among the positives.
    Tpr,
    /// Share predicted positive among the negatives.
    Fpr,
    /// Share predicted negative among the positives.
    Fnr,
    /// Share predicted negative among the negatives.
    Tnr,
    /// Share predicted positive.
    SelectionRate,
    /// Share of positives among those predicted positive.
    Precision,
    /// Share of negatives among those predicted negative.
    Npv,
    /// Mean of TPR and TNR.
    BalancedAccuracy,
    /// Harmonic mean of precision and TPR.
    F1,
    /// Mean negative log probability of the true class.
    LogLoss,
    /// Mean squared distance of score and label.
    Brier,
    /// Expected calibration error.
    Ece,
    /// Area under the ROC curve.
    Auc,
    /// Share of examples with the dense model's class.
    Agreement,
}

impl Measure {
    /// All of them, in the order of menus and files.
    pub const ALL: [Self; 15] = [
        Self::Accuracy,
        Self::Tpr,
        Self::Fpr,
        Self::Fnr,
        Self::Tnr,
        Self::SelectionRate,
        Self::Precision,
        Self::Npv,
        Self::BalancedAccuracy,
        Self::F1,
        Self::LogLoss,
        Self::Brier,
        Self::Ece,
        Self::Auc,
        Self::Agreement,
    ];

    /// As written in files: `log_loss`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::Tpr => "tpr",
            Self::Fpr => "fpr",
            Self::Fnr => "fnr",
            Self::Tnr => "tnr",
            Self::SelectionRate => "selection_rate",
            Self::Precision => "precision",
            Self::Npv => "npv",
            Self::BalancedAccuracy => "balanced_accuracy",
            Self::F1 => "f1",
            Self::LogLoss => "log_loss",
            Self::Brier => "brier",
            Self::Ece => "ece",
            Self::Auc => "auc",
            Self::Agreement => "agreement",
        }
    }

    /// As shown in menus and table headers.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Accuracy => "Accuracy",
            Self::Tpr => "True positive rate",
            Self::Fpr => "False positive rate",
            Self::Fnr => "False negative rate",
            Self::Tnr => "True negative rate",
            Self::SelectionRate => "Selection rate",
            Self::Precision => "Precision",
            Self::Npv => "Negative predictive value",
            Self::BalancedAccuracy => "Balanced accuracy",
            Self::F1 => "F1",
            Self::LogLoss => "Log loss",
            Self::Brier => "Brier score",
            Self::Ece => "Calibration error",
            Self::Auc => "ROC AUC",
            Self::Agreement => "Agreement with dense",
        }
    }

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
            Self::Agreement => {
                "Share of examples to which pruning leaves the class that the dense model gives, right or wrong: needs no \
                 labels, and the dense model's is 1 by definition. Wilson interval, over clusters where there are any"
            }
        }
    }

    /// Whether it is defined for models with two classes only.
    #[must_use]
    pub fn needs_two_classes(self) -> bool {
        !matches!(self, Self::Accuracy | Self::BalancedAccuracy | Self::F1 | Self::LogLoss | Self::Agreement)
    }

    /// Whether it is measured against labels; otherwise against the dense model, on all examples.
    #[must_use]
    pub fn needs_labels(self) -> bool {
        self != Self::Agreement
    }

    /// Whether larger values are better; `None` where neither direction is.
    #[must_use]
    pub fn larger_is_better(self) -> Option<bool> {
        match self {
            Self::Accuracy
            | Self::Tpr
            | Self::Tnr
            | Self::Precision
            | Self::Npv
            | Self::BalancedAccuracy
            | Self::F1
            | Self::Auc
            | Self::Agreement => Some(true),
            Self::Fpr | Self::Fnr | Self::LogLoss | Self::Brier | Self::Ece => Some(false),
            Self::SelectionRate => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_measure_has_its_own_id_label_and_definition() {
        for (index, first) in Measure::ALL.iter().enumerate() {
            for second in &Measure::ALL[..index] {
                assert_ne!(first.id(), second.id(), "two measures share an id");
                assert_ne!(first.label(), second.label(), "two measures share a label");
                assert_ne!(first.definition(), second.definition(), "two measures share a definition");
            }
        }
    }
}
