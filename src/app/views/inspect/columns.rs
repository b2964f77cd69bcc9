//! Where each token's column lies: shared by every ribbon, so that the eye compares strategies by looking down.

use std::sync::Arc;

use egui::Rangef;
use egui::Ui;

use crate::app::widgets::theme;
use crate::app::work::text_runs::TextKey;
use crate::app::work::text_runs::TextSet;
use crate::engine;
use crate::figure::one_line;
use crate::input::Sequence;
use crate::input::Unit;

/// No column is narrower.
const MIN_WIDTH: f32 = 18.0;
/// Nor wider; longer pieces are cut.
const MAX_WIDTH: f32 = 168.0;
/// Left and right of the text.
const PADDING: f32 = 5.0;
/// Between words with a space between them; pieces of a word touch.
const WORD_GAP: f32 = 4.0;
/// Between words without a space between them: `wasn`, `'`, `t`.
const TOUCHING_GAP: f32 = 1.0;
/// Around special tokens and before fused ones.
const WIDE_GAP: f32 = 7.0;

/// What the columns depend on: text and model, fused columns, scale of the screen.
type Key = (TextKey, usize, u32);

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    /// What stands above it.
    pub(crate) label: String,
    /// Where it lies, from the left end of the text.
    pub(crate) range: Rangef,
    /// Added by the tokenizer.
    pub(crate) is_special: bool,
    /// A placeholder for what the vocabulary lacks.
    pub(crate) is_unknown: bool,
    /// Not a token of the text but a row a strategy made.
    pub(crate) is_fused: bool,
    /// It goes on the word of the column before it.
    pub(crate) is_continued: bool,
}

/// All columns of a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Columns {
    columns: Vec<Column>,
    width: f32,
}

impl Columns {
    /// Measures the tokens; remembered until the text or the scale of the screen changes.
    pub(crate) fn of(ui: &Ui, set: &TextSet) -> Arc<Self> {
        let extra = set.runs.values().map(|run| run.ribbon.num_columns).max().unwrap_or(0);
        let extra = extra.saturating_sub(set.encoded.units.len());
        let key = (set.key, extra, ui.pixels_per_point().to_bits());
        let id = egui::Id::unique("token columns");
        let known = ui.data(|data| data.get_temp::<(Key, Arc<Self>)>(id)).filter(|(have, _)| *have == key);
        if let Some((_, columns)) = known {
            return columns;
        }
        let columns = Arc::new(Self::measure(ui, &set.encoded, extra));
        ui.data_mut(|data| data.insert_temp(id, (key, Arc::clone(&columns))));
        columns
    }

    fn measure(ui: &Ui, encoded: &Sequence, extra: usize) -> Self {
        let width = |label: &str| {
            let galley =
                ui.painter().layout_no_wrap(label.to_owned(), theme::regular(theme::BODY), egui::Color32::PLACEHOLDER);
            (galley.size().x + 2.0 * PADDING).clamp(MIN_WIDTH, MAX_WIDTH).ceil()
        };
        let tokens = &encoded.units;
        let mut columns: Vec<Column> = Vec::with_capacity(tokens.len() + extra);
        let mut at = 0.0;
        for (index, token) in tokens.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|before| tokens.get(before));
            let is_continued = before.is_some_and(|before| continues(before, token));
            at += gap(before, token, is_continued);
            let is_unknown = token.is_unknown();
            let label = one_line(&encoded.label(token)).into_owned();
            let range = Rangef::new(at, at + width(&label));
            at = range.max;
            columns.push(Column {
                label,
                range,
                is_special: token.special,
                is_unknown,
                is_fused: false,
                is_continued: is_continued && !is_unknown,
            });
        }
        for number in 0..extra {
            at += if number == 0 { WIDE_GAP } else { WORD_GAP };
            let label = engine::fused_label(number, extra);
            let range = Rangef::new(at, at + width(&label));
            at = range.max;
            columns.push(Column {
                label,
                range,
                is_special: false,
                is_unknown: false,
                is_fused: true,
                is_continued: false,
            });
        }
        Self { columns, width: at }
    }

    /// Number of columns.
    pub(crate) fn len(&self) -> usize {
        self.columns.len()
    }

    /// One column.
    pub(crate) fn get(&self, column: usize) -> Option<&Column> {
        self.columns.get(column)
    }

    /// Where the last one ends.
    pub(crate) fn width(&self) -> f32 {
        self.width
    }

    /// The columns that touch a range.
    pub(crate) fn visible(&self, range: Rangef) -> std::ops::Range<usize> {
        let first = self.columns.partition_point(|column| column.range.max < range.min);
        let last = self.columns.partition_point(|column| column.range.min <= range.max);
        first..last.max(first)
    }

    /// The column at a place, gaps belonging to the column before them.
    pub(crate) fn at(&self, x: f32) -> Option<usize> {
        let index = self.columns.partition_point(|column| column.range.min <= x).checked_sub(1)?;
        (x <= self.columns[index].range.max + WORD_GAP).then_some(index)
    }
}

#[cfg(test)]
impl Columns {
    /// Columns of 20 points each.
    pub(crate) fn for_tests(labels: &[&str]) -> Self {
        let mut columns = Vec::new();
        let mut at = 0.0;
        for label in labels {
            let range = Rangef::new(at, at + 20.0);
            at += 20.0;
            columns.push(Column {
                label: (*label).to_owned(),
                range,
                is_special: false,
                is_unknown: false,
                is_fused: false,
                is_continued: false,
            });
        }
        Self { columns, width: at }
    }
}

fn gap(before: Option<&Unit>, token: &Unit, is_continued: bool) -> f32 {
    match before {
        None => 0.0,
        Some(_) if is_continued => 0.0,
        Some(before) if before.special || token.special => WIDE_GAP,
        Some(before) if before.bytes().end == token.bytes().start => TOUCHING_GAP,
        Some(_) => WORD_GAP,
    }
}

fn continues(before: &Unit, token: &Unit) -> bool {
    token.group.is_some() && before.group == token.group
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(ranges: &[(f32, f32)]) -> Columns {
        let column = |&(min, max): &(f32, f32)| Column {
            label: "x".to_owned(),
            range: Rangef::new(min, max),
            is_special: false,
            is_unknown: false,
            is_fused: false,
            is_continued: false,
        };
        Columns { columns: ranges.iter().map(column).collect(), width: ranges.last().map_or(0.0, |range| range.1) }
    }

    #[test]
    fn only_columns_in_sight_are_visible() {
        let columns = columns(&[(0.0, 20.0), (23.0, 50.0), (50.0, 70.0), (73.0, 90.0)]);
        assert_eq!(columns.visible(Rangef::new(30.0, 60.0)), 1..3, "the second and third");
        assert_eq!(columns.visible(Rangef::new(-10.0, 200.0)), 0..4, "all");
        assert_eq!(columns.visible(Rangef::new(300.0, 400.0)), 4..4, "none");
    }

    #[test]
    fn a_place_belongs_to_the_column_before_it() {
        let columns = columns(&[(0.0, 20.0), (23.0, 50.0)]);
        assert_eq!(columns.at(21.0), Some(0), "the gap belongs to the first");
        assert_eq!(columns.at(23.0), Some(1), "the second begins");
        assert_eq!(columns.at(-1.0), None, "left of the text");
        assert_eq!(columns.at(60.0), None, "right of the text");
    }
}
