//! The text, losing words as the layers pass. Gone words fade and keep their place, so that the reading never jumps.

use std::ops::Range;

use egui::Color32;
use egui::Sense;
use egui::Stroke;
use egui::Ui;
use egui::WidgetInfo;
use egui::accesskit::Role;
use egui::text::LayoutJob;
use egui::text::TextFormat;

use crate::app::UiState;
use crate::app::base::selection::CellRef;
use crate::app::base::selection::Hovered;
use crate::app::widgets::theme;
use crate::app::widgets::theme::Colors;
use crate::engine::Ribbon;
use crate::input::Sequence;
use crate::input::Span;
use crate::input::Unit;
use crate::project::EntryId;

/// Size of the sentence.
const SIZE: f32 = 17.0;
/// Height of a line.
pub(crate) const LINE: f32 = 25.0;

/// Draws the text as `lead` keeps it after the layers that have passed.
pub(crate) fn sentence(ui: &mut Ui, encoded: &Sequence, lead: Option<(EntryId, &Ribbon)>, state: &mut UiState) {
    let colors = theme::colors(ui);
    let (job, spans) = layout(encoded, lead.map(|(_, ribbon)| ribbon), state, &colors);
    let mut job = job;
    job.wrap.max_width = ui.available_width();
    let galley = ui.painter().layout_job(job);
    let (rect, response) = ui.allocate_exact_size(galley.size(), Sense::click());
    let left = |ribbon: &Ribbon| {
        let passed = state.layer.min(ribbon.num_layers());
        (0..ribbon.num_tokens).filter(|&column| ribbon.is_alive_after(passed, column)).count()
    };
    response.widget_info(|| {
        let left = lead.map_or(encoded.units.len(), |(_, ribbon)| left(ribbon));
        WidgetInfo::labeled(
            Role::Label,
            true,
            format!("Text with {left} of {} tokens left: {}", encoded.units.len(), encoded.texts.join("\n")),
        )
    });
    let hovered = response.hover_pos().and_then(|pos| {
        let local = pos - rect.min;
        let index = usize::from(galley.cursor_from_pos(local).index);
        spans.iter().find(|(chars, _)| chars.contains(&index)).map(|(_, token)| *token)
    });
    ui.painter().galley(rect.min, galley, colors.ink);
    if let Some(column) = hovered {
        state.hover.set(Hovered::Token(column));
        if response.clicked()
            && let Some((entry, ribbon)) = lead
        {
            let layer = state.layer.clamp(1, ribbon.num_layers().max(1)) - 1;
            let cell = CellRef { entry, layer, column };
            state.pinned = (state.pinned != Some(cell)).then_some(cell);
        }
    }
}

/// Characters of the shown text and the token they belong to.
type Spans = Vec<(Range<usize>, usize)>;

fn layout(encoded: &Sequence, ribbon: Option<&Ribbon>, state: &UiState, colors: &Colors) -> (LayoutJob, Spans) {
    let mut line = Line::default();
    let plain = TextFormat { line_height: Some(LINE), ..TextFormat::simple(theme::regular(SIZE), colors.ink) };
    for (number, text) in encoded.texts.iter().enumerate() {
        if number > 0 {
            let font = theme::regular(theme::CAPTION);
            line.append(SECOND, TextFormat { line_height: Some(LINE), ..TextFormat::simple(font, colors.muted) });
        }
        let end = append_runs(&mut line, (encoded, number), ribbon, &plain, (state, colors));
        if let Some(rest) = text.get(end..) {
            line.append(rest, rest_format(&plain, encoded.is_truncated(), colors));
        }
    }
    (line.job, line.spans)
}

/// The shown text as it grows.
#[derive(Default)]
struct Line {
    job: LayoutJob,
    spans: Spans,
    /// Characters so far.
    chars: usize,
}

impl Line {
    fn append(&mut self, text: &str, format: TextFormat) {
        self.job.append(text, 0.0, format);
        self.chars += text.chars().count();
    }
}

/// Appends one of the texts up to its last token; gives the byte where that ends.
fn append_runs(
    line: &mut Line,
    (encoded, number): (&Sequence, usize),
    ribbon: Option<&Ribbon>,
    plain: &TextFormat,
    (state, colors): (&UiState, &Colors),
) -> usize {
    let text: &str = encoded.texts.get(number).map_or("", |text| text);
    let passed = ribbon.map_or(0, |ribbon| state.layer.min(ribbon.num_layers()));
    let mut at = 0;
    for run in runs(encoded, number) {
        let Some(source) = text.get(run.bytes.clone()).filter(|source| run.bytes.start >= at && !source.is_empty())
        else {
            continue;
        };
        if let Some(between) = text.get(at..run.bytes.start) {
            line.append(between, plain.clone());
        }
        let is_unknown = encoded.units.get(run.columns.start).is_some_and(Unit::is_unknown);
        let alive =
            run.columns.clone().filter(|&column| ribbon.is_none_or(|ribbon| ribbon.is_alive_after(passed, column)));
        let share = alive.count() as f32 / run.columns.len().max(1) as f32;
        let mut format = format(plain, &run.columns, share, (state, colors));
        if is_unknown && format.background == Color32::TRANSPARENT {
            format.background = colors.warning_ground;
            format.underline = Stroke::new(1.0, colors.warning);
        }
        let first = line.chars;
        line.append(source, format);
        line.spans.push((first..line.chars, run.columns.start));
        at = run.bytes.end;
    }
    at
}

/// What stands before the second text of a pair.
const SECOND: &str = "\nsecond text  ";

/// What no token covers: struck through where the text was cut.
fn rest_format(plain: &TextFormat, is_cut: bool, colors: &Colors) -> TextFormat {
    let mut format = plain.clone();
    if is_cut {
        format.color = colors.muted.gamma_multiply(0.5);
        format.strikethrough = Stroke::new(1.0, colors.muted);
    }
    format
}

/// Bytes that are set as one piece, and the tokens they hold.
struct Run {
    bytes: Range<usize>,
    columns: Range<usize>,
}

/// A run per token of one of the texts; where a script is written from right to left, one per word, so that its letters join and its order
/// is right.
fn runs(encoded: &Sequence, number: usize) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::with_capacity(encoded.units.len());
    for (column, token) in encoded.units.iter().enumerate() {
        if !matches!(token.span, Some(Span::Bytes { text, .. }) if text == number) {
            continue;
        }
        let joins = has_right_to_left(encoded.source(token));
        match runs.last_mut() {
            Some(last) if joins && last.bytes.end == token.bytes().start && last.columns.end == column => {
                last.bytes.end = token.bytes().end;
                last.columns.end = column + 1;
            }
            _ => runs.push(Run { bytes: token.bytes(), columns: column..column + 1 }),
        }
    }
    runs
}

/// `share` of the run's tokens are still there: a run that is partly gone is partly faded.
fn format(plain: &TextFormat, columns: &Range<usize>, share: f32, (state, colors): (&UiState, &Colors)) -> TextFormat {
    let mut format = plain.clone();
    format.color = colors.ink.gamma_multiply(theme::FADED + (1.0 - theme::FADED) * share);
    let is_hovered = state.hover.column().is_some_and(|column| columns.contains(&column));
    let is_pinned = state.pinned.is_some_and(|pinned| columns.contains(&pinned.column));
    if is_hovered || is_pinned {
        format.background = if is_hovered { colors.accent_ground } else { Color32::TRANSPARENT };
        format.underline = Stroke::new(2.0, colors.accent);
    }
    format
}

/// Whether a text holds signs that are written from right to left.
pub(crate) fn has_right_to_left(text: &str) -> bool {
    // Hebrew, Arabic, Syriac, Thaana, N'Ko and their presentation forms.
    text.chars().any(|sign| matches!(sign, '\u{590}'..='\u{7FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFF}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arabic_and_hebrew_are_told_from_other_scripts() {
        assert!(has_right_to_left("مرحبا"), "Arabic");
        assert!(has_right_to_left("a שלום"), "Hebrew among Latin");
        assert!(!has_right_to_left("今天天气很好, naïve"), "Chinese and Latin");
    }
}
