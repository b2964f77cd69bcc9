//! Cells in words: for screen readers, tooltips and the details panel.

use crate::app::views::inspect::columns::Columns;
use crate::app::widgets::numbers;
use crate::engine::Cell;
use crate::engine::Fate;
use crate::engine::Removal;
use crate::engine::Ribbon;

/// `kept`, `removed here`, `merged into "hoped"`, `gone`.
pub(crate) fn fate(ribbon: &Ribbon, columns: &Columns, layer: usize, column: usize) -> String {
    let cell = ribbon.cell(layer, column);
    match cell.fate {
        Fate::Kept => "kept".to_owned(),
        Fate::Left if ribbon.removal == Removal::Masked => "masked".to_owned(),
        Fate::Left => "removed".to_owned(),
        Fate::Merged(into) => {
            let name = columns.get(into as usize).map_or("another token", |column| column.label.as_str());
            format!("merged into '{name}'")
        }
        Fate::Gone => gone(ribbon, layer, column),
    }
}

fn gone(ribbon: &Ribbon, layer: usize, column: usize) -> String {
    match ribbon.left_in(column) {
        Some(left) if left < layer => format!("gone since layer {}", left + 1),
        _ if ribbon.never_entered.get(column).copied().unwrap_or(true) => "left out before the first layer".to_owned(),
        _ => "not there".to_owned(),
    }
}

/// One cell for a screen reader: `layer 5, 'not', removed, score 0.12`.
pub(crate) fn accessible(ribbon: &Ribbon, columns: &Columns, layer: usize, column: usize) -> String {
    let name = columns.get(column).map_or("", |column| column.label.as_str());
    let mut text = format!("layer {}, '{name}', {}", layer + 1, fate(ribbon, columns, layer, column));
    if let Some(score) = ribbon.cell(layer, column).score {
        text += ", score ";
        text += &score_text(score);
    }
    text
}

/// A score with three significant digits.
pub(crate) fn score_text(score: f32) -> String {
    numbers::significant(f64::from(score))
}

/// Score minus threshold, where there are both.
pub(crate) fn margin(cell: &Cell, threshold: Option<f32>) -> Option<f32> {
    Some(cell.score? - threshold?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::LayerTrace;
    use crate::engine::Trace;

    #[test]
    fn a_removed_cell_says_layer_word_fate_and_score() {
        let layer = |attended: &[u32], importance: &[f32], kept: &[u32]| LayerTrace {
            rows_attention: attended.len(),
            rows_feed_forward: kept.len(),
            alive: kept.len(),
            attended: attended.to_vec(),
            importance: importance.to_vec(),
            kept: kept.to_vec(),
            ..LayerTrace::default()
        };
        let trace = Trace {
            num_tokens: 2,
            input: vec![0, 1],
            layers: vec![layer(&[0, 1], &[0.5, 0.12], &[0]), layer(&[0], &[0.5], &[0])],
            ..Trace::default()
        };
        let ribbon = Ribbon::new(&trace);
        let columns = Columns::for_tests(&["[CLS]", "not"]);
        assert_eq!(accessible(&ribbon, &columns, 0, 1), "layer 1, 'not', removed, score 0.120", "where it leaves");
        assert_eq!(accessible(&ribbon, &columns, 1, 1), "layer 2, 'not', gone since layer 1", "and after");
        assert_eq!(accessible(&ribbon, &columns, 1, 0), "layer 2, '[CLS]', kept, score 0.500", "what stays");
    }
}
