//! Asks for a path: by the system's dialog beside the window, or, where there is none, by the window's own path field.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;
use std::time::Instant;

use crate::app::work::export::ExportKind;
use crate::app::work::paths;
use crate::jobs::Wake;
use crate::project::EntryId;

/// What a path is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Purpose {
    /// Whatever can be opened.
    OpenAny,
    /// A checkpoint folder.
    OpenModel,
    /// A data file.
    OpenData,
    /// A session file.
    OpenSession,
    /// A table of identity terms for the Open data sheet.
    OpenLexicon,
    /// A file that becomes the value of a strategy's key.
    OpenSetting(EntryId, &'static str),
    /// A new session file.
    SaveSession,
    /// A new file of what a view shows.
    Export(ExportKind),
}

impl Purpose {
    /// What stands over the question.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::OpenAny => "Open model, data set or session",
            Self::OpenModel => "Open model folder",
            Self::OpenData => "Open data set",
            Self::OpenSession => "Open session",
            Self::OpenLexicon => "Open table of identity terms",
            Self::OpenSetting(..) => "Open file of a setting",
            Self::SaveSession => "Save session",
            Self::Export(ExportKind::Png) => "Export view as PNG",
            Self::Export(ExportKind::Svg) => "Export view as SVG",
            Self::Export(ExportKind::Csv) => "Export data as CSV",
        }
    }

    /// Whether a file is to be written.
    pub(crate) fn writes(self) -> bool {
        matches!(self, Self::SaveSession | Self::Export(_))
    }

    /// Whether a folder is an answer.
    pub(crate) fn takes_folder(self) -> bool {
        matches!(self, Self::OpenModel | Self::OpenAny)
    }

    /// Name and endings of the files that are an answer; none for folders.
    fn filter(self) -> Option<(&'static str, Vec<&'static str>)> {
        match self {
            Self::OpenAny | Self::OpenModel => None,
            Self::OpenData => Some(("Data sets", paths::DATA_ENDINGS.to_vec())),
            Self::OpenLexicon => Some(("Tables", paths::DATA_ENDINGS.to_vec())),
            Self::OpenSetting(..) => Some(("Policies", vec!["json"])),
            Self::OpenSession => Some(("Sessions", paths::SESSION_ENDINGS.to_vec())),
            Self::SaveSession => Some(("Session", vec!["prunescope"])),
            Self::Export(kind) => Some((kind.label(), vec![kind.extension()])),
        }
    }

    /// Whether a file of this name is offered as an answer.
    pub(crate) fn accepts(self, name: &str) -> bool {
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).unwrap_or_default();
        match self {
            Self::OpenAny => paths::Openable::by_name(name.as_ref()).is_some(),
            _ => self.filter().is_some_and(|(_, endings)| endings.contains(&ending.as_str())),
        }
    }

    /// The path with the ending that says what will be written: a picture is not put into `plot.jpg`, nor into `plot.v2`.
    pub(crate) fn with_ending(self, path: PathBuf) -> PathBuf {
        let endings = match self {
            Self::SaveSession => paths::SESSION_ENDINGS.to_vec(),
            Self::Export(kind) => vec![kind.extension()],
            Self::OpenAny
            | Self::OpenModel
            | Self::OpenData
            | Self::OpenSession
            | Self::OpenLexicon
            | Self::OpenSetting(..) => return path,
        };
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        if ending.is_some_and(|ending| endings.contains(&ending.as_str())) {
            return path;
        }
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".");
        name.push(endings[0]);
        path.with_file_name(name)
    }
}

/// What became of a question to the system.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A path.
    Chosen(Purpose, PathBuf),
    /// The person closed the dialog.
    Cancelled,
    /// No dialog came up: the path field has to ask.
    NoDialog(Purpose),
}

/// A dialog that comes back without a path in less time than a person needs to see it was never there: without a
/// desktop portal (or zenity) `rfd` answers at once that nothing was chosen.
const PERSON: Duration = Duration::from_millis(300);
/// A dialog that is slow to come is told of after so long.
const SLOW: Duration = Duration::from_millis(600);

type Dialog = Pin<Box<dyn Future<Output = Option<PathBuf>> + Send>>;

struct Asking {
    purpose: Purpose,
    dialog: Dialog,
    since: Instant,
}

/// The one question that may be open.
#[derive(Default)]
pub(crate) struct Chooser {
    asking: Option<Asking>,
    /// There is no dialog here; found out once, remembered for the run.
    has_no_dialog: bool,
}

impl Chooser {
    /// Never asks the system: for tests.
    pub(crate) fn without_dialogs() -> Self {
        Self { asking: None, has_no_dialog: true }
    }

    /// Whether questions go to the path field at once.
    pub(crate) fn has_no_dialog(&self) -> bool {
        self.has_no_dialog
    }

    /// The purpose of a dialog that has been open for a while.
    pub(crate) fn slow(&self) -> Option<Purpose> {
        self.asking.as_ref().filter(|asking| asking.since.elapsed() >= SLOW).map(|asking| asking.purpose)
    }

    /// Whether a dialog is open.
    pub(crate) fn is_asking(&self) -> bool {
        self.asking.is_some()
    }

    /// Opens the system's dialog. On macOS this must happen on the thread of the window, which it does.
    pub(crate) fn ask(&mut self, purpose: Purpose, proposed: &str) {
        self.begin(purpose, system_dialog(purpose, proposed));
    }

    fn begin(&mut self, purpose: Purpose, dialog: Dialog) {
        self.asking = Some(Asking { purpose, dialog, since: Instant::now() });
    }

    /// Waits no longer for the dialog; what it answers later is not heard.
    pub(crate) fn give_up(&mut self) -> Option<Purpose> {
        self.asking.take().map(|asking| asking.purpose)
    }

    /// Takes in the answer; never blocks.
    pub(crate) fn poll(&mut self, wake: &Wake) -> Option<Answer> {
        let asking = self.asking.as_mut()?;
        let waker = Arc::new(Woken(Arc::clone(wake))).into();
        let Poll::Ready(path) = asking.dialog.as_mut().poll(&mut Context::from_waker(&waker)) else {
            if asking.since.elapsed() < SLOW {
                wake(SLOW);
            }
            return None;
        };
        let (purpose, lasted) = (asking.purpose, asking.since.elapsed());
        self.asking = None;
        Some(match path {
            Some(path) => Answer::Chosen(purpose, path),
            None if lasted < PERSON => {
                self.has_no_dialog = true;
                Answer::NoDialog(purpose)
            }
            None => Answer::Cancelled,
        })
    }
}

impl std::fmt::Debug for Chooser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chooser").field("has_no_dialog", &self.has_no_dialog).finish_non_exhaustive()
    }
}

/// Lets the window look again when the dialog has answered.
struct Woken(Wake);

impl std::task::Wake for Woken {
    fn wake(self: Arc<Self>) {
        (self.0)(Duration::ZERO);
    }
}

fn system_dialog(purpose: Purpose, proposed: &str) -> Dialog {
    let mut dialog = rfd::AsyncFileDialog::new().set_title(purpose.title()).set_can_create_directories(true);
    if let Some((name, endings)) = purpose.filter() {
        dialog = dialog.add_filter(name, &endings).add_filter("All files", &["*"]);
    }
    if purpose.writes() {
        dialog = dialog.set_file_name(proposed);
    }
    let path_of = |file: Option<rfd::FileHandle>| file.map(|file| file.path().to_owned());
    match purpose {
        Purpose::OpenModel => {
            let answer = dialog.pick_folder();
            Box::pin(async move { path_of(answer.await) })
        }
        Purpose::SaveSession | Purpose::Export(_) => {
            let answer = dialog.save_file();
            Box::pin(async move { path_of(answer.await) })
        }
        Purpose::OpenAny
        | Purpose::OpenData
        | Purpose::OpenSession
        | Purpose::OpenLexicon
        | Purpose::OpenSetting(..) => {
            let answer = dialog.pick_file();
            Box::pin(async move { path_of(answer.await) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::no_wake;

    #[test]
    fn a_dialog_that_answers_faster_than_a_person_was_never_there() {
        let mut chooser = Chooser::default();
        chooser.begin(Purpose::OpenData, Box::pin(std::future::ready(None)));
        assert_eq!(chooser.poll(&no_wake()), Some(Answer::NoDialog(Purpose::OpenData)), "the path field has to ask");
        assert!(chooser.has_no_dialog() && !chooser.is_asking(), "and the next question goes there at once");
    }

    #[test]
    fn a_dialog_that_a_person_closed_asks_nothing_more() {
        let mut chooser = Chooser::default();
        chooser.begin(Purpose::OpenData, Box::pin(std::future::ready(None)));
        if let Some(asking) = &mut chooser.asking {
            asking.since = Instant::now().checked_sub(PERSON).expect("a clock that has run for a while");
        }
        assert_eq!(chooser.poll(&no_wake()), Some(Answer::Cancelled), "closed");
        assert!(!chooser.has_no_dialog(), "there are dialogs here");
    }

    #[test]
    fn the_window_goes_on_while_a_dialog_is_open() {
        let mut chooser = Chooser::default();
        chooser.begin(Purpose::OpenModel, Box::pin(std::future::pending()));
        assert_eq!(chooser.poll(&no_wake()), None, "no answer yet");
        assert!(chooser.is_asking(), "still open");
        assert_eq!(chooser.give_up(), Some(Purpose::OpenModel), "a path can be typed instead");
        assert_eq!(chooser.poll(&no_wake()), None, "what the dialog says later is not heard");
        chooser.begin(Purpose::OpenData, Box::pin(std::future::ready(Some(PathBuf::from("rows.csv")))));
        let chosen = Answer::Chosen(Purpose::OpenData, PathBuf::from("rows.csv"));
        assert_eq!(chooser.poll(&no_wake()), Some(chosen), "the path");
    }

    #[test]
    fn written_files_get_their_ending_and_read_ones_are_told_by_it() {
        let svg = Purpose::Export(ExportKind::Svg);
        for (typed, expected) in [("plot", "plot.svg"), ("plot.SVG", "plot.SVG"), ("plot.jpg", "plot.jpg.svg")] {
            assert_eq!(svg.with_ending(PathBuf::from(typed)), PathBuf::from(expected), "{typed}");
        }
        let json = PathBuf::from("mine.json");
        assert_eq!(Purpose::SaveSession.with_ending(json.clone()), json, "a session may be called JSON");
        assert_eq!(
            Purpose::OpenData.with_ending(PathBuf::from("rows")),
            PathBuf::from("rows"),
            "only where one writes"
        );
        assert!(Purpose::OpenData.accepts("a.JSONL.gz") && Purpose::OpenData.accepts("a.pq"), "every kind of data");
        assert!(!Purpose::OpenData.accepts("a.png") && !Purpose::OpenModel.accepts("a.csv"), "nothing else");
    }
}
