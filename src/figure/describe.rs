//! What a figure says, without saying where anything goes.

use serde::Serialize;

use super::decided::Decided;
use super::speedup_chart::SpeedupChart;

/// A figure, ready to be laid out or written as data.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// One line.
    pub title: String,
    /// What it rests on: "estimated on 400 of 3,120 texts".
    pub subtitle: String,
    /// The data.
    pub body: Body,
    /// How to read it: method of the intervals, n, meaning of marks.
    pub caption: String,
    /// Where the numbers came from.
    pub provenance: Provenance,
}

/// Where a figure's numbers came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Provenance {
    /// Model name.
    pub model: String,
    /// Data set name, or empty for a single text.
    pub data: String,
    /// The version of prunescope.
    pub version: String,
}

/// The kinds of figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Body {
    /// Lines and points over two axes: the trade-off.
    Curves(Curves),
    /// A table beside dots with intervals: fairness.
    Dots(Dots),
    /// Layers by tokens: survival ribbons.
    Ribbons(Ribbons),
    /// What FLOPs promise beside what the clock says: latency.
    Speedups(SpeedupChart),
}

/// A value with its interval, or the reason why there is none.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Measured {
    /// The point estimate.
    pub value: Option<f64>,
    /// 95% interval.
    pub interval: Option<(f64, f64)>,
    /// How the interval was made.
    pub method: String,
    /// What the value rests on.
    pub n: usize,
    /// Why there is no value.
    pub reason: String,
}

/// How an axis maps values to places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Equal distances are equal differences.
    Linear,
    /// Equal distances are equal ratios.
    Log,
}

/// How an axis writes its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Notation {
    /// `0.85`
    Plain,
    /// `÷1.5`
    Reduction,
    /// `−0.02`
    Change,
    /// `1.5×`
    Times,
    /// `50%`
    Percent,
}

/// One axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Axis {
    /// Quantity and unit: "FLOPs reduction, dense ÷ pruned (log)".
    pub label: String,
    /// Name of the column in data files.
    pub column: String,
    /// How values become places.
    pub scale: Scale,
    /// How values are written.
    pub notation: Notation,
    /// Widest range that makes sense, from which the data's own range is cut.
    pub limits: (f64, f64),
}

/// Lines and points over two axes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curves {
    /// Horizontal.
    pub x: Axis,
    /// Vertical.
    pub y: Axis,
    /// What everything is compared with: the dense model.
    pub reference: Option<CurvePoint>,
    /// One per strategy.
    pub series: Vec<Series>,
}

/// One strategy's points, in the order in which a line joins them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Series {
    /// The strategy's id, from which its look follows.
    pub id: String,
    /// As shown in the legend.
    pub name: String,
    /// What readers must know of the method: "score only, no adaptation"; empty where there is nothing.
    pub note: String,
    /// Whether a line joins the points.
    pub joined: bool,
    /// The points.
    pub points: Vec<CurvePoint>,
}

/// One setting of one strategy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CurvePoint {
    /// Horizontal place.
    pub x: f64,
    /// Its 95% interval, where it was measured and not counted.
    pub x_interval: Option<(f64, f64)>,
    /// Vertical place and interval.
    pub y: Measured,
    /// The setting in a few words: "retention 0.4".
    pub label: String,
    /// The setting in full: the canonical spec.
    pub spec: String,
    /// Whether another point is at least as good on both axes.
    pub dominated: bool,
    /// Whether this is the setting in use.
    pub current: bool,
    /// Whether the user chose it for comparison.
    pub chosen: bool,
}

/// Columns of a dot plot's table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// The group's name.
    #[default]
    Group,
    /// What the value rests on.
    Count,
    /// Dense value.
    Dense,
    /// Pruned value.
    Pruned,
    /// Pruned less dense.
    Difference,
    /// Texts that dense gets right and pruned wrong.
    Harmed,
    /// Texts that dense gets wrong and pruned right.
    Rescued,
    /// Texts whose class changed.
    Changed,
    /// Of the test of no change.
    P,
    /// The same, adjusted over all tests.
    PAdjusted,
    /// Whether the loss is within tolerance.
    Verdict,
}

/// A table beside dots with intervals, dense and pruned, and their difference, on the same scales for all rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dots {
    /// Name of the first column: "Gender".
    pub group_label: String,
    /// Name of the count column: "n", or "positives".
    pub count_label: String,
    /// Scale of dense and pruned.
    pub measure: Axis,
    /// Scale of the difference.
    pub difference: Axis,
    /// Whether larger values are better; `None` where neither direction is.
    pub larger_is_better: Option<bool>,
    /// The strategy's id, from which its look follows.
    pub strategy: String,
    /// The strategy's name.
    pub strategy_name: String,
    /// What readers must know of the method: "score only, no adaptation"; empty where there is nothing.
    pub strategy_note: String,
    /// The rows, in the order shown.
    pub rows: Vec<DotRow>,
    /// Which column the rows are sorted by, and whether descending.
    pub sorted_by: Option<(Column, bool)>,
    /// Tests that p-values are adjusted over, and how many of them there are: "holm over 57 tests"; empty without tests.
    pub adjustment: String,
    /// Groups not plotted, and other lines below the rows.
    pub notes: Vec<String>,
}

/// One group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DotRow {
    /// The group.
    pub label: String,
    /// What the values rest on.
    pub count: usize,
    /// Dense.
    pub dense: Measured,
    /// Pruned.
    pub pruned: Measured,
    /// Pruned less dense.
    pub difference: Measured,
    /// What pruning did to the decisions; `None` where nothing is known of them.
    pub decided: Option<Decided>,
    /// Said after the row: "n small".
    pub remark: String,
    /// Drawn in gray: too small to enter comparisons.
    pub faded: bool,
    /// Set apart: all examples, the sum of the other rows.
    pub overall: bool,
}

/// Layers by tokens for several strategies on one text, columns aligned.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ribbons {
    /// Column heads: the tokens, then the rows that strategies made.
    pub tokens: Vec<RibbonToken>,
    /// One per strategy.
    pub ribbons: Vec<Ribbon>,
}

/// One column: a token of the text, or a row that a strategy made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RibbonToken {
    /// As read in the text.
    pub text: String,
    /// Added by the tokenizer.
    pub special: bool,
    /// Not a token of the text but a row made of several.
    pub fused: bool,
}

/// One strategy's ribbon.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ribbon {
    /// The strategy's id, from which its look follows.
    pub id: String,
    /// "`power_bert` · retention 0.4".
    pub name: String,
    /// What readers must know of the method: "score only, no adaptation"; empty where there is nothing.
    pub note: String,
    /// "removed · kept 7/17 · FLOPs ÷1.52 · negative 0.93 (dense 0.97)".
    pub summary: String,
    /// Whether the decision differs from the dense one.
    pub differs: bool,
    /// The spec in full.
    pub spec: String,
    /// Shape: `[layers, columns]`; strategies that make no rows have no cells in the columns behind the tokens.
    pub layers: Vec<Vec<RibbonCell>>,
    /// Rows that leave each layer. Shape: `[layers]`.
    pub rows_left: Vec<usize>,
}

/// What happened to a token in a layer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It goes on.
    Kept,
    /// It left in this layer.
    Left,
    /// It was combined in this layer into the row of this column.
    Merged(usize),
    /// It is not there: it had left before, or is not made yet.
    Gone,
}

/// One cell of a ribbon.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RibbonCell {
    /// What happened.
    pub fate: Fate,
    /// Place of its score among the layer's, 1 = the highest; `None` where the strategy computes no score or the token
    /// is gone.
    pub rank: Option<u32>,
    /// Share of the layer's other scores that are lower, 0 to 1: what the fill shows.
    pub share: Option<f64>,
    /// The score itself.
    pub score: Option<f32>,
}
