//! Is the loss shown to be within tolerance, shown to be worse, or is there not enough data?

use crate::evaluation::Measure;
use crate::evaluation::SizeClass;
use crate::evaluation::audit::slice::Slice;
use crate::metrics;
use crate::metrics::ACCURACY_TOLERANCE;
use crate::metrics::Estimate;
use crate::metrics::RATE_TOLERANCE;
use crate::metrics::USUAL_POWER;
use crate::metrics::Verdict;

/// The answer for one measure of one slice. No difference found is not the same as no harm shown.
#[derive(Clone, Debug, PartialEq)]
pub struct LossVerdict {
    /// What may be lost: accuracy, TPR, or FPR (where gaining is losing).
    pub measure: Measure,
    /// Largest tolerated loss, set before looking.
    pub tolerance: f64,
    /// Loss by pruning, negative = gain, with the two-sided 90% interval: its ends are the one-sided 95% bounds.
    pub loss: Estimate,
    /// The answer; `None` below 10 examples or 10 clusters.
    pub verdict: Option<Verdict>,
    /// About how many more examples would decide with 80% power, if undecided.
    pub needs_more: Option<usize>,
}

impl LossVerdict {
    /// `pass`, `fail`, `undecided` or `not estimable`.
    #[must_use]
    pub fn label(&self) -> &'static str {
        self.verdict.map_or("not estimable", Verdict::label)
    }

    /// What the verdict rests on, for a person; why there is none, or what would make one.
    #[must_use]
    pub fn reason(&self) -> String {
        let tolerance = self.tolerance;
        let lost = if self.measure == Measure::Fpr { "gain of FPR" } else { "loss" };
        let bound = |upper: bool| self.loss.interval().map_or(0.0, |(low, high)| if upper { high } else { low });
        match self.verdict {
            Some(Verdict::Pass) => {
                format!("{lost} below {tolerance} shown: at most {:.3} with 95% confidence", bound(true).max(0.0))
            }
            Some(Verdict::Fail) => {
                format!("{lost} above {tolerance} shown: at least {:.3} with 95% confidence", bound(false))
            }
            Some(Verdict::Undecided) => match self.needs_more {
                Some(more) => {
                    format!("neither below nor above {tolerance} is shown: about {more} more texts would decide")
                }
                None => format!("neither a {lost} below nor one above {tolerance} is shown"),
            },
            None => match (self.loss.reason(), self.loss.interval_note()) {
                (Some(reason), _) => reason.to_owned(),
                (None, Some(note)) => note,
                (None, None) => format!("{} examples, at least 10 are needed", self.loss.n()),
            },
        }
    }
}

/// Tolerated losses. Source: statistics.md c.7.
const TOLERANCES: [(Measure, f64); 3] =
    [(Measure::Accuracy, ACCURACY_TOLERANCE), (Measure::Tpr, RATE_TOLERANCE), (Measure::Fpr, RATE_TOLERANCE)];
/// Two-sided, so that each end is a one-sided 95% bound.
const CONFIDENCE: f64 = 0.9;

/// A verdict for accuracy and, with two classes, for TPR and FPR.
pub(super) fn verdicts(slice: &Slice<'_>) -> Vec<LossVerdict> {
    let applies = |measure: Measure| slice.is_binary() || !measure.needs_two_classes();
    let tolerances = TOLERANCES.into_iter().filter(|(measure, _)| applies(*measure));
    tolerances.map(|(measure, tolerance)| verdict(slice, measure, tolerance)).collect()
}

fn verdict(slice: &Slice<'_>, measure: Measure, tolerance: f64) -> LossVerdict {
    let changes = slice.changes(measure).unwrap_or_else(|| slice.accuracy_changes());
    // Where larger is worse, what the pruned model gains is what is lost.
    let losses = if measure.larger_is_better() == Some(false) { changes } else { changes.reversed() };
    let loss = losses.change(CONFIDENCE);
    let n = losses.counts.n;
    let judged = loss.interval().filter(|_| SizeClass::of(n).shows_rate());
    let verdict = judged.map(|interval| Verdict::of_interval(interval, tolerance));
    let needed = losses.counts.churn().filter(|_| verdict == Some(Verdict::Undecided));
    let needed = needed.and_then(|discordant| metrics::paired_sample_size(discordant, tolerance, USUAL_POWER));
    // Clustered examples tell less each; more of them would come in clusters like these.
    let needs_more = needed.map(|needed| needed as f64 * losses.design_effect() - n as f64);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive; saturates beyond counting")]
    let needs_more = needs_more.filter(|more| *more >= 1.0).map(|more| more as usize);
    LossVerdict { measure, tolerance, loss, verdict, needs_more }
}
