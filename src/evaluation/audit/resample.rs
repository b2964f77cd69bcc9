//! Bootstrap draws over the items of a slice, all statistics of a draw at once.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::evaluation::audit::slice::Side;
use crate::evaluation::audit::slice::Slice;
use crate::evaluation::audit::tally::Tally;
use crate::jobs::Cancelled;
use crate::jobs::Ticket;
use crate::metrics::EXPORT_DRAWS;
use crate::metrics::MIN_CLUSTERS;
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

/// Computes `statistics` of both models' tallies on every draw; the result holds one list of values for each of the `width`
/// statistics, draws in order.
///
/// Items are drawn within their label, so that no draw loses a class. Where the data set names clusters, whole clusters are
/// drawn, within their majority label if every label has at least [`MIN_CLUSTERS`] of them.
///
/// # Errors
/// [`Cancelled`] if the ticket says so; it is asked before every draw.
pub(super) fn resampled_tallies(
    ticket: &Ticket,
    slice: &Slice<'_>,
    draws: Draws,
    width: usize,
    statistics: impl Fn([&Tally<'_>; 2]) -> Vec<Option<f64>> + Sync,
) -> Result<Vec<Vec<Option<f64>>>, Cancelled> {
    const SIDES: [Side; 2] = [Side::Dense, Side::Pruned];
    let Some(clustering) = slice.clustering() else {
        let resampler = Resampler::stratified(slice.labels(), draws.seed);
        let of_rows = |picks: &[usize]| {
            let [dense, pruned] = SIDES.map(|side| slice.tally(picks.iter().copied(), side));
            statistics([&dense, &pruned])
        };
        return resampled_by(ticket, &resampler, draws.count, width, of_rows);
    };
    let members = clustering.members();
    let of_cluster = |rows: &Vec<usize>| SIDES.map(|side| slice.tally(rows.iter().copied(), side));
    let tallies: Vec<[Tally<'_>; 2]> = members.iter().map(of_cluster).collect();
    let resampler = Resampler::stratified(&strata_of_clusters(slice.labels(), &members), draws.seed);
    let of_clusters = |picks: &[usize]| {
        let mut sums = [0, 1].map(|_| slice.empty_tally());
        for &pick in picks {
            for (sum, tally) in sums.iter_mut().zip(&tallies[pick]) {
                sum.merge(tally);
            }
        }
        let [dense, pruned] = &sums;
        statistics([dense, pruned])
    };
    resampled_by(ticket, &resampler, draws.count, width, of_clusters)
}

/// Stratum of each cluster: its most frequent label (the smaller one on ties), or one stratum for all where a label has
/// too few clusters.
///
/// Source: statistics.md c.11.
pub(super) fn strata_of_clusters(labels: &[u32], members: &[Vec<usize>]) -> Vec<u32> {
    let majority = |rows: &Vec<usize>| {
        let mut counts = BTreeMap::new();
        for &row in rows {
            *counts.entry(labels[row]).or_insert(0_usize) += 1;
        }
        // Of equal counts the last one wins, so the smaller label goes last.
        counts.into_iter().rev().max_by_key(|(_, count)| *count).map_or(0, |(label, _)| label)
    };
    let strata: Vec<u32> = members.iter().map(majority).collect();
    let mut sizes = BTreeMap::new();
    for stratum in &strata {
        *sizes.entry(*stratum).or_insert(0_usize) += 1;
    }
    if sizes.values().all(|&size| size >= MIN_CLUSTERS) { strata } else { vec![0; strata.len()] }
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
    fn clusters_are_drawn_within_their_majority_label_where_both_have_enough() {
        let pairs = |count: usize| -> Vec<Vec<usize>> { (0..count).map(|k| vec![2 * k, 2 * k + 1]).collect() };
        // Ten clusters of label 1 and ten that are half 0, half 1: those count as 0.
        let labels: Vec<u32> = (0..40).map(|row| u32::from(row < 20 || row % 2 == 1)).collect();
        let strata = strata_of_clusters(&labels, &pairs(20));
        assert_eq!((&strata[..10], &strata[10..]), (&[1; 10][..], &[0; 10][..]), "by majority");
        assert_eq!(strata_of_clusters(&labels[2..], &pairs(19)), vec![0; 19], "nine of one label: one stratum");
    }

    #[test]
    fn a_cancelled_bootstrap_stops() {
        let ticket = Ticket::detached();
        ticket.cancel();
        let result = resampled_by(&ticket, &Resampler::stratified(&[0, 1], 0), 100, 0, |_| Vec::new());
        assert_eq!(result, Err(Cancelled), "the ticket is asked before every draw");
    }
}
