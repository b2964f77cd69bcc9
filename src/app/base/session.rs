//! What is computed: model, data, results, messages. Never saved, never undone.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::app::work::chooser::Chooser;
use crate::app::work::examples::ExampleWork;
use crate::app::work::file_work::FileWork;
use crate::app::work::latency::LatencyWork;
use crate::app::work::messages::Messages;
use crate::app::work::paths;
use crate::app::work::recent::RecentWork;
use crate::app::work::results::Results;
use crate::app::work::sheet::SheetWork;
use crate::app::work::slot::Failure;
use crate::app::work::slot::Slot;
use crate::app::work::slot::SlotEvent;
use crate::app::work::slot::error_chain;
use crate::app::work::text_runs::InspectWork;
use crate::app::work::verification::VerifyWork;
use crate::data;
use crate::data::Dataset;
use crate::data::Lexicon;
use crate::evaluation;
use crate::jobs::Progress;
use crate::jobs::Wake;
use crate::model;
use crate::model::Checkpoint;
use crate::model::LoadOptions;
use crate::project::DataSource;
use crate::project::Project;

/// Everything that was computed, and what is being computed.
#[derive(Default)]
pub(crate) struct Session {
    /// The checkpoint.
    pub(crate) model: Slot<PathBuf, Checkpoint>,
    /// The data set, by how it is read.
    pub(crate) data: Slot<DataSource, Dataset>,
    /// Asks for paths.
    pub(crate) chooser: Chooser,
    /// Work on files.
    pub(crate) files: FileWork,
    /// Which paths opened before are still there.
    pub(crate) recent: RecentWork,
    /// What the Open data sheet shows.
    pub(crate) sheet: SheetWork,
    /// Runs of the text at hand.
    pub(crate) inspect: InspectWork,
    /// The open checkpoint beside a second implementation.
    pub(crate) verification: VerifyWork,
    /// Measurements of time, which need the whole machine.
    pub(crate) latency: LatencyWork,
    /// Runs over the data set, for whichever view wants them.
    pub(crate) results: Results,
    /// The list of examples that is walked through.
    pub(crate) examples: ExampleWork,
    /// What was said.
    pub(crate) messages: Messages,
    /// How models compute.
    pub(crate) load: LoadOptions,
}

/// One line of the status bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JobStatus {
    /// What runs.
    pub(crate) label: String,
    /// How far it is.
    pub(crate) progress: Progress,
}

impl Session {
    /// The checkpoint the project names, once it is loaded.
    pub(crate) fn checkpoint(&self, project: &Project) -> Option<&Arc<Checkpoint>> {
        self.model.get(&project.model)
    }

    /// The data set the project names, once it is read.
    pub(crate) fn dataset(&self, project: &Project) -> Option<&Arc<Dataset>> {
        self.data.get(&self.reading(project)?)
    }

    /// How the project's data set is read: a model that gives any number of labels has them looked for among the columns.
    pub(crate) fn reading(&self, project: &Project) -> Option<DataSource> {
        let mut source = project.data.as_ref()?.reading();
        if let Some(checkpoint) = self.checkpoint(project) {
            source.options.model_labels = evaluation::label_columns(&checkpoint.model);
        }
        Some(source)
    }

    /// Loads what the project names; takes in what has finished. While a time is measured nothing is started: whatever
    /// has changed meanwhile is done afterwards.
    pub(crate) fn update(&mut self, project: &Project, wake: &Wake) {
        if self.latency.is_measuring() {
            return;
        }
        self.update_model(project, wake);
        self.update_data(project, wake);
        let checkpoint = self.model.get(&project.model).map(|checkpoint| &**checkpoint);
        self.verification.update(&project.model, checkpoint, wake);
        if let Some(checkpoint) = self.model.get(&project.model).cloned() {
            if let Some(failure) = self.inspect.update(project, &checkpoint, wake) {
                self.messages.error(failure, "Change the text or the strategy's settings");
            }
        } else {
            self.inspect.suspend();
        }
    }

    fn update_model(&mut self, project: &Project, wake: &Wake) {
        self.model.want(project.model.clone());
        if let Some(path) = self.model.due().cloned() {
            let options = self.load;
            self.model.start("load model", Arc::clone(wake), move |_| load_model(&path, options));
        }
        match self.model.poll() {
            Some(SlotEvent::Ended(path, Failure::Failed(reason))) => {
                let name = paths::short_name(&path);
                self.messages.error(
                    format!("{name} could not be opened: {reason}"),
                    "Choose a folder with config.json, weights and tokenizer",
                );
            }
            Some(SlotEvent::Finished(_) | SlotEvent::Ended(..)) | None => {}
        }
    }

    fn update_data(&mut self, project: &Project, wake: &Wake) {
        match self.reading(project) {
            Some(source) => self.data.want(source),
            None => self.data.clear(),
        }
        if let Some(source) = self.data.due().cloned() {
            self.data.start("read data", Arc::clone(wake), move |_| read_data(&source));
        }
        match self.data.poll() {
            Some(SlotEvent::Ended(source, Failure::Failed(reason))) => {
                let name = paths::short_name(&source.path);
                let advice = "Choose columns, delimiter or encoding in File > Data settings, or open another file";
                self.messages.error(format!("{name} could not be read: {reason}"), advice);
            }
            Some(SlotEvent::Finished(source)) => {
                let name = paths::short_name(&source.path);
                let dataset = self.data.get(&source);
                let skipped = dataset.map_or(0, |dataset| dataset.num_skipped);
                for warning in dataset.iter().flat_map(|dataset| &dataset.report.warnings) {
                    self.messages.warn(format!("{name}: {warning}"), "Or choose the columns for this file");
                }
                if skipped > 0 {
                    self.messages.warn(
                        format!("{name}: {skipped} rows could not be read and are left out"),
                        "Point at the count under Data to see the first of them",
                    );
                }
            }
            Some(SlotEvent::Ended(..)) | None => {}
        }
    }

    /// What runs besides a measurement of time.
    pub(crate) fn other_jobs(&self) -> Vec<JobStatus> {
        let line = |label: &str, progress: Option<Progress>| {
            progress.map(|progress| JobStatus { label: label.to_owned(), progress })
        };
        let (file_label, file_progress) = self.files.progress().unzip();
        let inspect = self.inspect.is_slow().then(Progress::default);
        [
            line("Loading model", self.model.progress()),
            line("Reading data", self.data.progress()),
            line("Verifying model", self.verification.progress()),
            line(file_label.unwrap_or_default(), file_progress),
            line("Running the text", inspect),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Whether anything runs or is about to, besides a measurement of time.
    pub(crate) fn others_busy(&self) -> bool {
        self.model.is_busy()
            || self.data.is_busy()
            || self.verification.is_busy()
            || self.files.is_busy()
            || self.sheet.is_busy()
            || self.inspect.is_busy()
            || self.examples.is_busy()
    }

    /// Asks everything to stop, save a measurement of time.
    pub(crate) fn stop_others(&mut self) {
        self.model.stop();
        self.data.stop();
        self.verification.stop();
        self.files.stop();
        self.sheet.stop();
        self.inspect.stop();
    }
}

fn load_model(path: &Path, options: LoadOptions) -> Result<Checkpoint, Failure> {
    let name = path.to_str().ok_or_else(|| Failure::Failed("the path is not valid text".to_owned()))?;
    let folder = model::find_model(name).map_err(|err| Failure::Failed(error_chain(&err)))?;
    Checkpoint::load_with(&folder, options).map_err(|err| Failure::Failed(error_chain(&err)))
}

fn read_data(source: &DataSource) -> Result<Dataset, Failure> {
    let failed = |err: data::Error| Failure::Failed(error_chain(&err));
    let lexicon = source.lexicon.as_deref().map(Lexicon::read).transpose().map_err(failed)?;
    let mut dataset = data::read(&source.path, &source.options).map_err(failed)?;
    if let Some(lexicon) = &lexicon {
        dataset.add_lexicon(lexicon);
    }
    Ok(dataset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ReadOptions;

    #[test]
    fn the_window_reads_with_every_option_of_the_command_line() {
        let folder = tempfile::tempdir().unwrap();
        let (path, terms) = (folder.path().join("d.csv"), folder.path().join("terms.csv"));
        std::fs::write(&path, "key;words;gold;thread\na;one doctor;2;t1\nb;two;1;t1\n").unwrap();
        std::fs::write(&terms, "group,term\nmedicine,doctor\nlaw,judge\n").unwrap();
        let some = |name: &str| Some(name.to_owned());
        let options = ReadOptions {
            text_column: some("words"),
            label_column: some("gold"),
            label_map: vec![("1".to_owned(), "bad".to_owned()), ("2".to_owned(), "good".to_owned())],
            id_column: some("key"),
            cluster_column: some("thread"),
            delimiter: Some(';'),
            ..ReadOptions::default()
        };
        let source = DataSource { path, lexicon: Some(terms), options };
        let dataset = read_data(&source).unwrap_or_else(|_| panic!("it reads"));
        let first = &dataset.examples[0];
        assert_eq!((first.id.as_str(), first.label.as_deref()), ("a", Some("good")), "id and label map");
        assert_eq!(first.cluster.as_deref(), Some("t1"), "the cluster");
        let column = dataset.group_column("identity").unwrap();
        assert_eq!(dataset.members(column, 0), [0], "groups of the lexicon");
    }
}
