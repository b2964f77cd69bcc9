//! A short text in a rounded frame that never breaks: it goes on the next line as a whole.

use egui::Color32;
use egui::FontId;
use egui::Response;
use egui::Sense;
use egui::Stroke;
use egui::StrokeKind;
use egui::Ui;
use egui::WidgetInfo;
use egui::accesskit::Role;
use egui::text::LayoutJob;
use egui::text::TextFormat;
use egui::text::TextWrapping;

/// How a chip looks.
pub(crate) struct Look {
    /// Of the text.
    pub(crate) font: FontId,
    /// Of the text.
    pub(crate) ink: Color32,
    /// Behind the text.
    pub(crate) fill: Color32,
    /// Around it.
    pub(crate) stroke: Stroke,
}

/// Left and right, above and below the text.
const PADDING: egui::Vec2 = egui::vec2(6.0, 1.0);

/// Draws a chip; a text wider than the row is cut.
pub(crate) fn chip(ui: &mut Ui, text: &str, look: Look) -> Response {
    let mut job = LayoutJob::single_section(text.to_owned(), TextFormat::simple(look.font, look.ink));
    let row = ui.max_rect().width() - 2.0 * PADDING.x;
    job.wrap = TextWrapping::truncate_at_width(row.max(40.0));
    let galley = ui.painter().layout_job(job);
    let (rect, response) = ui.allocate_exact_size(galley.size() + 2.0 * PADDING, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    ui.painter().rect(rect, 4.0, look.fill, look.stroke, StrokeKind::Inside);
    ui.painter().galley(rect.min + PADDING, galley, look.ink);
    response
}
