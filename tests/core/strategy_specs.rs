//! Strategies as written: parsing, canonical form, errors, policies, and the registry itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::strategy_support::shape;
use crate::support::cases;
use proptest::prelude::*;
use prunescope::pruning::Error;
use prunescope::pruning::Formula;
use prunescope::pruning::KeyKind;
use prunescope::pruning::StrategyFamily;
use prunescope::pruning::StrategySpec;
use prunescope::pruning::Value;
use prunescope::pruning::registry;

fn canonical(text: &str) -> String {
    StrategySpec::parse(text).unwrap_or_else(|err| panic!("{text}: {err}")).to_string()
}

fn message(text: &str) -> String {
    match StrategySpec::parse(text) {
        Ok(spec) => panic!("{text} was read as {spec}"),
        Err(err) => err.to_string(),
    }
}

#[test]
fn the_canonical_form_writes_every_key_out() {
    let table = [
        ("dense", "dense"),
        ("power_bert", "power_bert:retention=0.5,schedule=linear,start=1,protect=special,exclude_diagonal=true"),
        (
            " power_bert: protect = cls ,retention=1 ",
            "power_bert:retention=1,schedule=linear,start=1,protect=cls,exclude_diagonal=true",
        ),
        (
            "power_bert:retentions=[1, 0.9,7e-1]",
            "power_bert:retentions=[1,0.9,0.7],protect=special,exclude_diagonal=true",
        ),
        ("ltp", "ltp:theta_final=0.01,divisor=128,protect=none,removal=gather"),
        (
            "ltp:divisor=alive,deltas=[0,-0.5]",
            "ltp:theta_final=0.01,deltas=[0,-0.5],divisor=alive,protect=none,removal=gather",
        ),
        ("tome", "tome:inflect=0,start=0,proportional=true,protect=special"),
        ("tome:r=3", "tome:r=3,inflect=0,start=0,proportional=true,protect=special"),
        ("ats", "ats:levels=0.5,floor=8,start=1,protect=cls"),
        ("stop_words", "stop_words:list=bundled"),
        (
            "random:seed=18446744073709551615",
            "random:retention=0.5,schedule=linear,start=1,protect=special,seed=18446744073709551615",
        ),
        (
            "entropy:axis=column",
            "entropy:retention=0.5,schedule=linear,start=1,protect=special,order=1,axis=column,direction=keep_low,\
             combine=none,normalize=true",
        ),
        (
            "spatten",
            "spatten:retention=0.5,schedule=linear,start=1,protect=special,accumulate=true,paper_schedule=false",
        ),
        ("evit:fuse=false", "evit:retention=0.5,schedule=linear,start=1,protect=special,fuse=false"),
        (
            "length_adaptive",
            "length_adaptive:retention=0.5,schedule=linear,start=1,protect=special,exclude_diagonal=false,restore=true",
        ),
    ];
    for (written, expected) in table {
        assert_eq!(canonical(written), expected, "{written:?}");
        assert_eq!(canonical(expected), expected, "the canonical form is its own");
    }
}

#[test]
fn errors_name_the_key_what_was_expected_and_what_was_given() {
    let table = [
        ("power_bret", "unknown strategy \"power_bret\" (did you mean \"power_bert\"?); known ones are dense, random,"),
        ("xyzzy", "unknown strategy \"xyzzy\"; known ones are dense"),
        ("", "unknown strategy \"\"; known"),
        (
            "tome:rr=3",
            "tome: unknown key \"rr\" (did you mean \"r\"?); known ones are r, inflect, start, proportional, protect",
        ),
        ("dense:retention=0.5", "dense: unknown key \"retention\"; it takes no settings"),
        ("ltp:theta_final", "ltp: expected key=value, got \"theta_final\""),
        ("ltp:", "ltp: expected key=value, got \"\""),
        ("ltp:theta_final=0.1,theta_final=0.2", "ltp: key \"theta_final\" is given twice"),
        ("evit:retention=0", "evit: key \"retention\" expects a number above 0 and at most 1, got \"0\""),
        ("evit:retention=half", "expects a number above 0 and at most 1, got \"half\""),
        ("evit:schedule=cubic", "key \"schedule\" expects linear | geometric | constant | step, got \"cubic\""),
        ("evit:start=-1", "key \"start\" expects a whole number from 0 to 127, got \"-1\""),
        ("random:seed=x", "key \"seed\" expects a whole number of at least 0, got \"x\""),
        ("evit:fuse=maybe", "key \"fuse\" expects true or false, got \"maybe\""),
        ("ltp:divisor=0", "key \"divisor\" expects alive | a positive whole number, got \"0\""),
        ("evit:retentions=[1,0]", "one number a layer in brackets, each above 0 and at most 1, got \"[1,0]\""),
        ("evit:retentions=[1,0.5", "got \"[1,0.5\""),
        ("ltp:deltas=[2]", "one number a layer in brackets, each from -1 to 1, got \"[2]\""),
        ("evit:retention=0.5,retentions=[1]", "evit: key \"retentions\" replaces \"retention\"; give one of them"),
        ("evit:retentions=[1],start=2", "evit: key \"retentions\" replaces \"start\"; give one of them"),
    ];
    for (written, expected) in table {
        let got = message(written);
        assert!(got.contains(expected), "{written:?}: {got:?} does not say {expected:?}");
    }
}

#[test]
fn lists_must_fit_the_model() {
    let build = |text: &str| StrategySpec::parse(text).unwrap().build(&shape(6, 2)).err().map(|err| err.to_string());
    assert_eq!(build("evit:retentions=[1,0.9,0.8,0.7,0.6,0.5]"), None, "six numbers for six layers");
    let expected = "evit: key \"retentions\" needs one number a layer, 6 for this model, got 2";
    assert_eq!(build("evit:retentions=[1,0.5]").as_deref(), Some(expected), "two numbers");
    let expected = "ltp: key \"deltas\" needs one number a layer, 6 for this model, got 1";
    assert_eq!(build("ltp:deltas=[0]").as_deref(), Some(expected), "one number");
    let expected = "spatten: key \"paper_schedule\" replaces \"retentions\"; give one of them";
    let both = "spatten:paper_schedule=true,retentions=[1,1,1,1,1,1]";
    assert_eq!(build(both).as_deref(), Some(expected), "two schedules");
}

#[test]
fn changing_a_key_keeps_the_others_consistent() {
    let spec = StrategySpec::parse("evit:retention=0.3,start=2,protect=cls").unwrap();
    let list = spec.with("retentions", Value::List(vec![1.0, 0.5])).unwrap();
    assert_eq!(list.to_string(), "evit:retentions=[1,0.5],protect=cls,fuse=true", "a list replaces the schedule");
    let back = list.with("retention", Value::Float(0.4)).unwrap();
    let expected = "evit:retention=0.4,schedule=linear,start=1,protect=cls,fuse=true";
    assert_eq!(back.to_string(), expected, "a schedule replaces the list");
    let unset = list.without("retentions").unwrap();
    assert_eq!(unset.get("retention"), Some(&Value::Float(0.5)), "without a list the schedule is back");
    assert_eq!(list.without("retention").unwrap(), list, "a replaced key has no default to return to");
    let tome = StrategySpec::parse("tome:r=3").unwrap();
    assert_eq!(tome.without("r").unwrap(), StrategySpec::default_for("tome").unwrap(), "r may be unset again");
    assert_eq!(spec.with("retention", Value::Int(1)).unwrap().get("retention"), Some(&Value::Float(1.0)), "1 is 1.0");
    assert!(matches!(spec.with("retention", Value::Float(2.0)), Err(Error::BadValue { .. })), "out of bounds");
    assert!(matches!(spec.with("r", Value::Int(1)), Err(Error::UnknownKey { .. })), "not a key of evit");
}

#[test]
fn specs_travel_as_their_canonical_text() {
    let spec = StrategySpec::parse("tome:r=3").unwrap();
    let json = serde_json::to_string(&spec).unwrap();
    assert_eq!(json, "\"tome:r=3,inflect=0,start=0,proportional=true,protect=special\"", "a plain string");
    assert_eq!(serde_json::from_str::<StrategySpec>(&json).unwrap(), spec, "and back");
    let err = serde_json::from_str::<StrategySpec>("\"tom\"").unwrap_err();
    assert!(err.to_string().contains("did you mean \"tome\"?"), "the error says why: {err}");
}

#[test]
fn policies_are_read_from_files_and_folders() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy.json");
    let read = || StrategySpec::parse_or_read(&format!("@{}", path.display()));
    assert!(matches!(read(), Err(Error::ReadPolicy { .. })), "no file");
    std::fs::write(&path, "{\"schema\": 1, \"spec\": \"tome:r=2\", \"expected_retention\": 0.4}").unwrap();
    assert_eq!(read().unwrap(), StrategySpec::parse("tome:r=2").unwrap(), "the spec of the policy");
    let from_folder = StrategySpec::parse_or_read(&format!("@{}", folder.path().display())).unwrap();
    assert_eq!(from_folder, StrategySpec::parse("tome:r=2").unwrap(), "the folder will do");
    std::fs::write(&path, "{\"schema\": 2, \"spec\": \"tome:r=2\"}").unwrap();
    let err = read().unwrap_err().to_string();
    assert!(err.starts_with("the policy has schema 2, expected 1: "), "another version: {err}");
    std::fs::write(&path, "{\"spec\": 1}").unwrap();
    assert!(matches!(read(), Err(Error::ParsePolicy { .. })), "not a policy");
    assert_eq!(StrategySpec::parse_or_read("dense").unwrap().id(), "dense", "without @ it is a spec");
}

#[test]
fn the_registry_is_complete_and_consistent() {
    let ids: Vec<&str> = registry().iter().map(|info| info.id).collect();
    let expected = "dense random first_k stop_words idf power_bert length_adaptive ltp spatten entropy ats tome evit \
                    value_aware norm_based rollout acc zero_tprune \
                    ltmp formula transkimmer adapler tr_bert top dynamic_vit a_vit";
    assert_eq!(ids, expected.split(' ').collect::<Vec<_>>(), "in this order");
    for info in registry() {
        for (what, text) in
            [("name", info.name), ("paper", info.paper), ("summary", info.summary), ("formula", info.formula)]
        {
            assert!(!text.is_empty() && !text.contains("  "), "{}: {what} is {text:?}", info.id);
        }
        assert!(!info.summary.ends_with('.'), "{}: one sentence without a full stop", info.id);
        // A formula is whatever its user writes: it has no paper and no deviations from one.
        let is_control = info.family == StrategyFamily::Control || info.id == "formula";
        assert_eq!(info.year.is_none(), is_control, "{}: methods have a year, controls none", info.id);
        assert_eq!(info.deviations.is_empty(), is_control, "{}: methods say where they deviate", info.id);
        let default = StrategySpec::default_for(info.id).unwrap();
        let builds = info.runs_untrained();
        assert_eq!(default.build(&shape(6, 2)).is_ok(), builds, "{}: the default builds", info.id);
        assert_eq!(default.build(&shape(1, 1)).is_ok(), builds, "{}: on one layer too", info.id);
        for key in &info.keys {
            let namesakes = info.keys.iter().filter(|other| other.name == key.name).count();
            assert_eq!(namesakes, 1, "{}: {} is one key", info.id, key.name);
            assert!(!key.doc.is_empty(), "{}: {} is documented", info.id, key.name);
            if let Some(value) = &key.default {
                assert_eq!(
                    key.kind.accept(value.clone()).as_ref(),
                    Some(value),
                    "{}: default of {}",
                    info.id,
                    key.name
                );
            }
        }
        if let Some(dial) = &info.dial {
            assert_eq!(default.sweep().len(), dial.values.len(), "{}: every dial value is accepted", info.id);
            assert!(dial.values.len() >= 5, "{}: a curve needs points", info.id);
        }
    }
}

#[test]
fn only_methods_that_train_the_model_are_score_only() {
    let marked: Vec<&str> = registry().iter().filter(|info| info.note().is_some()).map(|info| info.id).collect();
    assert_eq!(marked, ["power_bert", "length_adaptive", "ltp", "evit", "acc", "ltmp"], "the others need no training");
}

/// A value of a kind, chosen by a number.
fn draw(kind: &KeyKind, number: u32) -> Value {
    let share = f64::from(number % 997) / 997.0;
    let one_of = |words: &[&str]| Value::Word(words[number as usize % words.len()].to_owned());
    match kind {
        KeyKind::Corpus | KeyKind::Weights => unreachable!("not drawn"),
        KeyKind::Formula => {
            let texts = ["n", "min(column_mean, 1e-3) - 0.1*diagonal", "-(zscore(value_norm) + 2)/n0"];
            Value::Formula(Arc::new(Formula::parse(texts[number as usize % texts.len()]).expect("a formula")))
        }
        KeyKind::Bool => Value::Bool(number.is_multiple_of(2)),
        KeyKind::Int { min, max } => Value::Int(min + u64::from(number) % (max - min)),
        KeyKind::Float { min, max, .. } => Value::Float(max - share * (max - min)),
        KeyKind::Choice(words) => one_of(words),
        KeyKind::ChoiceOrInt(words) if number.is_multiple_of(3) => one_of(words),
        KeyKind::ChoiceOrInt(_) => Value::Int(1 + u64::from(number)),
        KeyKind::FloatOrPerLayer { min, max } if number.is_multiple_of(2) => Value::Float(max - share * (max - min)),
        KeyKind::FloatPerLayer { min, max } | KeyKind::FloatOrPerLayer { min, max } => {
            Value::List(vec![*max, max - share * (max - min), *max])
        }
    }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn reading_what_was_written_gives_the_same_spec(
        index in 0..registry().len(),
        draws in prop::collection::vec((any::<u32>(), any::<bool>()), 16),
    ) {
        let info = &registry()[index];
        let mut spec = StrategySpec::default_for(info.id).unwrap();
        for (key, (number, _)) in info.keys.iter().zip(&draws).filter(|(_, (_, set))| *set) {
            // What only a file holds is tried where files are.
            if matches!(key.kind, KeyKind::Corpus | KeyKind::Weights) {
                continue;
            }
            spec = spec.with(key.name, draw(&key.kind, *number)).unwrap();
        }
        prop_assert_eq!(StrategySpec::parse(&spec.to_string()).unwrap(), spec);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,40}") {
        drop(StrategySpec::parse(&text));
        drop(StrategySpec::parse(&format!("ltp:{text}")));
        drop(StrategySpec::parse(&format!("evit:retentions={text}")));
        drop(StrategySpec::parse(&format!("formula:score={text}")));
    }
}

#[test]
fn every_strategy_of_the_registry_has_a_look_of_its_own() {
    use prunescope::figure::palette::Theme;
    use prunescope::figure::palette::series_style;
    let mut looks = BTreeMap::new();
    for info in registry() {
        let style = series_style(info.id);
        for theme in [Theme::Light, Theme::Dark] {
            // One color may serve two strategies, and one marker two others; never the same two things.
            let look = format!("{theme:?} {:?} {:?}", style.fill(theme), style.marker);
            assert_eq!(looks.insert(look, info.id), None, "{} looks like another one on {theme:?}", info.id);
        }
    }
}
