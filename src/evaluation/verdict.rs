//! Is the loss shown to be within tolerance, shown to be worse, or is there not enough data?

use crate::evaluation::Measure;
use crate::evaluation::SizeClass;
use crate::evaluation::slice::Slice;
use crate::metrics;
use crate::metrics::ACCURACY_TOLERANCE;
use crate::metrics::Discordant;
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
    /// The answer; `None` below 10 examples.
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
    let changes = slice.changes(measure).unwrap_or_default();
    let counts = match measure.larger_is_better() {
        // Where larger is worse, what the pruned model gains is what is lost.
        Some(false) => Discordant { harmed: changes.rescued, rescued: changes.harmed, n: changes.n },
        _ => changes,
    };
    let loss = metrics::bonett_price_at(counts.harmed, counts.rescued, counts.n, CONFIDENCE);
    let verdict = Verdict::of(counts, tolerance).filter(|_| SizeClass::of(counts.n).shows_rate());
    let is_undecided = verdict == Some(Verdict::Undecided);
    let needed = counts.churn().filter(|_| is_undecided);
    let needed = needed.and_then(|discordant| metrics::paired_sample_size(discordant, tolerance, USUAL_POWER));
    let needs_more = needed.and_then(|needed| needed.checked_sub(counts.n)).filter(|more| *more > 0);
    LossVerdict { measure, tolerance, loss, verdict, needs_more }
}
