//! `prunescope transfer`

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context as _;
use anyhow::bail;
use clap::Args;

use crate::cli::Exit;
use crate::cli::args::ModelArgs;
use crate::cli::args::ProgressFormat;
use crate::cli::args::parse_count;
use crate::cli::args::parse_draws;
use crate::cli::column_args::ColumnArgs;
use crate::cli::console;
use crate::cli::console::warn;
use crate::cli::console::warn_over_progress;
use crate::cli::progress::run_job;
use crate::cli::resolve;
use crate::cli::transfer_view;
use crate::data::ChunkSize;
use crate::data::DataStream;
use crate::data::ReadOptions;
use crate::data::Rows;
use crate::evaluation;
use crate::evaluation::Draws;
use crate::evaluation::EvaluateOptions;
use crate::evaluation::FinishedRows;
use crate::evaluation::ModelInfo;
use crate::export;
use crate::export::Transferred;
use crate::figure;
use crate::figure::Page;
use crate::figure::TextMetrics;
use crate::figure::charts;
use crate::figure::charts::TransferInput;
use crate::figure::charts::TransferPlace;
use crate::figure::palette::Theme;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::model::Checkpoint;
use crate::pruning::Calibration;
use crate::pruning::StrategySpec;

/// Options of `transfer`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Every strategy runs over every file, beside the dense model on the same rows. A policy says which data it
was tuned or trained on; that file, known by its content, is marked. Files have the same options; a group
column counts where a file has it, and two files at least must have it.

Writes transfer.json, transfer.csv and one figure a strategy, transfer-1.svg and so on, into --out.

Example:
  prunescope transfer --strategy @policy --data sst2_test.csv --data imdb_test.csv --out transfer")]
pub struct TransferArgs {
    #[command(flatten)]
    pub model: ModelArgs,
    /// Data set: CSV, TSV, JSON Lines or Parquet, with a header; repeat for several
    #[arg(long, value_name = "FILE", required = true)]
    pub data: Vec<PathBuf>,
    /// Strategy to run: ID, ID:key=value,key=value or @POLICY; repeat for several
    #[arg(long = "strategy", value_name = "SPEC", required = true)]
    pub strategies: Vec<String>,
    /// Folder for the table and the figures; made if it is not there
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Replace the results that are in the folder of --out
    #[arg(long)]
    pub force: bool,
    /// Draw at most N rows of each file at random: whole clusters, in proportion within labels and groups
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub limit: Option<usize>,
    /// Take the first N rows of each file instead
    #[arg(long, value_name = "N", value_parser = parse_count, conflicts_with = "limit")]
    pub first: Option<usize>,
    /// Seed of the bootstrap draws and of --limit
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Bootstrap draws behind the intervals of gaps
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = parse_draws)]
    pub draws: usize,
    /// Print the document of transfer.json instead of a table
    #[arg(long)]
    pub json: bool,
    /// How progress is told on stderr [default: bar on a terminal, else none]
    #[arg(long, value_name = "FORMAT")]
    pub progress: Option<ProgressFormat>,
    #[command(flatten)]
    pub columns: ColumnArgs,
}

pub(super) fn run(args: &TransferArgs) -> anyhow::Result<Exit> {
    if args.columns.groups_from_lexicon.is_some() {
        bail!("--groups-from-lexicon does not go with transfer: name columns that the files have with --group-by");
    }
    let folder = resolve::model_folder(&args.model)?;
    let specs = resolve::specs(&args.strategies)?;
    let read = resolve::read_options(&args.columns, resolve::take(args.limit, args.first, args.seed))?;
    let reads = with_groups(&args.data, &read)?;
    let targets = targets(&args.out, specs.len());
    check_targets(args, (&folder, &specs), &targets)?;
    let sources: Vec<(StrategySpec, Option<Calibration>)> = sources(&args.strategies, &specs)?;
    let (options, typed) = (args.model.load_options(), args.clone());
    let work = move |ticket: &Ticket| -> anyhow::Result<(ModelInfo, Vec<Transferred>)> {
        stage(ticket, "loading the model");
        let checkpoint = resolve::checkpoint(&folder, options)?;
        let mut rows = Vec::new();
        for (path, read) in typed.data.iter().zip(reads) {
            rows.extend(one_file(ticket, &checkpoint, (path, read), &specs, &typed)?);
        }
        // Strategy by strategy, within each the files in the order given.
        let of = |(spec, source): &(StrategySpec, Option<Calibration>)| {
            let own = rows.iter().filter(|row| row.spec == *spec).cloned();
            own.map(|row| marked(row, source.as_ref())).collect::<Vec<_>>()
        };
        Ok((ModelInfo::of(&checkpoint), sources.iter().flat_map(of).collect()))
    };
    let (model, rows) = match run_job(args.progress, work)? {
        Err(error) if is_stop(&error) => bail!("stopped; nothing was written"),
        outcome => outcome?,
    };
    let document = export::json_text(&export::transfer_json(&model, &rows));
    write(args, &targets, (&document, &model), &rows)?;
    if args.json { console::print_json(&document) } else { console::print(&transfer_view::render(&rows)) }?;
    for path in &targets {
        warn(&format!("wrote {}", path.display()));
    }
    Ok(Exit::Done)
}

/// How each file is read: a group column where the file has it. One that fewer than two files have transfers nothing.
fn with_groups(files: &[PathBuf], read: &ReadOptions) -> anyhow::Result<Vec<ReadOptions>> {
    let wanted = read.group_columns.clone().unwrap_or_default();
    let mut found = vec![0_usize; wanted.len()];
    let mut reads = Vec::with_capacity(files.len());
    for path in files {
        let columns = Rows::open_with(path, read)?.columns().to_vec();
        let has = |name: &str| columns.iter().any(|column| column == name);
        let mut own = Vec::new();
        for (index, name) in wanted.iter().enumerate() {
            if has(name) || name.split(',').all(|part| has(part.trim())) {
                found[index] += 1;
                own.push(name.clone());
            } else {
                warn(&format!("note: {} has no column {name:?}: no gap of it there", path.display()));
            }
        }
        reads.push(ReadOptions { group_columns: Some(own), ..read.clone() });
    }
    if let Some((name, _)) = wanted.iter().zip(&found).find(|(_, files)| **files < 2.min(reads.len())) {
        bail!("--group-by {name}: fewer than two of the files have this column, so that nothing of it can be compared");
    }
    Ok(reads)
}

/// The table, the document, and one figure a strategy.
fn targets(out: &Path, strategies: usize) -> Vec<PathBuf> {
    let figures = (1..=strategies).map(|number| out.join(format!("transfer-{number}.svg")));
    [out.join("transfer.json"), out.join("transfer.csv")].into_iter().chain(figures).collect()
}

fn check_targets(
    args: &TransferArgs,
    (model, specs): (&Path, &[StrategySpec]),
    targets: &[PathBuf],
) -> anyhow::Result<()> {
    let mut inputs = resolve::policy_files(&args.strategies, specs);
    inputs.extend(args.data.iter().cloned());
    inputs.extend(resolve::files_of(model));
    for target in targets {
        export::check_target(target, &inputs, resolve::existing(args.force))?;
    }
    fs::create_dir_all(&args.out).with_context(|| format!("cannot make the folder {}", args.out.display()))
}

/// Each strategy once, with what its policy says it was calibrated on.
fn sources(typed: &[String], specs: &[StrategySpec]) -> anyhow::Result<Vec<(StrategySpec, Option<Calibration>)>> {
    let mut sources: Vec<(StrategySpec, Option<Calibration>)> = specs.iter().map(|spec| (spec.clone(), None)).collect();
    for text in typed {
        let spec = StrategySpec::parse_or_read(text)?;
        if let Some(entry) = sources.iter_mut().find(|(known, source)| *known == spec && source.is_none()) {
            entry.1 = StrategySpec::calibration_of(text);
        }
    }
    Ok(sources)
}

fn one_file(
    ticket: &Ticket,
    checkpoint: &Checkpoint,
    (path, read): (&Path, ReadOptions),
    specs: &[StrategySpec],
    args: &TransferArgs,
) -> anyhow::Result<Vec<evaluation::TransferRow>> {
    stage(ticket, &format!("reading {}", path.display()));
    let read = ReadOptions { model_labels: evaluation::label_columns(&checkpoint.model), ..read };
    let stream = DataStream::open(path, &read, None, ChunkSize::default(), &mut |_| !ticket.is_cancelled())?;
    resolve::tell_report(&stream.index().name, &stream.index().report);
    let options = EvaluateOptions { draws: Draws { count: args.draws, seed: args.seed }, latency_rounds: 0 };
    let evaluated = evaluation::evaluate(ticket, checkpoint, &stream, specs, options, |_: FinishedRows<'_>| {
        Ok::<(), evaluation::Error>(())
    })?;
    if evaluated.is_partial() {
        return Err(evaluation::Error::Cancelled.into());
    }
    if evaluated.prepared.labelled() == 0 {
        let name = &evaluated.prepared.index.name;
        warn_over_progress(&format!(
            "warning: {name} has no labels: agreement with dense is measured instead of accuracy"
        ));
    }
    Ok(evaluation::transfer_rows(&evaluated))
}

fn marked(row: evaluation::TransferRow, source: Option<&Calibration>) -> Transferred {
    let known = source.filter(|source| !source.sha256.is_empty());
    let is_home = known.map(|source| source.sha256 == row.data_hash);
    Transferred { row, calibrated_on: source.map(|source| source.data.clone()), is_home }
}

fn write(
    args: &TransferArgs,
    targets: &[PathBuf],
    (document, model): (&str, &ModelInfo),
    rows: &[Transferred],
) -> anyhow::Result<()> {
    let [json, csv, figures @ ..] = targets else { return Ok(()) };
    export::write_file(csv, &export::transfer_csv(csv, rows)?)?;
    let mut specs: Vec<&StrategySpec> = Vec::new();
    for row in rows.iter().map(|row| &row.row.spec) {
        if !specs.contains(&row) {
            specs.push(row);
        }
    }
    for (path, spec) in figures.iter().zip(specs) {
        let own: Vec<&Transferred> = rows.iter().filter(|row| row.row.spec == *spec).collect();
        export::write_file(path, figure_of(spec, &own, model, args).as_bytes())?;
    }
    // Last: who finds it finds the others.
    Ok(export::write_file(json, document.as_bytes())?)
}

fn figure_of(spec: &StrategySpec, rows: &[&Transferred], model: &ModelInfo, args: &TransferArgs) -> String {
    let files: Vec<String> = args.data.iter().map(|path| path.display().to_string()).collect();
    let name = spec.short_name();
    let measure = rows.first().map_or(evaluation::Measure::Accuracy, |row| row.row.quality.measure);
    let (drawn, others): (Vec<&Transferred>, Vec<&Transferred>) =
        rows.iter().partition(|row| row.row.quality.measure == measure);
    let input = TransferInput {
        strategy: spec.id(),
        strategy_name: &name,
        strategy_note: spec.info().note().unwrap_or_default(),
        calibrated_on: rows.first().and_then(|row| row.calibrated_on.as_deref()),
        measure,
        // A file without labels measures something else, which does not stand on the same axis.
        places: drawn.iter().map(|row| place_of(row)).collect(),
        notes: others
            .iter()
            .map(|row| format!("Not drawn: {}, which has other labels or none", row.row.data))
            .collect(),
        provenance: charts::provenance(&model.path.display().to_string(), &files.join(", ")),
    };
    let figure = charts::transfer_figure(&input);
    let scene = figure::layout(&figure, &Page::export(&figure, Theme::Light), &TextMetrics::bundled());
    figure::to_svg(&scene)
}

fn place_of(row: &Transferred) -> TransferPlace<'_> {
    TransferPlace {
        data: &row.row.data,
        quality: &row.row.quality,
        retention: row.row.retention,
        flops_reduction: row.row.flops_reduction,
        is_home: row.is_home == Some(true),
    }
}

fn is_stop(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(evaluation::Error::Cancelled))
        || matches!(error.downcast_ref(), Some(crate::data::Error::Stopped { .. }))
}

fn stage(ticket: &Ticket, stage: &str) {
    ticket.report(Progress { done: 0, total: None, stage: stage.to_owned() });
}
