//! The runs behind the Inspect view: one text, the dense model and every enabled strategy, each a job of its own.
//!
//! The previous set of results stays on screen until the new text's set is complete (or takes long), so that nothing
//! jumps while a person types. One job runs at a time, so that measured times are not those of a crowded machine.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::hash::DefaultHasher;
use std::hash::Hash;
use std::hash::Hasher as _;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use crate::app::work::slot::Failure;
use crate::app::work::slot::error_chain;
use crate::data::Content;
use crate::engine::Ribbon;
use crate::evaluation;
use crate::evaluation::InspectedRun;
use crate::input::Sequence;
use crate::jobs::Job;
use crate::jobs::Poll;
use crate::jobs::Ticket;
use crate::jobs::Wake;
use crate::model::Checkpoint;
use crate::project::EntryId;
use crate::project::Project;
use crate::pruning::StrategySpec;

/// Names a text under a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TextKey(pub(crate) u64);

/// Names a strategy on a text under a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RunKey(pub(crate) u64);

/// One strategy's run, and its grid.
#[derive(Debug)]
pub(crate) struct RibbonRun {
    /// What it was made for.
    pub(crate) key: RunKey,
    /// Logits, costs, trace.
    pub(crate) run: InspectedRun,
    /// The trace as a grid.
    pub(crate) ribbon: Ribbon,
}

/// All runs on one text.
#[derive(Clone, Debug)]
pub(crate) struct TextSet {
    /// The text and the model.
    pub(crate) key: TextKey,
    /// The text as the model reads it.
    pub(crate) encoded: Arc<Sequence>,
    /// Names of the classes.
    pub(crate) classes: Arc<[String]>,
    /// The model's layers.
    pub(crate) num_layers: usize,
    /// The dense run, once it is there.
    pub(crate) dense: Option<Arc<RibbonRun>>,
    /// The strategies' runs, the newest of each.
    pub(crate) runs: BTreeMap<EntryId, Arc<RibbonRun>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    Encode(TextKey),
    Dense(TextKey, RunKey),
    Strategy(TextKey, EntryId, RunKey),
}

impl Task {
    fn text(self) -> TextKey {
        match self {
            Self::Encode(text) | Self::Dense(text, _) | Self::Strategy(text, ..) => text,
        }
    }
}

enum Output {
    Sequence(Box<Sequence>),
    Run(Box<RibbonRun>),
}

/// Schedules the runs and holds their results.
#[derive(Default)]
pub(crate) struct InspectWork {
    pub(crate) shown: Option<TextSet>,
    pending: Option<(TextSet, Instant)>,
    running: Option<(Task, Job<Result<Output, Failure>>)>,
    cache: VecDeque<Arc<RibbonRun>>,
    failures: BTreeMap<Option<EntryId>, (RunKey, String)>,
    text_failure: Option<(TextKey, String)>,
    stopped: Option<TextKey>,
    present: Option<TextKey>,
    busy_since: Option<Instant>,
}

/// Runs kept for undo and for going back and forth.
const CACHED: usize = 48;
/// A new text replaces the old one on screen after this long, complete or not.
const PATIENCE: Duration = Duration::from_millis(500);

impl InspectWork {
    /// The runs on screen.
    pub(crate) fn shown(&self) -> Option<&TextSet> {
        self.shown.as_ref()
    }

    /// Why the text could not be read.
    pub(crate) fn text_failure(&self) -> Option<&str> {
        self.text_failure.as_ref().map(|(_, text)| text.as_str())
    }

    /// Why a strategy gave nothing.
    pub(crate) fn failure(&self, entry: EntryId) -> Option<&str> {
        self.failures.get(&Some(entry)).map(|(_, text)| text.as_str())
    }

    /// Why the dense run of the text on screen failed.
    pub(crate) fn dense_failure(&self) -> Option<&str> {
        self.failures.get(&None).map(|(_, text)| text.as_str())
    }

    /// Whether something runs or is due.
    pub(crate) fn is_busy(&self) -> bool {
        self.running.is_some() || self.pending.is_some()
    }

    /// Whether what is shown of a strategy belongs to its present settings and the present text.
    pub(crate) fn is_current(&self, entry: EntryId, spec: &StrategySpec) -> bool {
        let Some(set) = self.shown.as_ref().filter(|set| Some(set.key) == self.present) else { return false };
        set.runs.get(&entry).is_some_and(|run| run.key == run_key(set.key, spec))
    }

    /// Whether work takes long enough to say so.
    pub(crate) fn is_slow(&self) -> bool {
        self.busy_since.is_some_and(|since| since.elapsed() > PATIENCE)
    }

    /// The model is being loaded: what is shown belongs to none.
    pub(crate) fn suspend(&mut self) {
        self.present = None;
        self.pending = None;
        self.running = None;
        self.busy_since = None;
    }

    /// Stops what runs; the text is left as it is until something changes.
    pub(crate) fn stop(&mut self) {
        if let Some((task, job)) = &self.running {
            job.cancel();
            self.stopped = Some(task.text());
        }
        self.pending = None;
    }

    /// Takes in what has finished and starts what is due. Returns what failed, for the message list.
    pub(crate) fn update(&mut self, project: &Project, checkpoint: &Arc<Checkpoint>, wake: &Wake) -> Option<String> {
        let text = text_key(checkpoint, project);
        self.present = Some(text);
        let failed = self.take_in(text, checkpoint);
        if self.stopped == Some(text) {
            return failed;
        }
        self.stopped = None;
        // What runs for another text is of no use any more.
        if let Some((task, job)) = &self.running
            && task.text() != text
        {
            job.cancel();
        }
        if self.pending.as_ref().is_some_and(|(set, _)| set.key != text) {
            self.pending = None;
        }
        if self.shown.as_ref().is_some_and(|set| set.key == text) {
            self.pending = None;
        }
        self.use_cache(project);
        self.promote(project);
        if self.running.is_none()
            && let Some(task) = self.next_task(project, text)
        {
            self.start(task, project, checkpoint, wake);
        }
        self.busy_since = if self.is_busy() { self.busy_since.or_else(|| Some(Instant::now())) } else { None };
        failed
    }

    /// The set that work goes into: the pending one while there is one.
    fn target(&self, text: TextKey) -> Option<&TextSet> {
        let pending = self.pending.as_ref().map(|(set, _)| set);
        pending.or(self.shown.as_ref()).filter(|set| set.key == text)
    }

    fn target_mut(&mut self, text: TextKey) -> Option<&mut TextSet> {
        let pending = self.pending.as_mut().map(|(set, _)| set);
        pending.or(self.shown.as_mut()).filter(|set| set.key == text)
    }

    fn next_task(&self, project: &Project, text: TextKey) -> Option<Task> {
        let Some(set) = self.target(text) else {
            let has_failed = self.text_failure.as_ref().is_some_and(|(key, _)| *key == text);
            return (!has_failed).then_some(Task::Encode(text));
        };
        let has_failed =
            |entry: Option<EntryId>, key: RunKey| self.failures.get(&entry).is_some_and(|(failed, _)| *failed == key);
        let dense = dense_key(text);
        if set.dense.is_none() && !has_failed(None, dense) {
            return Some(Task::Dense(text, dense));
        }
        // What was never run comes first, then what is stale.
        let due = |entry: &&crate::project::StrategyEntry| {
            let key = run_key(text, &entry.spec);
            set.runs.get(&entry.id).is_none_or(|run| run.key != key) && !has_failed(Some(entry.id), key)
        };
        let entry = project.enabled().filter(due).min_by_key(|entry| usize::from(set.runs.contains_key(&entry.id)))?;
        Some(Task::Strategy(text, entry.id, run_key(text, &entry.spec)))
    }

    fn start(&mut self, task: Task, project: &Project, checkpoint: &Arc<Checkpoint>, wake: &Wake) {
        let checkpoint = Arc::clone(checkpoint);
        let encoded = self.target(task.text()).map(|set| Arc::clone(&set.encoded));
        let job = match (task, encoded) {
            (Task::Encode(_), _) | (_, None) => {
                let content = project.content();
                Job::spawn("tokenize", Arc::clone(wake), move |_| encode(&checkpoint, &content))
            }
            (Task::Dense(_, key), Some(encoded)) => Job::spawn("inspect dense", Arc::clone(wake), move |ticket| {
                run_dense(ticket, &checkpoint, &encoded, key)
            }),
            (Task::Strategy(_, id, key), Some(encoded)) => {
                let Some(spec) = project.entry(id).map(|entry| entry.spec.clone()) else { return };
                Job::spawn("inspect", Arc::clone(wake), move |ticket| {
                    run_one(ticket, &checkpoint, &encoded, &spec, key)
                })
            }
        };
        match job {
            Ok(job) => self.running = Some((task, job)),
            Err(err) => self.text_failure = Some((task.text(), format!("no thread: {err}"))),
        }
    }

    fn take_in(&mut self, text: TextKey, checkpoint: &Checkpoint) -> Option<String> {
        let (task, job) = self.running.as_ref()?;
        let task = *task;
        let outcome = match job.poll() {
            Poll::Running => return None,
            Poll::Ready(outcome) => outcome,
            Poll::Lost(panic) => Err(Failure::Failed(format!("internal error: {panic}"))),
        };
        self.running = None;
        match outcome {
            Ok(Output::Sequence(_)) if task.text() != text => None,
            Ok(Output::Sequence(encoded)) => {
                self.accept_text(text, *encoded, checkpoint);
                None
            }
            Ok(Output::Run(run)) => {
                self.accept_run(task, Arc::new(*run));
                None
            }
            Err(Failure::Cancelled) => None,
            Err(Failure::Failed(reason)) => {
                match task {
                    Task::Encode(key) => self.text_failure = Some((key, reason.clone())),
                    Task::Dense(_, key) => drop(self.failures.insert(None, (key, reason.clone()))),
                    Task::Strategy(_, id, key) => drop(self.failures.insert(Some(id), (key, reason.clone()))),
                }
                Some(reason)
            }
        }
    }

    fn accept_text(&mut self, key: TextKey, encoded: Sequence, checkpoint: &Checkpoint) {
        self.text_failure = None;
        let set = TextSet {
            key,
            encoded: Arc::new(encoded),
            classes: checkpoint.model.config.labels.as_slice().into(),
            num_layers: checkpoint.model.config.shape.num_layers,
            dense: None,
            runs: BTreeMap::new(),
        };
        self.pending = Some((set, Instant::now()));
    }

    fn accept_run(&mut self, task: Task, run: Arc<RibbonRun>) {
        self.cache.push_front(Arc::clone(&run));
        self.cache.truncate(CACHED);
        self.place(task, run);
    }

    fn place(&mut self, task: Task, run: Arc<RibbonRun>) {
        let Some(set) = self.target_mut(task.text()) else { return };
        match task {
            Task::Encode(_) => {}
            Task::Dense(..) => {
                self.failures.remove(&None);
                if let Some(set) = self.target_mut(task.text()) {
                    set.dense = Some(run);
                }
            }
            Task::Strategy(_, id, _) => {
                set.runs.insert(id, run);
                self.failures.remove(&Some(id));
            }
        }
    }

    /// Settings that were run before on this text need no job.
    fn use_cache(&mut self, project: &Project) {
        let Some(set) = self.pending.as_ref().map(|(set, _)| set).or(self.shown.as_ref()) else { return };
        let text = set.key;
        let mut found = Vec::new();
        let known = |key: RunKey| self.cache.iter().find(|run| run.key == key).map(Arc::clone);
        if set.dense.is_none()
            && let Some(run) = known(dense_key(text))
        {
            found.push((Task::Dense(text, run.key), run));
        }
        for entry in project.enabled() {
            let key = run_key(text, &entry.spec);
            if set.runs.get(&entry.id).is_none_or(|run| run.key != key)
                && let Some(run) = known(key)
            {
                found.push((Task::Strategy(text, entry.id, key), run));
            }
        }
        for (task, run) in found {
            self.place(task, run);
        }
    }

    /// Shows the new text once its set is complete, or once waiting any longer would look like nothing happens.
    fn promote(&mut self, project: &Project) {
        let Some((set, since)) = &self.pending else { return };
        let is_complete = set.dense.is_some()
            && project
                .enabled()
                .all(|entry| set.runs.contains_key(&entry.id) || self.failures.contains_key(&Some(entry.id)));
        let is_late = since.elapsed() > PATIENCE && set.dense.is_some();
        if (is_complete || is_late || self.shown.is_none())
            && let Some((set, _)) = self.pending.take()
        {
            self.shown = Some(set);
        }
    }
}

fn encode(checkpoint: &Checkpoint, content: &Content) -> Result<Output, Failure> {
    let encoded = checkpoint.tokenizer.encode(content.text(), content.text_pair());
    let encoded = encoded.map_err(|err| Failure::Failed(error_chain(&err)))?;
    Ok(Output::Sequence(Box::new(encoded)))
}

fn run_dense(ticket: &Ticket, checkpoint: &Checkpoint, encoded: &Sequence, key: RunKey) -> Result<Output, Failure> {
    let spec = StrategySpec::default_for("dense").map_err(|err| Failure::Failed(error_chain(&err)))?;
    run_one(ticket, checkpoint, encoded, &spec, key)
}

fn run_one(
    ticket: &Ticket,
    checkpoint: &Checkpoint,
    encoded: &Sequence,
    spec: &StrategySpec,
    key: RunKey,
) -> Result<Output, Failure> {
    match evaluation::inspect_run(ticket, checkpoint, encoded, spec) {
        Ok(run) => {
            let ribbon = Ribbon::new(&run.trace);
            Ok(Output::Run(Box::new(RibbonRun { key, run, ribbon })))
        }
        Err(_) if ticket.is_cancelled() => Err(Failure::Cancelled),
        Err(err) => Err(Failure::Failed(error_chain(&err))),
    }
}

fn text_key(checkpoint: &Checkpoint, project: &Project) -> TextKey {
    let mut hasher = DefaultHasher::new();
    let model = (&checkpoint.model.weights_hash, checkpoint.tokenizer.hash());
    (model, &project.text, &project.text_pair).hash(&mut hasher);
    TextKey(hasher.finish())
}

fn dense_key(text: TextKey) -> RunKey {
    let mut hasher = DefaultHasher::new();
    (text, "dense").hash(&mut hasher);
    RunKey(hasher.finish())
}

fn run_key(text: TextKey, spec: &StrategySpec) -> RunKey {
    let mut hasher = DefaultHasher::new();
    (text, spec.to_string()).hash(&mut hasher);
    RunKey(hasher.finish())
}
