//! `inspect --json`, schema 1.

use serde_json::Value;
use serde_json::json;

use crate::evaluation::Answer;
use crate::evaluation::HeadKind;
use crate::evaluation::InspectedRun;
use crate::evaluation::Inspection;
use crate::evaluation::UnknownTokens;
use crate::export::json::put_files;
use crate::export::json::short;
use crate::export::json::shorts;

/// The version of the document; what stands in it changes only with a new number.
const SCHEMA: u64 = 1;

/// One text under several strategies, as other programs read it.
#[must_use]
pub fn inspection_json(inspection: &Inspection) -> Value {
    let model = &inspection.model;
    let encoded = &inspection.encoded;
    let tokens = encoded.units.iter().map(|token| {
        json!({
            "id": token.id,
            "piece": token.piece,
            "start": token.bytes().start,
            "end": token.bytes().end,
            "special": token.special,
            "unknown": token.is_unknown(),
            "segment": token.segment,
        })
    });
    let mut document = json!({
        "schema": SCHEMA,
        "model": {
            "path": model.path.display().to_string(),
            "family": model.family,
            "layers": model.layers,
            "hidden": model.hidden,
            "heads": model.heads,
            "labels": model.labels,
        },
        "text": encoded.text(),
        "text_pair": encoded.text_pair(),
        "truncated": encoded.is_truncated(),
        "full_length": encoded.full_length,
        "tokens": tokens.collect::<Vec<_>>(),
        "unknown_tokens": UnknownTokens::of(encoded).unknown,
        "dense": {
            "logits": shorts(&inspection.dense.logits),
            "probabilities": probabilities(&inspection.dense),
            "prediction": inspection.dense.answer.written(&model.labels),
            "macs": inspection.dense.macs,
            "flops": inspection.dense.flops(),
        },
        "strategies": inspection.strategies.iter().map(|run| strategy(inspection, run)).collect::<Vec<_>>(),
    });
    if model.head != HeadKind::Classifier {
        document["model"]["head"] = model.head.label().into();
        add_answer(&mut document["dense"], inspection, &inspection.dense);
    }
    document
}

/// Of the classes or labels; a number has none.
fn probabilities(run: &InspectedRun) -> Value {
    match run.answer {
        Answer::Class(_) | Answer::Labels(_) => shorts(&run.outputs),
        Answer::Value(_) => json!([]),
    }
}

/// The number or the labels as such, beside their text.
fn add_answer(entry: &mut Value, inspection: &Inspection, run: &InspectedRun) {
    match &run.answer {
        Answer::Class(_) => {}
        Answer::Value(_) => entry["value"] = run.outputs.first().copied().map_or(Value::Null, short),
        Answer::Labels(labels) => {
            let name = |label: &usize| inspection.model.labels.get(*label).map_or("?", String::as_str);
            entry["labels"] = labels.iter().map(name).collect::<Vec<_>>().into();
        }
    }
}

fn strategy(inspection: &Inspection, run: &InspectedRun) -> Value {
    let mut entry = json!({
        "spec": run.spec.to_string(),
        "note": run.spec.info().note(),
        "removal": run.removal_label(),
        "logits": shorts(&run.logits),
        "probabilities": probabilities(run),
        "prediction": run.answer.written(&inspection.model.labels),
        "macs": run.macs,
        "flops": run.flops(),
        "input": run.trace.input,
        "head_macs": run.trace.head_macs,
        "layers": layers(run),
    });
    put_files(&mut entry, &run.spec.file_records());
    add_answer(&mut entry, inspection, run);
    entry
}

fn layers(run: &InspectedRun) -> Vec<Value> {
    let numbered = run.trace.layers.iter().enumerate();
    let layers = numbered.map(|(index, layer)| {
        let importance = one_each(&layer.importance, layer.attended.len());
        let mut written = json!({
            "layer": index,
            "attended": layer.attended,
            "importance": importance,
            "threshold": layer.threshold.map(short),
            "kept": layer.kept,
            "macs": layer.macs,
        });
        // Only where the strategy decided before the layer's attention: who came to the layer; who of them is not attended left.
        if let Some(entry) = &layer.entry {
            written["entry"] = json!({
                "positions": entry.positions,
                "importance": one_each(&entry.importance, entry.positions.len()),
                "threshold": entry.threshold.map(short),
            });
        }
        // Only where tokens were merged or fused.
        if !layer.merged.is_empty() {
            let merged = layer.merged.iter().map(|group| json!({ "into": group.into, "from": group.from }));
            written["merged"] = merged.collect();
        }
        written
    });
    layers.collect()
}

/// Scores; one null for each token where there are none, so that the two lists always go together.
fn one_each(scores: &[f32], tokens: usize) -> Value {
    if scores.is_empty() { vec![Value::Null; tokens].into() } else { shorts(scores) }
}
