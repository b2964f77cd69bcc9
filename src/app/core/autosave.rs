//! Keeps the session on disk while it is worked on: a kill costs two seconds at most.
//!
//! Two files lie in the window's folder: the session of this run, replaced as a whole at every save, and the one that the
//! run before left. A file that cannot be read is kept beside them under a name of its own, and said to be so. Both are
//! session files with one more member, so that they can be opened by hand too.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

use crate::app::UiState;
use crate::app::work::messages::Level;
use crate::app::work::messages::Messages;
use crate::app::work::paths;
use crate::app::work::slot::error_chain;
use crate::disk;
use crate::jobs::Job;
use crate::jobs::Poll;
use crate::jobs::Wake;
use crate::project;
use crate::project::Project;

/// The session of this run.
const NEWEST: &str = "session.prunescope";
/// The session that the run before left.
const EARLIER: &str = "session-earlier.prunescope";
/// The member with what is looked at.
const WINDOW: &str = "window";
/// Seconds between two looks at what has changed.
const PAUSE: f64 = 1.0;
/// Seconds until a save that failed is tried again.
const LONG_PAUSE: f64 = 5.0;
/// The window closes without a save that takes longer.
const LAST_WAIT: Duration = Duration::from_secs(3);
/// So many unreadable files are kept.
const BROKEN_KEPT: usize = 9;

/// A session as it was found.
#[derive(Debug, Default)]
pub(crate) struct Restored {
    /// What is saved and undone.
    pub(crate) project: Option<Project>,
    /// What was looked at.
    pub(crate) ui: Option<UiState>,
    /// What there is to say about it.
    pub(crate) notes: Vec<Note>,
}

impl Restored {
    /// Whether there was no session at all, not even an unreadable one.
    pub(crate) fn is_nothing(&self) -> bool {
        self.project.is_none() && self.notes.is_empty()
    }
}

/// Says what was restored. `kept` is the folder of a session that was not asked for.
pub(crate) fn tell(messages: &mut Messages, restored: &Restored, kept: Option<&PathBuf>) {
    for note in &restored.notes {
        messages.say(note.level, note.text.clone(), note.advice.clone());
    }
    if let Some(project) = &restored.project {
        let data = project.data.as_ref().map_or("no data".to_owned(), |source| paths::short_name(&source.path));
        let strategies = project.strategies.len();
        messages.info(format!(
            "Restored the last session: {}, {data}, {strategies} {}",
            paths::short_name(&project.model),
            if strategies == 1 { "strategy" } else { "strategies" }
        ));
    }
    if let Some(folder) = kept.filter(|folder| folder.join(NEWEST).exists()) {
        let (newest, earlier) = (folder.join(NEWEST), earlier_path(folder));
        messages.info(format!(
            "Started empty. The saved session stays in {} until something is changed here, and in {} after that",
            newest.display(),
            earlier.display()
        ));
    }
}

/// One message for the person.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Note {
    /// How urgent.
    pub(crate) level: Level,
    /// What happened.
    pub(crate) text: String,
    /// What to do now.
    pub(crate) advice: String,
}

/// Where the earlier session lies.
pub(crate) fn earlier_path(folder: &Path) -> PathBuf {
    folder.join(EARLIER)
}

/// Reads the session of the last run, or, where that cannot be read, of the one before.
pub(crate) fn restore(folder: &Path) -> Restored {
    let mut notes = Vec::new();
    for name in [NEWEST, EARLIER] {
        let path = folder.join(name);
        match read(&path) {
            Ok(Some((project, ui))) => {
                if name == EARLIER {
                    let text = format!("Opened the session of an earlier run instead: {}", path.display());
                    notes.push(Note { level: Level::Warning, text, advice: String::new() });
                }
                return Restored { project: Some(project), ui, notes };
            }
            Ok(None) => {}
            Err(reason) => notes.push(broken_note(&path, &reason)),
        }
    }
    Restored { notes, ..Restored::default() }
}

fn broken_note(path: &Path, reason: &str) -> Note {
    let kept = match put_aside(path) {
        Ok(kept) => format!("The file is kept as {}", kept.display()),
        Err(err) => format!("The file could not be put aside: {err}"),
    };
    let text = format!("The saved session cannot be read: {reason}: {}", path.display());
    Note { level: Level::Error, text, advice: kept }
}

/// Session and window; nothing if there is no such file.
fn read(path: &Path) -> Result<Option<(Project, Option<UiState>)>, String> {
    // A folder that cannot be looked into cannot be written to either, which is said once.
    if !path.exists() {
        return Ok(None);
    }
    let text = project::read_text(path).map_err(|err| error_chain(&err))?;
    let project = project::parse(&text).map_err(|err| error_chain(&err))?;
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|err| err.to_string())?;
    // What was looked at is worth less than the session: an older or newer window's is left out.
    let ui = value.get(WINDOW).and_then(|window| serde_json::from_value(window.clone()).ok());
    Ok(Some((project, ui)))
}

/// Moves a file out of the way, under a name that is free.
fn put_aside(path: &Path) -> io::Result<PathBuf> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let name = |number: usize| path.with_file_name(format!("{stem}-unreadable-{number}.prunescope"));
    let free = (1..BROKEN_KEPT).map(name).find(|path| !path.exists()).unwrap_or_else(|| name(BROKEN_KEPT));
    fs::rename(path, &free)?;
    Ok(free)
}

fn render(project: &Project, ui: &UiState) -> String {
    let session = project::render(project);
    let Ok(serde_json::Value::Object(mut members)) = serde_json::from_str(&session) else { return session };
    if let Ok(window) = serde_json::to_value(ui) {
        members.insert(WINDOW.to_owned(), window);
    }
    serde_json::to_string_pretty(&members).map_or(session, |text| format!("{text}\n"))
}

/// Saves what has changed.
pub(crate) struct Autosave {
    folder: PathBuf,
    /// What is on disk, or would be at the start if nothing was changed.
    saved: String,
    /// What is being written.
    writing: Option<String>,
    /// What the run before left was copied out of the way.
    has_moved: bool,
    job: Option<Job<Result<(), String>>>,
    next_look: f64,
    /// Something happened since the last look.
    is_pending: bool,
    /// The session as the run began with it, which is not to be saved before it is changed.
    untouched: Option<String>,
    /// The person knows that nothing can be kept.
    has_told: bool,
}

/// What the person should know.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SaveNote {
    /// Nothing can be kept.
    Lost(String),
    /// It can again.
    Back,
}

impl Autosave {
    /// Goes on from what was found on disk; `None` where nothing was.
    pub(crate) fn new(folder: PathBuf, found: Option<(&Project, &UiState)>) -> Self {
        let saved = found.map(|(project, ui)| render(project, ui)).unwrap_or_default();
        Self {
            folder,
            saved,
            writing: None,
            has_moved: false,
            job: None,
            next_look: 0.0,
            is_pending: false,
            untouched: None,
            has_told: false,
        }
    }

    /// Leaves what is on disk alone until this session is changed.
    pub(crate) fn hold(&mut self, project: &Project) {
        self.untouched = Some(project::render(project));
    }

    /// Finds out, before there is anything to lose, whether the folder can be written to.
    pub(crate) fn probe(&mut self, wake: &Wake) {
        let folder = self.folder.clone();
        self.start(wake, move || try_folder(&folder));
    }

    /// Something may have changed: the next look must not be long in coming.
    pub(crate) fn note_activity(&mut self) {
        self.is_pending = true;
    }

    /// How long until the next look, if one is needed.
    pub(crate) fn due_in(&self, now: f64) -> Option<Duration> {
        let is_waiting = self.is_pending || self.has_told;
        is_waiting.then(|| Duration::from_secs_f64((self.next_look - now).clamp(0.0, LONG_PAUSE)))
    }

    /// Whether the next [`Self::tick`] looks at what is to be kept.
    pub(crate) fn is_due(&self, now: f64) -> bool {
        now >= self.next_look
    }

    /// Looks now and then whether something has changed, and writes it. `now` in seconds of the window's clock.
    pub(crate) fn tick(&mut self, now: f64, project: &Project, ui: &UiState, wake: &Wake) -> Option<SaveNote> {
        let note = self.poll(now);
        if self.job.is_none() && now >= self.next_look {
            self.next_look = now + PAUSE;
            self.is_pending = false;
            if let Some(text) = self.unsaved(project, ui) {
                self.save(text, wake);
            }
        }
        note
    }

    /// What differs from the disk and should be there.
    fn unsaved(&mut self, project: &Project, ui: &UiState) -> Option<String> {
        self.untouched.take_if(|untouched| *untouched != project::render(project));
        if self.untouched.is_some() {
            return None;
        }
        Some(render(project, ui)).filter(|text| *text != self.saved)
    }

    /// Whether a save is on its way.
    #[cfg(test)]
    fn is_busy(&self) -> bool {
        self.job.is_some()
    }

    /// Writes what has changed and waits for it: the window closes.
    pub(crate) fn finish(&mut self, project: &Project, ui: &UiState) {
        let deadline = Instant::now() + LAST_WAIT;
        // Two writers at once would leave whichever comes last.
        while self.job.is_some() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(2));
            drop(self.poll(0.0));
        }
        if self.job.is_none()
            && let Some(text) = self.unsaved(project, ui)
        {
            // There is no window left to tell a failure in, and it was told before.
            drop(write(&self.folder, &text, !self.has_moved));
        }
    }

    fn save(&mut self, text: String, wake: &Wake) {
        let (folder, moves) = (self.folder.clone(), !self.has_moved);
        self.writing = Some(text.clone());
        self.start(wake, move || write(&folder, &text, moves));
    }

    fn start(&mut self, wake: &Wake, work: impl FnOnce() -> Result<(), String> + Send + 'static) {
        // Without a thread the next look tries again.
        self.job = Job::spawn("save session", Wake::clone(wake), move |_| work()).ok();
    }

    fn poll(&mut self, now: f64) -> Option<SaveNote> {
        let outcome = match self.job.as_ref()?.poll() {
            Poll::Running => return None,
            Poll::Ready(outcome) => outcome,
            Poll::Lost(panic) => Err(panic),
        };
        self.job = None;
        let written = self.writing.take();
        match outcome {
            Ok(()) => {
                self.has_moved |= written.is_some();
                self.saved = written.unwrap_or(std::mem::take(&mut self.saved));
                std::mem::replace(&mut self.has_told, false).then_some(SaveNote::Back)
            }
            Err(reason) => {
                self.next_look = now + LONG_PAUSE;
                (!std::mem::replace(&mut self.has_told, true)).then_some(SaveNote::Lost(reason))
            }
        }
    }
}

/// Writes the session; before the first time in a run, what the run before left gets out of its way.
fn write(folder: &Path, text: &str, moves: bool) -> Result<(), String> {
    let newest = folder.join(NEWEST);
    fs::create_dir_all(folder).map_err(|err| format!("{err}: {}", folder.display()))?;
    if moves && newest.exists() {
        // Copied and not moved: a kill in between leaves both.
        let earlier = fs::read(&newest).map_err(|err| format!("{err}: {}", newest.display()))?;
        put(&folder.join(EARLIER), &earlier)?;
    }
    put(&newest, text.as_bytes())
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), String> {
    disk::write_file(path, bytes).map_err(|err| format!("{err}: {}", path.display()))
}

/// As much as a session may take.
const PROBE: usize = 1 << 16;

fn try_folder(folder: &Path) -> Result<(), String> {
    let path = folder.join(format!("probe-{}", std::process::id()));
    fs::create_dir_all(folder).map_err(|err| format!("{err}: {}", folder.display()))?;
    let tried = fs::write(&path, vec![b' '; PROBE]);
    // Where nothing could be written there may be nothing to remove.
    drop(fs::remove_file(&path));
    tried.map_err(|err| format!("{err}: {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::no_wake;

    fn project(text: &str) -> Project {
        let mut project = Project::new("some/model");
        text.clone_into(&mut project.text);
        project
    }

    /// Looks at the clock's next second and waits for what is written.
    fn tick(autosave: &mut Autosave, now: f64, project: &Project) -> Option<SaveNote> {
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut note = autosave.tick(now, project, &UiState::default(), &no_wake());
        while autosave.is_busy() {
            assert!(Instant::now() < deadline, "the save did not end");
            note = note.or(autosave.tick(now, project, &UiState::default(), &no_wake()));
        }
        note
    }

    fn text_of(restored: &Restored) -> Option<&str> {
        restored.project.as_ref().map(|project| project.text.as_str())
    }

    #[test]
    fn a_change_is_on_disk_within_two_seconds_and_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut autosave = Autosave::new(folder.path().join("new"), Some((&project("first"), &UiState::default())));
        assert_eq!(tick(&mut autosave, 0.0, &project("first")), None, "nothing has changed");
        assert!(restore(&folder.path().join("new")).project.is_none(), "so nothing is written");
        tick(&mut autosave, 0.5, &project("second"));
        tick(&mut autosave, 1.5, &project("second"));
        let restored = restore(&folder.path().join("new"));
        assert_eq!(text_of(&restored), Some("second"), "without the window being closed");
        assert_eq!(restored.ui, Some(UiState::default()), "and what was looked at");
        assert_eq!(restored.notes, [], "nothing to complain of");
    }

    #[test]
    fn the_session_of_the_run_before_is_kept_once() {
        let folder = tempfile::tempdir().unwrap();
        for run in ["first", "second", "third"] {
            let mut autosave = Autosave::new(folder.path().to_owned(), None);
            tick(&mut autosave, 0.0, &project(&format!("{run}, begun")));
            tick(&mut autosave, 2.0, &project(run));
        }
        assert_eq!(text_of(&restore(folder.path())), Some("third"), "the newest");
        assert_eq!(project::load(&earlier_path(folder.path())).unwrap().text, "second", "as the run before left it");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "and nothing else");
    }

    #[test]
    fn a_broken_session_is_said_kept_and_the_earlier_one_opened() {
        let folder = tempfile::tempdir().unwrap();
        for run in ["first", "second"] {
            let mut autosave = Autosave::new(folder.path().to_owned(), None);
            tick(&mut autosave, 0.0, &project(run));
        }
        fs::write(folder.path().join(NEWEST), "{\"prunescope_session\": 1, \"mo").unwrap();
        let restored = restore(folder.path());
        assert_eq!(text_of(&restored), Some("first"), "the earlier one");
        assert_eq!(restored.notes.len(), 2, "what was broken, and what was opened instead: {:?}", restored.notes);
        assert!(restored.notes[0].text.contains(NEWEST), "the file is named: {:?}", restored.notes);
        let kept = folder.path().join("session-unreadable-1.prunescope");
        assert!(fs::read_to_string(kept).unwrap().ends_with("\"mo"), "kept for a look");
        fs::write(folder.path().join(EARLIER), [0xff, 0xfe]).unwrap();
        let restored = restore(folder.path());
        assert!(restored.project.is_none() && restored.notes.len() == 1, "nothing left to open: {restored:?}");
    }

    #[test]
    fn a_folder_that_cannot_be_written_to_is_told_of_once_and_when_it_is_mended() {
        let folder = tempfile::tempdir().unwrap();
        let blocked = folder.path().join("blocked");
        // A file where the folder should be stops every user, root too.
        fs::write(&blocked, "").unwrap();
        let mut autosave = Autosave::new(blocked.clone(), Some((&project("first"), &UiState::default())));
        autosave.probe(&no_wake());
        let told = tick(&mut autosave, 0.0, &project("first"));
        assert!(matches!(&told, Some(SaveNote::Lost(reason)) if reason.contains("blocked")), "where: {told:?}");
        assert_eq!(tick(&mut autosave, 6.0, &project("second")), None, "once");
        fs::remove_file(&blocked).unwrap();
        assert_eq!(tick(&mut autosave, 12.0, &project("second")), Some(SaveNote::Back), "it works again");
        assert_eq!(text_of(&restore(&blocked)), Some("second"), "and what could not be saved before is there");
    }

    #[test]
    fn a_session_that_began_empty_leaves_the_saved_one_alone_until_it_is_changed() {
        let folder = tempfile::tempdir().unwrap();
        tick(&mut Autosave::new(folder.path().to_owned(), None), 0.0, &project("mine"));
        let mut autosave = Autosave::new(folder.path().to_owned(), None);
        autosave.hold(&project("empty"));
        tick(&mut autosave, 0.0, &project("empty"));
        autosave.finish(&project("empty"), &UiState::default());
        assert_eq!(text_of(&restore(folder.path())), Some("mine"), "left alone");
        let mut autosave = Autosave::new(folder.path().to_owned(), None);
        autosave.hold(&project("empty"));
        tick(&mut autosave, 0.0, &project("changed"));
        assert_eq!(text_of(&restore(folder.path())), Some("changed"), "changed, so it is worth keeping");
        assert_eq!(project::load(&earlier_path(folder.path())).unwrap().text, "mine", "and the other is not lost");
    }

    #[test]
    fn closing_the_window_saves_what_was_changed_last() {
        let folder = tempfile::tempdir().unwrap();
        let mut autosave = Autosave::new(folder.path().to_owned(), None);
        drop(autosave.tick(0.0, &project("second"), &UiState::default(), &no_wake()));
        autosave.finish(&project("third"), &UiState::default());
        assert_eq!(text_of(&restore(folder.path())), Some("third"), "after the save that was on its way");
        assert!(!earlier_path(folder.path()).exists(), "the run before left nothing");
    }
}
