//! The trade-off as a plot: zoomed, panned, read under a crosshair, its points used and compared.

use egui::Id;
use egui::RichText;
use egui::Ui;

use crate::app::views::trade_off::details;
use crate::app::views::trade_off::state::Seen;
use crate::app::views::trade_off::state::TradeOffState;
use crate::app::widgets::keys;
use crate::app::widgets::plots;
use crate::app::widgets::plots::Move;
use crate::app::widgets::theme;
use crate::figure::Axis;
use crate::figure::CurvePoint;
use crate::figure::Curves;
use crate::figure::Notation;
use crate::figure::TargetKind;
use crate::figure::number;

/// Room below the plot: name of the horizontal axis, then a line of controls.
const BELOW: f32 = 52.0;

/// Draws the plot in the room that is left.
pub(crate) fn plot_ui(ui: &mut Ui, view: &Seen<'_>, state: &mut TradeOffState, curves: &Curves) {
    let muted = theme::colors(ui).muted;
    plots::legend_ui(ui, curves);
    ui.label(RichText::new(&curves.y.label).small().color(muted));
    // Each pair of axes is zoomed by itself.
    let id = Id::unique(("trade-off plot", state.cost, state.quality));
    let size = egui::vec2(ui.available_width(), (ui.available_height() - BELOW).max(160.0));
    let label = |kind| point_of(curves, kind).map(|(name, point)| sentence(curves, name, point));
    let shown = plots::curves_plot(ui, id, curves, (size, state.asked.take()), label);
    for (kind, response) in shown.points {
        let Some((name, point)) = point_of(curves, kind) else { continue };
        let is_setting = kind != TargetKind::Reference;
        if response.clicked() {
            let with_shift = keys::click_modifiers(ui).shift;
            state.selected = Some(point.spec.clone());
            if with_shift {
                state.toggle_chosen(&point.spec);
            } else if is_setting {
                details::apply_setting(view, &point.spec);
            }
        }
        if response.has_focus() && is_setting {
            state.selected = Some(point.spec.clone());
        }
        response.on_hover_ui(|ui| tooltip_ui(ui, curves, name, point));
    }
    ui.with_layout(egui::Layout::top_down(egui::Align::Max), |ui| {
        ui.label(RichText::new(&curves.x.label).small().color(muted));
    });
    ui.horizontal(|ui| {
        moves_ui(ui, state, shown.is_zoomed);
        let hint = "Click a point to use its setting, Shift-click two to compare them. Wheel: zoom, drag: pan, double click: \
                    all of it";
        let text = shown.pointed.map_or_else(|| hint.to_owned(), |values| read_off(curves, values));
        ui.add(egui::Label::new(RichText::new(text).small().weak()).truncate());
    });
}

/// Buttons for what wheel and drag do, for keyboard and touch.
fn moves_ui(ui: &mut Ui, state: &mut TradeOffState, is_zoomed: bool) {
    let moves = [("+", "Zoom in", Move::In), ("−", "Zoom out", Move::Out)];
    for (sign, name, by) in moves {
        let button = ui.add(egui::Button::new(sign).min_size(egui::vec2(24.0, 0.0))).on_hover_text(name);
        if button.accessible_name(name).clicked() {
            state.asked = Some(by);
        }
    }
    let button = ui.add_enabled(is_zoomed, egui::Button::new("Reset view"));
    let button = button.on_hover_text("Show all points again: what an export shows");
    if button.on_disabled_hover_text("All points are in view").clicked() {
        state.asked = Some(Move::Reset);
    }
}

/// Values under the crosshair, written like the axes' names.
fn read_off(curves: &Curves, (x, y): (f64, f64)) -> String {
    format!("{} {} at {} {}", name_of(&curves.y), written(&curves.y, y), name_of(&curves.x), written(&curves.x, x))
}

fn name_of(axis: &Axis) -> &str {
    let name = axis.label.split([',', '(']).next().unwrap_or_default();
    name.trim()
}

fn written(axis: &Axis, value: f64) -> String {
    match axis.notation {
        Notation::Reduction => number::reduction(value),
        Notation::Plain | Notation::Change | Notation::Times | Notation::Percent => number::rate(value),
    }
}

fn point_of(curves: &Curves, kind: TargetKind) -> Option<(&str, &CurvePoint)> {
    match kind {
        TargetKind::Reference => curves.reference.as_ref().map(|point| ("dense", point)),
        TargetKind::Point { series, point } => {
            let series = curves.series.get(series)?;
            Some((series.name.as_str(), series.points.get(point)?))
        }
        TargetKind::Row(_) | TargetKind::Count(..) | TargetKind::Column(_) => None,
    }
}

/// A point in words, for screen readers.
fn sentence(curves: &Curves, name: &str, point: &CurvePoint) -> String {
    let value = point.y.value.map_or_else(|| "undefined".to_owned(), number::rate);
    let ends = point.y.interval.map(|ends| format!(" {}", number::interval(ends))).unwrap_or_default();
    let (reduction, n) = (reduction(point), number::count(point.y.n));
    let remarks = [(point.current, ", in use"), (point.dominated, ", dominated"), (point.chosen, ", compared")];
    let remarks: String = remarks.into_iter().filter_map(|(holds, remark)| holds.then_some(remark)).collect();
    format!("{name} {}, {} {value}{ends}, reduction {reduction}, n {n}{remarks}", point.label, curves.y.label)
}

/// How much is saved, with the interval where it was measured.
fn reduction(point: &CurvePoint) -> String {
    let ends =
        point.x_interval.map(|(low, high)| format!(" [{}, {}]", number::reduction(low), number::reduction(high)));
    format!("{}{}", number::reduction(point.x), ends.unwrap_or_default())
}

fn tooltip_ui(ui: &mut Ui, curves: &Curves, name: &str, point: &CurvePoint) {
    ui.label(RichText::new(format!("{name} {}", point.label)).font(theme::medium(theme::BODY)));
    let value = point.y.value.map_or_else(|| format!("— {}", point.y.reason), number::rate);
    let ends = point.y.interval.map(|ends| format!(" {}", number::interval(ends))).unwrap_or_default();
    ui.label(format!("{} {value}{ends}", curves.y.label));
    ui.label(format!("{} {}", curves.x.label.trim_end_matches(" (log scale)"), reduction(point)));
    ui.label(RichText::new(format!("n {}, 95% interval: {}", number::count(point.y.n), point.y.method)).small().weak());
}
