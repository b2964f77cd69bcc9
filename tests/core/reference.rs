//! The second implementation: which checkpoints it reads, and that a wrong one is noticed.

use prunescope::jobs::Ticket;
use prunescope::reference;
use prunescope::reference::LIMIT;
use prunescope::reference::Texts;
use prunescope::reference::Verification;
use serde_json::json;

use crate::model_support::Copy;
use crate::model_support::Precision;
use crate::support::fixture;

fn verify(copy: &Copy) -> Result<Verification, reference::Error> {
    reference::verify(&Ticket::detached(), copy.path(), &Texts::Bundled)
}

#[test]
fn families_that_candle_has_agree_with_it() {
    // Both head forms: the family's own class where candle has one, else the head by its operations.
    let expected = [
        ("bert", "BertModel, the head"),
        ("bert-mean", "BertModel, the head"),
        ("bert-cross-encoder", "BertModel, the head"),
        ("distilbert", "DistilBertModel, the head"),
        ("distilbert-multi-label", "DistilBertModel, the head"),
        ("roberta", "XLMRobertaForSequenceClassification"),
        ("roberta-regression", "XLMRobertaForSequenceClassification"),
        ("deberta-v2", "DebertaV2SeqClassificationModel"),
        ("modernbert", "ModernBert, the head"),
    ];
    for (family, reference) in expected {
        let found = reference::verify(&Ticket::detached(), &fixture(family), &Texts::Bundled);
        let found = found.unwrap_or_else(|err| panic!("{family}: {err}: {:?}", std::error::Error::source(&err)));
        assert!(found.reference.contains(reference), "{family} is compared with {}", found.reference);
        assert!(found.max_logit_difference < 1e-5 && found.agrees(), "{family}: {}", found.line());
        assert_eq!((found.texts, found.same_predictions), (16, 16), "{family}: every bundled text, the same answer");
    }
}

#[test]
fn families_that_candle_lacks_are_named_with_what_is_possible() {
    for (family, name) in [("albert", "ALBERT"), ("mpnet", "MPNet"), ("electra", "ELECTRA whose embeddings")] {
        let error = reference::verify(&Ticket::detached(), &fixture(family), &Texts::Bundled).expect_err("refused");
        let text = error.to_string();
        assert!(text.contains(&format!("has no {name}")) && text.contains("inspect --json"), "{family}: {text}");
    }
}

/// Both implementations read the same folder, so one of them must be given something to misread: candle takes an epsilon
/// that only its own configuration type knows where `ModernBERT` spells it `norm_eps`.
#[test]
fn another_formula_anywhere_is_noticed() {
    let copy = Copy::of("modernbert");
    copy.set_config(&json!({"layer_norm_eps": 0.5}));
    let found = verify(&copy).expect("both run");
    assert!(!found.agrees(), "an epsilon of 0.5 on one side: {}", found.line());
    assert!(found.max_logit_difference > LIMIT, "by {}", found.max_logit_difference);
    assert!(found.line().starts_with("DIFFERS from candle-transformers"), "{}", found.line());
}

#[test]
fn older_names_half_precision_and_shards_are_read_by_both() {
    let copy = Copy::of("bert");
    let renamed = copy.tensors().into_iter().map(|(name, tensor)| {
        let name = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
        (format!("module.{name}"), tensor)
    });
    let (one, other): (Vec<_>, Vec<_>) = renamed.enumerate().partition(|(index, _)| index % 2 == 0);
    let mut map = serde_json::Map::new();
    for (file, part) in [("a.safetensors", one), ("b.safetensors", other)] {
        let tensors = part.into_iter().map(|(_, tensor)| tensor).collect();
        copy.write_tensors(file, &tensors, Precision::F16);
        map.extend(tensors.keys().map(|name| (name.clone(), json!(file))));
    }
    copy.remove("model.safetensors");
    copy.write("model.safetensors.index.json", json!({"weight_map": map}).to_string());
    let found = verify(&copy).expect("both read it");
    assert!(found.max_logit_difference < 1e-5, "{}", found.line());
}

#[test]
fn biases_that_candle_would_pass_over_are_refused_by_name() {
    let copy = Copy::of("modernbert");
    copy.edit_tensors(|tensors| {
        for layer in 0.. {
            let Some(weight) = tensors.get(&format!("model.layers.{layer}.mlp.Wo.weight")).cloned() else { break };
            for (part, length) in [("Wo", weight.shape[0]), ("Wi", 2 * weight.shape[1])] {
                let bias = crate::model_support::Tensor { shape: vec![length], values: vec![0.1; length] };
                tensors.insert(format!("model.layers.{layer}.mlp.{part}.bias"), bias);
            }
        }
    });
    copy.set_config(&json!({"mlp_bias": true}));
    let error = verify(&copy).expect_err("candle has no such bias").to_string();
    assert!(error.contains("modernbert with biases in its layers"), "{error}");
}

#[test]
fn the_version_that_is_named_is_the_one_that_runs() {
    let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock")).expect("the lock file");
    let named = format!("name = \"candle-transformers\"\nversion = \"{}\"", reference::CANDLE_VERSION);
    assert!(lock.contains(&named), "Cargo.lock has another candle-transformers than {}", reference::CANDLE_VERSION);
}
