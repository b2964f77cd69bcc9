//! Activations in eight bits.

use crate::tensor::int8::kernel::GROUP;
use crate::tensor::int8::kernel::Kernel;
use crate::tensor::panels::RowsRef;
use crate::tensor::vector;

/// Rows of activations in eight bits; memory is kept from use to use.
#[derive(Debug, Default)]
pub struct Int8Rows {
    /// Shape: `[rows, groups]`.
    pub(super) bytes: Vec<[u8; GROUP]>,
    /// The same, 16 bits each (little-endian) in two pairs, for processors that multiply these. Shape: `[rows, groups]`.
    pub(super) pairs: Vec<[[u8; 4]; 2]>,
    /// What an activation of 1 stands for. Shape: `[rows]`.
    pub(super) scales: Vec<f32>,
    /// Groups of a row, the last one filled up.
    pub(super) groups: usize,
}

impl Int8Rows {
    /// Takes in new rows of `inner` values.
    pub fn quantize(&mut self, rows: RowsRef<'_>, inner: usize) {
        self.quantize_for(Kernel::detect(), rows, inner);
    }

    pub(super) fn quantize_for(&mut self, kernel: Kernel, rows: RowsRef<'_>, inner: usize) {
        self.groups = inner.div_ceil(GROUP);
        // What stands there is overwritten, the end of a last group below.
        self.bytes.resize(rows.rows * self.groups, [0; GROUP]);
        self.scales.resize(rows.rows, 0.0);
        let lines = self.bytes.as_flattened_mut().chunks_exact_mut((self.groups * GROUP).max(1));
        for ((row, line), scale) in (0..rows.rows).zip(lines).zip(&mut self.scales) {
            let (values, rest) = line.split_at_mut(inner);
            *scale = vector::quantize(&rows.data[row * rows.stride..][..inner], values);
            rest.fill(0);
        }
        if kernel.is_wide() {
            self.pairs.resize(self.bytes.len(), [[0; 4]; 2]);
            for (pairs, &[a, b, c, d]) in self.pairs.iter_mut().zip(&self.bytes) {
                *pairs = [[a, 0, b, 0], [c, 0, d, 0]];
            }
        }
    }
}
