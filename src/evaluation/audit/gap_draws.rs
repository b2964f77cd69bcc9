//! Intervals of gaps, computed inside every draw.

use crate::evaluation::Measure;
use crate::evaluation::audit::gaps::Groups;
use crate::evaluation::audit::gaps::SpreadChange;
use crate::evaluation::audit::joint::Joint;
use crate::evaluation::audit::slice::Side;
use crate::metrics;
use crate::metrics::Bootstrap;
use crate::metrics::Estimate;
use crate::metrics::MIN_CLUSTERS;
use crate::metrics::MaxT;

/// Up to so many groups every pair is compared; with more, each group with its own interval, which is wider.
const MOST_PAIRED: usize = 40;
/// Confidence of every interval.
const CONFIDENCE: f64 = 0.95;

/// An interval and what it rests on.
pub(super) struct GapInterval {
    ends: Option<(f64, f64)>,
    method: &'static str,
    /// Clusters of the group that has fewest.
    clusters: Option<usize>,
}

impl GapInterval {
    /// Adds the interval to its value; none below [`MIN_CLUSTERS`].
    pub(super) fn give(&self, estimate: Estimate) -> Estimate {
        let Some(value) = estimate.value() else { return estimate };
        let ends = self.ends.filter(|_| self.clusters.is_none_or(|count| count >= MIN_CLUSTERS));
        let given = match ends {
            // Draws are centered a little off the value, by their pseudo-examples.
            Some((low, high)) if low.is_finite() && high.is_finite() => {
                Estimate::with_interval(value, (low.min(value), high.max(value)), self.method, estimate.n())
            }
            _ => estimate,
        };
        match self.clusters {
            Some(count) => given.over_clusters(count),
            None => given,
        }
    }
}

/// The judged groups of a column on one measure, in all draws.
pub(super) struct GapDraws<'a> {
    joint: &'a Joint,
    measure: Measure,
    groups: Vec<usize>,
    /// Mean size of each group's clusters.
    sizes: Vec<f64>,
    /// Draw after draw, the groups of each; dense and pruned.
    levels: [Vec<f64>; 2],
    /// Everybody in each draw.
    everybody: [Vec<f64>; 2],
    clusters: Option<usize>,
}

impl<'a> GapDraws<'a> {
    pub(super) fn of(groups: &Groups<'_>, joint: &'a Joint) -> Self {
        let measure = groups.measure;
        let groups: Vec<usize> = groups.judged.iter().map(|member| member.group).collect();
        let pseudo: Vec<f64> = groups.iter().map(|&group| joint.pseudo_size(group, measure)).collect();
        let levels = SIDES.map(|side| {
            let of_draw = |draw: usize| {
                let groups = groups.iter().zip(&pseudo);
                groups.map(move |(&group, &size)| joint.level(draw, group, measure, (side, size)))
            };
            (0..joint.draws()).flat_map(of_draw).collect()
        });
        let everybody = SIDES.map(|side| {
            (0..joint.draws()).map(|draw| joint.level(draw, joint.everybody(), measure, (side, 0.0))).collect()
        });
        Self {
            joint,
            measure,
            sizes: groups.iter().map(|&group| joint.mean_size(group, measure)).collect(),
            levels,
            everybody,
            clusters: groups.iter().filter_map(|&group| joint.clusters(group, measure)).min(),
            groups,
        }
    }

    fn level(&self, draw: usize, index: usize, side: Side) -> f64 {
        self.levels[place(side)][draw * self.groups.len() + index]
    }

    fn everybody(&self, draw: usize, side: Side) -> f64 {
        self.everybody[place(side)][draw]
    }

    fn center(&self, index: usize, side: Side) -> f64 {
        self.joint.center(self.groups[index], self.measure, side)
    }

    /// Whether whole clusters are drawn.
    pub(super) fn is_clustered(&self) -> bool {
        self.clusters.is_some()
    }

    fn simultaneous(&self, ends: Option<(f64, f64)>) -> GapInterval {
        GapInterval { ends, method: "bootstrap-max-t", clusters: self.clusters }
    }

    fn levels(&self, side: Side) -> Option<MaxT> {
        let centers = (0..self.groups.len()).map(|index| self.center(index, side)).collect();
        MaxT::of(centers, self.joint.draws(), CONFIDENCE, |draw, index| self.level(draw, index, side))
    }

    pub(super) fn smallest(&self, side: Side) -> GapInterval {
        let ends = self.levels(side).map(|levels| levels.smallest());
        self.simultaneous(ends.map(|(low, high)| (low.max(0.0), high.min(1.0))))
    }

    pub(super) fn largest(&self, side: Side) -> GapInterval {
        let ends = self.levels(side).map(|levels| levels.largest());
        self.simultaneous(ends.map(|(low, high)| (low.max(0.0), high.min(1.0))))
    }

    /// Of the largest `sign` times change.
    pub(super) fn largest_change(&self, sign: f64) -> GapInterval {
        let joint = self.joint;
        let centers = self.groups.iter().map(|&group| sign * joint.center_change(group, self.measure)).collect();
        let found = MaxT::of(centers, joint.draws(), CONFIDENCE, |draw, index| {
            let [dense, pruned] = joint.paired(draw, self.groups[index], self.measure, self.sizes[index]);
            sign * (pruned - dense)
        });
        let ends = found.map(|changes| changes.largest());
        self.simultaneous(ends.map(|(low, high)| (low.max(-1.0), high.min(1.0))))
    }

    /// Of the largest distance to everybody.
    pub(super) fn to_overall(&self, side: Side) -> GapInterval {
        let all = self.joint.center(self.joint.everybody(), self.measure, side);
        let centers = (0..self.groups.len()).map(|index| self.center(index, side) - all).collect();
        let found = MaxT::of(centers, self.joint.draws(), CONFIDENCE, |draw, index| {
            self.level(draw, index, side) - self.everybody(draw, side)
        });
        self.simultaneous(found.map(|distances| below_one(distances.largest_distance())))
    }

    /// Of the largest difference between groups, over all measures given.
    pub(super) fn between(parts: &[&Self], side: Side) -> GapInterval {
        let pairs: Vec<(&Self, usize, usize)> = parts.iter().flat_map(|part| part.pairs()).collect();
        let is_small = parts.iter().all(|part| part.groups.len() <= MOST_PAIRED);
        let draws = parts.first().map_or(0, |part| part.joint.draws());
        let ends = if is_small {
            let centers =
                pairs.iter().map(|(part, one, other)| part.center(*one, side) - part.center(*other, side)).collect();
            let found = MaxT::of(centers, draws, CONFIDENCE, |draw, pair| {
                let (part, one, other) = pairs[pair];
                part.level(draw, one, side) - part.level(draw, other, side)
            });
            found.map(|differences| differences.largest_distance())
        } else {
            // Of several measures the widest range counts.
            let ranges: Option<Vec<(f64, f64)>> =
                parts.iter().map(|part| part.levels(side).map(|levels| levels.range())).collect();
            ranges.map(|ranges| ranges.iter().fold((0.0, 0.0), |most, ends| (ends.0.max(most.0), ends.1.max(most.1))))
        };
        let clusters = parts.iter().filter_map(|part| part.clusters).min();
        GapInterval { ends: ends.map(below_one), method: "bootstrap-max-t", clusters }
    }

    fn pairs(&self) -> impl Iterator<Item = (&Self, usize, usize)> {
        let count = self.groups.len();
        (0..count).flat_map(move |one| (one + 1..count).map(move |other| (self, one, other)))
    }

    /// Of the smallest group's value ÷ the largest's, from the logarithms of all pairs.
    pub(super) fn ratio(&self, side: Side) -> GapInterval {
        let pairs: Vec<(&Self, usize, usize)> = self.pairs().collect();
        if self.groups.len() > MOST_PAIRED {
            return self.simultaneous(self.levels(side).map(|levels| {
                let (lowest, highest) = (levels.smallest(), levels.largest());
                (lowest.0.max(0.0) / highest.1, (lowest.1 / highest.0.max(0.0)).min(1.0))
            }));
        }
        let centers = pairs.iter().map(|(part, one, other)| (part.center(*one, side) / part.center(*other, side)).ln());
        let logarithms: Vec<f64> = self.levels[place(side)].iter().map(|level| level.ln()).collect();
        let found = MaxT::of(centers.collect(), self.joint.draws(), CONFIDENCE, |draw, pair| {
            let ((_, one, other), first) = (pairs[pair], draw * self.groups.len());
            logarithms[first + one] - logarithms[first + other]
        });
        self.simultaneous(found.map(|logarithms| {
            let (low, high) = logarithms.largest_distance();
            ((-high).exp(), (-low).exp())
        }))
    }

    /// Mean over the draws of the largest minus the smallest value.
    pub(super) fn mean_range(&self, side: Side) -> Option<f64> {
        self.mean_range_about(side, |_| 0.0)
    }

    /// The same of the draws' distances to their centers: how far groups that are all alike would lie apart. Groups may
    /// share clusters, and then vary together.
    pub(super) fn range_under_equality(&self, side: Side) -> Option<f64> {
        let centers: Vec<f64> = (0..self.groups.len()).map(|index| self.center(index, side)).collect();
        self.mean_range_about(side, |index| centers[index]).filter(|_| centers.len() > 1)
    }

    fn mean_range_about(&self, side: Side, center: impl Fn(usize) -> f64) -> Option<f64> {
        let range = |draw: usize| {
            let levels = (0..self.groups.len()).map(|index| self.level(draw, index, side) - center(index));
            metrics::widest(&levels.collect::<Vec<f64>>())
        };
        let ranges: Vec<f64> = (0..self.joint.draws()).filter_map(range).collect();
        (!ranges.is_empty()).then(|| ranges.iter().sum::<f64>() / ranges.len() as f64)
    }

    /// Of the change of a gap, which may go either way: percentiles of the draws. Of several measures the largest counts.
    pub(super) fn change(parts: &[&Self], statistic: impl Fn(&[f64]) -> Option<f64>) -> GapInterval {
        let one = |draw: usize| {
            let sides: Vec<[Option<f64>; 2]> =
                parts.iter().map(|part| part.paired(draw).map(|side| statistic(&side))).collect();
            let most = |side: usize| {
                let found = sides.iter().try_fold(f64::NEG_INFINITY, |most, part| Some(part[side]?.max(most)));
                found.filter(|most| most.is_finite())
            };
            Some(most(1)? - most(0)?)
        };
        let draws: Vec<Option<f64>> = (0..parts.first().map_or(0, |part| part.joint.draws())).map(one).collect();
        let found = Bootstrap::percentile(&Estimate::plain(0.0, 1), &draws).estimate.interval();
        let clusters = parts.iter().filter_map(|part| part.clusters).min();
        let method = if clusters.is_some() { "bootstrap-clusters" } else { "bootstrap-percentile" };
        GapInterval { ends: found, method, clusters }
    }

    /// The groups, then everybody, in one draw: dense and pruned.
    fn paired(&self, draw: usize) -> [Vec<f64>; 2] {
        let of_group = |(&group, &size): (&usize, &f64)| self.joint.paired(draw, group, self.measure, size);
        let both: Vec<[f64; 2]> = self.groups.iter().zip(&self.sizes).map(of_group).collect();
        [0, 1].map(|side| both.iter().map(|pair| pair[side]).collect())
    }

    /// Intervals of the changes of all gaps.
    pub(super) fn changes(&self, change: SpreadChange) -> SpreadChange {
        let ratio = |values: &[f64]| {
            let (low, high) = metrics::ends_of(values)?;
            (high > 0.0).then(|| low / high)
        };
        SpreadChange {
            to_overall: self.change_to_overall().give(change.to_overall),
            between: Self::change(&[self], metrics::widest).give(change.between),
            ratio: Self::change(&[self], ratio).give(change.ratio),
        }
    }

    fn change_to_overall(&self) -> GapInterval {
        let everybody = self.joint.everybody();
        let one = |draw: usize| {
            let all = self.joint.paired(draw, everybody, self.measure, 0.0);
            let distance = |side: usize, values: &[f64]| {
                let distances = values.iter().map(|value| (value - all[side]).abs());
                Some(distances.fold(0.0, f64::max)).filter(|distance: &f64| distance.is_finite())
            };
            let [dense, pruned] = self.paired(draw);
            Some(distance(1, &pruned)? - distance(0, &dense)?)
        };
        let draws: Vec<Option<f64>> = (0..self.joint.draws()).map(one).collect();
        let ends = Bootstrap::percentile(&Estimate::plain(0.0, 1), &draws).estimate.interval();
        let method = if self.clusters.is_some() { "bootstrap-clusters" } else { "bootstrap-percentile" };
        GapInterval { ends, method, clusters: self.clusters }
    }
}

const SIDES: [Side; 2] = [Side::Dense, Side::Pruned];

fn place(side: Side) -> usize {
    usize::from(side == Side::Pruned)
}

fn below_one((low, high): (f64, f64)) -> (f64, f64) {
    (low, high.min(1.0))
}
