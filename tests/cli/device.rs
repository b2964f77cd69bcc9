//! `--device`: where the model computes. A GPU is tried where the machine has one and the program was built for it.

use serde_json::Value;

use crate::evaluate::data;
use crate::evaluate::evaluate;
use crate::support::fixture;
use crate::support::run;

/// No word twice: families without absolute positions give equal words equal keys, and rounding decides which goes.
const TEXT: &str = "It wasn't bad, just not what we had hoped for.";

fn inspect(family: &str, device: &str) -> Value {
    let model = fixture(family);
    let specs = ["--strategy", "power_bert:retention=0.4", "--strategy", "tome:r=2", "--strategy", "evit"];
    run(&[&["inspect", "--model", &model, "--text", TEXT, "--json", "--device", device][..], &specs].concat()).json()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

/// The same kept tokens, merges and costs; logits within 1e-4.
#[track_caller]
fn assert_same(device: &str) {
    for family in ["bert", "deberta-v2", "modernbert"] {
        let (own, other) = (inspect(family, "cpu"), inspect(family, device));
        assert_eq!(own["tokens"], other["tokens"], "{family} on {device}: the same text");
        for (own, other) in own["strategies"].as_array().unwrap().iter().zip(other["strategies"].as_array().unwrap()) {
            let spec = &own["spec"];
            assert_eq!((spec, &own["macs"]), (&other["spec"], &other["macs"]), "{family} on {device}: cost");
            assert_eq!(own["removal"], other["removal"], "{family}, {spec} on {device}: badge");
            for (own, other) in own["layers"].as_array().unwrap().iter().zip(other["layers"].as_array().unwrap()) {
                assert_eq!(own["kept"], other["kept"], "{family}, {spec} on {device}: kept tokens");
                assert_eq!(own["merged"], other["merged"], "{family}, {spec} on {device}: merges");
            }
            for (own, other) in numbers(&own["logits"]).into_iter().zip(numbers(&other["logits"])) {
                assert!((own - other).abs() < 1e-4, "{family}, {spec} on {device}: logit {other}, here {own}");
            }
        }
    }
}

#[test]
fn candles_kernels_give_the_same_answers() {
    assert_same("candle");
}

#[test]
fn a_gpu_gives_the_same_answers_or_says_what_is_missing() {
    for (feature, is_built) in [("cuda", cfg!(feature = "cuda")), ("metal", cfg!(feature = "metal"))] {
        let attempt = run(&["inspect", "--model", &fixture("bert"), "--text", TEXT, "--device", feature]);
        if attempt.code == Some(0) {
            assert!(is_built, "{feature} answers though it was not built in");
            assert_same(feature);
            continue;
        }
        let error = attempt.error();
        if is_built {
            assert!(error.contains(&format!("cannot use device {feature}:0")), "names the device: {error}");
        } else {
            assert!(error.contains(&format!("built without {feature}")), "names the feature: {error}");
            assert!(error.contains(&format!("--features {feature}")), "and how to get it: {error}");
        }
    }
}

#[test]
fn an_unknown_device_is_an_error_that_names_the_known_ones() {
    let error = run(&["inspect", "--text", TEXT, "--device", "gpu"]).error();
    assert!(error.contains("unknown device \"gpu\"") && error.contains("cuda:N"), "got {error}");
}

#[test]
fn eight_bits_are_for_our_own_kernels() {
    let model = fixture("bert");
    let typed = ["inspect", "--model", &model, "--text", TEXT, "--device", "candle", "--precision", "int8"];
    let error = run(&typed).error();
    assert!(error.contains("int8 runs on cpu only"), "got {error}");
}

#[test]
fn results_say_where_they_were_computed() {
    let folder = tempfile::tempdir().unwrap();
    let model = fixture("bert");
    let out = folder.path().join("out");
    evaluate(&data(folder.path()), &out, &["--strategy", "ltp", "--device", "candle"]).done();
    let manifest = std::fs::read_to_string(out.join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["model"]["device"], "candle", "the manifest");
    let shape = ["--tokens", "12", "--batch", "2", "--rounds", "1", "--strategy", "first_k", "--json"];
    let bench = |device| run(&[&["bench", "--model", &model, "--device", device], &shape[..]].concat()).json();
    for device in ["cpu", "candle"] {
        assert_eq!(bench(device)["machine"]["device"], device, "the machine's description");
    }
}
