//! `metrics.json` and `metrics.csv`: the same numbers, once nested and once as a table.

use std::path::Path;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::evaluation::Audit;
use crate::evaluation::ColumnGaps;
use crate::evaluation::Estimate;
use crate::evaluation::Evaluated;
use crate::evaluation::Evaluation;
use crate::evaluation::Extreme;
use crate::evaluation::HeadKind;
use crate::evaluation::SliceAudit;
use crate::evaluation::Spread;
use crate::evaluation::StrategyLatency;
use crate::evaluation::removal_label;
use crate::export::Error;
use crate::export::evaluated_latency::latency_rows;
use crate::export::evaluated_latency::strategy_latency_json;

/// The version of the document.
const SCHEMA: u64 = 1;

/// All metrics of all finished strategies.
#[must_use]
pub fn metrics_json(evaluation: &Evaluation) -> Value {
    let strategies = evaluation.strategies.iter().filter_map(|strategy| {
        let audit = strategy.audit.as_ref()?;
        Some(strategy_json(evaluation, strategy, audit))
    });
    let main = evaluation.prepared.main_measure();
    let mut document = json!({
        "schema": SCHEMA,
        "partial": evaluation.is_partial(),
        "data": evaluation.prepared.index.name,
        "items": evaluation.prepared.total(),
        "labels": evaluation.prepared.classes,
        "positive": evaluation.prepared.is_binary().then(|| evaluation.prepared.positive_name()),
        "main_measure": { "id": main.id(), "label": main.label() },
        "cluster_column": evaluation.prepared.index.cluster_column,
        "clusters": evaluation.clusters(),
        "confidence": 0.95,
        "strategies": strategies.collect::<Vec<_>>(),
    });
    if evaluation.prepared.head != HeadKind::Classifier {
        let tolerance = evaluation.tolerance();
        document["head"] = evaluation.prepared.head.label().into();
        document["right"] = evaluation.prepared.right_line(tolerance).into();
        document["tolerance"] = tolerance.into();
    }
    document
}

fn strategy_json(evaluation: &Evaluation, strategy: &Evaluated, audit: &Audit) -> Value {
    let slice = |slice: &SliceAudit| slice_json(evaluation, slice);
    let mut groups = Map::new();
    for row in &audit.groups {
        if let Some(group) = &row.group {
            let column = groups.entry(group.column.clone()).or_insert_with(|| json!({}));
            if let Some(column) = column.as_object_mut() {
                column.insert(group.value.clone(), slice(row));
            }
        }
    }
    json!({
        "spec": strategy.spec.to_string(),
        "note": strategy.spec.info().note(),
        "removal": removal_label(strategy.removal),
        "tests_family": audit.family,
        "tests_adjustment": "holm",
        "overall": slice(&audit.overall),
        "groups": groups,
        "gaps": audit.gaps.iter().map(gaps_json).collect::<Vec<_>>(),
        "latency": latency_of(evaluation, strategy).map(strategy_latency_json),
    })
}

fn latency_of<'a>(evaluation: &'a Evaluation, strategy: &Evaluated) -> Option<&'a StrategyLatency> {
    evaluation.latency.as_ref()?.of(&strategy.spec)
}

fn slice_json(evaluation: &Evaluation, slice: &SliceAudit) -> Value {
    let classes = evaluation.prepared.classes.iter().zip(&slice.n_per_class);
    let per_class: Map<String, Value> = classes.map(|(name, n)| (name.clone(), json!(n))).collect();
    let [mut metrics, mut dense, mut change] = [Map::new(), Map::new(), Map::new()];
    for row in &slice.measures {
        let id = row.measure.id().to_owned();
        metrics.insert(id.clone(), estimate_json(&row.pruned));
        dense.insert(id.clone(), estimate_json(&row.dense));
        change.insert(id, estimate_json(&row.change));
    }
    for (id, [dense_value, pruned_value, change_value]) in bias_estimates(slice) {
        metrics.insert(id.to_owned(), estimate_json(pruned_value));
        dense.insert(id.to_owned(), estimate_json(dense_value));
        change.insert(id.to_owned(), estimate_json(change_value));
    }
    let decisions: Map<String, Value> =
        decision_estimates(slice).into_iter().map(|(id, value)| (id.to_owned(), estimate_json(value))).collect();
    json!({
        "n": slice.n,
        "items_changed": slice.changed,
        "n_per_class": per_class,
        "size": slice.size.id(),
        "metrics": metrics,
        "dense": dense,
        "change": change,
        "decisions": decisions,
        "tests": slice.tests.iter().map(|test| json!({
            "part": test.part, "test": test.test, "n": test.n, "clusters": test.clusters, "harmed": test.harmed, "rescued": test.rescued,
            "p": test.p, "p_adjusted": test.p_adjusted,
        })).collect::<Vec<_>>(),
        "verdicts": slice.verdicts.iter().map(|verdict| json!({
            "metric": verdict.measure.id(), "tolerance": verdict.tolerance, "verdict": verdict.label(),
            "loss_90": estimate_json(&verdict.loss), "needs_about_more": verdict.needs_more,
        })).collect::<Vec<_>>(),
        "cost": cost_json(slice),
    })
}

fn cost_json(slice: &SliceAudit) -> Value {
    let cost = &slice.cost;
    json!({
        "items": cost.items,
        "tokens": cost.tokens,
        "tokens_kept": cost.tokens_kept,
        "retention": cost.retention,
        "final_retention": cost.final_retention,
        "macs": cost.macs,
        "flops": 2 * cost.macs,
        "dense_macs": cost.dense_macs,
        "padded_macs": cost.padded_macs,
        "flops_reduction": cost.flops_reduction(),
        "flops_reduction_padded": cost.flops_reduction_padded(),
    })
}

/// The text-bias metrics of a group: dense, pruned, and their change.
fn bias_estimates(slice: &SliceAudit) -> Vec<(&'static str, [&Estimate; 3])> {
    let Some(bias) = &slice.bias else { return Vec::new() };
    let all = [&bias.dense, &bias.pruned, &bias.change];
    vec![
        ("subgroup_auc", all.map(|bias| &bias.subgroup_auc)),
        ("bpsn_auc", all.map(|bias| &bias.bpsn_auc)),
        ("bnsp_auc", all.map(|bias| &bias.bnsp_auc)),
        ("negative_aeg", all.map(|bias| &bias.negative_aeg)),
        ("positive_aeg", all.map(|bias| &bias.positive_aeg)),
    ]
}

fn decision_estimates(slice: &SliceAudit) -> [(&'static str, &Estimate); 6] {
    let decisions = &slice.decisions;
    [
        ("harm", &decisions.harm),
        ("rescue", &decisions.rescue),
        ("churn", &decisions.churn),
        ("flip_rate", &decisions.flips),
        ("flip_to_positive", &decisions.flips_up),
        ("flip_to_negative", &decisions.flips_down),
    ]
}

fn gaps_json(column: &ColumnGaps) -> Value {
    let gaps = column.gaps.iter().map(|gap| {
        json!({
            "metric": gap.measure.id(),
            "pruned": spread_json(&gap.pruned),
            "dense": spread_json(&gap.dense),
            "change": {
                "difference_to_overall": estimate_json(&gap.change.to_overall),
                "difference_between": estimate_json(&gap.change.between),
                "ratio_between": estimate_json(&gap.change.ratio),
            },
            "worst_loss": loss_json(&gap.worst_loss),
            "left_out": gap.left_out.iter().map(|(group, n)| json!({ "group": group, "n": n })).collect::<Vec<_>>(),
        })
    });
    json!({
        "column": column.column,
        "equalized_odds_difference": {
            "dense": estimate_json(&column.equalized_odds_dense),
            "pruned": estimate_json(&column.equalized_odds_pruned),
            "change": estimate_json(&column.equalized_odds_change),
        },
        "gaps": gaps.collect::<Vec<_>>(),
    })
}

fn spread_json(spread: &Spread) -> Value {
    json!({
        "difference_to_overall": estimate_json(&spread.to_overall),
        "furthest": spread.furthest,
        "difference_between": estimate_json(&spread.between),
        "difference_between_by_chance": spread.between_by_chance,
        "difference_between_bias": spread.between_bias,
        "ratio_between": estimate_json(&spread.ratio),
        "lowest": extreme_json(&spread.lowest),
        "highest": extreme_json(&spread.highest),
    })
}

/// As [`extreme_json`], the value also as `loss`.
fn loss_json(worst: &Extreme) -> Value {
    let mut json = extreme_json(worst);
    json["loss"] = json!(worst.value.value());
    json
}

/// `{"groups", "group", "value", …}`, the first of the groups for readers that expect one.
pub(super) fn extreme_json(extreme: &Extreme) -> Value {
    let mut json = estimate_json(&extreme.value);
    json["groups"] = json!(extreme.groups);
    json["group"] = json!(extreme.groups.first());
    json
}

/// `{"value", "low", "high", "method", "n"}`, the ends null without an interval, or `{"undefined", "n"}`; over clusters
/// with `clusters` and, where these are few, `note`.
pub(super) fn estimate_json(estimate: &Estimate) -> Value {
    match (estimate.value(), estimate.reason()) {
        (Some(value), _) => {
            let (low, high) = estimate.interval().unzip();
            let mut json =
                json!({ "value": value, "low": low, "high": high, "method": estimate.method(), "n": estimate.n() });
            if let Some(clusters) = estimate.clusters() {
                json["clusters"] = json!(clusters);
            }
            if let Some(note) = estimate.interval_note() {
                json["note"] = json!(note);
            }
            json
        }
        (None, reason) => json!({ "undefined": reason, "n": estimate.n() }),
    }
}

/// The same as a table: one row per strategy, group and metric; the last column names the class of interest, which rates,
/// F1, Brier score and AUC are about, and is empty where there are more classes than two.
///
/// # Errors
/// [`Error::Table`] if a row cannot be formed.
pub fn metrics_csv(path: &Path, evaluation: &Evaluation) -> Result<Vec<u8>, Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |source: csv::Error| Error::Table { path: path.to_owned(), source };
    let header = [
        "strategy",
        "group_column",
        "group",
        "metric",
        "value",
        "low",
        "high",
        "method",
        "n",
        "undefined",
        "clusters",
        "note",
        "positive",
    ];
    let prepared = &evaluation.prepared;
    let positive = if prepared.is_binary() { prepared.positive_name() } else { "" };
    writer.write_record(header).map_err(failed)?;
    for strategy in &evaluation.strategies {
        let Some(audit) = &strategy.audit else { continue };
        let spec = strategy.spec.to_string();
        for slice in std::iter::once(&audit.overall).chain(&audit.groups) {
            let (column, value) = slice.group.as_ref().map_or(("", ""), |group| (&group.column, &group.value));
            let latency = latency_of(evaluation, strategy);
            for (metric, estimate) in table_rows(slice).into_iter().chain(latency_rows(latency, slice.group.as_ref())) {
                let cells = estimate_cells(&estimate);
                let record = [spec.as_str(), column, value, metric.as_str()];
                let record = record.into_iter().chain(cells.iter().map(String::as_str)).chain([positive]);
                writer.write_record(record).map_err(failed)?;
            }
        }
    }
    writer.into_inner().map_err(|error| Error::Write { path: path.to_owned(), source: error.into_error() })
}

fn table_rows(slice: &SliceAudit) -> Vec<(String, Estimate)> {
    let mut rows = Vec::new();
    for row in &slice.measures {
        let id = row.measure.id();
        rows.push((id.to_owned(), row.pruned.clone()));
        rows.push((format!("{id}_dense"), row.dense.clone()));
        rows.push((format!("{id}_change"), row.change.clone()));
    }
    for (id, [dense, pruned, change]) in bias_estimates(slice) {
        rows.push((id.to_owned(), pruned.clone()));
        rows.push((format!("{id}_dense"), dense.clone()));
        rows.push((format!("{id}_change"), change.clone()));
    }
    rows.extend(decision_estimates(slice).map(|(id, estimate)| (id.to_owned(), estimate.clone())));
    for test in &slice.tests {
        let name = if test.clusters.is_some() { "sign_flip_p" } else { "mcnemar_p" };
        let of = |p| match test.clusters {
            Some(count) => Estimate::with_method(p, test.test, test.n).over_clusters(count),
            None => Estimate::with_method(p, test.test, test.n),
        };
        rows.push((format!("{name}_{}", test.part), of(test.p)));
        rows.push((format!("{name}_adjusted_{}", test.part), of(test.p_adjusted)));
    }
    let cost = &slice.cost;
    let costs = [
        ("tokens", cost.tokens),
        ("tokens_kept", cost.tokens_kept),
        ("retention", cost.retention),
        ("final_retention", cost.final_retention),
        ("macs", cost.macs as f64),
        ("dense_macs", cost.dense_macs as f64),
        ("padded_macs", cost.padded_macs as f64),
        ("flops_reduction", cost.flops_reduction()),
        ("flops_reduction_padded", cost.flops_reduction_padded()),
    ];
    rows.extend(costs.map(|(id, value)| (id.to_owned(), Estimate::plain(value, cost.items))));
    rows
}

/// `value, low, high, method, n, undefined, clusters, note`.
fn estimate_cells(estimate: &Estimate) -> [String; 8] {
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    let (low, high) = estimate.interval().unzip();
    [
        number(estimate.value()),
        number(low),
        number(high),
        estimate.method().unwrap_or_default().to_owned(),
        estimate.n().to_string(),
        estimate.reason().unwrap_or_default().to_owned(),
        estimate.clusters().map(|count| count.to_string()).unwrap_or_default(),
        estimate.interval_note().unwrap_or_default(),
    ]
}
