//! Models that give a number or any number of labels, from a data file to the files of `evaluate`: every number follows from
//! `predictions.parquet`, recomputed here by the definitions alone.

use std::fmt::Write as _;
use std::path::Path;
use std::path::PathBuf;

use parquet::file::reader::FileReader as _;
use parquet::file::reader::SerializedFileReader;
use parquet::record::Field;
use serde_json::Value;

use crate::support::fixture;
use crate::support::run;
use crate::support::write;

const SPEC: &str = "first_k:retention=0.4";
/// The labels of the fixture, in its order.
const LABELS: [&str; 4] = ["toxic", "obscene", "threat", "insult"];

/// What a row of `predictions.parquet` says.
struct Row {
    strategy: String,
    label: Option<String>,
    prediction: String,
    correct: Option<bool>,
    score: f64,
    logits: Vec<f64>,
}

fn rows_of(path: &Path) -> Vec<Row> {
    let reader = SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap();
    let row = |row: parquet::record::Row| {
        let find = |name: &str| row.get_column_iter().find(|(column, _)| *column == name).unwrap().1.clone();
        let text = |name: &str| if let Field::Str(text) = find(name) { Some(text) } else { None };
        let number = |field: &Field| if let Field::Float(value) = field { f64::from(*value) } else { f64::NAN };
        let Field::ListInternal(logits) = find("logits") else { panic!("logits are a list") };
        Row {
            strategy: text("strategy").unwrap(),
            label: text("label"),
            prediction: text("prediction").unwrap(),
            correct: if let Field::Bool(correct) = find("correct") { Some(correct) } else { None },
            score: number(&find("score")),
            logits: logits.elements().iter().map(number).collect(),
        }
    };
    reader.get_row_iter(None).unwrap().map(|found| row(found.unwrap())).collect()
}

/// Runs `evaluate` on a fixture; gives what it prints, `metrics.json` and the rows.
fn evaluated(model: &str, data: &Path, options: &[&str]) -> (String, Value, Vec<Row>) {
    let out = data.with_extension("results");
    let (model, data, folder) = (fixture(model), data.display().to_string(), out.display().to_string());
    let mut args = vec!["evaluate", "--model", &model, "--data", &data, "--strategy", SPEC, "--draws", "200"];
    args.extend(["--out", &folder, "--progress", "none"]);
    args.extend(options);
    let printed = run(&args).done();
    let metrics = serde_json::from_str(&std::fs::read_to_string(out.join("metrics.json")).unwrap()).unwrap();
    (printed, metrics, rows_of(&out.join("predictions.parquet")))
}

fn text_of(row: usize) -> String {
    let words =
        ["The film", "no ending", "great doctor", "slow food", "It was", "not bad", "a quiet joy", "what we hoped"];
    format!("{} {} {}", words[row % 8], words[row * 5 % 7], words[row / 3 % 8])
}

fn file(folder: &Path, name: &str, header: &str, row: impl Fn(usize) -> String) -> PathBuf {
    let mut text = format!("{header}\n");
    (0..48).for_each(|number| writeln!(text, "{};{}", text_of(number), row(number)).unwrap());
    write(folder, name, &text)
}

#[track_caller]
fn close(found: &Value, expected: f64, what: &str) {
    let value = found["value"].as_f64().unwrap_or_else(|| panic!("{what}: {found}"));
    assert!((value - expected).abs() < 1e-6, "{what}: {value}, recomputed {expected}");
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    values.iter().sum::<f64>() / values.len() as f64
}

/// Covariance over the product of the standard deviations.
fn correlation(one: &[f64], other: &[f64]) -> f64 {
    let [a, b] = [one, other].map(|values| mean(values.iter().copied()));
    let sum = |f: &dyn Fn(f64, f64) -> f64| one.iter().zip(other).map(|(x, y)| f(x - a, y - b)).sum::<f64>();
    sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt()
}

/// One more than the numbers below, and half of those that are equal beside it.
fn ranks(values: &[f64]) -> Vec<f64> {
    let rank = |value: &f64| {
        let below = values.iter().filter(|other| *other < value).count() as f64;
        below + 0.5 * (1 + values.iter().filter(|other| *other == value).count()) as f64
    };
    values.iter().map(rank).collect()
}

#[test]
fn a_regression_is_judged_by_its_numbers() {
    let folder = tempfile::tempdir().unwrap();
    // A decimal comma, as spreadsheets of half of Europe write it; the range of the labels is 3.
    let label = |row: usize| format!("{};g{};t{}", ["0,0", "1,5", "2,0", "3,0"][row % 4], row % 2, row % 12);
    let data = file(folder.path(), "severity.csv", "text;label;group;thread", label);
    let (printed, metrics, rows) =
        evaluated("roberta-regression", &data, &["--group-by", "group", "--cluster", "thread"]);
    assert_eq!(
        (&metrics["head"], &metrics["positive"]),
        (&Value::from("regression"), &Value::Null),
        "no class of interest"
    );
    let tolerance = metrics["tolerance"].as_f64().unwrap();
    assert!((tolerance - 0.3).abs() < 1e-9, "a tenth of 0 to 3: {tolerance}");
    assert!(printed.contains("right: within 0.300 of the label (a tenth of the labels' range)"), "said: {printed}");
    assert!(printed.contains("MAE") && !printed.contains("AUC"), "columns of a number: {printed}");

    let dense: Vec<&Row> = rows.iter().filter(|row| row.strategy == "dense").collect();
    let pruned: Vec<&Row> = rows.iter().filter(|row| row.strategy != "dense").collect();
    assert_eq!((dense.len(), pruned.len()), (48, 48), "every text in both runs");
    let labels: Vec<f64> = pruned.iter().map(|row| row.label.as_ref().unwrap().parse().unwrap()).collect();
    let values: Vec<f64> = pruned.iter().map(|row| row.logits[0]).collect();
    for (row, (value, label)) in pruned.iter().zip(values.iter().zip(&labels)) {
        assert!((row.score - value).abs() < 1e-6, "the score is the number");
        assert!((row.prediction.parse::<f64>().unwrap() - value).abs() < 1e-6, "and so is the prediction");
        assert_eq!(row.correct, Some((value - label).abs() <= tolerance), "right within the tolerance");
    }
    let slice = &metrics["strategies"][1]["overall"];
    let of = |name: &str| &slice["metrics"][name];
    let errors = || values.iter().zip(&labels).map(|(value, label)| value - label);
    close(of("accuracy"), mean(errors().map(|error| f64::from(u8::from(error.abs() <= tolerance)))), "accuracy");
    close(of("mean_absolute_error"), mean(errors().map(f64::abs)), "mean absolute error");
    close(of("root_mean_squared_error"), mean(errors().map(|error| error * error)).sqrt(), "root mean squared error");
    close(of("pearson"), correlation(&values, &labels), "Pearson");
    close(of("spearman"), correlation(&ranks(&values), &ranks(&labels)), "Spearman");
    let moved = || values.iter().zip(&dense).map(|(value, dense)| (value - dense.logits[0]).abs());
    close(of("mean_absolute_change"), mean(moved()), "mean absolute change");
    close(of("agreement"), mean(moved().map(|moved| f64::from(u8::from(moved <= tolerance)))), "agreement");
    let changed = moved().filter(|moved| *moved > tolerance).count();
    assert_eq!(slice["items_changed"], changed, "moved beyond the tolerance");
    let turned = |from: &[&Row], to: &[&Row]| {
        from.iter().zip(to).filter(|(from, to)| from.correct == Some(true) && to.correct == Some(false)).count()
    };
    let test = &slice["tests"][0];
    assert_eq!(test["harmed"], turned(&dense, &pruned), "harmed");
    assert_eq!(test["rescued"], turned(&pruned, &dense), "rescued");
    assert_eq!(slice["tests"].as_array().unwrap().len(), 1, "no positives, no negatives");
    for name in ["mean_absolute_error", "pearson"] {
        assert_eq!(of(name)["clusters"], 12, "{name} over clusters");
        assert!(of(name)["low"].as_f64() < of(name)["high"].as_f64(), "{name} has an interval: {}", of(name));
    }
    for name in ["auc", "f1", "tpr", "ece"] {
        assert!(of(name).is_null(), "{name} needs classes");
    }
}

#[test]
fn a_tolerance_of_ones_own_replaces_that_of_the_range() {
    let folder = tempfile::tempdir().unwrap();
    let data = file(folder.path(), "own.csv", "text;label", |row| format!("{}", row % 4));
    let (printed, metrics, rows) = evaluated("roberta-regression", &data, &["--tolerance", "1.5"]);
    assert_eq!(metrics["tolerance"], 1.5, "as asked for");
    assert!(printed.contains("right: within 1.50 of the label (as asked for)"), "said: {printed}");
    let right = |row: &Row| (row.logits[0] - row.label.as_ref().unwrap().parse::<f64>().unwrap()).abs() <= 1.5;
    assert!(rows.iter().all(|row| row.correct == Some(right(row))), "in every row");
}

/// The label columns of a row, one character each.
fn said(row: usize) -> [bool; 4] {
    [row.is_multiple_of(2), row.is_multiple_of(3), row.is_multiple_of(7), row.is_multiple_of(5)]
}

/// The row's labels as one list, and as columns of 0 and 1.
fn as_list(row: usize) -> String {
    let names = LABELS.iter().zip(said(row)).filter(|(_, said)| *said).map(|(name, _)| format!("'{name}'"));
    format!("[{}];g{}", names.collect::<Vec<_>>().join(", "), row % 2)
}

fn as_columns(row: usize) -> String {
    let cells = said(row).map(|said| u8::from(said).to_string());
    format!("{};g{}", cells.join(";"), row % 2)
}

#[test]
fn any_number_of_labels_is_judged_by_the_set_and_by_the_label_of_interest() {
    let folder = tempfile::tempdir().unwrap();
    let data = file(folder.path(), "list.csv", "text;label;group", as_list);
    let options = ["--group-by", "group", "--positive", "insult"];
    let (printed, metrics, rows) = evaluated("distilbert-multi-label", &data, &options);
    assert_eq!((&metrics["head"], &metrics["positive"]), (&Value::from("multi-label"), &Value::from("insult")), "kind");
    for line in
        ["right: exactly the labels of the text (exact match)", "label of interest (positive): insult", "macro F1"]
    {
        assert!(printed.contains(line), "{line:?} in: {printed}");
    }
    let pruned: Vec<&Row> = rows.iter().filter(|row| row.strategy != "dense").collect();
    let predicted: Vec<[bool; 4]> = pruned.iter().map(|row| std::array::from_fn(|k| row.logits[k] >= 0.0)).collect();
    let truth: Vec<[bool; 4]> = (0..48).map(said).collect();
    let exact = |row: usize| predicted[row] == truth[row];
    for (number, row) in pruned.iter().enumerate() {
        let names = |set: [bool; 4]| LABELS.into_iter().zip(set).filter(|(_, said)| *said).map(|(name, _)| name);
        let written = |set| names(set).collect::<Vec<_>>().join(";");
        assert_eq!(row.prediction, written(predicted[number]), "row {number}: labels from 0.5 on");
        assert_eq!(row.label.as_deref(), Some(&*written(truth[number])), "row {number}: as the file says");
        assert_eq!(row.correct, Some(exact(number)), "row {number}: the whole set");
        let sigmoid = 1.0 / (1.0 + (-row.logits[3]).exp());
        assert!((row.score - sigmoid).abs() < 1e-6, "row {number}: the score is the label of interest's");
    }
    let slice = &metrics["strategies"][1]["overall"];
    let of = |name: &str| &slice["metrics"][name];
    let share = |count: usize, of: usize| count as f64 / of as f64;
    close(of("accuracy"), share((0..48).filter(|&row| exact(row)).count(), 48), "exact match");
    let cells = |label: usize| {
        let count =
            |p: bool, t: bool| (0..48).filter(|&row| (predicted[row][label], truth[row][label]) == (p, t)).count();
        [count(true, true), count(true, false), count(false, true), count(false, false)]
    };
    let all: Vec<[usize; 4]> = (0..4).map(cells).collect();
    let sum = |part: usize| all.iter().map(|cells| cells[part]).sum::<usize>();
    close(of("label_accuracy"), share(sum(0) + sum(3), 4 * 48), "label-wise accuracy");
    let f1 = |tp: usize, fp: usize, fn_: usize| share(2 * tp, 2 * tp + fp + fn_);
    close(of("micro_f1"), f1(sum(0), sum(1), sum(2)), "micro F1");
    close(of("macro_f1"), mean(all.iter().map(|[tp, fp, fn_, _]| f1(*tp, *fp, *fn_))), "macro F1");
    let [tp, fp, fn_, tn] = all[3];
    close(of("f1"), f1(tp, fp, fn_), "F1 of the label of interest");
    close(of("tpr"), share(tp, tp + fn_), "its true positive rate");
    close(of("fpr"), share(fp, fp + tn), "its false positive rate");
    let (with, without): (Vec<usize>, Vec<usize>) = (0..48).partition(|&row| truth[row][3]);
    let wins = with.iter().flat_map(|&one| without.iter().map(move |&other| (one, other))).map(|(one, other)| {
        let [one, other] = [one, other].map(|row| pruned[row].logits[3]);
        if one > other {
            1.0
        } else if one < other {
            0.0
        } else {
            0.5
        }
    });
    close(of("auc"), mean(wins), "its AUC");
    let parts: Vec<&str> =
        slice["tests"].as_array().unwrap().iter().map(|test| test["part"].as_str().unwrap()).collect();
    assert_eq!(parts, ["all", "positives", "negatives", "label"], "tests of the set and of the label");
    assert_eq!(slice["n_per_class"]["toxic"], 24, "rows with the label");
}

#[test]
fn columns_of_zeros_and_ones_say_what_a_list_says() {
    let folder = tempfile::tempdir().unwrap();
    let list = file(folder.path(), "list.csv", "text;label;group", as_list);
    let columns = file(folder.path(), "columns.csv", "text;toxic;obscene;threat;insult;group", as_columns);
    // What takes time differs from run to run.
    let options = ["--group-by", "group", "--latency-rounds", "0"];
    let [by_list, by_itself] = [&list, &columns].map(|data| evaluated("distilbert-multi-label", data, &options).1);
    assert_eq!(by_list["strategies"], by_itself["strategies"], "found by themselves, as all labels are columns");
    let named = ["--group-by", "group", "--label-columns", "toxic,insult", "--force"];
    let (_, two, rows) = evaluated("distilbert-multi-label", &columns, &named);
    assert_eq!(two["positive"], "toxic", "the first label is of interest");
    assert!(rows.iter().all(|row| !row.label.as_deref().unwrap().contains("threat")), "only the named columns");
}

#[test]
fn without_labels_agreement_has_the_head_s_meaning() {
    let folder = tempfile::tempdir().unwrap();
    let data = file(folder.path(), "bare.csv", "text;note", |row| format!("n{row}"));
    for (model, said, right) in [
        (
            "roberta-regression",
            "number pruning leaves within the tolerance",
            "of the dense number (a tenth of the range of",
        ),
        ("distilbert-multi-label", "set of labels pruning leaves as it was", "exactly the labels"),
    ] {
        let (printed, metrics, rows) = evaluated(model, &data, &["--force"]);
        assert!(printed.contains(said) && printed.contains(right), "{model}: {printed}");
        assert!(rows.iter().all(|row| row.correct.is_none()), "{model}: nothing is right or wrong");
        let overall = &metrics["strategies"][1]["overall"];
        let (changed, agreement) =
            (overall["items_changed"].as_f64(), overall["metrics"]["agreement"]["value"].as_f64());
        assert!((agreement.unwrap() - (1.0 - changed.unwrap() / 48.0)).abs() < 1e-9, "{model}: what is left");
    }
}

#[test]
fn labels_of_another_kind_are_refused_with_a_way_on() {
    let folder = tempfile::tempdir().unwrap();
    let classes = file(folder.path(), "classes.csv", "text;label", |row| ["good", "bad"][row % 2].to_owned());
    let numbers = file(folder.path(), "numbers.csv", "text;label", |row| format!("{row}.5"));
    let out = folder.path().join("out").display().to_string();
    for (model, data, parts) in [
        ("roberta-regression", &classes, ["gives a number (a regression)", "\"good\" (24 rows)", "--label-column"]),
        (
            "distilbert-multi-label",
            &classes,
            ["toxic, obscene, threat, insult", "\"bad\" (24 rows)", "--label-columns"],
        ),
        ("bert", &numbers, ["do not fit the classes", "\"0.5\" (1 row)", "--label-map"]),
    ] {
        let (model, data) = (fixture(model), data.display().to_string());
        let error = run(&["evaluate", "--model", &model, "--data", &data, "--strategy", SPEC, "--out", &out]).error();
        assert!(parts.iter().all(|part| error.contains(part)), "{model}: {parts:?} in {error}");
    }
}

#[test]
fn a_row_whose_label_is_no_number_is_left_out_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = "text,label\n".to_owned();
    (0..120).for_each(|row| {
        writeln!(text, "{},{}", text_of(row), if row == 7 { "high".to_owned() } else { row.to_string() }).unwrap();
    });
    let data = write(folder.path(), "one.csv", &text);
    let (_, metrics, rows) = evaluated("roberta-regression", &data, &[]);
    assert_eq!((metrics["items"].as_u64(), rows.len()), (Some(119), 2 * 119), "all but one");
    let manifest = std::fs::read_to_string(data.with_extension("results").join("manifest.json")).unwrap();
    assert!(manifest.contains("expected a number as the label, got \\\"high\\\""), "named: {manifest}");
}

#[test]
fn an_inspection_shows_the_number_or_the_labels() {
    let text = text_of(3);
    let inspect = |model: &str, more: &[&str]| {
        let model = fixture(model);
        run(&[&["inspect", "--model", &model, "--text", &text, "--strategy", SPEC], more].concat())
    };
    let number = inspect("roberta-regression", &["--json"]).json();
    let value = number["dense"]["value"].as_f64().unwrap();
    assert_eq!(number["dense"]["logits"][0].as_f64(), Some(value), "the logit itself");
    assert_eq!(
        (&number["dense"]["probabilities"], &number["model"]["head"]),
        (&Value::from(Vec::<u8>::new()), &"regression".into())
    );
    let shown = inspect("roberta-regression", &[]).done();
    assert!(shown.contains("dense   value "), "{shown}");
    let labels = inspect("distilbert-multi-label", &["--json"]).json();
    let expected = LABELS.into_iter().enumerate().filter(|(k, _)| labels["dense"]["logits"][k].as_f64() >= Some(0.0));
    let expected: Vec<&str> = expected.map(|(_, name)| name).collect();
    assert_eq!(labels["dense"]["labels"], Value::from(expected.clone()), "from half on");
    let name = if expected.is_empty() { "none".to_owned() } else { expected.join(", ") };
    let shown = inspect("distilbert-multi-label", &[]).done();
    assert!(shown.contains(&format!("dense   {name}   ")), "{name:?} in {shown}");
    let ranked = inspect("bert-cross-encoder", &["--json"]).json();
    let value = ranked["dense"]["value"].as_f64().unwrap();
    assert!(value > 0.0 && value < 1.0, "through the sigmoid: {value}");
}
