//! What is known about the token under the pointer, or the pinned one; and the run as a whole.

use egui::RichText;
use egui::Ui;

use crate::app::UiCommand;
use crate::app::UiState;
use crate::app::View;
use crate::app::base::selection::CellRef;
use crate::app::base::selection::Hovered;
use crate::app::views::inspect::cell_text;
use crate::app::views::inspect::cell_tooltip;
use crate::app::views::inspect::columns::Columns;
use crate::app::views::inspect::life_line;
use crate::app::views::inspect::ribbon_header;
use crate::app::widgets::bars;
use crate::app::widgets::bars::Probability;
use crate::app::widgets::numbers;
use crate::app::widgets::section;
use crate::app::widgets::theme;
use crate::app::widgets::unknown;
use crate::app::work::text_runs::RibbonRun;
use crate::app::work::text_runs::TextSet;
use crate::evaluation::Answer;
use crate::figure::number;

/// Draws the panel.
pub(crate) fn details_ui(ui: &mut Ui, view: &View<'_>, state: &UiState) {
    let Some(set) = view.session.inspect.shown() else {
        section::heading(ui, "Token");
        ui.weak("Details appear once a text has been run");
        return;
    };
    token(ui, view, state, set);
    ui.add_space(16.0);
    predictions(ui, view, set);
    ui.add_space(16.0);
    tokens_per_layer(ui, view, state, set);
    ui.add_space(16.0);
    costs(ui, view, set);
}

/// The cell the panel speaks of: hovered, else pinned, else none.
fn subject(view: &View<'_>, state: &UiState) -> Option<(usize, Option<CellRef>)> {
    match state.hover.get() {
        Some(Hovered::Cell(cell)) => Some((cell.column, Some(cell))),
        Some(Hovered::Token(column)) => {
            let entry = view.lead(state)?;
            let layers = view.session.inspect.shown()?.num_layers;
            let layer = state.layer.clamp(1, layers.max(1)) - 1;
            Some((column, Some(CellRef { entry, layer, column })))
        }
        None => state.pinned.map(|cell| (cell.column, Some(cell))),
    }
}

fn token(ui: &mut Ui, view: &View<'_>, state: &UiState, set: &TextSet) {
    section::heading_with(ui, "Token", |ui| {
        if state.pinned.is_some()
            && ui.small_button("Unpin").on_hover_text(UiCommand::ClearSelection.tooltip()).clicked()
        {
            view.commands.send(UiCommand::ClearSelection);
        }
    });
    let Some((column, cell)) = subject(view, state) else {
        ui.weak("Hover a cell to see its score; click to pin it");
        return;
    };
    let columns = Columns::of(ui, set);
    name(ui, set, column);
    let cell = cell.and_then(|cell| Some((cell, set.runs.get(&cell.entry)?, view.project.entry(cell.entry)?)));
    if let Some((cell, run, entry)) = cell {
        facts(ui, run, &columns, cell, &view.project.name(entry.id));
    }
    ui.add_space(8.0);
    for entry in view.project.enabled() {
        let Some(run) = set.runs.get(&entry.id).filter(|run| column < run.ribbon.num_columns) else { continue };
        let name = view.project.name(entry.id);
        let muted = theme::colors(ui).muted;
        ui.label(
            RichText::new(format!("{name}: {}", fate_in_words(&run.ribbon, column)))
                .font(theme::regular(theme::CAPTION))
                .color(muted),
        );
        let layer = cell.filter(|(cell, ..)| cell.entry == entry.id).map(|(cell, ..)| cell.layer);
        life_line::life_line(ui, &name, &run.ribbon, column, layer);
    }
}

fn fate_in_words(ribbon: &crate::engine::Ribbon, column: usize) -> String {
    match ribbon.left_in(column) {
        Some(layer) => format!("left in layer {}", layer + 1),
        None if ribbon.never_entered.get(column).copied().unwrap_or(false) => {
            "left out before the first layer".to_owned()
        }
        None => "stays to the end".to_owned(),
    }
}

fn name(ui: &mut Ui, set: &TextSet, column: usize) {
    let colors = theme::colors(ui);
    let Some(token) = set.encoded.units.get(column) else {
        ui.label(RichText::new("fused token").font(theme::medium(18.0)));
        ui.label(RichText::new("Made by the strategy out of the tokens it removed").color(colors.muted));
        return;
    };
    ui.label(RichText::new(format!("“{}”", set.encoded.label(token))).font(theme::medium(18.0)));
    let word = match set.encoded.word_of(token) {
        Some(word) => format!("word {}", word + 1),
        None => "special token".to_owned(),
    };
    if token.is_unknown() {
        let text = format!("“{}” is unknown to this model", set.encoded.source(token));
        let text = RichText::new(text).color(colors.warning);
        ui.label(text).on_hover_text(unknown::HINT);
    }
    ui.label(RichText::new(format!("piece {} · token {} · {word}", token.piece, column + 1)).color(colors.muted))
        .on_hover_text(format!("The tokenizer's own spelling, the position counted from 1, and the word it is part of\nVocabulary id {}, bytes {} to {}", token.id, token.bytes().start, token.bytes().end));
}

fn facts(ui: &mut Ui, run: &RibbonRun, columns: &Columns, cell: CellRef, id: &str) {
    let ribbon = &run.ribbon;
    let Some(summary) = ribbon.layers.get(cell.layer) else { return };
    let found = ribbon.cell(cell.layer, cell.column);
    egui::Grid::new("token facts").num_columns(2).spacing([12.0, 4.0]).show(ui, |ui| {
        let mut row = |name: &str, value: String, hint: &str| {
            let muted = theme::colors(ui).muted;
            ui.label(RichText::new(name).color(muted)).on_hover_text(hint);
            ui.label(value).on_hover_text(hint);
            ui.end_row();
        };
        row("strategy", id.to_owned(), "Whose ribbon the cell belongs to");
        row("layer", format!("{} of {}", cell.layer + 1, ribbon.num_layers()), "Counted from 1");
        row(
            "fate",
            cell_text::fate(ribbon, columns, cell.layer, cell.column),
            "What happened to the token in this layer",
        );
        if let Some(score) = found.score {
            row("score", cell_text::score_text(score), "The strategy's own importance score; higher stays longer");
            let rank = format!("{} of {}", found.rank, summary.scored);
            row(
                "rank",
                rank,
                "1 = the highest score among the tokens that entered this layer; equal scores share a rank",
            );
        }
        if let Some(threshold) = summary.threshold {
            let hint =
                "The score a token needs to stay: the method's threshold, or the lowest kept score of a fixed number";
            row("threshold", numbers::significant(f64::from(threshold)), hint);
        }
        if let Some(margin) = cell_text::margin(&found, summary.threshold) {
            row(
                "margin",
                cell_tooltip::signed(margin),
                "Score minus threshold; negative leaves unless the token is protected",
            );
        }
    });
}

fn predictions(ui: &mut Ui, view: &View<'_>, set: &TextSet) {
    section::heading(ui, "Prediction");
    let Some(dense) = &set.dense else {
        match view.session.inspect.dense_failure() {
            Some(reason) => section::failure(ui, reason, "Open another model, or change the text"),
            None => drop(ui.weak("Waiting for the dense run")),
        }
        return;
    };
    match &dense.run.answer {
        Answer::Class(class) => shares(ui, view, (set, dense), *class),
        Answer::Labels(_) => {
            // Where the dense model says none, its likeliest label.
            let likelier = |one: &usize, other: &usize| dense.run.outputs[*one].total_cmp(&dense.run.outputs[*other]);
            let label = (0..dense.run.outputs.len()).max_by(likelier);
            shares(ui, view, (set, dense), label.unwrap_or(0));
        }
        Answer::Value(_) => values(ui, view, set, dense),
    }
}

/// The number of each run, and how far it lies from the dense one.
fn values(ui: &mut Ui, view: &View<'_>, set: &TextSet, dense: &RibbonRun) {
    let value = |run: &RibbonRun| run.run.outputs.first().copied().map_or(f64::NAN, f64::from);
    egui::Grid::new("values").num_columns(3).spacing([12.0, 4.0]).min_col_width(72.0).show(ui, |ui| {
        for (id, run) in named_runs(view, set, dense) {
            let change = value(run) - value(dense);
            ui.label(id);
            right(ui, &run.run.answer.text(&set.classes))
                .on_hover_text(format!("The number: {}\nn = 1 text", value(run)));
            right(ui, &number::change(change)).on_hover_text("This number less the dense one");
            ui.end_row();
        }
    });
}

/// One class or label for all bars, so that they can be compared: the one the dense model decides for.
fn shares(ui: &mut Ui, view: &View<'_>, (set, dense): (&TextSet, &RibbonRun), class: usize) {
    let share = |run: &RibbonRun| run.run.outputs.get(class).copied().unwrap_or(0.0);
    let muted = theme::colors(ui).muted;
    let caption = format!("probability of “{}”", ribbon_header::class_name(set, class));
    ui.label(RichText::new(caption).font(theme::regular(theme::CAPTION)).color(muted)).on_hover_text(
        match dense.run.answer {
            Answer::Labels(_) => {
                "Sigmoid of the logit of the dense model's likeliest label; the upright line is the dense model's value"
            }
            _ => {
                "Softmax of the logits for the class the dense model decides for; the upright line is the dense model's value"
            }
        },
    );
    for (id, run) in named_runs(view, set, dense) {
        let decided = run.run.answer.text(&set.classes);
        let text = match run.run.probability() {
            Some(probability) => format!("{decided} {probability:.2}"),
            None => decided.clone(),
        };
        let differs = run.run.differs_from(&dense.run);
        let bar = Probability { id: &id, share: share(run), dense: share(dense), text: &text, differs };
        let logits: Vec<String> = run.run.logits.iter().map(|logit| numbers::significant(f64::from(*logit))).collect();
        bars::probability(ui, &bar).on_hover_text(format!(
            "{id}: P(“{}”) = {:.4}\nDecides for “{}”\nLogits {}\nn = 1 text",
            ribbon_header::class_name(set, class),
            share(run),
            decided,
            logits.join(", ")
        ));
    }
}

/// The dense run and those of the enabled strategies, with their names.
fn named_runs<'a>(view: &View<'_>, set: &'a TextSet, dense: &'a RibbonRun) -> Vec<(String, &'a RibbonRun)> {
    let entries = view.project.enabled();
    let runs = entries.filter_map(|entry| Some((view.project.name(entry.id), &**set.runs.get(&entry.id)?)));
    std::iter::once(("dense".to_owned(), dense)).chain(runs).collect()
}

fn tokens_per_layer(ui: &mut Ui, view: &View<'_>, state: &UiState, set: &TextSet) {
    section::heading(ui, "Tokens per layer");
    for entry in view.project.enabled() {
        let Some(run) = set.runs.get(&entry.id) else { continue };
        let ribbon = &run.ribbon;
        let passed = state.layer.min(ribbon.num_layers());
        let kept: Vec<String> = ribbon.layers.iter().map(|layer| layer.kept.to_string()).collect();
        bars::tokens_per_layer(ui, &view.project.name(entry.id), ribbon, passed).on_hover_text(format!(
            "Rows that leave each layer: {}\nFull height = the {} tokens of the text\nMean retention {} %",
            kept.join(", "),
            ribbon.num_tokens,
            numbers::percent(run.run.trace.retention_mean())
        ));
    }
}

fn costs(ui: &mut Ui, view: &View<'_>, set: &TextSet) {
    section::heading(ui, "Cost");
    let Some(dense) = &set.dense else { return };
    egui::Grid::new("costs").num_columns(3).spacing([12.0, 4.0]).min_col_width(72.0).show(ui, |ui| {
        for (id, run) in named_runs(view, set, dense) {
            let hint = "FLOPs = 2 × multiply-accumulates, counted from the real number of rows in every layer, \
                        the strategy's own work and the classifier head included\nn = 1 text";
            ui.label(id);
            right(ui, &numbers::flops(run.run.flops())).on_hover_text(hint);
            right(ui, &numbers::factor(run.run.flops_reduction()))
                .on_hover_text("Dense FLOPs ÷ these FLOPs, without padding");
            ui.end_row();
        }
    });
}

fn right(ui: &mut Ui, text: &str) -> egui::Response {
    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| ui.label(text)).inner
}
