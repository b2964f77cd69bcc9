//! Laws of the readers: what other writers write comes back, and no bytes make them panic or hang.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail by panicking")]

use std::path::Path;

use proptest::prelude::*;
use prunescope::data;
use prunescope::data::Cell;
use prunescope::data::ReadOptions;
use prunescope::data::Rows;

use crate::support::cases;

/// Texts rich in what delimited formats trip over.
fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop::sample::select(vec!["a", "\"", ",", ";", "\t", "\n", "\r\n", "\r", " ", "\u{e9}", "\u{1f600}", "["]),
        0..8,
    )
    .prop_map(|parts| parts.concat())
}

fn table() -> impl Strategy<Value = Vec<[String; 2]>> {
    prop::collection::vec([text(), text()], 1..12)
}

/// Cells of every row, a missing cell as an empty text.
fn cells(path: &Path) -> Vec<Vec<String>> {
    let text_of = |cell: Cell| match cell {
        Cell::Missing => String::new(),
        Cell::Text(text) => text,
        Cell::List(items) => panic!("no cell is a list: {items:?}"),
    };
    Rows::open(path).unwrap().map(|row| row.unwrap().cells.into_iter().map(text_of).collect()).collect()
}

proptest! {
    #![proptest_config(cases(64))]

    /// The writer is the `csv` crate, which shares no code with the reader.
    #[test]
    fn what_the_csv_crate_writes_is_read_back(table in table(), tabs in any::<bool>(), windows in any::<bool>()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(if tabs { "set.tsv" } else { "set.csv" });
        let ending = if windows { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let delimiter = if tabs { b'\t' } else { b',' };
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).terminator(ending).from_path(&path).unwrap();
        writer.write_record(["row", "text", "label"]).unwrap();
        let mut expected = Vec::new();
        for (i, [text, label]) in table.into_iter().enumerate() {
            let row = vec![format!("r{i}"), text, label];
            writer.write_record(&row).unwrap();
            expected.push(row);
        }
        writer.flush().unwrap();
        prop_assert_eq!(cells(&path), expected, "every cell of every row");
    }

    #[test]
    fn what_serde_writes_as_json_lines_is_read_back(table in table()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("set.jsonl");
        let lines: Vec<String> =
            table.iter().map(|[text, label]| serde_json::json!({"text": text, "label": label}).to_string()).collect();
        std::fs::write(&path, lines.join("\n")).unwrap();
        let expected: Vec<Vec<String>> = table.into_iter().map(|row| row.to_vec()).collect();
        prop_assert_eq!(cells(&path), expected, "every cell of every row");
    }

    /// Records are numbered without a gap, whatever stands in the file.
    #[test]
    fn any_bytes_end_in_rows_or_an_error(bytes in prop::collection::vec(prop::sample::select(b"a\",;\t\n\r{}[]:\xff1".to_vec()), 0..200), kind in 0_usize..4) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(["a.csv", "a.tsv", "a.jsonl", "a.parquet"][kind]);
        let mut content = b"{\"text\": \"x\"}\n".to_vec();
        if kind < 2 {
            content = b"text,label\n".to_vec();
        }
        content.extend(bytes);
        std::fs::write(&path, content).unwrap();
        let options = ReadOptions { max_skipped: 1.0, ..ReadOptions::default() };
        if let Ok(dataset) = data::read(&path, &options) {
            let mut records: Vec<u64> = dataset.skipped.iter().map(|row| row.record).collect();
            records.extend(dataset.examples.iter().map(|example| example.id.parse::<u64>().unwrap()));
            records.sort_unstable();
            let expected: Vec<u64> = (1..=records.len() as u64).collect();
            prop_assert_eq!(records, expected, "every record is an example or skipped");
        }
    }
}
