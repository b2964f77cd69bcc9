//! Accuracy against cost over a data set: one line per strategy, points appear as they finish.

use std::sync::Arc;

use egui::ComboBox;
use egui::RichText;
use egui::ScrollArea;
use egui::Ui;
use egui::UiBuilder;

use crate::app::Request;
use crate::app::Session;
use crate::app::View;
use crate::app::panels::empty_state;
use crate::app::panels::positive_class::positive_class_ui;
use crate::app::panels::row_limit::rows_ui;
use crate::app::views::trade_off::details;
use crate::app::views::trade_off::plot;
use crate::app::views::trade_off::state::Seen;
use crate::app::views::trade_off::state::TradeOffState;
use crate::app::views::trade_off::table;
use crate::app::views::trade_off::work::TradeOffWork;
use crate::app::widgets::section;
use crate::app::widgets::tabs;
use crate::app::widgets::theme;
use crate::app::work::data_runs::RunRequest;
use crate::app::work::latency::LatencyRequest;
use crate::evaluation::HeadKind;
use crate::figure::Figure;
use crate::figure::charts;
use crate::figure::charts::CostAxis;
use crate::figure::charts::QualityAxis;
use crate::figure::charts::SpeedUps;
use crate::figure::charts::TradeOffInput;
use crate::figure::charts::TradeOffPoint;
use crate::figure::charts::trade_off_figure;
use crate::project::Project;

/// Draws the view.
pub(crate) fn trade_off_ui(ui: &mut Ui, view: &Seen<'_>, state: &mut TradeOffState) {
    if empty_state::no_data_ui(ui, view, "compare strategies by what they save and what they lose") {
        return;
    }
    controls_ui(ui, view, state);
    let work = view.work;
    if let Some(reason) = work.failure() {
        section::failure(ui, reason, "Change model, data or settings, then run the sweep again");
    }
    if let Some(reason) = view.session.latency.failure().filter(|_| state.cost == CostAxis::Latency) {
        section::failure(ui, reason, "Change the settings, then measure again");
    }
    if work.dense().is_none() {
        empty_state::waiting_ui(ui, work.progress(), "Run the sweep to see what each strategy saves and loses");
        return;
    }
    if state.cost == CostAxis::Latency && !has_latency(view) {
        let advice = "Time the swept settings and the dense model in turn on a sample of the data set";
        let heading = if view.session.latency.is_busy() { "Measuring latency" } else { "No latency is measured yet" };
        empty_state::offer_ui(ui, heading, advice, |ui| measure_ui(ui, view));
        return;
    }
    let figure = figure_for_screen(view, state);
    let crate::figure::Body::Curves(curves) = &figure.body else { return };
    let muted = theme::colors(ui).muted;
    ui.label(RichText::new(&figure.subtitle).color(muted));
    let (left, right) = split(ui);
    ui.scope_builder(UiBuilder::new().id_salt("setting").max_rect(right), |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| details::details_ui(ui, view, state));
    });
    ui.scope_builder(UiBuilder::new().id_salt("plot").max_rect(left), |ui| {
        if work.is_stale() {
            ui.multiply_opacity(0.5);
        }
        if state.as_table {
            table::table_ui(ui, view, state);
        } else {
            plot::plot_ui(ui, view, state, curves);
        }
    });
}

/// Room for the plot, and for the details on its right.
fn split(ui: &Ui) -> (egui::Rect, egui::Rect) {
    const DETAILS: f32 = 296.0;
    const GAP: f32 = 24.0;
    let all = ui.available_rect_before_wrap();
    let middle = (all.right() - DETAILS).max(all.left() + all.width() * 0.5);
    (all.with_max_x(middle - GAP), all.with_min_x(middle))
}

fn current_specs(project: &Project) -> Vec<String> {
    project.enabled().map(|entry| entry.spec.to_string()).collect()
}

fn figure_for_screen(view: &Seen<'_>, state: &mut TradeOffState) -> Arc<Figure> {
    let work = view.work;
    let latency = &view.session.latency;
    let key = (
        (work.generation(), latency.generation()),
        current_specs(view.project),
        state.chosen.clone(),
        state.cost,
        state.quality,
    );
    let (chosen, cost, quality) = (state.chosen.clone(), state.cost, state.quality);
    let (points, speed_ups) = (&mut state.points, &mut state.speed_ups);
    state.memo.figure(key, || {
        *points = Arc::new(work.points(view.project));
        let settings = latency.settings();
        *speed_ups = Arc::new(settings.map(|settings| settings.speed_ups.clone()).unwrap_or_default());
        make_figure((view.project, view.session), work, points, (&chosen, cost, quality))
    })
}

fn make_figure(
    (project, session): (&Project, &Session),
    work: &TradeOffWork,
    points: &[TradeOffPoint],
    (chosen, cost, quality): (&[String], CostAxis, QualityAxis),
) -> Figure {
    let current = current_specs(project);
    let (mut basis, data) = match work.texts() {
        Some((basis, dataset)) => (basis, dataset.name.clone()),
        None => (String::new(), String::new()),
    };
    let model = project.model.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let provenance = charts::provenance(&model, &data);
    let none = SpeedUps::new();
    let settings = session.latency.settings();
    let speed_ups = settings.map_or(&none, |settings| &settings.speed_ups);
    if let Some(settings) = settings.filter(|_| cost == CostAxis::Latency) {
        basis = format!("{basis}; latency on {}", settings.machine);
    }
    trade_off_figure(&TradeOffInput {
        dense: work.dense(),
        points,
        current: &current,
        chosen,
        cost,
        quality,
        speed_ups,
        basis,
        provenance,
    })
}

/// What an export writes: the figure of what the view shows; `None` while there is nothing.
pub(crate) fn figure_for_file(
    (project, session): (&Project, &Session),
    work: &TradeOffWork,
    state: &TradeOffState,
) -> Option<Figure> {
    work.dense()?;
    let points = work.points(project);
    Some(make_figure((project, session), work, &points, (&state.chosen, state.cost, state.quality)))
}

fn controls_ui(ui: &mut Ui, view: &Seen<'_>, state: &mut TradeOffState) {
    ui.horizontal_wrapped(|ui| {
        ui.label("Show");
        let has_labels = view.work.dense().is_none_or(TradeOffPoint::has_labels);
        let head = view.work.dense().map_or(HeadKind::Classifier, TradeOffPoint::head);
        choice(ui, "worth", state.quality.shown(head, has_labels).label(), |ui| {
            for &quality in QualityAxis::offered(head, has_labels) {
                let entry = ui.selectable_value(&mut state.quality, quality, quality.label());
                entry.on_hover_text(quality.definition(head));
            }
        });
        ui.label("against");
        choice(ui, "saving", state.cost.label(), |ui| {
            for cost in CostAxis::ALL {
                ui.selectable_value(&mut state.cost, cost, cost.label()).on_hover_text(cost.definition());
            }
        });
        positive_class_ui(ui, view);
        ui.add_space(8.0);
        rows_ui(ui, view);
        ui.add_space(8.0);
        run_ui(ui, view);
        if state.cost == CostAxis::Latency && has_latency(view) {
            measure_ui(ui, view);
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let labels = [
                ("Plot", "Every setting as a point".to_owned()),
                ("Table", "The same points as a table, for keyboard and screen reader".to_owned()),
            ];
            if let Some(chosen) = tabs::tabs(ui, &labels, usize::from(state.as_table), 128.0) {
                state.as_table = chosen == 1;
            }
        });
    });
}

fn choice(ui: &mut Ui, salt: &str, text: &str, content: impl FnOnce(&mut Ui)) {
    ComboBox::from_id_salt(salt).selected_text(text).show_ui(ui, content).response.accessible_name(salt);
}

fn run_ui(ui: &mut Ui, view: &Seen<'_>) {
    let work = view.work;
    if let Some(progress) = work.progress() {
        ui.spinner();
        ui.label(&progress.stage);
        if ui.button("Stop").on_hover_text("Stop the sweep; finished points stay").clicked() {
            view.ask(RunRequest::Stop);
        }
        return;
    }
    let missing = work.missing(view.project);
    if let Some(rest) = work.rest().filter(|(_, time)| missing == 0 || time.is_some()) {
        if section::go_on_ui(ui, rest) {
            view.ask(RunRequest::GoOn);
        }
        return;
    }
    let settings = if missing == 1 { "setting" } else { "settings" };
    let label = if missing == 0 { "Sweep complete".to_owned() } else { format!("Run sweep ({missing} {settings})") };
    let button = ui.add_enabled(missing > 0, egui::Button::new(label));
    let hint = "Run every enabled strategy along its dial; what has a result already is not run again";
    if button
        .on_hover_text(hint)
        .on_disabled_hover_text("Every setting of the enabled strategies has a result")
        .clicked()
    {
        view.ask(RunRequest::Start);
    }
}

/// Whether some setting has a measured latency.
fn has_latency(view: &View<'_>) -> bool {
    view.session.latency.settings().is_some_and(|settings| !settings.speed_ups.is_empty())
}

/// Measures the swept settings that have no latency yet.
fn measure_ui(ui: &mut Ui, view: &Seen<'_>) {
    let latency = &view.session.latency;
    if latency.is_busy() {
        let stage = latency.progress().map_or_else(|| "latency: waiting for other work".to_owned(), |now| now.stage);
        ui.label(stage);
        if ui.button("Stop").accessible_name("Stop measuring").clicked() {
            view.commands.request(Request::Latency(LatencyRequest::Stop));
        }
        return;
    }
    let known = latency.settings().map(|settings| &settings.speed_ups);
    let swept = view.work.points(view.project).into_iter().map(|point| point.point.spec);
    let missing: Vec<_> =
        swept.filter(|spec| known.is_none_or(|known| !known.contains_key(&spec.to_string()))).collect();
    let label =
        if missing.is_empty() { "Latency measured".to_owned() } else { format!("Measure latency ({})", missing.len()) };
    let hint = "Time these settings and the dense model in turn on a sample of the data set, alone on the machine; points \
                appear once it is done";
    let button = ui.add_enabled(!missing.is_empty(), egui::Button::new(label)).on_hover_text(hint);
    if button.on_disabled_hover_text("Every swept setting has a measured latency").clicked() {
        view.commands.request(Request::Latency(LatencyRequest::MeasureSettings(missing)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_older_sessions_saved_is_still_understood() {
        let saved = r#"{ "saving": "tokens", "worth": "f1", "as_table": true, "sorted_by": ["worth", true] }"#;
        let state: TradeOffState = serde_json::from_str(saved).unwrap();
        assert_eq!((state.cost, state.quality), (CostAxis::Tokens, QualityAxis::F1), "the axes");
        assert_eq!(serde_json::to_value(state.sorted_by).unwrap(), serde_json::json!(["worth", true]), "the order");
    }
}
