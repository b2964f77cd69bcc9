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
use crate::cli::evaluate_view;
use crate::cli::progress::run_job;
use crate::cli::resolve;
use crate::data;
use crate::data::Lexicon;
use crate::evaluation;
use crate::evaluation::Draws;
use crate::evaluation::EvaluateOptions;
use crate::evaluation::Evaluation;
use crate::evaluation::Prepared;
use crate::export;
use crate::export::Provenance;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::latency;
use crate::model::Checkpoint;

pub(super) fn run(args: &EvaluateArgs) -> anyhow::Result<Exit> {
    let checks = args.fail_if.iter().map(|text| text.parse()).collect::<Result<Vec<Check>, _>>()?;
    let has_groups = !args.columns.group_by.is_empty() || args.columns.groups_from_lexicon.is_some();
    if checks.iter().any(Check::needs_groups) && !has_groups {
        bail!("--fail-if worst_group_drop needs --group-by COLUMN or --groups-from-lexicon FILE");
    }
    let folder = resolve::model_folder(&args.model)?;
    let load_options = args.model.load_options();
    let specs = resolve::specs(&args.strategies)?;
    let options = resolve::read_options(&args.columns, args.limit)?;
    export::make_folder(&args.out)?;
    let lexicon = args.columns.groups_from_lexicon.as_deref().map(Lexicon::read).transpose()?;
    let (path, limit) = (args.data.clone(), args.limit);
    let draws = Draws { count: args.draws, seed: args.seed };
    let evaluate_options = EvaluateOptions { draws, latency_rounds: args.latency_rounds };
    let work = move |ticket: &Ticket| -> anyhow::Result<Option<Evaluation>> {
        stage(ticket, "loading the model");
        let checkpoint = Checkpoint::load_with(&folder, load_options)?;
        stage(ticket, "reading the data");
        let mut dataset = data::read(&path, &options)?;
        if let Some(lexicon) = &lexicon {
            dataset.add_lexicon_groups(lexicon);
        }
        let prepared = match evaluation::prepare(ticket, &checkpoint, Arc::new(dataset), limit) {
            Ok(prepared) => Arc::new(prepared),
            Err(evaluation::Error::Cancelled) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        Ok(Some(evaluation::evaluate(ticket, &checkpoint, prepared, &specs, evaluate_options)?))
    };
    let Some(evaluation) = run_job(args.progress, work)?? else {
        bail!("stopped before anything was finished; nothing was written");
    };
    tell_losses(&evaluation.prepared);
    if let Some(warning) = evaluation.latency.as_ref().and_then(|latency| latency.machine.warning()) {
        warn(&format!("warning: {warning}"));
    }
    let written = export::write_evaluation(&args.out, &evaluation, &provenance(&args.data))?;
    console::print(&evaluate_view::render(&evaluation))?;
    for path in &written {
        warn(&format!("wrote {}", path.display()));
    }
    finish(&checks, &evaluation, &args.out)
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
    let dataset = &prepared.dataset;
    if let Some(first) = dataset.skipped.first() {
        let line = first.line.map_or_else(String::new, |line| format!(" (line {line})"));
        let (count, record, reason) = (dataset.skipped.len(), first.record, &first.reason);
        let rows = counted(count, "row");
        warn(&format!("warning: {rows} could not be read; the first: record {record}{line}: {reason}"));
    }
    for unknown in &prepared.unknown_labels {
        let (count, value, id) = (unknown.count, &unknown.value, &unknown.first_id);
        let (rows, classes) = (counted(count, "row"), prepared.classes.join(", "));
        warn(&format!(
            "warning: {rows} with label {value:?} left out (the first: {id}): not one of {classes}; see --label-map"
        ));
    }
    if prepared.truncated > 0 {
        warn(&format!(
            "warning: {} cut to the {} tokens the model reads",
            counted(prepared.truncated, "text"),
            prepared.longest
        ));
    }
    if prepared.labels.iter().all(Option::is_none) {
        warn("warning: no labels, so no metric that needs them; name the column with --label-column");
    }
}

fn provenance(data_path: &Path) -> Provenance {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Provenance {
        command_line: std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect(),
        created_unix_secs: since.map_or(0, |since| since.as_secs()),
        cpu: latency::cpu_model(),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        threads: rayon::current_num_threads(),
        data_path: data_path.to_owned(),
    }
}
