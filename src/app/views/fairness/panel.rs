//! Dense against pruned, group by group: a sortable table beside a dot plot on the same scales.

use egui::ComboBox;
use egui::RichText;
use egui::Ui;

use crate::app::panels::empty_state;
use crate::app::panels::positive_class::positive_class_ui;
use crate::app::panels::row_limit::rows_ui;
use crate::app::views::fairness::state::FairnessState;
use crate::app::views::fairness::state::Seen;
use crate::app::views::fairness::table;
use crate::app::views::fairness::work::FairnessWork;
use crate::app::views::fairness::work::Table;
use crate::app::views::fairness::work::TableKey;
use crate::app::widgets::section;
use crate::app::widgets::theme;
use crate::app::work::data_runs::RunRequest;
use crate::data::Dataset;
use crate::evaluation::HeadKind;
use crate::evaluation::Measure;
use crate::figure::Body;
use crate::figure::Column;
use crate::figure::Figure;
use crate::figure::charts;
use crate::figure::charts::FairnessInput;
use crate::figure::charts::fairness_figure;
use crate::project::Project;
use crate::project::StrategyEntry;

/// Measures offered in the menu, the usual ones of fairness first.
const MEASURES: [Measure; 13] = [
    Measure::Accuracy,
    Measure::Tpr,
    Measure::Fpr,
    Measure::Fnr,
    Measure::Tnr,
    Measure::SelectionRate,
    Measure::F1,
    Measure::BalancedAccuracy,
    Measure::Precision,
    Measure::LogLoss,
    Measure::Auc,
    Measure::Brier,
    Measure::Agreement,
];

/// Those that model and data set allow: what the head does not have is left out; without labels, agreement with dense alone.
fn offered(dataset: &Dataset, head: HeadKind) -> Vec<Measure> {
    if !dataset.has_labels() {
        return Measure::offered(head).filter(|measure| !measure.needs_labels()).collect();
    }
    let more = Measure::offered(head).filter(|measure| !measure.is_of(HeadKind::Classifier));
    MEASURES.into_iter().filter(|measure| measure.is_of(head)).chain(more).collect()
}

/// The chosen measure, if model and data set allow it; else the first that stands for decisions.
fn chosen_measure(state: &FairnessState, dataset: &Dataset, head: HeadKind) -> Measure {
    let offered = offered(dataset, head);
    match dataset.has_labels() {
        _ if offered.contains(&state.measure) => state.measure,
        true => Measure::Accuracy,
        false => Measure::Agreement,
    }
}

/// What the outputs of the project's model mean, once it is loaded.
fn head_of(view: &Seen<'_>) -> HeadKind {
    view.session.checkpoint(view.project).map_or(HeadKind::Classifier, |checkpoint| checkpoint.model.config.head)
}

/// Draws the view.
pub(crate) fn fairness_ui(ui: &mut Ui, view: &Seen<'_>, state: &mut FairnessState) {
    if empty_state::no_data_ui(ui, view, "see for which groups pruning decides worse") {
        return;
    }
    let Some(dataset) = view.session.dataset(view.project) else { return };
    if dataset.groups.is_empty() {
        empty_state::no_groups_ui(ui, view, dataset);
        return;
    }
    let Some(key) = controls_ui(ui, view, dataset, state) else { return };
    let work = view.work;
    if let Some(reason) = work.failure() {
        section::failure(ui, reason, "Change the strategy's settings, the model or the data set");
    }
    let is_current = work.is_current(&key);
    let Some(table) = work.shown() else {
        empty_state::waiting_ui(ui, work.progress(), "Evaluate the data set to compare groups");
        return;
    };
    let memo_key = (work.generation(), state.sorted_by);
    let sorted_by = state.sorted_by;
    let figure = state.memo.figure(memo_key, || make_figure(view.project, work, table, sorted_by));
    let Body::Dots(dots) = &figure.body else { return };
    status_ui(ui, &figure, is_current);
    if !is_current {
        ui.multiply_opacity(0.5);
    }
    table::table_ui(ui, view, state, (dots, table));
}

fn status_ui(ui: &mut Ui, figure: &Figure, is_current: bool) {
    let colors = theme::colors(ui);
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(&figure.subtitle).color(colors.muted));
        if !is_current {
            let hint = "These numbers belong to other settings; new ones are on their way or wait for you";
            ui.label(RichText::new("stale").color(colors.warning)).on_hover_text(hint);
        }
    });
}

fn make_figure(project: &Project, work: &FairnessWork, table: &Table, sorted_by: (Column, bool)) -> Figure {
    let data = work.dataset().map(|dataset| dataset.name.clone()).unwrap_or_default();
    let model = project.model.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let spec = &table.key.spec;
    let entry = project.enabled().find(|entry| entry.spec == *spec);
    let name = entry.map_or_else(|| spec.id().to_owned(), |entry| project.name(entry.id));
    let full_name = entry.map_or_else(|| spec.short_name(), |entry| project.full_name(entry.id));
    fairness_figure(&FairnessInput {
        group_column: &table.column,
        measure: table.key.measure,
        head: table.head(),
        overall: Some(&table.overall),
        rows: &table.rows,
        judgments: &table.judgments,
        strategy: &name,
        strategy_name: &full_name,
        strategy_note: spec.info().note().unwrap_or_default(),
        sorted_by,
        basis: table.basis.clone(),
        notes: table.gaps.clone(),
        provenance: charts::provenance(&model, &data),
    })
}

/// What an export writes: the figure of what the view shows; `None` while there is nothing.
pub(crate) fn figure_for_file(project: &Project, work: &FairnessWork, state: &FairnessState) -> Option<Figure> {
    let table = work.shown()?;
    Some(make_figure(project, work, table, state.sorted_by))
}

/// The table that the view shows or would show; `None` without a data set, its groups, or a strategy.
pub(crate) fn wanted_table(
    project: &Project,
    (dataset, head): (Option<&Dataset>, HeadKind),
    state: &FairnessState,
) -> Option<TableKey> {
    let dataset = dataset.filter(|dataset| !dataset.groups.is_empty())?;
    let entries: Vec<&StrategyEntry> = project.enabled().filter(|entry| entry.spec.id() != "dense").collect();
    let entry = entries.iter().find(|entry| Some(entry.id) == state.strategy).or(entries.first())?;
    Some(key_of(state, (dataset, head), entry))
}

fn key_of(state: &FairnessState, (dataset, head): (&Dataset, HeadKind), entry: &StrategyEntry) -> TableKey {
    let (column, measure) = (chosen_column(state, dataset), chosen_measure(state, dataset, head));
    TableKey { spec: entry.spec.clone(), column, measure }
}

/// Column, measure, strategy and rows; what is chosen, if it can be shown.
fn controls_ui(ui: &mut Ui, view: &Seen<'_>, dataset: &Dataset, state: &mut FairnessState) -> Option<TableKey> {
    let entries: Vec<&StrategyEntry> = view.project.enabled().filter(|entry| entry.spec.id() != "dense").collect();
    let (column, head) = (chosen_column(state, dataset), head_of(view));
    let entry = entries.iter().find(|entry| Some(entry.id) == state.strategy).or(entries.first()).copied()?;
    ui.horizontal_wrapped(|ui| {
        ui.label("Group by");
        let columns = ComboBox::from_id_salt("group column").selected_text(&dataset.groups[column].name);
        let columns = columns.show_ui(ui, |ui| {
            for group in &dataset.groups {
                ui.selectable_value(&mut state.column, Some(group.name.clone()), &group.name);
            }
        });
        columns.response.accessible_name("Group by");
        next_choice(ui, 170.0);
        ui.label("Measure");
        let chosen = chosen_measure(state, dataset, head);
        let shown = ComboBox::from_id_salt("measure").selected_text(chosen.label()).show_ui(ui, |ui| {
            for measure in offered(dataset, head) {
                let entry = ui.selectable_value(&mut state.measure, measure, measure.label());
                entry.on_hover_text(measure.definition_for(head));
            }
        });
        shown.response.accessible_name("Measure").on_hover_text(chosen.definition_for(head));
        next_choice(ui, 220.0);
        positive_class_ui(ui, view);
        next_choice(ui, 260.0);
        ui.label("Strategy");
        let strategies = ComboBox::from_id_salt("strategy").selected_text(view.project.full_name(entry.id));
        let strategies = strategies.show_ui(ui, |ui| {
            for entry in &entries {
                ui.selectable_value(&mut state.strategy, Some(entry.id), view.project.full_name(entry.id))
                    .on_hover_text(entry.spec.to_string());
            }
        });
        strategies.response.accessible_name("Strategy");
        next_choice(ui, 140.0);
        rows_ui(ui, view);
        ui.add_space(8.0);
        run_ui(ui, view, entry);
    });
    Some(key_of(state, (dataset, head), entry))
}

/// Keeps a label and what is chosen beside it on one line, where they take about so much room.
fn next_choice(ui: &mut Ui, room: f32) {
    ui.add_space(8.0);
    if ui.available_size_before_wrap().x < room {
        ui.end_row();
    }
}

fn chosen_column(state: &FairnessState, dataset: &Dataset) -> usize {
    let named = |name: &String| dataset.groups.iter().position(|group| group.name == *name);
    state.column.as_ref().and_then(named).unwrap_or(0)
}

fn run_ui(ui: &mut Ui, view: &Seen<'_>, entry: &StrategyEntry) {
    let work = view.work;
    if let Some(progress) = work.progress() {
        ui.spinner();
        ui.label(&progress.stage);
        if ui.button("Stop").on_hover_text("Stop the evaluation; finished strategies stay").clicked() {
            view.ask(RunRequest::Stop);
        }
    } else if let Some(rest) = work.rest() {
        if section::go_on_ui(ui, rest) {
            view.ask(RunRequest::GoOn);
        }
    } else if !work.has_run(&entry.spec) {
        let hint = "Run the dense model and every enabled strategy over the data set";
        if ui.button("Evaluate").on_hover_text(hint).clicked() {
            view.ask(RunRequest::Start);
        }
    }
}
