//! A data set as a model reads it: a few numbers per text, made once for all strategies.

use std::borrow::Borrow;
use std::sync::Arc;

use crate::cost;
use crate::data::Dataset;
use crate::data::DatasetIndex;
use crate::data::Example;
use crate::data::LISTED_ROWS;
use crate::data::label_index;
use crate::evaluation::Answer;
use crate::evaluation::Chunk;
use crate::evaluation::Error;
use crate::evaluation::LABEL_THRESHOLD;
use crate::evaluation::Measure;
use crate::evaluation::Results;
use crate::evaluation::run::chunk::encode_all;
use crate::evaluation::run::target::Target;
use crate::evaluation::run::target::label_range;
use crate::evaluation::run::target::range_of;
use crate::evaluation::run::target::targets;
use crate::jobs::Ticket;
use crate::metrics::Clustering;
use crate::model::Checkpoint;
use crate::model::HeadKind;
use crate::model::Model;

/// What is known of a data set beside its texts: labels as class indices, groups, numbers of tokens.
///
/// An *item* is a usable example; items keep the order of the data set. Texts come in chunks ([`Prepared::add`]) and are not
/// kept: what stays of an item are eight bytes here and four in the [`DatasetIndex`], there four more for each group column and
/// for clusters.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    /// Where the texts come from.
    pub index: Arc<DatasetIndex>,
    /// What the model's outputs mean.
    pub head: HeadKind,
    /// The model's class names, or the names of its labels; index = class.
    pub classes: Vec<String>,
    /// The class of interest, or the label: what *positive* means in every measure.
    pub positive: usize,
    /// Items whose text was longer than the model reads.
    pub truncated: usize,
    /// Tokens of the longest item after truncation: the length to which a padded run fills every text.
    pub longest: usize,
    /// Multiply-accumulates of the dense model on one text padded to [`Prepared::longest`].
    pub padded_macs: u64,
    /// The first of the examples that were left out, with the reason.
    pub skipped: Vec<SkippedExample>,
    /// What each of the index's labels says.
    targets: Vec<Target>,
    /// Largest less smallest label of the file, where labels are numbers.
    label_range: Option<f64>,
    /// Row of each item in the index.
    rows: Vec<u32>,
    /// Tokens of each item.
    tokens: Vec<u32>,
    /// Multiply-accumulates of the dense model by number of tokens, up to the longest text.
    dense_macs: Vec<u64>,
    /// Rows that have come by.
    rows_seen: usize,
    /// Items, those to come counted.
    total: usize,
    /// Of these, with a label.
    labelled: usize,
}

/// An example that was read but cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedExample {
    /// Its name.
    pub id: String,
    /// Why, for a person.
    pub reason: String,
}

/// Cuts the first `limit` examples (all, if `None`) of a data set in memory into tokens and finds their classes.
///
/// Examples whose text the tokenizer refuses are left out and listed; an example without any label is run, but enters no
/// metric.
///
/// # Errors
/// [`Error::NothingUsable`] if no example is left, [`Error::Labels`] if the labels do not fit the classes as a whole,
/// [`Error::Cancelled`] if it was asked to stop.
pub fn prepare(
    ticket: &Ticket,
    checkpoint: &Checkpoint,
    dataset: &Dataset,
    limit: Option<usize>,
) -> Result<(Prepared, Chunk), Error> {
    let count = limit.unwrap_or(usize::MAX).min(dataset.examples.len());
    let mut prepared = Prepared::new(checkpoint, Arc::new(DatasetIndex::of(dataset, count)))?;
    let chunk = prepared.add(ticket, checkpoint, &dataset.examples[..count])?;
    prepared.check_usable()?;
    Ok((prepared, chunk))
}

impl Prepared {
    /// Finds the classes; texts are still to come.
    ///
    /// # Errors
    /// [`Error::NothingUsable`] if there is no example, [`Error::Labels`] if the labels do not fit the classes as a whole,
    /// [`Error::Positive`] if the class of interest is none of the model's.
    pub fn new(checkpoint: &Checkpoint, index: Arc<DatasetIndex>) -> Result<Self, Error> {
        let classes = checkpoint.model.config.labels.clone();
        let head = checkpoint.model.config.head;
        let positive = positive_class(index.positive.as_deref(), &classes, head)?;
        let targets = targets(&index, &classes, head)?;
        let label_range = if is_regression(head) { label_range(&index) } else { None };
        let named = index.labels.iter().zip(&targets).filter(|(_, target)| matches!(target, Target::Answer(_)));
        let labelled = named.map(|(label, _)| label.count).sum();
        let prepared = Self {
            total: index.len(),
            labelled,
            index,
            head,
            classes,
            positive,
            targets,
            label_range,
            truncated: 0,
            longest: 0,
            padded_macs: 0,
            skipped: Vec::new(),
            rows: Vec::new(),
            tokens: Vec::new(),
            dense_macs: Vec::new(),
            rows_seen: 0,
        };
        prepared.check_usable()?;
        Ok(prepared)
    }

    /// The same with another class of interest, by name or number; class 1 unless named. Runs stay what they are.
    ///
    /// # Errors
    /// [`Error::Positive`] if it is none of the model's classes.
    pub fn with_positive(self, named: Option<&str>) -> Result<Self, Error> {
        let positive = positive_class(named, &self.classes, self.head)?;
        Ok(Self { positive, ..self })
    }

    /// Cuts the next rows into tokens; those that cannot be used are left out of the chunk and listed.
    ///
    /// # Errors
    /// [`Error::Cancelled`] if it was asked to stop; nothing was taken in then.
    pub fn add(&mut self, ticket: &Ticket, checkpoint: &Checkpoint, examples: &[Example]) -> Result<Chunk, Error> {
        let rows: Vec<u32> = (self.rows_seen..self.rows_seen + examples.len()).map(narrow).collect();
        self.add_rows(ticket, checkpoint, examples, &rows)
    }

    /// As [`Prepared::add`] for rows in any order, each at most once; items are numbered in this order.
    ///
    /// # Errors
    /// As [`Prepared::add`].
    pub fn add_rows<E: Borrow<Example> + Sync>(
        &mut self,
        ticket: &Ticket,
        checkpoint: &Checkpoint,
        examples: &[E],
        rows: &[u32],
    ) -> Result<Chunk, Error> {
        let progress = (self.rows_seen, self.index.len());
        let encoded = encode_all(ticket, checkpoint, examples, progress)?;
        let mut chunk = Chunk { first: self.rows.len(), ids: Vec::new(), encoded: Vec::new() };
        for ((example, &row), encoded) in examples.iter().zip(rows).zip(encoded) {
            let example = example.borrow();
            let encoded = self.check_label(row as usize).and(encoded);
            match encoded {
                Err(reason) => {
                    self.total -= 1;
                    self.labelled -= usize::from(self.answer_of_row(row as usize).is_some());
                    if self.skipped.len() < LISTED_ROWS {
                        self.skipped.push(SkippedExample { id: example.id.clone(), reason });
                    }
                }
                Ok(encoded) => {
                    self.truncated += usize::from(encoded.is_truncated());
                    self.longest = self.longest.max(encoded.units.len());
                    self.rows.push(row);
                    self.tokens.push(narrow(encoded.units.len()));
                    chunk.ids.push(example.id.clone());
                    chunk.encoded.push(encoded);
                }
            }
            self.rows_seen += 1;
        }
        self.count_macs(&checkpoint.model);
        Ok(chunk)
    }

    /// The first `items` items alone, in the order of the data set, and the number of each of them here.
    #[must_use]
    pub fn first_in_order(&self, items: usize) -> (Self, Vec<u32>) {
        let mut places: Vec<u32> = (0..narrow(items.min(self.len()))).collect();
        places.sort_unstable_by_key(|&item| self.rows[item as usize]);
        let pick = |column: &[u32]| places.iter().map(|&item| column[item as usize]).collect::<Vec<u32>>();
        let (rows, tokens) = (pick(&self.rows), pick(&self.tokens));
        let longest = tokens.iter().max().map_or(0, |&tokens| tokens as usize);
        let mut first = Self {
            longest,
            padded_macs: self.dense_macs.get(longest).copied().unwrap_or(0),
            total: rows.len(),
            rows,
            tokens,
            ..self.clone()
        };
        first.labelled = (0..first.len()).filter(|&item| first.target(item).is_some()).count();
        (first, places)
    }

    fn count_macs(&mut self, model: &Model) {
        let counted = self.dense_macs.len();
        self.dense_macs.extend((counted..=self.longest).map(|tokens| cost::dense_macs(model, tokens)));
        self.padded_macs = self.dense_macs[self.longest];
    }

    /// What should be answered on a row of the index; `None` where the data set does not say.
    fn answer_of_row(&self, row: usize) -> Option<&Answer> {
        match &self.targets[self.index.label(row)?] {
            Target::Answer(answer) => Some(answer),
            Target::Nothing | Target::Unreadable => None,
        }
    }

    /// Why a row cannot be used for its label, if so.
    fn check_label(&self, row: usize) -> Result<(), String> {
        let Some(label) = self.index.label(row) else { return Ok(()) };
        match self.targets[label] {
            Target::Unreadable => {
                Err(format!("expected a number as the label, got {:?}", self.index.labels[label].value))
            }
            Target::Nothing | Target::Answer(_) => Ok(()),
        }
    }

    /// # Errors
    /// [`Error::NothingUsable`] if every example was left out, or will be.
    pub fn check_usable(&self) -> Result<(), Error> {
        if self.total > 0 {
            return Ok(());
        }
        let reason = self.skipped.first().map(|skipped| skipped.reason.clone());
        Err(Error::NothingUsable {
            name: self.index.name.clone(),
            read: self.index.len(),
            reason: reason.unwrap_or_else(|| "the data set is empty".to_owned()),
        })
    }

    /// Number of items that have come by.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether no item has come by.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Number of items, those to come counted.
    #[must_use]
    pub fn total(&self) -> usize {
        self.total
    }

    /// How many of [`Prepared::total`] have a label.
    #[must_use]
    pub fn labelled(&self) -> usize {
        self.labelled
    }

    /// The measure that stands for the quality of decisions: accuracy, or agreement with dense where nothing is labelled.
    #[must_use]
    pub fn main_measure(&self) -> Measure {
        if self.labelled > 0 { Measure::Accuracy } else { Measure::Agreement }
    }

    /// Whether positives, negatives and scores are defined: the model tells two classes apart, or each label from its absence.
    #[must_use]
    pub fn is_binary(&self) -> bool {
        match self.head {
            HeadKind::Classifier => self.classes.len() == 2,
            HeadKind::MultiLabel => !self.classes.is_empty(),
            HeadKind::Regression(_) => false,
        }
    }

    /// How far a number may lie from what it is held against to be right: as asked for, else a tenth of the range of the
    /// file's labels, else (without labels) of the dense numbers. `None` where the model gives no number.
    #[must_use]
    pub fn tolerance(&self, dense: &Results) -> Option<f64> {
        if !is_regression(self.head) {
            return None;
        }
        let of_dense =
            || range_of((0..dense.len()).filter_map(|item| dense.outputs(item).first().copied().map(f64::from)));
        let range = || self.label_range.or_else(of_dense).unwrap_or(0.0);
        Some(self.index.tolerance.unwrap_or_else(|| 0.1 * range()))
    }

    /// What counts as right, in words that window, command line and files share; `None` for classes, where it is the class.
    #[must_use]
    pub fn right_line(&self, tolerance: Option<f64>) -> Option<String> {
        match self.head {
            HeadKind::Classifier => None,
            HeadKind::MultiLabel => Some(format!(
                "right: exactly the labels of the text (exact match); a label is predicted from a probability of {LABEL_THRESHOLD} on"
            )),
            HeadKind::Regression(_) => {
                let of = if self.labelled > 0 { "the label" } else { "the dense number" };
                let whence = match (self.index.tolerance, self.label_range) {
                    (Some(_), _) => "as asked for",
                    (None, Some(_)) => "a tenth of the labels' range",
                    (None, None) => "a tenth of the range of the dense numbers",
                };
                Some(format!("right: within {} of {of} ({whence})", Answer::Value(tolerance?).text(&[])))
            }
        }
    }

    /// Name of the class or label of interest.
    #[must_use]
    pub fn positive_name(&self) -> &str {
        self.classes.get(self.positive).map_or("class 1", String::as_str)
    }

    /// Clusters of some items, which stand for themselves where the data set names none for them; `None` if it has no
    /// cluster column.
    #[must_use]
    pub fn clustering(&self, items: impl IntoIterator<Item = usize>) -> Option<Clustering> {
        let index = &self.index;
        // No cluster has as large a number as an item's own.
        let key = |item: usize| index.cluster(self.row(item)).unwrap_or(index.len() + item);
        index.is_clustered().then(|| Clustering::of(items.into_iter().map(key)))
    }

    /// What should be answered on an item; `None` where the data set does not say.
    #[must_use]
    pub fn target(&self, item: usize) -> Option<&Answer> {
        self.answer_of_row(self.row(item))
    }

    /// Class of an item; `None` where the data set gives none.
    #[must_use]
    pub fn label(&self, item: usize) -> Option<usize> {
        match self.target(item) {
            Some(Answer::Class(class)) => Some(*class),
            _ => None,
        }
    }

    /// Rows of each class or with each label, those to come counted; empty where the model gives a number.
    #[must_use]
    pub fn class_counts(&self) -> Vec<usize> {
        let classes = if is_regression(self.head) { 0 } else { self.classes.len() };
        let mut counts = vec![0; classes];
        for (label, target) in self.index.labels.iter().zip(&self.targets) {
            let said: &[usize] = match target {
                Target::Answer(Answer::Class(class)) => std::slice::from_ref(class),
                Target::Answer(Answer::Labels(labels)) => labels,
                _ => &[],
            };
            for &class in said {
                counts[class] += label.count;
            }
        }
        counts
    }

    /// Row of an item in the [`DatasetIndex`].
    #[must_use]
    pub fn row(&self, item: usize) -> usize {
        self.rows[item] as usize
    }

    /// Tokens of an item.
    #[must_use]
    pub fn tokens(&self, item: usize) -> usize {
        self.tokens[item] as usize
    }

    /// Multiply-accumulates of the dense model on an item.
    #[must_use]
    pub fn dense_macs(&self, item: usize) -> u64 {
        self.dense_macs[self.tokens(item)]
    }

    /// Items in a group, ascending.
    #[must_use]
    pub fn members(&self, column: usize, value: usize) -> Vec<usize> {
        let Some(memberships) = self.index.memberships.get(column) else { return Vec::new() };
        let is_member = memberships.has(value);
        (0..self.len()).filter(|&item| is_member(self.row(item))).collect()
    }
}

/// The class of interest among the model's classes: class 1 unless named, by name or number as labels are; among labels of
/// their own the first.
///
/// # Errors
/// [`Error::Positive`] if it is none of them, [`Error::PositiveOfMany`] if there is no such choice: other than two classes,
/// or a number.
pub fn positive_class(named: Option<&str>, classes: &[String], head: HeadKind) -> Result<usize, Error> {
    let (usual, has_choice) = match head {
        HeadKind::Classifier => (1.min(classes.len().saturating_sub(1)), classes.len() == 2),
        HeadKind::MultiLabel => (0, !classes.is_empty()),
        HeadKind::Regression(_) => (0, false),
    };
    let Some(name) = named else { return Ok(usual) };
    let listed = || (name.to_owned(), classes.join(", "));
    if !has_choice {
        let (name, classes) = listed();
        return Err(Error::PositiveOfMany { name, classes });
    }
    label_index(name, classes).ok_or_else(|| {
        let (name, classes) = listed();
        Error::Positive { name, classes }
    })
}

/// The labels to look for among a file's columns: those of a model that gives any number of them, else none.
#[must_use]
pub fn label_columns(model: &Model) -> Vec<String> {
    match model.config.head {
        HeadKind::MultiLabel => model.config.labels.clone(),
        HeadKind::Classifier | HeadKind::Regression(_) => Vec::new(),
    }
}

fn is_regression(head: HeadKind) -> bool {
    matches!(head, HeadKind::Regression(_))
}

/// Numbers of rows are checked where these are read, and no model reads as many tokens as there may be rows.
fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
