//! The metrics that are compared over groups and strategies, with their definitions in words.

use crate::model::HeadKind;

/// A metric of predictions against labels, or of pruned against dense ones.
///
/// *Positive* is the class of interest, class 1 unless another is chosen. Where a model has other than two classes, only [`Measure::Accuracy`],
/// [`Measure::BalancedAccuracy`], [`Measure::F1`] (mean of all classes), [`Measure::LogLoss`] and [`Measure::Agreement`]
/// are defined. [`Measure::offered`] lists those that a head has at all: where it gives any number of labels, positive means
/// that the label of interest is among them; where it gives a number, nothing is positive.
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
    /// Share of decisions, one for each text and label, that are right.
    LabelAccuracy,
    /// F1 over the decisions of all labels together.
    MicroF1,
    /// Mean of the labels' F1.
    MacroF1,
    /// Mean distance of number and label.
    MeanAbsoluteError,
    /// Root of the mean squared distance of number and label.
    RootMeanSquaredError,
    /// Pearson's correlation of number and label.
    Pearson,
    /// Spearman's rank correlation of number and label.
    Spearman,
    /// Share of examples with the dense model's answer.
    Agreement,
    /// Mean distance of number and dense number.
    MeanAbsoluteChange,
}

impl Measure {
    /// All of them, in the order of menus and files; [`Measure::offered`] has those of a head.
    pub const ALL: [Self; 23] = [
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
        Self::LabelAccuracy,
        Self::MicroF1,
        Self::MacroF1,
        Self::MeanAbsoluteError,
        Self::RootMeanSquaredError,
        Self::Pearson,
        Self::Spearman,
        Self::Agreement,
        Self::MeanAbsoluteChange,
    ];

    /// Those that a head has, in the order of menus and files.
    pub fn offered(head: HeadKind) -> impl Iterator<Item = Self> + Clone {
        Self::ALL.into_iter().filter(move |measure| measure.is_of(head))
    }

    /// Whether a head has it. A label of interest has every measure of two classes; a number has none.
    #[must_use]
    pub fn is_of(self, head: HeadKind) -> bool {
        let of_number = matches!(
            self,
            Self::MeanAbsoluteError
                | Self::RootMeanSquaredError
                | Self::Pearson
                | Self::Spearman
                | Self::MeanAbsoluteChange
        );
        let of_labels = matches!(self, Self::LabelAccuracy | Self::MicroF1 | Self::MacroF1);
        match head {
            _ if matches!(self, Self::Accuracy | Self::Agreement) => true,
            HeadKind::Classifier => !of_number && !of_labels,
            HeadKind::MultiLabel => !of_number,
            HeadKind::Regression(_) => of_number,
        }
    }

    /// Whether it is about the class or label of interest alone.
    #[must_use]
    pub fn is_of_interest(self, head: HeadKind) -> bool {
        let is_of_all =
            matches!(self, Self::Accuracy | Self::Agreement | Self::LabelAccuracy | Self::MicroF1 | Self::MacroF1);
        head == HeadKind::MultiLabel && !is_of_all
    }

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
            Self::LabelAccuracy => "label_accuracy",
            Self::MicroF1 => "micro_f1",
            Self::MacroF1 => "macro_f1",
            Self::MeanAbsoluteError => "mean_absolute_error",
            Self::RootMeanSquaredError => "root_mean_squared_error",
            Self::Pearson => "pearson",
            Self::Spearman => "spearman",
            Self::Agreement => "agreement",
            Self::MeanAbsoluteChange => "mean_absolute_change",
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
            Self::LabelAccuracy => "Label-wise accuracy",
            Self::MicroF1 => "Micro F1",
            Self::MacroF1 => "Macro F1",
            Self::MeanAbsoluteError => "Mean absolute error",
            Self::RootMeanSquaredError => "Root mean squared error",
            Self::Pearson => "Pearson correlation",
            Self::Spearman => "Spearman correlation",
            Self::Agreement => "Agreement with dense",
            Self::MeanAbsoluteChange => "Mean absolute change",
        }
    }

    /// Whether it is defined for models with two classes only.
    #[must_use]
    pub fn needs_two_classes(self) -> bool {
        match self {
            Self::Tpr
            | Self::Fpr
            | Self::Fnr
            | Self::Tnr
            | Self::SelectionRate
            | Self::Precision
            | Self::Npv
            | Self::Brier
            | Self::Ece
            | Self::Auc => true,
            Self::Accuracy
            | Self::BalancedAccuracy
            | Self::F1
            | Self::LogLoss
            | Self::LabelAccuracy
            | Self::MicroF1
            | Self::MacroF1
            | Self::MeanAbsoluteError
            | Self::RootMeanSquaredError
            | Self::Pearson
            | Self::Spearman
            | Self::Agreement
            | Self::MeanAbsoluteChange => false,
        }
    }

    /// Whether it is measured against labels; otherwise against the dense model, on all examples.
    #[must_use]
    pub fn needs_labels(self) -> bool {
        !matches!(self, Self::Agreement | Self::MeanAbsoluteChange)
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
            | Self::LabelAccuracy
            | Self::MicroF1
            | Self::MacroF1
            | Self::Pearson
            | Self::Spearman
            | Self::Agreement => Some(true),
            Self::Fpr
            | Self::Fnr
            | Self::LogLoss
            | Self::Brier
            | Self::Ece
            | Self::MeanAbsoluteError
            | Self::RootMeanSquaredError
            | Self::MeanAbsoluteChange => Some(false),
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
