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
            let score = trace.importance.get(row).map(|score| f64::from(*score));
            *cell = RibbonCell { fate: Fate::Left, rank: ranks.get(row).copied(), score };
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

/// Each score's place among all: 0 the lowest, 1 the highest, ties share the middle; 0.5 for a single score.
///
/// Shape: `[tokens]` → `[tokens]`.
#[must_use]
pub fn rank_shares(scores: &[f32]) -> Vec<f64> {
    let mut sorted: Vec<f32> = scores.to_vec();
    sorted.sort_by(f32::total_cmp);
    let others = scores.len().saturating_sub(1);
    let share = |score: &f32| {
        let below = sorted.partition_point(|other| other.total_cmp(score).is_lt());
        let not_above = sorted.partition_point(|other| other.total_cmp(score).is_le());
        // `below..not_above` are the ties, itself included: their middle place.
        if others == 0 { 0.5 } else { (below + not_above - 1) as f64 / 2.0 / others as f64 }
    };
    scores.iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_run_from_zero_to_one_and_ties_share_the_middle() {
        assert_eq!(rank_shares(&[0.3, 0.1, 0.2]), [1.0, 0.0, 0.5], "distinct scores");
        // Places 0, 1, 2, 3: the tied two take 1 and 2, the middle is 1.5 of 3.
        assert_eq!(rank_shares(&[0.1, 0.2, 0.2, 0.9]), [0.0, 0.5, 0.5, 1.0], "a tie");
        assert_eq!(rank_shares(&[7.0]), [0.5], "alone");
        assert!(rank_shares(&[]).is_empty(), "none");
    }
}
