//! The rows of the data set: what is filtered and sorted above, the table below.

use std::sync::Arc;

use egui::ComboBox;
use egui::RichText;
use egui::ScrollArea;
use egui::Sense;
use egui::TextEdit;
use egui::Ui;
use egui_extras::Column;
use egui_extras::TableBuilder;
use egui_extras::TableRow;

use crate::app::Request;
use crate::app::panels::empty_state;
use crate::app::panels::row_limit::rows_ui;
use crate::app::views::data::columns;
use crate::app::views::data::columns::Shown;
use crate::app::views::data::listing::Listing;
use crate::app::views::data::seen::Seen;
use crate::app::views::data::state::DataState;
use crate::app::widgets::numbers;
use crate::app::widgets::section;
use crate::app::widgets::sort_head::Head;
use crate::app::widgets::sort_head::aligned;
use crate::app::widgets::sort_head::sort_head;
use crate::app::widgets::theme;
use crate::app::work::data_runs::RunRequest;
use crate::data::Dataset;
use crate::evaluation::Outcome;
use crate::figure::one_line;
use crate::figure::shortened;
use crate::project::StrategyEntry;

/// Height of a row of the table.
const ROW: f32 = 22.0;
/// Names in menus and cells are at most so long; tooltips have all of them.
const LONGEST: usize = 40;
/// Letters of a text that a cell gets; far more than fit.
const TEXT: usize = 400;

/// Draws the view.
pub(crate) fn data_ui(ui: &mut Ui, view: &Seen<'_>, state: &mut DataState) {
    if view.project.data.is_none() || view.session.dataset(view.project).is_none() {
        empty_state::no_data_ui(ui, view, "see its rows, what the model says of them, and what pruning changes");
        return;
    }
    let Some(dataset) = view.session.dataset(view.project) else { return };
    let entry = state.chosen(view.project);
    controls_ui(ui, view, state, (dataset, entry));
    if let Some(reason) = view.work.failure() {
        section::failure(ui, reason, "Change the strategy's settings, the model or the data set");
    }
    if let Some(reason) = view.work.listing_failure() {
        section::failure(ui, reason, "Change the search, or turn the regular expression off");
    }
    let Some(listing) = view.work.listing().filter(|listing| Arc::ptr_eq(&listing.dataset, dataset)) else {
        empty_state::waiting_ui(ui, None, "Listing the rows…");
        return;
    };
    status_ui(ui, view, (listing, entry));
    if !view.work.is_current() {
        ui.multiply_opacity(0.6);
    }
    if listing.rows.is_empty() {
        empty_state::offer_ui(ui, "No row is like that", "Every row is left out by what is chosen above", |ui| {
            if ui.button("Show all rows").clicked() {
                state.show_all();
            }
        });
        return;
    }
    table_ui(ui, view, state, (listing, entry));
}

fn controls_ui(
    ui: &mut Ui,
    view: &Seen<'_>,
    state: &mut DataState,
    (dataset, entry): (&Dataset, Option<&StrategyEntry>),
) {
    ui.horizontal_wrapped(|ui| {
        search_ui(ui, state);
        group_ui(ui, state, dataset);
        outcome_ui(ui, state);
        if let Some(entry) = entry {
            ui.label("Strategy");
            let shown = ComboBox::from_id_salt("rows of strategy").selected_text(view.project.full_name(entry.id));
            let shown = shown.show_ui(ui, |ui| {
                for entry in view.project.enabled().filter(|entry| entry.spec.id() != "dense") {
                    ui.selectable_value(&mut state.strategy, Some(entry.id), view.project.full_name(entry.id));
                }
            });
            shown.response.accessible_name("Strategy");
        }
        rows_ui(ui, view);
        run_ui(ui, view, entry);
    });
}

fn search_ui(ui: &mut Ui, state: &mut DataState) {
    let field = TextEdit::singleline(&mut state.search.text).id_salt("search rows").hint_text("search texts");
    let field = ui.add(field.desired_width(160.0)).accessible_name("Search rows");
    field.on_hover_text("Rows whose text contains this, in any case");
    let regex = ui.selectable_label(state.search.is_regex, ".*").accessible_name("Search rows by regular expression");
    if regex.on_hover_text("The search is a regular expression").clicked() {
        state.search.is_regex = !state.search.is_regex;
    }
}

fn group_ui(ui: &mut Ui, state: &mut DataState, dataset: &Dataset) {
    if dataset.groups.is_empty() {
        return;
    }
    let name = |group: &(String, String)| shortened(&format!("{}: {}", group.0, group.1), LONGEST);
    ui.label("Group");
    let shown = ComboBox::from_id_salt("rows of group");
    let shown = shown.selected_text(state.group.as_ref().map_or("all".to_owned(), name)).show_ui(ui, |ui| {
        ui.selectable_value(&mut state.group, None, "all");
        for column in &dataset.groups {
            for value in &column.values {
                let group = (column.name.clone(), value.clone());
                let text = name(&group);
                ui.selectable_value(&mut state.group, Some(group), text);
            }
        }
    });
    shown.response.accessible_name("Group");
}

fn outcome_ui(ui: &mut Ui, state: &mut DataState) {
    ui.label("Outcome");
    let shown = ComboBox::from_id_salt("rows of outcome");
    let shown = shown.selected_text(state.outcome.map_or("all", Outcome::label)).show_ui(ui, |ui| {
        ui.selectable_value(&mut state.outcome, None, "all");
        for outcome in Outcome::ALL {
            let choice = ui.selectable_value(&mut state.outcome, Some(outcome), outcome.label());
            choice.on_hover_text(outcome.definition());
        }
    });
    shown.response.accessible_name("Outcome");
}

fn run_ui(ui: &mut Ui, view: &Seen<'_>, entry: Option<&StrategyEntry>) {
    let work = view.work;
    if let Some(progress) = work.progress() {
        ui.spinner();
        ui.label(&progress.stage);
        if ui.button("Stop").on_hover_text("Stop running the rows; what is finished stays").clicked() {
            view.ask(RunRequest::Stop);
        }
    } else if let Some(rest) = work.rest() {
        if section::go_on_ui(ui, rest) {
            view.ask(RunRequest::GoOn);
        }
    } else if entry.is_some_and(|entry| !work.has_run(&entry.spec)) {
        let button = ui.button("Run").on_hover_text("Run the dense model and every enabled strategy over the rows");
        if button.clicked() {
            view.ask(RunRequest::Start);
        }
    }
}

/// How many rows are listed, of how many, and how many of them were run.
fn status_ui(ui: &mut Ui, view: &Seen<'_>, (listing, entry): (&Listing, Option<&StrategyEntry>)) {
    let count = |count: usize| numbers::count(count as u64);
    let (listed, all) = (listing.rows.len(), listing.dataset.examples.len());
    let mut text = if listed == all {
        format!("all {} rows", count(all))
    } else {
        format!("{} of {} rows", count(listed), count(all))
    };
    match (&listing.answers, entry) {
        (Some(answers), _) => {
            let run = answers.baseline.prepared.len();
            text = format!("{text}; answers of {} rows, {}", count(run), answers.baseline.basis_line());
        }
        (None, Some(_)) => text.push_str("; nothing is run yet"),
        (None, None) => text.push_str("; enable a strategy to see what it answers"),
    }
    if view.work.is_listing() {
        text.push_str("; listing…");
    }
    ui.label(RichText::new(text).color(theme::colors(ui).muted));
}

fn table_ui(ui: &mut Ui, view: &Seen<'_>, state: &mut DataState, (listing, entry): (&Listing, Option<&StrategyEntry>)) {
    let name = entry.map_or_else(|| "Pruned".to_owned(), |entry| view.project.name(entry.id));
    let columns = columns::of(&listing.dataset, &name);
    ScrollArea::horizontal().auto_shrink(false).show(ui, |ui| {
        let mut table = TableBuilder::new(ui).striped(true).auto_shrink(false).sense(Sense::click());
        for column in &columns {
            let width = Column::initial(column.width).at_least(48.0).clip(true);
            table = table.column(if column.is_text() { width.at_least(220.0) } else { width });
        }
        let table = table.header(ROW, |mut header| {
            for column in &columns {
                header.col(|ui| {
                    let label = shortened(&column.label, LONGEST);
                    let head = Head { label: &label, definition: &column.definition, is_number: column.is_number };
                    match column.sorted_by() {
                        Some(by) => sort_head(ui, head, by, &mut state.sorted_by),
                        None => aligned(ui, column.is_number, |ui| {
                            let text = RichText::new(&label).font(theme::medium(theme::BODY));
                            ui.label(text).on_hover_text(&column.definition);
                        }),
                    }
                });
            }
        });
        table.body(|body| {
            body.rows(ROW, listing.rows.len(), |row| row_ui(row, view, (listing, &columns)));
        });
    });
}

fn row_ui(mut row: TableRow<'_, '_>, view: &Seen<'_>, (listing, columns): (&Listing, &[Shown])) {
    let Some(&example) = listing.rows.get(row.index()) else { return };
    let example = example as usize;
    let facts = listing.facts(example);
    let mut is_opened = false;
    for column in columns {
        row.col(|ui| {
            let text = column.text((&listing.dataset, example), facts.as_ref());
            if column.is_row() {
                // The number is a button, for keyboard and screen reader.
                let number = egui::Button::new(&text).frame(false);
                let number = aligned(ui, true, |ui| ui.add(number)).accessible_name(format!("Row {text}"));
                is_opened |= number.clicked();
                return;
            }
            aligned(ui, column.is_number, |ui| {
                let shown = RichText::new(shortened(&text, TEXT));
                let shown = match facts.as_ref().filter(|_| column.is_outcome()).map(|facts| facts.outcome) {
                    Some(Outcome::Harmed) => shown.color(theme::colors(ui).error),
                    Some(Outcome::Rescued) => shown.color(theme::colors(ui).accent),
                    _ => shown,
                };
                let label = ui.add(egui::Label::new(shown).truncate().selectable(false));
                if column.is_text() || text.chars().count() > LONGEST {
                    label.on_hover_text(one_line(&shortened(&text, 4 * TEXT)));
                }
            });
        });
    }
    let response = row.response();
    if response.on_hover_cursor(egui::CursorIcon::PointingHand).clicked() || is_opened {
        view.commands.request(Request::ShowExample(example));
    }
}
