//! `prunescope results`

use std::path::Path;
use std::path::PathBuf;

use anyhow::bail;
use clap::Args;

use crate::cli::Exit;
use crate::cli::args::ModelArgs;
use crate::cli::args::ProgressFormat;
use crate::cli::args::parse_count;
use crate::cli::column_args::ColumnArgs;
use crate::cli::console;
use crate::cli::console::warn;
use crate::cli::match_budget::parse_budget;
use crate::cli::progress::run_job;
use crate::cli::resolve;
use crate::cli::results_view;
use crate::data;
use crate::data::Dataset;
use crate::data::ReadOptions;
use crate::data::Take;
use crate::evaluation;
use crate::evaluation::Budget;
use crate::evaluation::BudgetKind;
use crate::evaluation::BudgetTable;
use crate::evaluation::ModelInfo;
use crate::export;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::model::Checkpoint;
use crate::pruning::StrategySpec;
use crate::pruning::registry;

/// Options of `results`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Dials are solved on the texts of --calibrate, accuracy is measured on those of --data; both may be
given several times, in pairs. What is printed is the FLOPs reduction achieved on the texts of --data,
against the dense model without padding, and beside it against texts padded to the longest of the file.

Examples:
  prunescope results --calibrate train.csv --data test.csv --out docs/results.md
  prunescope results --calibrate a_train.csv --data a_test.csv --calibrate b_train.csv --data b_test.csv \\
      --strategy power_bert --strategy @pruners/ltp --policy tuned --budget 0.5,0.33 --out results.md")]
pub struct ResultsArgs {
    #[command(flatten)]
    pub model: ModelArgs,
    /// Texts to solve the dials on; labels are not needed
    #[arg(long, value_name = "FILE", required = true)]
    pub calibrate: Vec<PathBuf>,
    /// Labelled texts to measure on: CSV, TSV, JSON Lines or Parquet, with a header
    #[arg(long, value_name = "FILE", required = true)]
    pub data: Vec<PathBuf>,
    /// Strategy to bring to every budget: ID, ID:key=value,key=value or @POLICY; repeat for several [default: every one
    /// with a dial]
    #[arg(long = "strategy", value_name = "SPEC")]
    pub strategies: Vec<String>,
    /// Policy to run as it is beside them; repeat for several
    #[arg(long = "policy", value_name = "DIR")]
    pub policies: Vec<String>,
    /// Shares of the dense model's FLOPs
    #[arg(long, value_name = "X,…", value_delimiter = ',', default_value = "0.8,0.5,0.33,0.2", value_parser = parse_budget)]
    pub budget: Vec<f64>,
    /// Draw at most N texts of each calibration file at random
    #[arg(long, value_name = "N", value_parser = parse_count, default_value_t = 256)]
    pub calibration_limit: usize,
    /// Draw at most N rows of each data file at random
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub limit: Option<usize>,
    /// Seed of the draws
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Markdown file to write; printed if left out
    #[arg(long, value_name = "FILE.md")]
    pub out: Option<PathBuf>,
    /// Replace the file that is at --out
    #[arg(long, requires = "out")]
    pub force: bool,
    /// How progress is told on stderr [default: bar on a terminal, else none]
    #[arg(long, value_name = "FORMAT")]
    pub progress: Option<ProgressFormat>,
    #[command(flatten)]
    pub columns: ColumnArgs,
}

/// The table of one pair of files.
pub(super) struct Section {
    pub(super) calibration: (String, usize),
    pub(super) dataset: Dataset,
    pub(super) table: BudgetTable,
}

pub(super) fn run(args: &ResultsArgs) -> anyhow::Result<Exit> {
    if args.calibrate.len() != args.data.len() {
        let (calibrate, data) = (args.calibrate.len(), args.data.len());
        bail!("expected as many files with --calibrate as with --data, got {calibrate} and {data}");
    }
    for (calibrate, data) in args.calibrate.iter().zip(&args.data) {
        if calibrate == data {
            bail!("{} calibrates and measures: give other texts to one of both", data.display());
        }
    }
    if let Some(out) = args.out.as_ref().filter(|out| out.exists() && !args.force) {
        bail!("there is a file already; add --force to replace it: {}", out.display());
    }
    let folder = resolve::model_folder(&args.model)?;
    let specs = resolve::specs(&args.strategies)?;
    let policies: Vec<String> = args.policies.iter().map(|path| format!("@{}", path.trim_start_matches('@'))).collect();
    let policies = resolve::specs(&policies)?;
    let (load_options, typed) = (args.model.load_options(), args.clone());
    let work = move |ticket: &Ticket| -> anyhow::Result<(ModelInfo, Vec<Section>)> {
        stage(ticket, "loading the model");
        let checkpoint = resolve::checkpoint(&folder, load_options)?;
        let specs = if specs.is_empty() { every_strategy(&checkpoint)? } else { specs };
        let pairs = typed.calibrate.iter().zip(&typed.data);
        let sections = pairs.map(|pair| section(ticket, &checkpoint, pair, (&specs, &policies), &typed));
        Ok((ModelInfo::of(&checkpoint), sections.collect::<Result<_, _>>()?))
    };
    let (model, sections) = match run_job(args.progress, work)? {
        Err(error) if matches!(error.downcast_ref(), Some(evaluation::Error::Cancelled)) => {
            bail!("stopped; nothing was written")
        }
        outcome => outcome?,
    };
    let text = results_view::markdown(args, &model, &sections);
    match &args.out {
        Some(path) => {
            export::write_file(path, text.as_bytes())?;
            warn(&format!("wrote {}", path.display()));
        }
        None => console::print(&text)?,
    }
    Ok(Exit::Done)
}

/// Every strategy with a dial that fits the model; the others are named.
fn every_strategy(checkpoint: &Checkpoint) -> anyhow::Result<Vec<StrategySpec>> {
    let mut fitting = Vec::new();
    for info in registry().iter().filter(|info| info.dial.is_some()) {
        let spec = StrategySpec::default_for(info.id)?;
        match spec.build(&checkpoint.model.config.shape) {
            Ok(_) => fitting.push(spec),
            Err(error) => console::warn_over_progress(&format!("{} is left out: {error}", info.id)),
        }
    }
    Ok(fitting)
}

fn section(
    ticket: &Ticket,
    checkpoint: &Checkpoint,
    (calibrate, data): (&PathBuf, &PathBuf),
    specs: (&[StrategySpec], &[StrategySpec]),
    args: &ResultsArgs,
) -> anyhow::Result<Section> {
    stage(ticket, "reading the data");
    let take = resolve::take(Some(args.calibration_limit), None, args.seed);
    let mut calibration = read(checkpoint, calibrate, args, take)?;
    for example in &mut calibration.examples {
        example.label = None;
    }
    let (_, chunk) = evaluation::prepare(ticket, checkpoint, &calibration, None)?;
    let dataset = read(checkpoint, data, args, resolve::take(args.limit, None, args.seed))?;
    resolve::tell_report(&dataset.name, &dataset.report);
    let budgets: Vec<Budget> = args.budget.iter().map(|&share| Budget { per: BudgetKind::Flops, share }).collect();
    let texts = (&*chunk.encoded, &dataset);
    let table = evaluation::budget_table(ticket, checkpoint, texts, specs, &budgets, &mut |_| {})?;
    Ok(Section { calibration: (calibration.name, chunk.encoded.len()), dataset, table })
}

fn read(checkpoint: &Checkpoint, path: &Path, args: &ResultsArgs, take: Take) -> anyhow::Result<Dataset> {
    let options = resolve::read_options(&args.columns, take)?;
    let options = ReadOptions { model_labels: evaluation::label_columns(&checkpoint.model), ..options };
    Ok(data::read(path, &options)?)
}

fn stage(ticket: &Ticket, stage: &str) {
    ticket.report(Progress { done: 0, total: None, stage: stage.to_owned() });
}
