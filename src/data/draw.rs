//! Random samples of a data set: whole clusters, in proportion within labels and groups, and such that a longer sample of the
//! same seed holds every shorter one.
//!
//! Files are often sorted, so that their first rows are a sample of nothing. A [`DrawOrder`] is a seeded order of all rows of
//! which every prefix that ends with a unit is a random sample: results grow by going on along it.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore as _;
use rand_chacha::rand_core::SeedableRng as _;

use super::dataset_index::DatasetIndex;
use super::drawn_sample::Clusters;
use super::drawn_sample::Sample;
use super::drawn_sample::SampleKind;

/// A seeded order of the rows of a data set.
///
/// Units are whole clusters, or single rows where a row has none; each is as likely as every other to be in a sample. Strata
/// are the labels, a unit in that of most of its rows: of K units of a label in random order, the j-th (from 0) comes at
/// (j + u) / K of the file, with one random u for the label, so that every prefix has about the same share of the units of
/// every label. Within a label the combinations of groups are spread in the same way first, which keeps labels in
/// proportion where the combinations are so many that most of them are single units.
/// Source: proportional allocation and cluster sampling, Cochran 1977, *Sampling Techniques*, chapters 5 and 9.
///
/// Proportional strata need no weights: plain rates estimate those of the file. Intervals that know nothing of strata are at
/// most too wide; they speak of the texts that the file is itself a sample of, so that no correction is made where most of
/// the file is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawOrder {
    seed: u64,
    /// All rows, unit by unit.
    rows: Vec<u32>,
    /// Number of rows up to the end of each unit.
    ends: Vec<u32>,
    /// Whether any unit is a cluster.
    is_clustered: bool,
}

impl DrawOrder {
    /// Orders the rows of a data set.
    #[must_use]
    pub fn new(index: &DatasetIndex, seed: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        let units = units(index);
        let strata: Vec<Stratum> = units.iter().map(|unit| stratum(index, unit)).collect();
        let mut order: Vec<usize> = (0..units.len()).collect();
        shuffle(&mut order, &mut generator);
        spread(&mut order, |unit| &strata[unit], &mut generator);
        spread(&mut order, |unit| &strata[unit].0, &mut generator);
        let (mut rows, mut ends) = (Vec::with_capacity(index.len()), Vec::with_capacity(units.len()));
        for unit in order {
            rows.extend_from_slice(&units[unit]);
            ends.push(narrow(rows.len()));
        }
        let is_clustered = (0..index.len()).any(|row| index.cluster(row).is_some());
        Self { seed, rows, ends, is_clustered }
    }

    /// The rows in this order.
    #[must_use]
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// The seed it was made from.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How many rows a sample of at most `limit` rows has: units are never divided, and at least one is taken.
    #[must_use]
    pub fn prefix(&self, limit: usize) -> usize {
        let fitting = self.ends.partition_point(|&end| end as usize <= limit);
        self.ends.get(fitting.saturating_sub(1)).map_or(0, |&end| end as usize)
    }

    /// How a sample of the first `rows` of this order is described.
    #[must_use]
    pub fn sample(&self, rows: usize, column: Option<&str>) -> Sample {
        if rows >= self.rows.len() {
            return Sample { rows: self.rows.len(), kind: SampleKind::All };
        }
        let clusters = self.is_clustered.then(|| Clusters {
            taken: self.ends.partition_point(|&end| end as usize <= rows),
            of: self.ends.len(),
            column: column.unwrap_or("cluster").to_owned(),
        });
        Sample { rows, kind: SampleKind::Drawn { of: self.rows.len(), seed: self.seed, clusters } }
    }
}

/// What makes rows a poor sample although nothing failed: a single label, or labels in an order where the first rows of a
/// file were taken.
///
/// The order is told by the number of runs of equal labels, compared with what a random order gives (Source: A. Wald and
/// J. Wolfowitz, *On a test whether two samples are from the same population*, 1940; for several labels A. M. Mood, *The
/// distribution theory of runs*, 1940); six standard deviations too few are said.
#[must_use]
pub fn sample_warning(index: &DatasetIndex) -> Option<String> {
    let labels: Vec<usize> = (0..index.len()).filter_map(|row| index.label(row)).collect();
    let sample = &index.sample;
    let first = *labels.first()?;
    if labels.len() > 1 && labels.iter().all(|&label| label == first) {
        let name = &index.labels[first].value;
        return Some(format!("every label of {sample} is {name:?}: nothing can be said about other classes"));
    }
    if sample.kind != SampleKind::First {
        return None;
    }
    let runs = 1 + labels.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let (expected, deviation) = expected_runs(&labels)?;
    let is_ordered = (runs as f64) < expected - 6.0 * deviation;
    is_ordered.then(|| {
        format!(
            "the labels of {sample} stand in an order ({runs} changes where about {expected:.0} are expected): they are no \
             sample of the file; use --limit, which draws at random"
        )
    })
}

/// Mean and standard deviation of the number of runs in a random order.
fn expected_runs(labels: &[usize]) -> Option<(f64, f64)> {
    let mut counts: BTreeMap<usize, f64> = BTreeMap::new();
    for &label in labels {
        *counts.entry(label).or_default() += 1.0;
    }
    let n = labels.len() as f64;
    let squares: f64 = counts.values().map(|count| count * count).sum();
    let cubes: f64 = counts.values().map(|count| count.powi(3)).sum();
    let variance = (squares * (squares + n * (n + 1.0)) - 2.0 * n * cubes - n.powi(3)) / (n * n * (n - 1.0));
    (labels.len() > 2 && variance > 0.0).then(|| (n + 1.0 - squares / n, variance.sqrt()))
}

/// Rows of each unit, in the order of the file.
fn units(index: &DatasetIndex) -> Vec<Vec<u32>> {
    let mut units: Vec<Vec<u32>> = Vec::new();
    let mut unit_of_cluster: BTreeMap<usize, usize> = BTreeMap::new();
    for row in 0..index.len() {
        let unit = match index.cluster(row) {
            Some(cluster) => *unit_of_cluster.entry(cluster).or_insert(units.len()),
            None => units.len(),
        };
        if unit == units.len() {
            units.push(Vec::new());
        }
        units[unit].push(narrow(row));
    }
    units
}

/// Puts units in an order in which the units of every stratum, themselves in the order in which they stand, are spread
/// evenly.
fn spread<K: Ord>(order: &mut [usize], stratum: impl Fn(usize) -> K, generator: &mut ChaCha8Rng) {
    let mut counts: BTreeMap<K, usize> = BTreeMap::new();
    for &unit in &*order {
        *counts.entry(stratum(unit)).or_default() += 1;
    }
    let mut paces: BTreeMap<K, (f64, f64)> = BTreeMap::new();
    for (key, count) in counts {
        paces.insert(key, (uniform(generator), count as f64));
    }
    let mut places = vec![0.0; order.len()];
    for &unit in &*order {
        if let Some((next, count)) = paces.get_mut(&stratum(unit)) {
            places[unit] = *next / *count;
            *next += 1.0;
        }
    }
    // Stable, so that ties stay in their random order.
    order.sort_by(|&one, &other| places[one].total_cmp(&places[other]));
}

/// A label, and the groups in each column.
type Stratum = (Option<usize>, Vec<Vec<usize>>);

/// The most frequent label of a unit, the smaller number on ties, and the groups of its first row.
fn stratum(index: &DatasetIndex, unit: &[u32]) -> Stratum {
    let mut counts: BTreeMap<Option<usize>, usize> = BTreeMap::new();
    for &row in unit {
        *counts.entry(index.label(row as usize)).or_default() += 1;
    }
    let most = counts.values().max().copied();
    let label = counts.into_iter().find(|&(_, count)| Some(count) == most).and_then(|(label, _)| label);
    let row = unit.first().map_or(0, |&row| row as usize);
    (label, index.memberships.iter().map(|column| column.of(row).to_vec()).collect())
}

/// Every order equally likely (Source: R. Durstenfeld, *Algorithm 235: random permutation*, 1964).
fn shuffle(items: &mut [usize], generator: &mut ChaCha8Rng) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(last + 1, generator));
    }
}

/// A number below `count`, each equally likely but for one part in 2⁶⁴/`count`.
fn below(count: usize, generator: &mut ChaCha8Rng) -> usize {
    let wide = u128::from(generator.next_u64()) * count as u128;
    usize::try_from(wide >> 64).unwrap_or(0)
}

/// From 0 up to but not including 1.
fn uniform(generator: &mut ChaCha8Rng) -> f64 {
    (generator.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Numbers of rows are checked where these are read.
fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Dataset;
    use crate::data::Example;

    /// Rows by label and cluster.
    fn index(rows: &[(&str, Option<usize>)]) -> DatasetIndex {
        let example = |(number, (label, cluster)): (usize, &(&str, Option<usize>))| Example {
            id: number.to_string(),
            content: "x".into(),
            label: (!label.is_empty()).then(|| (*label).to_owned()),
            groups: Vec::new(),
            cluster: cluster.map(|cluster| cluster.to_string()),
        };
        let examples = rows.iter().enumerate().map(example).collect();
        DatasetIndex::of(&Dataset { examples, ..Dataset::default() }, usize::MAX)
    }

    /// 300 rows sorted by label: 200 of `a`, 100 of `b`; clusters of four where `clustered`.
    fn sorted(clustered: bool) -> DatasetIndex {
        let row = |row: usize| (if row < 200 { "a" } else { "b" }, clustered.then_some(row / 4));
        index(&(0..300).map(row).collect::<Vec<_>>())
    }

    #[test]
    fn every_prefix_holds_the_labels_in_proportion() {
        for clustered in [false, true] {
            let index = sorted(clustered);
            let order = DrawOrder::new(&index, 3);
            for limit in [30, 60, 150, 299] {
                let taken = order.prefix(limit);
                assert!(taken <= limit && taken + 4 > limit, "{taken} rows for at most {limit}");
                let share = order.rows()[..taken].iter().filter(|&&row| row < 200).count() as f64 / taken as f64;
                assert!((share - 2.0 / 3.0).abs() < 0.1, "{share} of {taken} are of the class of two thirds");
            }
            let mut all = order.rows().to_vec();
            all.sort_unstable();
            assert_eq!(all, (0..300).collect::<Vec<u32>>(), "every row once");
        }
    }

    #[test]
    fn clusters_are_never_divided_and_a_longer_sample_holds_the_shorter() {
        let order = DrawOrder::new(&sorted(true), 1);
        for limit in [1, 7, 50, 123] {
            let rows = &order.rows()[..order.prefix(limit)];
            for &row in rows {
                let mates = (row / 4 * 4)..(row / 4 * 4 + 4);
                assert!(mates.clone().all(|mate| rows.contains(&mate)), "the cluster of row {row} is there as a whole");
            }
        }
        assert_eq!(order.prefix(1), 4, "at least one cluster");
        assert_eq!(order.prefix(9999), 300, "all");
    }

    #[test]
    fn a_seed_gives_the_same_order_and_another_seed_another() {
        let index = sorted(true);
        assert_eq!(DrawOrder::new(&index, 5), DrawOrder::new(&index, 5), "the same seed");
        assert_ne!(DrawOrder::new(&index, 5).rows(), DrawOrder::new(&index, 6).rows(), "another seed");
    }

    #[test]
    fn over_many_seeds_a_sample_tells_what_all_rows_tell() {
        // Whether a row counts depends on its cluster, sizes of which go from 1 to 12, and on its place in the file.
        let mut rows = Vec::new();
        for cluster in 0..120 {
            let label = if cluster % 3 == 0 { "b" } else { "a" };
            rows.extend((0..=cluster % 12).map(|_| (label, Some(cluster))));
        }
        let counts = |row: usize| rows[row].1.is_some_and(|cluster| cluster < 50 || cluster % 12 > 8);
        let index = index(&rows);
        let truth = (0..rows.len()).filter(|&row| counts(row)).count() as f64 / rows.len() as f64;
        let share = |seed: u64| {
            let order = DrawOrder::new(&index, seed);
            let sample = &order.rows()[..order.prefix(150)];
            sample.iter().filter(|&&row| counts(row as usize)).count() as f64 / sample.len() as f64
        };
        let found: Vec<f64> = (0..600).map(share).collect();
        let mean = found.iter().sum::<f64>() / 600.0;
        let variance = found.iter().map(|share| (share - mean).powi(2)).sum::<f64>() / 599.0;
        let standard_error = (variance / 600.0).sqrt();
        assert!(
            (mean - truth).abs() < 4.0 * standard_error + 0.005,
            "mean {mean}, all rows {truth}, ± {standard_error}"
        );
    }

    #[test]
    fn every_row_is_as_likely_as_every_other() {
        // Strata of 1, 9 and 90 rows: the lone row must come as often as the others.
        let row = |row: usize| (["a", "b", "c"][usize::from(row > 0) + usize::from(row > 9)], None);
        let index = index(&(0..100).map(row).collect::<Vec<_>>());
        let mut times = [0_u32; 100];
        for seed in 0..2000 {
            let order = DrawOrder::new(&index, seed);
            for &row in &order.rows()[..30] {
                times[row as usize] += 1;
            }
        }
        // 2000 * 0.3 = 600, standard deviation 20.5.
        assert!(times.iter().all(|count| (500..=700).contains(count)), "{times:?}");
    }

    #[test]
    fn a_sample_with_an_order_or_with_one_class_is_said() {
        let mut index = sorted(false);
        assert_eq!(sample_warning(&index), None, "all rows may stand in any order");
        index.sample = Sample { rows: 300, kind: SampleKind::First };
        let said = sample_warning(&index).unwrap_or_default();
        assert!(said.contains("2 changes where about 134"), "301 - (200² + 100²) / 300 = 134.3: {said}");
        let mut mixed = self::index(&(0..300).map(|row| (["a", "b"][row * row % 7 % 2], None)).collect::<Vec<_>>());
        mixed.sample = index.sample.clone();
        assert_eq!(sample_warning(&mixed), None, "no order");
        let one = self::index(&[("a", None), ("a", None), ("", None)]);
        assert!(sample_warning(&one).is_some_and(|said| said.contains("every label")), "one class");
    }

    #[test]
    fn labels_stay_in_proportion_where_every_unit_has_groups_of_its_own() {
        let mut index = sorted(false);
        let mut builder = crate::data::memberships::MembershipsBuilder::default();
        (0..300).for_each(|row| builder.push(vec![row]));
        index.memberships = vec![builder.finish()];
        for seed in 0..20 {
            let order = DrawOrder::new(&index, seed);
            let ones = order.rows()[..90].iter().filter(|&&row| row < 200).count();
            assert!((59..=61).contains(&ones), "two thirds of 90, got {ones}");
        }
    }
}
