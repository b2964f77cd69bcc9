//! The choice of how many rows are evaluated.

use egui::ComboBox;
use egui::Ui;

use crate::app::Edit;
use crate::app::View;
use crate::figure::number;

/// How many rows are evaluated: of the project, so that it is saved and undone.
pub(crate) fn rows_ui(ui: &mut Ui, view: &View<'_>) {
    const ALL: usize = 1_000_000_000;
    let limit = view.project.row_limit;
    let name = |limit: Option<usize>| match limit {
        None | Some(ALL) => "all".to_owned(),
        Some(rows) => format!("at most {}", number::count(rows)),
    };
    ui.label("Rows");
    let shown = ComboBox::from_id_salt("rows").selected_text(name(limit)).show_ui(ui, |ui| {
        for choice in [None, Some(200), Some(400), Some(1_000), Some(2_000), Some(5_000), Some(20_000)] {
            if ui.selectable_label(choice == limit, name(choice)).clicked() && choice != limit {
                view.commands.edit(Edit::SetRowLimit(choice));
            }
        }
    });
    let shown = shown.response.accessible_name("Rows");
    shown.on_hover_text(
        "How many rows of the data set are evaluated. They are drawn at random, by whole clusters and in proportion within \
         labels and groups: results begin with a few hundred and grow",
    );
}
