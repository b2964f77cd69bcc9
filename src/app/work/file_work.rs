//! What is done with files, beside the window: looking what a path is, reading sessions, writing sessions and exports.

use std::path::PathBuf;
use std::sync::Arc;

use crate::app::work::chooser::Purpose;
use crate::app::work::export;
use crate::app::work::export::ExportKind;
use crate::app::work::export::ListedRows;
use crate::app::work::listing;
use crate::app::work::listing::Listing;
use crate::app::work::paths;
use crate::app::work::paths::Openable;
use crate::app::work::slot::Failure;
use crate::app::work::slot::Slot;
use crate::app::work::slot::error_chain;
use crate::disk;
use crate::figure::Figure;
use crate::jobs::Cancelled;
use crate::jobs::Job;
use crate::jobs::Poll;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::jobs::Wake;
use crate::project;
use crate::project::EntryId;
use crate::project::Project;
use crate::pruning::Artifact;

/// What came of work on a file.
#[derive(Debug)]
pub(crate) enum FileEvent {
    /// The path is a checkpoint folder.
    Model(PathBuf),
    /// The path is a data file.
    Data(PathBuf),
    /// A session was read.
    Session(PathBuf, Box<Project>),
    /// A file was read that becomes the value of a strategy's key.
    Setting((EntryId, &'static str), Arc<Artifact>),
    /// The bundled data lies here, or nowhere.
    SampleData(Option<PathBuf>),
    /// A file was written.
    Written(Purpose, PathBuf),
    /// A file is there already and was left alone.
    Exists(Purpose, PathBuf),
    /// Something could not be done, and what to do instead.
    Failed {
        /// What happened, and where.
        text: String,
        /// What to do now.
        advice: &'static str,
    },
}

impl FileEvent {
    fn failed(text: impl Into<String>, advice: &'static str) -> Self {
        Self::Failed { text: text.into(), advice }
    }
}

/// What is written into a file.
#[derive(Clone, Debug)]
pub(crate) enum Payload {
    /// A session.
    Session(Box<Project>),
    /// What a view shows.
    Figure(Box<Figure>, ExportKind),
    /// What a view lists.
    Rows(Arc<dyn ListedRows>),
}

/// What the path field asks about.
pub(crate) type ListingKey = (String, Purpose);

/// Work on files, each piece on a thread of its own.
#[derive(Debug, Default)]
pub(crate) struct FileWork {
    running: Vec<(&'static str, Job<FileEvent>)>,
    events: Vec<FileEvent>,
    /// What lies where the path field points.
    pub(crate) listing: Slot<ListingKey, Listing>,
}

const OPEN_ADVICE: &str = "Open a model folder, a CSV, TSV, JSON Lines or Parquet file, or a session";

/// What to do where a file cannot be a setting.
pub(crate) const SETTING_ADVICE: &str =
    "Choose a JSON file with one number a layer, alone or under the name of the setting";

impl FileWork {
    /// Looks what a path is and opens it.
    pub(crate) fn open(&mut self, path: PathBuf, wake: &Wake) {
        self.start("Opening", wake, move |_| look(path));
    }

    /// Opens a path as a session, whatever its name.
    pub(crate) fn open_session(&mut self, path: PathBuf, wake: &Wake) {
        self.start("Opening", wake, move |_| read_session(path));
    }

    /// Reads a file that becomes the value of a strategy's key.
    pub(crate) fn read_setting(&mut self, at: (EntryId, &'static str), path: PathBuf, wake: &Wake) {
        self.start("Opening", wake, move |_| match Artifact::read(&path) {
            Ok(file) => FileEvent::Setting(at, file),
            Err(err) => FileEvent::failed(error_chain(&err), SETTING_ADVICE),
        });
    }

    /// Looks for the bundled data.
    pub(crate) fn find_sample_data(&mut self, wake: &Wake) {
        self.start("Opening", wake, |_| FileEvent::SampleData(crate::data::find_sample_data()));
    }

    /// Writes a file; one that is there is replaced only if that was agreed to. `data` is the open data file, which is
    /// never written over.
    pub(crate) fn write(&mut self, target: WriteTarget, payload: Payload, wake: &Wake) {
        self.start("Writing", wake, move |ticket| write(ticket, &target, &payload));
    }

    fn start(&mut self, label: &'static str, wake: &Wake, work: impl FnOnce(&Ticket) -> FileEvent + Send + 'static) {
        match Job::spawn("files", Wake::clone(wake), work) {
            Ok(job) => self.running.push((label, job)),
            Err(err) => self.events.push(FileEvent::failed(format!("no thread for files: {err}"), "Try again")),
        }
    }

    /// Lists what goes on from a typed path; the newest question wins.
    pub(crate) fn list(&mut self, key: Option<ListingKey>, wake: &Wake) {
        match key {
            Some(key) => self.listing.want(key),
            None => self.listing.clear(),
        }
        if let Some((text, purpose)) = self.listing.due().cloned() {
            self.listing.start("list folder", Wake::clone(wake), move |ticket| {
                listing::list(ticket, &text, purpose).map_err(Failure::from)
            });
        }
        // A listing that failed leaves the field without offers; the path can still be typed.
        drop(self.listing.poll());
    }

    /// What has come to an end since the last call; never blocks.
    pub(crate) fn poll(&mut self) -> Vec<FileEvent> {
        let mut events = std::mem::take(&mut self.events);
        self.running.retain(|(label, job)| match job.poll() {
            Poll::Running => true,
            Poll::Ready(event) => {
                events.push(event);
                false
            }
            Poll::Lost(panic) => {
                let text = format!("{label} ended by an internal error: {panic}");
                events.push(FileEvent::failed(text, "Try again, or choose another file"));
                false
            }
        });
        events
    }

    /// Whether anything runs.
    pub(crate) fn is_busy(&self) -> bool {
        !self.running.is_empty() || !self.events.is_empty() || self.listing.is_busy()
    }

    /// How far a file is that is being written or read.
    pub(crate) fn progress(&self) -> Option<(&'static str, Progress)> {
        self.running.first().map(|(label, job)| (*label, job.progress()))
    }

    /// Asks what runs to stop.
    pub(crate) fn stop(&mut self) {
        self.running.iter().for_each(|(_, job)| job.cancel());
        self.listing.stop();
    }
}

/// Where something is written.
#[derive(Clone, Debug)]
pub(crate) struct WriteTarget {
    /// What it is.
    pub(crate) purpose: Purpose,
    /// The file.
    pub(crate) path: PathBuf,
    /// It was agreed that a file of this name may go.
    pub(crate) replaces: bool,
    /// The open data file.
    pub(crate) data: Option<PathBuf>,
}

fn look(path: PathBuf) -> FileEvent {
    match Openable::peek(&path) {
        Ok(Openable::Model) => FileEvent::Model(paths::model_folder(&path)),
        Ok(Openable::Data) => FileEvent::Data(path),
        Ok(Openable::Session) => read_session(path),
        Err(err) => FileEvent::failed(err.to_string(), OPEN_ADVICE),
    }
}

fn read_session(path: PathBuf) -> FileEvent {
    match project::load(&path) {
        Ok(project) => FileEvent::Session(path, Box::new(project)),
        Err(err) => FileEvent::failed(error_chain(&err), "Choose a file that was written with Save session"),
    }
}

fn write(ticket: &Ticket, target: &WriteTarget, payload: &Payload) -> FileEvent {
    let WriteTarget { purpose, path, replaces, data } = target;
    let failed = |reason: &dyn std::fmt::Display| {
        let text = format!("{} could not be written: {reason}", paths::short_name(path));
        FileEvent::failed(text, "Choose another folder or name")
    };
    if path.is_dir() {
        return failed(&"it is a folder");
    }
    if data.as_deref().is_some_and(|data| disk::same_file(data, path)) {
        return failed(&"it is the open data set");
    }
    if path.exists() && !replaces {
        return FileEvent::Exists(*purpose, path.clone());
    }
    match bytes_of(ticket, payload) {
        Ok(bytes) => match disk::write_file(path, &bytes) {
            Ok(()) => FileEvent::Written(*purpose, path.clone()),
            Err(err) => failed(&err),
        },
        Err(Failure::Failed(reason)) => failed(&reason),
        Err(Failure::Cancelled) => failed(&"it was stopped"),
    }
}

fn bytes_of(ticket: &Ticket, payload: &Payload) -> Result<Vec<u8>, Failure> {
    match payload {
        Payload::Rows(rows) => {
            ticket.report(Progress { stage: "writing rows".to_owned(), ..Progress::default() });
            rows.to_csv(ticket)
        }
        Payload::Session(project) => Ok(project::render(project).into_bytes()),
        Payload::Figure(figure, kind) => {
            ticket.report(Progress { stage: "drawing".to_owned(), ..Progress::default() });
            let bytes = export::render(figure, *kind).map_err(|err| Failure::Failed(err.to_string()))?;
            ticket.checkpoint().map_err(|Cancelled| Failure::Cancelled)?;
            Ok(bytes)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(path: PathBuf) -> WriteTarget {
        WriteTarget { purpose: Purpose::SaveSession, path, replaces: false, data: None }
    }

    fn session() -> Payload {
        Payload::Session(Box::new(Project::new("m")))
    }

    #[test]
    fn a_file_that_is_there_is_replaced_only_when_that_was_agreed_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.prunescope");
        std::fs::write(&path, "old").unwrap();
        let mut target = target(path.clone());
        let event = write(&Ticket::detached(), &target, &session());
        assert!(matches!(&event, FileEvent::Exists(Purpose::SaveSession, found) if *found == path), "{event:?}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old", "left alone");
        target.replaces = true;
        let event = write(&Ticket::detached(), &target, &session());
        assert!(matches!(event, FileEvent::Written(..)), "{event:?}");
        assert!(project::load(&path).is_ok(), "the session is in its place");
    }

    #[test]
    fn the_open_data_set_is_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        std::fs::write(&path, "text\ngood\n").unwrap();
        let detour = folder.path().join("../").join(folder.path().file_name().unwrap()).join("rows.csv");
        let target = WriteTarget { replaces: true, data: Some(path.clone()), ..target(detour) };
        let event = write(&Ticket::detached(), &target, &session());
        assert!(matches!(&event, FileEvent::Failed { text, .. } if text.contains("open data set")), "{event:?}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "text\ngood\n", "untouched");
    }

    #[test]
    fn what_cannot_be_opened_or_written_is_named_with_its_reason() {
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join("gone.csv");
        let event = look(gone);
        assert!(matches!(&event, FileEvent::Failed { text, .. } if text.contains("gone.csv")), "{event:?}");
        let event = write(&Ticket::detached(), &target(folder.path().join("no/such/x.prunescope")), &session());
        assert!(matches!(&event, FileEvent::Failed { text, .. } if text.contains("x.prunescope")), "{event:?}");
        let event = write(&Ticket::detached(), &target(folder.path().to_owned()), &session());
        assert!(matches!(&event, FileEvent::Failed { text, .. } if text.contains("folder")), "{event:?}");
    }
}
