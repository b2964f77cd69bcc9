//! Modules of sentence-transformers: what `modules.json` and the modules' folders say about a classifier on a pooled state.
//!
//! Source: sentence-transformers 5, `SentenceTransformer.save` and the modules `Pooling`, `Dense` and `LayerNorm`.

use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;

use crate::disk::Fields;
use crate::disk::FileError;
use crate::disk::read_json_object;
use crate::disk::read_small_file;
use crate::model::Activation;
use crate::model::Error;
use crate::model::Pool;
use crate::model::config::model_config::MAX_ROWS;
use crate::model::config::model_config::MAX_WIDTH;

/// The modules that make up a head, in their order.
pub(in crate::model) struct Modules {
    /// Which state the first of them reads.
    pub(in crate::model) pool: Pool,
    /// Before the projection.
    pub(in crate::model) dense: Option<DenseModule>,
    /// The folder of a norm between the two.
    pub(in crate::model) norm: Option<PathBuf>,
    /// To the logits.
    pub(in crate::model) projection: DenseModule,
}

/// A dense layer in a folder of its own.
pub(in crate::model) struct DenseModule {
    /// Where its weights are.
    pub(in crate::model) folder: PathBuf,
    /// Width of its input.
    pub(in crate::model) inputs: usize,
    /// Width of its output.
    pub(in crate::model) outputs: usize,
    /// Whether it has a bias.
    pub(in crate::model) has_bias: bool,
    /// What is applied to the outputs.
    pub(in crate::model) activation: Option<Activation>,
}

/// What a folder has of them.
pub(super) enum Found {
    /// No modules, or the model alone.
    None,
    /// A pooling and nothing after it.
    PoolingAlone(Pool),
    /// A head.
    Modules(Modules),
}

/// One entry of `modules.json`.
struct Entry {
    /// The last part of its type's name: `Pooling`.
    kind: String,
    folder: PathBuf,
}

/// Reads `modules.json`, if there is one.
pub(super) fn find(dir: &Path) -> Result<Found, Error> {
    let path = dir.join("modules.json");
    let Some(entries) = entries(dir, &path)? else { return Ok(Found::None) };
    let kinds: Vec<&str> = entries.iter().map(|entry| entry.kind.as_str()).collect();
    if kinds == ["Transformer"] {
        return Ok(Found::None);
    }
    let pickle = dir.join("model_head.pkl");
    if !kinds.contains(&"Dense") && pickle.exists() {
        return Err(Error::PickledHead { path: pickle });
    }
    let (pooling, norm, dense) = match kinds.as_slice() {
        ["Transformer", "Pooling"] => (&entries[1], None, None),
        ["Transformer", "Pooling", "Dense"] => (&entries[1], None, Some((None, &entries[2]))),
        ["Transformer", "Pooling", "Dense", "Dense"] => (&entries[1], None, Some((Some(&entries[2]), &entries[3]))),
        ["Transformer", "Pooling", "LayerNorm", "Dense"] => (&entries[1], Some(&entries[2]), Some((None, &entries[3]))),
        ["Transformer", "Pooling", "Dense", "LayerNorm", "Dense"] => {
            (&entries[1], Some(&entries[3]), Some((Some(&entries[2]), &entries[4])))
        }
        _ => return Err(Error::Modules { got: kinds.into_iter().map(str::to_owned).collect(), path }),
    };
    let pool = with_settings(&pooling.folder, pool)?;
    let Some((first, last)) = dense else { return Ok(Found::PoolingAlone(pool)) };
    let read = |entry: &Entry| with_settings(&entry.folder, |fields| dense_module(&entry.folder, fields));
    Ok(Found::Modules(Modules {
        pool,
        dense: first.map(read).transpose()?,
        norm: norm.map(|entry| entry.folder.clone()),
        projection: read(last)?,
    }))
}

/// Where sentence-transformers cuts texts, if that is below `most`.
pub(super) fn longest(dir: &Path, most: usize) -> Result<usize, Error> {
    let path = dir.join("sentence_bert_config.json");
    let Some(map) = read_json_object(&path)? else { return Ok(most) };
    let stated = Fields::new(&map, &path).whole_or("max_seq_length", 1..=MAX_ROWS, most)?;
    Ok(stated.min(most))
}

/// The entries, those left out that do nothing outside of training.
fn entries(dir: &Path, path: &Path) -> Result<Option<Vec<Entry>>, Error> {
    let Some(bytes) = read_small_file(path)? else { return Ok(None) };
    let list: Vec<Value> =
        serde_json::from_slice(&bytes).map_err(|source| FileError::Json { path: path.to_owned(), source })?;
    let mut entries = Vec::with_capacity(list.len());
    for value in &list {
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let kind = text("type").unwrap_or_default();
        let kind = kind.strip_prefix("sentence_transformers.").and_then(|kind| kind.rsplit('.').next()).unwrap_or(kind);
        let name = text("path").unwrap_or_default();
        let is_outside = name.contains(['/', '\\', ':']) || name == "." || name == "..";
        if is_outside || (kind == "Transformer" && !name.is_empty()) {
            return Err(Error::ModulePath { module: kind.to_owned(), got: name.to_owned(), path: path.to_owned() });
        }
        if kind != "Dropout" {
            entries.push(Entry { kind: kind.to_owned(), folder: dir.join(name) });
        }
    }
    Ok(Some(entries))
}

/// Reads a module's `config.json`; one that is missing has no fields.
fn with_settings<T>(folder: &Path, read: impl FnOnce(&Fields<'_>) -> Result<T, Error>) -> Result<T, Error> {
    let path = folder.join("config.json");
    let map = read_json_object(&path)?.unwrap_or_default();
    read(&Fields::new(&map, &path))
}

/// Which pooling a `Pooling` module does, in the newer spelling or the older one.
fn pool(fields: &Fields<'_>) -> Result<Pool, Error> {
    const OTHERS: [&str; 4] = [
        "pooling_mode_max_tokens",
        "pooling_mode_mean_sqrt_len_tokens",
        "pooling_mode_weightedmean_tokens",
        "pooling_mode_lasttoken",
    ];
    match fields.text("pooling_mode")? {
        Some("mean") => return Ok(Pool::Mean),
        Some("cls") => return Ok(Pool::First),
        Some(_) => return Err(fields.refuse("pooling_mode", "\"mean\" or \"cls\"").into()),
        None => {}
    }
    for key in OTHERS {
        fields.only(key, &Value::from(false))?;
    }
    let [first, mean] = ["pooling_mode_cls_token", "pooling_mode_mean_tokens"];
    match (fields.flag_or(first, false)?, fields.flag_or(mean, false)?) {
        (true, false) => Ok(Pool::First),
        (false, true) => Ok(Pool::Mean),
        _ => Err(fields.refuse(mean, format!("true, or else {first}, and not both")).into()),
    }
}

fn dense_module(folder: &Path, fields: &Fields<'_>) -> Result<DenseModule, Error> {
    /// By the last part of a function's name in torch.
    const ACTIVATIONS: [(&str, Option<Activation>); 5] = [
        ("Identity", None),
        ("Tanh", Some(Activation::Tanh)),
        ("ReLU", Some(Activation::Relu)),
        ("GELU", Some(Activation::Gelu)),
        ("SiLU", Some(Activation::Silu)),
    ];
    // It reads the pooled state, or what a dense layer before it made of that; never the tokens' states.
    if fields.text("module_input_name")? == Some("token_embeddings") {
        return Err(fields.refuse("module_input_name", "\"sentence_embedding\"").into());
    }
    const KEY: &str = "activation_function";
    let name = fields.text(KEY)?.unwrap_or("torch.nn.modules.activation.Tanh");
    let last = name.strip_prefix("torch.nn.").and_then(|name| name.rsplit('.').next());
    let activation = ACTIVATIONS.iter().find(|(known, _)| Some(*known) == last).map(|(_, activation)| *activation);
    Ok(DenseModule {
        folder: folder.to_owned(),
        inputs: fields.size("in_features", MAX_WIDTH)?,
        outputs: fields.size("out_features", MAX_WIDTH)?,
        has_bias: fields.flag_or("bias", true)?,
        activation: activation.ok_or_else(|| fields.refuse(KEY, "torch.nn's Identity, Tanh, ReLU, GELU or SiLU"))?,
    })
}
