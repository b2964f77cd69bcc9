//! What to train above, how it goes below.

use std::path::Path;
use std::time::Duration;

use egui::ComboBox;
use egui::DragValue;
use egui::RichText;
use egui::ScrollArea;
use egui::TextEdit;
use egui::Ui;

use crate::app::Edit;
use crate::app::View;
use crate::app::panels::empty_state;
use crate::app::views::train::curves;
use crate::app::views::train::state::TrainState;
use crate::app::views::train::work::Ended;
use crate::app::views::train::work::Standing;
use crate::app::views::train::work::TrainRequest;
use crate::app::views::train::work::TrainWork;
use crate::app::views::train::work::Wanted;
use crate::app::widgets::section;
use crate::app::widgets::theme;
use crate::app::work::slot::error_chain;
use crate::figure::number;
use crate::training::Existing;
use crate::training::METHODS;
use crate::training::MethodInfo;
use crate::training::Mode;
use crate::training::TrainOptions;

/// Draws the view; what was asked for.
pub(crate) fn train_ui(
    ui: &mut Ui,
    view: &View<'_>,
    work: &TrainWork,
    state: &mut TrainState,
    is_page: bool,
) -> Option<TrainRequest> {
    let Some(data) = view.project.data.as_ref().filter(|_| view.session.dataset(view.project).is_some()) else {
        empty_state::no_data_ui(ui, view, "learn which of its tokens can be dropped");
        return None;
    };
    let method = state.chosen()?;
    let mut asked = None;
    // A page scrolls by itself.
    ScrollArea::new([false, !is_page]).auto_shrink([false, is_page]).show(ui, |ui| {
        let is_running = work.progress().is_some();
        ui.add_enabled_ui(!is_running, |ui| {
            method_ui(ui, state, method);
            settings_ui(ui, state, method);
            folder_ui(ui, state, (&data.path, method));
        });
        ui.add_space(4.0);
        let existing = buttons_ui(ui, work, is_running, &mut asked);
        if let Some(existing) = existing {
            match wanted(state, (&data.path, method), existing) {
                Ok(wanted) => asked = Some(TrainRequest::Start(Box::new(wanted))),
                Err(reason) => section::failure(ui, &reason, "Change the setting"),
            }
        }
        if let Some(standing) = work.standing() {
            ui.add_space(8.0);
            standing_ui(ui, view, standing);
        }
    });
    asked
}

fn method_ui(ui: &mut Ui, state: &mut TrainState, method: &'static MethodInfo) {
    ui.horizontal_wrapped(|ui| {
        ui.label("Learn");
        let shown = ComboBox::from_id_salt("method").selected_text(method.name).width(180.0).show_ui(ui, |ui| {
            for one in METHODS {
                if ui.selectable_label(one.id == method.id, one.name).on_hover_text(one.summary).clicked() {
                    one.id.clone_into(&mut state.method);
                    state.folder = None;
                }
            }
        });
        shown.response.accessible_name("Method");
        let mode = state.mode(method);
        for (one, label, hint) in [
            (Mode::Frozen, "frozen model", "Thresholds, gates or predictors alone; the model stays what it is"),
            (Mode::Joint, "model too", "The model's layers and head are trained too; the policy brings its own model"),
        ] {
            // A method with one mode leaves nothing to choose.
            if method.modes.len() < 2 || !method.modes.contains(&one) {
                continue;
            }
            let button = ui.add(egui::Button::selectable(mode == one, label)).on_hover_text(hint);
            if button.clicked() {
                state.is_joint = one == Mode::Joint;
            }
        }
        ui.hyperlink_to("paper", method.url).on_hover_text(method.paper);
    });
    ui.label(RichText::new(method.summary).color(theme::colors(ui).muted)).on_hover_text(method.deviations);
}

fn settings_ui(ui: &mut Ui, state: &mut TrainState, method: &'static MethodInfo) {
    ui.horizontal_wrapped(|ui| {
        ui.label("Texts");
        ui.add(DragValue::new(&mut state.rows).range(10..=10_000_000).speed(50.0))
            .accessible_name("Texts to learn from")
            .on_hover_text("Drawn at random from the data set, a tenth of them held out to decide by");
        ui.label("epochs");
        let mut epochs = state.epochs.unwrap_or(method.epochs);
        let field = ui.add(DragValue::new(&mut epochs).range(1..=1000)).accessible_name("Epochs");
        if field.on_hover_text("Times that every text comes").changed() {
            state.epochs = Some(epochs);
        }
        ui.label("accuracy that may be lost");
        ui.add(DragValue::new(&mut state.max_loss).range(0.0..=1.0).speed(0.001).max_decimals(3))
            .accessible_name("Accuracy that may be lost")
            .on_hover_text("Of what loses no more on the held-out texts, the policy that saves most is kept");
        ui.label("seed");
        ui.add(DragValue::new(&mut state.seed)).accessible_name("Seed");
    });
    ui.horizontal_wrapped(|ui| {
        for setting in method.settings {
            ui.label(setting.name.replace('_', " "));
            let mut value = state.setting(method, setting.name, setting.default);
            let speed = (value.abs() / 100.0).max((setting.max - setting.min) / 100_000.0);
            let field = DragValue::new(&mut value).range(setting.min..=setting.max).speed(speed).max_decimals(6);
            let field = ui.add(field).accessible_name(setting.name);
            if field.on_hover_text(format!("{}\nDefault: {}", setting.doc, setting.default)).changed() {
                state.set(method, setting.name, value);
            }
        }
    });
}

fn folder_ui(ui: &mut Ui, state: &mut TrainState, (data, method): (&Path, &MethodInfo)) {
    ui.horizontal(|ui| {
        ui.label("Folder");
        let mut path = state.folder_for(data, method).display().to_string();
        let field = ui.add(TextEdit::singleline(&mut path).desired_width(ui.available_width().min(560.0)));
        let field = field.accessible_name("Folder of the policy");
        if field.on_hover_text("policy.json, its weights, curves.csv and manifest.json are written here").changed() {
            state.folder = Some(path);
        }
    });
}

/// Start, stop, and what to do with a training that is there; how to start, if that was clicked.
fn buttons_ui(ui: &mut Ui, work: &TrainWork, is_running: bool, asked: &mut Option<TrainRequest>) -> Option<Existing> {
    let mut existing = None;
    ui.horizontal_wrapped(|ui| {
        if is_running {
            if ui.button("Stop").on_hover_text("The best policy so far stays; it can be gone on with").clicked() {
                *asked = Some(TrainRequest::Stop);
            }
            return;
        }
        if ui.button("Train").clicked() {
            existing = Some(Existing::Keep);
        }
        let end = work.standing().and_then(|standing| standing.end.as_ref());
        if matches!(end, Some(Ended::Exists | Ended::Stopped)) {
            let hint = "From where the interrupted training in the folder stopped, to the same result";
            if ui.button("Go on").on_hover_text(hint).clicked() {
                existing = Some(Existing::Resume);
            }
            if ui.button("Begin anew").on_hover_text("Replaces the training in the folder").clicked() {
                existing = Some(Existing::Replace);
            }
        }
    });
    existing
}

fn wanted(
    state: &TrainState,
    (data, method): (&Path, &'static MethodInfo),
    existing: Existing,
) -> Result<Wanted, String> {
    let text = |value: f64| value.to_string();
    let typed: Vec<(String, String)> = method
        .settings
        .iter()
        .map(|setting| (setting.name.to_owned(), text(state.setting(method, setting.name, setting.default))))
        .collect();
    let settings = method.settings(&typed).map_err(|err| error_chain(&err))?;
    let options = TrainOptions {
        mode: state.mode(method),
        epochs: state.epochs.unwrap_or(method.epochs),
        max_loss: state.max_loss,
        seed: state.seed,
        command_line: vec!["prunescope".to_owned(), "(window)".to_owned()],
        ..TrainOptions::new(settings)
    };
    Ok(Wanted { options, rows: state.rows, folder: state.folder_for(data, method), existing })
}

fn standing_ui(ui: &mut Ui, view: &View<'_>, standing: &Standing) {
    let colors = theme::colors(ui);
    match &standing.end {
        Some(Ended::Failed(reason)) => section::failure(ui, reason, "Change the settings or the data set"),
        Some(Ended::Exists) => {
            section::caution(ui, &format!("{} holds a training already", standing.folder.display()));
        }
        Some(Ended::Stopped) => drop(section::caution(ui, "Stopped; the best policy so far is in the folder")),
        Some(Ended::Finished) => drop(ui.label("Finished")),
        None => {
            let (done, all) = standing.steps;
            let share = if all == 0 { 0.0 } else { done as f32 / all as f32 };
            section::progress_bar(ui, share, ui.available_width().min(400.0));
        }
    }
    let (done, all) = standing.steps;
    let left = standing
        .left
        .filter(|_| standing.end.is_none())
        .map_or(String::new(), |left: Duration| format!(", {} left", number::rough_duration(left.as_secs_f64())));
    let (learned, held_out) = standing.texts;
    let line = format!(
        "{}: {} texts to learn from, {} held out; step {} of {}{left}",
        standing.name,
        number::count(learned),
        number::count(held_out),
        number::count(done),
        number::count(all)
    );
    ui.label(RichText::new(line).color(colors.muted));
    if let Some(best) = &standing.best {
        let line = format!(
            "Best so far: accuracy {} (dense {}), FLOPs {}, {} of tokens kept. Chosen by these held-out texts, so rather too good: \
             evaluate it on others",
            number::rate(best.accuracy),
            number::rate(standing.dense_accuracy),
            number::reduction(best.flops_reduction),
            number::rate(best.retention),
        );
        ui.label(line);
        use_ui(ui, view, standing);
    }
    if !standing.curve.is_empty() {
        ui.add_space(4.0);
        curves::curves_ui(ui, standing);
    }
}

/// The policy becomes one of the strategies.
fn use_ui(ui: &mut Ui, view: &View<'_>, standing: &Standing) {
    let Some(spec) = &standing.spec else { return };
    let hint = "Adds the policy in the folder to the strategies: every view can then run it";
    if ui.button("Use this strategy").on_hover_text(hint).clicked() {
        view.commands.edit(Edit::AddStrategy(spec.clone()));
    }
}
