//! Time by kind of work, and where time went that the FLOPs had promised to save.

use serde::Serialize;

use crate::engine::Spans;

/// Seconds by kind of work; the parts add up to the time of a pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Parts {
    /// Projections, scores, softmax and contexts.
    pub attention: f64,
    /// The feed-forward blocks.
    pub feed_forward: f64,
    /// What the strategy looks at and decides.
    pub scoring: f64,
    /// Moving and merging rows.
    pub gathering: f64,
    /// Embeddings, classifier head, bookkeeping.
    pub other: f64,
}

impl Parts {
    /// What the engine measured.
    pub(super) fn of(spans: &Spans) -> Self {
        Self {
            attention: spans.attention.as_secs_f64(),
            feed_forward: spans.feed_forward.as_secs_f64(),
            scoring: spans.scoring.as_secs_f64(),
            gathering: spans.gathering.as_secs_f64(),
            other: spans.other.as_secs_f64(),
        }
    }

    /// All of them together, in seconds.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.labelled().iter().map(|(_, secs)| secs).sum()
    }

    /// Each part with its name for people, in the order in which they are shown.
    #[must_use]
    pub fn labelled(&self) -> [(&'static str, f64); 5] {
        [
            ("attention", self.attention),
            ("feed-forward", self.feed_forward),
            ("scoring", self.scoring),
            ("gathering", self.gathering),
            ("other", self.other),
        ]
    }

    /// Combines two of them part by part.
    #[must_use]
    pub(super) fn zip(&self, with: &Self, f: impl Fn(f64, f64) -> f64) -> Self {
        Self {
            attention: f(self.attention, with.attention),
            feed_forward: f(self.feed_forward, with.feed_forward),
            scoring: f(self.scoring, with.scoring),
            gathering: f(self.gathering, with.gathering),
            other: f(self.other, with.other),
        }
    }

    /// Every part times a factor.
    #[must_use]
    pub(super) fn scaled(&self, factor: f64) -> Self {
        self.zip(self, |secs, _| secs * factor)
    }
}

/// Multiply-accumulates of one pass by kind of work, counted by the traces, without padding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Work {
    /// Projections, scores and contexts.
    pub attention: u64,
    /// The feed-forward blocks.
    pub feed_forward: u64,
    /// The strategy's own.
    pub scoring: u64,
    /// Embedding projection and classifier head.
    pub other: u64,
}

impl Work {
    /// All of it; FLOPs are twice that.
    #[must_use]
    pub fn macs(&self) -> u64 {
        self.attention + self.feed_forward + self.scoring + self.other
    }
}

/// The promise gap: how much longer a pruned pass takes than the FLOPs say, and which work takes it.
///
/// With `D` the dense time, `P` the pruned time and `R` the FLOPs reduction (dense MACs ÷ pruned MACs), the FLOPs promise
/// the time `D / R`; the gap is `P - D / R`. It is split without rest:
///
/// | term | definition |
/// | --- | --- |
/// | attention, feed-forward | `P_part - D_part * (pruned MACs of the part ÷ dense MACs of the part)`: the part runs slower on fewer rows |
/// | scoring, gathering | `P_part - D_part / R`: work that only pruning does |
/// | other | `P_other - D_other / R`: work that the FLOPs do not count, and that does not shrink |
/// | mix | the rest: attention and feed-forward shrink by different factors and run at different speeds, so that their time does not fall by `R` even where each keeps its own promise; the strategy's counted MACs are in it with the opposite sign |
///
/// A negative term is time saved beyond the promise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Gap {
    /// `D / R`, in seconds.
    pub promised_secs: f64,
    /// `P - D / R`, in seconds; the sum of all terms below.
    pub gap_secs: f64,
    /// The terms by kind of work, in seconds.
    pub parts: Parts,
    /// The term `mix`, in seconds.
    pub mix: f64,
}

impl Gap {
    /// Splits the gap between a dense and a pruned pass.
    ///
    /// Undefined where nothing was computed: `None` if one of the passes counts no MACs.
    #[must_use]
    pub fn split(dense: (&Parts, &Work), pruned: (&Parts, &Work)) -> Option<Self> {
        let ((dense_secs, dense_work), (pruned_secs, pruned_work)) = (dense, pruned);
        if dense_work.macs() == 0 || pruned_work.macs() == 0 {
            return None;
        }
        let whole = ratio(pruned_work.macs(), dense_work.macs());
        let own = Parts {
            attention: ratio(pruned_work.attention, dense_work.attention),
            feed_forward: ratio(pruned_work.feed_forward, dense_work.feed_forward),
            scoring: whole,
            gathering: whole,
            other: whole,
        };
        let promised = dense_secs.zip(&own, |secs, share| secs * share);
        let parts = pruned_secs.zip(&promised, |measured, promised| measured - promised);
        let promised_secs = dense_secs.total() * whole;
        Some(Self {
            promised_secs,
            gap_secs: pruned_secs.total() - promised_secs,
            parts,
            mix: promised.total() - promised_secs,
        })
    }

    /// Each term with its name for people, in the order in which they are shown; they add up to [`Gap::gap_secs`].
    #[must_use]
    pub fn labelled(&self) -> [(&'static str, f64); 6] {
        let [attention, feed_forward, scoring, gathering, other] = self.parts.labelled();
        [attention, feed_forward, scoring, gathering, other, ("mix", self.mix)]
    }
}

/// 1 where there is nothing to shrink.
fn ratio(pruned: u64, dense: u64) -> f64 {
    if dense == 0 { 1.0 } else { pruned as f64 / dense as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked by hand. Dense: attention 6 s on 60 MACs, feed-forward 3 s on 60 MACs, other 1 s: 10 s on 120 MACs.
    /// Pruned: attention 4 s on 30, feed-forward 2 s on 20, scoring 0.5 s on 10, gathering 0.25 s, other 1 s: 7.75 s on
    /// 60 MACs. R = 2, promised 5 s, gap 2.75 s. Attention 4 - 3 = 1; feed-forward 2 - 1 = 1; scoring 0.5; gathering
    /// 0.25; other 1 - 1/2 = 0.5; together 3.25. Mix: 3 + 1 + 0.5 - 5 = -0.5.
    #[test]
    fn the_terms_add_up_to_the_gap() {
        let dense = Parts { attention: 6.0, feed_forward: 3.0, other: 1.0, ..Parts::default() };
        let pruned = Parts { attention: 4.0, feed_forward: 2.0, scoring: 0.5, gathering: 0.25, other: 1.0 };
        let dense_work = Work { attention: 60, feed_forward: 60, ..Work::default() };
        let pruned_work = Work { attention: 30, feed_forward: 20, scoring: 10, other: 0 };
        let gap = Gap::split((&dense, &dense_work), (&pruned, &pruned_work)).unwrap();
        assert_eq!((gap.promised_secs, gap.gap_secs, gap.mix), (5.0, 2.75, -0.5), "promise, gap and mix");
        let expected = Parts { attention: 1.0, feed_forward: 1.0, scoring: 0.5, gathering: 0.25, other: 0.5 };
        assert_eq!(gap.parts, expected, "the terms by kind of work");
        let sum: f64 = gap.labelled().iter().map(|(_, secs)| secs).sum();
        assert!((sum - gap.gap_secs).abs() < 1e-12, "nothing is left over: {sum}");
    }

    #[test]
    fn a_kept_promise_has_no_gap() {
        let dense = Parts { attention: 4.0, feed_forward: 4.0, ..Parts::default() };
        let work = Work { attention: 40, feed_forward: 40, ..Work::default() };
        let half = Work { attention: 20, feed_forward: 20, ..Work::default() };
        let gap = Gap::split((&dense, &work), (&dense.scaled(0.5), &half)).unwrap();
        assert!(gap.labelled().iter().all(|(_, secs)| *secs == 0.0), "no term: {gap:?}");
        let same = Gap::split((&dense, &work), (&dense, &work)).unwrap();
        assert_eq!((same.promised_secs, same.gap_secs), (8.0, 0.0), "dense against dense");
        assert_eq!(Gap::split((&dense, &Work::default()), (&dense, &work)), None, "nothing computed, nothing promised");
    }
}
