//! `manifest.json`: where the numbers come from and how to get them again.
//!
//! Between two equal runs differ `created_unix_secs`, `timing` and `latency`; the latter in the metrics too.

use std::path::PathBuf;

use serde_json::Value;
use serde_json::json;

use crate::evaluation::Evaluation;
use crate::evaluation::Measure;
use crate::export::evaluated_latency::study_json;
use crate::export::json::put_files;

/// The version of the document.
const SCHEMA: u64 = 1;

/// What the caller knows and the results do not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The command line, program first.
    pub command_line: Vec<String>,
    /// Seconds since 1970.
    pub created_unix_secs: u64,
    /// Model of the processor, where the system tells.
    pub cpu: Option<String>,
    /// Logical cores.
    pub cores: usize,
    /// Threads that computed.
    pub threads: usize,
    /// The data file as given.
    pub data_path: PathBuf,
}

/// The manifest of an evaluation.
#[must_use]
pub fn manifest_json(evaluation: &Evaluation, provenance: &Provenance) -> Value {
    let model = &evaluation.model;
    json!({
        "schema": SCHEMA,
        "program": "prunescope",
        "version": env!("CARGO_PKG_VERSION"),
        "created_unix_secs": provenance.created_unix_secs,
        "command_line": provenance.command_line,
        "partial": evaluation.is_partial(),
        "model": {
            "path": model.path.display().to_string(),
            "family": model.family,
            "labels": model.labels,
            "max_tokens": model.max_tokens,
            "weights_sha256": model.weights_hash,
            "precision": model.precision,
            "device": model.device,
            "tokenizer_sha256": model.tokenizer_hash,
        },
        "data": data_json(evaluation, provenance),
        "strategies": strategies_json(evaluation),
        "seed": evaluation.draws.seed,
        "statistics": statistics_json(evaluation),
        "cost": {
            "unit": "multiply-accumulates (MACs); 1 MAC = 2 FLOPs; classifier head and strategy overhead counted, embedding look-up not",
            "dense_macs": "dense model on the same tokens, no padding",
            "padded_macs": "dense model with every text padded to the longest one of the data set after truncation",
            "padded_to_tokens": evaluation.prepared.longest,
            "shared": {
                "meaning": "layers before a strategy's first decision, and the attention of that layer, are the dense model's: computed once for all strategies; every other cost here is that of separate runs",
                "separate_macs": evaluation.shared.separate,
                "shared_macs": evaluation.shared.shared,
                "share": evaluation.shared.share(),
            },
        },
        "hardware": { "cpu": provenance.cpu, "cores": provenance.cores, "threads": provenance.threads },
        "timing": timing_json(evaluation),
        "latency": evaluation.latency.as_ref().map(study_json),
    })
}

fn data_json(evaluation: &Evaluation, provenance: &Provenance) -> Value {
    let prepared = &evaluation.prepared;
    let index = &prepared.index;
    let unread = index.skipped.iter();
    let unread = unread.map(|row| json!({ "record": row.record, "line": row.line, "reason": row.reason }));
    let unusable = prepared.skipped.iter().map(|skipped| json!({ "id": skipped.id, "reason": skipped.reason }));
    let report = &index.report;
    let duty = |(duty, column): &(&str, String)| json!({ "duty": duty, "column": column });
    let reason = |(reason, count): &(String, usize)| json!({ "reason": reason, "count": count });
    let read = json!({
        "format": report.format,
        "columns": report.columns.iter().map(duty).collect::<Vec<_>>(),
        "class_names": report.class_names,
        "reasons": report.reasons.iter().map(reason).collect::<Vec<_>>(),
        "warnings": report.warnings,
    });
    json!({
        "path": provenance.data_path.display().to_string(),
        "sha256": index.hash,
        "text_column": index.text_column,
        "text_pair_column": index.text_pair_column,
        "label_column": index.label_column,
        "cluster_column": index.cluster_column,
        "clusters": evaluation.clusters(),
        "positive": prepared.is_binary().then(|| prepared.positive_name()),
        "group_columns": index.groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(),
        "sample": index.sample.to_string(),
        "items": prepared.total(),
        "labelled_items": prepared.labelled(),
        "truncated_texts": prepared.truncated,
        "rows_unreadable": index.num_skipped,
        "unreadable": unread.collect::<Vec<_>>(),
        "rows_unusable": index.len() - prepared.total(),
        "unusable": unusable.collect::<Vec<_>>(),
        "read": read,
    })
}

fn strategies_json(evaluation: &Evaluation) -> Vec<Value> {
    let total = evaluation.prepared.total();
    let states = evaluation.planned.iter().map(|spec| {
        let run = evaluation.strategies.iter().find(|strategy| strategy.spec == *spec);
        let rows = run.map_or(0, |run| run.finished);
        let state = match run {
            None => "not begun",
            Some(run) if run.audit.is_some() => "complete",
            Some(_) if rows < total => "partial: finished rows are in predictions.parquet, no metrics",
            Some(_) => "partial: all rows are in predictions.parquet, metrics were stopped",
        };
        let mut entry = json!({ "spec": spec.to_string(), "rows": rows, "state": state });
        put_files(&mut entry, &spec.file_records());
        entry
    });
    states.collect()
}

fn statistics_json(evaluation: &Evaluation) -> Value {
    let has_labels = evaluation.prepared.main_measure().needs_labels();
    let head = evaluation.prepared.head;
    let measured = Measure::offered(head).filter(|measure| has_labels || !measure.needs_labels());
    let definitions: serde_json::Map<String, Value> =
        measured.map(|measure| (measure.id().to_owned(), Value::from(measure.definition_for(head)))).collect();
    let mut document = json!({
        "confidence": 0.95,
        "bootstrap_draws": evaluation.draws.count,
        "bootstrap": "within label; percentile interval; the same draws for dense and every strategy",
        "clusters": "where the data set names them: rates by Wilson's interval at the effective size with pseudo-clusters and Student's quantile; changes by Bonett and Price's over clusters; sign flips of whole clusters for McNemar's test; AUC by Obuchowski's variance; all else by drawing whole clusters, within majority label where every label has 10; below 10 clusters no interval, below 30 marked",
        "definitions": definitions,
        "tests": "McNemar, or sign flips of clusters, mid-p, dense against pruned, on all items, positives and negatives, overall and per group",
        "adjustment": "Holm over all tests of one strategy; tests_family is their number",
        "verdicts": "loss against a tolerance set before looking (accuracy 0.01, TPR and FPR 0.02): pass if the one-sided 95% upper bound is below, fail if the lower bound is above, else undecided",
        "group_rules": "by the metric's own denominator: 0 not estimable; 1 to 9 counts only; 10 to 29 left out of gaps; 30 to 99 small; 100 and more full",
        "bias_metrics": "background = all labelled items outside the group (Borkan et al. 2019)",
    });
    if let Some(right) = evaluation.prepared.right_line(evaluation.tolerance()) {
        document["right"] = right.into();
        document["tolerance"] = evaluation.tolerance().into();
    }
    document
}

fn timing_json(evaluation: &Evaluation) -> Vec<Value> {
    let timed = evaluation.strategies.iter();
    timed.map(|run| json!({ "spec": run.spec.to_string(), "secs": run.duration.as_secs_f64() })).collect()
}
