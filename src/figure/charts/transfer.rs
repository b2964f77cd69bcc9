//! One setting over several data sets → dots with intervals: dense beside pruned, and what pruning changed.

use crate::evaluation::Compared;
use crate::evaluation::Measure;

use super::super::describe::Body;
use super::super::describe::DotRow;
use super::super::describe::Dots;
use super::super::describe::Figure;
use super::super::describe::Provenance;
use super::super::number;
use super::fairness::difference_axis;
use super::fairness::measure_axis;
use super::measured;

/// One data set of the figure.
#[derive(Clone, Copy, Debug)]
pub struct TransferPlace<'a> {
    /// Name of the data set.
    pub data: &'a str,
    /// Dense, pruned and change.
    pub quality: &'a Compared,
    /// Mean over texts and layers of kept ÷ `n0`.
    pub retention: f64,
    /// Dense cost ÷ own cost.
    pub flops_reduction: f64,
    /// Whether the setting was chosen on this very file.
    pub is_home: bool,
}

/// What the figure is made of.
#[derive(Clone, Debug)]
pub struct TransferInput<'a> {
    /// The strategy's id.
    pub strategy: &'a str,
    /// Its name with its setting.
    pub strategy_name: &'a str,
    /// What must be known of the method.
    pub strategy_note: &'a str,
    /// The data that the setting was chosen on; `None` where that is not known.
    pub calibrated_on: Option<&'a str>,
    /// What was measured, on every data set alike.
    pub measure: Measure,
    /// The data sets, in the order given.
    pub places: Vec<TransferPlace<'a>>,
    /// Data sets that are not drawn, and other lines below the rows.
    pub notes: Vec<String>,
    /// Where the numbers came from.
    pub provenance: Provenance,
}

/// Draws a setting on every data set.
#[must_use]
pub fn transfer_figure(input: &TransferInput<'_>) -> Figure {
    let row = |place: &TransferPlace<'_>| DotRow {
        label: place.data.to_owned(),
        count: place.quality.denominator,
        dense: measured(&place.quality.dense),
        pruned: measured(&place.quality.pruned),
        difference: measured(&place.quality.change),
        decided: None,
        remark: remark(place),
        faded: false,
        overall: false,
    };
    let dots = Dots {
        group_label: "Data".to_owned(),
        count_label: "n".to_owned(),
        measure: measure_axis(input.measure),
        difference: difference_axis(input.measure),
        larger_is_better: input.measure.larger_is_better(),
        strategy: input.strategy.to_owned(),
        strategy_name: input.strategy_name.to_owned(),
        strategy_note: input.strategy_note.to_owned(),
        rows: input.places.iter().map(row).collect(),
        sorted_by: None,
        adjustment: String::new(),
        notes: input.notes.clone(),
    };
    let source = input.calibrated_on.map_or_else(
        || "Set by hand, or its policy does not say where it was calibrated".to_owned(),
        |data| format!("Calibrated on {data}"),
    );
    Figure {
        title: format!("{} from data to data", input.strategy_name),
        subtitle: source,
        body: Body::Dots(dots),
        caption: format!(
            "{}. Whiskers: 95% intervals. Change: pruned less dense on the same examples. Kept: mean over texts and layers; \
             ÷: dense cost divided by pruned cost, without padding.",
            input.measure.label()
        ),
        provenance: input.provenance.clone(),
    }
}

fn remark(place: &TransferPlace<'_>) -> String {
    let home = if place.is_home { "; calibrated here" } else { "" };
    format!("kept {}, ÷{}{home}", number::rate(place.retention), number::significant(place.flops_reduction))
}
