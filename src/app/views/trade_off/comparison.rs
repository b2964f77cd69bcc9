//! Two settings beside each other: the numbers of both, what changes from one to the other on the same texts, and the
//! paired test of it.

use egui::Grid;
use egui::RichText;
use egui::Ui;

use crate::app::views::trade_off::facts::facts;
use crate::app::views::trade_off::facts::heading;
use crate::app::views::trade_off::facts::hint;
use crate::app::views::trade_off::state::Seen;
use crate::app::widgets::marker;
use crate::app::widgets::theme;
use crate::evaluation::Contrast;
use crate::evaluation::Estimate;
use crate::evaluation::Measure;
use crate::figure::charts::SpeedUps;
use crate::figure::charts::TradeOffPoint;
use crate::figure::number;

/// Draws the comparison; whether it is to end.
pub(crate) fn comparison_ui(
    ui: &mut Ui,
    view: &Seen<'_>,
    (one, other): (&TradeOffPoint, &TradeOffPoint),
    speed_ups: &SpeedUps,
) -> bool {
    let ends = ui.horizontal(|ui| {
        ui.label(RichText::new("Two settings").font(theme::medium(theme::BODY)));
        ui.button("End comparison").clicked()
    });
    for (place, point) in [("A", one), ("B", other)] {
        ui.label(RichText::new(place).small().weak());
        heading(ui, point);
    }
    ui.add_space(8.0);
    let specs = [one, other].map(|point| point.point.spec.clone());
    match view.work.contrast(&specs) {
        Some(contrast) => contrast_ui(ui, contrast),
        None => {
            ui.weak("Comparing them text by text …");
        }
    }
    ui.add_space(12.0);
    sides_ui(ui, (one, other), speed_ups);
    ends.inner
}

/// What changes from A to B on the same texts.
fn contrast_ui(ui: &mut Ui, contrast: &Contrast) {
    let has_labels = contrast.p.is_some();
    let title = if has_labels { "B less A, on the same texts" } else { "A and B, on the same texts" };
    ui.label(RichText::new(title).font(theme::medium(theme::BODY)));
    Grid::new("contrast").num_columns(3).spacing([12.0, 5.0]).show(ui, |ui| {
        for (measure, change) in contrast.changes.iter().filter(|_| has_labels) {
            let hint = hint(measure.definition_for(contrast.head), change);
            row_ui(ui, (measure.label(), change_of(change), ends_of(change)), &hint);
        }
        let turned = [
            ("B wrong, A right", contrast.lost, "Labelled texts that A gets right and B wrong"),
            ("B right, A wrong", contrast.won, "Labelled texts that A gets wrong and B right"),
        ];
        for (name, count, definition) in turned.into_iter().filter(|_| has_labels) {
            row_ui(ui, (name, number::count(count), String::new()), definition);
        }
        let differing = &contrast.differing;
        let share = differing.value().map_or_else(undefined, number::rate);
        let ends = differing.interval().map(number::interval).unwrap_or_default();
        row_ui(ui, ("Predict differently", share, ends), &hint("Share of texts, labelled or not", differing));
    });
    ui.add_space(4.0);
    ui.add(egui::Label::new(verdict(contrast)).wrap()).on_hover_text(
        "Mid-p of McNemar's test over the texts that one of the two gets right, or flips of the sign of whole clusters where \
         the data set names them. It is the p of one comparison that was planned: of two points picked among many because \
         they look different, the true p is larger",
    );
}

/// The paired test in a sentence.
fn verdict(contrast: &Contrast) -> String {
    let accuracy = contrast.changes.iter().find(|(measure, _)| *measure == Measure::Accuracy).map(|(_, change)| change);
    let Some(p) = contrast.p else { return "No text has a label: accuracy cannot be compared".to_owned() };
    let said = match accuracy.and_then(Estimate::interval) {
        Some((low, _)) if low > 0.0 => "B is more accurate",
        Some((_, high)) if high < 0.0 => "A is more accurate",
        Some(_) => "Undecided: the interval holds no change",
        None => "Undecided: there is no interval",
    };
    format!("{said}. Paired test: p {} ({})", number::p_value(p), contrast.test)
}

/// The numbers of both.
fn sides_ui(ui: &mut Ui, (one, other): (&TradeOffPoint, &TradeOffPoint), speed_ups: &SpeedUps) {
    let short = |text: &str| text.split(" [").next().unwrap_or_default().to_owned();
    Grid::new("comparison").num_columns(3).spacing([12.0, 5.0]).show(ui, |ui| {
        ui.label("");
        for (place, point) in [("A", one), ("B", other)] {
            ui.horizontal(|ui| {
                marker::marker(ui, point.point.spec.id());
                ui.label(place);
            });
        }
        ui.end_row();
        for (left, right) in facts(one, speed_ups).into_iter().zip(facts(other, speed_ups)) {
            ui.label(RichText::new(left.0).weak()).on_hover_text(&left.2);
            ui.label(short(&left.1)).on_hover_text(format!("{}\n{}", left.1, left.2));
            ui.label(short(&right.1)).on_hover_text(format!("{}\n{}", right.1, right.2));
            ui.end_row();
        }
    });
}

fn row_ui(ui: &mut Ui, (name, value, ends): (&str, String, String), hint: &str) {
    ui.label(RichText::new(name).weak()).on_hover_text(hint);
    ui.label(value).on_hover_text(hint);
    ui.label(RichText::new(ends).small().weak()).on_hover_text(hint);
    ui.end_row();
}

fn undefined() -> String {
    "—".to_owned()
}

fn change_of(change: &Estimate) -> String {
    change.value().map_or_else(undefined, number::change)
}

fn ends_of(change: &Estimate) -> String {
    change.interval().map(number::change_interval).unwrap_or_default()
}
