//! Which data set is open.

use egui::RichText;
use egui::Ui;

use crate::app::UiCommand;
use crate::app::UiState;
use crate::app::View;
use crate::app::base::command::hint;
use crate::app::panels::menu_bar;
use crate::app::widgets::numbers;
use crate::app::widgets::section;
use crate::app::widgets::theme;
use crate::app::work::paths;
use crate::data::Dataset;
use crate::evaluation::HeadKind;
use crate::figure::one_line;
use crate::figure::shortened;

/// Characters of the list of groups, about a screen.
const LONGEST: usize = 1600;

/// The data set's corner of the left panel.
pub(crate) fn data_ui(ui: &mut Ui, view: &View<'_>, state: &UiState) {
    section::heading(ui, "Data");
    match &view.project.data {
        None => {
            ui.weak("Drop a CSV, TSV, JSON Lines or Parquet file here, or open one");
        }
        Some(source) => {
            let name = RichText::new(paths::short_name(&source.path)).font(theme::medium(theme::BODY));
            ui.add(egui::Label::new(name).truncate()).on_hover_text(one_line(&source.path.display().to_string()));
            if let Some(dataset) = view.session.dataset(view.project) {
                let checkpoint = view.session.checkpoint(view.project);
                let classes = checkpoint.map_or(&[][..], |checkpoint| &checkpoint.model.config.labels);
                let head = checkpoint.map_or(HeadKind::Classifier, |checkpoint| checkpoint.model.config.head);
                facts(ui, dataset, (source.options.positive.as_ref(), classes, head));
            } else if let Some(reason) = view.session.data.failure(source) {
                section::failure(ui, reason, "Open a file with a header and a text column");
            } else {
                ui.weak("Reading…");
            }
        }
    }
    ui.horizontal(|ui| {
        if ui.button("Open…").on_hover_text(hint(ui, UiCommand::OpenData)).clicked() {
            view.commands.send(UiCommand::OpenData);
        }
        if view.project.data.is_some() {
            let settings = ui.button("Settings…").accessible_name("Settings of the data set");
            if settings.on_hover_text(hint(ui, UiCommand::DataSettings)).clicked() {
                view.commands.send(UiCommand::DataSettings);
            }
        }
        ui.menu_button("Recent", |ui| {
            if ui.button(UiCommand::OpenSampleData.label()).clicked() {
                view.commands.send(UiCommand::OpenSampleData);
            }
            menu_bar::recent_list(ui, view, &state.recent.data);
        });
    });
}

fn facts(ui: &mut Ui, dataset: &Dataset, interest: (Option<&String>, &[String], HeadKind)) {
    let muted = theme::colors(ui).muted;
    let groups = dataset.groups.len();
    let groups = match groups {
        0 => "no groups".to_owned(),
        1 => "1 group column".to_owned(),
        _ => format!("{groups} group columns"),
    };
    let text = format!("{} texts · {groups}", numbers::count(dataset.examples.len() as u64));
    let text = ui.label(RichText::new(text).color(muted));
    let file = dataset.report.lines().join("\n");
    if !file.is_empty() {
        text.on_hover_text(file);
    }
    let duties = duties(dataset, interest);
    ui.add(egui::Label::new(RichText::new(&duties).color(muted)).wrap()).on_hover_text(shortened(&duties, LONGEST));
    if !dataset.skipped.is_empty() {
        let first = &dataset.skipped[0];
        let place = first.line.map_or(format!("record {}", first.record), |line| format!("line {line}"));
        ui.colored_label(
            theme::colors(ui).warning,
            format!("{} rows left out", numbers::count(dataset.num_skipped as u64)),
        )
        .on_hover_text(format!("The first one: {place}, {}", first.reason));
    }
}

/// Which column is what, and which class measures are about, so that nobody has to guess what was found by name.
fn duties(dataset: &Dataset, (positive, classes, head): (Option<&String>, &[String], HeadKind)) -> String {
    let columns = dataset.report.columns.iter();
    let mut parts: Vec<String> = columns.map(|(duty, name)| format!("{duty} {}", one_line(name))).collect();
    let groups: Vec<_> = dataset.groups.iter().map(|column| one_line(&column.name)).collect();
    if !groups.is_empty() {
        parts.push(format!("groups {}", groups.join(", ")));
    }
    // With more classes than two, measures are about all of them; a number has no class.
    let (what, usual) = match head {
        HeadKind::Classifier => ("class", classes.get(1).filter(|_| classes.len() == 2)),
        HeadKind::MultiLabel => ("label", classes.first()),
        HeadKind::Regression(_) => ("class", None),
    };
    if let Some(class) = positive.or(usual) {
        parts.push(format!("{what} of interest {}", one_line(class)));
    }
    parts.join(" \u{b7} ")
}
