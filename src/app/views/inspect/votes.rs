//! Where strategies disagree: a row below the tokens with the entropy of their votes.

use egui::ComboBox;
use egui::Rect;
use egui::Sense;
use egui::Stroke;
use egui::Ui;
use egui::WidgetInfo;
use egui::accesskit::Role;

use crate::app::UiState;
use crate::app::View;
use crate::app::base::selection::Hovered;
use crate::app::views::inspect::columns::Columns;
use crate::app::views::inspect::match_state::MatchState;
use crate::app::views::inspect::ribbon::LEFT;
use crate::app::views::inspect::ribbon::RIGHT;
use crate::app::widgets::theme;
use crate::app::work::text_runs::TextSet;
use crate::engine::Fate;
use crate::engine::Ribbon;
use crate::figure::number;
use crate::project::EntryId;

/// Height of the row.
const HEIGHT: f32 = 20.0;

/// How the strategies vote on one token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Votes {
    /// Strategies that keep it.
    pub(crate) kept: usize,
    /// Strategies that vote.
    pub(crate) of: usize,
}

impl Votes {
    /// Entropy of the votes, in bits: 0 where all agree, 1 where they are split in half.
    pub(crate) fn entropy(self) -> f64 {
        let share = self.kept as f64 / self.of.max(1) as f64;
        let part = |share: f64| if share > 0.0 { -share * share.log2() } else { 0.0 };
        part(share) + part(1.0 - share)
    }
}

/// Whether a token is still there after so many layers: alive, or merged into a row that is.
fn is_kept(ribbon: &Ribbon, passed: usize, column: usize) -> bool {
    let Some(layer) = passed.min(ribbon.num_layers()).checked_sub(1) else { return true };
    ribbon.cell(layer, column).fate == Fate::Kept
}

/// The votes on a token after so many layers.
pub(crate) fn votes<'a>(ribbons: impl Iterator<Item = &'a Ribbon>, passed: usize, column: usize) -> Votes {
    ribbons.fold(Votes::default(), |votes, ribbon| Votes {
        kept: votes.kept + usize::from(is_kept(ribbon, passed, column)),
        of: votes.of + 1,
    })
}

/// Whether one strategy keeps a token that the other drops.
fn is_between(set: &TextSet, (keeps, drops): (EntryId, EntryId), passed: usize, column: usize) -> bool {
    let is_kept = |id: EntryId| Some(is_kept(&set.runs.get(&id)?.ribbon, passed, column));
    is_kept(keeps) == Some(true) && is_kept(drops) == Some(false)
}

/// The row; nothing for fewer than two strategies.
pub(crate) fn votes_ui(
    ui: &mut Ui,
    view: &View<'_>,
    (set, columns): (&TextSet, &Columns),
    (width, scale): (f32, f32),
    (state, choice): (&mut UiState, &MatchState),
) {
    let runs: Vec<&Ribbon> =
        view.project.enabled().filter_map(|entry| set.runs.get(&entry.id)).map(|run| &run.ribbon).collect();
    if runs.len() < 2 {
        return;
    }
    let passed = state.layer.min(set.num_layers);
    let (outer, response) = ui.allocate_exact_size(egui::vec2(width, HEIGHT), Sense::hover());
    let rect = Rect::from_min_max(outer.min + egui::vec2(LEFT, 0.0), outer.max - egui::vec2(RIGHT, 0.0));
    let place = |x: f32| rect.left() + x * scale - state.scroll;
    let painter = ui.painter_at(rect.expand(2.0));
    let colors = theme::colors(ui);
    let pair = choice.kept_by.zip(choice.dropped_by);
    let tokens = set.encoded.units.len();
    for index in columns.visible(egui::Rangef::new(state.scroll / scale, (state.scroll + rect.width()) / scale)) {
        let Some(column) = columns.get(index).filter(|_| index < tokens) else { continue };
        let cell = Rect::from_x_y_ranges(place(column.range.min)..=place(column.range.max) - 1.0, rect.y_range());
        let entropy = votes(runs.iter().copied(), passed, index).entropy();
        let bar = cell.with_min_y(cell.bottom() - narrow(entropy) * (HEIGHT - 4.0) - 1.0);
        ui.painter_at(rect).rect_filled(bar, 0.0, colors.warning);
        if pair.is_some_and(|pair| is_between(set, pair, passed, index)) {
            painter.rect_stroke(cell, 2.0, Stroke::new(2.0, colors.accent), egui::StrokeKind::Inside);
        }
    }
    let font = theme::regular(theme::CAPTION);
    ui.painter().text(outer.left_center(), egui::Align2::LEFT_CENTER, "split", font, colors.muted);
    let hovered = response.hover_pos().filter(|pos| rect.contains(*pos));
    let column = hovered.and_then(|pos| columns.at((pos.x - rect.left() + state.scroll) / scale));
    let disputed = (0..tokens).filter(|&column| votes(runs.iter().copied(), passed, column).entropy() > 0.0).count();
    let label =
        format!("Votes of {} strategies after layer {passed}: split over {disputed} of {tokens} tokens", runs.len());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, label.as_str()));
    match column.filter(|&column| column < tokens) {
        Some(column) => {
            state.hover.set(Hovered::Token(column));
            let votes = votes(runs.iter().copied(), passed, column);
            response.on_hover_text(format!(
                "{} of {} strategies keep it after layer {passed}; entropy {} bit\nMerged tokens count as gone: they live on in others",
                votes.kept,
                votes.of,
                number::rate(votes.entropy()),
            ));
        }
        None => drop(response.on_hover_text(label)),
    }
}

/// Two menus: tokens that one strategy keeps and another drops are marked in the row.
pub(crate) fn choice_ui(ui: &mut Ui, view: &View<'_>, choice: &mut MatchState) {
    let entries: Vec<EntryId> = view.project.enabled().map(|entry| entry.id).collect();
    if entries.len() < 2 {
        return;
    }
    let menu = |ui: &mut Ui, label: &str, chosen: &mut Option<EntryId>| {
        ui.label(label);
        *chosen = chosen.filter(|id| entries.contains(id));
        let text = chosen.map_or_else(|| "any".to_owned(), |id| view.project.name(id));
        let shown = ComboBox::from_id_salt(label).selected_text(text).show_ui(ui, |ui| {
            ui.selectable_value(chosen, None, "any");
            for &id in &entries {
                ui.selectable_value(chosen, Some(id), view.project.name(id));
            }
        });
        shown.response.accessible_name(label);
    };
    menu(ui, "Kept by", &mut choice.kept_by);
    menu(ui, "dropped by", &mut choice.dropped_by);
}

fn narrow(share: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "a share of a height")]
    let share = share as f32;
    share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entropy_of_votes_is_a_bit_where_they_are_split_in_half() {
        let entropy = |kept, of| Votes { kept, of }.entropy();
        assert_eq!((entropy(0, 6), entropy(6, 6)), (0.0, 0.0), "all agree");
        assert!((entropy(3, 6) - 1.0).abs() < 1e-12, "half of six");
        // -(1/4) log2(1/4) - (3/4) log2(3/4) = 0.5 + 0.311278…
        assert!((entropy(1, 4) - 0.811_278_124_459_132_8).abs() < 1e-12, "one of four");
    }
}
