//! What came of a tuning, as text and as JSON.

use serde_json::Value as Json;
use serde_json::json;

use crate::cli::evaluate_view::table;
use crate::cli::tune::Done;
use crate::evaluation::Estimate;
use crate::evaluation::GroupLoss;
use crate::evaluation::HeldOut;
use crate::evaluation::Limits;
use crate::evaluation::Standing;
use crate::evaluation::Trial;
use crate::figure::number;

/// The choice on both parts, and how many points stand where.
pub(super) fn render(done: &Done) -> String {
    let tuned = &done.tuned;
    let rungs: Vec<String> = tuned.rungs.iter().map(ToString::to_string).collect();
    let (searched, held_out) = (tuned.split.search.len(), tuned.split.held_out.len());
    let samples = rungs.join(", ");
    let mut text = format!("searched on {searched} texts (samples of {samples}); {held_out} held out\n");
    text.push_str(&format_counts(done));
    if tuned.is_out_of_time {
        text.push_str("time was up before all generations were done; --resume goes on\n");
    }
    let Some(winner) = tuned.winner() else {
        text.push_str("\nno setting keeps to the limits on the texts of the search; front.csv holds what was tried\n");
        return text;
    };
    text.extend(["\n", &winner.spec.with_paths(), "\n"]);
    if !tuned.is_safe {
        text.push_str(
            "it keeps to the limit of the loss by less than a standard error; none cheaper or dearer does by one\n",
        );
    }
    let Some(held_out) = &tuned.held_out else { return text };
    text.push('\n');
    text.push_str(&table(&rows(winner, held_out, tuned.trials.len())));
    text.push('\n');
    for line in judged(done.options.limits, held_out) {
        text.push_str(&line);
        text.push('\n');
    }
    if done.spent.texts > 0 {
        text.extend([&done.spent.texts.to_string(), " of the held-out texts had been measured on before\n"]);
    }
    text
}

fn format_counts(done: &Done) -> String {
    let count = |standing: Standing| done.tuned.standings.iter().filter(|&&found| found == standing).count();
    let front = count(Standing::Front) + count(Standing::Chosen);
    format!(
        "{} settings tried: {front} on the front, {} dominated, {} break a limit, {} left behind on a smaller sample\n",
        done.tuned.trials.len(),
        count(Standing::Dominated),
        count(Standing::Infeasible),
        count(Standing::Dropped),
    )
}

fn rows(winner: &Trial, held_out: &HeldOut, tried: usize) -> Vec<[String; 3]> {
    let searched = &winner.measured;
    let line = |name: &str, search: String, held_out: String| [name.to_owned(), search, held_out];
    let mut rows = vec![
        line("", format!("search, best of {tried}: optimistic"), "held out, measured once".to_owned()),
        line("texts", searched.texts.to_string(), held_out.measured.texts.to_string()),
        line(
            "FLOPs reduction",
            number::significant(1.0 / searched.flops),
            number::significant(held_out.pruned.flops_reduction),
        ),
        line("  against padded", String::new(), number::significant(held_out.pruned.flops_reduction_padded)),
        line("accuracy", String::new(), with_interval(&held_out.pruned.accuracy)),
        line("  of dense", String::new(), with_interval(&held_out.dense.accuracy)),
        line("lost", format!("{:.4}", searched.loss), with_interval(&held_out.losses.overall_95)),
        line(
            "harmed, rescued",
            format!("{}, {}", searched.harmed, searched.rescued),
            format!("{}, {}", held_out.losses.harmed, held_out.losses.rescued),
        ),
    ];
    if let Some(latency) = searched.latency {
        rows.push(line("share of dense time", number::significant(latency), String::new()));
    }
    if searched.worst.is_some() || held_out.losses.worst().is_some() {
        let search = searched.worst.as_ref().map_or_else(String::new, |worst| {
            format!("{} = {}: {:.4}, at most {:.4}", worst.column, worst.value, worst.loss, worst.upper)
        });
        rows.push(line("worst group's loss", search, held_out.losses.worst().map_or_else(String::new, group_text)));
    }
    rows
}

fn group_text(worst: &GroupLoss) -> String {
    let (loss, upper) = (worst.loss.value().unwrap_or(f64::NAN), worst.upper().unwrap_or(f64::NAN));
    let n = worst.loss.n();
    format!("{} = {} ({n} texts): {loss:.4}, at most {upper:.4}", worst.group.column, worst.group.value)
}

/// Whether the limits hold on what was held out, in sentences that say no more than was shown.
fn judged(limits: Limits, held_out: &HeldOut) -> Vec<String> {
    let loss = held_out.measured.loss;
    let upper = held_out.losses.overall.interval().map(|(_, high)| high);
    let lower = held_out.losses.overall.interval().map(|(low, _)| low);
    let limit = limits.loss;
    let shown = match (lower, upper) {
        (_, Some(upper)) if upper <= limit => "and a loss below the limit is shown (one-sided 95%)",
        (Some(lower), _) if lower > limit => "and a loss above the limit is shown (one-sided 95%)",
        _ => "and neither a loss below the limit nor one above it is shown (one-sided 95%)",
    };
    let relation = if loss <= limit { "is within" } else { "BREAKS" };
    let mut lines = vec![format!("held out: the loss of {loss:.4} {relation} the limit of {limit}, {shown}")];
    if let Some(limit) = limits.group_loss {
        lines.push(match held_out.losses.worst().and_then(GroupLoss::upper) {
            None => "held out: no group is large enough to be judged".to_owned(),
            Some(upper) if upper <= limit => {
                format!("held out: the worst group's upper bound of {upper:.4} is within the limit of {limit}")
            }
            Some(upper) => format!("held out: the worst group's upper bound of {upper:.4} BREAKS the limit of {limit}"),
        });
    }
    if let (Some(_), left_out) = (limits.group_loss, &held_out.losses.left_out)
        && !left_out.is_empty()
    {
        let names: Vec<String> = left_out.iter().map(|(group, n)| format!("{} ({n})", group.value)).collect();
        lines.push(format!("held out: too small to be judged: {}", names.join(", ")));
    }
    lines
}

fn with_interval(estimate: &Estimate) -> String {
    let Some(value) = estimate.value() else { return "-".to_owned() };
    let interval = estimate.interval().map_or_else(String::new, |(low, high)| format!(" [{low:.4}, {high:.4}]"));
    format!("{value:.4}{interval}")
}

/// The result as one document.
pub(super) fn document(done: &Done) -> Json {
    let tuned = &done.tuned;
    let count = |standing: Standing| tuned.standings.iter().filter(|&&found| found == standing).count();
    let searched = tuned.winner().map(|winner| {
        json!({
            "spec": winner.spec.with_paths(),
            "meaning": "best of all that were tried on these texts, so optimistic",
            "is_inside_by_a_standard_error": tuned.is_safe,
            "measured": winner.measured,
            "flops_reduction": 1.0 / winner.measured.flops,
        })
    });
    json!({
        "schema": 1,
        "partial": tuned.is_partial,
        "tried": tuned.trials.len(),
        "standings": Standing::ALL.iter().map(|&standing| (standing.name().to_owned(), Json::from(count(standing)))).collect::<serde_json::Map<_, _>>(),
        "samples": tuned.rungs,
        "search_texts": tuned.split.search.len(),
        "chosen": searched,
        "held_out": held_out_json(done),
    })
}

/// The choice on what was held out; null where nothing was measured there.
pub(super) fn held_out_json(done: &Done) -> Json {
    let Some(held_out) = &done.tuned.held_out else { return Json::Null };
    let limits = done.options.limits;
    json!({
        "texts": held_out.measured.texts,
        "clusters": held_out.clusters,
        "chosen_by": "the hash of the texts' contents; measured once, after the search",
        "spent_before": done.spent.texts,
        "keeps_to_limits": limits.violation(&held_out.measured) <= 0.0,
        "flops_reduction": held_out.pruned.flops_reduction,
        "flops_reduction_padded": held_out.pruned.flops_reduction_padded,
        "retention": held_out.pruned.retention,
        "accuracy": held_out.pruned.accuracy,
        "dense_accuracy": held_out.dense.accuracy,
        "loss": held_out.losses.overall_95,
        "loss_90": held_out.losses.overall,
        "harmed": held_out.losses.harmed,
        "rescued": held_out.losses.rescued,
        "worst_group": held_out.losses.worst().map(|worst| json!({
            "column": worst.group.column,
            "group": worst.group.value,
            "loss": worst.loss,
            "upper": worst.upper(),
        })),
        "groups_left_out": held_out.losses.left_out.iter().map(|(group, n)| json!({ "column": group.column, "group": group.value, "texts": n })).collect::<Vec<_>>(),
    })
}
