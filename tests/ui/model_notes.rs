//! What a checkpoint's files disagree on is seen where the model is named.

use prunescope::app::ViewKind;
use prunescope::app::WindowOptions;

use crate::eyes_and_hands::shows;
use crate::plots_support::open;
use crate::plots_support::settle;

#[test]
fn what_the_files_of_a_checkpoint_disagree_on_stands_under_the_model() {
    let fixture = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bert");
    let folder = tempfile::tempdir().expect("a folder for the test");
    for entry in std::fs::read_dir(&fixture).expect("the fixture") {
        let entry = entry.expect("a file of the fixture");
        std::fs::copy(entry.path(), folder.path().join(entry.file_name())).expect("a copy");
    }
    let window = |folder: &std::path::Path| {
        let options = WindowOptions {
            view: Some(ViewKind::Inspect),
            model: Some(folder.to_owned()),
            text: Some("a good film".to_owned()),
            strategies: vec!["first_k:retention=0.5".to_owned()],
            ..WindowOptions::default()
        };
        let mut harness = open(options, [1280.0, 800.0]);
        settle(&mut harness);
        harness
    };
    let note = "names the architecture \"BertModel\"";
    assert!(!shows(&window(folder.path()), note), "files that agree need no words");
    let path = folder.path().join("config.json");
    let text = std::fs::read_to_string(&path).expect("a configuration");
    let mut config: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    config["architectures"] = serde_json::json!(["BertModel"]);
    std::fs::write(&path, config.to_string()).expect("a configuration");
    assert!(shows(&window(folder.path()), note), "the disagreement in words");
}
