//! `prunescope inspect`

use serde_json::Value;
use serde_json::json;

use crate::support::fixture;
use crate::support::run;
use crate::support::run_with_input;
use crate::support::write;

const TEXT: &str = "It wasn't bad, it just wasn't what we had hoped for: slow food, great doctor!";

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn positions(value: &Value) -> Vec<u64> {
    value.as_array().unwrap().iter().map(|position| position.as_u64().unwrap()).collect()
}

#[test]
fn the_document_has_every_field_of_the_contract() {
    let model = fixture("bert");
    let args = ["inspect", "--model", &model, "--text", TEXT, "--json", "--strategy"];
    let json = run(&[&args[..], &["power_bert:retention=0.4", "--strategy", "tome:r=3"]].concat()).json();
    assert_eq!(json["schema"], 1, "the schema's number");
    assert_eq!(json["text"], TEXT, "the text as given");
    assert_eq!(json["model"]["path"], model, "the folder");
    let described =
        json!([json["model"]["family"], json["model"]["layers"], json["model"]["hidden"], json["model"]["heads"]]);
    assert_eq!(described, json!(["bert", 3, 32, 4]), "what config.json says");
    assert_eq!(json["model"]["labels"], json!(["negative", "positive"]), "classes in order");
    let tokens = json["tokens"].as_array().unwrap();
    assert_eq!(tokens.len(), 25, "as many as the reference has");
    assert_eq!(tokens[5]["piece"], "bad", "the reference's token");
    assert_eq!((tokens[5]["start"].as_u64(), tokens[5]["end"].as_u64()), (Some(10), Some(13)), "byte offsets");
    assert_eq!((&tokens[0]["special"], &tokens[5]["special"]), (&json!(true), &json!(false)), "special tokens");
    for key in ["logits", "probabilities", "prediction", "macs", "flops"] {
        assert!(keys(&json["dense"]).contains(&key), "dense has {key}");
    }
    let strategies = json["strategies"].as_array().unwrap();
    assert_eq!(strategies.len(), 2, "one entry for each --strategy");
    for strategy in strategies {
        for key in ["spec", "removal", "logits", "probabilities", "prediction", "macs", "flops", "layers"] {
            assert!(keys(strategy).contains(&key), "a strategy has {key}");
        }
        assert_eq!(strategy["flops"], 2 * strategy["macs"].as_u64().unwrap(), "two operations each");
        assert_eq!(strategy["layers"].as_array().unwrap().len(), 3, "one entry for each layer");
    }
    assert_eq!((&strategies[0]["removal"], &strategies[1]["removal"]), (&json!("removed"), &json!("merged")), "badges");
    assert!(strategies[0]["spec"].as_str().unwrap().starts_with("power_bert:retention=0.4,"), "every key written out");
}

#[test]
fn layers_follow_one_another_and_the_cost_adds_up() {
    let args =
        ["inspect", "--model", &fixture("bert"), "--text", TEXT, "--json", "--strategy", "power_bert:retention=0.4"];
    let json = run(&args).json();
    let layers = json["strategies"][0]["layers"].as_array().unwrap();
    // d = 32, d_ff = 56; head: one row through 32 x 32 and 32 x 2.
    let expected_macs =
        |attended: u64, kept: u64| 4 * attended * 32 * 32 + 2 * attended * attended * 32 + 2 * kept * 32 * 56;
    let mut total = 32 * 32 + 32 * 2;
    let mut alive: Vec<u64> = (0..25).collect();
    for (index, layer) in layers.iter().enumerate() {
        assert_eq!(layer["layer"], index, "layers count from 0");
        assert_eq!(positions(&layer["attended"]), alive, "layer {index} attends what the one before kept");
        assert_eq!(layer["importance"].as_array().unwrap().len(), alive.len(), "one score each");
        let kept = positions(&layer["kept"]);
        assert_eq!(layer["macs"], expected_macs(alive.len() as u64, kept.len() as u64), "counted by hand");
        total += layer["macs"].as_u64().unwrap();
        alive = kept;
    }
    assert_eq!(alive.len(), 10, "ceil(0.4 * 25) after the last layer");
    assert_eq!(json["strategies"][0]["macs"], total, "layers and head");
}

#[test]
fn scores_are_null_where_a_strategy_computes_none() {
    let args = ["inspect", "--model", &fixture("bert"), "--text", TEXT, "--json", "--strategy", "dense"];
    let json = run(&args).json();
    let layer = &json["strategies"][0]["layers"][0];
    assert_eq!(layer["importance"], Value::Array(vec![Value::Null; 25]), "one null for each attended token");
    assert_eq!(json["strategies"][0]["removal"], "none", "nothing went");
    assert_eq!(json["strategies"][0]["logits"], json["dense"]["logits"], "dense is dense");
}

#[test]
fn merged_groups_stand_only_where_tokens_were_merged() {
    let (model, specs) = (fixture("bert"), ["--strategy", "tome:r=2,start=1", "--strategy", "power_bert"]);
    let json = run(&[&["inspect", "--model", &model, "--text", TEXT, "--json"], &specs[..]].concat()).json();
    let has_merged = |strategy: usize, layer: usize| {
        let layer = &json["strategies"][strategy]["layers"][layer];
        layer.get("merged").map(|groups| groups.as_array().unwrap().len())
    };
    assert_eq!(has_merged(0, 0), None, "no key before the first merge");
    assert!(has_merged(0, 1).is_some_and(|groups| groups > 0), "groups where pairs merge");
    assert_eq!([has_merged(1, 0), has_merged(1, 2)], [None, None], "no key where tokens are only removed");
}

#[test]
fn the_text_comes_from_a_file_or_from_standard_input_too() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "text.txt", "no ending\n").display().to_string();
    let model = fixture("bert");
    let from_file = run(&["inspect", "--model", &model, "--text-file", &file, "--json"]).json();
    assert_eq!(from_file["text"], "no ending", "without the line break at the end");
    let from_input = run_with_input(&["inspect", "--model", &model, "-", "--json"], "no ending\r\n").json();
    assert_eq!(from_input, from_file, "the same text gives the same document");
    let typed = run(&["inspect", "--model", &model, "--text", "no ending", "--json"]).json();
    assert_eq!(typed, from_file, "and so does --text");
}

#[test]
fn empty_texts_and_texts_of_special_tokens_are_inspected() {
    for text in ["", "[CLS] [SEP]", "-- dashes"] {
        let args = ["inspect", "--model", &fixture("bert"), "--text", text, "--strategy", "ltp", "--json"];
        let run = run(&args);
        let is_told = run.stderr.contains("no words, only special tokens");
        assert_eq!(is_told, text != "-- dashes", "{text:?} says it if there is nothing to read: {}", run.stderr);
        let json = run.json();
        assert!(json["tokens"].as_array().unwrap().len() >= 2, "{text:?} has its special tokens");
    }
}

#[test]
fn long_texts_are_cut_and_it_is_said() {
    let text = "food ".repeat(100);
    let run = run(&["inspect", "--model", &fixture("bert"), "--text", &text, "--json"]);
    assert!(run.stderr.contains("102 tokens, the model reads the first 64"), "told on stderr: {}", run.stderr);
    let json = run.json();
    assert_eq!(
        (json["truncated"].as_bool(), json["full_length"].as_u64()),
        (Some(true), Some(102)),
        "and in the document"
    );
    assert_eq!(json["tokens"].as_array().unwrap().len(), 64, "as long as the position table");
}

#[test]
fn without_json_a_picture_for_the_terminal_is_drawn() {
    let args = ["inspect", "--model", &fixture("bert"), "--text", TEXT, "--strategy", "first_k:retention=0.4"];
    let stdout = run(&args).done();
    assert!(stdout.contains("first_k:retention=0.4") && stdout.contains("kept 10/25 removed"), "the header: {stdout}");
    let last = stdout.lines().last().unwrap();
    assert!(last.contains("It wasn't bad, it") && last.contains('\u{2591}'), "what stays and what is gone: {last}");
    assert!(!stdout.contains('\u{1b}'), "no escape codes into a pipe");
}

#[test]
fn bad_input_ends_with_exit_code_2_and_says_what_there_is() {
    let model = fixture("bert");
    let with_model = |rest: &[&str]| run(&[&["inspect", "--model", &model], rest].concat()).error();
    let unknown = with_model(&["--text", "x", "--strategy", "powerbert"]);
    assert!(unknown.contains("power_bert") && unknown.contains("tome"), "known ones and the nearest: {unknown}");
    let key = with_model(&["--text", "x", "--strategy", "power_bert:retentoin=0.4"]);
    assert!(key.contains("\"retention\""), "the nearest key: {key}");
    let layers = with_model(&["--text", "x", "--strategy", "power_bert:retentions=[1,0.5]"]);
    assert!(layers.contains('3') && layers.contains('2'), "layers expected and got: {layers}");
    let missing = with_model(&["--text-file", "/nowhere/text.txt"]);
    assert!(missing.trim_end().contains("/nowhere/text.txt"), "the path: {missing}");
    let no_text = with_model(&[]);
    assert!(no_text.contains("--text"), "how to give one: {no_text}");
    let no_model = run(&["inspect", "--model", "/nowhere", "--text", "x"]).error();
    assert!(no_model.contains("/nowhere"), "the folder: {no_model}");
}

#[test]
fn a_file_that_a_setting_names_is_told_by_content_and_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "learned.json", "{\"schema\": 1, \"retentions\": [1, 0.6, 0.4]}");
    let path = path.display().to_string();
    let strategy = format!("power_bert:retentions=@{path}");
    let args = ["inspect", "--model", &fixture("bert"), "--text", TEXT, "--json", "--strategy", &strategy];
    let json = run(&[&args[..], &["--strategy", "power_bert:retentions=[1,0.6,0.4]"]].concat()).json();
    let [file, list] = [0, 1].map(|index| &json["strategies"][index]);
    assert_eq!(file["layers"], list["layers"], "the same run as with the numbers written out");
    let entry = &file["files"][0];
    let sha256 = entry["sha256"].as_str().unwrap();
    assert_eq!((entry["key"].as_str(), entry["path"].as_str()), (Some("retentions"), Some(&*path)), "where it lies");
    assert!(file["spec"].as_str().unwrap().contains(&format!("retentions=@sha256:{}", &sha256[..16])), "what it holds");
    assert_eq!(list["files"], Value::Null, "no files, no word of them");
    let missing = run(&["inspect", "--text", TEXT, "--strategy", "power_bert:retentions=@gone.json"]).error();
    assert!(missing.contains("gone.json"), "{missing}");
}

#[test]
fn a_formula_is_marked_under_the_character_that_is_wrong() {
    let model = fixture("bert");
    let args = |spec: &str| run(&["inspect", "--model", &model, "--text", TEXT, "--json", "--strategy", spec]);
    let error = args("formula:score=\"column_mean * valu_norm\",retention=0.4").error();
    let lines: Vec<&str> = error.lines().collect();
    assert!(lines[0].contains("there is no vector valu_norm; did you mean value_norm?"), "{error}");
    assert_eq!(lines[1..], ["  column_mean * valu_norm", "                ^^^^^^^^^"], "the place");
    let json = args("formula:score=\"column_mean * value_norm - 0.1*diagonal\",retention=0.4").json();
    let spec = json["strategies"][0]["spec"].as_str().unwrap();
    assert!(spec.contains("score=\"column_mean * value_norm - 0.1*diagonal\""), "the formula in full: {spec}");
    let kept = json["strategies"][0]["layers"].as_array().unwrap().last().unwrap()["kept"].as_array().unwrap().len();
    assert_eq!(kept, 10, "ceil(0.4 * 25) after the last layer");
}
