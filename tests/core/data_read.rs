//! Text formats: what is read, what is refused, and how the refusal reads.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail by panicking")]

use std::path::Path;
use std::path::PathBuf;

use prunescope::data;
use prunescope::data::Dataset;
use prunescope::data::ReadOptions;

/// A data file in a folder of its own.
struct Fixture {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Fixture {
    fn new(name: &str, content: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        Self { _folder: folder, path }
    }

    fn read(&self, options: &ReadOptions) -> Result<Dataset, data::Error> {
        data::read(&self.path, options)
    }
}

fn read(name: &str, content: impl AsRef<[u8]>) -> Dataset {
    Fixture::new(name, content).read(&ReadOptions { max_skipped: 1.0, ..ReadOptions::default() }).unwrap()
}

/// The message without the path, which differs from run to run.
fn message(name: &str, content: impl AsRef<[u8]>, options: &ReadOptions) -> String {
    let fixture = Fixture::new(name, content);
    let message = fixture.read(options).unwrap_err().to_string();
    let path = fixture.path.display().to_string();
    let Some(message) = message.strip_suffix(&format!(": {path}")) else {
        panic!("the path comes last: {message}");
    };
    message.to_owned()
}

fn texts(dataset: &Dataset) -> Vec<&str> {
    dataset.examples.iter().map(|example| example.content.text()).collect()
}

fn skipped(dataset: &Dataset) -> Vec<String> {
    dataset.skipped.iter().map(ToString::to_string).collect()
}

#[test]
fn csv_with_everything_unusual_but_legal_is_read() {
    let content = "\u{feff}id,Text,LABEL,gender,note\r\n\
        a1,\"one, \"\"two\"\"\r\nthree\",positive,female;male,\r\n\
        \r\n\
        ,5\" nail,negative,\"[\"\"female\"\"]\",x\r\n\
        a3,caf\u{e9},,,x";
    let dataset = read("set.csv", content);
    assert_eq!(texts(&dataset), ["one, \"two\"\r\nthree", "5\" nail", "caf\u{e9}"], "texts");
    let ids: Vec<&str> = dataset.examples.iter().map(|example| example.id.as_str()).collect();
    assert_eq!(ids, ["a1", "2", "a3"], "a blank id becomes the record's number");
    let labels: Vec<Option<&str>> = dataset.examples.iter().map(|example| example.label.as_deref()).collect();
    assert_eq!(labels, [Some("positive"), Some("negative"), None], "a blank label is none");
    assert_eq!(dataset.guess_group_columns(), ["gender", "note"], "low cardinality");
    assert_eq!(dataset.groups[0].values, ["female", "male"], "values in order of appearance");
    let genders: Vec<&[usize]> = dataset.examples.iter().map(|example| example.groups[0].as_slice()).collect();
    assert_eq!(genders, [&[0, 1][..], &[0], &[]], "several, one, none");
    assert_eq!(dataset.members(0, 0), [0, 1], "members of the first group");
    assert_eq!(dataset.columns, ["id", "Text", "LABEL", "gender", "note"], "columns without the byte order mark");
    assert_eq!((dataset.name.as_str(), dataset.text_column.as_str()), ("set.csv", "Text"), "names as written");
    assert_eq!(dataset.skipped, [], "nothing is wrong");
}

#[test]
fn bad_csv_rows_are_skipped_with_record_and_line() {
    let content = b"text,label\n\
        fine,1\n\
        too few\n\
        one,two,three\n\
        bad \xff byte,1\n\
        \"two\nlines\",0\n\
        \"quoted\" and more,1\n\
        ,1\n\
        \"never closed,1\n\
        last,0\n";
    let dataset = read("set.csv", content);
    assert_eq!(texts(&dataset), ["fine", "two\nlines", "last"], "the good rows");
    let expected = [
        "record 2, line 3: expected 2 cells, got 1",
        "record 3, line 4: expected 2 cells, got 3",
        "record 4, line 5: column \"text\" is not valid UTF-8",
        "record 6, line 8: text follows the closing quote in column \"text\"",
        "record 7, line 9: no text in column \"text\"",
        "record 8, line 10: a quote is opened and never closed",
    ];
    assert_eq!(skipped(&dataset), expected, "reasons with their places");
    assert_eq!(dataset.examples[2].id, "9", "bad records count");
}

#[test]
fn a_stray_quote_costs_one_row_even_when_a_later_line_has_quotes() {
    let dataset = read("set.csv", "text,label\n\"stray,1\nfine,0\n\"well quoted\",1\n");
    assert_eq!(texts(&dataset), ["fine", "well quoted"], "the rows after it");
    assert_eq!(skipped(&dataset), ["record 1, line 2: text follows the closing quote in column \"text\""], "the row");
}

/// Each of these lines opens a quote that the next one closes and opens again: a reader that looked for the end of
/// every such cell would need 200,000 times the whole file.
#[test]
fn hostile_quotes_do_not_take_quadratic_time() {
    let content = format!("text,label\nfine,1\n{}", "a\",\"\n".repeat(200_000));
    let dataset = read("set.csv", content);
    assert_eq!((texts(&dataset), dataset.num_skipped), (vec!["fine"], 200_000), "one good row, the others skipped");
}

#[test]
fn tab_separated_cells_may_hold_stray_quotes() {
    let content = "sentence\tlabel\n\"well\" , he said\t1\n\"a \"\"quoted\"\" cell\"\t0\n\" open\t1\nlast\t0\n";
    let dataset = read("set.tsv", content);
    assert_eq!(
        texts(&dataset),
        ["\"well\" , he said", "a \"quoted\" cell", "\" open", "last"],
        "literal where not quoted"
    );
    assert_eq!(dataset.skipped, [], "no row is lost");
}

#[test]
fn the_delimiter_of_a_csv_file_is_guessed() {
    for content in ["text;label\na, b;1\n", "text\tlabel\na, b\t1\n"] {
        assert_eq!(texts(&read("set.csv", content)), ["a, b"], "{content:?}");
    }
    assert_eq!(texts(&read("one.csv", "text\nalone\n")), ["alone"], "a single column");
}

#[test]
fn json_lines_are_read_and_bad_lines_skipped() {
    let content = b"{\"text\": \"a\", \"toxic\": true, \"group\": [\"x\", \"y\"], \"n\": 1.0}\n\
        \n\
        not json\n\
        [1, 2]\n\
        {\"text\": null, \"toxic\": false}\n\
        {\"text\": \"bad \xff\"}\n\
        {\"text\": [\"a\"], \"toxic\": 1}\n\
        {\"late\": 1, \"toxic\": 0, \"text\": \"b\", \"group\": \"x\"}\n\
        {\"text\": \"cut\n";
    let dataset = read("set.jsonl", content);
    assert_eq!(texts(&dataset), ["a", "b"], "the good lines");
    assert_eq!(dataset.columns, ["text", "toxic", "group", "n", "late"], "the keys of all lines");
    let labels: Vec<Option<&str>> = dataset.examples.iter().map(|example| example.label.as_deref()).collect();
    assert_eq!(labels, [Some("true"), Some("0")], "labels as written");
    let group = dataset.group_column("group").unwrap();
    assert_eq!(dataset.examples[0].groups[group], [0, 1], "an array is several groups");
    assert_eq!(dataset.examples[1].groups[group], [0], "a text is one");
    let expected = [
        "record 2, line 3: not valid JSON at byte 2: expected ident",
        "record 3, line 4: expected a JSON object, got an array",
        "record 4, line 5: no text in column \"text\"",
        "record 5, line 6: not valid UTF-8 at byte 15",
        "record 6, line 7: expected a text in column \"text\", got a list",
        "record 8, line 9: not valid JSON at byte 13: EOF while parsing a string",
    ];
    assert_eq!(skipped(&dataset), expected, "reasons with their places");
}

#[test]
fn what_ends_a_reading_says_so() {
    let none = ReadOptions::default();
    let cases: [(&str, &[u8], &str); 12] = [
        ("a.csv", b"", "the file is empty"),
        ("a.jsonl", b" \n \n", "the file is empty"),
        ("a.csv", b"\n\n", "the file is empty"),
        ("a.csv", b",,\na,b,c\n", "the first line names no column; expected a header such as \"text,label\""),
        ("a.csv", b"text,label\n", "no readable row"),
        (
            "a.csv",
            b"text,label\n,1\n,0\n",
            "no readable row, 2 skipped, the first because record 1, line 2: no text in column \"text\"",
        ),
        (
            "a.csv",
            b"te\xffxt,label\na,b\n",
            "the header is not valid UTF-8; name the encoding with --encoding, for example windows-1252",
        ),
        (
            "a.json",
            b"[[\"a\", 1]]",
            "the JSON document is no table that can be read: its rows are lists without names of columns; write objects, as \
             orient=\"records\" does; write JSON Lines, as orient=\"records\", lines=True does",
        ),
        ("a.jsonl", b"1\n2\n", "no readable row, 2 skipped, the first because expected a JSON object, got a number"),
        (
            "a.xlsx",
            b"PK",
            "unknown file type \"xlsx\"; known are csv, tsv, jsonl, ndjson, json, parquet, pq, and text files with .gz or .zst after that",
        ),
        (
            "a",
            b"text\nb\n",
            "unknown file type \"\"; known are csv, tsv, jsonl, ndjson, json, parquet, pq, and text files with .gz or .zst after that",
        ),
        (
            "a.csv",
            b"words,label\na,1\n",
            "no text column found (looked for text, sentence, content, test_case, comment, tweet, generation, \
             comment_text, review, document, post, message, prompt, body), name one; the file has \"words\", \"label\"",
        ),
    ];
    for (name, content, expected) in cases {
        assert_eq!(message(name, content, &none), expected, "{name} with {:?}", String::from_utf8_lossy(content));
    }
}

#[test]
fn a_named_column_must_exist() {
    let some = |name: &str| Some(name.to_owned());
    let cases = [
        (
            ReadOptions { text_column: some("txt"), ..Default::default() },
            "no text column \"txt\", did you mean \"text\"",
        ),
        (ReadOptions { label_column: some("gold"), ..Default::default() }, "no label column \"gold\""),
        (ReadOptions { text_pair_column: some("second"), ..Default::default() }, "no second text column \"second\""),
        (
            ReadOptions { cluster_column: some("Text "), ..Default::default() },
            "no cluster column \"Text \", did you mean \"text\"",
        ),
        (ReadOptions { id_column: some("key"), ..Default::default() }, "no id column \"key\""),
        (
            ReadOptions { group_columns: Some(vec!["age".to_owned(), "gendre".to_owned()]), ..Default::default() },
            "no group column \"gendre\", did you mean \"gender\"",
        ),
    ];
    for (options, expected) in cases {
        let message = message("a.csv", "text,label,gender,age\na,1,f,2\n", &options);
        assert_eq!(
            message,
            format!("{expected}; the file has \"text\", \"label\", \"gender\", \"age\""),
            "{options:?}"
        );
    }
}

#[test]
fn missing_files_and_folders_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let missing = data::read(&folder.path().join("none.csv"), &ReadOptions::default()).unwrap_err();
    assert!(matches!(missing, data::Error::Open { .. }), "a missing file: {missing:?}");
    assert!(missing.to_string().starts_with("cannot open the data file: No such file"), "got: {missing}");
    let not_a_file = data::read(folder.path(), &ReadOptions::default()).unwrap_err();
    assert!(not_a_file.to_string().starts_with("expected a data file, got a folder: "), "got: {not_a_file}");
}

#[cfg(unix)]
#[test]
fn a_device_is_refused_before_it_is_read() {
    let message = data::read(Path::new("/dev/null"), &ReadOptions::default()).unwrap_err().to_string();
    assert!(
        message.starts_with("expected a data file that can be read more than once, got a pipe or device"),
        "got: {message}"
    );
    assert!(message.ends_with(": /dev/null"), "names the path: {message}");
}

#[test]
fn options_choose_columns_groups_and_the_number_of_rows() {
    let content = "a,b,c,gender,cluster,text\nx1,y1,hateful,f,t1,z\nx2,y2,ok,m,t1,z\nx3,y3,ok,f,t2,z\n";
    let options = ReadOptions {
        text_column: Some("A".to_owned()),
        text_pair_column: Some("b".to_owned()),
        label_column: Some("c".to_owned()),
        label_map: data::parse_label_map("hateful=toxic").unwrap(),
        group_columns: Some(vec!["gender".to_owned(), "text".to_owned(), "gender".to_owned()]),
        cluster_column: None,
        id_column: Some("b".to_owned()),
        take: data::Take::First(2),
        ..ReadOptions::default()
    };
    let dataset = Fixture::new("set.csv", content).read(&options).unwrap();
    assert_eq!(texts(&dataset), ["x1", "x2"], "the first two rows");
    let first = &dataset.examples[0];
    assert_eq!(first.content.text_pair(), Some("y1"), "the second text");
    assert_eq!((first.id.as_str(), first.label.as_deref()), ("y1", Some("toxic")), "id and mapped label");
    assert_eq!(first.cluster.as_deref(), Some("t1"), "the cluster is found by name");
    assert_eq!(
        (dataset.text_pair_column.as_deref(), dataset.cluster_column.as_deref()),
        (Some("b"), Some("cluster")),
        "names"
    );
    let names: Vec<&str> = dataset.groups.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["gender", "text"], "named group columns in the order named, each once");
    assert_eq!(dataset.examples[1].groups, [vec![1], vec![0]], "values by index");
    assert_eq!(dataset.label_counts(), [("toxic", 1), ("ok", 1)], "labels that occur");
    let no_groups = ReadOptions { group_columns: Some(Vec::new()), ..options };
    assert_eq!(Fixture::new("set.csv", content).read(&no_groups).unwrap().groups, [], "an empty list is no groups");
}

#[test]
fn a_reading_can_be_stopped() {
    let content = format!("text\n{}", "word\n".repeat(5000));
    let fixture = Fixture::new("set.csv", content);
    let mut seen = Vec::new();
    let result = data::read_with(&fixture.path, &ReadOptions::default(), &mut |records| {
        seen.push(records);
        records < 2048
    });
    assert_eq!(result.unwrap_err().to_string(), "stopped after 2048 records", "the second call said stop");
    assert_eq!(seen, [1024, 2048], "asked every 1024 records");
}

#[test]
fn the_hash_covers_the_whole_file_under_a_limit_too() {
    let fixture = Fixture::new("set.csv", "text\na\nb\n");
    let whole = fixture.read(&ReadOptions::default()).unwrap();
    let part = fixture.read(&ReadOptions { take: data::Take::First(1), ..Default::default() }).unwrap();
    assert_eq!((whole.len(), part.len()), (2, 1), "rows");
    assert_eq!(whole.hash, part.hash, "the file is the same");
    // Independent: printf 'text\na\nb\n' | sha256sum
    let expected = "799bcab46b87b5169354187ec0297ef4574136d0fe7787aff9fd7f709872fe59";
    assert_eq!(whole.hash, expected, "sha256sum agrees");
}
