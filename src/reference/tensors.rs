//! A checkpoint's tensors through candle's own readers.

use std::collections::HashMap;
use std::path::Path;
use std::path::PathBuf;

use candle_core::DType;
use candle_core::Device;
use candle_core::Tensor;
use candle_nn::VarBuilder;

use crate::model;
use crate::model::Family;
use crate::reference::Error;
use crate::reference::error::while_it;

/// What training and saving put before every name.
const WRAPPERS: [&str; 2] = ["module.", "_orig_mod."];
/// What names of an encoder's tensors begin with where a checkpoint leaves the family's name out.
const BARE: [&str; 6] = ["embeddings.", "encoder.", "transformer.", "layers.", "final_norm.", "pooler."];

/// The tensors by the names that candle-transformers asks for.
pub(super) struct Tensors(HashMap<String, Tensor>);

impl Tensors {
    /// Reads the weights of a folder, all in `f32`.
    pub(super) fn read(dir: &Path, family: Family) -> Result<Self, Error> {
        let paths = model::weight_paths(dir).map_err(|source| Error::Load { source })?;
        let mut tensors = HashMap::new();
        for path in paths {
            let read = read_file(&path).map_err(while_it(format!("read {}", path.display())))?;
            tensors.extend(read);
        }
        let prefix = prefix(family);
        let is_bare = !tensors.keys().any(|name| unwrapped(name).starts_with(prefix));
        let renamed = tensors.into_iter().map(|(name, tensor)| (renamed(&name, is_bare.then_some(prefix)), tensor));
        Ok(Self(renamed.collect()))
    }

    /// Whether there are all of these.
    pub(super) fn have(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.0.contains_key(*name))
    }

    /// In the form that candle's models are loaded from.
    pub(super) fn into_builder(self) -> VarBuilder<'static> {
        VarBuilder::from_tensors(self.0, DType::F32, &Device::Cpu)
    }
}

fn read_file(path: &PathBuf) -> candle_core::Result<HashMap<String, Tensor>> {
    if path.extension().is_some_and(|extension| extension == "safetensors") {
        candle_core::safetensors::load(path, &Device::Cpu)
    } else {
        Ok(candle_core::pickle::read_all(path)?.into_iter().collect())
    }
}

/// What the names begin with in the classes that have a head.
fn prefix(family: Family) -> &'static str {
    match family {
        Family::Roberta | Family::XlmRoberta | Family::Camembert => "roberta.",
        Family::DebertaV2 => "deberta.",
        Family::ModernBert => "model.",
        Family::Bert => "bert.",
        Family::DistilBert => "distilbert.",
        Family::Electra => "electra.",
        Family::Mpnet => "mpnet.",
        Family::Albert => "albert.",
    }
}

fn unwrapped(name: &str) -> &str {
    let mut name = name;
    while let Some(rest) = WRAPPERS.iter().find_map(|wrapper| name.strip_prefix(wrapper)) {
        name = rest;
    }
    name
}

fn renamed(name: &str, missing: Option<&str>) -> String {
    let mut name = unwrapped(name).to_owned();
    // As the first BERT checkpoints called the parts of a norm.
    for (old, new) in [(".gamma", ".weight"), (".beta", ".bias")] {
        if let Some(stem) = name.strip_suffix(old) {
            name = format!("{stem}{new}");
        }
    }
    match missing {
        Some(prefix) if BARE.iter().any(|bare| name.starts_with(bare)) => format!("{prefix}{name}"),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_candle_asks_for() {
        assert_eq!(
            renamed("module._orig_mod.bert.a.LayerNorm.gamma", None),
            "bert.a.LayerNorm.weight",
            "wrappers, gamma"
        );
        assert_eq!(renamed("encoder.layer.0.x.beta", Some("bert.")), "bert.encoder.layer.0.x.bias", "a bare encoder");
        assert_eq!(renamed("classifier.weight", Some("bert.")), "classifier.weight", "a head has no prefix");
    }
}
