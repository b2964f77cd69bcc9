//! Which entries of one KV head stay.

use crate::pruning::cache::Protection;
use crate::pruning::rows::rank;

/// The sinks, the newest entries and the best of the others, `budget` in all; ascending. `None` where nothing leaves.
///
/// Ties: higher score first, then the smaller position. Without scores the newest of the others stay.
/// Shape: `positions` `[entries]`, ascending; `scores` `[entries]` or empty.
#[must_use]
pub fn select(scores: &[f32], positions: &[u32], protection: Protection, budget: usize) -> Option<Vec<usize>> {
    if positions.len() <= budget {
        return None;
    }
    let Protection { sinks, recent } = protection.within(budget);
    let newest = positions.len() - recent;
    let is_protected = |entry: usize| entry >= newest || (positions[entry] as usize) < sinks;
    let (mut kept, mut others): (Vec<usize>, Vec<usize>) = (0..positions.len()).partition(|&entry| is_protected(entry));
    if scores.len() == positions.len() {
        others.sort_by(|&a, &b| rank(scores, positions, a, b));
    } else {
        others.reverse();
    }
    others.truncate(budget.saturating_sub(kept.len()));
    kept.append(&mut others);
    kept.sort_unstable();
    Some(kept)
}
