//! The text to look at: typed, or an example of the data set.

use egui::Button;
use egui::Id;
use egui::Response;
use egui::RichText;
use egui::TextEdit;
use egui::Ui;

use crate::app::Edit;
use crate::app::Request;
use crate::app::UiCommand;
use crate::app::UiState;
use crate::app::View;
use crate::app::base::command::hint;
use crate::app::base::state::Field;
use crate::app::widgets::keys;
use crate::app::widgets::numbers;
use crate::app::widgets::section;
use crate::app::widgets::theme;
use crate::app::work::examples::List;
use crate::data::Example;
use crate::figure::one_line;
use crate::figure::shortened;
use crate::figure::typing_limits;

/// Characters of an id, a label or a group; the tooltip has more.
const LONGEST: usize = 80;

/// The box's name among widgets.
pub(crate) fn id() -> Id {
    Id::unique("text of the project")
}

/// Draws the box and, where a data set is open, the walk through its examples.
pub(crate) fn text_box_ui(ui: &mut Ui, view: &View<'_>, state: &mut UiState) {
    ui.horizontal_wrapped(|ui| {
        section::title(ui, "Text");
        example_walk(ui, view, state);
    });
    let first = Part { name: "Text", field: Field::Text, text: &view.project.text };
    if let Some(text) = text_field(ui, state, &first) {
        view.commands.edit(Edit::SetText(text));
    }
    if let Some(second) = &view.project.text_pair {
        ui.add_space(4.0);
        ui.horizontal(|ui| second_title(ui, view));
        let second = Part { name: "Second text", field: Field::TextPair, text: second };
        if let Some(text) = text_field(ui, state, &second) {
            view.commands.edit(Edit::SetTextPair(Some(text)));
        }
    }
    example_facts(ui, view, state);
}

/// Names the second field, and can take it away.
fn second_title(ui: &mut Ui, view: &View<'_>) {
    let colors = theme::colors(ui);
    ui.label(RichText::new("Second text").font(theme::medium(theme::BODY)).color(colors.muted)).on_hover_text(
        "Read together with the first, as models for inference, paraphrases and ranking were trained: \
         the tokenizer sets its own marks between the two",
    );
    let away = ui.small_button("×").accessible_name("Take the second text away");
    if away.on_hover_text("Look at one text alone").clicked() {
        view.commands.edit(Edit::SetTextPair(None));
    }
}

/// One of the texts, as its field shows it.
struct Part<'a> {
    name: &'static str,
    field: Field,
    text: &'a str,
}

impl Part<'_> {
    /// The field's name among widgets.
    fn id(&self) -> Id {
        if self.field == Field::Text { id() } else { Id::unique("second text of the project") }
    }

    fn hint(&self) -> &'static str {
        if self.field == Field::Text {
            "Type or paste a text; it is run as you type"
        } else {
            "Type or paste the second text of the pair"
        }
    }
}

/// Draws a field; gives the text if it was changed.
fn text_field(ui: &mut Ui, state: &mut UiState, part: &Part<'_>) -> Option<String> {
    let mut text = part.text.to_owned();
    let edit = TextEdit::multiline(&mut text)
        .hint_text(part.hint())
        .desired_width(f32::INFINITY)
        .desired_rows(2)
        .frame(egui::Frame::NONE);
    let is_focused = ui.memory(|memory| memory.has_focus(part.id()));
    let colors = theme::colors(ui);
    let edge = if is_focused { colors.accent } else { colors.line };
    let frame = egui::Frame::new().stroke(egui::Stroke::new(1.0, edge)).corner_radius(4);
    let frame = frame.inner_margin(egui::Margin::symmetric(8, 6));
    let response = frame.show(ui, |ui| {
        let salt = if part.field == Field::Text { "text" } else { "second text" };
        let lines = egui::ScrollArea::vertical().id_salt(salt).max_height(96.0);
        lines.show(ui, |ui| ui.add(edit.id(part.id()))).inner
    });
    let response = response.inner.accessible_name(part.name);
    focus_if_asked(state, part.field, &response);
    let is_changed = response.changed();
    if is_changed {
        state.scroll = 0.0;
    }
    if let Some(limits) = typing_limits(part.text) {
        let note = RichText::new(limits).font(theme::regular(theme::CAPTION)).color(colors.muted);
        ui.add(egui::Label::new(note).wrap());
    }
    is_changed.then_some(text)
}

fn focus_if_asked(state: &mut UiState, field: Field, response: &Response) {
    if state.focus.take_if(|asked| *asked == field).is_some() {
        response.request_focus();
    }
}

fn example<'a>(view: &View<'a>, state: &UiState) -> Option<&'a Example> {
    view.session.dataset(view.project)?.examples.get(state.example?)
}

fn example_walk(ui: &mut Ui, view: &View<'_>, state: &mut UiState) {
    let Some(dataset) = view.session.dataset(view.project) else { return };
    let available = view.environment.has_data;
    for (sign, command) in [("◂", UiCommand::PreviousExample), ("▸", UiCommand::NextExample)] {
        let button = ui.add_enabled(available, Button::new(sign).small()).accessible_name(command.label());
        if button.on_hover_text(hint(ui, command)).clicked() {
            view.commands.send(command);
        }
    }
    let list = view.session.examples.list(dataset);
    let colors = theme::colors(ui);
    ui.label(RichText::new(place(list, state)).color(colors.muted));
    let is_limited = state.example_filter.is_some() || !state.search.text.is_empty();
    if is_limited {
        let all = ui.small_button("×").accessible_name("All examples").on_hover_text("Walk through all examples again");
        if all.clicked() {
            state.search.text.clear();
            view.commands.request(Request::FilterExamples(None));
        }
    }
    go_to_field(ui, view, state);
    search_field(ui, view, state);
    if let List::Failed(reason) = list {
        ui.label(RichText::new(format!("no such pattern: {reason}")).color(colors.error));
    }
}

/// `example 3 of 12 (filter: gender: women)`.
fn place(list: List<'_>, state: &UiState) -> String {
    let Some(count) = list.len() else { return "searching…".to_owned() };
    let count_text = numbers::count(count as u64);
    let mut text = match state.example.map(|example| list.position(example)) {
        Some(Some(position)) => format!("example {} of {count_text}", numbers::count(position as u64 + 1)),
        // Shown, but not one of those that were asked for.
        Some(None) => format!("{count_text} {}", if count == 1 { "example" } else { "examples" }),
        None => format!("own text · {count_text} {}", if count == 1 { "example" } else { "examples" }),
    };
    if let Some(filter) = &state.example_filter {
        text = format!("{text} (filter: {})", filter.name());
    }
    text
}

fn go_to_field(ui: &mut Ui, view: &View<'_>, state: &mut UiState) {
    let field =
        TextEdit::singleline(&mut state.go_to).id_salt("go to example").hint_text("number or id").desired_width(96.0);
    let response = ui.add(field).accessible_name("Go to example").on_hover_text(hint(ui, UiCommand::GoToExample));
    focus_if_asked(state, Field::GoTo, &response);
    if response.lost_focus() && keys::enter_pressed(ui).is_some() {
        view.commands.request(Request::GoToExample(std::mem::take(&mut state.go_to)));
    }
}

fn search_field(ui: &mut Ui, view: &View<'_>, state: &mut UiState) {
    // A name of its own: what appears before it while it is typed in must not take the focus away.
    let field = TextEdit::singleline(&mut state.search.text)
        .id_salt("search examples")
        .hint_text("search")
        .desired_width(112.0);
    let tooltip = format!("{}\nEnter: the next one; Shift+Enter: the one before", hint(ui, UiCommand::FindExample));
    let response = ui.add(field).accessible_name("Search examples").on_hover_text(tooltip);
    focus_if_asked(state, Field::Search, &response);
    if response.lost_focus()
        && let Some(modifiers) = keys::enter_pressed(ui)
    {
        view.commands.send(if modifiers.shift { UiCommand::PreviousExample } else { UiCommand::NextExample });
        response.request_focus();
    }
    let regex = ui.selectable_label(state.search.is_regex, ".*").accessible_name("Search by regular expression");
    if regex.on_hover_text("The search is a regular expression").clicked() {
        state.search.is_regex = !state.search.is_regex;
    }
}

/// Label and groups of the example, as long as the text is the example's own.
fn example_facts(ui: &mut Ui, view: &View<'_>, state: &UiState) {
    let (Some(dataset), Some(example)) = (view.session.dataset(view.project), example(view, state)) else { return };
    let colors = theme::colors(ui);
    let font = theme::regular(theme::CAPTION);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 12.0;
        let (shown, own) = (view.project, &example.content);
        if own.text() != shown.text || own.text_pair() != shown.text_pair.as_deref() {
            ui.label(
                RichText::new(format!("edited; began as example {}", shortened(&example.id, LONGEST)))
                    .font(font)
                    .color(colors.muted),
            );
            return;
        }
        ui.label(
            RichText::new(format!("id {}", shortened(&example.id, LONGEST))).font(font.clone()).color(colors.muted),
        );
        if let Some(label) = &example.label {
            ui.label(
                RichText::new(format!("label {}", shortened(label, LONGEST))).font(font.clone()).color(colors.ink),
            )
            .on_hover_text("The label in the data set, not the model's decision");
        }
        for (column, values) in dataset.groups.iter().zip(&example.groups) {
            let names: Vec<&str> =
                values.iter().filter_map(|&value| column.values.get(value)).map(String::as_str).collect();
            if !names.is_empty() {
                let text = format!("{} {}", column.name, names.join(", "));
                let fact = RichText::new(shortened(&text, LONGEST)).font(font.clone()).color(colors.muted);
                ui.label(fact).on_hover_text(one_line(&text));
            }
        }
    });
}
