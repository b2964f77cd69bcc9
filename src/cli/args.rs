//! The command line as typed. What it means is worked out in `resolve.rs`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::CommandFactory as _;
use clap::FromArgMatches as _;
use clap::Parser;
use clap::Subcommand;
use clap::ValueEnum;
use clap::error::ErrorKind;
use clap::parser::ValueSource;

use crate::cli::column_args::ColumnArgs;
use crate::cli::column_args::FileArgs;
use crate::cli::match_budget::MatchArgs;
use crate::cli::predict::PredictArgs;
use crate::cli::results::ResultsArgs;
use crate::cli::train::TrainArgs;
use crate::cli::transfer::TransferArgs;
use crate::cli::tune::TuneArgs;
use crate::cli::verify::VerifyArgs;
use crate::model::DeviceChoice;
use crate::model::LoadOptions;
use crate::model::Precision;

const EXAMPLES: &str = "\
Examples:
  prunescope                                        open the window on the sample model
  prunescope --model DIR --data reviews.csv         open it on your own
  prunescope inspect --text \"It wasn't bad.\" --strategy power_bert:retention=0.4
  prunescope evaluate --data reviews.csv --strategy ltp --strategy tome:r=3 --out results
  prunescope bench --tokens 128 --batch 1,32 --strategy power_bert
  prunescope strategies                             what there is, with papers and keys

Exit codes: 0 done, 1 a stated check failed (--fail-if), 2 an error";

const USAGE: &str = "prunescope [OPTIONS]\n       prunescope <COMMAND>";

/// A lab for token pruning in transformer text classifiers: see which tokens each strategy keeps, what it costs,
/// and whom it hurts.
///
/// Without a subcommand it opens the window; with one it runs without a window and gives the same numbers.
#[derive(Debug, Parser)]
#[command(name = "prunescope", version, after_help = EXAMPLES, override_usage = USAGE, max_term_width = 100)]
pub struct Cli {
    /// What to do; the window if left out.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Tell long messages whole, and what lies behind an internal error
    #[arg(long, global = true, display_order = 900)]
    pub verbose: bool,
    /// How the window opens.
    #[command(flatten)]
    pub window: WindowArgs,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the strategies with their papers, formulas and keys
    Strategies(StrategiesArgs),
    /// Run one text through strategies and show what each of them keeps, layer by layer
    Inspect(InspectArgs),
    /// Run strategies over a data set: accuracy, cost and results per group, written as four files
    Evaluate(EvaluateArgs),
    /// Time strategies against the dense model on this machine, beside what their FLOPs promise
    Bench(BenchArgs),
    /// Turn strategies' dials until all spend the same share of dense: FLOPs, tokens or measured time
    Match(MatchArgs),
    /// Learn a strategy from labelled texts; the result is a policy that every command takes as @DIR
    Train(TrainArgs),
    /// Classify texts, with no labels and no comparisons: one row a text
    Predict(PredictArgs),
    /// Run settings over several data sets: does what was chosen on one hold on the others?
    Transfer(TransferArgs),
    /// Hold a checkpoint's numbers to a second implementation, candle-transformers, on the same texts
    Verify(VerifyArgs),
    /// Search for the cheapest setting that loses no more than allowed, and save it as a policy
    Tune(TuneArgs),
    /// Make the table of strategies at the same budgets, with intervals, as Markdown
    Results(ResultsArgs),
}

/// Options of the window.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Window")]
pub struct WindowArgs {
    /// Checkpoint folder, or the name of a bundled model [default: the last one, else the sample model]
    #[arg(long, value_name = "DIR")]
    pub model: Option<String>,
    /// Numbers to compute with: int8 rounds the layers' weights and inputs to eight bits
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub precision: PrecisionArg,
    /// Where to compute: cpu, candle (its kernels on the processor, to compare with), cuda, cuda:N, metal or metal:N
    #[arg(long, value_name = "DEVICE", default_value_t)]
    pub device: DeviceChoice,
    /// Cut texts after N tokens, special ones counted [default: as many as the model reads]
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub max_tokens: Option<usize>,
    /// Data set to open: CSV, TSV, JSON Lines or Parquet
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
    /// Text to look at
    #[arg(long, value_name = "TEXT")]
    pub text: Option<String>,
    /// Second text to look at, for models that read pairs
    #[arg(long, value_name = "TEXT", requires = "text")]
    pub text_pair: Option<String>,
    /// Strategy to show, for example `ltp:theta_final=0.01`; repeat for several
    #[arg(long = "strategy", value_name = "SPEC")]
    pub strategies: Vec<String>,
    /// Session file to open
    #[arg(long, value_name = "FILE")]
    pub session: Option<PathBuf>,
    /// View in front: inspect, trade-off, fairness, latency, data or thresholds
    #[arg(long, value_name = "NAME")]
    pub view: Option<String>,
    /// Inner size of the window, for example 1600x1000
    #[arg(long, value_name = "WxH", value_parser = parse_size)]
    pub size: Option<[f32; 2]>,
    /// Light, dark or system
    #[arg(long, value_name = "THEME")]
    pub theme: Option<String>,
    /// Zoom factor, for example 1.5
    #[arg(long, value_name = "FACTOR", value_parser = parse_zoom)]
    pub zoom: Option<f32>,
    /// Evaluate at most this many rows of the data set, drawn at random
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub limit: Option<usize>,
    /// Read only the first N rows of the data set, which say nothing about the others if it is sorted
    #[arg(long, value_name = "N", value_parser = parse_count, conflicts_with = "limit")]
    pub first: Option<usize>,
    /// Seed of the random order in which rows are evaluated [default: the session's, else 0]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Do not restore the last session
    #[arg(long)]
    pub start_empty: bool,
    /// Save what the window shows as a PNG once no job runs any more, then exit
    #[arg(long, value_name = "OUT.png")]
    pub screenshot: Option<PathBuf>,
    /// Tell on stderr when window, model and first ribbons were on screen, in milliseconds since the start
    #[arg(long)]
    pub timing: bool,
    /// How the data set is read.
    #[command(flatten)]
    pub columns: ColumnArgs,
}

/// Options of `strategies`.
#[derive(Clone, Copy, Debug, Args)]
pub struct StrategiesArgs {
    /// Print everything as JSON
    #[arg(long)]
    pub json: bool,
}

/// Options of `inspect`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  prunescope inspect --text \"It wasn't bad, it just wasn't what we had hoped for.\" \\
      --strategy power_bert:retention=0.4 --strategy tome:r=3
  prunescope inspect --text-file review.txt --strategy ltp --json > review.json
  echo \"A fine film.\" | prunescope inspect - --strategy ats")]
#[group(id = "source", required = true, multiple = false, args = ["text", "text_file", "stdin"])]
pub struct InspectArgs {
    #[command(flatten)]
    pub model: ModelArgs,
    /// Text to run
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub text: Option<String>,
    /// File that holds the text (UTF-8)
    #[arg(long, value_name = "FILE")]
    pub text_file: Option<PathBuf>,
    /// Read the text from standard input: `-`
    #[arg(value_name = "-", value_parser = ["-"])]
    pub stdin: Option<String>,
    /// Second text, for models that read pairs
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub text_pair: Option<String>,
    /// Strategy to run: ID or ID:key=value,key=value; repeat for several [default: the dense model alone]
    #[arg(long = "strategy", value_name = "SPEC")]
    pub strategies: Vec<String>,
    /// Print one JSON document (schema 1) instead of a picture for the terminal
    #[arg(long)]
    pub json: bool,
}

/// Which model, and how many cores.
#[derive(Clone, Debug, Args)]
pub struct ModelArgs {
    /// Checkpoint folder, or the name of a bundled model [default: the sample model]
    #[arg(long, value_name = "DIR")]
    pub model: Option<String>,
    /// Threads to compute with [default: one per core]
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub threads: Option<usize>,
    /// Numbers to compute with: int8 rounds the layers' weights and inputs to eight bits
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub precision: PrecisionArg,
    /// Where to compute: cpu, candle (its kernels on the processor, to compare with), cuda, cuda:N, metal or metal:N
    #[arg(long, value_name = "DEVICE", default_value_t)]
    pub device: DeviceChoice,
    /// Cut texts after N tokens, special ones counted [default: as many as the model reads]
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub max_tokens: Option<usize>,
}

impl Cli {
    /// Reads the arguments that the program was started with. The window's options do not go with a subcommand, which has
    /// its own; what is told on stderr may be said before it or after it.
    ///
    /// # Errors
    /// How it is used, or what was asked for: help or the version.
    pub(super) fn read() -> Result<Self, clap::Error> {
        let mut command = Self::command();
        let matches = command.try_get_matches_from_mut(std::env::args_os())?;
        if let Some(subcommand) = matches.subcommand_name() {
            let options = command.clone();
            let is_typed = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
            let mut window = options.get_arguments().filter(|arg| !arg.is_global_set());
            let typed = window.find(|arg| is_typed(arg.get_id().as_str())).and_then(clap::Arg::get_long);
            if let Some(option) = typed {
                let text = format!(
                    "'--{option}' stands before '{subcommand}', where options open a window; options of {subcommand} \
                     stand after it"
                );
                return Err(command.error(ErrorKind::ArgumentConflict, text));
            }
        }
        Self::from_arg_matches(&matches)
    }
}

impl ModelArgs {
    /// How the model is to compute.
    #[must_use]
    pub fn load_options(&self) -> LoadOptions {
        load_options(self.precision, self.device, self.max_tokens)
    }
}

fn load_options(precision: PrecisionArg, device: DeviceChoice, max_tokens: Option<usize>) -> LoadOptions {
    let precision = match precision {
        PrecisionArg::F32 => Precision::F32,
        PrecisionArg::Int8 => Precision::Int8,
    };
    LoadOptions { precision, device, max_tokens }
}

impl WindowArgs {
    /// How the model is to compute.
    #[must_use]
    pub fn load_options(&self) -> LoadOptions {
        load_options(self.precision, self.device, self.max_tokens)
    }
}

/// Number formats of weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PrecisionArg {
    /// 32-bit floats
    #[default]
    F32,
    /// Eight bits in the layers' products, 32-bit floats elsewhere
    Int8,
}

/// How progress is told, always on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProgressFormat {
    /// A bar that redraws itself; the default on a terminal
    Bar,
    /// One JSON object a line
    Json,
    /// Nothing; the default elsewhere
    None,
}

/// Options of `evaluate`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Writes predictions.parquet, metrics.json, metrics.csv and manifest.json into the folder of --out.
The dense model always runs first, on the same rows, and is compared with.

Checks for --fail-if, over every strategy but dense: accuracy, accuracy_drop, worst_group_drop,
f1_drop, auc_drop, log_loss_rise, flip_rate, retention, flops_reduction, each with >, >=, < or <=
and a number. A quantity without a value fails its check.

Ctrl-C ends within a second: finished rows are kept, and the manifest says what is partial.

Examples:
  prunescope evaluate --data reviews.csv --strategy ltp --strategy tome:r=3 --out results
  prunescope evaluate --data hatecheck.csv --model DIR --label-map hateful=toxic,non-hateful=ok \\
      --group-by target_ident --cluster templ_id --strategy ats --out results
  prunescope evaluate --data reviews.csv --strategy tome --out results \\
      --fail-if \"accuracy_drop>0.02\"")]
pub struct EvaluateArgs {
    #[command(flatten)]
    pub model: ModelArgs,
    /// Data set: CSV, TSV, JSON Lines or Parquet, with a header
    #[arg(long, value_name = "FILE")]
    pub data: PathBuf,
    /// Strategy to run: ID or ID:key=value,key=value; repeat for several
    #[arg(long = "strategy", value_name = "SPEC", required = true)]
    pub strategies: Vec<String>,
    /// Folder for the four files; made if it is not there
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Replace the results that are in the folder of --out
    #[arg(long)]
    pub force: bool,
    /// Draw at most N rows at random: whole clusters, in proportion within labels and groups
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub limit: Option<usize>,
    /// Take the first N rows of the file instead, which say nothing about the others if it is sorted
    #[arg(long, value_name = "N", value_parser = parse_count, conflicts_with = "limit")]
    pub first: Option<usize>,
    /// Seed of the bootstrap draws and of --limit
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Bootstrap draws behind the intervals of F1, log loss and their like
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = parse_draws)]
    pub draws: usize,
    /// Rounds of latency: each strategy timed in turn with the dense model on a sample of the texts; 0 = none
    #[arg(long, value_name = "N", default_value_t = 9)]
    pub latency_rounds: usize,
    /// Exit with 1 if this holds for any strategy, for example `accuracy_drop>0.02`; repeat for several
    #[arg(long, value_name = "CHECK")]
    pub fail_if: Vec<String>,
    /// How progress is told on stderr [default: bar on a terminal, else none]
    #[arg(long, value_name = "FORMAT")]
    pub progress: Option<ProgressFormat>,
    #[command(flatten)]
    pub columns: ColumnArgs,
}

/// Which layouts `bench` times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LayoutChoice {
    /// Every text keeps its own length
    Packed,
    /// Texts are filled up to the longest of their batch
    Padded,
    /// One after the other
    Both,
}

/// Options of `bench`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
After a warm-up, dense and pruned passes are timed in turn: D P P D, every second round P D D P.
The speed-up is the ratio of medians; its 95% interval comes from resampling whole rounds. The FLOPs
reduction is counted without padding; promise kept = speed-up / FLOPs reduction.
`--strategy dense` times the dense model against itself: its interval should hold 1.

Without --rounds and --seconds, 15 rounds are timed, or more within a second per strategy and case;
below 9 rounds there is no interval. Ctrl-C ends within a second and keeps the rounds that are done.

Examples:
  prunescope bench --tokens 128 --batch 1,32 --strategy power_bert --strategy tome
  prunescope bench --data reviews.csv --batch 32 --layout both --strategy ltp
  prunescope bench --tokens 64,512 --batch 8 --strategy ats --seconds 20 --json > ats.json")]
#[group(id = "texts", required = true, multiple = false, args = ["tokens", "data"])]
pub struct BenchArgs {
    #[command(flatten)]
    pub model: ModelArgs,
    /// Time made-up texts of so many tokens; several: 32,128,512
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = parse_count, conflicts_with = "file")]
    pub tokens: Vec<usize>,
    /// Time the texts of a data set by length: CSV, TSV, JSON Lines or Parquet, with a header
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
    /// Texts in a batch; several: 1,8,32
    #[arg(long, value_name = "N,…", value_delimiter = ',', required = true, value_parser = parse_count)]
    pub batch: Vec<usize>,
    /// Strategy to time: ID or ID:key=value,key=value; repeat for several
    #[arg(long = "strategy", value_name = "SPEC", required = true)]
    pub strategies: Vec<String>,
    /// Draw at most N rows of the data set at random: whole clusters, in proportion within labels
    #[arg(long, value_name = "N", value_parser = parse_count, conflicts_with = "tokens")]
    pub limit: Option<usize>,
    /// Take the first N rows of the data set instead
    #[arg(long, value_name = "N", value_parser = parse_count, conflicts_with_all = ["tokens", "limit"])]
    pub first: Option<usize>,
    /// Rounds of four passes for every strategy and case
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub rounds: Option<usize>,
    /// Time for everything, shared among cases and strategies: as many rounds as fit, at least one
    #[arg(long, value_name = "S", value_parser = parse_seconds)]
    pub seconds: Option<Duration>,
    /// How the rows of a batch lie in memory
    #[arg(long, value_name = "LAYOUT", default_value = "packed")]
    pub layout: LayoutChoice,
    /// Compute in the last layer only the rows that the head reads, dense and pruned alike
    #[arg(long)]
    pub head_rows_only: bool,
    /// Seed of the sampled batches, of the order of strategies and of the bootstrap
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Print one JSON document (schema 1) with every timing instead of tables
    #[arg(long)]
    pub json: bool,
    /// Write that document into a file, whatever is printed
    #[arg(long, value_name = "FILE.json")]
    pub out: Option<PathBuf>,
    /// Replace the document that is at --out
    #[arg(long, requires = "out")]
    pub force: bool,
    /// How progress is told on stderr [default: bar on a terminal, else none]
    #[arg(long, value_name = "FORMAT")]
    pub progress: Option<ProgressFormat>,
    #[command(flatten)]
    pub file: FileArgs,
}

pub(super) fn parse_count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("expected at least 1".to_owned()),
        Ok(count) => Ok(count),
        Err(_not_a_number) => Err("expected a whole number of at least 1".to_owned()),
    }
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_not_a_number| "expected a number of seconds such as 20".to_owned())?;
    if (0.1..=86_400.0).contains(&seconds) {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err("expected 0.1 to 86400 seconds".to_owned())
    }
}

pub(super) fn parse_draws(text: &str) -> Result<usize, String> {
    let draws = parse_count(text)?;
    if (100..=1_000_000).contains(&draws) { Ok(draws) } else { Err("expected 100 to 1000000".to_owned()) }
}

fn parse_size(text: &str) -> Result<[f32; 2], String> {
    let parsed =
        text.split_once(['x', 'X']).and_then(|(width, height)| Some([width.parse().ok()?, height.parse().ok()?]));
    let size: [f32; 2] = parsed.ok_or_else(|| "expected WIDTHxHEIGHT, for example 1600x1000".to_owned())?;
    let fits = size.iter().all(|side| (200.0..=10_000.0).contains(side));
    if fits { Ok(size) } else { Err("expected 200 to 10000 points a side".to_owned()) }
}

fn parse_zoom(text: &str) -> Result<f32, String> {
    let zoom: f32 = text.parse().map_err(|_not_a_number| "expected a number such as 1.5".to_owned())?;
    if (0.5..=3.0).contains(&zoom) { Ok(zoom) } else { Err("expected 0.5 to 3".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn sizes_and_zooms_are_bounded() {
        assert_eq!(parse_size("1600x1000"), Ok([1600.0, 1000.0]), "the usual form");
        for bad in ["1600", "axb", "10x1000", "1600x", "1e9x1e9", "NaNx1000"] {
            assert!(parse_size(bad).is_err(), "{bad:?} is no size");
        }
        assert_eq!(parse_zoom("1.5"), Ok(1.5), "the usual form");
        for bad in ["", "0.1", "9", "NaN", "-1"] {
            assert!(parse_zoom(bad).is_err(), "{bad:?} is no zoom");
        }
        assert_eq!(parse_seconds("1.5"), Ok(Duration::from_millis(1500)), "parts of a second");
        for bad in ["", "0", "-3", "NaN", "1e9", "soon"] {
            assert!(parse_seconds(bad).is_err(), "{bad:?} is no time");
        }
        assert!(parse_count("0").is_err() && parse_count("3") == Ok(3), "counts start at 1");
    }
}
