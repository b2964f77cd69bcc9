//! One text, layer by layer, under every enabled strategy.

use egui::Align2;
use egui::RichText;
use egui::ScrollArea;
use egui::Ui;

use crate::app::UiCommand;
use crate::app::UiState;
use crate::app::View;
use crate::app::base::command::hint;
use crate::app::views::inspect::columns::Columns;
use crate::app::views::inspect::legend;
use crate::app::views::inspect::match_bar;
use crate::app::views::inspect::match_state::MatchState;
use crate::app::views::inspect::match_work::MatchWork;
use crate::app::views::inspect::overview;
use crate::app::views::inspect::ribbon;
use crate::app::views::inspect::ribbon_header;
use crate::app::views::inspect::ribbon_view::RibbonView;
use crate::app::views::inspect::scrubber;
use crate::app::views::inspect::sentence;
use crate::app::views::inspect::text_box;
use crate::app::views::inspect::token_row;
use crate::app::views::inspect::votes;
use crate::app::widgets::numbers;
use crate::app::widgets::scroll_area;
use crate::app::widgets::section;
use crate::app::widgets::theme;
use crate::app::widgets::unknown;
use crate::app::work::text_runs::TextSet;
use crate::evaluation::UnknownTokens;
use crate::project::StrategyEntry;

/// Draws the view. `is_page`: it is part of a page that scrolls as a whole, and takes the height it needs.
/// Returns whether budgets are to be matched again.
pub(crate) fn inspect_ui(
    ui: &mut Ui,
    view: &View<'_>,
    state: &mut UiState,
    (work, matching): (&MatchWork, &mut MatchState),
    is_page: bool,
) -> bool {
    text_box::text_box_ui(ui, view, state);
    ui.add_space(4.0);
    let Some(set) = view.session.inspect.shown() else {
        nothing_yet(ui, view);
        return false;
    };
    if let Some(reason) = view.session.inspect.text_failure() {
        section::failure(ui, reason, "Change the text, or open another model");
    }
    notes(ui, set);
    lead_sentence(ui, view, state, set);
    ui.add_space(4.0);
    ui.horizontal_wrapped(|ui| {
        let is_wide = Columns::of(ui, set).width() > cells_width(ui, is_page);
        scrubber::scrubber(ui, view, state, (set.num_layers, if is_wide { FIT } else { 0.0 }));
        if is_wide {
            let fit = egui::Button::new("Fit").selected(state.fit).min_size(egui::vec2(FIT, 0.0));
            if ui.add(fit).on_hover_text(hint(ui, UiCommand::ToggleFit)).clicked() {
                view.commands.send(UiCommand::ToggleFit);
            }
        }
    });
    let has_unknown = UnknownTokens::of(&set.encoded).unknown > 0;
    ui.horizontal_wrapped(|ui| legend::legend(ui, has_unknown));
    ui.add_space(4.0);
    ui.separator();
    let again = match_bar::match_bar_ui(ui, view, work, matching);
    ribbons(ui, view, state, (set, matching), is_page);
    again
}

fn nothing_yet(ui: &mut Ui, view: &View<'_>) {
    if let Some(reason) = view.session.model.failure(&view.project.model) {
        section::failure(ui, reason, "Open a folder with config.json, weights and tokenizer, or the sample model");
        if ui.button(UiCommand::OpenSampleModel.label()).clicked() {
            view.commands.send(UiCommand::OpenSampleModel);
        }
    } else if let Some(reason) = view.session.inspect.text_failure() {
        section::failure(ui, reason, "Change the text");
    } else {
        let muted = theme::colors(ui).muted;
        let rect = ui.available_rect_before_wrap();
        let font = theme::regular(theme::TITLE);
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, "Loading the model…", font, muted);
    }
}

/// What a reader must know before trusting the picture.
fn notes(ui: &mut Ui, set: &TextSet) {
    let colors = theme::colors(ui);
    if let Some(text) = UnknownTokens::of(&set.encoded).warning() {
        section::caution(ui, &text).on_hover_text(unknown::HINT);
    }
    if set.encoded.is_truncated() {
        let text = format!(
            "truncated: first {} of {} tokens",
            numbers::count(set.encoded.units.len() as u64),
            numbers::count(set.encoded.full_length as u64)
        );
        ui.label(RichText::new(text).font(theme::medium(theme::BODY)).color(colors.warning)).on_hover_text(
            "The model reads no more than this, or was told so by --max-tokens. What was cut off is struck through and plays no part",
        );
    }
    if sentence::has_right_to_left(set.encoded.text()) {
        let text = "right-to-left text: columns run in reading order, from left to right";
        ui.label(RichText::new(text).font(theme::regular(theme::CAPTION)).color(colors.muted)).on_hover_text(
            "The window sets text from left to right only. Every token is shaped as its script asks, \
             but the sentence as a whole is not turned around",
        );
    }
}

fn lead_sentence(ui: &mut Ui, view: &View<'_>, state: &mut UiState, set: &TextSet) {
    state.lead = view.lead(state);
    let lead = state.lead.and_then(|id| Some((id, &set.runs.get(&id)?.ribbon)));
    // Four lines; longer texts scroll, so that the ribbons stay in sight.
    let height = 4.0 * sentence::LINE;
    ScrollArea::vertical().id_salt("sentence").max_height(height).auto_shrink([false, true]).show(ui, |ui| {
        sentence::sentence(ui, &set.encoded, lead, state);
    });
    let colors = theme::colors(ui);
    if let Some(entry) = state.lead.and_then(|id| view.project.entry(id)) {
        let dial = ribbon_header::dial_text(entry).map_or(String::new(), |dial| format!(", {dial}"));
        let text = format!("as {}{dial} leaves it", view.project.name(entry.id));
        ui.label(RichText::new(text).font(theme::regular(theme::CAPTION)).color(colors.muted))
            .on_hover_text("Click a ribbon or a strategy's name above it to follow another one");
    }
}

/// Width of the button that squeezes the text.
const FIT: f32 = 40.0;

/// What a ribbon needs besides its rows: header and gaps.
const HEADER: f32 = 46.0;

/// Columns of short texts are at most so much wider than their text asks for.
const STRETCH: f32 = 1.4;

/// What all ribbons share.
struct Shared<'a> {
    set: &'a TextSet,
    columns: &'a Columns,
    scale: f32,
    row: f32,
}

/// Width of the ribbons, gutters included. The scroll bar's place is left free whether or not there is a bar, so that
/// tokens and cells stand in one line.
fn ribbons_width(ui: &Ui, is_page: bool) -> f32 {
    let bar = if is_page { 0.0 } else { ui.spacing().scroll.allocated_width() };
    ui.max_rect().width() - bar
}

/// Room for cells between the gutters.
fn cells_width(ui: &Ui, is_page: bool) -> f32 {
    ribbons_width(ui, is_page) - ribbon::LEFT - ribbon::RIGHT
}

fn ribbons(ui: &mut Ui, view: &View<'_>, state: &mut UiState, (set, matching): (&TextSet, &MatchState), is_page: bool) {
    if view.project.enabled().next().is_none() {
        ui.add_space(24.0);
        ui.vertical_centered(|ui| {
            ui.label("No strategy is shown");
            ui.weak("Tick one in the list on the left, or add another");
        });
        return;
    }
    let columns = Columns::of(ui, set);
    let (width, room) = (ribbons_width(ui, is_page), cells_width(ui, is_page));
    let is_wider = columns.width() > room;
    let scale = match (is_wider, state.fit) {
        (true, true) => room / columns.width(),
        (true, false) => 1.0,
        // Short texts spread a little, so that the view is used.
        (false, _) => (room / columns.width().max(1.0)).min(STRETCH),
    };
    let furthest = (columns.width() * scale - room).max(0.0);
    let pointed = ui.rect_contains_pointer(ui.available_rect_before_wrap());
    if pointed && furthest > 0.0 {
        state.scroll -= ui.input(|input| input.smooth_scroll_delta().x);
    }
    if let Some(cursor) = state.cursor.filter(|_| furthest > 0.0 && ui.memory(|memory| memory.focused().is_some())) {
        keep_in_view(state, &columns, cursor.column, (scale, room));
    }
    state.scroll = state.scroll.clamp(0.0, furthest);
    if furthest > 0.0 {
        let lead = state.lead.and_then(|id| set.runs.get(&id)).map(|run| &run.ribbon);
        overview::overview(ui, (&columns, width), lead, state);
    }
    ui.spacing_mut().item_spacing.y = 4.0;
    token_row::token_row(ui, (&columns, width), scale, state);
    if matching.is_on || matching.kept_by.is_some() {
        votes::votes_ui(ui, view, (set, &columns), (width, scale), (state, matching));
    }
    let count = view.project.enabled().count();
    let row = ribbon::row_height(set.num_layers, (ui.available_height() / count as f32) - HEADER);
    let shared = Shared { set, columns: &columns, scale, row };
    let mut all = |ui: &mut Ui| {
        ui.set_max_width(width);
        for entry in view.project.enabled() {
            ui.push_id(entry.id.0, |ui| one_ribbon(ui, view, state, (&shared, entry)));
            ui.add_space(8.0);
        }
    };
    if is_page {
        all(ui);
    } else {
        scroll_area::vertical(ui, "ribbons", all);
    }
}

/// The keyboard's cell stays in sight.
fn keep_in_view(state: &mut UiState, columns: &Columns, column: usize, (scale, room): (f32, f32)) {
    if let Some(column) = columns.get(column) {
        let (left, right) = (column.range.min * scale, column.range.max * scale);
        state.scroll = state.scroll.clamp((right - room).min(left), left.max(right - room));
    }
}

fn one_ribbon(ui: &mut Ui, view: &View<'_>, state: &mut UiState, (shared, entry): (&Shared<'_>, &StrategyEntry)) {
    let &Shared { set, columns, scale, row } = shared;
    let run = set.runs.get(&entry.id);
    let is_current = view.session.inspect.is_current(entry.id, &entry.spec);
    let failure = view.session.inspect.failure(entry.id);
    // A few milliseconds of recomputing are no news.
    let is_stale = !is_current && failure.is_none() && view.session.inspect.is_slow();
    let name = view.project.name(entry.id);
    ribbon_header::ribbon_header(ui, (entry, &name), (set, run.map(|run| &**run)), !is_stale, state);
    if let Some(reason) = failure {
        section::failure(ui, reason, "Change a setting of this strategy");
    } else if let Some(run) = run {
        let ribbon = RibbonView { entry: entry.id, name: &name, run, columns, scale, row, is_current: !is_stale };
        ribbon::ribbon(ui, &ribbon, state);
    } else {
        ui.add_space(row * set.num_layers as f32);
    }
}
