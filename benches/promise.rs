//! Does the clock keep what FLOPs promise? Every strategy at retention 0.5 and 0.25, timed in turn with the dense pass.
//! One JSON line a row; `benches/results.py` makes the table of RESULTS.md from them.
//!
//! Strategies whose key is not a retention run at the setting of their dial that comes closest to it on these texts.
//!
//! Usage: `cargo bench --bench promise -- [--rounds N] [--precision f32|int8] [--strategy ID,…] [BATCHxTOKENS …]`

#![expect(clippy::print_stdout, reason = "the result of a program")]

use std::time::Duration;

use anyhow::Context as _;
use anyhow::Result;
use anyhow::bail;
use prunescope::engine::Removal;
use prunescope::engine::RunDetail;
use prunescope::engine::run;
use prunescope::input::Sequence;
use prunescope::jobs::Ticket;
use prunescope::latency::Case;
use prunescope::latency::Measured;
use prunescope::latency::Plan;
use prunescope::latency::Rounds;
use prunescope::latency::measure;
use prunescope::latency::shapes;
use prunescope::model::Checkpoint;
use prunescope::model::Model;
use prunescope::model::Precision;
use prunescope::model::SAMPLE_MODEL;
use prunescope::model::find_model;
use prunescope::pruning::StrategySpec;
use prunescope::pruning::registry;

const SHAPES: [&str; 6] = ["1x64", "1x128", "1x512", "32x64", "32x128", "32x512"];
const RETENTIONS: [f64; 2] = [0.5, 0.25];

/// What a setting keeps of these texts after the last layer, and how tokens went.
fn kept(model: &Model, texts: &[Sequence], spec: &StrategySpec) -> Result<(f64, Removal)> {
    let pruner = spec.build(&model.config.shape)?;
    let texts: Vec<&Sequence> = texts.iter().take(4).collect();
    let outcomes = run(&Ticket::detached(), model, &texts, &*pruner, RunDetail::Counts)?;
    let tokens: usize = texts.iter().map(|text| text.units.len()).sum();
    let kept: usize = outcomes.iter().map(|outcome| outcome.trace.tokens_kept()).sum();
    Ok((kept as f64 / tokens as f64, outcomes[0].trace.removal()))
}

/// The settings to choose from: the dial's, and for merging the number of pairs that leaves this share.
fn settings(spec: &StrategySpec, layers: usize, tokens: usize, retention: f64) -> Vec<StrategySpec> {
    let pairs = ((tokens as f64 * (1.0 - retention)) / layers as f64).round();
    let pairs = StrategySpec::parse(&format!("{}:r={pairs}", spec.id())).ok();
    spec.sweep().into_iter().chain(pairs).collect()
}

/// Every strategy that removes tokens of these texts, set to keep about this share of them.
fn strategies(model: &Model, texts: &[Sequence], retention: f64, only: Option<&str>) -> Result<Vec<StrategySpec>> {
    let mut found = Vec::new();
    let is_wanted = |id: &str| only.is_none_or(|only| only.split(',').any(|one| one == id));
    for info in registry().iter().filter(|info| is_wanted(info.id) && info.runs_untrained()) {
        let spec = StrategySpec::default_for(info.id)?;
        let spec = match spec.with("retention", prunescope::pruning::Value::Float(retention)) {
            Ok(set) => set,
            Err(_no_such_key) => {
                let mut best = (f64::INFINITY, spec.clone());
                for setting in settings(&spec, model.layers.len(), texts[0].units.len(), retention) {
                    let distance = (kept(model, texts, &setting)?.0 - retention).abs();
                    if distance < best.0 {
                        best = (distance, setting);
                    }
                }
                best.1
            }
        };
        if kept(model, texts, &spec)?.1 != Removal::None {
            found.push(spec);
        }
    }
    Ok(found)
}

fn line(row: &Measured, retention: f64) -> serde_json::Value {
    let dense = row.dense.parts.total();
    serde_json::json!({
        "case": row.case,
        "retention": retention,
        "strategy": row.spec.id(),
        "spec": row.spec.to_string(),
        "dense_ms": row.dense.median_secs * 1e3,
        "pruned_ms": row.pruned.median_secs * 1e3,
        "flops_reduction": row.flops_reduction,
        "speedup": row.speedup,
        "promise_kept": row.promise_kept,
        "scoring_share": row.pruned.parts.scoring / dense,
        "gathering_share": row.pruned.parts.gathering / dense,
        "accounted": row.pruned.accounted,
        "rounds": row.blocks.len(),
    })
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let (mut names, mut rounds, mut only, mut precision) = (Vec::new(), None, None, Precision::F32);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--rounds" => rounds = Some(arguments.next().context("expected a number of rounds")?.parse()?),
            "--strategy" => only = Some(arguments.next().context("expected ids of strategies")?),
            "--precision" => {
                precision = match arguments.next().context("expected f32 or int8")?.as_str() {
                    "f32" => Precision::F32,
                    "int8" => Precision::Int8,
                    other => bail!("expected f32 or int8, got {other}"),
                };
            }
            _ => names.push(argument),
        }
    }
    if names.is_empty() {
        names = SHAPES.map(str::to_owned).to_vec();
    }
    let model = Checkpoint::load(&find_model(SAMPLE_MODEL)?)?.into_precision(precision)?.model;
    for name in names {
        let (batch, tokens) = name.split_once('x').context("expected BATCHxTOKENS")?;
        let cases: Vec<Case> = shapes(&model, &[batch.parse()?], &[tokens.parse()?])?;
        for retention in RETENTIONS {
            let mut plan = Plan::new(strategies(&model, &cases[0].batches[0], retention, only.as_deref())?);
            plan.warm_up = 1;
            plan.rounds = match rounds {
                Some(rounds) => Rounds::exactly(rounds),
                None => Rounds { at_least: 5, at_most: 60, time: Duration::from_secs(2) },
            };
            let report = measure(&Ticket::detached(), &model, &cases, &plan, &|_| {})?;
            for row in &report.rows {
                println!("{}", line(row, retention));
            }
        }
    }
    Ok(())
}
