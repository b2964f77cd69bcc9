//! `prunescope evaluate`: options, checks, bad input.

use std::fmt::Write as _;
use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::Run;
use crate::support::fixture;
use crate::support::run;
use crate::support::write;

/// 240 rows of known words; every fifth has no group, every fourth has two.
pub(crate) fn data(folder: &Path) -> PathBuf {
    let (foods, ends) = (["food", "film", "doctor", "scene"], ["bad", "great", "slow", "quiet", "joy"]);
    let mut text = "id,text,label,group,source\n".to_owned();
    for row in 0..240 {
        let words = format!("the {} was {} from the first to the last", foods[row % 4], ends[row % 5]);
        let label = ["negative", "positive", "Positive", "NEGATIVE"][(row / 5 + row) % 4];
        let group = match row % 20 {
            0 | 5 | 10 | 15 => "",
            4 | 8 | 12 | 16 => "women;old",
            1..=3 => "men",
            6 if row < 120 => "few",
            _ => "women",
        };
        writeln!(text, "r{row},{words},{label},{group},t{}", row % 7).unwrap();
    }
    write(folder, "data.csv", &text)
}

pub(crate) fn evaluate(data: &Path, out: &Path, more: &[&str]) -> Run {
    let (model, data, out) = (fixture("bert"), data.display().to_string(), out.display().to_string());
    let args = ["evaluate", "--model", &model, "--data", &data, "--out", &out, "--draws", "200", "--force"];
    // Timing is of no use to most tests.
    let untimed: &[&str] = if more.contains(&"--latency-rounds") { &[] } else { &["--latency-rounds", "0"] };
    run(&[&args[..], untimed, more].concat())
}

pub(crate) fn read_json(folder: &Path, name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder.join(name)).unwrap()).unwrap()
}

#[test]
fn labels_that_do_not_fit_as_a_whole_are_refused_with_a_map() {
    let folder = tempfile::tempdir().unwrap();
    let text = "text,label\nthe food was great,positive\nthe film,maybe\nslow food,negative\nbad scene,maybe\n";
    let data = write(folder.path(), "odd.csv", text);
    let out = folder.path().join("out");
    let refused = evaluate(&data, &out, &["--strategy", "first_k"]).error();
    assert!(refused.contains("\"maybe\" (2 rows)"), "labels with counts: {refused}");
    let map = "positive=positive,maybe=-,negative=negative";
    assert!(refused.contains(&format!("--label-map \"{map}\"")), "a map to copy: {refused}");
    evaluate(&data, &out, &["--strategy", "first_k", "--label-map", map]).done();
    let manifest = read_json(&out, "manifest.json");
    let counts = (&manifest["data"]["items"], &manifest["data"]["labelled_items"]);
    assert_eq!(counts, (&4.into(), &2.into()), "all are run, two have a label");
}

#[test]
fn ratings_are_not_taken_for_class_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let text = "text,label\nthe food was great,5.0\nslow food,1.0\nbad scene,2.333\ngreat film,4\n";
    let data = write(folder.path(), "ratings.csv", text);
    let out = folder.path().join("out");
    let refused = evaluate(&data, &out, &["--strategy", "first_k"]).error();
    assert!(refused.contains("\"5.0\" (1 row)"), "which and how many: {refused}");
    assert!(refused.contains("--label-map \">=4=positive,<4=negative\""), "what to do: {refused}");
    evaluate(&data, &out, &["--strategy", "first_k", "--label-map", ">=4=positive,<4=negative"]).done();
    assert_eq!(read_json(&out, "manifest.json")["data"]["labelled_items"], 4, "ranges name classes");
    // One number that is out of place says that the others may be no class numbers either.
    let data = write(folder.path(), "classes.csv", "text,label\nthe food,1\nslow food,0\nbad scene,7\n");
    let refused = evaluate(&data, &out, &["--strategy", "first_k"]).error();
    assert!(refused.contains("\"7\" (1 row)"), "the set is refused: {refused}");
    // A -1 among them is how `datasets` writes that there is no label.
    let data = write(folder.path(), "unlabelled.csv", "text,label\nthe food,1\nslow food,0\nfilm,-1\n");
    evaluate(&data, &out, &["--strategy", "first_k"]).done();
    assert_eq!(read_json(&out, "manifest.json")["data"]["labelled_items"], 2, "the others are read");
}

#[test]
fn a_label_map_names_classes() {
    let folder = tempfile::tempdir().unwrap();
    let data = write(folder.path(), "d.csv", "text,label\nthe food was great,good\nslow food,poor\n");
    let out = folder.path().join("out");
    evaluate(&data, &out, &["--strategy", "first_k", "--label-map", "good=positive,poor=negative"]).done();
    let metrics = read_json(&out, "metrics.json");
    assert_eq!(metrics["strategies"][0]["overall"]["n_per_class"]["positive"], 1, "one of each");
}

#[test]
fn identity_terms_of_a_lexicon_make_groups() {
    let folder = tempfile::tempdir().unwrap();
    let lexicon =
        write(folder.path(), "terms.csv", "group,term\nmedicine,doctor\ncinema,film;scene\n").display().to_string();
    let out = folder.path().join("out");
    evaluate(&data(folder.path()), &out, &["--strategy", "first_k", "--groups-from-lexicon", &lexicon]).done();
    let groups = &read_json(&out, "metrics.json")["strategies"][1]["groups"]["identity"];
    // One text in four names a doctor; film and scene are two of four.
    assert_eq!((&groups["medicine"]["n"], &groups["cinema"]["n"]), (&60.into(), &120.into()), "members by term");
}

#[test]
fn a_limit_draws_rows_and_first_takes_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let (out, rows) = (folder.path().join("out"), |label: &str, from: usize| -> String {
        (from..from + 60).map(|row| format!("{row},text number {row},{label}\n")).collect::<Vec<_>>().concat()
    });
    let sorted = write(folder.path(), "sorted.csv", &format!("id,text,label\n{}{}", rows("0", 0), rows("1", 60)));
    let run = evaluate(&sorted, &out, &["--strategy", "first_k", "--limit", "30", "--seed", "5"]);
    assert!(!run.stderr.contains("every label"), "both labels are there: {}", run.stderr);
    let told = "sample: 30 of 120 texts, drawn at random, in proportion within labels and groups, seed 5";
    assert!(run.done().contains(told), "rows and seed are said");
    let metrics = read_json(&out, "metrics.json");
    assert_eq!(
        metrics["strategies"][0]["overall"]["n_per_class"]["0"].as_u64().unwrap_or(15),
        15,
        "half of each label"
    );
    assert_eq!(read_json(&out, "manifest.json")["data"]["sample"].as_str(), Some(&told[8..]), "in the manifest too");
    let first = evaluate(&sorted, &out, &["--strategy", "first_k", "--first", "30"]);
    assert!(first.stderr.contains("every label of the first 30 texts"), "one class is said: {}", first.stderr);
    assert!(first.done().contains("the first 30 texts of the file, not drawn"), "what they are");
    let ordered = evaluate(&sorted, &out, &["--strategy", "first_k", "--first", "90"]);
    assert!(ordered.stderr.contains("stand in an order"), "an order is said: {}", ordered.stderr);
    let both = evaluate(&sorted, &out, &["--strategy", "first_k", "--first", "9", "--limit", "9"]).error();
    assert!(both.contains("--first"), "one of the two: {both}");
}

#[test]
fn a_limit_takes_as_many_rows_and_dense_runs_once() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let more = ["--strategy", "ltp", "--strategy", "dense", "--strategy", "ltp:theta_final=0.01", "--first", "12"];
    let stdout = evaluate(&data(folder.path()), &out, &more).done();
    assert!(stdout.contains("12 texts"), "the table says how many: {stdout}");
    let manifest = read_json(&out, "manifest.json");
    let specs: Vec<&str> =
        manifest["strategies"].as_array().unwrap().iter().map(|one| one["spec"].as_str().unwrap()).collect();
    assert_eq!(specs.len(), 2, "dense first, and the same spec once: {specs:?}");
    assert_eq!(specs[0], "dense", "dense first");
}

#[test]
fn checks_decide_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (data(folder.path()), folder.path().join("out"));
    let more = ["--strategy", "first_k:retention=0.3", "--limit", "40", "--fail-if"];
    let failed = evaluate(&data, &out, &[&more[..], &["retention<0.99", "--fail-if", "flops_reduction<0.5"]].concat());
    assert_eq!(failed.code, Some(1), "one check fails: {}", failed.stderr);
    assert_eq!(failed.stderr.matches("check failed").count(), 1, "only that one is told: {}", failed.stderr);
    assert!(out.join("metrics.json").is_file(), "the files are written all the same");
    evaluate(&data, &out, &[&more[..], &["retention>0.99"]].concat()).done();
    let bad = evaluate(&data, &out, &[&more[..], &["acuracy>1"]].concat()).error();
    assert!(bad.contains("accuracy_drop"), "quantities are listed: {bad}");
    let groupless = evaluate(&data, &out, &[&more[..], &["worst_group_drop>0.1"]].concat()).error();
    assert!(groupless.contains("--group-by"), "it says what is missing: {groupless}");
    let more = ["--strategy", "first_k:retention=0.3", "--group-by", "group", "--fail-if", "worst_group_drop>=-1"];
    let unjudged = evaluate(&data, &out, &more);
    assert!(
        unjudged.code == Some(1) && unjudged.stderr.contains("has no value") && unjudged.stderr.contains("few"),
        "a group that is too small to be judged may be the worst: {}",
        unjudged.stderr
    );
    let without = std::fs::read_to_string(&data).unwrap().replace(",few,", ",men,");
    let grouped = evaluate(&write(folder.path(), "judged.csv", &without), &out, &more);
    assert!(
        grouped.code == Some(1) && grouped.stderr.contains("in group = "),
        "the group is named: {}",
        grouped.stderr
    );
}

#[test]
fn progress_is_told_in_json_lines_on_stderr() {
    let folder = tempfile::tempdir().unwrap();
    let more = ["--strategy", "ltp", "--progress", "json"];
    let run = evaluate(&data(folder.path()), &folder.path().join("out"), &more);
    let stderr = run.stderr.clone();
    let stdout = run.done();
    assert!(stdout.starts_with("data.csv: 240 texts"), "results alone: {stdout}");
    let lines: Vec<Value> =
        stderr.lines().filter(|line| line.starts_with('{')).map(|l| serde_json::from_str(l).unwrap()).collect();
    assert!(!lines.is_empty() && lines.iter().all(|line| line["stage"].is_string()), "lines of progress: {stderr}");
}

#[test]
fn bad_input_ends_with_exit_code_2_and_says_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (data(folder.path()), folder.path().join("out"));
    let column = evaluate(&data, &out, &["--strategy", "ltp", "--group-by", "gruop"]).error();
    assert!(column.contains("\"group\"") && column.contains("source"), "columns and the nearest: {column}");
    let strategy = evaluate(&data, &out, &["--strategy", "lpt"]).error();
    assert!(strategy.contains("\"ltp\""), "the nearest strategy: {strategy}");
    let missing = evaluate(&folder.path().join("no.csv"), &out, &["--strategy", "ltp"]).error();
    assert!(missing.trim_end().ends_with("no.csv"), "the path: {missing}");
    let file = write(folder.path(), "file", "");
    let blocked = evaluate(&data, &file, &["--strategy", "ltp"]).error();
    assert!(blocked.contains("file"), "a file where the folder should be: {blocked}");
    let unknown = write(folder.path(), "u.csv", "text,label\na,x\nb,y\n");
    let unknown = evaluate(&unknown, &out, &["--strategy", "ltp"]).error();
    assert!(unknown.contains("the labels do not fit the classes"), "no label is a class: {unknown}");
    let shape = evaluate(&data, &out, &["--strategy", "power_bert:retentions=[1,0.5]"]).error();
    assert!(shape.contains("layer"), "the schedule is too short: {shape}");
}

#[test]
fn clusters_and_the_class_of_interest_reach_table_files_and_tests() {
    let folder = tempfile::tempdir().unwrap();
    let row = |row: usize| format!("text number {row} is fine,{},thread {}\n", row % 2, row / 4);
    let table = |rows: usize| format!("text,label,thread\n{}", (0..rows).map(row).collect::<String>());
    let out = folder.path().join("out");
    let data = write(folder.path(), "many.csv", &table(80));
    let more = ["--strategy", "first_k:retention=0.3", "--cluster", "thread", "--positive", "0"];
    let stdout = evaluate(&data, &out, &more).done();
    assert!(stdout.contains("intervals and tests over 20 clusters of column thread; few clusters"), "{stdout}");
    assert!(stdout.contains("class of interest (positive): "), "{stdout}");
    let metrics = read_json(&out, "metrics.json");
    assert_eq!((&metrics["clusters"], &metrics["cluster_column"]), (&20.into(), &"thread".into()), "told once");
    let overall = &metrics["strategies"][1]["overall"];
    for id in ["accuracy", "f1", "log_loss", "auc", "tpr"] {
        assert_eq!(overall["metrics"][id]["clusters"], 20, "{id}: {}", overall["metrics"][id]);
    }
    assert_eq!(overall["tests"][0]["test"], "sign-flip-clusters", "the test of whole clusters");
    let labels = metrics["labels"].as_array().unwrap();
    assert_eq!(metrics["positive"], labels[0], "the chosen class");

    let data = write(folder.path(), "few.csv", &table(32));
    let few = evaluate(&data, &folder.path().join("few"), &more).done();
    assert!(few.contains("with fewer than 10 no interval can be given"), "{few}");
    let accuracy =
        &read_json(&folder.path().join("few"), "metrics.json")["strategies"][1]["overall"]["metrics"]["accuracy"];
    assert!(accuracy["low"].is_null() && accuracy["value"].is_number(), "a value and no interval: {accuracy}");
    assert_eq!(accuracy["note"], "no interval: 8 clusters, at least 10 are needed", "and why");

    let unknown = ["--strategy", "first_k", "--positive", "spam"];
    let error = evaluate(&data, &folder.path().join("bad"), &unknown).error();
    assert!(error.contains("spam") && error.contains(labels[0].as_str().unwrap()), "the classes are listed: {error}");
}

#[test]
fn every_gap_has_an_interval_and_the_worst_group_needs_all_groups_judged() {
    let folder = tempfile::tempdir().unwrap();
    let row = |row: usize| {
        format!(
            "text number {row} is fine,{},{}\n",
            row % 2,
            if row < 12 {
                "rare"
            } else if row.is_multiple_of(3) {
                "a"
            } else {
                "b"
            }
        )
    };
    let data =
        write(folder.path(), "groups.csv", &format!("text,label,who\n{}", (0..200).map(row).collect::<String>()));
    let out = folder.path().join("out");
    let more = ["--strategy", "first_k:retention=0.3", "--group-by", "who", "--fail-if", "worst_group_drop>0.9"];
    let run = evaluate(&data, &out, &more);
    assert_eq!(run.code, Some(1), "a worst group that cannot be known fails its check: {}", run.stderr);
    assert!(run.stderr.contains("1 of 3 groups has fewer than 30 examples: rare (12)"), "{}", run.stderr);
    let gaps = &read_json(&out, "metrics.json")["strategies"][1]["gaps"][0];
    for gap in gaps["gaps"].as_array().unwrap() {
        for side in ["dense", "pruned", "change"] {
            for id in ["difference_to_overall", "difference_between", "ratio_between"] {
                let value = &gap[side][id];
                assert!(value["low"].is_number() || value["undefined"].is_string(), "{id} {side}: {value}");
            }
        }
        assert!(gap["pruned"]["lowest"]["undefined"].is_string(), "not given: {}", gap["pruned"]["lowest"]);
    }
    for side in ["dense", "pruned", "change"] {
        assert!(gaps["equalized_odds_difference"][side]["low"].is_number(), "equalized odds, {side}: {gaps}");
    }
}

#[test]
fn without_labels_agreement_with_dense_is_measured_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = "id,text,group,source\n".to_owned();
    for row in 0..80 {
        // The word that counts stands behind its opposite, where first_k does not look.
        let (word, other) = [("lovely", "awful"), ("dull", "great")][row % 2];
        let words = format!("Film {row} was said to be {other} but for the crowd it was anything but that: {word}");
        writeln!(text, "r{row},{words},{},t{}", ["men", "women"][row / 2 % 2], row % 16).unwrap();
    }
    let data = write(folder.path(), "bare.csv", &text);
    let out = folder.path().join("out");
    // The fixtures give every text the same class; the sample model tells them apart.
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_models/sentiment-minilm-l6").display().to_string();
    let (path, folder_of_results) = (data.display().to_string(), out.display().to_string());
    let evaluate = |more: &[&str]| {
        let args = ["evaluate", "--model", &model, "--data", &path, "--out", &folder_of_results, "--draws", "200"];
        let rest = ["--force", "--latency-rounds", "0", "--strategy", "first_k:retention=0.3", "--group-by", "group"];
        run(&[&args[..], &rest, &["--cluster", "source"], more].concat())
    };
    let done = evaluate(&[]).done();
    assert!(done.contains("agreement with dense [95%]") && done.contains("class changed"), "named: {done}");
    assert!(done.contains("that of dense is 1 by definition"), "and explained: {done}");
    let metrics = read_json(&out, "metrics.json");
    assert_eq!(metrics["main_measure"]["label"], "Agreement with dense", "in the file too");
    let overall = &metrics["strategies"][1]["overall"];
    let changed = overall["items_changed"].as_f64().unwrap();
    assert!(changed > 0.0, "first_k changes some");
    assert_eq!(overall["metrics"]["agreement"]["value"].as_f64(), Some(1.0 - changed / 80.0), "what did not change");
    let women = &metrics["strategies"][1]["groups"]["group"]["women"]["metrics"]["agreement"];
    assert!(women["value"].is_number(), "of groups as well: {women}");
    for name in ["metrics.json", "metrics.csv", "manifest.json"] {
        let text = std::fs::read_to_string(out.join(name)).unwrap();
        // The rules of verdicts are told in every manifest.
        let text = text.replace("tolerance set before looking (accuracy", "");
        assert!(!text.to_lowercase().contains("accuracy"), "{name} calls nothing accuracy");
    }
    assert!(!done.to_lowercase().contains("accuracy"), "neither does the table: {done}");
    let failed = evaluate(&["--fail-if", "agreement<1"]);
    assert_eq!(failed.code, Some(1), "a gate on agreement: {}", failed.stderr);
}
