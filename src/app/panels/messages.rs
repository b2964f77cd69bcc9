//! Toasts in the corner, and the list behind the status bar's button.

use egui::Align2;
use egui::Area;
use egui::Context;
use egui::Frame;
use egui::Id;
use egui::Margin;
use egui::Order;
use egui::RichText;
use egui::ScrollArea;
use egui::Stroke;
use egui::Ui;

use crate::app::Request;
use crate::app::UiState;
use crate::app::View;
use crate::app::widgets::theme;
use crate::app::work::messages::Level;
use crate::app::work::messages::Message;

/// At most this many float at once; the others are in the list.
const FLOATING: usize = 4;
/// Width of a message in the corner.
const TOAST: f32 = 380.0;

/// Toasts and, if asked for, the list.
pub(crate) fn messages_ui(ctx: &Context, view: &View<'_>, state: &mut UiState) {
    toasts(ctx, view);
    let mut open = state.show_messages;
    if open {
        let window = egui::Window::new("Messages")
            .open(&mut open)
            .collapsible(false)
            .default_size([440.0_f32.min(ctx.content_rect().width() - 48.0), 320.0])
            .anchor(Align2::RIGHT_BOTTOM, [-16.0, -44.0]);
        window.show(ctx, |ui| message_list(ui, view));
        state.show_messages = open;
    }
}

fn toasts(ctx: &Context, view: &View<'_>) {
    let width = TOAST.min(ctx.content_rect().width() - 32.0);
    let floating: Vec<&Message> = view.session.messages.toasts().collect();
    if floating.is_empty() {
        return;
    }
    let skipped = floating.len().saturating_sub(FLOATING);
    Area::new(Id::unique("toasts")).order(Order::Foreground).anchor(Align2::RIGHT_BOTTOM, [-16.0, -44.0]).show(
        ctx,
        |ui| {
            ui.set_max_width(width);
            for message in &floating[skipped..] {
                toast(ui, view, message, width);
            }
        },
    );
}

fn toast(ui: &mut Ui, view: &View<'_>, message: &Message, width: f32) {
    let colors = theme::colors(ui);
    let (ground, edge) = match message.level {
        Level::Info => (colors.ground, colors.line),
        Level::Warning => (colors.warning_ground, colors.warning),
        Level::Error => (colors.error_ground, colors.error),
    };
    let frame = Frame::new()
        .fill(ground)
        .stroke(Stroke::new(1.0, edge))
        .corner_radius(6)
        .inner_margin(Margin::symmetric(12, 8))
        .shadow(ui.visuals().popup_shadow);
    frame.show(ui, |ui| {
        ui.set_width(width - 24.0);
        ui.horizontal_top(|ui| {
            let ink = if message.level == Level::Info { colors.ink } else { edge };
            ui.label(RichText::new(message.level.word()).font(theme::medium(theme::BODY)).color(ink));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Min), |ui| {
                if ui.add(egui::Button::new("Dismiss").small()).clicked() {
                    view.commands.request(Request::DismissToast(message.id));
                }
            });
        });
        ui.add(egui::Label::new(&message.text).wrap());
        if !message.advice.is_empty() {
            ui.add(egui::Label::new(RichText::new(&message.advice).color(colors.muted)).wrap());
        }
    });
    ui.add_space(4.0);
}

fn message_list(ui: &mut Ui, view: &View<'_>) {
    let messages = view.session.messages.list();
    if messages.is_empty() {
        ui.weak("Nothing has been said yet");
        return;
    }
    ScrollArea::vertical().max_height(260.0).auto_shrink([false, true]).show(ui, |ui| {
        for message in messages.iter().rev() {
            ui.horizontal_top(|ui| {
                let colors = theme::colors(ui);
                let ink = match message.level {
                    Level::Info => colors.muted,
                    Level::Warning => colors.warning,
                    Level::Error => colors.error,
                };
                ui.label(RichText::new(message.level.word()).color(ink));
                ui.vertical(|ui| {
                    ui.add(egui::Label::new(&message.text).wrap().selectable(true));
                    if !message.advice.is_empty() {
                        ui.add(egui::Label::new(RichText::new(&message.advice).color(colors.muted)).wrap());
                    }
                });
            });
            ui.separator();
        }
    });
    ui.horizontal(|ui| {
        if ui.button("Clear list").clicked() {
            view.commands.request(Request::ClearMessages);
        }
        if ui.button("Copy all").clicked() {
            let lines: Vec<String> =
                messages.iter().map(|message| format!("{}: {}", message.level.word(), message.text)).collect();
            ui.ctx().copy_text(lines.join("\n"));
        }
    });
}
