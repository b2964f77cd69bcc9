//! Tokens, ids and byte offsets against the stored references of every family.

use candle_core::DType;
use candle_core::Device;
use prunescope::input::Sequence;
use prunescope::input::Span;
use prunescope::model::Checkpoint;
use prunescope::model::SAMPLE_MODEL;
use prunescope::model::find_model;
use serde_json::Value;
use serde_json::json;

use crate::model_support::Copy;
use crate::model_support::FIXTURES;
use crate::model_support::fixture;
use crate::model_support::load;
use crate::model_support::read_json;

fn ids(encoded: &Sequence) -> Vec<u32> {
    encoded.units.iter().map(|token| token.id).collect()
}

/// Bytes → characters, as the references count.
fn char_offsets(encoded: &Sequence) -> Vec<[usize; 2]> {
    let chars = |text: &str, byte: usize| text[..byte].chars().count();
    encoded
        .units
        .iter()
        .map(|token| [token.bytes().start, token.bytes().end].map(|byte| chars(encoded.text(), byte)))
        .collect()
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
            let pieces: Vec<_> = encoded.units.iter().map(|token| Value::from(token.piece.as_str())).collect();
            assert_eq!(Value::from(pieces), golden["tokens"][index], "{family}, text {index}: pieces");
            let offsets = serde_json::to_value(char_offsets(&encoded)).expect("numbers");
            assert_eq!(offsets, golden["char_offsets"][index], "{family}, text {index}: offsets");
        }
    }
}

/// Texts that are long in bytes, with words, signs and scripts of every kind, and one that has no blank.
fn long_texts() -> Vec<String> {
    let sentences = [
        "The film is a quiet joy from the first scene to the last.",
        "Un caf\u{e9}, s'il vous pla\u{ee}t \u{2014} na\u{ef}ve fa\u{e7}ade.  ",
        "\u{6771}\u{4eac}\u{306f}\u{4eca}\u{65e5}\u{3082}\u{96e8}\u{3067}\u{3059}\u{3002}\n",
        "Good \u{1f44d}\u{1f3fd} very good, 3.5% in May\t",
    ];
    let mixed: Vec<String> = (0..4000).map(|index| format!("{} {index}", sentences[index * 7 % 4])).collect();
    let blank = format!("{}{}", " ".repeat(200_000), "a good film ".repeat(20_000));
    vec![mixed.join(" "), blank, "\u{6771}\u{4eac}".repeat(15_000)]
}

#[test]
fn the_beginning_of_a_long_text_gives_the_tokens_of_the_whole() {
    for family in FIXTURES {
        let tokenizer = load(family).tokenizer;
        for text in long_texts() {
            let whole = tokenizer.encode(&text, None).expect("the text is cut");
            let start = tokenizer.encode_start(&text, None).expect("the text is cut");
            assert_eq!(start.units, whole.units, "{family}: {:?}\u{2026}", text.get(..20));
            assert_eq!(start.is_truncated(), whole.is_truncated(), "{family}: it is known that there is more");
        }
        let long = &long_texts()[0];
        let start = tokenizer.encode_start(long, None).expect("the text is cut");
        assert!(
            start.text().len() < 80_000 && long.len() > 120_000,
            "{family}: a part is kept: {}",
            start.text().len()
        );
        for (first, second) in [(long.as_str(), "a good film"), ("a good film", long.as_str()), (long, long)] {
            let whole = tokenizer.encode(first, Some(second)).expect("the pair is cut");
            let start = tokenizer.encode_start(first, Some(second)).expect("the pair is cut");
            assert_eq!(start.units, whole.units, "{family}: of a pair");
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

/// A copy of the BERT fixture with `vocab.txt` instead of `tokenizer.json`.
fn with_vocab_file(settings: &Value) -> Copy {
    let copy = Copy::of("bert");
    let json = read_json(&copy.file("tokenizer.json"));
    let vocabulary = json["model"]["vocab"].as_object().expect("a vocabulary");
    let mut words: Vec<_> = vocabulary.iter().map(|(word, id)| (id.as_u64().expect("an id"), word.as_str())).collect();
    words.sort_unstable();
    copy.remove("tokenizer.json");
    copy.write("vocab.txt", words.into_iter().flat_map(|(_, word)| [word, "\n"]).collect::<String>());
    copy.write("tokenizer_config.json", settings.to_string());
    copy
}

const TEXTS: [&str; 12] = [
    "The film is a quiet joy from the first scene to the last.",
    "",
    " ",
    "[CLS] [SEP]",
    "<s></s>",
    "Un café, s'il vous plaît — naïve façade.",
    "東京は今日も雨です。",
    "مرحبا بالعالم",
    "Good 👍🏽 very good 😀",
    "   spaces   and\ttabs\n\r\n\u{0}\u{200d}\u{feff}",
    "ﬁne ½ ﷺ e\u{301} Å",
    "It wasn't bad, it just wasn't what we had hoped for!!!",
];

#[test]
fn a_vocabulary_file_gives_the_same_tokens() {
    let reference = load("bert").tokenizer;
    for settings in [json!({}), json!({"do_lower_case": true, "tokenizer_class": "BertTokenizerFast"})] {
        let tokenizer = with_vocab_file(&settings).load().tokenizer;
        for (text, pair) in TEXTS.iter().zip(TEXTS.iter().rev()) {
            for pair in [None, Some(*pair)] {
                let expected = reference.encode(text, pair).expect("the reference cuts the text");
                let encoded = tokenizer.encode(text, pair).expect("the text is cut");
                assert_eq!(encoded, expected, "{text:?} and {pair:?} with {settings}");
            }
        }
    }
}

#[test]
fn settings_of_the_vocabulary_file_are_followed() {
    let pieces = |settings: Value, text: &str| {
        let encoded = with_vocab_file(&settings).load().tokenizer.encode(text, None).expect("the text is cut");
        encoded.units.into_iter().map(|token| token.piece).collect::<Vec<_>>()
    };
    assert_eq!(pieces(json!({"do_lower_case": false}), "The film"), ["[CLS]", "[UNK]", "film", "[SEP]"], "cased");
    assert_eq!(pieces(json!({}), "The film"), ["[CLS]", "the", "film", "[SEP]"], "lower case by default");
    assert_eq!(pieces(json!({}), "fílm"), ["[CLS]", "film", "[SEP]"], "accents go with the case");
    let kept = pieces(json!({"strip_accents": false}), "fílm");
    assert_ne!(kept, ["[CLS]", "film", "[SEP]"], "accents stay where they are asked to");
    assert_eq!(pieces(json!({}), "film東film"), ["[CLS]", "film", "東", "film", "[SEP]"], "ideographs stand alone");
    let joined = pieces(json!({"tokenize_chinese_chars": false}), "film東film");
    assert_ne!(joined, ["[CLS]", "film", "東", "film", "[SEP]"], "ideographs stay in the word");
    let named = pieces(json!({"sep_token": {"content": "[MASK]"}}), "film");
    assert_eq!(named, ["[CLS]", "film", "[MASK]"], "special tokens by their configured names");
}

#[test]
fn a_vocabulary_file_that_does_not_fit_is_refused() {
    let copy = with_vocab_file(&json!({"tokenizer_class": "BertJapaneseTokenizer"}));
    assert!(copy.error().contains("\"tokenizer_class\": expected one of \"BertTokenizer\""), "{}", copy.error());
    let copy = with_vocab_file(&json!({"do_lower_case": "yes"}));
    assert!(copy.error().contains("\"do_lower_case\": expected true or false, got \"yes\""), "{}", copy.error());
    for token in ["[CLS]", "[SEP]", "[UNK]"] {
        let copy = with_vocab_file(&json!({}));
        let words = std::fs::read_to_string(copy.file("vocab.txt")).expect("text").replace(token, "[gone]");
        copy.write("vocab.txt", words);
        assert!(copy.error().contains(&format!("the vocabulary has no {token:?}")), "{}", copy.error());
    }
    let copy = Copy::of("roberta");
    copy.remove("tokenizer.json");
    assert!(
        copy.error().contains("no tokenizer; expected one of \"tokenizer.json\", \"vocab.json with merges.txt\""),
        "{}",
        copy.error()
    );
    copy.write("vocab.txt", "[UNK]\n[CLS]\n[SEP]\n");
    assert!(
        copy.error().contains("no tokenizer; expected one of \"tokenizer.json\", \"vocab.json with merges.txt\""),
        "{}",
        copy.error()
    );
    let copy = Copy::of("bert");
    copy.remove("tokenizer.json");
    assert!(copy.error().contains("no tokenizer; expected one of \"tokenizer.json\", \"vocab.txt\""), "no file");
}

#[test]
fn ids_beyond_the_vocabulary_are_refused_at_load() {
    let copy = Copy::of("bert");
    let mut json = read_json(&copy.file("tokenizer.json"));
    json["model"]["vocab"]["zebra"] = json!(5000);
    copy.write("tokenizer.json", json.to_string());
    let expected = "the tokenizer's largest id is 5000 (\"zebra\"), but the model has 281 word embeddings";
    assert!(copy.error().contains(expected), "{}", copy.error());

    // The id of a special token stands in the template, not in the vocabulary.
    let copy = Copy::of("bert");
    let mut json = read_json(&copy.file("tokenizer.json"));
    json["post_processor"]["special_tokens"]["[SEP]"]["ids"] = json!([281]);
    copy.write("tokenizer.json", json.to_string());
    assert!(copy.error().contains("largest id is 281 (\"[SEP]\"), but the model has 281"), "{}", copy.error());
}

#[test]
fn padding_and_truncation_of_the_file_are_switched_off() {
    let copy = Copy::of("bert");
    copy.set(
        "tokenizer.json",
        &json!({
            "padding": {"strategy": {"Fixed": 40}, "direction": "Right", "pad_to_multiple_of": null,
                        "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"},
            "truncation": {"direction": "Right", "max_length": 5, "strategy": "LongestFirst", "stride": 0},
        }),
    );
    let (reference, changed) = (load("bert").tokenizer, copy.load().tokenizer);
    for text in TEXTS {
        let [expected, encoded] =
            [&reference, &changed].map(|tokenizer| tokenizer.encode(text, None).expect("the text is cut"));
        assert_eq!(encoded, expected, "{text:?}");
    }
}

#[test]
fn the_empty_text_gives_the_special_tokens_alone() {
    for family in FIXTURES {
        let encoded = load(family).tokenizer.encode("", None).expect("the empty text is cut");
        assert!(encoded.units.iter().all(|token| token.special), "{family}: {:?}", encoded.units);
        assert!(encoded.units.iter().all(|token| token.group.is_none()), "{family}: special tokens are no words");
        assert_eq!((encoded.units.len(), encoded.full_length), (2, 2), "{family}");
    }
}

#[test]
fn special_tokens_that_the_user_typed_are_tokens_like_others() {
    let encoded = load("bert").tokenizer.encode("[CLS] [SEP]", None).expect("the text is cut");
    assert_eq!(ids(&encoded), [2, 2, 3, 3], "ids");
    let special: Vec<_> = encoded.units.iter().map(|token| token.special).collect();
    assert_eq!(special, [true, false, false, true], "only the outer two were added");
    let sources: Vec<_> = encoded.units.iter().map(|token| encoded.source(token)).collect();
    assert_eq!(sources, ["", "[CLS]", "[SEP]", ""], "the typed ones cover what was typed");
}

#[test]
fn pieces_of_one_word_share_its_index() {
    let dir = find_model(SAMPLE_MODEL).expect("the repository has the sample model");
    let tokenizer = Checkpoint::load(&dir).expect("the sample model loads").tokenizer;
    let encoded = tokenizer.encode("unbelievably good", Some("unbelievably bad")).expect("the pair is cut");
    let words: Vec<_> = encoded.units.iter().map(|token| (token.piece.as_str(), token.segment, token.group)).collect();
    let expected = [
        ("[CLS]", 0, None),
        ("unbelievable", 0, Some(0)),
        ("good", 0, Some(1)),
        ("[SEP]", 0, None),
        ("unbelievable", 1, Some(2)),
        ("bad", 1, Some(3)),
        ("[SEP]", 1, None),
    ];
    // "unbelievably" is cut into pieces; whatever they are, they share the word and its segment.
    let mut merged: Vec<(String, u32, Option<u32>)> = Vec::new();
    for (piece, segment, word) in words {
        match merged.last_mut() {
            Some((text, last_segment, last_word))
                if word.is_some() && (*last_segment, *last_word) == (segment, word) =>
            {
                text.push_str(piece.trim_start_matches("##"));
            }
            _ => merged.push((piece.to_owned(), segment, word)),
        }
    }
    let merged: Vec<_> = merged
        .iter()
        .map(|(text, segment, word)| (text.replace("believably", "believable"), *segment, *word))
        .collect();
    let expected = expected.map(|(text, segment, word)| (text.to_owned(), segment, word));
    assert_eq!(merged, expected, "words");
    assert_eq!(encoded.source(&encoded.units[1]).chars().next(), Some('u'), "the first text");
}

#[test]
fn a_long_text_is_cut_visibly_and_keeps_its_special_tokens() {
    for family in FIXTURES {
        let checkpoint = load(family);
        let limit = checkpoint.model.config.max_tokens;
        assert_eq!(limit, 64, "{family}: the fixtures read 64 tokens");
        let text = "The film is a quiet joy. ".repeat(40);
        let encoded = checkpoint.tokenizer.encode(&text, None).expect("the text is cut");
        assert_eq!(encoded.units.len(), limit, "{family}");
        assert!(encoded.is_truncated() && encoded.full_length > 200, "{family}: {}", encoded.full_length);
        let special: Vec<_> = (0..limit).filter(|&index| encoded.units[index].special).collect();
        assert_eq!(special, [0, limit - 1], "{family}: the outer tokens are special");
        let short = checkpoint.tokenizer.encode("The film is a quiet joy.", None).expect("the text is cut");
        assert!(!short.is_truncated(), "{family}: a short text is whole");
    }
}

#[test]
fn truncation_agrees_with_that_of_the_tokenizer_library() {
    for family in FIXTURES {
        let ours = load(family).tokenizer;
        let whole = tokenizers::Tokenizer::from_file(fixture(family).join("tokenizer.json")).expect("it loads");
        let mut theirs = whole.clone();
        let params = tokenizers::TruncationParams { max_length: 64, ..Default::default() };
        theirs.with_truncation(Some(params)).expect("64 tokens are enough");
        let sentence = "no ending, food, great doctor! ";
        for (first, second) in [(1, 1), (30, 0), (30, 1), (1, 30), (30, 30), (3, 4), (4, 3), (5, 5)] {
            let [text, pair] = [first, second].map(|count| sentence.repeat(count));
            let encoded = ours.encode(&text, Some(&pair)).expect("the pair is cut");
            let [cut, uncut] = [&theirs, &whole]
                .map(|library| library.encode((text.as_str(), pair.as_str()), true).expect("the library cuts it"));
            assert_eq!(ids(&encoded), cut.get_ids(), "{family}: {first} and {second} sentences");
            assert_eq!(encoded.full_length, uncut.len(), "{family}: {first} and {second} sentences");
        }
    }
}

#[test]
fn a_model_too_short_for_the_special_tokens_is_refused() {
    let copy = Copy::of("modernbert");
    copy.set_config(&json!({"max_position_embeddings": 1}));
    let expected = "the tokenizer adds 2 special tokens, but the model takes at most 1 tokens";
    assert!(copy.error().contains(expected), "{}", copy.error());
}

#[test]
fn a_tokenizer_that_adds_nothing_refuses_the_empty_text() {
    let copy = Copy::of("deberta-v2");
    copy.set("tokenizer.json", &json!({"post_processor": Value::Null}));
    let tokenizer = copy.load().tokenizer;
    let err = tokenizer.encode("", None).expect_err("there is nothing to read");
    assert!(err.to_string().contains("the text has no tokens"), "{err}");
    assert_eq!(tokenizer.encode("no", None).expect("one word").units.len(), 2, "a word without special tokens");
}

#[test]
fn every_token_covers_whole_characters_in_order() {
    for family in FIXTURES {
        let tokenizer = load(family).tokenizer;
        for text in TEXTS {
            let encoded = tokenizer.encode(text, None).expect("the text is cut");
            let mut last = 0;
            for token in encoded.units.iter().filter(|token| !token.special) {
                let place = format!("{family}, {text:?}: {token:?}");
                assert!(text.get(token.bytes()).is_some(), "{place} covers whole characters");
                assert!(token.bytes().start >= last, "{place} does not go back");
                last = token.bytes().start;
            }
        }
    }
}

/// Texts of a pair, one of them so long that a model of 64 tokens cuts it.
fn pairs() -> [(&'static str, String); 3] {
    [
        ("a quiet joy", "no ending".to_owned()),
        ("a quiet joy", "no ending, no food, ".repeat(20)),
        ("", "a second text alone".to_owned()),
    ]
}

#[test]
fn pairs_are_cut_and_framed_as_the_tokenizer_library_does() {
    for family in FIXTURES {
        let ours = load(family).tokenizer;
        let mut library = tokenizers::Tokenizer::from_file(fixture(family).join("tokenizer.json")).expect("it loads");
        library.with_padding(None);
        let params = tokenizers::TruncationParams { max_length: ours.max_tokens(), ..Default::default() };
        library.with_truncation(Some(params)).expect("longest first");
        for (first, second) in pairs() {
            let pair = ours.encode(first, Some(&second)).expect("the pair is cut");
            let theirs = library.encode((first, second.as_str()), true).expect("the pair is cut");
            assert_eq!(ids(&pair), theirs.get_ids(), "{family}: ids of {first:?} and {second:?}");
            let special: Vec<bool> = theirs.get_special_tokens_mask().iter().map(|&mask| mask == 1).collect();
            let found: Vec<bool> = pair.units.iter().map(|unit| unit.special).collect();
            assert_eq!(found, special, "{family}: its marks");
            let texts = theirs.get_sequence_ids();
            for (unit, text) in pair.units.iter().zip(&texts).filter(|(unit, _)| !unit.special) {
                let span = unit.span.expect("a token of a text knows its bytes");
                assert!(matches!(span, Span::Bytes { text: of, .. } if Some(of) == *text), "{family}: {span:?}");
                assert_eq!(unit.segment as usize, text.expect("a text"), "{family}: the text's segment");
            }
        }
    }
}

#[test]
fn roberta_sets_two_marks_between_the_texts_and_bert_tells_them_apart_by_segment() {
    let marks = |family: &str| {
        let pair = load(family).tokenizer.encode("no food", Some("no ending")).expect("the pair is cut");
        let special = pair.units.iter().filter(|unit| unit.special);
        special.map(|unit| (unit.piece.clone(), unit.segment)).collect::<Vec<_>>()
    };
    let spelled =
        |marks: &[(&str, u32)]| marks.iter().map(|(piece, of)| ((*piece).to_owned(), *of)).collect::<Vec<_>>();
    assert_eq!(marks("roberta"), spelled(&[("<s>", 0), ("</s>", 0), ("</s>", 0), ("</s>", 0)]), "RoBERTa");
    assert_eq!(marks("bert"), spelled(&[("[CLS]", 0), ("[SEP]", 0), ("[SEP]", 1)]), "BERT");
}
