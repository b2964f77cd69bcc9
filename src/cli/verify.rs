//! `prunescope verify`

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;
use serde_json::json;

use crate::cli::Exit;
use crate::cli::args::ProgressFormat;
use crate::cli::args::parse_count;
use crate::cli::console;
use crate::cli::console::warn;
use crate::cli::progress::run_job;
use crate::jobs::Ticket;
use crate::model;
use crate::reference;
use crate::reference::Texts;
use crate::reference::Verification;

/// Options of `verify`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Both implementations get the same tokens and compute in single precision on the processor; each reads
configuration and weights with its own readers. Exit code 1 if any logit is more than 1e-3 apart.

Examples:
  prunescope verify
  prunescope verify --model DIR --texts reviews.txt --json")]
pub struct VerifyArgs {
    /// Checkpoint folder, or the name of a bundled model [default: the sample model]
    #[arg(long, value_name = "DIR")]
    pub model: Option<String>,
    /// Threads to compute with [default: one per core]
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub threads: Option<usize>,
    /// File of texts to compare on, one a line [default: bundled ones in several scripts, up to what the model reads]
    #[arg(long, value_name = "FILE")]
    pub texts: Option<PathBuf>,
    /// Print one JSON document (schema 1) instead of a line
    #[arg(long)]
    pub json: bool,
    /// How progress is told on stderr [default: bar on a terminal, else none]
    #[arg(long, value_name = "FORMAT")]
    pub progress: Option<ProgressFormat>,
}

pub(super) fn run(args: &VerifyArgs) -> anyhow::Result<Exit> {
    let folder = model::find_model(args.model.as_deref().unwrap_or(model::SAMPLE_MODEL))?;
    let texts = match &args.texts {
        Some(path) => Texts::Own(reference::lines(path)?),
        None => Texts::Bundled,
    };
    let found = run_job(args.progress, move |ticket: &Ticket| reference::verify(ticket, &folder, &texts))??;
    if found.unreadable > 0 {
        warn(&format!("warning: the tokenizer reads {} of the bundled texts not at all", found.unreadable));
    }
    if args.json {
        console::print_json(&format!("{:#}\n", document(&found)))?;
    } else {
        for note in &found.notes {
            warn(&format!("note: {note}"));
        }
        console::print(&format!("{}\n", found.line()))?;
    }
    Ok(if found.agrees() { Exit::Done } else { Exit::CheckFailed })
}

fn document(found: &Verification) -> Value {
    json!({
        "schema": 1,
        "reference": found.reference,
        "texts": found.texts,
        "max_logit_difference": found.max_logit_difference,
        "same_predictions": found.same_predictions,
        "limit": reference::LIMIT,
        "agrees": found.agrees(),
        "worst_text": found.worst_text,
        "longest_tokens": found.longest,
        "unreadable_texts": found.unreadable,
        "notes": found.notes,
    })
}
