//! `prunescope strategies`

use prunescope::pruning::registry;

use crate::support::fixture;
use crate::support::run;
use crate::support::write;

const FIRST_SET: [&str; 20] = [
    "dense",
    "random",
    "first_k",
    "stop_words",
    "power_bert",
    "length_adaptive",
    "ltp",
    "spatten",
    "entropy",
    "ats",
    "tome",
    "evit",
    "value_aware",
    "norm_based",
    "rollout",
    "acc",
    "zero_tprune",
    "ltmp",
    "idf",
    "formula",
];

#[test]
fn every_strategy_of_the_contract_is_listed_with_its_source() {
    let json = run(&["strategies", "--json"]).json();
    let strategies = json["strategies"].as_array().unwrap();
    for id in FIRST_SET {
        let strategy = strategies.iter().find(|strategy| strategy["id"] == id);
        let strategy = strategy.unwrap_or_else(|| panic!("{id} is missing"));
        for key in ["name", "summary", "formula", "paper", "default_spec"] {
            assert!(!strategy[key].as_str().unwrap().is_empty(), "{id} has a {key}");
        }
        let parsed = strategy["default_spec"].as_str().unwrap();
        assert!(parsed == id || parsed.starts_with(&format!("{id}:")), "the default spec names it: {parsed}");
    }
}

#[test]
fn the_shared_keys_have_the_defaults_of_the_contract() {
    let json = run(&["strategies", "--json"]).json();
    let power_bert = json["strategies"].as_array().unwrap().iter().find(|one| one["id"] == "power_bert").unwrap();
    let default = |name: &str| {
        let keys = power_bert["keys"].as_array().unwrap();
        keys.iter().find(|key| key["name"] == name).unwrap()["default"].clone()
    };
    assert_eq!(default("retention"), 0.5, "half of the tokens");
    assert_eq!(default("schedule"), "linear", "falling evenly");
    assert_eq!(default("start"), 1, "the first layer keeps all");
    assert_eq!(default("protect"), "special", "every special token stays");
    assert_eq!(default("retentions"), serde_json::Value::Null, "unset");
}

#[test]
fn the_text_names_them_too() {
    let stdout = run(&["strategies"]).done();
    for id in FIRST_SET {
        assert!(stdout.lines().any(|line| line.starts_with(&format!("{id} "))), "{id} has an entry");
    }
}

/// Every strategy at its defaults, and those with the shared keys with each of them that is not set by default.
fn every_spec() -> Vec<String> {
    let untrained = registry().iter().filter(|info| info.runs_untrained());
    let mut specs: Vec<String> = untrained.map(|info| info.id.to_owned()).collect();
    for info in registry().iter().filter(|info| info.keys.iter().any(|key| key.name == "mass")) {
        let settings =
            ["mass=0.8", "threshold=0.7,cap=0.6", "retention=0.4,budget=entropy", "mass=0.9,cap=0.5,budget=entropy"];
        specs.extend(settings.map(|settings| format!("{}:{settings}", info.id)));
    }
    specs
}

#[test]
fn every_strategy_runs_on_three_families_in_inspect_and_evaluate() {
    let specs = every_spec();
    let with_specs = |args: &[&str]| {
        let mut args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
        args.extend(specs.iter().flat_map(|spec| ["--strategy".to_owned(), spec.clone()]));
        run(&args.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let folder = tempfile::tempdir().unwrap();
    let data =
        "text,label\nthe film was not good at all but the end of it was,0\na fine film,1\nit was,1\nbad bad bad,0\n";
    let data = write(folder.path(), "data.csv", data).display().to_string();
    for family in ["bert", "roberta", "distilbert"] {
        let model = fixture(family);
        let text = "the film was not good at all, but the end of it was";
        let json = with_specs(&["inspect", "--model", &model, "--text", text, "--json"]).json();
        let strategies = json["strategies"].as_array().unwrap();
        assert_eq!(strategies.len(), specs.len(), "{family}: one result each");
        let layers = usize::try_from(json["model"]["layers"].as_u64().unwrap()).unwrap();
        for (strategy, spec) in strategies.iter().zip(&specs) {
            assert_eq!(strategy["layers"].as_array().unwrap().len(), layers, "{family}, {spec}: every layer");
            assert!(strategy["logits"].as_array().unwrap().iter().all(serde_json::Value::is_f64), "{family}, {spec}");
        }
        let out = folder.path().join(family).display().to_string();
        with_specs(&["evaluate", "--model", &model, "--data", &data, "--out", &out, "--draws", "200"]).done();
        let metrics = std::fs::read_to_string(folder.path().join(family).join("metrics.csv")).unwrap();
        for spec in &specs {
            let id = spec.split(':').next().unwrap();
            assert!(metrics.lines().any(|line| line.contains(id)), "{family}: {spec} has numbers");
        }
    }
}

#[test]
fn what_is_learned_is_said() {
    let json = run(&["strategies", "--json"]).json();
    for strategy in json["strategies"].as_array().unwrap() {
        let is_none = strategy["training"] == "none";
        assert!(
            is_none || ["optional", "required"].map(serde_json::Value::from).contains(&strategy["training"]),
            "{strategy}"
        );
        assert_eq!(strategy["learns"].is_null(), is_none, "what is learned, where something is: {strategy}");
        if strategy["score_only"] == true && strategy["id"] != "evit" {
            assert!(!is_none, "its paper trains: {strategy}");
        }
    }
}
