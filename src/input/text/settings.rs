//! What stands beside a tokenizer's vocabulary: `tokenizer_config.json`, `added_tokens.json`, `special_tokens_map.json`.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

use serde_json::Map;
use serde_json::Value;
use tokenizers::AddedToken;

use crate::disk::Fields;
use crate::disk::read_json_object;
use crate::input::Error;

/// The settings files of a folder; absent ones are empty.
pub(super) struct TokenizerSettings {
    pub(super) path: PathBuf,
    pub(super) map: Map<String, Value>,
    special: Map<String, Value>,
    added: Map<String, Value>,
    added_path: PathBuf,
    /// The files that there are.
    pub(super) files: Vec<PathBuf>,
}

impl TokenizerSettings {
    pub(super) fn read(dir: &Path) -> Result<Self, Error> {
        let mut files = Vec::new();
        let mut read = |name: &str| -> Result<(PathBuf, Map<String, Value>), Error> {
            let path = dir.join(name);
            let map = read_json_object(&path)?;
            if map.is_some() {
                files.push(path.clone());
            }
            Ok((path, map.unwrap_or_default()))
        };
        let (path, map) = read("tokenizer_config.json")?;
        let (_, special) = read("special_tokens_map.json")?;
        let (added_path, added) = read("added_tokens.json")?;
        Ok(Self { path, map, special, added, added_path, files })
    }

    pub(super) fn fields(&self) -> Fields<'_> {
        Fields::new(&self.map, &self.path)
    }

    /// The class without `Fast`, where it is given.
    pub(super) fn class(&self) -> Option<&str> {
        self.map.get("tokenizer_class").and_then(Value::as_str).map(|class| class.trim_end_matches("Fast"))
    }

    /// A special token as it is spelled: text, or an object with its text.
    pub(super) fn spelling(&self, key: &str) -> Option<&str> {
        [&self.map, &self.special].into_iter().find_map(|map| {
            let value = map.get(key)?;
            value.as_str().or_else(|| value.get("content")?.as_str())
        })
    }

    /// Tokens beside the vocabulary, by id: those of `added_tokens_decoder`, or else of `added_tokens.json`.
    pub(super) fn added_tokens(&self) -> Result<BTreeMap<u32, AddedToken>, Error> {
        let number = |id: &Value, path: &Path| {
            let found = id.as_u64().and_then(|id| u32::try_from(id).ok());
            found.ok_or_else(|| Error::AddedToken { got: id.to_string(), path: path.to_owned() })
        };
        if let Some(decoder) = self.map.get("added_tokens_decoder").and_then(Value::as_object) {
            let tokens = decoder.iter().map(|(id, token)| {
                let bad = || Error::AddedToken { got: format!("{id}: {token}"), path: self.path.clone() };
                let text = token.get("content").and_then(Value::as_str).filter(|text| !text.is_empty());
                let text = text.ok_or_else(bad)?.to_owned();
                let flag = |key: &str| token.get(key).and_then(Value::as_bool).unwrap_or(false);
                let added = AddedToken::from(text, flag("special"))
                    .single_word(flag("single_word"))
                    .lstrip(flag("lstrip"))
                    .rstrip(flag("rstrip"))
                    .normalized(flag("normalized"));
                Ok((id.parse().ok().ok_or_else(bad)?, added))
            });
            return tokens.collect();
        }
        let special = self.additional_special();
        let tokens = self.added.iter().filter(|(text, _)| !text.is_empty()).map(|(text, id)| {
            Ok((number(id, &self.added_path)?, AddedToken::from(text.clone(), special.contains(&text.as_str()))))
        });
        tokens.collect()
    }

    /// Adds [`Self::added_tokens`]; each must get the id that the files say.
    pub(super) fn add_to(&self, tokenizer: &mut tokenizers::Tokenizer) -> Result<(), Error> {
        for (id, token) in self.added_tokens()? {
            let text = token.content.clone();
            let added =
                if token.special { tokenizer.add_special_tokens([token]) } else { tokenizer.add_tokens([token]) };
            added.map_err(|source| Error::TokenizerFile { path: self.path.clone(), source })?;
            let got = tokenizer.token_to_id(&text);
            if got != Some(id) {
                let got = got.map_or_else(|| "none".to_owned(), |got| got.to_string());
                return Err(Error::AddedTokenId { token: text, expected: id, got, path: self.path.clone() });
            }
        }
        Ok(())
    }

    fn additional_special(&self) -> Vec<&str> {
        let lists =
            [&self.map, &self.special].map(|map| map.get("additional_special_tokens").and_then(Value::as_array));
        let additional = lists.into_iter().flatten().flatten();
        let additional = additional.filter_map(|value| value.as_str().or_else(|| value.get("content")?.as_str()));
        let named = ["unk_token", "cls_token", "sep_token", "pad_token", "mask_token", "bos_token", "eos_token"];
        additional.chain(named.into_iter().filter_map(|key| self.spelling(key))).collect()
    }
}
