//! What a checkpoint's files disagree on is seen where the model is named, and what it cannot compute where its prediction
//! would stand.

use egui_kittest::Harness;
use prunescope::app::WindowOptions;

use crate::eyes_and_hands::shows;
use crate::plots_support::Window;
use crate::plots_support::open;
use crate::plots_support::settle;
use crate::view;

/// A copy of the BERT fixture that may be changed.
fn copied() -> tempfile::TempDir {
    let fixture = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bert");
    let folder = tempfile::tempdir().expect("a folder for the test");
    for entry in std::fs::read_dir(&fixture).expect("the fixture") {
        let entry = entry.expect("a file of the fixture");
        std::fs::copy(entry.path(), folder.path().join(entry.file_name())).expect("a copy");
    }
    folder
}

fn window(folder: &std::path::Path) -> Harness<'static, Window> {
    let options = WindowOptions {
        view: Some(view("inspect")),
        model: Some(folder.to_owned()),
        text: Some("a good film".to_owned()),
        strategies: vec!["first_k:retention=0.5".to_owned()],
        ..WindowOptions::default()
    };
    let mut harness = open(options, [1280.0, 800.0]);
    settle(&mut harness);
    harness
}

#[test]
fn a_dense_run_that_fails_is_not_waited_for() {
    let folder = copied();
    let path = folder.path().join("model.safetensors");
    let mut bytes = std::fs::read(&path).expect("weights");
    let length: [u8; 8] = bytes[..8].try_into().expect("eight bytes");
    let start = 8 + usize::try_from(u64::from_le_bytes(length)).expect("short");
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..start]).expect("a header");
    let offsets = &header["bert.encoder.layer.1.output.dense.weight"]["data_offsets"];
    let place = |index: usize| start + usize::try_from(offsets[index].as_u64().expect("a place")).expect("near");
    // So large that no 32-bit float holds what the product gives.
    for value in bytes[place(0)..place(1)].as_chunks_mut::<4>().0 {
        *value = 3e38_f32.to_le_bytes();
    }
    std::fs::write(&path, bytes).expect("weights");
    let harness = window(folder.path());
    assert!(shows(&harness, "expected finite numbers from the feed-forward block of layer 2"), "the reason");
    assert!(!shows(&harness, "Waiting for the dense run"), "nothing is waited for");
}

#[test]
fn what_the_files_of_a_checkpoint_disagree_on_stands_under_the_model() {
    let folder = copied();
    let note = "names the architecture \"BertModel\"";
    assert!(!shows(&window(folder.path()), note), "files that agree need no words");
    let path = folder.path().join("config.json");
    let text = std::fs::read_to_string(&path).expect("a configuration");
    let mut config: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    config["architectures"] = serde_json::json!(["BertModel"]);
    std::fs::write(&path, config.to_string()).expect("a configuration");
    assert!(shows(&window(folder.path()), note), "the disagreement in words");
}
