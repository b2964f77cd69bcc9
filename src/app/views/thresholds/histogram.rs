//! One layer: its scores as bars, a line that can be dragged, and the number it stands for, which can be typed.

use egui::Align2;
use egui::CursorIcon;
use egui::DragValue;
use egui::Id;
use egui::Pos2;
use egui::Rect;
use egui::Sense;
use egui::Stroke;
use egui::StrokeKind;
use egui::Ui;
use egui::WidgetInfo;
use egui::accesskit::Role;

use crate::app::views::thresholds::bins;
use crate::app::views::thresholds::bins::Axis;
use crate::app::widgets::hatch::Hatch;
use crate::app::widgets::numbers;
use crate::app::widgets::theme;
use crate::app::widgets::theme::Colors;
use crate::evaluation::ScoredLayer;
use crate::evaluation::ScoredToken;
use crate::figure::number;
use crate::pruning::LayerValues;

/// Below the bars: ends of the axis.
const FOOT: f32 = 16.0;
/// Width of what can be grabbed of the line.
const GRIP: f32 = 14.0;
/// A line this close to a tenth of the tokens is drawn to it, in points.
const SNAP: f32 = 3.0;

/// The tokens of one group, told apart from all.
pub(crate) struct Overlay {
    /// Its color.
    pub(crate) color: egui::Color32,
    /// Whether each text of the sample belongs to it.
    pub(crate) members: Vec<bool>,
}

/// What a tile is drawn from.
pub(crate) struct Tile<'a> {
    /// Number of the layer, from 0.
    pub(crate) layer: usize,
    /// Its scores.
    pub(crate) scored: &'a ScoredLayer,
    /// Original tokens of the sample.
    pub(crate) tokens: usize,
    /// The list that decides; `None` where the strategy has none.
    pub(crate) values: Option<&'a LayerValues>,
    /// Groups.
    pub(crate) overlays: &'a [Overlay],
    /// Whether it is the layer in focus.
    pub(crate) is_chosen: bool,
    /// Height of the bars.
    pub(crate) height: f32,
}

/// What was done to a tile.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Done {
    /// Another number for the layer.
    pub(crate) value: Option<f64>,
    /// The number goes to every later layer too.
    pub(crate) copies: bool,
    /// The layer comes into focus.
    pub(crate) is_chosen: bool,
}

/// Draws one layer.
pub(crate) fn tile_ui(ui: &mut Ui, tile: &Tile<'_>, width: f32) -> Done {
    ui.allocate_ui(egui::vec2(width, 0.0), |ui| {
        ui.set_width(width);
        ui.vertical(|ui| {
            let mut done = head_ui(ui, tile);
            let bars = bars_ui(ui, tile, width);
            done.value = done.value.or(bars.value);
            done.is_chosen |= bars.is_chosen;
            done
        })
        .inner
    })
    .inner
}

/// The layer's number, and the value as a field.
fn head_ui(ui: &mut Ui, tile: &Tile<'_>) -> Done {
    let mut done = Done::default();
    ui.horizontal(|ui| {
        let name = ui.selectable_label(tile.is_chosen, format!("Layer {}", tile.layer + 1));
        done.is_chosen = name.on_hover_text("List this layer's tokens near the line at the right").clicked();
        let Some(values) = tile.values else { return };
        let Some(&value) = values.values.get(tile.layer) else { return };
        if values.are_thresholds() && tile.layer == 0 {
            ui.weak("keeps every token").on_hover_text("This method never removes in the first layer");
            return;
        }
        ui.label(if values.are_thresholds() { "stays from" } else { "keeps" });
        let (min, max) = values.range();
        let mut edited = value;
        let field = DragValue::new(&mut edited).range(min..=max).speed((max - min).min(value.abs().max(1e-4)) / 200.0);
        let field = field.max_decimals(8).custom_formatter(|value, _| number::significant(value));
        let field = ui.add(field);
        field.widget_info(|| {
            WidgetInfo::labeled(Role::SpinButton, true, format!("{} of layer {}", words(values), tile.layer + 1))
        });
        if field.on_hover_text(explanation(values)).changed() {
            done.value = Some(edited);
        }
        if tile.layer + 1 < values.values.len() {
            let copy = ui.small_button("→ all").on_hover_text("Copy this number to every later layer");
            done.copies = copy.clicked();
        }
    });
    done
}

fn words(values: &LayerValues) -> &'static str {
    if values.are_thresholds() { "Threshold" } else { "Retention" }
}

fn explanation(values: &LayerValues) -> &'static str {
    if values.are_thresholds() {
        "A token stays if its score in this layer is at least this. Drag the line or type a number"
    } else {
        "Kept ÷ original tokens after this layer, special ones counted; every text keeps its own best. Drag the line or type \
         a number. The line stands at the score that the middle one of the texts asks for"
    }
}

/// Bars, line and axis.
fn bars_ui(ui: &mut Ui, tile: &Tile<'_>, width: f32) -> Done {
    let (rect, response) = ui.allocate_exact_size(egui::vec2(width, tile.height + FOOT), Sense::click());
    let colors = theme::colors(ui);
    let plot = Rect::from_min_max(rect.min, Pos2::new(rect.right(), rect.top() + tile.height));
    let mut done = Done { is_chosen: response.clicked(), ..Done::default() };
    let scores = bins::sorted_scores(tile.scored);
    let line = line_of(tile);
    let label = describe(tile, line);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, label.as_str()));
    ui.painter().rect_stroke(plot, 2.0, Stroke::new(1.0, colors.line), StrokeKind::Inside);
    let Some(axis) = Axis::of(&scores, line) else {
        let text = "no scores in this layer";
        ui.painter().text(plot.center(), Align2::CENTER_CENTER, text, theme::regular(theme::CAPTION), colors.muted);
        return done;
    };
    paint_bars(ui, tile, axis, plot, &colors);
    paint_axis(ui, axis, plot, &colors);
    response.on_hover_text(label);
    if let Some(line) = line {
        done.value = line_ui(ui, tile, (axis, plot, line), &scores);
    }
    done
}

/// Where the line stands: at the threshold, or at the score that the middle one of the texts asks for.
fn line_of(tile: &Tile<'_>) -> Option<f64> {
    match tile.values {
        Some(values) if values.are_thresholds() && tile.layer > 0 => values.values.get(tile.layer).copied(),
        Some(values) if values.are_thresholds() => None,
        // Where nothing has to go the line stands at the lowest score, from where it can be dragged.
        Some(_) => tile
            .scored
            .median_needed()
            .map(f64::from)
            .or_else(|| tile.scored.tokens.iter().map(|token| f64::from(token.score)).min_by(f64::total_cmp)),
        None => tile.scored.median_needed().map(f64::from),
    }
}

fn describe(tile: &Tile<'_>, line: Option<f64>) -> String {
    let free = tile.scored.tokens.iter().filter(|token| !token.special);
    let (count, stay) = free.fold((0, 0), |(count, stay), token| (count + 1, stay + usize::from(token.kept)));
    let line = line.map_or(String::new(), |line| format!("; the line stands at {}", number::significant(line)));
    format!(
        "Scores of {} tokens in layer {}: {} stay{line}. {} of all original tokens are left after it",
        number::count(count),
        tile.layer + 1,
        number::count(stay),
        numbers::percent(tile.scored.retention),
    )
}

fn paint_bars(ui: &Ui, tile: &Tile<'_>, axis: Axis, plot: Rect, colors: &Colors) {
    let counts = bins::counts(axis, tile.scored.tokens.iter());
    let most = counts.iter().map(|[stay, go]| stay + go).max().unwrap_or(0).max(1) as f32;
    let width = plot.width() / bins::BINS as f32;
    let painter = ui.painter_at(plot);
    let mut hatch = Hatch::new(ui.ctx(), colors.hatch);
    for (bin, [stay, go]) in counts.into_iter().enumerate() {
        let x = plot.left() + bin as f32 * width;
        let top = |count: usize| plot.bottom() - count as f32 / most * (plot.height() - 6.0);
        let (middle, end) = (top(stay), top(stay + go));
        let bar = |from: f32, to: f32| Rect::from_min_max(Pos2::new(x, to), Pos2::new(x + width - 1.0, from));
        painter.rect_filled(bar(plot.bottom(), middle), 0.0, theme::ramp(colors, 0.62));
        if go > 0 {
            painter.rect_filled(bar(middle, end), 0.0, colors.raised);
            hatch.add(bar(middle, end));
        }
    }
    painter.add(hatch.into_mesh());
    for overlay in tile.overlays {
        paint_overlay(ui, tile.scored, overlay, (axis, plot));
    }
}

/// A group's distribution, as high as that of all at its highest bar, so that shapes compare.
fn paint_overlay(ui: &Ui, scored: &ScoredLayer, overlay: &Overlay, (axis, plot): (Axis, Rect)) {
    let is_member = |token: &&ScoredToken| overlay.members.get(token.text as usize).copied().unwrap_or(false);
    let counts = bins::counts(axis, scored.tokens.iter().filter(is_member)).map(|[stay, go]| stay + go);
    let most = counts.iter().copied().max().unwrap_or(0);
    if most == 0 {
        return;
    }
    let width = plot.width() / bins::BINS as f32;
    let mut points = Vec::with_capacity(2 * bins::BINS);
    for (bin, count) in counts.into_iter().enumerate() {
        let y = plot.bottom() - count as f32 / most as f32 * (plot.height() - 6.0);
        points.push(Pos2::new(plot.left() + bin as f32 * width, y));
        points.push(Pos2::new(plot.left() + (bin + 1) as f32 * width, y));
    }
    ui.painter_at(plot).line(points, Stroke::new(1.5, overlay.color));
}

fn paint_axis(ui: &Ui, axis: Axis, plot: Rect, colors: &Colors) {
    let font = theme::regular(theme::CAPTION);
    let (left, right) = (plot.left_bottom() + egui::vec2(0.0, 2.0), plot.right_bottom() + egui::vec2(0.0, 2.0));
    ui.painter().text(left, Align2::LEFT_TOP, number::significant(axis.low), font.clone(), colors.muted);
    ui.painter().text(
        right,
        Align2::RIGHT_TOP,
        format!("{} and more", number::significant(axis.high)),
        font,
        colors.muted,
    );
}

/// The line: dragged by the pointer, moved by arrow keys. What it asks for, if it was moved.
fn line_ui(ui: &Ui, tile: &Tile<'_>, (axis, plot, line): (Axis, Rect, f64), scores: &[f64]) -> Option<f64> {
    let colors = theme::colors(ui);
    let x = plot.left() + share(axis.share(line)) * plot.width();
    let grip = Rect::from_x_y_ranges(x - GRIP / 2.0..=x + GRIP / 2.0, plot.y_range());
    let id: Id = ui.scope_id().with(("threshold line", tile.layer));
    let values = tile.values;
    let response = ui.interact(grip, id, if values.is_some() { Sense::click_and_drag() } else { Sense::hover() });
    let is_hot = response.hovered() || response.dragged() || response.has_focus();
    let stroke =
        Stroke::new(if is_hot { 3.0 } else { 2.0 }, if values.is_some() { colors.accent } else { colors.muted });
    ui.painter().vline(x, plot.y_range(), stroke);
    let values = values?;
    ui.painter().circle_filled(Pos2::new(x, plot.top() + 6.0), 5.0, colors.accent);
    response.widget_info(|| {
        WidgetInfo::labeled(Role::Slider, true, format!("{} line of layer {}", words(values), tile.layer + 1))
    });
    let response = response.on_hover_cursor(CursorIcon::ResizeHorizontal);
    if response.dragged()
        && let Some(pointer) = response.interact_pointer_pos()
    {
        let place = |at: f32| f64::from((at - plot.left()) / plot.width());
        let decile = (0..=10).filter_map(|tenth| bins::quantile(scores, f64::from(tenth) / 10.0));
        let near = |score: &f64| (plot.left() + share(axis.share(*score)) * plot.width() - pointer.x).abs() <= SNAP;
        let score = decile.into_iter().find(near).unwrap_or_else(|| axis.score(place(pointer.x)));
        let value = bins::value_at(score, (tile.scored, tile.tokens), values);
        return (Some(&value) != values.values.get(tile.layer)).then_some(value);
    }
    if response.has_focus() {
        let filter = egui::EventFilter { horizontal_arrows: true, ..egui::EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        let steps = ui.input(|input| {
            let count = |key| f64::from(u16::try_from(input.num_presses(key)).unwrap_or(u16::MAX));
            count(egui::Key::ArrowRight) - count(egui::Key::ArrowLeft)
        });
        if steps != 0.0 {
            let score = axis.score(axis.share(line) + steps / 100.0);
            return Some(bins::value_at(score, (tile.scored, tile.tokens), values));
        }
    }
    None
}

fn share(value: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "a place on the screen")]
    let share = value as f32;
    share
}
