//! Data files as people have them, after reports in public: what must be read, and what must be said.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail by panicking")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;

use prunescope::data;
use prunescope::data::Dataset;
use prunescope::data::ReadOptions;

fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/field_cases").join(name)
}

fn read(name: &str, options: &ReadOptions) -> Dataset {
    data::read(&case(name), options).unwrap()
}

fn by(group: &str) -> ReadOptions {
    ReadOptions { group_columns: Some(vec![group.to_owned()]), ..ReadOptions::default() }
}

/// Values of the first group column with their numbers of rows.
fn groups(dataset: &Dataset) -> Vec<(&str, usize)> {
    let values = dataset.groups[0].values.iter().enumerate();
    values.map(|(value, name)| (name.as_str(), dataset.members(0, value).len())).collect()
}

fn written(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

#[test]
fn cells_are_divided_as_the_rows_say() {
    for (name, note) in [
        ("30-semicolon-comma-in-header/data.csv", "\";\" between cells (guessed"),
        ("31-pipe-delimited/data.csv", "\"|\" between cells (guessed"),
        ("33-excel-sep-line/data.csv", "\";\" between cells (told by sep=)"),
    ] {
        let dataset = read(name, &ReadOptions::default());
        assert_eq!((dataset.len(), dataset.label_counts().len()), (16, 2), "{name}: rows and labels");
        assert!(dataset.report.format.contains(note), "{name}: it is said: {}", dataset.report.format);
    }
    let semicolon = ReadOptions { delimiter: Some(';'), ..ReadOptions::default() };
    let asked = read("30-semicolon-comma-in-header/data.csv", &semicolon);
    assert_eq!(asked.columns, ["text", "label", "Anmerkung, intern"], "a comma may stand in a name");
}

#[test]
fn accents_of_windows_are_letters() {
    let dataset = read("35-windows-1252/data.csv", &ReadOptions::default());
    assert_eq!((dataset.len(), dataset.num_skipped), (16, 0), "no row is lost");
    let text = dataset.examples[1].content.text();
    assert_eq!(text, "Best concert of the year. Caf\u{e9} cr\u{e8}me", "as written");
    assert!(dataset.report.format.contains("windows-1252 (recognized"), "it is said: {}", dataset.report.format);
    let utf_8 = ReadOptions { encoding: Some("utf-8".to_owned()), ..ReadOptions::default() };
    let message = data::read(&case("35-windows-1252/data.csv"), &utf_8).unwrap_err().to_string();
    assert!(
        message.starts_with("8 of 16 rows cannot be read (8: column \"text\" is not valid UTF-8)"),
        "got: {message}"
    );
    assert!(message.contains("--encoding") && message.contains("--allow-skipped 0.5"), "what to do: {message}");
}

#[test]
fn other_encodings_are_read_by_mark_by_look_and_by_name() {
    let text = "text,label\ncaf\u{e9},1\nna\u{ef}ve,0\n";
    let utf_16 = |mark: bool, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
        units.flat_map(bytes).collect()
    };
    let cyrillic = b"text,label\n\xef\xf0\xe8\xe2\xe5\xf2,1\n".to_vec();
    for (bytes, encoding, first) in [
        (utf_16(true, u16::to_le_bytes), None, "caf\u{e9}"),
        (utf_16(false, u16::to_le_bytes), None, "caf\u{e9}"),
        (utf_16(true, u16::to_be_bytes), None, "caf\u{e9}"),
        (utf_16(false, u16::to_be_bytes), None, "caf\u{e9}"),
        (cyrillic, Some("windows-1251"), "\u{43f}\u{440}\u{438}\u{432}\u{435}\u{442}"),
    ] {
        let (_folder, path) = written("set.csv", &bytes);
        let options = ReadOptions { encoding: encoding.map(str::to_owned), ..ReadOptions::default() };
        let dataset = data::read(&path, &options).unwrap();
        assert_eq!(dataset.examples[0].content.text(), first, "{encoding:?}: {}", dataset.report.format);
    }
    let (_folder, path) = written("set.csv", text.as_bytes());
    let unknown = ReadOptions { encoding: Some("klingon".to_owned()), ..ReadOptions::default() };
    let message = data::read(&path, &unknown).unwrap_err().to_string();
    assert!(message.starts_with("unknown encoding \"klingon\""), "got: {message}");
}

#[test]
fn the_layouts_of_pandas_are_tables() {
    for name in ["columns.json", "split.json", "wrapped.json"] {
        let dataset = read(&format!("40-pandas-json/{name}"), &ReadOptions::default());
        assert_eq!(dataset.label_counts(), [("positive", 8), ("negative", 8)], "{name}: labels");
        assert_eq!(dataset.examples[0].content.text(), "A warm and funny film.", "{name}: the first text");
    }
}

#[test]
fn not_a_number_is_nothing_and_costs_no_row() {
    let dataset = read("41-nan-in-jsonl/some.jsonl", &by("gender"));
    assert_eq!((dataset.len(), dataset.num_skipped), (320, 0), "all rows");
    assert_eq!(groups(&dataset), [("woman", 80), ("man", 80)], "groups where there are any");
    assert_eq!(dataset.report.groups[0].without, 160, "the others are the background, and counted");
    let all = read("41-nan-in-jsonl/data.jsonl", &by("gender"));
    assert_eq!((all.len(), all.num_skipped), (16, 0), "a column of nothing else does no harm");
}

#[test]
fn names_that_a_file_has_for_its_numbers_are_used() {
    let dataset = read("43-hf-classlabel-order/data.parquet", &ReadOptions::default());
    assert_eq!(dataset.examples[0].label.as_deref(), Some("positive"), "0 is positive in this file");
    assert_eq!(dataset.label_counts(), [("positive", 8), ("negative", 8)], "names, not numbers");
    let line = dataset.report.lines().into_iter().find(|line| line.starts_with("labels: ")).unwrap();
    assert!(line.ends_with("(names from the file itself: positive, negative)"), "it is said: {line}");
    let map = data::parse_label_map("0=good,1=bad").unwrap();
    let mapped = read("43-hf-classlabel-order/data.parquet", &ReadOptions { label_map: map, ..ReadOptions::default() });
    assert_eq!(mapped.label_counts(), [("good", 8), ("bad", 8)], "a map of the numbers works too");
}

#[test]
fn codecs_and_decimals_of_parquet_are_read() {
    let brotli = read("46-parquet-codecs/brotli.parquet", &ReadOptions::default());
    assert_eq!(brotli.label_counts(), [("1", 8), ("0", 8)], "brotli");
    let decimal = read("47-parquet-types/decimal.parquet", &ReadOptions::default());
    assert_eq!(decimal.label_counts(), [("1", 8), ("0", 8)], "a label of the type decimal(3, 0)");
    let income = read("47-parquet-types/decimal-group.parquet", &by("income"));
    assert_eq!(income.groups[0].values[..2], ["0.00", "1.00"], "a group of the type decimal(9, 2)");
}

#[test]
fn bands_are_one_group_each() {
    let dataset = read("48-group-values/intervals.csv", &by("age"));
    let expected = [("[18, 25]", 32), ("[25, 35]", 32), ("(35, 50]", 32), ("[50, 65)", 32)];
    assert_eq!(groups(&dataset), expected, "128 rows, each in one band");
}

#[test]
fn cells_are_taken_whole_on_request() {
    let whole = ReadOptions { whole_cells: true, ..by("team") };
    let dataset = read("48-group-values/semicolons.csv", &whole);
    assert_eq!(groups(&dataset), [("Q&A; support", 43), ("sales", 43), ("R&D; labs", 42)], "three teams");
    assert_eq!(read("48-group-values/semicolons.csv", &by("team")).groups[0].values.len(), 5, "a;b are two otherwise");
    let names = read("48-group-values/quotes-commas.csv", &by("origin"));
    let expected = ["born \"here\"", "Smith, Jones", "line\nbreak", "tab\there", "=1+1", "\u{fc}ml\u{e4}ut"];
    assert_eq!(names.groups[0].values, expected, "names with everything");
}

/// After a report on a continuous sensitive feature: 3,660 groups, five minutes, 180 MB of metrics.
#[test]
fn a_continuous_column_becomes_bands_and_many_names_are_refused() {
    let mut text = "text,label,age_days,name\n".to_owned();
    for i in 0..4000 {
        writeln!(text, "text {i},positive,{},n{i}", 6500 + (i * 7919) % 23_500).unwrap();
    }
    let (_folder, path) = written("set.csv", text.as_bytes());
    let dataset = data::read(&path, &by("age_days")).unwrap();
    assert_eq!(groups(&dataset).len(), 5, "five bands: {:?}", dataset.groups[0].values);
    assert!(groups(&dataset).iter().all(|(_, rows)| *rows == 800), "of equal size: {:?}", groups(&dataset));
    assert!(dataset.report.lines().contains(&"groups: \"age_days\" (5 bands of equal size)".to_owned()), "it is said");
    let message = data::read(&path, &by("name")).unwrap_err().to_string();
    assert!(
        message.starts_with("group column \"name\" has 4000 values, such as \"n0\", \"n1\", \"n2\""),
        "got: {message}"
    );
    let whole = ReadOptions { whole_cells: true, ..by("age_days") };
    assert!(data::read(&path, &whole).is_err(), "taken whole, numbers are names");
}

#[test]
fn intersections_are_groups() {
    let dataset = read("53-intersections/data.csv", &by("gender,race"));
    let names: Vec<&str> = groups(&dataset).iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["man & black", "woman & black", "man & white", "woman & white"], "four");
    assert_eq!(groups(&dataset).iter().map(|(_, rows)| rows).sum::<usize>(), 320, "every row is in one");
    assert_eq!(dataset.groups[0].name, "gender,race", "the column's name");
}

#[test]
fn which_column_was_taken_is_said() {
    let dataset = read("59-many-text-columns/data.csv", &ReadOptions::default());
    let lines = dataset.report.lines();
    assert_eq!(lines[1], "columns: text \"text\", label \"sentiment\"", "the columns");
    assert!(
        dataset.report.warnings[0].starts_with("\"text\" was taken as the text, \"review\" would do too"),
        "a warning"
    );
    assert!(dataset.report.warnings[1].contains("\"label_id\" would do too"), "of the label too");
}

#[test]
fn compressed_text_files_are_read() {
    let text = "text,label\nfine,1\nfair,0\n";
    let gzip = {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        writer.write_all(text.as_bytes()).unwrap();
        writer.finish().unwrap()
    };
    let zstd = zstd::encode_all(text.as_bytes(), 3).unwrap();
    for (name, bytes) in [("set.csv.gz", &gzip), ("set.csv.zst", &zstd), ("set.csv", &gzip)] {
        let (_folder, path) = written(name, bytes);
        let dataset = data::read(&path, &ReadOptions::default()).unwrap();
        assert_eq!(dataset.len(), 2, "{name}");
        assert!(dataset.report.format.contains("unpacked from"), "{name}: it is said: {}", dataset.report.format);
    }
    let (_folder, path) = written("set.gz", &gzip);
    let message = data::read(&path, &ReadOptions::default()).unwrap_err().to_string();
    assert!(message.starts_with("unknown file type \"\""), "a name that tells no format: {message}");
}

#[test]
fn standard_input_is_refused_with_a_reason() {
    let message = data::read(Path::new("-"), &ReadOptions::default()).unwrap_err().to_string();
    assert!(message.starts_with("data cannot come from standard input"), "got: {message}");
}

#[test]
fn more_skipped_rows_than_allowed_are_an_error() {
    let rows = |bad: usize| format!("text,label\n{}{}", "fine,1\n".repeat(200 - bad), "too,many,cells\n".repeat(bad));
    let read = |bad: usize, max_skipped: f64| {
        let (_folder, path) = written("set.csv", rows(bad).as_bytes());
        data::read(&path, &ReadOptions { max_skipped, ..ReadOptions::default() })
    };
    assert_eq!(read(2, 0.01).unwrap().num_skipped, 2, "one in a hundred");
    let message = read(3, 0.01).unwrap_err().to_string();
    let expected = "3 of 200 rows cannot be read (3: expected 2 cells, got 3), which is more than 1%";
    assert!(message.starts_with(expected), "got: {message}");
    assert_eq!(read(100, 0.5).unwrap().num_skipped, 100, "unless it is allowed");
}

#[test]
fn a_record_beyond_the_limit_is_skipped_and_the_next_is_read() {
    let long = "x".repeat(5000);
    let options = ReadOptions { max_record_bytes: 1000, max_skipped: 1.0, ..ReadOptions::default() };
    for (name, text) in [
        ("set.csv", format!("text,label\nfine,1\n{long},0\nlast,1\n")),
        ("set.jsonl", format!("{{\"text\": \"fine\"}}\n{{\"text\": \"{long}\"}}\n{{\"text\": \"last\"}}\n")),
        ("set.json", format!("[{{\"text\": \"fine\"}}, {{\"text\": \"{long}\"}}, {{\"text\": \"last\"}}]")),
    ] {
        let (_folder, path) = written(name, text.as_bytes());
        let dataset = data::read(&path, &options).unwrap();
        let texts: Vec<&str> = dataset.examples.iter().map(|example| example.content.text()).collect();
        assert_eq!(texts, ["fine", "last"], "{name}: the others");
        assert_eq!(dataset.skipped[0].reason, "the record is longer than 1000 bytes", "{name}: why");
    }
}

/// A quote that is never closed must not swallow what follows, however much that is.
#[test]
fn a_lost_quote_looks_no_further_than_a_record() {
    let mut text = "text,label\nfine,1\n\"lost,0\n".to_owned();
    text.push_str(&"good,1\n".repeat(10_000));
    let (_folder, path) = written("set.csv", text.as_bytes());
    let options = ReadOptions { max_record_bytes: 1000, ..ReadOptions::default() };
    let dataset = data::read(&path, &options).unwrap();
    assert_eq!((dataset.len(), dataset.num_skipped), (10_001, 1), "one row is lost");
}

#[test]
fn a_file_of_too_many_columns_is_refused() {
    let header: Vec<String> = (0..200_000).map(|i| format!("c{i}")).collect();
    let (_folder, path) = written("set.csv", format!("text,{}\n", header.join(",")).as_bytes());
    let message = data::read(&path, &ReadOptions::default()).unwrap_err().to_string();
    assert!(message.starts_with("the file has 200001 columns, at most 10000 are read"), "got: {message}");
}

#[test]
fn only_the_first_skipped_rows_are_kept() {
    let (_folder, path) = written("set.csv", format!("text,label\nfine,1\n{}", "a\n".repeat(5000)).as_bytes());
    let dataset = data::read(&path, &ReadOptions { max_skipped: 1.0, ..ReadOptions::default() }).unwrap();
    assert_eq!((dataset.num_skipped, dataset.skipped.len()), (5000, 100), "counted, and the first of them");
    assert_eq!(dataset.report.reasons, [("expected 2 cells, got 1".to_owned(), 5000)], "why");
}
