//! One slot per kind of work: the newest request wins, the last result stays until the next one arrives.

use std::sync::Arc;
use std::sync::LazyLock;

use crate::jobs::Cancelled;
use crate::jobs::Job;
use crate::jobs::Poll;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::jobs::Wake;

/// Why work gave no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It was asked to stop. Not an error.
    Cancelled,
    /// It failed; the text is for a person.
    Failed(String),
}

impl From<Cancelled> for Failure {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}

/// An error with its causes, for a person.
pub(crate) fn error_chain(err: &dyn std::error::Error) -> String {
    let mut text = err.to_string();
    let mut cause = err.source();
    while let Some(err) = cause {
        let words = err.to_string();
        // Some messages tell their cause themselves.
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = err.source();
    }
    text
}

/// Runs long work on all cores but one, which is left to the window and to the text that is looked at.
///
/// Short work goes on using every core: it has a pool of its own, so it never waits behind what `work` has queued.
pub(crate) fn leaving_a_core<T: Send>(work: impl FnOnce() -> Result<T, Failure> + Send) -> Result<T, Failure> {
    let pool = BACKGROUND.as_ref().map_err(|reason| Failure::Failed(format!("no threads for the work: {reason}")))?;
    pool.install(work)
}

/// Threads of long work, made once: several works share them instead of crowding the machine.
static BACKGROUND: LazyLock<Result<rayon::ThreadPool, String>> = LazyLock::new(|| {
    let threads = background_threads(std::thread::available_parallelism().map_or(1, usize::from));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).thread_name(|index| format!("background {index}"));
    pool.build().map_err(|err| err.to_string())
});

/// How many of so many cores long work may use.
fn background_threads(cores: usize) -> usize {
    cores.saturating_sub(1).max(1)
}

/// What happened in a slot since it was last polled.
#[derive(Debug)]
pub(crate) enum SlotEvent<K> {
    /// A result arrived for this key.
    Finished(K),
    /// The work for this key ended without one.
    Ended(K, Failure),
}

/// Results of one kind of work.
#[derive(Debug)]
pub(crate) struct Slot<K, T> {
    latest: Option<(K, Arc<T>)>,
    running: Option<(K, Job<Result<T, Failure>>)>,
    wanted: Option<K>,
    /// The last key that failed, so that it is not tried again at every frame.
    failed: Option<(K, String)>,
}

impl<K, T> Default for Slot<K, T> {
    fn default() -> Self {
        Self { latest: None, running: None, wanted: None, failed: None }
    }
}

impl<K: Clone + PartialEq, T: Send + Sync + 'static> Slot<K, T> {
    /// The last result, whatever it was made for.
    pub(crate) fn latest(&self) -> Option<&Arc<T>> {
        self.latest.as_ref().map(|(_, value)| value)
    }

    /// What the last result was made for.
    pub(crate) fn latest_key(&self) -> Option<&K> {
        self.latest.as_ref().map(|(key, _)| key)
    }

    /// The result for exactly this key.
    pub(crate) fn get(&self, key: &K) -> Option<&Arc<T>> {
        self.latest.as_ref().filter(|(have, _)| have == key).map(|(_, value)| value)
    }

    /// Why the work for this key failed.
    pub(crate) fn failure(&self, key: &K) -> Option<&str> {
        self.failed.as_ref().filter(|(have, _)| have == key).map(|(_, text)| text.as_str())
    }

    /// Forgets everything and stops what runs.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Asks for a result. Nothing happens if it is there, on its way, or known to fail.
    pub(crate) fn want(&mut self, key: K) {
        let is_there = self.latest_key() == Some(&key);
        let is_running = self.running.as_ref().is_some_and(|(running, _)| *running == key);
        let has_failed = self.failed.as_ref().is_some_and(|(failed, _)| *failed == key);
        self.wanted = (!is_there && !is_running && !has_failed).then_some(key);
    }

    /// Stops the work for another key than this one, so that the next may begin.
    pub(crate) fn cancel_unwanted(&self, wanted: &K) {
        if let Some((_, job)) = self.running.as_ref().filter(|(key, _)| key != wanted) {
            job.cancel();
        }
    }

    /// Tries a key again that failed before.
    pub(crate) fn forget_failure(&mut self) {
        self.failed = None;
    }

    /// The key to start work for, if the slot is free and something is wanted.
    pub(crate) fn due(&self) -> Option<&K> {
        if self.running.is_some() { None } else { self.wanted.as_ref() }
    }

    /// Starts the work that is [due](Self::due).
    pub(crate) fn start(
        &mut self,
        name: &str,
        wake: Wake,
        work: impl FnOnce(&Ticket) -> Result<T, Failure> + Send + 'static,
    ) {
        let Some(key) = self.wanted.take() else { return };
        match Job::spawn(name, wake, work) {
            Ok(job) => self.running = Some((key, job)),
            Err(err) => self.failed = Some((key, format!("no thread for {name}: {err}"))),
        }
    }

    /// Takes in what has finished; never blocks.
    pub(crate) fn poll(&mut self) -> Option<SlotEvent<K>> {
        let (key, job) = self.running.as_ref()?;
        let outcome = match job.poll() {
            Poll::Running => return None,
            Poll::Ready(outcome) => outcome,
            Poll::Lost(panic) => Err(Failure::Failed(format!("internal error: {panic}"))),
        };
        let key = key.clone();
        self.running = None;
        match outcome {
            Ok(value) => {
                self.latest = Some((key.clone(), Arc::new(value)));
                self.failed = None;
                Some(SlotEvent::Finished(key))
            }
            Err(failure) => {
                if let Failure::Failed(text) = &failure {
                    self.failed = Some((key.clone(), text.clone()));
                }
                Some(SlotEvent::Ended(key, failure))
            }
        }
    }

    /// Whether something runs or waits to.
    pub(crate) fn is_busy(&self) -> bool {
        self.running.is_some() || self.wanted.is_some()
    }

    /// What is being worked on or waits to be.
    pub(crate) fn current_key(&self) -> Option<&K> {
        self.wanted.as_ref().or(self.running.as_ref().map(|(key, _)| key))
    }

    /// How far the running work is.
    pub(crate) fn progress(&self) -> Option<Progress> {
        self.running.as_ref().map(|(_, job)| job.progress())
    }

    /// Asks the running work to stop and drops the request that waits.
    pub(crate) fn stop(&mut self) {
        self.wanted = None;
        if let Some((_, job)) = &self.running {
            job.cancel();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::no_wake;
    use std::time::Duration;
    use std::time::Instant;

    fn settle(slot: &mut Slot<u32, u32>) -> Vec<SlotEvent<u32>> {
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut events = Vec::new();
        while slot.is_busy() {
            assert!(Instant::now() < deadline, "the slot did not settle");
            if let Some(&key) = slot.due() {
                slot.start("square", no_wake(), move |_| {
                    if key == 13 { Err(Failure::Failed("unlucky".to_owned())) } else { Ok(key * key) }
                });
            }
            events.extend(slot.poll());
        }
        events
    }

    #[test]
    fn the_newest_request_wins_and_the_old_result_stays_meanwhile() {
        let mut slot = Slot::default();
        slot.want(3);
        settle(&mut slot);
        slot.want(4);
        slot.want(5);
        assert_eq!(slot.latest().map(|value| **value), Some(9), "the previous result stays");
        assert!(slot.get(&5).is_none(), "but it is not the one asked for");
        let events = settle(&mut slot);
        assert_eq!(events.len(), 1, "4 was never computed");
        assert_eq!(slot.get(&5).map(|value| **value), Some(25), "the newest");
    }

    #[test]
    fn a_failure_is_told_once_and_not_tried_again() {
        let mut slot = Slot::default();
        slot.want(13);
        let events = settle(&mut slot);
        assert!(
            matches!(&events[..], [SlotEvent::Ended(13, Failure::Failed(text))] if text == "unlucky"),
            "the reason"
        );
        slot.want(13);
        assert!(!slot.is_busy(), "a key that failed is left alone");
        slot.forget_failure();
        slot.want(13);
        assert!(slot.is_busy(), "until it is asked for again");
    }

    #[test]
    fn long_work_leaves_a_core_where_there_are_several() {
        let counts = [1, 2, 8].map(background_threads);
        assert_eq!(counts, [1, 1, 7], "threads on one core, two, eight");
        let seen = leaving_a_core(|| Ok(rayon::current_num_threads())).expect("threads");
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        assert_eq!(seen, background_threads(cores), "the work sees its own threads");
    }

    #[test]
    fn a_panic_in_the_work_becomes_a_message() {
        let mut slot: Slot<u32, u32> = Slot::default();
        slot.want(1);
        slot.start("thrower", no_wake(), |_| panic!("boom"));
        let deadline = Instant::now() + Duration::from_secs(20);
        let event = loop {
            assert!(Instant::now() < deadline, "the panic was not seen");
            if let Some(event) = slot.poll() {
                break event;
            }
        };
        assert!(
            matches!(event, SlotEvent::Ended(1, Failure::Failed(text)) if text.contains("boom")),
            "the panic's words"
        );
    }
}
