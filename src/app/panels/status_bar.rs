//! The bar at the bottom: cost of the dense model, what runs, messages.

use egui::Align;
use egui::Layout;
use egui::RichText;
use egui::Ui;

use crate::app::UiCommand;
use crate::app::UiState;
use crate::app::View;
use crate::app::session::JobStatus;
use crate::app::theme;
use crate::app::widgets::numbers;
use crate::app::widgets::section;

/// The bar at the bottom.
pub(crate) fn status_bar_ui(ui: &mut Ui, view: &View<'_>, state: &UiState) {
    ui.horizontal(|ui| {
        dense_cost(ui, view);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            messages_button(ui, view, state);
            jobs(ui, view);
        });
    });
}

fn dense_cost(ui: &mut Ui, view: &View<'_>) {
    let Some(dense) = view.session.inspect.shown().and_then(|set| set.dense.as_ref()) else {
        ui.weak("No run yet");
        return;
    };
    let run = &dense.run;
    let mut text = format!("dense  {}", numbers::flops(run.flops()));
    if !view.session.hide_times {
        text += "  ·  ";
        text += &numbers::millis(run.duration);
    }
    ui.label(text).on_hover_text(format!(
        "The dense model on this text\nFLOPs = 2 × multiply-accumulates, counted per layer as 4·n·d² + 2·n²·d + 2·n·d·d_ff, plus the classifier head; \
         embedding look-ups are not counted\nn = {} tokens\nTime: wall clock of one run on this machine, no warm-up",
        run.trace.num_tokens
    ));
    let shown = view.session.inspect.shown();
    let best = view.project.enabled().filter_map(|entry| Some((entry, shown?.runs.get(&entry.id)?)));
    for (entry, run) in best {
        // The right half belongs to running work and messages.
        if ui.available_width() < 420.0 {
            break;
        }
        ui.separator();
        let trace = &run.run.trace;
        // No time: one run among other work says nothing about a strategy. The Latency view measures it.
        let text = format!("{}  {} % kept", entry.spec.id(), numbers::percent(trace.retention_mean()));
        ui.label(RichText::new(text).color(theme::colors(ui).muted)).on_hover_text(
            "Mean retention: tokens kept after a layer ÷ tokens of the text, averaged over the layers\n\
             How fast it is: see the Latency view",
        );
    }
}

fn messages_button(ui: &mut Ui, view: &View<'_>, state: &UiState) {
    let count = view.session.messages.list().len();
    let label = match count {
        0 => "No messages".to_owned(),
        1 => "1 message".to_owned(),
        _ => format!("{count} messages"),
    };
    let button = egui::Button::new(label).frame_when_inactive(false).selected(state.show_messages);
    if ui.add(button).on_hover_text(UiCommand::ShowMessages.tooltip()).clicked() {
        view.commands.send(UiCommand::ShowMessages);
    }
}

fn jobs(ui: &mut Ui, view: &View<'_>) {
    let jobs = view.session.jobs();
    if jobs.is_empty() {
        return;
    }
    ui.separator();
    if ui.button("Stop").on_hover_text(UiCommand::StopJobs.tooltip()).clicked() {
        view.commands.send(UiCommand::StopJobs);
    }
    for job in jobs.iter().rev() {
        job_line(ui, job);
    }
}

fn job_line(ui: &mut Ui, job: &JobStatus) {
    let progress = &job.progress;
    let label =
        if progress.stage.is_empty() { job.label.clone() } else { format!("{}: {}", job.label, progress.stage) };
    if let Some(total) = progress.total.filter(|total| *total > 0) {
        let share = progress.done as f32 / total as f32;
        section::progress_bar(ui, share, 120.0);
        ui.label(format!("{label}, {} %", numbers::percent(f64::from(share))));
    } else {
        ui.label(format!("{label}…"));
        ui.add(egui::Spinner::new().size(12.0));
    }
}
