//! What the Open data sheet has to know of a file, found out beside the window.

use std::sync::Arc;

use crate::app::work::data_sheet::DataSheet;
use crate::app::work::data_sheet::FileKey;
use crate::app::work::slot::Failure;
use crate::app::work::slot::Slot;
use crate::app::work::slot::error_chain;
use crate::data;
use crate::data::Cell;
use crate::data::ChunkSize;
use crate::data::DataStream;
use crate::data::DatasetIndex;
use crate::data::LabelValue;
use crate::data::Lexicon;
use crate::data::Memberships;
use crate::data::Mismatch;
use crate::data::ReadOptions;
use crate::data::ReadReport;
use crate::data::Rows;
use crate::evaluation;
use crate::evaluation::Answer;
use crate::evaluation::HeadKind;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::jobs::Wake;
use crate::project::DataSource;

/// Rows that are shown.
const SHOWN_ROWS: usize = 12;
/// Columns that are shown; a file may have more.
pub(crate) const SHOWN_COLUMNS: usize = 40;
/// Letters of a cell that are shown.
const SHOWN_LETTERS: usize = 300;
/// Groups of a column that are named.
const SHOWN_GROUPS: usize = 12;
/// Labels whose meaning is listed.
pub(crate) const SHOWN_LABELS: usize = 40;

/// The first rows of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Preview {
    /// All columns.
    pub(crate) columns: Vec<String>,
    /// Cells of the first columns.
    pub(crate) rows: Vec<Vec<String>>,
    /// Tells files of one path apart by their columns, however they are read.
    pub(crate) header: String,
}

/// What one reading of the whole file found.
#[derive(Debug, Default)]
pub(crate) struct DataFacts {
    /// How it was read.
    pub(crate) report: ReadReport,
    /// The columns that were taken: text, second text, label, cluster.
    pub(crate) taken: [Option<String>; 4],
    /// Labels as the file has them.
    pub(crate) labels: Vec<LabelValue>,
    /// Rows in each group.
    pub(crate) groups: Vec<GroupCounts>,
    /// Rows that can be used.
    pub(crate) rows: usize,
}

/// Rows in the groups of a column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct GroupCounts {
    /// The column.
    pub(crate) name: String,
    /// The largest groups with their rows.
    pub(crate) largest: Vec<(String, usize)>,
    /// How many groups there are.
    pub(crate) num_values: usize,
    /// Rows in none of them.
    pub(crate) without: usize,
}

/// What the labels mean to the model.
#[derive(Debug, Default)]
pub(crate) struct Fit {
    /// Classes of the first labels: a name, or nothing where the label is left out. Empty where the labels do not fit.
    pub(crate) meanings: Vec<Option<String>>,
    /// What the model's outputs mean.
    pub(crate) head: HeadKind,
    /// Rows of each class, or with each label; rows with a number stand with the only output.
    pub(crate) classes: Vec<(String, usize)>,
    /// Rows without a class.
    pub(crate) unlabelled: usize,
    /// The labels that do not fit, and a map that might help.
    pub(crate) misfit: Option<data::Mismatch>,
}

/// A draft, and the classes or labels of a model with what they mean.
pub(crate) type FitKey = (DataSource, Vec<String>, HeadKind);

/// Work for the sheet.
#[derive(Debug, Default)]
pub(crate) struct SheetWork {
    /// The first rows.
    pub(crate) preview: Slot<FileKey, Preview>,
    /// The whole file.
    pub(crate) facts: Slot<DataSource, DataFacts>,
    /// Labels against classes.
    pub(crate) fit: Slot<FitKey, Fit>,
    /// A draft whose reading was stopped: it is read again only when it is asked for, or changed.
    stopped: Option<DataSource>,
}

impl SheetWork {
    /// Finds out what the sheet shows; without a sheet, stops.
    pub(crate) fn update(&mut self, sheet: Option<&DataSheet>, labels: Option<(&[String], HeadKind)>, wake: &Wake) {
        let Some(sheet) = sheet else {
            self.clear();
            return;
        };
        self.preview.want(sheet.file_key());
        if let Some(key) = self.preview.due().cloned() {
            self.preview.start("preview data", Wake::clone(wake), move |_| preview(&key));
        }
        drop(self.preview.poll());
        let read = sheet.read_key();
        if self.stopped.as_ref().is_some_and(|stopped| *stopped != read) {
            self.stopped = None;
        }
        if self.stopped.is_none() {
            self.facts.want(read.clone());
        }
        self.facts.cancel_unwanted(&read);
        if let Some(source) = self.facts.due().cloned() {
            self.facts.start("read data", Wake::clone(wake), move |ticket| facts(ticket, &source));
        }
        drop(self.facts.poll());
        let facts = self.facts.get(&sheet.read_key()).cloned();
        let (Some(facts), Some((names, head))) = (facts, labels) else { return };
        self.fit.want((sheet.source.clone(), names.to_vec(), head));
        if let Some((source, names, head)) = self.fit.due().cloned() {
            let work = move |_: &Ticket| Ok(fit(&facts, &source.options, (&names, head)));
            self.fit.start("match labels", Wake::clone(wake), work);
        }
        drop(self.fit.poll());
    }

    /// What the sheet's labels mean, if that is known already.
    pub(crate) fn fit_of(&self, sheet: &DataSheet, (names, head): (&[String], HeadKind)) -> Option<&Arc<Fit>> {
        self.fit.get(&(sheet.source.clone(), names.to_vec(), head))
    }

    /// Whether anything runs or is about to.
    pub(crate) fn is_busy(&self) -> bool {
        self.preview.is_busy() || self.facts.is_busy() || self.fit.is_busy()
    }

    /// How far the reading of the whole file is.
    pub(crate) fn progress(&self) -> Option<Progress> {
        self.facts.progress()
    }

    /// Whether the reading of the whole file was stopped.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.is_some()
    }

    /// Reads the whole file after all.
    pub(crate) fn go_on(&mut self) {
        self.stopped = None;
    }

    /// Asks what runs to stop.
    pub(crate) fn stop(&mut self) {
        let running = self.facts.current_key().cloned();
        self.stopped = running.or_else(|| self.stopped.take());
        self.facts.stop();
    }

    fn clear(&mut self) {
        if self.preview.latest_key().is_some() || self.is_stopped() || self.is_busy() {
            *self = Self::default();
        }
    }
}

fn failed(err: &data::Error) -> Failure {
    Failure::Failed(error_chain(err))
}

fn preview(key: &FileKey) -> Result<Preview, Failure> {
    let FileKey { path, delimiter, encoding } = key;
    let plain = Rows::open(path);
    let header = plain.as_ref().map(|rows| rows.columns().join("\u{1f}")).unwrap_or_default();
    let rows = if delimiter.is_none() && encoding.is_none() {
        plain
    } else {
        let options = ReadOptions { delimiter: *delimiter, encoding: encoding.clone(), ..ReadOptions::default() };
        Rows::open_with(path, &options)
    };
    let rows = rows.map_err(|err| failed(&err))?;
    let columns = rows.columns().to_vec();
    // A row that cannot be read is counted when the whole file is read.
    let shown = rows.take(2 * SHOWN_ROWS).filter_map(Result::ok).take(SHOWN_ROWS);
    let rows = shown.map(|record| record.cells.iter().take(SHOWN_COLUMNS).map(cell_text).collect()).collect();
    Ok(Preview { columns, rows, header })
}

fn cell_text(cell: &Cell) -> String {
    let text = match cell {
        Cell::Missing => String::new(),
        Cell::Text(text) => text.chars().take(SHOWN_LETTERS).collect(),
        Cell::List(items) => items.join("; ").chars().take(SHOWN_LETTERS).collect(),
    };
    text.replace(['\n', '\r', '\t'], " ")
}

fn facts(ticket: &Ticket, source: &DataSource) -> Result<DataFacts, Failure> {
    let lexicon = source.lexicon.as_deref().map(Lexicon::read).transpose().map_err(|err| failed(&err))?;
    let mut go_on = |records: u64| {
        let stage = "reading the data".to_owned();
        ticket.report(Progress { done: records, total: None, stage });
        !ticket.is_cancelled()
    };
    let size = ChunkSize::default();
    let stream = DataStream::open(&source.path, &source.options, lexicon.as_ref(), size, &mut go_on);
    match stream {
        Ok(stream) => Ok(facts_of(stream.index())),
        Err(data::Error::Stopped { .. }) => Err(Failure::Cancelled),
        Err(err) => Err(failed(&err)),
    }
}

fn facts_of(index: &DatasetIndex) -> DataFacts {
    let taken = [
        Some(index.text_column.clone()),
        index.text_pair_column.clone(),
        index.label_column.clone(),
        index.cluster_column.clone(),
    ];
    let columns = index.groups.iter().zip(&index.memberships);
    let groups = columns.map(|(column, members)| counts_of(&column.name, &column.values, members));
    DataFacts {
        report: index.report.clone(),
        taken,
        labels: index.labels.clone(),
        groups: groups.collect(),
        rows: index.len(),
    }
}

fn counts_of(name: &str, values: &[String], members: &Memberships) -> GroupCounts {
    let (mut counts, mut without) = (vec![0; values.len()], 0);
    for row in 0..members.len() {
        let groups = members.of(row);
        without += usize::from(groups.is_empty());
        for &group in groups {
            counts[group] += 1;
        }
    }
    let mut largest: Vec<(String, usize)> = values.iter().cloned().zip(counts).collect();
    largest.sort_by(|(a, rows), (b, others)| others.cmp(rows).then_with(|| a.cmp(b)));
    largest.truncate(SHOWN_GROUPS);
    GroupCounts { name: name.to_owned(), largest, num_values: values.len(), without }
}

/// What the labels mean, by the same functions that an evaluation uses.
fn fit(facts: &DataFacts, options: &ReadOptions, (names, head): (&[String], HeadKind)) -> Fit {
    let mut mapped: Vec<(String, usize)> = Vec::new();
    let mut place = std::collections::HashMap::new();
    let mut unlabelled = facts.rows.saturating_sub(facts.labels.iter().map(|label| label.count).sum());
    // Of each of the file's labels, where its meaning stands in `mapped`.
    let mut places = Vec::with_capacity(facts.labels.len());
    for label in &facts.labels {
        let Some(value) = data::mapped_label(&label.value, &options.label_map) else {
            unlabelled += label.count;
            places.push(None);
            continue;
        };
        let at = *place.entry(value.clone()).or_insert(mapped.len());
        if at == mapped.len() {
            mapped.push((value, 0));
        }
        mapped[at].1 += label.count;
        places.push(Some(at));
    }
    let file_names = facts.report.class_names.as_deref();
    let answers = match evaluation::label_meanings(&mapped, (names, head), file_names) {
        Ok(answers) => answers,
        Err(err) => {
            return Fit {
                misfit: Some(misfit(&mapped, (names, head), file_names, &err)),
                unlabelled,
                ..Fit::default()
            };
        }
    };
    let mut counts = vec![0; names.len()];
    for ((_, rows), answer) in mapped.iter().zip(&answers) {
        match answer {
            Some(Answer::Class(class)) => counts[*class] += rows,
            Some(Answer::Labels(labels)) => labels.iter().for_each(|&label| counts[label] += rows),
            Some(Answer::Value(_)) => counts.iter_mut().take(1).for_each(|count| *count += rows),
            None => unlabelled += rows,
        }
    }
    let text = |at: Option<usize>| at.and_then(|at| answers[at].as_ref()).map(|answer| answer.text(names));
    let meanings = places.into_iter().take(SHOWN_LABELS).map(text).collect();
    Fit { meanings, head, classes: names.iter().cloned().zip(counts).collect(), unlabelled, misfit: None }
}

/// Why labels do not fit, and the map that would help where the model has classes.
fn misfit(
    labels: &[(String, usize)],
    (names, head): (&[String], HeadKind),
    file_names: Option<&[String]>,
    err: &evaluation::Error,
) -> Mismatch {
    let of_classes = (head == HeadKind::Classifier).then(|| data::match_labels(labels, names, file_names).err());
    of_classes.flatten().unwrap_or_else(|| Mismatch { labels: err.to_string(), label_map: String::new() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    const ROWS: &str = "test_case,label_gold,target_ident,templ_id\n\
        a,hateful,women,1\nb,non-hateful,women,1\nc,hateful,,2\nd,hateful,Muslims,2\ne,unsure,Muslims,3\n";

    fn source() -> (tempfile::TempDir, DataSource) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        std::fs::write(&path, ROWS).unwrap();
        (folder, DataSource { path, ..DataSource::default() })
    }

    #[test]
    fn the_first_rows_are_shown_as_they_are() {
        let (_folder, source) = source();
        let key = FileKey { path: source.path.clone(), delimiter: None, encoding: None };
        let found = preview(&key).unwrap();
        assert_eq!(found.columns, ["test_case", "label_gold", "target_ident", "templ_id"], "all columns");
        assert_eq!((found.rows.len(), found.rows[2].join("|")), (5, "c|hateful||2".to_owned()), "rows with their gaps");
        let other = preview(&FileKey { delimiter: Some(';'), ..key }).unwrap();
        assert_eq!(other.columns.len(), 1, "another delimiter, other columns");
        assert_eq!(other.header, found.header, "and still the same file");
        let gone = FileKey { path: PathBuf::from("/no/such.csv"), delimiter: None, encoding: None };
        assert!(matches!(preview(&gone), Err(Failure::Failed(reason)) if reason.contains("such.csv")), "named");
    }

    #[test]
    fn rows_are_counted_per_label_and_group() {
        let (_folder, source) = source();
        let found = facts(&Ticket::detached(), &source).unwrap();
        let labels: Vec<_> = found.labels.iter().map(|label| (&*label.value, label.count)).collect();
        assert_eq!(labels, [("hateful", 3), ("non-hateful", 1), ("unsure", 1)], "as the file has them");
        let groups = found.groups.iter().find(|column| column.name == "target_ident").unwrap();
        let largest = [("Muslims".to_owned(), 2), ("women".to_owned(), 2)];
        assert_eq!((&groups.largest[..], groups.without), (&largest[..], 1), "and the rows of no group");
        assert_eq!(found.taken[3].as_deref(), Some("templ_id"), "the clusters were found");
        let ticket = Ticket::detached();
        ticket.cancel();
        assert!(facts(&ticket, &source).is_ok(), "five rows end before anybody asks");
    }

    #[test]
    fn a_reading_that_was_stopped_begins_again_when_asked_for_or_changed() {
        let (_folder, source) = source();
        let sheet = DataSheet::of(source);
        let mut work = SheetWork::default();
        let wake = crate::jobs::no_wake();
        work.update(Some(&sheet), None, &wake);
        work.stop();
        let settle = |work: &mut SheetWork, sheet: &DataSheet| {
            let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
            work.update(Some(sheet), None, &wake);
            while work.is_busy() {
                assert!(std::time::Instant::now() < deadline, "it does not settle");
                work.update(Some(sheet), None, &wake);
            }
        };
        settle(&mut work, &sheet);
        // Five rows may have been read before the stop was seen: what counts is that nothing begins again by itself.
        work.facts.clear();
        settle(&mut work, &sheet);
        assert!(work.is_stopped() && work.facts.latest().is_none(), "stopped, and not begun again");
        work.go_on();
        settle(&mut work, &sheet);
        assert!(work.facts.get(&sheet.read_key()).is_some(), "read after all");
        work.update(Some(&sheet), None, &wake);
        work.stop();
        assert!(!work.is_stopped(), "nothing ran, nothing was stopped");
    }

    #[test]
    fn labels_fit_once_all_of_them_mean_something() {
        let (_folder, mut source) = source();
        let found = facts(&Ticket::detached(), &source).unwrap();
        let classes = ["ok".to_owned(), "toxic".to_owned()];
        assert!(
            fit(&found, &source.options, (&classes, HeadKind::Classifier)).misfit.is_some(),
            "names of another world"
        );
        for (from, to) in [("hateful", "toxic"), ("non-hateful", "ok"), ("unsure", "-")] {
            source.options.label_map.push((from.to_owned(), to.to_owned()));
        }
        let fits = fit(&found, &source.options, (&classes, HeadKind::Classifier));
        assert_eq!(fits.classes, [("ok".to_owned(), 1), ("toxic".to_owned(), 3)], "rows of each class");
        assert_eq!(fits.meanings, [Some("toxic".to_owned()), Some("ok".to_owned()), None], "label by label");
        assert_eq!((fits.unlabelled, fits.misfit), (1, None), "what is left out is counted");
    }
}
