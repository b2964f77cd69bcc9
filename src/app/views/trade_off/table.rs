//! The settings of a sweep as a sortable table, for keyboard and screen reader.

use std::cmp::Ordering;

use egui::ScrollArea;
use egui::Ui;
use egui_extras::Column;
use egui_extras::TableBuilder;

use crate::app::views::trade_off::details::apply_setting;
use crate::app::views::trade_off::facts::hint;
use crate::app::views::trade_off::facts::setting;
use crate::app::views::trade_off::state::Seen;
use crate::app::views::trade_off::state::TableColumn;
use crate::app::views::trade_off::state::TradeOffState;
use crate::app::widgets::marker;
use crate::app::widgets::sort_head::Head;
use crate::app::widgets::sort_head::aligned;
use crate::app::widgets::sort_head::sort_head;
use crate::evaluation::HeadKind;
use crate::figure::charts::CostAxis;
use crate::figure::charts::QualityAxis;
use crate::figure::charts::SpeedUps;
use crate::figure::charts::TradeOffPoint;
use crate::figure::number;

/// What the cells of a row are taken from.
#[derive(Clone, Copy)]
struct Axes<'a> {
    quality: QualityAxis,
    head: HeadKind,
    cost: CostAxis,
    speed_ups: &'a SpeedUps,
}

impl TableColumn {
    const ALL: [Self; 7] =
        [Self::Strategy, Self::Setting, Self::Quality, Self::Interval, Self::Change, Self::Cost, Self::Count];

    fn head(self, axes: Axes<'_>) -> Head<'_> {
        let (label, definition) = match self {
            Self::Strategy => ("Strategy", "As in the list of strategies"),
            Self::Setting => ("Setting", "The keys of the strategy's specification"),
            Self::Quality => (axes.quality.label(), axes.quality.definition(axes.head)),
            Self::Interval => ("95% interval", "Sorted by its lower end: what can be relied on"),
            Self::Change => {
                ("Accuracy change", "Accuracy of this setting less that of the dense model, on the same texts")
            }
            Self::Cost => (axes.cost.label(), axes.cost.definition()),
            Self::Count => ("n", "Texts that the value rests on"),
        };
        Head { label, definition, is_number: !matches!(self, Self::Strategy | Self::Setting) }
    }

    fn width(self) -> f32 {
        match self {
            Self::Strategy => 130.0,
            Self::Setting => 168.0,
            Self::Quality => 96.0,
            Self::Interval => 116.0,
            Self::Change => 128.0,
            Self::Cost => 72.0,
            Self::Count => 56.0,
        }
    }

    /// What numbers are sorted by; nothing is smaller than any.
    fn number(self, point: &TradeOffPoint, axes: Axes<'_>) -> Option<f64> {
        let quality = point.quality(axes.quality);
        match self {
            Self::Strategy | Self::Setting => None,
            Self::Quality => quality.value(),
            Self::Interval => quality.interval().map(|(low, _)| low),
            Self::Change => point.point.summary.accuracy_change.value(),
            Self::Cost => axes.cost.of(&point.point, axes.speed_ups),
            Self::Count => Some(quality.n() as f64),
        }
    }

    fn compare(self, (one, other): (&TradeOffPoint, &TradeOffPoint), axes: Axes<'_>) -> Ordering {
        match self {
            Self::Strategy => one.series.cmp(&other.series),
            Self::Setting => setting(one).cmp(&setting(other)),
            _ => {
                let [one, other] = [one, other].map(|point| self.number(point, axes).unwrap_or(f64::NEG_INFINITY));
                one.total_cmp(&other)
            }
        }
    }

    fn text(self, point: &TradeOffPoint, axes: Axes<'_>) -> String {
        let undefined = || "—".to_owned();
        let quality = point.quality(axes.quality);
        match self {
            Self::Strategy => point.series.clone(),
            Self::Setting => setting(point),
            Self::Quality => quality.value().map_or_else(undefined, number::rate),
            Self::Interval => quality.interval().map(number::interval).unwrap_or_default(),
            Self::Change => point.point.summary.accuracy_change.value().map_or_else(undefined, number::change),
            Self::Cost => axes.cost.of(&point.point, axes.speed_ups).map_or_else(undefined, number::reduction),
            Self::Count => number::count(quality.n()),
        }
    }

    /// What a pointer on a cell is told; empty where there is nothing more to say.
    fn hint(self, point: &TradeOffPoint, axes: Axes<'_>) -> String {
        match self {
            Self::Quality | Self::Interval => hint(axes.quality.definition(axes.head), &point.quality(axes.quality)),
            Self::Change => hint(self.head(axes).definition, &point.point.summary.accuracy_change),
            Self::Setting => point.point.spec.to_string(),
            Self::Strategy | Self::Cost | Self::Count => String::new(),
        }
    }
}

/// Draws the table.
pub(crate) fn table_ui(ui: &mut Ui, view: &Seen<'_>, state: &mut TradeOffState) {
    const ROW: f32 = 24.0;
    let (swept, speed_ups) = (state.points(), state.speed_ups());
    let has_labels = view.work.dense().is_none_or(TradeOffPoint::has_labels);
    let head = view.work.dense().map_or(HeadKind::Classifier, TradeOffPoint::head);
    let axes = Axes { quality: state.quality.shown(head, has_labels), head, cost: state.cost, speed_ups: &speed_ups };
    // Without labels there is no accuracy that could change.
    let columns: Vec<TableColumn> =
        TableColumn::ALL.into_iter().filter(|column| has_labels || *column != TableColumn::Change).collect();
    let mut points: Vec<&TradeOffPoint> = view.work.dense().into_iter().chain(swept.iter()).collect();
    sort(&mut points, state.sorted_by, axes);
    ScrollArea::horizontal().auto_shrink(false).show(ui, |ui| {
        let mut table = TableBuilder::new(ui).striped(true).auto_shrink(false);
        for column in &columns {
            table = table.column(Column::initial(column.width()).at_least(48.0).clip(true));
        }
        let table = table.column(Column::initial(132.0).at_least(96.0)).header(ROW, |mut header| {
            for &column in &columns {
                header.col(|ui| sort_head(ui, column.head(axes), column, &mut state.sorted_by));
            }
            header.col(|_| {});
        });
        table.body(|body| {
            body.rows(ROW, points.len(), |mut row| {
                let point = points[row.index()];
                for &column in &columns {
                    row.col(|ui| cell_ui(ui, column, point, axes));
                }
                row.col(|ui| actions_ui(ui, view, state, point));
            });
        });
    });
}

/// In the order of the table, or as the strategies and their dials go; equal rows keep that order.
fn sort(points: &mut [&TradeOffPoint], sorted_by: Option<(TableColumn, bool)>, axes: Axes<'_>) {
    if let Some((column, descending)) = sorted_by {
        points.sort_by(|one, other| {
            let order = column.compare((one, other), axes);
            if descending { order.reverse() } else { order }
        });
    }
}

fn cell_ui(ui: &mut Ui, column: TableColumn, point: &TradeOffPoint, axes: Axes<'_>) {
    aligned(ui, column.head(axes).is_number, |ui| {
        if column == TableColumn::Strategy {
            marker::marker(ui, point.point.spec.id());
        }
        let response = ui.add(egui::Label::new(column.text(point, axes)).truncate());
        let hint = column.hint(point, axes);
        if !hint.is_empty() {
            response.on_hover_text(hint);
        }
    });
}

/// Use and compare.
fn actions_ui(ui: &mut Ui, view: &Seen<'_>, state: &mut TradeOffState, point: &TradeOffPoint) {
    let spec = point.point.spec.to_string();
    let mut is_chosen = state.chosen.contains(&spec);
    let name = format!("Compare {} {}", point.series, setting(point));
    let check = ui.checkbox(&mut is_chosen, "").on_hover_text("Compare two settings").accessible_name(name);
    if check.changed() {
        state.toggle_chosen(&spec);
    }
    let in_use = view.project.enabled().any(|entry| entry.spec == point.point.spec);
    if in_use {
        ui.weak("in use");
    } else if point.point.spec.id() != "dense" && ui.button("Use").clicked() {
        apply_setting(view, &spec);
        state.selected = Some(spec);
    }
}
