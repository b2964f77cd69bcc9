//! Background work: one pattern for loading, inference, evaluation and export.
//!
//! A [`Job`] runs a closure on a named thread. The closure gets a [`Ticket`]: it reports progress there and
//! asks at checkpoints whether it should stop. The owner polls, never blocks, and cancels by dropping.
//! This module knows nothing about windows: it wakes its owner through a [`Wake`] callback.

use std::io;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::Duration;

/// Asks the owner to poll again within the given time.
///
/// The window passes a repaint request; the command line and tests pass [`no_wake`].
pub type Wake = Arc<dyn Fn(Duration) + Send + Sync>;

/// A [`Wake`] for owners that poll by themselves.
#[must_use]
pub fn no_wake() -> Wake {
    Arc::new(|_| {})
}

/// How far a job has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Units finished.
    pub done: u64,
    /// Units in all, where known.
    pub total: Option<u64>,
    /// What is being done, for a person: "evaluating `ltp`".
    pub stage: String,
}

/// The work was asked to stop. An outcome, not an error: it is never logged as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

#[derive(Default)]
struct Shared {
    cancelled: AtomicBool,
    progress: Mutex<Progress>,
}

/// The worker's side of a job, passed down as the first argument of long work.
#[derive(Clone)]
pub struct Ticket {
    shared: Arc<Shared>,
    wake: Wake,
}

impl std::fmt::Debug for Ticket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ticket").field("cancelled", &self.shared.cancelled).finish_non_exhaustive()
    }
}

impl Default for Ticket {
    fn default() -> Self {
        Self::detached()
    }
}

impl Ticket {
    /// A ticket that belongs to no job, for tests and for work that runs on the caller's thread.
    #[must_use]
    pub fn detached() -> Self {
        Self { shared: Arc::default(), wake: no_wake() }
    }

    /// To be called at least every 100 ms in long loops.
    ///
    /// # Errors
    /// [`Cancelled`] once the owner has cancelled or dropped the job.
    pub fn checkpoint(&self) -> Result<(), Cancelled> {
        if self.is_cancelled() { Err(Cancelled) } else { Ok(()) }
    }

    /// Whether the work was asked to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.shared.cancelled.load(Ordering::Relaxed)
    }

    /// Asks the work that holds a clone of this ticket to stop (Ctrl-C on the command line).
    pub fn cancel(&self) {
        self.shared.cancelled.store(true, Ordering::Relaxed);
    }

    /// Overwrites the progress and wakes the owner within 100 ms.
    pub fn report(&self, progress: Progress) {
        *self.shared.progress.lock().unwrap_or_else(PoisonError::into_inner) = progress;
        (self.wake)(Duration::from_millis(100));
    }

    /// The progress reported last.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.shared.progress.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What [`Job::poll`] found.
#[derive(Debug, PartialEq, Eq)]
pub enum Poll<T> {
    /// Still at work.
    Running,
    /// Finished; given out once.
    Ready(T),
    /// The worker panicked; the text is the panic's message.
    Lost(String),
}

/// The owner's side of background work; dropping it cancels.
#[derive(Debug)]
pub struct Job<T> {
    ticket: Ticket,
    result: mpsc::Receiver<Result<T, String>>,
}

impl<T: Send + 'static> Job<T> {
    /// Starts `work` on a thread of its own.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn spawn(name: &str, wake: Wake, work: impl FnOnce(&Ticket) -> T + Send + 'static) -> io::Result<Self> {
        let ticket = Ticket { shared: Arc::default(), wake: Arc::clone(&wake) };
        let (sender, result) = mpsc::sync_channel(1);
        let worker_ticket = ticket.clone();
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            // The panic is caught so that its message can be shown; the window goes on.
            let outcome =
                catch_unwind(AssertUnwindSafe(|| work(&worker_ticket))).map_err(|panic| panic_message(&*panic));
            // The owner may be gone, which is how a job is dropped: nobody wants the result then.
            drop(sender.send(outcome));
            wake(Duration::ZERO);
        })?;
        Ok(Self { ticket, result })
    }

    /// Looks whether the work is done; never blocks.
    pub fn poll(&self) -> Poll<T> {
        match self.result.try_recv() {
            Ok(Ok(value)) => Poll::Ready(value),
            Ok(Err(message)) => Poll::Lost(message),
            Err(mpsc::TryRecvError::Empty) => Poll::Running,
            Err(mpsc::TryRecvError::Disconnected) => Poll::Lost("its result was taken before".to_owned()),
        }
    }

    /// How far it has come.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.ticket.progress()
    }

    /// Asks it to stop at its next checkpoint.
    pub fn cancel(&self) {
        self.ticket.cancel();
    }
}

impl<T> Drop for Job<T> {
    fn drop(&mut self) {
        self.ticket.cancel();
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "unknown panic".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn wait<T: Send + 'static>(job: &Job<T>) -> Poll<T> {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            match job.poll() {
                Poll::Running => assert!(Instant::now() < deadline, "the job did not end in time"),
                done => return done,
            }
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_job_gives_its_result_once_and_wakes_its_owner() {
        let woken = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&woken);
        let job = Job::spawn("adder", Arc::new(move |_| flag.store(true, Ordering::Relaxed)), |_| 2 + 3).unwrap();
        assert_eq!(wait(&job), Poll::Ready(5), "the sum");
        let deadline = Instant::now() + Duration::from_secs(20);
        while !woken.load(Ordering::Relaxed) {
            assert!(Instant::now() < deadline, "the owner was not woken");
        }
        assert!(matches!(wait(&job), Poll::Lost(_)), "a result is given out once");
    }

    #[test]
    fn a_panic_becomes_a_message() {
        let job: Job<()> = Job::spawn("thrower", no_wake(), |_| panic!("no such layer: {}", 9)).unwrap();
        assert_eq!(wait(&job), Poll::Lost("no such layer: 9".to_owned()), "the panic's message");
    }

    #[test]
    fn cancel_reaches_the_next_checkpoint() {
        let job = Job::spawn("spinner", no_wake(), |ticket| {
            let mut rounds = 0_u64;
            while ticket.checkpoint().is_ok() {
                rounds += 1;
                ticket.report(Progress { done: rounds, total: None, stage: "spinning".to_owned() });
            }
            "stopped"
        })
        .unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while job.progress().done == 0 {
            assert!(Instant::now() < deadline, "no progress seen");
        }
        job.cancel();
        assert_eq!(wait(&job), Poll::Ready("stopped"), "the worker saw the cancel");
    }
}
