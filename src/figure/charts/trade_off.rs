//! Sweeps → the trade-off figure: what a strategy keeps of the accuracy, against what it saves.

use std::collections::BTreeMap;

use crate::evaluation::Estimate;
use crate::evaluation::HeadKind;
use crate::evaluation::Measure;
use crate::evaluation::SweepPoint;

use super::super::describe::Axis;
use super::super::describe::Body;
use super::super::describe::CurvePoint;
use super::super::describe::Curves;
use super::super::describe::Figure;
use super::super::describe::Notation;
use super::super::describe::Provenance;
use super::super::describe::Scale;
use super::super::describe::Series;
use super::measured;
use super::noted;

/// Measured speed-ups, dense ÷ pruned time, by canonical spec.
pub type SpeedUps = BTreeMap<String, Estimate>;

/// What the horizontal axis counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostAxis {
    /// FLOPs of the dense model ÷ FLOPs, without padding.
    #[default]
    Flops,
    /// Token rows of the dense model ÷ token rows, mean over layers.
    Tokens,
    /// Time of the dense model ÷ time, where it was measured.
    Latency,
}

impl CostAxis {
    /// All of them, in the order of menus.
    pub const ALL: [Self; 3] = [Self::Flops, Self::Tokens, Self::Latency];

    /// As shown in menus.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Flops => "FLOPs",
            Self::Tokens => "Tokens",
            Self::Latency => "Latency",
        }
    }

    /// Definition for tooltips.
    #[must_use]
    pub fn definition(self) -> &'static str {
        match self {
            Self::Flops => {
                "FLOPs of the dense model ÷ FLOPs of this setting, counted from the real row counts of every layer, \
                 the strategy's own work and the head included, no padding on either side"
            }
            Self::Tokens => "1 ÷ retention, the mean over texts and layers of tokens kept ÷ tokens of the text",
            Self::Latency => {
                "Median wall-clock time of the dense model ÷ that of this setting, taken in turn on this machine over a \
                 sample of the data set; only where it was measured"
            }
        }
    }

    /// Its 95% interval for one setting, where it is measured and not counted.
    fn interval(self, point: &SweepPoint, speed_ups: &SpeedUps) -> Option<(f64, f64)> {
        match self {
            Self::Flops | Self::Tokens => None,
            Self::Latency => measured(speed_ups.get(&point.spec.to_string())?).interval,
        }
    }

    /// Its value for one setting; 1 = nothing saved, `None` = not measured.
    #[must_use]
    pub fn of(self, point: &SweepPoint, speed_ups: &SpeedUps) -> Option<f64> {
        match self {
            Self::Flops => Some(point.summary.flops_reduction),
            Self::Tokens => Some(1.0 / point.summary.retention.max(1e-9)),
            Self::Latency if point.spec.id() == "dense" => Some(1.0),
            Self::Latency => speed_ups.get(&point.spec.to_string())?.value(),
        }
    }

    fn axis(self) -> Axis {
        let (label, column) = match self {
            Self::Flops => ("FLOPs reduction, dense ÷ pruned (log scale)", "flops_reduction"),
            Self::Tokens => ("token reduction, 1 ÷ mean retention (log scale)", "token_reduction"),
            Self::Latency => ("measured latency reduction, dense ÷ pruned (log scale)", "speed_up"),
        };
        Axis {
            label: label.to_owned(),
            column: column.to_owned(),
            scale: Scale::Log,
            notation: Notation::Reduction,
            limits: (0.2, 10_000.0),
        }
    }
}

/// Where errors of numbers may lie: their unit is the label's.
const ERRORS: (f64, f64) = (0.0, 1e12);

/// What the vertical axis measures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QualityAxis {
    /// Share of right predictions.
    #[default]
    Accuracy,
    /// F1.
    F1,
    /// Accuracy of the group that has the lowest one.
    WorstGroup,
    /// Mean negative log probability of the true class.
    LogLoss,
    /// Area under the ROC curve.
    Auc,
    /// Share of decisions that are right, label by label.
    LabelAccuracy,
    /// F1 over all labels together.
    MicroF1,
    /// Mean of the labels' F1.
    MacroF1,
    /// Mean distance of number and label.
    MeanAbsoluteError,
    /// Root of the mean squared distance.
    RootMeanSquaredError,
    /// Linear correlation with the label.
    Pearson,
    /// Rank correlation with the label.
    Spearman,
    /// Share of texts with the dense model's answer.
    Agreement,
    /// Mean distance of number and dense number.
    MeanAbsoluteChange,
}

impl QualityAxis {
    /// Those that can be measured on a model with this head, in the order of menus.
    #[must_use]
    pub fn offered(head: HeadKind, has_labels: bool) -> &'static [Self] {
        match (head, has_labels) {
            (HeadKind::Classifier, true) => {
                &[Self::Accuracy, Self::F1, Self::WorstGroup, Self::LogLoss, Self::Auc, Self::Agreement]
            }
            (HeadKind::MultiLabel, true) => &[
                Self::Accuracy,
                Self::LabelAccuracy,
                Self::MicroF1,
                Self::MacroF1,
                Self::F1,
                Self::WorstGroup,
                Self::LogLoss,
                Self::Auc,
                Self::Agreement,
            ],
            (HeadKind::Regression(_), true) => &[
                Self::Accuracy,
                Self::MeanAbsoluteError,
                Self::RootMeanSquaredError,
                Self::Pearson,
                Self::Spearman,
                Self::WorstGroup,
                Self::Agreement,
                Self::MeanAbsoluteChange,
            ],
            (HeadKind::Regression(_), false) => &[Self::Agreement, Self::MeanAbsoluteChange, Self::WorstGroup],
            (HeadKind::Classifier | HeadKind::MultiLabel, false) => &[Self::Agreement, Self::WorstGroup],
        }
    }

    /// What is shown where this is asked for: without labels, agreement with dense takes the place of what needs them; on
    /// another head, accuracy that of what it does not have.
    #[must_use]
    pub fn shown(self, head: HeadKind, has_labels: bool) -> Self {
        let offered = Self::offered(head, has_labels);
        match has_labels {
            _ if offered.contains(&self) => self,
            true => Self::Accuracy,
            false => Self::Agreement,
        }
    }

    /// The measure; `None` for that of the worst group, which is the main one.
    fn measure(self) -> Option<Measure> {
        Some(match self {
            Self::WorstGroup => return None,
            Self::Accuracy => Measure::Accuracy,
            Self::F1 => Measure::F1,
            Self::LogLoss => Measure::LogLoss,
            Self::Auc => Measure::Auc,
            Self::LabelAccuracy => Measure::LabelAccuracy,
            Self::MicroF1 => Measure::MicroF1,
            Self::MacroF1 => Measure::MacroF1,
            Self::MeanAbsoluteError => Measure::MeanAbsoluteError,
            Self::RootMeanSquaredError => Measure::RootMeanSquaredError,
            Self::Pearson => Measure::Pearson,
            Self::Spearman => Measure::Spearman,
            Self::Agreement => Measure::Agreement,
            Self::MeanAbsoluteChange => Measure::MeanAbsoluteChange,
        })
    }

    /// As shown in menus.
    #[must_use]
    pub fn label(self) -> &'static str {
        self.measure().map_or("Worst group", Measure::label)
    }

    fn axis_title(self, has_labels: bool) -> &'static str {
        match self {
            Self::WorstGroup if has_labels => "Accuracy of the worst group",
            Self::WorstGroup => "Agreement with dense of the worst group",
            _ => self.label(),
        }
    }

    /// Definition for tooltips.
    #[must_use]
    pub fn definition(self, head: HeadKind) -> &'static str {
        self.measure().map_or(
            "The lowest accuracy (without labels, agreement with dense) of all groups, over all group columns; each \
             needs 30 examples. \
             The lowest of many is low by chance too: read it with its interval",
            |measure| measure.definition_for(head),
        )
    }

    /// Whether larger values are better.
    #[must_use]
    pub fn larger_is_better(self) -> bool {
        self.measure().and_then(Measure::larger_is_better) != Some(false)
    }

    fn axis(self, has_labels: bool) -> Axis {
        let (label, column, limits) = match self {
            Self::Agreement => ("agreement with dense", "agreement", (0.0, 1.0)),
            Self::WorstGroup if !has_labels => {
                ("agreement with dense of the worst group", "worst_group_agreement", (0.0, 1.0))
            }
            Self::Accuracy => ("accuracy", "accuracy", (0.0, 1.0)),
            Self::F1 => ("F1", "f1", (0.0, 1.0)),
            Self::WorstGroup => ("accuracy of the worst group", "worst_group_accuracy", (0.0, 1.0)),
            Self::LogLoss => ("log loss in nats (lower is better)", "log_loss", (0.0, 100.0)),
            Self::Auc => ("ROC AUC", "auc", (0.0, 1.0)),
            Self::LabelAccuracy => ("label-wise accuracy", "label_accuracy", (0.0, 1.0)),
            Self::MicroF1 => ("micro F1", "micro_f1", (0.0, 1.0)),
            Self::MacroF1 => ("macro F1", "macro_f1", (0.0, 1.0)),
            Self::MeanAbsoluteError => ("mean absolute error (lower is better)", "mean_absolute_error", ERRORS),
            Self::RootMeanSquaredError => {
                ("root mean squared error (lower is better)", "root_mean_squared_error", ERRORS)
            }
            Self::Pearson => ("Pearson correlation", "pearson", (-1.0, 1.0)),
            Self::Spearman => ("Spearman correlation", "spearman", (-1.0, 1.0)),
            Self::MeanAbsoluteChange => {
                ("mean absolute change against dense (lower is better)", "mean_absolute_change", ERRORS)
            }
        };
        Axis {
            label: label.to_owned(),
            column: column.to_owned(),
            scale: Scale::Linear,
            notation: Notation::Plain,
            limits,
        }
    }
}

/// One finished setting.
#[derive(Clone, Debug, PartialEq)]
pub struct TradeOffPoint {
    /// The line it belongs to, as the legend names it.
    pub series: String,
    /// Its numbers.
    pub point: SweepPoint,
    /// The worst group of all columns and its accuracy, or agreement with dense where nothing is labelled.
    pub worst_group: Option<(String, Estimate)>,
}

impl TradeOffPoint {
    /// Whether some text has a label.
    #[must_use]
    pub fn has_labels(&self) -> bool {
        self.point.summary.labelled > 0
    }

    /// What the model's outputs mean.
    #[must_use]
    pub fn head(&self) -> HeadKind {
        self.point.summary.head
    }

    /// What the vertical axis shows of it; see [`QualityAxis::shown`].
    #[must_use]
    pub fn quality(&self, quality: QualityAxis) -> Estimate {
        let summary = &self.point.summary;
        match quality.shown(self.head(), self.has_labels()).measure() {
            Some(measure) => summary.measure(measure).cloned().unwrap_or_else(|| Estimate::Undefined {
                reason: format!("this model has no {}", measure.label().to_lowercase()),
                n: summary.labelled,
            }),
            None => self.worst_group.as_ref().map_or_else(
                || Estimate::Undefined { reason: "no group has enough examples".to_owned(), n: 0 },
                |(_, accuracy)| accuracy.clone(),
            ),
        }
    }
}

/// What the figure is made of.
#[derive(Clone, Debug)]
pub struct TradeOffInput<'a> {
    /// The dense run.
    pub dense: Option<&'a TradeOffPoint>,
    /// The finished settings, in any order; those of a line are joined by what they save.
    pub points: &'a [TradeOffPoint],
    /// Canonical specs in use.
    pub current: &'a [String],
    /// Canonical specs chosen for comparison.
    pub chosen: &'a [String],
    /// Horizontal axis.
    pub cost: CostAxis,
    /// Vertical axis.
    pub quality: QualityAxis,
    /// Measured speed-ups; settings without one have no place on the axis of latency.
    pub speed_ups: &'a SpeedUps,
    /// What the numbers rest on: "estimated on 400 of 3,120 texts".
    pub basis: String,
    /// Where they came from.
    pub provenance: Provenance,
}

/// What must be known of agreement.
fn agreement_note(head: HeadKind) -> String {
    let left = match head {
        HeadKind::Classifier => "leaves the class that the unpruned model gives",
        HeadKind::MultiLabel => "leaves the set of labels that the unpruned model gives",
        HeadKind::Regression(_) => "leaves the number within the tolerance of the unpruned model's",
    };
    format!(
        " Agreement: the share of texts to which pruning {left}, right or wrong; that of the unpruned model is 1 by definition."
    )
}

/// Draws what the sweeps have given so far.
#[must_use]
pub fn trade_off_figure(input: &TradeOffInput<'_>) -> Figure {
    let all = || input.dense.into_iter().chain(input.points);
    let has_labels = all().next().is_none_or(TradeOffPoint::has_labels);
    let head = all().next().map_or(HeadKind::Classifier, TradeOffPoint::head);
    let quality = input.quality.shown(head, has_labels);
    let places: Vec<(f64, f64)> =
        all().filter_map(|point| Some((place(point, input)?, goodness(point, input.quality)?))).collect();
    let mut series: Vec<Series> = Vec::new();
    for point in input.points {
        let Some(curve_point) = curve_point(point, input, &places) else { continue };
        let name = line_of(point, input.points);
        match series.iter_mut().find(|series| series.name == name) {
            Some(series) => series.points.push(curve_point),
            None => series.push(Series {
                id: point.point.spec.id().to_owned(),
                name,
                note: point.point.spec.info().note().unwrap_or_default().to_owned(),
                joined: true,
                points: vec![curve_point],
            }),
        }
    }
    for series in &mut series {
        series.joined = series.points.len() > 1;
        series.points.sort_by(|one, other| one.x.total_cmp(&other.x));
    }
    let reference = input.dense.and_then(|dense| curve_point(dense, input, &places));
    let reference = reference.map(|dense| CurvePoint { dominated: false, ..dense });
    Figure {
        title: format!("{} against {} reduction", quality.axis_title(has_labels), input.cost.label()),
        subtitle: input.basis.clone(),
        caption: format!(
            "Bars: 95% intervals. Dashed line and diamond: the unpruned model. \
             Ringed: the setting in use. Faded: another setting is at least as good on both axes.{}{}",
            if quality.axis(has_labels).column.ends_with("agreement") { agreement_note(head) } else { String::new() },
            noted(series.iter().map(|series| (series.note.as_str(), series.name.as_str())))
        ),
        body: Body::Curves(Curves { x: input.cost.axis(), y: quality.axis(has_labels), reference, series }),
        provenance: input.provenance.clone(),
    }
}

/// The line that a setting is drawn on: that of its strategy, but a name of its own where the dial is left to the method or
/// replaced, as it is no point between two others then.
fn line_of(point: &TradeOffPoint, points: &[TradeOffPoint]) -> String {
    let spec = &point.point.spec;
    let has_line = || points.iter().any(|other| other.series == point.series && other.point.spec.is_on_dial());
    match spec.setting() {
        Some(setting) if !spec.is_on_dial() && has_line() => format!("{}, {setting}", point.series),
        _ => point.series.clone(),
    }
}

/// The horizontal value.
fn place(point: &TradeOffPoint, input: &TradeOffInput<'_>) -> Option<f64> {
    input.cost.of(&point.point, input.speed_ups)
}

/// The vertical value, turned so that more is better.
fn goodness(point: &TradeOffPoint, quality: QualityAxis) -> Option<f64> {
    let value = point.quality(quality).value()?;
    let shown = quality.shown(point.head(), point.has_labels());
    Some(if shown.larger_is_better() { value } else { -value })
}

fn curve_point(point: &TradeOffPoint, input: &TradeOffInput<'_>, places: &[(f64, f64)]) -> Option<CurvePoint> {
    let x = place(point, input)?;
    let spec = point.point.spec.to_string();
    let dominated = goodness(point, input.quality).is_some_and(|good| is_dominated((x, good), places));
    Some(CurvePoint {
        x,
        x_interval: input.cost.interval(&point.point, input.speed_ups),
        y: measured(&point.quality(input.quality)),
        label: point.point.spec.setting().unwrap_or_default(),
        dominated,
        current: input.current.contains(&spec),
        chosen: input.chosen.contains(&spec),
        spec,
    })
}

/// Whether some place is at least as good on both axes and better on one.
fn is_dominated((x, good): (f64, f64), places: &[(f64, f64)]) -> bool {
    places.iter().any(|(other_x, other)| *other_x >= x && *other >= good && (*other_x > x || *other > good))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_dominated_only_by_one_at_least_as_good_on_both_axes() {
        let places = [(1.0, 0.90), (1.5, 0.88), (2.0, 0.80), (2.0, 0.88), (1.5, 0.91)];
        assert!(is_dominated((1.5, 0.88), &places), "2.0 at 0.88 saves more for the same");
        assert!(is_dominated((1.0, 0.90), &places), "1.5 at 0.91 is better on both");
        assert!(!is_dominated((2.0, 0.88), &places), "nothing saves more");
        assert!(!is_dominated((1.5, 0.91), &places), "nothing is more accurate");
        assert!(!is_dominated((3.0, 0.50), &places), "the far end of the front");
    }
}
