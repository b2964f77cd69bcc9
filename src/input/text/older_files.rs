//! Tokenizers from the files that came before `tokenizer.json`: `vocab.json` with `merges.txt` (byte-level BPE), and
//! `SentencePiece` models (`spm.model`, `spiece.model`, `sentencepiece.bpe.model`).
//!
//! Each is written as the `tokenizer.json` that it stands for, so that one check and one parser serve all.
//!
//! Source: the conventions of each family's tokenizer in Hugging Face transformers 4.57.3, `convert_slow_tokenizer.py`; ids
//! of its converted tokenizers are the references of the tests.

use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;
use serde_json::json;

use crate::disk::read_json_object;
use crate::disk::read_small_file;
use crate::input::Error;
use crate::input::text::charsmap::to_base64;
use crate::input::text::convention::Convention;
use crate::input::text::sentencepiece::PieceKind;
use crate::input::text::sentencepiece::SentencePieces;
use crate::input::text::settings::TokenizerSettings;

/// The `tokenizer.json` that other files stand for, and those files; `None` if there are none of this convention.
pub(super) fn load(
    dir: &Path,
    convention: Convention,
    settings: &TokenizerSettings,
) -> Result<Option<(Value, Vec<PathBuf>)>, Error> {
    match convention {
        Convention::Roberta | Convention::ModernBert => byte_level(dir, settings),
        Convention::DebertaV2 | Convention::Albert | Convention::XlmRoberta | Convention::Camembert => {
            for name in ["spm.model", "spiece.model", "sentencepiece.bpe.model"] {
                let path = dir.join(name);
                if let Some(bytes) = read_small_file(&path)? {
                    return sentence_pieces(&bytes, &path, convention, settings).map(|json| Some((json, vec![path])));
                }
            }
            Ok(None)
        }
        Convention::WordPiece => Ok(None),
    }
}

/// A special token's entry.
fn special(id: usize, text: &str, lstrip: bool) -> Value {
    json!({"id": id, "content": text, "single_word": false, "lstrip": lstrip, "rstrip": false,
        "normalized": false, "special": true})
}

/// Pairs of pieces, first merged first.
fn merges_of(text: &str, path: &Path) -> Result<Vec<Value>, Error> {
    let lines = text
        .lines()
        .enumerate()
        .filter(|(index, line)| !(line.is_empty() || *index == 0 && line.starts_with("#version")));
    let merges = lines.map(|(index, line)| match line.split_once(' ') {
        Some((left, right)) if !left.is_empty() && !right.is_empty() && !right.contains(' ') => {
            Ok(json!([left, right]))
        }
        _ => Err(Error::Merge { line: index + 1, got: line.chars().take(80).collect(), path: path.to_owned() }),
    });
    merges.collect()
}

fn byte_level(dir: &Path, settings: &TokenizerSettings) -> Result<Option<(Value, Vec<PathBuf>)>, Error> {
    let (vocab_path, merges_path) = (dir.join("vocab.json"), dir.join("merges.txt"));
    let (Some(vocab), Some(merges)) = (read_json_object(&vocab_path)?, read_small_file(&merges_path)?) else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(&merges);
    let merges = merges_of(&text, &merges_path)?;
    let id = |token: &str| {
        let found = vocab.get(token).and_then(Value::as_u64).and_then(|id| usize::try_from(id).ok());
        found.ok_or_else(|| Error::VocabularyToken { token: token.to_owned(), path: vocab_path.clone() })
    };
    let name = |key: &str, default: &str| settings.spelling(key).unwrap_or(default).to_owned();
    let (cls, sep) = (name("cls_token", "<s>"), name("sep_token", "</s>"));
    let mut added = Vec::new();
    for (key, default) in [
        ("cls_token", "<s>"),
        ("pad_token", "<pad>"),
        ("sep_token", "</s>"),
        ("unk_token", "<unk>"),
        ("mask_token", "<mask>"),
    ] {
        let text = name(key, default);
        if let Ok(id) = id(&text) {
            added.push((id, special(id, &text, key == "mask_token")));
        }
    }
    added.sort_by_key(|(id, _)| *id);
    added.dedup_by_key(|(id, _)| *id);
    let prefix_space = settings.fields().flag_or("add_prefix_space", false)?;
    let json = json!({
        "version": "1.0",
        "added_tokens": added.into_iter().map(|(_, token)| token).collect::<Vec<_>>(),
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": prefix_space, "trim_offsets": true, "use_regex": true},
        "post_processor": {"type": "RobertaProcessing", "sep": [&sep, id(&sep)?], "cls": [&cls, id(&cls)?],
            "trim_offsets": true, "add_prefix_space": prefix_space},
        "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": "",
            "end_of_word_suffix": "", "fuse_unk": false, "vocab": &vocab, "merges": merges},
    });
    Ok(Some((json, vec![vocab_path, merges_path])))
}

fn sentence_pieces(
    bytes: &[u8],
    path: &Path,
    convention: Convention,
    settings: &TokenizerSettings,
) -> Result<Value, Error> {
    let model = SentencePieces::parse(bytes).ok_or_else(|| Error::TokenizerDamaged { path: path.to_owned() })?;
    if model.kind != 1 {
        return Err(Error::SentencePieceKind { kind: model.kind, path: path.to_owned() });
    }
    let is_roberta = matches!(convention, Convention::XlmRoberta | Convention::Camembert);
    let name = |key: &str, default: &str| settings.spelling(key).unwrap_or(default).to_owned();
    let [cls, sep, mask] = if is_roberta {
        [name("cls_token", "<s>"), name("sep_token", "</s>"), name("mask_token", "<mask>")]
    } else {
        [name("cls_token", "[CLS]"), name("sep_token", "[SEP]"), name("mask_token", "[MASK]")]
    };
    let (mut vocab, unknown) = vocabulary(&model, convention);
    if !vocab.iter().any(|(text, _)| *text == mask) {
        vocab.push((mask.clone(), 0.0));
    }
    let id = |token: &str| {
        let found = vocab.iter().position(|(text, _)| text == token);
        found.ok_or_else(|| Error::VocabularyToken { token: token.to_owned(), path: path.to_owned() })
    };
    let controls = model.pieces.iter().filter(|piece| piece.kind == PieceKind::Control).map(|piece| piece.text.clone());
    let fixed = ["<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED", "<s>", "</s>"].map(str::to_owned);
    let unknown_text = vocab.get(unknown).map(|(text, _)| text.clone()).unwrap_or_default();
    let mut ids: Vec<usize> = controls
        .chain(fixed.into_iter().filter(|_| is_roberta))
        .chain([cls.clone(), sep.clone(), mask.clone(), unknown_text])
        .filter_map(|text| id(&text).ok())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let strips_mask = convention != Convention::DebertaV2;
    let mut added: Vec<Value> =
        ids.iter().map(|&id| special(id, &vocab[id].0, strips_mask && vocab[id].0 == mask)).collect();
    let own = model.pieces.iter().filter(|piece| piece.kind == PieceKind::UserDefined);
    let own: BTreeSet<&str> = own.map(|piece| piece.text.as_str()).collect();
    for (id, (text, _)) in vocab.iter().enumerate() {
        if own.contains(text.as_str()) && !ids.contains(&id) {
            let mut token = special(id, text, false);
            token["special"] = Value::Bool(false);
            added.push(token);
        }
    }
    added.sort_by_key(|token| token["id"].as_u64());
    let (cls_id, sep_id) = (id(&cls)?, id(&sep)?);
    Ok(json!({
        "version": "1.0",
        "added_tokens": added,
        "normalizer": {"type": "Sequence", "normalizers": normalizers(&model, convention, settings)?},
        "pre_tokenizer": pre_tokenizer(convention, settings)?,
        "post_processor": template(is_roberta, (&cls, cls_id), (&sep, sep_id)),
        "model": {"type": "Unigram", "unk_id": unknown, "vocab": vocab, "byte_fallback": model.byte_fallback},
    }))
}

/// Pieces with their scores in the order of their ids, and the id of the unknown piece.
fn vocabulary(model: &SentencePieces, convention: Convention) -> (Vec<(String, f64)>, usize) {
    let fixed = |texts: &[(&str, f64)]| texts.iter().map(|&(text, score)| (text.to_owned(), score)).collect::<Vec<_>>();
    let from = |first: usize| model.pieces.iter().skip(first).map(|piece| (piece.text.clone(), f64::from(piece.score)));
    match convention {
        // fairseq's four come first, and take the place of the model's own three.
        Convention::XlmRoberta => {
            let first = fixed(&[("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]);
            (first.into_iter().chain(from(3)).collect(), 3)
        }
        Convention::Camembert => {
            let first =
                [("<s>NOTUSED", 0.0), ("<pad>", 0.0), ("</s>NOTUSED", 0.0), ("<unk>", 0.0), ("<unk>NOTUSED", -100.0)];
            (fixed(&first).into_iter().chain(from(1)).collect(), 3)
        }
        _ => {
            let unknown = model.pieces.iter().position(|piece| piece.kind == PieceKind::Unknown).unwrap_or(0);
            // ALBERT does not want pieces that end in a digit and a comma.
            let is_number_comma = |text: &str| {
                let mut end = text.chars().rev();
                convention == Convention::Albert && end.next() == Some(',') && end.next().is_some_and(char::is_numeric)
            };
            let score = |(text, score): (String, f64)| {
                if is_number_comma(&text) { (text, score - 100.0) } else { (text, score) }
            };
            (from(0).map(score).collect(), unknown)
        }
    }
}

fn normalizers(
    model: &SentencePieces,
    convention: Convention,
    settings: &TokenizerSettings,
) -> Result<Vec<Value>, Error> {
    let fields = settings.fields();
    let map = (!model.charsmap.is_empty())
        .then(|| json!({"type": "Precompiled", "precompiled_charsmap": to_base64(&model.charsmap)}));
    let spaces = |content: &str| json!({"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": content});
    let mut all = Vec::new();
    match convention {
        Convention::Albert => {
            all.extend(
                ["``", "''"].map(|quote| json!({"type": "Replace", "pattern": {"String": quote}, "content": "\""})),
            );
            if !fields.flag_or("keep_accents", false)? {
                all.extend([json!({"type": "NFKD"}), json!({"type": "StripAccents"})]);
            }
            if fields.flag_or("do_lower_case", true)? {
                all.push(json!({"type": "Lowercase"}));
            }
            all.extend(map);
            all.push(spaces(" "));
        }
        Convention::DebertaV2 => {
            if fields.flag_or("do_lower_case", false)? {
                all.push(json!({"type": "Lowercase"}));
            }
            all.push(json!({"type": "Strip", "strip_left": true, "strip_right": true}));
            all.extend(map);
            all.push(spaces(" "));
        }
        _ => {
            all.extend(map);
            all.push(json!({"type": "Strip", "strip_left": false, "strip_right": true}));
            all.push(spaces("▁"));
        }
    }
    Ok(all)
}

fn pre_tokenizer(convention: Convention, settings: &TokenizerSettings) -> Result<Value, Error> {
    let words = json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true});
    if convention == Convention::DebertaV2 && settings.fields().flag_or("split_by_punct", false)? {
        let marks = json!({"type": "Punctuation", "behavior": "Isolated"});
        return Ok(json!({"type": "Sequence", "pretokenizers": [marks, words]}));
    }
    Ok(words)
}

/// Special tokens around one text and around a pair.
fn template(is_roberta: bool, (cls, cls_id): (&str, usize), (sep, sep_id): (&str, usize)) -> Value {
    let token = |text: &str, kind: u8| json!({"SpecialToken": {"id": text, "type_id": kind}});
    let text = |id: &str, kind: u8| json!({"Sequence": {"id": id, "type_id": kind}});
    let pair = if is_roberta {
        json!([token(cls, 0), text("A", 0), token(sep, 0), token(sep, 0), text("B", 0), token(sep, 0)])
    } else {
        json!([token(cls, 0), text("A", 0), token(sep, 0), text("B", 1), token(sep, 1)])
    };
    let entry = |text: &str, id: usize| json!({"id": text, "ids": [id], "tokens": [text]});
    let mut tokens = serde_json::Map::new();
    tokens.insert(cls.to_owned(), entry(cls, cls_id));
    tokens.insert(sep.to_owned(), entry(sep, sep_id));
    json!({
        "type": "TemplateProcessing",
        "single": [token(cls, 0), text("A", 0), token(sep, 0)],
        "pair": pair,
        "special_tokens": tokens,
    })
}
