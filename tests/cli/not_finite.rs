//! A checkpoint whose numbers overflow: no prediction, but where, on which text, and what to do.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::fixture;
use crate::support::run;

/// A copy of the BERT fixture, the second layer's last product so large that no 32-bit float holds what it gives.
fn overflowing(folder: &Path) -> String {
    let source = fixture("bert");
    for file in ["config.json", "tokenizer.json", "tokenizer_config.json"] {
        fs::copy(Path::new(&source).join(file), folder.join(file)).expect("the fixture is copied");
    }
    let mut bytes = fs::read(Path::new(&source).join("model.safetensors")).expect("the fixture has weights");
    let length: [u8; 8] = bytes[..8].try_into().expect("eight bytes");
    let start = 8 + usize::try_from(u64::from_le_bytes(length)).expect("short");
    let header: Value = serde_json::from_slice(&bytes[8..start]).expect("a header");
    let offsets = &header["bert.encoder.layer.1.output.dense.weight"]["data_offsets"];
    let place = |index: usize| start + usize::try_from(offsets[index].as_u64().expect("a place")).expect("near");
    let values = &mut bytes[place(0)..place(1)];
    for value in values.as_chunks_mut::<4>().0 {
        *value = 3e38_f32.to_le_bytes();
    }
    fs::write(folder.join("model.safetensors"), bytes).expect("written");
    folder.display().to_string()
}

#[test]
fn a_model_that_overflows_has_no_answer_on_any_path() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = overflowing(folder.path());
    let data = folder.path().join("two.csv");
    fs::write(&data, "id,text,label\na1,the food was great,positive\nb2,the food,negative\n").expect("written");
    let (data, out) = (data.display().to_string(), folder.path().join("out").display().to_string());
    let place = "expected finite numbers from the feed-forward block of layer 2";
    for more in [&["--precision", "int8"][..], &["--device", "candle"], &[]] {
        let args =
            [&["inspect", "--model", &model, "--text", "the food was great", "--strategy", "ltp"], more].concat();
        let stderr = run(&args).error();
        assert!(stderr.contains(place) && stderr.contains("get the checkpoint anew"), "{more:?}: {stderr}");
    }
    let evaluate = ["evaluate", "--model", &model, "--data", &data, "--strategy", "ltp", "--out", &out];
    let stderr = run(&evaluate).error();
    assert!(stderr.contains(place) && stderr.contains("on the text with id \"a1\""), "{stderr}");
    let stderr = run(&["bench", "--model", &model, "--tokens", "8", "--batch", "2", "--strategy", "ltp"]).error();
    assert!(stderr.contains(place), "{stderr}");
}
