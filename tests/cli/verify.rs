//! `prunescope verify`

use crate::support::fixture;
use crate::support::run;
use crate::support::write;

#[test]
fn one_line_for_people_and_a_document_for_programs() {
    let line = run(&["verify", "--model", &fixture("bert")]).done();
    assert!(line.starts_with("agrees with candle-transformers") && line.lines().count() == 1, "{line}");
    let json = run(&["verify", "--model", &fixture("bert"), "--json"]).json();
    assert_eq!(json["schema"], 1, "the schema's number");
    assert!(json["reference"].as_str().unwrap().starts_with("candle-transformers "), "{}", json["reference"]);
    assert_eq!((json["texts"].as_u64(), json["same_predictions"].as_u64()), (Some(16), Some(16)), "every text");
    let difference = json["max_logit_difference"].as_f64().unwrap();
    assert!(difference < 1e-5, "{difference}");
}

#[test]
fn own_texts_are_compared_and_an_empty_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let texts = write(folder.path(), "texts.txt", "a good doctor\n\nno food\n");
    let model = fixture("roberta");
    let args =
        |path: &std::path::Path| run(&["verify", "--model", &model, "--json", "--texts", &path.display().to_string()]);
    assert_eq!(args(&texts).json()["texts"], 2, "one a line");
    let error = args(&write(folder.path(), "empty.txt", "\n")).error();
    assert!(error.contains("expected at least one text"), "{error}");
}

#[test]
fn a_difference_is_a_failed_check_and_a_missing_family_an_error() {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(fixture("modernbert")).unwrap().map(Result::unwrap) {
        std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    let config = std::fs::read_to_string(folder.path().join("config.json")).unwrap();
    let mut config: serde_json::Value = serde_json::from_str(&config).unwrap();
    config["layer_norm_eps"] = serde_json::json!(0.5);
    write(folder.path(), "config.json", &config.to_string());
    let found = run(&["verify", "--model", &folder.path().display().to_string()]);
    assert_eq!(found.code, Some(1), "a stated check failed: {}", found.stderr);
    assert!(found.stdout.starts_with("DIFFERS from candle-transformers"), "{}", found.stdout);
    let error = run(&["verify", "--model", &fixture("albert")]).error();
    assert!(error.contains("has no ALBERT"), "{error}");
}
