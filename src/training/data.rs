//! Training texts and the texts that decide: held out by what they say, so that no text stands on both sides.

use std::collections::BTreeMap;

use crate::data::Dataset;
use crate::data::Example;
use crate::evaluation;
use crate::evaluation::Answer;
use crate::evaluation::Chunk;
use crate::evaluation::Prepared;
use crate::input::Sequence;
use crate::jobs::Ticket;
use crate::model::Checkpoint;
use crate::tensor::stable_hash;
use crate::training::Error;

/// The share of the training file that is held out where no dev file is given.
const DEV_SHARE: f64 = 0.1;

/// Held-out texts at most: more would cost more time than they add certainty.
const MOST_DEV: usize = 2000;

/// What is learned from, and what decides.
#[derive(Debug)]
pub struct TrainingData {
    /// Texts to learn from, with their answers.
    pub train: Vec<(Sequence, Answer)>,
    /// Texts to decide by, ready for the engine.
    pub dev: (Prepared, Chunk),
    /// SHA-256 of the training file, hex.
    pub train_hash: String,
    /// SHA-256 of the dev file, hex; `None` where it is a part of the training file.
    pub dev_hash: Option<String>,
}

impl TrainingData {
    /// Cuts texts into tokens and finds their classes. Without a dev file, a tenth of the texts is held out (2,000 at most),
    /// in proportion within labels; texts that say the same, or belong to one cluster, stay together.
    ///
    /// # Errors
    /// [`Error::Evaluation`] if labels do not fit the model or nothing is usable; [`Error::NoLabels`] if a side has none.
    pub fn prepare(
        ticket: &Ticket,
        checkpoint: &Checkpoint,
        train: &Dataset,
        dev: Option<&Dataset>,
        seed: u64,
    ) -> Result<Self, Error> {
        let (learned, held_out) = match dev {
            Some(dev) => (train.clone(), dev.clone()),
            None => split(train, seed),
        };
        if held_out.is_empty() {
            return Err(Error::TooFew { name: learned.name, texts: learned.examples.len() });
        }
        let (prepared, chunk) = evaluation::prepare(ticket, checkpoint, &learned, None)?;
        let answers = (0..prepared.len()).map(|item| prepared.target(item).cloned());
        let train: Vec<(Sequence, Answer)> =
            chunk.encoded.into_iter().zip(answers).filter_map(|(text, answer)| Some((text, answer?))).collect();
        let dev_data = evaluation::prepare(ticket, checkpoint, &held_out, None)?;
        if train.is_empty() || dev_data.0.labelled() == 0 {
            return Err(Error::NoLabels { name: learned.name });
        }
        let dev_hash = dev.map(|dev| dev.hash.clone());
        Ok(Self { train, dev: dev_data, train_hash: learned.hash, dev_hash })
    }

    /// Tokens of a training text in the mean, and of the longest.
    #[must_use]
    pub fn tokens(&self) -> (f64, usize) {
        let lengths = || self.train.iter().map(|(text, _)| text.units.len());
        (lengths().sum::<usize>() as f64 / self.train.len().max(1) as f64, lengths().max().unwrap_or(0))
    }
}

/// What stays for learning, and what is held out.
fn split(dataset: &Dataset, seed: u64) -> (Dataset, Dataset) {
    let units = units(&dataset.examples);
    let mut strata: BTreeMap<Option<&str>, Vec<(u64, &Vec<usize>)>> = BTreeMap::new();
    for unit in &units {
        let first = &dataset.examples[unit[0]];
        let key = stable_hash(seed.to_le_bytes().into_iter().chain(content_hash(first).to_le_bytes()));
        strata.entry(first.label.as_deref()).or_default().push((key, unit));
    }
    let share = (MOST_DEV as f64 / dataset.len().max(1) as f64).min(DEV_SHARE);
    let mut is_held_out = vec![false; dataset.len()];
    for units in strata.values_mut() {
        units.sort_unstable_by_key(|(key, unit)| (*key, unit[0]));
        let rows: usize = units.iter().map(|(_, unit)| unit.len()).sum();
        let wanted = (rows as f64 * share).round();
        let mut taken = 0;
        for (_, unit) in units {
            if (taken + unit.len()) as f64 > wanted {
                continue;
            }
            taken += unit.len();
            unit.iter().for_each(|&row| is_held_out[row] = true);
        }
    }
    let part = |held_out: bool| {
        let rows = dataset.examples.iter().zip(&is_held_out).filter(|(_, is_held_out)| **is_held_out == held_out);
        Dataset { examples: rows.map(|(example, _)| example.clone()).collect(), ..dataset.clone() }
    };
    (part(false), part(true))
}

/// Rows that stay together: those with the same texts, whatever their case and blanks, and those of one cluster.
fn units(examples: &[Example]) -> Vec<Vec<usize>> {
    let mut parent: Vec<usize> = (0..examples.len()).collect();
    fn root(parent: &mut [usize], mut row: usize) -> usize {
        while parent[row] != row {
            parent[row] = parent[parent[row]];
            row = parent[row];
        }
        row
    }
    let (mut of_text, mut of_cluster) = (BTreeMap::new(), BTreeMap::new());
    for (row, example) in examples.iter().enumerate() {
        let same_text = *of_text.entry(content_hash(example)).or_insert(row);
        let same_cluster = example.cluster.as_deref().map(|cluster| *of_cluster.entry(cluster).or_insert(row));
        for other in [Some(same_text), same_cluster].into_iter().flatten() {
            let (one, other) = (root(&mut parent, row), root(&mut parent, other));
            parent[one.max(other)] = one.min(other);
        }
    }
    let mut units: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for row in 0..examples.len() {
        units.entry(root(&mut parent, row)).or_default().push(row);
    }
    units.into_values().collect()
}

fn content_hash(example: &Example) -> u64 {
    let words = example.content.texts().map(|text| {
        let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
        words.join(" ")
    });
    // A sign that no text has after its blanks were taken off.
    stable_hash(words.collect::<Vec<_>>().join("\n").into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(id: usize, text: &str, label: &str, cluster: Option<&str>) -> Example {
        Example {
            id: id.to_string(),
            content: text.into(),
            label: Some(label.to_owned()),
            groups: Vec::new(),
            cluster: cluster.map(str::to_owned),
        }
    }

    fn dataset(examples: Vec<Example>) -> Dataset {
        Dataset { examples, ..Dataset::default() }
    }

    #[test]
    fn a_tenth_is_held_out_in_proportion_and_no_text_stands_on_both_sides() {
        let text = |row: usize| format!("{} Film number {}", if row.is_multiple_of(3) { " " } else { "" }, row / 2);
        let label = |row: usize| if (row / 2).is_multiple_of(4) { "bad" } else { "good" };
        let all = dataset((0..400).map(|row| example(row, &text(row), label(row), None)).collect());
        let (learned, held_out) = split(&all, 7);
        assert_eq!((learned.len(), held_out.len()), (360, 40), "a tenth, every text twice");
        let bad = held_out.examples.iter().filter(|example| example.label.as_deref() == Some("bad")).count();
        assert_eq!(bad, 10, "a quarter, as in the file");
        let texts: Vec<u64> = learned.examples.iter().map(content_hash).collect();
        assert!(
            held_out.examples.iter().all(|example| !texts.contains(&content_hash(example))),
            "no text on both sides"
        );
        assert_eq!(split(&all, 7).1, held_out, "the same seed");
        assert_ne!(split(&all, 8).1, held_out, "another seed");
    }

    #[test]
    fn clusters_and_texts_are_joined_across_each_other() {
        let rows = [("a", Some("x")), ("b", Some("x")), ("B ", None), ("c", Some("y")), ("d", None)];
        let examples: Vec<Example> =
            rows.iter().enumerate().map(|(row, (text, cluster))| example(row, text, "good", *cluster)).collect();
        assert_eq!(units(&examples), [vec![0, 1, 2], vec![3], vec![4]], "a cluster, and a text that is in it");
    }
}
