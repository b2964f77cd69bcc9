//! What the command line means: a model folder, strategies, a text.

use std::fs;
use std::io;
use std::io::Read as _;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context as _;
use anyhow::bail;

use crate::cli::args::Command;
use crate::cli::args::InspectArgs;
use crate::cli::args::ModelArgs;
use crate::cli::args::WindowArgs;
use crate::cli::column_args::ColumnArgs;
use crate::cli::column_args::FileArgs;
use crate::cli::console::warn;
use crate::cli::console::warn_over_progress;
use crate::data;
use crate::data::ReadOptions;
use crate::data::ReadReport;
use crate::data::Take;
use crate::disk::read_regular_text;
use crate::export::Existing;
use crate::model;
use crate::model::Checkpoint;
use crate::model::LoadOptions;
use crate::pruning::StrategySpec;

/// Makes the threads that compute, once for the whole program and before anything computes: as many as are asked for, else
/// one per core that the system lets this process use.
pub(super) fn make_threads(command: Option<&Command>) -> anyhow::Result<()> {
    let asked = match command {
        Some(Command::Inspect(args)) => args.model.threads,
        Some(Command::Evaluate(args)) => args.model.threads,
        Some(Command::Bench(args)) => args.model.threads,
        Some(Command::Match(args)) => args.model.threads,
        Some(Command::Train(args)) => args.model.threads,
        Some(Command::Predict(args)) => args.model.threads,
        Some(Command::Transfer(args)) => args.model.threads,
        Some(Command::Verify(args)) => args.threads,
        Some(Command::Tune(args)) => args.model.threads,
        Some(Command::Results(args)) => args.model.threads,
        Some(Command::Strategies(_)) => return Ok(()),
        None => None,
    };
    let threads = asked.unwrap_or_else(cores);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).thread_name(|index| format!("compute {index}"));
    pool.build_global().with_context(|| format!("cannot start {threads} threads; ask for fewer with --threads"))
}

/// Cores that the system lets this process use.
pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The checkpoint folder.
pub(super) fn model_folder(args: &ModelArgs) -> anyhow::Result<PathBuf> {
    Ok(model::find_model(args.model.as_deref().unwrap_or(model::SAMPLE_MODEL))?)
}

/// The checkpoint in a folder; where its files disagree, that is told.
pub(super) fn checkpoint(folder: &Path, options: LoadOptions) -> anyhow::Result<Checkpoint> {
    let checkpoint = Checkpoint::load_with(folder, options)?;
    for note in &checkpoint.notes {
        warn(&format!("warning: {note}"));
    }
    Ok(checkpoint)
}

/// Strategies as typed, checked against the registry; the same one twice counts once.
pub(super) fn specs(typed: &[String]) -> anyhow::Result<Vec<StrategySpec>> {
    let mut specs: Vec<StrategySpec> = Vec::with_capacity(typed.len());
    for text in typed {
        let spec = StrategySpec::parse_or_read(text)?;
        if !specs.contains(&spec) {
            specs.push(spec);
        }
    }
    Ok(specs)
}

/// The files that strategies typed as `@FILE` are read from, and those that their settings name.
pub(super) fn policy_files(typed: &[String], specs: &[StrategySpec]) -> Vec<PathBuf> {
    let named = typed.iter().filter_map(|text| text.trim().strip_prefix('@')).map(PathBuf::from);
    let policies = named.map(|path| if path.is_dir() { path.join("policy.json") } else { path });
    policies.chain(specs.iter().flat_map(StrategySpec::files).map(|(_, file)| file.path().to_owned())).collect()
}

/// The files of a checkpoint's folder.
pub(super) fn files_of(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// What `--force` means.
pub(super) fn existing(force: bool) -> Existing {
    if force { Existing::Replace } else { Existing::Keep }
}

/// Longest text that is read from a file or from standard input: far beyond what a model takes.
const MOST_TEXT_BYTES: u64 = 16 << 20;

/// The text to inspect. One line break at the end of a file or of standard input is not part of it.
pub(super) fn text(args: &InspectArgs) -> anyhow::Result<String> {
    if let Some(text) = &args.text {
        return Ok(text.clone());
    }
    let mut text = String::new();
    if let Some(path) = &args.text_file {
        text = read_regular_text(path, MOST_TEXT_BYTES)
            .with_context(|| format!("cannot read the text: {}", path.display()))?;
    } else {
        let read = io::stdin().lock().take(MOST_TEXT_BYTES + 1).read_to_string(&mut text);
        read.context("cannot read the text from standard input")?;
        if text.len() as u64 > MOST_TEXT_BYTES {
            bail!("expected a text of at most {MOST_TEXT_BYTES} bytes on standard input");
        }
    }
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}

/// How the data set of `evaluate` is read: groups are those that were named.
pub(super) fn read_options(columns: &ColumnArgs, take: Take) -> anyhow::Result<ReadOptions> {
    let label_map = columns.label_map.as_deref().map(data::parse_label_map).transpose()?.unwrap_or_default();
    Ok(ReadOptions {
        label_column: columns.label_column.clone(),
        label_columns: columns.label_columns.clone(),
        tolerance: columns.tolerance,
        label_map,
        positive: columns.positive.clone(),
        group_columns: Some(columns.group_by.clone()),
        whole_cells: columns.whole_cells,
        cluster_column: columns.cluster.clone(),
        id_column: columns.id_column.clone(),
        ..file_options(&columns.file, take)
    })
}

/// How the data set of the window is read: without a named group every column that may be one is offered.
///
/// # Errors
/// If the label map cannot be read, or there are options for a data set and no data set.
pub fn window_read_options(window: &WindowArgs) -> anyhow::Result<ReadOptions> {
    let mut options = read_options(&window.columns, window.first.map_or(Take::All, Take::First))?;
    if window.columns.group_by.is_empty() {
        options.group_columns = None;
    }
    if window.data.is_none() && (options != ReadOptions::default() || window.columns.groups_from_lexicon.is_some()) {
        bail!("options of a data file need --data FILE");
    }
    Ok(options)
}

/// How the file is written and where its texts are; no labels, no groups.
pub(super) fn file_options(file: &FileArgs, take: Take) -> ReadOptions {
    ReadOptions {
        text_column: file.text_column.clone(),
        text_pair_column: file.text_pair_column.clone(),
        delimiter: file.delimiter,
        encoding: file.encoding.clone(),
        max_record_bytes: file.max_record_bytes(),
        max_skipped: file.allow_skipped,
        take,
        ..ReadOptions::default()
    }
}

/// The rows that `--limit` or `--first` asks for.
pub(super) fn take(limit: Option<usize>, first: Option<usize>, seed: u64) -> Take {
    let drawn = limit.map(|rows| Take::Draw { rows, seed });
    first.map(Take::First).or(drawn).unwrap_or_default()
}

/// How a file was read, as the first lines of a run.
pub(super) fn tell_report(name: &str, report: &ReadReport) {
    for line in report.lines() {
        warn_over_progress(&format!("{name}: {line}"));
    }
    for warning in &report.warnings {
        warn_over_progress(&format!("warning: {warning}"));
    }
}
