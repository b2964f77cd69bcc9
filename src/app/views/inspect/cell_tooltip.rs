//! What a hover over a cell says.

use egui::RichText;
use egui::Ui;

use crate::app::views::inspect::cell_text;
use crate::app::views::inspect::ribbon_view::RibbonView;
use crate::app::widgets::numbers;
use crate::app::widgets::theme;
use crate::app::widgets::unknown;
use crate::engine::Fate;

/// Token, layer, what happened, and the numbers behind it.
pub(crate) fn cell_tooltip(ui: &mut Ui, view: &RibbonView<'_>, layer: usize, column: usize) {
    let ribbon = &view.run.ribbon;
    let Some(info) = view.columns.get(column) else { return };
    let muted = theme::colors(ui).muted;
    let cell = ribbon.cell(layer, column);
    let summary = &ribbon.layers[layer];
    ui.label(RichText::new(format!("“{}”", info.label)).font(theme::medium(theme::BODY)));
    let fate = cell_text::fate(ribbon, view.columns, layer, column);
    ui.label(format!("layer {} of {}: {fate}", layer + 1, ribbon.num_layers()));
    if let Some(score) = cell.score {
        ui.label(format!("score {}, rank {} of {}", cell_text::score_text(score), cell.rank, summary.scored));
    }
    if let Some(margin) = cell_text::margin(&cell, summary.threshold) {
        let threshold = numbers::significant(f64::from(summary.threshold.unwrap_or(0.0)));
        ui.label(format!("threshold {threshold}, margin {}", signed(margin)));
    }
    if info.is_unknown {
        ui.label(RichText::new(unknown::HINT).font(theme::regular(theme::CAPTION)).color(theme::colors(ui).warning));
    }
    let hint = match cell.fate {
        Fate::Kept | Fate::Left | Fate::Merged(_) if cell.score.is_none() => "no score is computed in this layer",
        Fate::Kept | Fate::Left | Fate::Merged(_) => "click to pin",
        Fate::Gone => "",
    };
    if !hint.is_empty() {
        ui.label(RichText::new(hint).font(theme::regular(theme::CAPTION)).color(muted));
    }
}

/// With its sign, three significant digits.
pub(crate) fn signed(value: f32) -> String {
    let text = numbers::significant(f64::from(value.abs()));
    if value < 0.0 { format!("−{text}") } else { format!("+{text}") }
}
