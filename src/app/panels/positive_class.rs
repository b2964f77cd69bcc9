//! The choice of the class that measures are about.

use egui::ComboBox;
use egui::Ui;

use crate::app::Edit;
use crate::app::View;
use crate::evaluation::HeadKind;
use crate::evaluation::positive_class;

/// Lets the user choose the class of interest; nothing where there is no choice: without labels, or with other than two
/// classes. The choice belongs to the project's data source: it is saved, undone, and shared by all views, and costs no run.
pub(crate) fn positive_class_ui(ui: &mut Ui, view: &View<'_>) {
    let Some(checkpoint) = view.session.checkpoint(view.project) else { return };
    let (classes, head) = (&checkpoint.model.config.labels, checkpoint.model.config.head);
    let has_choice = match head {
        HeadKind::Classifier => classes.len() == 2,
        HeadKind::MultiLabel => true,
        HeadKind::Regression(_) => false,
    };
    let what = if head == HeadKind::MultiLabel { "Label of interest" } else { "Class of interest" };
    let is_labelled = view.session.dataset(view.project).is_some_and(|dataset| dataset.has_labels());
    let Some(source) = view.project.data.as_ref().filter(|_| is_labelled && has_choice) else { return };
    // A name that fits no class is told where the evaluation fails; here it can be mended.
    let chosen = positive_class(source.options.positive.as_deref(), classes, head).ok();
    let name = chosen.and_then(|class| classes.get(class)).or(source.options.positive.as_ref());
    ui.label(what);
    let shown = ComboBox::from_id_salt("class of interest");
    let shown = shown.selected_text(name.map_or("", String::as_str)).show_ui(ui, |ui| {
        for (class, name) in classes.iter().enumerate() {
            if ui.selectable_label(chosen == Some(class), name).clicked() && chosen != Some(class) {
                view.commands.edit(Edit::SetPositive(Some(name.clone())));
            }
        }
    });
    shown.response.accessible_name(what).on_hover_text(
        "What positive means: true and false positive rates, precision, F1, selection rate, AUC and calibration are about \
         this class or label. Changing it runs nothing again",
    );
}
