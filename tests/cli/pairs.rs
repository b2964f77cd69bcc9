//! Pairs of texts from a data file to the files of `evaluate`, and one pair through `inspect`.

use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;

use crate::evaluate::evaluate;
use crate::evaluate::read_json;
use crate::support::fixture;
use crate::support::run;
use crate::support::write;

const PAIRS: [(&str, &str, &str); 4] = [
    ("slow food", "a great doctor!", "negative"),
    ("it wasn't bad", "no ending, no food", "positive"),
    ("a quiet joy", "we had hoped for it", "positive"),
    ("what we had hoped for", "bad, bad, bad", "negative"),
];

fn file(folder: &Path, header: &str) -> PathBuf {
    let rows = PAIRS.map(|(first, second, label)| format!("\"{first}\",\"{second}\",{label}\n"));
    write(folder, "pairs.csv", &format!("{header}\n{}", rows.concat()))
}

fn inspect(more: &[&str]) -> Value {
    let model = fixture("bert");
    run(&[&["inspect", "--model", &model, "--json", "--strategy", "first_k:retention=0.5", "--text"], more].concat())
        .json()
}

#[test]
fn both_texts_of_a_pair_reach_the_model_and_the_document() {
    let json = inspect(&["slow food", "--text-pair", "a great doctor!"]);
    assert_eq!((&json["text"], &json["text_pair"]), (&"slow food".into(), &"a great doctor!".into()), "both texts");
    let tokens = json["tokens"].as_array().unwrap();
    let of = |segment: u64| tokens.iter().filter(move |token| token["segment"] == segment && token["special"] == false);
    assert!(of(0).count() >= 2 && of(1).count() >= 4, "tokens of each: {tokens:?}");
    let doctor = of(1).find(|token| token["piece"] == "doctor").expect("a word of the second text");
    assert_eq!((&doctor["start"], &doctor["end"]), (&8.into(), &14.into()), "bytes of the second text");
    let alone = inspect(&["slow food"]);
    assert_eq!(alone["text_pair"], Value::Null, "one text");
    assert_ne!(alone["dense"]["logits"], json["dense"]["logits"], "the second text counts");
}

#[test]
fn a_file_of_pairs_is_evaluated_as_pairs_whether_its_columns_are_found_or_named() {
    let folder = tempfile::tempdir().unwrap();
    let named = ["--text-column", "here", "--text-pair-column", "there"];
    let mut metrics = Vec::new();
    for (header, options, second) in [
        ("premise,hypothesis,label", &[][..], "hypothesis"),
        ("query,document,label", &[][..], "document"),
        ("here,there,label", &named[..], "there"),
    ] {
        let out = folder.path().join(second);
        let options = [&["--strategy", "first_k:retention=0.5"], options].concat();
        evaluate(&file(folder.path(), header), &out, &options).done();
        let manifest = read_json(&out, "manifest.json");
        assert_eq!(manifest["data"]["text_pair_column"], second, "{header}: the second text's column");
        metrics.push(read_json(&out, "metrics.json")["strategies"].clone());
    }
    assert_eq!(metrics[0], metrics[1], "found or found");
    assert_eq!(metrics[0], metrics[2], "found or named");
    let out = folder.path().join("alone");
    let alone = file(folder.path(), "text,note,label");
    evaluate(&alone, &out, &["--strategy", "first_k:retention=0.5"]).done();
    assert_ne!(read_json(&out, "metrics.json")["strategies"], metrics[0], "the first texts alone are something else");
}
