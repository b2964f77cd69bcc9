//! Tokenizers in every form that checkpoints come in, and files of them that are hostile.

use prunescope::input::Error;
use prunescope::input::Sequence;
use prunescope::input::Tokenizer;
use prunescope::model::ModelConfig;
use serde_json::Value;
use serde_json::json;

use crate::model_support::Copy;
use crate::model_support::load;
use crate::model_support::read_json;
use crate::support::fixture;

fn ids(encoded: &Sequence) -> Vec<u32> {
    encoded.units.iter().map(|token| token.id).collect()
}

fn pieces(encoded: &Sequence) -> Vec<&str> {
    encoded.units.iter().map(|token| token.piece.as_str()).collect()
}

/// A copy without its tokenizer.
fn without_tokenizer(family: &str, settings: &Value) -> Copy {
    let copy = Copy::of(family);
    copy.remove("tokenizer.json");
    copy.write("tokenizer_config.json", settings.to_string());
    copy
}

/// The words of the BERT fixture, one a line.
fn words() -> String {
    let json = read_json(&fixture("bert").join("tokenizer.json"));
    let vocabulary = json["model"]["vocab"].as_object().expect("a vocabulary");
    let mut words: Vec<_> = vocabulary.iter().map(|(word, id)| (id.as_u64().expect("an id"), word.as_str())).collect();
    words.sort_unstable();
    words.into_iter().flat_map(|(_, word)| [word, "\n"]).collect()
}

#[test]
fn vocab_json_and_merges_give_the_tokens_of_tokenizer_json() {
    let copy = without_tokenizer("roberta", &json!({"tokenizer_class": "RobertaTokenizer", "model_max_length": 512}));
    let json = read_json(&fixture("roberta").join("tokenizer.json"));
    let merges = json["model"]["merges"].as_array().expect("merges");
    let lines = merges.iter().map(|pair| format!("{} {}\n", pair[0].as_str().unwrap(), pair[1].as_str().unwrap()));
    copy.write("vocab.json", json["model"]["vocab"].to_string());
    copy.write("merges.txt", std::iter::once("#version: 0.2\n".to_owned()).chain(lines).collect::<String>());
    let (ours, reference) = (copy.load(), load("roberta"));
    for text in ["The film is a quiet joy from the first scene to the last.", "", "Un café — 東京 👍🏽", "<mask> a <s>"]
    {
        for pair in [None, Some("no ending")] {
            let [got, expected] =
                [&ours, &reference].map(|of| of.tokenizer.encode(text, pair).expect("the text is cut"));
            // transformers gives the mask the blank before it, the fixture's file does not.
            if !text.contains("<mask>") {
                assert_eq!(got, expected, "{text:?} and {pair:?}");
            }
        }
    }
    let notes = ours.notes.join("\n");
    assert!(notes.contains("allows 512 tokens, more than the 64"), "{notes}");

    copy.write("merges.txt", "#version: 0.2\na b\nthree pieces here\n");
    assert!(copy.error().contains("line 3: expected two pieces"), "{}", copy.error());
    copy.remove("merges.txt");
    let message = copy.error();
    assert!(message.contains("\"vocab.json with merges.txt\"; the folder has \"vocab.json\"; load"), "{message}");
}

#[test]
fn sentence_piece_models_give_the_ids_of_transformers() {
    let folder = fixture("sentencepiece");
    let golden = read_json(&folder.join("golden.json"));
    for (name, model, file, family) in [
        ("deberta", "deberta.model", "spm.model", "deberta-v2"),
        ("albert", "albert.model", "spiece.model", "albert"),
        ("xlmr", "xlmr.model", "sentencepiece.bpe.model", "xlm-roberta"),
        ("camembert", "xlmr.model", "sentencepiece.bpe.model", "camembert"),
    ] {
        let copy = without_tokenizer(if name == "albert" { "albert" } else { "bert" }, &json!({}));
        if name == "deberta" {
            std::fs::copy(fixture("deberta-v2").join("config.json"), copy.file("config.json")).expect("copied");
        } else {
            copy.set_config(&json!({"model_type": family, "pad_token_id": 1, "max_position_embeddings": 80}));
        }
        copy.set_config(&json!({"vocab_size": golden[name]["len"]}));
        std::fs::copy(folder.join(model), copy.file(file)).expect("the model is copied");
        let config = ModelConfig::load(copy.path()).expect("the configuration is sound");
        let tokenizer =
            Tokenizer::load(copy.path(), &config.expected_tokenizer()).unwrap_or_else(|err| panic!("{name}: {err:?}"));
        let texts = golden[name]["texts"].as_array().expect("texts");
        for (text, expected) in texts.iter().zip(golden[name]["ids"].as_array().expect("ids")) {
            let encoded = tokenizer.encode(text.as_str().expect("text"), None).expect("the text is cut");
            assert_eq!(json!(ids(&encoded)), *expected, "{name}: {text}");
        }
        let [first, second] = [0, 1].map(|index| texts[index].as_str().expect("text"));
        let encoded = tokenizer.encode(first, Some(second)).expect("the pair is cut");
        assert_eq!(json!(ids(&encoded)), golden[name]["pair"], "{name}: the pair");
    }
}

#[test]
fn a_sentence_piece_model_that_does_not_fit_is_refused_by_name() {
    let copy = without_tokenizer("deberta-v2", &json!({"tokenizer_class": "DebertaV2Tokenizer"}));
    assert!(copy.error().contains("expected one of \"tokenizer.json\", \"spm.model\""), "{}", copy.error());
    // One piece, "<unk>", as in the field case.
    copy.write("spm.model", b"\x0a\x0e\x0a\x05<unk>\x15\x00\x00\x00\x00\x18\x02");
    assert!(
        copy.error().contains("the vocabulary has no \"[CLS]\"") && copy.error().contains("spm.model"),
        "{}",
        copy.error()
    );
    copy.write("spm.model", b"\x0a\xff\xff\xff");
    assert!(
        copy.error().contains("the tokenizer file is damaged") && copy.error().contains("spm.model"),
        "{}",
        copy.error()
    );
    let mut bpe = std::fs::read(fixture("sentencepiece").join("albert.model")).expect("the model is there");
    // A second trainer section overrides the kind.
    bpe.extend(b"\x12\x02\x18\x02");
    copy.write("spm.model", bpe);
    assert!(copy.error().contains("expected a unigram SentencePiece model (kind 1), got kind 2"), "{}", copy.error());
}

#[test]
fn tokens_added_beside_a_vocabulary_are_whole() {
    let decoder = |id: u32, text: &str| {
        json!({"content": text, "lstrip": false, "normalized": false, "rstrip": false, "single_word": false,
            "special": true, "id": id})
    };
    for by_decoder in [false, true] {
        let mut settings = json!({"tokenizer_class": "BertTokenizer", "do_lower_case": true});
        if by_decoder {
            settings["added_tokens_decoder"] = json!({"281": decoder(281, "@user"), "282": decoder(282, "http")});
        }
        let copy = without_tokenizer("bert", &settings);
        copy.write("vocab.txt", words());
        if !by_decoder {
            copy.write("added_tokens.json", json!({"@user": 281, "http": 282}).to_string());
            copy.write("special_tokens_map.json", json!({"additional_special_tokens": ["@user", "http"]}).to_string());
        }
        copy.set_config(&json!({"vocab_size": 283}));
        let config = ModelConfig::load(copy.path()).expect("the configuration is sound");
        let tokenizer = Tokenizer::load(copy.path(), &config.expected_tokenizer()).expect("the tokenizer is sound");
        // Ids of BertTokenizerFast in transformers 4.57.3.
        for (text, expected) in [
            ("@user The Film http", vec![2, 281, 92, 224, 282, 3]),
            ("@USER hi http://x", vec![2, 1, 33, 71, 93, 20, 68, 282, 1, 1, 1, 36, 3]),
        ] {
            let encoded = tokenizer.encode(text, None).expect("the text is cut");
            assert_eq!(ids(&encoded), expected, "{text}, decoder {by_decoder}: {:?}", pieces(&encoded));
        }
        if !by_decoder {
            copy.write("added_tokens.json", json!({"@user": 290}).to_string());
            let err = Tokenizer::load(copy.path(), &config.expected_tokenizer()).expect_err("the id does not follow");
            assert!(matches!(err, Error::AddedTokenId { expected: 290, .. }), "{err}");
        }
    }
}

#[test]
fn settings_of_a_bert_tokenizer_win_over_its_file_and_say_so() {
    let copy = Copy::of("bert");
    copy.write(
        "tokenizer_config.json",
        json!({"tokenizer_class": "BertTokenizer", "do_lower_case": false, "model_max_length": 64}).to_string(),
    );
    let checkpoint = copy.load();
    let encoded = checkpoint.tokenizer.encode("The Film", None).expect("the text is cut");
    assert_eq!(pieces(&encoded), ["[CLS]", "[UNK]", "[UNK]", "[SEP]"], "as BertTokenizerFast of transformers 4.57.3");
    assert_eq!(checkpoint.notes.len(), 1, "{:?}", checkpoint.notes);
    assert!(checkpoint.notes[0].contains("do_lower_case false, tokenizer.json says true"), "{:?}", checkpoint.notes);
    assert!(load("bert").notes.is_empty(), "nothing disagrees in the fixture: {:?}", load("bert").notes);
}

#[test]
fn settings_that_disagree_with_the_model_are_said() {
    let copy = Copy::of("bert");
    copy.set("tokenizer_config.json", &json!({"model_max_length": 32, "tokenizer_class": "AlbertTokenizer"}));
    copy.set_config(&json!({"pad_token_id": 4, "cls_token_id": 9}));
    let notes = copy.load().notes.join("\n");
    for part in [
        "allows 32 tokens, fewer than the 64",
        "pad_token_id 4, but the tokenizer's pad_token \"[PAD]\" has id 0",
        "cls_token_id 9, but the tokenizer's cls_token \"[CLS]\" has id 2",
        "\"AlbertTokenizer\", which does not belong to a \"bert\" model",
    ] {
        assert!(notes.contains(part), "{part:?} is not in {notes}");
    }
}

#[test]
fn hostile_tokenizers_are_refused_with_the_part_and_the_file() {
    for (name, parts) in [
        ("tokenizer-fixed-length-0.json", ["pre_tokenizer", "expected a length of at least 1, got 0"]),
        ("tokenizer-precompiled-junk.json", ["normalizer", "expected a sound character map"]),
        ("tokenizer-replace-bomb.json", ["normalizer", "a text to grow at most 4096 times"]),
        ("tokenizer-template-b-in-single.json", ["post_processor.single", "expected the texts [\"A\"]"]),
    ] {
        let copy = Copy::of("bert");
        std::fs::copy(fixture("field_cases").join("attack").join(name), copy.file("tokenizer.json")).expect("copied");
        let started = std::time::Instant::now();
        let message = copy.error();
        assert!(started.elapsed().as_secs() < 5, "{name}: refused at once");
        for part in ["cannot use the tokenizer", "tokenizer.json"].iter().chain(&parts) {
            assert!(message.contains(part), "{name}: {part:?} is not in {message}");
        }
    }
}

#[test]
fn parts_that_draw_grow_or_stop_are_refused() {
    let cases = [
        (json!({"normalizer": {"type": "Replace", "pattern": {"String": ""}, "content": "x"}}), "not empty"),
        (
            json!({"normalizer": {"type": "Sequence", "normalizers": vec![json!({"type": "NFC"}); 65]}}),
            "expected at most 64 parts",
        ),
        (json!({"normalizer": {"type": "Prepend", "prepend": "x".repeat(5000)}}), "grow at most 4096 times"),
        (json!({"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "a".repeat(70_000)}}}), "pattern of at most"),
        (
            json!({"post_processor": {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": "[X]", "type_id": 0}}], "pair": [], "special_tokens": {}}}),
            "special tokens that \"special_tokens\" describes",
        ),
    ];
    for (changes, part) in cases {
        let copy = Copy::of("bert");
        copy.set("tokenizer.json", &changes);
        assert!(copy.error().contains(part), "{part:?} is not in {}", copy.error());
    }
    let copy = Copy::of("roberta");
    let mut json = read_json(&copy.file("tokenizer.json"));
    json["model"]["dropout"] = json!(0.1);
    copy.write("tokenizer.json", json.to_string());
    assert!(
        copy.error().contains("model.dropout: expected null or 0, as tokens would be drawn at random"),
        "{}",
        copy.error()
    );
}

#[test]
fn a_text_that_a_tokenizer_would_blow_up_is_refused() {
    let copy = Copy::of("bert");
    let rule = json!({"type": "Replace", "pattern": {"String": "a"}, "content": "a".repeat(1000)});
    copy.set("tokenizer.json", &json!({"normalizer": rule}));
    let tokenizer = copy.load().tokenizer;
    tokenizer.encode(&"a".repeat(50), None).expect("50,000 letters are cut");
    let err = tokenizer.encode(&"a".repeat(100_000), None).expect_err("100 million letters are not");
    assert!(matches!(err, Error::TextTooLong { got: 100_000, .. }), "{err}");
}
