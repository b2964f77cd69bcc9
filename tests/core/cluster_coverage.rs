//! How often intervals over clusters hold the truth: the simulation of statistics.md c.11, smaller.

use prunescope::metrics;
use prunescope::metrics::Cluster;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore as _;
use rand_chacha::rand_core::SeedableRng as _;

/// Simulated data sets for each setting; the standard error of a coverage of 0.93 is then 0.013.
const SETS: u64 = 400;

/// Clusters of about `size` rows.
#[derive(Clone, Copy, Debug)]
struct Setting {
    clusters: usize,
    size: usize,
    /// What c.11 found, where it says so, less four standard errors here.
    at_least: f64,
}

fn uniform(generator: &mut ChaCha8Rng) -> f64 {
    (generator.next_u64() >> 11) as f64 / 2f64.powi(53)
}

fn sizes(setting: Setting, generator: &mut ChaCha8Rng) -> Vec<usize> {
    let size = |generator: &mut ChaCha8Rng| match setting.size {
        1 => 1,
        mean => 1 + usize::try_from(generator.next_u64() % (2 * mean as u64 - 1)).expect("a small number"),
    };
    (0..setting.clusters).map(|_| size(generator)).collect()
}

/// Draws what each row of a cluster has: one draw for all in alike clusters, else one for each.
fn rows(n: usize, alike: f64, generator: &mut ChaCha8Rng, draw: impl Fn(f64) -> i64) -> i64 {
    let is_alike = uniform(generator) < alike;
    let common = uniform(generator);
    (0..n).map(|_| if is_alike { draw(common) } else { draw(uniform(generator)) }).sum()
}

#[test]
fn clustered_rates_hold_the_truth_where_plain_ones_do_not() {
    let settings = [
        (200, 1, 0.0, 0.9, 0.92),
        (60, 4, 0.9, 0.9, 0.88),
        (40, 20, 0.9, 0.9, 0.88),
        (40, 20, 0.5, 0.9, 0.82),
        (20, 20, 0.9, 0.9, 0.92),
        (124, 30, 0.3, 0.9, 0.87),
        (40, 20, 0.9, 0.7, 0.90),
    ];
    for (clusters, size, alike, rate, at_least) in settings {
        let setting = Setting { clusters, size, at_least };
        let (mut held, mut held_plain) = (0.0, 0.0);
        for set in 0..SETS {
            let mut generator = ChaCha8Rng::seed_from_u64(set);
            let cluster = |n| Cluster { n, sum: rows(n, alike, &mut generator, |u| i64::from(u < rate)) };
            let drawn: Vec<Cluster> =
                sizes(setting, &mut ChaCha8Rng::seed_from_u64(1000 + set)).into_iter().map(cluster).collect();
            let holds = |estimate: metrics::Estimate| {
                let (low, high) = estimate.interval().expect("enough clusters");
                f64::from(u8::from(low <= rate && rate <= high))
            };
            held += holds(metrics::clustered_rate(&drawn)) / SETS as f64;
            let (hits, n) = drawn.iter().fold((0, 0), |(hits, n), cluster| (hits + cluster.sum, n + cluster.n));
            held_plain += holds(metrics::wilson(usize::try_from(hits).unwrap(), n)) / SETS as f64;
        }
        assert!(held >= at_least, "{setting:?}, {alike} alike: {held}, plain Wilson {held_plain}");
        if size > 1 && alike >= 0.5 {
            assert!(held_plain < 0.8, "{setting:?}: plain Wilson should fall short, got {held_plain}");
        }
    }
}

#[test]
fn clustered_changes_hold_the_truth_and_their_test_keeps_its_level() {
    for (clusters, size, alike) in [(60, 4, 0.9), (40, 20, 0.9), (124, 30, 0.3)] {
        let setting = Setting { clusters, size, at_least: 0.92 };
        let (mut held, mut held_plain, mut rejected) = (0.0, 0.0, 0.0);
        for set in 0..SETS {
            let mut generator = ChaCha8Rng::seed_from_u64(set);
            // A row is lost or gained, each with 5%: no change on the whole.
            let change = |u: f64| i64::from(u > 0.95) - i64::from(u < 0.05);
            let cluster = |n| Cluster { n, sum: rows(n, alike, &mut generator, change) };
            let drawn: Vec<Cluster> =
                sizes(setting, &mut ChaCha8Rng::seed_from_u64(1000 + set)).into_iter().map(cluster).collect();
            let (low, high) = metrics::clustered_change(&drawn, 0.95).interval().expect("enough clusters");
            held += f64::from(u8::from(low <= 0.0 && high >= 0.0)) / SETS as f64;
            let p = metrics::sign_flip_p(drawn.iter().map(|cluster| cluster.sum), set);
            rejected += f64::from(u8::from(p < 0.05)) / SETS as f64;
            // As if each row stood for itself: every cluster's net change taken as so many rows.
            let [lost, gained] = [-1, 1].map(|sign| drawn.iter().map(|c| (sign * c.sum).max(0)).sum::<i64>());
            let n = drawn.iter().map(|cluster| cluster.n).sum();
            let plain = metrics::bonett_price(usize::try_from(gained).unwrap(), usize::try_from(lost).unwrap(), n);
            let (low, high) = plain.interval().expect("some rows");
            held_plain += f64::from(u8::from(low <= 0.0 && high >= 0.0)) / SETS as f64;
        }
        assert!(held >= setting.at_least, "{setting:?}: {held}, Bonett-Price {held_plain}");
        assert!(rejected <= 0.09, "{setting:?}: rejects {rejected} of true null hypotheses");
        if alike >= 0.5 {
            assert!(held_plain < 0.85, "{setting:?}: rows taken for independent should fall short, got {held_plain}");
        }
    }
}

/// Eight groups of 100 with one true rate: the largest minus the smallest is 0 in truth. Every draw of it is larger, so an
/// interval of percentiles never holds 0; the simultaneous one does.
#[test]
fn the_interval_of_a_gap_holds_zero_where_groups_are_equal() {
    let (sets, draws, groups, n) = (120_u64, 300, 8, 100);
    let (mut held, mut held_percentile) = (0, 0);
    for set in 0..sets {
        let mut generator = ChaCha8Rng::seed_from_u64(set);
        let binomial =
            |rate: f64, generator: &mut ChaCha8Rng| (0..n).filter(|_| uniform(generator) < rate).count() as f64;
        let rates: Vec<f64> =
            (0..groups).map(|_| (binomial(0.9, &mut generator) + 1.0) / (f64::from(n) + 2.0)).collect();
        let drawn: Vec<Vec<f64>> = (0..draws)
            .map(|_| rates.iter().map(|&rate| binomial(rate, &mut generator) / f64::from(n)).collect())
            .collect();
        let pairs: Vec<(usize, usize)> = (0..groups).flat_map(|a| (a + 1..groups).map(move |b| (a, b))).collect();
        let differences = pairs.iter().map(|&(a, b)| rates[a] - rates[b]).collect();
        let of_pair = |draw: usize, pair: usize| drawn[draw][pairs[pair].0] - drawn[draw][pairs[pair].1];
        let found = metrics::MaxT::of(differences, draws, 0.95, of_pair).expect("draws of every pair");
        held += u32::from(found.largest_distance().0 == 0.0);
        let ranges: Vec<f64> = drawn.iter().filter_map(|values| metrics::widest(values)).collect();
        let (low, _) = metrics::percentile_interval(&ranges, 0.95).expect("some draws");
        held_percentile += u32::from(low == 0.0);
    }
    assert!(f64::from(held) >= 0.9 * sets as f64, "the simultaneous interval holds 0 in {held} of {sets}");
    assert_eq!(held_percentile, 0, "percentiles of a maximum never do");
}
