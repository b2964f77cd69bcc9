//! `prunescope train`

use std::path::Path;
use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use clap::ValueEnum;

use crate::cli::Exit;
use crate::cli::args::ModelArgs;
use crate::cli::args::ProgressFormat;
use crate::cli::args::parse_count;
use crate::cli::column_args::ColumnArgs;
use crate::cli::console;
use crate::cli::console::warn;
use crate::cli::console::warn_over_progress;
use crate::cli::progress::run_job;
use crate::cli::resolve;
use crate::cli::train_view;
use crate::data;
use crate::data::Dataset;
use crate::data::ReadOptions;
use crate::evaluation;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::training;
use crate::training::Existing;
use crate::training::Mode;
use crate::training::TrainOptions;
use crate::training::Trained;
use crate::training::TrainingData;
use crate::training::TrainingFolder;

/// Options of `train`.
#[derive(Clone, Debug, Args)]
#[command(after_help = train_view::methods_help())]
pub struct TrainArgs {
    #[command(flatten)]
    pub model: ModelArgs,
    /// Texts to learn from: CSV, TSV, JSON Lines or Parquet, with a header and labels
    #[arg(long, value_name = "FILE")]
    pub data: PathBuf,
    /// Texts to decide by [default: a tenth of --data, held out by content]
    #[arg(long, value_name = "FILE")]
    pub dev: Option<PathBuf>,
    /// What to learn: ID or ID:setting=number,… (listed below)
    #[arg(long, value_name = "METHOD")]
    pub learn: String,
    /// Whether the model's own weights are trained too [default: the method's first mode]
    #[arg(long, value_name = "MODE", value_enum, hide = true)]
    pub mode: Option<ModeArg>,
    /// Times that every text comes [default: the method's]
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub epochs: Option<usize>,
    /// Texts of a step
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = parse_count)]
    pub batch: usize,
    /// Largest learning rate of the model's own weights, in joint mode [default: the method's]
    #[arg(long, value_name = "X", value_parser = parse_rate, hide = true)]
    pub rate: Option<f64>,
    /// Accuracy that may be lost on the dev set: of what loses less, the policy that saves most is kept
    #[arg(long, value_name = "X", default_value_t = 0.01, value_parser = parse_loss)]
    pub max_loss: f64,
    /// Runs of the dev set in each epoch
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = parse_count)]
    pub dev_runs: usize,
    /// Stop after so many dev runs without a better one [default: never]
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub patience: Option<usize>,
    /// Folder for the policy, its weights, the curves and the manifest; made if it is not there
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Go on with the interrupted training in the folder of --out
    #[arg(long, conflicts_with = "force")]
    pub resume: bool,
    /// Replace the training that is in the folder of --out
    #[arg(long)]
    pub force: bool,
    /// Learn from at most N rows drawn at random: whole clusters, in proportion within labels
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub limit: Option<usize>,
    /// Take the first N rows of the file instead, which say nothing about the others if it is sorted
    #[arg(long, value_name = "N", value_parser = parse_count, conflicts_with = "limit")]
    pub first: Option<usize>,
    /// Seed of batches, noise, the held-out part and --limit; the same seed gives the same bytes
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Print what was learned as one JSON document (schema 1)
    #[arg(long)]
    pub json: bool,
    /// How progress is told on stderr [default: bar on a terminal, else none]
    #[arg(long, value_name = "FORMAT")]
    pub progress: Option<ProgressFormat>,
    #[command(flatten)]
    pub columns: ColumnArgs,
}

/// What is learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModeArg {
    /// Thresholds, gates or predictors alone; the model stays what it is
    Frozen,
    /// The model's layers and head too
    Joint,
}

pub(super) fn run(args: &TrainArgs) -> anyhow::Result<Exit> {
    let options = options(args)?;
    let folder = resolve::model_folder(&args.model)?;
    let load_options = args.model.load_options();
    let read_options = resolve::read_options(&args.columns, resolve::take(args.limit, args.first, args.seed))?;
    check_places(args, &folder)?;
    let typed = args.clone();
    let work = move |ticket: &Ticket| -> anyhow::Result<Trained> {
        stage(ticket, "loading the model");
        let checkpoint = resolve::checkpoint(&folder, load_options)?;
        let model_labels = evaluation::label_columns(&checkpoint.model);
        let options_of_file = ReadOptions { model_labels, ..read_options };
        let train = read(ticket, &typed.data, &options_of_file)?;
        let whole = ReadOptions { take: data::Take::All, ..options_of_file };
        let dev = typed.dev.as_deref().map(|path| read(ticket, path, &whole)).transpose()?;
        let data = TrainingData::prepare(ticket, &checkpoint, &train, dev.as_ref(), typed.seed)?;
        warn_over_progress(&train_view::data_line(&data));
        let existing = match (typed.resume, typed.force) {
            (true, _) => Existing::Resume,
            (false, true) => Existing::Replace,
            (false, false) => Existing::Keep,
        };
        let out = TrainingFolder::open(&typed.out, existing)?;
        let mut told = 0;
        let tell = &mut |event: &training::TrainEvent<'_>| {
            for point in &event.curve[told.min(event.curve.len())..] {
                if point.dev.is_some() {
                    warn_over_progress(&train_view::point_line(point, event));
                }
            }
            told = event.curve.len();
        };
        Ok(training::train(ticket, checkpoint, &data, &options, &out, tell)?)
    };
    let trained = match run_job(args.progress, work)? {
        Err(error) if is_stop(&error) => bail!("stopped before anything was learned; nothing was written"),
        outcome => outcome?,
    };
    finish(args, &trained)
}

fn options(args: &TrainArgs) -> anyhow::Result<TrainOptions> {
    let usual = TrainOptions::new(training::parse_method(&args.learn)?);
    let mode = match args.mode {
        None => usual.mode,
        Some(ModeArg::Frozen) => Mode::Frozen,
        Some(ModeArg::Joint) => Mode::Joint,
    };
    Ok(TrainOptions {
        mode,
        epochs: args.epochs.unwrap_or(usual.epochs),
        batch: args.batch,
        backbone_rate: args.rate.unwrap_or(usual.backbone_rate),
        dev_runs: args.dev_runs,
        patience: args.patience,
        max_loss: args.max_loss,
        seed: args.seed,
        command_line: std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect(),
        ..usual
    })
}

/// What is read must not lie where results are written.
fn check_places(args: &TrainArgs, model: &Path) -> anyhow::Result<()> {
    let inputs = [Some(args.data.as_path()), args.dev.as_deref(), Some(model)];
    for input in inputs.into_iter().flatten() {
        let inside = std::path::absolute(input).ok().zip(std::path::absolute(&args.out).ok());
        if inside.is_some_and(|(input, out)| input.starts_with(out)) {
            bail!("{} lies in the folder of --out, {}; choose another folder", input.display(), args.out.display());
        }
    }
    Ok(())
}

fn read(ticket: &Ticket, path: &Path, options: &ReadOptions) -> anyhow::Result<Dataset> {
    let reading = format!("reading {}", path.display());
    let mut go_on = |records: u64| {
        ticket.report(Progress { done: records, total: None, stage: reading.clone() });
        !ticket.is_cancelled()
    };
    let dataset = data::read_with(path, options, &mut go_on)?;
    resolve::tell_report(&dataset.name, &dataset.report);
    Ok(dataset)
}

/// Whether this came of Ctrl-C.
fn is_stop(error: &anyhow::Error) -> bool {
    error.downcast_ref().is_some_and(training::Error::is_stop)
        || matches!(error.downcast_ref(), Some(data::Error::Stopped { .. }))
}

fn finish(args: &TrainArgs, trained: &Trained) -> anyhow::Result<Exit> {
    let Some(best) = &trained.best else {
        bail!("stopped before the first run of the dev set; go on with --resume");
    };
    if args.json {
        console::print(&train_view::json(args, trained, best))?;
    } else {
        console::print(&train_view::table(args, trained, best))?;
    }
    if trained.is_stopped {
        warn("stopped: the best policy so far is kept; go on with --resume");
        return Ok(Exit::Error);
    }
    Ok(Exit::Done)
}

fn stage(ticket: &Ticket, stage: &str) {
    ticket.report(Progress { done: 0, total: None, stage: stage.to_owned() });
}

fn parse_rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate: &f64| *rate > 0.0 && *rate <= 1.0);
    rate.ok_or_else(|| "expected a number above 0 and up to 1, for example 2e-5".to_owned())
}

fn parse_loss(text: &str) -> Result<f64, String> {
    let loss = text.parse().ok().filter(|loss: &f64| (0.0..=1.0).contains(loss));
    loss.ok_or_else(|| "expected a share from 0 to 1, for example 0.01".to_owned())
}
