//! `prunescope inspect`

use crate::cli::Exit;
use crate::cli::args::InspectArgs;
use crate::cli::args::ProgressFormat;
use crate::cli::console;
use crate::cli::console::warn;
use crate::cli::inspect_view;
use crate::cli::progress::run_job;
use crate::cli::resolve;
use crate::evaluation;
use crate::evaluation::Inspection;
use crate::evaluation::UnknownTokens;
use crate::export;
use crate::input::Sequence;
use crate::jobs::Ticket;

pub(super) fn run(args: &InspectArgs) -> anyhow::Result<Exit> {
    let folder = resolve::model_folder(&args.model)?;
    let load_options = args.model.load_options();
    let specs = resolve::specs(&args.strategies)?;
    let text = resolve::text(args)?;
    let text_pair = args.text_pair.clone();
    let work = move |ticket: &Ticket| -> anyhow::Result<Inspection> {
        let checkpoint = resolve::checkpoint(&folder, load_options)?;
        let encoded = checkpoint.tokenizer.encode(&text, text_pair.as_deref())?;
        Ok(evaluation::inspect_encoded(ticket, &checkpoint, encoded, &specs)?)
    };
    let inspection = run_job(Some(ProgressFormat::None), work)??;
    if inspection.encoded.is_truncated() {
        let (read, all) = (inspection.encoded.units.len(), inspection.encoded.full_length);
        warn(&format!("warning: the text has {all} tokens, the model reads the first {read}"));
    }
    if has_no_words(&inspection.encoded) {
        warn("warning: the text has no words, only special tokens; the prediction says nothing about it");
    }
    if let Some(text) = UnknownTokens::of(&inspection.encoded).warning() {
        warn(&format!("warning: {text}"));
    }
    if args.json {
        console::print_json(&export::json_text(&export::inspection_json(&inspection)))?;
    } else {
        console::print(&inspect_view::render(&inspection, console::stdout_is_decorated()))?;
    }
    Ok(Exit::Done)
}

/// Whether nothing was read but special tokens, those that stand in the text included.
fn has_no_words(encoded: &Sequence) -> bool {
    let is_special = |id: u32| encoded.units.iter().any(|token| token.special && token.id == id);
    encoded.units.iter().all(|token| is_special(token.id))
}
