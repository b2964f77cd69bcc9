//! Bootstrap draws over the items of a slice, all statistics of a draw at once.

use rayon::prelude::*;

use crate::evaluation::slice::Slice;
use crate::jobs::Cancelled;
use crate::jobs::Ticket;
use crate::metrics::EXPORT_DRAWS;
use crate::metrics::Resampler;
use crate::metrics::SCREEN_DRAWS;

/// How many draws, and from which seed.
///
/// Draw number `k` of a slice is the same for dense and pruned and for every strategy, so that all differences are
/// paired; it depends on seed, `k` and the slice alone, not on the number of threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draws {
    /// Number of draws.
    pub count: usize,
    /// Seed of the generator; each draw has a stream of its own.
    pub seed: u64,
}

impl Draws {
    /// For the window: enough for two digits.
    pub const SCREEN: Self = Self { count: SCREEN_DRAWS, seed: 0 };
}

impl Default for Draws {
    /// For files.
    fn default() -> Self {
        Self { count: EXPORT_DRAWS, seed: 0 }
    }
}

/// Computes `statistics` on every draw; the result holds one list of values for each of the `width` statistics, draws
/// in order. `statistics` gets the picked items: indices in the slice, with repeats.
///
/// Items are drawn within their label, so that no draw loses a class; whole clusters where the data set names them.
///
/// # Errors
/// [`Cancelled`] if the ticket says so; it is asked before every draw.
pub(super) fn resampled(
    ticket: &Ticket,
    slice: &Slice<'_>,
    draws: Draws,
    width: usize,
    statistics: impl Fn(&[usize]) -> Vec<Option<f64>> + Sync,
) -> Result<Vec<Vec<Option<f64>>>, Cancelled> {
    let resampler = match slice.clusters() {
        Some(clusters) => Resampler::clustered(&clusters, draws.seed),
        None => Resampler::stratified(slice.labels(), draws.seed),
    };
    resampled_by(ticket, &resampler, draws.count, width, statistics)
}

fn resampled_by(
    ticket: &Ticket,
    resampler: &Resampler,
    count: usize,
    width: usize,
    statistics: impl Fn(&[usize]) -> Vec<Option<f64>> + Sync,
) -> Result<Vec<Vec<Option<f64>>>, Cancelled> {
    let one = |draw: usize| -> Result<Vec<Option<f64>>, Cancelled> {
        ticket.checkpoint()?;
        Ok(statistics(&resampler.draw(draw)))
    };
    let rows: Vec<Vec<Option<f64>>> = (0..count).into_par_iter().map(one).collect::<Result<_, _>>()?;
    let defined = |value: Option<f64>| value.filter(|value| value.is_finite());
    let column = |column: usize| rows.iter().map(|row| row.get(column).copied().and_then(defined)).collect();
    Ok((0..width).map(column).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_keeps_the_number_of_each_label() {
        let labels = [1, 0, 1, 1, 0];
        let ones = |picks: &[usize]| picks.iter().filter(|&&pick| labels[pick] == 1).count() as f64;
        let sums = |picks: &[usize]| vec![Some(ones(picks)), Some(picks.iter().sum::<usize>() as f64)];
        let resampler = Resampler::stratified(&labels, 7);
        let columns = resampled_by(&Ticket::detached(), &resampler, 200, 2, sums).unwrap();
        assert!(columns[0].iter().all(|&ones| ones == Some(3.0)), "three positives in every draw");
        assert!(columns[1].iter().any(|sum| *sum != columns[1][0]), "draws differ");
    }

    #[test]
    fn clusters_are_drawn_whole() {
        let times = |picks: &[usize], item: usize| picks.iter().filter(|pick| **pick == item).count();
        let together = |picks: &[usize]| {
            let is_whole = times(picks, 0) == times(picks, 1) && times(picks, 2) == times(picks, 3);
            vec![Some(f64::from(u8::from(is_whole)))]
        };
        let resampler = Resampler::clustered(&[0, 0, 1, 1], 1);
        let columns = resampled_by(&Ticket::detached(), &resampler, 50, 1, together).unwrap();
        assert!(columns[0].iter().all(|whole| *whole == Some(1.0)), "both items of a cluster come equally often");
    }

    #[test]
    fn a_cancelled_bootstrap_stops() {
        let ticket = Ticket::detached();
        ticket.cancel();
        let result = resampled_by(&ticket, &Resampler::stratified(&[0, 1], 0), 100, 0, |_| Vec::new());
        assert_eq!(result, Err(Cancelled), "the ticket is asked before every draw");
    }
}
