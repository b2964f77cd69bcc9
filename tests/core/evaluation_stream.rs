//! A data set that streams in chunks: the same numbers as in one piece, nothing but the rows of a stop, no wrong numbers
//! from a file that changes.

use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;
use std::path::PathBuf;

use parquet::file::reader::FileReader as _;
use parquet::file::reader::SerializedFileReader;
use prunescope::data;
use prunescope::data::ChunkSize;
use prunescope::data::DataStream;
use prunescope::data::Lexicon;
use prunescope::data::ReadOptions;
use prunescope::evaluation;
use prunescope::evaluation::Draws;
use prunescope::evaluation::EvaluateOptions;
use prunescope::evaluation::Evaluation;
use prunescope::evaluation::FinishedRows;
use prunescope::export;
use prunescope::export::Existing;
use prunescope::export::ResultFolder;
use prunescope::jobs::Ticket;
use prunescope::model::Checkpoint;
use prunescope::pruning::StrategySpec;

use crate::support::fixture;

const SPECS: [&str; 3] = ["power_bert:retention=0.4", "tome:r=2", "ltp:theta_final=0.02"];

/// A hundred rows that can be read, some of them without a label, and one that cannot be read.
fn data(folder: &Path) -> PathBuf {
    let ends = ["bad", "great", "slow", "quiet", "joy"];
    let mut text = "id,text,label,group,template\n".to_owned();
    for row in 0..100 {
        let words = "the food was very ".repeat(1 + row * 7 % 5);
        let label = ["negative", "positive", "", "Positive", "N/A", "Negative"][row * 5 % 6];
        let group = ["", "women;old", "men", "old;women", "women"][row % 5];
        writeln!(text, "r{row},{words} {},{label},{group},t{}", ends[row % 3], row % 9).expect("a string grows");
        if row == 41 {
            text.push_str("too,few\n");
        }
    }
    let path = folder.join("data.csv");
    std::fs::write(&path, text).expect("the folder is there");
    path
}

fn stream(path: &Path, rows: usize) -> DataStream {
    let options = ReadOptions { group_columns: Some(vec!["group".to_owned()]), ..ReadOptions::default() };
    let mut lexicon = Lexicon::default();
    assert!(lexicon.add("mood", "joy") && lexicon.add("mood", "quiet") && lexicon.add("pace", "slow"), "three terms");
    DataStream::open(path, &options, Some(&lexicon), ChunkSize { rows, bytes: usize::MAX }, &mut |_| true)
        .expect("it reads")
}

fn checkpoint() -> Checkpoint {
    Checkpoint::load(&fixture("bert")).expect("the fixture loads")
}

fn evaluate(
    ticket: &Ticket,
    checkpoint: &Checkpoint,
    stream: &DataStream,
    on_rows: impl FnMut(FinishedRows<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<Evaluation> {
    let specs: Vec<StrategySpec> = SPECS.iter().map(|spec| StrategySpec::parse(spec).expect("known")).collect();
    let options = EvaluateOptions { draws: Draws { count: 100, seed: 3 }, latency_rounds: 0 };
    evaluation::evaluate(ticket, checkpoint, stream, &specs, options, on_rows)
}

/// The metrics and every row of the predictions, ordered by strategy and place in the data set.
fn results(checkpoint: &Checkpoint, stream: &DataStream, folder: &Path) -> (String, Vec<String>, Vec<i64>) {
    let results = ResultFolder::open(folder, &[], Existing::Replace).expect("nobody else writes there");
    let mut predictions = export::begin_predictions(&results, &stream.index().groups).expect("a file");
    let write = |rows: FinishedRows<'_>| {
        predictions.write(rows).expect("it is written");
        Ok(())
    };
    let evaluation = evaluate(&Ticket::detached(), checkpoint, stream, write).expect("it runs");
    predictions.finish().expect("it is ended");
    let path = folder.join("predictions.parquet");
    let reader = SerializedFileReader::new(File::open(&path).expect("it is there")).expect("it reads");
    let sizes =
        reader.metadata().row_groups().iter().map(parquet::file::metadata::RowGroupMetaData::num_rows).collect();
    let rows = reader.get_row_iter(None).expect("rows").map(|row| row.expect("a row"));
    let mut rows: Vec<(String, String)> = rows
        .map(|row| {
            let strategy =
                row.get_column_iter().find(|(name, _)| *name == "strategy").map(|(_, field)| field.to_string());
            (strategy.expect("every row has a strategy"), row.to_string())
        })
        .collect();
    // A stable sort keeps the order of the data set.
    rows.sort_by(|one, other| one.0.cmp(&other.0));
    let metrics = export::json_text(&export::metrics_json(&evaluation));
    (metrics, rows.into_iter().map(|(_, row)| row).collect(), sizes)
}

#[test]
fn chunks_give_the_numbers_of_one_piece() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = data(folder.path());
    let checkpoint = checkpoint();
    let (metrics, rows, sizes) = results(&checkpoint, &stream(&path, 1000), folder.path());
    let items = 100;
    assert_eq!(sizes, [items; 4], "one chunk: a row group for each strategy");
    for size in [1, 7, 33, 100] {
        let (chunked, chunked_rows, chunked_sizes) = results(&checkpoint, &stream(&path, size), folder.path());
        assert_eq!(chunked_sizes.iter().sum::<i64>(), 4 * items, "every row, {size} at a time");
        assert!(chunked_rows == rows, "the same predictions, {size} rows at a time");
        assert_eq!(chunked, metrics, "the same metrics, {size} rows at a time");
    }
    let expected = [33; 12];
    let (_, _, sizes) = results(&checkpoint, &stream(&path, 33), folder.path());
    assert_eq!(sizes[..12], expected, "chunk after chunk, in it strategy after strategy");
}

#[test]
fn a_stop_keeps_the_chunks_that_are_through() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = data(folder.path());
    let (checkpoint, ticket) = (checkpoint(), Ticket::detached());
    let mut calls = 0;
    let mut rows = 0;
    let stop = |found: FinishedRows<'_>| {
        calls += 1;
        rows += found.results.iter().flatten().count();
        if calls == 6 {
            // Two strategies of the second chunk are through, with dense as the first of four.
            ticket.cancel();
        }
        Ok(())
    };
    let evaluation = evaluate(&ticket, &checkpoint, &stream(&path, 30), stop).expect("a stop is no failure");
    assert_eq!(calls, 6, "nothing runs after the stop");
    assert!(evaluation.is_partial(), "it says so");
    let finished: Vec<usize> = evaluation.strategies.iter().map(|strategy| strategy.finished).collect();
    assert_eq!(finished, [60, 60, 30, 30], "two chunks of 30 rows, and one");
    assert_eq!(finished.iter().sum::<usize>(), rows, "as many as were handed over");
    assert!(evaluation.strategies.iter().all(|strategy| strategy.audit.is_none()), "no metrics of part of the rows");
    assert_eq!(evaluation.prepared.total(), 100, "the items of the whole file are known");
    ticket.cancel();
    let nothing = evaluate(&ticket, &checkpoint, &stream(&path, 30), |_| Ok(()));
    let error = nothing.expect_err("a stop before anything ran");
    assert!(matches!(error.downcast_ref(), Some(evaluation::Error::Cancelled)), "it says so: {error}");
}

#[test]
fn a_file_that_changes_on_the_way_gives_an_error_and_no_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = data(folder.path());
    let out = folder.path().join("out");
    std::fs::create_dir(&out).expect("a folder");
    let stream = stream(&path, 30);
    let text = std::fs::read_to_string(&path).expect("it is there");
    std::fs::write(&path, text.replace("r95,the", "r95,no")).expect("it is written");
    let results = ResultFolder::open(&out, &[], Existing::Keep).expect("nobody else writes there");
    let mut predictions = export::begin_predictions(&results, &stream.index().groups).expect("a file");
    let mut calls = 0;
    let write = |rows: FinishedRows<'_>| {
        calls += 1;
        Ok(predictions.write(rows)?)
    };
    let error = evaluate(&Ticket::detached(), &checkpoint(), &stream, write).expect_err("a row is another now");
    assert_eq!(calls, 12, "three chunks of four strategies came before it");
    let Some(evaluation::Error::Read { source }) = error.downcast_ref() else { panic!("another error: {error}") };
    assert!(matches!(source, data::Error::Changed { .. }), "it says what happened: {source}");
    drop((predictions, results));
    assert_eq!(std::fs::read_dir(&out).expect("the folder").count(), 0, "nothing under any name");
}

#[test]
fn what_can_be_known_before_is_known_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let checkpoint = checkpoint();
    let refused = |text: &str, spec: &str| {
        let path = folder.path().join("d.csv");
        std::fs::write(&path, text).expect("it is written");
        let stream = DataStream::open(&path, &ReadOptions::default(), None, ChunkSize::default(), &mut |_| true);
        let options = EvaluateOptions { draws: Draws::SCREEN, latency_rounds: 0 };
        let spec = StrategySpec::parse(spec).expect("known");
        let run = |_: FinishedRows<'_>| -> anyhow::Result<()> { panic!("nothing may run") };
        let stream = stream.expect("it reads");
        let refused = evaluation::evaluate(&Ticket::detached(), &checkpoint, &stream, &[spec], options, run);
        refused.expect_err("refused").downcast::<evaluation::Error>().expect("the evaluation's own")
    };
    let fine = "text,label\nthe food,positive\n";
    let build = refused(fine, "power_bert:retentions=[1,0.5]");
    assert!(matches!(build, evaluation::Error::Build { .. }), "a schedule for two layers: {build}");
    let ratings = refused("text,label\na,1\nb,3\nc,4\nd,5\n", "ltp");
    let evaluation::Error::Labels { labels, label_map, .. } = &ratings else { panic!("{ratings}") };
    assert!(labels.starts_with("\"1\" (1 row), \"3\" (1 row)"), "labels with counts: {labels}");
    assert_eq!(label_map, ">=4=positive,<4=negative", "a map to copy");
    let unknown = refused("text,label\na,x\nb,y\n", "ltp");
    assert!(
        matches!(&unknown, evaluation::Error::Labels { label_map, .. } if label_map == "x=CLASS,y=CLASS"),
        "{unknown}"
    );
}
