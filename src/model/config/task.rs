//! What a folder is, where it is no classifier's checkpoint: an adapter, a folder around one, a model for another task.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::disk::read_json_object;
use crate::model::Error;
use crate::model::Family;

/// Endings of `architectures` that are other tasks, with what such models do. Their heads may bear the names of a classifier's.
const OTHER_TASKS: [(&str, &str); 9] = [
    ("ForTokenClassification", "labels every token"),
    ("ForQuestionAnswering", "finds answers in a text"),
    ("ForMultipleChoice", "chooses among answers"),
    ("ForNextSentencePrediction", "tells whether two sentences follow each other"),
    ("ForCausalLM", "continues texts"),
    ("ForConditionalGeneration", "writes texts"),
    ("LMHeadModel", "continues texts"),
    ("ForImageClassification", "classifies images"),
    ("ForRegression", "gives numbers"),
];

/// Refuses models for other tasks; says where `architectures` does not fit what is read.
pub(in crate::model) fn check(architectures: &[String], family: Family, dir: &Path) -> Result<Vec<String>, Error> {
    let other = architectures.iter().find_map(|name| {
        let known = OTHER_TASKS.iter().find(|(ending, _)| name.ends_with(ending))?;
        Some((name.clone(), known.1))
    });
    if let Some((architecture, task)) = other {
        return Err(Error::OtherTask { architecture, task, dir: dir.to_owned() });
    }
    let mut notes = Vec::new();
    for name in architectures {
        if !name.ends_with("ForSequenceClassification") {
            notes.push(format!("config.json names the architecture {name:?}, which is no …ForSequenceClassification; the weights have a classifier's head, which is used"));
        } else if !is_own_class(name, family) {
            let id = family.id();
            notes.push(format!(
                "config.json names the architecture {name:?}, but the model_type {id:?}: the latter is followed"
            ));
        }
    }
    Ok(notes)
}

/// Whether this is the family's class for classification in transformers.
pub(super) fn is_own_class(architecture: &str, family: Family) -> bool {
    let class = match family {
        Family::Bert => "Bert",
        Family::DistilBert => "DistilBert",
        Family::Roberta => "Roberta",
        Family::XlmRoberta => "XLMRoberta",
        Family::Camembert => "Camembert",
        Family::Mpnet => "MPNet",
        Family::Electra => "Electra",
        Family::Albert => "Albert",
        Family::DebertaV2 => "DebertaV2",
        Family::ModernBert => "ModernBert",
    };
    architecture == format!("{class}ForSequenceClassification")
}

/// The error for a folder without `config.json`: an adapter, or a folder whose sub-folders are checkpoints.
pub(in crate::model) fn not_a_checkpoint(dir: &Path) -> Error {
    match read_json_object(&dir.join("adapter_config.json")) {
        Ok(Some(adapter)) => return adapter_error(&adapter, dir),
        Ok(None) => {}
        Err(err) => return err.into(),
    }
    let mut found = names_in(dir, |path| path.join("config.json").is_file());
    found.sort_unstable();
    if found.is_empty() {
        Error::NoConfig { dir: dir.to_owned() }
    } else {
        Error::SubFolder { found, dir: dir.to_owned() }
    }
}

/// The error for a folder without weights that we read.
pub(in crate::model) fn no_weights(dir: &Path, looked_for: &'static [&'static str]) -> Error {
    if let Ok(Some(adapter)) = read_json_object(&dir.join("adapter_config.json")) {
        return adapter_error(&adapter, dir);
    }
    const ENDINGS: [&str; 7] = ["h5", "msgpack", "onnx", "gguf", "bin", "pt", "safetensors"];
    let is_weights = |path: &Path| {
        let ending = path.extension().and_then(|ending| ending.to_str());
        path.is_file() && ending.is_some_and(|ending| ENDINGS.contains(&ending))
    };
    let mut found = names_in(dir, is_weights);
    found.retain(|name| name != "training_args.bin");
    found.sort_unstable();
    found.truncate(8);
    Error::NoWeights { looked_for, found, dir: dir.to_owned() }
}

fn adapter_error(adapter: &serde_json::Map<String, Value>, dir: &Path) -> Error {
    let base = adapter.get("base_model_name_or_path").and_then(Value::as_str).unwrap_or("a model it does not name");
    Error::Adapter { base: base.to_owned(), dir: dir.to_owned() }
}

/// Names in a folder that fulfil something, of the first thousand.
fn names_in(dir: &Path, is_wanted: impl Fn(&Path) -> bool) -> Vec<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten().take(1000);
    let wanted = entries.filter(|entry| is_wanted(&entry.path()));
    wanted.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}
