//! One text under several strategies → survival ribbons.

use crate::evaluation::InspectedRun;
use crate::evaluation::Inspection;

use super::super::describe::Body;
use super::super::describe::Fate;
use super::super::describe::Figure;
use super::super::describe::Provenance;
use super::super::describe::Ribbon;
use super::super::describe::RibbonCell;
use super::super::describe::RibbonToken;
use super::super::describe::Ribbons;
use super::super::number;

/// Draws the ribbons of an inspection as the window shows them.
#[must_use]
pub fn ribbon_figure(inspection: &Inspection, provenance: Provenance) -> Figure {
    let encoded = &inspection.encoded;
    let tokens = encoded.tokens.iter().map(|token| {
        let source = encoded.source(token);
        let text = if token.special || source.is_empty() { token.piece.as_str() } else { source };
        RibbonToken { text: text.to_owned(), special: token.special }
    });
    let body = Body::Ribbons(Ribbons {
        tokens: tokens.collect(),
        ribbons: inspection.strategies.iter().map(|run| ribbon(inspection, run)).collect(),
    });
    Figure {
        title: "Which tokens survive, layer by layer".to_owned(),
        subtitle: format!("“{}”", encoded.text),
        body,
        caption: "Rows are layers, columns are tokens. Fill: rank of the token's importance within its layer. \
                  Thick lower edge: the layer where a token left. Hatched: gone."
            .to_owned(),
        provenance,
    }
}

fn ribbon(inspection: &Inspection, run: &InspectedRun) -> Ribbon {
    let dense = &inspection.dense;
    let class = |index: usize| inspection.model.labels.get(index).cloned().unwrap_or_else(|| format!("class {index}"));
    let share = |run: &InspectedRun, class: usize| run.probabilities.get(class).copied().unwrap_or_default();
    let saved = dense.macs as f64 / run.macs.max(1) as f64;
    let kept = run.trace.layers.last().map_or(0, |layer| layer.alive);
    let differs = run.prediction != dense.prediction;
    let summary = format!(
        "kept {kept}/{} · FLOPs {} · {} {:.2} (dense: {} {:.2})",
        run.trace.num_tokens,
        number::reduction(saved),
        class(run.prediction),
        share(run, run.prediction),
        class(dense.prediction),
        share(dense, dense.prediction),
    );
    let spec = &run.spec;
    let dial = spec.info().dial.as_ref().and_then(|dial| Some(format!(" · {} {}", dial.key, spec.get(dial.key)?)));
    Ribbon {
        id: spec.id().to_owned(),
        name: format!("{}{}", spec.id(), dial.unwrap_or_default()),
        summary,
        differs,
        spec: spec.to_string(),
        layers: (0..run.trace.layers.len()).map(|layer| fates(run, layer)).collect(),
    }
}

/// What happened to each original token in one layer.
///
/// Shape: `[n0]`. Rows made new by fusing are left out.
#[must_use]
pub fn fates(run: &InspectedRun, layer: usize) -> Vec<RibbonCell> {
    let gone = RibbonCell { fate: Fate::Gone, rank: None, score: None };
    let mut cells = vec![gone; run.trace.num_tokens];
    let Some(trace) = run.trace.layers.get(layer) else { return cells };
    let ranks = rank_shares(&trace.importance);
    for (row, position) in trace.attended.iter().enumerate() {
        if let Some(cell) = cells.get_mut(*position as usize) {
            let score = trace.importance.get(row).filter(|score| score.is_finite()).map(|score| f64::from(*score));
            *cell = RibbonCell { fate: Fate::Left, rank: ranks.get(row).copied().flatten(), score };
        }
    }
    for position in &trace.kept {
        if let Some(cell) = cells.get_mut(*position as usize) {
            cell.fate = Fate::Kept;
        }
    }
    for position in trace.merged.iter().flat_map(|group| &group.from) {
        if let Some(cell) = cells.get_mut(*position as usize) {
            cell.fate = Fate::Merged;
        }
    }
    cells
}

/// Each score's place among all: 1 the highest, 0 the lowest; equal scores share the better place; 0.5 for a single
/// score; `None` for what is not a number.
///
/// Shape: `[tokens]` → `[tokens]`.
#[must_use]
pub fn rank_shares(scores: &[f32]) -> Vec<Option<f64>> {
    let mut falling: Vec<f32> = scores.iter().copied().filter(|score| score.is_finite()).collect();
    falling.sort_by(|one, other| other.total_cmp(one));
    let others = falling.len().saturating_sub(1);
    let share = |score: &f32| {
        let above = falling.partition_point(|other| other > score);
        if others == 0 { 0.5 } else { 1.0 - above as f64 / others as f64 }
    };
    scores.iter().map(|score| score.is_finite().then(|| share(score))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_run_from_zero_to_one_and_ties_share_the_better_place() {
        assert_eq!(rank_shares(&[0.3, 0.1, 0.2]), [Some(1.0), Some(0.0), Some(0.5)], "distinct scores");
        // One of the three others is above the tied two: 1 - 1/3.
        let tied = Some(1.0 - 1.0 / 3.0);
        assert_eq!(rank_shares(&[0.1, 0.2, 0.2, 0.9]), [Some(0.0), tied, tied, Some(1.0)], "a tie");
        assert_eq!(rank_shares(&[7.0, f32::NAN]), [Some(0.5), None], "alone, and not a number");
        assert!(rank_shares(&[]).is_empty(), "none");
    }
}
