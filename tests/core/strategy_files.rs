//! Settings from files: known by content, never by path, and refused with the file's name.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use crate::strategy_support::drawn_evidence;
use crate::strategy_support::follow;
use crate::strategy_support::shape;
use crate::strategy_support::text;
use prunescope::pruning::Artifact;
use prunescope::pruning::KeyKind;
use prunescope::pruning::StrategySpec;
use prunescope::pruning::Value;
use prunescope::pruning::registry;
use tempfile::TempDir;

/// A folder with a file of this content.
fn file(name: &str, content: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    fs::write(&path, content).expect("a file");
    (folder, path)
}

fn spec_of(key: &str, path: &Path) -> StrategySpec {
    let text = format!("{key}=@{}", path.display());
    StrategySpec::parse(&text).unwrap_or_else(|err| panic!("{text}: {err}"))
}

fn message(spec: &str) -> String {
    StrategySpec::parse(spec).map_or_else(|err| err.to_string(), |spec| panic!("{spec} was read"))
}

#[test]
fn a_file_means_what_its_numbers_mean_written_out() {
    let table = [
        ("power_bert:retentions", "[1,0.8,0.6,0.3]"),
        ("evit:retentions", "[1,0.8,0.6,0.3]"),
        ("ltp:deltas", "[0,0.1,0.15,0.2]"),
        ("ltp:thresholds", "[0,0.1,0.2,0.25]"),
    ];
    for (key, numbers) in table {
        let name = key.split(':').next_back().expect("a key");
        let shape = shape(4, 3);
        let steps = |spec: &StrategySpec| {
            let pruner = spec.build(&shape).unwrap_or_else(|err| panic!("{spec}: {err}"));
            follow(&*pruner, &text(9), 4, |layer, rows| drawn_evidence(5, 3, layer, rows))
        };
        let expected = steps(&StrategySpec::parse(&format!("{key}={numbers}")).expect("a spec"));
        for content in [numbers.to_owned(), format!("{{\"schema\": 1, \"{name}\": {numbers}, \"accuracy\": 0.9}}")] {
            let (_folder, path) = file("policy.json", &content);
            assert_eq!(steps(&spec_of(key, &path)), expected, "{key} from {content}");
        }
    }
}

#[test]
fn learned_thresholds_take_the_place_of_the_rising_one() {
    let steps = |settings: &str| {
        let pruner = StrategySpec::parse(&format!("ltp:{settings}")).expect("a spec").build(&shape(4, 3)).expect("it");
        follow(&*pruner, &text(9), 4, |layer, rows| drawn_evidence(5, 3, layer, rows))
    };
    assert_eq!(steps("thresholds=[0,0.1,0.2,0.3]"), steps("theta_final=0.4"), "theta_final times l / 4");
    assert!(message("ltp:thresholds=[0],theta_final=0.1").contains("replaces \"theta_final\""), "one or the other");
}

#[test]
fn specs_know_files_by_content() {
    let (_one, first) = file("policy.json", "[1, 0.5]");
    let (_two, second) = file("other name, with [signs].json", "[1, 0.5]");
    let (_three, third) = file("policy.json", "[1, 0.4]");
    let spec = spec_of("power_bert:retentions", &first);
    let artifact = Artifact::read(&first).expect("a file");
    let hash = artifact.sha256();
    assert_eq!(hash.len(), 64, "SHA-256 in hex");
    assert_eq!(
        spec.to_string(),
        format!("power_bert:retentions=@sha256:{},protect=special,exclude_diagonal=true", &hash[..16]),
        "the canonical text has the content and no path"
    );
    let quoted = StrategySpec::parse(&format!("power_bert:retentions=@\"{}\",protect=special", second.display()));
    let quoted = quoted.expect("a path in quotes");
    assert_eq!(quoted, spec, "the same content at another path is the same run");
    assert_ne!(spec_of("power_bert:retentions", &third), spec, "other content is another");
    for spec in [spec, quoted] {
        assert_eq!(StrategySpec::parse(&spec.with_paths()).expect("with paths"), spec, "{}", spec.with_paths());
    }
}

#[test]
fn a_file_that_does_not_serve_is_named() {
    let says = |content: &str, expected: &str| {
        let (_folder, path) = file("numbers.json", content);
        let got = message(&format!("evit:retentions=@{}", path.display()));
        assert!(got.contains(expected) && got.contains("numbers.json"), "{content}: {got:?} does not say {expected:?}");
    };
    says("[1, 0.5", "key \"retentions\": the file is no JSON");
    says("{\"thresholds\": [1]}", "got an object without \"retentions\"");
    says("[1, 0]", "each above 0 and at most 1, alone or as \"retentions\", got 0 for layer 1");
    says("[1, \"a\"]", "got \"a\" for layer 1");
    says("[]", "got an empty list");
    says("7", "got something else");
    assert!(message("evit:retentions=@no/such.json").contains("no/such.json"), "a file that is not there");
    let unknown = message("evit:retentions=@sha256:0123456789abcdef");
    assert!(unknown.contains("no file with the content sha256:0123456789abcdef"), "{unknown}");
    let (_folder, path) = file("numbers.json", "[1, 0.5]");
    let error = spec_of("evit:retentions", &path).build(&shape(6, 2)).expect_err("two numbers for six layers");
    let error = error.to_string();
    assert!(error.contains("6 for this model, got 2") && error.contains("numbers.json"), "{error}");
}

#[test]
fn a_policy_names_files_beside_it() {
    let policy = r#"{"schema": 1, "spec": "ltp:thresholds=@policy.json", "thresholds": [0, 0.01, 0.02]}"#;
    let (folder, path) = file("policy.json", policy);
    let written = format!("@{}", folder.path().display());
    let spec = StrategySpec::parse_or_read(&written).expect("a policy that holds its own thresholds");
    assert_eq!(spec, spec_of("ltp:thresholds", &path), "by content");
    assert_eq!(spec.file_records()[0].key, "thresholds", "the key");
    assert!(Path::new(&spec.file_records()[0].path).is_absolute(), "found from any folder");
}

#[test]
fn every_list_of_every_strategy_takes_a_file_and_nothing_else_does() {
    let (_folder, path) = file("numbers.json", "[1, 1]");
    for info in registry().iter().filter(|info| info.runs_untrained()) {
        let spec = StrategySpec::default_for(info.id).expect("a strategy");
        for key in &info.keys {
            let value = Value::File(Artifact::read(&path).expect("a file"));
            let takes =
                matches!(key.kind, KeyKind::FloatPerLayer { .. } | KeyKind::FloatOrPerLayer { .. } | KeyKind::Corpus);
            assert_eq!(key.kind.takes_file(), takes, "{}: {}", info.id, key.name);
            assert_eq!(key.kind.help().contains("@FILE"), takes, "{}: {} says so", info.id, key.name);
            let set = spec.with(key.name, value);
            assert_eq!(set.is_ok(), takes, "{}: {}", info.id, key.name);
            if let Ok(set) = set {
                assert!(set.build(&shape(2, 2)).is_ok(), "{}: {} builds", info.id, key.name);
                assert_eq!(set.files().count(), 1, "{}: {} has its file", info.id, key.name);
            }
        }
    }
}
