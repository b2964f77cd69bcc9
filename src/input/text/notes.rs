//! Where the files around a tokenizer disagree: what is said, and who wins.

use serde_json::Value;
use tokenizers::NormalizerWrapper;

use crate::input::Error;
use crate::input::Expected;
use crate::input::text::settings::TokenizerSettings;

/// Classes whose settings replace those of `tokenizer.json`, as their code in transformers 4 does.
const LOWER_CASING: [&str; 4] = ["BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MPNetTokenizer"];

/// Follows `do_lower_case`, `strip_accents` and `tokenize_chinese_chars` where the file's normalizer says otherwise.
///
/// Source: `BertTokenizerFast.__init__` of Hugging Face transformers 4.57.3, which sets the normalizer anew from the
/// settings.
pub(super) fn follow_case(
    tokenizer: &mut tokenizers::Tokenizer,
    settings: &TokenizerSettings,
    notes: &mut Vec<String>,
) -> Result<(), Error> {
    if !settings.class().is_some_and(|class| LOWER_CASING.contains(&class)) {
        return Ok(());
    }
    let fields = settings.fields();
    let Some(NormalizerWrapper::BertNormalizer(found)) = tokenizer.get_normalizer() else {
        if fields.get("do_lower_case").is_some() {
            notes.push(
                "tokenizer.json has a normalizer of its own, so do_lower_case in tokenizer_config.json is not followed"
                    .to_owned(),
            );
        }
        return Ok(());
    };
    let mut wanted = *found;
    wanted.lowercase = fields.flag_or("do_lower_case", found.lowercase)?;
    wanted.handle_chinese_chars = fields.flag_or("tokenize_chinese_chars", found.handle_chinese_chars)?;
    if fields.get("strip_accents").is_some() {
        wanted.strip_accents = Some(fields.flag_or("strip_accents", false)?);
    }
    for (key, says, had) in [
        ("do_lower_case", wanted.lowercase, found.lowercase),
        ("tokenize_chinese_chars", wanted.handle_chinese_chars, found.handle_chinese_chars),
        ("strip_accents", wanted.strip_accents.unwrap_or(false), found.strip_accents.unwrap_or(false)),
    ] {
        if says != had {
            notes.push(format!(
                "tokenizer_config.json says {key} {says}, tokenizer.json says {had}: the former is followed, as in transformers 4"
            ));
        }
    }
    let library_error = |source| Error::TokenizerFile { path: settings.path.clone(), source };
    tokenizer.with_normalizer(Some(wanted)).map_err(library_error)?;
    Ok(())
}

/// Limits, ids and classes that disagree with the model's configuration.
pub(super) fn disagreements(
    tokenizer: &tokenizers::Tokenizer,
    settings: &TokenizerSettings,
    expected: &Expected,
    notes: &mut Vec<String>,
) {
    let limit = settings.map.get("model_max_length").and_then(Value::as_u64);
    // Beyond any real length stands what transformers writes for "no limit".
    if let Some(limit) = limit.filter(|&limit| limit < 1 << 40 && limit != expected.max_tokens as u64) {
        let max_tokens = expected.max_tokens;
        let (kind, effect) = if limit > max_tokens as u64 {
            ("more than", format!("longer texts are cut at {max_tokens}"))
        } else {
            ("fewer than", format!("texts are read up to {max_tokens}, where other programs may cut at {limit}"))
        };
        notes.push(format!(
            "tokenizer_config.json allows {limit} tokens, {kind} the {max_tokens} that the model has positions for: {effect}"
        ));
    }
    for (key, token_key, id) in
        [("pad_token_id", "pad_token", expected.pad_token_id), ("cls_token_id", "cls_token", expected.cls_token_id)]
    {
        let named = settings.spelling(token_key).and_then(|text| Some((text, tokenizer.token_to_id(text)?)));
        if let (Some(id), Some((text, got))) = (id, named)
            && u64::from(got) != id
        {
            notes.push(format!("config.json says {key} {id}, but the tokenizer's {token_key} {text:?} has id {got}"));
        }
    }
    if let Some(class) = settings.class()
        && let Some(other) = models_of_class(class)
        && !other.contains(&expected.model_type)
    {
        let id = expected.model_type;
        notes.push(format!("tokenizer_config.json names the class {class:?}, which does not belong to a {id:?} model"));
    }
}

/// The kinds of models that come with a tokenizer class; `None` for classes that any model may have.
fn models_of_class(class: &str) -> Option<&'static [&'static str]> {
    match class {
        // MiniLM and others of BERT's architecture were trained with other families' vocabularies.
        "BertTokenizer" | "DistilBertTokenizer" | "ElectraTokenizer" | "MPNetTokenizer" => {
            Some(&["bert", "distilbert", "electra", "mpnet", "roberta", "deberta-v2"])
        }
        "RobertaTokenizer" => Some(&["roberta", "modernbert"]),
        "XLMRobertaTokenizer" => Some(&["xlm-roberta", "bert", "distilbert", "roberta"]),
        "CamembertTokenizer" => Some(&["camembert", "roberta"]),
        "AlbertTokenizer" => Some(&["albert"]),
        "DebertaV2Tokenizer" => Some(&["deberta-v2"]),
        _ => None,
    }
}
