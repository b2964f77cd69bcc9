//! A formula in the strategies' panel: the text, what is wrong with it under the character at fault, and what can be named.
//!
//! What is typed is kept here until it is a formula; until then the last one that was goes on running.

use std::ops::Range;
use std::sync::Arc;

use egui::Id;
use egui::Response;
use egui::RichText;
use egui::Stroke;
use egui::TextEdit;
use egui::Ui;
use egui::text::CCursor;
use egui::text::CCursorRange;
use egui::text::LayoutJob;
use egui::text::TextFormat;
use egui::widgets::text_edit::TextEditOutput;

use crate::app::widgets::theme;
use crate::pruning::Formula;
use crate::pruning::Function;
use crate::pruning::Mistake;
use crate::pruning::Value;
use crate::pruning::Vector;

/// What stands in the editor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Draft {
    text: String,
    /// The formula that runs, as far as the editor knows: another one comes from elsewhere and replaces the text.
    running: String,
    /// Where the text cursor was last, in characters.
    cursor: usize,
}

/// Most completions on screen.
const MOST_COMPLETIONS: usize = 6;

/// The editor; the formula, if another one was written.
pub(super) fn formula_ui(ui: &mut Ui, name: &Response, running: &Formula) -> Option<Value> {
    let id = ui.make_persistent_id("formula");
    let kept: Option<Draft> = ui.data(|data| data.get_temp(id));
    let mut draft = kept.filter(|draft| draft.running == running.text()).unwrap_or_else(|| Draft {
        text: running.text().to_owned(),
        running: running.text().to_owned(),
        cursor: running.text().chars().count(),
    });
    let mistake = Formula::parse(&draft.text).err();
    let output = field(ui, id.with("text"), &mut draft, mistake.as_ref());
    let field = output.response.response.clone().labelled_by(name.id);
    if let Some(range) = output.cursor_range {
        draft.cursor = range.primary.index.into();
    }
    let mut edited = field.changed();
    if let Some((text, cursor)) = help_ui(ui, &draft) {
        (draft.text, draft.cursor, edited) = (text, cursor, true);
        put_cursor(ui, id.with("text"), cursor);
    }
    if edited {
        // A formula is one line; what is pasted may be several.
        draft.text = draft.text.replace(['\n', '\r', '\t'], " ");
    }
    let parsed = Formula::parse(&draft.text);
    if let Err(mistake) = &parsed {
        mistake_ui(ui, &output, mistake);
    }
    let formula = parsed.ok().filter(|formula| edited && formula.text() != running.text());
    if let Some(formula) = &formula {
        formula.text().clone_into(&mut draft.running);
    }
    ui.data_mut(|data| data.insert_temp(id, draft));
    formula.map(|formula| Value::Formula(Arc::new(formula)))
}

/// The text, the characters at fault in red and underlined.
fn field(ui: &mut Ui, id: Id, draft: &mut Draft, mistake: Option<&Mistake>) -> TextEditOutput {
    let colors = theme::colors(ui);
    let at_fault = mistake.map(|mistake| mistake.at.clone());
    let mut layouter = |ui: &Ui, text: &dyn egui::TextBuffer, width: f32| {
        let text = text.as_str();
        let font = theme::regular(theme::BODY);
        let plain = TextFormat::simple(font.clone(), colors.ink);
        let wrong = TextFormat { underline: Stroke::new(1.5, colors.error), ..TextFormat::simple(font, colors.error) };
        let mut job = LayoutJob::default();
        let [before, at, after] = parts(text, at_fault.as_ref());
        job.append(before, 0.0, plain.clone());
        job.append(at, 0.0, wrong);
        job.append(after, 0.0, plain);
        job.wrap.max_width = width;
        ui.fonts_mut(|fonts| fonts.layout_job(job))
    };
    TextEdit::multiline(&mut draft.text)
        .id(id)
        .desired_rows(2)
        .desired_width(ui.available_width() - 2.0)
        .return_key(None)
        .layouter(&mut layouter)
        .show(ui)
}

/// A text before, at and after some of its characters. The text may have changed since they were found.
fn parts<'a>(text: &'a str, at: Option<&Range<usize>>) -> [&'a str; 3] {
    let byte = |character: usize| text.char_indices().nth(character).map_or(text.len(), |(byte, _)| byte);
    let Some(at) = at else { return [text, "", ""] };
    // Blanks before a formula are not counted in its mistakes.
    let blanks = text.chars().take_while(|letter| letter.is_whitespace()).count();
    let (start, end) = (byte(blanks + at.start), byte(blanks + at.end));
    [&text[..start], &text[start..end], &text[end..]]
}

/// What is wrong, with a mark under the first character at fault.
fn mistake_ui(ui: &mut Ui, output: &TextEditOutput, mistake: &Mistake) {
    let colors = theme::colors(ui);
    let text = output.galley.text();
    let blanks = text.chars().take_while(|letter| letter.is_whitespace()).count();
    let at = output.galley.pos_from_cursor(CCursor::new(blanks + mistake.at.start));
    let tip = output.galley_pos + at.left_bottom().to_vec2();
    let mark = vec![tip, tip + egui::vec2(-4.0, 5.0), tip + egui::vec2(4.0, 5.0)];
    let painter = ui.painter().with_clip_rect(output.response.response.rect.expand(6.0));
    painter.add(egui::Shape::convex_polygon(mark, colors.error, Stroke::NONE));
    let told = RichText::new(format!("{mistake}. The last formula without a mistake goes on running"))
        .font(theme::regular(theme::CAPTION))
        .color(colors.error);
    ui.add(egui::Label::new(told).wrap());
}

/// The names that go on with the word at the cursor, and the lists of all there is. The text and the place of the cursor
/// after a choice.
fn help_ui(ui: &mut Ui, draft: &Draft) -> Option<(String, usize)> {
    let mut chosen = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(4.0, 4.0);
        for entry in completions(word_before(&draft.text, draft.cursor)) {
            let label = RichText::new(entry.name).font(theme::regular(theme::CAPTION));
            let button = ui.add(egui::Button::new(label).small());
            if button.on_hover_text(entry.hover()).clicked() {
                chosen = Some(entry);
            }
        }
        ui.menu_button(RichText::new("Vectors").font(theme::regular(theme::CAPTION)), |ui| {
            list_ui(ui, Vector::ALL.into_iter().map(Entry::vector), &mut chosen);
        });
        ui.menu_button(RichText::new("Functions").font(theme::regular(theme::CAPTION)), |ui| {
            list_ui(ui, Function::ALL.into_iter().map(Entry::function), &mut chosen);
        });
    });
    chosen.map(|entry| inserted(draft, &entry))
}

fn list_ui(ui: &mut Ui, entries: impl Iterator<Item = Entry>, chosen: &mut Option<Entry>) {
    ui.set_max_width(440.0);
    egui::ScrollArea::vertical().max_height(420.0).show(ui, |ui| {
        for entry in entries {
            let button = egui::Button::new(entry.usage).shortcut_text(entry.range);
            if ui.add(button).on_hover_text(entry.hover()).clicked() {
                *chosen = Some(entry);
                ui.close();
            }
        }
    });
}

/// Something that a formula may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    name: &'static str,
    usage: &'static str,
    doc: &'static str,
    range: &'static str,
    is_function: bool,
}

impl Entry {
    fn vector(vector: Vector) -> Self {
        let name = vector.name();
        Self { name, usage: name, doc: vector.doc(), range: vector.range(), is_function: false }
    }

    fn function(function: Function) -> Self {
        Self { name: function.name(), usage: function.usage(), doc: function.doc(), range: "", is_function: true }
    }

    fn hover(self) -> String {
        let range = if self.range.is_empty() { String::new() } else { format!("\nRange: {}", self.range) };
        format!("{}\n{}{range}", self.usage, self.doc)
    }
}

/// The letters of a name that end at the cursor.
fn word_before(text: &str, cursor: usize) -> &str {
    let end = text.char_indices().nth(cursor).map_or(text.len(), |(byte, _)| byte);
    let before = &text[..end];
    let start = before.rfind(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').map_or(0, |at| at + 1);
    before.get(start..).unwrap_or_default()
}

/// Names that begin like the word, then those that hold it; none for a whole name, a number or nothing.
fn completions(word: &str) -> Vec<Entry> {
    let all = || Vector::ALL.into_iter().map(Entry::vector).chain(Function::ALL.into_iter().map(Entry::function));
    if word.is_empty() || word.starts_with(|letter: char| letter.is_ascii_digit()) || all().any(|one| one.name == word)
    {
        return Vec::new();
    }
    let (begin, others): (Vec<Entry>, Vec<Entry>) =
        all().filter(|entry| entry.name.contains(word)).partition(|entry| entry.name.starts_with(word));
    begin.into_iter().chain(others).take(MOST_COMPLETIONS).collect()
}

/// The text with the word at the cursor replaced, and where the cursor stands then.
fn inserted(draft: &Draft, entry: &Entry) -> (String, usize) {
    let word = word_before(&draft.text, draft.cursor).chars().count();
    let is_word = Vector::ALL.iter().all(|vector| vector.name() != word_before(&draft.text, draft.cursor));
    // A whole name before the cursor stays; what was begun is replaced.
    let start = if is_word { draft.cursor - word } else { draft.cursor };
    let letters: Vec<char> = draft.text.chars().collect();
    let (before, after) = (&letters[..start.min(letters.len())], &letters[draft.cursor.min(letters.len())..]);
    let name = if entry.is_function { format!("{}(", entry.name) } else { entry.name.to_owned() };
    let cursor = start + name.chars().count();
    (before.iter().chain(&name.chars().collect::<Vec<_>>()).chain(after).collect(), cursor)
}

fn put_cursor(ui: &Ui, id: Id, cursor: usize) {
    let mut state = TextEdit::load_state(ui.ctx(), id).unwrap_or_default();
    state.cursor.set_char_range(Some(CCursorRange::one(CCursor::new(cursor))));
    state.store(ui.ctx(), id);
    ui.memory_mut(|memory| memory.request_focus(id));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(word: &str) -> Vec<&'static str> {
        completions(word).into_iter().map(|entry| entry.name).collect()
    }

    #[test]
    fn words_are_completed_from_their_beginning_first() {
        assert_eq!(names("val"), ["value_norm", "value_weighted"], "those that begin with it");
        assert_eq!(names("norm"), ["value_norm", "hidden_norm"], "those that hold it");
        assert_eq!(names("sq"), ["sqrt"], "functions too");
        assert!(names("n").is_empty() && names("0").is_empty() && names("").is_empty(), "whole names and numbers");
    }

    #[test]
    fn what_was_begun_is_replaced_and_what_follows_stays() {
        let draft = |text: &str, cursor| Draft { text: text.to_owned(), running: String::new(), cursor };
        let begun = draft("2*val + n", 5);
        assert_eq!(
            inserted(&begun, &Entry::vector(Vector::ValueNorm)),
            ("2*value_norm + n".to_owned(), 12),
            "a vector"
        );
        let nothing = draft("", 0);
        assert_eq!(inserted(&nothing, &Entry::function(Function::Ln)), ("ln(".to_owned(), 3), "a function");
        let whole = draft("n0", 2);
        assert_eq!(inserted(&whole, &Entry::vector(Vector::Layer)).0, "n0layer", "a whole name is not replaced");
    }

    #[test]
    fn the_characters_at_fault_are_found_behind_blanks_and_in_a_text_that_became_shorter() {
        assert_eq!(parts("  n + x", Some(&(4..5))), ["  n + ", "x", ""], "blanks in front");
        assert_eq!(parts("n", Some(&(4..5))), ["n", "", ""], "gone meanwhile");
    }
}
