//! The window itself: one frame is `update` and then `show`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::app::CommandQueue;
use crate::app::Edit;
use crate::app::Session;
use crate::app::UiState;
use crate::app::View;
use crate::app::WindowOptions;
use crate::app::base::session::JobStatus;
use crate::app::core::autosave;
use crate::app::core::autosave::Autosave;
use crate::app::core::autosave::Restored;
use crate::app::core::autosave::SaveNote;
use crate::app::core::defaults;
use crate::app::core::opening;
use crate::app::core::perform;
use crate::app::core::screenshot;
use crate::app::core::screenshot::Screenshot;
use crate::app::core::shortcuts;
use crate::app::core::timing::Stage;
use crate::app::core::timing::Stopwatch;
use crate::app::core::undo::History;
use crate::app::core::walk;
use crate::app::panels;
use crate::app::views::collection::Views;
use crate::app::widgets::theme;
use crate::app::work::chooser::Chooser;
use crate::app::work::context::WorkContext;
use crate::app::work::export;
use crate::app::work::export::ExportKind;
use crate::app::work::growth::LONGEST_UNASKED;
use crate::app::work::latency::LatencyContext;
use crate::app::work::messages::Level;
use crate::app::work::results::Results;
use crate::disk;
use crate::jobs::Ticket;
use crate::jobs::Wake;
use crate::latency::LatencyReport;
use crate::project;
use crate::project::DataSource;
use crate::project::Project;
use crate::pruning::StrategySpec;

/// Below the folder of the session: results of the data set views, which may be removed at any time.
const RESULTS_FOLDER: &str = "results";

/// Where versions before the session had a file of its own kept it.
const OLD_PROJECT_KEY: &str = "project";
const OLD_UI_KEY: &str = "ui";

impl App {
    /// Opens on the last session, changed by what the command line asks for.
    pub(crate) fn new(
        creation: &eframe::CreationContext<'_>,
        options: &WindowOptions,
        outcome: screenshot::Outcome,
    ) -> anyhow::Result<Self> {
        let screenshot = options.screenshot.clone().map(|path| Screenshot::new(path, options, outcome));
        let mut app = Self::restore(&creation.egui_ctx, options, || {
            let storage = creation.storage?;
            let project = project::parse(&storage.get_string(OLD_PROJECT_KEY)?).ok()?;
            Some((project, eframe::get_value(storage, OLD_UI_KEY)))
        })?;
        if screenshot.is_some() {
            theme::stop_motion(&creation.egui_ctx);
        }
        app.is_saved = screenshot.is_none();
        app.starts_by_itself = screenshot.is_some();
        app.screenshot = screenshot;
        Ok(app)
    }

    /// A window for tests: restored and saved only in the folder that the options name, nothing moves, and no
    /// dialog of the system opens.
    ///
    /// # Errors
    /// When an option cannot be used: a strategy that does not parse, a session that cannot be read.
    pub fn for_tests(ctx: &egui::Context, options: &WindowOptions) -> anyhow::Result<Self> {
        let mut app = Self::restore(ctx, options, || None)?;
        theme::stop_motion(ctx);
        app.session.chooser = Chooser::without_dialogs();
        Ok(app)
    }

    /// Opens on what is kept in the options' folder; `old` finds what an older version kept elsewhere.
    fn restore(
        ctx: &egui::Context,
        options: &WindowOptions,
        old: impl FnOnce() -> Option<(Project, Option<UiState>)>,
    ) -> anyhow::Result<Self> {
        let folder = options.state_folder.as_ref().filter(|_| !options.is_screenshot());
        let mut restored = match folder {
            Some(folder) if !options.start_empty => autosave::restore(folder),
            _ => Restored::default(),
        };
        if restored.is_nothing() && folder.is_some() && !options.start_empty {
            (restored.project, restored.ui) = old().map_or((None, None), |(project, ui)| (Some(project), ui));
        }
        let ui = restored.ui.clone().unwrap_or_default();
        let mut app = Self::build(ctx, options, restored.project.clone(), ui)?;
        if let Some(folder) = folder {
            let found = restored.project.as_ref().zip(restored.ui.as_ref());
            let mut autosave = Autosave::new(folder.clone(), found);
            if options.start_empty {
                autosave.hold(&app.project);
            }
            autosave.probe(&app.wake);
            autosave::tell(&mut app.session.messages, &restored, options.start_empty.then_some(folder));
            app.autosave = Some(autosave);
            app.session.results = Results::in_folder(folder.join(RESULTS_FOLDER));
        }
        Ok(app)
    }

    /// Finds out what the Open data sheet shows, and opens it where labels do not fit.
    fn update_sheet(&mut self) {
        if !self.starts_by_itself {
            opening::notice_misfit(self);
        }
        if !self.session.latency.is_measuring() {
            let checkpoint = self.session.checkpoint(&self.project).cloned();
            let config = checkpoint.as_ref().map(|checkpoint| &checkpoint.model.config);
            let labels = config.map(|config| (config.labels.as_slice(), config.head));
            self.session.sheet.update(self.ui.data_sheet.as_ref(), labels, &self.wake);
        }
    }

    /// Saves what has changed, and says so if it cannot.
    fn keep(&mut self, ctx: &egui::Context, now: f64) {
        let Some(autosave) = &mut self.autosave else { return };
        if ctx.input(|input| !input.events.is_empty()) || self.undo.is_in_flux() {
            autosave.note_activity();
        }
        if autosave.is_due(now) {
            self.ui.views = self.views.save();
        }
        let note = autosave.tick(now, &self.project, &self.ui, &self.wake);
        if let Some(pause) = autosave.due_in(now) {
            ctx.request_repaint_after(pause);
        }
        match note {
            Some(SaveNote::Lost(reason)) => self.session.messages.error(
                format!("This session cannot be kept: {reason}"),
                "What you change is lost when the window closes; Save session writes it to another place",
            ),
            Some(SaveNote::Back) => self.session.messages.info("The session is kept again"),
            None => {}
        }
    }

    /// Shows a measurement of time as if it had just been made here, for tests.
    pub fn show_latency(&mut self, report: LatencyReport) {
        let model = self.project.model.clone();
        self.session.latency.show_report(report, model);
    }

    /// Writes what the view in front shows at once, for tests and scripts; the menu does it in a job. The path's extension says as what: png, svg or csv.
    ///
    /// # Errors
    /// When the view has nothing to write yet, or the file cannot be written.
    pub fn export(&self, path: &Path) -> anyhow::Result<()> {
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        let kind = ExportKind::ALL.into_iter().find(|kind| kind.extension() == extension);
        let kind = kind.ok_or_else(|| anyhow::anyhow!("unknown extension {extension:?}, expected png, svg or csv"))?;
        if let Some(rows) = self.rows().filter(|_| kind == ExportKind::Csv) {
            let bytes = rows.to_csv(&Ticket::detached()).map_err(|_cancelled| anyhow::anyhow!("it was stopped"))?;
            return Ok(disk::write_file(path, &bytes)?);
        }
        let figure = self.figure().ok_or_else(|| anyhow::anyhow!("there is nothing to write yet"))?;
        Ok(export::export(&figure, &export::Target { kind, path })?)
    }

    fn build(
        ctx: &egui::Context,
        options: &WindowOptions,
        restored: Option<Project>,
        ui: UiState,
    ) -> anyhow::Result<Self> {
        theme::install(ctx);
        let mut app = Self {
            project: initial_project(options, restored)?,
            session: Session { load: options.load, ..Session::default() },
            ui,
            undo: History::default(),
            commands: CommandQueue::default(),
            views: Views::default(),
            has_told_wait: false,
            wake: wake(ctx.clone()),
            screenshot: None,
            stopwatch: options.timing.map(Stopwatch::new),
            starts_by_itself: false,
            is_saved: false,
            autosave: None,
            longest_unasked: options.longest_unasked.unwrap_or(LONGEST_UNASKED),
            noticed: None,
        };
        app.views.restore(&app.ui.views);
        app.ui.view = options.view.unwrap_or(app.ui.view);
        app.ui.theme = options.theme.unwrap_or(app.ui.theme);
        theme::choose(ctx, app.ui.theme);
        if let Some(zoom) = options.zoom {
            ctx.set_zoom_factor(zoom);
        }
        Ok(app)
    }

    /// Polls work, applies commands, feeds the undoer. Nothing is drawn.
    pub fn update(&mut self, ctx: &egui::Context) {
        if let Some(stopwatch) = &mut self.stopwatch {
            stopwatch.tell();
        }
        let now = ctx.input(|input| input.time);
        if let Some(pause) = self.session.messages.tick(now) {
            ctx.request_repaint_after(pause);
        }
        perform::all(self, ctx);
        opening::poll(self);
        self.session.update(&self.project, &self.wake);
        self.update_sheet();
        let wake = Arc::clone(&self.wake);
        walk::update(self, &wake);
        self.poll_views();
        self.measure();
        perform::drop_stale_selection(self);
        self.undo.feed(now, &self.project);
        if self.undo.is_in_flux() {
            ctx.request_repaint_after(Duration::from_millis(500));
        }
        perform::play(self, ctx, now);
        self.keep(ctx, now);
        let is_busy = self.is_busy();
        if let Some(mut screenshot) = self.screenshot.take() {
            screenshot.tick(ctx, is_busy, || self.missing());
            self.screenshot = Some(screenshot);
        }
    }

    /// What was asked for and cannot be seen, for whoever takes a picture.
    fn missing(&self) -> Vec<String> {
        let errors = self.session.messages.list().iter().filter(|message| message.level == Level::Error);
        let mut missing: Vec<String> = errors.map(|message| message.text.clone()).collect();
        if missing.is_empty() && self.views.get(self.ui.view).is_none_or(|view| view.is_empty(&self.session)) {
            let needs = "a model, a labelled data set (with groups for Fairness) and an enabled strategy";
            missing.push(format!("the view {} has nothing to show; it needs {needs}", self.ui.view.word()));
        }
        missing
    }

    /// Takes in what the latency laboratory has found, and lets it begin once nothing else runs.
    fn measure(&mut self) {
        let is_free = !self.session.others_busy() && !self.views.is_busy();
        let reading = self.session.reading(&self.project);
        let context = LatencyContext {
            project: &self.project,
            checkpoint: self.session.model.get(&self.project.model),
            dataset: reading.as_ref().and_then(|reading| self.session.data.get(reading)),
            is_free,
            wake: &self.wake,
        };
        self.session.latency.poll(&context);
    }

    /// Draws the window; a wish becomes a command that the next `update` carries out.
    pub fn show(&mut self, ui: &mut egui::Ui) {
        let environment = self.environment();
        let is_covered = self.ui.show_shortcuts
            || self.ui.show_about
            || self.ui.data_sheet.is_some()
            || self.ui.path_field.is_some()
            || self.ui.replaced.is_some();
        shortcuts::read(ui.ctx(), environment, is_covered, &self.commands);
        let jobs: Vec<JobStatus> = self.session.other_jobs().into_iter().chain(self.views.jobs()).collect();
        let view = View {
            project: &self.project,
            session: &self.session,
            commands: &self.commands,
            environment: &environment,
            jobs: &jobs,
        };
        if let Some(front) = self.views.get_mut(self.ui.view) {
            panels::window_ui(ui, &view, &mut self.ui, front.as_mut());
        }
        if let Some(stopwatch) = &mut self.stopwatch {
            stopwatch.note(ui.ctx(), stage(&self.session, &self.project));
        }
        if self.ui.hover.flip() || !self.commands.is_empty() {
            ui.ctx().request_repaint();
        }
    }

    /// The data set that is open or being opened, and how it is read.
    pub fn data_source(&self) -> Option<&DataSource> {
        self.project.data.as_ref()
    }

    /// Lets the views take in and begin work; while a time is measured it waits until the machine is free again.
    fn poll_views(&mut self) {
        if self.session.latency.is_measuring() {
            if self.views.is_asked() && !self.has_told_wait {
                self.has_told_wait = true;
                self.session.messages.info("This starts when the latency measurement has finished");
            }
            return;
        }
        self.has_told_wait = false;
        let mut settings = Vec::new();
        let mut context = WorkContext {
            project: &self.project,
            checkpoint: self.session.checkpoint(&self.project).cloned(),
            dataset: self.session.dataset(&self.project).cloned(),
            results: self.session.results.clone(),
            longest_unasked: self.longest_unasked,
            starts_by_itself: self.starts_by_itself,
            wake: Arc::clone(&self.wake),
            latency: &mut self.session.latency,
            settings: &mut settings,
            messages: &mut self.session.messages,
        };
        self.views.poll(self.ui.view, &mut context);
        if let Some(reason) = context.results.trouble() {
            context.messages.warn(
                format!("Results cannot be kept for the next start: {reason}"),
                "Make room or give write access; what is computed now stays until the window closes",
            );
        }
        if !settings.is_empty() {
            self.commands.edit(Edit::SetSettings(settings));
        }
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.update(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.show(ui);
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        if let Some(autosave) = &mut self.autosave {
            self.ui.views = self.views.save();
            autosave.finish(&self.project, &self.ui);
        }
    }

    fn raw_input_hook(&mut self, _ctx: &egui::Context, raw_input: &mut egui::RawInput) {
        // A picture shows the state, not where the pointer happened to be.
        if self.screenshot.is_some() {
            raw_input
                .events
                .retain(|event| !matches!(event, egui::Event::PointerMoved(_) | egui::Event::MouseMoved(_)));
        }
    }

    fn persist_egui_memory(&self) -> bool {
        self.is_saved
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }
}

/// How much of a first start is there to see.
fn stage(session: &Session, project: &Project) -> Stage {
    let has_ribbon = session.inspect.shown().is_some_and(|set| !set.runs.is_empty());
    match (session.checkpoint(project), has_ribbon) {
        (Some(_), true) if !session.inspect.is_busy() => Stage::AllRibbons,
        (Some(_), true) => Stage::FirstRibbon,
        (Some(_), false) => Stage::Model,
        (None, _) => Stage::Window,
    }
}

fn wake(ctx: egui::Context) -> Wake {
    Arc::new(move |within| ctx.request_repaint_after(within))
}

fn initial_project(options: &WindowOptions, restored: Option<Project>) -> anyhow::Result<Project> {
    let mut project = match &options.session {
        Some(path) => project::load(path)?,
        None => restored.unwrap_or_else(defaults::project),
    };
    if let Some(model) = &options.model {
        project.model.clone_from(model);
    }
    if let Some(path) = &options.data {
        let (lexicon, read) = (options.lexicon.clone(), options.read.clone());
        project.data = Some(DataSource { path: path.clone(), lexicon, options: read });
    }
    if let Some(text) = &options.text {
        project.text.clone_from(text);
        project.text_pair.clone_from(&options.text_pair);
    }
    if options.row_limit.is_some() {
        project.row_limit = options.row_limit;
    }
    project.seed = options.seed.unwrap_or(project.seed);
    if !options.strategies.is_empty() {
        project.strategies.clear();
        for spec in &options.strategies {
            project.push(StrategySpec::parse(spec)?, true);
        }
    }
    Ok(project)
}
