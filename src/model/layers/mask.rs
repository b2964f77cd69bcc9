//! Which keys a query does not attend to.

use crate::model::Mask;

impl Mask {
    /// Rules out keys in the logits `[queries, keys]` of the queries from `first` on. Shape: `positions` `[keys]`.
    pub(super) fn close(self, positions: &[u32], first: usize, logits: &mut [f32]) {
        let Self::Window { half } = self else { return };
        for (row, &query) in logits.chunks_mut(positions.len()).zip(&positions[first..]) {
            for (logit, &key) in row.iter_mut().zip(positions) {
                if query.abs_diff(key) as usize > half {
                    *logit = f32::NEG_INFINITY;
                }
            }
        }
    }
}
