//! Measured latency beside an evaluation's metrics.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::evaluation::Compute;
use crate::evaluation::Estimate;
use crate::evaluation::GroupName;
use crate::evaluation::LatencyStudy;
use crate::evaluation::Parity;
use crate::evaluation::PassTime;
use crate::evaluation::StrategyLatency;
use crate::export::latency::machine_json;
use crate::export::latency::ms;
use crate::export::metrics::estimate_json;

/// How it was measured, for the manifest.
pub(super) fn study_json(study: &LatencyStudy) -> Value {
    let sample = study.strata.iter().map(|stratum| {
        json!({ "tokens_from": stratum.from, "tokens_to": stratum.to, "texts": stratum.texts, "timed": stratum.timed })
    });
    json!({
        "partial": study.partial,
        "rounds": study.rounds,
        "blocks": "each round times dense, pruned, pruned, dense; every second round pruned, dense, dense, pruned",
        "speedup": "median dense time / median pruned time; expanded percentile interval from resampling whole rounds",
        "per_text": "MACs of the text * seconds per MAC of the timed batch from its quarter of the lengths",
        "sample": sample.collect::<Vec<_>>(),
        "machine": machine_json(&study.machine),
    })
}

/// One strategy, for `metrics.json`.
pub(super) fn strategy_latency_json(latency: &StrategyLatency) -> Value {
    let mut groups = Map::new();
    for compute in &latency.groups {
        if let Some(group) = &compute.group {
            let column = groups.entry(group.column.clone()).or_insert_with(|| json!({}));
            if let Some(column) = column.as_object_mut() {
                column.insert(group.value.clone(), compute_json(compute));
            }
        }
    }
    json!({
        "rounds": latency.rounds,
        "dense": pass_json(latency.dense),
        "pruned": pass_json(latency.pruned),
        "speedup": estimate_json(&latency.speedup),
        "flops_reduction": latency.flops_reduction,
        "promise_kept": estimate_json(&latency.promise_kept),
        "overall": compute_json(&latency.overall),
        "groups": groups,
    })
}

fn pass_json(time: PassTime) -> Value {
    json!({ "median_ms": ms(time.median_secs), "p5_ms": ms(time.p5_secs), "p95_ms": ms(time.p95_secs) })
}

fn compute_json(compute: &Compute) -> Value {
    let parity: Map<String, Value> = compute.parity.iter().map(parity_entry).collect();
    json!({
        "items": compute.n,
        "tokens": compute.tokens,
        "tokens_kept": compute.tokens_kept,
        "macs": compute.macs,
        "dense_ms": ms(compute.dense_secs),
        "ms": ms(compute.secs),
        "parity": parity,
    })
}

fn parity_entry(parity: &Parity) -> (String, Value) {
    (parity.quantity.to_owned(), json!({ "raw": parity.raw, "within_lengths": parity.within_lengths }))
}

/// Rows of `metrics.csv` for all items or one group.
pub(super) fn latency_rows(latency: Option<&StrategyLatency>, group: Option<&GroupName>) -> Vec<(String, Estimate)> {
    let Some(latency) = latency else { return Vec::new() };
    let mut rows = Vec::new();
    if group.is_none() {
        rows.push(("latency_speedup".to_owned(), latency.speedup.clone()));
        rows.push(("latency_promise_kept".to_owned(), latency.promise_kept.clone()));
        for (id, secs) in [("latency_ms", latency.pruned.median_secs), ("latency_dense_ms", latency.dense.median_secs)]
        {
            rows.push((id.to_owned(), Estimate::plain(ms(secs), latency.rounds)));
        }
    }
    let of_group = |compute: &&Compute| compute.group.as_ref() == group;
    let Some(compute) = std::iter::once(&latency.overall).chain(&latency.groups).find(of_group) else { return rows };
    for (id, secs) in [("latency_ms_per_text", compute.secs), ("latency_dense_ms_per_text", compute.dense_secs)] {
        rows.push((id.to_owned(), Estimate::plain(ms(secs), compute.n)));
    }
    let estimate = |ratio: Option<f64>| match ratio {
        Some(ratio) => Estimate::plain(ratio, compute.n),
        None => Estimate::undefined("no item in the group, or none outside", compute.n),
    };
    for parity in &compute.parity {
        rows.push((format!("parity_{}", parity.quantity), estimate(parity.raw)));
        rows.push((format!("parity_{}_within_lengths", parity.quantity), estimate(parity.within_lengths)));
    }
    rows
}
