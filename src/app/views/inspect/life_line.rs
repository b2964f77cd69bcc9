//! One token's score over the layers, and the threshold it met.

use egui::Align2;
use egui::Rect;
use egui::RichText;
use egui::Sense;
use egui::Stroke;
use egui::Ui;
use egui::WidgetInfo;
use egui::accesskit::Role;

use crate::app::views::inspect::cell_text;
use crate::app::widgets::marker;
use crate::app::widgets::numbers;
use crate::app::widgets::theme;
use crate::engine::Fate;
use crate::engine::Ribbon;
use crate::figure::palette::series_style;

/// Height of the plot.
const HEIGHT: f32 = 56.0;

/// Draws the life of the token in `column`; `layer` is marked.
pub(crate) fn life_line(ui: &mut Ui, id: &str, ribbon: &Ribbon, column: usize, layer: Option<usize>) {
    let has_scores = (0..ribbon.num_layers()).any(|at| ribbon.cell(at, column).score.is_some());
    if !has_scores {
        ui.label(RichText::new("computes no scores").font(theme::regular(theme::CAPTION)));
        return;
    }
    let (rect, response) = ui.allocate_exact_size(egui::vec2(ui.available_width(), HEIGHT), Sense::hover());
    let colors = theme::colors(ui);
    let plot = Rect::from_min_max(rect.min + egui::vec2(34.0, 4.0), rect.max - egui::vec2(4.0, 14.0));
    let scores: Vec<Option<f32>> = (0..ribbon.num_layers()).map(|at| ribbon.cell(at, column).score).collect();
    let thresholds: Vec<Option<f32>> = ribbon.layers.iter().map(|at| at.threshold).collect();
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, spoken(id, &scores)));
    let known = scores.iter().chain(&thresholds).flatten().filter(|value| value.is_finite());
    let (low, high) = known.fold((0.0_f32, f32::MIN), |(low, high), &value| (low.min(value), high.max(value)));
    let high = if high > low { high } else { low + 1.0 };
    ui.painter().hline(plot.x_range(), plot.bottom(), Stroke::new(1.0, colors.line));
    let x = |at: usize| plot.left() + plot.width() * (at as f32 + 0.5) / ribbon.num_layers() as f32;
    let y = |value: f32| plot.bottom() - plot.height() * (value - low) / (high - low);
    axis(ui, plot, (low, high), ribbon.num_layers());
    if let Some(layer) = layer {
        ui.painter().vline(x(layer), plot.y_range(), Stroke::new(1.0, colors.accent));
    }
    let ink = theme::color(series_style(id).stroke(colors.palette));
    for (at, threshold) in thresholds.iter().enumerate() {
        if let Some(value) = threshold.filter(|value| value.is_finite()) {
            let half = plot.width() * 0.5 / ribbon.num_layers() as f32;
            ui.painter().hline(x(at) - half..=x(at) + half, y(value), Stroke::new(1.5, colors.warning));
        }
    }
    for at in 1..scores.len() {
        if let (Some(from), Some(to)) = (scores[at - 1], scores[at]) {
            ui.painter()
                .line_segment([egui::pos2(x(at - 1), y(from)), egui::pos2(x(at), y(to))], Stroke::new(1.5, ink));
        }
    }
    for (at, score) in scores.iter().enumerate() {
        let Some(score) = score else { continue };
        let center = egui::pos2(x(at), y(*score));
        if ribbon.cell(at, column).fate == Fate::Kept {
            marker::paint(ui.painter(), center, 3.0, id, &colors);
        } else {
            // The last score it got: an open ring.
            ui.painter().circle(center, 4.0, colors.ground, Stroke::new(2.0, ink));
        }
    }
    response.on_hover_text(
        "Score of this token in each layer it entered (line) and the score it needed to stay (bars)\n\
         An open ring: it left here. For strategies that keep a fixed number, the bar is the lowest kept score",
    );
}

fn axis(ui: &Ui, plot: Rect, (low, high): (f32, f32), num_layers: usize) {
    let muted = theme::colors(ui).muted;
    let font = theme::regular(10.0);
    let number = |value: f32| numbers::significant(f64::from(value));
    ui.painter().text(plot.left_top() - egui::vec2(4.0, 0.0), Align2::RIGHT_TOP, number(high), font.clone(), muted);
    ui.painter().text(
        plot.left_bottom() - egui::vec2(4.0, 0.0),
        Align2::RIGHT_BOTTOM,
        number(low),
        font.clone(),
        muted,
    );
    let step = num_layers.div_ceil(12).max(1);
    for at in (0..num_layers).step_by(step) {
        let x = plot.left() + plot.width() * (at as f32 + 0.5) / num_layers as f32;
        ui.painter().text(egui::pos2(x, plot.bottom() + 2.0), Align2::CENTER_TOP, at + 1, font.clone(), muted);
    }
}

fn spoken(id: &str, scores: &[Option<f32>]) -> String {
    let values: Vec<String> =
        scores.iter().map(|score| score.map_or("none".to_owned(), cell_text::score_text)).collect();
    format!("{id}: scores by layer {}", values.join(", "))
}
