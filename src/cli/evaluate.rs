//! `prunescope evaluate`

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use anyhow::bail;

use crate::cli::Exit;
use crate::cli::args::EvaluateArgs;
use crate::cli::checks;
use crate::cli::checks::Check;
use crate::cli::console;
use crate::cli::console::warn;
use crate::cli::console::warn_over_progress;
use crate::cli::evaluate_view;
use crate::cli::progress::run_job;
use crate::cli::resolve;
use crate::data;
use crate::data::ChunkSize;
use crate::data::DataStream;
use crate::data::DatasetIndex;
use crate::data::Lexicon;
use crate::data::ReadOptions;
use crate::evaluation;
use crate::evaluation::Draws;
use crate::evaluation::EvaluateOptions;
use crate::evaluation::Evaluation;
use crate::evaluation::FinishedRows;
use crate::evaluation::HeadKind;
use crate::evaluation::Prepared;
use crate::export;
use crate::export::Predictions;
use crate::export::Provenance;
use crate::export::ResultFolder;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::latency;
use crate::model::Checkpoint;
use crate::pruning::StrategySpec;

/// Stage of the first reading.
const READING: &str = "reading the data";

pub(super) fn run(args: &EvaluateArgs) -> anyhow::Result<Exit> {
    let checks = args.fail_if.iter().map(|text| text.parse()).collect::<Result<Vec<Check>, _>>()?;
    let has_groups = !args.columns.group_by.is_empty() || args.columns.groups_from_lexicon.is_some();
    if checks.iter().any(Check::needs_groups) && !has_groups {
        bail!("--fail-if worst_group_drop needs --group-by COLUMN or --groups-from-lexicon FILE");
    }
    let folder = resolve::model_folder(&args.model)?;
    let load_options = args.model.load_options();
    let specs = resolve::specs(&args.strategies)?;
    let options = resolve::read_options(&args.columns, resolve::take(args.limit, args.first, args.seed))?;
    let folder_of_results = Arc::new(open_folder(args, &folder, &specs)?);
    let lexicon = args.columns.groups_from_lexicon.as_deref().map(Lexicon::read).transpose()?;
    let (path, out) = (args.data.clone(), Arc::clone(&folder_of_results));
    let draws = Draws { count: args.draws, seed: args.seed };
    let evaluate_options = EvaluateOptions { draws, latency_rounds: args.latency_rounds };
    let work = move |ticket: &Ticket| -> anyhow::Result<(Evaluation, Predictions)> {
        stage(ticket, "loading the model");
        let checkpoint = resolve::checkpoint(&folder, load_options)?;
        let options = ReadOptions { model_labels: evaluation::label_columns(&checkpoint.model), ..options };
        let stream = read(ticket, &path, &options, lexicon.as_ref())?;
        tell_reading(&checkpoint, stream.index())?;
        warn(&format!(
            "computing with {} on {}",
            counted(rayon::current_num_threads(), "thread"),
            counted(resolve::cores(), "core")
        ));
        let mut predictions = export::begin_predictions(&out, &stream.index().groups)?;
        let write = |rows: FinishedRows<'_>| Ok(predictions.write(rows)?);
        let evaluation = evaluation::evaluate(ticket, &checkpoint, &stream, &specs, evaluate_options, write);
        evaluation.map(|evaluation| (evaluation, predictions))
    };
    let (evaluation, predictions) = match run_job(args.progress, work)? {
        Err(error) if is_stop(&error) => bail!("stopped before anything was finished; nothing was written"),
        outcome => outcome?,
    };
    tell_losses(&evaluation.prepared);
    if let Some(warning) = evaluation.latency.as_ref().and_then(|latency| latency.machine.warning()) {
        warn(&format!("warning: {warning}"));
    }
    let written = export::write_evaluation(&folder_of_results, predictions, &evaluation, &provenance(&args.data))?;
    console::print(&evaluate_view::render(&evaluation))?;
    for path in &written {
        warn(&format!("wrote {}", path.display()));
    }
    finish(&checks, &evaluation, &args.out)
}

/// Takes the folder of `--out` before anything runs: it must not hold what is read, nor results that are to be kept.
fn open_folder(args: &EvaluateArgs, model: &Path, specs: &[StrategySpec]) -> anyhow::Result<ResultFolder> {
    let mut inputs = resolve::policy_files(&args.strategies, specs);
    inputs.push(args.data.clone());
    inputs.extend(args.columns.groups_from_lexicon.clone());
    inputs.extend(resolve::files_of(model));
    let folder = ResultFolder::open(&args.out, &inputs, resolve::existing(args.force))?;
    if !folder.is_certain() {
        warn("warning: this file system has no locks; see to it that no other run writes into the same folder");
    }
    Ok(folder)
}

/// The first reading of the data, which keeps no text.
fn read(ticket: &Ticket, path: &Path, options: &ReadOptions, lexicon: Option<&Lexicon>) -> anyhow::Result<DataStream> {
    let mut go_on = |records: u64| {
        ticket.report(Progress { done: records, total: None, stage: READING.to_owned() });
        !ticket.is_cancelled()
    };
    stage(ticket, READING);
    Ok(DataStream::open(path, options, lexicon, ChunkSize::default(), &mut go_on)?)
}

/// The first lines of a run: what was read, and which classes were found.
fn tell_reading(checkpoint: &Checkpoint, index: &Arc<DatasetIndex>) -> anyhow::Result<()> {
    resolve::tell_report(&index.name, &index.report);
    let prepared = Prepared::new(checkpoint, Arc::clone(index))?;
    let interest =
        if prepared.is_binary() { format!("; of interest: {}", prepared.positive_name()) } else { String::new() };
    let counts = prepared.classes.iter().zip(prepared.class_counts()).map(|(class, count)| format!("{class} {count}"));
    let counts = counts.collect::<Vec<_>>().join(", ");
    let found = match prepared.head {
        HeadKind::Classifier => format!("classes: {counts}"),
        HeadKind::MultiLabel => format!("labels, any number a text: {counts}"),
        HeadKind::Regression(_) => format!("labels are numbers: {} rows", prepared.labelled()),
    };
    warn_over_progress(&format!("{}: {found}{interest}", index.name));
    Ok(())
}

/// Whether this came of Ctrl-C.
fn is_stop(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(evaluation::Error::Cancelled))
        || matches!(error.downcast_ref(), Some(data::Error::Stopped { .. }))
}

fn finish(checks: &[Check], evaluation: &Evaluation, out: &Path) -> anyhow::Result<Exit> {
    if evaluation.is_partial() {
        let complete = evaluation.strategies.iter().filter(|strategy| strategy.audit.is_some()).count();
        let planned = evaluation.planned.len();
        bail!("stopped: {complete} of {planned} strategies are complete, see {}", out.join("manifest.json").display());
    }
    let failures = checks::failures(checks, evaluation);
    for failure in &failures {
        warn(failure);
    }
    Ok(if failures.is_empty() { Exit::Done } else { Exit::CheckFailed })
}

fn stage(ticket: &Ticket, stage: &str) {
    ticket.report(Progress { done: 0, total: None, stage: stage.to_owned() });
}

/// A count with its noun.
fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// What was left out or cut, on stderr.
fn tell_losses(prepared: &Prepared) {
    if let Some(warning) = data::sample_warning(&prepared.index) {
        warn(&format!("warning: {warning}"));
    }
    if prepared.truncated > 0 {
        warn(&format!(
            "warning: {} cut to the {} tokens the model reads",
            counted(prepared.truncated, "text"),
            prepared.longest
        ));
    }
    if prepared.labelled() == 0 {
        warn(
            "warning: no labels: agreement with dense is measured instead of accuracy; name the column with --label-column",
        );
    }
}

fn provenance(data_path: &Path) -> Provenance {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Provenance {
        command_line: std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect(),
        created_unix_secs: since.map_or(0, |since| since.as_secs()),
        cpu: latency::cpu_model(),
        cores: resolve::cores(),
        threads: rayon::current_num_threads(),
        data_path: data_path.to_owned(),
    }
}
