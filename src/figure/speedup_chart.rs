//! Time beside FLOPs: what a strategy promises, and what the clock says.

use serde::Serialize;

use super::describe::Axis;
use super::describe::Measured;
use super::number;
use super::palette::Part;

/// Dense and pruned passes of several cases; a dense row begins each case.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SpeedupChart {
    /// Scale of the speed-up, promised and measured.
    pub speed_up: Axis,
    /// Scale of the time as a share of the dense pass.
    pub share: Axis,
    /// The rows, case by case, the dense one of each first.
    pub rows: Vec<SpeedupRow>,
    /// Lines below the rows.
    pub notes: Vec<String>,
}

/// The time of one pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct TimeBar {
    /// Median in seconds.
    pub median: f64,
    /// 5th percentile in seconds.
    pub low: f64,
    /// 95th percentile in seconds.
    pub high: f64,
    /// Seconds by kind of work, in the order of [`Part::ALL`].
    pub parts: [f64; 5],
}

impl TimeBar {
    /// The parts, scaled so that they add up to the median: they come from means, which a slow pass pulls up.
    #[must_use]
    pub fn shares_of(&self, whole: f64) -> [f64; 5] {
        let sum: f64 = self.parts.iter().sum();
        let scale = if sum > 0.0 && whole > 0.0 { self.median / sum / whole } else { 0.0 };
        self.parts.map(|part| part * scale)
    }

    /// "median 12.3 ms, 5th to 95th percentile 12.0–13.1 ms".
    #[must_use]
    pub fn sentence(&self) -> String {
        let range = number::duration_range(self.low, self.high);
        format!("median {}, 5th to 95th percentile {range}", number::duration(self.median))
    }

    /// "attention 3.10 ms (25%), …".
    #[must_use]
    pub fn parts_sentence(&self) -> String {
        let sum = self.parts.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        let parts = Part::ALL.iter().zip(self.parts);
        let parts = parts.map(|(part, seconds)| {
            format!("{} {} ({:.0}%)", part.label(), number::duration(seconds), seconds / sum * 100.0)
        });
        parts.collect::<Vec<_>>().join(", ")
    }
}

/// One strategy in one case, or the dense pass of the case.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SpeedupRow {
    /// The case: "batch 8 × 128 tokens, packed".
    pub case: String,
    /// The strategy's id, from which its look follows; `dense` begins a case.
    pub id: String,
    /// As shown: "`power_bert` · retention 0.4".
    pub name: String,
    /// What readers must know of the method: "score only, no adaptation"; empty where there is nothing.
    pub note: String,
    /// The canonical spec.
    pub spec: String,
    /// How tokens went: removed, merged or masked only.
    pub removal: String,
    /// Its time.
    pub time: TimeBar,
    /// Time of the dense passes taken in turn with these; its median is the whole of the bar.
    pub dense: TimeBar,
    /// Dense median ÷ this median; undefined for the dense row.
    pub speed_up: Measured,
    /// What FLOPs promise: dense ÷ pruned; `None` for the dense row.
    pub flops_reduction: Option<f64>,
    /// Tokens of the texts per second of the median.
    pub tokens_per_second: f64,
    /// How far the time lies from the promise, and which work takes it.
    pub gap: String,
    /// Said at the end: "Undecided: the interval holds 1".
    pub remark: String,
}

impl SpeedupRow {
    /// Whether this is the pass others are compared with.
    #[must_use]
    pub fn is_dense(&self) -> bool {
        self.id == "dense" && self.flops_reduction.is_none()
    }

    /// Measured speed-up ÷ FLOPs reduction.
    #[must_use]
    pub fn promise_kept(&self) -> Option<f64> {
        Some(self.speed_up.value? / self.flops_reduction?)
    }

    /// Interval of [`SpeedupRow::promise_kept`]: that of the speed-up, as FLOPs are counted and not measured.
    #[must_use]
    pub fn promise_interval(&self) -> Option<(f64, f64)> {
        let ((low, high), flops) = (self.speed_up.interval?, self.flops_reduction?);
        Some((low / flops, high / flops))
    }

    /// Whether the interval of the speed-up holds 1: then the clock does not say which is faster, nor that both are alike.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        self.speed_up.interval.is_some_and(|(low, high)| low <= 1.0 && high >= 1.0)
    }

    /// "FLOPs say 2.10×, clock says 1.92×".
    #[must_use]
    pub fn verdict(&self) -> String {
        match (self.flops_reduction, self.speed_up.value) {
            (Some(flops), Some(_)) if self.is_undecided() => {
                format!("FLOPs say {}, clock: undecided", number::times(flops))
            }
            (Some(flops), Some(clock)) => {
                format!("FLOPs say {}, clock says {}", number::times(flops), number::times(clock))
            }
            _ => format!("{} tokens/s", number::rounded_count(self.tokens_per_second)),
        }
    }

    /// Everything in words, for screen readers.
    #[must_use]
    pub fn sentence(&self) -> String {
        let start = format!("{}, {}: {}", self.case, self.name, self.time.sentence());
        if self.is_dense() {
            return format!("{start}, {}", self.verdict());
        }
        let ends = self.speed_up.interval.map(|ends| format!(" {}", number::times_interval(ends))).unwrap_or_default();
        let kept_ends = self.promise_interval().map(|ends| format!(" {}", percents(ends))).unwrap_or_default();
        let kept = self.promise_kept().map(|kept| format!(", promise kept {:.0}%{kept_ends}", kept * 100.0));
        let kept = kept.unwrap_or_default();
        let note = if self.note.is_empty() { String::new() } else { format!(", {}", self.note) };
        format!("{start}, {}{ends}{kept}, tokens {}{note}", self.verdict(), self.removal)
    }
}

/// An interval of shares: `[90%, 98%]`.
#[must_use]
pub fn percents((low, high): (f64, f64)) -> String {
    format!("[{:.0}%, {:.0}%]", low * 100.0, high * 100.0)
}
