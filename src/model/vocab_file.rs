//! BERT's `WordPiece` tokenizer from `vocab.txt` and `tokenizer_config.json`, for checkpoints without `tokenizer.json`.

use std::path::Path;
use std::path::PathBuf;

use serde_json::Map;
use serde_json::Value;
use tokenizers::AddedToken;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::processors::bert::BertProcessing;

use crate::model::Error;
use crate::model::fields::Fields;
use crate::model::fields::read_json_object;
use crate::model::fields::read_small_file;

/// The tokenizer and the files it was made from; `None` if there is no `vocab.txt`.
pub(super) fn load(dir: &Path) -> Result<Option<(tokenizers::Tokenizer, Vec<PathBuf>)>, Error> {
    let path = dir.join("vocab.txt");
    let Some(bytes) = read_small_file(&path)? else { return Ok(None) };
    let settings_path = dir.join("tokenizer_config.json");
    let settings = read_json_object(&settings_path)?;
    let files = if settings.is_some() { vec![path.clone(), settings_path.clone()] } else { vec![path.clone()] };
    let settings = settings.unwrap_or_default();
    let tokenizer = build(&bytes, &path, &Fields::new(&settings, &settings_path), &settings)?;
    Ok(Some((tokenizer, files)))
}

fn build(
    vocabulary: &[u8],
    path: &Path,
    fields: &Fields<'_>,
    settings: &Map<String, Value>,
) -> Result<tokenizers::Tokenizer, Error> {
    check_class(fields)?;
    let library_error = |source| Error::TokenizerFile { path: path.to_owned(), source };
    let [unknown, cls, sep, pad, mask] = [
        ("unk_token", "[UNK]"),
        ("cls_token", "[CLS]"),
        ("sep_token", "[SEP]"),
        ("pad_token", "[PAD]"),
        ("mask_token", "[MASK]"),
    ]
    .map(|(key, default)| spelling(settings, key).unwrap_or(default).to_owned());

    let vocabulary = WordPiece::read_bytes(vocabulary).map_err(library_error)?;
    let id = |token: &String| {
        let missing = || Error::VocabularyToken { token: token.clone(), path: path.to_owned() };
        vocabulary.get(token).copied().ok_or_else(missing)
    };
    id(&unknown)?;
    let (cls_id, sep_id) = (id(&cls)?, id(&sep)?);
    let specials: Vec<_> = [&unknown, &cls, &sep, &pad, &mask]
        .into_iter()
        .filter(|token| vocabulary.get(*token).is_some())
        .map(|token| AddedToken::from(token.clone(), true))
        .collect();

    let model = WordPiece::builder().vocab(vocabulary).unk_token(unknown).build().map_err(library_error)?;
    let normalizer = BertNormalizer::new(
        true,
        fields.flag_or("tokenize_chinese_chars", true)?,
        fields.get("strip_accents").map(|_| fields.flag_or("strip_accents", false)).transpose()?,
        fields.flag_or("do_lower_case", true)?,
    );
    let mut tokenizer = tokenizers::Tokenizer::new(model);
    tokenizer.with_normalizer(Some(normalizer)).map_err(library_error)?;
    tokenizer.with_pre_tokenizer(Some(BertPreTokenizer));
    tokenizer.with_post_processor(Some(BertProcessing::new((sep, sep_id), (cls, cls_id))));
    tokenizer.add_special_tokens(specials).map_err(library_error)?;
    Ok(tokenizer)
}

/// Other classes cut words before `WordPiece` sees them (Japanese, for one), so their vocabulary alone is not enough.
fn check_class(fields: &Fields<'_>) -> Result<(), Error> {
    const KNOWN: [&str; 3] = ["BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer"];
    let Some(class) = fields.text("tokenizer_class")? else { return Ok(()) };
    if KNOWN.contains(&class.trim_end_matches("Fast")) {
        return Ok(());
    }
    Err(fields.refuse("tokenizer_class", format!("one of {}", super::error::quoted(&KNOWN))))
}

/// A special token as text, or as an object with its text.
fn spelling<'a>(settings: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    let value = settings.get(key)?;
    value.as_str().or_else(|| value.get("content")?.as_str())
}
