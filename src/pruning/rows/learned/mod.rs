//! Strategies that decide with trained weights.

use crate::pruning::Action;
use crate::pruning::Decision;
use crate::pruning::LayerInput;

mod a_vit;
mod adapler;
mod dynamic_vit;
mod top;
mod tr_bert;
mod transkimmer;

pub(super) use a_vit::info as a_vit;
pub(super) use adapler::info as adapler;
pub use dynamic_vit::dynamic_vit_layers;
pub(super) use dynamic_vit::info as dynamic_vit;
pub(super) use top::info as top;
pub(super) use tr_bert::info as tr_bert;
pub use tr_bert::tr_bert_layers;
pub(super) use transkimmer::info as transkimmer;

/// A row enters if its score reaches the threshold, or its original position is protected.
fn reaching(input: &LayerInput<'_>, scores: &[f64], threshold: f64, protected: &[bool]) -> Decision {
    let stays = |row: &usize| scores[*row] >= threshold || protected[input.orig[*row] as usize];
    let kept: Vec<usize> = (0..scores.len()).filter(stays).collect();
    let action = if kept.len() == scores.len() { Action::KeepAll } else { Action::Keep(kept) };
    #[expect(clippy::cast_possible_truncation, reason = "shown beside scores of the same precision")]
    let (importance, threshold) = (scores.iter().map(|&score| score as f32).collect(), Some(threshold as f32));
    Decision { action, importance, threshold }
}
