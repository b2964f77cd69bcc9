//! `prunescope match`

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use clap::ValueEnum;
use serde_json::Value as Json;
use serde_json::json;

use crate::cli::Exit;
use crate::cli::args::ModelArgs;
use crate::cli::args::ProgressFormat;
use crate::cli::args::parse_count;
use crate::cli::column_args::FileArgs;
use crate::cli::console;
use crate::cli::evaluate_view::table;
use crate::cli::progress::run_job;
use crate::cli::resolve;
use crate::data;
use crate::data::ReadOptions;
use crate::evaluation;
use crate::evaluation::Budget;
use crate::evaluation::BudgetKind;
use crate::evaluation::CalibrationTexts;
use crate::evaluation::Matched;
use crate::export;
use crate::figure::number;
use crate::input::Sequence;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::model::Checkpoint;
use crate::pruning::StrategySpec;

/// Options of `match`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Each strategy's dial is turned until it spends the same share of the dense model's cost, without
padding, on the same texts. A policy whose own list stands in the place of the dial keeps the list's
shape: shares are raised to a power, thresholds multiplied by a factor. What is printed is what was
achieved, not what was asked for; a budget that cannot be met is said, with the nearest setting.

Examples:
  prunescope match --data reviews.csv --strategy power_bert --strategy ltp --budget 0.8,0.5,0.33,0.2
  prunescope match --data reviews.csv --strategy ats --strategy @policy --budget 0.5 --per latency")]
pub struct MatchArgs {
    #[command(flatten)]
    pub model: ModelArgs,
    /// Texts to calibrate on: CSV, TSV, JSON Lines or Parquet, with a header; labels are not needed
    #[arg(long, value_name = "FILE")]
    pub data: PathBuf,
    /// Strategy: ID, ID:key=value,key=value or @POLICY; repeat for several
    #[arg(long = "strategy", value_name = "SPEC", required = true)]
    pub strategies: Vec<String>,
    /// Shares of the dense model's cost, above 0 and at most 1; several: 0.8,0.5,0.33,0.2
    #[arg(long, value_name = "X,…", value_delimiter = ',', required = true, value_parser = parse_budget)]
    pub budget: Vec<f64>,
    /// What is counted
    #[arg(long, value_name = "WHAT", value_enum, default_value_t)]
    pub per: PerArg,
    /// Draw at most N texts at random
    #[arg(long, value_name = "N", value_parser = parse_count, default_value_t = 256)]
    pub limit: usize,
    /// Take the first N texts of the file instead
    #[arg(long, value_name = "N", value_parser = parse_count, conflicts_with = "limit")]
    pub first: Option<usize>,
    /// Seed of --limit
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Print one JSON document (schema 1) instead of a table
    #[arg(long)]
    pub json: bool,
    /// How progress is told on stderr [default: bar on a terminal, else none]
    #[arg(long, value_name = "FORMAT")]
    pub progress: Option<ProgressFormat>,
    #[command(flatten)]
    pub file: FileArgs,
}

/// What budgets count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PerArg {
    /// Multiply-accumulates, the strategy's own included
    #[default]
    Flops,
    /// Tokens alive after the last layer
    Tokens,
    /// Time by the clock of this machine
    Latency,
}

impl From<PerArg> for BudgetKind {
    fn from(per: PerArg) -> Self {
        match per {
            PerArg::Flops => Self::Flops,
            PerArg::Tokens => Self::Tokens,
            PerArg::Latency => Self::Latency,
        }
    }
}

/// One strategy at one budget, or why it cannot run.
type Outcome = (StrategySpec, Budget, Result<Matched, String>);

/// Everything that was solved.
struct Solved {
    outcomes: Vec<Outcome>,
    texts: usize,
    stopped: bool,
}

pub(super) fn run(args: &MatchArgs) -> anyhow::Result<Exit> {
    let folder = resolve::model_folder(&args.model)?;
    let specs = resolve::specs(&args.strategies)?;
    let (load_options, typed) = (args.model.load_options(), args.clone());
    let work = move |ticket: &Ticket| -> anyhow::Result<Solved> {
        stage(ticket, "loading the model");
        let checkpoint = resolve::checkpoint(&folder, load_options)?;
        stage(ticket, "reading the data");
        let take = resolve::take(Some(typed.limit), typed.first, typed.seed);
        let texts = read_texts(ticket, &checkpoint, &typed, take)?;
        let mut calibration = CalibrationTexts::new(&checkpoint, &texts, &specs);
        let (mut outcomes, mut stopped) = (Vec::new(), false);
        for &share in &typed.budget {
            let budget = Budget { per: typed.per.into(), share };
            let keep = |place: usize, matched: Result<Matched, evaluation::Error>| {
                let matched = matched.map_err(|error| format!("{:#}", anyhow::Error::from(error)));
                outcomes.push((specs[place].clone(), budget, matched));
            };
            match evaluation::match_budget(ticket, &mut calibration, &specs, budget, keep) {
                Err(evaluation::Error::Cancelled) => stopped = true,
                result => result?,
            }
        }
        Ok(Solved { outcomes, texts: texts.len(), stopped })
    };
    let solved = run_job(args.progress, work)??;
    if args.json {
        console::print_json(&export::json_text(&document(args, &solved)))?;
    } else {
        console::print(&as_text(args, &solved))?;
    }
    if solved.stopped {
        bail!("stopped: the strategies above are those that were solved");
    }
    let failed = solved.outcomes.iter().filter(|(_, _, matched)| matched.is_err()).count();
    if failed > 0 {
        bail!("{failed} of {} could not be matched, see above", solved.outcomes.len());
    }
    Ok(Exit::Done)
}

/// Texts alone: what they cost does not depend on their labels.
fn read_texts(
    ticket: &Ticket,
    checkpoint: &Checkpoint,
    args: &MatchArgs,
    take: data::Take,
) -> anyhow::Result<Vec<Sequence>> {
    let file = resolve::file_options(&args.file, take);
    let mut dataset = data::read(&args.data, &ReadOptions { group_columns: Some(Vec::new()), ..file })?;
    resolve::tell_report(&dataset.name, &dataset.report);
    for example in &mut dataset.examples {
        example.label = None;
    }
    let (_, chunk) = evaluation::prepare(ticket, checkpoint, &dataset, None)?;
    Ok(chunk.encoded)
}

fn as_text(args: &MatchArgs, solved: &Solved) -> String {
    let label = BudgetKind::from(args.per).label();
    let drawn = match args.first {
        Some(_) => "the first of the file".to_owned(),
        None => format!("seed {}", args.seed),
    };
    let mut text = format!("share of dense {label} on {} texts ({drawn}), without padding\n\n", solved.texts);
    let mut rows = vec![["asked", "achieved", "FLOPs", "tokens kept", "settings tried", "strategy"].map(str::to_owned)];
    let mut notes = Vec::new();
    for (spec, budget, matched) in &solved.outcomes {
        match matched {
            Ok(matched) => {
                rows.push(row(matched));
                notes.extend(matched.note().map(|note| format!("{} at {}: {note}", matched.asked.id(), budget.share)));
            }
            Err(error) => notes.push(format!("{} at {}: {error}", spec.id(), budget.share)),
        }
    }
    text.push_str(&table(&rows));
    if !notes.is_empty() {
        text.push('\n');
    }
    for note in notes {
        text.push_str(&note);
        text.push('\n');
    }
    text
}

fn row(matched: &Matched) -> [String; 6] {
    let interval = matched.interval.map_or_else(String::new, |(low, high)| format!(" [{low:.3}, {high:.3}]"));
    let mark = if matched.is_met() { "" } else { " !" };
    [
        number::significant(matched.budget.share),
        format!("{:.4}{interval}{mark}", matched.achieved),
        format!("{:.4}", matched.spending.flops),
        format!("{:.4}", matched.spending.tokens),
        matched.steps.to_string(),
        matched.spec.with_paths(),
    ]
}

fn document(args: &MatchArgs, solved: &Solved) -> Json {
    let rows: Vec<Json> = solved.outcomes.iter().map(outcome_json).collect();
    json!({
        "schema": 1,
        "per": BudgetKind::from(args.per).name(),
        "texts": solved.texts,
        "seed": args.seed,
        "partial": solved.stopped,
        "matched": rows,
    })
}

fn outcome_json((asked, budget, matched): &Outcome) -> Json {
    match matched {
        Ok(matched) => json!({
            "strategy": asked.id(),
            "asked": budget.share,
            "achieved": matched.achieved,
            "interval": matched.interval.map(|(low, high)| [low, high]),
            "met": matched.is_met(),
            "note": matched.note(),
            "flops": matched.spending.flops,
            "tokens_kept": matched.spending.tokens,
            "steps": matched.steps,
            "spec": matched.spec.with_paths(),
        }),
        Err(error) => json!({ "strategy": asked.id(), "asked": budget.share, "error": error }),
    }
}

pub(super) fn parse_budget(text: &str) -> Result<f64, String> {
    let share: Option<f64> = text.trim().parse().ok().filter(|share: &f64| *share > 0.0 && *share <= 1.0);
    share.ok_or_else(|| "expected a share of the dense cost above 0 and at most 1, for example 0.5".to_owned())
}

fn stage(ticket: &Ticket, stage: &str) {
    ticket.report(Progress { done: 0, total: None, stage: stage.to_owned() });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_shares() {
        assert_eq!((parse_budget("0.33"), parse_budget("1")), (Ok(0.33), Ok(1.0)), "the usual form");
        for bad in ["0", "-0.5", "1.01", "NaN", "50%", ""] {
            assert!(parse_budget(bad).is_err(), "{bad:?} is no share");
        }
    }
}
