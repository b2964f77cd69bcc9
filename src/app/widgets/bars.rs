//! Small bars: probabilities, and tokens per layer.

use egui::Align2;
use egui::Mesh;
use egui::Rect;
use egui::Response;
use egui::Sense;
use egui::Shape;
use egui::Stroke;
use egui::Ui;
use egui::WidgetInfo;
use egui::accesskit::Role;
use egui::text::LayoutJob;
use egui::text::TextWrapping;

use crate::app::widgets::marker;
use crate::app::widgets::theme;
use crate::engine::Ribbon;
use crate::figure::palette::series_style;

/// Width of the names.
const NAME: f32 = 108.0;

/// A named probability: marker, name, bar, text.
pub(crate) struct Probability<'a> {
    /// The strategy.
    pub(crate) id: &'a str,
    /// The probability that is drawn, 0–1.
    pub(crate) share: f32,
    /// The dense model's, marked on the bar.
    pub(crate) dense: f32,
    /// What is written at the right.
    pub(crate) text: &'a str,
    /// Whether the decision differs from the dense model's.
    pub(crate) differs: bool,
}

/// Draws one probability.
pub(crate) fn probability(ui: &mut Ui, bar: &Probability<'_>) -> Response {
    let (rect, response) = ui.allocate_exact_size(egui::vec2(ui.available_width(), 20.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Meter, true, format!("{}: {}", bar.id, bar.text)));
    let colors = theme::colors(ui);
    name(ui, rect, bar.id);
    let text_width = 88.0;
    let track = Rect::from_min_max(
        egui::pos2(rect.left() + NAME, rect.center().y - 4.0),
        egui::pos2(rect.right() - text_width, rect.center().y + 4.0),
    );
    let x = |share: f32| track.left() + track.width() * share.clamp(0.0, 1.0);
    ui.painter().rect_filled(track, 2.0, colors.raised);
    let fill = theme::color(series_style(bar.id).stroke(colors.palette));
    ui.painter().rect_filled(Rect::from_x_y_ranges(track.left()..=x(bar.share), track.y_range()), 2.0, fill);
    // Half way is where a binary decision turns; the dense model's value is the tick.
    ui.painter().vline(x(bar.dense), track.y_range().expand(3.0), Stroke::new(2.0, colors.ink));
    let (font, ink) = if bar.differs {
        (theme::medium(theme::CAPTION), colors.warning)
    } else {
        (theme::regular(theme::CAPTION), colors.ink)
    };
    ui.painter().text(rect.right_center(), Align2::RIGHT_CENTER, bar.text, font, ink);
    response
}

fn name(ui: &Ui, rect: Rect, id: &str) {
    let colors = theme::colors(ui);
    marker::paint(ui.painter(), rect.left_center() + egui::vec2(6.0, 0.0), 4.0, id, &colors);
    let mut job = LayoutJob::simple_singleline(id.to_owned(), theme::regular(theme::CAPTION), colors.ink);
    job.wrap = TextWrapping::truncate_at_width(NAME - 20.0);
    let galley = ui.painter().layout_job(job);
    ui.painter().galley(rect.left_center() + egui::vec2(16.0, -galley.size().y / 2.0), galley, colors.ink);
}

/// Draws how many rows each layer passes on, as a share of the text's tokens.
pub(crate) fn tokens_per_layer(ui: &mut Ui, id: &str, ribbon: &Ribbon, passed: usize) -> Response {
    let (rect, response) = ui.allocate_exact_size(egui::vec2(ui.available_width(), 34.0), Sense::hover());
    let kept: Vec<usize> = ribbon.layers.iter().map(|layer| layer.kept).collect();
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, format!("{id}: tokens after each layer {kept:?}")));
    let colors = theme::colors(ui);
    name(ui, rect, id);
    let plot = Rect::from_min_max(rect.min + egui::vec2(NAME, 4.0), rect.max - egui::vec2(44.0, 2.0));
    let fill = theme::color(series_style(id).stroke(colors.palette));
    let each = plot.width() / kept.len().max(1) as f32;
    let mut mesh = Mesh::default();
    for (layer, count) in kept.iter().enumerate() {
        let x = plot.left() + each * layer as f32;
        let column = Rect::from_x_y_ranges(x..=x + (each - 1.0).max(1.0), plot.y_range());
        mesh.add_colored_rect(column, colors.raised);
        let height = plot.height() * *count as f32 / ribbon.num_tokens.max(1) as f32;
        let share = if layer < passed { 1.0 } else { 0.4 };
        let top = (column.bottom() - height).max(column.top());
        mesh.add_colored_rect(
            Rect::from_x_y_ranges(column.x_range(), top..=column.bottom()),
            fill.gamma_multiply(share),
        );
    }
    ui.painter().add(Shape::mesh(mesh));
    ui.painter().hline(plot.x_range(), plot.bottom(), Stroke::new(1.0, colors.line));
    let text = format!("{}/{}", ribbon.kept_at_end(), ribbon.num_tokens);
    ui.painter().text(rect.right_center(), Align2::RIGHT_CENTER, text, theme::regular(theme::CAPTION), colors.ink);
    response
}
