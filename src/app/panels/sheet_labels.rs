//! The sheet's label map: every label of the file with its rows, and the class it means.

use egui::ComboBox;
use egui::Grid;
use egui::RichText;
use egui::TextEdit;
use egui::Ui;

use crate::app::panels::sheet_parts::Known;
use crate::app::panels::sheet_parts::short;
use crate::app::widgets::numbers;
use crate::app::widgets::section;
use crate::app::widgets::theme;
use crate::app::work::data_sheet::DataSheet;
use crate::app::work::sheet::DataFacts;
use crate::app::work::sheet::Fit;
use crate::app::work::sheet::SHOWN_LABELS;
use crate::data::NO_LABEL;
use crate::evaluation::HeadKind;
use crate::figure::one_line;

/// The label map and the rows of each class.
pub(crate) fn labels_ui(ui: &mut Ui, sheet: &mut DataSheet, known: &Known) {
    section::heading(ui, "Labels");
    let colors = theme::colors(ui);
    let Some(facts) = &known.facts else {
        ui.label(RichText::new("Known once the file is read").color(colors.muted));
        return;
    };
    if facts.labels.is_empty() {
        ui.label(RichText::new("No labels: strategies are compared with the dense model alone").color(colors.muted));
        return;
    }
    if known.classes.is_empty() {
        ui.label(RichText::new("The classes are known once the model is loaded").color(colors.muted));
    }
    map_ui(ui, sheet, known, facts);
    text_ui(ui, sheet);
    if let Some(fit) = &known.fit {
        fit_ui(ui, known, fit);
    }
}

fn map_ui(ui: &mut Ui, sheet: &mut DataSheet, known: &Known, facts: &DataFacts) {
    Grid::new("label map").num_columns(3).spacing([12.0, 4.0]).striped(true).show(ui, |ui| {
        for (index, label) in facts.labels.iter().take(SHOWN_LABELS).enumerate() {
            ui.label(short(&label.value)).on_hover_text(one_line(&label.value));
            ui.label(numbers::count(label.count as u64)).on_hover_text("Rows with this label");
            meaning_ui(ui, sheet, known, (index, &label.value));
            ui.end_row();
        }
    });
    let more = facts.labels.len().saturating_sub(SHOWN_LABELS);
    if more > 0 {
        let text = format!("{} more labels; rules such as >=4=toxic,<4=ok reach them", numbers::count(more as u64));
        ui.label(RichText::new(text).color(theme::colors(ui).muted));
    }
}

fn meaning_ui(ui: &mut Ui, sheet: &mut DataSheet, known: &Known, (index, label): (usize, &str)) {
    let entry = sheet.source.options.label_map.iter().find(|(from, _)| from == label).map(|(_, to)| to.clone());
    let meaning = known.fit.as_ref().and_then(|fit| fit.meanings.get(index));
    let colors = theme::colors(ui);
    let (selected, ink) = match (&entry, meaning) {
        (Some(class), _) if class == NO_LABEL => ("leave out".to_owned(), colors.muted),
        (Some(class), _) => (short(class), colors.ink),
        (None, Some(Some(class))) => (format!("{} (as it is)", short(class)), colors.muted),
        (None, Some(None)) => ("no label".to_owned(), colors.muted),
        (None, None) if known.classes.is_empty() => ("as it is".to_owned(), colors.muted),
        (None, None) => ("choose a class…".to_owned(), colors.warning),
    };
    let mut chosen = entry.clone();
    let combo =
        ComboBox::from_id_salt(("meaning", label)).width(160.0).selected_text(RichText::new(selected).color(ink));
    let shown = combo.show_ui(ui, |ui| {
        ui.selectable_value(&mut chosen, None, "as it is");
        for class in &known.classes {
            ui.selectable_value(&mut chosen, Some(class.clone()), short(class));
        }
        ui.selectable_value(&mut chosen, Some(NO_LABEL.to_owned()), "leave out");
    });
    shown.response.accessible_name(format!("Meaning of {label}"));
    if chosen != entry {
        sheet.set_meaning(label, chosen.as_deref());
    }
}

fn text_ui(ui: &mut Ui, sheet: &mut DataSheet) {
    ui.add_space(4.0);
    let caption = ui.label("Label map").on_hover_text(
        "As the command line takes it: hateful=toxic,non-hateful=ok. Numbers by ranges: >=4=toxic,<4=ok. A - leaves a label out",
    );
    let edit = TextEdit::singleline(&mut sheet.map_text).hint_text("from=to,from=to").desired_width(f32::INFINITY);
    if ui.add(edit).labelled_by(caption.id).changed() {
        sheet.take_map_text();
    }
    if let Some(err) = &sheet.map_error {
        ui.add(egui::Label::new(RichText::new(err).color(theme::colors(ui).error)).wrap());
    }
}

fn fit_ui(ui: &mut Ui, known: &Known, fit: &Fit) {
    let colors = theme::colors(ui);
    ui.add_space(4.0);
    if let Some(misfit) = &fit.misfit {
        let classes = known.classes.iter().map(|class| short(class)).collect::<Vec<_>>().join(", ");
        let text = match known.head {
            HeadKind::Classifier => format!("The labels do not fit the model's classes {classes}: {}", misfit.labels),
            HeadKind::Regression(_) | HeadKind::MultiLabel => misfit.labels.clone(),
        };
        ui.add(egui::Label::new(RichText::new(text).color(colors.warning)).wrap());
        return;
    }
    let classes = fit.classes.iter().map(|(class, rows)| format!("{} {}", short(class), numbers::count(*rows as u64)));
    let counts = classes.collect::<Vec<_>>().join(" · ");
    let (mut text, without) = match fit.head {
        HeadKind::Classifier => (format!("Rows per class: {counts}"), "without a class"),
        HeadKind::MultiLabel => (format!("Rows with each label: {counts}"), "without an answer"),
        HeadKind::Regression(_) => {
            let rows = fit.classes.first().map_or(0, |(_, rows)| *rows);
            (format!("Labels are numbers: {} rows", numbers::count(rows as u64)), "without a number")
        }
    };
    if fit.unlabelled > 0 {
        text = format!("{text} · {without} {}", numbers::count(fit.unlabelled as u64));
    }
    ui.add(egui::Label::new(text).wrap());
}
