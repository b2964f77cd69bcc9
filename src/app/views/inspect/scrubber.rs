//! Moves through the layers: a slider with one tick per layer, and a play button.

use egui::Align2;
use egui::Button;
use egui::Key;
use egui::Rect;
use egui::Sense;
use egui::Stroke;
use egui::Ui;
use egui::WidgetInfo;

use crate::app::UiCommand;
use crate::app::UiState;
use crate::app::View;
use crate::app::base::command::hint;
use crate::app::widgets::keys;
use crate::app::widgets::theme;

/// Widest distance between two ticks.
const TICK: f32 = 30.0;
/// Widths of what stands beside the track.
const PLAY: f32 = 52.0;
const ARROW: f32 = 32.0;
const STATE: f32 = 112.0;
/// The track is no shorter.
const TRACK: f32 = 88.0;

/// Draws the scrubber for so many layers; `beside` points of the row are left to others.
pub(crate) fn scrubber(ui: &mut Ui, view: &View<'_>, state: &mut UiState, (num_layers, beside): (usize, f32)) {
    let gaps = 5.0 * ui.spacing().item_spacing.x;
    let room = ui.available_width() - PLAY - 2.0 * ARROW - STATE - gaps - beside;
    let label = if state.playing.is_some() { "Pause" } else { "Play" };
    let play = ui.add(Button::new(label).min_size(egui::vec2(PLAY, 0.0)));
    if play.on_hover_text(hint(ui, UiCommand::Play)).clicked() {
        view.commands.send(UiCommand::Play);
    }
    if ui.button("◂").on_hover_text(hint(ui, UiCommand::PreviousLayer)).accessible_name("Previous layer").clicked() {
        view.commands.send(UiCommand::PreviousLayer);
    }
    track(ui, state, num_layers, room.max(TRACK));
    if ui.button("▸").on_hover_text(hint(ui, UiCommand::NextLayer)).accessible_name("Next layer").clicked() {
        view.commands.send(UiCommand::NextLayer);
    }
    let passed = state.layer.min(num_layers);
    let text = if passed == 0 { "before layer 1".to_owned() } else { format!("after layer {passed} of {num_layers}") };
    ui.add_sized([STATE, 20.0], egui::Label::new(text));
}

fn track(ui: &mut Ui, state: &mut UiState, num_layers: usize, room: f32) {
    let tick = TICK.min(300.0 / num_layers.max(1) as f32);
    let size = egui::vec2((tick * num_layers as f32 + 16.0).min(room), ui.spacing().interact_size.y);
    let (rect, mut response) = ui.allocate_exact_size(size, Sense::click_and_drag());
    let colors = theme::colors(ui);
    let (left, right) = (rect.left() + 8.0, rect.right() - 8.0);
    let x = |layer: usize| left + (right - left) * layer as f32 / num_layers.max(1) as f32;
    let passed = state.layer.min(num_layers);
    let mut chosen = passed;
    if let Some(pos) = response.interact_pointer_pos() {
        let share = ((pos.x - left) / (right - left)).clamp(0.0, 1.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of the layers")]
        {
            chosen = (share * num_layers as f32).round() as usize;
        }
    }
    if response.has_focus() {
        let lock = egui::EventFilter { horizontal_arrows: true, ..egui::EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, lock));
        for key in keys::plain_presses(ui) {
            chosen = match key {
                Key::ArrowRight => (chosen + 1).min(num_layers),
                Key::ArrowLeft => chosen.saturating_sub(1),
                Key::Home => 0,
                Key::End => num_layers,
                _ => chosen,
            };
        }
    }
    if chosen != passed {
        state.layer = chosen;
        state.playing = None;
        response.mark_changed();
    }
    response.widget_info(|| WidgetInfo::slider(true, chosen as f64, "Layer"));
    let y = rect.center().y;
    let painter = ui.painter();
    painter.hline(left..=right, y, Stroke::new(2.0, colors.line));
    painter.hline(left..=x(chosen), y, Stroke::new(2.0, colors.accent));
    for layer in 0..=num_layers {
        let ink = if layer <= chosen { colors.accent } else { colors.line };
        painter.vline(x(layer), y - 4.0..=y + 4.0, Stroke::new(1.5, ink));
    }
    let handle = Rect::from_center_size(egui::pos2(x(chosen), y), egui::vec2(14.0, 14.0));
    let edge = if response.has_focus() { Stroke::new(2.0, colors.ink) } else { Stroke::new(2.0, colors.ground) };
    painter.circle(handle.center(), 7.0, colors.accent, edge);
    if response.hovered() || response.dragged() {
        painter.text(
            handle.center_top() - egui::vec2(0.0, 1.0),
            Align2::CENTER_BOTTOM,
            chosen,
            theme::medium(theme::CAPTION),
            colors.ink,
        );
    }
    response.on_hover_text("How many layers have passed: the sentence and the ribbons show the state after them");
}
