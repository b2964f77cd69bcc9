//! What lies over the window: shortcuts, about, the drop zone.

use egui::Align2;
use egui::Color32;
use egui::Context;
use egui::Id;
use egui::LayerId;
use egui::Modal;
use egui::Order;
use egui::RichText;
use egui::Stroke;
use egui::Ui;
use egui::WidgetInfo;
use egui::accesskit::Role;

use crate::app::UiCommand;
use crate::app::UiState;
use crate::app::View;
use crate::app::widgets::scroll_area;
use crate::app::widgets::theme;
use crate::app::work::paths::Openable;

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
const WIDGET_KEYS: [(&str, &str); 5] = [
    ("Tab", "Next control"),
    ("Shift+Tab", "Previous control"),
    ("Arrows, on a ribbon", "Move the cell cursor"),
    ("Enter, on a ribbon", "Pin the token"),
    ("Shift and wheel", "Move long texts sideways"),
];

/// Widest sheet; with less than two columns' room there is one.
const SHEET: f32 = 660.0;
const COLUMN: f32 = 300.0;
/// Around and between the columns.
const GUTTER: f32 = 32.0;

/// Every shortcut: the name at the left, its keys at the right, in as many columns as fit.
fn shortcuts(ui: &mut Ui) -> bool {
    let window = ui.ctx().content_rect().size();
    let width = SHEET.min(window.x - 64.0);
    ui.set_width(width);
    ui.heading("Keyboard shortcuts");
    ui.add_space(8.0);
    let rows = shortcut_rows(ui);
    let columns = if width >= 2.0 * COLUMN + GUTTER { 2 } else { 1 };
    let area = egui::ScrollArea::vertical().max_height((window.y - 160.0).max(80.0)).auto_shrink([false, true]);
    scroll_area::show(ui, area, |ui| {
        ui.spacing_mut().item_spacing.x = GUTTER;
        ui.columns(columns, |columns| {
            let half = rows.len().div_ceil(columns.len());
            for (column, part) in columns.iter_mut().zip(rows.chunks(half)) {
                for (keys, label) in part {
                    shortcut_row(column, label, keys);
                }
            }
        });
    });
    close_button(ui)
}

/// Keys and what they do.
fn shortcut_rows(ui: &Ui) -> Vec<(Vec<String>, &'static str)> {
    let commands = UiCommand::all().into_iter().filter(|command| !command.shortcuts().is_empty());
    let keys = |command: UiCommand| {
        command.shortcuts().iter().map(|shortcut| ui.ctx().format_shortcut(shortcut)).collect::<Vec<_>>()
    };
    let commands = commands.map(|command| (keys(command), command.label().trim_end_matches('…')));
    commands.chain(WIDGET_KEYS.map(|(keys, label)| (vec![keys.to_owned()], label))).collect()
}

/// One command. Keys that do not fit beside the name go on the line below it.
fn shortcut_row(ui: &mut Ui, label: &str, keys: &[String]) {
    let colors = theme::colors(ui);
    let font = theme::regular(theme::BODY);
    let name = ui.painter().layout_no_wrap(label.to_owned(), font.clone(), colors.ink);
    let keys = ui.painter().layout_no_wrap(keys.join("  or  "), font, colors.muted);
    let fits = name.size().x + keys.size().x + 12.0 <= ui.available_width();
    let line = name.size().y + 5.0;
    let size = egui::vec2(ui.available_width(), if fits { line } else { 2.0 * line });
    let (rect, response) = ui.allocate_exact_size(size, egui::Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{label}: {}", keys.text())));
    ui.painter().hline(rect.x_range(), rect.bottom(), Stroke::new(1.0, colors.grid));
    let from_right = egui::pos2(rect.right() - keys.size().x, rect.bottom() - line + 2.0);
    ui.painter().galley(rect.min + egui::vec2(0.0, 2.0), name, colors.ink);
    ui.painter().galley(from_right, keys, colors.muted);
}

fn about(ui: &mut Ui) -> bool {
    ui.set_width(440.0_f32.min(ui.ctx().content_rect().width() - 64.0));
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
