//! Carries out what panels, menus and keys asked for.

use std::path::PathBuf;

use egui::Context;
use egui::ViewportCommand;

use crate::app::App;
use crate::app::Edit;
use crate::app::Request;
use crate::app::Theme;
use crate::app::UiCommand;
use crate::app::ViewKind;
use crate::app::base::queue::Command;
use crate::app::base::state::Field;
use crate::app::core::apply;
use crate::app::core::defaults;
use crate::app::core::opening;
use crate::app::core::walk;
use crate::app::widgets::theme;
use crate::app::work::chooser::Purpose;
use crate::app::work::latency::LatencyRequest;

/// Everything that was asked for since the last frame, dropped files included.
pub(crate) fn all(app: &mut App, ctx: &Context) {
    let dropped: Vec<PathBuf> =
        ctx.input(|input| input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect());
    for path in dropped {
        app.commands.request(Request::OpenPath(path));
    }
    for command in app.commands.drain() {
        match command {
            Command::Ui(command) => perform(app, ctx, command),
            Command::Edit(edit) => apply::apply(&mut app.project, edit),
            Command::Request(request) => answer(app, request),
        }
    }
}

fn perform(app: &mut App, ctx: &Context, command: UiCommand) {
    match command {
        UiCommand::OpenPath
        | UiCommand::OpenModel
        | UiCommand::OpenData
        | UiCommand::OpenSession
        | UiCommand::SaveSession
        | UiCommand::ExportPng
        | UiCommand::ExportSvg
        | UiCommand::ExportCsv => ask_for_path(app, command),
        UiCommand::OpenSampleModel => apply::apply(&mut app.project, Edit::SetModel(defaults::project().model)),
        UiCommand::OpenSampleData => app.session.files.find_sample_data(&app.wake),
        UiCommand::DataSettings => opening::show_settings(app),
        UiCommand::CloseData => close_data(app),
        UiCommand::NewSession => new_session(app),
        UiCommand::Quit => ctx.send_viewport_cmd(ViewportCommand::Close),
        UiCommand::Undo => undo(app, ctx.input(|input| input.time)),
        UiCommand::Redo => redo(app, ctx.input(|input| input.time)),
        UiCommand::ResetStrategies => apply::apply(&mut app.project, Edit::SetStrategies(defaults::strategies())),
        UiCommand::FocusText => focus_field(app, Field::Text),
        UiCommand::ToggleTextPair => toggle_text_pair(app),
        UiCommand::ShowView(view) => app.ui.view = view,
        UiCommand::ThemeSystem => choose_theme(app, ctx, Theme::System),
        UiCommand::ThemeLight => choose_theme(app, ctx, Theme::Light),
        UiCommand::ThemeDark => choose_theme(app, ctx, Theme::Dark),
        UiCommand::ZoomIn => zoom(ctx, 1),
        UiCommand::ZoomOut => zoom(ctx, -1),
        UiCommand::ZoomReset => ctx.set_zoom_factor(1.0),
        UiCommand::ToggleFit => app.ui.fit = !app.ui.fit,
        UiCommand::ToggleSettings => app.ui.hides_settings = !app.ui.hides_settings,
        UiCommand::ToggleDetails => app.ui.hides_details = !app.ui.hides_details,
        UiCommand::NextLayer => step_layer(app, 1),
        UiCommand::PreviousLayer => step_layer(app, -1),
        UiCommand::FirstLayer => set_layer(app, 0),
        UiCommand::LastLayer => set_layer(app, usize::MAX),
        UiCommand::Play => toggle_play(app, ctx),
        UiCommand::NextExample => walk::step(app, true),
        UiCommand::PreviousExample => walk::step(app, false),
        UiCommand::FindExample => focus_field(app, Field::Search),
        UiCommand::GoToExample => focus_field(app, Field::GoTo),
        UiCommand::ClearSelection => app.ui.pinned = None,
        UiCommand::StopJobs => app.stop(),
        UiCommand::ShowMessages => app.ui.show_messages = !app.ui.show_messages,
        UiCommand::ShowShortcuts => app.ui.show_shortcuts = !app.ui.show_shortcuts,
        UiCommand::About => app.ui.show_about = !app.ui.show_about,
    }
}

fn answer(app: &mut App, request: Request) {
    match request {
        Request::OpenPath(path) => opening::open_path(app, path),
        Request::Choose(purpose, path) => opening::chosen(app, purpose, path, false),
        Request::Replace(purpose, path) => opening::chosen(app, purpose, path, true),
        Request::UseData { source, header } => opening::use_data(app, *source, header),
        Request::ReadOn => app.session.sheet.go_on(),
        Request::AskLexicon => opening::ask(app, Purpose::OpenLexicon),
        Request::AskSetting(entry, key) => opening::ask(app, Purpose::OpenSetting(entry, key)),
        Request::TypePath => opening::type_instead(app),
        Request::LookAtRecent(paths) => app.session.recent.look(paths, &app.wake),
        Request::ForgetRecent(path) => app.ui.recent.forget(&path),
        Request::FilterExamples(filter) => walk::filter(app, filter),
        Request::ShowExample(index) => {
            walk::show(app, index);
            app.ui.view = ViewKind::default();
        }
        Request::GoToExample(wanted) => walk::go_to(app, &wanted),
        Request::DismissToast(id) => app.session.messages.dismiss(id),
        Request::ClearMessages => app.session.messages.clear(),
        Request::VerifyModel => verify_model(app),
        Request::Latency(LatencyRequest::Measure(plan)) => app.session.latency.ask(plan),
        Request::Latency(LatencyRequest::MeasureSettings(specs)) => app.session.latency.ask_settings(specs),
        Request::Latency(LatencyRequest::Stop) => app.session.latency.stop(),
        Request::Latency(LatencyRequest::StopOthers) => app.stop_others(),
    }
}

fn verify_model(app: &mut App) {
    if let Some(checkpoint) = app.session.checkpoint(&app.project).cloned() {
        app.session.verification.ask(&app.project.model, &checkpoint);
    }
}

fn ask_for_path(app: &mut App, command: UiCommand) {
    if let Some(purpose) = opening::purpose_of(command) {
        opening::ask(app, purpose);
    }
}

fn new_session(app: &mut App) {
    app.ui.example = None;
    app.ui.example_filter = None;
    app.ui.pinned = None;
    apply::apply(&mut app.project, Edit::Replace(Box::new(defaults::project())));
}

fn close_data(app: &mut App) {
    app.ui.example = None;
    app.ui.example_filter = None;
    apply::apply(&mut app.project, Edit::SetData(None));
}

fn undo(app: &mut App, now: f64) {
    if let Some(mut project) = app.undo.undo(now, &app.project) {
        project.counts_on_from(&app.project);
        app.project = project;
    }
}

fn redo(app: &mut App, now: f64) {
    if let Some(mut project) = app.undo.redo(now, &app.project) {
        project.counts_on_from(&app.project);
        app.project = project;
    }
}

/// Adds a second text, where the cursor then is, or takes it away.
fn toggle_text_pair(app: &mut App) {
    let second = app.project.text_pair.is_none().then(String::new);
    if second.is_some() {
        focus_field(app, Field::TextPair);
    }
    apply::apply(&mut app.project, Edit::SetTextPair(second));
}

fn focus_field(app: &mut App, field: Field) {
    app.ui.view = ViewKind::default();
    app.ui.focus = Some(field);
}

fn choose_theme(app: &mut App, ctx: &Context, chosen: Theme) {
    app.ui.theme = chosen;
    theme::choose(ctx, chosen);
}

/// The zoom levels, in percent.
const ZOOMS: [u16; 11] = [50, 67, 75, 90, 100, 110, 125, 150, 200, 250, 300];

fn zoom(ctx: &Context, direction: i32) {
    let now = ctx.zoom_factor() * 100.0;
    let next = if direction > 0 {
        ZOOMS.iter().find(|&&level| f32::from(level) > now + 0.5)
    } else {
        ZOOMS.iter().rev().find(|&&level| f32::from(level) < now - 0.5)
    };
    if let Some(&level) = next {
        ctx.set_zoom_factor(f32::from(level) / 100.0);
    }
}

fn num_layers(app: &App) -> usize {
    app.session.inspect.shown().map_or(0, |set| set.num_layers)
}

fn set_layer(app: &mut App, layer: usize) {
    app.ui.playing = None;
    app.ui.layer = layer.min(num_layers(app));
}

fn step_layer(app: &mut App, step: isize) {
    let last = num_layers(app);
    set_layer(app, app.ui.layer.min(last).saturating_add_signed(step));
}

/// Seconds a layer stays on screen while they play.
const LAYER_SECONDS: f64 = 0.6;

fn toggle_play(app: &mut App, ctx: &Context) {
    if app.ui.playing.take().is_some() {
        return;
    }
    if app.ui.layer >= num_layers(app) {
        app.ui.layer = 0;
    }
    app.ui.playing = Some(ctx.input(|input| input.time) + LAYER_SECONDS);
}

/// Moves the play on.
pub(crate) fn play(app: &mut App, ctx: &Context, now: f64) {
    let Some(due) = app.ui.playing else { return };
    if now >= due {
        app.ui.layer = app.ui.layer.saturating_add(1).min(num_layers(app));
        app.ui.playing = (app.ui.layer < num_layers(app)).then_some(now + LAYER_SECONDS);
    }
    if let Some(due) = app.ui.playing {
        ctx.request_repaint_after(std::time::Duration::from_secs_f64((due - now).max(0.0)));
    }
}

/// A pin on a strategy or token that is gone does not stay.
pub(crate) fn drop_stale_selection(app: &mut App) {
    let Some(pinned) = app.ui.pinned else { return };
    let Some(set) = app.session.inspect.shown() else { return };
    let columns = set.runs.values().map(|run| run.ribbon.num_columns).max().unwrap_or(0).max(set.encoded.units.len());
    let is_known = app.project.entry(pinned.entry).is_some_and(|entry| entry.enabled);
    if !is_known || pinned.column >= columns {
        app.ui.pinned = None;
    }
}
