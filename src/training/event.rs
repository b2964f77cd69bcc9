//! What is told while a training runs.

use std::time::Duration;

use crate::training::DevPoint;

/// A point of the curves.
#[derive(Clone, Debug, PartialEq)]
pub struct CurvePoint {
    /// Steps taken.
    pub step: usize,
    /// Epochs, as a number that grows with every step.
    pub epoch: f64,
    /// Task loss, the mean over the steps since the last point.
    pub task_loss: f64,
    /// Pruning term, the mean likewise; `None` where the method has none.
    pub pruning_loss: Option<f64>,
    /// The dev set, where it was run.
    pub dev: Option<DevPoint>,
}

/// How far a training is, told after every step.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainEvent<'a> {
    /// Steps taken.
    pub step: usize,
    /// Steps in all.
    pub steps: usize,
    /// Epochs begun.
    pub epoch: usize,
    /// Epochs in all.
    pub epochs: usize,
    /// What is left by the pace so far; `None` in the first steps.
    pub left: Option<Duration>,
    /// The curves so far; the last point is this step's where one was due.
    pub curve: &'a [CurvePoint],
    /// The best point so far, which is what lies in the folder.
    pub best: Option<&'a DevPoint>,
    /// The dense model's accuracy on the dev set.
    pub dense_accuracy: f64,
}

/// Tells the time that is left: steps by their rows, dev runs by their number.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace {
    rows: u64,
    in_steps: Duration,
    dev_runs: u32,
    in_dev: Duration,
}

/// Steps before an estimate is told: the first ones are slower.
const FIRST_ROWS: u64 = 2000;

impl Pace {
    pub(super) fn step(&mut self, rows: usize, took: Duration) {
        self.rows += rows as u64;
        self.in_steps += took;
    }

    pub(super) fn dev_run(&mut self, took: Duration) {
        self.dev_runs += 1;
        self.in_dev += took;
    }

    /// For so many rows and dev runs more.
    pub(super) fn left(&self, rows: u64, dev_runs: usize) -> Option<Duration> {
        if self.rows < FIRST_ROWS {
            return None;
        }
        let steps = self.in_steps.as_secs_f64() / self.rows as f64 * rows as f64;
        let dev = self.in_dev.as_secs_f64() / f64::from(self.dev_runs.max(1)) * dev_runs as f64;
        Some(Duration::from_secs_f64(steps + dev))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_follows_rows_and_dev_runs() {
        let mut pace = Pace::default();
        pace.step(1000, Duration::from_secs(1));
        assert_eq!(pace.left(10, 0), None, "too early to tell");
        pace.step(3000, Duration::from_secs(3));
        pace.dev_run(Duration::from_secs(5));
        assert_eq!(pace.left(2000, 3), Some(Duration::from_secs(2 + 15)), "a millisecond a row, five seconds a run");
    }
}
