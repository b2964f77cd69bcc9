//! One budget for every strategy: the dial, what it achieved, and what it does to the data set.

use egui::ComboBox;
use egui::RichText;
use egui::Slider;
use egui::Ui;

use crate::app::Request;
use crate::app::View;
use crate::app::views::inspect::match_state::MatchState;
use crate::app::views::inspect::match_work::MatchWork;
use crate::app::views::inspect::match_work::Needles;
use crate::app::views::inspect::match_work::Solved;
use crate::app::views::inspect::votes;
use crate::app::widgets::section;
use crate::app::widgets::theme;
use crate::app::work::latency::LatencyRequest;
use crate::evaluation::BudgetKind;
use crate::evaluation::Estimate;
use crate::evaluation::Matched;
use crate::figure::number;
use crate::project::StrategyEntry;
use crate::pruning::StrategySpec;

/// What can be made equal while other work runs; time needs the whole machine: `prunescope match --per latency`.
const KINDS: [BudgetKind; 2] = [BudgetKind::Flops, BudgetKind::Tokens];

/// The bar; whether everything is to be solved again.
pub(crate) fn match_bar_ui(ui: &mut Ui, view: &View<'_>, work: &MatchWork, state: &mut MatchState) -> bool {
    let mut again = false;
    ui.horizontal_wrapped(|ui| {
        let hint = "Turns the dial of every strategy until all spend the same on a sample of the texts. What was achieved is \
                    shown, not what was asked for";
        ui.checkbox(&mut state.is_on, "Same").on_hover_text(hint);
        let shown = ComboBox::from_id_salt("budget kind").selected_text(state.per.label()).show_ui(ui, |ui| {
            for kind in KINDS {
                ui.selectable_value(&mut state.per, kind, kind.label());
            }
        });
        shown.response.accessible_name("Budget of");
        if state.is_on {
            ui.spacing_mut().slider_width = 160.0;
            let slider = Slider::new(&mut state.share, 0.1..=1.0).fixed_decimals(2).custom_formatter(|share, _| format!("{share:.2}"));
            ui.add(slider).accessible_name("Budget").on_hover_text("Own cost ÷ dense cost, without padding");
            status_ui(ui, view, work, &mut again);
        }
        votes::choice_ui(ui, view, state);
    });
    if state.is_on {
        notes_ui(ui, view, work);
    }
    again
}

/// What the strategies came to, and on how many texts.
fn status_ui(ui: &mut Ui, view: &View<'_>, work: &MatchWork, again: &mut bool) {
    let colors = theme::colors(ui);
    if work.is_matching() {
        ui.spinner();
    }
    let matched: Vec<(&Matched, usize)> =
        work.all().filter_map(|(_, solved)| Some((solved.outcome.as_ref().ok()?, solved.texts))).collect();
    let met: Vec<f64> =
        matched.iter().filter(|(matched, _)| matched.is_met()).map(|(matched, _)| matched.achieved).collect();
    if matched.is_empty() {
        return;
    }
    let texts = matched.iter().map(|(_, texts)| *texts).min().unwrap_or(0);
    let range = met.iter().copied().fold(None, |range: Option<(f64, f64)>, share| {
        Some(range.map_or((share, share), |(low, high)| (low.min(share), high.max(share))))
    });
    let on = if texts == 1 { "this text".to_owned() } else { format!("{} texts", number::count(texts)) };
    let text = match range {
        Some((low, high)) => format!(
            "{} of {} meet it: {} to {} of dense on {on}",
            met.len(),
            matched.len(),
            number::rate(low),
            number::rate(high)
        ),
        None => format!("none of {} meets it on {on}", matched.len()),
    };
    ui.label(RichText::new(text).color(colors.muted));
    let is_changed = |entry: &StrategyEntry| {
        work.solved(entry.id)
            .and_then(|solved| solved.outcome.as_ref().ok())
            .is_some_and(|found| found.spec != entry.spec)
    };
    if !work.is_matching() && view.project.enabled().any(is_changed) {
        ui.label(RichText::new("settings were changed since").color(colors.warning));
        *again |= ui.button("Match again").clicked();
    }
}

/// Strategies that do not come to the budget, each with the reason.
fn notes_ui(ui: &mut Ui, view: &View<'_>, work: &MatchWork) {
    if let Some(reason) = work.failure() {
        section::failure(ui, reason, "Choose another budget, or take the strategy out");
    }
    for entry in view.project.enabled() {
        let Some(solved) = work.solved(entry.id) else { continue };
        match &solved.outcome {
            Ok(matched) => {
                if let Some(note) = matched.note() {
                    section::caution(ui, &format!("{}: {note}", view.project.name(entry.id)));
                }
            }
            Err(reason) => section::failure(ui, reason, "Change a setting of this strategy"),
        }
    }
}

/// At the right: what every strategy does at this budget, with intervals that shrink as more texts finish.
pub(crate) fn needles_ui(ui: &mut Ui, view: &View<'_>, work: &MatchWork) {
    section::heading(ui, "At this budget");
    if view.project.data.is_none() {
        ui.weak("Open a data set to see what it does to accuracy and groups");
        return;
    }
    let specs: Vec<StrategySpec> =
        view.project.enabled().filter(|entry| entry.spec.id() != "dense").map(|entry| entry.spec.clone()).collect();
    let hint = "Time these settings on this machine, in turn with dense, while nothing else runs";
    if !specs.is_empty() && ui.button("Measure speed-ups").on_hover_text(hint).clicked() {
        view.commands.request(Request::Latency(LatencyRequest::MeasureSettings(specs)));
    }
    for entry in view.project.enabled().filter(|entry| entry.spec.id() != "dense") {
        ui.label(RichText::new(view.project.name(entry.id)).font(theme::medium(theme::BODY)));
        let solved = work.solved(entry.id);
        let needles = work.needles(&entry.spec);
        egui::Grid::new(("needles", entry.id.0)).num_columns(2).spacing([12.0, 2.0]).show(ui, |ui| {
            rows(ui, view, (solved, needles), entry);
        });
        ui.add_space(6.0);
    }
}

fn rows(ui: &mut Ui, view: &View<'_>, (solved, needles): (Option<&Solved>, Option<&Needles>), entry: &StrategyEntry) {
    let mut row = |name: &str, value: String, hint: &str| {
        ui.weak(name).on_hover_text(hint);
        ui.label(value).on_hover_text(hint);
        ui.end_row();
    };
    let here = view.session.inspect.shown().and_then(|set| set.runs.get(&entry.id));
    let text = here.map_or("…".to_owned(), |run| format!("FLOPs {}", number::reduction(run.run.flops_reduction())));
    row("this text", text, "Dense cost ÷ own cost on the text above");
    let achieved = solved.and_then(|solved| Some((solved.outcome.as_ref().ok()?, solved.texts)));
    let text = achieved.map_or("…".to_owned(), |(matched, texts)| {
        format!("{} on {} texts", number::rate(matched.achieved), number::count(texts))
    });
    row("achieved", text, "Share of the dense model's cost on the sample that dials were turned on");
    let Some(needles) = needles else {
        row("accuracy", "…".to_owned(), "Once the first texts of the data set have been run");
        return;
    };
    let summary = &needles.summary;
    let (name, change) = if summary.labelled > 0 {
        ("accuracy", with_interval(&summary.accuracy_change, true))
    } else {
        ("agreement", with_interval(&summary.agreement, false))
    };
    let hint = format!("Against dense on the same {} texts, with its 95% interval", number::count(summary.n));
    row(name, format!("{change}  n {}", number::count(summary.n)), &hint);
    if let Some((group, value)) = &needles.worst {
        row("worst group", format!("{} {group}", with_interval(value, false)), "The lowest accuracy of all groups");
    }
    let measured = view.session.latency.settings().and_then(|known| known.speed_ups.get(&entry.spec.to_string()));
    let text = measured
        .map_or_else(|| "not measured".to_owned(), |speed_up| written(speed_up, number::times, number::times_interval));
    row(
        "speed-up",
        text,
        "Measured time of dense ÷ that of these very settings on this machine, with its 95% interval",
    );
}

fn with_interval(estimate: &Estimate, is_change: bool) -> String {
    if is_change {
        written(estimate, number::change, number::change_interval)
    } else {
        written(estimate, number::rate, number::interval)
    }
}

/// A value with its interval, or why there is none.
fn written(estimate: &Estimate, value_text: fn(f64) -> String, interval_text: fn((f64, f64)) -> String) -> String {
    match estimate {
        Estimate::Value { value, interval: Some(interval), .. } => {
            format!("{} {}", value_text(*value), interval_text(*interval))
        }
        Estimate::Value { value, interval: None, .. } => value_text(*value),
        Estimate::Undefined { reason, .. } => reason.clone(),
    }
}
