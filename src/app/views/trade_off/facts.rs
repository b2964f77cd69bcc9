//! Names, values and definitions of the numbers of a setting.

use crate::app::widgets::marker;
use crate::app::widgets::theme;
use crate::evaluation::Estimate;
use crate::evaluation::Summary;
use crate::evaluation::removal_label;
use crate::figure::charts::CostAxis;
use crate::figure::charts::QualityAxis;
use crate::figure::charts::SpeedUps;
use crate::figure::charts::TradeOffPoint;
use crate::figure::number;
use egui::RichText;
use egui::Ui;

pub(crate) fn heading(ui: &mut Ui, point: &TradeOffPoint) {
    ui.horizontal(|ui| {
        marker::marker(ui, point.point.spec.id());
        ui.label(RichText::new(&point.series).font(theme::medium(theme::BODY)));
    });
    ui.add(egui::Label::new(RichText::new(setting(point)).weak()).wrap()).on_hover_text(point.point.spec.to_string());
}

pub(crate) fn setting(point: &TradeOffPoint) -> String {
    let text = point.point.spec.to_string();
    text.split_once(':').map_or_else(|| "no settings".to_owned(), |(_, keys)| keys.replace(',', ", "))
}

/// Name, value and definition of each number, in the order shown.
pub(crate) fn facts(point: &TradeOffPoint, speed_ups: &SpeedUps) -> Vec<(&'static str, String, String)> {
    let summary = &point.point.summary;
    let mut facts: Vec<(&'static str, String, String)> = Vec::new();
    for &quality in QualityAxis::offered(point.head(), point.has_labels()) {
        let estimate = point.quality(quality);
        let mut hint = hint(quality.definition(point.head()), &estimate);
        if let (QualityAxis::WorstGroup, Some((group, _))) = (quality, &point.worst_group) {
            hint = format!("{group}\n{hint}");
        }
        // The longest name would push the intervals out of the panel.
        let label = if quality == QualityAxis::Agreement { "Agreement" } else { quality.label() };
        facts.push((label, with_interval(&estimate, number::rate, number::interval), hint));
        if quality == QualityAxis::Accuracy {
            let change = &summary.accuracy_change;
            let text = with_interval(change, number::change, number::change_interval);
            facts.push(("Change", text, hint_of_change(summary)));
        }
    }
    facts.push(("FLOPs", number::reduction(summary.flops_reduction), CostAxis::Flops.definition().to_owned()));
    let speed_up = speed_ups.get(&point.point.spec.to_string());
    let text = speed_up.map(|speed_up| with_interval(speed_up, number::reduction, speed_up_ends));
    let definition = CostAxis::Latency.definition();
    let explained = speed_up.map_or_else(|| definition.to_owned(), |speed_up| hint(definition, speed_up));
    facts.push(("Latency", text.unwrap_or_else(|| "not measured".to_owned()), explained));
    let padded = "The dense model with every text padded to the longest one ÷ this setting without padding";
    facts.push(("FLOPs, padded", number::reduction(summary.flops_reduction_padded), padded.to_owned()));
    let kept = "Mean over texts and layers of tokens kept ÷ tokens of the text";
    facts.push(("Retention", number::rate(summary.retention), kept.to_owned()));
    facts.push(("Tokens are", removal_label(summary.removal).to_owned(), REMOVAL.to_owned()));
    facts.push(("n", number::count(summary.n), "Texts this setting was run on".to_owned()));
    facts
}

fn speed_up_ends((low, high): (f64, f64)) -> String {
    format!("[{}, {}]", number::significant(low), number::significant(high))
}

const REMOVAL: &str = "Read off the real row counts: removed rows are not computed any more, merged rows become one, \
                       masked rows are still computed and save nothing";

pub(crate) fn hint(definition: &str, estimate: &Estimate) -> String {
    match estimate {
        Estimate::Value { n, .. } => {
            let method = estimate.described_method().unwrap_or_default();
            let note = estimate.interval_note().map(|note| format!("\n{note}")).unwrap_or_default();
            format!("{definition}\nn {}, 95% interval: {method}{note}", number::count(*n))
        }
        Estimate::Undefined { reason, .. } => format!("{definition}\nUndefined: {reason}"),
    }
}

fn hint_of_change(summary: &Summary) -> String {
    format!(
        "{}\nOn the same texts: {} became wrong, {} became right; {} p {}",
        hint("Accuracy of this setting less that of the dense model", &summary.accuracy_change),
        number::count(summary.harmed),
        number::count(summary.rescued),
        summary.test,
        number::p_value(summary.p),
    )
}

pub(crate) type Write = fn(f64) -> String;

pub(crate) type WriteEnds = fn((f64, f64)) -> String;

pub(crate) fn with_interval(estimate: &Estimate, write: Write, write_ends: WriteEnds) -> String {
    match (estimate.value(), estimate.interval()) {
        (Some(value), Some(ends)) => format!("{} {}", write(value), write_ends(ends)),
        (Some(value), None) => write(value),
        (None, _) => "—".to_owned(),
    }
}
