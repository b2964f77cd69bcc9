//! Which texts a search may see, and which are kept for one measurement at the end.

use std::collections::BTreeMap;

use crate::data::Dataset;

/// Rows of a data set, divided by what they say and not by where they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Rows that the search sees, ascending.
    pub search: Vec<usize>,
    /// Rows that it does not, ascending.
    pub held_out: Vec<usize>,
    /// Hash of each row's content, in hex.
    pub hashes: Vec<String>,
}

/// Divides rows so that about `share` of the units are held out. Rows of one cluster, and rows with the same content, are
/// one unit and stay together; on which side a unit comes is decided by the smallest hash of its contents alone. So the same
/// text is on the same side whatever the file, the order and the seed, and a later search does not see what an earlier one
/// was judged by.
#[must_use]
pub fn split(dataset: &Dataset, share: f64) -> Split {
    let hashes: Vec<String> = dataset.examples.iter().map(|example| example.content.hash()).collect();
    let mut units = Units::new(hashes.len());
    let mut by_hash: BTreeMap<&str, usize> = BTreeMap::new();
    let mut by_cluster: BTreeMap<&str, usize> = BTreeMap::new();
    for (row, hash) in hashes.iter().enumerate() {
        units.join(row, *by_hash.entry(hash).or_insert(row));
        if let Some(cluster) = &dataset.examples[row].cluster {
            units.join(row, *by_cluster.entry(cluster).or_insert(row));
        }
    }
    let mut smallest: BTreeMap<usize, &str> = BTreeMap::new();
    for (row, hash) in hashes.iter().enumerate() {
        let found = smallest.entry(units.root(row)).or_insert(hash);
        *found = (*found).min(hash);
    }
    let is_held_out =
        |row: usize, units: &mut Units| smallest.get(&units.root(row)).is_some_and(|hash| position(hash) < share);
    let (mut search, mut held_out) = (Vec::new(), Vec::new());
    for row in 0..hashes.len() {
        if is_held_out(row, &mut units) { held_out.push(row) } else { search.push(row) }
    }
    Split { search, held_out, hashes }
}

/// A hash as a number from 0 up to but not including 1. Its last digits are taken: the smallest of several hashes has small
/// first digits.
fn position(hash: &str) -> f64 {
    let digits = hash.get(hash.len().saturating_sub(8)..).unwrap_or("");
    u32::from_str_radix(digits, 16).map_or(0.0, |number| f64::from(number) / 4_294_967_296.0)
}

/// Sets of rows that are joined pair by pair.
struct Units {
    parent: Vec<usize>,
}

impl Units {
    fn new(rows: usize) -> Self {
        Self { parent: (0..rows).collect() }
    }

    fn root(&mut self, mut row: usize) -> usize {
        while self.parent[row] != row {
            self.parent[row] = self.parent[self.parent[row]];
            row = self.parent[row];
        }
        row
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.parent[one.max(other)] = one.min(other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Example;

    fn dataset(rows: &[(String, Option<&str>)]) -> Dataset {
        let example = |(number, (text, cluster)): (usize, &(String, Option<&str>))| Example {
            id: number.to_string(),
            content: text.as_str().into(),
            label: None,
            groups: Vec::new(),
            cluster: cluster.map(str::to_owned),
        };
        Dataset { examples: rows.iter().enumerate().map(example).collect(), ..Dataset::default() }
    }

    #[test]
    fn a_text_is_on_the_same_side_in_every_file() {
        let rows: Vec<_> = (0..400).map(|row| (format!("text {row}"), None)).collect();
        let whole = split(&dataset(&rows), 0.4);
        assert!((120..200).contains(&whole.held_out.len()), "about 160 of 400, got {}", whole.held_out.len());
        let mut reversed = rows.clone();
        reversed.reverse();
        reversed.truncate(150);
        let part = split(&dataset(&reversed), 0.4);
        let is_out = |row: &usize| whole.held_out.contains(&(399 - row));
        assert!(part.held_out.iter().all(is_out) && !part.search.iter().any(is_out), "another file, the same sides");
    }

    #[test]
    fn clusters_and_equal_texts_stay_together() {
        let cluster = |row: usize| ["a", "b", "c", "d", "e", "f", "g", "h"][row % 8];
        let mut rows: Vec<_> = (0..80).map(|row| (format!("text {row}"), Some(cluster(row)))).collect();
        rows.push(("text 0".to_owned(), Some("h")));
        let found = split(&dataset(&rows), 0.5);
        let side = |row: usize| found.held_out.contains(&row);
        assert!((0..80).all(|row| side(row) == side(row % 8)), "whole clusters");
        assert_eq!(side(0), side(7), "a text in two clusters joins them");
        assert!(found.held_out.len() + found.search.len() == 81, "every row once");
    }
}
