//! `prunescope predict`

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use anyhow::bail;
use clap::Args;
use serde_json::Value;
use serde_json::json;

use crate::cli::Exit;
use crate::cli::args::ModelArgs;
use crate::cli::args::ProgressFormat;
use crate::cli::args::parse_count;
use crate::cli::column_args::FileArgs;
use crate::cli::console;
use crate::cli::predict_input::Input;
use crate::cli::predict_input::Texts;
use crate::cli::progress::run_job;
use crate::cli::resolve;
use crate::data::ReadOptions;
use crate::evaluation;
use crate::evaluation::Classifier;
use crate::evaluation::Prediction;
use crate::export;
use crate::export::AnswerForm;
use crate::export::PartialAnswers;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::model::Checkpoint;
use crate::pruning::StrategySpec;

/// Stands for standard input and output.
pub(super) const STREAM: &str = "-";

/// Options of `predict`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
One row a text, in the order of the input: id, prediction, score of every class, tokens, tokens_kept.
Labels are not needed and not read. `--data -` reads one text a line from standard input, plain or as
JSON: \"a text\", {\"text\": \"…\"}, {\"id\": \"…\", \"text\": \"…\", \"text_pair\": \"…\"}; `--out -` writes one
JSON line a text. A text that cannot be read keeps its place, with nulls and an `error`.

Until all rows are there they lie in OUT.partial; after Ctrl-C the same command goes on from there, and
one for another model, strategy, setting or file refuses to.

Examples:
  prunescope predict --data reviews.csv --strategy @policy --out answers.parquet
  prunescope predict --data reviews.csv --strategy ltp --precision int8 --head-rows-only --out answers.csv
  cut -f2 reviews.tsv | prunescope predict --data - --strategy power_bert:retention=0.4 --out - > answers.jsonl")]
pub struct PredictArgs {
    #[command(flatten)]
    pub model: ModelArgs,
    /// Texts: CSV, TSV, JSON Lines or Parquet, with a header; or `-` for standard input, one text a line
    #[arg(long, value_name = "FILE")]
    pub data: PathBuf,
    /// Strategy to run: ID, ID:key=value,key=value or @POLICY; `dense` for the model as it is
    #[arg(long, value_name = "SPEC")]
    pub strategy: String,
    /// Where the answers go: a file that ends in .parquet, .csv or .jsonl, or `-` for standard output
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Replace the answers that are at --out, and what a stopped run left beside it
    #[arg(long)]
    pub force: bool,
    /// Compute in the last layer only the rows that the head reads
    #[arg(long)]
    pub head_rows_only: bool,
    /// Column that names the texts [default: id, else the row number]
    #[arg(long, value_name = "COLUMN")]
    pub id_column: Option<String>,
    /// Draw at most N rows at random
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub limit: Option<usize>,
    /// Take the first N rows instead
    #[arg(long, value_name = "N", value_parser = parse_count, conflicts_with = "limit")]
    pub first: Option<usize>,
    /// Seed of --limit
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// How progress is told on stderr [default: bar on a terminal, else none]
    #[arg(long, value_name = "FORMAT")]
    pub progress: Option<ProgressFormat>,
    #[command(flatten)]
    pub file: FileArgs,
}

/// How it ended.
enum Ended {
    /// Every text has its row.
    Done,
    /// Nobody reads the answers any more.
    NotRead,
    /// Stopped; where the rows are that were done, and how many.
    Stopped(Option<(PathBuf, usize)>),
}

/// Where rows go while they come.
enum Sink {
    Stream,
    File { out: PathBuf, form: AnswerForm, partial: PartialAnswers },
}

pub(super) fn run(args: &PredictArgs) -> anyhow::Result<Exit> {
    let folder = resolve::model_folder(&args.model)?;
    let typed = [args.strategy.clone()];
    let mut specs = resolve::specs(&typed)?;
    let Some(spec) = specs.pop() else { bail!("expected a strategy") };
    let input = if args.data.as_os_str() == STREAM { Input::Stream } else { Input::File(args.data.clone()) };
    if input == Input::Stream && has_file_options(args) {
        bail!("options of a data file do not go with --data -, where every line is a text");
    }
    let form = if args.out.as_os_str() == STREAM {
        None
    } else {
        let expected = "expected a name that ends in .parquet, .csv or .jsonl, or - for standard output: --out";
        Some(AnswerForm::of(&args.out).ok_or_else(|| anyhow::anyhow!("{expected} {}", args.out.display()))?)
    };
    if form.is_some() {
        let mut inputs = resolve::policy_files(&typed, std::slice::from_ref(&spec));
        inputs.extend(resolve::files_of(&folder));
        inputs.push(args.data.clone());
        export::check_target(&args.out, &inputs, resolve::existing(args.force))?;
    }
    let (options, typed) = (args.model.load_options(), args.clone());
    let work = move |ticket: &Ticket| -> anyhow::Result<Ended> {
        stage(ticket, "loading the model", 0, None);
        let checkpoint = resolve::checkpoint(&folder, options)?;
        predict(ticket, &typed, (&checkpoint, &spec), (input, form))
    };
    match run_job(args.progress, work)?? {
        Ended::Done | Ended::NotRead => Ok(Exit::Done),
        Ended::Stopped(Some((path, rows))) => {
            bail!("stopped after {rows} rows, which are kept; the same command goes on from there: {}", path.display())
        }
        Ended::Stopped(None) => bail!("stopped; the answers that were given are complete, the others are missing"),
    }
}

fn predict(
    ticket: &Ticket,
    args: &PredictArgs,
    (checkpoint, spec): (&Checkpoint, &StrategySpec),
    (input, form): (Input, Option<AnswerForm>),
) -> anyhow::Result<Ended> {
    let classifier = Classifier::new(checkpoint, spec)?.with_head_rows_only(args.head_rows_only);
    let take = resolve::take(args.limit, args.first, args.seed);
    let read = ReadOptions {
        group_columns: Some(Vec::new()),
        id_column: args.id_column.clone(),
        ..resolve::file_options(&args.file, take)
    };
    stage(ticket, "reading the data", 0, None);
    let Some(texts) = Texts::open(ticket, &input, &read)? else { return Ok(Ended::Stopped(None)) };
    let identity = identity(args, (checkpoint, spec), texts.hash(), &read);
    let mut sink = Sink::open(args, form, &identity)?;
    let (done, total) = (sink.rows(), texts.total());
    if done > 0 {
        console::warn_over_progress(&format!("going on after {done} rows"));
    }
    let labels = &checkpoint.model.config.labels;
    let names = export::score_names(labels);
    let (mut rows, mut refused, mut is_read) = (done, 0, true);
    texts.each(ticket, done, |chunk| {
        let found = classifier.predict(ticket, (&chunk.ids, &chunk.texts), |finished| {
            stage(ticket, "predicting", rows + finished, total);
        });
        let mut found = match found {
            Err(evaluation::Error::Cancelled) => return Ok(ControlFlow::Break(())),
            found => found?.into_iter(),
        };
        let mut lines = String::new();
        for (id, broken) in chunk.rows {
            let answer: Result<Prediction, String> =
                broken.map_or_else(|| found.next().unwrap_or_else(|| Err("no answer".to_owned())), Err);
            refused += usize::from(answer.is_err());
            rows += 1;
            lines.push_str(&export::answer_line(&id, &answer, labels, &names));
        }
        is_read = sink.add(&lines)?;
        Ok(if is_read { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    if !is_read {
        return Ok(Ended::NotRead);
    }
    if refused > 0 {
        console::warn_over_progress(&format!("warning: {refused} texts have no answer; their rows are empty"));
    }
    if ticket.is_cancelled() {
        return Ok(sink.stopped(rows));
    }
    let mut facts = vec![("strategy", spec.to_string())];
    facts.extend(texts.hash().map(|_| ("identity", identity.to_string())));
    sink.finish(&names, &facts)?;
    Ok(Ended::Done)
}

impl Sink {
    fn open(args: &PredictArgs, form: Option<AnswerForm>, identity: &Value) -> anyhow::Result<Self> {
        let Some(form) = form else { return Ok(Self::Stream) };
        let partial = PartialAnswers::open(&args.out, identity, args.force)?;
        Ok(Self::File { out: args.out.clone(), form, partial })
    }

    fn rows(&self) -> usize {
        match self {
            Self::Stream => 0,
            Self::File { partial, .. } => partial.rows(),
        }
    }

    /// Whether somebody takes more.
    fn add(&mut self, lines: &str) -> anyhow::Result<bool> {
        match self {
            Self::Stream => console::print_lines(lines),
            Self::File { partial, .. } => Ok(partial.add(lines).map(|()| true)?),
        }
    }

    fn stopped(&self, rows: usize) -> Ended {
        match self {
            Self::Stream => Ended::Stopped(None),
            Self::File { partial, .. } => Ended::Stopped(Some((partial.path().to_owned(), rows))),
        }
    }

    fn finish(self, names: &[String], facts: &[(&str, String)]) -> anyhow::Result<()> {
        match self {
            Self::Stream => Ok(()),
            Self::File { out, form, partial } => Ok(partial.finish(&out, form, names, facts)?),
        }
    }
}

/// Everything that the answers depend on, by content.
fn identity(
    args: &PredictArgs,
    (checkpoint, spec): (&Checkpoint, &StrategySpec),
    data: Option<&str>,
    read: &ReadOptions,
) -> Value {
    let model = &checkpoint.model;
    let files = resolve::files_of(&model.path)
        .into_iter()
        .filter(|path| path.file_name().is_some_and(|name| name == "config.json"));
    let config: Vec<String> =
        files.filter_map(|path| Some(crate::disk::hash_bytes(&std::fs::read(path).ok()?))).collect();
    json!({
        "weights": model.weights_hash,
        "config": config,
        "tokenizer": checkpoint.tokenizer.hash(),
        "precision": model.precision.label(),
        "device": args.model.device.to_string(),
        "max_tokens": model.config.max_tokens,
        "head_rows_only": args.head_rows_only,
        "strategy": spec.to_string(),
        "data": data.map_or_else(never_again, str::to_owned),
        "read": read,
        "version": env!("CARGO_PKG_VERSION"),
    })
}

/// Standard input cannot be read a second time, so what a stopped run left of it belongs to no other run.
fn never_again() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    format!("standard input of process {} at {since}", std::process::id())
}

fn has_file_options(args: &PredictArgs) -> bool {
    let FileArgs { text_column, text_pair_column, delimiter, encoding, .. } = &args.file;
    text_column.is_some()
        || text_pair_column.is_some()
        || delimiter.is_some()
        || encoding.is_some()
        || args.id_column.is_some()
        || args.limit.is_some()
        || args.first.is_some()
}

fn stage(ticket: &Ticket, stage: &str, done: usize, total: Option<usize>) {
    ticket.report(Progress { done: done as u64, total: total.map(|total| total as u64), stage: stage.to_owned() });
}
