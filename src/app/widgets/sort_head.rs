//! The head of a column that a table is sorted by.

use egui::Align;
use egui::Button;
use egui::Layout;
use egui::RichText;
use egui::Ui;

use crate::app::widgets::theme;

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head<'a> {
    /// As shown.
    pub(crate) label: &'a str,
    /// What stands in it.
    pub(crate) definition: &'a str,
    /// Whether values stand at the right, and large ones come first.
    pub(crate) is_number: bool,
}

/// Draws the head of `column`. A click sorts by it, another turns the order, a third goes back to the table's own.
pub(crate) fn sort_head<C: Copy + PartialEq>(
    ui: &mut Ui,
    head: Head<'_>,
    column: C,
    sorted_by: &mut Option<(C, bool)>,
) {
    let sorted = sorted_by.filter(|(sorted, _)| *sorted == column).map(|(_, descending)| descending);
    let (arrow, order) = match sorted {
        Some(true) => (" ⏷", ", sorted falling"),
        Some(false) => (" ⏶", ", sorted rising"),
        None => ("", ""),
    };
    let text = RichText::new(format!("{}{arrow}", head.label)).font(theme::medium(theme::BODY));
    let is_clicked = aligned(ui, head.is_number, |ui| {
        let button = ui.add(Button::new(text).frame(false)).on_hover_text(head.definition);
        button.accessible_name(format!("Sort by {}{order}", head.label)).clicked()
    });
    if is_clicked {
        *sorted_by = match sorted {
            None => Some((column, head.is_number)),
            Some(descending) if descending == head.is_number => Some((column, !descending)),
            Some(_) => None,
        };
    }
}

/// Numbers stand at the right, words at the left.
pub(crate) fn aligned<T>(ui: &mut Ui, is_number: bool, content: impl FnOnce(&mut Ui) -> T) -> T {
    let layout = if is_number { Layout::right_to_left(Align::Center) } else { Layout::left_to_right(Align::Center) };
    ui.with_layout(layout, content).inner
}
