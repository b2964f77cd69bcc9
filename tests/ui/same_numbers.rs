//! Window and command line give the same numbers for the same file: what each view exports against what `inspect`,
//! `evaluate` and `bench` write, number by number, on an authored file with clusters and two group columns.
//!
//! A view that is added gets a test here: [`window`] opens one, [`export`] reads what it writes, [`prunescope`] runs the
//! binary.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::path::PathBuf;

use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use prunescope::app::Theme;
use prunescope::app::ViewKind;
use prunescope::app::WindowOptions;
use prunescope::data::ReadOptions;
use prunescope::figure::number;
use prunescope::metrics::SCREEN_DRAWS;
use serde_json::Value;

use crate::eyes_and_hands::names;
use crate::plots_support::Window;
use crate::plots_support::open;
use crate::plots_support::settle;
use crate::view;

const STRATEGIES: [&str; 3] = ["power_bert:retention=0.5", "tome:r=2", "ltp:theta_final=0.02"];
const TEXT: &str = "It wasn't bad, it just wasn't what we had hoped for.";

type Row = BTreeMap<String, String>;
type Table = Vec<Row>;

/// 144 texts in pairs that share a thread; of the groups two are large, one is small, one has three texts.
fn authored(folder: &Path) -> PathBuf {
    let (good, bad) = (["lovely", "great", "a joy", "fine", "superb"], ["awful", "a bore", "bad", "poor", "dull"]);
    let mut rows = "name,words,verdict,thread,gender,region\n".to_owned();
    for index in 0..144_usize {
        let gender = match index {
            0..=2 => "agender",
            3..=16 => "nonbinary",
            index if index % 2 == 0 => "women",
            _ => "men",
        };
        let (own, other) = if index % 4 < 2 { (good, bad) } else { (bad, good) };
        let (word, other) = (own[index % 5], other[index % 3]);
        let text = match index % 3 {
            0 => format!("{word}, that is what film {index} was for the {gender} crowd that came to see it"),
            1 => format!("The {gender} crowd came to see film {index}, and after two hours they found it {word}"),
            _ => format!(
                "Film {index} was said to be {other}, but the {gender} crowd found it anything but that: {word}"
            ),
        };
        // Some labels are wrong on purpose, so that no number is 0 or 1 everywhere.
        let label = if (index % 4 < 2) == (index % 11 != 0) { "positive" } else { "negative" };
        let region = ["north", "south", "west"][index % 7 % 3];
        writeln!(rows, "t{index},\"{text}\",{label},{},{gender},{region}", index / 2).expect("a row");
    }
    let path = folder.join("authored.csv");
    std::fs::write(&path, rows).expect("a file in the test's folder");
    path
}

/// What the binary is told about the file; [`window`] says the same.
const COLUMNS: [&str; 12] = [
    "--text-column",
    "words",
    "--label-column",
    "verdict",
    "--cluster",
    "thread",
    "--id-column",
    "name",
    "--group-by",
    "gender",
    "--group-by",
    "region",
];

fn window(kind: ViewKind, data: Option<PathBuf>) -> Harness<'static, Window> {
    let named = |name: &str| Some(name.to_owned());
    let read = ReadOptions {
        text_column: named("words"),
        label_column: named("verdict"),
        cluster_column: named("thread"),
        id_column: named("name"),
        group_columns: Some(vec!["gender".to_owned(), "region".to_owned()]),
        ..ReadOptions::default()
    };
    let options = WindowOptions {
        view: Some(kind),
        data,
        read,
        text: Some(TEXT.to_owned()),
        theme: Some(Theme::Light),
        strategies: STRATEGIES.map(str::to_owned).to_vec(),
        ..WindowOptions::default()
    };
    let mut harness = open(options, [1680.0, 1050.0]);
    settle(&mut harness);
    go_on(&mut harness);
    harness
}

/// Work that takes longer than a minute waits to be asked for.
fn go_on(harness: &mut Harness<'static, Window>) {
    for offer in names(harness, "Go on to all ") {
        harness.get_by_label(&offer).click();
        harness.run_steps(2);
        settle(harness);
    }
}

fn choose(harness: &mut Harness<'static, Window>, menu: &str, choice: &str) {
    harness.get_by_role_and_label(Role::ComboBox, menu).click();
    harness.run_steps(3);
    // A long menu scrolls.
    harness.get_all_by_role_and_label(Role::Button, choice).last().expect("the choice").scroll_to_me();
    harness.run_steps(3);
    harness.get_all_by_role_and_label(Role::Button, choice).last().expect("the choice").click();
    harness.run_steps(2);
    settle(harness);
    go_on(harness);
}

fn table(path: &Path) -> Table {
    let mut reader = csv::Reader::from_path(path).expect("a table");
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

/// What the view in front writes.
fn export(harness: &mut Harness<'static, Window>, folder: &Path) -> Table {
    let path = folder.join("view.csv");
    harness.state_mut().app().export(&path).expect("the numbers of the view");
    table(&path)
}

fn prunescope(args: &[&str]) -> Vec<u8> {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_prunescope")).args(args).output().expect("the binary");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("JSON")
}

/// The folder of `evaluate` of these strategies.
fn evaluated(data: &Path, folder: &Path, specs: &[String]) -> PathBuf {
    let out = folder.join("results");
    let (path, data) = (out.display().to_string(), data.display().to_string());
    // Intervals without a formula rest on as many draws as the window takes; files have more unless told otherwise.
    let draws = SCREEN_DRAWS.to_string();
    let mut args = vec!["evaluate", "--data", &data, "--draws", &draws, "--progress", "none", "--out", &path];
    args.extend(["--latency-rounds", "0"]);
    args.extend(COLUMNS);
    args.extend(specs.iter().flat_map(|spec| ["--strategy", spec]));
    prunescope(&args);
    out
}

fn cells<const N: usize>(row: &Row, columns: [&str; N]) -> [String; N] {
    columns.map(|column| row.get(column).unwrap_or_else(|| panic!("no column {column}: {row:?}")).clone())
}

/// Value, ends and count of every metric, by strategy, group column, group and metric.
fn metrics(results: &Path) -> BTreeMap<[String; 4], [String; 4]> {
    let rows = table(&results.join("metrics.csv"));
    let key = |row: &Row| cells(row, ["strategy", "group_column", "group", "metric"]);
    rows.iter().map(|row| (key(row), cells(row, ["value", "low", "high", "n"]))).collect()
}

fn metric(spec: &str, group: (&str, &str), name: &str) -> [String; 4] {
    [spec, group.0, group.1, name].map(str::to_owned)
}

#[test]
fn inspect_exports_the_kept_tokens_and_scores_of_inspect_and_shows_its_logits() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut args = vec!["inspect", "--text", TEXT, "--json"];
    args.extend(STRATEGIES.iter().flat_map(|spec| ["--strategy", spec]));
    let expected = json(&prunescope(&args));
    let mut harness = window(view("inspect"), None);
    let rows = export(&mut harness, folder.path());
    let strategies = expected["strategies"].as_array().expect("strategies");
    assert_eq!(strategies.len(), STRATEGIES.len(), "all of them");
    for strategy in strategies {
        let spec = strategy["spec"].as_str().expect("a spec");
        let layers = strategy["layers"].as_array().expect("layers");
        for (index, layer) in layers.iter().enumerate() {
            let of_layer = |row: &&Row| row["spec"] == spec && row["layer_from_1"] == (index + 1).to_string();
            let written: Vec<&Row> = rows.iter().filter(of_layer).collect();
            let numbers = |name: &str| -> Vec<u64> {
                layer[name].as_array().expect("positions").iter().filter_map(Value::as_u64).collect()
            };
            let position = |row: &&Row| row["position_from_0"].parse::<u64>().expect("a position");
            let with = |fates: &[&str]| -> Vec<u64> {
                written.iter().filter(|row| fates.contains(&row["fate"].as_str())).map(position).collect()
            };
            let mut kept = numbers("kept");
            kept.sort_unstable();
            assert_eq!(with(&["kept"]), kept, "{spec}, layer {index}: kept tokens");
            let mut attended = numbers("attended");
            attended.sort_unstable();
            assert_eq!(with(&["kept", "left", "merged"]), attended, "{spec}, layer {index}: tokens that entered");
            let scores = layer["importance"].as_array().expect("scores").iter().map(Value::as_f64);
            let mut by_position: Vec<(u64, Option<f64>)> = numbers("attended").into_iter().zip(scores).collect();
            by_position.sort_by_key(|(position, _)| *position);
            let found: Vec<Option<f64>> = written
                .iter()
                .filter(|row| row["fate"] != "gone")
                .map(|row| row["score"].parse::<f64>().ok())
                .collect();
            let scores: Vec<Option<f64>> = by_position.into_iter().map(|(_, score)| score).collect();
            assert_eq!(found, scores, "{spec}, layer {index}: scores");
        }
        assert!(layers.len() > 2 && rows.iter().any(|row| row["spec"] == spec && row["fate"] != "kept"), "{spec}");
    }
    shown_logits(&harness, &expected);
}

/// Prediction, probability and cost as the side panel shows them; logits in the bar's tooltip.
fn shown_logits(harness: &Harness<'static, Window>, expected: &Value) {
    let runs = std::iter::once(&expected["dense"]).chain(expected["strategies"].as_array().expect("strategies"));
    let labels: Vec<&str> =
        expected["model"]["labels"].as_array().expect("labels").iter().filter_map(Value::as_str).collect();
    for run in runs {
        let prediction = run["prediction"].as_str().expect("a class");
        let class = labels.iter().position(|label| *label == prediction).expect("a class of the model");
        let share = run["probabilities"][class].as_f64().expect("a probability");
        let shown = format!("{prediction} {share:.2}");
        assert!(!names(harness, &shown).is_empty(), "{shown} is on screen");
        let flops = number::flops(run["flops"].as_u64().expect("a count"));
        assert!(!names(harness, &flops).is_empty(), "{flops} is on screen");
    }
}

/// The columns of the trade-off's axes: menu entry, column of the view's file, metric of `evaluate`.
const QUALITIES: [(&str, &str, &str); 4] = [
    ("Accuracy", "accuracy", "accuracy"),
    ("F1", "f1", "f1"),
    ("Log loss", "log_loss", "log_loss"),
    ("ROC AUC", "auc", "auc"),
];

#[test]
fn every_point_of_the_trade_off_is_the_row_that_evaluate_writes() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = authored(folder.path());
    let mut harness = window(view("trade-off"), Some(data.clone()));
    let points = export(&mut harness, folder.path());
    let specs: Vec<String> =
        points.iter().map(|row| row["spec"].clone()).filter(|spec| !spec.starts_with("dense")).collect();
    assert!(specs.len() > 15, "whole curves: {}", specs.len());
    let expected = metrics(&evaluated(&data, folder.path(), &specs));
    for (label, column, name) in QUALITIES {
        choose(&mut harness, "worth", label);
        let points = export(&mut harness, folder.path());
        assert_eq!(points.len(), specs.len() + 1, "{label}: every setting and dense");
        for point in &points {
            let [spec, flops] = cells(point, ["spec", "flops_reduction"]);
            let found = cells(point, [column, &format!("{column}_low"), &format!("{column}_high"), "n"]);
            let what = format!("{label} of {spec}");
            assert_eq!(found, expected[&metric(&spec, ("", ""), name)], "{what}");
            assert_eq!(flops, expected[&metric(&spec, ("", ""), "flops_reduction")][0], "{what}: FLOPs");
        }
    }
    choose(&mut harness, "saving", "Tokens");
    for point in export(&mut harness, folder.path()) {
        let retention: f64 = expected[&metric(&point["spec"], ("", ""), "retention")][0].parse().expect("a number");
        assert_eq!(point["token_reduction"], (1.0 / retention).to_string(), "tokens of {}", point["spec"]);
    }
}

/// Takes the strategy that is called like this, whatever setting its name shows.
fn choose_strategy(harness: &mut Harness<'static, Window>, id: &str) {
    harness.get_by_role_and_label(Role::ComboBox, "Strategy").click();
    harness.run_steps(3);
    let shown = names(harness, &format!("{id} · ")).pop().expect("the strategy's entry");
    harness.get_all_by_role_and_label(Role::Button, &shown).last().expect("the choice").click();
    harness.run_steps(2);
    settle(harness);
    go_on(harness);
}

/// Measures of the group table: menu entry, column and metric, and the part of the paired test that belongs to it.
const MEASURES: [(&str, &str, Option<&str>); 6] = [
    ("Accuracy", "accuracy", Some("all")),
    ("True positive rate", "tpr", Some("positives")),
    ("False positive rate", "fpr", Some("negatives")),
    ("Selection rate", "selection_rate", None),
    ("F1", "f1", None),
    ("ROC AUC", "auc", None),
];

fn as_written(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_u64() => number.to_string(),
        number => number.as_f64().expect("a number").to_string(),
    }
}

fn find<'a>(list: &'a Value, key: &str, is: &str) -> &'a Value {
    let found = list.as_array().into_iter().flatten().find(|entry| entry[key] == is);
    found.unwrap_or_else(|| panic!("no {key} {is} in {list}"))
}

#[test]
fn every_row_of_the_group_table_is_what_evaluate_writes() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = authored(folder.path());
    let results = evaluated(&data, folder.path(), &STRATEGIES.map(str::to_owned));
    let expected = metrics(&results);
    let document = json(&std::fs::read(results.join("metrics.json")).expect("the document"));
    let mut harness = window(view("fairness"), Some(data));
    for spec in STRATEGIES {
        let strategies = document["strategies"].as_array().expect("strategies");
        let strategy =
            strategies.iter().find(|found| found["spec"].as_str().is_some_and(|found| found.starts_with(spec)));
        let strategy = strategy.unwrap_or_else(|| panic!("{spec} was evaluated"));
        choose_strategy(&mut harness, spec.split(':').next().unwrap_or_default());
        for column in ["gender", "region"] {
            choose(&mut harness, "Group by", column);
            for (label, name, part) in MEASURES {
                choose(&mut harness, "Measure", label);
                let rows = export(&mut harness, folder.path());
                compare_groups(&rows, (strategy, &expected), column, (name, part));
                // `evaluate` writes gaps of the measures that fairness is defined by, the window of any.
                if !["f1", "auc"].contains(&name) {
                    compare_gaps(&said(&mut harness, folder.path()), strategy, column, name);
                }
            }
        }
    }
}

fn compare_groups(
    rows: &Table,
    (strategy, expected): (&Value, &BTreeMap<[String; 4], [String; 4]>),
    column: &str,
    (name, part): (&str, Option<&str>),
) {
    let spec = strategy["spec"].as_str().expect("a spec");
    let groups = strategy["groups"][column].as_object().expect("groups");
    if name == "accuracy" {
        let large = groups.values().filter(|slice| slice["n"].as_u64().is_some_and(|n| n >= 10)).count();
        assert_eq!(rows.len(), large + 1, "{spec}, {column}: all texts, and all groups of at least ten");
    }
    for row in rows {
        let is_all = row["group"] == "all";
        let what = format!("{spec}, {column} {}: {name}", row["group"]);
        let group = if is_all { ("", "") } else { (column, row["group"].as_str()) };
        for (side, metric_name) in
            [("dense", format!("{name}_dense")), ("pruned", name.to_owned()), ("difference", format!("{name}_change"))]
        {
            let [value, low, high, n] = ["", "_low", "_high", "_n"].map(|field| format!("{side}_{name}{field}"));
            let fields = cells(row, [&value, &low, &high, &n]);
            let written = expected.get(&metric(spec, group, &metric_name));
            assert_eq!(Some(&fields), written, "{what}, {side}");
        }
        let slice = if is_all { &strategy["overall"] } else { &groups[&row["group"]] };
        if name == "accuracy" {
            assert_eq!(row["n"], as_written(&slice["n"]), "{what}: texts");
        }
        let Some(part) = part else { continue };
        let test = find(&slice["tests"], "part", part);
        for field in ["harmed", "rescued", "test", "clusters", "p", "p_adjusted"] {
            let is_empty = field.starts_with('p') && test["n"] == 0;
            let expected = if is_empty { String::new() } else { as_written(&test[field]) };
            assert_eq!(row[field], expected, "{what}: {field}");
        }
        let verdict = find(&slice["verdicts"], "metric", name);
        assert_eq!(row["verdict"], as_written(&verdict["verdict"]), "{what}: verdict");
    }
}

/// Everything that the figure of the view in front says, as one text.
fn said(harness: &mut Harness<'static, Window>, folder: &Path) -> String {
    let path = folder.join("view.svg");
    harness.state_mut().app().export(&path).expect("the figure of the view");
    let figure = std::fs::read_to_string(path).expect("the figure");
    let titles = figure.split("<title>").skip(1).filter_map(|rest| rest.split("</title>").next());
    titles.collect::<Vec<_>>().join(" ")
}

/// The sentences below the table, made of the numbers of `metrics.json`.
fn compare_gaps(said: &str, strategy: &Value, column: &str, name: &str) {
    let gaps = find(&strategy["gaps"], "column", column);
    let gap = find(&gaps["gaps"], "metric", name);
    let written = |estimate: &Value| {
        let number_of = |field: &str| estimate[field].as_f64();
        let value = number_of("value").map(number::rate).unwrap_or_default();
        match (number_of("low"), number_of("high")) {
            (Some(low), Some(high)) => format!("{value} {}", number::interval((low, high))),
            _ => value,
        }
    };
    let [dense, pruned] = ["dense", "pruned"].map(|side| written(&gap[side]["difference_between"]));
    if dense.is_empty() || pruned.is_empty() {
        assert!(said.contains("No gap is given"), "{column}, {name}: no gap on screen: {said}");
        return;
    }
    let sentence = format!("Largest minus smallest: dense {dense}, pruned {pruned}");
    assert!(said.contains(&sentence), "{column}, {name}: {sentence:?} is not in {said:?}");
}

#[test]
fn latency_counts_what_bench_counts() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut args = vec!["bench", "--tokens", "32", "--batch", "1,8", "--rounds", "2", "--json", "--progress", "none"];
    args.extend(STRATEGIES.iter().flat_map(|spec| ["--strategy", spec]));
    let expected = json(&prunescope(&args));
    let mut harness = window(view("latency"), None);
    harness.get_by_label("128 tokens").click();
    harness.run_steps(2);
    choose(&mut harness, "How long", "two rounds");
    harness.get_by_label("Measure").click();
    harness.run_steps(2);
    settle(&mut harness);
    let rows = export(&mut harness, folder.path());
    let cases = expected["rows"].as_array().expect("rows");
    assert_eq!(cases.len(), 2 * STRATEGIES.len(), "two batches");
    for case in cases {
        let spec = case["spec"].as_str().expect("a spec");
        let label = format!("batch {} tokens, {}", as_written(&case["case"]), as_written(&case["layout"]));
        let row = rows.iter().find(|row| row["spec"] == spec && row["case"] == label);
        let row = row.unwrap_or_else(|| panic!("{spec} in {label}: {rows:?}"));
        assert_eq!(row["flops_reduction"], as_written(&case["flops_reduction"]), "{spec}, {label}: promised factor");
        assert_eq!(row["removal"], as_written(&case["removal"]), "{spec}, {label}: how tokens went");
    }
}
