//! One text under several strategies → survival ribbons, from the grid that the window draws too.

use crate::evaluation;
use crate::evaluation::Answer;
use crate::evaluation::InspectedRun;
use crate::evaluation::Inspection;
use crate::evaluation::fused_label;
use crate::evaluation::left_label;

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
    let grids: Vec<evaluation::Ribbon> =
        inspection.strategies.iter().map(|run| evaluation::Ribbon::new(&run.trace)).collect();
    let drawn = inspection.strategies.iter().zip(&grids).map(|(run, grid)| ribbon(inspection, run, grid));
    let body = Body::Ribbons(Ribbons { tokens: heads(inspection, &grids), ribbons: drawn.collect() });
    Figure {
        title: "Which tokens survive, layer by layer".to_owned(),
        subtitle: subtitle(inspection),
        body,
        caption: "Rows are layers, counted from 1; columns are tokens; on the right, the rows that leave the layer. \
                  Fill: rank of the strategy's score within the layer. Thick lower edge: the layer where a token left; \
                  with a diamond, where it became part of another row. Hatched: gone."
            .to_owned(),
        provenance,
    }
}

/// The text in quotes; of a pair, both.
fn subtitle(inspection: &Inspection) -> String {
    let texts = inspection.encoded.texts.iter().map(|text| format!("“{text}”"));
    texts.collect::<Vec<_>>().join(" · ")
}

/// The tokens, and behind them as many made rows as any of the strategies has.
fn heads(inspection: &Inspection, grids: &[evaluation::Ribbon]) -> Vec<RibbonToken> {
    let encoded = &inspection.encoded;
    let columns = grids.iter().map(|grid| grid.num_columns).max().unwrap_or(0);
    let made = columns.saturating_sub(encoded.units.len());
    let tokens = encoded.units.iter().map(|token| RibbonToken {
        text: encoded.label(token),
        special: token.special,
        fused: false,
    });
    let made = (0..made).map(|number| RibbonToken { text: fused_label(number, made), special: false, fused: true });
    tokens.chain(made).collect()
}

fn ribbon(inspection: &Inspection, run: &InspectedRun, grid: &evaluation::Ribbon) -> Ribbon {
    let dense = &inspection.dense;
    let answer = |run: &InspectedRun| {
        let text = inspection.answer_text(run);
        match run.answer {
            Answer::Class(_) => format!("{text} {:.2}", run.probability().unwrap_or_default()),
            Answer::Value(_) => format!("value {text}"),
            Answer::Labels(_) => text,
        }
    };
    let summary = format!(
        "{} · {} {}/{} · FLOPs {} · {} (dense: {})",
        badge(run),
        left_label(run.removal),
        grid.kept_at_end(),
        grid.num_tokens,
        number::reduction(run.flops_reduction()),
        answer(run),
        answer(dense),
    );
    let spec = &run.spec;
    Ribbon {
        id: spec.id().to_owned(),
        name: spec.short_name(),
        note: spec.info().note().unwrap_or_default().to_owned(),
        summary,
        differs: run.differs_from(dense),
        spec: spec.to_string(),
        layers: (0..grid.num_layers()).map(|layer| cells(grid, layer)).collect(),
        rows_left: grid.layers.iter().map(|layer| layer.kept).collect(),
    }
}

/// How tokens went, in the words of the window's badge.
fn badge(run: &InspectedRun) -> &'static str {
    match run.removal_label() {
        "none" => "nothing removed",
        word => word,
    }
}

/// One layer of the grid. Shape: `[columns]`.
fn cells(grid: &evaluation::Ribbon, layer: usize) -> Vec<RibbonCell> {
    let drawn = |column: usize| {
        let cell = grid.cell(layer, column);
        let fate = match cell.fate {
            evaluation::Fate::Kept => Fate::Kept,
            evaluation::Fate::Left => Fate::Left,
            evaluation::Fate::Merged(into) => Fate::Merged(into as usize),
            evaluation::Fate::Gone => Fate::Gone,
        };
        let scored = cell.score.is_some();
        RibbonCell {
            fate,
            rank: scored.then_some(cell.rank),
            share: scored.then_some(cell.percentile),
            score: cell.score,
        }
    };
    (0..grid.num_columns).map(drawn).collect()
}
