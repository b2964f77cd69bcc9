//! What lies over the window: shortcuts, about, the drop zone.

use egui::Align2;
use egui::Color32;
use egui::Context;
use egui::Id;
use egui::LayerId;
use egui::Modal;
use egui::Order;
use egui::RichText;
use egui::Ui;

use crate::app::UiCommand;
use crate::app::UiState;
use crate::app::View;
use crate::app::files::Openable;
use crate::app::theme;

/// All overlays.
pub(crate) fn overlays_ui(ctx: &Context, _view: &View<'_>, state: &mut UiState) {
    if state.show_shortcuts {
        let modal = Modal::new(Id::unique("shortcuts")).show(ctx, shortcuts);
        state.show_shortcuts = !(modal.should_close() || modal.inner);
    }
    if state.show_about {
        let modal = Modal::new(Id::unique("about")).show(ctx, about);
        state.show_about = !(modal.should_close() || modal.inner);
    }
    drop_zone(ctx);
}

/// Keys that widgets handle themselves and that therefore are no commands.
const WIDGET_KEYS: [(&str, &str); 4] = [
    ("Arrows, on a ribbon", "Move the cell cursor"),
    ("Enter, on a ribbon", "Pin the token"),
    ("Tab", "Next control"),
    ("Scroll with Shift", "Move long texts sideways"),
];

fn shortcuts(ui: &mut Ui) -> bool {
    ui.set_width(560.0);
    ui.heading("Keyboard shortcuts");
    ui.add_space(8.0);
    let commands: Vec<UiCommand> =
        UiCommand::ALL.into_iter().filter(|command| !command.shortcuts().is_empty()).collect();
    let half = (commands.len() + WIDGET_KEYS.len()).div_ceil(2);
    let mut rows: Vec<(String, &str)> = commands
        .iter()
        .map(|command| {
            let keys: Vec<String> =
                command.shortcuts().iter().map(|shortcut| ui.ctx().format_shortcut(shortcut)).collect();
            (keys.join("  or  "), command.label().trim_end_matches('…'))
        })
        .collect();
    rows.extend(WIDGET_KEYS.map(|(keys, label)| (keys.to_owned(), label)));
    ui.columns(2, |columns| {
        for (column, part) in columns.iter_mut().zip(rows.chunks(half)) {
            egui::Grid::new("keys").num_columns(2).spacing([16.0, 6.0]).show(column, |ui| {
                for (keys, label) in part {
                    ui.label(RichText::new(keys).color(theme::colors(ui).muted));
                    ui.label(*label);
                    ui.end_row();
                }
            });
        }
    });
    close_button(ui)
}

fn about(ui: &mut Ui) -> bool {
    ui.set_width(440.0);
    ui.heading("prunescope");
    ui.label(format!("Version {}", env!("CARGO_PKG_VERSION")));
    ui.add_space(8.0);
    ui.label("A lab for token pruning in transformers: which tokens each strategy keeps, what that saves, and whom it hurts.");
    ui.add_space(8.0);
    ui.label(RichText::new("Private by design").font(theme::medium(theme::BODY)));
    ui.label("No network access, no telemetry, no account. Models, texts and results stay on this machine.");
    ui.add_space(8.0);
    ui.label(RichText::new("Licences").font(theme::medium(theme::BODY)));
    ui.label("prunescope: MIT or Apache-2.0, as you choose. Roboto: Apache-2.0. The sample model's licence is in its model card.");
    close_button(ui)
}

fn close_button(ui: &mut Ui) -> bool {
    ui.add_space(12.0);
    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| ui.button("Close").clicked()).inner
}

fn drop_zone(ctx: &Context) {
    let hint = ctx.input(|input| {
        let file = input.raw.hovered_files.first()?;
        let path = file.path.as_ref();
        Some(path.map_or("Drop to open", |path| {
            Openable::by_name(path).map_or("prunescope cannot open this", Openable::drop_hint)
        }))
    });
    let Some(hint) = hint else { return };
    let rect = ctx.content_rect();
    let painter = ctx.layer_painter(LayerId::new(Order::Foreground, Id::unique("drop zone")));
    painter.rect_filled(rect, 0.0, Color32::from_black_alpha(150));
    painter.text(rect.center(), Align2::CENTER_CENTER, hint, theme::medium(20.0), Color32::WHITE);
}
