//! `prunescope strategies`

use crate::support::run;

const FIRST_SET: [&str; 13] = [
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
