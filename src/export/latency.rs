//! `bench --json`: every timing, what follows from it, and the machine.

use std::path::Path;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::evaluation::ModelInfo;
use crate::evaluation::Prepared;
use crate::evaluation::removal_label;
use crate::export::json::put_files;
use crate::export::metrics::estimate_json;
use crate::latency::Block;
use crate::latency::Gap;
use crate::latency::LatencyReport;
use crate::latency::Machine;
use crate::latency::Measured;
use crate::latency::Parts;
use crate::latency::Plan;
use crate::latency::Timing;

/// The version of the document.
const SCHEMA: u64 = 1;

/// What the caller knows and the report does not.
#[derive(Clone, Copy, Debug)]
pub struct LatencySource<'a> {
    /// The model.
    pub model: &'a ModelInfo,
    /// The data file as given and what was read from it; `None` for made-up texts.
    pub data: Option<(&'a Path, &'a Prepared)>,
    /// The command line, program first.
    pub command_line: &'a [String],
    /// Seconds since 1970.
    pub created_unix_secs: u64,
}

/// The document of a report.
#[must_use]
pub fn latency_json(report: &LatencyReport, source: &LatencySource<'_>) -> Value {
    let model = source.model;
    let data = source.data.map(|(path, prepared)| {
        json!({
            "path": path.display().to_string(),
            "sha256": prepared.index.hash,
            "texts": prepared.len(),
            "truncated_texts": prepared.truncated,
        })
    });
    json!({
        "schema": SCHEMA,
        "program": "prunescope",
        "version": env!("CARGO_PKG_VERSION"),
        "created_unix_secs": source.created_unix_secs,
        "command_line": source.command_line,
        "partial": report.partial,
        "model": {
            "path": model.path.display().to_string(),
            "family": model.family,
            "layers": model.layers,
            "hidden": model.hidden,
            "heads": model.heads,
            "weights_sha256": model.weights_hash,
        },
        "data": data,
        "machine": machine_json(&report.machine),
        "plan": plan_json(&report.plan),
        "definitions": {
            "times": "wall-clock milliseconds of a pass over all texts of the case; tokenizing is not in it",
            "blocks": "each round times dense, pruned, pruned, dense; every second round pruned, dense, dense, pruned",
            "speedup": "median dense time / median pruned time; expanded percentile interval from resampling whole rounds",
            "flops_reduction": "dense MACs / pruned MACs, counted from the runs without padding; the strategy's own are in it",
            "promise_kept": "speedup / flops_reduction",
            "gap": "pruned time - dense time / flops_reduction = attention + feed_forward + scoring + gathering + other + mix",
            "padding_share": "rows that filling up to the batch's longest adds, of all rows then computed; computed in the padded layout only",
        },
        "rows": report.rows.iter().map(row_json).collect::<Vec<_>>(),
    })
}

/// The machine and its state.
#[must_use]
pub fn machine_json(machine: &Machine) -> Value {
    let mut value = serde_json::to_value(machine).unwrap_or_default();
    if let Some(entries) = value.as_object_mut() {
        entries.insert("busy".to_owned(), Value::from(machine.is_busy()));
        entries.insert("warning".to_owned(), Value::from(machine.warning()));
    }
    value
}

fn plan_json(plan: &Plan) -> Value {
    json!({
        "strategies": plan.strategies.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "layouts": plan.layouts.iter().map(|layout| layout.label()).collect::<Vec<_>>(),
        "rounds_at_least": plan.rounds.at_least,
        "rounds_at_most": plan.rounds.at_most,
        "seconds_per_strategy": plan.rounds.time.as_secs_f64(),
        "warm_up_passes": plan.warm_up,
        "head_rows_only": plan.head_rows_only,
        "seed": plan.seed,
        "bootstrap_draws": plan.draws,
        "confidence": 0.95,
    })
}

fn row_json(row: &Measured) -> Value {
    let mut entry = json!({
        "case": row.case.label(),
        "texts_from": row.case,
        "batches": row.batches,
        "texts": row.texts,
        "tokens": row.tokens,
        "layout": row.layout.label(),
        "spec": row.spec.to_string(),
        "removal": removal_label(row.removal),
        "complete": row.complete,
        "rounds": row.blocks.len(),
        "dense": timing_json(&row.dense),
        "pruned": timing_json(&row.pruned),
        "speedup": estimate_json(&row.speedup),
        "flops_reduction": row.flops_reduction,
        "promise_kept": estimate_json(&row.promise_kept),
        "gap_ms": gap_json(&row.gap),
        "samples_ms": {
            "dense": samples(&row.blocks, |block| block.dense),
            "pruned": samples(&row.blocks, |block| block.pruned),
            "mirrored": row.blocks.iter().map(|block| block.mirrored).collect::<Vec<_>>(),
        },
    });
    put_files(&mut entry, &row.spec.file_records());
    entry
}

/// One side of a comparison.
fn timing_json(timing: &Timing) -> Value {
    json!({
        "median_ms": ms(timing.median_secs),
        "p5_ms": ms(timing.p5_secs),
        "p95_ms": ms(timing.p95_secs),
        "tokens_per_sec": timing.tokens_per_sec,
        "spans_ms": parts_json(&timing.parts),
        "spans_accounted": timing.accounted,
        "macs": timing.work.macs(),
        "flops": 2 * timing.work.macs(),
        "macs_by_part": timing.work,
        "rows_per_layer": timing.rows_per_layer,
        "padding_share": timing.padding_share,
    })
}

fn parts_json(parts: &Parts) -> Map<String, Value> {
    parts.labelled().iter().map(|(name, secs)| (key(name), json!(ms(*secs)))).collect()
}

fn gap_json(gap: &Gap) -> Map<String, Value> {
    let whole = [("promised", gap.promised_secs), ("gap", gap.gap_secs)];
    whole.iter().chain(&gap.labelled()).map(|(name, secs)| (key(name), json!(ms(*secs)))).collect()
}

/// Two numbers a round, in the order taken.
fn samples(blocks: &[Block], side: impl Fn(&Block) -> [f64; 2]) -> Vec<f64> {
    blocks.iter().flat_map(side).map(ms).collect()
}

/// `feed-forward` → `feed_forward`.
fn key(name: &str) -> String {
    name.replace('-', "_")
}

/// Milliseconds with a resolution of a nanosecond.
pub(super) fn ms(secs: f64) -> f64 {
    (secs * 1e9).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_keep_the_clocks_resolution() {
        assert_eq!(ms(0.001_234_567_89), 1.234_568, "a nanosecond is the sixth decimal");
        assert_eq!(key("feed-forward"), "feed_forward", "keys are written like all others");
    }
}
