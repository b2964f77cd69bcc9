//! Work that sends items while it runs: one at a time, for a key, cancellable. Beside [`Slot`](crate::app::work::slot::Slot),
//! whose work has one result.

use std::sync::mpsc::Receiver;
use std::sync::mpsc::SyncSender;
use std::sync::mpsc::sync_channel;
use std::time::Duration;
use std::time::Instant;

use crate::app::work::slot::Failure;
use crate::jobs::Job;
use crate::jobs::Poll;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::jobs::Wake;

/// How work ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// All of it was done.
    Finished,
    /// It was asked to stop; what it had sent by then stands.
    Stopped,
    /// It failed; the text is for a person.
    Failed(String),
}

/// What has arrived since the last look.
#[derive(Debug)]
pub(crate) struct Arrived<K, Item> {
    /// What the work is for.
    pub(crate) key: K,
    /// In the order they were sent.
    pub(crate) items: Vec<Item>,
    /// How the work ended, if it has; then these are the last items.
    pub(crate) end: Option<End>,
}

/// Where work puts its items.
pub(crate) struct Outlet<Item>(SyncSender<Item>);

impl<Item> Outlet<Item> {
    /// Hands an item over; waits while many are not looked at yet.
    ///
    /// # Errors
    /// [`Failure::Cancelled`] when nobody takes items any more.
    pub(crate) fn send(&self, item: Item) -> Result<(), Failure> {
        self.0.send(item).map_err(|_gone| Failure::Cancelled)
    }
}

struct Running<K, Item> {
    key: K,
    job: Job<Result<(), Failure>>,
    found: Receiver<Item>,
    begun: Instant,
}

/// One kind of work.
pub(crate) struct Stream<K, Item> {
    running: Option<Running<K, Item>>,
    /// No thread could be had: told with the next look.
    failed: Option<(K, String)>,
}

impl<K, Item> Default for Stream<K, Item> {
    fn default() -> Self {
        Self { running: None, failed: None }
    }
}

impl<K: Clone, Item: Send + 'static> Stream<K, Item> {
    /// Begins; whatever ran before is cancelled, and its items are lost. `room` items wait before the work has to.
    pub(crate) fn start(
        &mut self,
        key: K,
        (name, room): (&str, usize),
        wake: Wake,
        work: impl FnOnce(&Ticket, &Outlet<Item>) -> Result<(), Failure> + Send + 'static,
    ) {
        let (sender, found) = sync_channel(room);
        let outlet = Outlet(sender);
        match Job::spawn(name, wake, move |ticket| work(ticket, &outlet)) {
            Ok(job) => self.running = Some(Running { key, job, found, begun: Instant::now() }),
            Err(err) => self.failed = Some((key, format!("no thread for {name}: {err}"))),
        }
    }

    /// Takes in what has arrived; never blocks. `None` while nothing runs.
    pub(crate) fn poll(&mut self) -> Option<Arrived<K, Item>> {
        if let Some((key, reason)) = self.failed.take() {
            return Some(Arrived { key, items: Vec::new(), end: Some(End::Failed(reason)) });
        }
        let running = self.running.as_ref()?;
        // Asked before the channel is emptied: what finished work has sent is then all there.
        let ended = running.job.poll();
        let items = running.found.try_iter().collect();
        let key = running.key.clone();
        let end = match ended {
            Poll::Running => None,
            Poll::Ready(Ok(())) => Some(End::Finished),
            Poll::Ready(Err(Failure::Cancelled)) => Some(End::Stopped),
            Poll::Ready(Err(Failure::Failed(reason))) => Some(End::Failed(reason)),
            Poll::Lost(panic) => Some(End::Failed(format!("internal error: {panic}"))),
        };
        if end.is_some() {
            self.running = None;
        }
        Some(Arrived { key, items, end })
    }

    /// What the running work is for.
    pub(crate) fn key(&self) -> Option<&K> {
        self.running.as_ref().map(|running| &running.key)
    }

    /// Whether anything runs.
    pub(crate) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// How far the running work says it is.
    pub(crate) fn progress(&self) -> Option<Progress> {
        self.running.as_ref().map(|running| running.job.progress())
    }

    /// How long the running work has been at it.
    pub(crate) fn elapsed(&self) -> Option<Duration> {
        self.running.as_ref().map(|running| running.begun.elapsed())
    }

    /// Asks the running work to stop; what it has sent is still taken in, and so is how it ends.
    pub(crate) fn stop(&self) {
        if let Some(running) = &self.running {
            running.job.cancel();
        }
    }

    /// Cancels the running work without waiting for it: nobody wants its items any more.
    pub(crate) fn abandon(&mut self) {
        self.running = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::no_wake;

    /// All items of the work that runs, and how it ended.
    fn settle(stream: &mut Stream<&'static str, u32>) -> (Vec<u32>, End) {
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut all = Vec::new();
        loop {
            assert!(Instant::now() < deadline, "the stream did not end");
            let Some(arrived) = stream.poll() else { continue };
            all.extend(arrived.items);
            if let Some(end) = arrived.end {
                return (all, end);
            }
        }
    }

    #[test]
    fn every_item_arrives_in_order_and_the_end_comes_last() {
        let mut stream = Stream::default();
        stream.start("squares", ("squares", 2), no_wake(), |_, outlet| {
            (1..=9_u32).try_for_each(|number| outlet.send(number * number))
        });
        assert_eq!(stream.key(), Some(&"squares"), "what runs");
        let (items, end) = settle(&mut stream);
        assert_eq!((items.len(), items.last(), end), (9, Some(&81), End::Finished), "more items than there is room");
        assert!(stream.poll().is_none() && !stream.is_running(), "nothing is left");
    }

    #[test]
    fn work_that_is_stopped_keeps_what_it_has_sent() {
        let mut stream = Stream::default();
        stream.start("endless", ("endless", 1), no_wake(), |ticket, outlet| {
            outlet.send(1)?;
            while !ticket.is_cancelled() {
                std::thread::yield_now();
            }
            Err(Failure::Cancelled)
        });
        stream.stop();
        assert_eq!(settle(&mut stream), (vec![1], End::Stopped), "the item, and that it was stopped");
    }

    #[test]
    fn failures_and_panics_end_the_work_with_their_words() {
        let mut stream = Stream::default();
        stream.start("bad", ("bad", 1), no_wake(), |_, _| Err(Failure::Failed("no luck".to_owned())));
        assert_eq!(settle(&mut stream).1, End::Failed("no luck".to_owned()), "a failure");
        stream.start("worse", ("worse", 1), no_wake(), |_, _| panic!("boom"));
        assert!(matches!(settle(&mut stream).1, End::Failed(text) if text.contains("boom")), "a panic");
    }
}
