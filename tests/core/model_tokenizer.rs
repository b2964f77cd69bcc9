//! Tokens, ids and byte offsets against the stored references of every family.

use candle_core::DType;
use candle_core::Device;
use prunescope::model::Checkpoint;
use prunescope::model::Encoded;
use prunescope::model::SAMPLE_MODEL;
use prunescope::model::find_model;
use serde_json::Value;

use crate::model_support::FIXTURES;
use crate::model_support::fixture;
use crate::model_support::load;
use crate::model_support::read_json;

fn ids(encoded: &Encoded) -> Vec<u32> {
    encoded.tokens.iter().map(|token| token.id).collect()
}

/// Bytes → characters, as the references count.
fn char_offsets(encoded: &Encoded) -> Vec<[usize; 2]> {
    let chars = |text: &str, byte: usize| text[..byte].chars().count();
    encoded.tokens.iter().map(|token| [chars(&encoded.text, token.start), chars(&encoded.text, token.end)]).collect()
}

#[test]
fn tokens_ids_and_offsets_equal_the_references_of_every_family() {
    for family in FIXTURES {
        let tokenizer = load(family).tokenizer;
        let golden = read_json(&fixture(family).join("golden.json"));
        let tensors = candle_core::safetensors::load(fixture(family).join("golden.safetensors"), &Device::Cpu)
            .expect("the reference tensors load");
        for (index, text) in golden["texts"].as_array().expect("texts").iter().enumerate() {
            let encoded = tokenizer.encode(text.as_str().expect("text"), None).expect("the text is cut");
            let expected: Vec<u32> = tensors[&format!("{index}.input_ids")]
                .to_dtype(DType::U32)
                .and_then(|ids| ids.to_vec1())
                .expect("ids are whole numbers");
            assert_eq!(ids(&encoded), expected, "{family}, text {index}: ids");
            let pieces: Vec<_> = encoded.tokens.iter().map(|token| Value::from(token.piece.as_str())).collect();
            assert_eq!(Value::from(pieces), golden["tokens"][index], "{family}, text {index}: pieces");
            let offsets = serde_json::to_value(char_offsets(&encoded)).expect("numbers");
            assert_eq!(offsets, golden["char_offsets"][index], "{family}, text {index}: offsets");
        }
    }
}

#[test]
fn ids_of_the_sample_model_equal_its_references() {
    let dir = find_model(SAMPLE_MODEL).expect("the repository has the sample model");
    let checkpoint = Checkpoint::load(&dir).expect("the sample model loads");
    let golden = read_json(&dir.join("golden.json"));
    let texts = golden["texts"].as_array().expect("texts");
    assert_eq!(texts.len(), 13, "the references cover 13 texts");
    for (text, expected) in texts.iter().zip(golden["ids"].as_array().expect("ids")) {
        let encoded = checkpoint.tokenizer.encode(text.as_str().expect("text"), None).expect("the text is cut");
        assert_eq!(serde_json::to_value(ids(&encoded)).expect("numbers"), *expected, "{text}");
    }
}
