//! Opens and writes what was asked for: asks for a path, hands it to a job, takes in what came of it.

use std::path::PathBuf;
use std::sync::Arc;

use crate::app::App;
use crate::app::Edit;
use crate::app::UiCommand;
use crate::app::base::path_field::PathField;
use crate::app::base::state::Recent;
use crate::app::base::view_class::ViewClass;
use crate::app::core::apply;
use crate::app::work::chooser::Answer;
use crate::app::work::chooser::Purpose;
use crate::app::work::data_sheet;
use crate::app::work::data_sheet::DataSheet;
use crate::app::work::export;
use crate::app::work::export::ExportKind;
use crate::app::work::file_work::FileEvent;
use crate::app::work::file_work::Payload;
use crate::app::work::file_work::SETTING_ADVICE;
use crate::app::work::file_work::WriteTarget;
use crate::app::work::paths;
use crate::app::work::slot::error_chain;
use crate::data;
use crate::evaluation::HeadKind;
use crate::project::DataSource;
use crate::project::EntryId;
use crate::pruning::Artifact;
use crate::pruning::Value;

/// What a menu entry asks a path for.
pub(crate) fn purpose_of(command: UiCommand) -> Option<Purpose> {
    match command {
        UiCommand::OpenPath => Some(Purpose::OpenAny),
        UiCommand::OpenModel => Some(Purpose::OpenModel),
        UiCommand::OpenData => Some(Purpose::OpenData),
        UiCommand::OpenSession => Some(Purpose::OpenSession),
        UiCommand::SaveSession => Some(Purpose::SaveSession),
        UiCommand::ExportPng => Some(Purpose::Export(ExportKind::Png)),
        UiCommand::ExportSvg => Some(Purpose::Export(ExportKind::Svg)),
        UiCommand::ExportCsv => Some(Purpose::Export(ExportKind::Csv)),
        _ => None,
    }
}

/// Asks for a path: the system's dialog beside the window, or the path field.
pub(crate) fn ask(app: &mut App, purpose: Purpose) {
    if app.session.chooser.is_asking() {
        app.session.messages.info("A file dialog is open already; close it first, or type a path instead");
    } else if purpose == Purpose::OpenAny || app.session.chooser.has_no_dialog() {
        show_field(app, purpose);
    } else {
        let proposed = proposed_name(app, purpose);
        app.session.chooser.ask(purpose, &proposed);
    }
}

/// Lets the path field ask instead of the dialog that is open.
pub(crate) fn type_instead(app: &mut App) {
    if let Some(purpose) = app.session.chooser.give_up() {
        show_field(app, purpose);
    }
}

fn proposed_name(app: &App, purpose: Purpose) -> String {
    match purpose {
        Purpose::SaveSession => "session.prunescope".to_owned(),
        Purpose::Export(kind) => export::file_name(app.ui.view.word(), kind),
        Purpose::OpenAny
        | Purpose::OpenModel
        | Purpose::OpenData
        | Purpose::OpenSession
        | Purpose::OpenLexicon
        | Purpose::OpenSetting(..) => String::new(),
    }
}

/// The path field starts where the last file of the kind came from.
fn show_field(app: &mut App, purpose: Purpose) {
    let recent = &app.ui.recent;
    let last = match purpose {
        Purpose::OpenModel => recent.models.first(),
        Purpose::OpenSession | Purpose::SaveSession => recent.sessions.first(),
        Purpose::OpenAny | Purpose::OpenData | Purpose::OpenLexicon | Purpose::OpenSetting(..) | Purpose::Export(_) => {
            recent.data.first()
        }
    };
    let folder = last.and_then(|path| path.parent()).filter(|folder| folder.is_absolute());
    let folder = folder.map(PathBuf::from).or_else(|| std::env::current_dir().ok()).unwrap_or_default();
    let text = folder.join(proposed_name(app, purpose)).to_string_lossy().into_owned();
    app.ui.path_field = Some(PathField::new(purpose, text));
}

/// A path was chosen in a dialog, typed, or agreed to.
pub(crate) fn chosen(app: &mut App, purpose: Purpose, path: PathBuf, replaces: bool) {
    match purpose {
        Purpose::OpenAny | Purpose::OpenData | Purpose::OpenModel => open_path(app, path),
        Purpose::OpenSession => app.session.files.open_session(path, &app.wake),
        Purpose::OpenLexicon => {
            if let Some(sheet) = &mut app.ui.data_sheet {
                sheet.source.lexicon = Some(path);
            }
        }
        Purpose::OpenSetting(entry, key) => app.session.files.read_setting((entry, key), path, &app.wake),
        Purpose::SaveSession => {
            let payload = Payload::Session(Box::new(app.project.clone()));
            write(app, purpose, payload, (path, replaces));
        }
        Purpose::Export(kind) => match payload(app, kind) {
            Some(payload) => write(app, purpose, payload, (path, replaces)),
            None => app.session.messages.error("there is nothing to write yet", "Wait until the view shows something"),
        },
    }
}

/// What the view in front has for a file of this kind.
fn payload(app: &App, kind: ExportKind) -> Option<Payload> {
    let rows = app.rows().filter(|_| kind == ExportKind::Csv).map(Payload::Rows);
    rows.or_else(|| Some(Payload::Figure(Box::new(app.figure()?), kind)))
}

/// Opens whatever this is.
pub(crate) fn open_path(app: &mut App, path: PathBuf) {
    app.session.files.open(path, &app.wake);
}

fn write(app: &mut App, purpose: Purpose, payload: Payload, (path, replaces): (PathBuf, bool)) {
    let with_ending = purpose.with_ending(path.clone());
    // A dialog asked about the name as it was typed.
    let replaces = replaces && with_ending == path;
    let data = app.project.data.as_ref().map(|source| source.path.clone());
    app.session.files.write(WriteTarget { purpose, path: with_ending, replaces, data }, payload, &app.wake);
}

/// Takes in what dialogs and jobs have come to.
pub(crate) fn poll(app: &mut App) {
    match app.session.chooser.poll(&app.wake) {
        // The system's dialog asks by itself whether a file may be replaced.
        Some(Answer::Chosen(purpose, path)) => chosen(app, purpose, path, true),
        Some(Answer::NoDialog(purpose)) => show_field(app, purpose),
        Some(Answer::Cancelled) | None => {}
    }
    let key = app.ui.path_field.as_ref().map(PathField::listing_key);
    app.session.files.list(key, &app.wake);
    app.session.recent.poll();
    for event in app.session.files.poll() {
        take(app, event);
    }
}

fn take(app: &mut App, event: FileEvent) {
    match event {
        FileEvent::Model(folder) => {
            Recent::remember(&mut app.ui.recent.models, folder.clone());
            app.session.model.forget_failure();
            apply::apply(&mut app.project, Edit::SetModel(folder));
        }
        FileEvent::Data(path) => {
            Recent::remember(&mut app.ui.recent.data, path.clone());
            app.ui.data_sheet = Some(DataSheet::fresh(path));
        }
        FileEvent::Session(path, project) => {
            Recent::remember(&mut app.ui.recent.sessions, path);
            apply::apply(&mut app.project, Edit::Replace(project));
        }
        FileEvent::Setting((entry, key), file) => set_file(app, (entry, key), file),
        FileEvent::SampleData(Some(path)) => open_data(app, DataSource { path, ..DataSource::default() }),
        FileEvent::SampleData(None) => app.session.messages.error(
            "the sample data is not beside the program",
            "Set PRUNESCOPE_MODELS to the folder sample_models, or open a data set of your own",
        ),
        FileEvent::Written(purpose, path) => {
            app.session.messages.info(format!("Saved {}", path.display()));
            if purpose == Purpose::SaveSession {
                Recent::remember(&mut app.ui.recent.sessions, path);
            }
        }
        FileEvent::Exists(purpose, path) => app.ui.replaced = Some((purpose, path)),
        FileEvent::Failed { text, advice } => app.session.messages.error(text, advice),
    }
}

/// The content of a file becomes the value of a strategy's key.
fn set_file(app: &mut App, (entry, key): (EntryId, &str), file: Arc<Artifact>) {
    let Some(spec) = app.project.entry(entry).map(|entry| &entry.spec) else { return };
    match spec.with(key, Value::File(file)) {
        Ok(spec) => apply::apply(&mut app.project, Edit::SetStrategy(entry, spec)),
        Err(err) => app.session.messages.error(error_chain(&err), SETTING_ADVICE),
    }
}

fn open_data(app: &mut App, source: DataSource) {
    app.session.data.forget_failure();
    app.ui.example = None;
    app.ui.example_filter = None;
    apply::apply(&mut app.project, Edit::SetData(Some(Box::new(source))));
}

/// Opens a data file as the sheet says.
pub(crate) fn use_data(app: &mut App, source: DataSource, header: String) {
    data_sheet::remember(&mut app.ui.remembered, header, source.clone());
    // A file that is opened again as it was has perhaps changed on disk.
    app.session.data.forget_failure();
    open_data(app, source);
}

/// Opens the sheet on the data set that is open.
pub(crate) fn show_settings(app: &mut App) {
    if let Some(source) = &app.project.data {
        app.ui.data_sheet = Some(DataSheet::of(source.clone()));
    }
}

/// Opens the sheet by itself where a view of the data set needs labels that the model does not know; once for a data set
/// and a model.
pub(crate) fn notice_misfit(app: &mut App) {
    let needs_labels = app.views.get(app.ui.view).is_some_and(ViewClass::needs_labels);
    if !needs_labels || app.ui.data_sheet.is_some() {
        return;
    }
    let (project, session) = (&app.project, &app.session);
    let Some(source) = &project.data else { return };
    let is_known = |(noticed, model): &(DataSource, PathBuf)| noticed == source && *model == project.model;
    if app.noticed.as_ref().is_some_and(is_known) {
        return;
    }
    let (Some(checkpoint), Some(dataset)) = (session.checkpoint(project), session.dataset(project)) else { return };
    if checkpoint.model.config.head != HeadKind::Classifier {
        // No map mends what is no number or no label; the evaluation says so where its result would stand.
        return;
    }
    let classes = &checkpoint.model.config.labels;
    let fit = data::match_labels(&dataset.report.labels, classes, dataset.report.class_names.as_deref());
    app.noticed = Some((source.clone(), project.model.clone()));
    if let Err(misfit) = fit {
        let name = paths::short_name(&source.path);
        let reason = format!(
            "The labels of {name} do not fit the classes of this model, {}. Say below what each of them means",
            classes.join(", ")
        );
        app.ui.data_sheet = Some(DataSheet::misfit(source.clone(), reason, &misfit.label_map));
    }
}
