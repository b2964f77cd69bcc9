//! The tokens of a layer that lie nearest to the line: a small move changes what happens to them.

use egui::RichText;
use egui::ScrollArea;
use egui::Ui;

use crate::app::Request;
use crate::app::View;
use crate::app::views::thresholds::state::ThresholdsState;
use crate::app::views::thresholds::work::Found;
use crate::app::views::thresholds::work::ThresholdsWork;
use crate::app::widgets::section;
use crate::app::widgets::theme;
use crate::evaluation::ScoredLayer;
use crate::evaluation::ScoredToken;
use crate::figure::number;
use crate::figure::one_line;
use crate::figure::shortened;

/// Tokens that are listed.
const LISTED: usize = 24;
/// Letters around a token.
const AROUND: usize = 24;

/// Draws the list.
pub(crate) fn details_ui(ui: &mut Ui, view: &View<'_>, work: &ThresholdsWork, state: &ThresholdsState) {
    section::title(ui, "Near the line");
    let colors = theme::colors(ui);
    let Some(found) = work.found() else { return };
    let number = state.shown_layer(&found.scores);
    let Some(layer) = found.scores.layers.get(number) else { return };
    let Some(line) = layer.median_needed() else {
        let text = format!("Layer {} asks for no score: every token stays", number + 1);
        ui.label(RichText::new(text).color(colors.muted));
        return;
    };
    let what = if layer.threshold().is_some() { "the threshold" } else { "what the middle one of the texts asks for" };
    let text = format!(
        "Layer {}: tokens whose score is nearest to {}, {what}. A small move changes what happens to them",
        number + 1,
        number::significant(f64::from(line)),
    );
    ui.label(RichText::new(text).color(colors.muted));
    ui.add_space(4.0);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        for token in nearest(layer, line) {
            token_ui(ui, view, found, token);
        }
    });
}

/// The tokens of the text nearest to a line, the nearest first; those equally near as they come.
fn nearest(layer: &ScoredLayer, line: f32) -> Vec<ScoredToken> {
    let mut tokens: Vec<ScoredToken> = layer.tokens.iter().copied().filter(|token| !token.special).collect();
    tokens.sort_by(|one, other| (one.score - line).abs().total_cmp(&(other.score - line).abs()));
    tokens.truncate(LISTED);
    tokens
}

fn token_ui(ui: &mut Ui, view: &View<'_>, found: &Found, token: ScoredToken) {
    let Some(text) = found.texts.encoded.get(token.text as usize) else { return };
    let Some(unit) = text.units.get(token.position as usize) else { return };
    let piece = one_line(&text.label(unit)).into_owned();
    let fate = if token.kept { "stays" } else { "goes" };
    let line = format!("{piece}  {}  {fate}", number::significant(f64::from(token.score)));
    let around = around(text, token.position as usize);
    let row = found.texts.row(token.text as usize);
    let response = ui
        .add_enabled(row.is_some(), egui::Button::new(shortened(&line, 60)).frame(false))
        .on_hover_text(format!("{around}\nClick to see this text in Inspect"))
        .on_disabled_hover_text(around);
    if let Some(row) = row.filter(|_| response.clicked()) {
        view.commands.request(Request::ShowExample(row));
    }
}

/// The token among its neighbours.
fn around(text: &crate::input::Sequence, position: usize) -> String {
    let label = |index: usize| text.units.get(index).map(|unit| one_line(&text.label(unit)).into_owned());
    let words: Vec<String> = (position.saturating_sub(4)..position + 5)
        .filter_map(|index| {
            let label = label(index)?;
            Some(if index == position { format!("»{label}«") } else { label })
        })
        .collect();
    shortened(&words.join(" "), 8 * AROUND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_listed_by_their_distance_from_the_line() {
        let token =
            |position: u32, score: f32| ScoredToken { text: 0, position, score, kept: true, special: position == 0 };
        let tokens = vec![token(0, 0.5), token(1, 0.9), token(2, 0.45), token(3, 0.6), token(4, 0.6)];
        let layer = ScoredLayer { tokens, ..ScoredLayer::default() };
        let listed: Vec<u32> = nearest(&layer, 0.5).iter().map(|token| token.position).collect();
        assert_eq!(listed, [2, 3, 4, 1], "nearest first, special ones not at all");
    }
}
