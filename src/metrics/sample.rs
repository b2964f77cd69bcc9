//! Outcomes of examples, counted so that intervals and tests respect clusters where there are any.

use super::clusters::Cluster;
use super::clusters::Clustering;
use super::clusters::clustered_change;
use super::clusters::clustered_rate;
use super::clusters::count_filled;
use super::clusters::effective_size;
use super::clusters::sign_flip_p;
use super::estimate::Estimate;
use super::interval::bonett_price_at;
use super::interval::wilson;
use super::paired::Discordant;
use super::paired::mcnemar_mid_p;

/// How often something holds among examples that count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hits {
    /// Examples for which it holds.
    pub hits: usize,
    /// Examples that count.
    pub n: usize,
    clusters: Option<Vec<Cluster>>,
}

impl Hits {
    /// Counts outcomes, one for each row of the clustering if there is one; `None` does not count.
    #[must_use]
    pub fn count(outcomes: impl Iterator<Item = Option<bool>>, clustering: Option<&Clustering>) -> Self {
        let (mut hits, mut n) = (0, 0);
        let counted = outcomes.map(|outcome| {
            n += usize::from(outcome.is_some());
            hits += usize::from(outcome == Some(true));
            outcome.map(i64::from)
        });
        let clusters = sums(counted, clustering);
        Self { hits, n, clusters }
    }

    /// The rate: Wilson's interval, over clusters where there are any.
    #[must_use]
    pub fn rate(&self) -> Estimate {
        self.clusters.as_deref().map_or_else(|| wilson(self.hits, self.n), clustered_rate)
    }

    /// How many independent examples tell as much; the number of examples where none share a cluster.
    #[must_use]
    pub fn effective_size(&self) -> f64 {
        self.clusters.as_deref().and_then(effective_size).unwrap_or(self.n as f64)
    }
}

/// Gains and losses of a property on the same examples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// How many lost it (`harmed`) and gained it (`rescued`).
    pub counts: Discordant,
    /// Gains less losses by cluster.
    clusters: Option<Vec<Cluster>>,
}

impl Changes {
    /// Counts pairs "held before, holds after", one for each row of the clustering if there is one; `None` does not count.
    #[must_use]
    pub fn count(pairs: impl Iterator<Item = Option<(bool, bool)>>, clustering: Option<&Clustering>) -> Self {
        let mut counts = Discordant::default();
        let counted = pairs.map(|pair| {
            let (before, after) = pair?;
            counts.n += 1;
            counts.harmed += usize::from(before && !after);
            counts.rescued += usize::from(after && !before);
            Some(i64::from(after) - i64::from(before))
        });
        let clusters = sums(counted, clustering);
        Self { counts, clusters }
    }

    /// Of a property that is bad to have: gains and losses exchanged.
    #[must_use]
    pub fn reversed(&self) -> Self {
        let Discordant { harmed, rescued, n } = self.counts;
        let flip = |cluster: &Cluster| Cluster { n: cluster.n, sum: -cluster.sum };
        let clusters = self.clusters.as_ref().map(|clusters| clusters.iter().map(flip).collect());
        Self { counts: Discordant { harmed: rescued, rescued: harmed, n }, clusters }
    }

    /// Rate after less rate before, with the interval of Bonett and Price or its clustered form.
    #[must_use]
    pub fn change(&self, confidence: f64) -> Estimate {
        let Discordant { harmed, rescued, n } = self.counts;
        match &self.clusters {
            Some(clusters) => clustered_change(clusters, confidence),
            None => bonett_price_at(rescued, harmed, n, confidence),
        }
    }

    /// Rate before less rate after.
    #[must_use]
    pub fn loss(&self, confidence: f64) -> Estimate {
        self.reversed().change(confidence)
    }

    /// Two-sided mid-p of no change: McNemar's test, or sign flips of whole clusters.
    #[must_use]
    pub fn p(&self, seed: u64) -> f64 {
        match &self.clusters {
            Some(clusters) => sign_flip_p(clusters.iter().map(|cluster| cluster.sum), seed),
            None => mcnemar_mid_p(self.counts.harmed, self.counts.rescued),
        }
    }

    /// Name of the test of [`Changes::p`], as in files.
    #[must_use]
    pub fn test(&self) -> &'static str {
        if self.clusters.is_some() { "sign-flip-clusters" } else { "mcnemar-mid-p" }
    }

    /// Clusters that hold a counted example; `None` where examples stand for themselves.
    #[must_use]
    pub fn clusters(&self) -> Option<usize> {
        self.clusters.as_deref().map(count_filled)
    }

    /// Variance of the change over clusters ÷ that of as many independent examples; 1 without clusters or interval.
    #[must_use]
    pub fn design_effect(&self) -> f64 {
        let Discordant { harmed, rescued, n } = self.counts;
        let width = |estimate: Estimate| estimate.interval().map(|(low, high)| high - low);
        let both = (width(self.change(0.95)), width(bonett_price_at(rescued, harmed, n, 0.95)));
        match both {
            (Some(clustered), Some(plain)) if plain > 0.0 => (clustered / plain).powi(2).max(1.0),
            _ => 1.0,
        }
    }
}

/// Sums by cluster; without clusters the values are only gone through.
fn sums(values: impl Iterator<Item = Option<i64>>, clustering: Option<&Clustering>) -> Option<Vec<Cluster>> {
    let Some(clustering) = clustering else {
        values.for_each(drop);
        return None;
    };
    Some(clustering.sums(values))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_counted_with_and_without_clusters() {
        let outcomes = [Some(true), None, Some(false), Some(true)];
        let plain = Hits::count(outcomes.into_iter(), None);
        assert_eq!((plain.hits, plain.n), (2, 3), "two of three");
        assert_eq!(plain.rate(), wilson(2, 3), "without clusters Wilson's interval");
        let clustered = Hits::count(outcomes.into_iter(), Some(&Clustering::of([7, 8, 7, 9])));
        assert_eq!(clustered.rate().clusters(), Some(2), "the cluster without a counted row is none");
        assert!((clustered.rate().value().unwrap() - 2.0 / 3.0).abs() < 1e-15, "the value is the same");
    }

    #[test]
    fn changes_know_their_test() {
        let pairs = [Some((true, false)), Some((true, false)), Some((false, true)), None, Some((true, true))];
        let plain = Changes::count(pairs.into_iter(), None);
        assert_eq!(plain.counts, Discordant { harmed: 2, rescued: 1, n: 4 }, "two lost, one gained");
        assert_eq!((plain.p(0), plain.test()), (mcnemar_mid_p(2, 1), "mcnemar-mid-p"), "single rows");
        assert_eq!(plain.change(0.95).value(), Some(-0.25), "a loss");
        assert_eq!(plain.loss(0.95).value(), Some(0.25), "the same, seen as a loss");
        let clustered = Changes::count(pairs.into_iter(), Some(&Clustering::of([0, 0, 1, 1, 2])));
        assert_eq!((clustered.clusters(), clustered.test()), (Some(3), "sign-flip-clusters"), "whole clusters");
        // Sums -2 and 1: of ±2 ±1 two are as far as -1 (each 1/4, half), two farther: 1/2 + 1/4.
        assert!((clustered.p(0) - 0.75).abs() < 1e-12, "by hand: {}", clustered.p(0));
    }
}
