//! What a `tokenizer.json` asks of the library, checked before it is used: parts that would make it stop, never end, fill
//! the memory or draw tokens at random are refused by name.

use serde::Deserialize;
use serde_json::Value;

use crate::input::text::charsmap::from_base64;
use crate::input::text::charsmap::largest_growth;

/// A part of the file that cannot be used. The caller adds the file's name.
#[derive(Debug, thiserror::Error)]
#[error("{part}: expected {expected}, got {got}")]
pub struct TokenizerFault {
    /// Where in the file.
    pub part: String,
    /// What it should hold.
    pub expected: String,
    /// What it holds.
    pub got: String,
}

/// Most that normalizers may grow a text, all together; those of real tokenizers stay below 100.
const MOST_GROWTH: usize = 4096;
/// Parts of a sequence of normalizers and the like.
const MOST_PARTS: usize = 64;
/// Longest pattern.
const LONGEST_PATTERN: usize = 1 << 16;
/// Longest word that pieces are looked for in; BERT's own limit is 100.
const LONGEST_WORD: u64 = 4096;
/// Special tokens that a template adds.
const MOST_ADDED: usize = 64;

/// The parts that are checked; vocabularies are skipped.
#[derive(Deserialize)]
struct Parts {
    #[serde(default)]
    normalizer: Value,
    #[serde(default)]
    pre_tokenizer: Value,
    #[serde(default)]
    post_processor: Value,
    model: Option<ModelPart>,
}

#[derive(Deserialize)]
struct ModelPart {
    #[serde(default)]
    max_input_chars_per_word: Value,
    #[serde(default)]
    dropout: Value,
}

/// How many times longer a text may become before it is cut, or what is wrong.
pub(super) fn check(bytes: &[u8]) -> Result<usize, TokenizerFault> {
    let parts: Parts = serde_json::from_slice(bytes)
        .map_err(|err| fault("the file", "a JSON object with a \"model\"", &Value::from(err.to_string())))?;
    if let Some(model) = &parts.model {
        if model.max_input_chars_per_word.as_u64().is_some_and(|length| length > LONGEST_WORD) {
            let expected = format!("at most {LONGEST_WORD}");
            return Err(fault("model.max_input_chars_per_word", &expected, &model.max_input_chars_per_word));
        }
        if model.dropout.as_f64().is_some_and(|share| share != 0.0) {
            return Err(fault("model.dropout", "null or 0, as tokens would be drawn at random", &model.dropout));
        }
    }
    let growth = normalizer_growth(&parts.normalizer, "normalizer")?;
    check_pre_tokenizer(&parts.pre_tokenizer, "pre_tokenizer")?;
    check_post_processor(&parts.post_processor, "post_processor")?;
    Ok(growth)
}

fn fault(part: &str, expected: &str, got: &Value) -> TokenizerFault {
    let got = got.to_string();
    let short = if got.chars().count() > 120 { got.chars().take(120).chain(['…']).collect() } else { got };
    TokenizerFault { part: part.to_owned(), expected: expected.to_owned(), got: short }
}

fn kind(value: &Value) -> &str {
    value.get("type").and_then(Value::as_str).unwrap_or_default()
}

/// The parts of a sequence, each with its name.
fn sequence<'a>(value: &'a Value, key: &str, part: &str) -> Result<Vec<(String, &'a Value)>, TokenizerFault> {
    let all = value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if all.len() > MOST_PARTS {
        return Err(fault(part, &format!("at most {MOST_PARTS} parts"), &Value::from(all.len())));
    }
    Ok(all.iter().enumerate().map(|(index, value)| (format!("{part}.{key}[{index}]"), value)).collect())
}

/// Bytes that a byte of text may become.
fn normalizer_growth(value: &Value, part: &str) -> Result<usize, TokenizerFault> {
    let length = |key: &str| value.get(key).and_then(Value::as_str).map_or(0, str::len);
    let growth = match kind(value) {
        "Sequence" => {
            let mut product = 1_usize;
            for (part, value) in sequence(value, "normalizers", part)? {
                product = product.saturating_mul(normalizer_growth(value, &part)?);
            }
            product
        }
        "Replace" => {
            let shortest = match value.get("pattern") {
                Some(pattern) if pattern.get("String").is_some() => {
                    let text = pattern.get("String").and_then(Value::as_str).unwrap_or_default();
                    if text.is_empty() {
                        return Err(fault(part, "a pattern that is not empty", value));
                    }
                    text.len()
                }
                pattern => {
                    check_pattern(pattern, part)?;
                    1
                }
            };
            // A pattern may match between two bytes as well.
            1 + length("content") / shortest
        }
        "Prepend" => 1 + length("prepend"),
        "ByteLevel" => 2,
        "Precompiled" => {
            let text = value.get("precompiled_charsmap").and_then(Value::as_str).unwrap_or_default();
            let map = from_base64(text).ok_or_else(|| fault(part, "a map in base 64", value))?;
            // The library takes no map for an empty one.
            if map.is_empty() {
                1
            } else {
                largest_growth(&map).ok_or_else(|| fault(part, "a sound character map", value))?
            }
        }
        _ => 1,
    };
    if growth > MOST_GROWTH {
        return Err(fault(part, &format!("a text to grow at most {MOST_GROWTH} times"), &Value::from(growth)));
    }
    Ok(growth)
}

fn check_pre_tokenizer(value: &Value, part: &str) -> Result<(), TokenizerFault> {
    match kind(value) {
        "Sequence" => {
            for (part, value) in sequence(value, "pretokenizers", part)? {
                check_pre_tokenizer(value, &part)?;
            }
        }
        "Split" => check_pattern(value.get("pattern"), part)?,
        "FixedLength" if value.get("length").is_some_and(|length| length.as_u64().is_none_or(|length| length == 0)) => {
            return Err(fault(part, "a length of at least 1", value.get("length").unwrap_or(&Value::Null)));
        }
        _ => {}
    }
    Ok(())
}

fn check_pattern(pattern: Option<&Value>, part: &str) -> Result<(), TokenizerFault> {
    let pattern = pattern.unwrap_or(&Value::Null);
    let text = pattern.get("Regex").or_else(|| pattern.get("String")).and_then(Value::as_str);
    match text {
        Some(text) if text.len() <= LONGEST_PATTERN => Ok(()),
        _ => Err(fault(part, &format!("a pattern of at most {LONGEST_PATTERN} bytes"), pattern)),
    }
}

fn check_post_processor(value: &Value, part: &str) -> Result<(), TokenizerFault> {
    match kind(value) {
        "Sequence" => {
            for (part, value) in sequence(value, "processors", part)? {
                check_post_processor(value, &part)?;
            }
            Ok(())
        }
        "TemplateProcessing" => {
            check_template(value, "single", &["A"], part)?;
            check_template(value, "pair", &["A", "B"], part)
        }
        _ => Ok(()),
    }
}

/// A template of special tokens and texts: only texts that are given, each once, and special tokens that are described.
fn check_template(value: &Value, key: &str, given: &[&str], part: &str) -> Result<(), TokenizerFault> {
    let part = format!("{part}.{key}");
    let Some(pieces) = value.get(key) else { return Ok(()) };
    let list = pieces.as_array().ok_or_else(|| fault(&part, "a list", pieces))?;
    let mut texts = Vec::new();
    let mut added = 0;
    for piece in list {
        if let Some(id) = piece.get("Sequence").and_then(|text| text.get("id")).and_then(Value::as_str) {
            texts.push(id);
        } else if let Some(id) = piece.get("SpecialToken").and_then(|token| token.get("id")).and_then(Value::as_str) {
            let ids = value.get("special_tokens").and_then(|tokens| tokens.get(id)).and_then(|token| token.get("ids"));
            let Some(ids) = ids.and_then(Value::as_array) else {
                return Err(fault(&part, "special tokens that \"special_tokens\" describes", piece));
            };
            added += ids.len();
        } else {
            return Err(fault(&part, "a Sequence or a SpecialToken", piece));
        }
    }
    if texts != given {
        return Err(fault(&part, &format!("the texts {given:?}, each once and in order"), &Value::from(texts)));
    }
    if added > MOST_ADDED {
        return Err(fault(&part, &format!("at most {MOST_ADDED} special tokens"), &Value::from(added)));
    }
    Ok(())
}
