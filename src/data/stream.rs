//! A data file too large to hold: read once for what is kept of every row, and again, piece by piece, for its texts.
//!
//! An evaluation goes over a file six times in all (its format, columns, hash, labels, draw and texts). That takes half a
//! second for 200,000 rows of 36 MB, in which the sample model reads 60 texts: three hundredths of a percent of running
//! the dense model over all of them. Fewer readings would only make the steps depend on each other.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use sha2::Digest as _;
use sha2::Sha256;

use super::dataset_index::DatasetIndex;
use super::dataset_index::RowFacts;
use super::draw::DrawOrder;
use super::error::Error;
use super::example::Example;
use super::examples::Examples;
use super::groups::Finished;
use super::lexicon::LEXICON_COLUMN;
use super::lexicon::Lexicon;
use super::memberships::MembershipsBuilder;
use super::options::ReadOptions;
use super::options::Take;
use super::read::display_name;
use super::read::hash_of;
use super::read::sample_of;
use super::rows::Failure;

/// How much of a file is in memory at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkSize {
    /// Most rows.
    pub rows: usize,
    /// A chunk ends with the row that brings its texts to so many bytes.
    pub bytes: usize,
}

impl Default for ChunkSize {
    /// Some 500,000 tokens: enough for full batches of similar length, and more than the states that strategies share.
    fn default() -> Self {
        Self { rows: 1 << 15, bytes: 2 << 20 }
    }
}

/// What the first reading found of a chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mark {
    rows: usize,
    /// SHA-256 of ids, texts, labels and clusters.
    digest: [u8; 32],
}

/// A data file after its first reading.
#[derive(Clone, Debug)]
pub struct DataStream {
    path: PathBuf,
    options: ReadOptions,
    index: Arc<DatasetIndex>,
    marks: Vec<Mark>,
    /// Rows of the file that the index holds, ascending; `None` = all.
    drawn: Option<Vec<u32>>,
}

impl DataStream {
    /// Reads the whole file (up to the limit) and keeps no text. Groups that the lexicon finds in the texts join those of
    /// the file, in a column named [`LEXICON_COLUMN`] that replaces one of this name. `go_on` hears now and then how many
    /// records were seen; `false` stops.
    ///
    /// # Errors
    /// As [`read_with`](super::read_with), and [`Error::TooManyRows`].
    pub fn open(
        path: &Path,
        options: &ReadOptions,
        lexicon: Option<&Lexicon>,
        size: ChunkSize,
        go_on: &mut dyn FnMut(u64) -> bool,
    ) -> Result<Self, Error> {
        let rows = Examples::open(path, options)?;
        let (text_column, [text_pair_column, label_column, cluster_column]) = rows.names();
        let (mut groups, mut mentioned) = (rows.groups(), MembershipsBuilder::default());
        let (mut facts, mut marker) = (RowFacts::default(), Marker::new(size));
        let mut report = rows.report();
        let skips = rows.for_each(path, go_on, |(example, record)| {
            if facts.len() >= MOST_ROWS {
                return Err(Error::TooManyRows { path: path.to_owned() });
            }
            groups.push(&record);
            if let Some(lexicon) = lexicon {
                mentioned.push(lexicon.groups_in(&example));
            }
            facts.push(&example);
            marker.push(&example);
            Ok(())
        })?;
        let mut index = DatasetIndex {
            name: display_name(path),
            text_column,
            text_pair_column,
            label_column,
            cluster_column,
            positive: options.positive.clone(),
            tolerance: options.tolerance,
            hash: hash_of(path)?,
            ..facts.finish()
        };
        for Finished { column, rows, facts } in groups.finish(path)? {
            index.groups.push(column);
            index.memberships.push(rows);
            report.groups.push(facts);
        }
        report.rows = index.len();
        report.labels = index.labels.iter().map(|label| (label.value.clone(), label.count)).collect();
        (report.skipped, report.reasons) = (skips.count, skips.reasons());
        (index.num_skipped, index.skipped, index.report) = (skips.count, skips.first, report);
        if let Some(lexicon) = lexicon {
            add_lexicon(&mut index, lexicon, mentioned);
        }
        index.sample = sample_of(options.take, index.len());
        let mut drawn = None;
        if let Take::Draw { rows, seed } = options.take {
            let order = DrawOrder::new(&index, seed);
            let mut taken = order.rows()[..order.prefix(rows)].to_vec();
            taken.sort_unstable();
            let sample = order.sample(taken.len(), index.cluster_column.as_deref());
            index = index.select(&taken, sample);
            drawn = Some(taken);
        }
        let (path, options) = (path.to_owned(), options.clone());
        Ok(Self { path, options, index: Arc::new(index), marks: marker.finish(), drawn })
    }

    /// What is kept of the rows.
    #[must_use]
    pub fn index(&self) -> &Arc<DatasetIndex> {
        &self.index
    }

    /// Number of chunks, at least one.
    #[must_use]
    pub fn num_chunks(&self) -> usize {
        self.marks.len()
    }

    /// Reads the file again, chunk by chunk.
    ///
    /// # Errors
    /// As [`Rows::open`](super::Rows::open), if the file is no longer what it was; what has changed in its rows is an error
    /// of the chunk.
    pub fn chunks(&self) -> Result<Chunks<'_>, Error> {
        let examples = Examples::open(&self.path, &self.options)?;
        Ok(Chunks { stream: self, examples, next: 0, rows: 0 })
    }

    /// Reads these rows again, which are in ascending order.
    ///
    /// # Errors
    /// As [`DataStream::chunks`] and its items.
    pub fn pick(&self, rows: &[usize]) -> Result<Vec<Example>, Error> {
        let (mut picked, mut first) = (Vec::with_capacity(rows.len()), 0);
        for chunk in self.chunks()? {
            let chunk = chunk?;
            let count = chunk.len();
            let is_wanted = |(offset, _): &(usize, Example)| rows.binary_search(&(first + offset)).is_ok();
            picked.extend(chunk.into_iter().enumerate().filter(is_wanted).map(|(_, example)| example));
            first += count;
        }
        Ok(picked)
    }
}

/// Rows are numbered in 32 bits; the largest number says that there is none.
const MOST_ROWS: usize = u32::MAX as usize - 1;

fn add_lexicon(index: &mut DatasetIndex, lexicon: &Lexicon, mentioned: MembershipsBuilder) {
    let known = index.groups.iter().position(|column| column.name == LEXICON_COLUMN);
    let (column, memberships) = (lexicon.column(), mentioned.finish());
    let without = (0..memberships.len()).filter(|&row| memberships.of(row).is_empty()).count();
    index.report.set_group(lexicon.facts(without));
    if let Some(known) = known {
        index.groups[known] = column;
        index.memberships[known] = memberships;
    } else {
        index.groups.push(column);
        index.memberships.push(memberships);
    }
}

/// Divides the rows that go by.
struct Marker {
    size: ChunkSize,
    marks: Vec<Mark>,
    rows: usize,
    bytes: usize,
    digest: Sha256,
}

impl Marker {
    fn new(size: ChunkSize) -> Self {
        Self { size, marks: Vec::new(), rows: 0, bytes: 0, digest: Sha256::new() }
    }

    fn push(&mut self, example: &Example) {
        add_to(&mut self.digest, example);
        self.rows += 1;
        self.bytes += example.content.texts().map(str::len).sum::<usize>();
        if self.rows >= self.size.rows || self.bytes >= self.size.bytes {
            self.close();
        }
    }

    fn close(&mut self) {
        let digest = std::mem::take(&mut self.digest).finalize().into();
        self.marks.push(Mark { rows: self.rows, digest });
        (self.rows, self.bytes) = (0, 0);
    }

    fn finish(mut self) -> Vec<Mark> {
        if self.rows > 0 {
            self.close();
        }
        self.marks
    }
}

/// Each part with its length before it, so that no two rows look alike that are not.
fn add_to(digest: &mut Sha256, example: &Example) {
    let Example { id, content, label, cluster, groups: _ } = example;
    for part in [Some(&**id), Some(content.text()), content.text_pair(), label.as_deref(), cluster.as_deref()] {
        digest.update(part.map_or(u64::MAX, |part| part.len() as u64).to_le_bytes());
        digest.update(part.unwrap_or_default());
    }
}

/// The texts of a file, chunk by chunk; each chunk is what the first reading saw, or an error.
pub struct Chunks<'a> {
    stream: &'a DataStream,
    examples: Examples,
    next: usize,
    /// Rows of the file that went by.
    rows: usize,
}

impl std::fmt::Debug for Chunks<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chunks").field("stream", &self.stream).field("next", &self.next).finish_non_exhaustive()
    }
}

impl Iterator for Chunks<'_> {
    type Item = Result<Vec<Example>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let mark = self.stream.marks.get(self.next)?;
        self.next += 1;
        Some(self.read(mark))
    }
}

impl Chunks<'_> {
    fn read(&mut self, mark: &Mark) -> Result<Vec<Example>, Error> {
        let changed = || Error::Changed { path: self.stream.path.clone() };
        let is_last = self.next == self.stream.marks.len();
        let (mut chunk, mut digest) = (Vec::with_capacity(mark.rows), Sha256::new());
        while chunk.len() < mark.rows || is_last {
            match self.examples.next() {
                Some(Ok((example, _))) => {
                    add_to(&mut digest, &example);
                    chunk.push(example);
                    if chunk.len() > mark.rows {
                        return Err(changed());
                    }
                }
                Some(Err(Failure::Row(_))) => {}
                Some(Err(Failure::File(err))) => return Err(err),
                None => break,
            }
        }
        let is_same = chunk.len() == mark.rows && digest.finalize().as_slice() == mark.digest;
        // What is in no digest, such as groups, is in the file's.
        if is_same && (!is_last || hash_of(&self.stream.path)? == self.stream.index.hash) {
            Ok(self.only_drawn(chunk))
        } else {
            Err(changed())
        }
    }

    /// The rows of a chunk that were drawn.
    fn only_drawn(&mut self, mut chunk: Vec<Example>) -> Vec<Example> {
        let first = self.rows;
        self.rows += chunk.len();
        if let Some(drawn) = &self.stream.drawn {
            let mut row = first;
            chunk.retain(|_| {
                let is_drawn = u32::try_from(row).is_ok_and(|row| drawn.binary_search(&row).is_ok());
                row += 1;
                is_drawn
            });
        }
        chunk
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Take;

    const ROWS: &str = "id,text,label,group\na,one,x,g\nb,,x,g\nc,three,y,h;g\nd,four words are here,,\ne,five,x,h\n";

    fn open(path: &Path, rows: usize, bytes: usize) -> DataStream {
        let options =
            ReadOptions { group_columns: Some(vec!["group".to_owned()]), max_skipped: 1.0, ..ReadOptions::default() };
        DataStream::open(path, &options, None, ChunkSize { rows, bytes }, &mut |_| true).unwrap()
    }

    fn ids(stream: &DataStream) -> Vec<Vec<String>> {
        let chunks = stream.chunks().unwrap().map(Result::unwrap);
        chunks.map(|chunk| chunk.into_iter().map(|example| example.id).collect()).collect()
    }

    #[test]
    fn chunks_end_after_so_many_rows_or_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("d.csv");
        std::fs::write(&path, ROWS).unwrap();
        assert_eq!(ids(&open(&path, 3, 1 << 20)), [vec!["a", "c", "d"], vec!["e"]], "three rows that can be used");
        assert_eq!(ids(&open(&path, 2, 1 << 20)), [vec!["a", "c"], vec!["d", "e"]], "no empty chunk at the end");
        // Texts of 3, 5, 19 and 4 bytes.
        assert_eq!(ids(&open(&path, 9, 8)), [vec!["a", "c"], vec!["d"], vec!["e"]], "eight bytes at a time");
        let stream = open(&path, 2, 1 << 20);
        let picked = stream.pick(&[1, 2]).unwrap();
        assert_eq!(
            picked.iter().map(|example| example.content.text()).collect::<Vec<_>>(),
            ["three", "four words are here"]
        );
    }

    #[test]
    fn a_survey_of_the_file_is_that_of_the_data_set() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("d.csv");
        std::fs::write(&path, ROWS).unwrap();
        let stream = open(&path, 2, 1 << 20);
        let options =
            ReadOptions { group_columns: Some(vec!["group".to_owned()]), max_skipped: 1.0, ..ReadOptions::default() };
        let dataset = super::super::read::read(&path, &options).unwrap();
        assert_eq!(
            **stream.index(),
            DatasetIndex::of(&dataset, usize::MAX),
            "the same facts, whichever way it is read"
        );
        assert_eq!(stream.index().num_skipped, 1, "the row without a text");
    }

    #[test]
    fn a_file_that_changes_between_two_readings_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("d.csv");
        std::fs::write(&path, ROWS).unwrap();
        let stream = open(&path, 2, 1 << 20);
        let results = || stream.chunks().unwrap().map(|chunk| chunk.is_ok()).collect::<Vec<_>>();
        assert_eq!(results(), [true, true], "nothing has changed");
        for (changed, expected, what) in [
            (ROWS.replace("five", "FIVE"), [true, false], "a text"),
            (ROWS.replace("c,three,y", "c,three,x"), [false, false], "a label"),
            (format!("{ROWS}f,six,x,g\n"), [true, false], "a row more"),
            (ROWS.replace("e,five,x,h\n", ""), [true, false], "a row less"),
            (ROWS.replace("b,,", "b,two,"), [false, false], "a row that can be used now"),
            (ROWS.replace("one,x,g", "one,x,h"), [true, false], "a group, which only the whole file tells"),
        ] {
            std::fs::write(&path, changed).unwrap();
            assert_eq!(results(), expected, "{what}");
        }
        let error = stream.chunks().unwrap().find_map(Result::err).unwrap().to_string();
        assert!(error.starts_with("the file changed while") && error.ends_with("d.csv"), "it says which: {error}");
    }

    #[test]
    fn a_draw_is_that_of_the_data_set_and_holds_in_both_readings() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("d.csv");
        let row = |row: usize| format!("{row},text {row},{},g{}\n", ["x", "y"][row / 30 % 2], row % 3);
        std::fs::write(&path, format!("id,text,label,group\n{}", (0..60).map(row).collect::<String>())).unwrap();
        let options = ReadOptions { take: Take::Draw { rows: 20, seed: 4 }, ..ReadOptions::default() };
        let size = ChunkSize { rows: 7, bytes: 1 << 20 };
        let stream = DataStream::open(&path, &options, None, size, &mut |_| true).unwrap();
        let streamed: Vec<String> = ids(&stream).concat();
        let dataset = super::super::read::read(&path, &options).unwrap();
        assert_eq!(streamed, dataset.examples.iter().map(|one| one.id.clone()).collect::<Vec<_>>(), "the same rows");
        let facts = |index: &DatasetIndex| {
            let groups = |row: usize| index.memberships[0].of(row).to_vec();
            (0..index.len()).map(|row| (index.label(row), index.cluster(row), groups(row))).collect::<Vec<_>>()
        };
        assert_eq!(facts(stream.index()), facts(&DatasetIndex::of(&dataset, usize::MAX)), "and the same facts");
        let counts: Vec<usize> = stream.index().labels.iter().map(|label| label.count).collect();
        assert_eq!((counts, &stream.index().sample), (vec![10, 10], &dataset.sample), "counted anew, told alike");
        let of = |label: &str| dataset.examples.iter().filter(|one| one.label.as_deref() == Some(label)).count();
        assert_eq!((of("x"), of("y")), (10, 10), "half of each label, although the file is sorted");
        assert!(streamed.windows(2).all(|pair| pair[0].parse::<u32>().unwrap() < pair[1].parse().unwrap()), "in order");
        let told = stream.index().sample.to_string();
        assert!(told.starts_with("20 of 60 texts, drawn at random") && told.ends_with("seed 4"), "{told}");
    }

    #[test]
    fn a_limit_holds_in_both_readings() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("d.csv");
        std::fs::write(&path, ROWS).unwrap();
        let options = ReadOptions {
            take: Take::First(3),
            group_columns: Some(Vec::new()),
            max_skipped: 1.0,
            ..ReadOptions::default()
        };
        let stream = DataStream::open(&path, &options, None, ChunkSize { rows: 2, bytes: 99 }, &mut |_| true).unwrap();
        assert_eq!(ids(&stream), [vec!["a", "c"], vec!["d"]], "three rows");
    }
}
