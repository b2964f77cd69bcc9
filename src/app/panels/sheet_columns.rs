//! The sheet's left half: which column is what, and how the file is written.

use egui::ComboBox;
use egui::DragValue;
use egui::Grid;
use egui::RichText;
use egui::TextEdit;
use egui::Ui;

use crate::app::Request;
use crate::app::View;
use crate::app::panels::sheet_parts::Known;
use crate::app::panels::sheet_parts::short;
use crate::app::widgets::section;
use crate::app::widgets::theme;
use crate::app::work::data_sheet;
use crate::app::work::data_sheet::DataSheet;
use crate::app::work::paths;
use crate::app::work::sheet::SHOWN_COLUMNS;
use crate::evaluation::HeadKind;

/// Delimiters that are offered.
const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];
/// Encodings that are offered, by their labels.
const ENCODINGS: [&str; 12] = [
    "utf-8",
    "windows-1252",
    "iso-8859-2",
    "iso-8859-15",
    "windows-1251",
    "koi8-r",
    "gb18030",
    "big5",
    "shift_jis",
    "euc-jp",
    "euc-kr",
    "utf-16le",
];

/// Columns, groups and format.
pub(crate) fn columns_ui(ui: &mut Ui, view: &View<'_>, sheet: &mut DataSheet, known: &Known) {
    section::heading(ui, "Columns");
    Grid::new("sheet columns").num_columns(2).spacing([12.0, 6.0]).show(ui, |ui| {
        let taken = known.facts.as_ref().map(|facts| facts.taken.clone()).unwrap_or_default();
        let [text, pair, label, cluster] = taken;
        let options = &mut sheet.source.options;
        column_ui(ui, known, ("Text", text), &mut options.text_column);
        column_ui(ui, known, ("Second text", pair), &mut options.text_pair_column);
        column_ui(ui, known, ("Label", label), &mut options.label_column);
        column_ui(ui, known, ("Id", None), &mut options.id_column);
        column_ui(ui, known, ("Cluster", cluster), &mut options.cluster_column);
        match known.head {
            HeadKind::Regression(_) => tolerance_ui(ui, &mut options.tolerance),
            HeadKind::Classifier | HeadKind::MultiLabel => positive_ui(ui, known, &mut options.positive),
        }
    });
    ui.add_space(12.0);
    groups_ui(ui, view, sheet, known);
    ui.add_space(12.0);
    section::heading(ui, "File");
    Grid::new("sheet file").num_columns(2).spacing([12.0, 6.0]).show(ui, |ui| format_ui(ui, sheet));
}

/// What a duty is for.
fn purpose(duty: &str) -> &'static str {
    match duty {
        "Text" => "The texts that the model reads",
        "Second text" => "The second text of each pair, where the model compares two",
        "Label" => "The right class of each text",
        "Id" => "Names the texts in results; otherwise rows are numbered",
        "Cluster" => {
            "Rows with the same value are near copies of one another: template, thread, author. Intervals and tests count them as one"
        }
        _ => "",
    }
}

fn column_ui(ui: &mut Ui, known: &Known, (duty, found): (&str, Option<String>), chosen: &mut Option<String>) {
    ui.label(duty).on_hover_text(purpose(duty));
    let by_itself = match (&found, chosen.is_none()) {
        (Some(name), true) => format!("{} (found)", short(name)),
        (None, true) if duty == "Id" => "found by name, else row numbers".to_owned(),
        (None, true) => "none found".to_owned(),
        (_, false) => "find by name".to_owned(),
    };
    let selected = chosen.as_deref().map_or_else(|| by_itself.clone(), short);
    let combo = ComboBox::from_id_salt(("column", duty)).width(200.0).selected_text(selected);
    let shown = combo.show_ui(ui, |ui| {
        ui.selectable_value(chosen, None, by_itself);
        for column in known.preview.iter().flat_map(|preview| &preview.columns).filter(|column| !column.is_empty()) {
            ui.selectable_value(chosen, Some(column.clone()), short(column)).on_hover_text(column);
        }
    });
    shown.response.accessible_name(duty).on_hover_text(purpose(duty));
    ui.end_row();
}

/// How far a predicted number may lie from its label.
fn tolerance_ui(ui: &mut Ui, tolerance: &mut Option<f64>) {
    const HINT: &str = "How far a predicted number may lie from the label to be right. By itself a tenth of the range of the file's labels";
    let label = ui.label("Tolerance").on_hover_text(HINT);
    ui.horizontal(|ui| {
        let mut by_itself = tolerance.is_none();
        if ui.checkbox(&mut by_itself, "a tenth of the range").on_hover_text(HINT).changed() {
            *tolerance = (!by_itself).then_some(0.5);
        }
        if let Some(value) = tolerance {
            let drag = egui::DragValue::new(value).speed(0.01).range(0.0..=f64::MAX);
            ui.add(drag).labelled_by(label.id).on_hover_text(HINT);
        }
    });
    ui.end_row();
}

fn positive_ui(ui: &mut Ui, known: &Known, positive: &mut Option<String>) {
    const HINT: &str = "The class or label that F1, AUC and rates are about";
    let is_any = known.head == HeadKind::MultiLabel;
    let what = if is_any { "Label of interest" } else { "Class of interest" };
    ui.label(what).on_hover_text(HINT);
    // With more classes than two, measures are about all of them.
    let classes = if is_any || known.classes.len() == 2 { &known.classes[..] } else { &[] };
    let usual = match classes.get(usize::from(!is_any)) {
        Some(name) if is_any => format!("{} (the first)", short(name)),
        Some(name) => format!("{} (class 1)", short(name)),
        None => "the model's second".to_owned(),
    };
    let selected = positive.as_deref().map_or_else(|| usual.clone(), short);
    let combo = ComboBox::from_id_salt("positive").width(200.0).selected_text(selected);
    let shown = combo.show_ui(ui, |ui| {
        ui.selectable_value(positive, None, usual);
        for class in classes {
            ui.selectable_value(positive, Some(class.clone()), short(class));
        }
    });
    shown.response.accessible_name(what).on_hover_text(HINT);
    ui.end_row();
}

fn groups_ui(ui: &mut Ui, view: &View<'_>, sheet: &mut DataSheet, known: &Known) {
    section::heading(ui, "Groups");
    let guessed = known.guessed();
    let taken = sheet.source.options.group_columns.clone().unwrap_or_else(|| guessed.clone());
    let columns = known.preview.as_ref().map_or(&[][..], |preview| &preview.columns);
    ui.horizontal_wrapped(|ui| {
        for column in columns.iter().filter(|column| !column.is_empty()).take(SHOWN_COLUMNS) {
            let mut is_taken = taken.contains(column);
            if ui.checkbox(&mut is_taken, short(column)).on_hover_text(column).changed() {
                sheet.set_group(column, is_taken, &guessed);
            }
        }
    });
    if columns.len() > SHOWN_COLUMNS {
        let more = columns.len() - SHOWN_COLUMNS;
        ui.label(RichText::new(format!("{more} more columns; name them by --group-by")).color(theme::colors(ui).muted));
    }
    let crossed: Vec<&String> = taken.iter().filter(|name| !columns.contains(name) && name.contains(',')).collect();
    for name in &crossed {
        ui.horizontal(|ui| {
            ui.label(short(&name.replace(',', " × ")));
            if ui.button("Remove").accessible_name(format!("Remove {name}")).clicked() {
                sheet.set_group(name, false, &guessed);
            }
        });
    }
    let single: Vec<String> = taken.iter().filter(|name| columns.contains(name)).cloned().collect();
    ui.horizontal_wrapped(|ui| {
        let both = single.join(",");
        let can_cross = (2..=3).contains(&single.len()) && !taken.contains(&both);
        let cross = ui.add_enabled(can_cross, egui::Button::new("Add intersection"));
        let hint = "Adds the intersections of the two or three columns that are ticked, such as women × Black";
        if cross.on_hover_text(hint).on_disabled_hover_text("Tick the two or three columns to cross first").clicked() {
            sheet.set_group(&both, true, &guessed);
        }
        let whole = "“Q&A; support” is one group; otherwise a;b and lists in a cell are several";
        ui.checkbox(&mut sheet.source.options.whole_cells, "Whole cells").on_hover_text(whole);
    });
    lexicon_ui(ui, view, sheet);
}

fn lexicon_ui(ui: &mut Ui, view: &View<'_>, sheet: &mut DataSheet) {
    ui.horizontal_wrapped(|ui| {
        ui.label("Identity terms")
            .on_hover_text("Groups are also found in the texts: a table with the columns group and term");
        if let Some(path) = &sheet.source.lexicon {
            ui.label(paths::short_name(path)).on_hover_text(path.display().to_string());
            if ui.button("Remove").accessible_name("Remove identity terms").clicked() {
                sheet.source.lexicon = None;
            }
        } else if ui.button("Choose…").accessible_name("Choose identity terms").clicked() {
            view.commands.request(Request::AskLexicon);
        }
    });
}

fn format_ui(ui: &mut Ui, sheet: &mut DataSheet) {
    let options = &mut sheet.source.options;
    let word = |delimiter: char| {
        let known = data_sheet::delimiter_word(delimiter);
        known.map_or_else(|| delimiter.to_string(), str::to_owned)
    };
    ui.label("Between cells");
    ui.horizontal(|ui| {
        let selected = options.delimiter.map_or_else(|| "guessed".to_owned(), word);
        let combo = ComboBox::from_id_salt("delimiter").width(120.0).selected_text(selected);
        let shown = combo.show_ui(ui, |ui| {
            ui.selectable_value(&mut options.delimiter, None, "guessed");
            for delimiter in DELIMITERS {
                ui.selectable_value(&mut options.delimiter, Some(delimiter), word(delimiter));
            }
        });
        shown.response.accessible_name("Between cells");
        other_delimiter_ui(ui, &mut options.delimiter);
    });
    ui.end_row();
    ui.label("Encoding");
    let selected = options.encoding.clone().unwrap_or_else(|| "recognized".to_owned());
    let combo = ComboBox::from_id_salt("encoding").width(200.0).height(360.0).selected_text(selected);
    let shown = combo.show_ui(ui, |ui| {
        ui.selectable_value(&mut options.encoding, None, "recognized");
        for encoding in ENCODINGS {
            ui.selectable_value(&mut options.encoding, Some(encoding.to_owned()), encoding);
        }
    });
    shown.response.accessible_name("Encoding");
    ui.end_row();
    ui.label("Rows that may be skipped");
    let mut percent = options.max_skipped * 100.0;
    let value = DragValue::new(&mut percent).range(0.0..=100.0).speed(0.5).max_decimals(1).suffix(" %");
    let hint = "If more rows cannot be read, the file is probably something else than it was taken for";
    if ui.add(value).on_hover_text(hint).changed() {
        // Tenths of a percent, so that the flag reads as it was chosen.
        options.max_skipped = (percent * 10.0).round() / 1000.0;
    }
    ui.end_row();
}

/// Any sign that is not in the list, as `--delimiter` takes it.
fn other_delimiter_ui(ui: &mut Ui, delimiter: &mut Option<char>) {
    let mut text = delimiter.filter(|sign| !DELIMITERS.contains(sign)).map(String::from).unwrap_or_default();
    let edit = TextEdit::singleline(&mut text).hint_text("other").desired_width(56.0);
    let response = ui.add(edit).accessible_name("Another sign between cells");
    if response.on_hover_text("Any other single sign that stands between cells, such as ^ or ~").changed() {
        // A second sign replaces the first.
        *delimiter = text.chars().last();
    }
}
