//! The group table: heads that sort, rows and counts that lead to their texts.

use std::sync::Arc;

use egui::CursorIcon;
use egui::Id;
use egui::Response;
use egui::ScrollArea;
use egui::Ui;

use crate::app::Request;
use crate::app::View;
use crate::app::views::fairness::state::FairnessState;
use crate::app::views::fairness::work::Table;
use crate::app::widgets::figure_view;
use crate::app::widgets::scene_painter;
use crate::app::widgets::scene_painter::narrow;
use crate::app::widgets::theme;
use crate::app::work::examples::ExampleFilter;
use crate::evaluation::HeadKind;
use crate::evaluation::Measure;
use crate::evaluation::Picked;
use crate::figure::Column;
use crate::figure::DotRow;
use crate::figure::Dots;
use crate::figure::Scene;
use crate::figure::TargetKind;
use crate::figure::number;

/// The figure with its head fixed above scrolling rows.
pub(crate) fn table_ui(ui: &mut Ui, view: &View<'_>, state: &mut FairnessState, (dots, table): (&Dots, &Table)) {
    let page = figure_view::page_beside_bar(ui, ui.available_height());
    let Some(scene) = state.memo.scene(page) else { return };
    ScrollArea::horizontal().auto_shrink(false).show(ui, |ui| {
        head_ui(ui, state, &scene, (dots, table));
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| rows_below_ui(ui, view, &scene, (dots, table)));
    });
}

fn head_ui(ui: &mut Ui, state: &mut FairnessState, scene: &Arc<Scene>, (dots, table): (&Dots, &Table)) {
    let size = egui::vec2(narrow(scene.width), narrow(scene.head_height) + 1.0);
    let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
    scene_painter::paint(&ui.painter_at(rect.intersect(ui.clip_rect())), scene, rect.min);
    let label = |kind| match kind {
        TargetKind::Column(column) => Some(column_label(column, dots)),
        _ => None,
    };
    for (kind, response) in figure_view::interact(ui, scene, rect.min, Id::unique("group table head"), label) {
        let TargetKind::Column(column) = kind else { continue };
        if response.clicked() {
            // The first click puts small names, large losses and many texts on top, the next one turns the order.
            let descending = if state.sorted_by.0 == column { !state.sorted_by.1 } else { starts_falling(column) };
            state.sorted_by = (column, descending);
        }
        response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(column_hint(column, table.key.measure, table));
    }
}

/// Which order the first click gives: of counts and verdicts the largest first, of everything else the smallest.
fn starts_falling(column: Column) -> bool {
    use Column::{Changed, Count, Harmed, Rescued, Verdict};
    matches!(column, Count | Harmed | Rescued | Changed | Verdict)
}

fn column_label(column: Column, dots: &Dots) -> String {
    let name = match column {
        Column::Group => dots.group_label.as_str(),
        Column::Count => dots.count_label.as_str(),
        Column::Dense => "Dense",
        Column::Pruned => "Pruned",
        Column::Difference => "Change",
        Column::Harmed => "Harmed",
        Column::Rescued => "Rescued",
        Column::Changed => "Class changed",
        Column::P => "p",
        Column::PAdjusted => "p adjusted",
        Column::Verdict => "Verdict",
    };
    let order = match dots.sorted_by {
        Some((sorted, true)) if sorted == column => ", sorted falling",
        Some((sorted, false)) if sorted == column => ", sorted rising",
        _ => "",
    };
    format!("Sort by {name}{order}")
}

fn column_hint(column: Column, measure: Measure, table: &Table) -> String {
    let open = "Click a count to walk through these texts in Inspect";
    match column {
        Column::Group => "Value of the group column; a text may belong to several groups".to_owned(),
        Column::Count => format!("What the value rests on: the denominator of the measure. {open}"),
        Column::Dense if measure == Measure::Agreement => {
            "The dense model agrees with itself: 1 by definition".to_owned()
        }
        Column::Dense => format!("Without pruning. {}", measure.definition_for(table.head())),
        Column::Pruned => format!("With this strategy. {}", measure.definition_for(table.head())),
        Column::Difference => {
            "Pruned less dense on the same texts, with a paired 95% interval. An interval that holds zero does not \
             show that nothing changed"
                .to_owned()
        }
        Column::Harmed => format!("Texts{} that dense gets right and pruned wrong. {open}", part(measure, table)),
        Column::Rescued => format!("Texts{} that dense gets wrong and pruned right. {open}", part(measure, table)),
        Column::Changed => match table.head() {
            HeadKind::Classifier => format!("Texts whose predicted class pruning changed, right or wrong. {open}"),
            HeadKind::MultiLabel => format!("Texts whose predicted labels pruning changed, right or wrong. {open}"),
            HeadKind::Regression(_) => format!("Texts whose number pruning moved by more than the tolerance. {open}"),
        },
        Column::P => {
            format!("{} A large value does not show that nothing changed: see the verdict", test_hint(measure, table))
        }
        Column::PAdjusted => format!(
            "The same after Holm's correction over all {} tests of this strategy: all texts, positives and negatives, \
             of the whole and of every group of every column",
            table.judgments.family
        ),
        Column::Verdict => verdict_hint(measure, table),
    }
}

/// Which of the texts a measure's test is about.
fn part(measure: Measure, table: &Table) -> &'static str {
    match table.judgments.overall.test(measure).map(|test| test.part) {
        Some("positives") => " of the class of interest",
        Some("negatives") => " of the other class",
        _ => "",
    }
}

fn test_hint(measure: Measure, table: &Table) -> String {
    let Some(test) = table.judgments.overall.test(measure) else { return String::new() };
    match test.clusters {
        Some(count) => format!(
            "Two-sided mid-p of no change between right and wrong{}: signs of whole clusters flip, exactly up to 20 \
             clusters that changed, else in 10,000 seeded draws. All texts fall into {} clusters, a group into fewer.",
            part(measure, table),
            number::count(count),
        ),
        None => format!(
            "Two-sided mid-p of McNemar's test of no change between right and wrong{}. Every text stands for itself: \
             the data set names no clusters.",
            part(measure, table)
        ),
    }
}

fn verdict_hint(measure: Measure, table: &Table) -> String {
    let Some(verdict) = table.judgments.overall.verdict(measure) else { return String::new() };
    let what = match verdict.measure {
        Measure::Tpr => "loss of true positive rate",
        Measure::Fpr => "gain of false positive rate",
        _ => "loss of accuracy",
    };
    format!(
        "Is the {what} shown to be within {}? pass: the upper end of its 90% interval lies below; fail: the lower end lies \
         above; undecided: neither. No difference found is not the same as no harm shown",
        verdict.tolerance
    )
}

/// A count that leads to its texts.
struct Link {
    picked: Picked,
    count: String,
    /// `harmed by power_bert in gender = women`.
    name: String,
}

fn link(row: &DotRow, column: Column, (dots, table): (&Dots, &Table)) -> Option<Link> {
    let within = if row.overall { String::new() } else { format!(" in {} = {}", table.column, row.label) };
    let by = &dots.strategy;
    let (picked, name) = match column {
        Column::Count if dots.count_label == "n" => (Picked::Counted, format!("evaluated{within}")),
        Column::Count => (Picked::Counted, format!("{}{within}", dots.count_label)),
        Column::Harmed => (Picked::Harmed, format!("harmed by {by}{within}")),
        Column::Rescued => (Picked::Rescued, format!("rescued by {by}{within}")),
        Column::Changed => (Picked::Changed, format!("class changed by {by}{within}")),
        _ => return None,
    };
    let count = match column {
        Column::Count => number::count(row.count),
        _ => row.decided.as_ref()?.cell(column)?,
    };
    (count != "0").then_some(Link { picked, count, name })
}

fn rows_below_ui(ui: &mut Ui, view: &View<'_>, scene: &Scene, (dots, table): (&Dots, &Table)) {
    let head = narrow(scene.head_height) + 1.0;
    let size = egui::vec2(narrow(scene.width), narrow(scene.height) - head);
    let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
    let origin = rect.min - egui::vec2(0.0, head);
    let label = |kind| match kind {
        TargetKind::Row(row) => dots.rows.get(row).map(|row| row.sentence(&dots.count_label)),
        TargetKind::Count(row, column) => {
            let Link { count, name, .. } = link(dots.rows.get(row)?, column, (dots, table))?;
            Some(format!("{count} texts {name}: show in Inspect"))
        }
        _ => None,
    };
    let painter = ui.painter_at(rect.intersect(ui.clip_rect()));
    let responses = figure_view::interact(ui, scene, origin, Id::unique("group table"), label);
    for (_, response) in &responses {
        if response.hovered() || response.has_focus() {
            painter.rect_filled(response.rect, 3.0, theme::colors(ui).raised);
        }
    }
    scene_painter::paint(&painter, scene, origin);
    for (kind, response) in responses {
        match kind {
            TargetKind::Row(index) => row_ui(view, response, index, (dots, table)),
            TargetKind::Count(index, column) => {
                let color = theme::colors(ui).accent;
                let line = response.rect.shrink2(egui::vec2(3.0, 1.0));
                painter.hline(line.x_range(), line.bottom(), egui::Stroke::new(1.0, color));
                count_ui(view, response, (index, column), (dots, table));
            }
            _ => {}
        }
    }
}

fn value_of(row: &DotRow, table: &Table) -> Option<usize> {
    table.rows.iter().position(|group| group.value == row.label).filter(|_| !row.overall)
}

fn row_ui(view: &View<'_>, response: Response, index: usize, (dots, table): (&Dots, &Table)) {
    let Some(row) = dots.rows.get(index) else { return };
    let value = value_of(row, table);
    if response.clicked() {
        let dataset = view.session.dataset(view.project);
        let filter = value.zip(dataset).map(|(value, dataset)| ExampleFilter::group(dataset, table.key.column, value));
        view.commands.request(Request::FilterExamples(filter));
    }
    response.on_hover_ui(|ui| {
        ui.label(row.sentence(&dots.count_label));
        for reason in row_hints(row) {
            ui.weak(reason);
        }
        if value.is_some() {
            ui.weak("Click to walk through all texts of the group in Inspect");
        }
    });
}

/// Why a row is gray.
fn row_hints(row: &DotRow) -> Vec<String> {
    let mut hints = Vec::new();
    if row.remark.starts_with("n small") {
        hints.push("10 to 29 examples: the interval is wide, and the group is left out of gaps".to_owned());
    }
    // Of a value, the reason is what its clusters do to the interval.
    if row.pruned.value.is_some() && !row.pruned.reason.is_empty() {
        hints.push(row.pruned.reason.clone());
    }
    hints
}

fn count_ui(view: &View<'_>, response: Response, (index, column): (usize, Column), shown: (&Dots, &Table)) {
    let (dots, table) = shown;
    let Some(row) = dots.rows.get(index) else { return };
    let Some(Link { picked, count, name }) = link(row, column, (dots, table)) else { return };
    if response.clicked() {
        let rows = table.picked(value_of(row, table), picked);
        view.commands.request(Request::FilterExamples(Some(ExampleFilter::new(&name, rows))));
    }
    let hint = format!("Walk through the {count} texts {name} in Inspect");
    response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(hint);
}
