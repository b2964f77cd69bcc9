//! Batches of similar length under a token budget.

use std::cmp::Reverse;

/// Groups sequences into batches: sorted by length, longest first, each batch's tokens within `max_tokens`.
///
/// A sequence longer than the budget gets a batch of its own. Packed batches compute no padding, so sorting is not
/// about waste; it keeps batches alike in cost, and the largest buffers are allocated first.
/// Within equal lengths the order is that of `lengths`, so that the same data gives the same batches.
/// Shape: `lengths` `[sequences]` → indices into it, each once.
#[must_use]
pub fn plan_batches(lengths: &[usize], max_tokens: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&index| Reverse(lengths[index]));
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let mut filled = 0;
    for index in order {
        match batches.last_mut() {
            Some(batch) if filled + lengths[index] <= max_tokens => {
                batch.push(index);
                filled += lengths[index];
            }
            _ => {
                batches.push(vec![index]);
                filled = lengths[index];
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_hold_each_sequence_once_within_the_budget() {
        let batches = plan_batches(&[3, 9, 5, 2, 5, 40], 12);
        assert_eq!(batches, [vec![5], vec![1], vec![2, 4], vec![0, 3]], "40 alone, 9 (9+5>12), 5+5, 3+2");
        assert!(plan_batches(&[], 12).is_empty(), "no sequences, no batches");
    }
}
