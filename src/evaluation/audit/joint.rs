//! All groups of a column in common draws: what intervals of gaps and of the worst group are made from.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore as _;
use rand_chacha::rand_core::SeedableRng as _;
use rayon::prelude::*;
use std::collections::BTreeMap;

use crate::evaluation::Draws;
use crate::evaluation::Measure;
use crate::evaluation::audit::resample::strata_of_clusters;
use crate::evaluation::audit::slice::Side;
use crate::evaluation::audit::slice::Slice;
use crate::jobs::Cancelled;
use crate::jobs::Ticket;
use crate::metrics;
use crate::metrics::Resampler;

/// Items by label, dense and pruned decision, each 1 for the class of interest: index `4 label + 2 dense + pruned`. With
/// other than two classes the label counts as 1 and a right decision as 1.
pub(super) type Cells = [f64; 8];

/// Numbers of all draws together at most: a quarter of a gigabyte.
const MOST_NUMBERS: usize = 1 << 26;
/// Draws at least, however many groups there are.
const FEWEST_DRAWS: usize = 200;
/// Keeps the pseudo-examples' stream apart from that of the draws.
const PSEUDO_STREAM: u64 = 0x7073_6575_646f;

/// Items that are always drawn together, by group; the group after the last one is everybody.
struct Unit {
    parts: Vec<(u32, Cells)>,
    /// How often it is drawn on average: alike items count together.
    count: f64,
}

/// What a draw holds of a group, and of what is added to it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Drawn {
    cells: [f32; 8],
    /// Weights of a pseudo-success and of a pseudo-failure, so that a group without failures has an interval too.
    pseudo: [f32; 2],
}

/// The groups of one column, counted once and in every draw.
pub(super) struct Joint {
    /// Each group and, last, everybody.
    counts: Vec<Cells>,
    units: Vec<Unit>,
    is_clustered: bool,
    /// Draw after draw, as `counts`.
    drawn: Vec<Drawn>,
    draws: usize,
}

impl Joint {
    /// Counts and draws, by the class of interest or by right and wrong; `groups_of` names the groups of an item of the slice, below `groups`.
    ///
    /// Without clusters alike items are drawn a Poisson number of times; else whole clusters, within their majority label
    /// where every label has enough. No draw loses a group of 30 items; with clusters it may, and is passed over then.
    ///
    /// # Errors
    /// [`Cancelled`] if the ticket says so.
    pub(super) fn of<'g>(
        ticket: &Ticket,
        (slice, by_interest): (&Slice<'_>, bool),
        groups: usize,
        groups_of: impl Fn(usize) -> &'g [usize],
        draws: Draws,
    ) -> Result<Self, Cancelled> {
        let units = units((slice, by_interest), groups, groups_of);
        let mut counts = vec![Cells::default(); groups + 1];
        for (group, cells) in units.iter().flat_map(|unit| &unit.parts) {
            add(&mut counts[*group as usize], cells);
        }
        let draws_count = draws.count.min(MOST_NUMBERS / (10 * (groups + 1))).max(FEWEST_DRAWS.min(draws.count));
        let is_clustered = slice.clustering().is_some();
        let resampler = slice.clustering().map(|clustering| {
            Resampler::stratified(&strata_of_clusters(slice.labels(), &clustering.members()), draws.seed)
        });
        let one = |draw: usize| -> Result<Vec<Drawn>, Cancelled> {
            ticket.checkpoint()?;
            Ok(one_draw(&units, resampler.as_ref(), groups, (draws.seed, draw)))
        };
        let drawn: Vec<Vec<Drawn>> = (0..draws_count).into_par_iter().map(one).collect::<Result<_, _>>()?;
        Ok(Self { counts, units, is_clustered, drawn: drawn.concat(), draws: draws_count })
    }

    /// Number of draws.
    pub(super) fn draws(&self) -> usize {
        self.draws
    }

    /// Everybody, as if it were a group.
    pub(super) fn everybody(&self) -> usize {
        self.counts.len() - 1
    }

    /// Clusters with an item in the measure's denominator; `None` where items stand for themselves.
    pub(super) fn clusters(&self, group: usize, measure: Measure) -> Option<usize> {
        self.is_clustered.then(|| self.denominators(group, measure).count())
    }

    /// The measure in the data, with the pseudo-examples that the draws have on average.
    pub(super) fn center(&self, group: usize, measure: Measure, side: Side) -> f64 {
        let size = self.pseudo_size(group, measure);
        fraction(&self.counts[group], measure, side).map_or(f64::NAN, |[hits, n]| (hits + size) / (n + 2.0 * size))
    }

    /// The measure in a draw, pseudo-examples included; not a number where the draw has no item for it.
    pub(super) fn level(&self, draw: usize, group: usize, measure: Measure, (side, size): (Side, f64)) -> f64 {
        let drawn = self.at(draw, group);
        let [hit, miss] = drawn.pseudo.map(f64::from);
        let Some([hits, n]) = fraction(&drawn.cells.map(f64::from), measure, side) else { return f64::NAN };
        if n > 0.0 { (hits + size * hit) / (n + size * (hit + miss)) } else { f64::NAN }
    }

    /// Items of the pseudo-success, and of the pseudo-failure: half the mean size as in statistics.md c.11, at least one;
    /// nothing is added to everybody.
    pub(super) fn pseudo_size(&self, group: usize, measure: Measure) -> f64 {
        if group == self.everybody() {
            return 0.0;
        }
        if !self.is_clustered {
            return 1.0;
        }
        let (rows, squares) =
            self.denominators(group, measure).fold((0.0, 0.0), |(rows, sum), n| (rows + n, sum + n * n));
        if rows > 0.0 { (0.5 * squares / rows).max(1.0) } else { 1.0 }
    }

    /// Mean size of the group's clusters: that of the pseudo-clusters that gain or lose one item.
    pub(super) fn mean_size(&self, group: usize, measure: Measure) -> f64 {
        if !self.is_clustered {
            return 1.0;
        }
        let (rows, count) =
            self.denominators(group, measure).fold((0.0, 0.0), |(rows, count), n| (rows + n, count + 1.0));
        if count > 0.0 { rows / count } else { 1.0 }
    }

    /// Pruned less dense, with a pseudo-gain and a pseudo-loss in clusters of mean size.
    pub(super) fn center_change(&self, group: usize, measure: Measure) -> f64 {
        let size = self.mean_size(group, measure);
        let of = |side| {
            fraction(&self.counts[group], measure, side).map_or(f64::NAN, |[hits, n]| (hits + 1.0) / (n + 2.0 * size))
        };
        of(Side::Pruned) - of(Side::Dense)
    }

    /// Dense and pruned in a draw, with the pseudo-gain in one and the pseudo-loss in the other; `size` is
    /// [`Joint::mean_size`].
    pub(super) fn paired(&self, draw: usize, group: usize, measure: Measure, size: f64) -> [f64; 2] {
        let drawn = self.at(draw, group);
        let [gain, loss] = if group == self.everybody() { [0.0; 2] } else { drawn.pseudo.map(f64::from) };
        let cells = drawn.cells.map(f64::from);
        [(Side::Dense, loss), (Side::Pruned, gain)].map(|(side, more)| match fraction(&cells, measure, side) {
            Some([hits, n]) if n > 0.0 => (hits + more) / (n + size * (gain + loss)),
            _ => f64::NAN,
        })
    }

    fn at(&self, draw: usize, group: usize) -> &Drawn {
        &self.drawn[draw * self.counts.len() + group]
    }

    fn parts(&self, group: usize) -> impl Iterator<Item = &Cells> {
        let of_group = move |unit: &'_ Unit| unit.parts.iter().position(|part| part.0 as usize == group);
        self.units.iter().filter_map(move |unit| Some(&unit.parts[of_group(unit)?].1))
    }

    fn denominators(&self, group: usize, measure: Measure) -> impl Iterator<Item = f64> {
        let sizes = self.parts(group).filter_map(move |cells| Some(fraction(cells, measure, Side::Dense)?[1]));
        sizes.filter(|&n| n > 0.0)
    }
}

/// Whether a measure follows from [`Cells`], so that its gaps have intervals.
pub(super) fn is_counted(measure: Measure) -> bool {
    fraction(&Cells::default(), measure, Side::Dense).is_some()
}

/// Numerator and denominator of a measure; `None` if it is no fraction of counts.
fn fraction(cells: &Cells, measure: Measure, side: Side) -> Option<[f64; 2]> {
    let [mut true_negatives, mut false_positives, mut false_negatives, mut true_positives] = [0.0; 4];
    for (index, count) in cells.iter().enumerate() {
        let is_found = if side == Side::Dense { index & 2 != 0 } else { index & 1 != 0 };
        match (index & 4 != 0, is_found) {
            (true, true) => true_positives += count,
            (true, false) => false_negatives += count,
            (false, true) => false_positives += count,
            (false, false) => true_negatives += count,
        }
    }
    let (positives, negatives) = (true_positives + false_negatives, false_positives + true_negatives);
    let found = true_positives + false_positives;
    let all = positives + negatives;
    Some(match measure {
        // Where nothing is labelled, the dense answer stands for the label.
        Measure::Accuracy | Measure::Agreement => [true_positives + true_negatives, all],
        Measure::SelectionRate => [found, all],
        Measure::Tpr => [true_positives, positives],
        Measure::Fnr => [false_negatives, positives],
        Measure::Fpr => [false_positives, negatives],
        Measure::Tnr => [true_negatives, negatives],
        Measure::Precision => [true_positives, found],
        Measure::Npv => [true_negatives, all - found],
        Measure::F1 => [2.0 * true_positives, found + positives],
        Measure::BalancedAccuracy
        | Measure::LogLoss
        | Measure::Brier
        | Measure::Ece
        | Measure::Auc
        | Measure::LabelAccuracy
        | Measure::MicroF1
        | Measure::MacroF1
        | Measure::MeanAbsoluteError
        | Measure::RootMeanSquaredError
        | Measure::Pearson
        | Measure::Spearman
        | Measure::MeanAbsoluteChange => return None,
    })
}

fn add(sum: &mut Cells, cells: &Cells) {
    for (sum, count) in sum.iter_mut().zip(cells) {
        *sum += count;
    }
}

/// Alike items, or clusters.
fn units<'g>(
    (slice, by_interest): (&Slice<'_>, bool),
    groups: usize,
    groups_of: impl Fn(usize) -> &'g [usize],
) -> Vec<Unit> {
    let everybody = u32::try_from(groups).unwrap_or(u32::MAX);
    let number = |&group: &usize| u32::try_from(group).unwrap_or(u32::MAX);
    let cell_of = slice.cells(by_interest);
    let Some(clustering) = slice.clustering() else {
        let mut alike: BTreeMap<(&[usize], usize), f64> = BTreeMap::new();
        for (row, cell) in cell_of.enumerate() {
            *alike.entry((groups_of(slice.item(row)), cell)).or_default() += 1.0;
        }
        let unit = |((members, cell), count): ((&[usize], usize), f64)| {
            let mut cells = Cells::default();
            cells[cell] = count;
            let parts = members.iter().map(number).chain([everybody]).map(|group| (group, cells)).collect();
            Unit { parts, count }
        };
        return alike.into_iter().map(unit).collect();
    };
    let mut by_cluster: Vec<BTreeMap<u32, Cells>> = vec![BTreeMap::new(); clustering.count()];
    for (row, cell) in cell_of.enumerate() {
        let cluster = &mut by_cluster[clustering.of_row()[row] as usize];
        for group in groups_of(slice.item(row)).iter().map(number).chain([everybody]) {
            cluster.entry(group).or_default()[cell] += 1.0;
        }
    }
    by_cluster.into_iter().map(|parts| Unit { parts: parts.into_iter().collect(), count: 1.0 }).collect()
}

/// Whole clusters if there is a resampler, else alike items.
fn one_draw(units: &[Unit], clusters: Option<&Resampler>, groups: usize, (seed, draw): (u64, usize)) -> Vec<Drawn> {
    let mut generator = ChaCha8Rng::seed_from_u64(seed ^ PSEUDO_STREAM);
    generator.set_stream(draw as u64);
    let mut drawn = vec![Drawn::default(); groups + 1];
    let mut take = |unit: &Unit, times: f64| {
        for (group, cells) in &unit.parts {
            for (sum, count) in drawn[*group as usize].cells.iter_mut().zip(cells) {
                #[expect(clippy::cast_possible_truncation, reason = "counts, exact up to 16 million")]
                let more = (count * times) as f32;
                *sum += more;
            }
        }
    };
    match clusters {
        Some(clusters) => clusters.draw(draw).into_iter().for_each(|unit| take(&units[unit], 1.0)),
        None => {
            for unit in units {
                // The unit's cells hold its count already.
                take(unit, metrics::poisson(unit.count, generator.next_u64()) / unit.count);
            }
        }
    }
    for group in &mut drawn[..groups] {
        #[expect(clippy::cast_possible_truncation, reason = "small whole numbers")]
        let weight = |random| metrics::poisson(1.0, random) as f32;
        group.pseudo = [weight(generator.next_u64()), weight(generator.next_u64())];
    }
    drawn
}
