//! How results grow: from a few hundred rows to all of them, each round twice as many, along one random order.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use sha2::Digest as _;
use sha2::Sha256;

use crate::data::Dataset;
use crate::data::DatasetIndex;
use crate::data::DrawOrder;
use crate::data::Example;
use crate::data::sample_warning;
use crate::evaluation;
use crate::evaluation::Chunk;
use crate::evaluation::Prepared;
use crate::figure::number;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::model::Checkpoint;

/// Rows of the first round: enough to see an order among strategies, few enough to see it soon.
const FIRST_ROWS: usize = 400;

/// Work that is estimated to take longer than this is not begun unasked.
pub(crate) const LONGEST_UNASKED: Duration = Duration::from_mins(1);

/// Rows at the end of each round, the last of them at most `most`.
pub(crate) fn rounds(order: &DrawOrder, most: usize) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut rows = FIRST_ROWS;
    while rows < most {
        ends.push(order.prefix(rows));
        rows = rows.saturating_mul(2);
    }
    ends.push(order.prefix(most));
    ends.dedup();
    ends
}

/// The tokens of a data set in the order in which its rows are drawn, as far as they were needed.
#[derive(Debug)]
pub(crate) struct Texts {
    /// Of all rows.
    pub(crate) order: Arc<DrawOrder>,
    /// SHA-256 of the order, hex: where it differs, results of single rows do not line up.
    pub(crate) digest: String,
    /// What makes the data set a poor sample, in words: one class only, or an order.
    pub(crate) warning: Option<String>,
    /// What is known of the items, which stand in the order of the draw.
    pub(crate) prepared: Arc<Prepared>,
    chunk: Chunk,
    /// Where each item stands in the order.
    places: Vec<usize>,
    /// Rows that were looked at.
    rows: usize,
}

impl Texts {
    /// Orders the rows; nothing is cut into tokens yet.
    pub(crate) fn begin(checkpoint: &Checkpoint, dataset: &Dataset, seed: u64) -> Result<Self, evaluation::Error> {
        let index = DatasetIndex::of(dataset, usize::MAX);
        let order = DrawOrder::new(&index, seed);
        let mut digest = Sha256::new();
        for row in order.rows() {
            digest.update(row.to_le_bytes());
        }
        let digest = hex(&digest.finalize());
        let warning = sample_warning(&index);
        let prepared = Arc::new(Prepared::new(checkpoint, Arc::new(index))?);
        let chunk = Chunk { first: 0, ids: Vec::new(), encoded: Vec::new() };
        Ok(Self { order: Arc::new(order), digest, warning, prepared, chunk, places: Vec::new(), rows: 0 })
    }

    /// Cuts the rows up to the first `rows` of the order into tokens.
    pub(crate) fn grow(
        &mut self,
        ticket: &Ticket,
        checkpoint: &Checkpoint,
        dataset: &Dataset,
        rows: usize,
    ) -> Result<(), evaluation::Error> {
        if rows <= self.rows {
            return Ok(());
        }
        let new = &self.order.rows()[self.rows..rows];
        let examples: Vec<&Example> = new.iter().filter_map(|&row| dataset.examples.get(row as usize)).collect();
        let chunk = Arc::make_mut(&mut self.prepared).add_rows(ticket, checkpoint, &examples, new)?;
        let mut place = self.rows;
        for item in chunk.first..chunk.first + chunk.len() {
            while self.order.rows()[place] as usize != self.prepared.row(item) {
                place += 1;
            }
            self.places.push(place);
        }
        self.chunk.append(chunk);
        self.rows = rows;
        self.prepared.check_usable()
    }

    /// Items among the first `rows` rows of the order.
    pub(crate) fn items(&self, rows: usize) -> usize {
        self.places.partition_point(|&place| place < rows)
    }

    /// Tokens of the items from `from` up to but not including `to`.
    pub(crate) fn part(&self, from: usize, to: usize) -> Chunk {
        self.chunk.part(from, to)
    }
}

/// Two digits for each byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

/// What a job tells of itself while it runs; the window reads it at any time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tracker(Arc<Mutex<Progress>>);

impl Tracker {
    /// How far the job is.
    pub(crate) fn progress(&self) -> Progress {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, progress: Progress) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    }
}

/// Counts texts over all rounds and strategies, so that progress never goes back, and knows how long the rest will take.
#[derive(Debug)]
pub(crate) struct Meter {
    tracker: Tracker,
    done: u64,
    total: u64,
    /// Texts that were run here, and for how long.
    run: u64,
    spent: Duration,
    /// Texts a second as known from before.
    known: Option<f64>,
    since: Instant,
    longest_unasked: Duration,
}

impl Meter {
    /// `done` of `total` are known from before.
    pub(crate) fn new(tracker: Tracker, (done, total): (u64, u64), known: Option<f64>) -> Self {
        let (spent, since, longest_unasked) = (Duration::ZERO, Instant::now(), LONGEST_UNASKED);
        let meter = Self { tracker, done, total, run: 0, spent, known, since, longest_unasked };
        meter.tell("cutting texts into tokens", 0);
        meter
    }

    /// With another idea of what is too long.
    pub(crate) fn asking_above(self, longest_unasked: Duration) -> Self {
        Self { longest_unasked, ..self }
    }

    /// Texts a second; `None` before anything was run.
    pub(crate) fn speed(&self) -> Option<f64> {
        let secs = self.spent.as_secs_f64();
        if self.run > 0 && secs > 0.0 { Some(self.run as f64 / secs) } else { self.known }
    }

    /// How long so many texts take; `None` where nothing is known.
    pub(crate) fn time_for(&self, texts: u64) -> Option<Duration> {
        let secs = texts as f64 / self.speed().filter(|speed| *speed > 0.0)?;
        Duration::try_from_secs_f64(secs).ok()
    }

    /// Whether so many texts more are too many to be run unasked.
    pub(crate) fn is_too_long(&self, texts: u64) -> bool {
        texts > 0 && self.time_for(texts).is_some_and(|time| self.spent + time > self.longest_unasked)
    }

    /// Time of the texts that are left.
    pub(crate) fn left(&self) -> Option<Duration> {
        self.time_for(self.total.saturating_sub(self.done))
    }

    /// A run begins.
    pub(crate) fn begin(&mut self, stage: &str) {
        self.since = Instant::now();
        self.tell(stage, 0);
    }

    /// So many texts of the run are done.
    pub(crate) fn tell(&self, stage: &str, texts: u64) {
        let (run, spent) = if texts > 0 { (texts, self.since.elapsed()) } else { (0, Duration::ZERO) };
        let (run, secs) = (self.run + run, (self.spent + spent).as_secs_f64());
        let speed = if run > 0 && secs > 0.0 { Some(run as f64 / secs) } else { self.known };
        let done = (self.done + texts).min(self.total);
        let stage = match speed.filter(|speed| *speed > 0.0) {
            Some(speed) => {
                let left = number::rough_duration((self.total - done) as f64 / speed);
                format!("{stage}, {} texts/s, {left} left", number::count(rounded(speed)))
            }
            None => stage.to_owned(),
        };
        self.tracker.set(Progress { done, total: Some(self.total), stage });
    }

    /// The run is through; `texts` of it were computed.
    pub(crate) fn end(&mut self, texts: u64) {
        self.spent += self.since.elapsed();
        self.run += texts;
        self.done = (self.done + texts).min(self.total);
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a positive rate, shown without a fraction"
)]
fn rounded(speed: f64) -> usize {
    speed.round().max(1.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Content;
    use std::path::Path;

    fn dataset(rows: usize) -> Dataset {
        let example = |row: usize| Example {
            id: row.to_string(),
            content: Content::Text(Arc::from(format!("a film of {row} good minutes"))),
            label: Some(usize::from(row < rows / 3).to_string()),
            groups: Vec::new(),
            cluster: None,
        };
        Dataset { examples: (0..rows).map(example).collect(), ..Dataset::default() }
    }

    #[test]
    fn rounds_double_up_to_the_end() {
        let order = DrawOrder::new(&DatasetIndex::of(&dataset(2000), usize::MAX), 0);
        assert_eq!(rounds(&order, usize::MAX), [400, 800, 1600, 2000], "all rows in the end");
        assert_eq!(rounds(&order, 1000), [400, 800, 1000], "as far as the limit");
        assert_eq!(rounds(&order, 90), [90], "fewer than a round");
        assert_eq!(rounds(&order, 400), [400], "exactly one");
    }

    #[test]
    fn texts_grow_along_the_order_and_count_what_can_be_used() {
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bert");
        let checkpoint = Checkpoint::load(&fixture).unwrap();
        let dataset = dataset(300);
        let ticket = Ticket::detached();
        let mut texts = Texts::begin(&checkpoint, &dataset, 4).unwrap();
        for rows in [70, 130, 300] {
            texts.grow(&ticket, &checkpoint, &dataset, rows).unwrap();
        }
        let order: Vec<usize> = texts.order.rows().iter().map(|&row| row as usize).collect();
        for rows in [0, 1, 70, 100, 300] {
            assert_eq!(texts.items(rows), rows, "items among the first {rows} rows");
        }
        let items: Vec<usize> = (0..texts.prepared.len()).map(|item| texts.prepared.row(item)).collect();
        let expected = order;
        assert_eq!(items, expected, "items stand in the order of the draw");
        let part = texts.part(60, 65);
        let ids: Vec<String> = expected[60..65].iter().map(usize::to_string).collect();
        assert_eq!((part.first, part.ids), (60, ids), "any part of them");
        let (first, places) = texts.prepared.first_in_order(50);
        let rows: Vec<usize> = (0..first.len()).map(|item| first.row(item)).collect();
        assert!(rows.is_sorted() && rows.len() == 50 && first.total() == 50, "in the order of the file: {rows:?}");
        assert!(rows.iter().zip(&places).all(|(&row, &place)| items[place as usize] == row), "and where they were");
    }

    #[test]
    fn progress_never_goes_back_and_knows_the_rest() {
        let tracker = Tracker::default();
        let mut meter = Meter::new(tracker.clone(), (100, 400), Some(50.0));
        assert_eq!(tracker.progress().done, 100, "what is known counts as done");
        assert!(!meter.is_too_long(2900) && meter.is_too_long(3100), "58 s and 62 s at 50 texts a second");
        assert_eq!(meter.left(), Some(Duration::from_secs(6)), "300 texts");
        meter.begin("ltp");
        let mut last = 0;
        for texts in [0, 10, 60, 100] {
            meter.tell("ltp", texts);
            let now = tracker.progress();
            assert!(now.done >= last && now.total == Some(400), "{now:?}");
            last = now.done;
        }
        assert!(tracker.progress().stage.contains("texts/s"), "the rate: {}", tracker.progress().stage);
        meter.end(100);
        meter.begin("ats");
        assert_eq!(tracker.progress().done, 200, "the next run goes on from there");
    }
}
