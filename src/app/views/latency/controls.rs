//! What to time, and how long: the lines above the latency view.

use egui::Button;
use egui::ComboBox;
use egui::Ui;

use crate::app::Request;
use crate::app::View;
use crate::app::views::latency::state::LatencyState;
use crate::app::widgets::tabs;
use crate::app::work::latency::LatencyRequest;
use crate::app::work::latency_plan;
use crate::app::work::latency_plan::BATCHES;
use crate::app::work::latency_plan::Effort;
use crate::app::work::latency_plan::Filling;
use crate::app::work::latency_plan::LENGTHS;
use crate::app::work::latency_plan::LatencyPlan;
use crate::app::work::latency_plan::Texts;

/// Draws the controls; what is chosen takes effect with the next measurement.
pub(crate) fn controls_ui(ui: &mut Ui, view: &View<'_>, state: &mut LatencyState) {
    ui.horizontal_wrapped(|ui| {
        what_ui(ui, &mut state.plan);
        how_ui(ui, &mut state.plan);
        let work = &view.session.latency;
        let is_measuring = work.progress().is_some();
        if is_measuring || (!work.is_waiting() && work.shown().is_some()) {
            group(ui, "begin", |ui| begin_ui(ui, view, state, is_measuring));
        }
    });
}

/// Keeps a label and what belongs to it on one line, and starts a new one where they do not fit.
fn group(ui: &mut Ui, name: &str, content: impl FnOnce(&mut Ui)) {
    let id = ui.scope_id().with(("latency group", name));
    let width = ui.data(|data| data.get_temp::<f32>(id)).unwrap_or_default();
    if width > ui.available_size_before_wrap().x {
        ui.end_row();
    }
    let shown = ui.horizontal(content).response.rect.width();
    ui.data_mut(|data| data.insert_temp(id, shown));
    ui.add_space(8.0);
}

/// Begins or ends, and chooses how the outcome is shown.
fn begin_ui(ui: &mut Ui, view: &View<'_>, state: &mut LatencyState, is_measuring: bool) {
    if is_measuring {
        let button = ui.button("Stop").accessible_name("Stop measuring");
        if button.on_hover_text("Stop the measurement; what is finished stays").clicked() {
            view.commands.request(Request::Latency(LatencyRequest::Stop));
        }
    } else {
        measure_button(ui, view, &state.plan);
    }
    if view.session.latency.shown().is_none() {
        return;
    }
    let labels = [
        ("Plot", "Promise and clock side by side".to_owned()),
        ("Table", "All numbers, sortable, for keyboard and screen reader too".to_owned()),
    ];
    if let Some(chosen) = tabs::tabs(ui, &labels, usize::from(state.as_table), 128.0) {
        state.as_table = chosen == 1;
    }
}

fn what_ui(ui: &mut Ui, plan: &mut LatencyPlan) {
    group(ui, "texts", |ui| {
        ui.label("Time");
        let texts = ComboBox::from_id_salt("latency texts").selected_text(plan.texts.label()).show_ui(ui, |ui| {
            for texts in Texts::ALL {
                ui.selectable_value(&mut plan.texts, texts, texts.label()).on_hover_text(texts.definition());
            }
        });
        texts.response.accessible_name("Time").on_hover_text(plan.texts.definition());
    });
    if plan.texts == Texts::Lengths {
        chips(ui, ("Tokens", "tokens", "Length of the texts, special tokens counted"), &LENGTHS, &mut plan.lengths);
    }
    chips(ui, ("Batch", "texts in a batch", "Texts that pass the model together"), &BATCHES, &mut plan.batches);
    group(ui, "rows", |ui| {
        let filling = ComboBox::from_id_salt("latency rows").selected_text(plan.filling.label()).show_ui(ui, |ui| {
            for filling in Filling::ALL {
                ui.selectable_value(&mut plan.filling, filling, filling.label()).on_hover_text(filling.definition());
            }
        });
        filling.response.accessible_name("Packed or padded").on_hover_text(plan.filling.definition());
    });
}

/// A number of which several may be chosen.
fn chips(ui: &mut Ui, (title, unit, hint): (&str, &str, &str), offered: &[usize], chosen: &mut Vec<usize>) {
    group(ui, title, |ui| {
        ui.label(title).on_hover_text(hint);
        ui.spacing_mut().item_spacing.x = 2.0;
        for &value in offered {
            let button = ui.add(Button::new(value.to_string()).selected(chosen.contains(&value)));
            if button.accessible_name(format!("{value} {unit}")).on_hover_text(hint).clicked() {
                LatencyPlan::toggle(chosen, value);
            }
        }
    });
}

fn how_ui(ui: &mut Ui, plan: &mut LatencyPlan) {
    group(ui, "threads", |ui| {
        ui.label("Threads");
        let threads = ComboBox::from_id_salt("latency threads").width(40.0).selected_text(plan.threads().to_string());
        let threads = threads.show_ui(ui, |ui| {
            for threads in 1..=latency_plan::cores() {
                if ui.selectable_label(plan.threads() == threads, threads.to_string()).clicked() {
                    // The last one stands for "all", so that the choice means the same on another machine.
                    plan.threads = if threads == latency_plan::cores() { 0 } else { threads };
                }
            }
        });
        threads.response.accessible_name("Threads").on_hover_text("Threads that compute, dense and pruned alike");
    });
    group(ui, "effort", |ui| {
        ui.label("Each for");
        let effort = ComboBox::from_id_salt("latency effort").selected_text(plan.effort.label()).show_ui(ui, |ui| {
            for effort in Effort::ALL {
                ui.selectable_value(&mut plan.effort, effort, effort.label()).on_hover_text(effort.definition());
            }
        });
        effort.response.accessible_name("How long").on_hover_text(plan.effort.definition());
    });
    group(ui, "head", |ui| {
        let hint = "Compute in the last layer only the rows that the head reads, dense and pruned alike; both sides get \
                    cheaper. Papers count the whole last layer, so leave this off to compare with them";
        ui.checkbox(&mut plan.head_rows_only, "head's rows only").on_hover_text(hint);
    });
}

/// Starts a measurement; says why where it cannot.
pub(crate) fn measure_button(ui: &mut Ui, view: &View<'_>, plan: &LatencyPlan) {
    let has_model = view.session.checkpoint(view.project).is_some();
    let missing = if has_model {
        plan.missing(view.project, view.session.dataset(view.project).is_some())
    } else {
        Some("Open a model first")
    };
    let button = ui.add_enabled(missing.is_none(), Button::new("Measure"));
    let hint =
        "Dense and pruned passes take turns; nothing else runs meanwhile. The more rounds, the narrower the interval";
    let button = button.on_hover_text(hint).on_disabled_hover_text(missing.unwrap_or_default());
    if button.clicked() {
        view.commands.request(Request::Latency(LatencyRequest::Measure(plan.clone())));
    }
}
