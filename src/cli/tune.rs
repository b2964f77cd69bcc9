//! `prunescope tune`

use std::path::PathBuf;
use std::time::Duration;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use anyhow::bail;
use clap::Args;
use clap::ValueEnum;
use serde_json::Value as Json;
use serde_json::json;

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
use crate::cli::tune_view;
use crate::data;
use crate::data::Dataset;
use crate::data::Lexicon;
use crate::data::ReadOptions;
use crate::evaluation;
use crate::evaluation::BudgetKind;
use crate::evaluation::Effort;
use crate::evaluation::Limits;
use crate::evaluation::ModelInfo;
use crate::evaluation::Trial;
use crate::evaluation::TuneOptions;
use crate::evaluation::Tuned;
use crate::export;
use crate::export::SpentBefore;
use crate::export::TuningFolder;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::model::Checkpoint;
use crate::pruning::StrategyFamily;
use crate::pruning::StrategySpec;
use crate::pruning::registry;

/// Options of `tune`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Writes policy.json, front.csv (every point tried), manifest.json, search.jsonl (for --resume) and
spent.json into the folder of --out. The policy runs as `--strategy @DIR` in every other command.

Part of the texts is held out: by the hash of its content, so that a text is on the same side in every
file and every tuning; whole clusters together. The search sees the rest alone, on samples that double
from an eighth of it. The cheapest setting is chosen that keeps to the limits, by a standard error of
its loss where one does, and is measured once on what was held out. Those texts are then marked as
spent in spent.json; a tuning into a neighboring folder that would be judged by them again says so.

The same seed gives the same search whatever the number of threads. Ctrl-C keeps what was measured,
and --resume goes on to the same front; --minutes ends a search early, wherever it is then.
Exit code 1: the chosen setting breaks a limit on what was held out, or none keeps to the limits.

Examples:
  prunescope tune --data reviews.csv --minimise flops --max-loss 0.01 --out policy
  prunescope tune --data hatecheck.csv --label-map hateful=toxic,non-hateful=ok --group-by target_ident \\
      --cluster templ_id --strategy power_bert --strategy ltp --max-loss 0.01 --max-group-loss 0.03 --out policy
  prunescope evaluate --data test.csv --strategy @policy --out results")]
pub struct TuneArgs {
    #[command(flatten)]
    pub model: ModelArgs,
    /// Labelled texts to tune on: CSV, TSV, JSON Lines or Parquet, with a header
    #[arg(long, value_name = "FILE")]
    pub data: PathBuf,
    /// Strategy to search, with the settings to begin with; repeat for several [default: all with a dial but the controls]
    #[arg(long = "strategy", value_name = "SPEC")]
    pub strategies: Vec<String>,
    /// What is to be small
    #[arg(long, value_name = "WHAT", value_enum, default_value_t)]
    pub minimise: MinimiseArg,
    /// Most accuracy that may be lost, for example 0.01
    #[arg(long, value_name = "X", value_parser = parse_loss)]
    pub max_loss: f64,
    /// Most that the upper confidence bound of the worst group's loss may be; needs --group-by or --groups-from-lexicon
    #[arg(long, value_name = "X", value_parser = parse_loss)]
    pub max_group_loss: Option<f64>,
    /// End the search after so many minutes
    #[arg(long, value_name = "M", value_parser = parse_minutes)]
    pub minutes: Option<Duration>,
    /// Generations after the first settings
    #[arg(long, value_name = "N", default_value_t = Effort::default().generations)]
    pub generations: usize,
    /// New settings in each generation
    #[arg(long, value_name = "N", default_value_t = Effort::default().children, value_parser = parse_count)]
    pub children: usize,
    /// Share of the texts that is held out
    #[arg(long, value_name = "SHARE", default_value_t = 0.4, value_parser = parse_held_out)]
    pub held_out: f64,
    /// Draw at most N rows at random: whole clusters, in proportion within labels and groups
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub limit: Option<usize>,
    /// Take the first N rows of the file instead
    #[arg(long, value_name = "N", value_parser = parse_count, conflicts_with = "limit")]
    pub first: Option<usize>,
    /// Seed of the search, of the order of samples and of --limit
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Folder of the policy; made if it is not there
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Go on with the search in the folder of --out
    #[arg(long)]
    pub resume: bool,
    /// Replace the policy and the search that are in the folder of --out; what was spent stays spent
    #[arg(long, conflicts_with = "resume")]
    pub force: bool,
    /// Print one JSON document (schema 1) instead of a table
    #[arg(long)]
    pub json: bool,
    /// How progress is told on stderr [default: bar on a terminal, else none]
    #[arg(long, value_name = "FORMAT")]
    pub progress: Option<ProgressFormat>,
    #[command(flatten)]
    pub columns: ColumnArgs,
}

/// What a tuning makes small.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum MinimiseArg {
    /// Multiply-accumulates, the strategy's own included
    #[default]
    Flops,
    /// Time by the clock of this machine
    Latency,
}

/// A tuning and where it came from.
pub(super) struct Done {
    pub(super) tuned: Tuned,
    pub(super) options: TuneOptions,
    pub(super) dataset: Dataset,
    pub(super) model: ModelInfo,
    pub(super) spent: SpentBefore,
}

pub(super) fn run(args: &TuneArgs) -> anyhow::Result<Exit> {
    let has_groups = !args.columns.group_by.is_empty() || args.columns.groups_from_lexicon.is_some();
    if args.max_group_loss.is_some() && !has_groups {
        bail!("--max-group-loss needs --group-by COLUMN or --groups-from-lexicon FILE");
    }
    let folder = resolve::model_folder(&args.model)?;
    let asked = resolve::specs(&args.strategies)?;
    let mut inputs = resolve::policy_files(&args.strategies, &asked);
    inputs.push(args.data.clone());
    inputs.extend(resolve::files_of(&folder));
    let (load_options, typed) = (args.model.load_options(), args.clone());
    let work = move |ticket: &Ticket| -> anyhow::Result<(Done, TuningFolder)> {
        stage(ticket, "loading the model");
        let checkpoint = resolve::checkpoint(&folder, load_options)?;
        let dataset = read(ticket, &checkpoint, &typed)?;
        let options = options(&typed, strategies(&checkpoint, asked)?);
        let model = ModelInfo::of(&checkpoint);
        let search = search_json(&options, &dataset, &model);
        let existing = resolve::existing(typed.force);
        let (mut out, known) = TuningFolder::open(&typed.out, &inputs, existing, (&search, typed.resume))?;
        let split = evaluation::split(&dataset, options.held_out);
        let held_out: Vec<&str> = split.held_out.iter().map(|&row| split.hashes[row].as_str()).collect();
        let spent = export::spent_before(&typed.out, &held_out);
        tell_spent(&spent, held_out.len());
        let (mut failed, mut found_any) = (None, false);
        let mut on_trial = |trial: &Trial| {
            if !known.contains_key(&(trial.spec.to_string(), trial.rung)) {
                failed = failed.take().or(out.keep(trial).err());
            }
            if trial.is_whole && !found_any && options.limits.violation(&trial.measured) <= 0.0 {
                found_any = true;
                tell_first(trial);
            }
        };
        let tuned = evaluation::tune(ticket, &checkpoint, &dataset, &options, &known, &mut on_trial)?;
        if let Some(error) = failed {
            return Err(error.into());
        }
        Ok((Done { tuned, options, dataset, model, spent }, out))
    };
    let (done, out) = match run_job(args.progress, work)? {
        Err(error) if is_stop(&error) => bail!("stopped before anything was measured; nothing was written"),
        outcome => outcome?,
    };
    finish(args, &done, &out)
}

fn finish(args: &TuneArgs, done: &Done, out: &TuningFolder) -> anyhow::Result<Exit> {
    let tuned = &done.tuned;
    for (spec, reason) in &tuned.failed {
        warn(&format!("warning: {} could not run: {reason}", spec.id()));
    }
    if let (Some(winner), Some(_)) = (tuned.winner(), &tuned.held_out) {
        let held_out = &tuned.split.held_out;
        let hashes: Vec<&str> = held_out.iter().map(|&row| tuned.split.hashes[row].as_str()).collect();
        out.spend(&hashes, &winner.spec.with_paths())?;
    }
    let policy = tuned.held_out.as_ref().and_then(|_| policy_json(done));
    let written = out.write(tuned, policy.as_ref(), &manifest_json(args, done))?;
    if args.json {
        console::print_json(&export::json_text(&tune_view::document(done)))?;
    } else {
        console::print(&tune_view::render(done))?;
    }
    for path in &written {
        warn(&format!("wrote {}", path.display()));
    }
    if tuned.is_partial {
        bail!("stopped: {} points are kept; go on with --resume", tuned.trials.len());
    }
    let keeps =
        tuned.held_out.as_ref().is_some_and(|held_out| done.options.limits.violation(&held_out.measured) <= 0.0);
    Ok(if keeps { Exit::Done } else { Exit::CheckFailed })
}

/// The strategies to search: those that were asked for, else all with a dial that fit the model.
fn strategies(checkpoint: &Checkpoint, asked: Vec<StrategySpec>) -> anyhow::Result<Vec<StrategySpec>> {
    if !asked.is_empty() {
        return Ok(asked);
    }
    let mut fitting = Vec::new();
    for info in registry() {
        if info.family == StrategyFamily::Control || info.dial.is_none() {
            continue;
        }
        let spec = StrategySpec::default_for(info.id)?;
        match spec.build(&checkpoint.model.config.shape) {
            Ok(_) => fitting.push(spec),
            Err(error) => warn_over_progress(&format!("{} is left out: {error}", info.id)),
        }
    }
    Ok(fitting)
}

fn options(args: &TuneArgs, strategies: Vec<StrategySpec>) -> TuneOptions {
    TuneOptions {
        strategies,
        minimise: match args.minimise {
            MinimiseArg::Flops => BudgetKind::Flops,
            MinimiseArg::Latency => BudgetKind::Latency,
        },
        limits: Limits { loss: args.max_loss, group_loss: args.max_group_loss },
        held_out: args.held_out,
        seed: args.seed,
        effort: Effort { generations: args.generations, children: args.children },
        time: args.minutes,
    }
}

fn read(ticket: &Ticket, checkpoint: &Checkpoint, args: &TuneArgs) -> anyhow::Result<Dataset> {
    let reading = "reading the data";
    stage(ticket, reading);
    let mut go_on = |records: u64| {
        ticket.report(Progress { done: records, total: None, stage: reading.to_owned() });
        !ticket.is_cancelled()
    };
    let options = resolve::read_options(&args.columns, resolve::take(args.limit, args.first, args.seed))?;
    let options = ReadOptions { model_labels: evaluation::label_columns(&checkpoint.model), ..options };
    let lexicon = args.columns.groups_from_lexicon.as_deref().map(Lexicon::read).transpose()?;
    let mut dataset = data::read_with(&args.data, &options, &mut go_on)?;
    if let Some(lexicon) = &lexicon {
        dataset.add_lexicon(lexicon);
    }
    resolve::tell_report(&dataset.name, &dataset.report);
    warn_over_progress(&format!("{}: {}", dataset.name, dataset.sample));
    if !dataset.has_labels() {
        warn_over_progress("warning: no labels: loss is the share of answers that differ from the dense model's");
    }
    Ok(dataset)
}

/// What makes a search what it is: another of these gives other points. More generations and more time only go on.
fn search_json(options: &TuneOptions, dataset: &Dataset, model: &ModelInfo) -> Json {
    json!({
        "strategies": options.strategies.iter().map(StrategySpec::to_string).collect::<Vec<_>>(),
        "minimise": options.minimise,
        "limits": options.limits,
        "held_out": options.held_out,
        "seed": options.seed,
        "children": options.effort.children,
        "data": dataset.hash,
        "sample": dataset.sample.to_string(),
        "groups": dataset.groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(),
        "cluster": dataset.cluster_column,
        "weights": model.weights_hash,
        "tokenizer": model.tokenizer_hash,
        "precision": model.precision,
        "max_tokens": model.max_tokens,
    })
}

/// The policy: what every other command reads is the spec, the rest is for the record.
fn policy_json(done: &Done) -> Option<Json> {
    let winner = done.tuned.winner()?;
    Some(json!({
        "schema": 1,
        "spec": winner.spec.with_paths(),
        "made_by": "prunescope tune",
        "calibration": { "data": done.dataset.name, "sha256": done.dataset.hash, "texts": winner.measured.texts },
        "expected": tune_view::held_out_json(done),
    }))
}

fn manifest_json(args: &TuneArgs, done: &Done) -> Json {
    let command_line: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    let created = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let mut document = json!({
        "schema": 1,
        "program": "prunescope",
        "version": env!("CARGO_PKG_VERSION"),
        "created_unix_secs": created,
        "command_line": command_line,
        "data_path": args.data.display().to_string(),
        "model_path": done.model.path.display().to_string(),
        "threads": rayon::current_num_threads(),
        "search": search_json(&done.options, &done.dataset, &done.model),
        "generations": done.options.effort.generations,
        "out_of_time": done.tuned.is_out_of_time,
    });
    if let (Some(document), Json::Object(result)) = (document.as_object_mut(), tune_view::document(done)) {
        document.extend(result.into_iter().filter(|(name, _)| name != "schema"));
    }
    document
}

/// Somebody who waits may stop here.
fn tell_first(trial: &Trial) {
    let (measured, name) = (&trial.measured, trial.spec.short_name());
    warn_over_progress(&format!(
        "first setting that keeps to the limits on all {} texts of the search: {name}, FLOPs \u{f7} {:.2}, loss {:.4}",
        measured.texts,
        1.0 / measured.flops,
        measured.loss
    ));
}

fn tell_spent(spent: &SpentBefore, texts: usize) {
    if spent.texts == 0 {
        return;
    }
    let by: Vec<String> = spent.folders.iter().map(|folder| folder.display().to_string()).collect();
    warn_over_progress(&format!(
        "warning: {} of the {texts} held-out texts were measured on before ({}): what they say of this policy is no longer \
         untouched by choices; give other texts for a clean number",
        spent.texts,
        by.join(", ")
    ));
}

fn is_stop(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(evaluation::Error::Cancelled))
        || matches!(error.downcast_ref(), Some(data::Error::Stopped { .. }))
}

fn stage(ticket: &Ticket, stage: &str) {
    ticket.report(Progress { done: 0, total: None, stage: stage.to_owned() });
}

fn parse_loss(text: &str) -> Result<f64, String> {
    let loss = text.trim().parse().ok().filter(|loss: &f64| (0.0..=1.0).contains(loss));
    loss.ok_or_else(|| "expected a share from 0 to 1, for example 0.01 for one point".to_owned())
}

fn parse_held_out(text: &str) -> Result<f64, String> {
    let share = text.trim().parse().ok().filter(|share: &f64| (0.05..=0.95).contains(share));
    share.ok_or_else(|| "expected a share from 0.05 to 0.95, for example 0.4".to_owned())
}

fn parse_minutes(text: &str) -> Result<Duration, String> {
    let minutes = text.trim().parse().ok().filter(|minutes: &f64| *minutes > 0.0 && *minutes <= 10_000.0);
    let wrong = || "expected a number of minutes above 0, for example 10".to_owned();
    Ok(Duration::from_secs_f64(60.0 * minutes.ok_or_else(wrong)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_shares_and_times_are_minutes() {
        assert_eq!((parse_loss("0.01"), parse_loss("0")), (Ok(0.01), Ok(0.0)), "one point, and none");
        assert_eq!(parse_minutes("0.5"), Ok(Duration::from_secs(30)), "half a minute");
        assert_eq!(parse_held_out("0.4"), Ok(0.4), "the usual part");
        for bad in ["-0.1", "1.5", "NaN", "1%", ""] {
            assert!(parse_loss(bad).is_err() && parse_held_out(bad).is_err(), "{bad:?} is no share");
        }
        for bad in ["0", "-3", "NaN", "1e9", "soon"] {
            assert!(parse_minutes(bad).is_err(), "{bad:?} is no time");
        }
    }
}
