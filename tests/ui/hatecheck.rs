//! A new user's way through the window to the same numbers as the command line's, on a published audit set with its own
//! clusters (`../shared`). Skips loudly where data and model are not there, except in CI, where it fails.
//!
//! A sample of [`ROWS`] rows keeps the test short; `PRUNESCOPE_TEST_ROWS=all` compares all of them.
#![expect(clippy::print_stderr, reason = "a skipped test says so loudly")]

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

use egui::Key;
use egui::Modifiers;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use prunescope::app::Theme;
use prunescope::app::WindowOptions;

use crate::eyes_and_hands::names;
use crate::eyes_and_hands::press;
use crate::eyes_and_hands::shows;
use crate::eyes_and_hands::type_path;
use crate::plots_support::Window;
use crate::plots_support::open;
use crate::plots_support::settle;
use crate::sheet_support::choose;
use crate::sheet_support::tick;
use crate::view;

/// Rows of the comparison: some hundred whole templates.
const ROWS: &str = "400";
const STRATEGY: &str = "power_bert";

/// Data set and model, or nothing where they are absent outside CI.
fn shared() -> Option<(PathBuf, PathBuf)> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let (data, model) = (shared.join("data/hatecheck.csv"), shared.join("models/toxicity-minilm-l6"));
    if data.is_file() && model.is_dir() {
        return Some((data.canonicalize().expect("a path"), model.canonicalize().expect("a path")));
    }
    let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!in_ci, "CI must have {} and {}", data.display(), model.display());
    eprintln!("SKIPPED: no {} or no {}", data.display(), model.display());
    None
}

fn rows() -> Option<String> {
    let rows = std::env::var("PRUNESCOPE_TEST_ROWS").unwrap_or_else(|_| ROWS.to_owned());
    (rows != "all").then_some(rows)
}

/// Opens model and data by keys, the path field and the sheet, as a new user does.
fn window(data: &Path, model: &Path) -> Harness<'static, Window> {
    let options = WindowOptions {
        view: Some(view("inspect")),
        theme: Some(Theme::Light),
        strategies: vec![STRATEGY.to_owned()],
        ..WindowOptions::default()
    };
    let mut harness = open(options, [1500.0, 950.0]);
    settle(&mut harness);
    for (key, path) in [(Key::O, model), (Key::D, data)] {
        harness.key_press_modifiers(Modifiers::COMMAND, key);
        settle(&mut harness);
        type_path(&mut harness, &path.display().to_string());
        press(&mut harness, Key::Enter);
    }
    assert!(shows(&harness, "Open data: hatecheck.csv"), "the sheet");
    choose(&mut harness, "Text", "test_case");
    choose(&mut harness, "Meaning of hateful", "toxic");
    choose(&mut harness, "Meaning of non-hateful", "ok");
    choose(&mut harness, "Cluster", "templ_id");
    for column in ["functionality", "direction", "case_templ"] {
        if names(&harness, "--group-by").iter().any(|flags| flags.contains(&format!("--group-by {column}"))) {
            tick(&mut harness, column);
        }
    }
    let flags = names(&harness, "--data ").remove(0);
    assert_eq!(flags.matches("--group-by").count(), 1, "one group column: {flags}");
    assert!(flags.contains("--group-by target_ident"), "{flags}");
    harness.get_by_label("Open data").click();
    settle(&mut harness);
    if let Some(rows) = rows() {
        harness.key_press_modifiers(Modifiers::COMMAND, Key::Num3);
        harness.run_steps(3);
        choose(&mut harness, "Rows", &format!("at most {rows}"));
    }
    harness
}

/// Shows a view and waits until it is through.
fn show(harness: &mut Harness<'static, Window>, key: Key) {
    harness.key_press_modifiers(Modifiers::COMMAND, key);
    harness.run_steps(2);
    settle(harness);
    // Work that takes longer than a minute waits to be asked for.
    for offer in names(harness, "Go on to all ") {
        harness.get_by_label(&offer).click();
        harness.run_steps(2);
        settle(harness);
    }
}

type Table = Vec<BTreeMap<String, String>>;

fn table(path: &Path) -> Table {
    let mut reader = csv::Reader::from_path(path).expect("a table");
    let rows = reader.deserialize().map(|row| row.expect("a row"));
    rows.collect()
}

fn export(harness: &mut Harness<'static, Window>, folder: &Path) -> Table {
    let path = folder.join("view.csv");
    harness.state_mut().app().export(&path).expect("the numbers of the view");
    table(&path)
}

fn prunescope(args: &[&str]) -> std::process::Output {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_prunescope")).args(args).output().expect("the binary");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// What the command line finds: value and interval by group and metric, the group of all rows being "".
fn evaluated(data: &Path, model: &Path, folder: &Path) -> BTreeMap<(String, String), [String; 4]> {
    let (data, model) = (data.display().to_string(), model.display().to_string());
    let out = folder.join("results").display().to_string();
    let map = "hateful=toxic,non-hateful=ok";
    let mut args = vec!["evaluate", "--data", &data, "--model", &model, "--label-map", map, "--strategy", STRATEGY];
    args.extend(["--group-by", "target_ident", "--cluster", "templ_id", "--progress", "none", "--out", &out]);
    let rows = rows();
    args.extend(rows.iter().flat_map(|rows| ["--limit", rows]));
    prunescope(&args);
    let rows = table(&folder.join("results/metrics.csv")).into_iter();
    let rows = rows.filter(|row| row["strategy"].starts_with(STRATEGY));
    let cells = |row: &BTreeMap<String, String>| ["value", "low", "high", "n"].map(|name| row[name].clone());
    rows.map(|row| ((row["group"].clone(), row["metric"].clone()), cells(&row))).collect()
}

#[test]
fn a_new_user_gets_the_numbers_of_the_command_line_on_hatecheck() {
    let Some((data, model)) = shared() else { return };
    let folder = tempfile::tempdir().expect("a folder for the test");
    let expected = evaluated(&data, &model, folder.path());
    let mut harness = window(&data, &model);

    show(&mut harness, Key::Num3);
    let size = expected[&(String::new(), "accuracy".to_owned())][3].clone();
    let rows = export(&mut harness, folder.path());
    let mut groups = 0;
    for row in &rows {
        let group = if row["group"] == "all" { "" } else { row["group"].as_str() };
        groups += usize::from(!group.is_empty());
        for (part, metric) in [("dense", "accuracy_dense"), ("pruned", "accuracy"), ("difference", "accuracy_change")] {
            let found = ["", "_low", "_high", "_n"].map(|field| row[&format!("{part}_accuracy{field}")].clone());
            assert_eq!(found, expected[&(group.to_owned(), metric.to_owned())], "{group:?}: {metric}");
            assert!(!found[1].is_empty(), "{group:?}: {metric} has an interval");
        }
    }
    assert_eq!((groups, rows.len()), (7, 8), "seven groups and all rows");
    if rows_are_all() {
        assert!(shows(&harness, "measured on all 3,728 texts"), "and it says so");
    }
    assert_eq!(rows.iter().find(|row| row["group"] == "all").expect("all")["n"], size, "as many rows");

    show(&mut harness, Key::Num2);
    let points = export(&mut harness, folder.path());
    let point = points.iter().find(|row| row["current"] == "true").expect("the setting in use");
    let of = |metric: &str| expected[&(String::new(), metric.to_owned())].clone();
    let found = ["accuracy", "accuracy_low", "accuracy_high", "n"].map(|name| point[name].clone());
    assert_eq!(found, of("accuracy"), "the point of the same setting: {point:?}");
    let x = point.get("flops_reduction").unwrap_or_else(|| panic!("a column of the saving: {point:?}"));
    assert_eq!(*x, of("flops_reduction")[0], "at the same saving");
}

fn rows_are_all() -> bool {
    rows().is_none()
}

/// Kept positions of each layer, by the window's export.
fn kept(rows: &Table) -> BTreeMap<usize, Vec<usize>> {
    let mut kept: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row["strategy"] == STRATEGY && row["fate"] == "kept") {
        let number = |name: &str| row[name].parse::<usize>().expect("a number");
        kept.entry(number("layer_from_1")).or_default().push(number("position_from_0"));
    }
    kept
}

#[test]
fn a_new_user_sees_the_tokens_kept_that_the_command_line_tells_on_hatecheck() {
    let Some((data, model)) = shared() else { return };
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut harness = window(&data, &model);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Num1);
    settle(&mut harness);
    let texts = table(&data);
    for row in texts.iter().take(2) {
        harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowRight);
        let deadline = Instant::now() + Duration::from_mins(1);
        while harness.state_mut().app().is_inspecting() {
            assert!(Instant::now() < deadline, "the text is not run");
            harness.step();
        }
        settle(&mut harness);
        let text = row["test_case"].as_str();
        let model = model.display().to_string();
        let args = ["inspect", "--model", &model, "--text", text, "--strategy", STRATEGY, "--json"];
        let json: serde_json::Value = serde_json::from_slice(&prunescope(&args).stdout).expect("JSON");
        let layers = json["strategies"][0]["layers"].as_array().expect("layers");
        let expected: BTreeMap<usize, Vec<usize>> = layers
            .iter()
            .enumerate()
            .map(|(layer, entry)| {
                let kept = entry["kept"].as_array().expect("positions").iter();
                (
                    layer + 1,
                    kept.filter_map(serde_json::Value::as_u64).filter_map(|at| usize::try_from(at).ok()).collect(),
                )
            })
            .collect();
        let found = kept(&export(&mut harness, folder.path()));
        assert_eq!(found, expected, "{text:?}: the kept tokens of every layer");
        assert!(expected[&layers.len()].len() < expected[&1].len(), "{text:?}: something left");
    }
}
