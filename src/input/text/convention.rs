//! What a model expects of its tokenizer, and how tokenizers of its kind were stored before `tokenizer.json`.

/// What a model expects of the tokenizer beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The kind of model, as `model_type` in `config.json` has it.
    pub model_type: &'static str,
    /// Rows of the word embedding table.
    pub vocab_size: usize,
    /// Longest text in tokens, special ones counted.
    pub max_tokens: usize,
    /// The id of padding, where the model's configuration gives one.
    pub pad_token_id: Option<u64>,
    /// The id of the first token of every text, where the model's configuration gives one.
    pub cls_token_id: Option<u64>,
}

/// How checkpoints of one kind have their tokenizer where there is no `tokenizer.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Convention {
    /// `vocab.txt`: BERT and what shares its vocabulary, `MPNet` too.
    WordPiece,
    /// `vocab.json` with `merges.txt`.
    Roberta,
    /// The same, which hardly any of its checkpoints has: it came with `tokenizer.json`.
    ModernBert,
    /// `SentencePiece` with ALBERT's normalizers.
    Albert,
    /// `SentencePiece` as `DeBERTa` v2 and v3 have it.
    DebertaV2,
    /// `SentencePiece` after fairseq's four ids.
    XlmRoberta,
    /// `SentencePiece` after `CamemBERT`'s five ids.
    Camembert,
}

impl Convention {
    /// That of a `model_type`; `None` for models that always had a `tokenizer.json`.
    pub(super) fn of(model_type: &str) -> Option<Self> {
        match model_type {
            "bert" | "distilbert" | "electra" | "mpnet" => Some(Self::WordPiece),
            "roberta" => Some(Self::Roberta),
            "modernbert" => Some(Self::ModernBert),
            "albert" => Some(Self::Albert),
            "deberta-v2" => Some(Self::DebertaV2),
            "xlm-roberta" => Some(Self::XlmRoberta),
            "camembert" => Some(Self::Camembert),
            _ => None,
        }
    }
}
