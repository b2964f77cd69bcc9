//! Times the dense pass on the cases that `../shared/bench/time_onnx.py` knows, in the same words: `BATCHxTOKENS`,
//! `sorted:FILE:BATCH`, `arrival:FILE:BATCH`. One JSON line a case; `benches/results.py` runs both sides in turn.
//!
//! Usage: `cargo bench --bench dense -- [--threads N] [--rounds N] [--precision f32|int8] [--head-rows-only] CASE …`
//! On Linux each line also tells how much memory the passes took beside the loaded model.

#![expect(clippy::print_stdout, reason = "the result of a program")]

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use anyhow::Context as _;
use anyhow::Result;
use anyhow::bail;
use prunescope::cost::dense_macs;
use prunescope::data::ReadOptions;
use prunescope::engine::RunOptions;
use prunescope::engine::run_timed;
use prunescope::input::Sequence;
use prunescope::jobs::Ticket;
use prunescope::latency::shapes;
use prunescope::model::Checkpoint;
use prunescope::model::Precision;
use prunescope::model::SAMPLE_MODEL;
use prunescope::model::find_model;
use prunescope::pruning::Pruner;
use prunescope::pruning::StrategySpec;

/// What to time: batches in the order in which they run.
struct Case {
    name: String,
    batches: Vec<Vec<Sequence>>,
}

fn case(checkpoint: &Checkpoint, name: &str) -> Result<Case> {
    let mut parts = name.splitn(2, ':');
    let order = parts.next().unwrap_or_default();
    let Some(rest) = parts.next() else {
        let (batch, tokens) = name.split_once('x').context("expected BATCHxTOKENS")?;
        let batches = shapes(&checkpoint.model, &[batch.parse()?], &[tokens.parse()?])?.remove(0).batches;
        return Ok(Case { name: name.to_owned(), batches });
    };
    let (path, batch) = rest.rsplit_once(':').context("expected ORDER:FILE:BATCH")?;
    let path = Path::new(path);
    let dataset = prunescope::data::read(path, &ReadOptions::default())?;
    let mut texts = Vec::new();
    for example in &dataset.examples {
        texts.push(checkpoint.tokenizer.encode(example.content.text(), example.content.text_pair())?);
    }
    match order {
        "sorted" => texts.sort_by_key(|text| text.units.len()),
        "arrival" => {}
        other => bail!("expected sorted or arrival, got {other}"),
    }
    let batches = texts.chunks(batch.parse()?).map(<[Sequence]>::to_vec).collect();
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(Case { name: format!("{order}:{file}:{batch}"), batches })
}

/// A line of `/proc/self/status`, in MiB.
fn status_mib(name: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().ok().map(|kib: f64| kib / 1024.0)
}

fn milliseconds(checkpoint: &Checkpoint, pruner: &dyn Pruner, case: &Case, options: RunOptions) -> Result<f64> {
    let started = Instant::now();
    for batch in &case.batches {
        let texts: Vec<&Sequence> = batch.iter().collect();
        black_box(run_timed(&Ticket::detached(), &checkpoint.model, black_box(&texts), pruner, options)?);
    }
    Ok(started.elapsed().as_secs_f64() * 1e3)
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let (mut rounds, mut names, mut precision) = (15, Vec::new(), Precision::F32);
    let mut options = RunOptions::default();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--threads" => {
                let threads = arguments.next().context("expected a number of threads")?.parse()?;
                rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
            }
            "--precision" => {
                precision = match arguments.next().context("expected f32 or int8")?.as_str() {
                    "f32" => Precision::F32,
                    "int8" => Precision::Int8,
                    other => bail!("expected f32 or int8, got {other}"),
                };
            }
            "--head-rows-only" => options.head_rows_only = true,
            "--rounds" => rounds = arguments.next().context("expected a number of rounds")?.parse()?,
            _ => names.push(argument),
        }
    }
    if names.is_empty() {
        names = ["1x32", "1x128", "1x512", "32x32", "32x128", "8x512"].map(str::to_owned).to_vec();
    }
    let checkpoint = Checkpoint::load(&find_model(SAMPLE_MODEL)?)?.into_precision(precision)?;
    let pruner = StrategySpec::parse("dense")?.build(&checkpoint.model.config.shape)?;
    for name in names {
        let case = case(&checkpoint, &name)?;
        let texts = case.batches.iter().flatten();
        let flops: u64 = texts.clone().map(|text| 2 * dense_macs(&checkpoint.model, text.units.len())).sum();
        let before = status_mib("VmRSS");
        // Sets the peak back to what is in use now.
        let is_fresh = std::fs::write("/proc/self/clear_refs", "5").is_ok();
        for _ in 0..2 {
            milliseconds(&checkpoint, &*pruner, &case, options)?;
        }
        let mut times = Vec::with_capacity(rounds);
        for _ in 0..rounds {
            times.push(milliseconds(&checkpoint, &*pruner, &case, options)?);
        }
        times.sort_by(f64::total_cmp);
        let median = f64::midpoint(times[(rounds - 1) / 2], times[rounds / 2]);
        let line = serde_json::json!({
            "case": case.name,
            "ms": median,
            "texts_per_s": texts.count() as f64 / median * 1e3,
            "useful_gflops_per_s": flops as f64 / median / 1e6,
            "extra_mib": before.zip(status_mib("VmHWM")).filter(|_| is_fresh).map(|(before, peak)| peak - before),
        });
        println!("{line}");
    }
    Ok(())
}
