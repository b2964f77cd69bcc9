//! The bar at the bottom: cost of the dense model, what runs, messages.
//!
//! Everything has a fixed place, from right to left: messages, Stop, running work; what the dense model costs gets the
//! rest. Texts that do not fit are cut short, so that nothing moves while numbers change.

use egui::Align;
use egui::Button;
use egui::Label;
use egui::Layout;
use egui::Popup;
use egui::PopupCloseBehavior;
use egui::Rangef;
use egui::Rect;
use egui::RichText;
use egui::Ui;
use egui::UiBuilder;

use crate::app::UiCommand;
use crate::app::UiState;
use crate::app::View;
use crate::app::base::command::hint;
use crate::app::base::session::JobStatus;
use crate::app::widgets::numbers;
use crate::app::widgets::section;
use crate::app::widgets::theme;

/// Width of the messages' place.
const MESSAGES: f32 = 100.0;
/// Width of Stop's place.
const STOP: f32 = 56.0;
/// Widest place of running work, and its share of a narrow bar.
const JOBS: f32 = 440.0;
const JOBS_SHARE: f32 = 0.42;
/// Between two places.
const GAP: f32 = 8.0;

/// The bar at the bottom.
pub(crate) fn status_bar_ui(ui: &mut Ui, view: &View<'_>, state: &UiState) {
    let size = egui::vec2(ui.available_width(), ui.spacing().interact_size.y);
    let (bar, _) = ui.allocate_exact_size(size, egui::Sense::hover());
    let [rest, jobs, stop, messages] = places(bar);
    let mut place = |rect: Rect, layout: Layout, content: &mut dyn FnMut(&mut Ui)| {
        ui.scope_builder(UiBuilder::new().max_rect(rect).layout(layout), |ui| {
            ui.set_clip_rect(rect.intersect(ui.clip_rect()));
            content(ui);
        });
    };
    let from_left = Layout::left_to_right(Align::Center);
    let from_right = Layout::right_to_left(Align::Center);
    let latency = view.session.latency.progress();
    let latency = latency.map(|progress| JobStatus { label: "Latency".to_owned(), progress });
    let running: Vec<JobStatus> = view.jobs.iter().cloned().chain(latency).collect();
    let rest = if running.is_empty() { rest.union(jobs) } else { rest };
    place(rest, from_left, &mut |ui| costs(ui, view));
    if !running.is_empty() {
        place(jobs, from_right, &mut |ui| jobs_ui(ui, &running));
        place(stop, from_left, &mut |ui| stop_ui(ui, view));
    }
    place(messages, from_right, &mut |ui| messages_button(ui, view, state));
}

/// The places of a bar: costs, running work, Stop, messages.
fn places(bar: Rect) -> [Rect; 4] {
    let mut right = bar.right();
    let mut take = |width: f32| {
        let place = Rect::from_x_y_ranges(Rangef::new((right - width).max(bar.left()), right), bar.y_range());
        right = (place.left() - GAP).max(bar.left());
        place
    };
    let messages = take(MESSAGES);
    let stop = take(STOP);
    let jobs = take(JOBS.min(bar.width() * JOBS_SHARE));
    let rest = Rect::from_x_y_ranges(Rangef::new(bar.left(), right), bar.y_range());
    [rest, jobs, stop, messages]
}

fn costs(ui: &mut Ui, view: &View<'_>) {
    let Some(dense) = view.session.inspect.shown().and_then(|set| set.dense.as_ref()) else {
        ui.add(Label::new(RichText::new("No run yet").weak()).truncate());
        return;
    };
    let run = &dense.run;
    // No time: one run among other work says nothing. The Latency view measures it.
    ui.add(Label::new(format!("dense  {}", numbers::flops(run.flops()))).truncate()).on_hover_text(format!(
        "The dense model on this text\nFLOPs = 2 × multiply-accumulates, counted per layer as 4·n·d² + 2·n²·d + 2·n·d·d_ff, plus the classifier head; \
         embedding look-ups are not counted\nn = {} tokens\nHow fast it is: see the Latency view",
        run.trace.num_tokens
    ));
    let shown = view.session.inspect.shown();
    for (entry, run) in view.project.enabled().filter_map(|entry| Some((entry, shown?.runs.get(&entry.id)?))) {
        let text =
            format!("{}  {} % kept", view.project.name(entry.id), numbers::percent(run.run.trace.retention_mean()));
        let muted = theme::colors(ui).muted;
        let width = ui.painter().layout_no_wrap(text.clone(), theme::regular(theme::BODY), muted).size().x;
        // Whole entries only.
        if ui.available_width() < width + 24.0 {
            break;
        }
        ui.separator();
        ui.label(RichText::new(text).color(muted)).on_hover_text(
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
        _ => format!("{} messages", numbers::count(count as u64)),
    };
    let button = Button::new(label).frame_when_inactive(false).selected(state.show_messages);
    if ui.add(button).on_hover_text(hint(ui, UiCommand::ShowMessages)).clicked() {
        view.commands.send(UiCommand::ShowMessages);
    }
}

fn stop_ui(ui: &mut Ui, view: &View<'_>) {
    let button = Button::new("Stop").min_size(egui::vec2(STOP, 0.0));
    if ui.add(button).on_hover_text(hint(ui, UiCommand::StopJobs)).clicked() {
        view.commands.send(UiCommand::StopJobs);
    }
}

/// What runs in one line; a click lists it.
fn jobs_ui(ui: &mut Ui, jobs: &[JobStatus]) {
    let text = match jobs {
        [job] => line(job),
        _ => format!("{} jobs: {}", jobs.len(), jobs.iter().map(brief).collect::<Vec<_>>().join(", ")),
    };
    match jobs.iter().find_map(share) {
        Some(share) => drop(section::progress_bar(ui, share, 72.0).accessible_name(jobs[0].label.as_str())),
        None => drop(ui.add(egui::Spinner::new().size(12.0))),
    }
    let button = ui.add(Button::new(&text).frame_when_inactive(false).truncate());
    let button = button.on_hover_text(jobs.iter().map(line).collect::<Vec<_>>().join("\n"));
    Popup::menu(&button).close_behavior(PopupCloseBehavior::CloseOnClickOutside).accessible_name("Running work").show(
        |ui| {
            for job in jobs {
                ui.horizontal(|ui| {
                    section::progress_bar(ui, share(job).unwrap_or(0.0), 96.0).accessible_name(job.label.as_str());
                    ui.label(line(job));
                });
            }
        },
    );
}

/// How far a job is, where its length is known.
fn share(job: &JobStatus) -> Option<f32> {
    let total = job.progress.total.filter(|&total| total > 0)?;
    Some((job.progress.done as f32 / total as f32).clamp(0.0, 1.0))
}

/// `Trade-off 41 %`.
fn brief(job: &JobStatus) -> String {
    match share(job) {
        Some(share) => format!("{} {} %", job.label, numbers::percent(f64::from(share))),
        None => format!("{}…", job.label),
    }
}

/// `Trade-off 41 %: ltp, 2,140 of 5,200`. What changes least comes first, so that the cut takes the rest.
fn line(job: &JobStatus) -> String {
    let mut details = Vec::new();
    if !job.progress.stage.is_empty() {
        details.push(job.progress.stage.clone());
    }
    if let Some(total) = job.progress.total.filter(|&total| total > 0) {
        details.push(format!("{} of {}", numbers::count(job.progress.done.min(total)), numbers::count(total)));
    }
    if details.is_empty() { brief(job) } else { format!("{}: {}", brief(job), details.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::Progress;

    #[test]
    fn places_never_overlap_and_stay_where_they_are() {
        for width in [400.0, 484.0, 1024.0, 1600.0] {
            let bar = Rect::from_min_size(egui::pos2(8.0, 0.0), egui::vec2(width, 22.0));
            let places = places(bar);
            for [one, other] in places.array_windows() {
                assert!(one.right() <= other.left(), "{width}: {one:?} reaches into {other:?}");
            }
            assert!(places.iter().all(|place| bar.contains_rect(*place)), "{width}: inside the bar");
            assert!(places[0].width() > 40.0, "{width}: something is left for the costs");
        }
    }

    #[test]
    fn a_job_tells_share_stage_and_counts() {
        let job = |done, total, stage: &str| JobStatus {
            label: "Trade-off".to_owned(),
            progress: Progress { done, total, stage: stage.to_owned() },
        };
        assert_eq!(line(&job(2140, Some(5200), "ltp")), "Trade-off 41 %: ltp, 2,140 of 5,200", "all that is known");
        assert_eq!(line(&job(7, None, "ltp")), "Trade-off…: ltp", "without a length");
        assert_eq!(line(&job(0, None, "")), "Trade-off…", "without anything");
        assert_eq!(share(&job(9, Some(8), "")), Some(1.0), "never more than all");
    }
}
