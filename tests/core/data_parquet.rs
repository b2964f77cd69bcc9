//! Parquet: files written here with the low-level writer, whole, broken and lying.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail by panicking")]

use std::path::Path;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::BoolType;
use parquet::data_type::ByteArray;
use parquet::data_type::ByteArrayType;
use parquet::data_type::DoubleType;
use parquet::data_type::FixedLenByteArrayType;
use parquet::data_type::Int32Type;
use parquet::data_type::Int64Type;
use parquet::data_type::Int96;
use parquet::data_type::Int96Type;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use prunescope::data;
use prunescope::data::ReadOptions;

const SCHEMA: &str = "message set {
    required binary text (UTF8);
    required boolean toxic;
    optional double score;
    required int64 age;
    optional group gender (LIST) { repeated group list { optional binary element (UTF8); } }
    optional group author { optional binary name (UTF8); }
}";

/// Two row groups of two rows; the second's first text is `second`.
fn write(path: &Path, second: &[u8]) {
    write_packed(path, second, Compression::UNCOMPRESSED);
}

fn write_packed(path: &Path, second: &[u8], codec: Compression) {
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let file = std::fs::File::create(path).unwrap();
    let properties = Arc::new(WriterProperties::builder().set_dictionary_enabled(false).set_compression(codec).build());
    let mut writer = SerializedFileWriter::new(file, schema, properties).unwrap();
    let bytes = |texts: &[&[u8]]| texts.iter().map(|text| ByteArray::from(text.to_vec())).collect::<Vec<_>>();
    for texts in [[&b"one"[..], b"two"], [second, b"four"]] {
        let mut group = writer.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&bytes(&texts), None, None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<BoolType>().write_batch(&[true, false], None, None).unwrap();
        column.close().unwrap();
        // 0.5, then null.
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<DoubleType>().write_batch(&[0.5], Some(&[1, 0]), None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int64Type>().write_batch(&[30, -7], None, None).unwrap();
        column.close().unwrap();
        // ["f", null, "m"], then null: definition 3 is a value, 2 a null in the list, 0 no list.
        let mut column = group.next_column().unwrap().unwrap();
        column
            .typed::<ByteArrayType>()
            .write_batch(&bytes(&[b"f", b"m"]), Some(&[3, 2, 3, 0]), Some(&[0, 1, 1, 0]))
            .unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&bytes(&[b"ann"]), Some(&[2, 1]), None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
    }
    writer.close().unwrap();
}

#[test]
fn every_kind_of_column_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.parquet");
    write(&path, b"three");
    let options = ReadOptions {
        group_columns: Some(["gender", "age", "score", "author.name"].map(str::to_owned).to_vec()),
        ..Default::default()
    };
    let dataset = data::read(&path, &options).unwrap();
    assert_eq!(dataset.columns, ["text", "toxic", "score", "age", "gender", "author.name"], "columns");
    let texts: Vec<&str> = dataset.examples.iter().map(|example| example.content.text()).collect();
    assert_eq!(texts, ["one", "two", "three", "four"], "both row groups");
    let labels: Vec<Option<&str>> = dataset.examples.iter().map(|example| example.label.as_deref()).collect();
    assert_eq!(labels, [Some("true"), Some("false"), Some("true"), Some("false")], "truth values as labels");
    let values: Vec<Vec<&str>> =
        dataset.groups.iter().map(|column| column.values.iter().map(String::as_str).collect()).collect();
    assert_eq!(values, [vec!["f", "m"], vec!["30", "-7"], vec!["0.5"], vec!["ann"]], "lists, numbers, structs");
    assert_eq!(dataset.examples[2].groups, [vec![0, 1], vec![0], vec![0], vec![0]], "the third row");
    assert_eq!(dataset.examples[3].groups, [vec![], vec![1], vec![], vec![]], "nulls are no group");
    assert_eq!(dataset.skipped, [], "nothing is wrong");
}

#[test]
fn a_text_that_is_not_utf8_costs_its_row() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.pq");
    write(&path, b"thr\xffe");
    let options = ReadOptions { max_skipped: 1.0, ..ReadOptions::default() };
    let dataset = data::read(&path, &options).unwrap();
    assert_eq!(dataset.len(), 3, "the other rows");
    let skipped: Vec<String> = dataset.skipped.iter().map(ToString::to_string).collect();
    assert_eq!(skipped, ["record 3: column \"text\" is not valid UTF-8"], "the row and its column");
}

#[test]
fn every_codec_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.parquet");
    let (gzip, brotli, zstd) = (Default::default(), Default::default(), Default::default());
    for codec in [
        Compression::SNAPPY,
        Compression::GZIP(gzip),
        Compression::BROTLI(brotli),
        Compression::LZ4,
        Compression::LZ4_RAW,
        Compression::ZSTD(zstd),
    ] {
        write_packed(&path, &b"three ".repeat(100), codec);
        let dataset = data::read(&path, &ReadOptions::default()).unwrap();
        assert_eq!((dataset.len(), dataset.num_skipped), (4, 0), "{codec:?}");
    }
}

#[test]
fn a_row_beyond_the_limit_is_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.parquet");
    write(&path, &[b'x'; 1000]);
    let options = ReadOptions { max_record_bytes: 500, max_skipped: 1.0, ..ReadOptions::default() };
    let dataset = data::read(&path, &options).unwrap();
    let texts: Vec<&str> = dataset.examples.iter().map(|example| example.content.text()).collect();
    assert_eq!(texts, ["one", "two", "four"], "the others");
    assert_eq!(dataset.skipped[0].reason, "the record is longer than 500 bytes", "why");
}

/// Times and nested columns are there, but are no texts: who asks for one hears why it is not taken.
#[test]
fn columns_that_are_not_read_are_named_with_their_types() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.parquet");
    let schema = "message set { required binary text (UTF8); required int64 when (TIME_MICROS); \
                  required fixed_len_byte_array(16) key (UUID); }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut writer = SerializedFileWriter::new(std::fs::File::create(&path).unwrap(), schema, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<ByteArrayType>().write_batch(&[ByteArray::from("one")], None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int64Type>().write_batch(&[0], None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<FixedLenByteArrayType>().write_batch(&[ByteArray::from(vec![0; 16]).into()], None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    let dataset = data::read(&path, &ReadOptions::default()).unwrap();
    let names = ["when", "key"].map(str::to_owned);
    let kinds = ["TIME_MICROS", "UUID"].map(str::to_owned);
    assert_eq!(dataset.report.unread, names.into_iter().zip(kinds).collect::<Vec<_>>(), "names and types");
    let options = ReadOptions { label_column: Some("when".to_owned()), ..ReadOptions::default() };
    let message = data::read(&path, &options).unwrap_err().to_string();
    assert!(
        message.starts_with("the label column \"when\" is of a type that is not read, TIME_MICROS"),
        "got: {message}"
    );
}

/// pandas writes dates as moments, Arrow as days, older Spark as 96 bits.
#[test]
fn dates_and_moments_are_texts_as_other_files_have_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.parquet");
    let schema = "message set { required binary text (UTF8); required int32 day (DATE); \
                  required int64 local (TIMESTAMP(NANOS,false)); required int64 old (TIMESTAMP_MILLIS); \
                  required int96 spark; }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut writer = SerializedFileWriter::new(std::fs::File::create(&path).unwrap(), schema, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<ByteArrayType>().write_batch(&[ByteArray::from("one")], None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int32Type>().write_batch(&[20_782], None, None).unwrap();
    column.close().unwrap();
    for count in [1_795_602_030_500_000_000, 1_795_602_030_000] {
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int64Type>().write_batch(&[count], None, None).unwrap();
        column.close().unwrap();
    }
    let mut stamp = Int96::new();
    stamp.set_data(1_000_000_000, 0, 2_461_370);
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int96Type>().write_batch(&[stamp], None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    let columns = ["day", "local", "old", "spark"].map(str::to_owned).to_vec();
    let options = ReadOptions { group_columns: Some(columns), ..ReadOptions::default() };
    let dataset = data::read(&path, &options).unwrap();
    let values: Vec<&str> = dataset.groups.iter().map(|group| group.values[0].as_str()).collect();
    let expected = ["2026-11-25", "2026-11-25T10:20:30.5", "2026-11-25T10:20:30Z", "2026-11-25T00:00:01"];
    assert_eq!(values, expected, "as a file of text would have them");
    assert_eq!(dataset.report.unread, [], "nothing is left out");
}

#[test]
fn parquet_is_known_by_its_first_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.csv");
    write(&path, b"three");
    assert_eq!(data::read(&path, &ReadOptions::default()).unwrap().len(), 4, "whatever it is called");
}

#[test]
fn a_broken_row_group_loses_its_rows_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.parquet");
    write(&path, b"three");
    let mut bytes = std::fs::read(&path).unwrap();
    // The first page of the file begins behind the magic: its header becomes nonsense.
    bytes[4..12].fill(0xff);
    std::fs::write(&path, bytes).unwrap();
    let options = ReadOptions { max_skipped: 1.0, ..ReadOptions::default() };
    let dataset = data::read(&path, &options).unwrap();
    let texts: Vec<&str> = dataset.examples.iter().map(|example| example.content.text()).collect();
    assert_eq!(texts, ["three", "four"], "the second row group");
    assert_eq!(dataset.skipped.len(), 2, "both rows of the first: {:?}", dataset.skipped);
    let reason = &dataset.skipped[0].reason;
    assert!(reason.starts_with("column \"text\" cannot be read on: "), "the column is named: {reason}");
}

#[test]
fn what_is_no_parquet_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.parquet");
    std::fs::write(&path, "text,label\na,b\n").unwrap();
    let message = data::read(&path, &ReadOptions::default()).unwrap_err().to_string();
    assert!(message.starts_with("not a readable Parquet file: "), "got: {message}");
}

/// Any damage ends in an error or in skipped rows, never in a panic.
#[test]
fn no_damage_makes_the_reader_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.parquet");
    write(&path, b"three");
    let whole = std::fs::read(&path).unwrap();
    let damaged = folder.path().join("damaged.parquet");
    for len in (0..whole.len()).step_by(7) {
        std::fs::write(&damaged, &whole[..len]).unwrap();
        assert!(data::read(&damaged, &ReadOptions::default()).is_err(), "cut after {len} of {} bytes", whole.len());
    }
    for place in 0..whole.len() {
        let flip = [0x01, 0x80, 0xff][place % 3];
        let mut bytes = whole.clone();
        bytes[place] ^= flip;
        std::fs::write(&damaged, bytes).unwrap();
        let options = ReadOptions { max_skipped: 1.0, ..ReadOptions::default() };
        if let Ok(dataset) = data::read(&damaged, &options) {
            assert!(dataset.len() <= 4, "byte {place} ^ {flip:#x} made up rows: {}", dataset.len());
        }
    }
}
