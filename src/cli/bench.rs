//! `prunescope bench`

use std::time::Duration;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use anyhow::bail;

use crate::cli::Exit;
use crate::cli::args::BenchArgs;
use crate::cli::args::LayoutChoice;
use crate::cli::bench_view;
use crate::cli::console;
use crate::cli::console::warn;
use crate::cli::progress::run_job;
use crate::cli::resolve;
use crate::data;
use crate::data::ReadOptions;
use crate::evaluation;
use crate::evaluation::Chunk;
use crate::evaluation::ModelInfo;
use crate::evaluation::Prepared;
use crate::export;
use crate::export::LatencySource;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::latency;
use crate::latency::Case;
use crate::latency::LatencyReport;
use crate::latency::Layout;
use crate::latency::Plan;
use crate::latency::Rounds;
use crate::metrics;
use crate::model::Checkpoint;

/// What the job brings back.
struct Benched {
    model: ModelInfo,
    prepared: Option<Prepared>,
    report: LatencyReport,
}

pub(super) fn run(args: &BenchArgs) -> anyhow::Result<Exit> {
    let folder = resolve::model_folder(&args.model)?;
    let specs = resolve::specs(&args.strategies)?;
    if let Some(out) = &args.out {
        let mut inputs = resolve::policy_files(&args.strategies, &specs);
        inputs.extend(args.data.clone());
        inputs.extend(resolve::files_of(&folder));
        export::check_target(out, &inputs, resolve::existing(args.force))?;
    }
    let load_options = args.model.load_options();
    let layouts = match args.layout {
        LayoutChoice::Packed => vec![Layout::Packed],
        LayoutChoice::Padded => vec![Layout::Padded],
        LayoutChoice::Both => Layout::ALL.to_vec(),
    };
    let plan = Plan {
        layouts,
        head_rows_only: args.head_rows_only,
        seed: args.seed,
        draws: metrics::EXPORT_DRAWS,
        ..Plan::new(specs)
    };
    let typed = args.clone();
    let work = move |ticket: &Ticket| -> anyhow::Result<Option<Benched>> {
        stage(ticket, "loading the model");
        let checkpoint = resolve::checkpoint(&folder, load_options)?;
        let prepared = match prepare(ticket, &checkpoint, &typed) {
            Err(error) if is_cancelled(&error) => return Ok(None),
            prepared => prepared?,
        };
        let cases = cases(&checkpoint, prepared.as_ref().map(|(_, chunk)| chunk), &typed)?;
        let plan = Plan { rounds: rounds(&typed, cases.len() * plan.layouts.len() * plan.strategies.len()), ..plan };
        let report = latency::measure(ticket, &checkpoint.model, &cases, &plan, &|_| {})?;
        let prepared = prepared.map(|(prepared, _)| prepared);
        Ok(Some(Benched { model: ModelInfo::of(&checkpoint), prepared, report }))
    };
    let Some(benched) = run_job(args.progress, work)?? else {
        bail!("stopped before anything was timed");
    };
    tell(&benched);
    let document = document(args, &benched);
    let rendered = bench_view::render(&benched.report);
    // Shown first: a path that cannot be written must not cost the measurement.
    if args.json { console::print_json(&document) } else { console::print(&rendered) }?;
    if let Some(path) = &args.out {
        export::write_file(path, document.as_bytes())?;
    }
    if benched.report.partial {
        bail!("stopped: the numbers are those of the rounds that were done");
    }
    Ok(Exit::Done)
}

/// The texts of the data set, without their labels: time does not depend on them.
fn prepare(ticket: &Ticket, checkpoint: &Checkpoint, args: &BenchArgs) -> anyhow::Result<Option<(Prepared, Chunk)>> {
    let Some(path) = &args.data else { return Ok(None) };
    stage(ticket, "reading the data");
    let file = resolve::file_options(&args.file, resolve::take(args.limit, args.first, args.seed));
    let mut dataset = data::read(path, &ReadOptions { group_columns: Some(Vec::new()), ..file })?;
    resolve::tell_report(&dataset.name, &dataset.report);
    for example in &mut dataset.examples {
        example.label = None;
    }
    Ok(Some(evaluation::prepare(ticket, checkpoint, &dataset, None)?))
}

fn is_cancelled(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(evaluation::Error::Cancelled))
}

fn cases(checkpoint: &Checkpoint, texts: Option<&Chunk>, args: &BenchArgs) -> Result<Vec<Case>, latency::Error> {
    match texts {
        None => latency::shapes(&checkpoint.model, &args.batch, &args.tokens),
        Some(texts) => {
            let buckets = |&batch: &usize| latency::buckets(&texts.encoded, batch, args.seed);
            Ok(args.batch.iter().flat_map(buckets).collect())
        }
    }
}

/// `shares`: strategies times cases times layouts, among which the time of `--seconds` is divided.
fn rounds(args: &BenchArgs, shares: usize) -> Rounds {
    let share = |whole: Duration| whole / u32::try_from(shares.max(1)).unwrap_or(u32::MAX);
    match (args.rounds, args.seconds) {
        (None, None) => Rounds::default(),
        (Some(rounds), None) => Rounds::exactly(rounds),
        (None, Some(time)) => Rounds { at_least: 1, ..Rounds::within(share(time)) },
        (Some(rounds), Some(time)) => Rounds { at_least: 1, at_most: rounds, time: share(time) },
    }
}

fn document(args: &BenchArgs, benched: &Benched) -> String {
    let command_line: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    let source = LatencySource {
        model: &benched.model,
        data: args.data.as_deref().zip(benched.prepared.as_ref()),
        command_line: &command_line,
        created_unix_secs: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
    };
    export::json_text(&export::latency_json(&benched.report, &source))
}

/// The machine, whether it was busy, and what of the data was left out or cut: on stderr.
fn tell(benched: &Benched) {
    if let Some(prepared) = &benched.prepared {
        let unusable = prepared.index.num_skipped + prepared.index.len() - prepared.total();
        if unusable > 0 {
            warn(&format!("warning: {unusable} rows could not be used"));
        }
        if prepared.truncated > 0 {
            warn(&format!("warning: {} texts cut to {} tokens", prepared.truncated, prepared.longest));
        }
    }
    let few = benched.report.rows.iter().filter(|row| row.blocks.len() < metrics::MIN_BLOCKS).count();
    if few > 0 {
        warn(&format!("warning: {few} rows have fewer than {} rounds and so no interval", metrics::MIN_BLOCKS));
    }
    let machine = &benched.report.machine;
    warn(&machine.summary());
    if let Some(warning) = machine.warning() {
        warn(&format!("warning: {warning}"));
    }
}

fn stage(ticket: &Ticket, stage: &str) {
    ticket.report(Progress { done: 0, total: None, stage: stage.to_owned() });
}
