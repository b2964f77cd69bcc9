//! An inspection as a picture for the terminal: one line a layer, what is gone struck out or blanked.

use crate::cli::shown;
use crate::evaluation::Answer;
use crate::evaluation::InspectedRun;
use crate::evaluation::Inspection;
use crate::evaluation::UnknownTokens;
use crate::figure;
use crate::figure::number;
use crate::input::Unit;

const DIM: &str = "\u{1b}[2m";
const GONE: &str = "\u{1b}[2;9m";
const BOLD: &str = "\u{1b}[1m";
const CHANGED: &str = "\u{1b}[33m";
const RESET: &str = "\u{1b}[0m";
/// Stands for a character of a token that is gone, where there is no terminal to strike it out.
const BLANK: char = '\u{2591}';

/// The whole picture. Layers count from 1, as everywhere on screen.
pub(super) fn render(inspection: &Inspection, decorated: bool) -> String {
    let mut text = String::new();
    let model = &inspection.model;
    let dense = &inspection.dense;
    let name =
        model.path.file_name().map_or_else(|| model.path.display().to_string(), |name| name.to_string_lossy().into());
    let lines = [
        format!(
            "model   {} ({}, {} layers x {}, {} heads)",
            shown::cell(&name),
            model.family,
            model.layers,
            model.hidden,
            model.heads
        ),
        format!("tokens  {}{}", inspection.encoded.units.len(), unknown(inspection)),
        format!("dense   {}   {}", prediction(inspection, dense), number::flops(dense.flops())),
    ];
    text.push_str(&lines.join("\n"));
    text.push('\n');
    for run in &inspection.strategies {
        text.push('\n');
        strategy(&mut text, inspection, run, decorated);
    }
    text
}

/// ` (6 unknown to the model)`, where there are any.
fn unknown(inspection: &Inspection) -> String {
    match UnknownTokens::of(&inspection.encoded).unknown {
        0 => String::new(),
        unknown => format!(" ({unknown} unknown to the model)"),
    }
}

fn prediction(inspection: &Inspection, run: &InspectedRun) -> String {
    let answer = shown::cell(&inspection.answer_text(run));
    match run.answer {
        Answer::Class(_) => format!("{answer} {}", number::rate(f64::from(run.probability().unwrap_or(f32::NAN)))),
        Answer::Value(_) => format!("value {answer}"),
        Answer::Labels(_) => answer,
    }
}

fn strategy(text: &mut String, inspection: &Inspection, run: &InspectedRun, decorated: bool) {
    let style = |code: &'static str| if decorated { code } else { "" };
    let (bold, dim, reset) = (style(BOLD), style(DIM), style(RESET));
    let total = inspection.encoded.units.len();
    let note = run.spec.info().note().map_or_else(String::new, |note| format!("   {note}"));
    let changed = run.differs_from(&inspection.dense);
    let (mark, color) = if changed { ("   decision changed", style(CHANGED)) } else { ("", "") };
    let kept = run.trace.tokens_kept();
    let reduction = number::significant(run.flops_reduction());
    let header = [
        format!("{bold}{}{reset}{dim}{note}{reset}", run.spec),
        format!(
            "  {color}{}{mark}{reset} (dense {})   kept {kept}/{total} {}   {} (\u{f7}{reduction})",
            prediction(inspection, run),
            prediction(inspection, &inspection.dense),
            run.removal_label(),
            number::flops(run.flops()),
        ),
        format!("  {dim}layer  kept  text{reset}"),
    ];
    for line in header {
        text.push_str(&line);
        text.push('\n');
    }
    for (index, layer) in run.trace.layers.iter().enumerate() {
        let words = sentence(&inspection.encoded.units, inspection, &layer.kept, decorated);
        text.push_str(&["  ", &format!("{:>5}  {:>4}  {words}", index + 1, layer.kept.len()), "\n"].concat());
    }
}

/// The text with gaps as in the source; tokens that are gone are struck out, or blanked without a terminal.
fn sentence(tokens: &[Unit], inspection: &Inspection, kept: &[u32], decorated: bool) -> String {
    let mut line = String::new();
    let mut last: Option<&Unit> = None;
    for (position, token) in tokens.iter().enumerate() {
        let source = inspection.encoded.source(token);
        let shown =
            if token.special || token.is_unknown() || source.is_empty() { token.piece.as_str() } else { source };
        let touches = last.is_some_and(|last| {
            !last.special && !token.special && last.segment == token.segment && last.bytes().end == token.bytes().start
        });
        if last.is_some() && !touches {
            line.push(' ');
        }
        let is_kept = u32::try_from(position).is_ok_and(|position| kept.contains(&position));
        let look = match (is_kept, decorated) {
            (true, _) => Look::Plain,
            (false, true) => Look::Struck,
            (false, false) => Look::Blank,
        };
        line.push_str(&styled(shown, look));
        last = Some(token);
    }
    let fused = kept.iter().filter(|&&position| position as usize >= tokens.len()).count();
    if fused > 0 {
        line.push_str(&[" +", &fused.to_string(), " fused"].concat());
    }
    line
}

/// How a token looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Plain,
    Struck,
    Blank,
}

fn styled(piece: &str, look: Look) -> String {
    // Line breaks and control characters of the source would tear the picture.
    let clean = |character: char| if figure::is_harmless(character) { character } else { ' ' };
    let cleaned = piece.chars().map(clean);
    match look {
        Look::Plain => cleaned.collect(),
        Look::Struck => [GONE, &cleaned.collect::<String>(), RESET].concat(),
        Look::Blank => cleaned.map(|_| BLANK).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gone_words_keep_their_width_without_a_terminal() {
        assert_eq!(styled("word", Look::Blank), "\u{2591}\u{2591}\u{2591}\u{2591}", "four characters, four blanks");
        assert_eq!(styled("a\tb", Look::Plain), "a b", "control characters are spaces");
        assert_eq!(styled("word", Look::Struck), "\u{1b}[2;9mword\u{1b}[0m", "struck out on a terminal");
    }
}
