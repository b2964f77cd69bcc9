//! What `config.json` says about the head's outputs: their names, and what they mean.

use serde_json::Value;

use crate::disk::Fields;
use crate::disk::FileError;
use crate::disk::quoted;
use crate::disk::read_json_object;
use crate::model::Error;
use crate::model::HeadKind;
use crate::model::Scale;

/// Bound that no real classifier reaches: it turns a damaged file into an error before anything is computed from it.
const MAX_LABELS: usize = 1 << 16;

/// What is applied to the outputs, by the last part of a function's name in sentence-transformers.
const FUNCTIONS: [(&str, Function); 2] = [("Identity", Function::Identity), ("Sigmoid", Function::Sigmoid)];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Function {
    Identity,
    Sigmoid,
}

/// Kind and names of the outputs.
///
/// As transformers does: `problem_type` decides; without it, one output is a regression and several are classes. What
/// sentence-transformers' `CrossEncoder` applies to its outputs comes on top.
pub(in crate::model) fn parse(fields: &Fields<'_>) -> Result<(HeadKind, Vec<String>), Error> {
    let labels = labels(fields)?;
    let stated = fields.text("problem_type")?;
    let function = function(fields)?;
    let kind = match (stated, labels.len(), function) {
        (Some("multi_label_classification"), _, _) | (None, 2.., Some(Function::Sigmoid)) => HeadKind::MultiLabel,
        (Some("regression") | None, 1, Some(Function::Sigmoid)) => HeadKind::Regression(Scale::Sigmoid),
        (Some("regression") | None, 1, _) => HeadKind::Regression(Scale::Unbounded),
        (Some("regression"), _, _) => {
            let several = format!("with {} labels, another problem_type (a regression gives one number)", labels.len());
            return Err(fields.refuse("problem_type", several).into());
        }
        (Some("single_label_classification"), 1, _) => {
            return Err(fields.refuse("problem_type", "with a single label, \"regression\"").into());
        }
        (Some("single_label_classification"), _, Some(Function::Sigmoid)) => {
            let with_sigmoid = "with a sigmoid on every output, \"multi_label_classification\"";
            return Err(fields.refuse("problem_type", with_sigmoid).into());
        }
        (Some("single_label_classification") | None, _, _) => HeadKind::Classifier,
        (Some(_), _, _) => {
            let known = ["single_label_classification", "multi_label_classification", "regression"];
            return Err(fields.refuse("problem_type", format!("one of {}", quoted(&known))).into());
        }
    };
    Ok((kind, labels))
}

/// What sentence-transformers applies to the outputs, where its versions from 5.4, from 4 and before 4 say so; `None` where
/// none does.
fn function(fields: &Fields<'_>) -> Result<Option<Function>, Error> {
    const NESTED: &str = "sentence_transformers";
    const OLD: &str = "sbert_ce_default_activation_function";
    const OWN: &str = "activation_fn";
    let path = fields.dir().join("config_sentence_transformers.json");
    let map = read_json_object(&path)?.unwrap_or_default();
    let own = Fields::new(&map, &path);
    if let Some(value) = own.get(OWN) {
        return known_function(value, || own.refuse(OWN, EXPECTED)).map(Some);
    }
    let nested = fields.get(NESTED).and_then(|nested| nested.get(OWN)).filter(|value| !value.is_null());
    let stated = nested.map(|value| (NESTED, value)).or_else(|| Some((OLD, fields.get(OLD)?)));
    stated.map(|(key, value)| known_function(value, || fields.refuse(key, EXPECTED))).transpose()
}

const EXPECTED: &str = "torch.nn's Identity or Sigmoid as the function that is applied to the outputs";

fn known_function(value: &Value, refuse: impl FnOnce() -> FileError) -> Result<Function, Error> {
    let name = value.as_str().and_then(|name| name.strip_prefix("torch.nn.")).and_then(|name| name.rsplit('.').next());
    let known = FUNCTIONS.iter().find(|(known, _)| Some(*known) == name);
    known.map(|(_, function)| *function).ok_or_else(|| refuse().into())
}

fn labels(fields: &Fields<'_>) -> Result<Vec<String>, Error> {
    match fields.get("id2label") {
        Some(value) => labels_by_id(value).filter(|labels| !labels.is_empty()).ok_or_else(|| {
            fields.refuse("id2label", "an object with the keys \"0\", \"1\", … and a name for each class").into()
        }),
        None => Ok((0..fields.whole_or("num_labels", 1..=MAX_LABELS, 2)?).map(|id| format!("LABEL_{id}")).collect()),
    }
}

fn labels_by_id(value: &Value) -> Option<Vec<String>> {
    let map = value.as_object().filter(|map| map.len() <= MAX_LABELS)?;
    let mut labels = vec![None; map.len()];
    for (id, label) in map {
        let id: usize = id.parse().ok()?;
        *labels.get_mut(id)? = Some(label.as_str()?.to_owned());
    }
    labels.into_iter().collect()
}
