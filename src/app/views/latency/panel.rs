//! What FLOPs promise and what the clock says: a measurement on this machine, alone, when asked for.

use std::sync::Arc;

use egui::Id;
use egui::RichText;
use egui::ScrollArea;
use egui::TextWrapMode;
use egui::Ui;

use crate::app::Request;
use crate::app::View;
use crate::app::panels::empty_state;
use crate::app::views::latency::controls::controls_ui;
use crate::app::views::latency::controls::measure_button;
use crate::app::views::latency::state::LatencyState;
use crate::app::views::latency::table;
use crate::app::widgets::figure_view;
use crate::app::widgets::scene_painter;
use crate::app::widgets::scene_painter::narrow;
use crate::app::widgets::section;
use crate::app::widgets::theme;
use crate::app::work::latency::LatencyRequest;
use crate::app::work::latency_plan::LatencyPlan;
use crate::figure::Body;
use crate::figure::Figure;
use crate::figure::Scene;
use crate::figure::SpeedupChart;
use crate::figure::SpeedupRow;
use crate::figure::TargetKind;
use crate::figure::number;

/// Draws the view.
pub(crate) fn latency_ui(ui: &mut Ui, view: &View<'_>, state: &mut LatencyState) {
    let work = &view.session.latency;
    controls_ui(ui, view, state);
    if let Some(reason) = work.failure() {
        section::failure(ui, reason, "Change the settings or the strategies, then measure again");
    }
    progress_ui(ui, view);
    let Some(figure) = figure_for_screen(view, state) else {
        if work.progress().is_none() && !work.is_waiting() && work.failure().is_none() {
            nothing_ui(ui, view, &state.plan);
        }
        return;
    };
    let Body::Speedups(chart) = &figure.body else { return };
    subtitle_ui(ui, view, &figure);
    if work.is_stale(view.project) {
        ui.multiply_opacity(0.6);
    }
    if state.as_table {
        table::table_ui(ui, &mut state.sorted_by, chart);
    } else {
        plot_ui(ui, state, chart);
    }
}

/// One sentence and the button.
fn nothing_ui(ui: &mut Ui, view: &View<'_>, plan: &LatencyPlan) {
    let advice = "Time dense and pruned passes in turn on this machine, and see how much of what FLOPs promise arrives";
    empty_state::offer_ui(ui, "Nothing is measured yet", advice, |ui| measure_button(ui, view, plan));
}

/// What runs, what it waits for, and how to end it.
fn progress_ui(ui: &mut Ui, view: &View<'_>) {
    let work = &view.session.latency;
    if work.is_waiting() {
        let others: Vec<String> = view.jobs.iter().map(|job| job.label.to_lowercase()).collect();
        let what = if others.is_empty() { "other work".to_owned() } else { others.join(", ") };
        section::notice_ui(
            ui,
            &format!("Waiting for: {what}. A time means something only if nothing else runs"),
            |ui| {
                if ui.button("Do not measure").clicked() {
                    view.commands.request(Request::Latency(LatencyRequest::Stop));
                }
                if ui
                    .button("Stop the rest")
                    .on_hover_text("Stop what runs, so that the measurement can start")
                    .clicked()
                {
                    view.commands.request(Request::Latency(LatencyRequest::StopOthers));
                }
            },
        );
        return;
    }
    let Some(progress) = work.progress() else { return };
    ui.horizontal_wrapped(|ui| {
        let share = progress.done as f32 / progress.total.unwrap_or(1).max(1) as f32;
        section::progress_bar(ui, share, 160.0);
        ui.label(&progress.stage);
        ui.weak("Other work waits meanwhile");
    });
}

/// Machine and rounds, whether it was quiet, and whether all was measured.
fn subtitle_ui(ui: &mut Ui, view: &View<'_>, figure: &Figure) {
    let work = &view.session.latency;
    let Some(shown) = work.shown() else { return };
    let colors = theme::colors(ui);
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(&figure.subtitle).color(colors.muted)).on_hover_text(shown.machine_hint());
        if shown.is_partial && work.progress().is_none() {
            let hint = "The measurement was stopped; what was finished by then is shown";
            ui.label(RichText::new("partial").color(colors.warning)).on_hover_text(hint);
        }
        let text = RichText::new("How to read this").color(colors.accent);
        ui.add(egui::Label::new(text).wrap_mode(TextWrapMode::Extend)).on_hover_ui(reading_ui);
        if work.is_stale(view.project) {
            let hint = "Measured with another model or other strategies than are set now; measure again";
            ui.label(RichText::new("stale").color(colors.warning)).on_hover_text(hint);
        }
    });
    for warning in shown.warnings() {
        section::notice_ui(ui, &warning, |_| {});
    }
}

/// Every term of the figure.
fn reading_ui(ui: &mut Ui) {
    let terms = [
        ("Median", "of the wall-clock time of a pass: all texts of the case through the model once"),
        ("Clock", "dense median ÷ pruned median; above 1× the strategy is faster"),
        ("What FLOPs say", "counted FLOPs of the dense pass ÷ those of the pruned one, no padding on either side"),
        ("95% interval", "bootstrap over whole rounds; one that holds 1× leaves undecided which is faster"),
        ("Tokens", "removed rows are gone from memory, merged rows became one, masked rows are still computed"),
        ("Attention, feed-forward", "the model's own work, measured inside each layer"),
        ("Scoring, gathering", "what a strategy computes to decide, and moving the rows that stay together"),
        ("Other", "embedding, classifier head, bookkeeping"),
        ("Packed, padded", "each text with its own number of rows, or all filled up to the longest of the batch"),
    ];
    let room = ui.ctx().content_rect().width() - 64.0;
    let widest = (room - 160.0).clamp(160.0, 520.0);
    ui.set_max_width(room);
    egui::Grid::new("latency terms").num_columns(2).spacing([12.0, 4.0]).max_col_width(widest).show(ui, |ui| {
        for (term, meaning) in terms {
            ui.label(RichText::new(term).font(theme::medium(theme::BODY)));
            ui.add(egui::Label::new(meaning).wrap());
            ui.end_row();
        }
    });
}

fn figure_for_screen(view: &View<'_>, state: &mut LatencyState) -> Option<Arc<Figure>> {
    let work = &view.session.latency;
    let shown = work.shown()?;
    // Warnings stand above the figure here, where they are seen first; in a file they stand below the rows.
    Some(state.memo.figure(work.generation(), || shown.figure(false)))
}

/// The figure with its head fixed above scrolling rows.
fn plot_ui(ui: &mut Ui, state: &mut LatencyState, chart: &SpeedupChart) {
    let page = figure_view::page_beside_bar(ui, ui.available_height());
    let Some(scene) = state.memo.scene(page) else { return };
    // A head that leaves little room for the rows scrolls with them.
    let is_low = ui.available_height() < 3.0 * narrow(scene.head_height);
    let scroll = if is_low { ScrollArea::both() } else { ScrollArea::horizontal() };
    scroll.auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let size = egui::vec2(narrow(scene.width), head_height(&scene));
        let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
        scene_painter::paint(&ui.painter_at(rect.intersect(ui.clip_rect())), &scene, rect.min);
        if is_low {
            rows_ui(ui, &scene, chart);
        } else {
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| rows_ui(ui, &scene, chart));
        }
    });
}

/// With the line below it.
fn head_height(scene: &Scene) -> f32 {
    narrow(scene.head_height) + 1.0
}

fn rows_ui(ui: &mut Ui, scene: &Scene, chart: &SpeedupChart) {
    let head = head_height(scene);
    let size = egui::vec2(narrow(scene.width), narrow(scene.height) - head);
    let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
    let origin = rect.min - egui::vec2(0.0, head);
    let painter = ui.painter_at(rect.intersect(ui.clip_rect()));
    let label = |kind| row_of(chart, kind).map(SpeedupRow::sentence);
    let responses = figure_view::interact(ui, scene, origin, Id::unique("latency rows"), label);
    for (_, response) in &responses {
        if response.hovered() || response.has_focus() {
            painter.rect_filled(response.rect, 3.0, theme::colors(ui).raised);
        }
    }
    scene_painter::paint(&painter, scene, origin);
    for (kind, response) in responses {
        let Some(row) = row_of(chart, kind) else { continue };
        response.on_hover_ui(|ui| tooltip_ui(ui, row));
    }
}

fn row_of(chart: &SpeedupChart, kind: TargetKind) -> Option<&SpeedupRow> {
    match kind {
        TargetKind::Row(index) => chart.rows.get(index),
        _ => None,
    }
}

fn tooltip_ui(ui: &mut Ui, row: &SpeedupRow) {
    ui.label(RichText::new(&row.name).font(theme::medium(theme::BODY)));
    ui.label(format!("{}: {}", row.case, row.time.sentence()));
    ui.label(row.time.parts_sentence());
    if row.is_dense() {
        return;
    }
    ui.label(format!("Dense passes in turn with them: {}", row.dense.sentence()));
    ui.label(row.verdict());
    if let Some(ends) = row.speed_up.interval {
        let (ends, n) = (number::times_interval(ends), number::count(row.speed_up.n));
        ui.label(format!("95% interval {ends} from {n} rounds ({})", row.speed_up.method));
    }
    ui.label(&row.gap);
    if !row.remark.is_empty() {
        ui.label(&row.remark);
    }
    ui.weak(&row.spec);
}
