//! Measures of a slice in both models, and their paired changes, each with the interval of statistics.md c.5.

use crate::evaluation::Measure;
use crate::evaluation::audit::resample::Draws;
use crate::evaluation::audit::resample::resampled_tallies;
use crate::evaluation::audit::slice::Side;
use crate::evaluation::audit::slice::Slice;
use crate::evaluation::audit::tally::Tally;
use crate::jobs::Cancelled;
use crate::jobs::Ticket;
use crate::metrics;
use crate::metrics::Bootstrap;
use crate::metrics::Estimate;

/// One measure, dense beside pruned.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// Which.
    pub measure: Measure,
    /// Examples it rests on, by statistics.md c.9: all, the class it conditions on, or the smaller class.
    pub denominator: usize,
    /// Without pruning.
    pub dense: Estimate,
    /// With pruning.
    pub pruned: Estimate,
    /// Pruned less dense, on the same items.
    pub change: Estimate,
}

/// Compares both models of a slice on each measure.
///
/// # Errors
/// [`Cancelled`] if the ticket says so (only the bootstrap takes time).
pub(super) fn compare(
    ticket: &Ticket,
    slice: &Slice<'_>,
    measures: &[Measure],
    draws: Draws,
) -> Result<Vec<Compared>, Cancelled> {
    if measures == [Measure::Agreement] {
        return Ok(vec![agreement(slice)]);
    }
    let tallies = [Side::Dense, Side::Pruned].map(|side| (side, slice.tally(0..slice.len(), side)));
    let row = |&measure: &Measure| {
        let [dense, pruned] = tallies.each_ref().map(|(side, tally)| estimate(slice, measure, (*side, tally)));
        let change = change(slice, measure, [&dense, &pruned]);
        Compared { measure, denominator: slice.denominator(measure), dense, pruned, change }
    };
    let mut compared: Vec<Compared> = measures.iter().map(row).collect();
    add_bootstrap(ticket, slice, &mut compared, draws)?;
    Ok(compared)
}

/// How many items keep the dense model's class. What changed is what is missing to all of them, interval and all.
pub(super) fn agreement(slice: &Slice<'_>) -> Compared {
    let n = slice.len();
    let pruned = slice.unchanged().rate();
    let dense = match n {
        0 => pruned.clone(),
        _ => Estimate::with_method(1.0, "by-definition", n),
    };
    let change = pruned.linear(1.0, -1.0);
    Compared { measure: Measure::Agreement, denominator: n, dense, pruned, change }
}

impl Compared {
    /// The same of the dense run beside itself: it agrees with itself, and no chance is in that.
    pub(super) fn of_dense_itself(self) -> Self {
        let change = self.dense.linear(1.0, -1.0);
        Self { pruned: self.dense.clone(), change, ..self }
    }
}

/// One measure, without a way to stop: at most the screen's number of draws.
pub(super) fn compare_now(slice: &Slice<'_>, measure: Measure, draws: Draws) -> Compared {
    let compared = compare(&Ticket::detached(), slice, &[measure], draws).ok().and_then(|mut rows| rows.pop());
    // A detached ticket is never cancelled, so there is always one row.
    compared.unwrap_or_else(|| {
        let missing = Estimate::undefined("cancelled", slice.len());
        Compared { measure, denominator: 0, dense: missing.clone(), pruned: missing.clone(), change: missing }
    })
}

/// A measure of one model on a slice, with an interval where there is one in closed form.
fn estimate(slice: &Slice<'_>, measure: Measure, (side, tally): (Side, &Tally<'_>)) -> Estimate {
    if measure == Measure::Auc && slice.is_binary() {
        return metrics::auc_over(&slice.scores(side), &slice.positives(), slice.clustering());
    }
    let value = value(slice, measure, tally);
    if value.value().is_none() {
        return value;
    }
    slice.hits(measure, side).map_or_else(|| slice.marked(value), |hits| hits.rate())
}

/// A measure of one model on the items of a tally; its interval is not to be used. All but AUC, which needs the items
/// themselves.
fn value(slice: &Slice<'_>, measure: Measure, tally: &Tally<'_>) -> Estimate {
    let n = tally.counts.n();
    if measure.needs_two_classes() && !slice.is_binary() {
        return slice.not_two_classes(n);
    }
    let confusion = || tally.counts.of(slice.positive());
    match measure {
        Measure::Accuracy => metrics::wilson(tally.right, n),
        Measure::Tpr => confusion().tpr(),
        Measure::Fpr => confusion().fpr(),
        Measure::Fnr => confusion().fnr(),
        Measure::Tnr => confusion().tnr(),
        Measure::SelectionRate => confusion().selection_rate(),
        Measure::Precision => confusion().precision(),
        Measure::Npv => confusion().negative_predictive_value(),
        Measure::BalancedAccuracy => tally.counts.balanced_accuracy(),
        Measure::F1 => tally.counts.f1(slice.positive()),
        Measure::LogLoss => tally.log_loss.estimate(),
        Measure::Brier => tally.brier.estimate(),
        Measure::Ece => match &tally.calibration {
            Some(calibration) => calibration.estimate(),
            None => Estimate::undefined("no bins without dense scores", n),
        },
        Measure::Auc => Estimate::undefined("AUC does not follow from sums", n),
        Measure::LabelAccuracy => tally.labels.label_accuracy(),
        Measure::MicroF1 => tally.labels.micro_f1(),
        Measure::MacroF1 => tally.labels.macro_f1(),
        Measure::MeanAbsoluteError | Measure::MeanAbsoluteChange => metrics::mean_absolute_error(&tally.pairs),
        Measure::RootMeanSquaredError => metrics::root_mean_squared_error(&tally.pairs),
        Measure::Pearson => metrics::pearson(&tally.pairs),
        Measure::Spearman => metrics::spearman(&tally.pairs),
        Measure::Agreement => Estimate::undefined("agreement is not measured against labels", n),
    }
}

/// The paired change in closed form, or without interval where only the bootstrap gives one.
fn change(slice: &Slice<'_>, measure: Measure, values: [&Estimate; 2]) -> Estimate {
    let [dense, pruned] = values;
    let (Some(before), Some(after)) = (dense.value(), pruned.value()) else {
        return if dense.value().is_none() { dense.clone() } else { pruned.clone() };
    };
    if measure == Measure::Auc {
        let [dense, pruned] = [Side::Dense, Side::Pruned].map(|side| slice.scores(side));
        return metrics::auc_change_over(&dense, &pruned, &slice.positives(), slice.clustering()).difference;
    }
    match slice.changes(measure) {
        Some(changes) => changes.change(0.95),
        None => slice.marked(Estimate::plain(after - before, slice.len())),
    }
}

/// Whether the values of a measure have no interval in closed form.
fn lacks_closed_form(measure: Measure) -> bool {
    use Measure::{BalancedAccuracy, Brier, Ece, F1, LogLoss};
    use Measure::{LabelAccuracy, MacroF1, MicroF1};
    use Measure::{MeanAbsoluteChange, MeanAbsoluteError, Pearson, RootMeanSquaredError, Spearman};
    matches!(
        measure,
        BalancedAccuracy
            | Brier
            | Ece
            | F1
            | LogLoss
            | LabelAccuracy
            | MicroF1
            | MacroF1
            | MeanAbsoluteError
            | RootMeanSquaredError
            | Pearson
            | Spearman
            | MeanAbsoluteChange
    )
}

/// Gives percentile intervals to values and changes that have none in closed form.
fn add_bootstrap(ticket: &Ticket, slice: &Slice<'_>, compared: &mut [Compared], draws: Draws) -> Result<(), Cancelled> {
    let needs_draws = |row: &&mut Compared| {
        let by_draws = lacks_closed_form(row.measure) || matches!(row.measure, Measure::Precision | Measure::Npv);
        by_draws && row.change.value().is_some()
    };
    let mut rows: Vec<&mut Compared> = compared.iter_mut().filter(needs_draws).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let measures: Vec<Measure> = rows.iter().map(|row| row.measure).collect();
    let of_tallies = |[dense, pruned]: [&Tally<'_>; 2]| -> Vec<Option<f64>> {
        let both = measures
            .iter()
            .flat_map(|&measure| [value(slice, measure, dense).value(), value(slice, measure, pruned).value()]);
        both.collect()
    };
    let columns = resampled_tallies(ticket, slice, draws, 2 * measures.len(), of_tallies)?;
    for (row, pair) in rows.iter_mut().zip(columns.chunks_exact(2)) {
        let differences: Vec<Option<f64>> =
            pair[0].iter().zip(&pair[1]).map(|(dense, pruned)| Some((*pruned)? - (*dense)?)).collect();
        if lacks_closed_form(row.measure) {
            row.dense = Bootstrap::percentile(&row.dense, &pair[0]).estimate;
            row.pruned = Bootstrap::percentile(&row.pruned, &pair[1]).estimate;
        }
        row.change = Bootstrap::percentile(&row.change, &differences).estimate;
    }
    Ok(())
}
