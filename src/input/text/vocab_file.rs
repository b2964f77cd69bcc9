//! BERT's `WordPiece` tokenizer from `vocab.txt` and the settings beside it, for checkpoints without `tokenizer.json`.

use std::path::Path;
use std::path::PathBuf;

use tokenizers::AddedToken;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::processors::bert::BertProcessing;
use tokenizers::processors::roberta::RobertaProcessing;

use crate::disk::Fields;
use crate::disk::quoted;
use crate::disk::read_small_file;
use crate::input::Error;
use crate::input::text::settings::TokenizerSettings;

/// The tokenizer and its file; `None` if there is no `vocab.txt`.
pub(super) fn load(
    dir: &Path,
    settings: &TokenizerSettings,
) -> Result<Option<(tokenizers::Tokenizer, Vec<PathBuf>)>, Error> {
    let path = dir.join("vocab.txt");
    let Some(bytes) = read_small_file(&path)? else { return Ok(None) };
    let tokenizer = build(&bytes, &path, settings)?;
    Ok(Some((tokenizer, vec![path])))
}

fn build(vocabulary: &[u8], path: &Path, settings: &TokenizerSettings) -> Result<tokenizers::Tokenizer, Error> {
    let fields = &settings.fields();
    check_class(fields)?;
    let is_mpnet = settings.class() == Some("MPNetTokenizer");
    let library_error = |source| Error::TokenizerFile { path: path.to_owned(), source };
    let defaults = if is_mpnet {
        ["[UNK]", "<s>", "</s>", "<pad>", "<mask>"]
    } else {
        ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]
    };
    let name = |index: usize, key: &str| settings.spelling(key).unwrap_or(defaults[index]).to_owned();
    let [unknown, cls, sep] = [name(0, "unk_token"), name(1, "cls_token"), name(2, "sep_token")];
    let [pad, mask] = [name(3, "pad_token"), name(4, "mask_token")];

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
    let (sep, cls) = ((sep, sep_id), (cls, cls_id));
    if is_mpnet {
        // Two separators between the texts of a pair, as RoBERTa has them.
        let processing = RobertaProcessing::new(sep, cls).trim_offsets(false).add_prefix_space(false);
        tokenizer.with_post_processor(Some(processing));
    } else {
        tokenizer.with_post_processor(Some(BertProcessing::new(sep, cls)));
    }
    tokenizer.add_special_tokens(specials).map_err(library_error)?;
    Ok(tokenizer)
}

/// Other classes cut words before `WordPiece` sees them (Japanese, for one), so their vocabulary alone is not enough.
fn check_class(fields: &Fields<'_>) -> Result<(), Error> {
    const KNOWN: [&str; 4] = ["BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MPNetTokenizer"];
    let Some(class) = fields.text("tokenizer_class")? else { return Ok(()) };
    if KNOWN.contains(&class.trim_end_matches("Fast")) {
        return Ok(());
    }
    Err(fields.refuse("tokenizer_class", format!("one of {}", quoted(&KNOWN))).into())
}
