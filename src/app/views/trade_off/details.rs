//! The right side of the trade-off view: one setting, or two beside each other.

use egui::Grid;
use egui::RichText;
use egui::Ui;

use crate::app::Edit;
use crate::app::views::trade_off::comparison::comparison_ui;
use crate::app::views::trade_off::facts::facts;
use crate::app::views::trade_off::facts::heading;
use crate::app::views::trade_off::state::Seen;
use crate::app::views::trade_off::state::TradeOffState;
use crate::app::widgets::numbers;
use crate::figure::charts::SpeedUps;
use crate::figure::charts::TradeOffPoint;
use crate::figure::number;

/// Puts a setting in place of the one its strategy has now; undoable.
pub(crate) fn apply_setting(view: &Seen<'_>, spec: &str) {
    let points = view.work.points(view.project);
    let Some(point) = points.iter().find(|point| point.point.spec.to_string() == spec) else { return };
    let mut entries = view.project.enabled();
    if let Some(entry) =
        entries.find(|entry| view.project.name(entry.id) == point.series).filter(|entry| entry.spec != point.point.spec)
    {
        view.commands.edit(Edit::SetStrategy(entry.id, point.point.spec.clone()));
    }
}

/// Details of the selected setting, or of the two compared ones.
pub(crate) fn details_ui(ui: &mut Ui, view: &Seen<'_>, state: &mut TradeOffState) {
    let points = state.points();
    let dense = view.work.dense();
    let find = |spec: &String| {
        let mut all = points.iter().chain(dense);
        all.find(|point| point.point.spec.to_string() == *spec)
    };
    let compared: Vec<&TradeOffPoint> = state.chosen.iter().filter_map(find).collect();
    if let [one, other] = compared[..] {
        if comparison_ui(ui, view, (one, other), &state.speed_ups()) {
            state.chosen.clear();
        }
        return;
    }
    let in_use = || {
        let mut specs = view.project.enabled().map(|entry| entry.spec.to_string());
        specs.find_map(|spec| find(&spec))
    };
    let Some(point) = state.selected.as_ref().and_then(find).or_else(in_use) else {
        ui.label(RichText::new("Point at a setting to see its numbers").weak());
        return;
    };
    one_ui(ui, view, point, &state.speed_ups());
    shared_ui(ui, view);
}

/// How much of the sweep did not have to be computed.
fn shared_ui(ui: &mut Ui, view: &Seen<'_>) {
    let Some(share) = view.work.shared().filter(|share| *share >= 0.005) else { return };
    ui.add_space(8.0);
    let text = format!("Shared layers saved {} % of the sweep's work", numbers::percent(share));
    ui.weak(text).on_hover_text(
        "The layers before a setting's first decision, and the attention of that layer, are the dense model's: computed \
         once for all settings\nMultiply-accumulates taken over ÷ multiply-accumulates of separate runs",
    );
}

fn one_ui(ui: &mut Ui, view: &Seen<'_>, point: &TradeOffPoint, speed_ups: &SpeedUps) {
    heading(ui, point);
    ui.add_space(8.0);
    let summary = &point.point.summary;
    Grid::new("setting details").num_columns(3).spacing([12.0, 5.0]).show(ui, |ui| {
        for (name, value, hint) in facts(point, speed_ups) {
            let (value, ends) = match value.split_once(' ') {
                Some((value, ends)) if ends.starts_with('[') => (value.to_owned(), ends.to_owned()),
                _ => (value, String::new()),
            };
            ui.label(RichText::new(name).weak()).on_hover_text(&hint);
            ui.label(value).on_hover_text(&hint);
            ui.label(RichText::new(ends).small().weak()).on_hover_text(hint);
            ui.end_row();
        }
    });
    if summary.labelled < summary.n {
        ui.weak(format!("{} texts have no label", number::count(summary.n - summary.labelled)));
    }
    ui.add_space(8.0);
    let is_dense = point.point.spec.id() == "dense";
    let in_use = view.project.enabled().any(|entry| entry.spec == point.point.spec);
    if in_use {
        ui.weak("This setting is in use");
    } else if !is_dense && ui.button("Use this setting").on_hover_text("Undo brings the old one back").clicked() {
        apply_setting(view, &point.point.spec.to_string());
    }
}
